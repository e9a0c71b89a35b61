(* Lower bounds on the accuracy by windows (T5c), from the bits of the weights: with the maximum m, the tokens m, m-1, ...
   form blocks whose sizes a plan chooses for each query, and the ones below them the last block. Every wrong output is
   looked at by itself, and a token's term is bounded over all positions before the query.
   Main theorem: window_at_least. *)
From Coq Require Import Reals ZArith Lra Lia List Bool PeanoNat Permutation.
From Maxcert Require Import Statement Separability Integers Intervals Matrices Exponential Attention Paths Enclosures Sequences Tails
  Ranges Candidates Exact Blocks WindowWalk BlockCounts Groups.
Import ListNotations.
Open Scope nat_scope.

(* ---------- The program ---------- *)

(* What a proof is given: the sizes of the blocks below the maximum m, by m and the query. Any sizes are sound. *)
Definition plan := nat -> nat -> list nat.
Definition uniform (sizes : list nat) : plan := fun _ _ => sizes.
(* choice: by maximum and query, which of the partitions *)
Definition chosen (partitions choice : list (list nat)) : plan :=
  fun m q => nth (nth q (nth m choice []) 0) partitions [].

Definition blocks_below (sizes : list nat) (m : nat) : list (list nat) := chunks (1 :: sizes) (rev (seq 0 (S m))).

Section Program.
  Variable T : tables.
  Variables V r : nat.

  (* An output with the bounds on its terms, from a look at it and the masses of the group. *)
  Definition contender_of (sizes : list nat) (m q : nat) (masses : list interval * int * interval) (l : look) : contender :=
    let '(around, top, own) := masses in
    let e := sub (snd (EU_at T q (output l))) (fst (EU_at T q m)) in
    let z := add e (pv_most l) in
    let terms := map (fun ab => above_mul (fst ab) (add z (snd ab))) (combine around (ov l)) in
    {| c_sum := above_mul own (add (add e (pv_own l)) (nth q (ov l) zero));
       c_rest := levels (map largest (chunks (1 :: sizes) (rev terms))) |}.

  Definition window_group (sizes : list nat) (numbers : list int) (pascal : list (list int)) (blocks : list powers) (looks : list look)
      (around : list interval) (own : interval) (m q : nat) : int :=
    let masses := coarse_masses m around own in
    let words := mass_words r m q masses in
    let cs := map (contender_of sizes m q masses) (filter (may_win T r m q masses words) looks) in
    if q =? m then visit numbers pascal blocks r cs
    else match blocks with [] => zero | (sizes, _) :: blocks => split numbers pascal (visit numbers pascal blocks) sizes r cs (seq 1 r) end.

  Definition window_max (sizes_of : nat -> list nat) (numbers : list int) (pascal : list (list int)) (m : nat) : int :=
    let looks := map (look_at T r m) (outputs V m) in
    fold_right (fun q s => add s (window_group (sizes_of q) numbers pascal (block_powers r (blocks_below (sizes_of q) m)) looks
      (over_positions r (nth q (t_mass T) [])) (nth q (nth r (nth q (t_mass T) []) []) izero) m q)) zero (seq 0 (S m)).

  Definition window_count (sizes_of : plan) : int :=
    let numbers := numbers_to r in
    let pascal := pascal_to r in
    fold_right (fun m s => add s (window_max (sizes_of m) numbers pascal m)) zero (seq 0 V).
End Program.

(* The rows with 20 bits after the point, which is what the words of the first look hold; the masses with as many as two
   words have, and at least 8 for the largest mass of each group. *)
Definition windows_proved (sizes_of : plan) (w : weights) : option Z :=
  let B := Z.max 0 (places w) in
  let r := length (wP w) - 1 in
  match paths_of B w with
  | Some p => if 0 <? r then
      let T := enclose B 32 (Z.max 124 (8 + reach B w p)) (Z.min 20 (4 * B)) w p in
      Some (toZ (window_count T (length (wE w)) r sizes_of))
    else None
  | None => None
  end.
Definition proves_by_windows (sizes_of : plan) (w : weights) (n : Z) : bool :=
  match windows_proved sizes_of w with None => false | Some found => (n <=? found)%Z end.

(* ---------- Its proof ---------- *)

Lemma levels_bounds (f : nat -> int) bs : bounds bs (levels (map (fun b => largest (map f b)) bs)) (fun t => toZ (f t)).
Proof.
  assert (G : forall b t, In t b -> (toZ (f t) <= toZ (largest (map f b)))%Z).
  { intros b t I. destruct (In_nth b t 0 I) as [k [K <-]].
    rewrite <- (nth_map f b k 0 zero) by exact K. apply largest_correct. now rewrite map_length. }
  induction bs as [|b bs IH]; [exact I|]. cbn [map levels].
  destruct (levels (map _ bs)) as [|[[g most] least] rest] eqn:E.
  - destruct bs as [|b' bs]; [|cbn [map levels] in E; now destruct (levels (map _ bs)) as [|[[? ?] ?] ?]].
    cbn [bounds concat]. rewrite app_nil_r. auto.
  - destruct bs as [|b' bs]; [easy|]. cbn [bounds] in IH. destruct IH as [I1 [I2 I3]].
    cbn [bounds]. split; [apply G|]. split; [|auto].
    intros t I. unfold nmax. rewrite toZ_leb. apply in_app_or in I. pose proof (G b) as Gb. set (top := largest (map f b)) in *.
    destruct (Z.leb_spec (toZ top) (toZ most)); destruct I as [I|I];
      try (specialize (Gb t I)); try (specialize (I2 t I)); lia.
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
  Hypothesis some_before : (0 < r)%nat.

  Section Sizes.
  Variable sizes : list nat.

  (* For each contender its sum, and what each token before the query adds at most. *)
  Definition term_bounds (m q : nat) (masses : list interval * int * interval) (l : look) : list int :=
    let '(around, _, _) := masses in
    let z := add (sub (snd (EU_at T q (output l))) (fst (EU_at T q m))) (pv_most l) in
    map (fun ab => above_mul (fst ab) (add z (snd ab))) (combine around (ov l)).
  Definition standing (m q : nat) (masses : list interval * int * interval) (l : look) : Z * (nat -> Z) :=
    (toZ (c_sum (contender_of T sizes m q masses l)), fun t => toZ (nth t (term_bounds m q masses l) zero)).

  Definition masses_of (m q : nat) : list interval * int * interval :=
    coarse_masses m (over_positions r (nth q (t_mass T) [])) (nth q (nth r (nth q (t_mass T) []) []) izero).

  Lemma standing_bounds q m x : (q <= m < V)%nat -> (x < V)%nat ->
    let o := standing m q (masses_of m q) (look_at T r m x) in
    length (term_bounds m q (masses_of m q) (look_at T r m x)) = S m /\
    exists k, 0 < k /\ k * plain w c q m x r q <= IZR (fst o) /\
      forall i t, (i < r)%nat -> (t <= m)%nat -> k * plain w c q m x i t <= IZR (snd o t).
  Proof.
    intros QM X. pose proof (group_terms w some_position c scale scale' scale_pos scale_pos' T T_ok q m x QM X) as G.
    destruct (look_ok w some_position c scale scale' T T_ok m x (proj2 QM) X) as [Lov _]. fold r in G, Lov.
    unfold standing, term_bounds, contender_of. unfold masses_of in *. destruct (coarse_masses _ _ _) as [[around top] own].
    cbn [fst snd c_sum] in *. change (output (look_at T r m x)) with x.
    destruct G as [k [u [v [k0 [u0 [product [[E1 E2] rest]]]]]]].
    assert (L : length around = S m) by exact (proj1 (rest 0%nat 0%nat some_before (Nat.le_0_l m))).
    split; [rewrite map_length, combine_length, L, Lov; apply Nat.min_id|].
    exists k. split; [exact k0|]. split; [rewrite product; now apply above_mul_ok|].
    intros i t I H. destruct (rest i t I H) as [_ [E [_ B]]]. rewrite product.
    rewrite (nth_map _ _ _ (izero, zero)) by (rewrite combine_length, L, Lov, Nat.min_id; lia).
    rewrite combine_nth by (rewrite L, Lov; reflexivity). cbn [fst snd]. now apply above_mul_ok.
  Qed.

  Lemma suffix_zsum k q m x (f : nat -> Z) : 0 < k ->
    (forall i t, (i < r)%nat -> (t <= m)%nat -> k * plain w c q m x i t <= IZR (f t)) ->
    forall p i, Forall (fun t => t <= m)%nat p -> (i + length p <= r)%nat ->
    k * suffix (plain w c q m) x i p <= IZR (zsum f p).
  Proof.
    intros k0 H. induction p as [|t p IH]; intros i F L; cbn [suffix zsum length] in *; [lra|]. inversion F; subst.
    rewrite plus_IZR, Rmult_plus_distr_l. pose proof (H i t ltac:(lia) ltac:(easy)). pose proof (IH (S i) ltac:(easy) ltac:(lia)). lra.
  Qed.

  Lemma contends_standing q m x : (q <= m < V)%nat -> (x < V)%nat ->
    contends (blocks_below sizes m) (contender_of T sizes m q (masses_of m q) (look_at T r m x)) (standing m q (masses_of m q) (look_at T r m x)).
  Proof.
    intros QM X. destruct (standing_bounds q m x QM X) as [L _]. split; [apply Z.le_refl|].
    unfold standing. cbn [snd].
    replace (c_rest (contender_of T sizes m q (masses_of m q) (look_at T r m x)))
      with (levels (map largest (chunks (1 :: sizes)%nat (rev (term_bounds m q (masses_of m q) (look_at T r m x))))))
      by (unfold contender_of, term_bounds; now destruct (masses_of m q) as [[? ?] ?]).
    set (terms := term_bounds _ _ _ _) in *. unfold blocks_below.
    replace (rev terms) with (map (fun t => nth t terms zero) (rev (seq 0 (S m)))).
    - rewrite chunks_map, map_map. apply levels_bounds.
    - rewrite map_rev. f_equal. rewrite <- L. clear. induction terms as [|a l IH]; [easy|].
      cbn [length seq map nth]. now rewrite <- seq_shift, map_map, IH.
  Qed.

  Let may (m q : nat) := may_win T r m q (masses_of m q) (mass_words r m q (masses_of m q)).
  Let contenders (m q : nat) := filter (may m q) (map (look_at T r m) (outputs V m)).

  Lemma in_contenders m q l : In l (contenders m q) -> exists x, (x < V)%nat /\ l = look_at T r m x.
  Proof.
    intros I. apply filter_In in I. destruct I as [I _]. apply in_map_iff in I. destruct I as [x [<- I]].
    apply in_outputs in I. exists x. split; [apply I|reflexivity].
  Qed.

  Lemma contenders_contend q m : (q <= m < V)%nat -> Forall2 (contends (blocks_below sizes m))
    (map (contender_of T sizes m q (masses_of m q)) (contenders m q)) (map (standing m q (masses_of m q)) (contenders m q)).
  Proof.
    intros QM. assert (H := in_contenders m q). induction (contenders m q) as [|l ls IH]; constructor.
    - destruct (H l (or_introl eq_refl)) as [x [X ->]]. now apply contends_standing.
    - apply IH. intros l' I. apply H. now right.
  Qed.

  Lemma losers_right q m p : (q <= m < V)%nat -> (0 < losers (map (standing m q (masses_of m q)) (contenders m q)) p)%Z ->
    In p (tails m r (q =? m)) -> group_right w c q m p.
  Proof.
    intros QM P I x X M. unfold losers in P. destruct (forallb _ _) eqn:E; [clear P|easy].
    destruct (may m q (look_at T r m x)) eqn:W.
    - rewrite forallb_forall in E. specialize (E (standing m q (masses_of m q) (look_at T r m x))).
      assert (N : (fst (standing m q (masses_of m q) (look_at T r m x)) + zsum (snd (standing m q (masses_of m q) (look_at T r m x))) p < 0)%Z).
      { apply Z.ltb_lt, E. apply in_map, filter_In. split; [|exact W]. apply in_map. apply in_outputs. now split. }
      destruct (standing_bounds q m x QM X) as [_ [k [k0 [K1 K2]]]]. apply in_tails in I. destruct I as [L [F _]].
      pose proof (suffix_zsum k q m x _ k0 K2 p 0 F ltac:(lia)) as S. apply IZR_lt in N. rewrite plus_IZR in N. fold r.
      apply Rmult_lt_reg_l with k; [exact k0|]. rewrite Rmult_0_r, Rmult_plus_distr_l. lra.
    - exact (may_win_ok w some_position c scale scale' scale_pos scale_pos' T T_ok q m x QM X W p I).
  Qed.

  Lemma blocks_first m : blocks_below sizes m = [m] :: chunks sizes (rev (seq 0 m)).
  Proof. unfold blocks_below. rewrite seq_S, rev_app_distr. reflexivity. Qed.
  Lemma blocks_concat m : concat (blocks_below sizes m) = rev (seq 0 (S m)).
  Proof. apply chunks_concat. Qed.

  Lemma window_group_ok q m : (q <= m < V)%nat -> exists F,
    (toZ (window_group T r sizes (numbers_to r) (pascal_to r) (block_powers r (blocks_below sizes m)) (map (look_at T r m) (outputs V m))
      (over_positions r (nth q (t_mass T) [])) (nth q (nth r (nth q (t_mass T) []) []) izero) m q) <= tally (seq 0 (S m)) r F)%Z /\
    forall p, over (seq 0 (S m)) r p -> (F p <= 1)%Z /\
      ((0 < F p)%Z -> ((q =? m) = true \/ In m p) /\ (In p (tails m r (q =? m)) -> group_right w c q m p)).
  Proof.
    intros QM. set (os := map (standing m q (masses_of m q)) (contenders m q)).
    assert (C := contenders_contend q m QM). fold os in C.
    assert (D : NoDup (concat (blocks_below sizes m))) by (rewrite blocks_concat; apply NoDup_rev, seq_NoDup).
    assert (P := block_powers_ok r (blocks_below sizes m)).
    assert (all : tally (seq 0 (S m)) r = tally (concat (blocks_below sizes m)) r).
    { apply FunctionalExtensionality.functional_extensionality. apply tally_perm. rewrite blocks_concat. apply Permutation_rev. }
    unfold window_group. fold (masses_of m q). fold (may m q). change (filter (may m q) _) with (contenders m q). cbv zeta.
    destruct (q =? m) eqn:Q.
    - exists (losers os). rewrite all. split.
      + apply (visit_ok _ _ r (numbers_to_ok r) (pascal_to_ok r)); easy.
      + intros p _. pose proof (losers_range os p). split; [lia|]. intros H0. split; [now left|]. intros I.
        apply losers_right; [exact QM|exact H0|now rewrite Q].
    - rewrite all. rewrite blocks_first in *. cbn [block_powers concat] in *. destruct P as [P1 [_ P2]].
      exists (fun s => if existsb (Nat.eqb (held (inside [m]) s)) (seq 1 r) then losers os s else 0%Z). split.
      + apply (split_ok _ _ r (numbers_to_ok r) (pascal_to_ok r) [m] (chunks sizes (rev (seq 0 m))) D).
        * intros r' cs' os' R' C'. apply (visit_ok _ _ r (numbers_to_ok r) (pascal_to_ok r)); try easy. now inversion D.
        * lia.
        * intros n I. apply in_seq in I. lia.
        * apply seq_NoDup.
        * exact P1.
        * exact C.
      + intros p _. pose proof (losers_range os p). destruct (existsb _ _) eqn:E; [|split; [lia|easy]]. split; [lia|]. intros H0. split.
        * right. apply existsb_exists in E. destruct E as [n [I E]]. apply in_seq in I. apply Nat.eqb_eq in E. rewrite <- E in I. clear - I.
          induction p as [|t p IH]; cbn [held] in I; [lia|]. destruct (inside [m] t) eqn:J; [|right; now apply IH].
          apply inside_in in J. destruct J as [->|[]]. now left.
        * intros J. apply losers_right; [exact QM|exact H0|now rewrite Q].
  Qed.

  End Sizes.

  Theorem window_count_ok sizes_of : accuracy_at_least w (toZ (window_count T V r sizes_of)).
  Proof.
    set (n := fun q m => toZ (window_group T r (sizes_of m q) (numbers_to r) (pascal_to r) (block_powers r (blocks_below (sizes_of m q) m))
      (map (look_at T r m) (outputs V m)) (over_positions r (nth q (t_mass T) [])) (nth q (nth r (nth q (t_mass T) []) []) izero) m q)).
    replace (toZ (window_count T V r sizes_of)) with (over_groups V n).
    - apply (groups_at_least w some_position c). intros q m. exact (window_group_ok (sizes_of m q) q m).
    - unfold window_count, over_groups. cbv zeta. induction (seq 0 V) as [|m ms IH]; cbn [zsum fold_right]; [now rewrite toZ_zero|].
      rewrite toZ_add, <- IH, Z.add_comm. f_equal. unfold window_max. cbv zeta. clear IH.
      induction (seq 0 (S m)) as [|q qs IH]; cbn [zsum fold_right]; [now rewrite toZ_zero|].
      rewrite toZ_add, <- IH, Z.add_comm. reflexivity.
  Qed.
End Proof.

Theorem window_at_least sizes_of w n : proves_by_windows sizes_of w n = true -> accuracy_at_least (model_of w) n.
Proof.
  unfold proves_by_windows, windows_proved. cbv zeta. set (B := Z.max 0 (places w)).
  destruct (paths_of B w) as [p|] eqn:e; [|discriminate]. destruct (0 <? length (wP w) - 1) eqn:r0; [|discriminate].
  apply Nat.ltb_lt in r0. intros h. apply Z.leb_le in h.
  set (t := Z.max 124 (8 + reach B w p)) in *. set (units := Z.min 20 (4 * B)) in *.
  assert (t0 : (0 <= t)%Z) by (unfold t; lia). assert (u0 : (0 <= units <= 4 * B)%Z) by (unfold units, B; lia).
  destruct (enclosed_ok B 32 t units w (enclose B 32 t units w p) t0 u0) as [c ok]; [unfold enclosed; now rewrite e|].
  destruct (window_count_ok (model_of w) ltac:(exact (proj1 (paths_positive _ _ _ e))) c _ _
    (power_positive _ t0) (power_positive _ (proj1 u0)) _ ok r0 sizes_of) as [a [A L]].
  exists a. split; [exact A|]. apply Z.le_trans with (1 := h). exact L.
Qed.
