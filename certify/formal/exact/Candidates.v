(* A first look at the wrong outputs of a group (query q, maximum m): most of them win in no sequence. Only upper bounds
   are needed, and few digits: all positions at once, one product per token, and mostly not even that.
   Main theorem: candidates_ok. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat Uint63 Sint63.
From Bignums Require Import BigN BigZ.
From Maxcert Require Import Statement Separability Integers Words WordLook Intervals Matrices Exponential Attention Enclosures Tails Ranges.
Import ListNotations.
Open Scope nat_scope.

(* The outputs other than m. *)
Definition outputs (V m : nat) := filter (fun x => negb (x =? m)) (seq 0 V).

(* ---------- The program ---------- *)

(* s bits dropped *)
Definition coarse (s : int) (e : interval) : interval := (shr (fst e) s, ceiling (snd e) s).
Definition above_mul (a : interval) (z : int) : int := mul (if leb zero z then snd a else fst a) z.
Definition nonnegative_part (z : int) : int := if leb zero z then z else zero.
Definition times (n : nat) (z : int) : int := mul (ofZ (Z.of_nat n)) z.

(* Two lists entry by entry, and several. *)
Definition joined (a b : list interval) : list interval := map (fun ab => ijoin (fst ab) (snd ab)) (combine a b).
Fixpoint over_positions (n : nat) (L : list (list interval)) : list interval :=
  match n, L with
  | S (S n), a :: L => joined a (over_positions (S n) L)
  | _, a :: _ => a
  | _, [] => []
  end.

Definition word_in (limit : word) (n : int) : option word := if fits limit n then Some (word_of n) else None.
Definition pair_in (limit : word) (e : interval) : option (word * word) :=
  match word_in limit (fst e), word_in limit (snd e) with Some a, Some b => Some (a, b) | _, _ => None end.

Section Program.
  Variable T : tables.
  Variables V r : nat.

  Definition EU_at (q x : nat) := nth x (nth q (t_EU T) []) izero.
  Definition PVOU_at (i x : nat) := nth x (nth i (t_PVOU T) []) izero.

  (* What depends on the maximum m and the output x alone: upper bounds on EVOU[t,x] - EVOU[t,m] for the tokens up to m,
     the largest of them, and on PVOU[i,x] - PVOU[i,m] for the positions before the query and for the query's. *)
  Record look := { output : nat; ov : list int; ov_most : int; pv_most : int; pv_own : int; words : option word_row }.
  Definition pv_above (m x i : nat) : int := sub (snd (PVOU_at i x)) (fst (PVOU_at i m)).
  Definition row_words (m : nat) (ov : list int) (ov_most pv_most pv_own : int) : option word_row :=
    match all (word_in row_limit) ov, word_in row_limit ov_most, word_in row_limit pv_most, word_in row_limit pv_own with
    | Some l, Some a, Some b, Some c =>
        Some {| gains := l; gain_of_m := nth m l wzero; most_gain := a; place_gain := b; query_gain := c |}
    | _, _, _, _ => None
    end.
  Definition look_at (m x : nat) : look :=
    let ov := map (fun ab => sub (snd (fst ab)) (fst (snd ab)))
                  (combine (firstn (S m) (nth x (t_EVOU T) [])) (firstn (S m) (nth m (t_EVOU T) []))) in
    let a := largest ov in let b := largest (map (pv_above m x) (seq 0 r)) in let c := pv_above m x r in
    {| output := x; ov := ov; ov_most := a; pv_most := b; pv_own := c; words := row_words m ov a b c |}.

  (* The masses of the tokens up to m at all positions before the query, and the query's own, with about 26 bits. *)
  Definition coarse_masses (m : nat) (around : list interval) (own : interval) : list interval * int * interval :=
    let around := firstn (S m) around in
    let top := largest (map snd (own :: around)) in
    let s := ofZ (Z.max 0 (Z.log2 (toZ top) - 25)) in
    (map (coarse s) around, ceiling top s, coarse s own).

  Definition mass_words (m q : nat) (masses : list interval * int * interval) : option word_masses :=
    let '(around, top, own) := masses in
    if ((0 <? r) && (r <=? 31))%bool then
      match all (word_in mass_limit) (map snd around), word_in mass_limit top, pair_in mass_limit (nth m around izero),
            pair_in mass_limit own with
      | Some l, Some a, Some b, Some c =>
          Some {| mass_above := l; top_mass := a; mass_of_m := b; own_mass := c; needed := negb (q =? m);
                  others := Uint63.of_Z (Z.of_nat (if q =? m then r else r - 1)) |}
      | _, _, _, _ => None
      end
    else None.

  (* In integers, where the words do not reach. *)
  Definition may_win_at_all (m q : nat) (masses : list interval * int * interval) (e : int) (l : look) : bool :=
    let '(around, top, own) := masses in
    let z := add e (pv_most l) in
    let own := above_mul own (add (add e (pv_own l)) (nth q (ov l) zero)) in
    let near := above_mul (nth m around izero) (add z (nth m (ov l) zero)) in
    let far := nonnegative_part (largest (map (fun ab => above_mul (fst ab) (add z (snd ab))) (combine around (ov l)))) in
    leb zero (add own (if q =? m then times r far else add near (times (r - 1) far))).

  Definition may_win (m q : nat) (masses : list interval * int * interval) (in_words : option word_masses) (l : look) : bool :=
    let e := sub (snd (EU_at q (output l))) (fst (EU_at q m)) in
    match in_words, words l, word_in row_limit e with
    | Some M, Some L, Some e => look_in_words M L e (nth q (gains L) wzero)
    | _, _, _ => may_win_at_all m q masses e l
    end.

  Definition candidates (arounds : list (list interval)) (m : nat) : nat -> list nat :=
    let looks := map (look_at m) (outputs V m) in
    fun q =>
      let masses := coarse_masses m (nth q arounds []) (nth q (nth r (nth q (t_mass T) []) []) izero) in
      map output (filter (may_win m q masses (mass_words m q masses)) looks).
  Definition arounds : list (list interval) := map (over_positions r) (t_mass T).
End Program.

(* ---------- Its proof ---------- *)

Section Proof.
  Open Scope R_scope.

  Lemma in_outputs V m x : In x (outputs V m) <-> (x < V)%nat /\ x <> m.
  Proof. unfold outputs. rewrite filter_In, in_seq, Bool.negb_true_iff, Nat.eqb_neq. lia. Qed.

  Lemma coarse_ok s e v : (0 <= toZ s)%Z -> encloses e v -> encloses (coarse s e) (v / IZR (2 ^ toZ s)).
  Proof.
    intros h [lo hi]. assert (P := power_positive _ h). unfold coarse, ceiling, encloses. cbn [fst snd].
    rewrite toZ_opp, !toZ_shr, toZ_opp.
    assert (a := floor_below (toZ (fst e)) _ h). assert (b := ceiling_above (toZ (snd e)) _ h).
    split; apply Rmult_le_reg_r with (IZR (2 ^ toZ s)); try exact P; unfold Rdiv; rewrite Rmult_assoc, Rinv_l, Rmult_1_r; lra.
  Qed.

  Lemma above_mul_ok a z u v : 0 <= u -> encloses a u -> v <= IZR (toZ z) -> u * v <= IZR (toZ (above_mul a z)).
  Proof.
    intros hu [lo hi] hv. unfold above_mul. pose proof (leb_IZR zero z) as h. rewrite toZ_zero in h.
    rewrite toZ_mul, mult_IZR. apply Rle_trans with (u * IZR (toZ z)); [now apply Rmult_le_compat_l|].
    destruct (leb zero z); [apply Rmult_le_compat_r; lra|]. nra.
  Qed.

  Lemma joined_nth a b n t : length a = n -> length b = n -> (t < n)%nat ->
    nth t (joined a b) izero = ijoin (nth t a izero) (nth t b izero) /\ length (joined a b) = n.
  Proof.
    intros ha hb ht. unfold joined. assert (hl : length (combine a b) = n) by (rewrite combine_length; lia).
    rewrite map_length. split; [|exact hl]. rewrite (nth_map _ _ _ (izero, izero)) by lia.
    rewrite combine_nth by lia. reflexivity.
  Qed.

  Lemma over_positions_ok n (L : list (list interval)) : forall k, (k <= length L)%nat -> (1 <= k)%nat ->
    (forall i, (i < k)%nat -> length (nth i L []) = n) ->
    length (over_positions k L) = n /\
    forall i t v, (i < k)%nat -> (t < n)%nat -> encloses (nth t (nth i L []) izero) v -> encloses (nth t (over_positions k L) izero) v.
  Proof.
    induction L as [|a L IH]; intros k hk h1 H; [simpl in hk; lia|].
    destruct k as [|[|k]]; [lia| |]; cbn [over_positions].
    - split; [exact (H 0%nat ltac:(lia))|]. intros i t v hi ht E. replace i with 0%nat in E by lia. exact E.
    - simpl in hk. destruct (IH (S k)) as [hl hn]; [lia|lia|intros i hi; exact (H (S i) ltac:(lia))|].
      assert (ha : length a = n) by exact (H 0%nat ltac:(lia)).
      split.
      + unfold joined. rewrite map_length, combine_length. lia.
      + intros i t v hi ht E. destruct (joined_nth a (over_positions (S k) L) n t ha hl ht) as [-> _].
        destruct i as [|i]; [now apply encloses_join_l|apply encloses_join_r]. apply (hn i); [lia|exact ht|exact E].
  Qed.

  Lemma word_in_ok limit n w : (Uint63.to_Z limit < 2 ^ 62)%Z -> word_in limit n = Some w ->
    signed w = toZ n /\ (Z.abs (toZ n) <= Uint63.to_Z limit)%Z.
  Proof.
    unfold word_in. destruct (fits limit n) eqn:F; [|discriminate]. intros h e. injection e as <-. now apply fits_spec.
  Qed.

  Lemma all_words_ok limit l ws : (Uint63.to_Z limit < 2 ^ 62)%Z -> all (word_in limit) l = Some ws ->
    length ws = length l /\ Forall (small (Uint63.to_Z limit)) ws /\ forall t, (t < length l)%nat -> signed (nth t ws wzero) = toZ (nth t l zero).
  Proof.
    intros h A. destruct (all_correct _ _ _ zero wzero A) as [L N]. split; [exact L|].
    assert (E := fun t (T : (t < length l)%nat) => word_in_ok limit _ _ h (N t T)). split; [|intros t T; apply (E t T)].
    rewrite Forall_forall. intros w I. destruct (In_nth ws w wzero I) as [t [T <-]]. rewrite L in T. destruct (E t T) as [e b].
    unfold small. now rewrite e.
  Qed.

  Lemma word_in_small limit n w : (Uint63.to_Z limit < 2 ^ 62)%Z -> word_in limit n = Some w -> signed w = toZ n /\ small (Uint63.to_Z limit) w.
  Proof. intros h e. destruct (word_in_ok limit n w h e) as [a b]. split; [exact a|]. unfold small. now rewrite a. Qed.

  Lemma pair_in_ok e a : pair_in mass_limit e = Some a -> pair_small a /\ forall u, encloses e u -> word_encloses a u.
  Proof.
    unfold pair_in. destruct (word_in mass_limit (fst e)) as [lo|] eqn:l; [|discriminate].
    destruct (word_in mass_limit (snd e)) as [hi|] eqn:h; [|discriminate]. intros E. injection E as <-.
    apply word_in_small in l, h; [|reflexivity|reflexivity]. split; [split; [apply l|apply h]|]. intros u U.
    unfold word_encloses. cbn [fst snd]. rewrite (proj1 l), (proj1 h). exact U.
  Qed.

  Lemma mass_words_ok r m q around top own M : mass_words r m q (around, top, own) = Some M -> length around = S m ->
    ((0 < r)%nat -> (forall t, (t <= m)%nat -> (0 <= toZ (snd (nth t around izero)))%Z) /\ (0 <= toZ top)%Z) ->
    masses_small M /\ length (mass_above M) = S m /\
    (forall t, (t <= m)%nat -> signed (nth t (mass_above M) wzero) = toZ (snd (nth t around izero))) /\
    signed (top_mass M) = toZ top /\ (forall u, encloses (nth m around izero) u -> word_encloses (mass_of_m M) u) /\
    (forall u, encloses own u -> word_encloses (own_mass M) u) /\
    needed M = negb (q =? m)%nat /\ signed (others M) = Z.of_nat (if (q =? m)%nat then r else r - 1).
  Proof.
    unfold mass_words. destruct ((0 <? r)%nat && (r <=? 31)%nat)%bool eqn:R; [|discriminate].
    apply andb_prop in R. destruct R as [R1 R2]. apply Nat.ltb_lt in R1. apply Nat.leb_le in R2.
    destruct (all (word_in mass_limit) (map snd around)) as [ws|] eqn:A; [|discriminate].
    destruct (word_in mass_limit top) as [wt|] eqn:t1; [|discriminate].
    destruct (pair_in mass_limit (nth m around izero)) as [near|] eqn:n1; [|discriminate].
    destruct (pair_in mass_limit own) as [o|] eqn:o1; [|discriminate]. intros E. injection E as <-. intros L P. specialize (P R1).
    apply all_words_ok in A; [|reflexivity]. apply word_in_small in t1; [|reflexivity]. apply pair_in_ok in n1, o1.
    destruct A as [A1 [A2 A3]]. rewrite map_length in A1, A3. apply (eq_trans (z := S m)) in A1; [|exact L]. destruct P as [P1 P2].
    assert (e : forall t, (t <= m)%nat -> signed (nth t ws wzero) = toZ (snd (nth t around izero))).
    { intros t T. assert (h : (t < length around)%nat) by (rewrite L; exact (le_n_S _ _ T)). rewrite (A3 t h). f_equal. exact (nth_map snd around t izero zero h). }
    change (Uint63.to_Z mass_limit) with (2 ^ 26)%Z in *.
    assert (k : signed (Uint63.of_Z (Z.of_nat (if (q =? m)%nat then r else r - 1))) = Z.of_nat (if (q =? m)%nat then r else r - 1)).
    { set (n := if (q =? m)%nat then r else (r - 1)%nat). assert (n <= 31)%nat by (unfold n; destruct (q =? m)%nat; lia).
      assert (v : Uint63.to_Z (Uint63.of_Z (Z.of_nat n)) = Z.of_nat n).
      { rewrite Uint63.of_Z_spec. apply Z.mod_small. change Uint63.wB with (2 ^ 63)%Z. lia. }
      rewrite signed_small by lia. exact v. }
    destruct t1 as [t1 t2], n1 as [n1 n2], o1 as [o1 o2]. unfold masses_small.
    cbn [mass_above top_mass mass_of_m own_mass needed others]. rewrite k.
    split; [split; [|split; [|split; [exact n1|split; [exact o1|]]]]|].
    - intros t T. assert (h : (t <= m)%nat) by lia. assert (b := nth_small (2 ^ 26) ws t ltac:(lia) A2). unfold small in b.
      rewrite (e t h) in *. specialize (P1 t h). lia.
    - unfold small in t2. rewrite t1 in *. lia.
    - destruct (q =? m)%nat; cbn [negb]; lia.
    - split; [exact A1|]. split; [exact e|]. split; [exact t1|]. split; [exact n2|]. split; [exact o2|]. split; reflexivity.
  Qed.

  (* Sums over tails, all terms at most F, that of m at most N. *)
  Lemma suffix_below f x r m F : (forall i t, (i < r)%nat -> (t <= m)%nat -> f x i t <= F) ->
    forall p i, Forall (fun t => t <= m)%nat p -> (i + length p <= r)%nat -> suffix f x i p <= INR (length p) * F.
  Proof.
    intros H. induction p as [|t p IH]; intros i A L; [simpl; lra|]. inversion A; subst. cbn [length suffix] in *. rewrite S_INR.
    pose proof (H i t ltac:(lia) ltac:(easy)). pose proof (IH (S i) ltac:(easy) ltac:(lia)). lra.
  Qed.
  Lemma suffix_below_need f x r m F N : (forall i t, (i < r)%nat -> (t <= m)%nat -> f x i t <= F) ->
    (forall i, (i < r)%nat -> f x i m <= N) ->
    forall p i, Forall (fun t => t <= m)%nat p -> (i + length p <= r)%nat -> In m p -> suffix f x i p <= N + INR (length p - 1) * F.
  Proof.
    intros H H'. induction p as [|t p IH]; intros i A L I; [easy|]. inversion A; subst. cbn [length suffix] in *.
    replace (S (length p) - 1)%nat with (length p) by lia.
    destruct (Nat.eq_dec t m) as [->|ne].
    - pose proof (H' i ltac:(lia)). pose proof (suffix_below f x r m F H p (S i) ltac:(easy) ltac:(lia)). lra.
    - destruct I as [E|I]; [congruence|]. pose proof (H i t ltac:(lia) ltac:(easy)). pose proof (IH (S i) ltac:(easy) ltac:(lia) I) as G.
      assert (e : INR (length p) = INR (length p - 1) + 1).
      { rewrite <- S_INR. f_equal. destruct p; [easy|simpl; lia]. }
      rewrite e. lra.
  Qed.

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

  (* The terms, up to positive factors. *)
  Definition plain (q m x i t : nat) : R := term w (c q) q m t i x.

  Lemma look_ok m x : (m < V)%nat -> (x < V)%nat -> let l := look_at T r m x in
    length (ov l) = S m /\
    (forall t, (t <= m)%nat -> scale' * EVOU w t x - scale' * EVOU w t m <= IZR (toZ (nth t (ov l) zero)) /\
       (toZ (nth t (ov l) zero) <= toZ (ov_most l))%Z) /\
    (forall i, (i < r)%nat -> scale' * PVOU w i x - scale' * PVOU w i m <= IZR (toZ (pv_most l))) /\
    scale' * PVOU w r x - scale' * PVOU w r m <= IZR (toZ (pv_own l)).
  Proof.
    intros hm hx. cbv zeta. unfold look_at. cbn [ov ov_most pv_most pv_own]. unfold V, r in *.
    destruct T_ok as [_ [_ [O P]]]. destruct (O x hx) as [Lx Ox]. destruct (O m hm) as [Lm Om].
    set (a := nth x (t_EVOU T) []) in *. set (b := nth m (t_EVOU T) []) in *.
    set (D := map _ (combine _ _)).
    assert (LD : length D = S m) by (unfold D; rewrite map_length, combine_length, !firstn_length; lia).
    assert (pv : forall i, (i <= last w)%nat -> scale' * PVOU w i x - scale' * PVOU w i m <= IZR (toZ (pv_above T m x i))).
    { intros i hi. destruct (P i hi) as [_ Pi]. unfold pv_above, PVOU_at. rewrite toZ_sub, minus_IZR.
      pose proof (proj2 (Pi x hx)). pose proof (proj1 (Pi m hm)). lra. }
    split; [exact LD|]. split; [|split; [|now apply pv]].
    - intros t ht. split; [|apply largest_correct; lia].
      assert (hc : length (firstn (S m) a) = length (firstn (S m) b)) by (rewrite !firstn_length; lia).
      assert (fa : forall l : list interval, (S m <= length l)%nat -> nth t (firstn (S m) l) izero = nth t l izero).
      { intros l hl. rewrite <- (firstn_skipn (S m) l) at 2. rewrite app_nth1 by (rewrite firstn_length; lia). reflexivity. }
      unfold D. rewrite (nth_map _ _ _ (izero, izero)) by (rewrite combine_length, !firstn_length; lia).
      rewrite combine_nth by exact hc. cbn [fst snd]. rewrite !fa by lia. rewrite toZ_sub, minus_IZR.
      pose proof (proj2 (Ox t ltac:(lia))). pose proof (proj1 (Om t ltac:(lia))). lra.
    - intros i hi. apply Rle_trans with (1 := pv i ltac:(lia)). apply IZR_le.
      assert (e : pv_above T m x i = nth i (map (pv_above T m x) (seq 0 (last w))) zero).
      { rewrite (nth_map _ _ _ 0%nat) by (rewrite seq_length; lia). now rewrite seq_nth by lia. }
      rewrite e. apply largest_correct. rewrite map_length, seq_length. lia.
  Qed.

  (* The terms of a group for output x, times a positive number, as masses u times values v: what bounds them. *)
  Lemma group_terms q m x : (q <= m < V)%nat -> (x < V)%nat ->
    let '(around, top, own) := coarse_masses m (over_positions r (nth q (t_mass T) [])) (nth q (nth r (nth q (t_mass T) []) []) izero) in
    let l := look_at T r m x in
    let e := sub (snd (EU_at T q x)) (fst (EU_at T q m)) in
    exists k u v, 0 < k /\ (forall i t, 0 <= u i t) /\ (forall i t, k * plain q m x i t = u i t * v i t) /\
      (encloses own (u r q) /\ v r q <= IZR (toZ (add (add e (pv_own l)) (nth q (ov l) zero)))) /\
      forall i t, (i < r)%nat -> (t <= m)%nat -> length around = S m /\ encloses (nth t around izero) (u i t) /\ encloses (zero, top) (u i t) /\
        v i t <= IZR (toZ (add (add e (pv_most l)) (nth t (ov l) zero))).
  Proof.
    intros [Q M] X. unfold coarse_masses. cbv zeta.
    destruct (look_ok m x M X) as [Lov [Hov [Hpv Hown]]]. set (l := look_at T r m x) in *.
    set (masses := nth q (t_mass T) []).
    set (around := firstn (S m) (over_positions r masses)). set (own := nth q (nth r masses []) izero).
    set (top := largest (map snd (own :: around))). set (s := ofZ (Z.max 0 (Z.log2 (toZ top) - 25))).
    assert (hs : (0 <= toZ s)%Z) by (unfold s; rewrite toZ_ofZ; lia).
    assert (P := power_positive _ hs). set (p2 := IZR (2 ^ toZ s)) in *.
    set (e := sub (snd (EU_at T q x)) (fst (EU_at T q m))). set (z := add e (pv_most l)).
    assert (Q' : (q < V)%nat) by lia. unfold V, r in *.
    destruct T_ok as [A [U _]]. destruct (U q Q') as [_ Uq].
    (* e bounds the direct path *)
    assert (He : scale' * EU w q x - scale' * EU w q m <= IZR (toZ e)).
    { unfold e, EU_at. rewrite toZ_sub, minus_IZR. pose proof (proj2 (Uq x X)). pose proof (proj1 (Uq m M)). lra. }
    (* k: the factor of the terms here *)
    set (k := scale / p2 * scale'). assert (k0 : 0 < k) by (unfold k; apply Rmult_lt_0_compat; [now apply Rdiv_lt_0_compat|assumption]).
    assert (split_term : forall i t, k * plain q m x i t = (scale * mass w (c q) q t i / p2) *
       ((scale' * EU w q x - scale' * EU w q m) + (scale' * PVOU w i x - scale' * PVOU w i m) + (scale' * EVOU w t x - scale' * EVOU w t m))).
    { intros i t. unfold plain, term, k. field. lra. }
    assert (mass0 : forall i t, 0 <= scale * mass w (c q) q t i / p2).
    { intros i t. apply Rlt_le, Rdiv_lt_0_compat; [apply Rmult_lt_0_compat; [assumption|apply mass_pos]|exact P]. }
    (* one mass *)
    assert (Mass : forall i t, (i < last w)%nat -> (t <= m)%nat -> length (map (coarse s) around) = S m /\
       encloses (nth t (map (coarse s) around) izero) (scale * mass w (c q) q t i / p2) /\
       encloses (zero, ceiling top s) (scale * mass w (c q) q t i / p2)).
    { intros i t hi ht.
      assert (covered : forall j, (j < last w)%nat -> length (nth j masses []) = d_vocab w) by (intros j hj; apply A; [exact Q'|lia]).
      assert (many : (last w <= length masses)%nat).
      { destruct (Nat.le_gt_cases (last w) (length masses)) as [|g]; [easy|]. exfalso.
        assert (h := covered (last w - 1)%nat ltac:(lia)). rewrite nth_overflow in h by lia. simpl in h. lia. }
      destruct (over_positions_ok (d_vocab w) masses (last w) many ltac:(lia) covered) as [ol on].
      assert (al : length around = S m) by (unfold around; rewrite firstn_length; lia).
      assert (at_t : encloses (nth t around izero) (scale * mass w (c q) q t i)).
      { replace (nth t around izero) with (nth t (over_positions (last w) masses) izero).
        - apply (on i); [exact hi|lia|]. destruct (A q i Q' ltac:(lia)) as [_ Aq]. apply Aq. lia.
        - unfold around. rewrite <- (firstn_skipn (S m) (over_positions (last w) masses)) at 1.
          rewrite app_nth1 by (rewrite firstn_length; lia). reflexivity. }
      split; [rewrite map_length; exact al|]. rewrite (nth_map _ _ _ izero) by lia.
      assert (c1 := coarse_ok s _ _ hs at_t). split; [exact c1|]. split; cbn [fst snd]; [rewrite toZ_zero; apply mass0|].
      apply Rle_trans with (1 := proj2 c1). unfold coarse. cbn [snd]. apply IZR_le.
      assert (ta : (t < length around)%nat) by lia.
      assert (g : (toZ (snd (nth t around izero)) <= toZ top)%Z).
      { assert (e' : snd (nth t around izero) = nth (S t) (map snd (own :: around)) zero).
        { cbn [map nth]. symmetry. exact (nth_map snd around t izero zero ta). }
        rewrite e'. apply largest_correct. rewrite map_length. exact (le_n_S _ _ ta). }
      unfold ceiling. rewrite !toZ_opp, !toZ_shr, !toZ_opp, !Z.shiftr_div_pow2 by exact hs.
      apply Z.opp_le_mono. rewrite !Z.opp_involutive. apply Z.div_le_mono; [apply Z.pow_pos_nonneg; lia|lia]. }
    assert (zt : forall i t, (i < last w)%nat -> (t <= m)%nat ->
       (scale' * EU w q x - scale' * EU w q m) + (scale' * PVOU w i x - scale' * PVOU w i m) + (scale' * EVOU w t x - scale' * EVOU w t m)
       <= IZR (toZ (add z (nth t (ov l) zero)))).
    { intros i t hi ht. unfold z. rewrite !toZ_add, !plus_IZR. pose proof (Hpv i hi). pose proof (proj1 (Hov t ht)). lra. }
    exists k, (fun i t => scale * mass w (c q) q t i / p2), (fun i t => (scale' * EU w q x - scale' * EU w q m)
      + (scale' * PVOU w i x - scale' * PVOU w i m) + (scale' * EVOU w t x - scale' * EVOU w t m)).
    split; [exact k0|]. split; [exact mass0|]. split; [exact split_term|]. split; [split|].
    - apply coarse_ok; [exact hs|]. destruct (A q (last w) Q' (le_n _)) as [_ Aq]. exact (Aq q Q').
    - rewrite !toZ_add, !plus_IZR. pose proof (proj1 (Hov q Q)). lra.
    - intros i t hi ht. destruct (Mass i t hi ht) as [m1 [m2 m3]]. split; [exact m1|]. split; [exact m2|]. split; [exact m3|now apply zt].
  Qed.

  Lemma row_words_ok m x : (m < V)%nat -> (x < V)%nat -> let l := look_at T r m x in forall L, words l = Some L ->
    row_small L /\ length (gains L) = S m /\ (forall t, (t <= m)%nat -> signed (nth t (gains L) wzero) = toZ (nth t (ov l) zero)) /\
    signed (gain_of_m L) = toZ (nth m (ov l) zero) /\ signed (place_gain L) = toZ (pv_most l) /\ signed (query_gain L) = toZ (pv_own l).
  Proof.
    intros M X. destruct (look_ok m x M X) as [Lov [Hov _]]. intros l L. fold l in Lov, Hov.
    change (words l) with (row_words m (ov l) (ov_most l) (pv_most l) (pv_own l)). unfold row_words.
    destruct (all (word_in row_limit) (ov l)) as [ws|] eqn:A; [|discriminate].
    destruct (word_in row_limit (ov_most l)) as [a|] eqn:a1; [|discriminate].
    destruct (word_in row_limit (pv_most l)) as [b|] eqn:b1; [|discriminate].
    destruct (word_in row_limit (pv_own l)) as [d|] eqn:d1; [|discriminate]. intros E. injection E as <-.
    apply all_words_ok in A; [|reflexivity]. apply word_in_small in a1, b1, d1; try reflexivity.
    change (Uint63.to_Z row_limit) with (2 ^ 29)%Z in *. destruct A as [A1 [A2 A3]]. unfold row_small.
    cbn [gains gain_of_m most_gain place_gain query_gain].
    assert (e : forall t, (t <= m)%nat -> signed (nth t ws wzero) = toZ (nth t (ov l) zero)) by (intros t H; apply A3; lia).
    split; [|split; [lia|split; [exact e|split; [now apply e|split; [apply b1|apply d1]]]]].
    split; [exact A2|]. split; [apply nth_small; [lia|exact A2]|]. split; [apply a1|]. split; [apply b1|]. split; [apply d1|].
    intros t H. rewrite e by lia. rewrite (proj1 a1). apply (Hov t). lia.
  Qed.

  Lemma may_win_ok q m x : (q <= m < V)%nat -> (x < V)%nat ->
    let masses := coarse_masses m (over_positions r (nth q (t_mass T) [])) (nth q (nth r (nth q (t_mass T) []) []) izero) in
    may_win T r m q masses (mass_words r m q masses) (look_at T r m x) = false ->
    forall p, In p (tails m r (q =? m)) -> plain q m x r q + suffix (plain q m) x 0 p < 0.
  Proof.
    intros QM X. cbv zeta. unfold may_win.
    pose proof (group_terms q m x QM X) as G. destruct QM as [Q M]. destruct (look_ok m x M X) as [Lov [Hov _]].
    assert (W := row_words_ok m x M X). cbv zeta in W.
    destruct (coarse_masses _ _ _) as [[around top] own].
    set (l := look_at T r m x) in *. change (output l) with x.
    set (e := sub (snd (EU_at T q x)) (fst (EU_at T q m))) in *.
    destruct G as [k [u [v [k0 [mass0 [split_term [[E1 E2] Mass]]]]]]].
    intros test p I. apply in_tails in I. destruct I as [L [F N]]. unfold V, r in *.
    (* any bounds on the terms will do that add up to less than 0 *)
    assert (main : forall own' near far : Z, (own' + (if negb (q =? m)%nat then near else 0) + Z.of_nat (if (q =? m)%nat then last w else last w - 1) * far < 0)%Z ->
      k * plain q m x (last w) q <= IZR own' ->
      (forall i, (i < last w)%nat -> k * plain q m x i m <= IZR near) ->
      (forall i t, (i < last w)%nat -> (t <= m)%nat -> k * plain q m x i t <= IZR far) ->
      plain q m x (last w) q + suffix (plain q m) x 0 p < 0).
    { intros own' near far S Own Near Far. apply IZR_lt in S. rewrite !plus_IZR, mult_IZR, <- INR_IZR_INZ in S.
      assert (scaled : forall p i, k * suffix (plain q m) x i p = suffix (fun x i t => k * plain q m x i t) x i p).
      { clear. induction p as [|t p IH]; intros i; cbn [suffix]; [ring|]. rewrite Rmult_plus_distr_l, IH. reflexivity. }
      assert (g : k * suffix (plain q m) x 0 p <= IZR (if negb (q =? m)%nat then near else 0) + INR (if (q =? m)%nat then last w else last w - 1) * IZR far).
      { rewrite scaled. destruct (q =? m)%nat; cbn [negb]; rewrite <- L.
        - rewrite Rplus_0_l. apply (suffix_below _ _ (last w) m); [exact Far|exact F|lia].
        - destruct N as [N|N]; [discriminate|]. apply (suffix_below_need _ _ (last w) m); [exact Far|exact Near|exact F|lia|exact N]. }
      apply Rmult_lt_reg_l with k; [exact k0|]. rewrite Rmult_0_r, Rmult_plus_distr_l. lra. }
    assert (slow : may_win_at_all (last w) m q (around, top, own) e l = false -> plain q m x (last w) q + suffix (plain q m) x 0 p < 0).
    { clear test W. unfold may_win_at_all. set (z := add e (pv_most l)) in *. set (list := map _ (combine around (ov l))). intros test.
      apply (main (toZ (above_mul own (add (add e (pv_own l)) (nth q (ov l) zero)))) (toZ (above_mul (nth m around izero) (add z (nth m (ov l) zero))))
        (toZ (nonnegative_part (largest list)))).
      - rewrite toZ_leb, toZ_zero, toZ_add in test. apply Z.leb_gt in test.
        destruct (q =? m)%nat; cbn [negb]; unfold times in test; rewrite ?toZ_add, toZ_mul, toZ_ofZ in test; lia.
      - rewrite split_term. now apply above_mul_ok.
      - intros i hi. rewrite split_term. destruct (Mass i m hi (le_n _)) as [_ [E [_ B]]]. now apply above_mul_ok.
      - intros i t hi ht. rewrite split_term. destruct (Mass i t hi ht) as [al [E [_ B]]].
        eapply Rle_trans; [apply (above_mul_ok (nth t around izero) (add z (nth t (ov l) zero))); [apply mass0|exact E|exact B]|]. apply IZR_le.
        set (g := fun ab : interval * int => above_mul (fst ab) (add z (snd ab))).
        assert (le : (toZ (above_mul (nth t around izero) (add z (nth t (ov l) zero))) <= toZ (largest list))%Z).
        { change (above_mul (nth t around izero) (add z (nth t (ov l) zero))) with (g (nth t around izero, nth t (ov l) zero)).
          rewrite <- combine_nth by (rewrite al, Lov; reflexivity). unfold list.
          rewrite <- (nth_map g _ _ _ zero) by (rewrite combine_length, al, Lov; lia). apply largest_correct.
          rewrite map_length, combine_length, al, Lov. lia. }
        unfold nonnegative_part. rewrite toZ_leb, toZ_zero. destruct (Z.leb_spec 0 (toZ (largest list))); [exact le|rewrite toZ_zero; lia]. }
    destruct (mass_words (last w) m q (around, top, own)) as [MW|] eqn:mw; [|exact (slow test)].
    destruct (words l) as [LW|] eqn:lw; [|exact (slow test)]. destruct (word_in row_limit e) as [we|] eqn:ew; [|exact (slow test)].
    clear slow. specialize (W LW eq_refl). destruct W as [W1 [W2 [W3 [W4 [W5 W6]]]]].
    assert (some : (0 < last w)%nat).
    { unfold mass_words in mw. destruct (0 <? last w)%nat eqn:R; [now apply Nat.ltb_lt|discriminate]. }
    assert (al : length around = S m) by exact (proj1 (Mass 0%nat 0%nat some (Nat.le_0_l m))).
    destruct (mass_words_ok _ _ _ _ _ _ _ mw al) as [Z1 [Z2 [Z3 [Z4 [Z5 [Z6 [Z7 Z8]]]]]]].
    { intros _. split.
      - intros t ht. destruct (Mass 0%nat t some ht) as [_ [[_ E] _]]. apply le_IZR. pose proof (mass0 0%nat t). lra.
      - destruct (Mass 0%nat 0%nat some (Nat.le_0_l m)) as [_ [_ [[_ E] _]]]. apply le_IZR. cbn [snd] in E. pose proof (mass0 0%nat 0%nat). lra. }
    apply word_in_small in ew; [|reflexivity]. change (Uint63.to_Z row_limit) with (2 ^ 29)%Z in ew. destruct ew as [e1 e2].
    destruct (look_in_words_ok MW LW we (nth q (gains LW) wzero) Z1 W1 e2) as [own' [near [far [S [Own [Near Far]]]]]];
      [apply nth_small; [lia|apply W1]|exact test|].
    rewrite Z7, Z8 in S. apply (main own' near far S).
    - rewrite split_term. apply Own; [apply mass0|now apply Z6|]. rewrite e1, W6, W3 by exact Q.
      apply Rle_trans with (1 := E2). rewrite !toZ_add. apply Rle_refl.
    - intros i hi. rewrite split_term. destruct (Mass i m hi (le_n _)) as [_ [E [_ B]]]. apply Near; [apply mass0|now apply Z5|].
      rewrite e1, W5, W4. apply Rle_trans with (1 := B). rewrite !toZ_add. apply Rle_refl.
    - intros i t hi ht. rewrite split_term. destruct (Mass i t hi ht) as [_ [E [E' B]]].
      apply (Far t); [lia|lia|apply mass0| | |].
      + rewrite Z3 by exact ht. exact (proj2 E).
      + rewrite Z4. exact (proj2 E').
      + rewrite e1, W5, W3 by exact ht. apply Rle_trans with (1 := B). rewrite !toZ_add. apply Rle_refl.
  Qed.
End Proof.
