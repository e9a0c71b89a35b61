(* The numbers that the walk over blocks multiplies: 0, 1, 2, ..., binomial coefficients, powers of the numbers of tokens.
   Each list is made once and looked up. Main facts: numbers_to_ok, pascal_to_ok, block_powers_ok. *)
From Coq Require Import ZArith Lia List PeanoNat.
From Maxcert Require Import Integers Matrices Blocks WindowWalk.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

Definition numbers_to (n : nat) : list int := map (fun k => ofZ (Z.of_nat k)) (seq 0 (S n)).

Fixpoint next_binomials (a : int) (row : list int) : list int :=
  match row with [] => [a] | b :: row => add a b :: next_binomials b row end.
Fixpoint binomials (n : nat) (row : list int) : list (list int) :=
  match n with O => [row] | S n => row :: binomials n (next_binomials zero row) end.
Definition pascal_to (n : nat) : list (list int) := binomials n [ofZ 1].

(* p, p base, ..., p base^n *)
Fixpoint powers_to (n : nat) (base p : int) : list int :=
  match n with O => [p] | S n => p :: powers_to n base (mul base p) end.
Definition powers_of (n size : nat) : list int := powers_to n (ofZ (Z.of_nat size)) (ofZ 1).
Fixpoint block_powers (n : nat) (blocks : list (list nat)) : list powers :=
  match blocks with
  | [] => []
  | b :: blocks => (powers_of n (length b), powers_of n (length (b ++ concat blocks))) :: block_powers n blocks
  end.

(* ---------- Its proof ---------- *)

Lemma numbers_to_ok r n : (n <= r)%nat -> toZ (nth n (numbers_to r) zero) = Z.of_nat n.
Proof.
  intros H. unfold numbers_to. rewrite (nth_map _ _ _ O) by (rewrite seq_length; lia).
  now rewrite seq_nth, toZ_ofZ by lia.
Qed.

Lemma next_binomials_nth row : forall a k, toZ (nth k (next_binomials a row) zero) =
  toZ (nth k row zero) + match k with O => toZ a | S k => toZ (nth k row zero) end.
Proof.
  induction row as [|b row IH]; intros a k; cbn [next_binomials].
  - destruct k as [|[|k]]; cbn [nth]; rewrite ?toZ_zero; lia.
  - destruct k as [|k]; cbn [nth]; [rewrite toZ_add; lia|]. rewrite IH. now destruct k.
Qed.

Lemma binomials_ok n : forall i row, (forall k, toZ (nth k row zero) = choose i k) ->
  forall j k, 0 <= toZ (nth k (nth j (binomials n row) []) zero) <= choose (i + j) k.
Proof.
  assert (none : forall i k, 0 <= toZ (nth k [] zero) <= choose i k).
  { intros i k. pose proof (choose_nonneg i k). destruct k; cbn [nth]; rewrite toZ_zero; lia. }
  induction n as [|n IH]; intros i row H [|j] k; cbn [binomials nth].
  - rewrite H, Nat.add_0_r. pose proof (choose_nonneg i k). lia.
  - destruct j; apply none.
  - rewrite H, Nat.add_0_r. pose proof (choose_nonneg i k). lia.
  - replace (i + S j)%nat with (S i + j)%nat by lia. apply IH. intros k'. rewrite next_binomials_nth, H.
    destruct k' as [|k']; [rewrite toZ_zero, !choose_0; lia|]. rewrite H. cbn [choose]. lia.
Qed.

Lemma pascal_to_ok n r k : 0 <= toZ (nth k (nth r (pascal_to n) []) zero) <= choose r k.
Proof.
  apply (binomials_ok n 0). intros [|[|k']]; cbn [nth]; [now rewrite toZ_ofZ|now rewrite toZ_zero..].
Qed.

Lemma powers_of_ok n size k : 0 <= toZ (nth k (powers_of n size) zero) <= Z.of_nat size ^ Z.of_nat k.
Proof.
  unfold powers_of. set (base := ofZ (Z.of_nat size)).
  assert (G : forall m p k, 0 <= toZ p -> 0 <= toZ (nth k (powers_to m base p) zero) <= toZ p * Z.of_nat size ^ Z.of_nat k).
  { assert (S0 : forall k, 0 <= Z.of_nat size ^ Z.of_nat k) by (intros; apply Z.pow_nonneg; lia).
    induction m as [|m IH]; intros p [|k'] P; cbn [powers_to nth].
    - rewrite Z.pow_0_r. lia.
    - pose proof (S0 (S k')). destruct k'; rewrite toZ_zero; nia.
    - rewrite Z.pow_0_r. lia.
    - rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia.
      assert (Q : toZ (mul base p) = Z.of_nat size * toZ p) by (unfold base; now rewrite toZ_mul, toZ_ofZ).
      specialize (IH (mul base p) k'). rewrite Q in IH. specialize (IH ltac:(nia)). nia. }
  specialize (G n (ofZ 1) k). rewrite toZ_ofZ, Z.mul_1_l in G. apply G. lia.
Qed.

Lemma block_powers_ok n bs : powers_ok bs (block_powers n bs).
Proof.
  induction bs as [|b bs IH]; cbn [block_powers powers_ok]; [exact I|].
  split; [intros; apply powers_of_ok|]. split; [intros; apply (powers_of_ok n (length (concat (b :: bs))))|exact IH].
Qed.
