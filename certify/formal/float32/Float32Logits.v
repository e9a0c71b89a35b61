(* From float attention to float logits: what is wrong in the values or in their mixture reaches a logit through the real
   W_O W_U, roundings of the output and of the residual sum through W_U. Main theorem: logit_near. *)
From Coq Require Import Reals ZArith List Lra Lia.
Import ListNotations.
From Maxcert Require Import Statement Sums Separability Float32Statement Rounding Float32Scores Float32Softmax Float32Layers.
Open Scope R_scope.

Lemma sum_off n f b e : (forall i, (i < n)%nat -> Rabs (f i) <= e i) ->
  Rabs (sum n (fun i => f i * b i)) <= sum n (fun i => e i * Rabs (b i)).
Proof.
  intros H. apply Rle_trans with (1 := sum_Rabs _ _). apply sum_le. intros i I. rewrite Rabs_mult. apply Rmult_le_compat_r; [apply Rabs_pos|now apply H].
Qed.

Section Logits.
  Variable k : R.
  Variable subtracts : bool.
  Variable w : model.
  Variable s : list nat.
  Variable e : evaluation k subtracts w s.
  Hypothesis n_some : (1 <= n_ctx w)%nat.
  Hypothesis n_few : INR (n_ctx w) <= 1024.
  Hypothesis D_some : (1 <= d_model w)%nat.
  Hypothesis D_few : INR (d_model w) <= 1024.
  Hypothesis H_some : (1 <= d_head w)%nat.
  Hypothesis H_few : INR (d_head w) <= 1024.
  Let n := n_ctx w.
  Let D := d_model w.
  Let H := d_head w.

  Variable Q : nat -> R.
  Variable sh : R.
  Hypothesis mean_ok : forall f lo hi, (forall i, (i < n)%nat -> lo <= f i <= hi) ->
    Rabs (sum n (fun i => Q i * f i) - sum n (fun i => attention w s i * f i)) <= (hi - lo) * sh.
  Hypothesis weights_ok : forall B v, (forall i, (i < n)%nat -> Rabs (v i) <= B) ->
    sum n (fun i => Rabs (f_attention _ _ _ _ e i - Q i) * Rabs (v i)) <= (2 * INR n + 4) * u * B /\
    sum n (fun i => Rabs (Q i) * Rabs (v i)) <= 9 / 8 * B /\
    sum n (fun i => Rabs (f_attention _ _ _ _ e i) * Rabs (v i)) <= 5 / 4 * B.

  Variables BV eV M : nat -> R.
  Hypothesis value_near : forall i h, (i < n)%nat -> (h < H)%nat ->
    Rabs (f_value _ _ _ _ e i h - projected w s (W_V w) i h) <= eV h /\ Rabs (projected w s (W_V w) i h) <= BV h.
  Hypothesis values_fit : forall h, (h < H)%nat -> BV h + eV h <= big.
  Hypothesis M_above : forall h, (h < H)%nat ->
    (2 * INR n + 4) * u * (BV h + eV h) + 9 / 8 * eV h + (rate n * (5 / 4 * (BV h + eV h)) + speck) <= M h.

  Lemma mixture_near h : (h < H)%nat ->
    Rabs (f_mixture _ _ _ _ e h - sum n (fun i => Q i * projected w s (W_V w) i h)) <= M h /\
    Rabs (sum n (fun i => Q i * projected w s (W_V w) i h)) <= 9 / 8 * BV h.
  Proof.
    intros J. set (V := fun i => projected w s (W_V w) i h). set (v := fun i => f_value _ _ _ _ e i h). set (y := f_attention _ _ _ _ e) in *.
    assert (size : forall i, (i < n)%nat -> Rabs (v i) <= BV h + eV h) by (intros i I; destruct (value_near i h I J); unfold v; now apply (Rabs_near (projected w s (W_V w) i h))).
    assert (diff : forall i, (i < n)%nat -> Rabs (v i - V i) <= eV h) by (intros i I; now apply value_near).
    destruct (weights_ok _ v size) as [a [_ b]]. destruct (weights_ok _ (fun i => v i - V i) diff) as [_ [c _]].
    destruct (weights_ok (BV h) V ltac:(intros i I; now apply value_near)) as [_ [d _]]. split.
    - assert (P : 0 <= BV h + eV h) by (apply Rle_trans with (2 := size 0%nat n_some), Rabs_pos). pose proof (values_fit h J) as F.
      fold n in n_few.
      assert (N := inner_near n y v (f_mixture _ _ _ _ e h) (5 / 4 * (BV h + eV h)) n_some (mixture_is _ _ _ _ e h J) b
        ltac:(apply below_127, reach_below; [exact n_some|lra|pose proof big_value; lra])).
      assert (L := loss_rate n (5 / 4 * (BV h + eV h)) n_some ltac:(lra) ltac:(lra)).
      assert (X : Rabs (sum n (fun i => y i * v i) - sum n (fun i => Q i * V i)) <= (2 * INR n + 4) * u * (BV h + eV h) + 9 / 8 * eV h).
      { rewrite <- sum_minus. rewrite (sum_ext n _ (fun i => (y i - Q i) * v i + Q i * (v i - V i))) by (intros; ring). rewrite sum_plus.
        apply Rle_trans with (1 := Rabs_triang _ _). apply Rplus_le_compat.
        - apply Rle_trans with (2 := a). apply Rle_trans with (1 := sum_Rabs _ _). apply sum_le. intros i I. rewrite Rabs_mult. apply Rle_refl.
        - apply Rle_trans with (2 := c). apply Rle_trans with (1 := sum_Rabs _ _). apply sum_le. intros i I. rewrite Rabs_mult. apply Rle_refl. }
      apply Rle_trans with (2 := M_above h J). apply Rle_trans with (1 := Rabs_chain _ _ _ _ _ N X). lra.
    - apply Rle_trans with (2 := d). apply Rle_trans with (1 := sum_Rabs _ _). apply sum_le. intros i I. rewrite Rabs_mult. apply Rle_refl.
  Qed.

  Variables BR eR PO eO eS : nat -> R.
  Hypothesis query_residual : forall d, (d < D)%nat ->
    Rabs (f_residual _ _ _ _ e (last w) d - residual w s (last w) d) <= eR d /\ Rabs (residual w s (last w) d) <= BR d.
  Hypothesis PO_above : forall d, (d < D)%nat -> sum H (fun h => (9 / 8 * BV h + M h) * Rabs (W_O w h d)) <= PO d.
  Hypothesis eO_above : forall d, (d < D)%nat -> rate H * PO d + speck <= eO d.
  Hypothesis eS_above : forall d, (d < D)%nat -> u * (BR d + eR d + (PO d + eO d)) + tiny <= eS d.
  Hypothesis outputs_fit : forall d, (d < D)%nat -> PO d <= big /\ BR d + eR d + (PO d + eO d) <= big.

  Lemma output_near d : (d < D)%nat ->
    Rabs (f_output _ _ _ _ e d - sum H (fun h => f_mixture _ _ _ _ e h * W_O w h d)) <= eO d /\
    Rabs (f_output _ _ _ _ e d) <= PO d + eO d /\
    Rabs (f_sum _ _ _ _ e d - (f_residual _ _ _ _ e (last w) d + f_output _ _ _ _ e d)) <= eS d /\
    Rabs (f_sum _ _ _ _ e d) <= BR d + eR d + (PO d + eO d) + eS d.
  Proof.
    intros I. fold H in H_few. destruct (outputs_fit d I) as [f1 f2]. pose proof big_value as bv. pose proof power_126_big as pb.
    assert (m : forall h, (h < H)%nat -> Rabs (f_mixture _ _ _ _ e h) <= 9 / 8 * BV h + M h).
    { intros h J. destruct (mixture_near h J). now apply (Rabs_near (sum n (fun i => Q i * projected w s (W_V w) i h))). }
    assert (S : sum H (fun h => Rabs (f_mixture _ _ _ _ e h) * Rabs (W_O w h d)) <= PO d).
    { apply Rle_trans with (2 := PO_above d I). apply sum_le. intros h J. apply Rmult_le_compat_r; [apply Rabs_pos|now apply m]. }
    assert (P0 : 0 <= PO d) by (apply Rle_trans with (2 := S); apply sum_nonneg; intros; apply Rmult_le_pos; apply Rabs_pos).
    assert (A : Rabs (f_output _ _ _ _ e d - sum H (fun h => f_mixture _ _ _ _ e h * W_O w h d)) <= eO d).
    { apply Rle_trans with (2 := eO_above d I). apply Rle_trans with (2 := loss_rate H (PO d) H_some ltac:(lra) P0).
      apply inner_near; [exact H_some|now apply (output_is _ _ _ _ e)|exact S|]. apply below_127, reach_below; [exact H_some|lra|lra]. }
    assert (B : Rabs (f_output _ _ _ _ e d) <= PO d + eO d).
    { apply (Rabs_near (sum H (fun h => f_mixture _ _ _ _ e h * W_O w h d))); [exact A|]. apply Rle_trans with (2 := S).
      apply Rle_trans with (1 := sum_Rabs _ _). apply sum_le. intros h J. rewrite Rabs_mult. apply Rle_refl. }
    destruct (query_residual d I) as [r1 r2]. assert (r3 := Rabs_near _ _ _ _ r1 r2).
    assert (X : Rabs (f_residual _ _ _ _ e (last w) d + f_output _ _ _ _ e d) <= BR d + eR d + (PO d + eO d)) by (apply Rle_trans with (1 := Rabs_triang _ _); lra).
    assert (C : Rabs (f_sum _ _ _ _ e d - (f_residual _ _ _ _ e (last w) d + f_output _ _ _ _ e d)) <= eS d).
    { assert (O : Rabs (f_residual _ _ _ _ e (last w) d + f_output _ _ _ _ e d) < powerRZ 2 127) by (apply below_127; lra).
      apply Rle_trans with (2 := eS_above d I). apply Rle_trans with (1 := rounded_near _ _ O (sum_is _ _ _ _ e d I)).
      pose proof u_pos. apply Rplus_le_compat_r, Rmult_le_compat_l; lra. }
    split; [exact A|split; [exact B|split; [exact C|]]]. now apply (Rabs_near _ _ _ _ C).
  Qed.

  Variables PU eL E lo hi : nat -> R.
  Hypothesis PU_above : forall x, (x < d_vocab w)%nat ->
    sum D (fun d => (BR d + eR d + (PO d + eO d) + eS d) * Rabs (W_U w d x)) <= PU x /\ PU x <= big.
  Hypothesis eL_above : forall x, (x < d_vocab w)%nat -> rate D * PU x + speck <= eL x.
  Hypothesis paths_range : forall x i, (x < d_vocab w)%nat -> (i < n)%nat -> lo x <= EVOU w (nth i s 0%nat) x + PVOU w i x <= hi x.
  Hypothesis E_above : forall x, (x < d_vocab w)%nat ->
    (hi x - lo x) * sh + (sum H (fun h => M h * Rabs (unembedded w h x)) + (sum D (fun d => (eR d + (eO d + eS d)) * Rabs (W_U w d x)) + eL x)) <= E x.

  Theorem logit_near x : (x < d_vocab w)%nat -> Rabs (f_logit e x - logit w s x) <= E x.
  Proof.
    intros X. destruct (PU_above x X) as [p1 p2]. fold D in D_few. pose proof big_value as bv.
    set (mix := f_mixture _ _ _ _ e). set (V := fun i h => projected w s (W_V w) i h).
    assert (size : sum D (fun d => Rabs (f_sum _ _ _ _ e d) * Rabs (W_U w d x)) <= PU x).
    { apply Rle_trans with (2 := p1). apply sum_le. intros d I. apply Rmult_le_compat_r; [apply Rabs_pos|now apply output_near]. }
    assert (P0 : 0 <= PU x) by (apply Rle_trans with (2 := size); apply sum_nonneg; intros; apply Rmult_le_pos; apply Rabs_pos).
    assert (last_step : Rabs (f_logit e x - sum D (fun d => f_sum _ _ _ _ e d * W_U w d x)) <= eL x).
    { apply Rle_trans with (2 := eL_above x X). apply Rle_trans with (2 := loss_rate D (PU x) D_some ltac:(lra) P0).
      apply inner_near; [exact D_some|now apply (logit_is _ _ _ _ e)|exact size|]. apply below_127, reach_below; [exact D_some|lra|lra]. }
    (* the sums, apart *)
    set (dd := fun d => (f_residual _ _ _ _ e (last w) d - residual w s (last w) d) + ((f_output _ _ _ _ e d - sum H (fun h => mix h * W_O w h d))
      + (f_sum _ _ _ _ e d - (f_residual _ _ _ _ e (last w) d + f_output _ _ _ _ e d)))).
    set (dm := fun h => mix h - sum n (fun i => Q i * V i h)).
    set (f := fun i => EVOU w (nth i s 0%nat) x + PVOU w i x).
    assert (through : sum D (fun d => sum H (fun h => mix h * W_O w h d) * W_U w d x) = sum H (fun h => mix h * unembedded w h x)).
    { rewrite (sum_ext D _ (fun d => sum H (fun h => mix h * (W_O w h d * W_U w d x)))) by (intros; rewrite <- sum_scal_r; apply sum_ext; intros; ring).
      rewrite sum_swap. apply sum_ext. intros h _. apply sum_scal_l. }
    assert (values : sum H (fun h => sum n (fun i => Q i * V i h) * unembedded w h x) = sum n (fun i => Q i * f i)).
    { rewrite (sum_ext H _ (fun h => sum n (fun i => Q i * (V i h * unembedded w h x)))) by (intros; rewrite <- sum_scal_r; apply sum_ext; intros; ring).
      rewrite sum_swap. apply sum_ext. intros i _. rewrite sum_scal_l. f_equal. apply value_split. }
    assert (total : sum D (fun d => f_sum _ _ _ _ e d * W_U w d x) - logit w s x =
      sum D (fun d => dd d * W_U w d x) + (sum H (fun h => dm h * unembedded w h x) + (sum n (fun i => Q i * f i) - sum n (fun i => attention w s i * f i)))).
    { rewrite (sum_ext D (fun d => f_sum _ _ _ _ e d * W_U w d x) (fun d => dd d * W_U w d x + (residual w s (last w) d * W_U w d x + sum H (fun h => mix h * W_O w h d) * W_U w d x))) by (intros; unfold dd; ring).
      rewrite !sum_plus, through.
      rewrite (sum_ext H (fun h => mix h * unembedded w h x) (fun h => dm h * unembedded w h x + sum n (fun i => Q i * V i h) * unembedded w h x)) by (intros; unfold dm; ring).
      rewrite sum_plus, values, logit_paths. unfold EU, query_row, residual, f. fold n. fold D. ring. }
    assert (b1 : Rabs (sum D (fun d => dd d * W_U w d x)) <= sum D (fun d => (eR d + (eO d + eS d)) * Rabs (W_U w d x))).
    { apply sum_off. intros d I. destruct (output_near d I) as [o1 [_ [o3 _]]]. destruct (query_residual d I) as [r1 _]. unfold dd.
      apply Rle_trans with (1 := Rabs_triang _ _). apply Rplus_le_compat; [exact r1|]. apply Rle_trans with (1 := Rabs_triang _ _). apply Rplus_le_compat; assumption. }
    assert (b2 : Rabs (sum H (fun h => dm h * unembedded w h x)) <= sum H (fun h => M h * Rabs (unembedded w h x))).
    { apply sum_off. intros h J. now apply mixture_near. }
    assert (b3 := mean_ok f (lo x) (hi x) ltac:(intros i I; now apply paths_range)).
    apply Rle_trans with (2 := E_above x X).
    assert (c : Rabs (sum D (fun d => f_sum _ _ _ _ e d * W_U w d x) - logit w s x) <= sum D (fun d => (eR d + (eO d + eS d)) * Rabs (W_U w d x)) + (sum H (fun h => M h * Rabs (unembedded w h x)) + (hi x - lo x) * sh)).
    { rewrite total. apply Rle_trans with (1 := Rabs_triang _ _). apply Rplus_le_compat; [exact b1|]. apply Rle_trans with (1 := Rabs_triang _ _). apply Rplus_le_compat; [exact b2|exact b3]. }
    apply Rle_trans with (1 := Rabs_chain _ _ _ _ _ last_step c). lra.
  Qed.
End Logits.
