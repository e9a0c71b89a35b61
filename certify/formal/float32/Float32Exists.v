(* Every sequence has a float32 evaluation (the one that sums from the last product to the first, fused, with an exact exp), so
   that a theorem about all evaluations does not speak of none. Main theorem: evaluation_exists. *)
From Coq Require Import Reals ZArith List Lra Lia.
Import ListNotations.
From Flocq Require Import Core.
From Maxcert Require Import Statement Float32Statement.
Open Scope R_scope.

Fixpoint fused_sum (l : list (R * R)) : R :=
  match l with
  | [] => 0
  | [(a, b)] => nearest (a * b)
  | (a, b) :: l => nearest (a * b + fused_sum l)
  end.
Definition fused_inner (n : nat) (a b : nat -> R) : R := fused_sum (map (fun i => (a i, b i)) (seq 0 n)).
Fixpoint argmax (n : nat) (f : nat -> R) : nat :=
  match n with
  | O => O
  | S n => let j := argmax n f in if Rle_dec (f j) (f n) then n else j
  end.

Lemma rounded_nearest x : rounded x (nearest x).
Proof. intros _. now left. Qed.
Lemma fused_sum_ok l : l <> [] -> summed l (fused_sum l).
Proof.
  induction l as [|[a b] l IH]; intros H; [easy|]. destruct l as [|p l].
  - apply summed_product, rounded_nearest.
  - apply (summed_fused a b _ (fused_sum (p :: l))); [now apply IH|apply rounded_nearest].
Qed.
Lemma fused_inner_ok n a b : (1 <= n)%nat -> inner n a b (fused_inner n a b).
Proof. intros H. apply fused_sum_ok. destruct n; [lia|discriminate]. Qed.
Lemma argmax_ok n f : (1 <= n)%nat -> (argmax n f < n)%nat /\ forall i, (i < n)%nat -> f i <= f (argmax n f).
Proof.
  induction n as [|n IH]; intros H; [lia|]. cbn [argmax]. cbv zeta. destruct (Nat.eq_dec n 0) as [->|N].
  - cbn [argmax]. destruct (Rle_dec (f 0%nat) (f 0%nat)); (split; [lia|]); intros i I; replace i with 0%nat by lia; lra.
  - destruct (IH ltac:(lia)) as [a b]. destruct (Rle_dec (f (argmax n f)) (f n)) as [c|c]; (split; [lia|]); intros i I;
      (destruct (Nat.eq_dec i n) as [->|ne]; [lra|]); pose proof (b i ltac:(lia)); lra.
Qed.
Lemma scaled_ok d y : (1 <= d)%nat -> scaled d y (nearest (y * / sqrt (INR d))).
Proof.
  intros D. exists (/ sqrt (INR d)). split; [|apply rounded_nearest]. apply (le_INR 1) in D. simpl in D.
  rewrite Rinv_l by (apply Rgt_not_eq, sqrt_lt_R0; lra). replace (1 - 1) with 0 by ring. rewrite Rabs_R0.
  assert (0 < powerRZ 2 (-24)) by (apply powerRZ_lt; lra). lra.
Qed.
Lemma exponential_ok k x : 0 <= k -> exponential k x (exp x).
Proof.
  intros K _. replace (exp x - exp x) with 0 by ring. rewrite Rabs_R0. assert (0 < powerRZ 2 (-126)) by (apply powerRZ_lt; lra).
  assert (0 <= k * ulp radix2 binary32_exponents (exp x)) by (apply Rmult_le_pos; [exact K|apply ulp_ge_0]). lra.
Qed.

Theorem evaluation_exists k subtracts w s : 0 <= k -> (1 <= n_ctx w)%nat -> (1 <= d_model w)%nat -> (1 <= d_head w)%nat ->
  inhabited (evaluation k subtracts w s).
Proof.
  intros K N D H. constructor.
  set (x := fun i d => nearest (W_E w (nth i s 0%nat) d + W_pos w i d)).
  set (through := fun (W : nat -> nat -> R) i h => fused_inner (d_model w) (x i) (fun d => W d h)).
  set (score := fun i => nearest (fused_inner (d_head w) (through (W_Q w) (last w)) (through (W_K w) i) * / sqrt (INR (d_head w)))).
  set (top := argmax (n_ctx w) score).
  set (less := fun i => if subtracts then nearest (score i - score top) else score i).
  set (total := fused_inner (n_ctx w) (fun i => exp (less i)) (fun _ => 1)).
  set (attention := fun i => nearest (exp (less i) / total)).
  set (mixture := fun h => fused_inner (n_ctx w) attention (fun i => through (W_V w) i h)).
  set (output := fun d => fused_inner (d_head w) mixture (fun h => W_O w h d)).
  set (sum := fun d => nearest (x (last w) d + output d)).
  refine {| f_residual := x; f_query := through (W_Q w) (last w); f_key := through (W_K w); f_value := through (W_V w);
    f_score := score; f_less := less; f_exp := fun i => exp (less i); f_total := total; f_attention := attention;
    f_mixture := mixture; f_output := output; f_sum := sum; f_logit := fun y => fused_inner (d_model w) sum (fun d => W_U w d y) |};
    intros; try apply fused_inner_ok; try apply rounded_nearest; try assumption.
  - apply (scale_product _ _ _ _ (fused_inner (d_head w) (through (W_Q w) (last w)) (through (W_K w) i))); [now apply fused_inner_ok|now apply scaled_ok].
  - unfold less_largest, less. destruct subtracts; [|reflexivity]. exists top. destruct (argmax_ok (n_ctx w) score N) as [a b].
    split; [exact a|]. split; [exact b|apply rounded_nearest].
  - now apply exponential_ok.
  - apply by_division, rounded_nearest.
Qed.
