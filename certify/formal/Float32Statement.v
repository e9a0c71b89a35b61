(* What a float32 evaluation of the model is, and what it means that it finds the maximum. Must be read and believed, like
   Statement.v.

   The program is a relation: each number that it computes may be any that the relation allows, so a theorem about all
   evaluations covers every order of summation, fused or not, and every exp of the stated accuracy. IEEE binary32, to
   nearest, ties to even; results below 2^-126 may be flushed to zero. Where an exact result is so large that it might
   overflow nothing is assumed of the float (it may be infinite, or no number), so a theorem about all evaluations also
   says that this does not happen, or does no harm. *)
From Coq Require Import Reals ZArith List Permutation.
Import ListNotations.
From Flocq Require Import Core.
From Maxcert Require Import Statement.
Open Scope R_scope.

(* 24 bits, the smallest positive number 2^-149 *)
Definition binary32_exponents := FLT_exp (-149) 24.
Definition nearest (x : R) : R := round radix2 binary32_exponents ZnearestE x.

(* y is the float of the exact result x of one operation. *)
Definition rounded (x y : R) : Prop :=
  Rabs x < powerRZ 2 127 -> y = nearest x \/ (Rabs x < powerRZ 2 (-126) /\ y = 0).

(* y is a float sum of the products a * b of the list's pairs (a, b): any tree of additions, products rounded or fused into
   an addition, in any order. (A sum that starts from 0 is the same: adding to 0 is exact.) *)
Inductive summed : list (R * R) -> R -> Prop :=
| summed_product a b y : rounded (a * b) y -> summed [(a, b)] y
| summed_add l l' y y' z : summed l y -> summed l' y' -> rounded (y + y') z -> summed (l ++ l') z
| summed_fused a b l y z : summed l y -> rounded (a * b + y) z -> summed ((a, b) :: l) z
| summed_order l l' y : Permutation l l' -> summed l y -> summed l' y.

Definition inner (n : nat) (a b : nat -> R) (y : R) : Prop := summed (map (fun i => (a i, b i)) (seq 0 n)) y.
(* A sum of floats: each times one, which is exact. *)
Definition added (n : nat) (a : nat -> R) (y : R) : Prop := inner n a (fun _ => 1) y.

(* z is y / sqrt d by one operation: y times c, or y divided by 1 / c; that constant is off by at most two roundings. *)
Definition scaled (d : nat) (y z : R) : Prop :=
  exists c, Rabs (c * sqrt (INR d) - 1) <= 3 * powerRZ 2 (-24) /\ rounded (y * c) z.

(* exp within k units in the last place, plus 2^-126 *)
Definition exponential (k : R) (x y : R) : Prop :=
  Rabs x < 80 \/ x <= 0 -> Rabs (y - exp x) <= k * ulp radix2 binary32_exponents (exp x) + powerRZ 2 (-126).

(* An inner product, scaled: the product itself, or one of its factors before. *)
Inductive scaled_inner (d : nat) (a b : nat -> R) (z : R) : Prop :=
| scale_product y : inner d a b y -> scaled d y z -> scaled_inner d a b z
| scale_left a' : (forall h, (h < d)%nat -> scaled d (a h) (a' h)) -> inner d a' b z -> scaled_inner d a b z
| scale_right b' : (forall h, (h < d)%nat -> scaled d (b h) (b' h)) -> inner d a b' z -> scaled_inner d a b z.

(* a / b by a division or by the reciprocal. *)
Inductive divided (a b y : R) : Prop :=
| by_division : rounded (a / b) y -> divided a b y
| by_reciprocal r : rounded (1 / b) r -> rounded (a * r) y -> divided a b y.

(* x less the largest of the n numbers f, if the program's softmax subtracts it. *)
Definition less_largest (subtracts : bool) (n : nat) (f : nat -> R) (x y : R) : Prop :=
  if subtracts then exists j, (j < n)%nat /\ (forall i, (i < n)%nat -> f i <= f j) /\ rounded (x - f j) y
  else y = x.

(* One evaluation on the tokens s: everything that it computes. *)
Record evaluation (k : R) (subtracts : bool) (w : model) (s : list nat) := {
  f_residual : nat -> nat -> R;  (* [n_ctx, d_model] *)
  f_query : nat -> R;            (* [d_head], of the last position *)
  f_key : nat -> nat -> R;       (* [n_ctx, d_head] *)
  f_value : nat -> nat -> R;
  f_score : nat -> R;            (* [n_ctx] *)
  f_less : nat -> R;
  f_exp : nat -> R;
  f_total : R;
  f_attention : nat -> R;
  f_mixture : nat -> R;          (* [d_head] *)
  f_output : nat -> R;           (* [d_model] *)
  f_sum : nat -> R;
  f_logit : nat -> R;            (* [d_vocab] *)
  residual_is : forall i d, (i < n_ctx w)%nat -> (d < d_model w)%nat ->
    rounded (W_E w (nth i s 0%nat) d + W_pos w i d) (f_residual i d);
  query_is : forall h, (h < d_head w)%nat -> inner (d_model w) (f_residual (last w)) (fun d => W_Q w d h) (f_query h);
  key_is : forall i h, (i < n_ctx w)%nat -> (h < d_head w)%nat ->
    inner (d_model w) (f_residual i) (fun d => W_K w d h) (f_key i h);
  value_is : forall i h, (i < n_ctx w)%nat -> (h < d_head w)%nat ->
    inner (d_model w) (f_residual i) (fun d => W_V w d h) (f_value i h);
  score_is : forall i, (i < n_ctx w)%nat -> scaled_inner (d_head w) f_query (f_key i) (f_score i);
  less_is : forall i, (i < n_ctx w)%nat -> less_largest subtracts (n_ctx w) f_score (f_score i) (f_less i);
  exp_is : forall i, (i < n_ctx w)%nat -> exponential k (f_less i) (f_exp i);
  total_is : added (n_ctx w) f_exp f_total;
  attention_is : forall i, (i < n_ctx w)%nat -> divided (f_exp i) f_total (f_attention i);
  mixture_is : forall h, (h < d_head w)%nat -> inner (n_ctx w) f_attention (fun i => f_value i h) (f_mixture h);
  output_is : forall d, (d < d_model w)%nat -> inner (d_head w) f_mixture (fun h => W_O w h d) (f_output d);
  sum_is : forall d, (d < d_model w)%nat -> rounded (f_residual (last w) d + f_output d) (f_sum d);
  logit_is : forall x, (x < d_vocab w)%nat -> inner (d_model w) f_sum (fun d => W_U w d x) (f_logit x)
}.
Arguments f_logit {k subtracts w s}.

(* Whatever a program with an exp within k units computes, the maximum's logit is strictly above every other. *)
Definition float32_right (k : R) (subtracts : bool) (w : model) (s : list nat) : Prop :=
  forall e : evaluation k subtracts w s, forall x, (x < d_vocab w)%nat -> x <> maximum s -> f_logit e x < f_logit e (maximum s).

Definition float32_accuracy_at_least (k : R) (subtracts : bool) (w : model) (n : Z) : Prop :=
  exists m, count (float32_right k subtracts w) (sequences (d_vocab w) (n_ctx w)) m /\ (n <= m)%Z.
