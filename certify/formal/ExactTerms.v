(* The enclosures of all terms from those of the paths: mass (q, i, t) and the rows of EU, EVOU, PVOU.
   Main theorem: compact_exact. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Terms Integers Intervals Enclosures Sequences Walk Count.
Import ListNotations.

Section Program.

  Definition at2 (l : list (list interval)) (i j : nat) := nth j (nth i l []) izero.

  (* The entries of tokens 0..n-1: mass times (direct and positional part, and the difference of two rows). *)
  Fixpoint row (n : nat) (d : interval) (a o om : list interval) : list interval :=
    match n, a, o, om with
    | S n, a1 :: a, o1 :: o, om1 :: om => imul a1 (iadd d (isub o1 om1)) :: row n d a o om
    | _, _, _, _ => []
    end.

  (* A first look at each output: all positions at once. *)
  Fixpoint zip (a b : list interval) : list interval := match a, b with x :: a, y :: b => ijoin x y :: zip a b | _, _ => [] end.
  Fixpoint wide (L : list (list interval)) : list interval := match L with [] => [] | [a] => a | a :: L => zip a (wide L) end.
  Fixpoint hull (l : list interval) : interval := match l with [] => izero | [a] => a | a :: l => ijoin a (hull l) end.
  Fixpoint repeated (n : nat) (a : interval) : interval := match n with O => izero | S n => iadd a (repeated n a) end.

  (* May output x win for (q, m)? *)
  Definition may_win (T : tables) (r q m : nat) (masses : list (list interval)) (around om : list interval) (x : nat) : bool :=
    let ox := nth x (t_EVOU T) [] in
    let du := isub (at2 (t_EU T) q x) (at2 (t_EU T) q m) in
    let d i := iadd du (isub (at2 (t_PVOU T) i x) (at2 (t_PVOU T) i m)) in
    let own := imul (at2 masses r q) (iadd (d r) (isub (nth q ox izero) (nth q om izero))) in
    let all := row (S m) (hull (map d (seq 0 r))) around ox om in
    let far := hull all in
    let rest := if q =? m then repeated r far else iadd (nth m all izero) (repeated (r - 1) far) in
    leb zero (snd (iadd own rest)).

  Definition kept (T : tables) (V r q m : nat) : list nat :=
    let masses := nth q (t_mass T) [] in
    let om := nth m (t_EVOU T) [] in
    let around := wide (map (firstn (S m)) (firstn r masses)) in
    filter (may_win T r q m masses around om) (outputs V m).

  Definition terms_of (T : tables) (V r q m : nat) : list input :=
    let masses := nth q (t_mass T) [] in
    let om := nth m (t_EVOU T) [] in
    map (fun x =>
      let ox := nth x (t_EVOU T) [] in
      let du := isub (at2 (t_EU T) q x) (at2 (t_EU T) q m) in
      let d i := iadd du (isub (at2 (t_PVOU T) i x) (at2 (t_PVOU T) i m)) in
      (imul (at2 masses r q) (iadd (d r) (isub (nth q ox izero) (nth q om izero))),
       map (fun i => row (S m) (d i) (nth i masses []) ox om) (seq 0 r)))
      (kept T V r q m).
End Program.

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

  Lemma zip_length (a b : list interval) n : (n <= length a)%nat -> (n <= length b)%nat -> (n <= length (zip a b))%nat.
  Proof. revert b n; induction a as [|x a IH]; intros [|y b] n A B; simpl in *; try lia. destruct n as [|n]; [lia|]. specialize (IH b n); lia. Qed.
  Lemma zip_nth (a b : list interval) n t : (n <= length a)%nat -> (n <= length b)%nat -> (t < n)%nat ->
    nth t (zip a b) izero = ijoin (nth t a izero) (nth t b izero).
  Proof. revert b n t; induction a as [|x a IH]; intros [|y b] n t A B C; simpl in *; try lia. destruct t as [|t]; [easy|]. apply IH with (n := (n - 1)%nat); lia. Qed.
  Lemma wide_length n (L : list (list interval)) : L <> [] -> (forall a, In a L -> (n <= length a)%nat) -> (n <= length (wide L))%nat.
  Proof.
    induction L as [|a L IH]; intros E H; [easy|]. destruct L as [|b L]; [apply H; now left|].
    change (wide (a :: b :: L)) with (zip a (wide (b :: L))). apply zip_length; [apply H; now left|].
    apply IH; [easy|]. intros c I. apply H. now right.
  Qed.
  Lemma wide_ok n (L : list (list interval)) a t v : (forall a, In a L -> (n <= length a)%nat) -> In a L -> (t < n)%nat ->
    encloses (nth t a izero) v -> encloses (nth t (wide L) izero) v.
  Proof.
    induction L as [|b L IH]; intros H I Ht E; [easy|]. destruct L as [|c L].
    - destruct I as [->|[]]. exact E.
    - change (wide (b :: c :: L)) with (zip b (wide (c :: L))).
      rewrite (zip_nth b (wide (c :: L)) n t);
        [|apply H; now left|apply wide_length; [easy|intros d I'; apply H; now right]|exact Ht].
      destruct I as [->|I]; [apply encloses_join_l; exact E|apply encloses_join_r].
      apply IH; auto. intros d I'. apply H. now right.
  Qed.
  Lemma hull_ok (l : list interval) a v : In a l -> encloses a v -> encloses (hull l) v.
  Proof.
    induction l as [|b l IH]; intros I E; [easy|]. destruct l as [|c l]; [destruct I as [->|[]]; exact E|].
    change (hull (b :: c :: l)) with (ijoin b (hull (c :: l))).
    destruct I as [->|I]; [now apply encloses_join_l|apply encloses_join_r; now apply IH].
  Qed.

  (* Sums over tails, all terms within one interval, that of m within another. *)
  Lemma repeated_ok m (f : nat -> nat -> nat -> R) (x : nat) (far : interval) r : (forall i t, (i < r)%nat -> (t <= m)%nat -> encloses far (f x i t)) ->
    forall p i, Forall (fun t => t <= m)%nat p -> (i + length p <= r)%nat -> encloses (repeated (length p) far) (suffix f x i p).
  Proof.
    intros H. induction p as [|t p IH]; intros i F L; simpl in *; [apply encloses_zero|].
    inversion F; subst. apply encloses_add; [apply H; [lia|easy]|apply IH; [easy|lia]].
  Qed.
  Lemma repeated_need_ok m (f : nat -> nat -> nat -> R) (x : nat) (far near : interval) r :
    (forall i t, (i < r)%nat -> (t <= m)%nat -> encloses far (f x i t)) -> (forall i, (i < r)%nat -> encloses near (f x i m)) ->
    forall p i, Forall (fun t => t <= m)%nat p -> (i + length p <= r)%nat -> In m p ->
    encloses (iadd near (repeated (length p - 1) far)) (suffix f x i p).
  Proof.
    intros H H'. induction p as [|t p IH]; intros i F L I; [easy|]. simpl in L. inversion F; subst.
    cbn [length suffix]. replace (S (length p) - 1)%nat with (length p) by lia.
    destruct (Nat.eq_dec t m) as [->|ne].
    - apply encloses_add; [apply H'; lia|]. apply (repeated_ok m f x far r H); [easy|lia].
    - destruct I as [E|I]; [congruence|]. assert (step := IH (S i) ltac:(easy) ltac:(lia) I).
      destruct (length p) as [|n] eqn:e; [destruct p; [easy|discriminate]|].
      replace (S n - 1)%nat with n in step by lia. cbn [repeated].
      assert (a := H i t ltac:(lia) ltac:(easy)).
      assert (b := encloses_add _ _ _ _ a step). revert b. unfold encloses, iadd; cbn [fst snd].
      rewrite !toZ_add, !plus_IZR. lra.
  Qed.

  Variable w : model.
  Hypothesis some_position : (1 <= n_ctx w)%nat.
  Variable c : nat -> R.            (* taken out of the scores of a query *)
  Variables scale scale' : R.       (* of the masses, of the rows *)
  Hypothesis scale_pos : 0 < scale.
  Hypothesis scale_pos' : 0 < scale'.
  Let V := d_vocab w.
  Let r := last w.

  Variable T : tables.
  Hypothesis T_ok : tables_ok w c scale scale' T.

  Definition table := scaled_term w (fun _ _ _ => scale * scale') (fun q _ _ => c q).

  Lemma table_product q m t i x : table q m t i x = (scale * mass w (c q) q t i) *
    (((scale' * EU w q x - scale' * EU w q m) + (scale' * PVOU w i x - scale' * PVOU w i m))
     + (scale' * EVOU w t x - scale' * EVOU w t m)).
  Proof. unfold table, scaled_term, term. ring. Qed.

  Lemma mass_scaled_pos q t i : 0 <= scale * mass w (c q) q t i.
  Proof. apply Rlt_le, Rmult_lt_0_compat; [easy|apply mass_pos]. Qed.

  Lemma direct_ok q m i x : (q < V)%nat -> (m < V)%nat -> (x < V)%nat -> (i <= r)%nat ->
    encloses (iadd (isub (at2 (t_EU T) q x) (at2 (t_EU T) q m)) (isub (at2 (t_PVOU T) i x) (at2 (t_PVOU T) i m)))
      ((scale' * EU w q x - scale' * EU w q m) + (scale' * PVOU w i x - scale' * PVOU w i m)).
  Proof.
    intros Q M X I. destruct T_ok as [_ [U [_ P]]].
    destruct (U q Q) as [_ Uq]. destruct (P i I) as [_ Pi].
    apply encloses_add; apply encloses_sub; unfold at2; auto.
  Qed.

  Lemma input_of_ok q m x : (q <= m < V)%nat -> (x < V)%nat ->
    let masses := nth q (t_mass T) [] in
    let om := nth m (t_EVOU T) [] in
    let ox := nth x (t_EVOU T) [] in
    let du := isub (at2 (t_EU T) q x) (at2 (t_EU T) q m) in
    let d i := iadd du (isub (at2 (t_PVOU T) i x) (at2 (t_PVOU T) i m)) in
    input_ok w table q m x (imul (at2 masses r q) (iadd (d r) (isub (nth q ox izero) (nth q om izero))),
       map (fun i => row (S m) (d i) (nth i masses []) ox om) (seq 0 r)).
  Proof.
    intros [Q M] X masses om ox du d.
    assert (Q' : (q < V)%nat) by (unfold V; lia).
    destruct T_ok as [A [_ [O _]]].
    destruct (O x X) as [Lx Ox]. destruct (O m M) as [Lm Om]. unfold V in *.
    split; [|split]; cbn [fst snd].
    - rewrite table_product. apply encloses_mul; [apply mass_scaled_pos| |].
      + destruct (A q r Q' (le_n _)) as [_ Aq]. unfold at2. auto.
      + apply encloses_add; [apply direct_ok; auto|apply encloses_sub; auto].
    - now rewrite map_length, seq_length.
    - apply positions_ok_seq. intros i Ii. cbn [plus] in Ii.
      assert (I : (i <= r)%nat) by (unfold r; lia).
      destruct (A q i Q' I) as [La Aq].
      apply entries_ok_nth; unfold ox, om, masses; rewrite length_row by lia; [lia|]. intros t Ht. cbn [plus]. unfold terms.
      rewrite nth_row by lia. rewrite table_product. apply encloses_mul; [apply mass_scaled_pos| |].
      + apply Aq. lia.
      + apply encloses_add; [apply direct_ok; auto|apply encloses_sub; [apply Ox|apply Om]; lia].
  Qed.

  Lemma may_win_ok q m x : (q <= m < V)%nat -> (x < V)%nat ->
    let masses := nth q (t_mass T) [] in
    may_win T r q m masses (wide (map (firstn (S m)) (firstn r masses))) (nth m (t_EVOU T) []) x = false ->
    lost m (terms table q m) (query_terms w table q m) 0 r (q =? m) x.
  Proof.
    intros QM X masses. destruct (input_of_ok q m x QM X) as [own _]. cbn [fst] in own. fold masses in own.
    destruct QM as [Q M]. unfold may_win.
    set (ox := nth x (t_EVOU T) []) in *. set (om := nth m (t_EVOU T) []) in *.
    set (d := fun i => iadd (isub (at2 (t_EU T) q x) (at2 (t_EU T) q m)) (isub (at2 (t_PVOU T) i x) (at2 (t_PVOU T) i m))) in *.
    cbv zeta. set (around := wide (map (firstn (S m)) (firstn r masses))).
    change (iadd (isub (at2 (t_EU T) q x) (at2 (t_EU T) q m)) (isub (at2 (t_PVOU T) r x) (at2 (t_PVOU T) r m))) with (d r) in *.
    set (all := row (S m) (hull (map d (seq 0 r))) around ox om).
    intros test p I. apply in_tails in I. destruct I as [L [F N]].
    assert (Q' : (q < V)%nat) by (unfold V; lia).
    destruct T_ok as [A [_ [O _]]].
    destruct (O x X) as [Lx Ox]. destruct (O m M) as [Lm Om]. fold ox in Lx, Ox. fold om in Lm, Om.
    assert (terms_in : forall i t, (i < r)%nat -> (t <= m)%nat -> (S m <= length around)%nat /\ encloses (nth t all izero) (terms table q m x i t)).
    { intros i t Hi Ht. destruct (A q i Q' ltac:(unfold r in *; lia)) as [La Aq]. fold masses in La, Aq.
      assert (lm : (i < length masses)%nat).
      { destruct (Nat.lt_ge_cases i (length masses)) as [|h]; [easy|]. rewrite (nth_overflow masses) in La by lia. simpl in La. lia. }
      assert (inside : In (firstn (S m) (nth i masses [])) (map (firstn (S m)) (firstn r masses))).
      { apply in_map. rewrite <- (firstn_skipn r masses) at 1. rewrite app_nth1 by (rewrite firstn_length; lia).
        apply nth_In. rewrite firstn_length; lia. }
      assert (long : forall a, In a (map (firstn (S m)) (firstn r masses)) -> (S m <= length a)%nat).
      { intros a Ia. apply in_map_iff in Ia. destruct Ia as [b [<- Ib]].
        apply (In_nth _ _ []) in Ib. destruct Ib as [k [Hk <-]]. rewrite firstn_length in Hk.
        assert (e : nth k (firstn r masses) [] = nth k masses []).
        { rewrite <- (firstn_skipn r masses) at 2. rewrite app_nth1 by (rewrite firstn_length; lia). easy. }
        rewrite e. destruct (A q k Q' ltac:(unfold r in *; lia)) as [Lk _]. fold masses in Lk. rewrite firstn_length. lia. }
      assert (la : (S m <= length around)%nat).
      { apply wide_length; [|exact long]. intros e. rewrite e in inside. easy. }
      split; [exact la|]. unfold all. rewrite nth_row by lia. unfold terms. rewrite table_product.
      apply encloses_mul; [apply mass_scaled_pos| |].
      - apply (wide_ok (S m) _ _ t _ long inside); [lia|].
        assert (e : nth t (firstn (S m) (nth i masses [])) izero = nth t (nth i masses []) izero).
        { rewrite <- (firstn_skipn (S m) (nth i masses [])) at 2. rewrite app_nth1 by (rewrite firstn_length; lia). easy. }
        rewrite e. apply Aq. lia.
      - apply encloses_add; [|apply encloses_sub; [apply Ox|apply Om]; lia].
        apply (hull_ok _ (d i)); [apply in_map, in_seq; lia|]. apply direct_ok; auto; unfold V, r in *; lia. }
    assert (far_in : forall i t, (i < r)%nat -> (t <= m)%nat -> encloses (hull all) (terms table q m x i t)).
    { intros i t Hi Ht. destruct (terms_in i t Hi Ht) as [la E]. apply (hull_ok _ (nth t all izero)); [|exact E].
      apply nth_In. unfold all. rewrite length_row by lia. lia. }
    eapply encloses_neg; [|exact test]. apply encloses_add; [exact own|].
    destruct N as [N|N].
    - rewrite N. rewrite <- L. apply (repeated_ok m (terms table q m) x (hull all) r far_in); [easy|simpl; lia].
    - destruct (q =? m).
      + rewrite <- L. apply (repeated_ok m (terms table q m) x (hull all) r far_in); [easy|simpl; lia].
      + rewrite <- L. apply (repeated_need_ok m (terms table q m) x (hull all) (nth m all izero) r far_in);
          [intros i Hi; apply terms_in; [exact Hi|lia]|easy|simpl; lia|exact N].
  Qed.

  Lemma terms_of_ok : enc_ok w table (terms_of T V r).
  Proof.
    intros q m QM. split.
    - intros e I. apply in_map_iff in I. destruct I as [x [<- I]]. apply filter_In in I. destruct I as [I _].
      exists x. split; [exact I|]. apply in_outputs in I. apply input_of_ok; [exact QM|apply I].
    - intros x I. destruct (may_win T r q m (nth q (t_mass T) []) (wide (map (firstn (S m)) (firstn r (nth q (t_mass T) [])))) (nth m (t_EVOU T) []) x) eqn:e.
      + left. eexists. split; [unfold terms_of; apply in_map with (x := x); apply filter_In; split; [exact I|exact e]|].
        apply in_outputs in I. apply input_of_ok; [exact QM|apply I].
      + right. apply in_outputs in I. apply may_win_ok; [exact QM|apply I|exact e].
  Qed.

  Lemma table_separates : separates w table.
  Proof. apply scaled_term_separates; [easy|]. intros. now apply Rmult_lt_0_compat. Qed.

  Theorem compact_bracket : let n := counts (last w) (terms_of T (d_vocab w) (last w)) (all_keys (d_vocab w)) in
    exists a, accuracy_is w a /\
      (Z.of_N (fst n) <= a <= Z.of_nat (d_vocab w) ^ Z.of_nat (n_ctx w) - Z.of_N (snd n))%Z.
  Proof.
    apply (counts_bracket w table); [easy|apply table_separates|apply terms_of_ok|apply all_keys_NoDup|].
    intros q m. apply in_all_keys.
  Qed.

  Theorem compact_exact a : counts (last w) (terms_of T (d_vocab w) (last w)) (all_keys (d_vocab w)) = a ->
    (Z.of_N (fst a) + Z.of_N (snd a) = Z.of_nat (d_vocab w) ^ Z.of_nat (n_ctx w))%Z -> accuracy_is w (Z.of_N (fst a)).
  Proof.
    apply (counts_exact w table); [easy|apply table_separates|apply terms_of_ok|apply all_keys_NoDup|].
    intros q m. apply in_all_keys.
  Qed.
End Proof.
