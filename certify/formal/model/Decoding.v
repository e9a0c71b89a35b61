(* A 32-bit pattern as an exact integer times a power of two. *)
From Coq Require Import Reals ZArith List Lia Lra.
Import ListNotations.
From Maxcert Require Import Statement.

(* a 32-bit pattern as an integer times 2^-B; None if it is not one (or not finite) *)
Definition decode (B bits : Z) : option Z :=
  let e := Z.land (Z.shiftr bits 23) 255 in
  let f := Z.land bits 8388607 in
  let m := if Z.eqb e 0 then f else Z.add 8388608 f in
  let s := Z.add B (if Z.eqb e 0 then -149 else Z.sub e 150) in
  let signed (v : Z) := if Z.eqb (Z.shiftr bits 31) 0 then v else Z.opp v in
  if Z.eqb e 255 then None
  else if Z.leb 0 s then Some (signed (Z.shiftl m s))
  else let v := Z.shiftr m (Z.opp s) in if Z.eqb (Z.shiftl v (Z.opp s)) m then Some (signed v) else None.

Lemma power_of_two s : (0 <= s)%Z -> IZR (2 ^ s) = powerRZ 2 s.
Proof.
  intros h. rewrite <- (Z2Nat.id s h), <- pow_powerRZ, <- pow_IZR. reflexivity.
Qed.

Lemma decode_correct B bits v : decode B bits = Some v -> binary32 bits = (IZR v * powerRZ 2 (- B))%R.
Proof.
  unfold decode, binary32.
  change 255%Z with (Z.ones 8). change 8388607%Z with (Z.ones 23). change 8388608%Z with (2 ^ 23)%Z.
  rewrite !Z.land_ones, !Z.shiftr_div_pow2 by lia.
  set (e := ((bits / 2 ^ 23) mod 2 ^ 8)%Z). set (f := (bits mod 2 ^ 23)%Z). set (g := (bits / 2 ^ 31)%Z).
  set (m := if (e =? 0)%Z then f else (2 ^ 23 + f)%Z).
  set (x := if (e =? 0)%Z then (-149)%Z else (e - 150)%Z).
  cbv zeta. intros d.
  assert (main : forall u, (powerRZ 2 x * IZR m = IZR u * powerRZ 2 (- B))%R -> v = (if (g =? 0)%Z then u else - u)%Z ->
    ((if (g =? 0)%Z then 1 else -1) * (if (e =? 0)%Z then IZR f * powerRZ 2 (-149) else IZR (2 ^ 23 + f) * powerRZ 2 (e - 150))
     = IZR v * powerRZ 2 (- B))%R).
  { intros u hu hv. rewrite hv. clear - hu.
    replace (if (e =? 0)%Z then (IZR f * powerRZ 2 (-149))%R else (IZR (2 ^ 23 + f) * powerRZ 2 (e - 150))%R) with (powerRZ 2 x * IZR m)%R
      by (unfold x, m; destruct (e =? 0)%Z; ring).
    rewrite hu. destruct (g =? 0)%Z; rewrite ?opp_IZR; ring. }
  destruct (e =? Z.ones 8)%Z; [discriminate|].
  destruct (Z.leb_spec 0 (B + x)) as [h | h].
  - apply (main (Z.shiftl m (B + x))).
    + rewrite Z.shiftl_mul_pow2, mult_IZR, power_of_two by lia.
      replace x with ((B + x) + - B)%Z at 1 by lia. rewrite powerRZ_add by lra. ring.
    + congruence.
  - destruct (Z.eqb_spec (Z.shiftl (Z.shiftr m (- (B + x))) (- (B + x))) m) as [q | q].
    + apply (main (Z.shiftr m (- (B + x)))).
      * rewrite <- q at 1. rewrite Z.shiftl_mul_pow2, mult_IZR, power_of_two by lia.
        assert (p : powerRZ 2 (- B) = (powerRZ 2 x * powerRZ 2 (- (B + x)))%R)
          by (rewrite <- powerRZ_add by lra; f_equal; lia).
        rewrite p. ring.
      * congruence.
    + discriminate.
Qed.
