(* The enclosures of the terms of the outputs that may win, each output's with as many digits as a machine word holds.
   Main theorems: inputs_ok, table_separates. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Terms Integers Intervals Matrices Exponential Enclosures Tails Ranges Candidates Walk Columns Count.
Import ListNotations.
Open Scope nat_scope.

(* ---------- The program ---------- *)

(* The entries of tokens 0..n-1: mass times (direct and positional part, and the difference of two rows). *)
Fixpoint row (n : nat) (d : interval) (a o om : list interval) : list interval :=
  match n, a, o, om with
  | S n, a1 :: a, o1 :: o, om1 :: om => imul a1 (iadd d (isub o1 om1)) :: row n d a o om
  | _, _, _, _ => []
  end.

Definition raw (T : tables) (r q m x : nat) : input :=
  let masses := nth q (t_mass T) [] in
  let om := nth m (t_EVOU T) [] in
  let ox := nth x (t_EVOU T) [] in
  let du := isub (EU_at T q x) (EU_at T q m) in
  let d i := iadd du (isub (PVOU_at T i x) (PVOU_at T i m)) in
  (imul (nth q (nth r masses []) izero) (iadd (d r) (isub (nth q ox izero) (nth q om izero))),
   map (fun i => row (S m) (d i) (nth i masses []) ox om) (seq 0 r)).

Definition magnitude (c : input) : int :=
  let more := fun n (e : interval) => nmax (nmax n (snd e)) (opp (fst e)) in
  fold_left (fun n l => fold_left more l n) (snd c) (more zero (fst c)).
Definition shift_of (c : input) : int := ofZ (Z.max 0 (Z.log2 (toZ (magnitude c)) - 53)).
Definition scaled (s : int) (c : input) : input := (coarse s (fst c), map (map (coarse s)) (snd c)).

Definition input_of (T : tables) (r q m x : nat) : input := let c := raw T r q m x in scaled (shift_of c) c.

(* T: the enclosures; rough: the same ones with few digits, for the first look; arounds: of rough. *)
Definition inputs_around (arounds : list (list interval)) (T rough : tables) (V r : nat) : nat -> nat -> list input :=
  fun m => let candidates := candidates rough V r arounds m in
  fun q => map (input_of T r q m) (candidates q).
Definition inputs (T rough : tables) (V r : nat) := inputs_around (arounds rough r) T rough V r.

(* ---------- Its proof ---------- *)

Section Proof.
  Open Scope R_scope.

  Lemma length_row n d (a o om : list interval) :
    (n <= length a)%nat -> (n <= length o)%nat -> (n <= length om)%nat -> length (row n d a o om) = n.
  Proof.
    revert a o om; induction n as [|n IH]; intros a o om A O M; [easy|].
    destruct a as [|a1 a], o as [|o1 o], om as [|om1 om]; simpl in *; try lia. rewrite IH; lia.
  Qed.

  Lemma nth_row n d (a o om : list interval) t : (t < n)%nat ->
    (n <= length a)%nat -> (n <= length o)%nat -> (n <= length om)%nat ->
    nth t (row n d a o om) izero = imul (nth t a izero) (iadd d (isub (nth t o izero) (nth t om izero))).
  Proof.
    revert a o om t; induction n as [|n IH]; intros a o om t T A O M; [lia|].
    destruct a as [|a1 a], o as [|o1 o], om as [|om1 om]; simpl in *; try lia.
    destruct t as [|t]; [easy|]. apply IH; lia.
  Qed.

  Lemma entries_ok_nth m f x i (E : list interval) : forall t, (length E + t = S m)%nat ->
    (forall j, (j < length E)%nat -> encloses (nth j E izero) (f x i (t + j)%nat)) -> entries_ok m f x i t E.
  Proof.
    induction E as [|e E IH]; intros t L H; simpl in *; [lia|]. split.
    - specialize (H 0%nat ltac:(lia)). now rewrite Nat.add_0_r in H.
    - apply IH; [lia|]. intros j J. specialize (H (S j) ltac:(lia)). now rewrite Nat.add_succ_r in H.
  Qed.

  Lemma positions_ok_seq m f x (h : nat -> list interval) n : forall i,
    (forall j, (i <= j < i + n)%nat -> entries_ok m f x j 0 (h j)) ->
    positions_ok m f x i (map h (seq i n)).
  Proof.
    induction n as [|n IH]; intros i H; simpl; [easy|]. split; [apply H; lia|].
    apply IH. intros j J. apply H. lia.
  Qed.

  Variable w : model.
  Hypothesis some_position : (1 <= n_ctx w)%nat.
  Variable c : nat -> R.            (* taken out of the scores of a query *)
  Variables scale scale' : R.       (* of the masses, of the rows *)
  Hypothesis scale_pos : 0 < scale.
  Hypothesis scale_pos' : 0 < scale'.
  Variable T : tables.
  Hypothesis T_ok : tables_ok w c scale scale' T.
  Let V := d_vocab w.
  Let r := last w.

  Definition unit_of (q m x : nat) : R := scale * scale' / IZR (2 ^ toZ (shift_of (raw T r q m x))).
  Definition table := scaled_term w unit_of (fun q _ _ => c q).

  Lemma shift_nonnegative i : (0 <= toZ (shift_of i))%Z.
  Proof. unfold shift_of. rewrite toZ_ofZ. lia. Qed.

  Lemma unit_positive q m x : 0 < unit_of q m x.
  Proof. unfold unit_of. apply Rdiv_lt_0_compat; [now apply Rmult_lt_0_compat|]. apply power_positive, shift_nonnegative. Qed.

  Lemma table_separates : separates w (right w) table.
  Proof. apply scaled_term_separates; [easy|]. intros. apply unit_positive. Qed.

  Lemma mass_scaled_pos q t i : 0 <= scale * mass w (c q) q t i.
  Proof. apply Rlt_le, Rmult_lt_0_compat; [easy|apply mass_pos]. Qed.

  Lemma direct_ok q m i x : (q < V)%nat -> (m < V)%nat -> (x < V)%nat -> (i <= r)%nat ->
    encloses (iadd (isub (EU_at T q x) (EU_at T q m)) (isub (PVOU_at T i x) (PVOU_at T i m)))
      ((scale' * EU w q x - scale' * EU w q m) + (scale' * PVOU w i x - scale' * PVOU w i m)).
  Proof.
    intros Q M X I. destruct T_ok as [_ [U [_ P]]].
    destruct (U q Q) as [_ Uq]. destruct (P i I) as [_ Pi].
    apply encloses_add; apply encloses_sub; unfold EU_at, PVOU_at; auto.
  Qed.

  Lemma raw_ok q m x : (q <= m < V)%nat -> (x < V)%nat ->
    input_ok m (fun x i t => scale * scale' * plain w c q m x i t) (fun x => scale * scale' * plain w c q m x r q) r x (raw T r q m x).
  Proof.
    intros [Q M] X. unfold raw.
    set (masses := nth q (t_mass T) []). set (om := nth m (t_EVOU T) []). set (ox := nth x (t_EVOU T) []).
    set (du := isub (EU_at T q x) (EU_at T q m)). set (d := fun i => iadd du (isub (PVOU_at T i x) (PVOU_at T i m))).
    assert (Q' : (q < V)%nat) by (unfold V; lia).
    destruct T_ok as [A [_ [O _]]].
    destruct (O x X) as [Lx Ox]. destruct (O m M) as [Lm Om]. fold ox in Lx, Ox. fold om in Lm, Om. unfold V, r in *.
    assert (product : forall i t, scale * scale' * plain w c q m x i t = (scale * mass w (c q) q t i) *
      (((scale' * EU w q x - scale' * EU w q m) + (scale' * PVOU w i x - scale' * PVOU w i m))
       + (scale' * EVOU w t x - scale' * EVOU w t m))) by (intros; unfold plain, term; ring).
    split; [|split]; cbn [fst snd].
    - rewrite product. apply encloses_mul; [apply mass_scaled_pos| |].
      + destruct (A q (last w) Q' (le_n _)) as [_ Aq]. fold masses in Aq. auto.
      + apply encloses_add; [apply direct_ok; auto|apply encloses_sub; auto].
    - now rewrite map_length, seq_length.
    - apply positions_ok_seq. intros i Ii. cbn [plus] in Ii.
      assert (I : (i <= last w)%nat) by lia.
      destruct (A q i Q' I) as [La Aq]. fold masses in La, Aq.
      apply entries_ok_nth; rewrite length_row by lia; [lia|]. intros t Ht. cbn [plus].
      rewrite nth_row by lia. rewrite product. apply encloses_mul; [apply mass_scaled_pos| |].
      + apply Aq. lia.
      + apply encloses_add; [apply direct_ok; auto|apply encloses_sub; [apply Ox|apply Om]; lia].
  Qed.

  (* An input divided by 2^s. *)
  Lemma scaled_entries m f g s x i E : (0 <= toZ s)%Z -> (forall i t, g x i t = f x i t / IZR (2 ^ toZ s)) ->
    forall t, entries_ok m f x i t E -> entries_ok m g x i t (map (coarse s) E).
  Proof.
    intros h e. induction E as [|a E IH]; intros t H; cbn [map entries_ok] in *; [exact H|].
    destruct H as [H H']. split; [rewrite e; now apply coarse_ok|now apply IH].
  Qed.
  Lemma scaled_ok m f g own own' s x i : (0 <= toZ s)%Z -> (forall i t, g x i t = f x i t / IZR (2 ^ toZ s)) ->
    own' x = own x / IZR (2 ^ toZ s) -> input_ok m f own r x i -> input_ok m g own' r x (scaled s i).
  Proof.
    intros h e e' [H [L P]]. unfold scaled. split; [|split]; cbn [fst snd].
    - rewrite e'. now apply coarse_ok.
    - now rewrite map_length.
    - clear L. revert P. generalize 0%nat. induction (snd i) as [|E Es IH]; intros k P; cbn [map positions_ok] in *; [easy|].
      destruct P as [P P']. split; [now apply (scaled_entries m f)|now apply IH].
  Qed.

  Variable rough : tables.
  Variable scale'' : R.
  Hypothesis scale_pos'' : 0 < scale''.
  Hypothesis rough_ok : tables_ok w c scale scale'' rough.

  Lemma input_of_ok q m x : (q <= m < V)%nat -> (x < V)%nat ->
    input_ok m (terms table q m) (query_terms w table q m) (last w) x (input_of T r q m x).
  Proof.
    intros QM X. eapply scaled_ok; [apply shift_nonnegative| | |apply raw_ok; [exact QM|exact X]].
    - intros i t. unfold terms, table, scaled_term, unit_of, plain, r. field. apply Rgt_not_eq, power_positive, shift_nonnegative.
    - unfold query_terms, table, scaled_term, unit_of, plain, r. field. apply Rgt_not_eq, power_positive, shift_nonnegative.
  Qed.

  Lemma inputs_for_ok q m xs : (q <= m < V)%nat -> incl xs (outputs V m) ->
    Forall2 (input_ok m (terms table q m) (query_terms w table q m) (last w)) xs (map (input_of T r q m) xs).
  Proof.
    intros QM I. induction xs as [|x xs IH]; [constructor|]. cbn [map]. constructor.
    - apply input_of_ok; [exact QM|]. specialize (I x (or_introl eq_refl)). apply in_outputs in I. apply I.
    - apply IH. intros y J. apply I. now right.
  Qed.

  Lemma table_sum q m x p : query_terms w table q m x + suffix (terms table q m) x 0 p =
    unit_of q m x * (plain w c q m x r q + suffix (plain w c q m) x 0 p).
  Proof.
    assert (scaled_suffix : forall p i, suffix (terms table q m) x i p = unit_of q m x * suffix (plain w c q m) x i p).
    { clear. induction p as [|t p IH]; intros i; cbn [suffix]; [ring|]. rewrite IH, Rmult_plus_distr_l. reflexivity. }
    rewrite scaled_suffix, Rmult_plus_distr_l. reflexivity.
  Qed.

  Lemma candidates_in m q : incl (candidates rough V r (arounds rough r) m q) (outputs V m).
  Proof.
    intros x I. apply in_map_iff in I. destruct I as [l [<- I]]. apply filter_In in I. destruct I as [I _].
    apply in_map_iff in I. destruct I as [x [<- I]]. exact I.
  Qed.

  Lemma candidates_or_lost q m x : (q <= m < V)%nat -> In x (outputs V m) -> In x (candidates rough V r (arounds rough r) m q) \/
    lost m (terms table q m) (query_terms w table q m) 0 (last w) (q =? m)%nat x.
  Proof.
    intros QM I. assert (around : nth q (arounds rough r) [] = over_positions r (nth q (t_mass rough) [])).
    { unfold arounds. destruct (Nat.lt_ge_cases q (length (t_mass rough))) as [L|L].
      - now rewrite (nth_map _ _ _ []) by exact L.
      - rewrite !nth_overflow by (rewrite ?map_length; lia). now destruct r as [|[|]]. }
    unfold candidates. rewrite around. set (test := may_win rough r m q _ _).
    destruct (test (look_at rough r m x)) eqn:e.
    - left. change x with (output (look_at rough r m x)) at 1. apply in_map. apply filter_In. split; [now apply in_map|exact e].
    - right. apply in_outputs in I. intros p Ip.
      pose proof (may_win_ok w some_position c scale scale'' scale_pos scale_pos'' rough rough_ok q m x QM (proj1 I) e p Ip) as L.
      rewrite table_sum. pose proof (unit_positive q m x). apply Ropp_lt_cancel. rewrite Ropp_0, Ropp_mult_distr_r.
      apply Rmult_lt_0_compat; [easy|]. fold r in L. lra.
  Qed.

  Theorem inputs_ok : terms_ok w table (inputs T rough V r).
  Proof.
    intros q m QM. pose proof (candidates_in m q) as I. pose proof (inputs_for_ok q m _ QM I) as F.
    change (map _ _) with (inputs T rough V r m q) in F. set (xs := candidates rough V r (arounds rough r) m q) in *. split.
    - intros c' J.
      induction F as [|x e xs es P F IH]; [easy|]. destruct J as [<-|J].
      + exists x. split; [apply I; now left|exact P].
      + apply IH; [|exact J]. intros y K. apply I. now right.
    - intros x X. destruct (candidates_or_lost q m x QM X) as [J|J]; [left|now right]. fold xs in J. clear - F J.
      induction F as [|y e xs es P F IH]; [easy|]. destruct J as [->|J].
      + exists e. split; [now left|exact P].
      + destruct (IH J) as [e' [K P']]. exists e'. split; [now right|exact P'].
  Qed.
End Proof.
