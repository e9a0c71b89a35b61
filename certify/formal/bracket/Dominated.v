(* An output whose terms are at most another one's, for every token up to the maximum and at every position, wins only
   where the other one does. The factor that attention puts before both is the same, so it is enough to compare
   the rows of the direct and OV paths. Main theorem: undominated_cover. *)
From Coq Require Import Reals ZArith Lra Lia List Bool PeanoNat.
From Maxcert Require Import Statement Separability Integers Intervals Matrices Exponential Attention Enclosures Tails Ranges Candidates ExactTerms.
Import ListNotations.

(* ---------- The program ---------- *)

Section Program.
  Variable T : tables.
  Variables V r : nat.

  (* The most by which the first row exceeds the second. *)
  Definition most_above (a b : list interval) : int := largest (map (fun ab => sub (snd (fst ab)) (fst (snd ab))) (combine a b)).
  Definition by_pairs (rows : list (list interval)) : list (list int) := map (fun a => map (most_above a) rows) rows.

  Definition positional : list (list int) := by_pairs (map (fun x => map (fun i => PVOU_at T i x) (seq 0 (S r))) (seq 0 V)).
  (* Does the first row exceed the second by -d at most, in its first n entries? *)
  Fixpoint below_by (d : int) (n : nat) (a b : list interval) : bool :=
    match n, a, b with
    | O, _, _ => true
    | S n, u :: a, v :: b => if leb (add d (sub (snd u) (fst v))) zero then below_by d n a b else false
    | _, _, _ => false
    end.

  Definition entry (t : list (list int)) (x y : nat) : int := nth y (nth x t []) zero.
  Definition dominated (positional : list (list int)) (m q x y : nat) : bool :=
    below_by (add (sub (snd (EU_at T q x)) (fst (EU_at T q y))) (entry positional x y)) (S m) (nth x (t_EVOU T) []) (nth y (t_EVOU T) []).

  (* In the order of a list, those that none before dominates; last one first. *)
  Definition first_ones (below : nat -> nat -> bool) (xs : list nat) : list nat :=
    fold_left (fun kept x => if existsb (below x) kept then kept else x :: kept) xs [].
  Definition undominated (positional : list (list int)) (m q : nat) (xs : list nat) : list nat :=
    let below := dominated positional m q in first_ones below (first_ones below xs).
End Program.

(* ---------- Its proof ---------- *)

Lemma first_ones_ok (below : nat -> nat -> bool) (P : nat -> Prop) xs :
  (forall x y, In x xs -> In y xs -> below x y = true -> P x -> P y) ->
  incl (first_ones below xs) xs /\ forall x, In x xs -> P x -> exists y, In y (first_ones below xs) /\ P y.
Proof.
  intros H. unfold first_ones.
  assert (G : forall l kept, incl l xs -> incl kept xs ->
    let k := fold_left (fun kept x => if existsb (below x) kept then kept else x :: kept) l kept in
    incl k xs /\ incl kept k /\ forall x, In x l -> P x -> exists y, In y k /\ P y).
  { induction l as [|a l IH]; intros kept L K; cbn [fold_left]; [split; [exact K|split; [apply incl_refl|easy]]|].
    assert (A : In a xs) by (apply L; now left). assert (L' : incl l xs) by (intros b I; apply L; now right).
    destruct (existsb (below a) kept) eqn:E.
    - destruct (IH kept L' K) as [I1 [I2 I3]]. split; [exact I1|]. split; [exact I2|]. intros x [<-|I] Px; [|now apply (I3 x)].
      apply existsb_exists in E. destruct E as [y [Y E]]. exists y. split; [now apply I2|]. exact (H a y A (K y Y) E Px).
    - destruct (IH (a :: kept) L') as [I1 [I2 I3]]; [intros b [<-|I]; [exact A|now apply K]|].
      split; [exact I1|]. split; [intros b I; apply I2; now right|]. intros x [<-|I] Px; [|now apply (I3 x)].
      exists a. split; [apply I2; now left|exact Px]. }
  destruct (G xs [] (incl_refl _)) as [A [_ B]]; [easy|]. split; assumption.
Qed.

Section Proof.
  Open Scope R_scope.
  Variable w : model.
  Variable c : nat -> R.
  Variables scale scale' : R.
  Hypothesis scale_pos' : 0 < scale'.
  Variable T : tables.
  Hypothesis T_ok : tables_ok w c scale scale' T.
  Let V := d_vocab w.
  Let r := last w.

  Lemma most_above_ok a b n i u v : length a = n -> length b = n -> (i < n)%nat ->
    encloses (nth i a izero) u -> encloses (nth i b izero) v -> u - v <= IZR (toZ (most_above a b)).
  Proof.
    intros A B I [_ U] [Vl _]. unfold most_above.
    apply Rle_trans with (IZR (toZ (sub (snd (nth i a izero)) (fst (nth i b izero))))).
    - rewrite toZ_sub, minus_IZR. lra.
    - apply IZR_le. set (g := fun ab : interval * interval => sub (snd (fst ab)) (fst (snd ab))).
      change (toZ (g (nth i a izero, nth i b izero)) <= toZ (largest (map g (combine a b))))%Z. rewrite <- combine_nth by lia.
      rewrite <- (nth_map g _ i (izero, izero) zero) by (rewrite combine_length; lia).
      apply largest_correct. rewrite map_length, combine_length. lia.
  Qed.

  Lemma by_pairs_entry rows x y : (x < length rows)%nat -> (y < length rows)%nat ->
    entry (by_pairs rows) x y = most_above (nth x rows []) (nth y rows []).
  Proof.
    intros X Y. unfold entry, by_pairs. rewrite (nth_map _ _ _ []) by exact X. now rewrite (nth_map _ _ _ []) by exact Y.
  Qed.

  Lemma below_by_ok n : forall d a b, below_by d n a b = true -> forall t u v, (t < n)%nat ->
    encloses (nth t a izero) u -> encloses (nth t b izero) v -> IZR (toZ d) + (u - v) <= 0.
  Proof.
    induction n as [|n IH]; intros d a b h t u v I A B; [lia|].
    destruct a as [|e a], b as [|e' b]; try discriminate. cbn [below_by] in h.
    destruct (leb _ zero) eqn:E; [|discriminate]. destruct t as [|t]; cbn [nth] in A, B.
    - rewrite toZ_leb, toZ_zero in E. apply Z.leb_le, IZR_le in E. rewrite toZ_add, toZ_sub, plus_IZR, minus_IZR in E.
      destruct A, B. lra.
    - apply (IH d a b h t); [lia|exact A|exact B].
  Qed.

  Lemma dominated_ok q m x y : (q <= m < V)%nat -> (x < V)%nat -> (y < V)%nat -> dominated T (positional T V r) m q x y = true ->
    forall i t, (i <= r)%nat -> (t <= m)%nat -> plain w c q m x i t <= plain w c q m y i t.
  Proof.
    intros QM X Y D i t I H. unfold dominated in D. destruct T_ok as [_ [U [O P]]]. unfold V, r in *.
    destruct (U q ltac:(lia)) as [_ Uq]. destruct (Uq x X) as [_ Ux]. destruct (Uq y Y) as [Uy _].
    pose proof (O x X) as [_ Ox]. pose proof (O y Y) as [_ Oy].
    pose proof (below_by_ok _ _ _ _ D t _ _ ltac:(lia) (Ox t ltac:(lia)) (Oy t ltac:(lia))) as M1. unfold positional in M1.
    rewrite by_pairs_entry in M1 by (rewrite map_length, seq_length; assumption).
    rewrite !(nth_map _ _ _ 0%nat), !seq_nth in M1 by (rewrite ?seq_length; assumption).
    change (0 + x)%nat with x in M1. change (0 + y)%nat with y in M1.
    rewrite !toZ_add, !plus_IZR, toZ_sub, minus_IZR in M1.
    assert (pv : forall z, (z < d_vocab w)%nat -> encloses (nth i (map (fun i => PVOU_at T i z) (seq 0 (S (last w)))) izero) (scale' * PVOU w i z)).
    { intros z Z. rewrite (nth_map _ _ _ 0%nat), seq_nth by (rewrite ?seq_length; lia). cbn [plus]. destruct (P i I) as [_ Pi]. exact (Pi z Z). }
    pose proof (most_above_ok _ _ (S (last w)) i _ _ ltac:(now rewrite map_length, seq_length) ltac:(now rewrite map_length, seq_length) ltac:(lia)
      (pv x X) (pv y Y)) as M2.
    unfold EU_at in M1. unfold plain, term. apply Rmult_le_compat_l; [apply Rlt_le, mass_pos|].
    apply Rmult_le_reg_l with scale'; [exact scale_pos'|]. lra.
  Qed.

  (* Where x wins, one of those that are left does. *)
  Theorem undominated_cover q m xs p : (q <= m < V)%nat -> incl xs (outputs V m) -> In p (tails m r (q =? m)%nat) ->
    let ys := undominated T (positional T V r) m q xs in
    let sum x := plain w c q m x r q + suffix (plain w c q m) x 0 p in
    incl ys xs /\ forall x, In x xs -> 0 <= sum x -> exists y, In y ys /\ 0 <= sum y.
  Proof.
    intros QM I J ys sum. apply in_tails in J. destruct J as [L [F _]].
    assert (small : forall x, In x xs -> (x < V)%nat) by (intros x K; apply I, in_outputs in K; apply K).
    assert (less : forall x y, In x xs -> In y xs -> dominated T (positional T V r) m q x y = true -> 0 <= sum x -> 0 <= sum y).
    { intros x y X Y D. assert (H := dominated_ok q m x y QM (small x X) (small y Y) D).
      assert (S : forall p i, Forall (fun t => t <= m)%nat p -> (i + length p <= r)%nat ->
        suffix (plain w c q m) x i p <= suffix (plain w c q m) y i p).
      { induction p0 as [|t p0 IH]; intros i G K; cbn [suffix length] in *; [lra|]. inversion G; subst.
        pose proof (H i t ltac:(lia) ltac:(easy)). pose proof (IH (S i) ltac:(easy) ltac:(lia)). lra. }
      pose proof (S p 0%nat F ltac:(lia)). pose proof (H r q (le_n _) (proj1 QM)). unfold sum. lra. }
    destruct (first_ones_ok _ (fun x => 0 <= sum x) xs less) as [A B].
    destruct (first_ones_ok _ (fun x => 0 <= sum x) (first_ones (dominated T (positional T V r) m q) xs)
      (fun x y X Y => less x y (A x X) (A y Y))) as [A' B'].
    split; [intros x X; now apply A, A'|]. intros x X S. destruct (B x X S) as [y [Y S']]. exact (B' y Y S').
  Qed.
End Proof.
