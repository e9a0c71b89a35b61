(* How many walks keep two whole costs below their budgets, on a grid that is coarser than the costs. A step's cost is split into
   a multiple of 2^b and an error below 2^b. Multiples are counted (Budgets.v), and a walk is misjudged by them only if its errors
   add up to much more, or much less, than usual. Such walks are few: if every step is weighed by a power of its error, they weigh
   much, and the weights of all walks are counted likewise. So a budget is off by some standard deviations of a sum of errors,
   where rounding in one direction is off by all of the sum. Main theorems: cheap_at_most, cheap_at_least. *)
From Coq Require Import ZArith Lia List Bool PeanoNat Uint63.
From Maxcert Require Import Words Blocks Fillings States Products Budgets.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

(* Two costs of the same step. *)
Definition two := (Z * Z)%type.
Definition two_costs (e : two) (s : Z * Z) : Z * Z := (fst e + fst s, snd e + snd s).

Definition renamed {A B} (f : A -> B) (c : position A) : position B := (map f (fst c), map (fun ab => (f (fst ab), f (snd ab))) (snd c)).
Definition swapped (C : list (position two)) : list (position two) := map (renamed (fun e => (snd e, fst e))) C.

Definition multiple (b e : Z) : Z := Z.shiftr e b.
Definition error (b e : Z) : Z := e - Z.shiftl (Z.shiftr e b) b.
(* How many multiples keep below a budget. *)
Definition steps_of (b G : Z) : Z := multiple b (G - 1) + 1.

Fixpoint iterates (f : Z -> Z) (n : nat) (x : Z) : list Z := match n with O => [] | S n => x :: iterates f n (f x) end.

(* Powers of 1 + 2^-j times 2^10, rounded up, and 2^10k times as many, rounded down. *)
Definition powers (j : Z) : list word := map Uint63.of_Z (iterates (fun x => x + Z.shiftr x j + 1) 32 (2 ^ 10)).
Definition most_weight : Z := 2 ^ 21.
Definition down_to (j : Z) (k most : nat) : list Z := iterates (fun x => x + Z.shiftr x j) (S most) (2 ^ (10 * Z.of_nat k)).

(* j such that 2^-j is about the square root of 2 divided by the standard deviation of a walk's errors, if its steps are drawn among
   those that can be afforded; any of these j is sound. *)
Definition variance (l : list Z) : Z :=
  let n := Z.of_nat (length l) in (n * zsum (fun e => e * e) l - zsum (fun e => e) l * zsum (fun e => e) l) / (n * n).
Definition slowness (b G : Z) (C : list (position two)) : Z :=
  let v := zsum (fun c => variance (map (fun e => error b (fst e)) (filter (fun e => fst e <? G) (fst c ++ map snd (snd c))))) C in
  if v <? 64 then 2 else if v <? 256 then 3 else if v <? 1024 then 4 else 5.

Section Program.
  Variable up : bool.   (* an upper count, or else a lower one *)
  Variable d : nat.     (* how many tokens are required *)

  Definition alike (_ : Z) : word := wone.
  (* An upper count misses walks with errors smaller than usual, a lower one takes those with larger ones. *)
  Definition excess (b e : Z) : Z := if up then 2 ^ b - 1 - error b e else error b e.
  Definition by_excess (ws : list word) (b e : Z) : word := nth (Z.to_nat (excess b e)) ws wone.

  Definition price (b b' : Z) (weigh : Z -> word) (e : two) : priced := ((multiple b' (snd e), multiple b (fst e)), weigh (fst e)).
  Definition weighed_by (upward : bool) (b b' G G' : Z) (weigh : Z -> word) (C : list (position two)) : Z * matrix :=
    weighed upward (steps_of b' G') (steps_of b G) d (map (renamed (price b b' weigh)) C).

  (* Rows are by what the second cost leaves of its budget, columns by the first cost. All weights; those in column i, from row y on. *)
  Definition total (p : Z * matrix) : Z := 2 ^ fst p * zsum total_of (snd p).
  Definition in_column (p : Z * matrix) (y i : nat) : Z := 2 ^ fst p * total_of (map (fun r => nth i r wzero) (skip y (snd p))).

  (* By how much the errors of k steps have to exceed for a walk to be misjudged, where i multiples are left of the budget. *)
  Definition needed (b G : Z) (k : nat) (i : nat) : Z :=
    let below := error b (G - 1) + 1 + 2 ^ b * Z.of_nat i in
    if up then Z.max 0 (Z.of_nat k * (2 ^ b - 1) - below + 1) else below.

  (* One of the two costs: walks weighed by its errors, and how little one that is misjudged can weigh, by its column. *)
  Record side := { by_errors : Z * matrix; lightest : nat -> Z }.
  Definition side_of (b b' G G' : Z) (C : list (position two)) : side :=
    let k := length C in
    if b =? 0 then {| by_errors := (0, []); lightest := fun _ => 1 |} else
    let j := slowness b G C in
    let light := down_to j k (k * Z.to_nat (2 ^ b - 1)) in
    {| by_errors := weighed_by true b b' G G' (by_excess (powers j) b) C; lightest := fun i => nth (Z.to_nat (needed b G k i)) light 0 |}.

  (* How many columns are given up, those next to the budget, where weights say more than numbers of walks, if the mean weight is a
     guide; any number is sound. *)
  Fixpoint leading (f : nat -> bool) (i n : nat) : nat := match n with O => i | S n => if f i then leading f (S i) n else i end.
  Definition given_up (b : Z) (k : nat) (all : Z * matrix) (s : side) : nat :=
    if b =? 0 then 0%nat else
    let mean := total (by_errors s) / Z.max 1 (total all) in
    leading (fun i => if up then mean <? lightest s i else lightest s i <=? mean) 0 k.

  (* At most so many walks are misjudged in n columns from x on, in rows from y on. *)
  Definition misjudged (s : side) (y x n : nat) : Z := zsum (fun i => in_column (by_errors s) y i / lightest s i) (seq x n).

  Definition cheap (b b' G G' : Z) (C : list (position two)) : Z :=
    let k := length C in
    let all := weighed_by up b b' G G' alike C in
    let s := side_of b b' G G' C in
    let s' := side_of b' b G' G (swapped C) in
    let x := given_up b k all s in
    let y := given_up b' k all s' in
    let sure := 2 ^ fst all * zsum (fun r => total_of (skip x r)) (skip y (snd all)) in
    if up then sure + misjudged s 0 0 x + misjudged s' x 0 y
    else sure - misjudged s y x (S k) - misjudged s' x y (S k).
End Program.

(* ---------- Walks and their costs ---------- *)

Lemma options_renamed {A B} (f : A -> B) miss c : options miss (renamed f c) = map (fun o => (f (fst o), snd o)) (options miss c).
Proof.
  unfold options, renamed. cbn [fst snd]. rewrite map_app, !map_map. f_equal. generalize (snd c). intros l. revert miss.
  induction l as [|[x y] l IH]; intros [|b miss]; cbn [map choices]; try reflexivity. cbn [fst snd]. f_equal; [now destruct b|].
  rewrite IH, !map_map. reflexivity.
Qed.

Lemma walks_renamed {A B} (f : A -> B) C : forall miss, walks (map (renamed f) C) miss = map (map f) (walks C miss).
Proof.
  induction C as [|c C IH]; intros miss; cbn [map walks]; [now destruct (existsb _ miss)|]. rewrite options_renamed.
  generalize (options miss c). intros l. induction l as [|o l IHl]; [easy|]. cbn [map flat_map fst snd].
  now rewrite map_app, IHl, IH, !map_map.
Qed.

Lemma costs_renamed {K S K' S'} (f : K -> K') (h : S -> S') sum nothing sum' nothing' : (forall k s, h (sum k s) = sum' (f k) (h s)) ->
  h nothing = nothing' ->
  forall C miss, costs K' S' sum' nothing' (map (renamed f) C) miss = map h (costs K S sum nothing C miss).
Proof.
  intros H N. induction C as [|c C IH]; intros miss; cbn [map costs]; [destruct (existsb _ miss); cbn [map]; congruence|].
  rewrite options_renamed. generalize (options miss c). intros l. induction l as [|o l IHl]; [easy|]. cbn [map flat_map fst snd].
  rewrite map_app, IHl, IH, !map_map. f_equal. apply map_ext. intros s. now rewrite H.
Qed.

Lemma costs_walks {K S} (sum : K -> S -> S) nothing C : forall miss, costs K S sum nothing C miss = map (fold_right sum nothing) (walks C miss).
Proof.
  induction C as [|c C IH]; intros miss; cbn [costs walks]; [now destruct (existsb _ miss)|].
  generalize (options miss c). intros l. induction l as [|o l IHl]; [easy|]. cbn [flat_map]. now rewrite map_app, IHl, IH, !map_map.
Qed.

Lemma choices_ok {K} (ok : K -> Prop) l : Forall (fun k => ok (fst k) /\ ok (snd k)) l -> forall miss, Forall (fun o => ok (fst o)) (choices miss l).
Proof.
  induction 1 as [|[x y] l [H1 H2] F IH]; intros [|f fs]; cbn [choices]; constructor; [now destruct f|]. apply Forall_map. exact (IH fs).
Qed.

Lemma walks_ok {K} (ok : K -> Prop) C : Forall (position_fine K ok) C -> forall miss w, In w (walks C miss) -> Forall ok w /\ length w = length C.
Proof.
  induction 1 as [|c C [H1 H2] F IH]; intros miss w I; cbn [walks] in I.
  - destruct (existsb _ miss); [easy|]. destruct I as [<-|[]]. now split.
  - apply in_flat_map in I. destruct I as [o [J I]]. apply in_map_iff in I. destruct I as [w' [<- I]]. destruct (IH _ _ I) as [A B].
    cbn [length]. split; [|now rewrite B]. constructor; [|exact A]. unfold options in J. apply in_app_or in J. destruct J as [J|J].
    + apply in_map_iff in J. destruct J as [k [<- J]]. rewrite Forall_forall in H1. now apply H1.
    + pose proof (choices_ok ok (snd c) H2 miss) as Q. rewrite Forall_forall in Q. now apply Q.
Qed.

(* ---------- Powers ---------- *)

Definition some_slowness (j : Z) := In j [2; 3; 4; 5].

Lemma slowness_ok b G C : some_slowness (slowness b G C).
Proof. unfold some_slowness, slowness. cbv zeta. repeat (match goal with |- context [if ?a then _ else _] => destruct a end; [cbn; tauto|]). cbn.
tauto. Qed.

Lemma slowness_positive j : some_slowness j -> 0 < 2 ^ j /\ 0 <= j.
Proof. unfold some_slowness. cbn [In]. intros [<-|[<-|[<-|[<-|[]]]]]; lia. Qed.

Lemma powers_ok j a : some_slowness j -> (a < 32)%nat ->
  let w := Uint63.to_Z (nth a (powers j) wone) in 2 ^ 10 * (2 ^ j + 1) ^ Z.of_nat a <= w * (2 ^ j) ^ Z.of_nat a /\ w <= most_weight.
Proof.
  assert (H : forallb (fun j => forallb (fun a => let w := Uint63.to_Z (nth a (powers j) wone) in
    (2 ^ 10 * (2 ^ j + 1) ^ Z.of_nat a <=? w * (2 ^ j) ^ Z.of_nat a) && (w <=? most_weight)) (seq 0 32)) [2; 3; 4; 5] = true) by (vm_compute;
      reflexivity).
  intros J A. rewrite forallb_forall in H. specialize (H j J). rewrite forallb_forall in H. specialize (H a ltac:(apply in_seq; lia)).
  cbv zeta in *. apply andb_prop in H. destruct H as [H1 H2]. apply Z.leb_le in H1, H2. now split.
Qed.

Lemma iterates_ok j : 0 <= j -> forall t n x, (t < n)%nat -> 0 < x ->
  let v := nth t (iterates (fun x => x + Z.shiftr x j) n x) 0 in 0 < v /\ v * (2 ^ j) ^ Z.of_nat t <= x * (2 ^ j + 1) ^ Z.of_nat t.
Proof.
  intros j0. assert (P : 0 < 2 ^ j) by (apply Z.pow_pos_nonneg; lia). cbv zeta.
  induction t as [|t IH]; intros [|n] x T X; try lia; cbn [iterates nth]; [lia|].
  rewrite Z.shiftr_div_pow2 by exact j0. pose proof (Z.div_pos x (2 ^ j) ltac:(lia) P) as D.
  destruct (IH n (x + x / 2 ^ j) ltac:(lia) ltac:(lia)) as [V H].
  split; [exact V|]. rewrite Nat2Z.inj_succ, !Z.pow_succ_r by lia. pose proof (Z.mul_div_le x (2 ^ j) P) as M.
  assert (Q : 0 < (2 ^ j + 1) ^ Z.of_nat t) by (apply Z.pow_pos_nonneg; lia).
  apply Z.le_trans with ((x + x / 2 ^ j) * (2 ^ j + 1) ^ Z.of_nat t * 2 ^ j); [nia|]. nia.
Qed.

(* ---------- Walks that are misjudged ---------- *)

Definition two_fine (e : two) : Prop := 0 <= fst e /\ 0 <= snd e.
Definition not_too_many (n : nat) := Z.of_nat n <= 2 ^ 38.
Definition two_fine_costs (d : nat) (C : list (position two)) :=
  Forall (fun c => (position_fine two two_fine c /\ length (snd c) = d) /\ not_too_many (length (fst c) + length (snd c))) C.

Definition ind (f : bool) : Z := if f then 1 else 0.

Lemma ind_bounds f : 0 <= ind f <= 1.
Proof. unfold ind. destruct f; lia. Qed.

Lemma ind_sum {A} (f : A -> bool) l : 0 <= zsum (fun a => ind (f a)) l.
Proof. apply zsum_nonneg. intros a _. apply ind_bounds. Qed.

Lemma ind_exists {A} (f : A -> bool) l : (exists a, In a l /\ f a = true) -> 1 <= zsum (fun a => ind (f a)) l.
Proof.
  intros [a [I F]]. induction l as [|a' l IH]; [easy|]. cbn [zsum].
  pose proof (ind_sum f l) as N. pose proof (ind_bounds (f a')).
  destruct I as [->|I]; [rewrite F; unfold ind at 1; lia|]. specialize (IH I). lia.
Qed.

Lemma multiple_error b e : 0 <= b -> e = 2 ^ b * multiple b e + error b e /\ 0 <= error b e < 2 ^ b.
Proof.
  intros b0. assert (P : 0 < 2 ^ b) by (apply Z.pow_pos_nonneg; lia). unfold error, multiple.
  rewrite Z.shiftl_mul_pow2, Z.shiftr_div_pow2 by exact b0.
  pose proof (Z.div_mod e (2 ^ b) ltac:(lia)). pose proof (Z.mod_pos_bound e (2 ^ b) P). lia.
Qed.

Lemma multiple_nonneg b e : 0 <= e -> 0 <= multiple b e.
Proof. apply Z.shiftr_nonneg. Qed.

Definition first (w : list two) : Z := zsum fst w.
Definition multiples (b : Z) (w : list two) : Z := zsum (fun e => multiple b (fst e)) w.
Definition multiples' (b : Z) (w : list two) : Z := zsum (fun e => multiple b (snd e)) w.
Definition errors (b : Z) (w : list two) : Z := zsum (fun e => error b (fst e)) w.
Definition excesses (up : bool) (b : Z) (w : list two) : Z := zsum (fun e => excess up b (fst e)) w.

Lemma first_parts b w : 0 <= b -> first w = 2 ^ b * multiples b w + errors b w.
Proof.
  intros b0. unfold first, multiples, errors. rewrite <- zsum_mul, <- zsum_add. apply zsum_ext. intros e _. now apply multiple_error.
Qed.

Lemma steps_positive b G : 0 < G -> 0 < steps_of b G.
Proof. intros G0. unfold steps_of. pose proof (multiple_nonneg b (G - 1) ltac:(lia)). lia. Qed.

Lemma heavy_step A B D T X Y v w : B * A <= v * D -> T * X <= w * Y -> 0 <= B * A -> 0 <= T * X -> T * B * (A * X) <= v * w * (D * Y).
Proof.
  intros H H' N N'. replace (T * B * (A * X)) with ((B * A) * (T * X)) by ring. replace (v * w * (D * Y)) with ((v * D) * (w * Y)) by ring.
  now apply Z.mul_le_mono_nonneg.
Qed.

Section Side.
  Variable up : bool.
  Variable d : nat.
  Variables b b' G G' : Z.
  Hypothesis b_small : 0 <= b <= 5.
  Hypothesis G0 : 0 < G.
  Hypothesis G0' : 0 < G'.
  Variable C : list (position two).
  Hypothesis C_fine : two_fine_costs d C.
  Let k := length C.
  Let ws := walks C (repeat true d).

  Lemma in_ws w : In w ws -> Forall two_fine w /\ length w = k.
  Proof. intros I. apply (walks_ok two_fine C) with (2 := I). eapply Forall_impl; [|exact C_fine]. now intros c [[H _] _]. Qed.

  Lemma excess_bounds e : 0 <= excess up b e <= 2 ^ b - 1.
  Proof. unfold excess. pose proof (proj2 (multiple_error b e ltac:(lia))). destruct up; lia. Qed.

  Lemma excesses_bounds w : length w = k -> 0 <= excesses up b w <= Z.of_nat k * (2 ^ b - 1).
  Proof.
    intros L. rewrite <- L. clear L. unfold excesses. split; [apply zsum_nonneg; intros e _; apply excess_bounds|].
    induction w as [|e w IH]; [cbn; lia|]. cbn [zsum length]. pose proof (excess_bounds (fst e)). lia.
  Qed.

  Lemma excesses_errors w : length w = k ->
    excesses up b w = if up then Z.of_nat k * (2 ^ b - 1) - errors b w else errors b w.
  Proof.
    intros L. rewrite <- L. clear L. unfold excesses, excess, errors. destruct up; [|reflexivity]. induction w as [|e w IH]; [cbn; lia|].
    cbn [zsum length]. lia.
  Qed.

  (* What walks are weighed by. *)
  Section Weights.
    Variable weigh : Z -> word.
    Hypothesis weigh_most : forall e, Uint63.to_Z (weigh e) <= most_weight.
    Definition product (w : list two) : Z := fold_right (fun e n => Uint63.to_Z (weigh (fst e)) * n) 1 w.

    Lemma priced_fine : prices_fine d (map (renamed (price b b' weigh)) C).
    Proof.
      apply Forall_map. eapply Forall_impl; [|exact C_fine]. intros c [[[F1 F2] L] N]. unfold renamed. cbn [fst snd]. rewrite !map_length.
      assert (ok : forall e, two_fine e -> price_ok (price b b' weigh e)).
      { intros e [e1 e2]. unfold price_ok, price. cbn [fst snd]. split; apply multiple_nonneg; lia. }
      split; [split; [split|exact L]|].
      - apply Forall_map. eapply Forall_impl; [exact ok|exact F1].
      - apply Forall_map. eapply Forall_impl; [|exact F2]. cbn [fst snd]. intros e [e1 e2]. split; now apply ok.
      - unfold measured. cbn [fst snd]. rewrite !zsum_map. cbn [fst snd].
        assert (one : forall e, 0 <= weight_of (price b b' weigh e) <= most_weight)
          by (intros e; split; [apply Uint63.to_Z_bounded|apply weigh_most]).
        assert (sums : forall {A} (f : A -> Z) n (l : list A), (forall a, 0 <= f a <= n) -> 0 <= zsum f l <= Z.of_nat (length l) * n).
        { intros A f n l H. split; [apply zsum_nonneg; intros a _; apply H|]. rewrite <- zsum_const. apply zsum_le. intros a _. apply H. }
        pose proof (sums _ (fun e => weight_of (price b b' weigh e)) most_weight (fst c) ltac:(intros; apply one)).
        pose proof (sums _ (fun e : two * two => weight_of (price b b' weigh (fst e)) + weight_of (price b b' weigh (snd e))) (2 * most_weight)
          (snd c)
          ltac:(intros a; pose proof (one (fst a)); pose proof (one (snd a)); lia)).
        unfold not_too_many in N. change most_weight with (2 ^ 21) in *. lia.
    Qed.

    Lemma weight_of_walks inside : weight inside (all_weights d (map (renamed (price b b' weigh)) C)) =
      zsum (fun w => if inside (multiples' b' w, multiples b w) then product w else 0) ws.
    Proof.
      unfold all_weights, weight. rewrite costs_walks, walks_renamed, !zsum_map. apply zsum_ext. intros w _.
      assert (E : fold_right more ((0, 0), 1) (map (price b b' weigh) w) = ((multiples' b' w, multiples b w), product w)); [|now rewrite E].
      induction w as [|e w IH]; [reflexivity|]. cbn [map fold_right]. rewrite IH. reflexivity.
    Qed.

    Lemma product_nonneg w : 0 <= product w.
    Proof. induction w as [|e w IH]; [easy|]. cbn [product fold_right]. fold (product w). pose proof (Uint63.to_Z_bounded (weigh (fst e))). nia. Qed.
  End Weights.

  Variable j : Z.
  Hypothesis j_ok : some_slowness j.
  Let weigh := by_excess up (powers j) b.

  Lemma by_excess_ok e : 2 ^ 10 * (2 ^ j + 1) ^ excess up b e <= Uint63.to_Z (weigh e) * (2 ^ j) ^ excess up b e /\ Uint63.to_Z (weigh e) <=
    most_weight.
  Proof.
    pose proof (excess_bounds e) as B. assert (M : 2 ^ b <= 2 ^ 5) by (apply Z.pow_le_mono_r; lia). change (2 ^ 5) with 32 in M.
    pose proof (powers_ok j (Z.to_nat (excess up b e)) j_ok ltac:(lia)) as H. cbv zeta in H. rewrite Z2Nat.id in H by lia. exact H.
  Qed.

  Lemma product_heavy w : 2 ^ (10 * Z.of_nat (length w)) * (2 ^ j + 1) ^ excesses up b w <= product weigh w * (2 ^ j) ^ excesses up b w.
  Proof.
    assert (j0 := slowness_positive j j_ok). unfold excesses. induction w as [|e w IH]; [now rewrite Z.mul_1_r|].
    cbn [product fold_right zsum length]. fold (product weigh w). pose proof (excess_bounds (fst e)) as B.
    assert (N : 0 <= zsum (fun e => excess up b (fst e)) w) by (apply zsum_nonneg; intros x _; apply excess_bounds).
    match goal with |- context [excess up b (fst e) + ?z] => set (n := z) in * end.
    rewrite Nat2Z.inj_succ, Z.mul_succ_r, !Z.pow_add_r by lia.
    apply heavy_step; [exact (proj1 (by_excess_ok (fst e)))|exact IH| |]; clear IH; apply Z.mul_nonneg_nonneg; apply Z.pow_nonneg; lia.
  Qed.

  (* Walks whose errors exceed by so much weigh so much. *)
  Lemma light_ok w t : length w = k -> 0 <= t <= excesses up b w ->
    let v := nth (Z.to_nat t) (down_to j k (k * Z.to_nat (2 ^ b - 1))) 0 in 0 < v <= product weigh w.
  Proof.
    intros L [t0 T]. cbv zeta. destruct (slowness_positive j j_ok) as [P j0]. pose proof (excesses_bounds w L) as B. unfold down_to.
    destruct (iterates_ok j j0 (Z.to_nat t) (S (k * Z.to_nat (2 ^ b - 1))) (2 ^ (10 * Z.of_nat k)) ltac:(nia) ltac:(apply Z.pow_pos_nonneg;
      lia)) as [V H].
    set (v := nth _ _ _) in *. rewrite Z2Nat.id in H by lia. split; [exact V|]. pose proof (product_heavy w) as Q. rewrite L in Q.
    set (A := excesses up b w) in *. replace A with (t + (A - t)) in Q by lia. rewrite !Z.pow_add_r in Q by lia.
    assert (P1 : 0 < (2 ^ j) ^ t) by (apply Z.pow_pos_nonneg; lia). assert (P2 : 0 < (2 ^ j) ^ (A - t)) by (apply Z.pow_pos_nonneg; lia).
    assert (M : (2 ^ j) ^ (A - t) <= (2 ^ j + 1) ^ (A - t)) by (apply Z.pow_le_mono_l; lia).
    assert (P3 : 0 < 2 ^ (10 * Z.of_nat k) * (2 ^ j + 1) ^ t) by (apply Z.mul_pos_pos; apply Z.pow_pos_nonneg; lia).
    apply (Z.mul_le_mono_pos_r _ _ ((2 ^ j) ^ t * (2 ^ j) ^ (A - t))); [nia|]. apply Z.le_trans with (2 := Q).
    rewrite !Z.mul_assoc. apply Z.mul_le_mono_nonneg; lia.
  Qed.
  Lemma light_positive t : 0 <= t <= Z.of_nat k * (2 ^ b - 1) -> 0 < nth (Z.to_nat t) (down_to j k (k * Z.to_nat (2 ^ b - 1))) 0.
  Proof.
    intros T. unfold down_to. refine (proj1 (iterates_ok j (proj2 (slowness_positive j j_ok)) _ _ _ _ _)); [nia|apply Z.pow_pos_nonneg; lia].
  Qed.

  Lemma light_none t : Z.of_nat k * (2 ^ b - 1) < t -> nth (Z.to_nat t) (down_to j k (k * Z.to_nat (2 ^ b - 1))) 0 = 0.
  Proof.
    intros T. unfold down_to. assert (L : forall n x, length (iterates (fun x => x + Z.shiftr x j) n x) = n).
    { induction n as [|n IH]; intros x; cbn [iterates length]; [easy|]. now rewrite IH. }
    assert (P : 0 < 2 ^ b) by (apply Z.pow_pos_nonneg; lia). apply nth_overflow. rewrite L. nia.
  Qed.

  (* In column i and rows from y on, a walk whose errors exceed by what is needed. *)
  Definition misses (i y : nat) (w : list two) : bool :=
    (multiples b w =? steps_of b G - 1 - Z.of_nat i) && (multiples' b' w <=? steps_of b' G' - 1 - Z.of_nat y) && (needed up b G k i <=? excesses up
      b w).
  Let found := weighed_by d true b b' G G' weigh C.

  Lemma total_nonneg p : 0 <= total_of p.
  Proof.
    rewrite (total_of_ok p (length p)); [apply zsum_nonneg; intros i _; apply coef_bounds|].
    intros i I. unfold coef. now rewrite nth_overflow.
  Qed.

  Lemma needed_nonneg i : 0 <= needed up b G k i.
  Proof.
    assert (P : 0 < 2 ^ b) by (apply Z.pow_pos_nonneg; lia). unfold needed. pose proof (proj2 (multiple_error b (G - 1) ltac:(lia))).
    destruct up; nia.
  Qed.

  Lemma column_misses i y : zsum (fun w => ind (misses i y w)) ws <=
    in_column found y i / nth (Z.to_nat (needed up b G k i)) (down_to j k (k * Z.to_nat (2 ^ b - 1))) 0.
  Proof.
    pose proof (needed_nonneg i) as t0. set (t := needed up b G k i) in *. set (v := nth _ _ 0).
    assert (none : (forall w, In w ws -> misses i y w = false) -> zsum (fun w => ind (misses i y w)) ws <= in_column found y i / v).
    { intros N. rewrite (zsum_ext _ (fun _ => 0)), zsum_const by (intros w I; now rewrite N). rewrite Z.mul_0_r.
      destruct (Z.le_gt_cases t (Z.of_nat k * (2 ^ b - 1))) as [T|T]; [|unfold v; rewrite light_none, Zdiv_0_r by exact T; lia].
      apply Z.div_pos; [|apply light_positive; lia]. unfold in_column. apply Z.mul_nonneg_nonneg; [apply Z.pow_nonneg; lia|apply total_nonneg]. }
    destruct (Z.le_gt_cases t (Z.of_nat k * (2 ^ b - 1))) as [T|T].
    2: { apply none. intros w I. unfold misses. fold t. pose proof (excesses_bounds w (proj2 (in_ws w I))).
         destruct (Z.leb_spec t (excesses up b w)); [lia|apply andb_false_r]. }
    destruct (Nat.lt_ge_cases i (Z.to_nat (steps_of b G))) as [I|I].
    2: { apply none. intros w J. unfold misses. assert (N : 0 <= multiples b w).
         { apply zsum_nonneg. intros e E. apply multiple_nonneg. pose proof (proj1 (in_ws w J)) as F. rewrite Forall_forall in F. now apply F. }
         destruct (Z.eqb_spec (multiples b w) (steps_of b G - 1 - Z.of_nat i)); [pose proof (steps_positive b G G0); lia|reflexivity]. }
    pose proof (light_positive t ltac:(lia)) as V. fold v in V. apply Z.div_le_lower_bound; [exact V|].
    assert (most : forall e, Uint63.to_Z (weigh e) <= most_weight) by (intros e; apply by_excess_ok).
    pose proof (column_ok true _ _ (steps_positive b' G' G0') (steps_positive b G G0) d
      (map (renamed (price b b' weigh)) C) (priced_fine weigh most) y i I) as H.
    apply Z.le_trans with (2 := H). rewrite weight_of_walks, <- zsum_mul. apply zsum_le. intros w J. unfold at_second_cost, misses. cbn [fst snd].
    fold t.
    rewrite (andb_comm (multiples b w =? _)).
    destruct (_ && (multiples b w =? _)); cbn [andb ind]; [|lia]. destruct (Z.leb_spec t (excesses up b w)) as [E|E]; cbn [ind].
    - pose proof (light_ok w t (proj2 (in_ws w J)) ltac:(lia)) as Q. cbv zeta in Q. fold v in Q. lia.
    - pose proof (product_nonneg weigh w). lia.
  Qed.

  (* A walk that is cheap, in a column that is given up; one that is too dear, in a column that is not. *)
  Lemma cheap_misses w x y : up = true -> In w ws -> first w < G -> steps_of b G - 1 - Z.of_nat x < multiples b w ->
    multiples' b' w <= steps_of b' G' - 1 - Z.of_nat y -> exists i, In i (seq 0 x) /\ misses i y w = true.
  Proof.
    intros u I F X Y. destruct (in_ws w I) as [_ L]. assert (P : 0 < 2 ^ b) by (apply Z.pow_pos_nonneg; lia).
    destruct (multiple_error b (G - 1) ltac:(lia)) as [E B]. pose proof (first_parts b w ltac:(lia)) as W. pose proof (excesses_bounds w L) as N.
    rewrite (excesses_errors w L), u in N. set (e := errors b w) in *. unfold steps_of in *.
    assert (M : multiples b w <= multiple b (G - 1)) by nia.
    exists (Z.to_nat (multiple b (G - 1) - multiples b w)). split; [apply in_seq; lia|]. unfold misses, needed. rewrite (excesses_errors w L), u.
    fold e.
    unfold steps_of. rewrite Z2Nat.id by lia.
    destruct (Z.eqb_spec (multiples b w) (multiple b (G - 1) + 1 - 1 - (multiple b (G - 1) - multiples b w))); [|lia].
    destruct (Z.leb_spec (multiples' b' w) (multiple b' (G' - 1) + 1 - 1 - Z.of_nat y)); [|lia]. apply Z.leb_le. nia.
  Qed.

  Lemma dear_misses w x y : up = false -> In w ws -> G <= first w -> multiples b w <= steps_of b G - 1 - Z.of_nat x ->
    multiples' b' w <= steps_of b' G' - 1 - Z.of_nat y -> exists i, In i (seq x (S k)) /\ misses i y w = true.
  Proof.
    intros u I F X Y. destruct (in_ws w I) as [_ L]. assert (P : 0 < 2 ^ b) by (apply Z.pow_pos_nonneg; lia).
    destruct (multiple_error b (G - 1) ltac:(lia)) as [E B]. pose proof (first_parts b w ltac:(lia)) as W. pose proof (excesses_bounds w L) as N.
    rewrite (excesses_errors w L), u in N. set (e := errors b w) in *. unfold steps_of in *.
    set (i := multiple b (G - 1) - multiples b w). assert (M : e >= error b (G - 1) + 1 + 2 ^ b * i) by (unfold i; nia).
    exists (Z.to_nat i). split; [apply in_seq; nia|]. unfold misses, needed. rewrite (excesses_errors w L), u. fold e.
    unfold steps_of. rewrite Z2Nat.id by lia. unfold i.
    destruct (Z.eqb_spec (multiples b w) (multiple b (G - 1) + 1 - 1 - (multiple b (G - 1) - multiples b w))); [|lia].
    destruct (Z.leb_spec (multiples' b' w) (multiple b' (G' - 1) + 1 - 1 - Z.of_nat y)); [|lia]. apply Z.leb_le. unfold i in M. lia.
  Qed.
End Side.

Section Side.
  Variable up : bool.
  Variable d : nat.
  Variables b b' G G' : Z.
  Hypothesis b_small : 0 <= b <= 5.
  Hypothesis G0 : 0 < G.
  Hypothesis G0' : 0 < G'.
  Variable C : list (position two).
  Hypothesis C_fine : two_fine_costs d C.

  Lemma misjudged_ok y x n : (b = 0 -> up = true -> n = 0%nat) ->
    zsum (fun w => zsum (fun i => ind (misses up b b' G G' C i y w)) (seq x n)) (walks C (repeat true d)) <=
    misjudged (side_of up d b b' G G' C) y x n.
  Proof.
    intros none. rewrite zsum_swap. unfold misjudged. apply zsum_le. intros i I. apply in_seq in I. unfold side_of. cbv zeta.
    destruct (Z.eqb_spec b 0) as [Z0|Z0]; cbn [by_errors lightest].
    - destruct up; [rewrite (none Z0 eq_refl) in I; lia|]. rewrite (zsum_ext _ (fun _ => 0)).
      + rewrite zsum_const, Z.mul_0_r. unfold in_column. cbn [fst snd]. now destruct y.
      + intros w J. unfold misses, needed. pose proof (excesses_bounds false b b_small C w) as B.
        pose proof (proj2 (in_ws d C C_fine w J)) as L. specialize (B L). pose proof (proj2 (multiple_error b (G - 1) ltac:(lia))) as E.
        subst b. change (2 ^ 0) with 1 in *.
        destruct (Z.leb_spec (error 0 (G - 1) + 1 + 1 * Z.of_nat i) (excesses false 0 w)); [lia|]. now rewrite andb_false_r.
    - apply column_misses; try assumption. apply slowness_ok.
  Qed.
End Side.

Section Cheap.
  Variable d : nat.
  Variables b b' G G' : Z.
  Hypothesis b_small : 0 <= b <= 5.
  Hypothesis b_small' : 0 <= b' <= 5.
  Hypothesis G0 : 0 < G.
  Hypothesis G0' : 0 < G'.
  Variable C : list (position two).
  Hypothesis C_fine : two_fine_costs d C.
  Let k := length C.
  Let ws := walks C (repeat true d).
  Let swap (w : list two) : list two := map (fun e => (snd e, fst e)) w.

  Definition both_cheap (w : list two) : bool := (first w <? G) && (first (swap w) <? G').
  Definition inside (x y : nat) (w : list two) : bool :=
    (multiples b w <=? steps_of b G - 1 - Z.of_nat x) && (multiples' b' w <=? steps_of b' G' - 1 - Z.of_nat y).

  Lemma swapped_fine : two_fine_costs d (swapped C).
  Proof.
    apply Forall_map. eapply Forall_impl; [|exact C_fine]. unfold renamed, position_fine, two_fine. cbn [fst snd]. intros c [[[F1 F2] L] N].
    rewrite !map_length. split; [split; [split|exact L]|exact N].
    - apply Forall_map. eapply Forall_impl; [|exact F1]. cbn [fst snd]. tauto.
    - apply Forall_map. eapply Forall_impl; [|exact F2]. cbn [fst snd]. tauto.
  Qed.

  Lemma swapped_walks : walks (swapped C) (repeat true d) = map swap ws.
  Proof. apply walks_renamed. Qed.

  Lemma swapped_length : length (swapped C) = k.
  Proof. apply map_length. Qed.

  Lemma in_swapped w : In w ws -> In (swap w) (walks (swapped C) (repeat true d)).
  Proof. intros I. rewrite swapped_walks. now apply in_map. Qed.

  Lemma multiples_swap c w : multiples c (swap w) = multiples' c w.
  Proof. unfold multiples, multiples', swap. now rewrite zsum_map. Qed.

  Lemma second_multiples_swap c w : multiples' c (swap w) = multiples c w.
  Proof. unfold multiples, multiples', swap. now rewrite zsum_map. Qed.

  Lemma filter_cheap : Z.of_nat (length (filter (fun ab => (fst ab <? G) && (snd ab <? G'))
    (costs two (Z * Z) two_costs (0, 0) C (repeat true d)))) = zsum (fun w => ind (both_cheap w)) ws.
  Proof.
    rewrite costs_walks. fold ws. clear. induction ws as [|w l IH]; [easy|]. cbn [map filter zsum]. rewrite <- IH.
    assert (E : fold_right two_costs (0, 0) w = (first w, first (swap w))).
    { unfold first, swap. rewrite zsum_map. cbn [fst snd]. clear. induction w as [|e w IH]; [reflexivity|]. cbn [fold_right zsum]. rewrite IH.
      reflexivity. }
    rewrite E. unfold both_cheap at 1. cbn [fst snd]. destruct (_ && _); cbn [length ind]; lia.
  Qed.

  Lemma inside_weight up x y : let all := weighed_by d up b b' G G' alike C in
    bounds up (zsum (fun w => ind (inside x y w)) ws) (2 ^ fst all * zsum (fun r => total_of (skip x r)) (skip y (snd all))).
  Proof.
    cbv zeta. pose proof (priced_fine d b b' C C_fine alike ltac:(easy)) as F.
    pose proof (rows_ok up _ _ (steps_positive b' G' G0') (steps_positive b G G0) d _ F y x) as H.
    rewrite weight_of_walks in H. fold ws in H. replace (zsum (fun w => ind (inside x y w)) ws) with
      (zsum (fun w => if within_costs (steps_of b' G' - 1 - Z.of_nat y) (steps_of b G - 1 - Z.of_nat x) (multiples' b' w, multiples b w)
        then product alike w else 0) ws); [exact H|]. apply zsum_ext. intros w _. unfold within_costs, inside, ind. cbn [fst snd]. rewrite (andb_comm (multiples' b' w <=? _)).
    assert (E : product alike w = 1); [|now rewrite E]. induction w as [|e w IH]; [easy|]. cbn [product fold_right]. fold (product alike w).
    now rewrite IH.
  Qed.

  Theorem cheap_at_most : Z.of_nat (length (filter (fun ab => (fst ab <? G) && (snd ab <? G'))
    (costs two (Z * Z) two_costs (0, 0) C (repeat true d)))) <= cheap true d b b' G G' C.
  Proof.
    rewrite filter_cheap. unfold cheap. cbv zeta. set (all := weighed_by _ _ _ _ _ _ _ _). set (s := side_of _ _ _ _ _ _ C).
    set (s' := side_of _ _ _ _ _ _ (swapped C)).
    set (x := given_up _ b _ _ _). set (y := given_up _ b' _ _ _).
    assert (x0 : b = 0 -> true = true -> x = 0%nat) by (intros e _; unfold x, given_up; now rewrite e).
    assert (y0 : b' = 0 -> true = true -> y = 0%nat) by (intros e _; unfold y, given_up; now rewrite e).
    pose proof (inside_weight true x y) as A. cbv zeta in A. fold all in A. unfold bounds in A.
    pose proof (misjudged_ok true d b b' G G' b_small G0 G0' C C_fine 0 0 x x0) as B.
    pose proof (misjudged_ok true d b' b G' G b_small' G0' G0 _ swapped_fine x 0 y y0) as D.
    rewrite swapped_walks, zsum_map in D. fold ws s in B. fold s' in D. clearbody x y. clear x0 y0.
    etransitivity; [|apply Z.add_le_mono; [apply Z.add_le_mono; [exact A|exact B]|exact D]].
    rewrite <- !zsum_add. apply zsum_le. intros w I. unfold ind at 1. destruct (both_cheap w) eqn:Ch.
    2: { repeat apply Z.add_nonneg_nonneg; [apply ind_bounds|apply ind_sum|apply ind_sum]. }
    unfold both_cheap in Ch. apply andb_prop in Ch. destruct Ch as [F F']. apply Z.ltb_lt in F, F'.
    pose proof (ind_sum (fun i => misses true b b' G G' C i 0 w) (seq 0 x)) as N1.
    pose proof (ind_sum (fun i => misses true b' b G' G (swapped C) i x (swap w)) (seq 0 y)) as N2.
    assert (most : forall c g v, 0 <= c <= 5 -> 0 < g -> first v < g -> multiples c v <= steps_of c g - 1).
    { intros c g v c0 g0 f. assert (P : 0 < 2 ^ c) by (apply Z.pow_pos_nonneg; lia). destruct (multiple_error c (g - 1) ltac:(lia)) as [E1 E2].
      pose proof (first_parts c v ltac:(lia)) as W. assert (0 <= errors c v) by (apply zsum_nonneg; intros e _; apply multiple_error; lia).
      unfold steps_of. nia. }
    pose proof (most b' G' (swap w) b_small' G0' F') as Y. rewrite multiples_swap in Y.
    destruct (Z.le_gt_cases (multiples b w) (steps_of b G - 1 - Z.of_nat x)) as [X|X].
    - destruct (Z.le_gt_cases (multiples' b' w) (steps_of b' G' - 1 - Z.of_nat y)) as [Y'|Y'].
      + unfold ind at 1, inside. destruct (Z.leb_spec (multiples b w) (steps_of b G - 1 - Z.of_nat x)); [|lia].
        destruct (Z.leb_spec (multiples' b' w) (steps_of b' G' - 1 - Z.of_nat y)); [|lia]. cbn [andb]. lia.
      + assert (E := cheap_misses true d b' b G' G b_small' _ swapped_fine (swap w) y x eq_refl (in_swapped w I) F').
        rewrite multiples_swap, second_multiples_swap in E. specialize (E ltac:(lia) ltac:(lia)). apply ind_exists in E.
        pose proof (ind_bounds (inside x y w)). lia.
    - pose proof (ind_exists _ _ (cheap_misses true d b b' G G' b_small _ C_fine w x 0 eq_refl I F ltac:(lia) ltac:(lia))).
      pose proof (ind_bounds (inside x y w)). lia.
  Qed.

  Theorem cheap_at_least : cheap false d b b' G G' C <=
    Z.of_nat (length (filter (fun ab => (fst ab <? G) && (snd ab <? G')) (costs two (Z * Z) two_costs (0, 0) C (repeat true d)))).
  Proof.
    rewrite filter_cheap. unfold cheap. cbv zeta. set (all := weighed_by _ _ _ _ _ _ _ _). set (s := side_of _ _ _ _ _ _ C).
    set (s' := side_of _ _ _ _ _ _ (swapped C)).
    set (x := given_up _ b _ _ _). set (y := given_up _ b' _ _ _). clearbody x y.
    pose proof (inside_weight false x y) as A. cbv zeta in A. fold all in A. unfold bounds in A.
    pose proof (misjudged_ok false d b b' G G' b_small G0 G0' C C_fine y x (S (length C)) ltac:(easy)) as B.
    pose proof (misjudged_ok false d b' b G' G b_small' G0' G0 _ swapped_fine x y (S (length C)) ltac:(easy)) as D.
    rewrite swapped_walks, zsum_map in D. fold ws s in B. fold s' in D.
    enough (H : zsum (fun w => ind (inside x y w)) ws <= zsum (fun w => ind (both_cheap w)) ws +
      zsum (fun w => zsum (fun i => ind (misses false b b' G G' C i y w)) (seq x (S (length C)))) ws +
      zsum (fun w => zsum (fun i => ind (misses false b' b G' G (swapped C) i x (swap w))) (seq y (S (length C)))) ws) by lia.
    rewrite <- !zsum_add. apply zsum_le. intros w I.
    pose proof (ind_sum (fun i => misses false b b' G G' C i y w) (seq x (S (length C)))) as N1.
    pose proof (ind_sum (fun i => misses false b' b G' G (swapped C) i x (swap w)) (seq y (S (length C)))) as N2.
    unfold ind at 1 2. destruct (inside x y w) eqn:In0; [|destruct (both_cheap w); lia]. unfold inside in In0. apply andb_prop in In0.
    destruct In0 as [X Y]. apply Z.leb_le in X, Y.
    destruct (both_cheap w) eqn:Ch; [lia|]. unfold both_cheap in Ch. destruct (Z.ltb_spec (first w) G) as [F|F].
    - cbn [andb] in Ch. apply Z.ltb_ge in Ch.
      assert (E := dear_misses false d b' b G' G b_small' _ swapped_fine (swap w) y x eq_refl (in_swapped w I) Ch).
      rewrite multiples_swap, second_multiples_swap in E. specialize (E ltac:(lia) ltac:(lia)). apply ind_exists in E. rewrite swapped_length in E.
      unfold k in *. lia.
    - pose proof (ind_exists _ _ (dear_misses false d b b' G G' b_small _ C_fine w x y eq_refl I F X Y)). lia.
  Qed.
End Cheap.
