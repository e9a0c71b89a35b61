(* The exact accuracy of a model, or a bracket around it, from the bits of its weights.
   Main theorems: exact_accuracy, accuracy_between, at_least. *)
From Coq Require Import Reals ZArith List Lia Lra.
Import ListNotations.
From Maxcert Require Import Statement Separability Integers Intervals Matrices Exponential Weights Attention Paths Enclosures Candidates Columns Count ExactTerms.
Open Scope Z_scope.

(* Rows with fewer digits. *)
Definition roughly (s : Z) (T : tables) : tables :=
  let rows := map (map (coarse (ofZ s))) in
  {| t_mass := t_mass T; t_EU := rows (t_EU T); t_EVOU := rows (t_EVOU T); t_PVOU := rows (t_PVOU T) |}.
Definition rough_digits (units : Z) : Z := Z.max 0 (units - 20).

(* The numbers of sequences proved right, and proved wrong, from the path matrices p of the model w. *)
Definition count_from (B : Z) (j : nat) (t units : Z) (w : weights) (p : paths) : Z * Z :=
  if ((0 <=? t) && (0 <=? units) && (units <=? 4 * B) && (length (wP w) <=? 32)%nat)%bool then
    let T := enclose B j t units w p in
    let V := length (wE w) in let r := (length (wP w) - 1)%nat in
    counts r V (fun _ _ _ => None) (inputs T (roughly (rough_digits units) T) V r)
  else (0, 0).

Definition sequences_of (w : weights) : Z := Z.of_nat (length (wE w)) ^ Z.of_nat (length (wP w)).

Definition complete (w : weights) (n : Z * Z) : bool := fst n + snd n =? sequences_of w.

(* With everything chosen by hand: B, so that the weights are multiples of 2^-B; exp with j halvings and t bits after the
   point; rows with `units` bits. *)
Definition check (B : Z) (j : nat) (t units : Z) (w : weights) : option (N * N) :=
  match paths_of B w with
  | None => None
  | Some p => let n := count_from B j t units w p in
              if ((0 <=? fst n) && (0 <=? snd n))%bool then Some (Z.to_N (fst n), Z.to_N (snd n)) else None
  end.

(* With everything chosen from the weights: usual precision first, and if that leaves sequences undecided, as much as the
   scores ask for. *)
Fixpoint trailing_zeros (p : positive) : Z := match p with xO p => 1 + trailing_zeros p | _ => 0 end.
Definition places_of (bits : Z) : Z :=
  let e := Z.land (Z.shiftr bits 23) 255 in
  let f := Z.land bits 8388607 in
  match (if e =? 0 then f else 8388608 + f) with
  | Zpos p => 149 - Z.max 0 (e - 1) - trailing_zeros p
  | _ => 0
  end.
Definition places (w : weights) : Z :=
  fold_left (fun n row => fold_left (fun n bits => Z.max n (places_of bits)) row n)
    (wE w ++ wP w ++ wQ w ++ wK w ++ wV w ++ wO w ++ wU w) 16.
Definition spread (m : list (list int)) : Z :=
  fold_left (fun n l => Z.max n (toZ (largest l) + toZ (largest (map opp l)))) m 0.
(* How many bits the attention masses of a query span, and at most 1,500. *)
Definition span (B : Z) (w : weights) (p : paths) : Z :=
  Z.min 1500 (3 * Z.shiftr (spread (tEQKE p) + spread (tEQKP p)) (4 * B) / (2 * Z.sqrt (Z.of_nat (length (wO w))))).

(* How many bits the largest mass of a query and a maximum lies below the query's largest, and at most 1,500. *)
Definition depth (m : list (list int)) : Z :=
  snd (fold_left (fun kn l => (S (fst kn), Z.max (snd kn) (toZ (sub (largest l) (largest (firstn (fst kn) l)))))) m (1%nat, 0)).
Definition reach (B : Z) (w : weights) (p : paths) : Z :=
  Z.min 1500 (146 * Z.shiftr (depth (tEQKE p) + spread (tEQKP p)) (4 * B) / Z.sqrt (10000 * Z.of_nat (length (wO w)))).

(* Halvings of exp, and bits: two words, or three where masses are so small that few of these would be left for them, or where
   sequences are longer, and have closer ones among them. *)
Definition usual_count (w : weights) (p : paths) : Z * Z :=
  if ((length (wP w) <=? 4)%nat && (reach (places w) w p <=? 108))%bool then count_from (places w) 32 124 40 w p
  else count_from (places w) 40 184 40 w p.

Definition sequences_proved (w : weights) : option (Z * Z) :=
  let B := places w in
  match paths_of B w with
  | None => None
  | Some p =>
      let usual := usual_count w p in
      Some (if complete w usual then usual else count_from B 64 (200 + span B w p) (4 * B) w p)
  end.

(* What a theorem's file has Coq evaluate: exactly n sequences are right; at least `low` are, and at most `high`. *)
Definition proves_exactly (w : weights) (n : Z) : bool :=
  match sequences_proved w with None => false | Some found => (fst found =? n) && complete w found end.
Definition proves_between (w : weights) (low high : Z) : bool :=
  match sequences_proved w with None => false | Some found => (low <=? fst found) && (sequences_of w - snd found <=? high) end.

(* ---------- Proof ---------- *)

Lemma roughly_ok w c scale scale' s T : (0 <= s)%Z -> tables_ok w c scale scale' T ->
  tables_ok w c scale (scale' / IZR (2 ^ s)) (roughly s T).
Proof.
  intros h [A [U [O P]]].
  assert (rows : forall M n f k, covers (nth k M []) n (fun x => scale' * f x)%R ->
    covers (nth k (map (map (coarse (ofZ s))) M) []) n (fun x => scale' / IZR (2 ^ s) * f x)%R).
  { intros M n f k [L E]. destruct (Nat.lt_ge_cases k (length M)) as [K|K].
    - rewrite (nth_map _ _ _ []) by exact K. split; [now rewrite map_length|]. intros x X.
      rewrite (nth_map _ _ _ izero) by lia. replace (scale' / IZR (2 ^ s) * f x)%R with (scale' * f x / IZR (2 ^ s))%R by (unfold Rdiv; ring).
      pose proof (coarse_ok (ofZ s) _ _ (eq_ind_r (fun z => 0 <= z)%Z h (toZ_ofZ s)) (E x X)) as G. rewrite toZ_ofZ in G. exact G.
    - rewrite nth_overflow in L by exact K. simpl in L. subst n. rewrite nth_overflow by (rewrite map_length; exact K).
      split; [reflexivity|]. intros; lia. }
  split; [exact A|]. split; [|split]; intros; apply rows; auto.
Qed.

Lemma count_from_bracket B j t units w p : paths_of B w = Some p -> let n := count_from B j t units w p in
  exists a, accuracy_is (model_of w) a /\ fst n <= a <= sequences_of w - snd n.
Proof.
  intros e. unfold count_from.
  assert (K : (1 <= n_ctx (model_of w))%nat) by apply (paths_positive _ _ _ e).
  destruct ((0 <=? t) && (0 <=? units) && (units <=? 4 * B) && (length (wP w) <=? 32)%nat)%bool eqn:g.
  - repeat (apply andb_prop in g; destruct g as [g ?]). apply Z.leb_le in g, H0, H1. apply Nat.leb_le in H.
    destruct (enclosed_ok B j t units w (enclose B j t units w p) g (conj H1 H0)) as [c ok]; [unfold enclosed; now rewrite e|].
    assert (s0 : (0 <= rough_digits units)%Z) by (unfold rough_digits; lia).
    assert (p1 := power_positive t g). assert (p2 := power_positive units H1). assert (p3 := power_positive _ s0).
    cbv zeta. set (T := enclose B j t units w p) in *.
    apply (counts_bracket (model_of w) (right (model_of w)) (table (model_of w) c (IZR (2 ^ t)) (IZR (2 ^ units)) T)).
    + exact K.
    + now apply table_separates.
    + intros q m s b _ _ _ D. discriminate.
    + apply (inputs_ok (model_of w) K c _ _ p1 p2 T ok _ (IZR (2 ^ units) / IZR (2 ^ rough_digits units))).
      * now apply Rdiv_lt_0_compat.
      * now apply roughly_ok.
    + exact H.
  - cbv zeta. cbn [fst snd]. exact (accuracy_known (model_of w)).
Qed.

Lemma proved_bracket w n : sequences_proved w = Some n -> exists a, accuracy_is (model_of w) a /\ fst n <= a <= sequences_of w - snd n.
Proof.
  unfold sequences_proved. destruct (paths_of (places w) w) as [p|] eqn:e; [|discriminate]. intros h.
  destruct (complete w (usual_count w p)); injection h as <-; [unfold usual_count; destruct ((_ <=? _)%nat && _)%bool|]; now apply count_from_bracket.
Qed.

Theorem exact_accuracy w n : proves_exactly w n = true -> accuracy_is (model_of w) n.
Proof.
  unfold proves_exactly. destruct (sequences_proved w) as [found|] eqn:e; [|discriminate]. intros h.
  apply andb_prop in h. destruct h as [h h']. apply Z.eqb_eq in h, h'.
  destruct (proved_bracket w found e) as [a [H L]]. now replace n with a by lia.
Qed.

Theorem accuracy_between w low high : proves_between w low high = true ->
  exists a, accuracy_is (model_of w) a /\ low <= a <= high.
Proof.
  unfold proves_between. destruct (sequences_proved w) as [found|] eqn:e; [|discriminate]. intros h.
  apply andb_prop in h. destruct h as [h h']. apply Z.leb_le in h, h'.
  destruct (proved_bracket w found e) as [a [H L]]. exists a. split; [exact H|lia].
Qed.

Theorem at_least w low high : proves_between w low high = true -> accuracy_at_least (model_of w) low.
Proof. intros h. destruct (accuracy_between w low high h) as [a [H L]]. exists a. split; [exact H|apply L]. Qed.

Theorem check_exact B j t units w a : check B j t units w = Some a ->
  Z.of_N (fst a) + Z.of_N (snd a) = sequences_of w -> accuracy_is (model_of w) (Z.of_N (fst a)).
Proof.
  unfold check. destruct (paths_of B w) as [p|] eqn:e; [|discriminate].
  destruct (count_from_bracket B j t units w p e) as [b [H L]].
  destruct ((0 <=? fst (count_from B j t units w p)) && (0 <=? snd (count_from B j t units w p)))%bool eqn:g; [|discriminate].
  apply andb_prop in g. destruct g as [g g']. apply Z.leb_le in g, g'. intros h s. injection h as <-. cbn [fst snd] in *.
  rewrite !Z2N.id in * by assumption. now replace (fst (count_from B j t units w p)) with b by lia.
Qed.
