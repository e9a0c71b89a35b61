(* exp of a non-positive number by argument halving in fixed point: 1+y+y^2/2+y^3/4 <= exp y <= 1+y+y^2/2 for y <= 0,
   squared j times with directed rounding; 1/sqrt H from an integer square root. *)
From Coq Require Import Reals ZArith List Lia Lra.
From Maxcert Require Import Integers.
Open Scope R_scope.

(* The derivative of a + y + b y^2 + c y^3. *)
Lemma cubic_slope a b c x : derivable_pt_lim (fun y => a + y + b * (y * y) + c * (y * y * y)) x (1 + 2 * b * x + 3 * c * (x * x)).
Proof.
  assert (square := derivable_pt_lim_mult id id x 1 1 (derivable_pt_lim_id x) (derivable_pt_lim_id x)).
  assert (cube := derivable_pt_lim_mult (id * id)%F id x _ 1 square (derivable_pt_lim_id x)).
  assert (all := derivable_pt_lim_plus _ _ x _ _
    (derivable_pt_lim_plus _ _ x _ _
      (derivable_pt_lim_plus _ _ x _ _ (derivable_pt_lim_const a x) (derivable_pt_lim_id x))
      (derivable_pt_lim_scal _ b x _ square))
    (derivable_pt_lim_scal _ c x _ cube)).
  replace (1 + 2 * b * x + 3 * c * (x * x)) with
    (0 + 1 + b * (1 * id x + id x * 1) + c * ((1 * id x + id x * 1) * id x + (id * id)%F x * 1)) by (unfold mult_fct, id; ring).
  exact all.
Qed.

Lemma exp_above y : y <= 0 -> exp y <= 1 + y + y * y / 2.
Proof.
  intros h. destruct (Req_dec y 0) as [-> | n]; [rewrite exp_0; lra|].
  destruct (MVT_cor2 (minus_fct exp (fun y => 1 + y + / 2 * (y * y) + 0 * (y * y * y))) (fun y => exp y - (1 + 2 * / 2 * y + 3 * 0 * (y * y))) y 0)
    as [c [e b]]; [lra| |].
  - intros c _. apply derivable_pt_lim_minus; [apply derivable_pt_lim_exp|apply cubic_slope].
  - unfold minus_fct in e. rewrite exp_0 in e. assert (g := exp_ineq1_le c).
    assert (0 <= (exp c - (1 + c)) * (0 - y)) by (apply Rmult_le_pos; lra). lra.
Qed.
Lemma exp_below y : y <= 0 -> 1 + y + y * y / 2 + y * y * y / 4 <= exp y.
Proof.
  intros h. apply Rle_trans with (1 + y + y * y / 2 + y * y * y / 6).
  { assert (0 <= y * y * - y) by (apply Rmult_le_pos; [apply Rle_0_sqr|lra]). lra. }
  destruct (Req_dec y 0) as [-> | n]; [rewrite exp_0; lra|].
  destruct (MVT_cor2 (minus_fct (fun y => 1 + y + / 2 * (y * y) + / 6 * (y * y * y)) exp) (fun y => 1 + 2 * / 2 * y + 3 * / 6 * (y * y) - exp y) y 0)
    as [c [e b]]; [lra| |].
  - intros c _. apply derivable_pt_lim_minus; [apply cubic_slope|apply derivable_pt_lim_exp].
  - unfold minus_fct in e. rewrite exp_0 in e. assert (g := exp_above c ltac:(lra)).
    assert (0 <= (1 + c + c * c / 2 - exp c) * (0 - y)) by (apply Rmult_le_pos; lra). lra.
Qed.

Lemma power_positive t : (0 <= t)%Z -> 0 < IZR (2 ^ t).
Proof. intros h. apply IZR_lt, Z.pow_pos_nonneg; lia. Qed.
Lemma floor_below x t : (0 <= t)%Z -> IZR (Z.shiftr x t) * IZR (2 ^ t) <= IZR x.
Proof.
  intros h. rewrite Z.shiftr_div_pow2 by assumption. rewrite <- mult_IZR. apply IZR_le. rewrite Z.mul_comm.
  apply Z.mul_div_le, Z.pow_pos_nonneg; lia.
Qed.
Lemma ceiling_above x t : (0 <= t)%Z -> IZR x <= IZR (- Z.shiftr (- x) t) * IZR (2 ^ t).
Proof. intros h. assert (g := floor_below (- x) t h). rewrite opp_IZR in *. lra. Qed.
Lemma shiftr_nonnegative x t : (0 <= x)%Z -> (0 <= Z.shiftr x t)%Z.
Proof. apply Z.shiftr_nonneg. Qed.

(* r = floor (2^k / sqrt H) *)
Lemma inverse_root H k : (0 < H)%Z -> (0 <= k)%Z ->
  let r := Z.sqrt (2 ^ (2 * k) / H) in
  IZR r <= IZR (2 ^ k) / sqrt (IZR H) /\ IZR (2 ^ k) / sqrt (IZR H) <= IZR (r + 1) /\ (0 <= r)%Z.
Proof.
  intros hH hk r. assert (H0 : 0 < IZR H) by (apply IZR_lt; assumption).
  assert (s0 := sqrt_lt_R0 _ H0). assert (K0 := power_positive k hk).
  assert (p : (2 ^ (2 * k) = 2 ^ k * 2 ^ k)%Z) by (rewrite <- Z.pow_add_r by lia; f_equal; lia).
  assert (q0 : (0 <= 2 ^ (2 * k) / H)%Z) by (apply Z.div_pos; [apply Z.pow_nonneg|]; lia).
  assert (b := Z.sqrt_spec _ q0). fold r in b. unfold Z.succ in b.
  assert (r0 : (0 <= r)%Z) by apply Z.sqrt_nonneg.
  assert (ss : sqrt (IZR H) * sqrt (IZR H) = IZR H) by (apply sqrt_sqrt; lra).
  assert (lo := Z.mul_div_le (2 ^ (2 * k)) H hH). assert (hi := Z.mul_succ_div_gt (2 ^ (2 * k)) H hH). unfold Z.succ in hi.
  split; [|split; [|assumption]].
  - apply Rmult_le_reg_r with (sqrt (IZR H)); [assumption|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
    apply Rsqr_incr_0_var; [|lra]. unfold Rsqr.
    replace (IZR r * sqrt (IZR H) * (IZR r * sqrt (IZR H))) with (IZR r * IZR r * (sqrt (IZR H) * sqrt (IZR H))) by ring.
    rewrite ss, <- !mult_IZR. apply IZR_le. rewrite <- p. nia.
  - apply Rmult_le_reg_r with (sqrt (IZR H)); [assumption|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
    apply Rsqr_incr_0_var; [|apply Rmult_le_pos; [apply IZR_le; lia|lra]]. unfold Rsqr.
    replace (IZR (r + 1) * sqrt (IZR H) * (IZR (r + 1) * sqrt (IZR H))) with (IZR (r + 1) * IZR (r + 1) * (sqrt (IZR H) * sqrt (IZR H))) by ring.
    rewrite ss, <- !mult_IZR. apply IZR_le. rewrite <- p. nia.
Qed.

Fixpoint iterate {A} (n : nat) (f : A -> A) (x : A) : A := match n with O => x | S n => iterate n f (f x) end.

Section Precision.
  Variable j : nat.             (* halvings *)
  Variables T T1 T2 one : int.  (* T bits after the point, T + 1, 2 T + 2, 2^T *)
  Definition nonnegative (v : int) := if leb v zero then zero else v.
  Definition square_down v := shr (mul v v) T.
  Definition square_up v := ceiling (mul v v) T.
  (* x is 2^T times the argument / 2^j *)
  Definition exp_down (x : int) : int :=
    let x2 := mul x x in
    iterate j square_down (nonnegative (add (add one x) (add (shr x2 T1) (shr (mul x2 x) T2)))).
  Definition exp_up (x : int) : int :=
    let x := if leb (add one x) zero then opp one else x in (* else the squares of a large x would explode *)
    iterate j square_up (add (add one x) (ceiling (mul x x) T1)).

  Variable t : Z.
  Hypothesis t0 : (0 <= t)%Z.
  Hypothesis hT : toZ T = t.
  Hypothesis hT1 : toZ T1 = (t + 1)%Z.
  Hypothesis hT2 : toZ T2 = (2 * t + 2)%Z.
  Hypothesis hone : toZ one = (2 ^ t)%Z.
  Notation P := (IZR (2 ^ t)).
  Let P0 : 0 < P := power_positive t t0.

  Lemma squares_down n v y : (0 <= toZ v)%Z -> IZR (toZ v) <= exp y * P ->
    (0 <= toZ (iterate n square_down v))%Z /\ IZR (toZ (iterate n square_down v)) <= exp (y * 2 ^ n) * P.
  Proof.
    revert v y. induction n as [|n IH]; intros v y h0 h; simpl.
    - rewrite Rmult_1_r. split; assumption.
    - replace (y * (2 * 2 ^ n)) with ((y + y) * 2 ^ n) by ring. apply IH.
      + unfold square_down. rewrite toZ_shr, toZ_mul. apply shiftr_nonnegative. nia.
      + unfold square_down. rewrite toZ_shr, toZ_mul, hT.
        assert (f := floor_below (toZ v * toZ v) t t0). rewrite mult_IZR in f.
        assert (v0 : 0 <= IZR (toZ v)) by (apply IZR_le; assumption).
        assert (m := Rmult_le_compat _ _ _ _ v0 v0 h h). apply Rmult_le_reg_r with P; [assumption|].
        rewrite exp_plus. lra.
  Qed.
  Lemma squares_up n v y : exp y * P <= IZR (toZ v) -> exp (y * 2 ^ n) * P <= IZR (toZ (iterate n square_up v)).
  Proof.
    revert v y. induction n as [|n IH]; intros v y h; simpl.
    - rewrite Rmult_1_r. assumption.
    - replace (y * (2 * 2 ^ n)) with ((y + y) * 2 ^ n) by ring. apply IH.
      unfold square_up, ceiling. rewrite toZ_opp, toZ_shr, toZ_opp, toZ_mul, hT.
      assert (f := ceiling_above (toZ v * toZ v) t t0). rewrite mult_IZR in f.
      assert (v0 : 0 <= exp y * P) by (apply Rmult_le_pos; [left; apply exp_pos|lra]).
      assert (m := Rmult_le_compat _ _ _ _ v0 v0 h h). apply Rmult_le_reg_r with P; [assumption|].
      rewrite exp_plus. lra.
  Qed.

  Lemma P1 : IZR (2 ^ (t + 1)) = 2 * P.
  Proof. rewrite Z.pow_add_r, mult_IZR by lia. change (IZR (2 ^ 1)) with 2. ring. Qed.
  Lemma P2 : IZR (2 ^ (2 * t + 2)) = 4 * (P * P).
  Proof. replace (2 * t + 2)%Z with (t + t + 2)%Z by lia. rewrite !Z.pow_add_r, !mult_IZR by lia. change (IZR (2 ^ 2)) with 4. ring. Qed.

  Lemma exp_down_correct x z : IZR (toZ x) <= z / 2 ^ j * P -> IZR (toZ x) <= 0 ->
    (0 <= toZ (exp_down x))%Z /\ IZR (toZ (exp_down x)) <= exp z * P.
  Proof.
    intros h n. set (y := IZR (toZ x) / P).
    assert (xy : IZR (toZ x) = y * P) by (unfold y; field; lra).
    assert (J0 : 0 < 2 ^ j) by (apply pow_lt; lra).
    assert (yz : y * 2 ^ j <= z).
    { apply Rmult_le_reg_r with (P / 2 ^ j); [apply Rdiv_lt_0_compat; assumption|].
      replace (y * 2 ^ j * (P / 2 ^ j)) with (y * P) by (field; lra). rewrite <- xy.
      replace (z * (P / 2 ^ j)) with (z / 2 ^ j * P) by (field; lra). assumption. }
    assert (y0 : y <= 0).
    { apply Rmult_le_reg_r with P; [assumption|]. rewrite <- xy. lra. }
    destruct (squares_down j (nonnegative (add (add one x) (add (shr (mul x x) T1) (shr (mul (mul x x) x) T2)))) y) as [a b].
    - unfold nonnegative. rewrite toZ_leb, toZ_zero. destruct (Z.leb_spec (toZ (add (add one x) (add (shr (mul x x) T1) (shr (mul (mul x x) x) T2)))) 0); [rewrite toZ_zero|]; lia.
    - unfold nonnegative. rewrite toZ_leb, toZ_zero. destruct (Z.leb_spec (toZ (add (add one x) (add (shr (mul x x) T1) (shr (mul (mul x x) x) T2)))) 0).
      + rewrite toZ_zero. apply Rmult_le_pos; [left; apply exp_pos|lra].
      + rewrite !toZ_add, !toZ_shr, !toZ_mul, hone, hT1, hT2, !plus_IZR.
        assert (f1 := floor_below (toZ x * toZ x) (t + 1) ltac:(lia)).
        assert (f2 := floor_below (toZ x * toZ x * toZ x) (2 * t + 2) ltac:(lia)).
        rewrite P1 in f1. rewrite P2 in f2. rewrite !mult_IZR, xy in f1. rewrite !mult_IZR, xy in f2. rewrite xy.
        assert (e := exp_below y y0).
        assert (g1 : IZR (Z.shiftr (toZ x * toZ x) (t + 1)) <= y * y / 2 * P).
        { apply Rmult_le_reg_r with (2 * P); [lra|]. lra. }
        assert (g2 : IZR (Z.shiftr (toZ x * toZ x * toZ x) (2 * t + 2)) <= y * y * y / 4 * P).
        { apply Rmult_le_reg_r with (4 * (P * P)); [assert (0 < P * P) by (apply Rmult_lt_0_compat; assumption); lra|]. lra. }
        assert (g := Rmult_le_compat_r P _ _ (Rlt_le _ _ P0) e). lra.
    - split; [assumption|]. apply Rle_trans with (1 := b). apply Rmult_le_compat_r; [lra|].
      destruct yz as [yz | ->]; [left; apply exp_increasing; assumption|right; reflexivity].
  Qed.

  Lemma exp_up_correct x z : z / 2 ^ j * P <= IZR (toZ x) -> IZR (toZ x) <= 0 -> exp z * P <= IZR (toZ (exp_up x)).
  Proof.
    intros h n. unfold exp_up. set (x' := if leb (add one x) zero then opp one else x).
    assert (h' : z / 2 ^ j * P <= IZR (toZ x') /\ IZR (toZ x') <= 0).
    { unfold x'. rewrite toZ_leb, toZ_add, toZ_zero. destruct (Z.leb_spec (toZ one + toZ x) 0) as [b | b]; [|split; assumption].
      rewrite toZ_opp, hone, opp_IZR. rewrite hone in b. apply IZR_le in b. rewrite plus_IZR in b. lra. }
    clearbody x'. destruct h' as [h' n']. clear x h n. set (y := IZR (toZ x') / P).
    assert (xy : IZR (toZ x') = y * P) by (unfold y; field; lra).
    assert (J0 : 0 < 2 ^ j) by (apply pow_lt; lra).
    assert (yz : z <= y * 2 ^ j).
    { apply Rmult_le_reg_r with (P / 2 ^ j); [apply Rdiv_lt_0_compat; assumption|].
      replace (y * 2 ^ j * (P / 2 ^ j)) with (y * P) by (field; lra). rewrite <- xy.
      replace (z * (P / 2 ^ j)) with (z / 2 ^ j * P) by (field; lra). assumption. }
    assert (y0 : y <= 0).
    { apply Rmult_le_reg_r with P; [assumption|]. rewrite <- xy. lra. }
    apply Rle_trans with (exp (y * 2 ^ j) * P).
    - apply Rmult_le_compat_r; [lra|].
      destruct yz as [yz | ->]; [left; apply exp_increasing; assumption|right; reflexivity].
    - apply squares_up. unfold ceiling. rewrite !toZ_add, toZ_opp, toZ_shr, toZ_opp, toZ_mul, hone, hT1, !plus_IZR.
      assert (f1 := ceiling_above (toZ x' * toZ x') (t + 1) ltac:(lia)).
      rewrite P1 in f1. rewrite !mult_IZR, xy in f1. rewrite xy.
      assert (e := exp_above y y0).
      assert (g1 : y * y / 2 * P <= IZR (- Z.shiftr (- (toZ x' * toZ x')) (t + 1))).
      { apply Rmult_le_reg_r with (2 * P); [lra|]. lra. }
      assert (g := Rmult_le_compat_r P _ _ (Rlt_le _ _ P0) e). lra.
  Qed.
End Precision.

(* exp (n 2^-shift / sqrt H) for an integer n <= 0, with r <= 2^k / sqrt H <= r1; sh = shift + k + j - T *)
Section Scaled.
  Variable j : nat.
  Variables T T1 T2 one r r1 sh : int.
  Definition attention_down n := exp_down j T T1 T2 one (shr (mul n r1) sh).
  Definition attention_up n := exp_up j T T1 one (opp (shr (opp (mul n r)) sh)).

  Variables t shift k : Z.
  Variable root : R.
  Hypothesis t0 : (0 <= t)%Z.
  Hypothesis shift0 : (0 <= shift)%Z.
  Hypothesis k0 : (0 <= k)%Z.
  Hypothesis hT : toZ T = t.
  Hypothesis hT1 : toZ T1 = (t + 1)%Z.
  Hypothesis hT2 : toZ T2 = (2 * t + 2)%Z.
  Hypothesis hone : toZ one = (2 ^ t)%Z.
  Hypothesis hsh : toZ sh = (shift + k + Z.of_nat j - t)%Z.
  Hypothesis sh0 : (0 <= toZ sh)%Z.
  Hypothesis root0 : 0 < root.
  Hypothesis hr : IZR (toZ r) <= IZR (2 ^ k) / root.
  Hypothesis hr1 : IZR (2 ^ k) / root <= IZR (toZ r1).
  Hypothesis r0 : (0 <= toZ r)%Z.

  Definition attention_real (n : Z) := exp (IZR n / IZR (2 ^ shift) / root).

  Lemma scales : IZR (2 ^ toZ sh) * IZR (2 ^ t) = IZR (2 ^ shift) * IZR (2 ^ k) * 2 ^ j.
  Proof.
    rewrite <- mult_IZR, <- Z.pow_add_r by assumption. replace (toZ sh + t)%Z with (shift + k + Z.of_nat j)%Z by lia.
    rewrite !Z.pow_add_r, !mult_IZR by lia. f_equal. rewrite <- pow_IZR. reflexivity.
  Qed.

  Lemma attention_argument n : IZR (toZ n) / IZR (2 ^ shift) / root / 2 ^ j * IZR (2 ^ t) * IZR (2 ^ toZ sh) = IZR (toZ n) * (IZR (2 ^ k) / root).
  Proof.
    assert (a := power_positive shift shift0). assert (J0 : 0 < 2 ^ j) by (apply pow_lt; lra).
    replace (IZR (toZ n) / IZR (2 ^ shift) / root / 2 ^ j * IZR (2 ^ t) * IZR (2 ^ toZ sh))
      with (IZR (toZ n) / IZR (2 ^ shift) / root / 2 ^ j * (IZR (2 ^ toZ sh) * IZR (2 ^ t))) by ring.
    rewrite scales. field. repeat split; lra.
  Qed.

  Lemma attention_down_correct n : (toZ n <= 0)%Z ->
    (0 <= toZ (attention_down n))%Z /\ IZR (toZ (attention_down n)) <= attention_real (toZ n) * IZR (2 ^ t).
  Proof.
    intros hn. assert (n0 : IZR (toZ n) <= 0) by (apply IZR_le; assumption).
    assert (SH := power_positive _ sh0). assert (k1 := power_positive k k0).
    assert (r1p : 0 <= IZR (toZ r1)) by (assert (0 < IZR (2 ^ k) / root) by (apply Rdiv_lt_0_compat; assumption); lra).
    assert (f := floor_below (toZ n * toZ r1) (toZ sh) sh0). rewrite mult_IZR in f.
    apply exp_down_correct with (t := t); try assumption; rewrite toZ_shr, toZ_mul; apply Rmult_le_reg_r with (IZR (2 ^ toZ sh)); try assumption.
    - rewrite attention_argument. apply Rle_trans with (1 := f). 
      assert (g := Rmult_le_compat_l (- IZR (toZ n)) _ _ ltac:(lra) hr1). lra.
    - assert (g := Rmult_le_compat_l (- IZR (toZ n)) _ _ ltac:(lra) r1p). lra.
  Qed.

  Lemma attention_up_correct n : (toZ n <= 0)%Z -> attention_real (toZ n) * IZR (2 ^ t) <= IZR (toZ (attention_up n)).
  Proof.
    intros hn. assert (n0 : IZR (toZ n) <= 0) by (apply IZR_le; assumption).
    assert (SH := power_positive _ sh0).
    assert (rp : 0 <= IZR (toZ r)) by (apply IZR_le; assumption).
    assert (f := floor_below (- (toZ n * toZ r)) (toZ sh) sh0). rewrite opp_IZR, mult_IZR in f.
    apply exp_up_correct with (t := t); try assumption; rewrite toZ_opp, toZ_shr, toZ_opp, toZ_mul, opp_IZR.
    - apply Rmult_le_reg_r with (IZR (2 ^ toZ sh)); try assumption. rewrite attention_argument.
      assert (g := Rmult_le_compat_l (- IZR (toZ n)) _ _ ltac:(lra) hr). lra.
    - assert (z : (0 <= Z.shiftr (- (toZ n * toZ r)) (toZ sh))%Z) by (apply shiftr_nonnegative; nia).
      apply IZR_le in z. lra.
  Qed.
End Scaled.
