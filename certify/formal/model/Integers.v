(* The integers that all tables are computed in: bigZ (of Debian's coq-bignums), integers of any size made of
   primitive 63-bit words. Proofs use them through the lemmas below only, which say what each operation does to the
   value `toZ`; the operations are opaque to tactics, so that none of them unfolds an addition into its digits.
   (vm_compute, which evaluates the proofs' checks, does not mind.) *)
From Coq Require Import ZArith.
From Bignums Require Import BigZ.

Definition int := BigZ.t.
Definition toZ : int -> Z := BigZ.to_Z.
Definition ofZ : Z -> int := BigZ.of_Z.
Definition zero : int := BigZ.zero.
Definition add : int -> int -> int := BigZ.add.
Definition sub : int -> int -> int := BigZ.sub.
Definition mul : int -> int -> int := BigZ.mul.
Definition opp : int -> int := BigZ.opp.
Definition shl : int -> int -> int := BigZ.shiftl.  (* times 2^p *)
Definition shr : int -> int -> int := BigZ.shiftr.  (* over 2^p, rounded down *)
Definition leb : int -> int -> bool := BigZ.leb.

Lemma toZ_ofZ z : toZ (ofZ z) = z. Proof. apply BigZ.spec_of_Z. Qed.
Lemma toZ_zero : toZ zero = 0%Z. Proof. reflexivity. Qed.
Lemma toZ_add x y : toZ (add x y) = (toZ x + toZ y)%Z. Proof. apply BigZ.spec_add. Qed.
Lemma toZ_sub x y : toZ (sub x y) = (toZ x - toZ y)%Z. Proof. apply BigZ.spec_sub. Qed.
Lemma toZ_mul x y : toZ (mul x y) = (toZ x * toZ y)%Z. Proof. apply BigZ.spec_mul. Qed.
Lemma toZ_opp x : toZ (opp x) = (- toZ x)%Z. Proof. apply BigZ.spec_opp. Qed.
Lemma toZ_shl x p : toZ (shl x p) = Z.shiftl (toZ x) (toZ p). Proof. apply BigZ.spec_shiftl. Qed.
Lemma toZ_shr x p : toZ (shr x p) = Z.shiftr (toZ x) (toZ p). Proof. apply BigZ.spec_shiftr. Qed.
Lemma toZ_leb x y : leb x y = (toZ x <=? toZ y)%Z. Proof. apply BigZ.spec_leb. Qed.

Global Opaque toZ ofZ zero add sub mul opp shl shr leb.

Definition ceiling (x s : int) : int := opp (shr (opp x) s).  (* over 2^s, rounded up *)
