(* T0: the sign of logit x - logit m is the sign of a sum of one independent term per position.
   Main theorem: right_iff_terms. *)
From Coq Require Import Reals Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums.
Import ListNotations.
Open Scope R_scope.

(* ---------- The paths ---------- *)

Section Paths.
  Variable w : model.

  (* The query's residual, a row through W_K / W_V, and a row of W_O through W_U. *)
  Definition query_row (q k : nat) := W_E w q k + W_pos w (last w) k.
  Definition through (A : nat -> nat -> R) (v : nat -> R) (h : nat) := sum (d_model w) (fun k => v k * A k h).
  Definition unembedded (h x : nat) := sum (d_model w) (fun k => W_O w h k * W_U w k x).

  Definition ov (v : nat -> R) (x : nat) := sum (d_head w) (fun h => through (W_V w) v h * unembedded h x).
  Definition qk_unscaled (q : nat) (v : nat -> R) :=
    sum (d_head w) (fun h => through (W_Q w) (query_row q) h * through (W_K w) v h).
  Definition qk (q : nat) (v : nat -> R) := qk_unscaled q v / sqrt (INR (d_head w)).

  Definition EU (q x : nat) := sum (d_model w) (fun k => query_row q k * W_U w k x).
  Definition EVOU (t x : nat) := ov (W_E w t) x.
  Definition PVOU (i x : nat) := ov (W_pos w i) x.
  Definition EQKE (q t : nat) := qk q (W_E w t).
  Definition EQKP (q i : nat) := qk q (W_pos w i).

  (* The attention mass of token t at position i, up to the factor exp (-c). *)
  Definition mass (c : R) (q t i : nat) := exp (EQKE q t + EQKP q i - c).

  (* What token t at position i adds to (logit x - logit m), times the mass. *)
  Definition term (c : R) (q m t i x : nat) :=
    mass c q t i * ((EU q x - EU q m) + (EVOU t x - EVOU t m) + (PVOU i x - PVOU i m)).

  Lemma mass_pos c q t i : 0 < mass c q t i.
  Proof. apply exp_pos. Qed.

  Section Sequence.
    Variable s : list nat.
    Let q := nth (last w) s 0%nat.
    Let token i := nth i s 0%nat.

    Lemma projected_split A i h :
      projected w s A i h = through A (W_E w (token i)) h + through A (W_pos w i) h.
    Proof. unfold projected, residual, through. apply sum_row_plus. Qed.

    Lemma score_split i : score w s i = EQKE q (token i) + EQKP q i.
    Proof.
      unfold score, EQKE, EQKP, qk, qk_unscaled, Rdiv. rewrite <- Rmult_plus_distr_r, <- sum_plus. f_equal.
      apply sum_ext; intros h _. rewrite (projected_split (W_K w) i h).
      change (projected w s (W_Q w) (last w) h) with (through (W_Q w) (query_row q) h). lra.
    Qed.

    Lemma value_split i x :
      sum (d_head w) (fun h => projected w s (W_V w) i h * unembedded h x) = EVOU (token i) x + PVOU i x.
    Proof.
      unfold EVOU, PVOU, ov. rewrite <- sum_plus. apply sum_ext; intros h _.
      rewrite projected_split. lra.
    Qed.

    Lemma logit_mixture x : logit w s x = EU q x + sum (d_head w) (fun h => mixture w s h * unembedded h x).
    Proof.
      unfold logit, output, EU.
      rewrite sum_row_plus. f_equal.
      transitivity (sum (d_model w) (fun k => sum (d_head w) (fun h => mixture w s h * (W_O w h k * W_U w k x)))).
      - apply sum_ext; intros k _. rewrite <- sum_scal_r. apply sum_ext; intros; lra.
      - rewrite sum_swap. apply sum_ext; intros h _. apply sum_scal_l.
    Qed.

    Lemma logit_paths x :
      logit w s x = EU q x + sum (n_ctx w) (fun i => attention w s i * (EVOU (token i) x + PVOU i x)).
    Proof.
      rewrite logit_mixture. f_equal. unfold mixture.
      transitivity (sum (d_head w) (fun h => sum (n_ctx w)
        (fun i => attention w s i * (projected w s (W_V w) i h * unembedded h x)))).
      - apply sum_ext; intros h _. rewrite <- sum_scal_r. apply sum_ext; intros; lra.
      - rewrite sum_swap. apply sum_ext; intros i _. rewrite sum_scal_l. now rewrite value_split.
    Qed.

    Hypothesis some_position : (1 <= n_ctx w)%nat.
    Let Z := sum (n_ctx w) (fun j => exp (score w s j)).

    Lemma Z_pos : 0 < Z.
    Proof. apply sum_pos; [easy|]. intros; apply exp_pos. Qed.

    Lemma attention_one : sum (n_ctx w) (fun i => attention w s i) = 1.
    Proof. unfold attention, Rdiv. rewrite sum_scal_r. apply Rinv_r. pose proof Z_pos; unfold Z in *; lra. Qed.

    Lemma mass_attention c i : mass c q (token i) i = (exp (- c) * Z) * attention w s i.
    Proof.
      unfold mass, attention, Rminus. rewrite exp_plus, <- score_split.
      pose proof Z_pos as P; fold Z. field. lra.
    Qed.

    (* Z * (logit x - logit m) is the sum of the terms. *)
    Lemma terms_logits c m x :
      sum (n_ctx w) (fun i => term c q m (token i) i x) = (exp (- c) * Z) * (logit w s x - logit w s m).
    Proof.
      transitivity ((exp (- c) * Z) * sum (n_ctx w) (fun i => attention w s i * (EU q x - EU q m)
         + (attention w s i * (EVOU (token i) x + PVOU i x) - attention w s i * (EVOU (token i) m + PVOU i m)))).
      - rewrite <- sum_scal_l. apply sum_ext; intros i _. unfold term. rewrite mass_attention. lra.
      - f_equal. rewrite sum_plus, sum_minus, !logit_paths.
        rewrite (sum_scal_r _ (EU q x - EU q m) (attention w s)).
        change (sum (n_ctx w) (attention w s)) with (sum (n_ctx w) (fun i => attention w s i)).
        rewrite attention_one. unfold q. lra.
    Qed.

    Lemma terms_sign c m x :
      sum (n_ctx w) (fun i => term c q m (token i) i x) < 0 <-> logit w s x < logit w s m.
    Proof.
      rewrite terms_logits.
      assert (P : 0 < exp (- c) * Z) by (apply Rmult_lt_0_compat; [apply exp_pos|apply Z_pos]).
      split; intros H.
      - apply Rnot_le_lt; intros L. assert (0 <= (exp (- c) * Z) * (logit w s x - logit w s m)); [|lra].
        apply Rmult_le_pos; lra.
      - assert (0 < (exp (- c) * Z) * (logit w s m - logit w s x)); [|lra].
        apply Rmult_lt_0_compat; lra.
    Qed.
  End Sequence.

  (* The bounds on the tokens are not needed: nth, W_E etc. are total functions. *)
  Theorem right_iff_terms (c : nat -> nat -> nat -> R) s : (1 <= n_ctx w)%nat ->
    let q := nth (last w) s 0%nat in
    let m := maximum s in
    right w s <-> forall x, (x < d_vocab w)%nat -> x <> m ->
      sum (n_ctx w) (fun i => term (c q m x) q m (nth i s 0%nat) i x) < 0.
  Proof.
    intros K q m. unfold right. fold m.
    split; intros H x Hx Hm; specialize (H x Hx Hm);
      now apply (terms_sign s K (c q m x) m x).
  Qed.
End Paths.
