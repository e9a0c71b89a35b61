(* T4: scores as an explained part and a bound on the rest, from directions given as hints. Main theorem: low_rank_explains. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat FunctionalExtensionality.
From Maxcert Require Import Statement Sums Separability Integers Intervals Decoding Matrices Exponential Paths Enclosures Factors
  CellCheck Rows LogitTables ScoreTables Peeling Residual.
Import ListNotations.

(* ---------- The program ---------- *)

(* The mean position is added to the key side; both it and the directions are in units of 2^-h, the factors of 2^-2h. *)
Definition start_split (B h : Z) (f : factors) (position : list Z) : split :=
  let lift := lifted (2 * h - B) in
  let V := length (fE f) in
  let P := map (fun n => shl n (ofZ h)) (map ofZ position) in
  {| s1 := lift (fX f); s2 := lift (fQ f); s3 := transpose (lift (fK f));
     s4 := transpose (map (fun e => plus e P) (lift (fE f))); s_explained := repeat (repeat zero V) V |}.

Definition directions_fit (B h : Z) (V D : nat) (position : list Z) (directions : list (factor * list Z)) : bool :=
  (Z.leb B (2 * h) && (length position =? D)%nat &&
   forallb (fun fu => length (snd fu) =? direction_length V D (fst fu))%nat directions)%bool.

Definition split_along (B h : Z) (f : factors) (position : list Z) (directions : list (factor * list Z)) : split :=
  fold_left peel_direction directions (start_split B h f position).

(* ---------- The proof ---------- *)
Open Scope R_scope.

Section LowRank.
  Variable w : model.
  Notation V := (d_vocab w).
  Notation D := (d_model w).
  Notation H := (d_head w).
  Hypothesis D0 : (0 < D)%nat.
  Hypothesis H0 : (0 < H)%nat.
  Hypothesis V0 : (0 < V)%nat.
  Variables B h : Z.
  Hypothesis B0 : (0 <= B)%Z.
  Hypothesis h0 : (0 <= h)%Z.
  Variable f : factors.
  Hypothesis X_ok : represents (IZR (2 ^ B)) V D (fX f) (query_row w).
  Hypothesis E_ok : represents (IZR (2 ^ B)) V D (fE f) (W_E w).
  Hypothesis Q_ok : represents (IZR (2 ^ B)) D H (fQ f) (W_Q w).
  Hypothesis K_ok : represents (IZR (2 ^ B)) D H (fK f) (W_K w).
  Variable position : list Z.
  Variable directions : list (factor * list Z).
  Hypothesis fit : directions_fit B h V D position directions = true.
  Notation Q := (IZR (2 ^ h)).

  Definition shift (k : nat) : R := IZR (nth k position 0%Z) / Q.
  Definition shifted_scores : nat -> nat -> R :=
    chain D H (query_row w) (W_Q w) (fun i j => W_K w j i) (fun k t => W_E w t k + shift k).

  Lemma B_small : (B <= 2 * h)%Z.
  Proof. unfold directions_fit in fit. apply andb_prop in fit. destruct fit as [a _]. apply andb_prop in a. now apply Z.leb_le. Qed.

  Lemma start_splits : splits V D H Q shifted_scores (start_split B h f position).
  Proof.
    assert (S := B_small). assert (L : length position = D).
    { unfold directions_fit in fit. apply andb_prop in fit. destruct fit as [a _]. apply andb_prop in a. now apply Nat.eqb_eq. }
    assert (E : IZR (2 ^ B) * IZR (2 ^ (2 * h - B)) = Q * Q) by (rewrite !pow_split by lia; f_equal; f_equal; lia).
    exists (query_row w), (W_Q w), (fun i j => W_K w j i), (fun k t => W_E w t k + shift k), (fun _ _ => 0).
    unfold start_split. cbn [s1 s2 s3 s4 s_explained]. rewrite <- E.
    split; [apply lifted_correct; [lia|exact X_ok]|]. split; [apply lifted_correct; [lia|exact Q_ok]|].
    split; [apply (transpose_correct _ D H _ (W_K w)); [easy|apply lifted_correct; [lia|exact K_ok]]|].
    split.
    - apply (transpose_correct _ V D _ (fun t k => W_E w t k + shift k)); [easy|].
      apply represents_rows with (p := IZR (2 ^ B) * IZR (2 ^ (2 * h - B))) (f := W_E w).
      + intros i l _ Hl. apply (plus_correct _ _ _ _ (W_E w i) shift); [exact Hl|]. rewrite E. apply holds_shl; [easy|]. now apply holds_hint.
      + apply lifted_correct; [lia|exact E_ok].
    - split; [|intros; unfold shifted_scores; ring]. rewrite (proj1 E_ok).
      split; [apply repeat_length|]. intros i I. rewrite (LogitBounds.repeat_nth (repeat zero V)) by easy.
      split; [apply repeat_length|]. intros k K. rewrite (LogitBounds.repeat_nth zero) by easy. rewrite toZ_zero. ring.
  Qed.

  Lemma split_along_splits : splits V D H Q shifted_scores (split_along B h f position directions).
  Proof.
    unfold split_along. assert (lengths : forall fu, In fu directions -> length (snd fu) = direction_length V D (fst fu)).
    { unfold directions_fit in fit. apply andb_prop in fit. destruct fit as [_ a]. rewrite forallb_forall in a.
      intros fu I. now apply Nat.eqb_eq, a. }
    generalize (start_split B h f position) start_splits. clear fit.
    induction directions as [|[g u] l IH]; intros s S; [exact S|]. cbn [fold_left]. apply IH.
    - intros fu I. apply lengths. now right.
    - apply peel_direction_splits; try easy; [apply power_positive; lia|]. exact (lengths (g, u) (or_introl eq_refl)).
  Qed.

  (* The mean position shifts all scores of a query alike. *)
  Lemma shifted_difference q t t' : shifted_scores q t - shifted_scores q t' = qk_unscaled w q (W_E w t) - qk_unscaled w q (W_E w t').
  Proof.
    assert (A : forall t, shifted_scores q t = qk_unscaled w q (W_E w t) + sum H (fun j => product D (query_row w) (W_Q w) q j * sum D (fun k => W_K w k j * shift k))).
    { intros u. unfold shifted_scores, chain. rewrite product_assoc. unfold qk_unscaled. rewrite <- sum_plus.
      unfold product at 1. apply sum_ext. intros j _. rewrite <- Rmult_plus_distr_l.
      change (through w (W_Q w) (query_row w q) j) with (product D (query_row w) (W_Q w) q j).
      f_equal. unfold through, product. rewrite <- sum_plus. apply sum_ext; intros; ring. }
    rewrite !A. ring.
  Qed.

  (* s: split along the directions; errors: bounds on the rest. *)
  Theorem low_rank_explains errors :
    (forall f1 f2 f3 f4, let s := split_along B h f position directions in
      represents (Q * Q) V D (s1 s) f1 -> represents (Q * Q) D H (s2 s) f2 -> represents (Q * Q) H D (s3 s) f3 -> represents (Q * Q) D V (s4 s) f4 ->
      spreads (Q * Q * (Q * Q) * (Q * Q * (Q * Q))) V V (chain D H f1 f2 f3 f4) errors) ->
    exists S err, represents (IZR (2 ^ (8 * h))) V V (s_explained (split_along B h f position directions)) S /\
      holds (IZR (2 ^ (8 * h))) V errors err /\ explains w S err.
  Proof.
    intros R. destruct split_along_splits as [f1 [f2 [f3 [f4 [S [R1 [R2 [R3 [R4 [RS E]]]]]]]]]].
    destruct (R f1 f2 f3 f4 R1 R2 R3 R4) as [L Sp]. assert (P := power_positive h h0).
    assert (E8 : Q * Q * (Q * Q) * (Q * Q * (Q * Q)) = IZR (2 ^ (8 * h))) by (rewrite !pow_split by lia; f_equal; f_equal; lia).
    rewrite E8 in RS, Sp. assert (P8 := power_positive (8 * h) ltac:(lia)).
    exists S, (fun q => IZR (toZ (nth q errors zero)) / IZR (2 ^ (8 * h))). split; [exact RS|]. split.
    - split; [exact L|]. intros k _. field. lra.
    - intros q t t' Hq Ht Ht'. rewrite <- shifted_difference, !E by easy. specialize (Sp q t t' Hq Ht Ht').
      assert (D1 : chain D H f1 f2 f3 f4 q t - chain D H f1 f2 f3 f4 q t' <= IZR (toZ (nth q errors zero)) / IZR (2 ^ (8 * h))).
      { apply Rmult_le_reg_r with (IZR (2 ^ (8 * h))); [exact P8|]. replace (IZR (toZ (nth q errors zero)) / IZR (2 ^ (8 * h)) * IZR (2 ^ (8 * h))) with (IZR (toZ (nth q errors zero))) by (field; lra). exact Sp. }
      lra.
  Qed.
End LowRank.
