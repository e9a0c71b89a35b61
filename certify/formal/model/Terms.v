(* The terms whose sums decide which sequences are right, up to a positive factor for each (q, m, x). *)
From Coq Require Import Reals ZArith Lra Lia List.
From Maxcert Require Import Statement Sums Separability.
Open Scope R_scope.

Section Tables.
  Variable w : model.

  Definition query (s : list nat) := nth (last w) s 0%nat.

  (* g q m t i x: query q, maximum m, token t at position i, output x. P: being right, or right with a margin. *)
  Definition separates (P : list nat -> Prop) (g : nat -> nat -> nat -> nat -> nat -> R) : Prop :=
    forall s, P s <-> forall x, (x < d_vocab w)%nat -> x <> maximum s ->
      sum (n_ctx w) (fun i => g (query s) (maximum s) (nth i s 0%nat) i x) < 0.

  (* The model's table: c keeps exp in range, k is a scale (2^S, say). *)
  Definition scaled_term (k c : nat -> nat -> nat -> R) (q m t i x : nat) := k q m x * term w (c q m x) q m t i x.

  Theorem scaled_term_separates k c : (1 <= n_ctx w)%nat -> (forall q m x, 0 < k q m x) -> separates (right w) (scaled_term k c).
  Proof.
    intros K P s. rewrite (right_iff_terms w c s K). unfold scaled_term.
    split; intros H x Hx Hm; specialize (H x Hx Hm); specialize (P (query s) (maximum s) x).
    - rewrite sum_scal_l. fold (query s) in H.
      apply Ropp_lt_cancel. rewrite Ropp_0, Ropp_mult_distr_r.
      apply Rmult_lt_0_compat; lra.
    - rewrite sum_scal_l in H. fold (query s).
      apply Rnot_le_lt; intros L. apply (Rmult_le_compat_l _ _ _ (Rlt_le _ _ P)) in L. lra.
  Qed.
End Tables.
