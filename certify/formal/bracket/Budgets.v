(* Weighing walks by what they cost, without looking at each: a walk has two costs and a weight, the product of its steps' weights,
   and the weights of all walks with the same costs are the coefficients of sums of products of polynomials (Products.v), one
   for each position. Rows and places say what the costs leave of two budgets, so that what exceeds one drops out. Where a word might
   get too small for a sum, all are divided by a power of two first, rounded up for upper bounds and down for lower ones.
   Main theorems: column_ok, rows_ok. *)
From Coq Require Import ZArith Lia List Bool PeanoNat Permutation Uint63.
From Maxcert Require Import Words Blocks Fillings States Products.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

Definition wone : word := 1%uint63.

Fixpoint add_rows (p q : matrix) : matrix :=
  match p, q with
  | [], _ => q
  | _, [] => p
  | a :: p, b :: q => add_times wone a b :: add_rows p q
  end.

(* High and low words of a sum. *)
Definition total_words (p : list word) : Z * word :=
  fold_left (fun n x => match PrimInt63.addc (snd n) x with C0 s => (fst n, s) | C1 s => (fst n + 1, s) end) p (0, wzero).
Definition total_of (p : list word) : Z := let n := total_words p in fst n * 2 ^ 63 + Uint63.to_Z (snd n).

(* Words stand for themselves times 2^s; none is more than b. *)
Definition unit_bound := (Z * Z)%type.

Definition weight_of (k : priced) : Z := Uint63.to_Z (snd k).

Section Program.
  Variable up : bool.    (* an upper bound of every weight, or else a lower one *)
  Variables G G' : Z.    (* walks that cost so much drop out *)

  Definition prepare (n : Z) (g : unit_bound) : unit_bound * (row -> row) :=
    let (s, b) := g in
    if n * b <? 2 ^ 63 then (g, fun p => p) else
    let b := Z.min b (2 ^ 63 - 1) in
    let more := Z.log2 (n * b) + 1 - 62 in
    let w := Uint63.of_Z more in
    ((s + more, b / 2 ^ more + 1), map (fun x : word => if up then PrimInt63.add (PrimInt63.lsr x w) wone else PrimInt63.lsr x w)).
  Definition prepare_rows (n : Z) (g : unit_bound) : unit_bound * (matrix -> matrix) := let (g, f) := prepare n g in (g, map f).

  Definition nothing_spent : matrix := repeat [] (Z.to_nat G - 1) ++ [repeat wzero (Z.to_nat G' - 1) ++ [wone]].

  (* Weights are these words times 2^s. d: how many tokens are required *)
  Definition weighed (d : nat) (C : list (position priced)) : Z * matrix :=
    let gt := states [] nothing_spent add_rows (times G G') weight_of prepare_rows (fun n g => (fst g, n * snd g)) (0, 1) d C in
    (fst (fst gt), all_missing_in (snd gt)).
End Program.

(* ---------- Sums of words ---------- *)

Lemma total_words_ok p : forall n, let t := fold_left (fun n x => match PrimInt63.addc (snd n) x with C0 s => (fst n, s) | C1 s => (fst n + 1, s) end) p n in
  fst t * 2 ^ 63 + Uint63.to_Z (snd t) = fst n * 2 ^ 63 + Uint63.to_Z (snd n) + zsum Uint63.to_Z p.
Proof.
  induction p as [|x p IH]; intros n; cbn [fold_left zsum]; [lia|]. cbv zeta in *. rewrite IH.
  pose proof (Uint63.addc_spec (snd n) x) as A. destruct (PrimInt63.addc (snd n) x) as [s|s]; cbn [interp_carry fst snd] in *;
    change Uint63.wB with (2 ^ 63) in A; lia.
Qed.


Lemma zsum_nth {A} (F : A -> Z) x p : F x = 0 -> forall n, (forall i, (n <= i)%nat -> F (nth i p x) = 0) ->
  zsum F p = zsum (fun i => F (nth i p x)) (seq 0 n).
Proof.
  intros X. induction p as [|a p IH]; intros n H.
  - rewrite (zsum_ext (fun i => F (nth i [] x)) (fun _ => 0)) by (intros i _; now destruct i). rewrite zsum_const. cbn [zsum]. lia.
  - destruct n as [|n].
    + cbn [zsum seq]. pose proof (H 0%nat ltac:(lia)) as H0. cbn [nth] in H0. rewrite (IH 0%nat); [cbn [seq zsum]; lia|].
      intros i _. exact (H (S i) ltac:(lia)).
    + cbn [zsum seq nth]. rewrite <- seq_shift, zsum_map. cbn [nth]. rewrite (IH n); [reflexivity|]. intros i I. exact (H (S i) ltac:(lia)).
Qed.

Lemma total_of_ok p n : (forall i, (n <= i)%nat -> coef p i = 0) -> total_of p = zsum (coef p) (seq 0 n).
Proof.
  intros H. unfold total_of, total_words. pose proof (total_words_ok p (0, wzero)) as T. cbv zeta in T |- *. etransitivity; [exact T|]. cbn [fst snd].
  change (Uint63.to_Z wzero) with 0. rewrite !Z.add_0_l. exact (zsum_nth Uint63.to_Z wzero p eq_refl n H).
Qed.

(* ---------- Weights by costs ---------- *)

(* Two costs and a weight. *)
Definition weighty := ((Z * Z) * Z)%type.
Definition more (k : priced) (s : weighty) : weighty :=
  ((fst (fst k) + fst (fst s), snd (fst k) + snd (fst s)), Uint63.to_Z (snd k) * snd s).
Definition weight (inside : Z * Z -> bool) (l : list weighty) : Z := zsum (fun s => if inside (fst s) then snd s else 0) l.
Definition at_costs (z z' : Z) (c : Z * Z) : bool := (fst c =? z) && (snd c =? z').
Definition at_cost (z z' : Z) (c : Z * Z) : bool := (fst c =? z) && (snd c <=? z').
Definition at_second_cost (z z' : Z) (c : Z * Z) : bool := (fst c <=? z) && (snd c =? z').
Definition within_costs (z z' : Z) (c : Z * Z) : bool := (fst c <=? z) && (snd c <=? z').
Definition nonnegative (l : list weighty) := Forall (fun s => 0 <= fst (fst s) /\ 0 <= snd (fst s) /\ 0 <= snd s) l.

Lemma weight_app f l l' : weight f (l ++ l') = weight f l + weight f l'.
Proof. apply zsum_app. Qed.

Lemma weight_more k l z z' : weight (at_costs z z') (map (more k) l) =
  Uint63.to_Z (snd k) * weight (at_costs (z - fst (fst k)) (z' - snd (fst k))) l.
Proof.
  unfold weight. rewrite zsum_map, <- zsum_mul. apply zsum_ext. intros s _. unfold more, at_costs. cbn [fst snd].
  replace (fst (fst k) + fst (fst s) =? z) with (fst (fst s) =? z - fst (fst k)) by
    (destruct (Z.eqb_spec (fst (fst s)) (z - fst (fst k))), (Z.eqb_spec (fst (fst k) + fst (fst s)) z); lia).
  replace (snd (fst k) + snd (fst s) =? z') with (snd (fst s) =? z' - snd (fst k)) by
    (destruct (Z.eqb_spec (snd (fst s)) (z' - snd (fst k))), (Z.eqb_spec (snd (fst k) + snd (fst s)) z'); lia).
  destruct (_ && _); lia.
Qed.

Lemma weight_negative l z z' : nonnegative l -> z < 0 \/ z' < 0 -> weight (at_costs z z') l = 0.
Proof.
  intros N H. unfold weight. rewrite (zsum_ext _ (fun _ => 0)), zsum_const; [lia|]. intros s I. unfold nonnegative in N. rewrite Forall_forall in N.
  specialize (N s I). unfold at_costs. destruct (Z.eqb_spec (fst (fst s)) z), (Z.eqb_spec (snd (fst s)) z'); cbn [andb]; lia.
Qed.

(* What costs at most so much costs just so much less some number. *)
Lemma below_sum e z v : 0 <= e -> zsum (fun i => if e =? z - Z.of_nat i then v else 0) (seq 0 (Z.to_nat (z + 1))) = if e <=? z then v else 0.
Proof.
  intros e0. destruct (Z.leb_spec e z) as [L|L].
  - set (n := Z.to_nat (z + 1)). assert (split : seq 0 n = seq 0 (Z.to_nat (z - e)) ++ [Z.to_nat (z - e)] ++ seq (S (Z.to_nat (z - e))) (Z.to_nat e)).
    { replace n with (Z.to_nat (z - e) + (1 + Z.to_nat e))%nat by lia. rewrite !seq_app. cbn [seq app Nat.add]. now rewrite Nat.add_1_r. }
    rewrite split, !zsum_app. cbn [zsum]. rewrite (zsum_ext _ (fun _ => 0) (seq 0 _)), (zsum_ext _ (fun _ => 0) (seq (S _) _)), !zsum_const.
    + destruct (Z.eqb_spec e (z - Z.of_nat (Z.to_nat (z - e)))); lia.
    + intros i I. apply in_seq in I. destruct (Z.eqb_spec e (z - Z.of_nat i)); lia.
    + intros i I. apply in_seq in I. destruct (Z.eqb_spec e (z - Z.of_nat i)); lia.
  - rewrite (zsum_ext _ (fun _ => 0)), zsum_const; [lia|]. intros i _. destruct (Z.eqb_spec e (z - Z.of_nat i)); lia.
Qed.

Lemma weight_at_cost l z z' : nonnegative l ->
  weight (at_cost z z') l = zsum (fun j => weight (at_costs z (z' - Z.of_nat j)) l) (seq 0 (Z.to_nat (z' + 1))).
Proof.
  intros N. unfold weight. rewrite zsum_swap. apply zsum_ext. intros s I. unfold nonnegative in N. rewrite Forall_forall in N.
  destruct (N s I) as [_ [N2 _]]. unfold at_cost, at_costs. destruct (fst (fst s) =? z); cbn [andb].
  - symmetry. now apply below_sum.
  - rewrite zsum_const. lia.
Qed.

Lemma weight_at_second_cost l z z' : nonnegative l ->
  weight (at_second_cost z z') l = zsum (fun i => weight (at_costs (z - Z.of_nat i) z') l) (seq 0 (Z.to_nat (z + 1))).
Proof.
  intros N. unfold weight. rewrite zsum_swap. apply zsum_ext. intros s I. unfold nonnegative in N. rewrite Forall_forall in N.
  destruct (N s I) as [N1 _]. unfold at_second_cost, at_costs. rewrite andb_comm. destruct (snd (fst s) =? z'); cbn [andb].
  - rewrite <- below_sum by exact N1. apply zsum_ext. intros i _. now rewrite andb_true_r.
  - rewrite (zsum_ext _ (fun _ => 0)), zsum_const; [lia|]. intros i _. now rewrite andb_false_r.
Qed.

Lemma weight_within l z z' : nonnegative l ->
  weight (within_costs z z') l = zsum (fun i => weight (at_cost (z - Z.of_nat i) z') l) (seq 0 (Z.to_nat (z + 1))).
Proof.
  intros N. unfold weight. rewrite zsum_swap. apply zsum_ext. intros s I. unfold nonnegative in N. rewrite Forall_forall in N.
  destruct (N s I) as [N1 _]. unfold within_costs, at_cost. rewrite andb_comm. destruct (snd (fst s) <=? z'); cbn [andb].
  - rewrite <- below_sum by exact N1. apply zsum_ext. intros i _. now rewrite andb_true_r.
  - rewrite (zsum_ext _ (fun _ => 0)), zsum_const; [lia|]. intros i _. now rewrite andb_false_r.
Qed.

(* At least, or at most. *)
Definition bounds (up : bool) (n a : Z) := if up then n <= a else a <= n.

Lemma bounds_zero up : bounds up 0 0.
Proof. destruct up; cbn; lia. Qed.

Lemma bounds_add up n a n' a' : bounds up n a -> bounds up n' a' -> bounds up (n + n') (a + a').
Proof. unfold bounds. destruct up; lia. Qed.

Lemma bounds_mul up w n a : 0 <= w -> bounds up n a -> bounds up (w * n) (w * a).
Proof. unfold bounds. destruct up; nia. Qed.

Lemma bounds_zsum {A} up (f g : A -> Z) l : (forall x, In x l -> bounds up (f x) (g x)) -> bounds up (zsum f l) (zsum g l).
Proof.
  induction l as [|x l IH]; intros H; [apply bounds_zero|]. cbn [zsum]. apply bounds_add; [apply H; now left|]. apply IH. intros y I. apply H.
  now right.
Qed.

Lemma entry_add p : forall q i j, entry p i j + entry q i j < 2 ^ 63 -> entry (add_rows p q) i j = entry p i j + entry q i j.
Proof.
  induction p as [|a p IH]; intros q i j H; [cbn [add_rows]; rewrite entry_nil; lia|].
  destruct q as [|b q]; [cbn [add_rows]; rewrite entry_nil; lia|]. cbn [add_rows]. unfold entry in *. destruct i as [|i]; cbn [nth] in *.
  - rewrite coef_add_times; change (Uint63.to_Z wone) with 1; lia.
  - now apply IH.
Qed.

Lemma add_rows_fit n n' p q : fits n n' p -> fits n n' q -> fits n n' (add_rows p q).
Proof.
  unfold fits. intros [L F] [L' F']. revert q n L L' F'.
  induction F as [|a p A F IH]; intros q n L L' F'; cbn [add_rows]; [now split|]. destruct F' as [|b q B F']; [split; [exact L|now constructor]|].
  cbn [length] in *. destruct (IH q (n - 1)%nat ltac:(lia) ltac:(lia) F') as [L1 F1]. split; [cbn [length]; lia|]. constructor; [|exact F1].
  rewrite length_add_times. lia.
Qed.

Section Proof.
  Variable up : bool.
  Variables G G' : Z.
  Hypothesis G0 : 0 < G.
  Hypothesis G0' : 0 < G'.
  Let size := Z.to_nat G.
  Let size' := Z.to_nat G'.

  Definition price_ok (k : priced) := 0 <= fst (fst k) /\ 0 <= snd (fst k).

  (* No word is more than b, and they bound the weights. *)
  Definition stands_for (s b : Z) (p : matrix) (l : list weighty) :=
    nonnegative l /\ 0 <= s /\ 0 <= b /\ fits size size' p /\ (forall i j, entry p i j <= b) /\
    forall i j, (i < size)%nat -> (j < size')%nat -> bounds up (weight (at_costs (G - 1 - Z.of_nat i) (G' - 1 - Z.of_nat j)) l) (2 ^ s * entry p i j).
  Definition rep (g : unit_bound) := stands_for (fst g) (snd g).
  Definition added (g : unit_bound) (n : Z) p l := 0 <= snd g /\ stands_for (fst g) (n * snd g) p l.
  Definition room (g : unit_bound) (n : Z) := n < 2 ^ 63 /\ n * snd g < 2 ^ 63.

  Lemma stands_none s b : 0 <= s -> 0 <= b -> stands_for s b [] [].
  Proof.
    intros S0 B0. split; [constructor|]. split; [exact S0|]. split; [exact B0|].
    split; [split; [cbn [length]; lia|constructor]|]. split; intros i j; rewrite entry_nil; [exact B0|]. intros _ _. rewrite Z.mul_0_r.
    apply bounds_zero.
  Qed.

  Lemma added_plus g n n' p q l l' : room g (n + n') -> added g n p l -> added g n' q l' -> added g (n + n') (add_rows p q) (l ++ l').
  Proof.
    intros [_ Rm] [g0 [N [S0 [B0 [O [B H]]]]]] [_ [N' [_ [B0' [O' [B' H']]]]]]. split; [exact g0|].
    assert (E : forall i j, entry (add_rows p q) i j = entry p i j + entry q i j).
    { intros i j. apply entry_add. specialize (B i j). specialize (B' i j). lia. }
    split; [now apply Forall_app|]. split; [exact S0|]. split; [lia|]. split; [now apply add_rows_fit|].
    split; intros i j; [rewrite E; specialize (B i j); specialize (B' i j); lia|]. intros I J. rewrite E, weight_app, Z.mul_add_distr_l.
    apply bounds_add; auto.
  Qed.

  (* One more cost. *)
  Lemma one_more s b p l k i j : stands_for s b p l -> price_ok k -> (i < size)%nat -> (j < size')%nat ->
    bounds up (weight (at_costs (G - 1 - Z.of_nat i) (G' - 1 - Z.of_nat j)) (map (more k) l))
      (2 ^ s * if affordable G G' k then Uint63.to_Z (snd k) * entry p (Z.to_nat (fst (fst k)) + i) (Z.to_nat (snd (fst k)) + j) else 0).
  Proof.
    intros [N [S0 [_ [O [_ H]]]]] [k1 k2] I J. rewrite weight_more. pose proof (Uint63.to_Z_bounded (snd k)) as w.
    set (a := fst (fst k)) in *. set (c := snd (fst k)) in *.
    destruct (Nat.lt_ge_cases (Z.to_nat a + i) size) as [A|A]; [destruct (Nat.lt_ge_cases (Z.to_nat c + j) size') as [C|C]|].
    - unfold affordable. fold a c. replace (a <? G) with true by (symmetry; apply Z.ltb_lt; unfold size in A; lia).
      replace (c <? G') with true by (symmetry; apply Z.ltb_lt; unfold size' in C; lia). cbn [andb].
      rewrite Z.mul_assoc, (Z.mul_comm (2 ^ s)), <- Z.mul_assoc.
      apply bounds_mul; [lia|]. specialize (H _ _ A C).
      replace (G - 1 - Z.of_nat i - a) with (G - 1 - Z.of_nat (Z.to_nat a + i)) by lia.
      replace (G' - 1 - Z.of_nat j - c) with (G' - 1 - Z.of_nat (Z.to_nat c + j)) by lia. exact H.
    - rewrite weight_negative by (try exact N; unfold size' in C; lia). rewrite (entry_beyond size size') by tauto.
      destruct (affordable _ _ _); rewrite ?Z.mul_0_r; apply bounds_zero.
    - rewrite weight_negative by (try exact N; unfold size in A; lia). rewrite (entry_beyond size size') by tauto.
      destruct (affordable _ _ _); rewrite ?Z.mul_0_r; apply bounds_zero.
  Qed.

  Lemma nonnegative_more k l : price_ok k -> nonnegative l -> nonnegative (map (more k) l).
  Proof.
    intros [k1 k2] N. apply Forall_map. eapply Forall_impl; [|exact N]. intros s [s1 [s2 s3]]. unfold more. cbn [fst snd].
    pose proof (Uint63.to_Z_bounded (snd k)). nia.
  Qed.

  Lemma added_times g ks p l : room g (zsum weight_of ks) -> Forall price_ok ks -> rep g p l ->
    added g (zsum weight_of ks) (times G G' ks p) (flat_map (fun k => map (more k) l) ks).
  Proof.
    intros [Rm1 Rm2] F H. assert (H0 := H). destruct H as [N [S0 [B0 [O [B H]]]]]. pose proof (many_nonneg ks) as M0.
    change (zsum weight_of ks) with (many ks) in *.
    assert (E : forall i j, (i < size)%nat -> entry (times G G' ks p) i j =
      zsum (fun k => if affordable G G' k then Uint63.to_Z (snd k) * entry p (Z.to_nat (fst (fst k)) + i) (Z.to_nat (snd (fst k)) + j) else 0) ks).
    { intros i j. apply (times_ok G G' ks p (snd g) B0 B); [|exact Rm1|exact Rm2]. eapply Forall_impl; [|exact F]. now intros k [_ k2]. }
    assert (fit : fits size size' (times G G' ks p)).
    { apply times_fit; [|reflexivity|reflexivity|apply O]. eapply Forall_impl; [|exact F]. now intros k [_ k2]. }
    split; [exact B0|]. split; [|split; [exact S0|split; [nia|split; [|split]]]].
    - clear Rm1 Rm2 M0 E fit. induction F as [|k ks K F IH]; [constructor|]. cbn [flat_map]. apply Forall_app.
      split; [now apply nonnegative_more|exact IH].
    - exact fit.
    - intros i j. destruct (Nat.lt_ge_cases i size) as [I|I]; [rewrite E by exact I|rewrite (entry_beyond size size') by (try exact fit; now left);
        nia].
      clear Rm1 Rm2 M0 E fit. unfold many. induction F as [|k ks K F IH]; [cbn; lia|]. cbn [zsum]. pose proof (Uint63.to_Z_bounded (snd k)).
      specialize (B (Z.to_nat (fst (fst k)) + i)%nat (Z.to_nat (snd (fst k)) + j)%nat).
      pose proof (entry_bounds p (Z.to_nat (fst (fst k)) + i)%nat (Z.to_nat (snd (fst k)) + j)%nat). destruct (affordable G G' k); nia.
    - intros i j I J. rewrite E by exact I. clear Rm1 Rm2 M0 E fit.
      induction F as [|k ks K F IH]; [cbn [flat_map zsum]; rewrite Z.mul_0_r; apply bounds_zero|].
      cbn [flat_map zsum]. rewrite weight_app, Z.mul_add_distr_l. apply bounds_add; [now apply (one_more _ (snd g))|exact IH].
  Qed.

  Lemma prepare_room n g : 0 <= n <= 2 ^ 61 -> n * snd (fst (prepare up n g)) < 2 ^ 63.
  Proof.
    unfold prepare. destruct g as [s b]. intros N. destruct (Z.ltb_spec (n * b) (2 ^ 63)) as [L|L]; cbn [fst snd]; [exact L|].
    set (b' := Z.min b (2 ^ 63 - 1)). set (x := n * b'). set (more := Z.log2 x + 1 - 62).
    assert (b0 : 0 < b) by nia. assert (n0 : 0 < n) by nia. assert (b1 : 0 < b') by (unfold b'; lia).
    assert (x0 : 2 ^ 62 <= x) by (unfold x, b'; destruct (Z.min_spec b (2 ^ 63 - 1)) as [[_ ->]|[_ ->]]; nia).
    assert (m0 : 0 < more). { unfold more. pose proof (Z.log2_le_mono _ _ x0) as H. rewrite Z.log2_pow2 in H by lia. lia. }
    assert (X : x < 2 ^ more * 2 ^ 62).
    { rewrite <- Z.pow_add_r by lia. replace (more + 62) with (Z.succ (Z.log2 x)) by (unfold more; lia). apply Z.log2_spec. lia. }
    assert (P2 : 0 < 2 ^ more) by (apply Z.pow_pos_nonneg; lia).
    assert (D : n * (b' / 2 ^ more) < 2 ^ 62).
    { apply Z.mul_lt_mono_pos_l with (p := 2 ^ more); [exact P2|]. apply Z.le_lt_trans with (2 := X). unfold x.
      pose proof (Z.mul_div_le b' (2 ^ more) P2). nia. }
    rewrite Z.mul_add_distr_l. change (2 ^ 63) with (2 ^ 62 + 2 ^ 61 + 2 ^ 61). lia.
  Qed.

  Lemma coef_prepared n s b p : 0 <= n <= 2 ^ 61 -> 0 <= s -> 0 <= b -> (forall i, coef p i <= b) ->
    let (g, f) := prepare up n (s, b) in 0 <= fst g /\ 0 <= snd g /\ length (f p) = length p /\ forall i, coef (f p) i <= snd g /\
      forall c, bounds up c (2 ^ s * coef p i) -> bounds up c (2 ^ fst g * coef (f p) i).
  Proof.
    unfold prepare. cbv zeta. intros Nt S0 B0 B.
    destruct (Z.ltb_spec (n * b) (2 ^ 63)) as [L|L]; cbn [fst snd]; [now repeat split|].
    set (b' := Z.min b (2 ^ 63 - 1)). set (x := n * b'). set (more := Z.log2 x + 1 - 62).
    assert (b1 : 0 < b) by nia. assert (n0 : 0 < n) by nia. assert (b2 : 0 < b' < 2 ^ 63) by (unfold b'; lia).
    assert (x0 : 2 ^ 62 <= x) by (unfold x, b'; destruct (Z.min_spec b (2 ^ 63 - 1)) as [[_ ->]|[_ ->]]; nia).
    assert (m0 : 0 < more). { unfold more. pose proof (Z.log2_le_mono _ _ x0) as M. rewrite Z.log2_pow2 in M by lia. lia. }
    assert (m1 : more < 2 ^ 63).
    { assert (U : x < 2 ^ 124) by (unfold x; change (2 ^ 124) with (2 ^ 61 * 2 ^ 63); nia).
      apply Z.log2_lt_pow2 in U; [|lia]. unfold more. change (2 ^ 63) with (124 + (2 ^ 63 - 124)). lia. }
    set (w := Uint63.of_Z more).
    assert (Wv : Uint63.to_Z w = more) by (unfold w; rewrite Uint63.of_Z_spec; apply Z.mod_small; change Uint63.wB with (2 ^ 63); lia).
    assert (P2 : 0 < 2 ^ more) by (apply Z.pow_pos_nonneg; lia).
    assert (P3 : 2 <= 2 ^ more) by (change 2 with (2 ^ 1) at 1; apply Z.pow_le_mono_r; lia).
    set (halve := fun y : word => if up then PrimInt63.add (PrimInt63.lsr y w) wone else PrimInt63.lsr y w).
    assert (V : forall y, Uint63.to_Z (halve y) = Uint63.to_Z y / 2 ^ more + if up then 1 else 0).
    { intros y. unfold halve. assert (Q : Uint63.to_Z (PrimInt63.lsr y w) = Uint63.to_Z y / 2 ^ more) by (rewrite Uint63.lsr_spec, Wv; reflexivity).
      destruct up; [|rewrite Q; lia]. rewrite add_exact; rewrite Q; change (Uint63.to_Z wone) with 1; [reflexivity|].
      pose proof (Uint63.to_Z_bounded y) as Y. change Uint63.wB with (2 ^ 63) in Y.
      assert (Uint63.to_Z y / 2 ^ more <= Uint63.to_Z y / 2) by (apply Z.div_le_compat_l; lia).
      assert (Uint63.to_Z y / 2 < 2 ^ 62) by (apply Z.div_lt_upper_bound; [lia|change (2 * 2 ^ 62) with (2 ^ 63); lia]).
      change (2 ^ 63) with (2 ^ 62 + 2 ^ 62). lia. }
    assert (Cv : forall i, (i < length p)%nat -> coef (map halve p) i = coef p i / 2 ^ more + if up then 1 else 0).
    { intros i I. unfold coef. rewrite <- V. f_equal. rewrite (nth_indep _ wzero (halve wzero)) by (now rewrite map_length). apply map_nth. }
    assert (Co : forall i, (length p <= i)%nat -> coef (map halve p) i = 0 /\ coef p i = 0).
    { intros i I. unfold coef. rewrite !nth_overflow by (rewrite ?map_length; exact I). split; reflexivity. }
    split; [lia|]. pose proof (Z.div_pos b' (2 ^ more) ltac:(lia) P2) as q0. split; [lia|]. split; [apply map_length|].
    intros i. fold halve. specialize (B i). pose proof (coef_bounds p i). split.
    - destruct (Nat.lt_ge_cases i (length p)) as [I|I]; [|destruct (Co i I) as [-> _]; lia]. rewrite Cv by exact I.
      assert (coef p i / 2 ^ more <= b' / 2 ^ more) by (apply Z.div_le_mono; [exact P2|unfold b'; lia]). destruct up; lia.
    - intros c H1. rewrite Z.pow_add_r by lia. rewrite <- Z.mul_assoc. assert (S2 : 0 < 2 ^ s) by (apply Z.pow_pos_nonneg; lia).
      destruct (Nat.lt_ge_cases i (length p)) as [J|J].
      + rewrite Cv by exact J. pose proof (Z.div_mod (coef p i) (2 ^ more) ltac:(lia)). pose proof (Z.mod_pos_bound (coef p i) (2 ^ more) P2).
        unfold bounds in *. destruct up; nia.
      + destruct (Co i J) as [-> E]. rewrite E in H1. now rewrite Z.mul_0_r.
  Qed.


  Lemma rep_prepared n g p l : 0 <= n <= 2 ^ 61 -> rep g p l -> rep (fst (prepare_rows up n g)) (snd (prepare_rows up n g) p) l.
  Proof.
    destruct g as [s b]. intros Nt [N [S0 [B0 [O [B H]]]]]. cbn [fst snd] in *. unfold prepare_rows.
    pose proof (fun a => coef_prepared n s b a Nt S0 B0) as Q.
    pose proof (Q [] ltac:(intros j; rewrite coef_nil; exact B0)) as Q0.
    destruct (prepare up n (s, b)) as [g f]. cbn [fst snd]. destruct Q0 as [S1 [B1 [L1 Q0]]].
    assert (fnil : f [] = []) by (destruct (f []); [reflexivity|cbn [length] in L1; lia]).
    assert (E : forall i j, entry (map f p) i j = coef (f (nth i p [])) j).
    { intros i j. unfold entry. rewrite <- fnil at 1. now rewrite map_nth. }
    assert (Bi : forall i j, coef (nth i p []) j <= b) by (intros i j; exact (B i j)).
    split; [exact N|]. split; [exact S1|]. split; [exact B1|]. split.
    { destruct O as [L R]. split; [now rewrite map_length|]. apply Forall_forall. intros a I. apply in_map_iff in I. destruct I as [a' [<- I]].
      rewrite Forall_forall in R. specialize (R a' I). destruct (In_nth _ _ [] I) as [i [_ Ei]].
      destruct (Q a' ltac:(intros j; rewrite <- Ei; apply Bi)) as [_ [_ [-> _]]]. exact R. }
    split; intros i j; rewrite E; destruct (Q (nth i p []) (Bi i)) as [_ [_ [_ K]]]; [apply K|]. intros I J. apply K. exact (H i j I J).
  Qed.

  Lemma rep_one : rep (0, 1) (nothing_spent G G') [((0, 0), 1)].
  Proof.
    unfold nothing_spent. set (last := repeat wzero (Z.to_nat G' - 1) ++ [wone]).
    assert (E : forall i j, entry (repeat [] (Z.to_nat G - 1) ++ [last]) i j = if ((i =? size - 1) && (j =? size' - 1))%nat then 1 else 0).
    { intros i j. unfold entry. destruct (Nat.eqb_spec i (size - 1)) as [->|D]; cbn [andb].
      - unfold size. rewrite app_nth2; rewrite repeat_length; [|lia]. rewrite Nat.sub_diag. cbn [nth]. unfold last, coef. fold size'.
        destruct (Nat.eqb_spec j (size' - 1)) as [->|D'].
        + rewrite app_nth2; rewrite repeat_length; [|lia]. now rewrite Nat.sub_diag.
        + destruct (Nat.lt_ge_cases j (size' - 1)) as [J|J].
          * rewrite app_nth1 by (rewrite repeat_length; exact J). now rewrite nth_repeat.
          * rewrite nth_overflow; [easy|]. rewrite app_length, repeat_length. cbn [length]. lia.
      - destruct (Nat.lt_ge_cases i (size - 1)) as [J|J].
        + unfold size in J. rewrite app_nth1 by (rewrite repeat_length; exact J). rewrite nth_repeat. apply coef_nil.
        + rewrite nth_overflow; [apply coef_nil|]. rewrite app_length, repeat_length. cbn [length]. unfold size in *. lia. }
    split; [repeat constructor; cbn; lia|]. cbn [fst snd]. split; [lia|]. split; [lia|]. split.
    { split; [rewrite app_length, repeat_length; cbn [length]; unfold size; lia|]. apply Forall_app.
      split; [apply Forall_forall; intros a I; apply repeat_spec in I; subst a; cbn [length]; lia|]. constructor; [|constructor].
      unfold last. rewrite app_length, repeat_length. cbn [length]. unfold size'. lia. }
    split; intros i j; rewrite E; [destruct (_ && _); lia|]. intros I J.
    unfold weight, at_costs. cbn [zsum fst snd]. replace (0 =? G - 1 - Z.of_nat i) with (i =? size - 1)%nat by
      (destruct (Nat.eqb_spec i (size - 1)), (Z.eqb_spec 0 (G - 1 - Z.of_nat i)); unfold size in *; lia).
    replace (0 =? G' - 1 - Z.of_nat j) with (j =? size' - 1)%nat by
      (destruct (Nat.eqb_spec j (size' - 1)), (Z.eqb_spec 0 (G' - 1 - Z.of_nat j)); unfold size' in *; lia).
    destruct (_ && _); unfold bounds; destruct up; cbn; lia.
  Qed.

  Variable d : nat.
  Variable C : list (position priced).
  Definition prices_fine (C : list (position priced)) :=
    Forall (fun c => (position_fine priced price_ok c /\ length (snd c) = d) /\ 0 <= measured weight_of c <= 2 ^ 61) C.
  Hypothesis C_fine : prices_fine C.
  Definition all_weights (C : list (position priced)) : list weighty := costs priced weighty more ((0, 0), 1) C (repeat true d).
  Let found := weighed up G G' d C.

  Lemma weighed_ok : exists b, stands_for (fst found) b (snd found) (all_weights C).
  Proof.
    unfold found, weighed. cbv zeta. cbn [fst snd]. eexists.
    apply (states_ok priced matrix [] (nothing_spent G G') add_rows (times G G') weighty more ((0, 0),
      1) price_ok unit_bound weight_of (prepare_rows up)
      (fun n g => (fst g, n * snd g)) (0, 1) room rep added) with (enough_tokens := fun n => 0 <= n <= 2 ^ 61); try exact C_fine.
    - intros k. apply Uint63.to_Z_bounded.
    - unfold room. intros [s b] n n' [R1 R2] L. cbn [fst snd] in *. destruct (Z.le_gt_cases 0 b); nia.
    - intros g n n' p l [g0 [N [S0 [B0 [O [B K]]]]]] L. split; [exact g0|]. split; [exact N|]. split; [exact S0|]. split; [nia|]. split; [exact O|].
      split; [|exact K]. intros i j. specialize (B i j). nia.
    - apply stands_none; cbn [fst snd]; lia.
    - exact rep_one.
    - intros. now apply added_plus.
    - intros. now apply added_times.
    - intros g n p l l' H [g0 [N R]]. split; [exact g0|]. split; [unfold nonnegative in *; now rewrite <- H|]. destruct R as [S0 [B0 [O [B K]]]].
      repeat (split; [assumption|]). intros i j I J. unfold weight. rewrite <- (zsum_perm _ _ _ H). now apply K.
    - intros [s b] n p l [_ H]. exact H.
    - intros n g H. unfold prepare_rows, room. pose proof (prepare_room n g H) as Rm. destruct (prepare _ _ g) as [g' f].
      cbn [fst snd] in *. lia.
    - exact rep_prepared.
  Qed.

  (* The walks that leave just so much of the first budget, and at least so much of the second one. *)
  Lemma row_ok i y : (i < size)%nat ->
    bounds up (weight (at_cost (G - 1 - Z.of_nat i) (G' - 1 - Z.of_nat y)) (all_weights C)) (2 ^ fst found * total_of (skip y (nth i (snd found)
      []))).
  Proof.
    intros I. destruct weighed_ok as [b [N [_ [_ [O [_ H]]]]]]. rewrite weight_at_cost by exact N.
    replace (Z.to_nat (G' - 1 - Z.of_nat y + 1)) with (size' - y)%nat by (unfold size'; lia).
    rewrite (total_of_ok _ (size' - y)), <- zsum_mul.
    - apply bounds_zsum. intros j J. apply in_seq in J. rewrite coef_skip.
      replace (G' - 1 - Z.of_nat y - Z.of_nat j) with (G' - 1 - Z.of_nat (y + j)) by lia.
      apply H; [exact I|lia].
    - intros j J. rewrite coef_skip. apply (entry_beyond size size' _ i); [exact O|lia].
  Qed.

  (* The walks that leave at least so much of the first budget, and just so much of the second one. *)
  Theorem column_ok x j : (j < size')%nat ->
    bounds up (weight (at_second_cost (G - 1 - Z.of_nat x) (G' - 1 - Z.of_nat j)) (all_weights C))
      (2 ^ fst found * total_of (map (fun r => nth j r wzero) (skip x (snd found)))).
  Proof.
    intros J. destruct weighed_ok as [b [N [_ [_ [O [_ H]]]]]]. rewrite weight_at_second_cost by exact N.
    replace (Z.to_nat (G - 1 - Z.of_nat x + 1)) with (size - x)%nat by (unfold size; lia).
    assert (E : forall i, coef (map (fun r => nth j r wzero) (skip x (snd found))) i = entry (snd found) (x + i) j).
    { intros i. unfold entry, coef. rewrite <- nth_skip. f_equal. replace wzero with (nth j [] wzero) at 1 by now destruct j.
      apply (map_nth (fun r => nth j r wzero)). }
    rewrite (total_of_ok _ (size - x)), <- zsum_mul.
    - apply bounds_zsum. intros i I. apply in_seq in I. rewrite E. replace (G - 1 - Z.of_nat x - Z.of_nat i) with (G - 1 - Z.of_nat (x + i)) by lia.
      apply H; [lia|exact J].
    - intros i I. rewrite E. apply (entry_beyond size size'); [exact O|lia].
  Qed.

  (* Those that leave at least so much of both. *)
  Theorem rows_ok x y : bounds up (weight (within_costs (G - 1 - Z.of_nat x) (G' - 1 - Z.of_nat y)) (all_weights C))
    (2 ^ fst found * zsum (fun r => total_of (skip y r)) (skip x (snd found))).
  Proof.
    assert (W' := weighed_ok). destruct W' as [b [N [_ [_ [O [_ H]]]]]]. rewrite weight_within by exact N.
    replace (Z.to_nat (G - 1 - Z.of_nat x + 1)) with (size - x)%nat by (unfold size; lia).
    assert (T : total_of (skip y []) = 0) by (now destruct y).
    rewrite (zsum_nth _ [] _ T (size - x)), <- zsum_mul.
    - apply bounds_zsum. intros i I. apply in_seq in I. rewrite nth_skip.
      replace (G - 1 - Z.of_nat x - Z.of_nat i) with (G - 1 - Z.of_nat (x + i)) by lia.
      apply row_ok. lia.
    - intros i I. rewrite nth_skip, nth_overflow; [exact T|]. destruct O as [O _]. apply Nat.le_trans with (1 := O). lia.
  Qed.
End Proof.
