(* From tokens to float attention: how far float queries, keys, values and scores are from the real ones, and what this
   makes of the attention. Main theorems: projected_near, scores_near, attention_ok. *)
From Coq Require Import Reals ZArith List Lra Lia.
Import ListNotations.
From Flocq Require Import Core.
From Maxcert Require Import Statement Sums Separability Float32Statement Rounding Float32Scores Float32Softmax Float32Exists.
From Maxcert Require Exponential.
Open Scope R_scope.

(* What all terms for underflow together may make, and a size below which no sum overflows. *)
Definition speck := powerRZ 2 (-90).
Definition big := powerRZ 2 40.
(* What underflow of exp may make of a mean. *)
Definition crumb := powerRZ 2 (-34).
Definition rate (n : nat) := INR n * u + INR n * u * (INR n * u).

Lemma speck_pos : 0 < speck.
Proof. apply powerRZ_lt. lra. Qed.
Lemma tiny_speck : powerRZ 2 30 * tiny <= speck.
Proof. unfold tiny, speck. rewrite <- powerRZ_add by lra. rewrite !powerRZ_bpow. apply bpow_le. lia. Qed.
Lemma big_value : big = 1099511627776.
Proof. unfold big. simpl. lra. Qed.
Lemma power_30 : powerRZ 2 30 = 1073741824.
Proof. simpl. lra. Qed.
Lemma speck_tiny : 1000000000 * tiny <= speck.
Proof. pose proof tiny_speck. rewrite power_30 in *. pose proof tiny_pos. lra. Qed.
Lemma speck_small : speck <= / 1000000000.
Proof. apply Rle_trans with (powerRZ 2 (-30)); [unfold speck; rewrite !powerRZ_bpow; apply bpow_le; lia|simpl; lra]. Qed.
Lemma tiny_1 : tiny <= 1.
Proof. pose proof speck_tiny. pose proof speck_small. pose proof tiny_pos. lra. Qed.
Lemma power_126_big : 1000 * big < powerRZ 2 126.
Proof.
  apply Rlt_le_trans with (powerRZ 2 50); [rewrite big_value; simpl; lra|]. rewrite !powerRZ_bpow. apply bpow_le. lia.
Qed.

Lemma rate_pos n : 0 <= rate n.
Proof. unfold rate. pose proof u_pos. pose proof (pos_INR n). assert (0 <= INR n * u) by (apply Rmult_le_pos; lra). assert (0 <= INR n * u * (INR n * u)) by now apply Rmult_le_pos. lra. Qed.
Lemma growth_small n : INR n <= 2000 -> growth n - 1 <= rate n /\ growth n <= 2.
Proof.
  intros H. pose proof u_small. pose proof u_pos. pose proof (pos_INR n). assert (x : 0 <= INR n * u <= / 500).
  { split; [apply Rmult_le_pos; lra|]. replace (/ 500) with (2000 * / 1000000) by field. apply Rmult_le_compat; lra. }
  pose proof (growth_rate n ltac:(lra)). fold (rate n) in *. split; [easy|].
  assert (INR n * u * (INR n * u) <= / 500 * / 500) by (apply Rmult_le_compat; lra). unfold rate in *. lra.
Qed.
Lemma loss_rate n S : (1 <= n)%nat -> INR n <= 2000 -> 0 <= S -> loss n S <= rate n * S + speck.
Proof.
  intros N F H. destruct (growth_small n F) as [g g2]. unfold loss. apply Rplus_le_compat; [now apply Rmult_le_compat_r|].
  pose proof speck_tiny. pose proof tiny_pos. pose proof (INR_1 n N). pose proof (growth_1 n).
  apply Rle_trans with (2 * 2000 * tiny * 2); [|lra]. apply Rmult_le_compat; try lra; [apply Rmult_le_pos; lra|]. apply Rmult_le_compat_r; lra.
Qed.
Lemma reach_below n S : (1 <= n)%nat -> INR n <= 2000 -> 0 <= S <= 10 * big -> reach n S < powerRZ 2 126.
Proof.
  intros N F [H H']. destruct (growth_small n F) as [g g2]. pose proof (loss_rate n S N F H) as L. pose proof power_126_big. pose proof speck_small.
  unfold reach. apply Rle_lt_trans with (11 * big); [|rewrite big_value in *; lra].
  assert (rate n <= / 250 * 1). { unfold rate. pose proof u_small. pose proof u_pos. pose proof (INR_1 n N).
    assert (0 <= INR n * u <= / 500) by (split; [apply Rmult_le_pos; lra|replace (/ 500) with (2000 * / 1000000) by field; apply Rmult_le_compat; lra]).
    assert (INR n * u * (INR n * u) <= / 500 * / 500) by (apply Rmult_le_compat; lra). lra. }
  assert (rate n * S <= / 250 * (10 * big)) by (pose proof (rate_pos n); apply Rmult_le_compat; lra). rewrite big_value in *. lra.
Qed.
Lemma below_127 x : x < powerRZ 2 126 -> x < powerRZ 2 127.
Proof. pose proof power_127. assert (0 < powerRZ 2 126) by (apply powerRZ_lt; lra). lra. Qed.

(* e^5 <= 150 and 150^11 <= 2^80 *)
Lemma exp_55 x : x <= 55 -> exp x <= powerRZ 2 80.
Proof.
  intros h. assert (many : forall m y, exp (INR m * y) = exp y ^ m).
  { intros m y. induction m as [|m IH]; [rewrite Rmult_0_l, exp_0; reflexivity|]. rewrite S_INR. replace ((INR m + 1) * y) with (y + INR m * y) by ring. rewrite exp_plus, IH. reflexivity. }
  assert (e8 : exp (/ 8) <= 11334 / 10000).
  { pose proof (Exponential.exp_below (- / 8) ltac:(lra)) as b. replace (/ 8) with (- - / 8) by ring. rewrite exp_Ropp.
    pose proof (exp_pos (- / 8)). apply Rmult_le_reg_r with (exp (- / 8)); [assumption|]. rewrite Rinv_l by lra. lra. }
  assert (e1 : exp 1 <= 27236 / 10000).
  { replace 1 with (INR 8 * / 8) by (simpl; lra). rewrite many. apply Rle_trans with ((11334 / 10000) ^ 8); [|simpl; lra].
    apply pow_incr. split; [apply Rlt_le, exp_pos|exact e8]. }
  assert (e5 : exp 5 <= 150).
  { replace 5 with (INR 5 * 1) by (simpl; lra). rewrite many. apply Rle_trans with ((27236 / 10000) ^ 5); [|simpl; lra].
    apply pow_incr. split; [apply Rlt_le, exp_pos|exact e1]. }
  apply Rle_trans with (exp 55).
  - destruct (Req_dec x 55) as [->|ne]; [lra|]. apply Rlt_le, exp_increasing. lra.
  - replace 55 with (INR 11 * 5) by (simpl; lra). rewrite many. apply Rle_trans with (150 ^ 11); [|simpl; lra].
    apply pow_incr. split; [apply Rlt_le, exp_pos|exact e5].
Qed.

Section Layers.
  Variable k : R.
  Variable subtracts : bool.
  Variable w : model.
  Variable s : list nat.
  Variable e : evaluation k subtracts w s.
  Hypothesis exp_units : 0 <= k <= 65536.
  Hypothesis n_some : (1 <= n_ctx w)%nat.
  Hypothesis n_few : INR (n_ctx w) <= 1024.
  Hypothesis D_some : (1 <= d_model w)%nat.
  Hypothesis D_few : INR (d_model w) <= 1024.
  Hypothesis H_some : (1 <= d_head w)%nat.
  Hypothesis H_few : INR (d_head w) <= 1024.
  Let n := n_ctx w.
  Let D := d_model w.
  Let H := d_head w.

  Hypothesis residual_size : forall i d, (i < n)%nat -> (d < D)%nat -> Rabs (residual w s i d) <= big.

  Lemma residual_near i d : (i < n)%nat -> (d < D)%nat ->
    Rabs (f_residual _ _ _ _ e i d - residual w s i d) <= u * Rabs (residual w s i d) + tiny.
  Proof.
    intros I J. pose proof (residual_size i d I J). pose proof power_126_big. apply rounded_near; [|now apply (residual_is _ _ _ _ e)].
    apply below_127. fold (residual w s i d). rewrite big_value in *. lra.
  Qed.

  (* ---------- Queries, keys, values ---------- *)

  Lemma projected_near (W : nat -> nat -> R) i h y P : (i < n)%nat -> inner D (f_residual _ _ _ _ e i) (fun d => W d h) y ->
    sum D (fun d => Rabs (residual w s i d) * Rabs (W d h)) <= P -> P <= big -> sum D (fun d => Rabs (W d h)) <= big / 4096 ->
    Rabs (y - projected w s W i h) <= rate (S D) * P + speck.
  Proof.
    intros I Y HP PB WB. set (a := residual w s i) in *. set (A := sum D (fun d => Rabs (a d) * Rabs (W d h))) in *. set (B := sum D (fun d => Rabs (W d h))) in *.
    pose proof u_pos. pose proof u_small. pose proof tiny_pos. pose proof speck_tiny. pose proof (INR_1 D D_some).
    assert (A0 : 0 <= A) by (apply sum_nonneg; intros; apply Rmult_le_pos; apply Rabs_pos).
    assert (B0 : 0 <= B) by (apply sum_nonneg; intros; apply Rabs_pos).
    assert (e1 : sum D (fun d => (Rabs (a d) + (u * Rabs (a d) + tiny)) * Rabs (W d h)) = (1 + u) * A + tiny * B).
    { unfold A, B. rewrite <- !sum_scal_l, <- sum_plus. apply sum_ext. intros; ring. }
    assert (e2 : sum D (fun d => (u * Rabs (a d) + tiny) * Rabs (W d h)) = u * A + tiny * B).
    { unfold A, B. rewrite <- !sum_scal_l, <- sum_plus. apply sum_ext. intros; ring. }
    assert (tB : 0 <= tiny * B <= speck * / 2).
    { split; [apply Rmult_le_pos; lra|]. apply Rle_trans with (tiny * (big / 4096)); [apply Rmult_le_compat_l; lra|]. rewrite big_value. lra. }
    pose proof speck_small. assert (uA : u * A <= / 1000000 * A) by (apply Rmult_le_compat_r; lra). pose proof big_value as bv.
    assert (X : 0 <= (1 + u) * A + tiny * B <= 10 * big) by (assert (0 <= u * A) by (apply Rmult_le_pos; lra); lra).
    assert (N := near_inner D a (f_residual _ _ _ _ e i) (fun d => u * Rabs (a d) + tiny) (fun d => Rabs (a d)) (fun d => W d h) (fun d => Rabs (W d h)) y D_some Y).
    cbv beta in N. rewrite e1, e2 in N.
    specialize (N ltac:(intros d J; split; [now apply residual_near|split; apply Rle_refl]) ltac:(apply below_127, reach_below; [exact D_some|fold D in D_few; lra|exact X])).
    apply Rle_trans with (1 := N). destruct (growth_small D ltac:(fold D in D_few; lra)) as [_ g2]. fold D in D_few. pose proof (growth_1 D).
    destruct (growth_small (S D) ltac:(rewrite S_INR; lra)) as [g _]. rewrite growth_S in g.
    unfold loss.
    replace (u * A + tiny * B + ((growth D - 1) * ((1 + u) * A + tiny * B) + (2 * INR D - 1) * tiny * growth D))
      with (((1 + u) * growth D - 1) * A + (growth D * (tiny * B) + (2 * INR D - 1) * tiny * growth D)) by ring.
    assert (((1 + u) * growth D - 1) * A <= rate (S D) * P) by (apply Rmult_le_compat; try lra; assert (0 <= u * growth D) by (apply Rmult_le_pos; lra); lra).
    assert (growth D * (tiny * B) <= 2 * (tiny * B)) by (apply Rmult_le_compat_r; lra).
    assert (tB' : tiny * B <= tiny * (big / 4096)) by (apply Rmult_le_compat_l; lra). rewrite bv in tB'.
    assert ((2 * INR D - 1) * tiny * growth D <= 2 * 2000 * tiny * 2).
    { apply Rmult_le_compat; try lra; [apply Rmult_le_pos; lra|]. apply Rmult_le_compat_r; lra. }
    pose proof tiny_speck as ts. rewrite power_30 in ts. lra.
  Qed.

  (* ---------- Scores ---------- *)

  Variables AQ eQ BK eK : nat -> R.
  Hypothesis query_near : forall h, (h < H)%nat ->
    Rabs (f_query _ _ _ _ e h - projected w s (W_Q w) (last w) h) <= eQ h /\ Rabs (projected w s (W_Q w) (last w) h) <= AQ h.
  Hypothesis key_near : forall i h, (i < n)%nat -> (h < H)%nat ->
    Rabs (f_key _ _ _ _ e i h - projected w s (W_K w) i h) <= eK h /\ Rabs (projected w s (W_K w) i h) <= BK h.
  Hypothesis sizes_fit : sum H (fun h => AQ h + eQ h) <= big / 8192 /\ sum H (fun h => BK h + eK h) <= big / 8192 /\
    sum H (fun h => (AQ h + eQ h) * (BK h + eK h)) <= big.
  Variables es SM L : R.
  Hypothesis es_above : root H * (rate (H + 5) * sum H (fun h => (AQ h + eQ h) * (BK h + eK h))
    + sum H (fun h => eQ h * (BK h + eK h) + AQ h * eK h)) + speck <= es.
  Hypothesis SM_above : root H * sum H (fun h => AQ h * BK h) <= SM.
  Hypothesis L_above : es + u * (2 * (SM + es)) + tiny <= L.
  Hypothesis L_small : L <= / 256.
  Hypothesis scores_small : subtracts = true \/ SM + es <= 55.

  Lemma sizes_pos h : (h < H)%nat -> 0 <= AQ h /\ 0 <= eQ h /\ 0 <= BK h /\ 0 <= eK h.
  Proof.
    intros I. destruct (query_near h I) as [a b]. destruct (key_near 0%nat h n_some I) as [c d].
    repeat split; (eapply Rle_trans; [apply Rabs_pos|eassumption]).
  Qed.
  Lemma term_below m f i : (forall j, (j < m)%nat -> 0 <= f j) -> (i < m)%nat -> f i <= sum m f.
  Proof.
    induction m as [|m IH]; intros P I; [lia|]. simpl. assert (0 <= sum m f) by (apply sum_nonneg; intros; apply P; lia).
    destruct (Nat.eq_dec i m) as [->|ne]; [lra|]. pose proof (P m ltac:(lia)). pose proof (IH ltac:(intros; apply P; lia) ltac:(lia)). lra.
  Qed.

  Lemma score_loss_rate A B : (forall h, (h < H)%nat -> 0 <= A h /\ 0 <= B h) ->
    sum H A <= big / 8192 -> sum H B <= big / 8192 -> score_loss H A B <= root H * (rate (H + 5) * sum H (fun h => A h * B h)) + speck.
  Proof.
    intros P SA SB. unfold score_loss. fold H in H_few. destruct (root_bounds H H_some) as [r0 r1]. pose proof u_pos. pose proof tiny_pos. pose proof (growth_1 H) as G.
    destruct (growth_small H ltac:(lra)) as [_ g2]. pose proof (INR_1 H H_some).
    assert (E : (1 + 5 * u) * growth H - 1 <= rate (H + 5)).
    { destruct (growth_small (H + 5) ltac:(rewrite plus_INR; simpl; lra)) as [g _]. apply Rle_trans with (2 := g). apply Rplus_le_compat_r.
      unfold growth. rewrite pow_add, Rmult_comm. apply Rmult_le_compat_l; [pose proof (growth_1 H); unfold growth in *; lra|].
      assert (0 <= u * u) by (apply Rmult_le_pos; lra). assert (0 <= u * u * u) by (apply Rmult_le_pos; lra).
      assert (0 <= u * u * u * u) by (apply Rmult_le_pos; lra). assert (0 <= u * u * u * u * u) by (apply Rmult_le_pos; lra). simpl. lra. }
    apply Rplus_le_compat.
    - apply Rmult_le_compat_l; [lra|]. apply Rmult_le_compat_r; [|exact E]. apply sum_nonneg. intros h h'. destruct (P h h'). now apply Rmult_le_pos.
    - assert (a : 0 <= sum H A + sum H B) by (apply Rplus_le_le_0_compat; apply sum_nonneg; intros; now apply P).
      assert (tiny * (sum H A + sum H B) <= tiny * (big / 4096)) by (apply Rmult_le_compat_l; lra).
      assert (growth H * (tiny * (sum H A + sum H B)) <= 2 * (tiny * (sum H A + sum H B))) by (apply Rmult_le_compat_r; [apply Rmult_le_pos|]; lra).
      assert ((2 * INR H - 1) * tiny * growth H <= 2 * 2000 * tiny * 2).
      { apply Rmult_le_compat; try lra; [apply Rmult_le_pos; lra|]. apply Rmult_le_compat_r; lra. }
      pose proof tiny_speck as ts. rewrite power_30 in ts. rewrite big_value in *. lra.
  Qed.

  Theorem scores_near i : (i < n)%nat -> Rabs (f_score _ _ _ _ e i - score w s i) <= es /\ Rabs (score w s i) <= SM.
  Proof.
    intros I. destruct (root_bounds H H_some) as [r0 r1]. destruct sizes_fit as [fa [fb fp]]. pose proof power_126_big as pb. pose proof big_value as bv.
    set (A := fun h => AQ h + eQ h) in *. set (B := fun h => BK h + eK h) in *.
    assert (P : forall h, (h < H)%nat -> 0 <= A h /\ 0 <= B h) by (intros h h'; destruct (sizes_pos h h') as [p1 [p2 [p3 p4]]]; unfold A, B; split; lra).
    change (sum H (fun h => A h * B h) <= big) in fp.
    assert (M0 : 0 <= sum H (fun h => A h * B h)) by (apply sum_nonneg; intros h h'; destruct (P h h'); now apply Rmult_le_pos).
    split.
    - assert (fits : score_fits H A B).
      { split.
        - intros h h'. assert (A h <= sum H A) by (apply (term_below H A); [intros; now apply P|exact h']).
          assert (B h <= sum H B) by (apply (term_below H B); [intros; now apply P|exact h']). split; lra.
        - apply reach_below; [exact H_some|fold H in H_few; lra|]. pose proof tiny_pos. pose proof speck_tiny. pose proof speck_small.
          assert (0 <= sum H A) by (apply sum_nonneg; intros; now apply P). assert (0 <= sum H B) by (apply sum_nonneg; intros; now apply P).
          assert (0 <= tiny * (sum H A + sum H B)) by (apply Rmult_le_pos; lra).
          assert (tiny * (sum H A + sum H B) <= 1 * (big / 4096)) by (pose proof tiny_1; apply Rmult_le_compat; lra). lra. }
      assert (N := score_near H H_some (projected w s (W_Q w) (last w)) (projected w s (W_K w) i) (f_query _ _ _ _ e) (f_key _ _ _ _ e i)
        eQ eK AQ A B (f_score _ _ _ _ e i)). apply Rle_trans with (2 := es_above). unfold score. 
      apply Rle_trans with (1 := N ltac:(intros h h'; destruct (query_near h h'); destruct (key_near i h I h'); repeat split; try assumption;
        unfold B; now apply (Rabs_near (projected w s (W_K w) i h))) ltac:(intros h h'; destruct (query_near h h'); unfold A; now apply (Rabs_near (projected w s (W_Q w) (last w) h)))
        fits (score_is _ _ _ _ e i I)).
      pose proof (score_loss_rate A B P fa fb). unfold A, B in *. lra.
    - apply Rle_trans with (2 := SM_above). unfold score, Rdiv. rewrite Rmult_comm. fold H. fold (root H). rewrite Rabs_mult, (Rabs_right (root H)) by lra.
      apply Rmult_le_compat_l; [lra|]. apply Rle_trans with (1 := sum_Rabs _ _). apply sum_le. intros h h'. rewrite Rabs_mult.
      destruct (query_near h h'). destruct (key_near i h I h'). apply Rmult_le_compat; auto using Rabs_pos.
  Qed.

  (* ---------- Attention ---------- *)

  Definition relative := (1 + (L + 2 * (L * L))) * (1 + exp_unit k) - 1.
  Definition attention_shift := (relative / 2 + crumb) * (1 + 2 * (relative + crumb)).

  Lemma nearest_negative x y : Rabs x < powerRZ 2 127 -> rounded x y -> x <= 0 -> y <= 0.
  Proof.
    intros B R N. destruct (R B) as [->|[_ ->]]; [|lra]. unfold nearest.
    rewrite <- (round_0 radix2 binary32_exponents ZnearestE). apply round_le; [apply FLT_exp_valid; reflexivity|apply valid_rnd_N|exact N].
  Qed.

  Lemma constants : 0 <= es /\ 0 <= SM /\ es <= / 256 /\ 0 <= L /\ u * (2 * (SM + es)) <= L.
  Proof.
    destruct (root_bounds H H_some) as [r0 r1]. pose proof speck_pos. pose proof tiny_pos. pose proof u_pos.
    assert (E : 0 <= es).
    { apply Rle_trans with (2 := es_above). apply Rplus_le_le_0_compat; [|lra]. apply Rmult_le_pos; [lra|]. apply Rplus_le_le_0_compat.
      - apply Rmult_le_pos; [apply rate_pos|]. apply sum_nonneg. intros h h'. destruct (sizes_pos h h') as [p1 [p2 [p3 p4]]]. apply Rmult_le_pos; lra.
      - apply sum_nonneg. intros h h'. destruct (sizes_pos h h') as [p1 [p2 [p3 p4]]]. apply Rplus_le_le_0_compat; apply Rmult_le_pos; lra. }
    assert (0 <= SM).
    { apply Rle_trans with (2 := SM_above). apply Rmult_le_pos; [lra|]. apply sum_nonneg. intros h h'. destruct (sizes_pos h h') as [p1 [p2 [p3 p4]]]. apply Rmult_le_pos; lra. }
    assert (0 <= u * (2 * (SM + es))) by (apply Rmult_le_pos; lra). repeat split; lra.
  Qed.

  Lemma score_size i : (i < n)%nat -> Rabs (f_score _ _ _ _ e i) <= SM + es.
  Proof. intros I. destruct (scores_near i I). now apply (Rabs_near (score w s i)). Qed.

  (* A float score that is largest, and what was subtracted: that, or nothing. *)
  Lemma less_ok : exists j c0, (j < n)%nat /\ (forall i, (i < n)%nat -> f_score _ _ _ _ e i <= f_score _ _ _ _ e j) /\
    (c0 = f_score _ _ _ _ e j \/ c0 = 0 /\ SM + es <= 55) /\
    forall i, (i < n)%nat -> Rabs (f_less _ _ _ _ e i - (f_score _ _ _ _ e i - c0)) <= u * (2 * (SM + es)) + tiny /\
      (Rabs (f_less _ _ _ _ e i) < 80 \/ f_less _ _ _ _ e i <= 0).
  Proof.
    destruct constants as [es0 [SM0 [es1 [L0 L1]]]]. pose proof u_pos. pose proof tiny_pos.
    pose proof score_size as size. assert (rule : forall i, (i < n)%nat -> less_largest subtracts n (f_score _ _ _ _ e) (f_score _ _ _ _ e i) (f_less _ _ _ _ e i)) by exact (less_is _ _ _ _ e).
    set (fs := f_score _ _ _ _ e) in *. set (fl := f_less _ _ _ _ e) in *.
    destruct (argmax_ok n fs n_some) as [J Jmax]. set (j := argmax n fs) in *. exists j.
    destruct (Bool.bool_dec subtracts true) as [yes|no].
    - rewrite yes in rule. exists (fs j). split; [exact J|split; [exact Jmax|split; [now left|]]]. intros i I.
      destruct (rule i I) as [j' [J' [M' R]]]. replace (fs j') with (fs j) in R by (apply Rle_antisym; [now apply M'|now apply Jmax]).
      assert (X : Rabs (fs i - fs j) <= 2 * (SM + es)).
      { pose proof (size i I) as si. pose proof (size j J) as sj. apply Rabs_le; apply Rabs_le_inv in si, sj; lra. }
      assert (X' : Rabs (fs i - fs j) < powerRZ 2 127).
      { apply Rle_lt_trans with (1 := X). apply Rle_lt_trans with (powerRZ 2 24).
        - assert (p : powerRZ 2 24 = 16777216) by (simpl; lra). rewrite p. rewrite u_value in L1. lra.
        - rewrite !powerRZ_bpow. apply bpow_lt. lia. }
      split.
      + apply Rle_trans with (1 := rounded_near _ _ X' R). apply Rplus_le_compat_r, Rmult_le_compat_l; lra.
      + right. apply (nearest_negative _ _ X' R). pose proof (Jmax i I). lra.
    - assert (small : SM + es <= 55) by (destruct scores_small; [contradiction|assumption]). apply Bool.not_true_is_false in no.
      rewrite no in rule. exists 0. split; [exact J|split; [exact Jmax|split; [now right|]]]. intros i I. pose proof (rule i I) as R. cbn [less_largest] in R. rewrite R. split.
      + replace (fs i - (fs i - 0)) with 0 by ring. rewrite Rabs_R0. assert (0 <= u * (2 * (SM + es))) by (apply Rmult_le_pos; lra). lra.
      + left. pose proof (size i I). lra.
  Qed.

  Theorem attention_ok : exists Q : nat -> R,
    (forall f lo hi, (forall i, (i < n)%nat -> lo <= f i <= hi) ->
      Rabs (sum n (fun i => Q i * f i) - sum n (fun i => attention w s i * f i)) <= (hi - lo) * attention_shift) /\
    (forall B v, (forall i, (i < n)%nat -> Rabs (v i) <= B) ->
      sum n (fun i => Rabs (f_attention _ _ _ _ e i - Q i) * Rabs (v i)) <= (2 * INR n + 4) * u * B /\
      sum n (fun i => Rabs (Q i) * Rabs (v i)) <= 9 / 8 * B /\
      sum n (fun i => Rabs (f_attention _ _ _ _ e i) * Rabs (v i)) <= 5 / 4 * B).
  Proof.
    destruct constants as [es0 [SM0 [es1 [L0 L1]]]]. destruct less_ok as [j [c0 [J [M [from less]]]]]. set (c := f_score _ _ _ _ e j) in *.
    pose proof u_pos. pose proof u_small. pose proof tiny_pos. pose proof tiny_u. fold n in n_few. pose proof (INR_1 n n_some).
    destruct (scores_near j J) as [cj _]. fold c in cj. apply Rabs_le_inv in cj. pose proof (score_size j J) as cs. fold c in cs. apply Rabs_le_inv in cs.
    set (g := exp (c0 - c)). set (a := fun i => exp (score w s i - c)). set (tau := g * exp_tiny k).
    assert (g1 : 0 < g /\ g <= powerRZ 2 80 /\ / g <= powerRZ 2 80).
    { split; [apply exp_pos|]. unfold g. rewrite <- exp_Ropp. destruct from as [->|[-> small]].
      - replace (c - c) with 0 by ring. rewrite Ropp_0, exp_0. split; (apply Rle_trans with (2 ^ 1); [simpl; lra|]; change (powerRZ 2 80) with (2 ^ 80); apply Rle_pow; [lra|lia]).
      - split; apply exp_55; lra. }
    assert (unit : 0 <= exp_unit k <= / 128).
    { unfold exp_unit. replace (powerRZ 2 (-23)) with (/ 8388608) by (simpl; lra). lra. }
    assert (T1 : 0 <= relative <= / 64).
    { unfold relative. assert (0 <= L * L <= / 256 * / 256) by (split; [apply Rmult_le_pos|apply Rmult_le_compat]; lra).
      set (t := L + 2 * (L * L)) in *. assert (0 <= t <= / 250) by (unfold t; lra).
      assert (0 <= t * exp_unit k <= / 250 * / 128) by (split; [apply Rmult_le_pos|apply Rmult_le_compat]; lra). lra. }
    assert (tiny1 : 0 <= exp_tiny k <= 2 * tiny).
    { unfold exp_tiny. assert (p : 0 < powerRZ 2 (-149)) by (apply powerRZ_lt; lra).
      assert (k * powerRZ 2 (-149) <= tiny).
      { apply Rle_trans with (powerRZ 2 16 * powerRZ 2 (-149)); [apply Rmult_le_compat_r; [lra|]; apply Rle_trans with 65536; [lra|simpl; lra]|].
        unfold tiny. rewrite <- powerRZ_add by lra. rewrite !powerRZ_bpow. apply bpow_le. lia. }
      assert (0 <= k * powerRZ 2 (-149)) by (apply Rmult_le_pos; lra). lra. }
    assert (tau0 : 0 <= tau) by (unfold tau; apply Rmult_le_pos; lra).
    assert (d0 : 0 <= dust n tau <= crumb).
    { unfold dust. split; [assert (0 <= INR n * tau) by (apply Rmult_le_pos; lra); lra|].
      assert (tau <= powerRZ 2 80 * (2 * tiny)) by (unfold tau; apply Rmult_le_compat; lra).
      assert (INR n * tau <= 1024 * (powerRZ 2 80 * (2 * tiny))) by (apply Rmult_le_compat; lra).
      assert (two : 2 * (1024 * (powerRZ 2 80 * (2 * tiny))) = crumb).
      { replace (2 * (1024 * (powerRZ 2 80 * (2 * tiny)))) with (powerRZ 2 12 * (powerRZ 2 80 * tiny)) by (simpl (powerRZ 2 12); ring).
        unfold tiny, crumb. rewrite <- !powerRZ_add by lra. reflexivity. }
      lra. }
    assert (crumb_u : crumb <= u) by (unfold crumb, u; rewrite !powerRZ_bpow; apply bpow_le; lia).
    assert (d1 : dust n tau <= u) by lra.
    assert (below : forall i, (i < n)%nat -> score w s i - c <= es).
    { intros i I. destruct (scores_near i I) as [si _]. apply Rabs_le_inv in si. pose proof (M i I). lra. }
    assert (ar : forall i, (i < n)%nat -> 0 < a i <= 2).
    { intros i I. unfold a. split; [apply exp_pos|]. apply Rle_trans with (exp (/ 2)).
      - pose proof (below i I). destruct (Req_dec (score w s i - c) (/ 2)) as [->|ne]; [lra|]. apply Rlt_le, exp_increasing. lra.
      - pose proof (exp_near_1 (/ 2) (/ 2) ltac:(rewrite Rabs_right; lra) ltac:(lra)) as x. apply Rabs_le_inv in x. lra. }
    assert (Sa : / 2 <= sum n a).
    { apply Rle_trans with (a j).
      - unfold a. pose proof (exp_ineq1_le (score w s j - c)). lra.
      - apply term_below; [intros i I; destruct (ar i I); lra|exact J]. }
    set (ee := fun i => g * f_exp _ _ _ _ e i).
    assert (near : forall i, (i < n)%nat -> Rabs (ee i - a i) <= relative * a i + tau).
    { intros i I. destruct (less i I) as [le R]. destruct (scores_near i I) as [si sm].
      assert (close : Rabs (f_score _ _ _ _ e i - c0 - (score w s i - c0)) <= es) by (replace (f_score _ _ _ _ e i - c0 - (score w s i - c0)) with (f_score _ _ _ _ e i - score w s i) by ring; exact si).
      assert (x := exponential_near k (f_less _ _ _ _ e i) (score w s i - c0) (f_exp _ _ _ _ e i) L (proj1 exp_units) (exp_is _ _ _ _ e i I) R
        ltac:(apply Rle_trans with (1 := Rabs_chain _ _ _ _ _ le close); lra) ltac:(lra)). fold relative in x.
      assert (ga : a i = g * exp (score w s i - c0)) by (unfold a, g; rewrite <- exp_plus; f_equal; ring).
      unfold ee, tau. rewrite ga, <- Rmult_minus_distr_l, Rabs_mult, (Rabs_right g) by lra.
      replace (relative * (g * exp (score w s i - c0)) + g * exp_tiny k) with (g * (relative * exp (score w s i - c0) + exp_tiny k)) by ring.
      apply Rmult_le_compat_l; lra. }
    assert (att : forall i, attention w s i = a i / sum n a).
    { intros i. unfold attention. fold n.
      assert (x : forall i, exp (score w s i) = exp c * a i) by (intros i0; unfold a; rewrite <- exp_plus; f_equal; ring).
      rewrite x, (sum_ext n _ (fun i => exp c * a i)) by (intros; apply x). rewrite sum_scal_l. pose proof (exp_pos c). field. repeat split; lra. }
    exists (exact_weight n ee). split.
    - intros f lo hi F. rewrite (sum_ext n (fun i => attention w s i * f i) (fun i => a i / sum n a * f i)) by (intros; now rewrite att).
      assert (N := mean_near n n_some a ee relative tau ar Sa T1 tau0 d1 near f lo hi F).
      apply Rle_trans with (1 := N). apply Rmult_le_compat_l; [destruct (F 0%nat n_some); lra|]. unfold shift, attention_shift.
      apply Rmult_le_compat; lra.
    - intros B v V. apply (weights_near n n_some n_few a ee (f_attention _ _ _ _ e) (g * f_total _ _ _ _ e) relative tau ar Sa T1 tau0 d1 near
        g (f_exp _ _ _ _ e) (f_total _ _ _ _ e) g1 (fun i _ => eq_refl) eq_refl (total_is _ _ _ _ e) (attention_is _ _ _ _ e)). exact V.
  Qed.
End Layers.
