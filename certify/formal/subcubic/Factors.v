(* The factors of the paths, X = W_E + W_pos[K-1], W_Q, W_K, W_E and W_U, as integers times 2^-B. *)
From Coq Require Import Reals ZArith List Lia Lra.
Import ListNotations.
From Maxcert Require Import Statement Sums Separability Integers Decoding Matrices Paths.

Record factors := { fX : list row; fE : list row; fQ : list row; fK : list row; fU : list row }.

Definition factors_of (B : Z) (w : weights) : option factors :=
  if shapes w then
  match matrix B (wE w), matrix B (wP w), matrix B (wQ w), matrix B (wK w), matrix B (wU w) with
  | Some E, Some P, Some Q, Some K, Some U =>
    Some {| fX := plus_row E (nth (length (wP w) - 1) P []); fE := E; fQ := Q; fK := K; fU := U |}
  | _, _, _, _, _ => None
  end else None.

Theorem factors_correct B w f : factors_of B w = Some f ->
  let m := model_of w in let p := powerRZ 2 B in
  represents p (d_vocab m) (d_model m) (fX f) (query_row m) /\
  represents p (d_vocab m) (d_model m) (fE f) (W_E m) /\
  represents p (d_model m) (d_head m) (fQ f) (W_Q m) /\
  represents p (d_model m) (d_head m) (fK f) (W_K m) /\
  represents p (d_model m) (d_vocab m) (fU f) (W_U m) /\
  (0 < n_ctx m)%nat /\ (0 < d_model m)%nat /\ (0 < d_head m)%nat.
Proof.
  unfold factors_of. destruct (shapes w) eqn:s; [|discriminate].
  unfold shapes in s. cbv zeta in s. repeat (apply andb_prop in s; destruct s as [s ?]).
  destruct (matrix B (wE w)) as [E|] eqn:eE; [|discriminate]. destruct (matrix B (wP w)) as [P|] eqn:eP; [|discriminate].
  destruct (matrix B (wQ w)) as [Q|] eqn:eQ; [|discriminate]. destruct (matrix B (wK w)) as [K|] eqn:eK; [|discriminate].
  destruct (matrix B (wU w)) as [U|] eqn:eU; [|discriminate].
  intros h. injection h as <-. cbv zeta. cbn [fX fE fQ fK fU].
  repeat match goal with h : Nat.ltb _ _ = true |- _ => apply Nat.ltb_lt in h end.
  eapply matrix_correct in eE; [|eassumption]. eapply matrix_correct in eP; [|eassumption]. eapply matrix_correct in eQ; [|eassumption].
  eapply matrix_correct in eK; [|eassumption]. eapply matrix_correct in eU; [|eassumption].
  set (m := model_of w). split; [|do 4 (split; [assumption|]); repeat split; assumption].
  apply plus_row_correct with (f := W_E m) (g := W_pos m (last m)); [exact eE|]. apply (proj2 eP). lia.
Qed.
