(* The first look at a wrong output, in machine words: can its terms, each at most a mass times a gain, add up to 0 or
   more? First with one bound for all tokens, and if that leaves it open, token by token.
   Main theorem: look_in_words_ok. What is bounded is said in Candidates.v. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat Uint63 Sint63.
From Maxcert Require Import Integers Words.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

Definition mass_limit : word := Eval vm_compute in Uint63.of_Z (2 ^ 26).
Definition row_limit : word := Eval vm_compute in Uint63.of_Z (2 ^ 29).

(* Of an output: the gains of the tokens up to m, that of m, the largest; the largest of the positions before the query,
   and that of the query's position. *)
Record word_row := { gains : list word; gain_of_m : word; most_gain : word; place_gain : word; query_gain : word }.
(* Of a query and a maximum: the masses of the tokens up to m, at most, and the largest; m's mass and the query's own,
   at least and at most; whether m must be at a position before the query, and how many others there are. *)
Record word_masses := { mass_above : list word; top_mass : word; mass_of_m : word * word; own_mass : word * word;
                        needed : bool; others : word }.

Definition wabove (a : word * word) (z : word) : word := wmul (if wleb wzero z then snd a else fst a) z.

(* The largest of `best` and of each mass times z plus a gain. *)
Fixpoint most (z : word) (masses row : list word) (best : word) : word :=
  match masses, row with
  | a :: masses, d :: row => let s := wadd z d in
      most z masses row (if wleb s wzero then best else let p := wmul a s in if wleb p best then best else p)
  | _, _ => best
  end.

(* e: the direct path; g: the gain of the query's own token. *)
Definition look_in_words (M : word_masses) (L : word_row) (e g : word) : bool :=
  let z := wadd e (place_gain L) in
  let own := wabove (own_mass M) (wadd (wadd e (query_gain L)) g) in
  let own := if needed M then wadd own (wabove (mass_of_m M) (wadd z (gain_of_m L))) else own in
  let may far := wleb wzero (wadd own (wmul (others M) far)) in
  let s := wadd z (most_gain L) in
  if may (if wleb s wzero then wzero else wmul (top_mass M) s) then may (most z (mass_above M) (gains L) wzero) else false.

(* ---------- Its proof ---------- *)

Definition small (bound : Z) (w : word) := Z.abs (signed w) <= bound.
Definition pair_small (a : word * word) := small (2 ^ 26) (fst a) /\ small (2 ^ 26) (snd a).

Definition row_small (L : word_row) :=
  Forall (small (2 ^ 29)) (gains L) /\ small (2 ^ 29) (gain_of_m L) /\ small (2 ^ 29) (most_gain L) /\
  small (2 ^ 29) (place_gain L) /\ small (2 ^ 29) (query_gain L) /\
  forall t, (t < length (gains L))%nat -> signed (nth t (gains L) wzero) <= signed (most_gain L).

Definition masses_small (M : word_masses) :=
  (forall t, (t < length (mass_above M))%nat -> 0 <= signed (nth t (mass_above M) wzero) <= 2 ^ 26) /\
  0 <= signed (top_mass M) <= 2 ^ 26 /\ pair_small (mass_of_m M) /\ pair_small (own_mass M) /\
  0 <= signed (others M) /\ signed (others M) + (if needed M then 1 else 0) <= 31.

Lemma nth_small bound l t : 0 <= bound -> Forall (small bound) l -> small bound (nth t l wzero).
Proof.
  intros h F. destruct (Nat.lt_ge_cases t (length l)) as [I|I].
  - rewrite Forall_forall in F. now apply F, nth_In.
  - rewrite nth_overflow by exact I. unfold small. rewrite signed_zero. exact h.
Qed.

(* u: at least and at most these words *)
Definition word_encloses (a : word * word) (u : R) := (IZR (signed (fst a)) <= u <= IZR (signed (snd a)))%R.

(* The largest product there can be: the mass below 2^26, the factor below 3 2^29. *)
Lemma wabove_ok a z : pair_small a -> small (3 * 2 ^ 29) z -> small (3 * 2 ^ 55) (wabove a z) /\
  forall u v, (0 <= u)%R -> word_encloses a u -> (v <= IZR (signed z))%R -> (u * v <= IZR (signed (wabove a z)))%R.
Proof.
  unfold small, pair_small. intros [A1 A2] Z1. unfold wabove. set (f := if wleb wzero z then snd a else fst a).
  assert (F : Z.abs (signed f) <= 2 ^ 26) by (unfold f; destruct (wleb wzero z); [exact A2|exact A1]).
  assert (E : signed (wmul f z) = signed f * signed z) by (apply (signed_mul f z (2 ^ 26) (3 * 2 ^ 29)); [exact F|exact Z1|lia]).
  rewrite E. split; [rewrite Z.abs_mul; change (3 * 2 ^ 55) with (2 ^ 26 * (3 * 2 ^ 29)); apply Z.mul_le_mono_nonneg; lia|]. intros u v U [L H] V. rewrite mult_IZR.
  apply Rle_trans with (u * IZR (signed z))%R; [now apply Rmult_le_compat_l|].
  unfold f. rewrite wleb_spec, signed_zero. destruct (Z.leb_spec 0 (signed z)) as [P|P].
  - apply IZR_le in P. now apply Rmult_le_compat_r.
  - apply IZR_lt in P. nra.
Qed.

Lemma most_ok z masses : forall row best, small (2 ^ 30) z -> 0 <= signed best <= 3 * 2 ^ 55 ->
  (forall t, (t < length masses)%nat -> 0 <= signed (nth t masses wzero) <= 2 ^ 26) ->
  Forall (small (2 ^ 29)) row ->
  signed best <= signed (most z masses row best) <= 3 * 2 ^ 55 /\
  forall t, (t < length masses)%nat -> (t < length row)%nat ->
    signed (nth t masses wzero) * (signed z + signed (nth t row wzero)) <= signed (most z masses row best).
Proof.
  induction masses as [|a masses IH]; intros row best hz hb hm hr; [split; [simpl; lia|simpl; lia]|].
  destruct row as [|d row]; [split; [simpl; lia|simpl; lia]|]. cbn [most].
  assert (ha := hm 0%nat ltac:(simpl; lia)). inversion_clear hr as [|x y hd hr']. cbn [nth] in ha. unfold small in hd, hz.
  assert (es : signed (wadd z d) = signed z + signed d) by (apply (signed_add z d (2 ^ 30) (2 ^ 29)); [exact hz|exact hd|lia]).
  assert (ep : signed (wmul a (wadd z d)) = signed a * (signed z + signed d)).
  { rewrite <- es. apply (signed_mul a (wadd z d) (2 ^ 26) (3 * 2 ^ 29)); rewrite ?es; lia. }
  set (best' := if wleb (wadd z d) wzero then best else _).
  assert (B : signed best <= signed best' <= 3 * 2 ^ 55 /\ signed a * (signed z + signed d) <= signed best').
  { unfold best'. rewrite wleb_spec, signed_zero, es. destruct (Z.leb_spec (signed z + signed d) 0);
      [assert (signed a * (signed z + signed d) <= 0) by (apply Z.mul_nonneg_nonpos; lia); lia|].
    cbv zeta. rewrite wleb_spec, ep. destruct (Z.leb_spec (signed a * (signed z + signed d)) (signed best)); rewrite ?ep; [lia|].
    assert (signed a * (signed z + signed d) <= 2 ^ 26 * (3 * 2 ^ 29)) by (apply Z.mul_le_mono_nonneg; lia). lia. }
  destruct (IH row best' hz ltac:(lia)) as [I J]; [|exact hr'|].
  - intros t ht. exact (hm (S t) ltac:(simpl; lia)).
  - split; [lia|]. intros [|t] h1 h2; cbn [nth]; [lia|]. apply J; simpl in h1, h2; lia.
Qed.

Theorem look_in_words_ok M L e g : masses_small M -> row_small L -> small (2 ^ 29) e -> small (2 ^ 29) g ->
  look_in_words M L e g = false ->
  exists own near far : Z, own + (if needed M then near else 0) + signed (others M) * far < 0 /\
    (forall u v, 0 <= u -> word_encloses (own_mass M) u -> v <= IZR (signed e + signed (query_gain L) + signed g) -> u * v <= IZR own)%R /\
    (forall u v, 0 <= u -> word_encloses (mass_of_m M) u -> v <= IZR (signed e + signed (place_gain L) + signed (gain_of_m L)) -> u * v <= IZR near)%R /\
    forall t u v, (t < length (mass_above M))%nat -> (t < length (gains L))%nat ->
      (0 <= u -> u <= IZR (signed (nth t (mass_above M) wzero)) -> u <= IZR (signed (top_mass M)) ->
       v <= IZR (signed e + signed (place_gain L) + signed (nth t (gains L) wzero)) -> u * v <= IZR far)%R.
Proof.
  intros [M1 [M2 [M3 [M4 [M5 M6]]]]] [L1 [L2 [L3 [L4 [L5 L6]]]]] He Hg. unfold look_in_words.
  set (z := wadd e (place_gain L)). set (z' := wadd (wadd e (query_gain L)) g). set (s := wadd z (most_gain L)).
  unfold small in *.
  assert (Z1 : signed z = signed e + signed (place_gain L)) by (apply (signed_add _ _ (2 ^ 29) (2 ^ 29)); lia).
  assert (Z2 : signed z' = signed e + signed (query_gain L) + signed g).
  { assert (E : signed (wadd e (query_gain L)) = signed e + signed (query_gain L)) by (apply (signed_add _ _ (2 ^ 29) (2 ^ 29)); lia).
    unfold z'. rewrite <- E. apply (signed_add _ _ (2 ^ 30) (2 ^ 29)); lia. }
  assert (Z3 : signed (wadd z (gain_of_m L)) = signed e + signed (place_gain L) + signed (gain_of_m L)).
  { rewrite <- Z1. apply (signed_add _ _ (2 ^ 30) (2 ^ 29)); lia. }
  assert (Z4 : signed s = signed e + signed (place_gain L) + signed (most_gain L)).
  { unfold s. rewrite <- Z1. apply (signed_add _ _ (2 ^ 30) (2 ^ 29)); lia. }
  destruct (wabove_ok (own_mass M) z') as [O1 O2]; [exact M4|unfold small; lia|].
  destruct (wabove_ok (mass_of_m M) (wadd z (gain_of_m L))) as [N1 N2]; [exact M3|unfold small; lia|].
  unfold small in O1, N1. set (own := wabove _ z') in *. set (near := wabove _ (wadd z (gain_of_m L))) in *.
  set (both := if needed M then wadd own near else own).
  assert (B : signed both = signed own + (if needed M then signed near else 0)).
  { unfold both. destruct (needed M); [|lia]. apply (signed_add _ _ (3 * 2 ^ 55) (3 * 2 ^ 55)); lia. }
  (* any far that bounds the terms of the other positions will do *)
  assert (main : forall far, 0 <= signed far <= 3 * 2 ^ 55 ->
    wleb wzero (wadd both (wmul (others M) far)) = false -> signed own + (if needed M then signed near else 0) + signed (others M) * signed far < 0).
  { intros far F. rewrite wleb_spec, signed_zero.
    assert (few : signed (others M) <= 31) by (destruct (needed M); lia).
    assert (E : signed (wmul (others M) far) = signed (others M) * signed far) by (apply (signed_mul _ _ 31 (3 * 2 ^ 55)); lia).
    assert (small_both : Z.abs (signed both) <= (1 + if needed M then 1 else 0) * (3 * 2 ^ 55)) by (rewrite B; destruct (needed M); lia).
    assert (S : signed (wadd both (wmul (others M) far)) = signed both + signed (wmul (others M) far)).
    { apply (signed_add _ _ ((1 + if needed M then 1 else 0) * (3 * 2 ^ 55)) (signed (others M) * (3 * 2 ^ 55))); rewrite ?E.
      - exact small_both.
      - rewrite Z.abs_eq by (apply Z.mul_nonneg_nonneg; lia). apply Z.mul_le_mono_nonneg_l; lia.
      - destruct (needed M); lia. }
    rewrite S, E, B. intros H. apply Z.leb_gt in H. exact H. }
  cbv zeta. fold both. intros test.
  assert (done : exists far, 0 <= signed far <= 3 * 2 ^ 55 /\ wleb wzero (wadd both (wmul (others M) far)) = false /\
    forall t u v, (t < length (mass_above M))%nat -> (t < length (gains L))%nat ->
      (0 <= u -> u <= IZR (signed (nth t (mass_above M) wzero)) -> u <= IZR (signed (top_mass M)) ->
       v <= IZR (signed e + signed (place_gain L) + signed (nth t (gains L) wzero)) -> u * v <= IZR (signed far))%R).
  { match type of test with (if ?a then _ else _) = _ => destruct a eqn:quick end.
    - exists (most z (mass_above M) (gains L) wzero).
      destruct (most_ok z (mass_above M) (gains L) wzero) as [Q1 Q2]; [unfold small; lia|rewrite signed_zero; lia|exact M1|exact L1|].
      rewrite signed_zero in Q1. split; [exact Q1|]. split; [exact test|]. intros t u v T1 T2 U0 U1 U2 V.
      specialize (Q2 t T1 T2). rewrite Z1 in Q2. apply IZR_le in Q2. rewrite mult_IZR in Q2. destruct Q1 as [Q1 _]. apply IZR_le in Q1.
      destruct (Rle_lt_dec v 0) as [n|p]; [assert (0 <= u * - v)%R by (apply Rmult_le_pos; lra); lra|].
      apply Rle_trans with (2 := Q2). apply Rmult_le_compat; lra.
    - set (far := if wleb s wzero then wzero else wmul (top_mass M) s) in *. exists far.
      assert (F : 0 <= signed far <= 3 * 2 ^ 55 /\ signed (top_mass M) * signed s <= signed far).
      { unfold far. rewrite wleb_spec, signed_zero. destruct (Z.leb_spec (signed s) 0);
        [rewrite signed_zero; assert (signed (top_mass M) * signed s <= 0) by (apply Z.mul_nonneg_nonpos; lia); lia|].
        assert (E : signed (wmul (top_mass M) s) = signed (top_mass M) * signed s) by (apply (signed_mul _ _ (2 ^ 26) (3 * 2 ^ 29)); lia).
        rewrite E. assert (signed (top_mass M) * signed s <= 2 ^ 26 * (3 * 2 ^ 29)) by (apply Z.mul_le_mono_nonneg; lia).
        split; [split; [apply Z.mul_nonneg_nonneg|]|]; lia. }
      destruct F as [F1 F2]. split; [exact F1|]. split; [exact quick|]. intros t u v T1 T2 U0 U1 U2 V.
      specialize (L6 t T2). destruct F1 as [F1 _]. apply IZR_le in F1, F2. rewrite mult_IZR in F2.
      assert (V' : (v <= IZR (signed s))%R) by (rewrite Z4; apply Rle_trans with (1 := V), IZR_le; lia).
      destruct (Rle_lt_dec v 0) as [n|p]; [assert (0 <= u * - v)%R by (apply Rmult_le_pos; lra); lra|].
      apply Rle_trans with (2 := F2). apply Rmult_le_compat; lra. }
  destruct done as [far [F1 [F2 F3]]]. exists (signed own), (signed near), (signed far).
  split; [exact (main far F1 F2)|]. split; [|split; [|exact F3]].
  - intros u v U E V. apply O2; [exact U|exact E|]. now rewrite Z2.
  - intros u v U E V. apply N2; [exact U|exact E|]. now rewrite Z3.
Qed.
