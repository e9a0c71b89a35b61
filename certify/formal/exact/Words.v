(* Signed 63-bit machine words, for the inner loops. Sums of bounded words are exact; every bound is proved or checked. *)
From Coq Require Import ZArith Lia Bool Uint63 Sint63.
From Bignums Require Import BigN BigZ.
From Maxcert Require Import Integers.
Open Scope Z_scope.

Definition word := PrimInt63.int.
Definition signed (w : word) : Z := Sint63.to_Z w.
Definition wadd (a b : word) : word := PrimInt63.add a b.
Definition wmul (a b : word) : word := PrimInt63.mul a b.
Definition wleb (a b : word) : bool := PrimInt63.lesb a b.
Definition wzero : word := 0%uint63.

(* An integer of at most `bound` < 2^62 in magnitude as a word; `fits` says whether it is one. *)
Definition word_of (b : int) : word :=
  match b with BigZ.Pos (BigN.N0 i) => i | BigZ.Neg (BigN.N0 i) => PrimInt63.sub 0%uint63 i | _ => wzero end.
Definition fits (bound : word) (b : int) : bool :=
  match b with BigZ.Pos (BigN.N0 i) | BigZ.Neg (BigN.N0 i) => PrimInt63.leb i bound | _ => false end.

Lemma signed_zero : signed wzero = 0. Proof. reflexivity. Qed.

Lemma wleb_spec a b : wleb a b = (signed a <=? signed b).
Proof.
  unfold wleb, signed. destruct (Sint63.lebP a b) as [h | h]; symmetry; [apply Z.leb_le | apply Z.leb_gt]; lia.
Qed.

Lemma signed_add a b x y : Z.abs (signed a) <= x -> Z.abs (signed b) <= y -> x + y <= 2 ^ 62 - 1 ->
  signed (wadd a b) = signed a + signed b.
Proof.
  intros ha hb h. unfold wadd, signed in *. apply Sint63.to_Z_add. rewrite Sint63.to_Z_min, Sint63.to_Z_max.
  change (Uint63.wB / 2) with (2 ^ 62). lia.
Qed.

Lemma signed_mul a b x y : Z.abs (signed a) <= x -> Z.abs (signed b) <= y -> x * y <= 2 ^ 62 - 1 ->
  signed (wmul a b) = signed a * signed b.
Proof.
  intros ha hb h. unfold wmul, signed in *. apply Sint63.to_Z_mul. rewrite Sint63.to_Z_min, Sint63.to_Z_max.
  change (Uint63.wB / 2) with (2 ^ 62). nia.
Qed.

Lemma signed_small i : Uint63.to_Z i < 2 ^ 62 -> signed i = Uint63.to_Z i.
Proof.
  intros h. unfold signed, Sint63.to_Z. destruct (Uint63.ltb i Sint63.min_int) eqn:e; [reflexivity|].
  apply Bool.not_true_iff_false in e. rewrite Uint63.ltb_spec in e. change (Uint63.to_Z Sint63.min_int) with (2 ^ 62) in e. lia.
Qed.

Section Fits.
  Transparent toZ.
  Lemma fits_spec bound b : Uint63.to_Z bound < 2 ^ 62 -> fits bound b = true ->
    signed (word_of b) = toZ b /\ Z.abs (toZ b) <= Uint63.to_Z bound.
  Proof.
    intros hb h. destruct b as [[i| | | | | | |] | [i| | | | | | |]]; try discriminate; cbn [fits word_of] in *;
      apply Uint63.leb_spec in h.
    - change (toZ (BigZ.Pos (BigN.N0 i))) with (Uint63.to_Z i).
      assert (p := Uint63.to_Z_bounded i). rewrite signed_small by lia. lia.
    - change (toZ (BigZ.Neg (BigN.N0 i))) with (- Uint63.to_Z i).
      assert (p := Uint63.to_Z_bounded i). change (PrimInt63.sub 0 i) with (Uint63.opp i).
      unfold signed. rewrite Sint63.to_Z_opp; [fold (signed i); rewrite signed_small by lia; lia|].
      intro e. rewrite e in h. revert h hb. change (Uint63.to_Z Sint63.min_int) with (2 ^ 62). lia.
  Qed.
End Fits.
Global Opaque word_of fits.
