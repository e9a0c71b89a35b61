(* The largest sum over the positions before the query when n of them hold other tokens than the maximum, for all n at
   once: each position adds one number if it holds the maximum and another one if it does not.
   Main facts: worst_ok; tally_all counts lists of chosen tokens. *)
From Coq Require Import Reals ZArith Lra Lia List Bool PeanoNat.
From Maxcert Require Import Integers Intervals Ranges Blocks WindowWalk.
Import ListNotations.
Open Scope nat_scope.

(* ---------- The program ---------- *)

(* One more position, which adds h if it holds the maximum and g if not; L: the largest sums by the number of others. *)
Fixpoint next_sums (h g before : int) (L : list int) : list int :=
  match L with
  | [] => [add before g]
  | a :: L => nmax (add a h) (add before g) :: next_sums h g a L
  end.
Definition one_more (h g : int) (L : list int) : list int :=
  match L with [] => [] | a :: L => add a h :: next_sums h g a L end.

Fixpoint worst (positions : list (int * int)) : list int :=
  match positions with [] => [zero] | (h, g) :: positions => one_more h g (worst positions) end.

(* ---------- Its proof ---------- *)

Lemma nmax_above a b : (toZ a <= toZ (nmax a b) /\ toZ b <= toZ (nmax a b))%Z.
Proof. unfold nmax. rewrite toZ_leb. destruct (Z.leb_spec (toZ a) (toZ b)); lia. Qed.

Lemma next_sums_ok h g L : forall before, length (next_sums h g before L) = S (length L) /\
  (forall n, n < length L -> (toZ (nth n L zero) + toZ h <= toZ (nth n (next_sums h g before L) zero))%Z) /\
  (forall n, n <= length L -> (toZ (nth n (before :: L) zero) + toZ g <= toZ (nth n (next_sums h g before L) zero))%Z).
Proof.
  induction L as [|a L IH]; intros before; cbn [next_sums length].
  - split; [easy|]. split; [lia|]. intros n N. replace n with 0 by lia. cbn [nth]. rewrite toZ_add. lia.
  - destruct (IH a) as [I1 [I2 I3]]. pose proof (nmax_above (add a h) (add before g)) as M. rewrite !toZ_add in M.
    split; [now rewrite I1|]. split; intros [|n] N; cbn [nth]; try lia.
    + apply I2. lia.
    + apply I3. lia.
Qed.

Lemma one_more_ok h g L n : n < length L ->
  length (one_more h g L) = S (length L) /\
  (toZ (nth n L zero) + toZ h <= toZ (nth n (one_more h g L) zero))%Z /\
  (toZ (nth n L zero) + toZ g <= toZ (nth (S n) (one_more h g L) zero))%Z.
Proof.
  destruct L as [|a L]; cbn [length]; [lia|]. intros N. destruct (next_sums_ok h g L a) as [I1 [I2 I3]].
  cbn [one_more length nth]. split; [now rewrite I1|]. split; [|apply I3; lia].
  destruct n as [|n]; [rewrite toZ_add; lia|apply I2; lia].
Qed.

Lemma length_worst l : length (worst l) = S (length l).
Proof.
  induction l as [|[h g] l IH]; [easy|]. cbn [worst length]. rewrite (proj1 (one_more_ok h g (worst l) 0 ltac:(lia))). now rewrite IH.
Qed.

Lemma held_outside p s : held p s + length (outside p s) = length s.
Proof. unfold outside. induction s as [|t s IH]; [easy|]. cbn [held filter length]. destruct (p t); cbn [negb length]; lia. Qed.

Section Worst.
  Open Scope R_scope.
  Variable k : R.
  Variable f : nat -> nat -> nat -> R. (* what a position with a token adds to an output, as in Ranges.v *)
  Variables m x : nat.

  (* What each position of s adds is at most what l says. *)
  Fixpoint below (i : nat) (l : list (int * int)) (s : list nat) : Prop :=
    match l, s with
    | [], [] => True
    | hg :: l, t :: s => k * f x i t <= IZR (toZ (if inside [m] t then fst hg else snd hg)) /\ below (S i) l s
    | _, _ => False
    end.

  Lemma below_map (hg : nat -> int * int) s : forall i,
    (forall j, (j < length s)%nat ->
      k * f x (i + j) (nth j s 0%nat) <= IZR (toZ (if inside [m] (nth j s 0%nat) then fst (hg (i + j)%nat) else snd (hg (i + j)%nat)))) ->
    below i (map hg (seq i (length s))) s.
  Proof.
    induction s as [|t s IH]; intros i H; [exact I|]. cbn [length seq map below]. split.
    - specialize (H 0%nat ltac:(cbn [length]; lia)). rewrite Nat.add_0_r in H. exact H.
    - apply IH. intros j J. specialize (H (S j) ltac:(cbn [length]; lia)). replace (S i + j)%nat with (i + S j)%nat by lia. exact H.
  Qed.

  Theorem worst_ok l : forall i s, below i l s ->
    k * suffix f x i s <= IZR (toZ (nth (length (outside (inside [m]) s)) (worst l) zero)).
  Proof.
    induction l as [|[h g] l IH]; intros i [|t s] B; cbn [below] in B; try easy.
    - cbn [suffix outside filter length worst nth]. rewrite toZ_zero. lra.
    - destruct B as [B1 B2]. specialize (IH (S i) s B2).
      assert (L : length s = length l).
      { clear - B2. revert B2. generalize (S i). revert s. induction l as [|a l IH]; intros [|t s] j B; cbn [below] in B; try easy.
        cbn [length]. f_equal. now apply (IH s (S j)). }
      pose proof (held_outside (inside [m]) s) as O. pose proof (length_worst l) as W.
      destruct (one_more_ok h g (worst l) (length (outside (inside [m]) s)) ltac:(lia)) as [_ [A A']].
      apply IZR_le in A, A'. rewrite plus_IZR in A, A'.
      cbn [suffix worst]. unfold outside in *. cbn [filter]. destruct (inside [m] t); cbn [negb length fst snd] in *; lra.
  Qed.
End Worst.

Open Scope Z_scope.

(* How many lists of length n hold only tokens that satisfy p. *)
Lemma tally_all (p : nat -> bool) tokens n :
  tally tokens n (fun s => if forallb p s then 1 else 0) = Z.of_nat (length (filter p tokens)) ^ Z.of_nat n.
Proof.
  induction n as [|n IH]; [easy|]. cbn [tally forallb]. rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. rewrite <- IH. clear IH.
  set (rest := tally tokens n _). rewrite (zsum_ext _ (fun t => if p t then rest else 0)).
  - clearbody rest. induction tokens as [|t l IH]; [easy|]. cbn [zsum filter]. rewrite IH. destruct (p t); cbn [length]; lia.
  - intros t _. destruct (p t); [reflexivity|]. cbn [andb]. rewrite tally_const. lia.
Qed.
