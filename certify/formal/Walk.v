(* The tree walk over prefixes of tokens, for one maximum m: how many completions are surely right, surely wrong.
   A completion ("tail") is a list of r tokens <= m that holds m unless m has been seen before.
   Main theorem: walk_ok. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Terms Integers Intervals Sequences.
Import ListNotations.

(* ---------- The program ---------- *)

Section Program.

(* One position of one output: entries of the tokens 0..m; the range of the sum from this position on, over all tails,
   and over the tails that hold m. *)
Definition level := (list interval * (interval * interval))%type.
(* One output: the sum so far, and the positions left. *)
Definition column := (interval * list level)%type.

Definition bound (seen : bool) (c : column) : interval :=
  match snd c with
  | [] => fst c
  | (_, (free, need)) :: _ => iadd (fst c) (if seen then free else need)
  end.

Definition active seen c := leb zero (snd (bound seen c)).  (* this output may still win *)
Definition beats seen c := leb zero (fst (bound seen c)).   (* this output wins (or ties) whatever follows *)

Definition child (c : column) : column :=  (* take the first token that is left at this position *)
  match snd c with (e :: _, _) :: deeper => (iadd (fst c) e, deeper) | _ => c end.
Definition pop (c : column) : column :=    (* leave it *)
  match snd c with (_ :: E, b) :: deeper => (fst c, (E, b) :: deeper) | _ => c end.

Definition total (m r : nat) (seen : bool) : N :=
  let all := N.pow (N.of_nat (S m)) (N.of_nat r) in
  if seen then all else (all - N.pow (N.of_nat m) (N.of_nat r))%N.

Definition nadd (a b : N * N) : N * N := (fst a + fst b, snd a + snd b)%N.

Definition zerob (n : nat) := match n with O => true | _ => false end.

Fixpoint tokens (W : bool -> list column -> N * N) (seen : bool) (n : nat) (cols : list column) : N * N :=
  match n with
  | O => (0, 0)%N
  | S n => nadd (W (seen || zerob n)%bool (map child cols)) (tokens W seen n (map pop cols))
  end.

Fixpoint walk (m r : nat) (seen : bool) (cols : list column) : N * N :=
  let cols := filter (active seen) cols in
  if existsb (beats seen) cols then (0%N, total m r seen) else
  match cols, r with
  | [], _ => (total m r seen, 0%N)
  | _, O => (0, 0)%N
  | _, S r => tokens (walk m r) seen (S m) cols
  end.

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
End Program.

(* ---------- Tails ---------- *)

Fixpoint tails (m r : nat) (seen : bool) : list (list nat) :=
  match r with
  | O => if seen then [[]] else []
  | S r => flat_map (fun t => map (cons t) (tails m r (seen || (t =? m)))) (seq 0 (S m))
  end.

Lemma tails_S m r seen :
  tails m (S r) seen = flat_map (fun t => map (cons t) (tails m r (seen || (t =? m)))) (seq 0 (S m)).
Proof. easy. Qed.

Lemma in_tails_cons m r seen t s : In (t :: s) (tails m (S r) seen) <-> (t <= m)%nat /\ In s (tails m r (seen || (t =? m))).
Proof.
  rewrite tails_S. rewrite in_flat_map. split.
  - intros [t' [T M]]. apply in_map_iff in M. destruct M as [s' [E I]]. apply in_seq in T.
    inversion E; subst. split; [lia|easy].
  - intros [T I]. exists t. split; [apply in_seq; lia|]. now apply in_map.
Qed.

Lemma in_tails_inv m r seen s : In s (tails m (S r) seen) ->
  exists t s', s = t :: s' /\ (t <= m)%nat /\ In s' (tails m r (seen || (t =? m))).
Proof.
  destruct s as [|t s]; [|intros H; apply in_tails_cons in H; eauto].
  rewrite tails_S. rewrite in_flat_map. intros [t [_ M]]. apply in_map_iff in M. now destruct M as [? [? _]].
Qed.

Lemma in_tails m r seen s :
  In s (tails m r seen) <-> length s = r /\ Forall (fun t => t <= m)%nat s /\ (seen = true \/ In m s).
Proof.
  revert seen s; induction r as [|r IH]; intros seen s.
  - simpl. split.
    + destruct seen; [intros [<-|[]]; auto|easy].
    + intros [L [_ [->|I]]]; destruct s; try easy. now left.
  - destruct s as [|t s].
    + split; [|now intros [? _]]. intros H. apply in_tails_inv in H. now destruct H as [? [? [? _]]].
    + rewrite in_tails_cons, IH, Forall_cons_iff, Bool.orb_true_iff, Nat.eqb_eq. simpl.
      split; intros H; decompose [and or] H; subst; repeat split; auto; lia.
Qed.

Lemma tails_NoDup m r seen : NoDup (tails m r seen).
Proof.
  revert seen; induction r as [|r IH]; intros seen.
  - simpl. destruct seen; repeat constructor; auto.
  - rewrite tails_S. apply flat_map_NoDup with (key := @hd nat 0%nat); [apply seq_NoDup| |].
    + intros t _. apply FinFun.Injective_map_NoDup; [intros a b E; congruence|apply IH].
    + intros t s _ M. apply in_map_iff in M. now destruct M as [? [<- _]].
Qed.

Lemma length_tails_seen m r : length (tails m r true) = (S m ^ r)%nat.
Proof.
  induction r as [|r IH]; [easy|]. rewrite tails_S.
  rewrite length_flat_map with (c := (S m ^ r)%nat); [now rewrite seq_length|].
  intros t _. now rewrite map_length.
Qed.

Lemma length_tails_unseen m r : (length (tails m r false) + m ^ r = S m ^ r)%nat.
Proof.
  induction r as [|r IH]; [easy|]. rewrite tails_S.
  rewrite seq_S, flat_map_app, app_length. simpl flat_map. rewrite app_nil_r, map_length, Nat.eqb_refl.
  rewrite length_tails_seen.
  rewrite length_flat_map with (c := length (tails m r false)).
  - rewrite seq_length. simpl. nia.
  - intros t T. apply in_seq in T. rewrite map_length. replace (t =? m) with false; [easy|].
    symmetry; apply Nat.eqb_neq; lia.
Qed.

Lemma length_tails m r seen : length (tails m r seen) = N.to_nat (total m r seen).
Proof.
  assert (P : forall a b, N.to_nat (N.pow (N.of_nat a) (N.of_nat b)) = (a ^ b)%nat)
    by (intros; rewrite Nnat.N2Nat.inj_pow; now rewrite !Nnat.Nat2N.id).
  unfold total. destruct seen.
  - rewrite length_tails_seen. now rewrite P.
  - rewrite Nnat.N2Nat.inj_sub, !P. pose proof (length_tails_unseen m r). lia.
Qed.

(* ---------- The walk is right ---------- *)

Section Walk.
  Variable m : nat.
  Variable X : list nat.                    (* the wrong outputs *)
  Variable f : nat -> nat -> nat -> R.      (* f x i t: what token t at position i adds to output x *)
  Open Scope R_scope.

  Fixpoint suffix (x i : nat) (s : list nat) : R :=
    match s with [] => 0 | t :: s => f x i t + suffix x (S i) s end.

  (* B: the sums so far. *)
  Definition good (B : nat -> R) (i : nat) (s : list nat) := forall x, In x X -> B x + suffix x i s < 0.
  Definition goodb (B : nat -> R) (i : nat) (s : list nat) : bool :=
    forallb (fun x => if Rlt_dec (B x + suffix x i s) 0 then true else false) X.

  Lemma goodb_good B i s : goodb B i s = true <-> good B i s.
  Proof.
    unfold goodb, good. rewrite forallb_forall.
    split; intros H x I; specialize (H x I); destruct (Rlt_dec (B x + suffix x i s) 0); easy.
  Qed.

  Lemma goodb_cons B i t s : goodb B i (t :: s) = goodb (fun x => B x + f x i t) (S i) s.
  Proof.
    apply Bool.eq_iff_eq_true. rewrite !goodb_good. unfold good; simpl.
    split; intros H x I; specialize (H x I); lra.
  Qed.

  (* What columns mean. *)
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

  Definition column_ok (B : nat -> R) (i r : nat) (c : column) (x : nat) :=
    encloses (fst c) (B x) /\ levels_ok x i r (snd c).

  (* Every column speaks of an output, and an output without column has lost already. *)
  Definition speaks (P : column -> nat -> Prop) (lost : nat -> Prop) (cols : list column) :=
    (forall c, In c cols -> exists x, In x X /\ P c x) /\
    (forall x, In x X -> (exists c, In c cols /\ P c x) \/ lost x).

  Definition lost (B : nat -> R) (i r : nat) (seen : bool) (x : nat) :=
    forall s, In s (tails m r seen) -> B x + suffix x i s < 0.

  Lemma speaks_map (P P' : column -> nat -> Prop) (l l' : nat -> Prop) (h : column -> column) cols :
    (forall c x, P c x -> P' (h c) x) -> (forall x, l x -> l' x) -> speaks P l cols -> speaks P' l' (map h cols).
  Proof.
    intros HP HL [A B]; split.
    - intros c I. apply in_map_iff in I. destruct I as [c' [<- I]]. destruct (A c' I) as [x [Ix Px]]. eauto.
    - intros x I. destruct (B x I) as [[c [Ic Pc]]|L]; [left|auto].
      exists (h c). split; [now apply in_map|auto].
  Qed.

  Lemma bound_ok B i r seen c x s :
    column_ok B i r c x -> In s (tails m r seen) -> encloses (bound seen c) (B x + suffix x i s).
  Proof.
    intros [H L] I. unfold bound. destruct c as [a [|[E [free need]] L']]; destruct r as [|r]; simpl in L; try easy.
    - apply in_tails in I. destruct I as [I _]. destruct s; [|easy]. simpl. now rewrite Rplus_0_r.
    - destruct L as [_ [F [N _]]]. apply encloses_add; [easy|]. destruct seen; auto.
  Qed.

  Lemma speaks_active B i r seen cols :
    speaks (column_ok B i r) (lost B i r seen) cols -> speaks (column_ok B i r) (lost B i r seen) (filter (active seen) cols).
  Proof.
    intros [A C]; split.
    - intros c I. apply filter_In in I. now apply A.
    - intros x I. destruct (C x I) as [[c [Ic Pc]]|L]; [|auto].
      destruct (active seen c) eqn:E; [left|right].
      + exists c. split; [now apply filter_In|easy].
      + intros s Is. unfold active in E.
        eapply encloses_neg; [|exact E]. eapply bound_ok; eauto.
  Qed.

  Definition rights B i l := length (filter (goodb B i) l).
  Definition wrongs B i l := length (filter (fun s => negb (goodb B i s)) l).
  Definition within (n : N * N) B i l := (N.to_nat (fst n) <= rights B i l)%nat /\ (N.to_nat (snd n) <= wrongs B i l)%nat.

  Lemma filter_all {A} (p : A -> bool) l : (forall a, In a l -> p a = true) -> filter p l = l.
  Proof.
    induction l as [|a l IH]; simpl; intros H; [easy|]. rewrite H by auto. now rewrite IH by auto.
  Qed.

  Lemma within_zero B i l : within (0, 0)%N B i l.
  Proof. split; simpl; lia. Qed.

  Lemma within_right B i r seen : (forall x, In x X -> lost B i r seen x) -> within (total m r seen, 0%N) B i (tails m r seen).
  Proof.
    intros H; split; [|simpl; lia]. unfold rights. rewrite filter_all; [simpl; now rewrite length_tails|].
    intros s I. apply goodb_good. intros x Ix. now apply H.
  Qed.

  Lemma within_wrong B i r seen x : In x X -> (forall s, In s (tails m r seen) -> 0 <= B x + suffix x i s) ->
    within (0%N, total m r seen) B i (tails m r seen).
  Proof.
    intros Ix H; split; [simpl; lia|]. unfold wrongs. rewrite filter_all; [simpl; now rewrite length_tails|].
    intros s I. destruct (goodb B i s) eqn:E; [|easy]. apply goodb_good in E.
    specialize (E x Ix). specialize (H s I). lra.
  Qed.

  Lemma within_app n n' B i l l' : within n B i l -> within n' B i l' -> within (nadd n n') B i (l ++ l').
  Proof.
    unfold within, rights, wrongs, nadd; simpl. rewrite !filter_app, !app_length, !Nnat.N2Nat.inj_add. lia.
  Qed.

  Lemma within_cons n B i t l : within n (fun x => B x + f x i t) (S i) l -> within n B i (map (cons t) l).
  Proof.
    unfold within, rights, wrongs. rewrite !filter_map, !map_length.
    rewrite (length_filter_ext (fun s => goodb B i (t :: s)) (goodb (fun x => B x + f x i t) (S i)))
      by (intros; apply goodb_cons).
    rewrite (length_filter_ext (fun s => negb (goodb B i (t :: s))) (fun s => negb (goodb (fun x => B x + f x i t) (S i) s)))
      by (intros; now rewrite goodb_cons).
    easy.
  Qed.

  (* A column in the middle of a position: the tokens from t on are left. *)
  Definition column_at (B : nat -> R) (i r t : nat) (c : column) (x : nat) :=
    encloses (fst c) (B x) /\
    exists E b deeper, snd c = (E, b) :: deeper /\ entries_ok x i t E /\ levels_ok x (S i) r deeper.

  Lemma column_at_start B i r c x : column_ok B i (S r) c x -> column_at B i r 0 c x.
  Proof.
    intros [H L]; split; [easy|]. destruct (snd c) as [|[E [free need]] deeper]; simpl in L; [easy|].
    exists E, (free, need), deeper. tauto.
  Qed.

  Lemma child_ok B i r t c x : (t <= m)%nat -> column_at B i r t c x ->
    column_ok (fun x => B x + f x i t) (S i) r (child c) x.
  Proof.
    intros T [H [E [b [deeper [Ec [HE HL]]]]]]. unfold child, column_ok. rewrite Ec.
    destruct E as [|e E]; simpl in HE; [lia|]. destruct HE as [He _]. simpl.
    split; [now apply encloses_add|easy].
  Qed.

  Lemma pop_ok B i r t c x : (t <= m)%nat -> column_at B i r t c x -> column_at B i r (S t) (pop c) x.
  Proof.
    intros T [H [E [b [deeper [Ec [HE HL]]]]]]. unfold pop, column_at. rewrite Ec.
    destruct E as [|e E]; simpl in HE; [lia|]. destruct HE as [_ HE]. simpl.
    split; [easy|]. exists E, b, deeper. tauto.
  Qed.

  Lemma tokens_ok (W : bool -> list column -> N * N) r :
    (forall seen cols B i, speaks (column_ok B i r) (lost B i r seen) cols -> within (W seen cols) B i (tails m r seen)) ->
    forall seen B i n t cols, (n + t = S m)%nat ->
    speaks (column_at B i r t) (lost B i (S r) seen) cols ->
    within (tokens W seen n cols) B i (flat_map (fun t => map (cons t) (tails m r (seen || (t =? m)))) (seq t n)).
  Proof.
    intros HW seen B i n. induction n as [|n IH]; intros t cols E H; [apply within_zero|].
    simpl seq. simpl flat_map. simpl tokens. apply within_app.
    - apply within_cons. replace (zerob n) with (t =? m).
      + apply HW. revert H. apply speaks_map.
        * intros c x. apply child_ok. lia.
        * intros x L s I. rewrite Rplus_assoc. apply (L (t :: s)). apply in_tails_cons. split; [lia|easy].
      + destruct n; simpl; [apply Nat.eqb_eq; lia|apply Nat.eqb_neq; lia].
    - apply IH; [lia|]. revert H. apply speaks_map; [|easy]. intros c x. apply pop_ok. lia.
  Qed.

  Theorem walk_ok r : forall seen cols B i,
    speaks (column_ok B i r) (lost B i r seen) cols -> within (walk m r seen cols) B i (tails m r seen).
  Proof.
    induction r as [|r IH]; intros seen cols B i H; apply speaks_active in H; cbn [walk];
      set (cols' := filter (active seen) cols) in *.
    all: destruct (existsb (beats seen) cols') eqn:E.
    1, 3: apply existsb_exists in E; destruct E as [c [Ic Lc]];
      destruct H as [A _]; destruct (A c Ic) as [x [Ix Cx]];
      apply (within_wrong B i _ seen x Ix); intros s Is; eapply encloses_nonneg; [eapply bound_ok; eauto|exact Lc].
    all: destruct cols' as [|c cs] eqn:Ec;
      [apply within_right; intros x Ix; destruct H as [_ C]; destruct (C x Ix) as [[? [[] _]]|]; easy|].
    - apply within_zero.
    - rewrite <- Ec in *. apply (tokens_ok (walk m r) r IH); [lia|].
      rewrite <- (map_id cols'). revert H. apply speaks_map; [|easy]. intros; now apply column_at_start.
  Qed.

  (* ---------- The ranges are right ---------- *)

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
End Walk.
