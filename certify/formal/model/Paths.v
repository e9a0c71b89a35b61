(* All path tables of the model whose weights are lists of bit patterns, with what they represent. *)
From Coq Require Import Reals ZArith List Lia Lra.
Import ListNotations.
From Maxcert Require Import Statement Sums Separability Integers Decoding Matrices.
From Maxcert Require Export Weights.

Record paths := { tEU : list row; tEVOU : list row; tPVOU : list row; tEQKE : list row; tEQKP : list row }.

Definition paths_of (B : Z) (w : weights) : option paths :=
  if shapes w then
  match matrix B (wE w), matrix B (wP w), matrix B (wQ w), matrix B (wK w), matrix B (wV w), matrix B (wO w), matrix B (wU w) with
  | Some E, Some P, Some Q, Some K, Some V, Some Ou, Some U =>
    let X := plus_row E (nth (length (wP w) - 1) P []) in
    let OU := matmul Ou U in
    let XQ := matmul X Q in
    Some {| tEU := matmul X U; tEVOU := matmul (matmul E V) OU; tPVOU := matmul (matmul P V) OU;
            tEQKE := mulT XQ (matmul E K); tEQKP := mulT XQ (matmul P K) |}
  | _, _, _, _, _, _, _ => None
  end else None.

Theorem paths_correct B w tb : paths_of B w = Some tb ->
  let m := model_of w in let V := d_vocab m in let K := n_ctx m in
  let p2 := powerRZ 2 (2 * B) in let p4 := powerRZ 2 (4 * B) in
  represents p2 V V (tEU tb) (EU m) /\ represents p4 V V (tEVOU tb) (EVOU m) /\ represents p4 K V (tPVOU tb) (PVOU m) /\
  
  represents p4 V V (tEQKE tb) (fun q t => qk_unscaled m q (W_E m t)) /\
  represents p4 V K (tEQKP tb) (fun q i => qk_unscaled m q (W_pos m i)).
Proof.
  unfold paths_of. destruct (shapes w) eqn:s; [|discriminate].
  unfold shapes in s. cbv zeta in s. repeat (apply andb_prop in s; destruct s as [s ?]).
  destruct (matrix B (wE w)) as [E|] eqn:eE; [|discriminate]. destruct (matrix B (wP w)) as [P|] eqn:eP; [|discriminate].
  destruct (matrix B (wQ w)) as [Q|] eqn:eQ; [|discriminate]. destruct (matrix B (wK w)) as [K|] eqn:eK; [|discriminate].
  destruct (matrix B (wV w)) as [V|] eqn:eV; [|discriminate]. destruct (matrix B (wO w)) as [Ou|] eqn:eO; [|discriminate].
  destruct (matrix B (wU w)) as [U|] eqn:eU; [|discriminate].
  intros h. injection h as <-. cbv zeta.
  repeat match goal with h : Nat.ltb _ _ = true |- _ => apply Nat.ltb_lt in h end.
  eapply matrix_correct in eE; [|eassumption]. eapply matrix_correct in eP; [|eassumption]. eapply matrix_correct in eQ; [|eassumption].
  eapply matrix_correct in eK; [|eassumption]. eapply matrix_correct in eV; [|eassumption]. eapply matrix_correct in eO; [|eassumption].
  eapply matrix_correct in eU; [|eassumption].
  assert (two : (powerRZ 2 B * powerRZ 2 B = powerRZ 2 (2 * B))%R) by (rewrite <- powerRZ_add by lra; f_equal; lia).
  assert (four : (powerRZ 2 (2 * B) * powerRZ 2 (2 * B) = powerRZ 2 (4 * B))%R) by (rewrite <- powerRZ_add by lra; f_equal; lia).
  set (m := model_of w).
  assert (X : represents (powerRZ 2 B) (d_vocab m) (d_model m) (plus_row E (nth (length (wP w) - 1) P [])) (query_row m)).
  { apply plus_row_correct; [exact eE|]. apply (proj2 eP). lia. }
  assert (ou : represents (powerRZ 2 (2 * B)) (d_head m) (d_vocab m) (matmul Ou U) (unembedded m)).
  { rewrite <- two. apply matmul_correct; assumption. }
  assert (xq : represents (powerRZ 2 (2 * B)) (d_vocab m) (d_head m) (matmul (plus_row E (nth (length (wP w) - 1) P [])) Q) (product (d_model m) (query_row m) (W_Q m))).
  { rewrite <- two. apply matmul_correct; assumption. }
  assert (by2 : forall r A f, represents (powerRZ 2 B) r (d_model m) A f -> forall C g, represents (powerRZ 2 B) (d_model m) (d_head m) C g ->
    represents (powerRZ 2 (2 * B)) r (d_head m) (matmul A C) (product (d_model m) f g)).
  { intros r A f ha C g hc. rewrite <- two. apply matmul_correct; assumption. }
  simpl tEU. simpl tEVOU. simpl tPVOU. simpl tEQKE. simpl tEQKP.
  split; [|split; [|split; [|split]]].
  - rewrite <- two. apply matmul_correct; assumption.
  - rewrite <- four. apply matmul_correct; [assumption| |exact ou]. apply by2; assumption.
  - rewrite <- four. apply matmul_correct; [assumption| |exact ou]. apply by2; assumption.
  - rewrite <- four. apply mulT_correct; [exact xq|]. apply by2; assumption.
  - rewrite <- four. apply mulT_correct; [exact xq|]. apply by2; assumption.
Qed.
