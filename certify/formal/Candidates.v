(* A first look at the wrong outputs of a group (query q, maximum m): most of them win in no sequence. Only upper bounds
   are needed, and few digits: all positions at once, one product per token, and mostly not even that.
   Main theorem: candidates_ok. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat Uint63 Sint63.
From Bignums Require Import BigN BigZ.
From Maxcert Require Import Statement Separability Integers Words Intervals Matrices Exponential Attention Enclosures Tails Ranges.
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

(* The same in machine words: the largest of 0 and of each mass times z plus a row's entry. *)
Definition mass_limit : word := Eval vm_compute in Uint63.of_Z (2 ^ 31).
Definition row_limit : word := Eval vm_compute in Uint63.of_Z (2 ^ 29).
Definition word_in (limit : word) (n : int) : option word := if fits limit n then Some (word_of n) else None.
Fixpoint most (z : word) (masses row : list word) (best : word) : word :=
  match masses, row with
  | a :: masses, d :: row => let s := wadd z d in
      most z masses row (if wleb s wzero then best else let p := PrimInt63.mul a s in if wleb p best then best else p)
  | _, _ => best
  end.
Definition int_of (w : word) : int := BigZ.Pos (BigN.N0 w).

Section Program.
  Variable T : tables.
  Variables V r : nat.

  Definition EU_at (q x : nat) := nth x (nth q (t_EU T) []) izero.
  Definition PVOU_at (i x : nat) := nth x (nth i (t_PVOU T) []) izero.

  (* What depends on the maximum m and the output x alone: upper bounds on EVOU[t,x] - EVOU[t,m] for the tokens up to m,
     the largest of them, and on PVOU[i,x] - PVOU[i,m] for the positions before the query and for the query's. *)
  Record look := { output : nat; ov : list int; ov_words : option (list word); ov_most : int; pv_most : int; pv_own : int }.
  Definition pv_above (m x i : nat) : int := sub (snd (PVOU_at i x)) (fst (PVOU_at i m)).
  Definition look_at (m x : nat) : look :=
    let ov := map (fun ab => sub (snd (fst ab)) (fst (snd ab)))
                  (combine (firstn (S m) (nth x (t_EVOU T) [])) (firstn (S m) (nth m (t_EVOU T) []))) in
    {| output := x; ov := ov; ov_words := all (word_in row_limit) ov; ov_most := largest ov; pv_most := largest (map (pv_above m x) (seq 0 r)); pv_own := pv_above m x r |}.

  (* The masses of the tokens up to m at all positions before the query, and the query's own, with about 30 bits. *)
  Definition coarse_masses (m : nat) (around : list interval) (own : interval) : list interval * int * interval :=
    let around := firstn (S m) around in
    let top := largest (map snd (own :: around)) in
    let s := ofZ (Z.max 0 (Z.log2 (toZ top) - 30)) in
    (map (coarse s) around, ceiling top s, coarse s own).

  Definition far_of (around : list interval) (words : option (list word)) (z : int) (l : look) : int :=
    match words, ov_words l, word_in row_limit z with
    | Some masses, Some row, Some z => int_of (most z masses row wzero)
    | _, _, _ => largest (map (fun ab => above_mul (fst ab) (add z (snd ab))) (combine around (ov l)))
    end.
  Definition mass_words (masses : list interval * int * interval) : option (list word) :=
    all (word_in mass_limit) (map snd (fst (fst masses))).

  Definition may_win (m q : nat) (masses : list interval * int * interval) (words : option (list word)) (l : look) : bool :=
    let '(around, top, own) := masses in
    let e := sub (snd (EU_at q (output l))) (fst (EU_at q m)) in
    let z := add e (pv_most l) in
    let own := above_mul own (add (add e (pv_own l)) (nth q (ov l) zero)) in
    let near := above_mul (nth m around izero) (add z (nth m (ov l) zero)) in
    let all far := if q =? m then times r far else add near (times (r - 1) far) in
    if leb zero (add own (all (nonnegative_part (above_mul (zero, top) (add z (ov_most l))))))
    then leb zero (add own (all (far_of around words z l)))
    else false.

  Definition candidates (arounds : list (list interval)) (m : nat) : nat -> list nat :=
    let looks := map (look_at m) (outputs V m) in
    fun q =>
      let masses := coarse_masses m (nth q arounds []) (nth q (nth r (nth q (t_mass T) []) []) izero) in
      map output (filter (may_win m q masses (mass_words masses)) looks).
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

  Lemma int_of_value w : (0 <= signed w)%Z -> toZ (int_of w) = signed w.
  Proof. Transparent toZ.
    intros h. change (toZ (int_of w)) with (Uint63.to_Z w). rewrite <- (Sint63.to_Z_mod_Uint63to_Z w). fold (signed w).
    apply Z.mod_small. split; [exact h|]. pose proof (Sint63.to_Z_bounded w) as b. fold (signed w) in b.
    change (Sint63.to_Z Sint63.max_int) with (2 ^ 62 - 1)%Z in b. change Uint63.wB with (2 ^ 63)%Z. lia.
  Qed.
  Opaque toZ.

  Lemma most_ok z masses : forall row best, (Z.abs (signed z) <= 2 ^ 29)%Z -> (0 <= signed best)%Z ->
    (forall t, (t < length masses)%nat -> (0 <= signed (nth t masses wzero) <= 2 ^ 31)%Z) ->
    (forall t, (t < length row)%nat -> (Z.abs (signed (nth t row wzero)) <= 2 ^ 29)%Z) ->
    (signed best <= signed (most z masses row best))%Z /\
    forall t, (t < length masses)%nat -> (t < length row)%nat ->
      (signed (nth t masses wzero) * (signed z + signed (nth t row wzero)) <= signed (most z masses row best))%Z.
  Proof.
    induction masses as [|a masses IH]; intros row best hz hb hm hr; [split; [simpl; lia|simpl; lia]|].
    destruct row as [|d row]; [split; [simpl; lia|simpl; lia]|]. cbn [most].
    assert (ha := hm 0%nat ltac:(simpl; lia)). assert (hd := hr 0%nat ltac:(simpl; lia)). cbn [nth] in ha, hd.
    assert (es : signed (wadd z d) = (signed z + signed d)%Z) by (apply (signed_add z d (2 ^ 29) (2 ^ 29)); [exact hz|exact hd|lia]).
    set (best' := if wleb (wadd z d) wzero then best else _).
    assert (B : (signed best <= signed best' /\ signed a * (signed z + signed d) <= signed best')%Z).
    { unfold best'. rewrite wleb_spec, signed_zero, es. destruct (Z.leb_spec (signed z + signed d) 0); [nia|].
      assert (ep : signed (PrimInt63.mul a (wadd z d)) = (signed a * (signed z + signed d))%Z).
      { rewrite <- es. unfold signed. apply Sint63.to_Z_mul. fold (signed a). fold (signed (wadd z d)). rewrite es.
        rewrite Sint63.to_Z_min, Sint63.to_Z_max. change (Uint63.wB / 2)%Z with (2 ^ 62)%Z. nia. }
      rewrite wleb_spec, ep. destruct (Z.leb_spec (signed a * (signed z + signed d)) (signed best)); rewrite ?ep; lia. }
    destruct (IH row best' hz ltac:(lia)) as [I J].
    - intros t ht. exact (hm (S t) ltac:(simpl; lia)).
    - intros t ht. exact (hr (S t) ltac:(simpl; lia)).
    - split; [lia|]. intros [|t] h1 h2; cbn [nth]; [lia|]. apply J; simpl in h1, h2; lia.
  Qed.

  Lemma far_of_ok around words z l t u v : words = all (word_in mass_limit) (map snd around) ->
    ov_words l = all (word_in row_limit) (ov l) -> length around = length (ov l) -> (t < length around)%nat ->
    (forall k, (k < length around)%nat -> exists v, 0 <= v /\ encloses (nth k around izero) v) ->
    0 <= u -> encloses (nth t around izero) u -> v <= IZR (toZ (add z (nth t (ov l) zero))) ->
    u * v <= IZR (toZ (far_of around words z l)).
  Proof.
    intros hw hl L T P hu E V. unfold far_of.
    assert (slow : u * v <= IZR (toZ (largest (map (fun ab => above_mul (fst ab) (add z (snd ab))) (combine around (ov l)))))).
    { eapply Rle_trans; [apply (above_mul_ok (nth t around izero) (add z (nth t (ov l) zero))); [exact hu|exact E|exact V]|]. apply IZR_le.
      set (g := fun ab : interval * int => above_mul (fst ab) (add z (snd ab))).
      change (above_mul (nth t around izero) (add z (nth t (ov l) zero))) with (g (nth t around izero, nth t (ov l) zero)).
      rewrite <- combine_nth by exact L.
      rewrite <- (nth_map g _ _ _ zero) by (rewrite combine_length; lia). apply largest_correct.
      rewrite map_length, combine_length. lia. }
    destruct words as [ms|]; [|exact slow]. rewrite hl. destruct (all (word_in row_limit) (ov l)) as [ds|] eqn:ed; [|exact slow].
    destruct (word_in row_limit z) as [wz|] eqn:ez; [|exact slow]. clear slow. symmetry in hw.
    destruct (all_correct _ _ _ zero wzero hw) as [Lm Nm]. destruct (all_correct _ _ _ zero wzero ed) as [Ld Nd].
    rewrite map_length in Lm, Nm.
    assert (lm : (Uint63.to_Z mass_limit < 2 ^ 62)%Z) by reflexivity. assert (lr : (Uint63.to_Z row_limit < 2 ^ 62)%Z) by reflexivity.
    change (Uint63.to_Z mass_limit) with (2 ^ 31)%Z in *. 
    destruct (word_in_ok _ _ _ lr ez) as [z1 z2].
    assert (M : forall k, (k < length around)%nat -> signed (nth k ms wzero) = toZ (snd (nth k around izero)) /\
                (0 <= signed (nth k ms wzero) <= 2 ^ 31)%Z).
    { intros k hk. destruct (word_in_ok mass_limit _ _ eq_refl (Nm k hk)) as [a b].
      assert (e : nth k (map snd around) zero = snd (nth k around izero)) by exact (nth_map snd around k izero zero hk).
      rewrite e in a, b. split; [exact a|]. destruct (P k hk) as [x [x0 [_ x1]]].
      assert (0 <= toZ (snd (nth k around izero)))%Z by (apply le_IZR; lra).
      change (Uint63.to_Z mass_limit) with (2 ^ 31)%Z in b. lia. }
    assert (D : forall k, (k < length ds)%nat -> signed (nth k ds wzero) = toZ (nth k (ov l) zero) /\ (Z.abs (signed (nth k ds wzero)) <= 2 ^ 29)%Z).
    { intros k hk. destruct (word_in_ok row_limit _ _ eq_refl (Nd k ltac:(lia))) as [a b]. rewrite a. split; [reflexivity|exact b]. }
    destruct (most_ok wz ms ds wzero) as [B0 B].
    - rewrite z1. exact z2.
    - rewrite signed_zero. lia.
    - intros k hk. apply M. lia.
    - intros k hk. apply D. exact hk.
    - rewrite int_of_value by (rewrite signed_zero in B0; lia).
      specialize (B t ltac:(lia) ltac:(lia)). destruct (M t T) as [m1 m2]. destruct (D t ltac:(lia)) as [d1 _].
      rewrite m1, d1, z1 in B. rewrite toZ_add in V. rewrite m1 in m2. apply IZR_le in B. rewrite mult_IZR in B.
      rewrite signed_zero in B0. apply IZR_le in B0. destruct E as [_ E].
      destruct (Rle_lt_dec v 0) as [n|p].
      + assert (0 <= u * - v) by (apply Rmult_le_pos; lra). lra.
      + apply Rle_trans with (2 := B). apply Rmult_le_compat; lra.
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
    set (top := largest (map snd (own :: around))). set (s := ofZ (Z.max 0 (Z.log2 (toZ top) - 30))).
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

  Lemma may_win_ok q m x : (q <= m < V)%nat -> (x < V)%nat ->
    let masses := coarse_masses m (over_positions r (nth q (t_mass T) [])) (nth q (nth r (nth q (t_mass T) []) []) izero) in
    may_win T r m q masses (mass_words masses) (look_at T r m x) = false ->
    forall p, In p (tails m r (q =? m)) -> plain q m x r q + suffix (plain q m) x 0 p < 0.
  Proof.
    intros QM X. cbv zeta. unfold may_win, mass_words.
    pose proof (group_terms q m x QM X) as G. destruct QM as [Q M]. destruct (look_ok m x M X) as [Lov [Hov _]].
    destruct (coarse_masses _ _ _) as [[around top] own]. cbn [fst snd] in *.
    set (l := look_at T r m x) in *. change (output l) with x.
    set (e := sub (snd (EU_at T q x)) (fst (EU_at T q m))) in *. set (z := add e (pv_most l)) in *.
    set (own' := above_mul own (add (add e (pv_own l)) (nth q (ov l) zero))).
    set (near := above_mul (nth m around izero) (add z (nth m (ov l) zero))).
    destruct G as [k [u [v [k0 [mass0 [split_term [[E1 E2] Mass]]]]]]].
    intros test p I. apply in_tails in I. destruct I as [L [F N]]. unfold V, r in *.
    assert (Own : k * plain q m x (last w) q <= IZR (toZ own')) by (rewrite split_term; now apply above_mul_ok).
    assert (Near : forall i, (i < last w)%nat -> k * plain q m x i m <= IZR (toZ near)).
    { intros i hi. rewrite split_term. destruct (Mass i m hi (le_n _)) as [_ [E [_ B]]]. now apply above_mul_ok. }
    (* any bound on all terms will do *)
    assert (main : forall far, (forall i t, (i < last w)%nat -> (t <= m)%nat -> k * plain q m x i t <= IZR (toZ far)) ->
      leb zero (add own' (if (q =? m)%nat then times (last w) far else add near (times (last w - 1) far))) = false ->
      plain q m x (last w) q + suffix (plain q m) x 0 p < 0).
    { intros far Far E. rewrite toZ_leb, toZ_zero, toZ_add in E. apply Z.leb_gt, IZR_lt in E. rewrite plus_IZR in E.
      assert (scaled : forall p i, k * suffix (plain q m) x i p = suffix (fun x i t => k * plain q m x i t) x i p).
      { clear. induction p as [|t p IH]; intros i; cbn [suffix]; [ring|]. rewrite Rmult_plus_distr_l, IH. reflexivity. }
      assert (g : k * suffix (plain q m) x 0 p <= IZR (toZ (if (q =? m)%nat then times (last w) far else add near (times (last w - 1) far)))).
      { rewrite scaled. destruct (q =? m)%nat.
        - unfold times. rewrite toZ_mul, toZ_ofZ, mult_IZR, <- INR_IZR_INZ, <- L.
          apply (suffix_below _ _ (last w) m); [exact Far|exact F|lia].
        - destruct N as [N|N]; [discriminate|]. unfold times. rewrite toZ_add, toZ_mul, toZ_ofZ, plus_IZR, mult_IZR, <- INR_IZR_INZ, <- L.
          apply (suffix_below_need _ _ (last w) m); [exact Far|exact Near|exact F|lia|exact N]. }
      apply Rmult_lt_reg_l with k; [exact k0|]. rewrite Rmult_0_r, Rmult_plus_distr_l. lra. }
    match type of test with context [if leb zero ?a then _ else _] => destruct (leb zero a) eqn:quick end.
    - apply (main _) in test; [exact test|]. intros i t hi ht. rewrite split_term. destruct (Mass i t hi ht) as [al [E [_ B]]].
      apply (far_of_ok around _ z l t); [reflexivity|reflexivity|exact (eq_trans al (eq_sym Lov))|exact (eq_ind_r (fun n => (t < n)%nat) (le_n_S _ _ ht) al)| |apply mass0|exact E|exact B].
      intros k' hk. exists (u i k'). split; [apply mass0|]. apply (Mass i k' hi). apply le_S_n. exact (eq_ind _ (fun n => (k' < n)%nat) hk _ al).
    - apply (main _) in quick; [exact quick|]. intros i t hi ht. rewrite split_term. destruct (Mass i t hi ht) as [_ [_ [E B]]].
      eapply Rle_trans; [apply (above_mul_ok (zero, top) (add z (ov_most l))); [apply mass0|exact E|]|].
      + apply Rle_trans with (1 := B). apply IZR_le. rewrite !toZ_add. pose proof (proj2 (Hov t ht)).
        apply Z.add_le_mono_l. exact H.
      + apply IZR_le. unfold nonnegative_part. rewrite toZ_leb, toZ_zero. destruct (Z.leb_spec 0 (toZ (above_mul (zero, top) (add z (ov_most l))))); [lia|].
        rewrite toZ_zero. lia.
  Qed.
End Proof.
