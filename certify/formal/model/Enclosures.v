(* From bit patterns to certified enclosures of attention masses and logit rows, as all proofs use them.
   Main theorem: enclosed_ok. *)
From Coq Require Import Reals ZArith List Lia Lra PeanoNat.
Import ListNotations.
From Maxcert Require Import Statement Separability Integers Intervals Decoding Matrices Exponential Attention Paths.

Record tables := {
  t_mass : list (list (list interval));  (* query, position (the query's last), token *)
  t_EU : list (list interval);           (* query, output *)
  t_EVOU : list (list interval);         (* output, token: transposed *)
  t_PVOU : list (list interval)          (* position, output *)
}.

(* floor and ceiling of a table's entries, s bits dropped *)
Definition between (s n : int) : interval := (shr n s, ceiling n s).
Definition rounded (s : Z) (m : list (list int)) : list (list (interval)) :=
  let s := ofZ s in map (map (between s)) m.
Definition lifted (s : Z) (m : list (list int)) : list (list int) := let s := ofZ s in map (map (fun n => shl n s)) m.
(* masses by query, position, token, from the two factors by query, token and by query, position *)
Definition masses (t : Z) (al be : list (list (int * int))) : list (list (list (interval))) :=
  let s := ofZ t in
  map (fun ab : list (int * int) * list (int * int) => map (fun b => map (fun a => weight s a b) (fst ab)) (snd ab)) (combine al be).

Definition enclose (B : Z) (j : nat) (t units : Z) (w : weights) (p : paths) : tables :=
  let H := Z.of_nat (length (wO w)) in
  let al := attention H (4 * B) j t (tEQKE p) in
  let be := attention H (4 * B) j t (tEQKP p) in
  {| t_mass := masses t al be; t_EU := rounded (4 * B - units) (lifted (2 * B) (tEU p));
     t_EVOU := rounded (4 * B - units) (transpose (tEVOU p)); t_PVOU := rounded (4 * B - units) (tPVOU p) |}.
(* B: the weights are multiples of 2^-B; exp with j halvings and t bits after the point; rows with `units` bits. *)
Definition enclosed (B : Z) (j : nat) (t units : Z) (w : weights) : option tables :=
  match paths_of B w with None => None | Some p => Some (enclose B j t units w p) end.

(* ---------- Proof ---------- *)
Open Scope R_scope.

Definition covers (l : list interval) (n : nat) (v : nat -> R) :=
  length l = n /\ forall t, (t < n)%nat -> encloses (nth t l izero) (v t).

(* T encloses the masses, all times `scale` and an unknown positive factor exp (- c q) per query, and the rows of the
   other paths times `scale'`. *)
Definition tables_ok (w : model) (c : nat -> R) (scale scale' : R) (T : tables) :=
  (forall q i, (q < d_vocab w)%nat -> (i <= last w)%nat ->
    covers (nth i (nth q (t_mass T) []) []) (d_vocab w) (fun t => scale * mass w (c q) q t i)) /\
  (forall q, (q < d_vocab w)%nat -> covers (nth q (t_EU T) []) (d_vocab w) (fun x => scale' * EU w q x)) /\
  (forall x, (x < d_vocab w)%nat -> covers (nth x (t_EVOU T) []) (d_vocab w) (fun t => scale' * EVOU w t x)) /\
  (forall i, (i <= last w)%nat -> covers (nth i (t_PVOU T) []) (d_vocab w) (fun x => scale' * PVOU w i x)).

Lemma within_encloses P a x : within P a x -> encloses a (P * x).
Proof. intros [_ [h1 h2]]. unfold encloses. cbn. lra. Qed.

Lemma rounded_covers s p rows columns m f : (0 <= s)%Z -> represents (p * IZR (2 ^ s)) rows columns m f ->
  forall i, (i < rows)%nat -> covers (nth i (rounded s m) []) columns (fun k => p * f i k).
Proof.
  intros hs [hl hm] i hi. destruct (hm i hi) as [gl gm]. unfold rounded.
  rewrite (nth_map _ _ _ []) by lia. split; [rewrite map_length; assumption|]. intros k hk.
  rewrite (nth_map _ _ _ zero) by lia. unfold encloses, between, ceiling. cbn.
  rewrite toZ_opp, !toZ_shr, toZ_opp, toZ_ofZ.
  assert (S0 := power_positive _ hs). assert (lo := floor_below (toZ (nth k (nth i m []) zero)) _ hs).
  assert (hi' := ceiling_above (toZ (nth k (nth i m []) zero)) _ hs). rewrite (gm k hk) in lo, hi'.
  split; apply Rmult_le_reg_r with (IZR (2 ^ s)); try assumption; lra.
Qed.

Lemma lifted_correct s p rows columns m f : (0 <= s)%Z -> represents p rows columns m f ->
  represents (p * IZR (2 ^ s)) rows columns (lifted s m) f.
Proof.
  intros hs [hl hm]. unfold lifted. split; [rewrite map_length; assumption|]. intros i hi. destruct (hm i hi) as [gl gm].
  rewrite (nth_map _ _ _ []) by lia. split; [rewrite map_length; assumption|]. intros k hk.
  rewrite (nth_map _ _ _ zero) by lia. rewrite toZ_shl, toZ_ofZ, Z.shiftl_mul_pow2, mult_IZR, (gm k hk) by assumption. ring.
Qed.

Lemma attention_lengths H shift j t rows columns p m f : represents p rows columns m f ->
  length (attention H shift j t m) = rows /\ forall i, (i < rows)%nat -> length (nth i (attention H shift j t m) []) = columns.
Proof.
  intros [hl hm]. unfold attention. split; [rewrite map_length; assumption|]. intros i hi.
  rewrite (nth_map _ _ _ []) by lia. rewrite map_length. apply (hm i hi).
Qed.

Lemma shapes_positive w : shapes w = true -> (0 < length (wP w))%nat /\ (0 < length (wO w))%nat.
Proof.
  intros s. unfold shapes in s. cbv zeta in s. repeat (apply andb_prop in s; destruct s as [s ?]).
  repeat match goal with h : Nat.ltb _ _ = true |- _ => apply Nat.ltb_lt in h end. split; assumption.
Qed.
Lemma paths_positive B w p : paths_of B w = Some p -> (0 < length (wP w))%nat /\ (0 < length (wO w))%nat.
Proof.
  unfold paths_of. destruct (shapes w) eqn:e; [|discriminate]. intros _. apply shapes_positive. assumption.
Qed.

Theorem enclosed_ok B j t units w T : (0 <= t)%Z -> (0 <= units <= 4 * B)%Z -> enclosed B j t units w = Some T ->
  exists c, tables_ok (model_of w) c (IZR (2 ^ t)) (IZR (2 ^ units)) T.
Proof.
  intros ht hu. unfold enclosed, enclose. destruct (paths_of B w) as [p|] eqn:e; [|discriminate].
  intros h. apply (f_equal (fun o => match o with Some x => x | None => T end)) in h. cbv beta iota zeta in h. subst T.
  destruct (paths_positive B w p e) as [hK hH].
  destruct (paths_correct B w p e) as [eu [ev [pv [qe qp]]]]. set (m := model_of w) in *.
  assert (p4 : powerRZ 2 (4 * B) = IZR (2 ^ (4 * B))) by (symmetry; apply power_of_two; lia).
  assert (u2 : powerRZ 2 (2 * B) * IZR (2 ^ (2 * B)) = IZR (2 ^ units) * IZR (2 ^ (4 * B - units))).
  { rewrite <- power_of_two, <- !mult_IZR, <- !Z.pow_add_r by lia. do 2 f_equal. lia. }
  assert (u4 : powerRZ 2 (4 * B) = IZR (2 ^ units) * IZR (2 ^ (4 * B - units))).
  { rewrite <- power_of_two, <- mult_IZR, <- Z.pow_add_r by lia. do 2 f_equal. lia. }
  set (H := Z.of_nat (length (wO w))).
  assert (H0 : (0 < H)%Z) by (unfold H; lia).
  assert (root : sqrt (IZR H) = sqrt (INR (d_head m))) by (unfold H; rewrite <- INR_IZR_INZ; reflexivity).
  assert (root0 : 0 < sqrt (IZR H)) by (apply sqrt_lt_R0, IZR_lt; assumption).
  rewrite p4 in qe, qp.
  destruct (attention_lengths H (4 * B) j t _ _ _ _ _ qe) as [la la']. destruct (attention_lengths H (4 * B) j t _ _ _ _ _ qp) as [lb lb'].
  destruct (attention_correct H (4 * B) j t _ _ _ _ H0 ht ltac:(lia) qe) as [c1 a1].
  destruct (attention_correct H (4 * B) j t _ _ _ _ H0 ht ltac:(lia) qp) as [c2 a2].
  exists (fun q => (c1 q + c2 q) / sqrt (IZR H)).
  assert (K : last m = (n_ctx m - 1)%nat) by reflexivity.
  assert (K0 : (0 < n_ctx m)%nat) by exact hK.
  split; [|split; [|split]]; cbn [t_mass t_EU t_EVOU t_PVOU].
  - intros q i hq hi. unfold masses.
    rewrite (nth_map _ _ _ ([], [])) by (rewrite combine_length, la, lb, Nat.min_id; assumption). rewrite combine_nth by lia. cbn [fst snd].
    rewrite (nth_map _ _ _ pair0) by (rewrite lb' by assumption; lia).
    split; [rewrite map_length; apply la'; assumption|]. intros k hk.
    rewrite (nth_map _ _ _ pair0) by (rewrite la' by assumption; assumption).
    apply within_encloses.
    replace (mass m ((c1 q + c2 q) / sqrt (IZR H)) q k i)
      with (exp ((qk_unscaled m q (W_E m k) - c1 q) / sqrt (IZR H)) * exp ((qk_unscaled m q (W_pos m i) - c2 q) / sqrt (IZR H))).
    + replace (IZR (2 ^ t)) with (IZR (2 ^ t) * 1) by ring. apply weight_correct.
      * rewrite toZ_ofZ. assumption.
      * apply a1; assumption.
      * rewrite toZ_ofZ, Rmult_1_l. apply a2; [assumption|lia].
    + unfold mass. rewrite <- exp_plus. f_equal.
      change (Separability.EQKE m q k) with (qk_unscaled m q (W_E m k) / sqrt (INR (d_head m))).
      change (Separability.EQKP m q i) with (qk_unscaled m q (W_pos m i) / sqrt (INR (d_head m))).
      rewrite <- root. field. lra.
  - intros q hq. apply (lifted_correct (2 * B)) in eu; [|lia]. rewrite u2 in eu.
    exact (rounded_covers (4 * B - units) (IZR (2 ^ units)) _ _ _ _ ltac:(lia) eu q hq).
  - intros x hx. rewrite u4 in ev.
    assert (ev' := transpose_correct _ _ _ _ _ (Nat.le_lt_trans _ _ _ (Nat.le_0_l x) hx) ev).
    exact (rounded_covers (4 * B - units) (IZR (2 ^ units)) _ _ _ _ ltac:(lia) ev' x hx).
  - intros i hi. assert (hi' : (i < n_ctx m)%nat) by lia. rewrite u4 in pv.
    exact (rounded_covers (4 * B - units) (IZR (2 ^ units)) _ _ _ _ ltac:(lia) pv i hi').
Qed.
