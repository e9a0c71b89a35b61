(* The tables of LogitBounds bound what the check of cells asks for. Main theorem: logit_tables_ok. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Integers Intervals Decoding Matrices Exponential Paths Enclosures CellCheck CellCount Rows LogitBounds.
Import ListNotations.
Open Scope R_scope.

Lemma holds_shl p n l f s : (0 <= s)%Z -> holds p n l f -> holds (p * IZR (2 ^ s)) n (map (fun n => shl n (ofZ s)) l) f.
Proof.
  intros hs [L H]. split; [now rewrite map_length|]. intros k K.
  rewrite (nth_map _ _ _ zero) by lia. rewrite toZ_shl, toZ_ofZ, Z.shiftl_mul_pow2, mult_IZR, (H k K) by assumption. ring.
Qed.
Lemma spreads_shl p r c f l s : (0 <= s)%Z -> spreads p r c f l -> spreads (p * IZR (2 ^ s)) r c f (map (fun n => shl n (ofZ s)) l).
Proof.
  intros hs [L H]. split; [now rewrite map_length|]. intros i j j' I J J'. specialize (H i j j' I J J').
  rewrite (nth_map _ _ _ zero) by lia. rewrite toZ_shl, toZ_ofZ, Z.shiftl_mul_pow2, mult_IZR by assumption.
  assert (S0 := power_positive s hs). rewrite <- Rmult_assoc. apply Rmult_le_compat_r; lra.
Qed.
Lemma holds_hint h n (l : list Z) : (0 <= h)%Z -> length l = n ->
  holds (IZR (2 ^ h)) n (map ofZ l) (fun k => IZR (nth k l 0%Z) / IZR (2 ^ h)).
Proof.
  intros hh L. split; [now rewrite map_length|]. intros k K. rewrite (nth_map _ _ _ 0%Z) by lia. rewrite toZ_ofZ.
  assert (S0 := power_positive h hh). field. lra.
Qed.
Lemma holds_opp p n l f : holds p n l f -> holds p n (map opp l) (fun k => - f k).
Proof.
  intros [L H]. split; [now rewrite map_length|]. intros k K. rewrite (nth_map _ _ _ zero) by lia.
  rewrite toZ_opp, opp_IZR, H by easy. ring.
Qed.
Lemma represents_rows p r c m f (change : list int -> list int) p' g :
  (forall i l, (i < r)%nat -> holds p c l (f i) -> holds p' c (change l) (g i)) -> represents p r c m f -> represents p' r c (map change m) g.
Proof.
  intros C [L H]. split; [now rewrite map_length|]. intros i I. rewrite (nth_map _ _ _ []) by lia. apply C; [easy|now apply H].
Qed.

Definition direct_fits (d : direct_option) (n : nat) : bool :=
  match d with against w => (length w =? n)%nat | _ => true end.

Section Direct.
  Variable w : model.
  Notation V := (d_vocab w).
  Variables B h : Z.
  Hypothesis B0 : (0 <= B)%Z.
  Hypothesis h0 : (0 <= h)%Z.
  Variables EU' EVOU' PVOU' X U : list (list int).
  Notation P := (IZR (2 ^ (4 * B + h))).
  Hypothesis some_factor : (0 < d_model w)%nat.
  Hypothesis EU_ok : represents P V V EU' (EU w).
  Hypothesis EVOU_ok : represents P V V EVOU' (EVOU w).
  Hypothesis PVOU_ok : represents P (n_ctx w) V PVOU' (PVOU w).
  Hypothesis X_ok : represents (IZR (2 ^ B)) V (d_model w) X (query_row w).
  Hypothesis U_ok : represents (IZR (2 ^ B)) (d_model w) V U (W_U w).
  Variable d : direct_option.
  Hypothesis fits : direct_fits d (d_model w) = true.

  Notation mu := (mean_logits d B V U).
  Notation mu_at x := (IZR (toZ (nth x mu zero))).

  Lemma pow_split a b : (0 <= a)%Z -> (0 <= b)%Z -> IZR (2 ^ a) * IZR (2 ^ b) = IZR (2 ^ (a + b)).
  Proof. intros A C. now rewrite Z.pow_add_r, mult_IZR by easy. Qed.

  Lemma mu_length : length mu = V.
  Proof.
    unfold mean_logits. destruct d; try apply repeat_length. rewrite map_length.
    unfold matmul, mulT. cbn [map hd]. rewrite map_length.
    exact (proj1 (transpose_correct _ _ _ _ _ some_factor U_ok)).
  Qed.

  Lemma zero_nth x : IZR (toZ (nth x (repeat zero V) zero)) = 0.
  Proof.
    destruct (Nat.lt_ge_cases x V) as [L|G]; [rewrite (repeat_nth zero) by easy|rewrite nth_overflow by (rewrite repeat_length; lia)];
      now rewrite toZ_zero.
  Qed.

  Lemma spread_ok q m x : (q < V)%nat -> (m < V)%nat -> (x < V)%nat -> x <> m ->
    P * (EU w q x - EU w q m) <= (mu_at x - mu_at m) + IZR (toZ (nth m (nth q (spread_of d B h V EU' X U) []) zero)).
  Proof.
    intros Q M HX N. destruct EU_ok as [LE HE]. assert (Hq := HE q Q). unfold spread_of, mean_logits. destruct d as [| | |direction].
    - rewrite !zero_nth, (nth_map _ _ _ []), (repeat_nth (range (nth q EU' []))) by lia.
      pose proof (range_holds P V _ _ x m Hq HX M). lra.
    - rewrite !zero_nth, (repeat_nth (repeat (range (concat EU')) V)), (repeat_nth (range (concat EU'))) by lia.
      destruct (holds_in P V _ _ x Hq HX) as [a [Ia Ea]]. destruct (holds_in P V _ _ m Hq M) as [b [Ib Eb]].
      assert (In (nth q EU' []) EU') by (apply nth_In; lia).
      pose proof (range_ge (concat EU') a b ltac:(apply in_concat; eauto) ltac:(apply in_concat; eauto)). lra.
    - rewrite !zero_nth, (nth_map _ _ _ []), (nth_map _ _ _ 0%nat) by (rewrite ?seq_length; lia). rewrite seq_nth by easy. cbn [Nat.add].
      pose proof (biggest_omit_holds P V _ _ m x (holds_centred P V _ _ m M Hq) HX N). lra.
    - cbn in fits. apply Nat.eqb_eq in fits. assert (hint := holds_hint h (d_model w) direction h0 fits).
      set (v := fun k => IZR (nth k direction 0%Z) / IZR (2 ^ h)) in *.
      assert (one_row : represents (IZR (2 ^ h)) 1 (d_model w) [map ofZ direction] (fun _ => v)).
      { split; [easy|]. intros [|i] I; [exact hint|lia]. }
      assert (prod := matmul_correct _ _ _ _ _ _ _ _ _ some_factor one_row U_ok).
      assert (mu_holds := holds_shl _ _ _ _ (3 * B) ltac:(lia) (proj2 prod 0%nat ltac:(lia))).
      assert (E : IZR (2 ^ h) * IZR (2 ^ B) * IZR (2 ^ (3 * B)) = P) by (rewrite !pow_split by lia; f_equal; f_equal; lia).
      rewrite E in mu_holds. 
      change (nth 0 (matmul [map ofZ direction] U) []) with (hd [] (matmul [map ofZ direction] U)) in mu_holds.
      rewrite (proj2 mu_holds x HX), (proj2 mu_holds m M).
      assert (opposite := holds_opp _ _ _ _ (holds_shl _ _ _ _ B B0 hint)).
      assert (rest : represents (IZR (2 ^ (B + h))) V (d_model w)
        (map (fun x => plus (map (fun n => shl n (ofZ h)) x) (map opp (map (fun n => shl n (ofZ B)) (map ofZ direction)))) X) (fun q k => query_row w q k + - v k)).
      { apply represents_rows with (p := IZR (2 ^ B)) (f := query_row w); [|exact X_ok]. intros i l I Hl. apply plus_correct.
        - rewrite <- (pow_split B h) by lia. now apply holds_shl.
        - replace (IZR (2 ^ (B + h))) with (IZR (2 ^ h) * IZR (2 ^ B)) by (rewrite pow_split by lia; f_equal; f_equal; lia). exact opposite. }
      assert (ranges := spreads_shl _ _ _ _ _ (2 * B) ltac:(lia) (spreads_ranges _ _ _ _ _ U_ok)).
      assert (pos1 := power_positive (B + h) ltac:(lia)).
      assert (pos2 : 0 < IZR (2 ^ B) * IZR (2 ^ (2 * B))) by (apply Rmult_lt_0_compat; apply power_positive; lia).
      assert (all := weighted_spreads _ _ _ _ _ _ _ _ _ pos1 pos2 rest ranges).
      destruct all as [La Ha]. specialize (Ha q x m Q HX M).
      rewrite (nth_map _ _ _ zero) by lia. rewrite (repeat_nth (nth q (weighted _ _) zero)) by lia.
      replace (IZR (2 ^ (B + h)) * (IZR (2 ^ B) * IZR (2 ^ (2 * B)))) with P in Ha
        by (rewrite !pow_split by lia; f_equal; f_equal; lia).
      assert (D : forall y, product (d_model w) (fun q k => query_row w q k + - v k) (W_U w) q y
        = EU w q y - product (d_model w) (fun _ => v) (W_U w) 0 y).
      { intros y. unfold product, EU. rewrite <- sum_minus. apply sum_ext. intros; ring. }
      rewrite !D in Ha. 
      match goal with |- _ <= _ + ?b => set (bound := b) end.
      match type of Ha with _ <= ?b => change b with bound in Ha end. lra.
  Qed.

  Lemma far_ok t t' m x : (t <= t')%nat -> (t' < V)%nat -> (m < V)%nat -> (x < V)%nat -> x <> m ->
    P * (EVOU w t x - EVOU w t m) <= IZR (toZ (nth m (nth t' (far_of d V EVOU') []) zero)).
  Proof.
    intros T T' M HX N. destruct EVOU_ok as [LE HE]. assert (Ht := HE t ltac:(lia)).
    assert (base : forall rows, length rows = V -> (forall b, In b rows -> length b = V) ->
      P * (EVOU w t x - EVOU w t m) <= IZR (toZ (nth m (nth t rows []) zero)) ->
      P * (EVOU w t x - EVOU w t m) <= IZR (toZ (nth m (nth t' (vrunning rows) []) zero))).
    { intros rows L I H. apply Rle_trans with (1 := H). apply (vrunning_ge V rows t t' m I T); lia. }
    assert (plain : P * (EVOU w t x - EVOU w t m) <= IZR (toZ (nth m (nth t' (vrunning (map (fun l => repeat (range l) V) EVOU')) []) zero))).
    { apply base; [now rewrite map_length| |].
      - intros b I. apply in_map_iff in I. destruct I as [l [<- _]]. apply repeat_length.
      - rewrite (nth_map _ _ _ []), (repeat_nth (range (nth t EVOU' []))) by lia.
        pose proof (range_holds P V _ _ x m Ht HX M). lra. }
    unfold far_of. destruct d; try exact plain.
    apply base; [now rewrite map_length| |].
    - intros b I. apply in_map_iff in I. destruct I as [l [<- _]]. now rewrite map_length, seq_length.
    - rewrite (nth_map _ _ _ []), (nth_map _ _ _ 0%nat) by (rewrite ?seq_length; lia). rewrite seq_nth by easy. cbn [Nat.add].
      pose proof (biggest_omit_holds P V _ _ m x (holds_centred P V _ _ m M Ht) HX N). lra.
  Qed.

  Lemma position_ok m : (1 <= n_ctx w)%nat -> (m < V)%nat -> length (vmaxs (map (centred m) PVOU')) = V /\
    forall x i, (x < V)%nat -> (i < n_ctx w)%nat -> P * (PVOU w i x - PVOU w i m) <= IZR (toZ (nth x (vmaxs (map (centred m) PVOU')) zero)).
  Proof.
    intros K M. assert (C : represents P (n_ctx w) V (map (centred m) PVOU') (fun i x => PVOU w i x - PVOU w i m)).
    { apply represents_rows with (p := P) (f := PVOU w); [|exact PVOU_ok]. intros i l _ H. now apply holds_centred with (f := PVOU w i). }
    destruct C as [L H].
    destruct (vmaxs_ge V (map (centred m) PVOU')) as [LV HV].
    - intros b I. apply (In_nth _ _ []) in I. destruct I as [i [Hi <-]]. apply H. lia.
    - intros E. rewrite E in L. cbn in L. lia.
    - split; [exact LV|]. intros x i HX I. assert (Hi := H i I). rewrite Rmult_comm, <- (proj2 Hi x HX). apply HV; [|easy].
      apply nth_In. lia.
  Qed.

  Variable o : attention_option.
  Notation D := (denominator o).
  Notation tables := (logit_tables_of d o B h V (last w) EU' EVOU' PVOU' X U).

  Lemma D_pos : (0 < D)%Z.
  Proof. destruct o; reflexivity. Qed.

  Definition position m := vmaxs (map (centred m) PVOU').
  Definition fixed_of m := plus (centred m mu) (position m).

  Lemma fixed_nth m x : (1 <= n_ctx w)%nat -> (m < V)%nat -> length (fixed_of m) = V /\
    ((x < V)%nat -> IZR (toZ (nth x (fixed_of m) zero)) = (mu_at x - mu_at m) + IZR (toZ (nth x (position m) zero))).
  Proof.
    intros K M. assert (E : holds 1 V (fixed_of m) (fun x => (mu_at x - mu_at m) + IZR (toZ (nth x (position m) zero)))).
    { apply plus_correct.
      - apply (holds_centred 1 V mu (fun x => mu_at x)); [easy|]. split; [apply mu_length|intros; ring].
      - split; [exact (proj1 (position_ok m K M))|intros; ring]. }
    split; [exact (proj1 E)|]. intros HX. rewrite (proj2 E x HX). ring.
  Qed.

  Theorem logit_tables_ok : (1 <= n_ctx w)%nat -> logits_ok w tables.
  Proof.
    intros K. assert (P0 : 0 < P) by (apply power_positive; lia). assert (D0 : 0 < IZR D) by (apply IZR_lt, D_pos).
    exists (IZR D * P), (fun m x => IZR D * IZR (toZ (nth x (fixed_of m) zero))).
    split; [now apply Rmult_lt_0_compat|]. unfold logit_tables_of. cbn [l_lines l_constant l_spread l_far].
    assert (SD : forall rows q m, IZR (toZ (nth m (nth q (map (scaled (ofZ D)) rows) []) zero)) = IZR D * IZR (toZ (nth m (nth q rows []) zero))).
    { intros rows q m. change (@nil int) with (scaled (ofZ D) []) at 1. rewrite map_nth.
      assert (Z : zero = mul (ofZ D) zero \/ toZ (mul (ofZ D) zero) = 0%Z) by (right; rewrite toZ_mul, toZ_zero; ring).
      unfold scaled. destruct (Nat.lt_ge_cases m (length (nth q rows []))) as [L|G].
      - rewrite (nth_map _ _ _ zero) by easy. now rewrite toZ_mul, mult_IZR, toZ_ofZ.
      - rewrite !nth_overflow by (rewrite ?map_length; lia). rewrite toZ_zero. ring. }
    split; [|split; [|split]].
    - intros q m x i Q M HX N I. rewrite SD. destruct (fixed_nth m x K M) as [_ F]. rewrite (F HX).
      pose proof (spread_ok q m x Q M HX N) as S. pose proof (proj2 (position_ok m K M) x i HX I) as T. fold (position m) in T.
      rewrite !Rmult_assoc, <- Rmult_plus_distr_l. apply Rmult_le_compat_l; lra.
    - intros t t' m x T T' M HX N. rewrite SD, Rmult_assoc. apply Rmult_le_compat_l; [lra|]. now apply far_ok.
    - intros m n x M Hn HX N.
      rewrite map_map. cbn [fst]. rewrite (nth_map _ _ _ 0%nat), seq_nth by (rewrite ?seq_length; lia). cbn [Nat.add].
      fold (position m). fold (fixed_of m).
      assert (G : holds 1 V (centred m (nth m EVOU' [])) (fun x => P * (EVOU w m x - EVOU w m m))).
      { destruct (holds_centred P V _ _ m M (proj2 EVOU_ok m M)) as [L H]. split; [exact L|]. intros k Hk. rewrite (H k Hk). ring. }
      replace (IZR D * P * (EVOU w m x - EVOU w m m)) with (IZR D * (P * (EVOU w m x - EVOU w m m))) by ring.
      apply (lines_of_ok V m D (fun x => IZR (toZ (nth x (fixed_of m) zero))) (fun x => P * (EVOU w m x - EVOU w m m))); try easy; try apply D_pos.
      + unfold scaled. rewrite map_length. apply (fixed_nth m x K M).
      + intros y Y. unfold scaled. rewrite (nth_map _ _ _ zero) by (rewrite (proj1 (fixed_nth m x K M)); easy).
        rewrite toZ_mul, mult_IZR, toZ_ofZ. lra.
    - intros m x i M HX N I.
      rewrite map_map. cbn [snd]. rewrite (nth_map _ _ _ 0%nat), seq_nth by (rewrite ?seq_length; lia). cbn [Nat.add].
      fold (position m). rewrite toZ_mul, mult_IZR, toZ_ofZ, Rmult_assoc. apply Rmult_le_compat_l; [lra|].
      pose proof (proj2 (position_ok m K M) x i HX I) as T. fold (position m) in T.
      assert (E1 := holds_centred P V _ _ m M (proj2 EU_ok m M)). assert (E2 := holds_centred P V _ _ m M (proj2 EVOU_ok m M)).
      assert (C : holds 1 V (plus (centred m (nth m EU' [])) (plus (centred m (nth m EVOU' [])) (position m)))
        (fun x => P * (EU w m x - EU w m m) + (P * (EVOU w m x - EVOU w m m) + IZR (toZ (nth x (position m) zero))))).
      { apply plus_correct; [|apply plus_correct].
        - split; [exact (proj1 E1)|]. intros k Hk. rewrite (proj2 E1 k Hk). ring.
        - split; [exact (proj1 E2)|]. intros k Hk. rewrite (proj2 E2 k Hk). ring.
        - split; [exact (proj1 (position_ok m K M))|intros; ring]. }
      pose proof (biggest_omit_holds 1 V _ _ m x C HX N) as Bg. lra.
  Qed.
End Direct.
