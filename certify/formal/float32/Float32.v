(* From the bits of a model's weights to the accuracy of all its float32 evaluations.
   Main theorems: logit_errors_ok, float32_at_least. *)
From Coq Require Import Reals ZArith List Lia Lra PeanoNat.
Import ListNotations.
From Maxcert Require Import Statement Sums Separability Terms Sequences Integers Intervals Decoding Matrices Exponential Attention Paths Enclosures Count Exact Margins.
From Maxcert Require Import Float32Statement Rounding Float32Scores Float32Softmax Float32Layers Float32Logits Float32Units Float32Bounds.
Open Scope R_scope.

Lemma holds_ext p n l f g : (forall i, (i < n)%nat -> f i = g i) -> holds p n l f -> holds p n l g.
Proof. intros E [h H]. split; [exact h|]. intros i I. rewrite <- E by exact I. now apply H. Qed.
Lemma total_holds p : forall l n f, holds p n l f -> IZR (toZ (total l)) = sum n f * p.
Proof.
  induction l as [|x l IH]; intros n f [h H]; simpl in h; subst n; [cbn; rewrite toZ_zero; lra|].
  rewrite sum_first. cbn [total]. rewrite toZ_add, plus_IZR, (IH (length l) (fun i => f (S i))).
  - pose proof (H 0%nat ltac:(lia)) as g. cbn [nth] in g. rewrite g. ring.
  - split; [reflexivity|]. intros i I. exact (H (S i) ltac:(lia)).
Qed.
Lemma double_power B : (0 <= B)%Z -> IZR (2 ^ B) * IZR (2 ^ B) = IZR (2 ^ (2 * B)).
Proof. intros h. rewrite <- mult_IZR, <- Z.pow_add_r by exact h. do 2 f_equal. lia. Qed.

(* Rows times columns, and the largest magnitudes of the products. *)
Lemma product_holds B m n x Wt f W : (0 <= B)%Z -> holds (IZR (2 ^ B)) n x f -> represents (IZR (2 ^ B)) m n Wt W ->
  holds (IZR (2 ^ (2 * B))) m (map (dot x) Wt) (fun h => sum n (fun d => f d * W h d)).
Proof.
  intros hB hx [lw hw]. split; [now rewrite map_length|]. intros h I. rewrite (nth_map _ _ _ []) by (rewrite lw; exact I).
  rewrite (dot_correct _ _ n x (nth h Wt []) _ _ hx (hw h I)), double_power by exact hB. reflexivity.
Qed.
Lemma tops_product B m n Xs x Wt f W : (0 <= B)%Z -> In x Xs -> holds (IZR (2 ^ B)) n x f -> represents (IZR (2 ^ B)) m n Wt W ->
  length (tops m (mulT Xs Wt)) = m /\ forall h, (h < m)%nat -> Rabs (sum n (fun d => f d * W h d)) <= v (2 * B) (tops m (mulT Xs Wt)) h.
Proof.
  intros hB I hx hw. split; [apply tops_ok|]. intros h J.
  apply (tops_hold (IZR (2 ^ (2 * B))) m (mulT Xs Wt) (map (dot x) Wt) (fun h => sum n (fun d => f d * W h d))); [apply power_positive; lia| |now apply product_holds|exact J].
  unfold mulT. exact (in_map (fun r => map (dot r) Wt) Xs x I).
Qed.
Lemma v_of_holds U l n f i : (0 <= U)%Z -> holds (IZR (2 ^ U)) n l f -> (i < n)%nat -> v U l i = f i.
Proof. intros hU [_ H] I. unfold v, val. rewrite (H i I). field. apply Rgt_not_eq, power_positive, hU. Qed.

(* The range of a row of numbers. *)
Definition low_of (p : R) (l : row) : R := - (IZR (toZ (largest (map opp l))) / p).
Definition high_of (p : R) (l : row) : R := IZR (toZ (largest l)) / p.
Lemma extent_ok p n l f : 0 < p -> holds p n l f ->
  (forall i, (i < n)%nat -> low_of p l <= f i <= high_of p l) /\ IZR (toZ (extent l)) = (high_of p l - low_of p l) * p.
Proof.
  intros hp [h H]. unfold low_of, high_of. split.
  - intros i I. assert (a := largest_correct l i ltac:(rewrite h; exact I)). assert (b := largest_correct (map opp l) i ltac:(rewrite map_length, h; exact I)).
    rewrite (nth_map _ _ _ zero), toZ_opp in b by (rewrite h; exact I). apply IZR_le in a, b. rewrite opp_IZR in b. rewrite (H i I) in a, b.
    split; apply Rmult_le_reg_r with p; try exact hp.
    + replace (- (IZR (toZ (largest (map opp l))) / p) * p) with (- IZR (toZ (largest (map opp l)))) by (field; lra). lra.
    + replace (IZR (toZ (largest l)) / p * p) with (IZR (toZ (largest l))) by (field; lra). lra.
  - unfold extent. rewrite toZ_add, plus_IZR. field. lra.
Qed.

Theorem logit_errors_ok B k sub w p l s (e : evaluation (IZR k) sub (model_of w) s) : let M := model_of w in
  paths_of B w = Some p -> logit_errors B k sub w p = Some l -> In s (sequences (d_vocab M) (n_ctx M)) ->
  forall x, (x < d_vocab M)%nat -> Rabs (f_logit e x - logit M s x) <= v (2 * B) l (query M s).
Proof.
  intros M ep el Is. apply in_sequences in Is. destruct Is as [Ls Fs].
  destruct (paths_correct B w p ep) as [_ [ev_ok [pv_ok _]]]. fold M in ev_ok, pv_ok.
  assert (sh : shapes w = true) by (unfold paths_of in ep; destruct (shapes w); [reflexivity|discriminate]).
  unfold shapes in sh. cbv zeta in sh. repeat (apply andb_prop in sh; destruct sh as [sh ?]).
  repeat match goal with h : Nat.ltb _ _ = true |- _ => apply Nat.ltb_lt in h end.
  unfold logit_errors in el.
  destruct (matrix B (wE w)) as [E|] eqn:eE; [|discriminate]. destruct (matrix B (wP w)) as [P|] eqn:eP; [|discriminate].
  destruct (matrix B (wQ w)) as [Q|] eqn:eQ; [|discriminate]. destruct (matrix B (wK w)) as [Kw|] eqn:eK; [|discriminate].
  destruct (matrix B (wV w)) as [V|] eqn:eV; [|discriminate]. destruct (matrix B (wO w)) as [Ou|] eqn:eO; [|discriminate].
  destruct (matrix B (wU w)) as [Un|] eqn:eU; [|discriminate].
  cbv zeta in el.
  set (n := length (wP w)) in *. set (dm := length (wU w)) in *. set (dh := length (wO w)) in *.
  set (X := flat_map (fun e => plus_row P e) E) in el. set (Xq := plus_row E (nth (n - 1) P [])) in el.
  set (aX := map (map magnitude_of) X) in el.
  set (Qt := transpose Q) in el. set (Kt := transpose Kw) in el. set (Vt := transpose V) in el.
  set (aQt := map (map magnitude_of) Qt) in el. set (aKt := map (map magnitude_of) Kt) in el. set (aVt := map (map magnitude_of) Vt) in el.
  set (aUt := map (map magnitude_of) (transpose Un)) in el. set (aOt := map (map magnitude_of) (transpose Ou)) in el.
  set (aOUt := map (map magnitude_of) (transpose (matmul Ou Un))) in el.
  set (ck := tops dh (mulT aX aKt)) in el. set (cv := tops dh (mulT aX aVt)) in el.
  set (bk := tops dh (mulT X Kt)) in el. set (bv := tops dh (mulT X Vt)) in el. set (bx := map (fun x => shl x (ofZ B)) (tops dm X)) in el.
  set (ek := projection_error B dm ck) in el. set (ev := projection_error B dm cv) in el.
  set (r := ofZ (Z.sqrt (2 ^ 120 / Z.of_nat dh) + 1)) in el.
  set (widths := map _ (combine (transpose (tEVOU p)) (transpose (tPVOU p)))) in el.
  match type of el with (if ?g then _ else _) = _ => destruct g eqn:checks; [|discriminate] end.
  apply andb_prop in checks. destruct checks as [checks values_fit]. apply andb_prop in checks. destruct checks as [checks keys_fit].
  apply andb_prop in checks. destruct checks as [checks cv_fit]. apply andb_prop in checks. destruct checks as [checks ck_fit].
  apply andb_prop in checks. destruct checks as [checks bx_fit]. apply andb_prop in checks. destruct checks as [checks columns_fit].
  apply andb_prop in checks. destruct checks as [checks few]. apply andb_prop in checks. destruct checks as [checks k1].
  apply andb_prop in checks. destruct checks as [B12 k0]. apply Z.leb_le in B12, k0, k1.
  assert (B0 : (0 <= B)%Z) by lia. assert (U0 : (0 <= 2 * B)%Z) by lia. assert (PB := power_positive B B0). assert (PU := power_positive _ U0).
  assert (small : forall m, In m [n; dm; dh] -> (1 <= m)%nat /\ INR m <= 1024).
  { intros m I. rewrite forallb_forall in few. specialize (few m I). apply andb_prop in few. destruct few as [a b]. apply Nat.leb_le in a, b.
    split; [exact a|]. rewrite INR_IZR_INZ. apply IZR_le. lia. }
  destruct (small n ltac:(now left)) as [n1 n2]. destruct (small dm ltac:(right; now left)) as [d1 d2]. destruct (small dh ltac:(right; right; now left)) as [h1 h2].
  assert (pB : powerRZ 2 B = IZR (2 ^ B)) by now rewrite power_of_two.
  assert (rE := matrix_correct B (wE w) E (d_vocab M) dm ltac:(assumption) eE). assert (rP := matrix_correct B (wP w) P n dm ltac:(assumption) eP).
  assert (rQ := matrix_correct B (wQ w) Q dm dh ltac:(assumption) eQ). assert (rK := matrix_correct B (wK w) Kw dm dh ltac:(assumption) eK).
  assert (rV := matrix_correct B (wV w) V dm dh ltac:(assumption) eV). assert (rO := matrix_correct B (wO w) Ou dh dm ltac:(assumption) eO).
  assert (rU := matrix_correct B (wU w) Un dm (d_vocab M) ltac:(assumption) eU).
  rewrite pB in rE, rP, rQ, rK, rV, rO, rU.
  assert (tQ : represents (IZR (2 ^ B)) dh dm Qt (fun h d => W_Q M d h)) by (apply (transpose_correct _ dm dh); [exact d1|exact rQ]).
  assert (tK : represents (IZR (2 ^ B)) dh dm Kt (fun h d => W_K M d h)) by (apply (transpose_correct _ dm dh); [exact d1|exact rK]).
  assert (tV : represents (IZR (2 ^ B)) dh dm Vt (fun h d => W_V M d h)) by (apply (transpose_correct _ dm dh); [exact d1|exact rV]).
  assert (tU : represents (IZR (2 ^ B)) (d_vocab M) dm aUt (fun x d => Rabs (W_U M d x))).
  { apply magnitudes_represent; [lra|]. apply (transpose_correct _ dm (d_vocab M) _ (entry (wU w))); [exact d1|exact rU]. }
  assert (tO : represents (IZR (2 ^ B)) dm dh aOt (fun d h => Rabs (W_O M h d))).
  { apply magnitudes_represent; [lra|]. apply (transpose_correct _ dh dm _ (entry (wO w))); [exact h1|exact rO]. }
  assert (tOU : represents (IZR (2 ^ (2 * B))) (d_vocab M) dh aOUt (fun x h => Rabs (unembedded M h x))).
  { apply magnitudes_represent; [lra|]. apply (transpose_correct _ dh (d_vocab M) _ (unembedded M)); [exact h1|]. rewrite <- double_power by exact B0.
    exact (matmul_correct _ _ dh dm (d_vocab M) Ou Un (entry (wO w)) (entry (wU w)) d1 rO rU). }
  assert (aQ := magnitudes_represent _ _ _ _ _ (Rlt_le _ _ PB) tQ). assert (aK := magnitudes_represent _ _ _ _ _ (Rlt_le _ _ PB) tK). assert (aV := magnitudes_represent _ _ _ _ _ (Rlt_le _ _ PB) tV).
  fold aQt in aQ. fold aKt in aK. fold aVt in aV. cbv beta in aQ, aK, aV.
  (* the residual rows *)
  assert (token : forall i, (i < n)%nat -> (nth i s 0 < d_vocab M)%nat).
  { intros i I. rewrite Forall_forall in Fs. apply Fs, nth_In. rewrite Ls. exact I. }
  assert (rows : forall i, (i < n)%nat -> exists x, In x X /\ holds (IZR (2 ^ B)) dm x (residual M s i)).
  { intros i I. exists (plus (nth i P []) (nth (nth i s 0%nat) E [])). split.
    - apply in_flat_map. exists (nth (nth i s 0%nat) E []). split; [apply nth_In; rewrite (proj1 rE); now apply token|].
      unfold plus_row. apply (in_map (fun a => plus a (nth (nth i s 0%nat) E []))). apply nth_In. rewrite (proj1 rP). exact I.
    - apply (holds_ext _ _ _ (fun d => entry (wP w) i d + entry (wE w) (nth i s 0%nat) d)); [intros d _; unfold residual; cbn [M model_of W_E W_pos]; apply Rplus_comm|].
      apply plus_correct; [now apply rP|apply rE; now apply token]. }
  set (q := query M s). assert (last_ok : (last M < n)%nat) by (unfold last; change (n_ctx M) with n; lia).
  assert (qV : (q < d_vocab M)%nat) by (apply token; exact last_ok).
  set (xq := nth q Xq []).
  assert (hq : holds (IZR (2 ^ B)) dm xq (residual M s (last M))).
  { exact (proj2 (plus_row_correct _ _ _ _ _ _ _ rE (proj2 rP (n - 1)%nat last_ok)) q qV). }
  assert (haq := magnitudes_hold _ _ _ _ (Rlt_le _ _ PB) hq).
  set (cq := map (dot (map magnitude_of xq)) aQt) in *. set (aq := map magnitude_of (map (dot xq) Qt)) in *. set (eq := projection_error B dm cq) in *.
  assert (hcq := product_holds B dh dm _ aQt _ _ B0 haq aQ). fold cq in hcq.
  assert (haqv := magnitudes_hold _ _ _ _ (Rlt_le _ _ PU) (product_holds B dh dm _ Qt _ _ B0 hq tQ)). fold aq in haqv.
  (* what the rows' largest magnitudes bound *)
  assert (key_real : forall i h, (i < n)%nat -> (h < dh)%nat -> Rabs (projected M s (W_K M) i h) <= v (2 * B) bk h).
  { intros i h I J. destruct (rows i I) as [x [Ix hx]]. exact (proj2 (tops_product B dh dm X x Kt _ _ B0 Ix hx tK) h J). }
  assert (value_real : forall i h, (i < n)%nat -> (h < dh)%nat -> Rabs (projected M s (W_V M) i h) <= v (2 * B) bv h).
  { intros i h I J. destruct (rows i I) as [x [Ix hx]]. exact (proj2 (tops_product B dh dm X x Vt _ _ B0 Ix hx tV) h J). }
  assert (key_sizes : forall i h, (i < n)%nat -> (h < dh)%nat -> sum dm (fun d => Rabs (residual M s i d) * Rabs (W_K M d h)) <= v (2 * B) ck h).
  { intros i h I J. destruct (rows i I) as [x [Ix hx]]. apply Rle_trans with (1 := Rle_abs _).
    exact (proj2 (tops_product B dh dm aX _ aKt _ _ B0 (in_map (map magnitude_of) _ _ Ix) (magnitudes_hold _ _ _ _ (Rlt_le _ _ PB) hx) aK) h J). }
  assert (value_sizes : forall i h, (i < n)%nat -> (h < dh)%nat -> sum dm (fun d => Rabs (residual M s i d) * Rabs (W_V M d h)) <= v (2 * B) cv h).
  { intros i h I J. destruct (rows i I) as [x [Ix hx]]. apply Rle_trans with (1 := Rle_abs _).
    exact (proj2 (tops_product B dh dm aX _ aVt _ _ B0 (in_map (map magnitude_of) _ _ Ix) (magnitudes_hold _ _ _ _ (Rlt_le _ _ PB) hx) aV) h J). }
  assert (lck : length ck = dh) by apply tops_ok. assert (lcv : length cv = dh) by apply tops_ok. assert (lbk : length bk = dh) by apply tops_ok. assert (lbv : length bv = dh) by apply tops_ok.
  assert (lbx : length bx = dm) by (unfold bx; rewrite map_length; apply tops_ok).
  assert (lek : length ek = dh) by (unfold ek; now rewrite projection_length). assert (lev : length ev = dh) by (unfold ev; now rewrite projection_length).
  assert (lcq : length cq = dh) by apply hcq. assert (laq : length aq = dh) by apply haqv. assert (leq : length eq = dh) by (unfold eq; now rewrite projection_length).
  assert (residual_real : forall i d, (i < n)%nat -> (d < dm)%nat -> Rabs (residual M s i d) <= v (2 * B) bx d).
  { intros i d I J. destruct (rows i I) as [x [Ix hx]]. pose proof (tops_hold _ dm X x _ PB Ix hx d J) as g. unfold bx. rewrite v_map by (rewrite (proj1 (tops_ok dm X)); exact J).
    apply Rle_trans with (1 := g). unfold val. rewrite toZ_shl, toZ_ofZ, Z.shiftl_mul_pow2, mult_IZR, <- double_power by exact B0. right. field. lra. }
  assert (residual_size : forall i d, (i < n)%nat -> (d < dm)%nat -> Rabs (residual M s i d) <= big).
  { intros i d I J. apply Rle_trans with (1 := residual_real i d I J). rewrite <- (limit_40 B B12). apply at_most_ok; [exact B12|exact bx_fit|rewrite lbx; exact J]. }
  assert (columns : forall Wt W, In Wt [aQt; aKt; aVt] -> represents (IZR (2 ^ B)) dh dm Wt W -> forall h, (h < dh)%nat -> sum dm (W h) <= big / 4096).
  { intros Wt W I [lW hW] h J. rewrite forallb_forall in columns_fit. specialize (columns_fit Wt I). unfold at_most in columns_fit. rewrite forallb_forall in columns_fit.
    specialize (columns_fit (total (nth h Wt [])) (in_map total _ _ (nth_In _ _ (eq_ind_r (fun m => (h < m)%nat) J lW)))).
    rewrite toZ_leb, toZ_ofZ in columns_fit. apply Z.leb_le, IZR_le in columns_fit. rewrite (total_holds _ _ _ _ (hW h J)) in columns_fit.
    apply Rmult_le_reg_r with (IZR (2 ^ B)); [exact PB|]. apply Rle_trans with (1 := columns_fit). rewrite Z.pow_add_r, mult_IZR by lia. apply Rmult_le_compat_r; [lra|].
    rewrite big_value. change (IZR (2 ^ 28)) with 268435456. lra. }
  assert (cq_real : forall h, (h < dh)%nat -> v (2 * B) cq h = sum dm (fun d => Rabs (residual M s (last M) d) * Rabs (W_Q M d h)))
    by (intros h J; exact (v_of_holds _ _ _ _ _ U0 hcq J)).
  assert (aq_real : forall h, (h < dh)%nat -> v (2 * B) aq h = Rabs (projected M s (W_Q M) (last M) h)) by (intros h J; exact (v_of_holds _ _ _ _ _ U0 haqv J)).
  (* the checks, and what they are for *)
  destruct (output_errors B dm (mixture_error B n bv ev) (output_layer B dh bx bv (mixture_error B n bv ev) aOt) aUt aOUt) as [c|] eqn:ec; [|discriminate].
  destruct (all_correct _ _ _ [] zero el) as [ll lq]. specialize (lq q). cbv beta in lq. fold xq in lq. fold cq in lq. fold aq in lq. fold eq in lq.
  assert (lXq : length Xq = d_vocab M) by (unfold Xq, plus_row; rewrite map_length; apply rE). rewrite lXq in lq, ll. specialize (lq qV).
  destruct (at_most (limit B 40) cq) eqn:cq_fit; [|discriminate].
  destruct (query_shift B k sub dh r aq eq bk ek) as [qs|] eqn:eqs; [|discriminate].
  apply (f_equal (fun o => match o with Some z => z | None => zero end)) in lq. cbv beta iota in lq.
  pose proof speck_pos as sp.
  assert (error_pos : forall cc h, length cc = dh -> (h < dh)%nat -> 0 <= v (2 * B) cc h -> 0 <= v (2 * B) (projection_error B dm cc) h).
  { intros cc h L J N. pose proof (projection_error_ok B B12 dm cc h ltac:(rewrite L; exact J)). pose proof (rate_pos (S dm)). assert (0 <= rate (S dm) * v (2 * B) cc h) by now apply Rmult_le_pos. lra. }
  assert (sum_pos' : forall f g, 0 <= sum dm (fun d => Rabs (f d) * Rabs (g d))) by (intros; apply sum_nonneg; intros; apply Rmult_le_pos; apply Rabs_pos).
  assert (nonneg : forall h, (h < dh)%nat -> 0 <= v (2 * B) aq h /\ 0 <= v (2 * B) eq h /\ 0 <= v (2 * B) bk h /\ 0 <= v (2 * B) ek h).
  { intros h J. split; [rewrite aq_real by exact J; apply Rabs_pos|]. split; [|split].
    - apply error_pos; [exact lcq|exact J|]. rewrite cq_real by exact J. apply (sum_pos' (residual M s (last M)) (fun d => W_Q M d h)).
    - apply Rle_trans with (2 := key_real 0%nat h n1 J). apply Rabs_pos.
    - apply error_pos; [exact lck|exact J|]. apply Rle_trans with (2 := key_sizes 0%nat h n1 J). apply (sum_pos' (residual M s 0%nat) (fun d => W_K M d h)). }
  assert (r_above : root dh <= IZR (toZ r) / IZR (2 ^ 60)).
  { destruct (inverse_root (Z.of_nat dh) 60 ltac:(lia) ltac:(lia)) as [_ [g _]]. change (2 ^ (2 * 60))%Z with (2 ^ 120)%Z in g. unfold r. rewrite toZ_ofZ. unfold root. rewrite INR_IZR_INZ.
    pose proof (power_positive 60 ltac:(lia)) as p60. apply Rmult_le_reg_r with (IZR (2 ^ 60)); [exact p60|]. unfold Rdiv at 1. rewrite (Rmult_assoc (IZR _)), Rinv_l, Rmult_1_r by lra.
    rewrite Rmult_comm. exact g. }
  destruct (query_shift_ok B B12 k sub dh r aq eq bk ek (conj laq (conj leq (conj lbk lek))) nonneg r_above h1 (conj k0 k1) qs eqs)
    as [es [SM [L [[fit1 fit2] [es_above [SM_above [L_above [L_small [scores_small shift_above]]]]]]]]].
  assert (kR : 0 <= IZR k <= 65536) by (split; apply IZR_le; lia).
  assert (weights_size : forall W Wt, In Wt [aQt; aKt; aVt] -> represents (IZR (2 ^ B)) dh dm Wt (fun h d => Rabs (W d h)) ->
    forall h, (h < dh)%nat -> sum dm (fun d => Rabs (W d h)) <= big / 4096) by (intros W Wt I R h J; exact (columns Wt _ I R h J)).
  assert (query_near : forall h, (h < dh)%nat ->
    Rabs (f_query _ _ _ _ e h - projected M s (W_Q M) (last M) h) <= v (2 * B) eq h /\ Rabs (projected M s (W_Q M) (last M) h) <= v (2 * B) aq h).
  { intros h J. split; [|rewrite aq_real by exact J; apply Rle_refl].
    apply Rle_trans with (2 := projection_error_ok B B12 dm cq h ltac:(rewrite lcq; exact J)).
    apply (projected_near (IZR k) sub M s e d1 d2 residual_size (W_Q M) (last M) h _ _ last_ok (query_is _ _ _ _ e h J)).
    - rewrite cq_real by exact J. apply Rle_refl.
    - rewrite <- (limit_40 B B12). apply at_most_ok; [exact B12|exact cq_fit|rewrite lcq; exact J].
    - apply (weights_size (W_Q M) aQt); [now left|exact aQ|exact J]. }
  assert (key_near : forall i h, (i < n)%nat -> (h < dh)%nat ->
    Rabs (f_key _ _ _ _ e i h - projected M s (W_K M) i h) <= v (2 * B) ek h /\ Rabs (projected M s (W_K M) i h) <= v (2 * B) bk h).
  { intros i h I J. split; [|now apply key_real].
    apply Rle_trans with (2 := projection_error_ok B B12 dm ck h ltac:(rewrite lck; exact J)).
    apply (projected_near (IZR k) sub M s e d1 d2 residual_size (W_K M) i h _ _ I (key_is _ _ _ _ e i h I J)); [now apply key_sizes| |].
    - rewrite <- (limit_40 B B12). apply at_most_ok; [exact B12|exact ck_fit|rewrite lck; exact J].
    - apply (weights_size (W_K M) aKt); [right; now left|exact aK|exact J]. }
  assert (value_near : forall i h, (i < n)%nat -> (h < dh)%nat ->
    Rabs (f_value _ _ _ _ e i h - projected M s (W_V M) i h) <= v (2 * B) ev h /\ Rabs (projected M s (W_V M) i h) <= v (2 * B) bv h).
  { intros i h I J. split; [|now apply value_real].
    apply Rle_trans with (2 := projection_error_ok B B12 dm cv h ltac:(rewrite lcv; exact J)).
    apply (projected_near (IZR k) sub M s e d1 d2 residual_size (W_V M) i h _ _ I (value_is _ _ _ _ e i h I J)); [now apply value_sizes| |].
    - rewrite <- (limit_40 B B12). apply at_most_ok; [exact B12|exact cv_fit|rewrite lcv; exact J].
    - apply (weights_size (W_V M) aVt); [right; right; now left|exact aV|exact J]. }
  assert (keys_fit' : sum dh (fun h => v (2 * B) bk h + v (2 * B) ek h) <= big / 8192).
  { apply (leb_val _ U0) in keys_fit. rewrite (limit_27 B B12) in keys_fit. rewrite <- (val_total _ dh) in keys_fit by (now apply (plus_len B B12)).
    rewrite (sum_ext dh _ (v (2 * B) (plus bk ek))); [exact keys_fit|]. intros h J. symmetry. now apply (plus_v B B12 dh). }
  destruct (attention_ok (IZR k) sub M s e kR n1 n2 d1 h1 h2 residual_size _ _ _ _ query_near key_near (conj fit1 (conj keys_fit' fit2)) es SM L es_above SM_above L_above L_small scores_small)
    as [Qw [mean_ok weights_ok]].
  (* the ranges of the paths *)
  intros x Hx. assert (V0 : (0 < d_vocab M)%nat) by lia.
  assert (p4 : powerRZ 2 (4 * B) = IZR (2 ^ (4 * B))) by (rewrite power_of_two by lia; reflexivity). assert (P4 := power_positive (4 * B) ltac:(lia)). rewrite p4 in ev_ok, pv_ok.
  assert (tev := transpose_correct _ _ _ _ _ V0 ev_ok). assert (tpv := transpose_correct _ _ _ _ _ n1 pv_ok). cbv beta in tev, tpv.
  set (F := IZR (2 ^ (4 * B))) in *. set (Et := transpose (tEVOU p)) in *. set (Pt := transpose (tPVOU p)) in *.
  set (lo := fun y => low_of F (nth y Et []) + low_of F (nth y Pt [])). set (hi := fun y => high_of F (nth y Et []) + high_of F (nth y Pt [])).
  assert (paths_range : forall y i, (y < d_vocab M)%nat -> (i < n)%nat -> lo y <= EVOU M (nth i s 0%nat) y + PVOU M i y <= hi y).
  { intros y i Y I. destruct (extent_ok F _ _ _ P4 (proj2 tev y Y)) as [a _]. destruct (extent_ok F _ _ _ P4 (proj2 tpv y Y)) as [b _].
    specialize (a _ (token i I)). specialize (b i I). unfold lo, hi. lra. }
  destruct (output_errors_ok B B12 k sub M s e n1 n2 d1 d2 h1 h2 Qw (attention_shift (IZR k) L) mean_ok weights_ok bv ev bx (conj lbv (conj lev lbx)) value_near values_fit
    (fun d J => conj (residual_near (IZR k) sub M s e residual_size (last M) d last_ok J) (residual_real (last M) d last_ok J)) aUt aOt aOUt tU tO tOU lo hi paths_range c ec) as [lc bound].
  apply Rle_trans with (1 := bound x Hx).
  assert (lw : length widths = d_vocab M) by (unfold widths; rewrite map_length, combine_length, (proj1 tev), (proj1 tpv); apply Nat.min_id).
  assert (wide : hi x - lo x <= v (2 * B) widths x).
  { unfold widths. rewrite (v_map' B _ _ _ ([], [])) by (rewrite combine_length, (proj1 tev), (proj1 tpv), Nat.min_id; exact Hx).
    rewrite combine_nth by exact (eq_trans (proj1 tev) (eq_sym (proj1 tpv))). cbn [fst snd].
    destruct (extent_ok F _ _ _ P4 (proj2 tev x Hx)) as [_ a]. destruct (extent_ok F _ _ _ P4 (proj2 tpv x Hx)) as [_ b].
    apply Rle_trans with (2 := val_ceiling _ U0 _ _ U0). unfold val. rewrite toZ_add, plus_IZR, a, b. unfold hi, lo. right.
    assert (f4 : F = IZR (2 ^ (2 * B)) * IZR (2 ^ (2 * B))) by (unfold F; rewrite double_power by exact U0; do 2 f_equal; lia). rewrite f4. field. lra. }
  destruct (paths_range x (last M) Hx last_ok) as [r1 r2].
  assert (shift0 : 0 <= attention_shift (IZR k) L).
  { assert (g := mean_ok (fun _ => 0) 0 1 ltac:(intros; lra)). apply Rle_trans with (1 := Rabs_pos _) in g. lra. }
  set (moved := map (fun d => up_mul (2 * B) d qs) widths) in *. assert (lm : length moved = d_vocab M) by (unfold moved; now rewrite map_length).
  apply Rle_trans with (v (2 * B) (plus moved c) x).
  - rewrite (plus_v B B12 (d_vocab M)) by assumption. apply Rplus_le_compat_r. unfold moved. rewrite v_map by (rewrite lw; exact Hx).
    apply Rle_trans with (2 := val_up_mul _ U0 _ _). apply Rmult_le_compat; try lra; assumption.
  - unfold v at 2. rewrite <- lq. apply largest_v; [exact U0|]. rewrite (plus_len B B12 (d_vocab M)) by assumption. exact Hx.
Qed.

(* What a success says of its length and of B. *)
Lemma logit_errors_some B k sub w p l : paths_of B w = Some p -> logit_errors B k sub w p = Some l -> length l = length (wE w) /\ (12 <= B)%Z.
Proof.
  intros ep el.
  assert (sh : shapes w = true) by (unfold paths_of in ep; destruct (shapes w); [reflexivity|discriminate]).
  unfold shapes in sh. cbv zeta in sh. repeat (apply andb_prop in sh; destruct sh as [sh ?]).
  unfold logit_errors in el.
  destruct (matrix B (wE w)) as [E|] eqn:eE; [|discriminate]. destruct (matrix B (wP w)) as [P|]; [|discriminate].
  destruct (matrix B (wQ w)) as [Q|]; [|discriminate]. destruct (matrix B (wK w)) as [Kw|]; [|discriminate].
  destruct (matrix B (wV w)) as [V|]; [|discriminate]. destruct (matrix B (wO w)) as [Ou|]; [|discriminate].
  destruct (matrix B (wU w)) as [Un|]; [|discriminate].
  assert (rE := matrix_correct B (wE w) E (length (wE w)) (length (wU w)) ltac:(assumption) eE).
  cbv zeta in el. match type of el with (if ?g then _ else _) = _ => destruct g eqn:checks; [|discriminate] end.
  destruct (output_errors _ _ _ _ _ _) as [c|]; [|discriminate].
  destruct (all_correct _ _ _ [] zero el) as [ll _]. rewrite ll. unfold plus_row. rewrite map_length. split; [apply rE|].
  repeat (apply andb_prop in checks; destruct checks as [checks _]). now apply Z.leb_le.
Qed.

(* ---------- The accuracy ---------- *)

(* Twice each bound, in units of 2^-40: the margins of the queries. *)
Definition margins (B : Z) (l : row) : row := map (fun e => ceiling (mul e (ofZ (2 ^ 41))) (ofZ (2 * B))) l.
(* How many sequences are right in every float32 evaluation with an exp within k units in the last place. *)
Definition float32_count (k : Z) (subtracts : bool) (w : weights) : option Z :=
  let B := places w in
  match paths_of B w with
  | None => None
  | Some p => match logit_errors B k subtracts w p with None => None | Some l => Some (leading B 40 160 40 w p (margins B l)) end
  end.
Definition float32_proves (k : Z) (subtracts : bool) (w : weights) (n : Z) : bool :=
  match float32_count k subtracts w with None => false | Some m => (n <=? m)%Z end.

Lemma count_mono {A} (P P' : A -> Prop) l : (forall a, In a l -> P a -> P' a) -> forall n n', count P l n -> count P' l n' -> (n <= n')%Z.
Proof.
  induction l as [|a l IH]; intros H n n' C C'; inversion C; inversion C'; subst; [lia| | | |].
  - assert (n0 <= n1)%Z by (apply IH; [intros; apply H; [now right|assumption]|assumption|assumption]). lia.
  - exfalso. match goal with h : ~ _ |- _ => apply h end. apply H; [now left|assumption].
  - assert (n <= n1)%Z by (apply IH; [intros; apply H; [now right|assumption]|assumption|assumption]). lia.
  - apply IH; [intros; apply H; [now right|assumption]|assumption|assumption].
Qed.

Lemma maximum_below V n s : In s (sequences V n) -> (1 <= n)%nat -> (maximum s < V)%nat.
Proof.
  intros I N. apply in_sequences in I. destruct I as [L F]. destruct s as [|t s]; [simpl in L; lia|]. inversion F; subst.
  assert (G : (maximum (t :: s) <= V - 1)%nat) by (apply fold_max_le; eapply Forall_impl; [|exact F]; simpl; intros; lia). lia.
Qed.

Theorem float32_at_least k sub w n : float32_proves k sub w n = true -> float32_accuracy_at_least (IZR k) sub (model_of w) n.
Proof.
  unfold float32_proves, float32_count. set (B := places w). destruct (paths_of B w) as [p|] eqn:ep; [|discriminate].
  destruct (logit_errors B k sub w p) as [l|] eqn:el; [|discriminate]. intros h. apply Z.leb_le in h. set (M := model_of w).
  destruct (leading_count B 40 160 40 w p (margins B l) ep) as [a [C L]]. fold M in C. cbv zeta in C.
  destruct (count_known (float32_right (IZR k) sub M) (sequences (d_vocab M) (n_ctx M))) as [b [Cb _]].
  exists b. split; [exact Cb|]. apply Z.le_trans with (1 := h). apply Z.le_trans with (1 := L).
  refine (count_mono _ _ _ _ _ _ C Cb). intros s Is lead e x Hx Nx.
  assert (n1 : (1 <= n_ctx M)%nat) by apply (paths_positive _ _ _ ep).
  assert (Hm := maximum_below _ _ _ Is n1).
  assert (ex := logit_errors_ok B k sub w p l s e ep el Is x Hx). assert (em := logit_errors_ok B k sub w p l s e ep el Is (maximum s) Hm).
  fold M in ex, em. specialize (lead x Hx Nx). set (q := query M s) in *. unfold margins in lead.
  assert (qV : (q < d_vocab M)%nat).
  { apply in_sequences in Is. destruct Is as [Ls Fs]. rewrite Forall_forall in Fs. apply Fs, nth_In. rewrite Ls. unfold last. lia. }
  assert (ql : (q < length l)%nat) by (rewrite (proj1 (logit_errors_some B k sub w p l ep el)); exact qV).
  rewrite (nth_map _ _ _ zero) in lead by exact ql.
  assert (B0 : (0 <= 2 * B)%Z) by (pose proof (proj2 (logit_errors_some B k sub w p l ep el)); lia).
  pose proof (ceiling_up (mul (nth q l zero) (ofZ (2 ^ 41))) (2 * B) B0) as up. rewrite toZ_mul, toZ_ofZ, mult_IZR in up.
  unfold v, val in ex, em. set (err := IZR (toZ (nth q l zero)) / IZR (2 ^ (2 * B))) in *.
  assert (two : 2 * err <= IZR (toZ (ceiling (mul (nth q l zero) (ofZ (2 ^ 41))) (ofZ (2 * B)))) / IZR (2 ^ 40)).
  { pose proof (power_positive _ B0). apply Rmult_le_reg_r with (IZR (2 ^ 40)); [apply power_positive; lia|]. pose proof (power_positive 40 ltac:(lia)).
    set (top := IZR (toZ (ceiling _ _))) in *. replace (top / IZR (2 ^ 40) * IZR (2 ^ 40)) with top by (field; lra). apply Rle_trans with (2 := up). unfold err.
    change (IZR (2 ^ 41)) with (2 * IZR (2 ^ 40)). right. field. lra. }
  apply Flocq.Core.Raux.Rabs_le_inv in ex, em. lra.
Qed.
