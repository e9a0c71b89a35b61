(* T3: the sequences of the proved cells are right, and no two cells share one. Main theorem: cells_count. *)
From Coq Require Import Reals ZArith NArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Sequences Integers Intervals Matrices Attention Placements Cells CellCheck.
Import ListNotations.
Open Scope R_scope.

Section Count.
  Variable w : model.
  Hypothesis some_position : (1 <= n_ctx w)%nat.
  Notation V := (d_vocab w).
  Notation r := (last w).

  (* Attention factors alpha of tokens and beta of positions, known up to an error: of the ratios alpha t / alpha t' the
     tables give an upper bound, and so, with t and t' exchanged, a lower one. *)
  Definition query_ok (q : nat) (Q : query_tables) : Prop :=
    exists c scale alpha beta scores positions error,
      Q = prepare (last w) scores positions error /\
      0 < scale /\ (forall t i, scale * mass w c q t i = alpha t * beta i) /\ (forall t, 0 < alpha t) /\ (forall i, 0 < beta i) /\
      length positions = n_ctx w /\ (forall i, (i < n_ctx w)%nat -> within 1 (nth i positions pair0) (beta i)) /\
      length scores = d_vocab w /\ (forall e, In e scores -> (0 <= toZ (fst e) /\ 0 <= toZ (snd e))%Z) /\
      (0 <= toZ (fst error) /\ 0 <= toZ (snd error))%Z /\
      (forall t t', (t < d_vocab w)%nat -> (t' < d_vocab w)%nat ->
        alpha t * (IZR (toZ (fst (nth t' scores pair0))) * IZR (toZ (fst error))) <=
        IZR (toZ (snd (nth t scores pair0))) * IZR (toZ (snd error)) * alpha t').

  Definition lines_ok (lines : list (int * int)) (fixed gain : R) : Prop := forall a b, 0 <= a -> 0 <= b ->
    exists l, In l lines /\ a * (fixed + gain) + b * fixed <= a * IZR (toZ (fst l)) + b * IZR (toZ (snd l)).

  Definition logits_ok (L : logit_tables) : Prop :=
    exists unit fixed, 0 < unit /\
      (forall q m x i, (q < d_vocab w)%nat -> (m < d_vocab w)%nat -> (x < d_vocab w)%nat -> x <> m -> (i < n_ctx w)%nat ->
        unit * ((EU w q x - EU w q m) + (PVOU w i x - PVOU w i m)) <= fixed m x + IZR (toZ (nth m (nth q (l_spread L) []) zero))) /\
      (forall t t' m x, (t <= t')%nat -> (t' < d_vocab w)%nat -> (m < d_vocab w)%nat -> (x < d_vocab w)%nat -> x <> m ->
        unit * (EVOU w t x - EVOU w t m) <= IZR (toZ (nth m (nth t' (l_far L) []) zero))) /\
      (forall m n x, (m < d_vocab w)%nat -> (1 <= n <= last w)%nat -> (x < d_vocab w)%nat -> x <> m ->
        lines_ok (nth (n - 1) (nth m (l_lines L) []) []) (fixed m x) (unit * (EVOU w m x - EVOU w m m))) /\
      (forall m x i, (m < d_vocab w)%nat -> (x < d_vocab w)%nat -> x <> m -> (i < n_ctx w)%nat ->
        unit * ((EU w m x - EU w m m) + (EVOU w m x - EVOU w m m) + (PVOU w i x - PVOU w i m)) <= IZR (toZ (nth m (l_constant L) zero))).

  (* ---------- The sequences of a cell ---------- *)

  Definition sequences_of (c : nat * nat * nat * nat) : list (list nat) :=
    let '(q, m, n, g) := c in map (fun p => p ++ [q]) (placements m (m - g + 1) r (free_positions q m n)).

  Lemma n_ctx_r : n_ctx w = S r.
  Proof. unfold last. lia. Qed.

  Lemma in_all_cells q m n : In (q, m, n) (all_cells V r) <-> (1 <= m < V /\ 1 <= n <= r /\ q <= m)%nat.
  Proof.
    unfold all_cells. rewrite in_flat_map. split.
    - intros [m' [M I]]. apply in_flat_map in I. destruct I as [n' [N I]]. apply in_map_iff in I. destruct I as [q' [E Q]].
      apply in_seq in M, N, Q. injection E as -> -> ->. lia.
    - intros H. exists m. rewrite in_seq, in_flat_map. split; [lia|]. exists n. rewrite in_seq, in_map_iff. split; [lia|].
      exists q. rewrite in_seq. split; [easy|lia].
  Qed.

  Lemma all_cells_NoDup : NoDup (all_cells V r).
  Proof.
    apply flat_map_NoDup with (key := fun c => snd (fst c)); [apply seq_NoDup| |].
    - intros m _. apply flat_map_NoDup with (key := snd); [apply seq_NoDup| |].
      + intros n _. apply FinFun.Injective_map_NoDup; [intros a b E; congruence|apply seq_NoDup].
      + intros n c _ I. apply in_map_iff in I. now destruct I as [q [<- _]].
    - intros m c _ I. apply in_flat_map in I. destruct I as [n [_ I]]. apply in_map_iff in I. now destruct I as [q [<- _]].
  Qed.

  (* What an admitted cell's sequences have in common. *)
  Lemma in_cell q m n g s : In (q, m, n) (all_cells V r) -> admits q m g = true -> In s (sequences_of (q, m, n, g)) ->
    exists p, s = p ++ [q] /\ length p = r /\ length s = n_ctx w /\ nth (last w) s 0%nat = q /\ maximum s = m /\ In m s /\
      (forall t, In t s -> t <> m -> (t <= m - g)%nat) /\ (1 <= g <= m)%nat /\
      others m p = free_positions q m n /\ others m s = n /\ In s (sequences V (n_ctx w)).
  Proof.
    intros C A I. apply in_all_cells in C. unfold admits in A.
    apply andb_prop in A. destruct A as [A A3]. apply andb_prop in A. destruct A as [A1 A2].
    apply Nat.leb_le in A1, A2. apply in_map_iff in I. destruct I as [p [<- I]].
    apply in_placements in I; [|lia]. destruct I as [L [F O]]. exists p.
    assert (Q : (q = m \/ q <= m - g)%nat) by (apply Bool.orb_prop in A3; destruct A3 as [A3|A3]; [left; now apply Nat.eqb_eq|right; now apply Nat.leb_le]).
    assert (T : forall t, In t (p ++ [q]) -> t <> m -> (t <= m - g)%nat).
    { intros t I N. apply in_app_or in I. destruct I as [I|[<-|[]]]; [|destruct Q; [easy|lia]].
      rewrite Forall_forall in F. specialize (F t I). lia. }
    assert (H : In m (p ++ [q])).
    { apply in_or_app. unfold free_positions in O. destruct (Nat.eqb_spec q m) as [->|N]; [right; now left|left].
      apply in_if_few_others. lia. }
    assert (F' : Forall (fun t => t <= m)%nat (p ++ [q])).
    { apply Forall_forall. intros t It. destruct (Nat.eq_dec t m); [lia|]. specialize (T t It). lia. }
    repeat split; try lia; try easy.
    - rewrite app_length, L, n_ctx_r. simpl. lia.
    - rewrite <- L. apply nth_middle.
    - unfold maximum. apply Nat.le_antisymm; [now apply fold_max_le|].
      assert (A : Forall (fun t => t <= fold_right max 0 (p ++ [q]))%nat (p ++ [q])) by now apply fold_max_le.
      rewrite Forall_forall in A. now apply A.
    - rewrite others_app, O. unfold free_positions. simpl. destruct (q =? m); lia.
    - apply in_sequences. rewrite app_length, n_ctx_r, L. split; [simpl; lia|].
      eapply Forall_impl; [|exact F']. cbv beta. lia.
  Qed.

  (* ---------- Each of them is right ---------- *)

  Variables (queries : list query_tables) (L : logit_tables) (gaps : list nat).
  Hypothesis queries_sound : forall q Q, (q < d_vocab w)%nat -> nth_error queries q = Some Q -> query_ok q Q.
  Hypothesis logits_sound : logits_ok L.

  Lemma selected_others m p : selected (fun t => negb (t =? m)) p = others m p.
  Proof. unfold selected. induction p as [|t p IH]; [easy|]. simpl. destruct (t =? m); simpl; now rewrite IH. Qed.
  Lemma selected_maximum m p : selected (fun t => t =? m) p = (length p - others m p)%nat.
  Proof.
    unfold selected. induction p as [|t p IH]; [easy|]. cbn [filter others length]. pose proof (others_le m p).
    destruct (t =? m); cbn [length]; lia.
  Qed.

  Lemma cell_sound q m n g s : In (q, m, n) (all_cells V r) -> proves r queries L (q, m, n, g) = true ->
    In s (sequences_of (q, m, n, g)) -> right w s.
  Proof.
    intros C P I. unfold proves in P. destruct (nth_error queries q) as [Q|] eqn:EQ; [|easy].
    apply andb_prop in P. destruct P as [A P].
    destruct (in_cell q m n g s C A I) as [p [Es [Lp [Ls [Eq [Em [Hm [T [G [Op _]]]]]]]]]].
    apply in_all_cells in C. assert (Vq : (q < d_vocab w)%nat) by lia. assert (Vm : (m < d_vocab w)%nat) by lia.
    destruct (queries_sound q Q Vq EQ) as
      [c [scale [alpha [beta [S [Pos [err [-> [scale0 [masses [alpha0 [beta0 [LP [HP [LS [HS [[E1 E0] HR]]]]]]]]]]]]]]]]].
    destruct logits_sound as [unit [fixed [unit0 [Hspread [Hfar [Hlines _]]]]]].
    unfold cell_holds in P. cbv zeta in P. cbn [prepare q_own q_light q_heavy q_score q_high q_low q_error] in P.
    set (k := free_positions q m n) in *.
    set (light := sums_of nmin (map fst (firstn r Pos))) in *. set (heavy := sums_of nmax (map snd (firstn r Pos))) in *.
    set (spread := nth m (nth q (l_spread L) []) zero) in *. set (far := nth m (nth (m - g) (l_far L) []) zero) in *.
    set (lines := nth (n - 1) (nth m (l_lines L) []) []) in *.
    set (own := nth r Pos pair0) in *. set (score := nth m S pair0) in *.
    set (high := nth (m - g) (running nmax (map snd S)) zero) in *. set (low := nth (m - g) (running nmin (map fst S)) zero) in *.
    (* positions *)
    assert (Kr := n_ctx_r). assert (Pr : (r < n_ctx w)%nat) by lia.
    assert (prefix_nth : forall j, (j < r)%nat -> nth j (firstn r Pos) pair0 = nth j Pos pair0).
    { intros j J. rewrite <- (firstn_skipn r Pos) at 2. rewrite app_nth1; [easy|]. rewrite firstn_length; lia. }
    assert (lf : length (firstn r Pos) = length p) by (rewrite firstn_length; lia).
    assert (lows : forall sel : nat -> bool, IZR (toZ (nth (selected sel p) light zero)) <= total (fun i t => if sel t then beta i else 0) 0 p).
    { intros sel. pose proof (sums_low 1 beta sel p 0 (map fst (firstn r Pos))) as B. rewrite map_length in B.
      rewrite Rmult_1_l in B. apply B; [easy|]. intros j J. rewrite (nth_map _ _ _ pair0) by easy.
      assert (J' : (j < r)%nat) by (rewrite <- Lp, <- lf; exact J). rewrite prefix_nth by exact J'. destruct (HP j (Nat.lt_trans _ _ _ J' Pr)) as [_ [B1 _]].
      rewrite Rmult_1_r in B1. rewrite Rmult_1_l. exact B1. }
    assert (highs : forall sel : nat -> bool, total (fun i t => if sel t then beta i else 0) 0 p <= IZR (toZ (nth (selected sel p) heavy zero))).
    { intros sel. pose proof (sums_high 1 beta sel p 0 (map snd (firstn r Pos))) as B. rewrite map_length in B.
      rewrite Rmult_1_l in B. apply B; [easy|]. intros j J. rewrite (nth_map _ _ _ pair0) by easy.
      assert (J' : (j < r)%nat) by (rewrite <- Lp, <- lf; exact J). rewrite prefix_nth by exact J'. destruct (HP j (Nat.lt_trans _ _ _ J' Pr)) as [_ [_ B1]].
      rewrite Rmult_1_r in B1. rewrite Rmult_1_l. exact B1. }
    assert (light0 : forall j, 0 <= IZR (toZ (nth j light zero))).
    { intros k'. apply IZR_le. apply sums_nonneg. intros x Ix. apply in_map_iff in Ix. destruct Ix as [e [<- Ie]].
      apply (In_nth _ _ pair0) in Ie. destruct Ie as [j [J <-]].
      assert (J' : (j < r)%nat) by (rewrite <- Lp, <- lf; exact J). rewrite prefix_nth by exact J'.
      exact (proj1 (HP j (Nat.lt_trans _ _ _ J' Pr))). }
    destruct (HP r Pr) as [own0 [own1 own2]]. fold own in own0, own1, own2. apply IZR_le in own0.
    assert (on_s : on m beta 0 s = on m beta 0 p + (if q =? m then beta r else 0)).
    { unfold on. rewrite Es, total_app, Lp. cbn [total Nat.add]. lra. }
    assert (off_s : off m beta 0 s = off m beta 0 p + (if q =? m then 0 else beta r)).
    { unfold off. rewrite Es, total_app, Lp. cbn [total Nat.add]. lra. }
    assert (on_low := lows (fun t => t =? m)). assert (on_high := highs (fun t => t =? m)).
    assert (off_low := lows (fun t => negb (t =? m))). assert (off_high := highs (fun t => negb (t =? m))).
    rewrite selected_maximum, Op, Lp in on_low, on_high. rewrite selected_others, Op in off_low, off_high.
    fold (on m beta 0 p) in on_low, on_high.
    assert (off_eq : total (fun i t => if negb (t =? m) then beta i else 0) 0 p = off m beta 0 p).
    { unfold off. apply total_ext. intros i t. destruct (t =? m); easy. }
    rewrite off_eq in off_low, off_high.
    (* attention factors *)
    assert (S0 : forall t, (t < d_vocab w)%nat -> (0 <= toZ (fst (nth t S pair0)) /\ 0 <= toZ (snd (nth t S pair0)))%Z).
    { intros t Ht. apply HS, nth_In. lia. }
    apply IZR_le in E1, E0.
    assert (score0 := S0 m Vm). fold score in score0. destruct score0 as [sc1 sc2]. apply IZR_le in sc1, sc2.
    assert (high0 : 0 <= IZR (toZ high)).
    { apply IZR_le, running_nonneg; [exact nmax_either|]. intros x Ix. apply in_map_iff in Ix. destruct Ix as [e [<- Ie]]. now apply HS. }
    assert (low0 : 0 <= IZR (toZ low)).
    { apply IZR_le, running_nonneg; [exact nmin_either|]. intros x Ix. apply in_map_iff in Ix. destruct Ix as [e [<- Ie]]. now apply HS. }
    apply (cell_right w some_position q m c scale alpha beta scale0 masses alpha0 beta0 s Ls Eq Em Hm
      (IZR (toZ (if Bool.eqb true (q =? m) then add (fst own) (nth (r - k) light zero) else nth (r - k) light zero)))
      (IZR (toZ (if Bool.eqb true (q =? m) then add (snd own) (nth (r - k) heavy zero) else nth (r - k) heavy zero)))
      (IZR (toZ (if Bool.eqb false (q =? m) then add (fst own) (nth k light zero) else nth k light zero)))
      (IZR (toZ (if Bool.eqb false (q =? m) then add (snd own) (nth k heavy zero) else nth k heavy zero))))
      with (above_t := IZR (toZ high) * IZR (toZ (snd err))) (above_m := IZR (toZ (fst score)) * IZR (toZ (fst err)))
           (below_t := IZR (toZ low) * IZR (toZ (fst err))) (below_m := IZR (toZ (snd score)) * IZR (toZ (snd err)))
           (unit := unit) (fixed := fixed m) (gain := fun x => unit * (EVOU w m x - EVOU w m m))
           (spread := IZR (toZ spread)) (far := IZR (toZ far))
           (lines := map (fun l => (IZR (toZ (fst l)), IZR (toZ (snd l)))) lines).
    - rewrite on_s. destruct (q =? m); cbn [Bool.eqb]; rewrite ?toZ_add, ?plus_IZR; specialize (light0 (r - k)%nat); lra.
    - rewrite off_s. destruct (q =? m); cbn [Bool.eqb]; rewrite ?toZ_add, ?plus_IZR; specialize (light0 k); lra.
    - split; [now apply Rmult_le_pos|]. intros t It N. specialize (T t It N).
      apply Rle_trans with (1 := HR t m ltac:(lia) Vm).
      apply Rmult_le_compat_r; [specialize (alpha0 m); lra|]. apply Rmult_le_compat_r; [easy|].
      pose proof (running_max (map snd S) t (m - g) T ltac:(rewrite map_length; lia)) as B.
      rewrite (nth_map _ _ _ pair0) in B by lia. exact B.
    - split; [now apply Rmult_le_pos|]. split; [now apply Rmult_le_pos|]. intros t It N. specialize (T t It N).
      rewrite (Rmult_comm (alpha t)). apply Rle_trans with (2 := HR m t Vm ltac:(lia)). rewrite (Rmult_comm (alpha m)).
      apply Rmult_le_compat_r; [specialize (alpha0 m); lra|]. apply Rmult_le_compat_r; [easy|].
      pose proof (running_min (map fst S) t (m - g) T ltac:(rewrite map_length; lia)) as B.
      rewrite (nth_map _ _ _ pair0) in B by lia. exact B.
    - now apply Rmult_le_pos.
    - exact unit0.
    - intros x i Hx N Hi. pose proof (Hspread q m x i Vq Vm Hx N Hi) as B. fold spread in B. lra.
    - intros x t i Hx N Hi It Nt. pose proof (Hspread q m x i Vq Vm Hx N Hi) as B. fold spread in B.
      pose proof (Hfar t (m - g)%nat m x (T t It Nt) ltac:(lia) Vm Hx N) as F. fold far in F. lra.
    - intros x Hx N a b Ha Hb. destruct (Hlines m n x Vm ltac:(unfold last in *; lia) Hx N a b Ha Hb) as [l [Il B]]. fold lines in Il.
      exists (IZR (toZ (fst l)), IZR (toZ (snd l))). split; [now apply (in_map (fun l => (IZR (toZ (fst l)), IZR (toZ (snd l)))))|exact B].
    - intros l Il. apply in_map_iff in Il. destruct Il as [l' [<- Il]]. rewrite forallb_forall in P. specialize (P l' Il).
      apply andb_prop in P. destruct P as [P _]. apply negative_neg in P. unfold negative_at. cbn [fst snd].
      rewrite !toZ_add, !toZ_mul, !toZ_add, !plus_IZR, !mult_IZR, !plus_IZR in P. 
      eapply Rle_lt_trans; [|exact P]. right. ring.
    - intros l Il. apply in_map_iff in Il. destruct Il as [l' [<- Il]]. rewrite forallb_forall in P. specialize (P l' Il).
      apply andb_prop in P. destruct P as [_ P]. apply negative_neg in P. unfold negative_at. cbn [fst snd].
      rewrite !toZ_add, !toZ_mul, !toZ_add, !plus_IZR, !mult_IZR, !plus_IZR in P. 
      eapply Rle_lt_trans; [|exact P]. right. ring.
  Qed.

  Lemma constant_sound m : (m < V)%nat -> negative (nth m (l_constant L) zero) = true -> right w (repeat m (n_ctx w)).
  Proof.
    intros Vm N. apply negative_neg in N. destruct logits_sound as [unit [_ [unit0 [_ [_ [_ H]]]]]].
    assert (max : maximum (repeat m (n_ctx w)) = m).
    { unfold maximum. apply Nat.le_antisymm.
      - apply fold_max_le, Forall_forall. intros t I. apply repeat_spec in I. lia.
      - assert (A : Forall (fun t => t <= fold_right max 0 (repeat m (n_ctx w)))%nat (repeat m (n_ctx w))) by now apply fold_max_le.
        rewrite Forall_forall in A. apply A. destruct (n_ctx w); [lia|]. now left. }
    assert (query : forall i, (i < n_ctx w)%nat -> nth i (repeat m (n_ctx w)) 0%nat = m).
    { intros i I. apply (repeat_spec (n_ctx w)), nth_In. now rewrite repeat_length. }
    rewrite (right_iff_terms w (fun _ _ _ => 0) _ some_position). rewrite max, query by (unfold last; lia).
    intros x X Nx. rewrite (sum_ext _ _ (fun i => term w 0 m m m i x)) by (intros i I; now rewrite query).
    apply Rmult_lt_reg_l with unit; [exact unit0|]. rewrite Rmult_0_r, <- sum_scal_l.
    assert (neg : forall i, (i < n_ctx w)%nat -> 0 < - (unit * term w 0 m m m i x)).
    { intros i I. specialize (H m x i Vm X Nx I). unfold term. pose proof (mass_pos w 0 m m i) as P.
      assert (Q := Rmult_lt_0_compat _ _ P ltac:(apply Ropp_0_gt_lt_contravar; exact (Rle_lt_trans _ _ _ H N))). lra. }
    pose proof (sum_pos (n_ctx w) _ some_position neg) as S.
    rewrite (sum_ext _ _ (fun i => (-1) * (unit * term w 0 m m m i x))) in S by (intros; ring). rewrite sum_scal_l in S. lra.
  Qed.

  (* ---------- All of them ---------- *)

  Definition proved_sequences : list (list nat) :=
    flat_map sequences_of (proved_cells V r queries L gaps) ++ map (fun m => repeat m (n_ctx w)) (proved_constants V L).

  Lemma in_proved_cells c : In c (proved_cells V r queries L gaps) -> In (fst c) (all_cells V r) /\ proves r queries L c = true.
  Proof.
    unfold proved_cells. rewrite filter_In. destruct c as [k g]. intros [I P]. split; [|exact P].
    exact (in_combine_l _ _ _ _ I).
  Qed.

  Lemma proves_admits q m n g : proves r queries L (q, m, n, g) = true -> admits q m g = true.
  Proof. unfold proves. destruct (nth_error queries q); [|easy]. intros P. now apply andb_prop in P. Qed.

  Lemma length_cell c : N.of_nat (length (sequences_of c)) = size (pascal r) c.
  Proof. destruct c as [[[q m] n] g]. unfold sequences_of, size. rewrite map_length. apply length_placements. Qed.

  Lemma length_cells l : N.of_nat (length (flat_map sequences_of l)) = total_size (pascal r) l.
  Proof.
    induction l as [|c l IH]; [easy|]. cbn [flat_map]. rewrite app_length, Nat2N.inj_add, length_cell, IH. easy.
  Qed.

  Lemma proved_sequences_length : N.of_nat (length proved_sequences) = count_cells V r queries L gaps.
  Proof. unfold proved_sequences, count_cells. rewrite app_length, Nat2N.inj_add, length_cells, map_length. easy. Qed.

  Lemma combine_NoDup {A B} (l : list A) (l' : list B) : NoDup l -> NoDup (combine l l').
  Proof.
    intros D. revert l'. induction D as [|a l N D IH]; intros [|b l']; try constructor; [|apply IH].
    intros I. apply N. exact (in_combine_l _ _ _ _ I).
  Qed.

  (* A cell is known by (q, m, n), and no other cell of these has the same. *)
  Lemma same_key l : NoDup l -> forall l' (c c' : nat * nat * nat * nat), In c (combine l l') -> In c' (combine l l') -> fst c = fst c' -> c = c'.
  Proof.
    induction 1 as [|a l N D IH]; intros [|b l'] c c' I I' E; try easy.
    destruct I as [<-|I], I' as [<-|I']; [easy| | |exact (IH l' c c' I I' E)].
    - destruct c' as [k g]. cbn [fst] in E. subst k. now apply in_combine_l in I'.
    - destruct c as [k g]. cbn [fst] in E. subst k. now apply in_combine_l in I.
  Qed.

  Lemma cell_key c s : In c (proved_cells V r queries L gaps) -> In s (sequences_of c) ->
    fst c = (nth (last w) s 0%nat, maximum s, others (maximum s) s).
  Proof.
    intros I Is. apply in_proved_cells in I. destruct I as [I P]. destruct c as [[[q m] n] g].
    destruct (in_cell q m n g s I (proves_admits _ _ _ _ P) Is) as [p H]. cbn [fst].
    destruct H as [_ [_ [_ [-> [-> [_ [_ [_ [_ [-> _]]]]]]]]]]. easy.
  Qed.

  Lemma proved_sequences_NoDup : NoDup proved_sequences.
  Proof.
    unfold proved_sequences. apply NoDup_app.
    - assert (D : NoDup (proved_cells V r queries L gaps)) by (apply NoDup_filter, combine_NoDup, all_cells_NoDup).
      assert (U : forall c c' s, In c (proved_cells V r queries L gaps) -> In c' (proved_cells V r queries L gaps) ->
        In s (sequences_of c) -> In s (sequences_of c') -> c = c').
      { intros c c' s I I' Is Is'. apply (same_key (all_cells V r) all_cells_NoDup gaps).
        - now apply filter_In in I.
        - now apply filter_In in I'.
        - now rewrite (cell_key c s I Is), (cell_key c' s I' Is'). }
      assert (each : forall c, In c (proved_cells V r queries L gaps) -> NoDup (sequences_of c)).
      { intros c I. apply in_proved_cells in I. destruct I as [_ P]. destruct c as [[[q m] n] g].
        apply proves_admits in P. unfold admits in P. apply andb_prop in P. destruct P as [P _].
        apply andb_prop in P. destruct P as [P1 P2]. apply Nat.leb_le in P1, P2.
        apply FinFun.Injective_map_NoDup; [|apply placements_NoDup; lia]. intros a b E. now apply app_inj_tail in E. }
      revert D U each. generalize (proved_cells V r queries L gaps). induction l as [|c l IH]; intros D U each; [constructor|].
      inversion D as [|? ? N D']; subst. cbn [flat_map]. apply NoDup_app.
      + apply each. now left.
      + apply IH; [easy| |]; intros; [eapply U; [now right|now right| |]; eassumption|apply each; now right].
      + intros s Is I. apply in_flat_map in I. destruct I as [c' [I Is']].
        apply N. replace c with c'; [easy|]. apply (U c' c s); [now right|now left|easy|easy].
    - assert (D : NoDup (proved_constants V L)) by (apply NoDup_filter, seq_NoDup).
      apply FinFun.Injective_map_NoDup; [|exact D]. intros a b E. destruct (n_ctx w) as [|K]; [lia|]. now injection E.
    - intros s I J. apply in_flat_map in I. destruct I as [c [I Is]]. apply in_map_iff in J. destruct J as [m [<- _]].
      assert (E := cell_key c _ I Is). apply in_proved_cells in I. destruct I as [I P]. destruct c as [[[q m'] n] g].
      destruct (in_cell q m' n g _ I (proves_admits _ _ _ _ P) Is) as [p [_ [_ [_ [_ [_ [Im [_ [_ [_ [O _]]]]]]]]]]].
      apply repeat_spec in Im. subst m'. apply in_all_cells in I.
      assert (Z : forall k, others m (repeat m k) = 0%nat) by (induction k as [|k IH]; [easy|]; cbn; now rewrite Nat.eqb_refl).
      rewrite Z in O. lia.
  Qed.

  Theorem cells_count : accuracy_at_least w (Z.of_N (count_cells V r queries L gaps)).
  Proof.
    rewrite <- proved_sequences_length, nat_N_Z. apply right_sequences_count; [exact proved_sequences_NoDup| |].
    - intros s I. apply in_app_or in I. destruct I as [I|I].
      + apply in_flat_map in I. destruct I as [c [I Is]]. apply in_proved_cells in I. destruct I as [I P]. destruct c as [[[q m] n] g].
        now destruct (in_cell q m n g s I (proves_admits _ _ _ _ P) Is) as [p [_ [_ [_ [_ [_ [_ [_ [_ [_ [_ H]]]]]]]]]]].
      + apply in_map_iff in I. destruct I as [m [<- I]]. apply filter_In in I. destruct I as [I _]. apply in_seq in I.
        apply in_sequences. rewrite repeat_length. split; [easy|]. apply Forall_forall. intros t It. apply repeat_spec in It. lia.
    - intros s I. apply in_app_or in I. destruct I as [I|I].
      + apply in_flat_map in I. destruct I as [c [I Is]]. apply in_proved_cells in I. destruct I as [I P]. destruct c as [[[q m] n] g].
        exact (cell_sound q m n g s I P Is).
      + apply in_map_iff in I. destruct I as [m [<- I]]. apply filter_In in I. destruct I as [I N]. apply in_seq in I.
        apply constant_sound; [lia|exact N].
  Qed.
End Count.
