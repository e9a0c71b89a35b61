(* Float attention: exp of numbers that are off, divided by their sum. In place of the real weights p it uses some q, sum
   1, that move the mean of any numbers little, and rounds these. Main theorems: exponential_near, mean_near, weights_near. *)
From Coq Require Import Reals ZArith List Lra Lia.
Import ListNotations.
From Flocq Require Import Core.
From Maxcert Require Import Statement Sums Float32Statement Rounding Float32Scores.
Open Scope R_scope.

(* ---------- exp ---------- *)

Definition exp_unit (k : R) := k * powerRZ 2 (-23).
Definition exp_tiny (k : R) := k * powerRZ 2 (-149) + tiny.

Lemma ulp_below x : ulp radix2 binary32_exponents x <= powerRZ 2 (-23) * Rabs x + powerRZ 2 (-149).
Proof.
  unfold binary32_exponents. rewrite !powerRZ_bpow. pose proof (Rabs_pos x). pose proof (bpow_ge_0 radix2 (-23)). pose proof (bpow_ge_0 radix2 (-149)).
  assert (0 <= bpow radix2 (-23) * Rabs x) by now apply Rmult_le_pos.
  destruct (Rle_or_lt (bpow radix2 (-149 + 24 - 1)) (Rabs x)) as [h|h].
  - pose proof (ulp_FLT_le radix2 (-149) 24 x h) as g. change (1 - 24)%Z with (-23)%Z in g. lra.
  - rewrite ulp_FLT_small; [|reflexivity|apply Rlt_trans with (1 := h); apply bpow_lt; lia].
    rewrite <- (Rplus_0_l (bpow radix2 (-149))) at 1. now apply Rplus_le_compat_r.
Qed.

Lemma exp_near_1 D L : Rabs D <= L -> L <= / 2 -> Rabs (exp D - 1) <= L + 2 * (L * L).
Proof.
  intros H HL. apply Rabs_le_inv in H. pose proof (exp_ineq1_le D) as lo. pose proof (exp_ineq1_le (- D)) as hi.
  rewrite exp_Ropp in hi. pose proof (exp_pos D) as P.
  assert (E : exp D * (1 - D) <= 1).
  { apply Rle_trans with (exp D * / exp D); [apply Rmult_le_compat_l; lra|rewrite Rinv_r; lra]. }
  assert (L0 : 0 <= L * L) by nra. apply Rabs_le. split; [lra|].
  (* exp D <= 1 / (1 - L) <= 1 + L + 2 L^2 *)
  assert (exp D * (1 - L) <= 1) by (apply Rle_trans with (2 := E); apply Rmult_le_compat_l; lra).
  assert (1 <= (1 + L + 2 * (L * L)) * (1 - L)) by nra.
  apply Rmult_le_reg_r with (1 - L); [lra|]. lra.
Qed.

(* exp of a number x that is near y. *)
Theorem exponential_near k x y e L : 0 <= k -> exponential k x e -> (Rabs x < 80 \/ x <= 0) -> Rabs (x - y) <= L -> L <= / 2 ->
  Rabs (e - exp y) <= ((1 + (L + 2 * (L * L))) * (1 + exp_unit k) - 1) * exp y + exp_tiny k.
Proof.
  intros K H R E HL. specialize (H R). pose proof (exp_near_1 _ _ E HL) as N. set (t := L + 2 * (L * L)) in *.
  pose proof (exp_pos y) as P. pose proof (exp_pos x) as Px. assert (split : exp x = exp y * exp (x - y)) by (rewrite <- exp_plus; f_equal; ring).
  assert (A : Rabs (exp x - exp y) <= t * exp y).
  { replace (exp x - exp y) with ((exp (x - y) - 1) * exp y) by (rewrite split; ring).
    rewrite Rabs_mult, (Rabs_right (exp y)) by lra. apply Rmult_le_compat_r; lra. }
  assert (B : exp x <= (1 + t) * exp y) by (apply Rabs_le_inv in A; lra).
  assert (C : Rabs (e - exp x) <= exp_unit k * ((1 + t) * exp y) + exp_tiny k).
  { apply Rle_trans with (1 := H). fold tiny. unfold exp_unit, exp_tiny. pose proof (ulp_below (exp x)) as U.
    rewrite (Rabs_right (exp x)) in U by lra. assert (p : 0 < powerRZ 2 (-23)) by (apply powerRZ_lt; lra).
    assert (powerRZ 2 (-23) * exp x <= powerRZ 2 (-23) * ((1 + t) * exp y)) by (apply Rmult_le_compat_l; lra).
    assert (k * ulp radix2 binary32_exponents (exp x) <= k * (powerRZ 2 (-23) * ((1 + t) * exp y) + powerRZ 2 (-149))) by (apply Rmult_le_compat_l; lra).
    lra. }
  apply Rle_trans with (1 := Rabs_chain _ _ _ _ _ C A). right. ring.
Qed.

Lemma sum_constant n c : sum n (fun _ => c) = INR n * c.
Proof. induction n as [|m IH]; [simpl; ring|]. rewrite S_INR. simpl. rewrite IH. ring. Qed.

(* (1 + u)^n - 1 as n u and little more *)
Lemma growth_rate n : INR n * u <= 1 -> growth n - 1 <= INR n * u + INR n * u * (INR n * u).
Proof.
  pose proof u_pos as U. induction n as [|n IH]; intros H; [unfold growth; simpl; lra|].
  rewrite growth_S. rewrite S_INR in *. specialize (IH ltac:(lra)). set (x := INR n) in *. assert (0 <= x) by apply pos_INR.
  assert ((1 + u) * growth n <= (1 + u) * (1 + x * u + x * u * (x * u))) by (apply Rmult_le_compat_l; lra).
  assert (0 <= u * u) by (apply Rmult_le_pos; lra).
  assert (X : u * u * (x * (x * u)) <= u * u * (x * 1)) by (apply Rmult_le_compat_l; [lra|apply Rmult_le_compat_l; lra]).
  assert (0 <= u * u * x) by (apply Rmult_le_pos; lra). lra.
Qed.

Lemma power_100 : 100 < powerRZ 2 127.
Proof. apply Rlt_le_trans with (powerRZ 2 7); [simpl; lra|]. rewrite !powerRZ_bpow. apply bpow_le. lia. Qed.
Lemma tiny_u : tiny <= u * / 1000000.
Proof.
  unfold tiny. change (-126)%Z with (-24 + (-102))%Z. rewrite powerRZ_add by lra. fold u. apply Rmult_le_compat_l; [apply Rlt_le, u_pos|].
  apply Rle_trans with (powerRZ 2 (-20)); [rewrite !powerRZ_bpow; apply bpow_le; lia|simpl; lra].
Qed.

(* ---------- Dividing by the sum ---------- *)

Section Softmax.
  Variable n : nat.
  Hypothesis some : (1 <= n)%nat.
  Hypothesis few : INR n <= 1024.
  Variables a e y : nat -> R.  (* real masses; float ones; float attention; a and e at a scale where a is about 1 at most *)
  Variable Z : R.              (* the float sum at this scale *)
  Variables T tau : R.
  Let S := sum n a.
  Definition dust := 2 * (INR n * tau).

  Hypothesis a_range : forall i, (i < n)%nat -> 0 < a i <= 2.
  Hypothesis S_above : / 2 <= S.
  Hypothesis T_small : 0 <= T <= / 64.
  Hypothesis tau_pos : 0 <= tau.
  Hypothesis dust_small : dust <= u.
  Hypothesis e_near : forall i, (i < n)%nat -> Rabs (e i - a i) <= T * a i + tau.
  Variable g : R.              (* the scale, and what the program computes *)
  Variable e0 : nat -> R.
  Variable Z0 : R.
  Hypothesis scale : 0 < g /\ g <= powerRZ 2 80 /\ / g <= powerRZ 2 80.
  Hypothesis e_scale : forall i, (i < n)%nat -> e i = g * e0 i.
  Hypothesis Z_scale : Z = g * Z0.
  Hypothesis total : added n e0 Z0.
  Hypothesis weights : forall i, (i < n)%nat -> divided (e0 i) Z0 (y i).

  Let Se := sum n e.
  Definition exact_weight (i : nat) := e i / Se.

  Lemma n_1 : 1 <= INR n. Proof. now apply INR_1. Qed.
  Lemma dust_pos : 0 <= dust.
  Proof. unfold dust. pose proof n_1. apply Rmult_le_pos; [lra|apply Rmult_le_pos; lra]. Qed.
  Lemma dust_S : INR n * tau <= dust * S.
  Proof. unfold dust. pose proof n_1. assert (0 <= INR n * tau) by (apply Rmult_le_pos; lra). nra. Qed.
  Lemma tau_dust : tau <= dust.
  Proof. unfold dust. pose proof n_1. nra. Qed.

  Lemma sum_near : Rabs (Se - S) <= (T + dust) * S.
  Proof.
    unfold Se, S. apply Rle_trans with (sum n (fun i => T * a i + tau)); [now apply sum_difference|].
    rewrite sum_plus, sum_scal_l, sum_constant. fold S. pose proof dust_S. lra.
  Qed.
  Lemma sizes : sum n (fun i => Rabs (e i)) <= (1 + T + dust) * S.
  Proof.
    apply Rle_trans with (sum n (fun i => (1 + T) * a i + tau)).
    - apply sum_le. intros i I. replace ((1 + T) * a i + tau) with (a i + (T * a i + tau)) by ring.
      apply (Rabs_near (a i)); [now apply e_near|]. destruct (a_range i I). rewrite Rabs_right; lra.
    - rewrite sum_plus, sum_scal_l, sum_constant. fold S. pose proof dust_S. lra.
  Qed.

  (* The mean of any numbers f between lo and hi, under the real weights and the exact quotients of the float masses. *)
  Definition shift := (T / 2 + dust) * (1 + 2 * (T + dust)).

  Lemma shifted f lo hi : (forall i, (i < n)%nat -> lo <= f i <= hi) ->
    sum n (fun i => exact_weight i * f i) - sum n (fun i => a i / S * f i) <= (hi - lo) * shift.
  Proof.
    intros H. pose proof n_1. pose proof dust_pos as D0. pose proof u_small. pose proof sum_near as N. apply Rabs_le_inv in N.
    set (F := sum n (fun i => a i / S * f i)).
    assert (FS : sum n (fun i => a i * f i) = F * S).
    { unfold F. rewrite <- sum_scal_r. apply sum_ext. intros i I. field. lra. }
    assert (Sp : 0 < S) by lra. assert (Sep : (1 - (T + dust)) * S <= Se) by lra.
    assert (Se0 : 0 < Se) by (apply Rlt_le_trans with (2 := Sep); apply Rmult_lt_0_compat; lra).
    assert (low : lo * S <= F * S).
    { rewrite <- FS. unfold S at 1. rewrite <- sum_scal_l. apply sum_le. intros i I. destruct (H i I). destruct (a_range i I). nra. }
    assert (high : F * S <= hi * S).
    { rewrite <- FS. unfold S. rewrite <- sum_scal_l. apply sum_le. intros i I. destruct (H i I). destruct (a_range i I). nra. }
    assert (lF : lo <= F) by (apply Rmult_le_reg_r with S; lra). assert (hF : F <= hi) by (apply Rmult_le_reg_r with S; lra).
    assert (zero : sum n (fun i => a i * (f i - F)) = 0).
    { rewrite (sum_ext n _ (fun i => a i * f i - a i * F)) by (intros; ring). rewrite sum_minus, sum_scal_r, FS. unfold S. ring. }
    set (D := sum n (fun i => (e i - (1 - T) * a i) * (f i - F))).
    assert (eD : sum n (fun i => exact_weight i * f i) - F = D / Se).
    { assert (d : D = sum n (fun i => e i * f i) - F * Se).
      { unfold D. rewrite (sum_ext n _ (fun i => (e i * f i - F * e i) - (1 - T) * (a i * (f i - F)))) by (intros; ring).
        rewrite !sum_minus, !sum_scal_l, zero. unfold Se. ring. }
      rewrite d. replace (sum n (fun i => exact_weight i * f i)) with (sum n (fun i => e i * f i) / Se); [field; lra|].
      unfold Rdiv at 1. rewrite <- sum_scal_r. apply sum_ext. intros. unfold exact_weight. field. lra. }
    rewrite eD. set (W := hi - lo). assert (W0 : 0 <= W) by (unfold W; lra).
    assert (DW : D <= W * ((T / 2 + dust) * S)).
    { destruct (Req_dec W 0) as [w|w].
      - rewrite w, Rmult_0_l. unfold D. rewrite <- (sum_zero n). apply sum_le. intros i I. destruct (H i I). unfold W in w.
        replace (f i - F) with 0 by lra. lra.
      - apply Rmult_le_reg_l with W; [lra|]. unfold D. rewrite <- sum_scal_l.
        apply Rle_trans with (sum n (fun i => 2 * T * (hi - F) * (a i * f i - lo * a i) + tau * (W * W))).
        + apply sum_le. intros i I. destruct (H i I) as [l h]. destruct (a_range i I) as [a0 _]. pose proof (e_near i I) as E. apply Rabs_le_inv in E.
          set (d := e i - (1 - T) * a i). assert (d1 : - tau <= d <= 2 * T * a i + tau) by (unfold d; lra).
          set (off := f i - F). assert (gW : - W <= off <= W) by (unfold off, W; lra).
          assert (P : 0 <= 2 * T * (hi - F) * (a i * f i - lo * a i)).
          { replace (a i * f i - lo * a i) with (a i * (f i - lo)) by ring. repeat apply Rmult_le_pos; lra. }
          destruct (Rle_or_lt 0 off) as [gp|gn].
          * assert (K : W * off <= (hi - F) * (f i - lo)).
            { assert (0 <= (hi - f i) * (F - lo)) by (apply Rmult_le_pos; lra). unfold W, off. lra. }
            assert (0 <= 2 * T * a i) by (repeat apply Rmult_le_pos; lra).
            assert (X : W * (d * off) <= W * ((2 * T * a i + tau) * off)) by (apply Rmult_le_compat_l; [lra|apply Rmult_le_compat_r; lra]).
            assert (Y : 2 * T * a i * (W * off) <= 2 * T * a i * ((hi - F) * (f i - lo))) by (apply Rmult_le_compat_l; lra).
            assert (V : tau * (W * off) <= tau * (W * W)) by (apply Rmult_le_compat_l; [lra|apply Rmult_le_compat_l; lra]). lra.
          * assert (X : d * off <= tau * W).
            { replace (d * off) with (- d * - off) by ring. destruct (Rle_or_lt 0 (- d)) as [dp|dn].
              - apply Rmult_le_compat; lra.
              - assert (0 <= d * - off) by (apply Rmult_le_pos; lra). assert (0 <= tau * W) by (apply Rmult_le_pos; lra). lra. }
            assert (W * (d * off) <= W * (tau * W)) by (apply Rmult_le_compat_l; lra). lra.
        + rewrite sum_plus, sum_scal_l, sum_minus, sum_scal_l, FS, sum_constant. fold S.
          assert (Q : (hi - F) * (F - lo) <= W * W / 4) by (unfold W; assert (0 <= (hi - F - (F - lo)) * (hi - F - (F - lo))) by apply Rle_0_sqr; lra).
          assert (X : 2 * T * S * ((hi - F) * (F - lo)) <= 2 * T * S * (W * W / 4)) by (apply Rmult_le_compat_l; [repeat apply Rmult_le_pos; lra|exact Q]).
          assert (Y : INR n * tau * (W * W) <= dust * S * (W * W)) by (apply Rmult_le_compat_r; [apply Rle_0_sqr|apply dust_S]). lra. }
    assert (P : 0 <= T / 2 + dust) by lra.
    apply Rmult_le_reg_r with Se; [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
    apply Rle_trans with (1 := DW). unfold shift.
    assert (G : 1 <= (1 + 2 * (T + dust)) * (1 - (T + dust))).
    { set (x := T + dust). assert (0 <= x <= / 2) by (unfold x; lra). assert (0 <= x * (1 - 2 * x)) by (apply Rmult_le_pos; lra). lra. }
    replace (W * ((T / 2 + dust) * (1 + 2 * (T + dust))) * Se) with (W * ((T / 2 + dust) * ((1 + 2 * (T + dust)) * Se))) by ring.
    apply Rmult_le_compat_l; [exact W0|]. apply Rmult_le_compat_l; [exact P|].
    apply Rle_trans with ((1 + 2 * (T + dust)) * ((1 - (T + dust)) * S)); [|apply Rmult_le_compat_l; lra].
    rewrite <- Rmult_assoc. assert (H' := Rmult_le_compat_r S _ _ (Rlt_le _ _ Sp) G). lra.
  Qed.

  Theorem mean_near f lo hi : (forall i, (i < n)%nat -> lo <= f i <= hi) ->
    Rabs (sum n (fun i => exact_weight i * f i) - sum n (fun i => a i / S * f i)) <= (hi - lo) * shift.
  Proof.
    intros H. apply Rabs_le. split; [|now apply shifted].
    assert (G := shifted (fun i => - f i) (- hi) (- lo) ltac:(intros i I; destruct (H i I); lra)). cbv beta in G.
    rewrite (sum_ext n _ (fun i => -1 * (exact_weight i * f i))), (sum_ext n (fun i => a i / S * - f i) (fun i => -1 * (a i / S * f i))) in G by (intros; ring).
    rewrite !sum_scal_l in G. lra.
  Qed.

  (* ---------- Roundings of the weights ---------- *)

  Lemma rate_small : INR n * u <= / 16384.
  Proof. rewrite u_value. pose proof n_1. lra. Qed.
  Let t := u * / 1000000.
  Lemma scaled_tiny : g * tiny <= t /\ tiny * / g <= t /\ tiny <= t.
  Proof.
    destruct scale as [g0 [g1 g2]]. pose proof tiny_pos. assert (P : powerRZ 2 80 * tiny <= t).
    { unfold t, tiny, u. rewrite <- powerRZ_add by lra. change (80 + -126)%Z with (-24 + -22)%Z. rewrite powerRZ_add by lra. pose proof u_pos. unfold u in *.
      apply Rmult_le_compat_l; [lra|]. simpl. lra. }
    split; [|split; [|exact tiny_u]].
    - apply Rle_trans with (2 := P). apply Rmult_le_compat_r; lra.
    - apply Rle_trans with (2 := P). rewrite Rmult_comm. apply Rmult_le_compat_r; lra.
  Qed.
  Lemma power_80 x : 0 <= x <= 10000 -> powerRZ 2 80 * x < powerRZ 2 127.
  Proof.
    intros X. apply Rle_lt_trans with (powerRZ 2 80 * powerRZ 2 14).
    - apply Rmult_le_compat_l; [apply Rlt_le, powerRZ_lt; lra|]. simpl. lra.
    - rewrite <- powerRZ_add by lra. rewrite !powerRZ_bpow. apply bpow_lt. lia.
  Qed.

  Lemma Z_near : Rabs (Z - Se) <= 9 / 8 * (INR n * u) * S /\ / 2 * (31 / 32) <= 31 / 32 * S <= Z /\ 31 / 32 * S <= Se.
  Proof.
    pose proof n_1 as N1. pose proof dust_pos. pose proof u_small. pose proof u_pos. pose proof sum_near as N. apply Rabs_le_inv in N. pose proof rate_small as R.
    destruct scaled_tiny as [ty _]. unfold t in ty. pose proof tiny_pos. destruct scale as [g0 [g1 g2]].
    set (M := (1 + T + dust) * S). assert (M1 : M <= 65 / 64 * S + dust * S) by (unfold M; assert (T * S <= / 64 * S) by (apply Rmult_le_compat_r; lra); lra).
    assert (dS : dust * S <= / 1000000 * S) by (apply Rmult_le_compat_r; lra).
    assert (M0 : 0 <= M) by (unfold M; apply Rmult_le_pos; lra).
    assert (S2 : S <= 2048).
    { apply Rle_trans with (sum n (fun _ => 2)); [apply sum_le; intros; now apply a_range|]. rewrite sum_constant. lra. }
    assert (G : growth n - 1 <= INR n * u * (1 + / 16384)).
    { apply Rle_trans with (1 := growth_rate n ltac:(lra)). assert (INR n * u * (INR n * u) <= INR n * u * / 16384) by (apply Rmult_le_compat_l; [apply Rmult_le_pos|]; lra). lra. }
    assert (LM : g * loss n (M / g) <= 9 / 8 * (INR n * u) * S).
    { unfold loss. replace (g * ((growth n - 1) * (M / g) + (2 * INR n - 1) * tiny * growth n))
        with ((growth n - 1) * M + (2 * INR n - 1) * (g * tiny) * growth n) by (field; lra).
      assert (gt0 : 0 <= g * tiny) by (apply Rmult_le_pos; lra). set (gt := g * tiny) in *.
      set (r := INR n * u) in *. assert (r0 : 0 <= r) by (unfold r; apply Rmult_le_pos; lra).
      assert ((growth n - 1) * M <= r * (1 + / 16384) * (66 / 64 * S)).
      { pose proof (growth_1 n). apply Rmult_le_compat; lra. }
      assert (growth2 : growth n <= 2) by lra.
      assert (t1 : (2 * INR n - 1) * gt * growth n <= 2 * INR n * (u * / 1000000) * 2).
      { apply Rmult_le_compat; [apply Rmult_le_pos; lra|pose proof (growth_1 n); lra|apply Rmult_le_compat; lra|exact growth2]. }
      assert (t2 : 2 * INR n * (u * / 1000000) * 2 = r * (4 / 1000000)) by (unfold r; field).
      assert (r * (4 / 1000000) <= r * (8 / 1000000) * S).
      { replace (r * (8 / 1000000) * S) with (r * (8 / 1000000 * S)) by ring. apply Rmult_le_compat_l; lra. }
      assert (0 <= r * S) by (apply Rmult_le_pos; lra). lra. }
    assert (nu : 9 / 8 * (INR n * u) * S <= 9 / 8 * / 16384 * S) by (apply Rmult_le_compat_r; lra).
    assert (A : Rabs (Z - Se) <= g * loss n (M / g)).
    { assert (eS : Se = g * sum n (fun i => e0 i * 1)).
      { unfold Se. rewrite <- sum_scal_l. apply sum_ext. intros i I. rewrite (e_scale i I). ring. }
      rewrite eS, Z_scale, <- Rmult_minus_distr_l, Rabs_mult, (Rabs_right g) by lra. apply Rmult_le_compat_l; [lra|].
      apply (inner_near n e0 (fun _ => 1) Z0 (M / g) some total).
      - apply Rmult_le_reg_l with g; [lra|]. replace (g * (M / g)) with M by (field; lra). apply Rle_trans with (2 := sizes).
        rewrite <- sum_scal_l. apply Req_le, sum_ext. intros i I. rewrite (e_scale i I), Rabs_mult, (Rabs_right g), Rabs_R1 by lra. ring.
      - unfold reach. replace (M / g + loss n (M / g)) with (/ g * (M + g * loss n (M / g))) by (field; lra).
        assert (0 <= loss n (M / g)) by (apply loss_pos; [exact some|apply Rmult_le_pos; [exact M0|apply Rlt_le, Rinv_0_lt_compat; lra]]).
        assert (0 <= g * loss n (M / g)) by (apply Rmult_le_pos; lra).
        apply Rle_lt_trans with (powerRZ 2 80 * (M + g * loss n (M / g))); [apply Rmult_le_compat_r; lra|]. apply power_80. lra. }
    assert (A' := Rle_trans _ _ _ A LM). split; [exact A'|]. apply Rabs_le_inv in A'.
    assert (T * S <= / 64 * S) by (apply Rmult_le_compat_r; lra). repeat split; lra.
  Qed.

  Lemma e_below i : (i < n)%nat -> Rabs (e i) <= 3.
  Proof.
    intros I. destruct (a_range i I). pose proof tau_dust. pose proof u_small. replace 3 with (2 + 1) by ring. apply Rle_trans with (2 + (T * a i + tau)).
    - apply (Rabs_near (a i)); [now apply e_near|]. rewrite Rabs_right; lra.
    - assert (T * a i <= / 64 * 2) by (apply Rmult_le_compat; lra). lra.
  Qed.

  Lemma divided_near i : (i < n)%nat -> Rabs (y i - e i / Z) <= 3 * u * (Rabs (e i) / Z) + 6 * t.
  Proof.
    intros I. destruct Z_near as [_ [[z0 z1] _]]. pose proof (e_below i I) as E. pose proof power_100 as P. pose proof u_small. pose proof u_pos. pose proof tiny_pos.
    destruct scaled_tiny as [t1 [t2 t3]]. destruct scale as [g0 [g1 g2]]. assert (t0 : t <= / 1000000 * u) by (unfold t; lra).
    pose proof (Rabs_pos (e i)) as E0.
    assert (Zp : 31 / 64 <= Z) by lra. assert (iZ : 0 < / Z <= 64 / 31).
    { split; [apply Rinv_0_lt_compat; lra|]. replace (64 / 31) with (/ (31 / 64)) by field. apply Rinv_le_contravar; lra. }
    assert (Q : Rabs (e i / Z) = Rabs (e i) / Z) by (unfold Rdiv; rewrite Rabs_mult, (Rabs_right (/ Z)); lra).
    set (q := Rabs (e i) / Z) in *. assert (q0 : 0 <= q <= 7) by (unfold q, Rdiv; split; [apply Rmult_le_pos; lra|]; apply Rle_trans with (3 * (64 / 31)); [apply Rmult_le_compat; lra|lra]).
    assert (ge : e0 i = e i * / g) by (rewrite (e_scale i I); field; lra). assert (gZ : / Z0 = g * / Z) by (rewrite Z_scale; field; split; [|lra]; intros z; rewrite z, Rmult_0_r in Z_scale; lra).
    assert (ratio : e0 i / Z0 = e i / Z) by (unfold Rdiv; rewrite ge, gZ; field; lra).
    destruct (weights i I) as [W|r W1 W2].
    - rewrite ratio in W. apply Rle_trans with (1 := rounded_near (e i / Z) (y i) ltac:(rewrite Q; lra) W). rewrite Q. assert (0 <= u * q) by (apply Rmult_le_pos; lra). lra.
    - assert (gZ0 : 0 < g * / Z) by (apply Rmult_lt_0_compat; lra).
      assert (inv : Rabs (1 / Z0) = g * / Z) by (unfold Rdiv; rewrite Rmult_1_l, gZ, Rabs_right; lra).
      assert (fit : Rabs (1 / Z0) < powerRZ 2 127).
      { rewrite inv. apply Rle_lt_trans with (powerRZ 2 80 * (64 / 31)); [apply Rmult_le_compat; lra|]. apply power_80. lra. }
      assert (r1 := rounded_near (1 / Z0) r fit W1). rewrite inv in r1.
      assert (d : Rabs (e0 i * r - e i / Z) <= u * q + 3 * t).
      { rewrite <- ratio. replace (e0 i * r - e0 i / Z0) with (e0 i * (r - 1 / Z0)) by (unfold Rdiv; ring). rewrite Rabs_mult.
        apply Rle_trans with (Rabs (e0 i) * (u * (g * / Z) + tiny)); [apply Rmult_le_compat_l; [apply Rabs_pos|lra]|].
        rewrite ge, Rabs_mult, (Rabs_right (/ g)) by (apply Rle_ge, Rlt_le, Rinv_0_lt_compat; lra).
        replace (Rabs (e i) * / g * (u * (g * / Z) + tiny)) with (u * (Rabs (e i) * / Z) + Rabs (e i) * (tiny * / g)) by (field; lra). unfold q, Rdiv.
        assert (Rabs (e i) * (tiny * / g) <= 3 * t) by (apply Rmult_le_compat; try lra; apply Rmult_le_pos; [lra|apply Rlt_le, Rinv_0_lt_compat; lra]). lra. }
      assert (er : Rabs (e0 i * r) <= q + (u * q + 3 * t)) by (apply (Rabs_near (e i / Z)); [exact d|rewrite Q; lra]).
      assert (u * q <= / 1000000 * 7) by (apply Rmult_le_compat; lra).
      assert (f := rounded_near (e0 i * r) (y i) ltac:(lra) W2).
      apply Rle_trans with (1 := Rabs_chain _ _ _ _ _ f d).
      assert (u * Rabs (e0 i * r) <= u * (q + (u * q + 3 * t))) by (apply Rmult_le_compat_l; lra).
      assert (u * (u * q) <= / 1000000 * (u * q)) by (apply Rmult_le_compat_r; [apply Rmult_le_pos|]; lra).
      assert (u * t <= / 1000000 * t) by (apply Rmult_le_compat_r; lra). assert (0 <= u * q) by (apply Rmult_le_pos; lra). lra.
  Qed.

  Lemma shares : sum n (fun i => Rabs (e i) / Z) <= 33 / 31 /\ sum n (fun i => Rabs (exact_weight i)) <= 9 / 8.
  Proof.
    destruct Z_near as [_ [[z0 z1] z2]]. pose proof sizes as M. pose proof u_small. pose proof dust_pos.
    assert (X : (1 + T + dust) * S <= 33 / 32 * S) by (apply Rmult_le_compat_r; lra).
    assert (share : forall z, 31 / 32 * S <= z -> sum n (fun i => Rabs (e i) / z) <= 33 / 31).
    { intros z h. unfold Rdiv. rewrite sum_scal_r. apply Rmult_le_reg_r with z; [lra|]. rewrite Rmult_assoc, Rinv_l by lra. lra. }
    split; [now apply share|]. apply Rle_trans with (sum n (fun i => Rabs (e i) / Se)); [|pose proof (share Se z2); lra].
    apply Req_le, sum_ext. intros i I. unfold exact_weight, Rdiv. rewrite Rabs_mult, (Rabs_right (/ Se)); [reflexivity|].
    apply Rle_ge, Rlt_le, Rinv_0_lt_compat. lra.
  Qed.

  Lemma weight_near i : (i < n)%nat -> Rabs (y i - exact_weight i) <= (3 + 5 / 4 * INR n) * u * (Rabs (e i) / Z) + 6 * t.
  Proof.
    intros I. destruct Z_near as [N [[z0 z1] z2]]. pose proof n_1. pose proof u_pos. pose proof (Rabs_pos (e i)).
    assert (d : Rabs (e i / Z - exact_weight i) <= 5 / 4 * (INR n * u) * (Rabs (e i) / Z)).
    { unfold exact_weight. replace (e i / Z - e i / Se) with (e i / Z * ((Se - Z) / Se)) by (field; lra).
      unfold Rdiv. rewrite !Rabs_mult, (Rabs_right (/ Z)), (Rabs_right (/ Se)) by (apply Rle_ge, Rlt_le, Rinv_0_lt_compat; lra).
      rewrite (Rmult_comm (5 * / 4 * (INR n * u))). apply Rmult_le_compat_l.
      - apply Rmult_le_pos; [lra|]. apply Rlt_le, Rinv_0_lt_compat. lra.
      - rewrite <- Rabs_Ropp. replace (- (Se - Z)) with (Z - Se) by ring. apply Rmult_le_reg_r with Se; [lra|]. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
        apply Rle_trans with (1 := N). assert (0 <= INR n * u) by (apply Rmult_le_pos; lra).
        apply Rle_trans with (5 * / 4 * (INR n * u) * (31 / 32 * S)); [|apply Rmult_le_compat_l; lra].
        replace (5 * / 4 * (INR n * u) * (31 / 32 * S)) with (155 / 128 * (INR n * u) * S) by field.
        apply Rmult_le_compat_r; [lra|]. apply Rmult_le_compat_r; lra. }
    apply Rle_trans with (1 := Rabs_chain _ _ _ _ _ (divided_near i I) d). lra.
  Qed.

  Theorem weights_near B v : (forall i, (i < n)%nat -> Rabs (v i) <= B) ->
    sum n (fun i => Rabs (y i - exact_weight i) * Rabs (v i)) <= (2 * INR n + 4) * u * B /\
    sum n (fun i => Rabs (exact_weight i) * Rabs (v i)) <= 9 / 8 * B /\
    sum n (fun i => Rabs (y i) * Rabs (v i)) <= 5 / 4 * B.
  Proof.
    intros H. destruct shares as [s1 s2]. pose proof n_1. pose proof u_pos. pose proof u_small. pose proof tiny_pos. pose proof tiny_u. pose proof rate_small as R.
    assert (B0 : 0 <= B) by (apply Rle_trans with (2 := H 0%nat some), Rabs_pos).
    assert (A : sum n (fun i => Rabs (y i - exact_weight i) * Rabs (v i)) <= (2 * INR n + 4) * u * B).
    { apply Rle_trans with (sum n (fun i => ((3 + 5 / 4 * INR n) * u * (Rabs (e i) / Z) + 6 * t) * B)).
      - apply sum_le. intros i I. apply Rmult_le_compat; try apply Rabs_pos; [now apply weight_near|now apply H].
      - rewrite sum_scal_r, sum_plus, sum_scal_l, sum_constant. apply Rmult_le_compat_r; [exact B0|].
        assert ((3 + 5 / 4 * INR n) * u * sum n (fun i => Rabs (e i) / Z) <= (3 + 5 / 4 * INR n) * u * (33 / 31)) by (apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|exact s1]).
        assert (INR n * t = / 1000000 * (INR n * u)) by (unfold t; ring).
        assert (0 <= INR n * u) by (apply Rmult_le_pos; lra). lra. }
    assert (C : sum n (fun i => Rabs (exact_weight i) * Rabs (v i)) <= 9 / 8 * B).
    { apply Rle_trans with (sum n (fun i => Rabs (exact_weight i) * B)); [apply sum_le; intros i I; apply Rmult_le_compat_l; [apply Rabs_pos|now apply H]|].
      rewrite sum_scal_r. apply Rmult_le_compat_r; lra. }
    split; [exact A|split; [exact C|]].
    apply Rle_trans with (sum n (fun i => Rabs (y i - exact_weight i) * Rabs (v i) + Rabs (exact_weight i) * Rabs (v i))).
    - apply sum_le. intros i I. rewrite <- Rmult_plus_distr_r. apply Rmult_le_compat_r; [apply Rabs_pos|].
      replace (y i) with (y i - exact_weight i + exact_weight i) at 1 by ring. apply Rabs_triang.
    - rewrite sum_plus. assert ((2 * INR n + 4) * u * B <= / 8 * B) by (apply Rmult_le_compat_r; lra). lra.
  Qed.
End Softmax.
