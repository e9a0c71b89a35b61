(* The range of a sum of terms over all completions of a prefix, by one pass over the positions from the last to the
   first. Main theorem: build_ok. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Maxcert Require Import Integers Intervals Tails.
Import ListNotations.

(* ---------- The program ---------- *)

(* One position of one output: entries of the tokens 0..m; the range of the sum from this position on, over all tails,
   and over the tails that hold m. *)
Definition level := (list interval * (interval * interval))%type.

(* The ranges, from the entries alone (of each position, in the order of the positions). *)
Fixpoint free_of (E : list interval) (free : interval) : interval :=
  match E with
  | [] => free
  | [e] => iadd e free
  | e :: E => ijoin (iadd e free) (free_of E free)
  end.

Fixpoint need_of (E : list interval) (free : interval) (need : option interval) : interval :=
  match E with
  | [] => free
  | [e] => iadd e free  (* the token m *)
  | e :: E => match need with
              | None => need_of E free need
              | Some n => ijoin (iadd e n) (need_of E free need)
              end
  end.

Definition rest_free (L : list level) : interval := match L with [] => izero | (_, (free, _)) :: _ => free end.
Definition rest_need (L : list level) : option interval := match L with [] => None | (_, (_, need)) :: _ => Some need end.

Fixpoint build (Es : list (list interval)) : list level :=
  match Es with
  | [] => []
  | E :: Es => let L := build Es in (E, (free_of E (rest_free L), need_of E (rest_free L) (rest_need L))) :: L
  end.
(* ---------- Its proof ---------- *)

Section Ranges.
  Variable m : nat.
  Variable f : nat -> nat -> nat -> R.      (* f x i t: what token t at position i adds to output x *)
  Open Scope R_scope.

  Fixpoint suffix (x i : nat) (s : list nat) : R :=
    match s with [] => 0 | t :: s => f x i t + suffix x (S i) s end.

  Fixpoint entries_ok (x i t : nat) (E : list interval) : Prop :=
    match E with
    | [] => t = S m
    | e :: E => encloses e (f x i t) /\ entries_ok x i (S t) E
    end.

  Fixpoint levels_ok (x i r : nat) (L : list level) : Prop :=
    match r, L with
    | O, [] => True
    | S r, (E, (free, need)) :: L =>
        entries_ok x i 0 E /\
        (forall s, In s (tails m (S r) true) -> encloses free (suffix x i s)) /\
        (forall s, In s (tails m (S r) false) -> encloses need (suffix x i s)) /\
        levels_ok x (S i) r L
    | _, _ => False
    end.



  Lemma free_of_ok x i E free (l : list (list nat)) : (forall s, In s l -> encloses free (suffix x (S i) s)) ->
    forall t, entries_ok x i t E -> forall u s, (t <= u <= m)%nat -> In s l ->
    encloses (free_of E free) (f x i u + suffix x (S i) s).
  Proof.
    intros F. induction E as [|e E IH]; intros t H u s U I; simpl in H; [lia|]. destruct H as [He H].
    assert (U' : u = t \/ (S t <= u)%nat) by lia.
    destruct E as [|e' E]; simpl in H.
    - replace u with t by lia. apply encloses_add; auto.
    - change (free_of (e :: e' :: E) free) with (ijoin (iadd e free) (free_of (e' :: E) free)).
      destruct U' as [->|U'].
      + apply encloses_join_l. apply encloses_add; auto.
      + apply encloses_join_r. eapply IH; [exact H|lia|easy].
  Qed.

  Lemma need_of_ok x i r E free need :
    (forall s, In s (tails m r true) -> encloses free (suffix x (S i) s)) ->
    (forall s, In s (tails m r false) -> match need with None => False | Some n => encloses n (suffix x (S i) s) end) ->
    forall t, entries_ok x i t E -> forall u s, (t <= u <= m)%nat -> In s (tails m r (u =? m)) ->
    encloses (need_of E free need) (f x i u + suffix x (S i) s).
  Proof.
    intros F N. induction E as [|e E IH]; intros t H u s U I; simpl in H; [lia|]. destruct H as [He H].
    assert (U' : u = t \/ (S t <= u)%nat) by lia.
    destruct E as [|e' E]; simpl in H.
    - assert (u = m) by lia. assert (t = m) by lia. clear U'. subst t u. rewrite Nat.eqb_refl in I.
      apply encloses_add; auto.
    - assert (T : (t < m)%nat) by (clear - H; destruct H as [_ H]; revert t H; induction E; simpl; intros; [lia|]; destruct H as [_ H]; apply IHE in H; lia).
      destruct U' as [->|U'].
      + replace (t =? m) with false in I by (symmetry; apply Nat.eqb_neq; lia).
        specialize (N s I). destruct need as [n|]; [|easy].
        change (need_of (e :: e' :: E) free (Some n)) with (ijoin (iadd e n) (need_of (e' :: E) free (Some n))).
        apply encloses_join_l. apply encloses_add; auto.
      + assert (R : encloses (need_of (e' :: E) free need) (f x i u + suffix x (S i) s))
          by (eapply IH; [exact H|lia|easy]).
        destruct need as [n|]; [|exact R].
        change (need_of (e :: e' :: E) free (Some n)) with (ijoin (iadd e n) (need_of (e' :: E) free (Some n))).
        now apply encloses_join_r.
  Qed.

  Fixpoint positions_ok (x i : nat) (Es : list (list interval)) : Prop :=
    match Es with [] => True | E :: Es => entries_ok x i 0 E /\ positions_ok x (S i) Es end.

  Lemma rest_free_ok x i r L : levels_ok x i r L -> forall s, In s (tails m r true) -> encloses (rest_free L) (suffix x i s).
  Proof.
    destruct r as [|r]; destruct L as [|[E [free need]] L]; try easy.
    - intros _ s [<-|[]]. apply encloses_zero.
    - intros H. apply H.
  Qed.

  Lemma rest_need_ok x i r L : levels_ok x i r L -> forall s, In s (tails m r false) ->
    match rest_need L with None => False | Some n => encloses n (suffix x i s) end.
  Proof.
    destruct r as [|r]; destruct L as [|[E [free need]] L]; try easy. intros H. apply H.
  Qed.

  Lemma build_ok x Es : forall i, positions_ok x i Es -> levels_ok x i (length Es) (build Es).
  Proof.
    induction Es as [|E Es IH]; intros i H; simpl in H; [easy|]. destruct H as [HE H].
    cbn [length build levels_ok]. specialize (IH (S i) H).
    split; [exact HE|split; [|split; [|exact IH]]].
    - intros s I. apply in_tails_inv in I. destruct I as [t [s' [-> [T I]]]]. cbn [suffix].
      eapply free_of_ok; [eapply rest_free_ok; exact IH|exact HE|lia|exact I].
    - intros s I. apply in_tails_inv in I. destruct I as [t [s' [-> [T I]]]]. cbn [suffix].
      eapply need_of_ok; [eapply rest_free_ok; exact IH|eapply rest_need_ok; exact IH|exact HE|lia|exact I].
  Qed.
End Ranges.
