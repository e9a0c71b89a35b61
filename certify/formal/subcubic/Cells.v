(* T3: when every sequence of a cell is right, over the reals. A cell is a query q, a maximum m, and a set of tokens that
   the positions not holding m may hold. Main theorem: cell_right. *)
From Coq Require Import Reals Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Placements.
Import ListNotations.
Open Scope R_scope.

(* f 0 s_0 + f 1 s_1 + ..., positions counted from i *)
Fixpoint total (f : nat -> nat -> R) (i : nat) (s : list nat) : R :=
  match s with [] => 0 | t :: s => f i t + total f (S i) s end.

Lemma sum_total f s : forall i, sum (length s) (fun j => f (i + j)%nat (nth j s 0%nat)) = total f i s.
Proof.
  induction s as [|t s IH]; intros i; [easy|]. cbn [length total]. rewrite sum_first, <- IH. cbn [nth].
  rewrite Nat.add_0_r. f_equal. apply sum_ext; intros j _. now replace (i + S j)%nat with (S i + j)%nat by lia.
Qed.

Lemma total_app f s s' : forall i, total f i (s ++ s') = total f i s + total f (i + length s) s'.
Proof.
  induction s as [|t s IH]; intros i; cbn [app total length]; [rewrite Nat.add_0_r; lra|].
  rewrite IH. replace (S i + length s)%nat with (i + S (length s))%nat by lia. lra.
Qed.

Lemma total_le f g n s : forall i, (i + length s <= n)%nat ->
  (forall j t, (j < n)%nat -> In t s -> f j t <= g j t) -> total f i s <= total g i s.
Proof.
  induction s as [|t s IH]; intros i L H; cbn [total length] in *; [lra|].
  assert (f i t <= g i t) by (apply H; [lia|now left]).
  assert (total f (S i) s <= total g (S i) s) by (apply IH; [lia|intros; apply H; [easy|now right]]). lra.
Qed.

Lemma total_ext f g s : (forall j t, f j t = g j t) -> forall i, total f i s = total g i s.
Proof. intros H; induction s as [|t s IH]; intros i; cbn [total]; [easy|]. now rewrite H, IH. Qed.

Lemma total_plus f g s : forall i, total (fun j t => f j t + g j t) i s = total f i s + total g i s.
Proof. induction s as [|t s IH]; intros i; cbn [total]; [lra|]. rewrite IH. lra. Qed.

Lemma total_scal a f s : forall i, total (fun j t => a * f j t) i s = a * total f i s.
Proof. induction s as [|t s IH]; intros i; cbn [total]; [lra|]. rewrite IH. lra. Qed.

(* a x + b y < 0 on two rays holds on everything between them. *)
Lemma between_rays a b a1 b1 a2 b2 x y : 0 < a -> 0 <= b -> 0 <= a1 -> 0 <= a2 ->
  b * a1 <= a * b1 -> a * b2 <= b * a2 ->
  x * a1 + y * b1 < 0 -> x * a2 + y * b2 < 0 -> x * a + y * b < 0.
Proof.
  intros A B A1 A2 H1 H2 F1 F2. apply Rnot_le_lt; intros F. destruct (Rle_lt_dec y 0) as [Y|Y].
  - assert (0 <= a2 * (x * a + y * b)) by now apply Rmult_le_pos.
    assert (y * (b * a2) <= y * (a * b2)) by (apply Rmult_le_compat_neg_l; lra).
    assert (a * (x * a2 + y * b2) < a * 0) by now apply Rmult_lt_compat_l. lra.
  - assert (0 <= a1 * (x * a + y * b)) by now apply Rmult_le_pos.
    assert (y * (b * a1) <= y * (a * b1)) by (apply Rmult_le_compat_l; lra).
    assert (a * (x * a1 + y * b1) < a * 0) by now apply Rmult_lt_compat_l. lra.
Qed.

Section Cell.
  Variable w : model.
  Hypothesis some_position : (1 <= n_ctx w)%nat.
  Variables q m : nat.
  Variable c : R.
  Variable scale : R.
  Variables alpha beta : nat -> R. (* of tokens and of positions *)
  Hypothesis scale_pos : 0 < scale.
  Hypothesis masses : forall t i, scale * mass w c q t i = alpha t * beta i.
  Hypothesis alpha_pos : forall t, 0 < alpha t.
  Hypothesis beta_pos : forall i, 0 < beta i.

  (* The positional weight on the positions that hold m, on the others, and the attention mass on the others. *)
  Definition on := total (fun i t => if t =? m then beta i else 0).
  Definition off := total (fun i t => if t =? m then 0 else beta i).
  Definition rest := total (fun i t => if t =? m then 0 else alpha t * beta i).

  Lemma total_nonneg f s : (forall i t, 0 <= f i t) -> forall i, 0 <= total f i s.
  Proof. intros H; induction s as [|t s IH]; intros i; cbn [total]; [lra|]. specialize (IH (S i)); specialize (H i t); lra. Qed.

  Lemma on_pos s i : In m s -> 0 < on i s.
  Proof.
    unfold on. revert i; induction s as [|t s IH]; intros i I; [easy|]. cbn [total].
    assert (0 <= total (fun i t => if t =? m then beta i else 0) (S i) s).
    { apply total_nonneg. intros j u. specialize (beta_pos j). destruct (u =? m); lra. }
    destruct (Nat.eqb_spec t m) as [_|N]; [specialize (beta_pos i); lra|].
    destruct I as [I|I]; [easy|]. specialize (IH (S i) I). lra.
  Qed.

  Lemma rest_nonneg s i : 0 <= rest i s.
  Proof.
    apply total_nonneg. intros j u. destruct (u =? m); [lra|].
    apply Rmult_le_pos; [specialize (alpha_pos u)|specialize (beta_pos j)]; lra.
  Qed.

  (* The tokens off m have masses between those of lower and upper times the positional weight. *)
  Lemma rest_below u v s i : (forall t, In t s -> t <> m -> alpha t * v <= u * alpha m) ->
    rest i s * v <= u * (alpha m * off i s).
  Proof.
    unfold rest, off. revert i; induction s as [|t s IH]; intros i H; cbn [total]; [lra|].
    specialize (IH (S i) (fun t I => H t (or_intror I))). specialize (H t (or_introl eq_refl)).
    destruct (Nat.eqb_spec t m) as [_|N]; [lra|]. specialize (H N).
    apply (Rmult_le_compat_r (beta i)) in H; [|specialize (beta_pos i); lra]. lra.
  Qed.
  Lemma rest_above u v s i : (forall t, In t s -> t <> m -> u * alpha m <= alpha t * v) ->
    u * (alpha m * off i s) <= rest i s * v.
  Proof.
    unfold rest, off. revert i; induction s as [|t s IH]; intros i H; cbn [total]; [lra|].
    specialize (IH (S i) (fun t I => H t (or_intror I))). specialize (H t (or_introl eq_refl)).
    destruct (Nat.eqb_spec t m) as [_|N]; [lra|]. specialize (H N).
    apply (Rmult_le_compat_r (beta i)) in H; [|specialize (beta_pos i); lra]. lra.
  Qed.

  Lemma off_nonneg s i : 0 <= off i s.
  Proof. apply total_nonneg. intros j u. specialize (beta_pos j). destruct (u =? m); lra. Qed.

  Variable s : list nat.
  Hypothesis s_length : length s = n_ctx w.
  Hypothesis s_query : nth (last w) s 0%nat = q.
  Hypothesis s_maximum : maximum s = m.
  Hypothesis s_holds : In m s.

  (* Bounds of the positional weights on m and off m. *)
  Variables on_low on_high off_low off_high : R.
  Hypothesis on_bounds : 0 <= on_low <= on 0 s /\ on 0 s <= on_high.
  Hypothesis off_bounds : 0 <= off_low <= off 0 s /\ off 0 s <= off_high.

  (* alpha t / alpha m is at most above_t / above_m and at least below_t / below_m for the tokens off m. *)
  Variables above_t above_m below_t below_m : R.
  Hypothesis above : 0 <= above_m /\ forall t, In t s -> t <> m -> alpha t * above_m <= above_t * alpha m.
  Hypothesis below : 0 <= below_t /\ 0 <= below_m /\ forall t, In t s -> t <> m -> below_t * alpha m <= alpha t * below_m.
  Hypothesis above_nonneg : 0 <= above_t.

  (* In some unit: the direct and positional part is at most fixed x + spread; OV adds gain x on m and at most far off m. *)
  Variable unit : R.
  Hypothesis unit_pos : 0 < unit.
  Variables fixed gain : nat -> R.
  Variables spread far : R.
  Hypothesis on_m : forall x i, (x < d_vocab w)%nat -> x <> m -> (i < n_ctx w)%nat ->
    unit * ((EU w q x - EU w q m) + (EVOU w m x - EVOU w m m) + (PVOU w i x - PVOU w i m)) <= fixed x + spread + gain x.
  Hypothesis off_m : forall x t i, (x < d_vocab w)%nat -> x <> m -> (i < n_ctx w)%nat -> In t s -> t <> m ->
    unit * ((EU w q x - EU w q m) + (EVOU w t x - EVOU w t m) + (PVOU w i x - PVOU w i m)) <= fixed x + spread + far.

  (* Lines (value at attention 1, value at attention 0) the largest of which bounds fixed x + a gain x. *)
  Variable lines : list (R * R).
  Hypothesis lines_above : forall x, (x < d_vocab w)%nat -> x <> m -> forall a b, 0 <= a -> 0 <= b ->
    exists l, In l lines /\ a * (fixed x + gain x) + b * fixed x <= a * fst l + b * snd l.

  Definition negative_at (a b : R) (l : R * R) := (fst l + spread) * a + (snd l + spread + far) * b < 0.
  Hypothesis at_high : forall l, In l lines -> negative_at (on_low * above_m) (off_high * above_t) l.
  Hypothesis at_low : forall l, In l lines -> negative_at (on_high * below_m) (off_low * below_t) l.

  Theorem cell_right : right w s.
  Proof.
    rewrite (right_iff_terms w (fun _ _ _ => c) s some_position). rewrite s_query, s_maximum.
    intros x X N. rewrite <- s_length.
    assert (T := sum_total (fun i t => term w c q m t i x) s 0%nat). cbn [plus] in T. rewrite T. clear T.
    set (A := alpha m * on 0 s). set (B := rest 0 s).
    assert (A0 : 0 < A) by (apply Rmult_lt_0_compat; [easy|now apply on_pos]).
    assert (B0 : 0 <= B) by apply rest_nonneg.
    set (u := scale * unit). assert (u0 : 0 < u) by now apply Rmult_lt_0_compat.
    apply Rmult_lt_reg_l with u; [exact u0|]. rewrite Rmult_0_r, <- total_scal.
    apply Rle_lt_trans with (A * (fixed x + spread + gain x) + B * (fixed x + spread + far)).
    { apply Rle_trans with (total (fun i t => (fixed x + spread + gain x) * (alpha m * (if t =? m then beta i else 0))
        + (fixed x + spread + far) * (if t =? m then 0 else alpha t * beta i)) 0 s).
      - apply total_le with (n := n_ctx w); [lia|]. intros i t I T. unfold term, u.
        match goal with |- scale * unit * (?a * ?b) <= _ => replace (scale * unit * (a * b)) with ((scale * a) * (unit * b)) by ring end.
        rewrite masses.
        assert (P : 0 <= alpha t * beta i) by (apply Rmult_le_pos; [specialize (alpha_pos t)|specialize (beta_pos i)]; lra).
        destruct (Nat.eqb_spec t m) as [->|M].
        + pose proof (Rmult_le_compat_l _ _ _ P (on_m x i X N I)). lra.
        + pose proof (Rmult_le_compat_l _ _ _ P (off_m x t i X N I T M)). lra.
      - rewrite total_plus, !total_scal. unfold A, B, on, rest. lra. }
    destruct (lines_above x X N A B ltac:(lra) B0) as [l [L H]].
    apply Rle_lt_trans with ((fst l + spread) * A + (snd l + spread + far) * B); [lra|].
    specialize (at_high l L). specialize (at_low l L). unfold negative_at in *.
    destruct above as [am ab], below as [bt [bm be]], on_bounds as [[o1 o2] o3], off_bounds as [[f1 f2] f3].
    pose proof (off_nonneg s 0) as f0. pose proof (alpha_pos m) as a0.
    assert (above_r := rest_below above_t above_m s 0 ab). assert (below_r := rest_above below_t below_m s 0 be).
    fold B in above_r, below_r.
    refine (between_rays A B _ _ _ _ _ _ A0 B0 _ _ _ _ at_high at_low); [apply Rmult_le_pos; lra|apply Rmult_le_pos; lra| |].
    - (* B (on_low above_m) <= A (off_high above_t) *)
      apply Rle_trans with (on 0 s * (above_t * (alpha m * off 0 s))).
      + apply Rle_trans with (on_low * (B * above_m)); [lra|].
        apply Rmult_le_compat; try lra. now apply Rmult_le_pos.
      + unfold A. assert (above_t * off 0 s <= above_t * off_high) by now apply Rmult_le_compat_l.
        assert (0 <= alpha m * on 0 s) by (fold A; lra).
        assert (T := Rmult_le_compat_l _ _ _ H1 H0). lra.
    - unfold A. apply Rle_trans with (on_high * (below_t * (alpha m * off 0 s))); [|apply Rle_trans with (on_high * (B * below_m)); [|lra]].
      + assert (Q1 : on 0 s * (below_t * off_low) <= on_high * (below_t * off 0 s)).
        { apply Rmult_le_compat; try lra; [now apply Rmult_le_pos|]. now apply Rmult_le_compat_l. }
        assert (Q2 := Rmult_le_compat_l (alpha m) _ _ ltac:(lra) Q1). lra.
      + apply Rmult_le_compat_l; [lra|easy].
  Qed.
End Cell.
