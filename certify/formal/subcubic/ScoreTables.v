(* T3, step 1: attention factors from scores that are known up to an error. Main theorem: queries_ok. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Integers Intervals Decoding Matrices Exponential Attention Paths Enclosures CellCheck CellCount.
Import ListNotations.

(* Explained scores times 2^s and a bound on the range of the rest of every row, also times 2^s; positional scores times
   2^s'. j halvings and t bits for exp; r: positions before the query. *)
Definition queries_of (H s s' : Z) (j : nat) (t : Z) (r : nat) (explained : list (list int)) (errors : list int)
    (positional : list (list int)) : list query_tables :=
  let scores := attention H s j t explained in
  let positions := attention H s' j t positional in
  let error := attention H s j t (map (fun e => [zero; opp e]) errors) in
  map (fun a : list (int * int) * (list (int * int) * list (int * int)) =>
    let '(a, (b, e)) := a in prepare r a b (fst (nth 1 e pair0), snd (nth 0 e pair0))) (combine scores (combine positions error)).

Open Scope R_scope.

(* Differences of the scores of a row are those of S up to err. *)
Definition explains (w : model) (S : nat -> nat -> R) (err : nat -> R) : Prop :=
  forall q t t', (q < d_vocab w)%nat -> (t < d_vocab w)%nat -> (t' < d_vocab w)%nat ->
    qk_unscaled w q (W_E w t) - qk_unscaled w q (W_E w t') <= S q t - S q t' + err q.

Section Queries.
  Variable w : model.
  Variables H s s' t : Z.
  Variable j : nat.
  Hypothesis some_position : (1 <= n_ctx w)%nat.
  Hypothesis H0 : (0 < H)%Z.
  Hypothesis H_head : IZR H = INR (d_head w).
  Hypothesis s0 : (0 <= s)%Z.
  Hypothesis s0' : (0 <= s')%Z.
  Hypothesis t0 : (0 <= t)%Z.
  Variables explained positional : list (list int).
  Variable errors : list int.
  Variable S : nat -> nat -> R.
  Variable err : nat -> R.
  Hypothesis explained_ok : represents (IZR (2 ^ s)) (d_vocab w) (d_vocab w) explained S.
  Hypothesis errors_ok : holds (IZR (2 ^ s)) (d_vocab w) errors err.
  Hypothesis positional_ok : represents (IZR (2 ^ s')) (d_vocab w) (n_ctx w) positional (fun q i => qk_unscaled w q (W_pos w i)).
  Hypothesis S_explains : explains w S err.

  Theorem queries_ok q Q : (q < d_vocab w)%nat ->
    nth_error (queries_of H s s' j t (last w) explained errors positional) q = Some Q -> query_ok w q Q.
  Proof.
    intros Hq E. apply (nth_error_nth _ _ (prepare (last w) [] [] (zero, zero))) in E. unfold queries_of in E.
    assert (error_rows : represents (IZR (2 ^ s)) (d_vocab w) 2 (map (fun e => [zero; opp e]) errors) (fun q i => match i with O => 0 | _ => - err q end)).
    { destruct errors_ok as [L He]. split; [now rewrite map_length|]. intros i I. rewrite (nth_map _ _ _ zero) by lia.
      split; [easy|]. intros [|[|k]] K; [|change (IZR (toZ (opp (nth i errors zero))) = - err i * IZR (2 ^ s))|lia].
      - cbn [nth]. rewrite toZ_zero. ring.
      - rewrite toZ_opp, opp_IZR, He by easy. ring. }
    destruct (attention_lengths H s j t _ _ _ _ _ explained_ok) as [la la'].
    destruct (attention_lengths H s' j t _ _ _ _ _ positional_ok) as [lp lp'].
    destruct (attention_lengths H s j t _ _ _ _ _ error_rows) as [le le'].
    destruct (attention_correct H s j t _ _ _ _ H0 t0 s0 explained_ok) as [c1 A1].
    destruct (attention_correct H s' j t _ _ _ _ H0 t0 s0' positional_ok) as [c2 A2].
    destruct (attention_correct H s j t _ _ _ _ H0 t0 s0 error_rows) as [c3 A3].
    set (scores := attention H s j t explained) in *. set (positions := attention H s' j t positional) in *.
    set (er := attention H s j t (map (fun e => [zero; opp e]) errors)) in *.
    rewrite (nth_map _ _ _ ([], ([], []))) in E by (rewrite !combine_length; lia).
    rewrite combine_nth, combine_nth in E by (rewrite ?combine_length; lia).
    set (root := sqrt (IZR H)) in *. assert (root0 : 0 < root) by (apply sqrt_lt_R0, IZR_lt; assumption).
    set (T := IZR (2 ^ t)) in *. assert (T0 : 0 < T) by now apply power_positive.
    exists (c2 q / root), T, (fun u => exp (qk_unscaled w q (W_E w u) / root)), (fun i => exp ((qk_unscaled w q (W_pos w i) - c2 q) / root) * T),
      (nth q scores []), (nth q positions []), (fst (nth 1 (nth q er []) pair0), snd (nth 0 (nth q er []) pair0)).
    split; [now rewrite <- E|]. split; [exact T0|]. split.
    { intros u i. unfold mass. rewrite (Rmult_comm (exp (_ / root) )), Rmult_comm, Rmult_assoc.
      rewrite (Rmult_comm T), <- Rmult_assoc, <- exp_plus. f_equal. f_equal. unfold EQKE, EQKP, qk.
      rewrite <- H_head. fold root. field. lra. }
    split; [intros; apply exp_pos|]. split; [intros; apply Rmult_lt_0_compat; [apply exp_pos|exact T0]|].
    split; [now apply lp'|]. split.
    { intros i I. specialize (A2 q i Hq I). unfold within in *. rewrite Rmult_1_r. exact A2. }
    split; [now apply la'|]. assert (positive_end : forall e x, within T e (exp x) -> (0 <= toZ (fst e) /\ 0 <= toZ (snd e))%Z).
    { intros e x [W1 [W2 W3]]. split; [exact W1|]. apply le_IZR. apply Rle_trans with (2 := W3).
      apply Rmult_le_pos; [left; apply exp_pos|lra]. }
    split.
    { intros e I. apply (In_nth _ _ pair0) in I. destruct I as [k [K <-]]. rewrite la' in K by easy. exact (positive_end _ _ (A1 q k Hq K)). }
    assert (P1 := positive_end _ _ (A3 q 1%nat Hq ltac:(lia))). assert (P0 := positive_end _ _ (A3 q 0%nat Hq ltac:(lia))).
    split; [cbn [fst snd]; tauto|]. cbn [fst snd]. intros u u' U U'.
    destruct (A1 q u Hq U) as [_ [_ hi]]. destruct (A1 q u' Hq U') as [_ [lo _]].
    destruct (A3 q 1%nat Hq ltac:(lia)) as [_ [e1 _]]. destruct (A3 q 0%nat Hq ltac:(lia)) as [_ [_ e0]].
    destruct P1 as [P1 _]. apply IZR_le in P1.
    assert (L : (0 <= toZ (fst (nth u' (nth q scores []) pair0)))%Z) by apply (positive_end _ _ (A1 q u' Hq U')). apply IZR_le in L.
    apply Rle_trans with (exp (qk_unscaled w q (W_E w u) / root) * (exp ((S q u' - c1 q) / root) * T * (exp ((- err q - c3 q) / root) * T))).
    { apply Rmult_le_compat_l; [left; apply exp_pos|]. apply Rmult_le_compat; easy. }
    apply Rle_trans with (exp ((S q u - c1 q) / root) * T * (exp ((0 - c3 q) / root) * T) * exp (qk_unscaled w q (W_E w u') / root)).
    2: { apply Rmult_le_compat_r; [left; apply exp_pos|].
      assert (X1 := exp_pos ((S q u - c1 q) / root)). assert (X2 := exp_pos ((0 - c3 q) / root)).
      apply Rmult_le_compat; try easy; apply Rmult_le_pos; lra. }
    replace (exp (qk_unscaled w q (W_E w u) / root) * (exp ((S q u' - c1 q) / root) * T * (exp ((- err q - c3 q) / root) * T)))
      with (T * T * (exp (qk_unscaled w q (W_E w u) / root) * exp ((S q u' - c1 q) / root) * exp ((- err q - c3 q) / root))) by ring.
    replace (exp ((S q u - c1 q) / root) * T * (exp ((0 - c3 q) / root) * T) * exp (qk_unscaled w q (W_E w u') / root))
      with (T * T * (exp ((S q u - c1 q) / root) * exp ((0 - c3 q) / root) * exp (qk_unscaled w q (W_E w u') / root))) by ring.
    apply Rmult_le_compat_l; [apply Rmult_le_pos; lra|]. rewrite <- !exp_plus. 
    assert (M : forall x y, x <= y -> exp x <= exp y) by (intros x y [G| ->]; [left; now apply exp_increasing|lra]). apply M.
    assert (B := S_explains q u u' Hq U U').
    apply Rmult_le_reg_r with root; [exact root0|].
    replace ((qk_unscaled w q (W_E w u) / root + (S q u' - c1 q) / root + (- err q - c3 q) / root) * root)
      with (qk_unscaled w q (W_E w u) + S q u' - c1 q - err q - c3 q) by (field; lra).
    replace (((S q u - c1 q) / root + (0 - c3 q) / root + qk_unscaled w q (W_E w u') / root) * root)
      with (S q u - c1 q - c3 q + qk_unscaled w q (W_E w u')) by (field; lra). lra.
  Qed.
End Queries.

(* The exact scores, err = 0. *)
Lemma exact_explains w : explains w (fun q t => qk_unscaled w q (W_E w t)) (fun _ => 0).
Proof. intros q t t' _ _ _. lra. Qed.
