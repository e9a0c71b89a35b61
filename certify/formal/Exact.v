(* The exact accuracy of a model, or a bracket around it, from the bits of its weights.
   Main theorems: check_exact, check_at_least, check_bracket. *)
From Coq Require Import Reals ZArith List Lia Lra.
Import ListNotations.
From Maxcert Require Import Statement Separability Integers Intervals Matrices Exponential Paths Enclosures Candidates Columns Count ExactTerms.
Open Scope Z_scope.

(* Rows with fewer digits. *)
Definition roughly (s : Z) (T : tables) : tables :=
  let rows := map (map (coarse (ofZ s))) in
  {| t_mass := t_mass T; t_EU := rows (t_EU T); t_EVOU := rows (t_EVOU T); t_PVOU := rows (t_PVOU T) |}.
Definition rough_digits (units : Z) : Z := Z.max 0 (units - 20).

(* The numbers of sequences proved right, and proved wrong.
   The weights are multiples of 2^-B; exp with j halvings and t bits after the point; rows with `units` bits. *)
Definition check (B : Z) (j : nat) (t units : Z) (w : weights) : option (Z * Z) :=
  if ((0 <=? t) && (0 <=? units) && (units <=? 4 * B) && (length (wP w) <=? 32)%nat)%bool then
    match enclosed B j t units w with
    | None => None
    | Some T =>
        let V := length (wE w) in let r := (length (wP w) - 1)%nat in
        Some (counts r V (fun _ _ _ => None) (inputs T (roughly (rough_digits units) T) V r))
    end
  else None.

Definition sequences_of (w : weights) : Z := Z.of_nat (length (wE w)) ^ Z.of_nat (length (wP w)).

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

Theorem check_bracket B j t units w n : check B j t units w = Some n ->
  exists a, accuracy_is (model_of w) a /\ (fst n <= a <= sequences_of w - snd n)%Z.
Proof.
  unfold check. destruct ((0 <=? t) && (0 <=? units) && (units <=? 4 * B) && (length (wP w) <=? 32)%nat)%bool eqn:g; [|discriminate].
  repeat (apply andb_prop in g; destruct g as [g ?]). apply Z.leb_le in g, H0, H1. apply Nat.leb_le in H.
  destruct (enclosed B j t units w) as [T|] eqn:e; [|discriminate].
  destruct (enclosed_ok B j t units w T g (conj H1 H0) e) as [c ok].
  assert (K : (1 <= n_ctx (model_of w))%nat).
  { unfold enclosed in e. destruct (paths_of B w) eqn:f; [|discriminate]. apply (paths_positive _ _ _ f). }
  assert (s0 : (0 <= rough_digits units)%Z) by (unfold rough_digits; lia).
  assert (p1 := power_positive t g). assert (p2 := power_positive units H1). assert (p3 := power_positive _ s0).
  intros h. injection h as <-.
  apply (counts_bracket (model_of w) (table (model_of w) c (IZR (2 ^ t)) (IZR (2 ^ units)) T)).
  - exact K.
  - now apply table_separates.
  - intros q m p b _ _ _ D. discriminate.
  - apply (inputs_ok (model_of w) K c _ _ p1 p2 T ok _ (IZR (2 ^ units) / IZR (2 ^ rough_digits units))).
    + now apply Rdiv_lt_0_compat.
    + now apply roughly_ok.
  - exact H.
Qed.

Theorem check_exact B j t units w right wrong : check B j t units w = Some (right, wrong) ->
  right + wrong = sequences_of w -> accuracy_is (model_of w) right.
Proof.
  intros h s. destruct (check_bracket _ _ _ _ _ _ h) as [a [H L]]. cbn [fst snd] in L. now replace right with a by lia.
Qed.

Theorem check_at_least B j t units w right wrong : check B j t units w = Some (right, wrong) ->
  accuracy_at_least (model_of w) right.
Proof. intros h. destruct (check_bracket _ _ _ _ _ _ h) as [a [H L]]. exists a. split; [exact H|]. cbn [fst snd] in L. lia. Qed.
