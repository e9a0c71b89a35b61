(* Upper bounds as integers in units of 2^-U, rounded upward by every operation; largest magnitudes of rows. *)
From Coq Require Import Reals ZArith List Lia Lra PeanoNat.
Import ListNotations.
From Maxcert Require Import Statement Sums Integers Intervals Decoding Matrices Exponential Attention Rounding Float32Softmax Float32Layers.
Open Scope R_scope.

(* ---------- The program ---------- *)

Section Program.
  Variable U : Z.
  Definition up_mul (a b : int) : int := ceiling (mul a b) (ofZ U).
  Definition up_dot (a b : row) : int := ceiling (dot a b) (ofZ U).
  (* rate n times a *)
  Definition by_rate (n : nat) (a : int) : int := ceiling (mul a (ofZ (Z.of_nat n * 2 ^ 24 + Z.of_nat n * Z.of_nat n))) (ofZ 48).
  Definition power_up (e : Z) : int := ofZ (2 ^ Z.max 0 (U + e)).  (* 2^e, or one unit if that is more *)
  Definition one_speck : int := power_up (-90).
  Definition magnitude_of (x : int) : int := if leb zero x then x else opp x.
  Fixpoint maxes (a b : row) : row := match a, b with x :: a, y :: b => nmax x y :: maxes a b | _, _ => b end.
  (* the largest magnitude in each of n columns *)
  Definition tops (n : nat) (rows : list row) : row := fold_right (fun r m => maxes (map magnitude_of r) m) (repeat zero n) rows.
  Fixpoint total (l : row) : int := match l with [] => zero | x :: l => add x (total l) end.
End Program.

(* ---------- Its proof ---------- *)

Lemma ceiling_up x s : (0 <= s)%Z -> IZR (toZ x) / IZR (2 ^ s) <= IZR (toZ (ceiling x (ofZ s))).
Proof.
  intros h. unfold ceiling. rewrite toZ_opp, toZ_shr, toZ_opp, toZ_ofZ. pose proof (power_positive s h). pose proof (ceiling_above (toZ x) s h).
  apply Rmult_le_reg_r with (IZR (2 ^ s)); [assumption|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

Section Units.
  Variable U : Z.
  Hypothesis U0 : (0 <= U)%Z.
  Let P : 0 < IZR (2 ^ U) := power_positive U U0.

  Definition val (x : int) : R := IZR (toZ x) / IZR (2 ^ U).
  Definition v (l : row) (i : nat) : R := val (nth i l zero).

  Lemma val_add a b : val (add a b) = val a + val b.
  Proof. unfold val. rewrite toZ_add, plus_IZR. lra. Qed.
  Lemma val_le a b : (toZ a <= toZ b)%Z -> val a <= val b.
  Proof. intros h. unfold val, Rdiv. apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat, P|now apply IZR_le]. Qed.
  Lemma leb_val a b : leb a b = true -> val a <= val b.
  Proof. intros h. apply val_le. rewrite toZ_leb in h. now apply Z.leb_le. Qed.
  Lemma val_ceiling a s : (0 <= s)%Z -> val a / IZR (2 ^ s) <= val (ceiling a (ofZ s)).
  Proof.
    intros h. unfold val. pose proof (ceiling_up a s h). pose proof (power_positive s h).
    replace (IZR (toZ a) / IZR (2 ^ U) / IZR (2 ^ s)) with (IZR (toZ a) / IZR (2 ^ s) / IZR (2 ^ U)) by (field; lra).
    apply Rmult_le_compat_r; [apply Rlt_le, Rinv_0_lt_compat, P|assumption].
  Qed.
  Lemma val_mul_ofZ a z : val (mul a (ofZ z)) = val a * IZR z.
  Proof. unfold val. rewrite toZ_mul, toZ_ofZ, mult_IZR. field. lra. Qed.
  Lemma val_ofZ z : val (ofZ z) = IZR z / IZR (2 ^ U).
  Proof. unfold val. now rewrite toZ_ofZ. Qed.
  Lemma val_up_mul a b : val a * val b <= val (up_mul U a b).
  Proof.
    unfold up_mul. apply Rle_trans with (2 := val_ceiling _ U U0). unfold val. rewrite toZ_mul, mult_IZR. right. field. lra.
  Qed.
  Lemma val_by_rate n a : rate n * val a <= val (by_rate n a).
  Proof.
    unfold by_rate. apply Rle_trans with (2 := val_ceiling _ 48 ltac:(lia)). rewrite val_mul_ofZ, plus_IZR, !mult_IZR. unfold rate.
    rewrite u_value, <- INR_IZR_INZ. change (IZR (2 ^ 24)) with 16777216. change (IZR (2 ^ 48)) with 281474976710656. right. field.
  Qed.
  Lemma val_power_up e : powerRZ 2 e <= val (power_up U e).
  Proof.
    unfold power_up. rewrite val_ofZ, !power_of_two by lia. unfold Rdiv. apply Rmult_le_reg_r with (powerRZ 2 U); [apply powerRZ_lt; lra|].
    rewrite Rmult_assoc, Rinv_l, Rmult_1_r by (apply Rgt_not_eq, powerRZ_lt; lra). rewrite <- powerRZ_add by lra. rewrite !powerRZ_bpow. apply Flocq.Core.Raux.bpow_le. lia.
  Qed.
  Lemma val_speck : speck <= val (one_speck U).
  Proof. apply val_power_up. Qed.

  Lemma holds_v n l : length l = n -> holds (IZR (2 ^ U)) n l (v l).
  Proof. intros h. split; [exact h|]. intros i I. unfold v, val. field. lra. Qed.
  Lemma v_plus n a b i : length a = n -> length b = n -> (i < n)%nat -> v (plus a b) i = v a i + v b i.
  Proof.
    intros ha hb I. destruct (plus_correct (IZR (2 ^ U)) n a b _ _ (holds_v n a ha) (holds_v n b hb)) as [_ H]. unfold v at 1, val. rewrite (H i I). field. lra.
  Qed.
  Lemma plus_length n a b : length a = n -> length b = n -> length (plus a b) = n.
  Proof. intros ha hb. exact (proj1 (plus_correct (IZR (2 ^ U)) n a b _ _ (holds_v n a ha) (holds_v n b hb))). Qed.
  Lemma v_map f l i : (i < length l)%nat -> v (map f l) i = val (f (nth i l zero)).
  Proof. intros h. unfold v. now rewrite (nth_map _ _ _ zero). Qed.
  Lemma val_up_dot n a b : length a = n -> length b = n -> sum n (fun i => v a i * v b i) <= val (up_dot U a b).
  Proof.
    intros ha hb. unfold up_dot. apply Rle_trans with (2 := val_ceiling _ U U0). unfold val.
    rewrite (dot_correct _ _ n a b _ _ (holds_v n a ha) (holds_v n b hb)). right. field. lra.
  Qed.
  Lemma val_dot_weights B n a b f : (0 <= B)%Z -> length a = n -> holds (IZR (2 ^ B)) n b f ->
    sum n (fun i => v a i * f i) <= val (ceiling (dot a b) (ofZ B)).
  Proof.
    intros hB ha hb. apply Rle_trans with (2 := val_ceiling _ B hB). unfold val. pose proof (power_positive B hB).
    rewrite (dot_correct _ _ n a b _ _ (holds_v n a ha) hb). right. field. lra.
  Qed.
  Lemma val_total n l : length l = n -> sum n (v l) = val (total l).
  Proof.
    revert n. induction l as [|x l IH]; intros n h; simpl in h; subst n.
    - unfold val. cbn. rewrite toZ_zero. lra.
    - rewrite sum_first. cbn [total]. rewrite val_add, <- (IH _ eq_refl). reflexivity.
  Qed.
  Lemma largest_v l i : (i < length l)%nat -> v l i <= val (largest l).
  Proof. intros h. apply val_le. now apply largest_correct. Qed.
End Units.

(* ---------- Magnitudes ---------- *)

Lemma magnitude_value x : IZR (toZ (magnitude_of x)) = Rabs (IZR (toZ x)).
Proof.
  unfold magnitude_of. pose proof (leb_IZR zero x) as h. rewrite toZ_zero in h. destruct (leb zero x).
  - now rewrite Rabs_right by lra.
  - rewrite toZ_opp, opp_IZR, Rabs_left; lra.
Qed.
Lemma magnitudes_hold p n l f : 0 <= p -> holds p n l f -> holds p n (map magnitude_of l) (fun i => Rabs (f i)).
Proof.
  intros hp [h H]. split; [now rewrite map_length|]. intros i I. rewrite (nth_map _ _ _ zero) by (rewrite h; exact I).
  rewrite magnitude_value, (H i I), Rabs_mult, (Rabs_right p) by lra. reflexivity.
Qed.
Lemma magnitudes_represent p r c m f : 0 <= p -> represents p r c m f -> represents p r c (map (map magnitude_of) m) (fun i j => Rabs (f i j)).
Proof.
  intros hp [h H]. split; [now rewrite map_length|]. intros i I. rewrite (nth_map _ _ _ []) by (rewrite h; exact I).
  apply magnitudes_hold; [exact hp|now apply H].
Qed.

Lemma maxes_ok a : forall b, length (maxes a b) = length b /\ forall i, (i < length b)%nat ->
  (toZ (nth i b zero) <= toZ (nth i (maxes a b) zero))%Z /\ ((i < length a)%nat -> (toZ (nth i a zero) <= toZ (nth i (maxes a b) zero))%Z).
Proof.
  assert (M : forall x y, (toZ x <= toZ (nmax x y) /\ toZ y <= toZ (nmax x y))%Z) by (intros x y; unfold nmax; rewrite toZ_leb; destruct (Z.leb_spec (toZ x) (toZ y)); lia).
  induction a as [|x a IH]; intros [|y b]; cbn [maxes length nth]; try (split; [reflexivity|intros i I; split; [lia|simpl; lia]]).
  destruct (IH b) as [L H]. split; [now rewrite L|]. intros [|i] I; [split; intros; apply M|]. destruct (H i ltac:(lia)) as [h1 h2]. split; [exact h1|intros; apply h2; lia].
Qed.
Lemma tops_ok n rows : length (tops n rows) = n /\ forall r, In r rows -> length r = n -> forall i, (i < n)%nat ->
  Rabs (IZR (toZ (nth i r zero))) <= IZR (toZ (nth i (tops n rows) zero)).
Proof.
  induction rows as [|a rows [L H]]; [split; [apply repeat_length|easy]|]. cbn [tops fold_right]. fold (tops n rows).
  destruct (maxes_ok (map magnitude_of a) (tops n rows)) as [L' H']. rewrite L in L', H'. split; [exact L'|].
  intros r [<-|I] hr i hi; destruct (H' i hi) as [h1 h2].
  - rewrite <- magnitude_value. apply IZR_le. rewrite map_length, hr in h2. specialize (h2 hi). rewrite (nth_map _ _ _ zero) in h2 by (rewrite hr; exact hi). exact h2.
  - apply Rle_trans with (1 := H r I hr i hi). now apply IZR_le.
Qed.
Lemma tops_hold p n rows r f : 0 < p -> In r rows -> holds p n r f -> forall i, (i < n)%nat -> Rabs (f i) <= IZR (toZ (nth i (tops n rows) zero)) / p.
Proof.
  intros hp I [h H] i hi. pose proof (proj2 (tops_ok n rows) r I h i hi) as G. rewrite (H i hi), Rabs_mult, (Rabs_right p) in G by lra.
  apply Rmult_le_reg_r with p; [exact hp|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra. exact G.
Qed.
