(* Polynomials in two variables, as rows of machine words, and sums of multiples of one of them, each moved by some rows and
   some places. Moving by a cost is the rest of a list, nothing is copied; four multiples are added up in one pass, because a
   pass takes longer than its arithmetic. Main theorem: times_ok. *)
From Coq Require Import ZArith Lia List Bool PeanoNat Uint63.
From Maxcert Require Import Words Blocks.
Import ListNotations.
Open Scope Z_scope.

Local Notation add := PrimInt63.add.
Local Notation mul := PrimInt63.mul.

(* ---------- The program ---------- *)

Definition row := list word.
Definition matrix := list row.
(* Two costs, and how often they are counted. *)
Definition priced := ((Z * Z) * word)%type.

(* k p + q *)
Fixpoint add_times (k : word) (p q : row) : row :=
  match p, q with
  | [], _ => q
  | a :: p, [] => mul k a :: add_times k p []
  | a :: p, b :: q => add (mul k a) b :: add_times k p q
  end.

(* The same for two, three, four multiples; those that end are left out. *)
Fixpoint add_two (k l : word) (p1 p2 q : row) : row :=
  match p2, p1, q with
  | [], _, _ => add_times k p1 q
  | b :: p2, a :: p1, x :: q => add (mul k a) (add (mul l b) x) :: add_two k l p1 p2 q
  | _, _, _ => add_times k p1 (add_times l p2 q)
  end.
Fixpoint add_three (k l m : word) (p1 p2 p3 q : row) : row :=
  match p3, p2, p1, q with
  | [], _, _, _ => add_two k l p1 p2 q
  | _, [], _, _ => add_two k m p1 p3 q
  | _, _, [], _ => add_two l m p2 p3 q
  | c :: p3, b :: p2, a :: p1, x :: q => add (mul k a) (add (mul l b) (add (mul m c) x)) :: add_three k l m p1 p2 p3 q
  | _, _, _, [] => add_times k p1 (add_times l p2 (add_times m p3 q))
  end.
Fixpoint add_four (k l m n : word) (p1 p2 p3 p4 q : row) : row :=
  match p4, p3, p2, p1, q with
  | [], _, _, _, _ => add_three k l m p1 p2 p3 q
  | _, [], _, _, _ => add_three k l n p1 p2 p4 q
  | _, _, [], _, _ => add_three k m n p1 p3 p4 q
  | _, _, _, [], _ => add_three l m n p2 p3 p4 q
  | d :: p4, c :: p3, b :: p2, a :: p1, x :: q =>
      add (mul k a) (add (mul l b) (add (mul m c) (add (mul n d) x))) :: add_four k l m n p1 p2 p3 p4 q
  | _, _, _, _, [] => add_times k p1 (add_times l p2 (add_times m p3 (add_times n p4 q)))
  end.
Fixpoint sum_of (l : list (word * row)) (q : row) : row :=
  match l with
  | (k1, p1) :: (k2, p2) :: (k3, p3) :: (k4, p4) :: l => add_four k1 k2 k3 k4 p1 p2 p3 p4 (sum_of l q)
  | [(k1, p1); (k2, p2); (k3, p3)] => add_three k1 k2 k3 p1 p2 p3 q
  | [(k1, p1); (k2, p2)] => add_two k1 k2 p1 p2 q
  | [(k1, p1)] => add_times k1 p1 q
  | [] => q
  end.

Fixpoint skip {A} (n : nat) (p : list A) : list A := match n, p with S n, _ :: p => skip n p | _, _ => p end.

(* Costs in the order of the second one, equal ones together. *)
Definition compare_costs (c c' : Z * Z) : comparison := match snd c ?= snd c' with Eq => fst c ?= fst c' | o => o end.
Fixpoint with_price (k : priced) (M : list priced) : list priced :=
  match M with
  | [] => [k]
  | k' :: M' =>
      match compare_costs (fst k) (fst k') with
      | Eq => (fst k', add (snd k) (snd k')) :: M'
      | Lt => k :: M
      | Gt => k' :: with_price k M'
      end
  end.
Definition merged (ks : list priced) : list priced := fold_right with_price [] ks.

(* A matrix with its rows from some place on, for each of these places. *)
Fixpoint gaps (from : Z) (bs : list Z) : list nat := match bs with [] => [] | b :: bs => Z.to_nat (b - from) :: gaps b bs end.
Fixpoint suffixes (gs : list nat) (r : row) : list row :=
  match gs with [] => [] | g :: gs => let r := skip g r in r :: suffixes gs r end.
Fixpoint cons_each {A} (l : list A) (ls : list (list A)) : list (list A) :=
  match l, ls with a :: l, as_ :: ls => (a :: as_) :: cons_each l ls | _, _ => [] end.
Definition streams (gs : list nat) (p : matrix) : list matrix :=
  fold_right (fun r => cons_each (suffixes gs r)) (map (fun _ => []) gs) p.
Definition moved (M : list priced) (p : matrix) : list (word * matrix) :=
  map (fun kp : priced * matrix => (snd (fst kp), skip (Z.to_nat (fst (fst (fst kp)))) (snd kp)))
    (combine M (streams (gaps 0 (map (fun k : priced => snd (fst k)) M)) p)).
Definition goes_on (kp : word * matrix) : bool := match snd kp with [] => false | _ => true end.
Fixpoint rows_of (n : nat) (zeros : row) (l : list (word * matrix)) : matrix :=
  match n with
  | O => []
  | S n =>
      let l := filter goes_on l in
      sum_of (map (fun kp => (fst kp, hd [] (snd kp))) l) zeros :: rows_of n zeros (map (fun kp => (fst kp, tl (snd kp))) l)
  end.

Section Program.
  Variables G G' : Z.  (* what costs so much drops out *)
  Definition affordable (k : priced) : bool := (fst (fst k) <? G) && (snd (fst k) <? G').
  Definition times (ks : list priced) (p : matrix) : matrix :=
    rows_of (Z.to_nat G) (repeat wzero (Z.to_nat G')) (moved (merged (filter affordable ks)) p).
End Program.

(* ---------- Its proof ---------- *)

Definition coef (p : row) (i : nat) : Z := Uint63.to_Z (nth i p wzero).
Definition entry (p : matrix) (i j : nat) : Z := coef (nth i p []) j.

Lemma coef_nil i : coef [] i = 0.
Proof. unfold coef. now destruct i. Qed.

Lemma coef_bounds p i : 0 <= coef p i < 2 ^ 63.
Proof. exact (Uint63.to_Z_bounded _). Qed.

Lemma entry_nil i j : entry [] i j = 0.
Proof. unfold entry. destruct i; apply coef_nil. Qed.

Lemma entry_bounds p i j : 0 <= entry p i j < 2 ^ 63.
Proof. apply coef_bounds. Qed.

Lemma add_exact a b : Uint63.to_Z a + Uint63.to_Z b < 2 ^ 63 -> Uint63.to_Z (add a b) = Uint63.to_Z a + Uint63.to_Z b.
Proof.
  intros H. rewrite Uint63.add_spec. apply Z.mod_small. pose proof (Uint63.to_Z_bounded a). pose proof (Uint63.to_Z_bounded b).
  change Uint63.wB with (2 ^ 63). lia.
Qed.

Lemma mul_exact a b : Uint63.to_Z a * Uint63.to_Z b < 2 ^ 63 -> Uint63.to_Z (mul a b) = Uint63.to_Z a * Uint63.to_Z b.
Proof.
  intros H. rewrite Uint63.mul_spec. apply Z.mod_small. pose proof (Uint63.to_Z_bounded a). pose proof (Uint63.to_Z_bounded b).
  change Uint63.wB with (2 ^ 63). nia.
Qed.

Lemma coef_add_times k p : forall q i, Uint63.to_Z k * coef p i + coef q i < 2 ^ 63 ->
  coef (add_times k p q) i = Uint63.to_Z k * coef p i + coef q i.
Proof.
  pose proof (Uint63.to_Z_bounded k) as K.
  induction p as [|a p IH]; intros q i H; [cbn [add_times]; rewrite coef_nil; lia|].
  destruct q as [|b q], i as [|i]; cbn [add_times].
  - unfold coef in *. cbn [nth] in *. change (Uint63.to_Z wzero) with 0 in *. rewrite mul_exact by lia. lia.
  - unfold coef at 1 2. cbn [nth]. fold (coef (add_times k p []) i) (coef p i). rewrite IH; [now rewrite !coef_nil|].
    rewrite coef_nil in *. exact H.
  - unfold coef in *. cbn [nth] in *. pose proof (Uint63.to_Z_bounded a). pose proof (Uint63.to_Z_bounded b).
    rewrite add_exact; rewrite mul_exact by lia; lia.
  - exact (IH q i H).
Qed.

Lemma length_add_times k p : forall q, length (add_times k p q) = Nat.max (length p) (length q).
Proof. induction p as [|a p IH]; intros [|b q]; cbn [add_times length]; rewrite ?IH; cbn [length]; lia. Qed.

(* ---------- Several at once ---------- *)

Lemma add_two_ok k l p2 : forall p1 q, add_two k l p1 p2 q = add_times k p1 (add_times l p2 q).
Proof. induction p2 as [|b p2 IH]; intros [|a p1] [|x q]; cbn [add_two add_times]; try reflexivity. now rewrite IH. Qed.

Lemma add_three_ok k l m p3 : forall p1 p2 q, add_three k l m p1 p2 p3 q = add_times k p1 (add_times l p2 (add_times m p3 q)).
Proof.
  induction p3 as [|c p3 IH]; intros [|a p1] [|b p2] [|x q]; cbn [add_three]; rewrite ?add_two_ok; try reflexivity.
  cbn [add_times]. now rewrite IH.
Qed.

Lemma add_four_ok k l m n p4 : forall p1 p2 p3 q,
  add_four k l m n p1 p2 p3 p4 q = add_times k p1 (add_times l p2 (add_times m p3 (add_times n p4 q))).
Proof.
  induction p4 as [|d p4 IH]; intros [|a p1] [|b p2] [|c p3] [|x q]; cbn [add_four]; rewrite ?add_three_ok; try reflexivity.
  cbn [add_times]. now rewrite IH.
Qed.

Lemma sum_of_ok q : forall l, sum_of l q = fold_right (fun kp => add_times (fst kp) (snd kp)) q l.
Proof.
  fix IH 1. intros [|[k1 p1] [|[k2 p2] [|[k3 p3] [|[k4 p4] l]]]]; cbn [sum_of fold_right fst snd];
    rewrite ?add_four_ok, ?add_three_ok, ?add_two_ok; try reflexivity. now rewrite IH.
Qed.

Lemma coef_sum_of b zeros l : (forall j, coef zeros j = 0) -> Forall (fun kp : word * row => forall j, coef (snd kp) j <= b) l ->
  0 <= b -> zsum (fun kp => Uint63.to_Z (fst kp)) l * b < 2 ^ 63 ->
  forall j, coef (sum_of l zeros) j = zsum (fun kp => Uint63.to_Z (fst kp) * coef (snd kp) j) l.
Proof.
  intros Z0 F b0 S j. rewrite sum_of_ok.
  assert (H : coef (fold_right (fun kp => add_times (fst kp) (snd kp)) zeros l) j = zsum (fun kp => Uint63.to_Z (fst kp) * coef (snd kp) j) l /\
    zsum (fun kp => Uint63.to_Z (fst kp) * coef (snd kp) j) l <= zsum (fun kp => Uint63.to_Z (fst kp)) l * b); [|apply H].
  induction F as [|[k p] l B F IH]; cbn [fold_right zsum fst snd] in *; [rewrite Z0; lia|].
  pose proof (Uint63.to_Z_bounded k). specialize (B j). pose proof (coef_bounds p j).
  assert (N : 0 <= zsum (fun kp : word * row => Uint63.to_Z (fst kp)) l) by (apply zsum_nonneg; intros a _; apply Uint63.to_Z_bounded).
  destruct (IH ltac:(nia)) as [E U]. rewrite coef_add_times; rewrite E; nia.
Qed.

(* ---------- Equal costs together ---------- *)

(* A sum over costs, with how often they are counted. *)
Definition over (F : Z * Z -> Z) (M : list priced) : Z := zsum (fun k => Uint63.to_Z (snd k) * F (fst k)) M.
Definition many (M : list priced) : Z := zsum (fun k : priced => Uint63.to_Z (snd k)) M.
Fixpoint ordered (from : Z) (M : list priced) : Prop := match M with [] => True | k :: M => from <= snd (fst k) /\ ordered (snd (fst k)) M end.

Lemma many_nonneg M : 0 <= many M.
Proof. apply zsum_nonneg. intros k _. apply Uint63.to_Z_bounded. Qed.

Lemma with_price_ordered k M : forall from, from <= snd (fst k) -> ordered from M -> ordered from (with_price k M).
Proof.
  induction M as [|k' M IH]; intros from L O; cbn [with_price ordered] in *; [easy|].
  destruct O as [O1 O2]. unfold compare_costs. destruct (Z.compare_spec (snd (fst k)) (snd (fst k'))) as [E|E|E].
  - destruct (fst (fst k) ?= fst (fst k')); cbn [ordered fst snd]; [easy|rewrite E; repeat split; (lia || easy)|].
    split; [exact O1|]. apply IH; [lia|exact O2].
  - cbn [ordered]. repeat split; (lia || easy).
  - cbn [ordered]. split; [exact O1|]. apply IH; [lia|exact O2].
Qed.

Lemma merged_ordered ks : Forall (fun k : priced => 0 <= snd (fst k)) ks -> ordered 0 (merged ks).
Proof. induction 1; [easy|]. cbn [merged fold_right]. now apply with_price_ordered. Qed.

Lemma over_with_price F k M : many (k :: M) < 2 ^ 63 -> over F (with_price k M) = over F (k :: M) /\ many (with_price k M) = many (k :: M).
Proof.
  induction M as [|k' M IH]; intros H; [easy|]. unfold over, many in *. cbn [with_price zsum] in *. pose proof (many_nonneg M) as N. unfold many in N.
  pose proof (Uint63.to_Z_bounded (snd k)). pose proof (Uint63.to_Z_bounded (snd k')).
  destruct (compare_costs (fst k) (fst k')) eqn:E; cbn [zsum fst snd]; [|easy|destruct (IH ltac:(lia)) as [-> ->]; cbn [zsum]; lia].
  destruct k as [[a b] w], k' as [[a' b'] w']. unfold compare_costs in E. cbn [fst snd] in *. rewrite add_exact by lia.
  destruct (Z.compare_spec b b') as [->|E1|E1]; try discriminate. apply Z.compare_eq in E. subst a. lia.
Qed.

Lemma over_merged F ks : many ks < 2 ^ 63 -> over F (merged ks) = over F ks /\ many (merged ks) = many ks.
Proof.
  induction ks as [|k ks IH]; intros H; [easy|]. cbn [merged fold_right]. fold (merged ks). pose proof (Uint63.to_Z_bounded (snd k)).
  unfold many in H. cbn [zsum] in H. fold (many ks) in H. destruct (IH ltac:(lia)) as [E1 E2].
  destruct (over_with_price F k (merged ks)) as [E3 E4]; [unfold many at 1; cbn [zsum]; fold (many (merged ks)); lia|]. rewrite E3, E4.
  unfold over, many in *. cbn [zsum]. lia.
Qed.

(* ---------- Moving ---------- *)

Lemma coef_skip n : forall p i, coef (skip n p) i = coef p (n + i).
Proof. induction n as [|n IH]; intros p i; [easy|]. destruct p as [|a p]; cbn [skip]; [now rewrite !coef_nil|exact (IH p i)]. Qed.

Lemma nth_skip {A} n (x : A) : forall p i, nth i (skip n p) x = nth (n + i) p x.
Proof. induction n as [|n IH]; intros p i; [easy|]. destruct p as [|a p]; cbn [skip]; [now destruct i|exact (IH p i)]. Qed.

Lemma skip_skip {A} n n' : forall p : list A, skip n' (skip n p) = skip (n + n') p.
Proof. induction n as [|n IH]; intros [|a p]; cbn [skip Nat.add]; [easy|easy|now destruct n'|apply IH]. Qed.

Lemma gaps_length bs : forall from, length (gaps from bs) = length bs.
Proof. induction bs as [|b bs IH]; intros from; cbn [gaps length]; [easy|]. now rewrite IH. Qed.

Definition seconds_of (M : list priced) : list Z := map (fun k : priced => snd (fst k)) M.

Lemma suffixes_ok M r : forall from, 0 <= from -> ordered from M ->
  suffixes (gaps from (seconds_of M)) (skip (Z.to_nat from) r) = map (fun b => skip (Z.to_nat b) r) (seconds_of M).
Proof.
  unfold seconds_of. induction M as [|k M IH]; intros from f0 O; [easy|]. cbn [map gaps suffixes ordered] in *. cbv zeta. destruct O as [O1 O2].
  rewrite skip_skip. replace (Z.to_nat from + Z.to_nat (snd (fst k) - from))%nat with (Z.to_nat (snd (fst k))) by lia. f_equal.
  apply IH; [lia|exact O2].
Qed.

Lemma cons_each_map {A B} (f : B -> A) (g : B -> list A) l : cons_each (map f l) (map g l) = map (fun b => f b :: g b) l.
Proof. induction l as [|b l IH]; [easy|]. cbn [map cons_each]. now rewrite IH. Qed.

Lemma streams_ok M p : ordered 0 M -> streams (gaps 0 (seconds_of M)) p = map (fun b => map (skip (Z.to_nat b)) p) (seconds_of M).
Proof.
  intros O. induction p as [|r p IH]; cbn [streams fold_right map].
  - generalize 0 at 1. induction (seconds_of M) as [|b bs IHb]; intros from; cbn [gaps map]; [easy|]. now rewrite IHb.
  - unfold streams in IH. rewrite IH. pose proof (suffixes_ok M r 0 (Z.le_refl 0) O) as S. change (skip (Z.to_nat 0) r) with r in S. rewrite S.
    apply cons_each_map.
Qed.

Lemma moved_ok M p : ordered 0 M ->
  moved M p = map (fun k => (snd k, skip (Z.to_nat (fst (fst k))) (map (skip (Z.to_nat (snd (fst k)))) p))) M.
Proof.
  intros O. unfold moved. fold (seconds_of M). rewrite (streams_ok M p O). clear O. unfold seconds_of. induction M as [|k M IH]; [easy|].
  cbn [map combine fst snd]. now rewrite IH.
Qed.

Lemma nth_rows_of zeros n : forall l i, (i < n)%nat ->
  nth i (rows_of n zeros l) [] = sum_of (map (fun kp => (fst kp, nth i (snd kp) [])) l) zeros.
Proof.
  assert (ends : forall i l, sum_of (map (fun kp : word * matrix => (fst kp, nth i (snd kp) [])) (filter goes_on l)) zeros =
    sum_of (map (fun kp : word * matrix => (fst kp, nth i (snd kp) [])) l) zeros).
  { intros i l. rewrite !sum_of_ok. induction l as [|[k [|r p]] l IH]; cbn [filter goes_on snd map fold_right fst]; [easy| |now rewrite IH].
    rewrite IH. now destruct i. }
  induction n as [|n IH]; intros l i H; [lia|]. cbn [rows_of]. cbv zeta. etransitivity; [|apply ends].
  destruct i as [|i]; cbn [nth].
  - f_equal. apply map_ext. intros [k [|r p]]; reflexivity.
  - rewrite IH by lia. rewrite map_map. f_equal. apply map_ext. cbn [fst snd]. intros [k [|r p]]; cbn [fst snd tl]; [now destruct i|reflexivity].
Qed.

Lemma length_rows_of zeros n : forall l, length (rows_of n zeros l) = n.
Proof. induction n as [|n IH]; intros l; cbn [rows_of length]; [easy|]. now rewrite IH. Qed.

(* No row is longer than so much, and there are no more rows. *)
Definition fits (n n' : nat) (p : matrix) := (length p <= n)%nat /\ Forall (fun r : row => (length r <= n')%nat) p.

Lemma length_skip {A} n : forall p : list A, (length (skip n p) <= length p)%nat.
Proof. induction n as [|n IH]; intros [|a p]; cbn [skip length]; try lia. specialize (IH p). lia. Qed.

Lemma skip_incl {A} n : forall p : list A, incl (skip n p) p.
Proof. induction n as [|n IH]; intros [|a p]; cbn [skip]; try apply incl_refl. now apply incl_tl. Qed.

Lemma entry_beyond n n' p i j : fits n n' p -> (n <= i \/ n' <= j)%nat -> entry p i j = 0.
Proof.
  intros [L F] [I|J]; unfold entry; [rewrite nth_overflow by lia; apply coef_nil|]. unfold coef. rewrite nth_overflow; [reflexivity|].
  destruct (Nat.lt_ge_cases i (length p)) as [I|I].
  - rewrite Forall_forall in F. specialize (F _ (nth_In p [] I)). cbv beta in F. lia.
  - rewrite (nth_overflow p) by exact I. cbn [length]. lia.
Qed.

Lemma rows_of_fit n' zeros : (length zeros <= n')%nat -> forall n l,
  Forall (fun kp : word * matrix => Forall (fun r : row => (length r <= n')%nat) (snd kp)) l ->
  fits n n' (rows_of n zeros l).
Proof.
  intros Z0 n l F. split; [now rewrite length_rows_of|]. revert l F. induction n as [|n IH]; intros l F; cbn [rows_of]; constructor;
    apply (incl_Forall (incl_filter goes_on l)) in F; revert F; generalize (filter goes_on l); clear l; intros l F.
  - rewrite sum_of_ok. induction F as [|[k p] l H F IHl]; cbn [map fold_right fst snd] in *; [exact Z0|]. rewrite length_add_times.
    apply Nat.max_lub; [|exact IHl]. destruct H; cbn [hd length]; [lia|assumption].
  - apply IH. apply Forall_map. eapply Forall_impl; [|exact F]. cbn [fst snd]. intros [k p] H. cbn [snd] in *. destruct H; cbn [tl]; auto.
Qed.

Section Times.
  Variables G G' : Z.
  Variable ks : list priced.
  Variable p : matrix.
  Variable b : Z.
  Hypothesis b0 : 0 <= b.
  Hypothesis below_b : forall i j, entry p i j <= b.
  Hypothesis costs0 : Forall (fun k : priced => 0 <= snd (fst k)) ks.
  Hypothesis few : many ks < 2 ^ 63.
  Hypothesis small : many ks * b < 2 ^ 63.

  Lemma many_filter f : many (filter f ks) <= many ks.
  Proof.
    unfold many. clear. induction ks as [|k l IH]; [easy|]. cbn [filter zsum]. pose proof (Uint63.to_Z_bounded (snd k)).
    destruct (f k); cbn [zsum]; lia.
  Qed.

  Theorem times_ok i j : (i < Z.to_nat G)%nat -> entry (times G G' ks p) i j =
    zsum (fun k => if affordable G G' k then Uint63.to_Z (snd k) * entry p (Z.to_nat (fst (fst k)) + i) (Z.to_nat (snd (fst k)) + j) else 0) ks.
  Proof.
    intros I. unfold times. set (ks' := filter _ ks). assert (L : many ks' <= many ks) by apply many_filter.
    assert (O : ordered 0 (merged ks')).
    { apply merged_ordered. unfold ks'. apply Forall_forall. intros k J. apply filter_In in J. rewrite Forall_forall in costs0. now apply costs0. }
    rewrite (moved_ok _ p O). unfold entry at 1. rewrite nth_rows_of, map_map by exact I. cbn [fst snd].
    destruct (over_merged (fun c => entry p (Z.to_nat (fst c) + i) (Z.to_nat (snd c) + j)) ks' ltac:(lia)) as [E1 E2].
    assert (skipped : forall k : priced, nth i (skip (Z.to_nat (fst (fst k))) (map (skip (Z.to_nat (snd (fst k)))) p)) [] =
      skip (Z.to_nat (snd (fst k))) (nth (Z.to_nat (fst (fst k)) + i) p [])).
    { intros k. rewrite nth_skip. set (n := Z.to_nat (snd (fst k))). replace (@nil word) with (skip n (@nil word)) at 1 by now destruct n.
      apply map_nth. }
    rewrite (coef_sum_of b).
    - rewrite zsum_map. cbn [fst snd]. transitivity (over (fun c => entry p (Z.to_nat (fst c) + i) (Z.to_nat (snd c) + j)) (merged ks')).
      + unfold over. apply zsum_ext. intros k _. f_equal. rewrite skipped, coef_skip. reflexivity.
      + rewrite E1. unfold over, ks'. clear. induction ks as [|k l IH]; [easy|]. cbn [filter zsum].
        destruct k as [[a c] w], (affordable G G' _); cbn [zsum fst snd] in *; rewrite IH; reflexivity.
    - intros j'. unfold coef. now rewrite nth_repeat.
    - apply Forall_map, Forall_forall. intros k _ j'. cbn [snd]. rewrite skipped, coef_skip. apply below_b.
    - exact b0.
    - rewrite zsum_map. cbn [fst]. change (many (merged ks') * b < 2 ^ 63). rewrite E2. pose proof (many_nonneg ks'). nia.
  Qed.

  Lemma times_fit n n' : n = Z.to_nat G -> n' = Z.to_nat G' -> Forall (fun r : row => (length r <= n')%nat) p -> fits n n' (times G G' ks p).
  Proof.
    intros -> -> F. unfold times. apply rows_of_fit; [rewrite repeat_length; lia|]. rewrite moved_ok.
    - apply Forall_map, Forall_forall. intros k _. cbn [snd]. apply Forall_forall. intros r I. apply skip_incl in I. apply in_map_iff in I.
      destruct I as [r' [<- I]]. rewrite Forall_forall in F. specialize (F r' I). cbv beta in F.
      pose proof (length_skip (Z.to_nat (snd (fst k))) r'). lia.
    - apply merged_ordered. apply Forall_forall. intros k J. apply filter_In in J. rewrite Forall_forall in costs0. now apply costs0.
  Qed.
End Times.
