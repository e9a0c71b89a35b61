(* Finite sums of reals: what the proofs need about Statement's `sum`. *)
From Coq Require Import Reals Lra Lia PeanoNat.
From Maxcert Require Import Statement.
Open Scope R_scope.

Lemma sum_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> sum n f = sum n g.
Proof.
  induction n as [|n IH]; simpl; intros H; [easy|].
  rewrite IH by (intros; apply H; lia). now rewrite H by lia.
Qed.

Lemma sum_plus n f g : sum n (fun i => f i + g i) = sum n f + sum n g.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma sum_minus n f g : sum n (fun i => f i - g i) = sum n f - sum n g.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma sum_scal_l n c f : sum n (fun i => c * f i) = c * sum n f.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma sum_scal_r n c f : sum n (fun i => f i * c) = sum n f * c.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma sum_zero n : sum n (fun _ => 0) = 0.
Proof. induction n as [|n IH]; simpl; [|rewrite IH]; lra. Qed.

Lemma sum_swap n p (f : nat -> nat -> R) :
  sum n (fun i => sum p (fun j => f i j)) = sum p (fun j => sum n (fun i => f i j)).
Proof.
  induction n as [|n IH]; simpl.
  - symmetry; apply sum_zero.
  - rewrite IH, <- sum_plus. easy.
Qed.

(* The first term apart (the definition takes the last one apart). *)
Lemma sum_first n f : sum (S n) f = f 0%nat + sum n (fun i => f (S i)).
Proof. induction n as [|n IH]; [simpl; lra|]. change (sum (S (S n)) f) with (sum (S n) f + f (S n)). rewrite IH. simpl. lra. Qed.

Lemma sum_pos n f : (1 <= n)%nat -> (forall i, (i < n)%nat -> 0 < f i) -> 0 < sum n f.
Proof.
  induction n as [|n IH]; intros H P; [lia|]. simpl.
  destruct n as [|n]; [simpl; specialize (P 0%nat); lra || (specialize (P ltac:(lia)); lra)|].
  assert (0 < sum (S n) f) by (apply IH; [lia|intros; apply P; lia]).
  specialize (P (S n) ltac:(lia)). lra.
Qed.

(* (sum of v k * A k h) seen as a row times a matrix *)
Lemma sum_row_plus n u v A : sum n (fun k => (u k + v k) * A k) = sum n (fun k => u k * A k) + sum n (fun k => v k * A k).
Proof. rewrite <- sum_plus. apply sum_ext; intros; lra. Qed.
