(* Where two outputs win together, one of them is enough: the other adds only the sequences where it wins alone. Both win
   where the sum of the smaller ones of their terms is not negative, whatever positive factors the terms of each are taken
   times first, and these sequences are counted like those of one output. Main theorem: alone_ok. *)
From Coq Require Import Reals ZArith Lra Lia List Bool.
From Maxcert Require Import Integers Intervals Sequences Ranges Columns Candidates Blocks Fillings Deviations Charges Losses.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

Section Program.
  Variables a b : int.  (* the factors *)
  Definition smaller (e e' : interval) : interval :=
    (nmin (mul a (fst e)) (mul b (fst e')), nmin (mul a (snd e)) (mul b (snd e'))).
  Definition smaller_terms (E E' : list interval) : list interval := map (fun ee => smaller (fst ee) (snd ee)) (combine E E').
  Definition both (c d : event) : event :=
    (smaller (fst c) (fst d), map (fun EE => (smaller_terms (fst (fst EE)) (fst (snd EE)), smaller_terms (snd (fst EE)) (snd (snd EE))))
      (combine (snd c) (snd d))).
End Program.

Section Counts.
  Variable k : nat.  (* up to 2^k steps *)
  Variable n : nat.  (* how many tokens are required *)
  Variable size : Z.

  (* Positive factors that make two budgets alike, times some that are tried; any are sound. *)
  Definition factors (c d : event) : list (int * int) :=
    let (u, v) := (nmax zero (budget n false c), nmax zero (budget n false d)) in
    let s := ofZ (Z.max 0 (Z.log2 (toZ (nmax u v)) - 9)) in
    map (fun t => (add one (mul (fst t) (shr v s)), add one (mul (snd t) (shr u s)))) [(ofZ 2, ofZ 3); (one, one); (ofZ 3, ofZ 2)].

  (* The number of sequences where c and d win, at least. *)
  Definition together (c d : event) : Z :=
    fold_right (fun ab least => Z.max (wins_least k n size (both (fst ab) (snd ab) c d)) least) 0 (factors c d).
  (* Of at most so many sequences where d wins, at most so many where c does not. *)
  Definition alone (c d : event) (most : Z) : Z := most - together c d.
End Counts.

(* ---------- Its proof ---------- *)

Section Proof.
  Open Scope R_scope.
  Variable P : part.
  Let n := length (p_required P).
  Variables h h' : nat -> nat -> R.
  Variables own own' : R.
  Variable r : nat.
  Variables c d : event.
  Hypothesis c_ok : event_ok P h own r c.
  Hypothesis d_ok : event_ok P h' own' r d.

  Section Both.
    Variables a b : int.
    Hypothesis a_pos : (0 < toZ a)%Z.
    Hypothesis b_pos : (0 < toZ b)%Z.
    Let A := IZR (toZ a).
    Let B := IZR (toZ b).
    Let g (i t : nat) := Rmin (A * h i t) (B * h' i t).
    Let own_g := Rmin (A * own) (B * own').

    Lemma nmin_ok x y u v : IZR (toZ x) <= u -> IZR (toZ y) <= v -> IZR (toZ (nmin x y)) <= Rmin u v.
    Proof.
      intros U V. unfold nmin. pose proof (leb_IZR x y) as L. apply Rmin_glb; destruct (leb x y); lra.
    Qed.

    Lemma nmin_above x y u v : u <= IZR (toZ x) -> v <= IZR (toZ y) -> Rmin u v <= IZR (toZ (nmin x y)).
    Proof.
      intros U V. unfold nmin. pose proof (Rmin_l u v). pose proof (Rmin_r u v). destruct (leb x y); lra.
    Qed.

    Lemma smaller_ok e e' u v : encloses e u -> encloses e' v -> encloses (smaller a b e e') (Rmin (A * u) (B * v)).
    Proof.
      assert (A0 : 0 < A) by (apply IZR_lt; exact a_pos). assert (B0 : 0 < B) by (apply IZR_lt; exact b_pos).
      intros [e1 e2] [e3 e4]. unfold smaller, encloses. cbn [fst snd].
      split; [apply nmin_ok|apply nmin_above]; rewrite toZ_mul, mult_IZR; fold A; fold B; apply Rmult_le_compat_l; lra.
    Qed.

    Lemma smaller_these i ts es : these h i ts es -> forall es', these h' i ts es' -> these g i ts (smaller_terms a b es es').
    Proof.
      induction 1 as [|t e ts es E F IH]; intros es' H; inversion H; subst; [constructor|].
      unfold smaller_terms. cbn [combine map fst snd]. constructor; [now apply smaller_ok|now apply IH].
    Qed.

    Lemma both_ok : event_ok P g own_g r (both a b c d).
    Proof.
      destruct c_ok as [O [L H]], d_ok as [O' [L' H']]. split; [now apply smaller_ok|]. unfold both. cbn [snd].
      rewrite map_length, combine_length. split; [lia|]. assert (E : length (snd c) = length (snd d)) by lia. clear O O' L L'.
      revert E H H'. generalize 0%nat, (snd d). induction (snd c) as [|E Es IH]; intros i [|E' Es'] L H H'; try discriminate; [exact H|].
      injection L as L. destruct H as [[H1 H2] H], H' as [[H1' H2'] H']. cbn [combine map all_these fst snd].
      split; [split; now apply smaller_these|now apply IH].
    Qed.

    Lemma sum_smaller p : forall i, sum_from g i p <= A * sum_from h i p /\ sum_from g i p <= B * sum_from h' i p.
    Proof.
      induction p as [|t p IH]; intros i; cbn [sum_from]; [lra|]. destruct (IH (S i)).
      pose proof (Rmin_l (A * h i t) (B * h' i t)). pose proof (Rmin_r (A * h i t) (B * h' i t)). fold (g i t) in *. lra.
    Qed.

    Lemma both_win p : reaches g own_g p = true -> reaches h own p = true /\ reaches h' own' p = true.
    Proof.
      assert (A0 : 0 < A) by (apply IZR_lt; exact a_pos). assert (B0 : 0 < B) by (apply IZR_lt; exact b_pos).
      unfold reaches. destruct (Rlt_dec (own_g + _) 0) as [|N]; [easy|]. intros _. destruct (sum_smaller p 0).
      pose proof (Rmin_l (A * own) (B * own')). pose proof (Rmin_r (A * own) (B * own')). unfold own_g in N.
      split; (destruct (Rlt_dec _ 0) as [l|]; [exfalso|easy]); apply N.
      - apply Rle_lt_trans with (A * (own + sum_from h 0 p)); [lra|]. rewrite <- (Rmult_0_r A). now apply Rmult_lt_compat_l.
      - apply Rle_lt_trans with (B * (own' + sum_from h' 0 p)); [lra|]. rewrite <- (Rmult_0_r B). now apply Rmult_lt_compat_l.
    Qed.
  End Both.

  Variable k : nat.
  Hypothesis few_tokens : not_too_many (length (tokens_of P)).
  Let all := fillings P r.
  Let size := Z.of_nat (length all).

  Lemma factors_positive ab : In ab (factors n c d) -> (0 < toZ (fst ab) /\ 0 < toZ (snd ab))%Z.
  Proof.
    assert (positive : forall t v z, (0 <= z)%Z -> (0 <= toZ t)%Z -> (0 <= toZ v)%Z -> (0 < toZ (add one (mul t (shr v (ofZ z)))))%Z).
    { intros t v z Z T N. rewrite toZ_add, toZ_mul, toZ_shr, toZ_one, toZ_ofZ, Z.shiftr_div_pow2 by exact Z.
      pose proof (Z.mul_nonneg_nonneg _ _ T (Z.div_pos _ _ N (Z.pow_pos_nonneg 2 z eq_refl Z))). lia. }
    unfold factors. set (u := nmax zero (budget n false c)). set (v := nmax zero (budget n false d)).
    assert (u0 : (0 <= toZ u)%Z) by (pose proof (proj1 (nmax_above zero (budget n false c))) as N; now rewrite toZ_zero in N).
    assert (v0 : (0 <= toZ v)%Z) by (pose proof (proj1 (nmax_above zero (budget n false d))) as N; now rewrite toZ_zero in N).
    cbn [map fst snd In]. intros [<-|[<-|[<-|[]]]]; cbn [fst snd]; split; apply positive; rewrite ?toZ_ofZ, ?toZ_one; lia || assumption.
  Qed.

  Lemma together_ok : (together k n size c d <=
    Z.of_nat (length (filter (fun p => reaches h own p && reaches h' own' p) all)))%Z.
  Proof.
    unfold together. assert (F := factors_positive). induction (factors n c d) as [|ab l IH]; cbn [fold_right]; [lia|].
    apply Z.max_lub; [|apply IH; intros e I; apply F; now right]. destruct (F ab (or_introl eq_refl)) as [P1 P2].
    eapply Z.le_trans; [exact (wins_least_ok P _ _ r _ (both_ok (fst ab) (snd ab) P1 P2) k few_tokens)|].
    apply inj_le, filter_le. intros p _ E. destruct (both_win (fst ab) (snd ab) P1 P2 p E) as [-> ->]. reflexivity.
  Qed.

  Theorem alone_ok most : (Z.of_nat (length (filter (reaches h' own') all)) <= most)%Z ->
    (Z.of_nat (length (filter (fun p => reaches h' own' p && negb (reaches h own p)) all)) <= alone k n size c d most)%Z.
  Proof.
    intros N. unfold alone. pose proof together_ok as T.
    assert (split : (length (filter (reaches h' own') all) = length (filter (fun p => reaches h own p && reaches h' own' p) all) +
      length (filter (fun p => reaches h' own' p && negb (reaches h own p)) all))%nat); [|lia].
    clear. induction all as [|p l IH]; [easy|]. cbn [filter]. destruct (reaches h own p), (reaches h' own' p); cbn [negb andb length]; lia.
  Qed.
End Proof.
