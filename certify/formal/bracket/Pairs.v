(* Counting walks by two costs at once, each with a budget of its own: where two outputs win together, or one without the
   other. Polynomials have two variables: lists of rows, by what the first cost leaves, of words, by what the second leaves.
   Main theorems: pair_at_most, pair_at_least. *)
From Coq Require Import Reals ZArith Lia List Bool PeanoNat Permutation Uint63.
From Maxcert Require Import Integers Words Sequences Blocks Fillings States Budgets Charges.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

Definition two := (int * int)%type.

Fixpoint add_rows (p q : list (list word)) : list (list word) :=
  match p, q with
  | [], _ => q
  | _, [] => p
  | a :: p, b :: q => add_times wone a b :: add_rows p q
  end.

(* The costs of both, side by side. *)
Definition side_by_side (c c' : position int) : position two :=
  (combine (fst c) (fst c'), map (fun ab => ((fst (fst ab), fst (snd ab)), (snd (fst ab), snd (snd ab)))) (combine (snd c) (snd c'))).

Section Program.
  Variable up : bool.
  Variables G G' : Z.

  Definition dearer_rows (e : two) (p : list (list word)) : list (list word) :=
    if affordable G (fst e) && affordable G' (snd e)
    then map (skip (Z.to_nat (toZ (snd e)))) (skip (Z.to_nat (toZ (fst e))) p) else [].
  Definition product_rows (es : list two) (p : list (list word)) : list (list word) :=
    fold_right (fun e q => add_rows (dearer_rows e p) q) [] es.
  Definition prepare_rows (n : nat) (g : unit_bound) : unit_bound * (list (list word) -> list (list word)) :=
    let (g, f) := prepare up n g in (g, map f).

  Definition cheap_pairs (d : nat) (C : list (position two)) : Z :=
    let gt := states [] (repeat [] (Z.to_nat G - 1) ++ [repeat wzero (Z.to_nat G' - 1) ++ [wone]]) add_rows dearer_rows product_rows prepare_rows
      (fun n g => (fst g, Z.of_nat n * snd g)) (0, 1) d C in
    2 ^ fst (fst gt) * zsum total_of (all_missing_in (snd gt)).
End Program.

(* The number of sequences where two events happen. *)
Definition both_win (up : bool) (d k : nat) (c c' : event) : Z :=
  match charges up d k c, charges up d k c' with
  | Some (G, C), Some (G', C') => cheap_pairs up G G' d (map (fun cc => side_by_side (fst cc) (snd cc)) (combine C C'))
  | _, _ => 0
  end.

(* ---------- Its proof ---------- *)

Definition entry_at (p : list (list word)) (i j : nat) : Z := coef (nth i p []) j.
Definition seconds (z : Z) (l : list (Z * Z)) : list Z := map snd (filter (fun ab => fst ab =? z) l).
Definition pairs_of (l : list (Z * Z)) (z z' : Z) : Z := how_many (seconds z l) z'.
Definition nonnegative_pairs (l : list (Z * Z)) := Forall (fun ab => 0 <= fst ab /\ 0 <= snd ab) l.

Lemma entry_nil i j : entry_at [] i j = 0.
Proof. unfold entry_at. destruct i; apply coef_nil. Qed.

Lemma entry_bounds p i j : 0 <= entry_at p i j < 2 ^ 63.
Proof. apply coef_bounds. Qed.

Lemma entry_add p : forall q i j, entry_at p i j + entry_at q i j < 2 ^ 63 -> entry_at (add_rows p q) i j = entry_at p i j + entry_at q i j.
Proof.
  induction p as [|a p IH]; intros q i j H; [cbn [add_rows]; rewrite entry_nil; lia|].
  destruct q as [|b q]; [cbn [add_rows]; rewrite entry_nil; lia|]. cbn [add_rows]. unfold entry_at in *. destruct i as [|i]; cbn [nth] in *.
  - rewrite coef_add_times; change (Uint63.to_Z wone) with 1; lia.
  - now apply IH.
Qed.

Lemma length_add_rows p : forall q, length (add_rows p q) = Nat.max (length p) (length q).
Proof. induction p as [|a p IH]; intros [|b q]; cbn [add_rows length]; rewrite ?IH; lia. Qed.

Lemma nth_skip {A} n (x : A) : forall p i, nth i (skip n p) x = nth (n + i) p x.
Proof. induction n as [|n IH]; intros p i; [easy|]. destruct p as [|a p]; cbn [skip]; [now destruct i|exact (IH p i)]. Qed.

Lemma entry_skip n n' p i j : entry_at (map (skip n') (skip n p)) i j = entry_at p (n + i) (n' + j).
Proof.
  unfold entry_at. replace (nth i (map (skip n') (skip n p)) []) with (skip n' (nth i (skip n p) [])).
  - now rewrite coef_skip, nth_skip.
  - rewrite <- (map_nth (skip n')). now destruct n'.
Qed.

Lemma seconds_app z l l' : seconds z (l ++ l') = seconds z l ++ seconds z l'.
Proof. unfold seconds. now rewrite filter_app, map_app. Qed.

Lemma pairs_app l l' z z' : pairs_of (l ++ l') z z' = pairs_of l z z' + pairs_of l' z z'.
Proof. unfold pairs_of. rewrite seconds_app. apply how_many_app. Qed.

Lemma pairs_dearer a b l z z' : pairs_of (map (fun e => (a + fst e, b + snd e)) l) z z' = pairs_of l (z - a) (z' - b).
Proof.
  unfold pairs_of. rewrite <- how_many_dearer. f_equal. unfold seconds. induction l as [|[x y] l IH]; [easy|]. cbn [map filter fst snd].
  replace (a + x =? z) with (x =? z - a) by (destruct (Z.eqb_spec x (z - a)), (Z.eqb_spec (a + x) z); lia).
  destruct (x =? z - a); cbn [map fst snd]; now rewrite IH.
Qed.

Lemma seconds_nonnegative z l : nonnegative_pairs l -> Forall (fun e => 0 <= e) (seconds z l).
Proof.
  intros N. apply Forall_forall. intros y I. apply in_map_iff in I. destruct I as [ab [<- I]]. apply filter_In in I.
  unfold nonnegative_pairs in N. rewrite Forall_forall in N. now apply N.
Qed.

Lemma pairs_negative l z z' : nonnegative_pairs l -> z < 0 \/ z' < 0 -> pairs_of l z z' = 0.
Proof.
  intros N [H|H].
  - unfold pairs_of, seconds. replace (filter (fun ab => fst ab =? z) l) with (@nil (Z * Z)); [easy|]. induction N as [|ab l A N IH]; [easy|].
    cbn [filter]. destruct (Z.eqb_spec (fst ab) z); [lia|exact IH].
  - apply how_many_negative; [now apply seconds_nonnegative|exact H].
Qed.

Lemma pairs_same l l' : Permutation l l' -> forall z z', pairs_of l z z' = pairs_of l' z z'.
Proof.
  induction 1 as [|x l l' H IH|x y l|l l' l'' H IH H' IH']; intros z z'; [easy| | |now rewrite IH].
  - change (x :: l) with ([x] ++ l). change (x :: l') with ([x] ++ l'). now rewrite !pairs_app, IH.
  - change (y :: x :: l) with ([y] ++ [x] ++ l). change (x :: y :: l) with ([x] ++ [y] ++ l). rewrite !pairs_app. lia.
Qed.

Lemma pairs_below n n' l : nonnegative_pairs l ->
  Z.of_nat (length (filter (fun ab => (fst ab <? Z.of_nat n) && (snd ab <? Z.of_nat n')) l)) =
  zsum (fun i => zsum (fun j => pairs_of l (Z.of_nat n - 1 - Z.of_nat i) (Z.of_nat n' - 1 - Z.of_nat j)) (seq 0 n')) (seq 0 n).
Proof.
  intros N. rewrite (zsum_ext _ (fun i => how_many (map fst (filter (fun ab => snd ab <? Z.of_nat n') l)) (Z.of_nat n - 1 - Z.of_nat i))).
  - rewrite <- how_many_below.
    + f_equal. clear N. induction l as [|[x y] l IH]; [easy|]. cbn [filter fst snd]. destruct (y <? Z.of_nat n'); cbn [map filter fst];
        destruct (x <? Z.of_nat n); cbn [andb length]; now rewrite ?IH.
    + apply Forall_forall. intros x I. apply in_map_iff in I. destruct I as [ab [<- I]]. apply filter_In in I.
      unfold nonnegative_pairs in N. rewrite Forall_forall in N. now apply N.
  - intros i _. set (z := Z.of_nat n - 1 - Z.of_nat i). unfold pairs_of. rewrite <- how_many_below by now apply seconds_nonnegative.
    unfold how_many. f_equal. clear N. unfold seconds. induction l as [|[x y] l IH]; [easy|]. cbn [filter fst snd].
    destruct (Z.eqb_spec x z) as [->|D]; cbn [map filter snd]; destruct (y <? Z.of_nat n'); cbn [map count_occ fst length]; rewrite ?IH; try reflexivity;
      destruct (Z.eq_dec _ z); try reflexivity; contradiction.
Qed.

Section Proof.
  Variable up : bool.
  Variables G G' : Z.
  Hypothesis G0 : 0 < G.
  Hypothesis G0' : 0 < G'.
  Let size := Z.to_nat G.
  Let size' := Z.to_nat G'.

  Definition two_costs (e : two) (s : Z * Z) : Z * Z := (toZ (fst e) + fst s, toZ (snd e) + snd s).
  Definition two_fine (e : two) : Prop := 0 <= toZ (fst e) /\ 0 <= toZ (snd e).

  Definition stand_for (g : unit_bound) (n : nat) (p : list (list word)) (l : list (Z * Z)) :=
    nonnegative_pairs l /\ (length p <= size)%nat /\ Forall (fun a : list word => (length a <= size')%nat) p /\ 0 <= fst g /\ 0 <= snd g /\
    (forall i j, entry_at p i j <= Z.of_nat n * snd g) /\
    forall i j, (i < size)%nat -> (j < size')%nat ->
      bounds_count up (pairs_of l (G - 1 - Z.of_nat i) (G' - 1 - Z.of_nat j)) (2 ^ fst g * entry_at p i j).

  Lemma stand_none g n : 0 <= fst g -> 0 <= snd g -> stand_for g n [] [].
  Proof.
    intros S0 B0. split; [constructor|]. split; [cbn [length]; lia|]. split; [constructor|]. split; [exact S0|]. split; [exact B0|].
    split; intros i j; rewrite entry_nil; [nia|]. intros _ _. unfold bounds_count, pairs_of, how_many. cbn. destruct up; lia.
  Qed.

  Lemma stand_plus g n n' p q l l' : room g (n + n') -> stand_for g n p l -> stand_for g n' q l' -> stand_for g (n + n') (add_rows p q) (l ++ l').
  Proof.
    unfold room. intros Rm [N [L [R [S0 [B0 [B H]]]]]] [N' [L' [R' [_ [_ [B' H']]]]]].
    assert (E : forall i j, entry_at (add_rows p q) i j = entry_at p i j + entry_at q i j).
    { intros i j. apply entry_add. specialize (B i j). specialize (B' i j). lia. }
    split; [now apply Forall_app|]. split; [rewrite length_add_rows; lia|]. split.
    { clear - R R'. revert q R'. induction R as [|a p A R IH]; intros [|b q] R'; cbn [add_rows]; try assumption; [now constructor|].
      inversion R'; subst. constructor; [rewrite length_add_times; lia|now apply IH]. }
    split; [exact S0|]. split; [exact B0|].
    split; intros i j; [rewrite E; specialize (B i j); specialize (B' i j); lia|]. intros I J. rewrite E, pairs_app, Z.mul_add_distr_l.
    apply (bounds_count_add up G G0); auto.
  Qed.

  Lemma stand_dearer g n e p l : two_fine e -> stand_for g n p l -> stand_for g n (dearer_rows G G' e p) (map (two_costs e) l).
  Proof.
    intros [e0 e0'] [N [L [R [S0 [B0 [B H]]]]]].
    assert (beyond : forall i j, (size <= i)%nat \/ (size' <= j)%nat -> entry_at p i j = 0).
    { intros i j [I|J]; unfold entry_at.
      - rewrite nth_overflow by lia. apply coef_nil.
      - unfold coef. rewrite nth_overflow; [reflexivity|]. destruct (Nat.lt_ge_cases i (length p)) as [K|K].
        + rewrite Forall_forall in R. specialize (R _ (nth_In p [] K)). lia.
        + rewrite (nth_overflow p) by exact K. cbn [length]. lia. }
    split. { unfold nonnegative_pairs in *. apply Forall_map. eapply Forall_impl; [|exact N]. intros [x y] [X Y]. unfold two_costs. cbn [fst snd] in *. lia. }
    assert (main : forall i j, (i < size)%nat -> (j < size')%nat -> bounds_count up (pairs_of (map (two_costs e) l) (G - 1 - Z.of_nat i) (G' - 1 - Z.of_nat j))
      (2 ^ fst g * if affordable G (fst e) && affordable G' (snd e) then entry_at p (Z.to_nat (toZ (fst e)) + i) (Z.to_nat (toZ (snd e)) + j) else 0)).
    { intros i j I J. change (two_costs e) with (fun s : Z * Z => (toZ (fst e) + fst s, toZ (snd e) + snd s)). rewrite pairs_dearer.
      assert (none : forall a, a = 0 -> G - 1 - Z.of_nat i - toZ (fst e) < 0 \/ G' - 1 - Z.of_nat j - toZ (snd e) < 0 ->
        bounds_count up (pairs_of l (G - 1 - Z.of_nat i - toZ (fst e)) (G' - 1 - Z.of_nat j - toZ (snd e))) (2 ^ fst g * a)).
      { intros a -> O. rewrite (pairs_negative l _ _ N O). unfold bounds_count. destruct up; lia. }
      unfold affordable. rewrite !toZ_leb, !toZ_ofZ.
      destruct (Z.leb_spec G (toZ (fst e))); cbn [negb andb]; [apply none; [easy|lia]|].
      destruct (Z.leb_spec G' (toZ (snd e))); cbn [negb]; [apply none; [easy|lia]|].
      destruct (Nat.lt_ge_cases (Z.to_nat (toZ (fst e)) + i) size) as [O|O]; [|apply none; [apply beyond; now left|unfold size in O; lia]].
      destruct (Nat.lt_ge_cases (Z.to_nat (toZ (snd e)) + j) size') as [O'|O']; [|apply none; [apply beyond; now right|unfold size' in O'; lia]].
      specialize (H _ _ O O').
      replace (G - 1 - Z.of_nat i - toZ (fst e)) with (G - 1 - Z.of_nat (Z.to_nat (toZ (fst e)) + i)) by lia.
      replace (G' - 1 - Z.of_nat j - toZ (snd e)) with (G' - 1 - Z.of_nat (Z.to_nat (toZ (snd e)) + j)) by lia. exact H. }
    unfold dearer_rows. destruct (affordable G (fst e) && affordable G' (snd e)).
    - split; [rewrite map_length; pose proof (length_skip (Z.to_nat (toZ (fst e))) p); lia|]. split.
      { apply Forall_map. assert (K : Forall (fun a : list word => (length a <= size')%nat) (skip (Z.to_nat (toZ (fst e))) p)).
        { clear - R. generalize (Z.to_nat (toZ (fst e))). intros n. revert n. induction R as [|a p A R IH]; intros [|n]; cbn [skip]; try constructor; auto. }
        eapply Forall_impl; [|exact K]. cbv beta. intros a A. pose proof (length_skip (Z.to_nat (toZ (snd e))) a). lia. }
      split; [exact S0|]. split; [exact B0|]. split; intros i j; rewrite entry_skip; [apply B|]. intros I J. now apply main.
    - split; [cbn [length]; lia|]. split; [constructor|]. split; [exact S0|]. split; [exact B0|]. split; intros i j; rewrite entry_nil; [nia|].
      intros I J. now apply main.
  Qed.

  Lemma room_less g n n' : room g n -> (n' <= n)%nat -> room g n'.
  Proof.
    unfold room. destruct g as [s b]. cbn [fst snd]. intros R L. destruct (Z.le_gt_cases 0 b).
    - apply Z.le_lt_trans with (2 := R). apply Z.mul_le_mono_nonneg_r; lia.
    - apply Z.le_lt_trans with 0; [|easy]. apply Z.mul_nonneg_nonpos; lia.
  Qed.

  Lemma stand_product g es p l : room g (length es) -> Forall two_fine es -> stand_for g 1 p l ->
    stand_for g (length es) (product_rows G G' es p) (flat_map (fun e => map (two_costs e) l) es).
  Proof.
    intros Rm F H. induction F as [|e es E F IH]; cbn [product_rows fold_right flat_map length].
    - apply stand_none; apply H.
    - change (S (length es)) with (1 + length es)%nat in *. apply stand_plus; [exact Rm|now apply stand_dearer|].
      apply IH. apply (room_less _ _ _ Rm), le_S, le_n.
  Qed.

  Lemma stand_prepared n g p l : not_too_many n -> stand_for g 1 p l ->
    stand_for (fst (prepare_rows up n g)) 1 (snd (prepare_rows up n g) p) l.
  Proof.
    destruct g as [s b]. intros Nt [N [L [R [S0 [B0 [B H]]]]]]. cbn [fst snd] in *. unfold prepare_rows.
    pose proof (fun a => coef_prepared up G G0 n s b a Nt S0 B0) as Q.
    pose proof (Q [] ltac:(intros j; rewrite coef_nil; exact B0)) as Q0.
    destruct (prepare up n (s, b)) as [g f]. cbn [fst snd]. destruct Q0 as [S1 [B1 [L1 Q0]]].
    assert (fnil : f [] = []) by (destruct (f []); [reflexivity|cbn [length] in L1; lia]).
    assert (E : forall i j, entry_at (map f p) i j = coef (f (nth i p [])) j).
    { intros i j. unfold entry_at. rewrite <- fnil at 1. now rewrite map_nth. }
    assert (Bi : forall i j, coef (nth i p []) j <= b) by (intros i j; specialize (B i j); unfold entry_at in B; lia).
    split; [exact N|]. split; [now rewrite map_length|]. split.
    { apply Forall_forall. intros a I. apply in_map_iff in I. destruct I as [a' [<- I]]. rewrite Forall_forall in R. specialize (R a' I).
      destruct (In_nth _ _ [] I) as [i [_ Ei]]. destruct (Q a' ltac:(intros j; rewrite <- Ei; apply Bi)) as [_ [_ [-> _]]]. exact R. }
    split; [exact S1|]. split; [exact B1|]. split; intros i j; rewrite E; destruct (Q (nth i p []) (Bi i)) as [_ [_ [_ K]]].
    - destruct (K j) as [K1 _]. lia.
    - intros I J. apply K. exact (H i j I J).
  Qed.

  Variable d : nat.
  Variable C : list (position two).
  Hypothesis C_fine : Forall (fun c => (position_fine two two_fine c /\ length (snd c) = d) /\ not_too_many (length (fst c) + length (snd c))) C.
  Let all := costs two (Z * Z) two_costs (0, 0) C (repeat true d).

  Lemma cheap_pairs_bounds : bounds_count up (Z.of_nat (length (filter (fun ab => (fst ab <? G) && (snd ab <? G')) all))) (cheap_pairs up G G' d C).
  Proof.
    unfold cheap_pairs. cbv zeta. set (last := repeat wzero (Z.to_nat G' - 1) ++ [wone]).
    assert (F : let gt := states [] (repeat [] (Z.to_nat G - 1) ++ [last]) add_rows (dearer_rows G G') (product_rows G G') (prepare_rows up)
      (fun n g => (fst g, Z.of_nat n * snd g)) (0, 1) d C in stand_for (fst gt) 1 (all_missing_in (snd gt)) all).
    { apply (states_ok two (list (list word)) [] (repeat [] (Z.to_nat G - 1) ++ [last]) add_rows (dearer_rows G G') (product_rows G G')
        (Z * Z) two_costs (0, 0) two_fine unit_bound (prepare_rows up) (fun n g => (fst g, Z.of_nat n * snd g)) (0, 1) room stand_for)
        with (enough_tokens := not_too_many); try exact C_fine.
      - exact room_less.
      - apply stand_none; cbn [fst snd]; lia.
      - assert (E : forall i j, entry_at (repeat [] (Z.to_nat G - 1) ++ [last]) i j = if ((i =? size - 1) && (j =? size' - 1))%nat then 1 else 0).
        { intros i j. unfold entry_at. destruct (Nat.eqb_spec i (size - 1)) as [->|D]; cbn [andb].
          - unfold size. rewrite app_nth2; rewrite repeat_length; [|lia]. rewrite Nat.sub_diag. cbn [nth]. unfold last, coef. fold size'.
            destruct (Nat.eqb_spec j (size' - 1)) as [->|D'].
            + rewrite app_nth2; rewrite repeat_length; [|lia]. now rewrite Nat.sub_diag.
            + destruct (Nat.lt_ge_cases j (size' - 1)) as [J|J].
              * rewrite app_nth1 by (rewrite repeat_length; exact J). now rewrite nth_repeat.
              * rewrite nth_overflow; [easy|]. rewrite app_length, repeat_length. cbn [length]. lia.
          - destruct (Nat.lt_ge_cases i (size - 1)) as [J|J].
            + unfold size in J. rewrite app_nth1 by (rewrite repeat_length; exact J). rewrite nth_repeat. apply coef_nil.
            + rewrite nth_overflow; [apply coef_nil|]. rewrite app_length, repeat_length. cbn [length]. unfold size in *. lia. }
        split; [constructor; [cbn; lia|constructor]|]. rewrite app_length, repeat_length. cbn [length fst snd]. split; [unfold size; lia|]. split.
        { apply Forall_app. split; [apply Forall_forall; intros a I; apply repeat_spec in I; subst a; cbn [length]; lia|]. constructor; [|constructor].
          unfold last. rewrite app_length, repeat_length. cbn [length]. unfold size'. lia. }
        split; [lia|]. split; [lia|]. split; intros i j; rewrite E; [destruct (_ && _); lia|]. intros I J.
        unfold pairs_of, seconds. cbn [filter fst].
        destruct (Nat.eqb_spec i (size - 1)), (Z.eqb_spec 0 (G - 1 - Z.of_nat i)); try (exfalso; unfold size in *; lia);
          cbn [andb map snd]; unfold how_many; cbn [count_occ];
          [destruct (Nat.eqb_spec j (size' - 1)), (Z.eq_dec 0 (G' - 1 - Z.of_nat j)); try (exfalso; unfold size' in *; lia)|];
          unfold bounds_count; destruct up; cbn; lia.
      - intros. now apply stand_plus.
      - intros. now apply stand_dearer.
      - intros. now apply stand_product.
      - intros g n p l l' H [N R]. split; [unfold nonnegative_pairs in *; now rewrite <- H|].
        destruct R as [L [R [S0 [B0 [B K]]]]]. repeat (split; [assumption|]). intros i j I J. rewrite <- (pairs_same _ _ H). now apply K.
      - intros [s b] n p l [N [L [R [S0 [B0 [B H]]]]]]. cbn [fst snd] in *. split; [exact N|]. split; [exact L|]. split; [exact R|]. cbn [fst snd].
        split; [exact S0|]. split; [nia|]. split; [intros i j; specialize (B i j); lia|exact H].
      - intros n g Nt. pose proof (prepare_room up G G0 n g Nt) as Rm. unfold prepare_rows. destruct (prepare up n g) as [g' f]. exact Rm.
      - exact stand_prepared. }
    cbv zeta in F. set (gt := states _ _ _ _ _ _ _ _ _ _) in *. destruct F as [N [L [R [S0 [B0 [B H]]]]]].
    set (p := all_missing_in (snd gt)) in *.
    assert (T : zsum total_of p = zsum (fun i => zsum (entry_at p i) (seq 0 size')) (seq 0 size)).
    { clear - L R. revert L R. generalize size as n. intros n L R. revert n L. induction R as [|a p A R IH]; intros n L.
      - cbn [zsum]. rewrite (zsum_ext _ (fun _ => 0)); [rewrite zsum_const; lia|]. intros i _.
        rewrite (zsum_ext _ (fun _ => 0)); [rewrite zsum_const; lia|]. intros j _. apply entry_nil.
      - cbn [length] in L. destruct n as [|n]; [lia|]. cbn [seq zsum]. rewrite <- seq_shift, zsum_map, (total_of_ok a size' A), (IH n) by lia. reflexivity. }
    rewrite T. clear T. pose proof (pairs_below size size' all N) as E.
    replace (Z.of_nat size) with G in E by (unfold size; lia). replace (Z.of_nat size') with G' in E by (unfold size'; lia).
    rewrite E, <- zsum_mul. clear E.
    assert (Q : forall (f h : nat -> Z) n, (forall i, (i < n)%nat -> bounds_count up (f i) (h i)) -> bounds_count up (zsum f (seq 0 n)) (zsum h (seq 0 n))).
    { intros f h n K. assert (K' : forall i, In i (seq 0 n) -> bounds_count up (f i) (h i)) by (intros i I; apply in_seq in I; apply K; lia).
      induction (seq 0 n) as [|i l IH]; [unfold bounds_count; cbn; destruct up; lia|]. cbn [zsum]. apply (bounds_count_add up G G0); [apply K'; now left|].
      apply IH. intros j J. apply K'. now right. }
    apply Q. intros i I. rewrite <- zsum_mul. apply Q. intros j J. now apply H.
  Qed.
End Proof.

(* ---------- Two events ---------- *)

Definition renamed {A B} (f : A -> B) (c : position A) : position B := (map f (fst c), map (fun ab => (f (fst ab), f (snd ab))) (snd c)).

Lemma options_renamed {A B} (f : A -> B) miss c : options miss (renamed f c) = map (fun o => (f (fst o), snd o)) (options miss c).
Proof.
  unfold options, renamed. cbn [fst snd]. rewrite map_app, !map_map. f_equal. generalize (snd c). intros l. revert miss.
  induction l as [|[x y] l IH]; intros [|b miss]; cbn [map choices]; try reflexivity. cbn [fst snd]. f_equal; [now destruct b|].
  rewrite IH, !map_map. reflexivity.
Qed.

Lemma costs_renamed {K S K' S'} (f : K -> K') (h : S -> S') sum nothing sum' nothing' : (forall k s, h (sum k s) = sum' (f k) (h s)) -> h nothing = nothing' ->
  forall C miss, costs K' S' sum' nothing' (map (renamed f) C) miss = map h (costs K S sum nothing C miss).
Proof.
  intros H N. induction C as [|c C IH]; intros miss; cbn [map costs]; [destruct (existsb _ miss); cbn [map]; congruence|].
  rewrite options_renamed. generalize (options miss c). intros l. induction l as [|o l IHl]; [easy|]. cbn [map flat_map fst snd].
  rewrite map_app, IHl, IH, !map_map. f_equal. apply map_ext. intros s. now rewrite H.
Qed.

Lemma combine_parts {A B} (l : list A) (l' : list B) : length l = length l' -> map fst (combine l l') = l /\ map snd (combine l l') = l'.
Proof.
  revert l'. induction l as [|a l IH]; intros [|b l'] L; try discriminate; [easy|]. injection L as L. destruct (IH l' L) as [E E'].
  cbn [combine map fst snd]. now rewrite E, E'.
Qed.

Lemma side_by_side_parts c c' : length (fst c) = length (fst c') -> length (snd c) = length (snd c') ->
  renamed fst (side_by_side c c') = c /\ renamed snd (side_by_side c c') = c'.
Proof.
  intros L L'. destruct (combine_parts _ _ L) as [E1 E2], (combine_parts _ _ L') as [E3 E4]. unfold renamed, side_by_side. cbn [fst snd].
  rewrite !map_map. cbn [fst snd]. rewrite E1, E2. destruct c as [os rs], c' as [os' rs']. cbn [fst snd] in *. split; f_equal.
  - rewrite <- E3 at 2. apply map_ext. now intros [[] []].
  - rewrite <- E4 at 2. apply map_ext. now intros [[] []].
Qed.

Section Events.
  Open Scope R_scope.
  Variable P : part.
  Let d := length (p_required P).
  Variables h h' : nat -> nat -> R.
  Variables own own' : R.
  Variable r : nat.
  Variables c c' : event.
  Hypothesis c_ok : event_ok P h own r c.
  Hypothesis c_ok' : event_ok P h' own' r c'.
  Hypothesis few_tokens : not_too_many (length (tokens_of P)).
  Variable k : nat.
  Let all := fillings P r.
  Let both p := reaches h own p && reaches h' own' p.

  Lemma charges_shape up (g : nat -> nat -> R) (o : R) (e : event) (G : Z) (C : list (position int)) : event_ok P g o r e -> charges up d k e = Some (G, C) ->
    length C = r /\ Forall (fun c => length (fst c) = length (p_others P)) C.
  Proof.
    intros [_ [L T]]. unfold charges. cbv zeta. destruct (leb zero _); [|discriminate]. intros E. injection E as _ <-.
    rewrite !map_length. split; [exact L|]. apply Forall_forall. intros x I. apply in_map_iff in I. destruct I as [p [<- I]].
    apply in_map_iff in I. destruct I as [p' [<- I]]. apply in_map_iff in I. destruct I as [E [<- I]].
    unfold charge_of, raised, place_of. cbn [fst snd]. rewrite !map_length. clear - T I. revert T. generalize 0%nat.
    induction (snd e) as [|E' Es IH]; intros i T; [easy|]. destruct T as [[T _] T']. destruct I as [->|I]; [|exact (IH I _ T')].
    symmetry. exact (forall2_length _ _ _ T).
  Qed.

  Lemma both_bounds (up : bool) : if up then (Z.of_nat (length (filter both all)) <= both_win up d k c c')%Z
    else (both_win up d k c c' <= Z.of_nat (length (filter both all)))%Z.
  Proof.
    unfold both_win. pose proof (charges_right P h own r c c_ok few_tokens up k) as H1. pose proof (charges_right P h' own' r c' c_ok' few_tokens up k) as H2.
    fold d in H1, H2. pose proof (charges_shape up h own c) as S1. pose proof (charges_shape up h' own' c') as S2.
    destruct (charges up d k c) as [[G C]|], (charges up d k c') as [[G' C']|].
    2,3,4: destruct up; [|lia].
    2: { apply Z.le_trans with (Z.of_nat (length (filter (reaches h' own') all))).
         - apply inj_le, filter_le. intros p _ E. now apply andb_prop in E.
         - specialize (H2 eq_refl). fold all in H2. clear - H2. induction all as [|p l IH]; [easy|]. cbn [filter]. rewrite (H2 p (or_introl eq_refl)).
           apply IH. intros q I. apply H2. now right. }
    2,3: apply Z.le_trans with (Z.of_nat (length (filter (reaches h own) all)));
         [apply inj_le, filter_le; intros p _ E; now apply andb_prop in E|];
         specialize (H1 eq_refl); fold all in H1; clear - H1; induction all as [|p l IH]; [easy|]; cbn [filter]; rewrite (H1 p (or_introl eq_refl));
         apply IH; intros q I; apply H1; now right.
    destruct H1 as [B1 [F1 M1]], H2 as [B2 [F2 M2]]. destruct (S1 G C c_ok eq_refl) as [L1 O1], (S2 G' C' c_ok' eq_refl) as [L2 O2]. clear S1 S2.
    set (C2 := map (fun cc => side_by_side (fst cc) (snd cc)) (combine C C')).
    assert (sides : map (renamed fst) C2 = C /\ map (renamed snd) C2 = C' /\
      Forall (fun c => (position_fine two two_fine c /\ length (snd c) = d) /\ not_too_many (length (fst c) + length (snd c))) C2).
    { assert (L : length C = length C') by congruence. unfold C2. clear - F1 F2 O1 O2 L. unfold fine in *. fold d in F1, F2. revert C' L F2 O2.
      induction C as [|x C IH]; intros [|y C'] L F2 O2; try discriminate; [repeat split; constructor|]. injection L as L.
      inversion F1 as [|? ? [[[X1 X2] X3] X4] F1']; inversion F2 as [|? ? [[[Y1 Y2] Y3] Y4] F2']; inversion O1 as [|? ? X5 O1']; inversion O2 as [|? ? Y5 O2']; subst.
      destruct (IH F1' O1' C' L F2' O2') as [E1 [E2 E3]]. cbn [combine map fst snd].
      destruct (side_by_side_parts x y) as [E4 E5]; [congruence|congruence|]. rewrite E1, E2, E4, E5. split; [reflexivity|]. split; [reflexivity|].
      constructor; [|exact E3]. unfold side_by_side. cbn [fst snd]. unfold two. rewrite map_length, (combine_length (fst x)), (combine_length (snd x)).
      replace (length (fst y)) with (length (fst x)) by congruence. replace (length (snd y)) with (length (snd x)) by congruence. rewrite !Nat.min_id.
      split; [split; [|exact X3]|exact X4]. unfold position_fine, two_fine. cbn [fst snd]. split.
      - clear - X1 Y1. revert Y1. generalize (fst y). induction X1 as [|a l A X IH]; intros [|b l'] Y1; cbn [combine]; try constructor; inversion Y1; subst; auto.
      - clear - X2 Y2. revert Y2. generalize (snd y). induction X2 as [|a l [A A'] X IH]; intros [|b l'] Y2; cbn [combine map]; try constructor;
          inversion Y2 as [|? ? [B B'] Y]; subst; cbn [fst snd]; auto. }
    destruct sides as [E1 [E2 F]]. pose proof (cheap_pairs_bounds up G G' B1 B2 d C2 F) as Q. set (L := costs two _ _ _ C2 _) in Q.
    assert (K1 : costs_of P C = map fst L) by (unfold costs_of; rewrite <- E1; now apply costs_renamed).
    assert (K2 : costs_of P C' = map snd L) by (unfold costs_of; rewrite <- E2; now apply costs_renamed).
    rewrite K1 in M1. rewrite K2 in M2. fold all in M1, M2. unfold bounds_count in Q. clearbody L.
    assert (M : Forall2 (fun p ab => if up then both p = true -> (fst ab <? G)%Z && (snd ab <? G')%Z = true
      else (fst ab <? G)%Z && (snd ab <? G')%Z = true -> both p = true) all L).
    { clear - M1 M2. unfold both. revert L M1 M2. induction all as [|p l IH]; intros [|ab L] M1 M2; cbn [map] in *; inversion M1; inversion M2; subst; [constructor|].
      constructor; [|now apply IH]. destruct H2 as [_ A], H8 as [_ B]. destruct up; intros E; apply andb_prop in E; destruct E as [X Y]; apply andb_true_intro.
      - split; apply Z.ltb_lt; auto.
      - apply Z.ltb_lt in X, Y. auto. }
    assert (N : if up then (length (filter both all) <= length (filter (fun ab => (fst ab <? G)%Z && (snd ab <? G')%Z) L))%nat
      else (length (filter (fun ab => (fst ab <? G)%Z && (snd ab <? G')%Z) L) <= length (filter both all))%nat).
    { clear - M. induction M as [|p ab l L A M IH]; [destruct up; cbn; lia|]. cbn [filter].
      destruct (both p), ((fst ab <? G)%Z && (snd ab <? G')%Z), up; cbn [length]; try lia; try (specialize (A eq_refl); discriminate). }
    destruct up; lia.
  Qed.

  Theorem pair_at_most : (Z.of_nat (length (filter both all)) <= both_win true d k c c')%Z.
  Proof. exact (both_bounds true). Qed.

  Theorem pair_at_least : (both_win false d k c c' <= Z.of_nat (length (filter both all)))%Z.
  Proof. exact (both_bounds false). Qed.
End Events.
