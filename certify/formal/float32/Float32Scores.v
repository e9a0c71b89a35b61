(* Inner products of numbers that are off, and scores. Main theorems: near_inner, score_near. *)
From Coq Require Import Reals ZArith List Permutation Lra Lia.
Import ListNotations.
From Flocq Require Import Core.
From Maxcert Require Import Statement Sums Float32Statement Rounding.
Open Scope R_scope.

Lemma Rabs_near x y e B : Rabs (y - x) <= e -> Rabs x <= B -> Rabs y <= B + e.
Proof. intros H H'. replace y with (x + (y - x)) by ring. pose proof (Rabs_triang x (y - x)). lra. Qed.
Lemma Rabs_chain x y z e e' : Rabs (z - y) <= e -> Rabs (y - x) <= e' -> Rabs (z - x) <= e + e'.
Proof. intros H H'. replace (z - x) with ((z - y) + (y - x)) by ring. pose proof (Rabs_triang (z - y) (y - x)). lra. Qed.
Lemma sum_difference n f g e : (forall i, (i < n)%nat -> Rabs (f i - g i) <= e i) -> Rabs (sum n f - sum n g) <= sum n e.
Proof. intros H. rewrite <- sum_minus. apply Rle_trans with (1 := sum_Rabs _ _). now apply sum_le. Qed.

(* The exact inner product of numbers a', b' that are near a, b. *)
Lemma inner_shift n a b a' b' ea eb A B' :
  (forall i, (i < n)%nat -> Rabs (a' i - a i) <= ea i /\ Rabs (b' i - b i) <= eb i /\ Rabs (a i) <= A i /\ Rabs (b' i) <= B' i) ->
  Rabs (sum n (fun i => a' i * b' i) - sum n (fun i => a i * b i)) <= sum n (fun i => ea i * B' i + A i * eb i).
Proof.
  intros H. apply sum_difference. intros i I. destruct (H i I) as [h1 [h2 [h3 h4]]].
  replace (a' i * b' i - a i * b i) with ((a' i - a i) * b' i + a i * (b' i - b i)) by ring.
  apply Rle_trans with (1 := Rabs_triang _ _). rewrite !Rabs_mult.
  apply Rplus_le_compat; apply Rmult_le_compat; auto using Rabs_pos.
Qed.

Lemma sum_magnitudes n a b A B : (forall i, (i < n)%nat -> Rabs (a i) <= A i /\ Rabs (b i) <= B i) ->
  sum n (fun i => Rabs (a i) * Rabs (b i)) <= sum n (fun i => A i * B i).
Proof. intros H. apply sum_le. intros i I. destruct (H i I). apply Rmult_le_compat; auto using Rabs_pos. Qed.

(* The float inner product of numbers a' that are near a with exact numbers b. *)
Theorem near_inner n a a' ea A b B y : (1 <= n)%nat -> inner n a' b y ->
  (forall i, (i < n)%nat -> Rabs (a' i - a i) <= ea i /\ Rabs (a i) <= A i /\ Rabs (b i) <= B i) ->
  reach n (sum n (fun i => (A i + ea i) * B i)) < powerRZ 2 127 ->
  Rabs (y - sum n (fun i => a i * b i)) <= sum n (fun i => ea i * B i) + loss n (sum n (fun i => (A i + ea i) * B i)).
Proof.
  intros N H E O. rewrite Rplus_comm. apply Rabs_chain with (y := sum n (fun i => a' i * b i)).
  - apply inner_near; [exact N|exact H| |exact O]. apply sum_magnitudes. intros i I. destruct (E i I) as [h1 [h2 h3]].
    split; [now apply (Rabs_near (a i))|exact h3].
  - apply sum_difference. intros i I. destruct (E i I) as [h1 [h2 h3]].
    replace (a' i * b i - a i * b i) with ((a' i - a i) * b i) by ring. rewrite Rabs_mult.
    apply Rmult_le_compat; auto using Rabs_pos.
Qed.

(* ---------- Scores ---------- *)

Definition root d := / sqrt (INR d).

Lemma root_bounds d : (1 <= d)%nat -> 0 < root d <= 1.
Proof.
  intros D. apply INR_1 in D. unfold root. assert (1 <= sqrt (INR d)) by (rewrite <- sqrt_1; now apply sqrt_le_1_alt).
  split; [apply Rinv_0_lt_compat; lra|]. rewrite <- Rinv_1. apply Rinv_le_contravar; lra.
Qed.

Lemma power_127 : powerRZ 2 127 = 2 * powerRZ 2 126.
Proof. change 127%Z with (1 + 126)%Z. rewrite powerRZ_add by lra. f_equal. simpl. ring. Qed.
Lemma u_small : u <= / 1000000.
Proof. rewrite u_value. lra. Qed.

Lemma scaled_near d y z Y : (1 <= d)%nat -> Rabs y <= Y -> Y < powerRZ 2 126 -> scaled d y z ->
  Rabs (z - root d * y) <= 5 * u * (root d * Y) + tiny.
Proof.
  intros D HY O [c [C H]]. fold u in C. destruct (root_bounds d D) as [r0 r1]. set (r := root d) in *. pose proof u_pos. pose proof u_small. pose proof tiny_pos.
  assert (E : Rabs (c - r) <= 3 * u * r).
  { assert (s : sqrt (INR d) <> 0) by (apply Rgt_not_eq, sqrt_lt_R0; apply INR_1 in D; lra).
    replace (c - r) with ((c * sqrt (INR d) - 1) * r) by (unfold r, root; field; exact s).
    rewrite Rabs_mult, (Rabs_right r) by lra. apply Rmult_le_compat_r; lra. }
  assert (C' : Rabs c <= r + 3 * u * r) by (apply (Rabs_near r); [exact E|rewrite Rabs_right; lra]).
  assert (Y0 : 0 <= Y) by (pose proof (Rabs_pos y); lra).
  assert (YC : Rabs (y * c) <= Y * (r + 3 * u * r)) by (rewrite Rabs_mult; apply Rmult_le_compat; auto using Rabs_pos).
  assert (rY : 0 <= r * Y) by (apply Rmult_le_pos; lra).
  assert (r * Y <= Y) by (rewrite <- (Rmult_1_l Y) at 2; apply Rmult_le_compat_r; lra).
  assert (U : u * (r * Y) <= / 1000000 * (r * Y)) by (apply Rmult_le_compat_r; lra).
  pose proof power_127 as two.
  assert (N := rounded_near (y * c) z ltac:(lra) H).
  assert (K : Rabs (y * c - r * y) <= 3 * u * (r * Y)).
  { replace (y * c - r * y) with (y * (c - r)) by ring. rewrite Rabs_mult.
    replace (3 * u * (r * Y)) with (Y * (3 * u * r)) by ring. apply Rmult_le_compat; auto using Rabs_pos. }
  assert (N' := Rabs_chain _ _ _ _ _ N K). apply Rle_trans with (1 := N').
  assert (u * Rabs (y * c) <= u * (Y * (r + 3 * u * r))) by (apply Rmult_le_compat_l; lra).
  assert (u * (u * (r * Y)) <= u * (/ 1000000 * (r * Y))) by (apply Rmult_le_compat_l; lra).
  assert (0 <= u * (r * Y)) by (apply Rmult_le_pos; lra). lra.
Qed.

Lemma summed_swap l y : summed l y -> summed (map (fun ab => (snd ab, fst ab)) l) y.
Proof.
  induction 1 as [a b y H|l l' y y' z H1 IH1 H2 IH2 H|a b l y z H1 IH1 H|l l' y P H1 IH1]; cbn [map fst snd].
  - apply summed_product. now rewrite Rmult_comm.
  - rewrite map_app. now apply (summed_add _ _ y y').
  - apply (summed_fused _ _ _ y); [exact IH1|]. now rewrite (Rmult_comm b a).
  - exact (summed_order _ _ _ (Permutation_map _ P) IH1).
Qed.
Lemma inner_swap n a b y : inner n a b y -> inner n b a y.
Proof. intros H. apply summed_swap in H. unfold inner. rewrite map_map in H. exact H. Qed.

Section Score.
  Variable d : nat.
  Hypothesis some : (1 <= d)%nat.
  Let TD := (2 * INR d - 1) * tiny * growth d.

  (* Factors and product below these magnitudes do not overflow. *)
  Definition score_fits (A B : nat -> R) :=
    (forall h, (h < d)%nat -> A h < powerRZ 2 126 /\ B h < powerRZ 2 126) /\
    reach d (2 * sum d (fun h => A h * B h) + tiny * (sum d A + sum d B)) < powerRZ 2 126.

  Definition score_loss (A B : nat -> R) :=
    root d * (((1 + 5 * u) * growth d - 1) * sum d (fun h => A h * B h))
    + (growth d * tiny * (sum d A + sum d B) + 2 * TD + tiny).

  Lemma TD_pos : 0 <= TD.
  Proof. unfold TD. pose proof (INR_1 d some). pose proof tiny_pos. pose proof (growth_1 d). repeat apply Rmult_le_pos; lra. Qed.

  Lemma magnitudes_nonneg a b A B : (forall h, (h < d)%nat -> Rabs (a h) <= A h /\ Rabs (b h) <= B h) ->
    (forall h, (h < d)%nat -> 0 <= A h /\ 0 <= B h) /\ 0 <= sum d (fun h => A h * B h) /\ 0 <= sum d A /\ 0 <= sum d B.
  Proof.
    intros H. assert (A0 : forall h, (h < d)%nat -> 0 <= A h /\ 0 <= B h) by (intros h h'; destruct (H h h'); pose proof (Rabs_pos (a h)); pose proof (Rabs_pos (b h)); lra).
    repeat split; try (now apply A0); apply sum_nonneg; intros h h'; destruct (A0 h h'); auto using Rmult_le_pos.
  Qed.

  Lemma left_near a b a' z A B : (forall h, (h < d)%nat -> Rabs (a h) <= A h /\ Rabs (b h) <= B h) -> score_fits A B ->
    (forall h, (h < d)%nat -> scaled d (a h) (a' h)) -> inner d a' b z ->
    Rabs (z - root d * sum d (fun h => a h * b h)) <= score_loss A B.
  Proof.
    intros H [F O] S I. destruct (magnitudes_nonneg a b A B H) as [A0 [M0 [SA SB]]].
    destruct (root_bounds d some) as [r0 r1]. set (r := root d) in *. pose proof u_pos. pose proof u_small. pose proof tiny_pos as T.
    set (M := sum d (fun h => A h * B h)) in *. pose proof (growth_1 d) as G.
    assert (near : forall h, (h < d)%nat -> Rabs (a' h - r * a h) <= 5 * u * (r * A h) + tiny)
      by (intros h h'; apply scaled_near; [exact some|now apply H|now apply F|now apply S]).
    assert (E := near_inner d (fun h => r * a h) a' (fun h => 5 * u * (r * A h) + tiny) (fun h => r * A h) b B z some I).
    assert (rM : 0 <= r * M <= M) by (split; [apply Rmult_le_pos; lra|rewrite <- (Rmult_1_l M) at 2; apply Rmult_le_compat_r; lra]).
    assert (U : u * (r * M) <= / 1000000 * (r * M)) by (apply Rmult_le_compat_r; lra).
    assert (e1 : sum d (fun h => (r * A h + (5 * u * (r * A h) + tiny)) * B h) = (1 + 5 * u) * (r * M) + tiny * sum d B).
    { unfold M. rewrite <- !sum_scal_l, <- sum_plus. apply sum_ext. intros; ring. }
    assert (e2 : sum d (fun h => (5 * u * (r * A h) + tiny) * B h) = 5 * u * (r * M) + tiny * sum d B).
    { unfold M. rewrite <- !sum_scal_l, <- sum_plus. apply sum_ext. intros; ring. }
    assert (e3 : sum d (fun h => r * a h * b h) = r * sum d (fun h => a h * b h)).
    { rewrite <- sum_scal_l. apply sum_ext. intros; ring. }
    cbv beta in E. rewrite e1, e2, e3 in E. assert (tA : 0 <= tiny * sum d A) by (apply Rmult_le_pos; lra).
    assert (tB : 0 <= tiny * sum d B) by (apply Rmult_le_pos; lra).
    assert (0 <= u * (r * M)) by (apply Rmult_le_pos; lra).
    pose proof power_127 as two.
    assert (X : 0 <= (1 + 5 * u) * (r * M) + tiny * sum d B <= 2 * M + tiny * (sum d A + sum d B)) by lra.
    assert (R := reach_mono d d _ _ (conj some (le_n _)) X).
    assert (P2 : 0 < powerRZ 2 126) by (apply powerRZ_lt; lra).
    apply Rle_trans with (1 := E ltac:(intros h h'; split; [now apply near|split; [rewrite Rabs_mult, (Rabs_right r) by lra; apply Rmult_le_compat_l; [lra|now apply H]|now apply H]]) ltac:(lra)).
    unfold loss, score_loss. fold TD. fold r. fold M. pose proof TD_pos.
    assert (0 <= growth d * (tiny * sum d A)) by (apply Rmult_le_pos; lra). lra.
  Qed.

  Lemma product_near a b y z A B : (forall h, (h < d)%nat -> Rabs (a h) <= A h /\ Rabs (b h) <= B h) -> score_fits A B ->
    inner d a b y -> scaled d y z ->
    Rabs (z - root d * sum d (fun h => a h * b h)) <= score_loss A B.
  Proof.
    intros H [F O] I S. destruct (magnitudes_nonneg a b A B H) as [A0 [M0 [SA SB]]].
    destruct (root_bounds d some) as [r0 r1]. set (r := root d) in *. pose proof u_pos. pose proof u_small. pose proof tiny_pos as T.
    set (M := sum d (fun h => A h * B h)) in *. pose proof (growth_1 d) as G.
    assert (tS : 0 <= tiny * (sum d A + sum d B)) by (apply Rmult_le_pos; lra).
    assert (R := reach_mono d d M (2 * M + tiny * (sum d A + sum d B)) (conj some (le_n _)) ltac:(lra)).
    pose proof power_127 as two.
    assert (P2 : 0 < powerRZ 2 126) by (apply powerRZ_lt; lra).
    assert (E := inner_near d a b y M some I (sum_magnitudes _ _ _ _ _ H) ltac:(lra)).
    set (X := sum d (fun h => a h * b h)) in *.
    assert (HX : Rabs X <= M) by (apply Rle_trans with (1 := sum_Rabs _ _); apply sum_le; intros h h'; rewrite Rabs_mult; destruct (H h h'); apply Rmult_le_compat; auto using Rabs_pos).
    assert (HY := Rabs_near _ _ _ _ E HX). fold (reach d M) in HY.
    assert (N := scaled_near d y z _ some HY ltac:(lra) S). fold r in N.
    assert (K : Rabs (r * y - r * X) <= r * loss d M).
    { replace (r * y - r * X) with (r * (y - X)) by ring. rewrite Rabs_mult, (Rabs_right r) by lra. apply Rmult_le_compat_l; lra. }
    apply Rle_trans with (1 := Rabs_chain _ _ _ _ _ N K). unfold score_loss. fold r. fold M.
    assert (e : 5 * u * (r * reach d M) + tiny + r * loss d M = r * (((1 + 5 * u) * growth d - 1) * M) + r * TD + 5 * (u * (r * TD)) + tiny)
      by (unfold reach, loss, TD; ring).
    rewrite e. pose proof TD_pos. assert (r * TD <= TD) by (rewrite <- (Rmult_1_l TD) at 2; apply Rmult_le_compat_r; lra).
    assert (u * (r * TD) <= / 1000000 * TD) by (apply Rmult_le_compat; try lra; apply Rmult_le_pos; lra).
    assert (0 <= growth d * tiny * (sum d A + sum d B)) by (rewrite Rmult_assoc; apply Rmult_le_pos; lra). lra.
  Qed.

  Lemma score_loss_swap A B : score_loss A B = score_loss B A.
  Proof.
    unfold score_loss. rewrite (sum_ext d (fun h => A h * B h) (fun h => B h * A h)) by (intros; ring). rewrite (Rplus_comm (sum d A)). reflexivity.
  Qed.
  Lemma score_fits_swap A B : score_fits A B -> score_fits B A.
  Proof.
    unfold score_fits. rewrite (sum_ext d (fun h => A h * B h) (fun h => B h * A h)) by (intros; ring). rewrite (Rplus_comm (sum d A)).
    intros [F O]. split; [intros h h'; destruct (F h h'); now split|exact O].
  Qed.

  (* a, b are the real query and key; a', b' the floats; A', B' bound the magnitudes of the floats. *)
  Theorem score_near a b a' b' ea eb A A' B' z :
    (forall h, (h < d)%nat -> Rabs (a' h - a h) <= ea h /\ Rabs (b' h - b h) <= eb h /\ Rabs (a h) <= A h /\ Rabs (b' h) <= B' h) ->
    (forall h, (h < d)%nat -> Rabs (a' h) <= A' h) -> score_fits A' B' -> scaled_inner d a' b' z ->
    Rabs (z - sum d (fun h => a h * b h) / sqrt (INR d)) <= score_loss A' B' + root d * sum d (fun h => ea h * B' h + A h * eb h).
  Proof.
    intros H HA F S. unfold Rdiv. rewrite Rmult_comm. change (/ sqrt (INR d)) with (root d) in *. fold (root d).
    destruct (root_bounds d some) as [r0 r1].
    assert (mags : forall h, (h < d)%nat -> Rabs (a' h) <= A' h /\ Rabs (b' h) <= B' h) by (intros h h'; split; [now apply HA|now apply H]).
    apply Rabs_chain with (y := root d * sum d (fun h => a' h * b' h)).
    - destruct S as [y I S|x S I|x S I].
      + exact (product_near _ _ _ _ _ _ mags F I S).
      + exact (left_near _ _ _ _ _ _ mags F S I).
      + rewrite (sum_ext d (fun h => a' h * b' h) (fun h => b' h * a' h)) by (intros; ring). rewrite score_loss_swap.
        apply (left_near b' a' x z B' A'); [|now apply score_fits_swap|exact S|now apply inner_swap].
        intros h h'. destruct (mags h h'). now split.
    - rewrite <- Rmult_minus_distr_l, Rabs_mult, (Rabs_right (root d)) by lra. apply Rmult_le_compat_l; [lra|].
      now apply inner_shift.
  Qed.
End Score.
