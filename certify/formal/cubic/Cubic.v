(* Lower bounds on the accuracy by the paper's cubic proof (T2), from the bits of the weights: a cell is a query q, a
   maximum m and the number n of positions before the query that hold other tokens than m. All wrong outputs count as one,
   which gains from each token the most that any of them does, and each smaller token k is tried by itself: a cell with k
   at n positions, wherever they are. The sequences whose other tokens all pass are right. Main theorem: cubic_at_least. *)
From Coq Require Import Reals ZArith Lra Lia List Bool PeanoNat Permutation.
From Maxcert Require Import Statement Separability Integers Intervals Matrices Exponential Attention Paths Enclosures Sequences Tails
  Ranges Candidates Exact Blocks WindowWalk BlockCounts Groups WorstPlacement.
Import ListNotations.
Open Scope nat_scope.

(* ---------- The program ---------- *)

Section Program.
  Variable T : tables.
  Variables V r : nat.

  (* What depends on the maximum alone: for each token up to m, the most that an output gains from it over m. *)
  Definition most_gains (m : nat) (looks : list look) : list int :=
    map (fun t => largest (map (fun l => add (pv_most l) (nth t (ov l) zero)) looks)) (seq 0 (S m)).

  Section Group.
    Variables m q : nat.
    Variable looks : list look.
    Variable gains : list int.
    Let masses := nth q (t_mass T) [].
    Definition direct (l : look) : int := sub (snd (EU_at T q (output l))) (fst (EU_at T q m)).

    (* Upper bounds of terms: of the query's position, and of the tokens at each position before it. *)
    Definition own_term (l : look) : int :=
      above_mul (nth q (nth r masses []) izero) (add (direct l) (add (pv_own l) (nth q (ov l) zero))).
    Definition terms_at (d : int) (i : nat) : list int :=
      map (fun ab => above_mul (fst ab) (add d (snd ab))) (combine (nth i masses []) gains).
    Definition terms_before : list (list int) := map (terms_at (largest (map direct looks))) (seq 0 r).

    Definition negative (n : int) : bool := negb (leb zero n).

    (* The position's term if it holds m, and the largest if it holds a token of ks. *)
    Definition placed (ks : list nat) (terms : list int) : int * int :=
      (nth m terms zero, largest (map (fun k => nth k terms zero) ks)).

    (* Of the sequences in which n positions before the query hold other tokens: which tokens make them right, if any do. *)
    Definition alone (l : look) : bool :=
      let d := add (direct l) (add (pv_most l) (nth m (ov l) zero)) in
      let h i := (above_mul (nth m (nth i masses []) izero) d, zero) in
      negative (add (own_term l) (nth 0 (worst (map h (seq 0 r))) zero)).
    Definition cell (own : int) (terms : list (list int)) (single : list (list int)) (n : nat) : option (list nat) :=
      match n with
      | O => if forallb alone looks then Some [] else None
      | S _ =>
        let ks := filter (fun k => negative (add own (nth n (nth k single []) zero))) (seq 0 m) in
        if negative (add own (nth n (worst (map (placed ks) terms)) zero)) then Some ks else None
      end.

    Definition cubic_group (row : list int) : int :=
      let own := largest (map own_term looks) in
      let terms := terms_before in
      let single := map (fun k => worst (map (placed [k]) terms)) (seq 0 m) in
      fold_right (fun h s => add s (match cell own terms single (r - h) with
        | None => zero
        | Some ks => mul (nth h row zero) (ofZ (Z.of_nat (length ks) ^ Z.of_nat (r - h)))
        end)) zero (if q =? m then seq 0 (S r) else seq 1 r).
  End Group.

  Definition cubic_max (row : list int) (m : nat) : int :=
    let looks := map (look_at T r m) (outputs V m) in
    let gains := most_gains m looks in
    fold_right (fun q s => add s (cubic_group m q looks gains row)) zero (seq 0 (S m)).

  Definition cubic_count : int :=
    let row := nth r (pascal_to r) [] in
    fold_right (fun m s => add s (cubic_max row m)) zero (seq 0 V).
End Program.

Definition cubic_proved (w : weights) : option Z :=
  let B := Z.max 0 (places w) in
  match paths_of B w with
  | None => None
  | Some p => let T := enclose B 32 (Z.max 124 (8 + reach B w p)) (Z.min 60 (4 * B)) w p in
      Some (toZ (cubic_count T (length (wE w)) (length (wP w) - 1)))
  end.
Definition proves_cubic (w : weights) (n : Z) : bool :=
  match cubic_proved w with None => false | Some found => (n <=? found)%Z end.

(* ---------- Its proof ---------- *)

Lemma nth_combine {A B} (a : list A) (b : list B) x y t : t < length a -> t < length b ->
  nth t (combine a b) (x, y) = (nth t a x, nth t b y).
Proof.
  revert b t. induction a as [|u a IH]; intros [|v b] [|t] L M; cbn [length] in *; try lia; [easy|].
  cbn [combine nth]. apply IH; lia.
Qed.

Lemma largest_in {A} (f : A -> int) l a : In a l -> (toZ (f a) <= toZ (largest (map f l)))%Z.
Proof.
  intros I. apply (in_map f) in I. apply (In_nth _ _ zero) in I. destruct I as [k [K <-]]. now apply largest_correct.
Qed.

Lemma negative_ok n : negative n = true -> (toZ n < 0)%Z.
Proof. unfold negative. rewrite toZ_leb, toZ_zero. intros H. apply negb_true_iff, Z.leb_gt in H. exact H. Qed.

Lemma held_some b m p : b = [m] -> (1 <= held (inside b) p)%nat -> In m p.
Proof.
  intros ->. induction p as [|t p IH]; cbn [held]; [lia|]. destruct (inside [m] t) eqn:E; [|right; now apply IH].
  apply inside_in in E. destruct E as [->|[]]. now left.
Qed.

Section Proof.
  Open Scope R_scope.
  Variable w : model.
  Hypothesis some_position : (1 <= n_ctx w)%nat.
  Variable c : nat -> R.
  Variables scale scale' : R.
  Hypothesis scale_pos : 0 < scale.
  Hypothesis scale_pos' : 0 < scale'.
  Variable T : tables.
  Hypothesis T_ok : tables_ok w c scale scale' T.
  Let V := d_vocab w.
  Let r := last w.
  Let unit := scale * scale'.

  Lemma unit_pos : 0 < unit.
  Proof. now apply Rmult_lt_0_compat. Qed.

  Section Group.
    Variables m q : nat.
    Hypothesis QM : (q <= m < V)%nat.
    Let looks := map (look_at T r m) (outputs V m).
    Let gains := most_gains m looks.
    Let masses := nth q (t_mass T) [].
    Let d := largest (map (direct T m q) looks).

    Lemma product x i t : unit * plain w c q m x i t = (scale * mass w (c q) q t i) *
      ((scale' * EU w q x - scale' * EU w q m) + ((scale' * PVOU w i x - scale' * PVOU w i m) + (scale' * EVOU w t x - scale' * EVOU w t m))).
    Proof. unfold unit, plain, term. ring. Qed.

    Lemma mass_nonnegative i t : 0 <= scale * mass w (c q) q t i.
    Proof. apply Rlt_le, Rmult_lt_0_compat; [exact scale_pos|apply mass_pos]. Qed.

    Lemma mass_ok i t : (i <= r)%nat -> (t < V)%nat -> encloses (nth t (nth i masses []) izero) (scale * mass w (c q) q t i).
    Proof. intros I H. apply (proj1 T_ok q i); [unfold V in QM; lia|exact I|exact H]. Qed.

    Lemma direct_above x : (x < V)%nat -> scale' * EU w q x - scale' * EU w q m <= IZR (toZ (direct T m q (look_at T r m x))).
    Proof.
      intros X. destruct (proj1 (proj2 T_ok) q) as [_ Uq]; [unfold V in QM; lia|].
      unfold direct, EU_at. change (output (look_at T r m x)) with x. rewrite toZ_sub, minus_IZR.
      pose proof (proj2 (Uq x X)). pose proof (proj1 (Uq m (proj2 QM))). lra.
    Qed.

    Let x_ok x := look_ok w some_position c scale scale' T T_ok m x (proj2 QM).

    Lemma own_above x : (x < V)%nat -> unit * plain w c q m x r q <= IZR (toZ (own_term T r m q (look_at T r m x))).
    Proof.
      intros X. destruct (x_ok x X) as [_ [O [_ P]]]. rewrite product. unfold own_term.
      apply above_mul_ok; [apply mass_nonnegative|apply mass_ok; [apply le_n|unfold V in *; lia]|].
      rewrite !toZ_add, !plus_IZR. pose proof (direct_above x X). pose proof (proj1 (O q (proj1 QM))). unfold r in *. lra.
    Qed.

    Lemma gain_above x i t : (x < V)%nat -> (i < r)%nat -> (t <= m)%nat ->
      (scale' * PVOU w i x - scale' * PVOU w i m) + (scale' * EVOU w t x - scale' * EVOU w t m) <=
        IZR (toZ (add (pv_most (look_at T r m x)) (nth t (ov (look_at T r m x)) zero))).
    Proof.
      intros X I H. destruct (x_ok x X) as [_ [O [P _]]]. rewrite toZ_add, plus_IZR.
      pose proof (P i I). pose proof (proj1 (O t H)). unfold r in *. lra.
    Qed.

    Lemma look_in x : (x < V)%nat -> x <> m -> In (look_at T r m x) looks.
    Proof. intros X N. apply in_map, in_outputs. now split. Qed.

    Lemma term_above x i t : (x < V)%nat -> x <> m -> (i < r)%nat -> (t <= m)%nat ->
      unit * plain w c q m x i t <= IZR (toZ (nth t (terms_at T q gains d i) zero)).
    Proof.
      intros X N I H. unfold terms_at, gains, most_gains.
      assert (L : length (nth i masses []) = V) by (apply (proj1 T_ok q i); unfold V, r in *; lia).
      fold masses. rewrite (nth_map _ _ _ (izero, zero)) by (rewrite combine_length, L, map_length, seq_length; lia).
      rewrite nth_combine by (rewrite ?L, ?map_length, ?seq_length; lia). cbn [fst snd]. rewrite product.
      apply above_mul_ok; [apply mass_nonnegative|apply mass_ok; lia|].
      rewrite (nth_map _ _ _ 0%nat) by (rewrite seq_length; lia). rewrite seq_nth by lia. cbn [plus].
      rewrite toZ_add, plus_IZR. apply Rplus_le_compat.
      - apply Rle_trans with (1 := direct_above x X). apply IZR_le. unfold d. apply largest_in. now apply look_in.
      - apply Rle_trans with (1 := gain_above x i t X I H). apply IZR_le.
        apply (largest_in (fun l => add (pv_most l) (nth t (ov l) zero))). now apply look_in.
    Qed.

    Let terms := terms_before T r m q looks gains.

    Lemma placed_below x ks p : (x < V)%nat -> x <> m -> length p = r -> Forall (fun t => t <= m)%nat p ->
      incl (outside (inside [m]) p) ks -> below unit (plain w c q m) m x 0 (map (placed m ks) terms) p.
    Proof.
      intros X N L F K. unfold terms, terms_before. rewrite map_map, <- L. fold d. apply below_map. rewrite L. intros i I. change (0 + i)%nat with i.
      assert (B : In (nth i p 0%nat) p) by (apply nth_In; rewrite L; exact I). set (t := nth i p 0%nat) in *.
      assert (M : (t <= m)%nat) by (rewrite Forall_forall in F; now apply F).
      unfold placed. cbn [fst snd]. destruct (inside [m] t) eqn:E.
      - apply inside_in in E. destruct E as [<-|[]]. now apply term_above.
      - apply Rle_trans with (1 := term_above x i t X N I M). apply IZR_le.
        apply (largest_in (fun k => nth k (terms_at T q gains d i) zero)). apply K. apply filter_In. now rewrite E.
    Qed.

    Lemma alone_below x p : (x < V)%nat -> length p = r -> outside (inside [m]) p = [] ->
      let l := look_at T r m x in
      below unit (plain w c q m) m x 0 (map (fun i => (above_mul (nth m (nth i masses []) izero)
        (add (direct T m q l) (add (pv_most l) (nth m (ov l) zero))), zero)) (seq 0 r)) p.
    Proof.
      intros X L E l. rewrite <- L. apply below_map. rewrite L. intros i I. cbn [fst snd]. change (0 + i)%nat with i.
      assert (B : In (nth i p 0%nat) p) by (apply nth_In; rewrite L; exact I). set (t := nth i p 0%nat) in *.
      destruct (inside [m] t) eqn:Q.
      - apply inside_in in Q. destruct Q as [<-|[]]. rewrite product.
        apply above_mul_ok; [apply mass_nonnegative|apply mass_ok; [lia|apply QM]|].
        rewrite toZ_add, plus_IZR. pose proof (direct_above x X). pose proof (gain_above x i m X I (le_n m)). unfold l. lra.
      - exfalso. assert (H : In t (outside (inside [m]) p)) by (apply filter_In; now rewrite Q). now rewrite E in H.
    Qed.

    Lemma negative_sum x p own rest : below unit (plain w c q m) m x 0 rest p -> unit * plain w c q m x r q <= IZR (toZ own) ->
      negative (add own (nth (length (outside (inside [m]) p)) (worst rest) zero)) = true ->
      plain w c q m x (last w) q + suffix (plain w c q m) x 0 p < 0.
    Proof.
      intros B O N. apply negative_ok in N. apply IZR_lt in N. rewrite toZ_add, plus_IZR in N.
      pose proof (worst_ok unit (plain w c q m) m x rest 0 p B) as S. fold r.
      apply Rmult_lt_reg_l with unit; [exact unit_pos|]. rewrite Rmult_0_r, Rmult_plus_distr_l. lra.
    Qed.

    Let own := largest (map (own_term T r m q) looks).
    Let single := map (fun k => worst (map (placed m [k]) terms)) (seq 0 m).
    Let cell_of := cell T r m q looks own terms single.

    Lemma cell_right p ks : length p = r -> Forall (fun t => t <= m)%nat p ->
      cell_of (length (outside (inside [m]) p)) = Some ks -> incl (outside (inside [m]) p) ks -> group_right w c q m p.
    Proof.
      intros L F C I x X N. unfold cell_of, cell in C. destruct (length (outside (inside [m]) p)) as [|n] eqn:E.
      - destruct (forallb _ looks) eqn:A; [|discriminate]. rewrite forallb_forall in A. specialize (A _ (look_in x X N)).
        apply length_zero_iff_nil in E. unfold alone in A. eapply negative_sum; [exact (alone_below x p X L E)|exact (own_above x X)|].
        rewrite E. exact A.
      - destruct (negative _) eqn:A; [|discriminate]. injection C as <-.
        eapply negative_sum; [exact (placed_below x _ p X N L F I)|..|rewrite E; exact A].
        apply Rle_trans with (1 := own_above x X). apply IZR_le. unfold own. now apply largest_in, look_in.
    Qed.

    Lemma cell_tokens n ks : cell_of n = Some ks -> NoDup ks /\ incl ks (seq 0 m).
    Proof.
      unfold cell_of, cell. destruct n as [|n].
      - destruct (forallb _ looks); [|discriminate]. intros E. injection E as <-. split; [constructor|easy].
      - destruct (negative _); [|discriminate]. intros E. injection E as <-. split; [apply NoDup_filter, seq_NoDup|].
        intros t I. now apply filter_In in I.
    Qed.

    Let hs := if (q =? m)%nat then seq 0 (S r) else seq 1 r.
    Definition counted (s : list nat) : Z :=
      match cell_of (r - held (inside [m]) s)%nat with
      | None => 0%Z
      | Some ks => if (forallb (inside ks) (outside (inside [m]) s) && existsb (Nat.eqb (held (inside [m]) s)) hs)%bool then 1%Z else 0%Z
      end.

    Lemma counted_range s : (0 <= counted s <= 1)%Z.
    Proof. unfold counted. destruct (cell_of _); [destruct (_ && _)%bool|]; lia. Qed.

    Lemma cubic_group_ok : (toZ (cubic_group T r m q looks gains (nth r (pascal_to r) [])) <= tally (seq 0 (S m)) r counted)%Z.
    Proof.
      rewrite (tally_perm _ ([m] ++ seq 0 m) r) by (rewrite seq_S; apply Permutation_app_comm).
      assert (D : NoDup hs) by (unfold hs; destruct (q =? m)%nat; apply seq_NoDup).
      eapply Z.le_trans; [|apply (tally_split (inside [m]) _ r counted hs D); intros s _; apply counted_range].
      unfold cubic_group. cbv zeta. fold terms own single. change (cell T r m q looks own terms single) with cell_of. fold hs.
      assert (H : forall h, In h hs -> existsb (Nat.eqb h) hs = true).
      { intros h I. apply existsb_exists. exists h. now rewrite Nat.eqb_refl. }
      clear D. revert H. generalize hs at 1 3 4. intros l.
      induction l as [|h l IH]; intros H; cbn [fold_right zsum]; [rewrite toZ_zero; lia|].
      rewrite toZ_add, Z.add_comm. apply Z.add_le_mono; [|apply IH; intros h' I; apply H; now right].
      specialize (H h (or_introl eq_refl)). clear IH.
      rewrite (tally_ext _ r _ (exactly (inside [m]) h
        (fun s => match cell_of (r - h)%nat with None => 0%Z | Some ks => if forallb (inside ks) s then 1%Z else 0%Z end))).
      2: { intros s _. unfold exactly, counted. destruct (Nat.eqb_spec (held (inside [m]) s) h) as [->|_]; [|reflexivity].
           rewrite H. destruct (cell_of (r - h)%nat); [|reflexivity]. now rewrite andb_true_r. }
      rewrite (tally_exactly (inside [m]) [m] (seq 0 m)).
      2: { intros t I. now apply inside_in. }
      2: { intros t I. destruct (inside [m] t) eqn:E; [|reflexivity]. apply inside_in in E. apply in_seq in I. destruct E as [->|[]]. lia. }
      cbn [length]. rewrite Z.pow_1_l by lia. rewrite Z.mul_1_r. pose proof (pascal_to_ok r r h) as C.
      destruct (cell_of (r - h)%nat) as [ks|] eqn:E; [|rewrite toZ_zero, tally_const; lia].
      rewrite tally_all, toZ_mul, toZ_ofZ. destruct (cell_tokens _ _ E) as [N I].
      assert (G : (length ks <= length (filter (inside ks) (seq 0 m)))%nat).
      { apply NoDup_incl_length; [exact N|]. intros t J. apply filter_In. split; [now apply I|now apply inside_in]. }
      apply Z.mul_le_mono_nonneg; [lia|lia|apply Z.pow_nonneg; lia|]. apply Z.pow_le_mono_l. lia.
    Qed.

    Lemma counted_right p : over (seq 0 (S m)) r p -> (0 < counted p)%Z ->
      ((q =? m)%nat = true \/ In m p) /\ group_right w c q m p.
    Proof.
      intros [L F] P. unfold counted in P. pose proof (held_outside (inside [m]) p) as O.
      destruct (cell_of _) as [ks|] eqn:E; [|lia]. destruct (_ && _)%bool eqn:A; [clear P|lia]. apply andb_prop in A. destruct A as [A B].
      split.
      - destruct (q =? m)%nat eqn:Q; [now left|right]. apply existsb_exists in B. destruct B as [h [I B]]. apply Nat.eqb_eq in B. subst h.
        unfold hs in I. apply in_seq in I. now apply (held_some [m]).
      - apply (cell_right p ks); [exact L| |replace (length _) with (r - held (inside [m]) p)%nat by lia; exact E|].
        + eapply Forall_impl; [|exact F]. intros t I. apply in_seq in I. lia.
        + intros t I. rewrite forallb_forall in A. now apply inside_in, A.
    Qed.
  End Group.

  Theorem cubic_count_ok : accuracy_at_least w (toZ (cubic_count T V r)).
  Proof.
    set (n := fun q m => toZ (cubic_group T r m q (map (look_at T r m) (outputs V m)) (most_gains m (map (look_at T r m) (outputs V m)))
      (nth r (pascal_to r) []))).
    replace (toZ (cubic_count T V r)) with (over_groups V n).
    - apply (groups_at_least w some_position c). intros q m QM. exists (counted m q). split; [now apply cubic_group_ok|].
      intros p O. split; [now apply counted_range|]. intros P. destruct (counted_right m q QM p O P). split; auto.
    - unfold cubic_count, over_groups. cbv zeta. induction (seq 0 V) as [|m ms IH]; cbn [zsum fold_right]; [now rewrite toZ_zero|].
      rewrite toZ_add, <- IH, Z.add_comm. f_equal. unfold cubic_max. cbv zeta. clear IH.
      induction (seq 0 (S m)) as [|q qs IH]; cbn [zsum fold_right]; [now rewrite toZ_zero|].
      rewrite toZ_add, <- IH, Z.add_comm. reflexivity.
  Qed.
End Proof.

Theorem cubic_at_least w n : proves_cubic w n = true -> accuracy_at_least (model_of w) n.
Proof.
  unfold proves_cubic, cubic_proved. cbv zeta. set (B := Z.max 0 (places w)).
  destruct (paths_of B w) as [p|] eqn:e; [|discriminate]. intros h. apply Z.leb_le in h.
  set (t := (Z.max 124 (8 + reach B w p))%Z) in *. set (units := Z.min 60 (4 * B)) in *.
  assert (t0 : (0 <= t)%Z) by (unfold t; lia). assert (u0 : (0 <= units <= 4 * B)%Z) by (unfold units, B; lia).
  destruct (enclosed_ok B 32 t units w (enclose B 32 t units w p) t0 u0) as [c ok]; [unfold enclosed; now rewrite e|].
  destruct (cubic_count_ok (model_of w) ltac:(exact (proj1 (paths_positive _ _ _ e))) c _ _
    (power_positive _ t0) (power_positive _ (proj1 u0)) _ ok) as [a [A L]].
  exists a. split; [exact A|]. apply Z.le_trans with (1 := h). exact L.
Qed.
