(* The exact accuracy, from bit patterns: main theorem check_exact. *)
From Coq Require Import Reals ZArith List Lia.
Import ListNotations.
From Maxcert Require Import Statement Integers Exponential Paths Enclosures Count ExactTerms.

(* right and wrong sequences; B: the weights are multiples of 2^-B; j halvings and t bits for exp; units: bits of the rows *)
Definition check (B : Z) (j : nat) (t units : Z) (w : weights) : option (N * N) :=
  if (Z.leb 0 t && Z.leb 0 units && Z.leb units (4 * B))%bool then
  match enclosed B j t units w with
  | None => None
  | Some T => let V := length (wE w) in Some (counts (length (wP w) - 1) (terms_of T V (length (wP w) - 1)) (all_keys V))
  end else None.

Theorem check_exact B j t units w a : check B j t units w = Some a ->
  (Z.of_N (fst a) + Z.of_N (snd a) = Z.of_nat (length (wE w)) ^ Z.of_nat (length (wP w)))%Z ->
  accuracy_is (model_of w) (Z.of_N (fst a)).
Proof.
  unfold check. destruct (Z.leb 0 t && Z.leb 0 units && Z.leb units (4 * B))%bool eqn:g; [|discriminate].
  apply andb_prop in g. destruct g as [g g3]. apply andb_prop in g. destruct g as [g1 g2]. apply Z.leb_le in g1, g2, g3.
  destruct (enclosed B j t units w) as [T|] eqn:e; [|discriminate]. intros h s.
  destruct (enclosed_ok B j t units w T g1 (conj g2 g3) e) as [c ok].
  assert (K : (0 < length (wP w))%nat).
  { unfold enclosed in e. destruct (paths_of B w) eqn:f; [|discriminate]. apply (paths_positive _ _ _ f). }
  apply (compact_exact (model_of w) K c (IZR (2 ^ t)) (IZR (2 ^ units)) (power_positive t g1) (power_positive units g2) T ok).
  - injection h as h. exact h.
  - exact s.
Qed.
