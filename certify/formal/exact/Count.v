(* Exact counting: from integer enclosures of a table of terms to the accuracy, group by group of sequences with the
   same query and maximum. Main theorems: counts_bracket, counts_exact. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat Uint63 Classical_Prop.
From Maxcert Require Import Statement Sums Separability Terms Integers Words Intervals Matrices Sequences Tails Ranges Candidates Walk Columns.
Import ListNotations.
Open Scope nat_scope.

(* ---------- The program ---------- *)

(* The numbers of tails of up to r tokens, as words (or less, where a word is too small). *)
Definition totals (m r : nat) : nat -> bool -> word :=
  let word_total r seen := Uint63.of_Z (Z.of_N (total m r seen)) in
  let table := map (fun r => (word_total r true, word_total r false)) (seq 0 (S r)) in
  fun r seen => let p := nth r table none in if seen then fst p else snd p.

(* Sequences of query q and maximum m that are right, and wrong. r: the number of positions before the query. *)
Definition count_group (r q m : nat) (decide : list nat -> option bool) (cs : list input) : Z * Z :=
  match columns r cs with
  | None => (0, 0)%Z
  | Some cols => let n := walk m (totals m r) decide r (q =? m) [] cols in (Uint63.to_Z (fst n), Uint63.to_Z (snd n))
  end.

Definition zplus (a b : Z * Z) : Z * Z := (fst a + fst b, snd a + snd b)%Z.

(* All groups together, from what is counted of the maximum m and the query q: what depends on m alone is computed once. *)
Definition add_groups (V : nat) (count : nat -> nat -> Z * Z) : Z * Z :=
  fold_right (fun m n =>
    let count := count m in zplus (fold_right (fun q n => zplus (count q) n) (0, 0)%Z (seq 0 (S m))) n) (0, 0)%Z (seq 0 V).

(* terms m q, decide m q: what is asked of each group. *)
Definition counts (r V : nat) (decide : nat -> nat -> list nat -> option bool) (terms : nat -> nat -> list input) : Z * Z :=
  add_groups V (fun m => let (decide, terms) := (decide m, terms m) in fun q => count_group r q m (decide q) (terms q)).

(* All (q, m) with q <= m < V. *)
Definition all_keys (V : nat) : list (nat * nat) := flat_map (fun m => map (fun q => (q, m)) (seq 0 (S m))) (seq 0 V).

Lemma in_all_keys V q m : In (q, m) (all_keys V) <-> (q <= m < V)%nat.
Proof.
  unfold all_keys. rewrite in_flat_map. split.
  - intros [m' [I M]]. apply in_map_iff in M. destruct M as [q' [E Q]]. apply in_seq in I, Q. inversion E; subst. lia.
  - intros H. exists m. rewrite in_map_iff. split; [apply in_seq; lia|]. exists q. split; [easy|apply in_seq; lia].
Qed.

Lemma all_keys_NoDup V : NoDup (all_keys V).
Proof.
  apply flat_map_NoDup with (key := @snd nat nat); [apply seq_NoDup| |].
  - intros m _. apply FinFun.Injective_map_NoDup; [intros a b E; congruence|apply seq_NoDup].
  - intros m k _ M. apply in_map_iff in M. now destruct M as [q [<- _]].
Qed.

(* ---------- The proof ---------- *)

Section Count.
  Variable w : model.
  Variable target : list nat -> Prop.  (* what is counted: right, or right with a margin *)
  Variable g : nat -> nat -> nat -> nat -> nat -> R.
  Hypothesis some_position : (1 <= n_ctx w)%nat.
  Hypothesis g_separates : separates w target g.
  Let V := d_vocab w.
  Let r := last w.

  Lemma n_ctx_r : n_ctx w = S r.
  Proof. unfold r, last. lia. Qed.

  Definition terms (q m x i t : nat) : R := g q m t i x.
  Definition query_terms (q m x : nat) : R := g q m q r x.

  (* The inputs of (q, m): each speaks of an output, and an output without one has lost in all sequences. *)
  Definition terms_ok (inputs : nat -> nat -> list input) := forall q m, (q <= m < d_vocab w)%nat ->
    (forall c, In c (inputs m q) -> exists x, In x (outputs (d_vocab w) m) /\ input_ok m (terms q m) (query_terms q m) (last w) x c) /\
    (forall x, In x (outputs (d_vocab w) m) ->
      (exists c, In c (inputs m q) /\ input_ok m (terms q m) (query_terms q m) (last w) x c) \/
      lost m (terms q m) (query_terms q m) 0 (last w) (q =? m) x).

  (* What decides single sequences is right about the sums of terms. *)
  Definition decide_ok (decide : nat -> nat -> list nat -> option bool) := forall q m p b, (q <= m < d_vocab w)%nat ->
    length p = last w -> Forall (fun t => t <= m)%nat p -> decide m q p = Some b ->
    b = goodb (outputs (d_vocab w) m) (terms q m) (query_terms q m) 0 (rev p).

  (* The sequences of (q, m). *)
  Definition group (k : nat * nat) : list (list nat) := map (fun p => p ++ [fst k]) (tails (snd k) r (fst k =? snd k)).

  Lemma in_group q m s : (q <= m < V)%nat -> In s (group (q, m)) ->
    exists p, s = p ++ [q] /\ In p (tails m r (q =? m)) /\ length p = r /\
      query w s = q /\ maximum s = m /\ In s (sequences V (n_ctx w)).
  Proof.
    intros Q I. apply in_map_iff in I. destruct I as [p [<- I]]. exists p. cbn [fst snd] in *.
    split; [easy|]. split; [easy|]. apply in_tails in I. destruct I as [L [F M]].
    assert (F' : Forall (fun t => t <= m)%nat (p ++ [q])) by (apply Forall_app; split; [easy|constructor; [lia|constructor]]).
    assert (I : In m (p ++ [q])).
    { apply in_or_app. destruct M as [M|M]; [right|now left]. apply Nat.eqb_eq in M. now left. }
    repeat split; [easy| | |].
    - unfold query. fold r. rewrite <- L, nth_middle. easy.
    - unfold maximum. apply Nat.le_antisymm; [now apply fold_max_le|].
      assert (A : Forall (fun t => t <= fold_right Nat.max 0 (p ++ [q]))%nat (p ++ [q])) by now apply fold_max_le.
      rewrite Forall_forall in A. now apply A.
    - apply in_sequences. rewrite app_length, n_ctx_r, L. split; [simpl; lia|].
      eapply Forall_impl; [|exact F']. simpl; intros; lia.
  Qed.

  Lemma group_NoDup k : NoDup (group k).
  Proof.
    apply FinFun.Injective_map_NoDup; [|apply tails_NoDup].
    intros a b E. now apply app_inj_tail in E.
  Qed.

  (* The sum over positions is the walk's. *)
  Lemma suffix_sum f x p : forall i, suffix f x i p = sum (length p) (fun j => f x (i + j)%nat (nth j p 0%nat)).
  Proof.
    induction p as [|t p IH]; intros i; [easy|].
    cbn [suffix length]. rewrite sum_first, IH. cbn [nth]. rewrite Nat.add_0_r. f_equal.
    apply sum_ext; intros j _. f_equal. lia.
  Qed.

  Lemma sum_group q m x p : length p = r ->
    sum (n_ctx w) (fun i => g q m (nth i (p ++ [q]) 0%nat) i x) = (query_terms q m x + suffix (terms q m) x 0 p)%R.
  Proof.
    intros L. rewrite n_ctx_r. cbn [sum]. rewrite Rplus_comm. f_equal.
    - unfold query_terms. rewrite <- L at 1. now rewrite nth_middle.
    - rewrite suffix_sum, L. apply sum_ext; intros i I. unfold terms. rewrite app_nth1 by lia. easy.
  Qed.

  (* Which sequences are right, as a boolean. *)
  Definition rightb (s : list nat) : bool :=
    let (q, m) := (query w s, maximum s) in
    forallb (fun x => if Rlt_dec (sum (n_ctx w) (fun i => g q m (nth i s 0%nat) i x)) 0 then true else false) (outputs V m).

  Lemma rightb_right s : target s <-> rightb s = true.
  Proof.
    rewrite (g_separates s). unfold rightb. rewrite forallb_forall.
    split; intros H x.
    - intros I. apply in_outputs in I. specialize (H x (proj1 I) (proj2 I)).
      destruct (Rlt_dec _ _); easy.
    - intros Hx Hm. specialize (H x (proj2 (in_outputs V _ x) (conj Hx Hm))).
      destruct (Rlt_dec _ _); easy.
  Qed.

  Lemma rightb_group q m p : (q <= m < V)%nat -> In p (tails m r (q =? m)) ->
    rightb (p ++ [q]) = goodb (outputs V m) (terms q m) (query_terms q m) 0 p.
  Proof.
    intros Q I. destruct (in_group q m (p ++ [q]) Q) as [p' [E [_ [L [Eq [Em _]]]]]].
    { apply in_map_iff. now exists p. }
    apply app_inj_tail in E. destruct E as [<- _].
    unfold rightb, goodb. rewrite Eq, Em. f_equal. 
    apply FunctionalExtensionality.functional_extensionality; intros x. now rewrite sum_group.
  Qed.

  Definition bracket (n : Z * Z) (l : list (list nat)) :=
    (fst n <= Z.of_nat (length (filter rightb l)))%Z /\ (snd n <= Z.of_nat (length (filter (fun s => negb (rightb s)) l)))%Z.

  Lemma bracket_nil l : bracket (0, 0)%Z l.
  Proof. split; cbn [fst snd]; lia. Qed.

  Lemma bracket_app n n' l l' : bracket n l -> bracket n' l' -> bracket (zplus n n') (l ++ l').
  Proof. unfold bracket, zplus. cbn [fst snd]. rewrite !filter_app, !app_length. lia. Qed.

  Lemma add_groups_ok count : (forall q m, (q <= m < V)%nat -> bracket (count m q) (group (q, m))) ->
    bracket (add_groups V count) (flat_map group (all_keys V)).
  Proof.
    intros H. unfold add_groups, all_keys. assert (M : forall m, In m (seq 0 V) -> (m < V)%nat) by (intros m I; apply in_seq in I; lia).
    induction (seq 0 V) as [|m ms IH]; [apply bracket_nil|]. cbn [fold_right flat_map]. cbv zeta. rewrite flat_map_app.
    apply bracket_app; [|apply IH; intros k I; apply M; now right]. specialize (M m (or_introl eq_refl)). clear IH.
    assert (Q : forall q, In q (seq 0 (S m)) -> (q <= m)%nat) by (intros q I; apply in_seq in I; lia).
    induction (seq 0 (S m)) as [|q qs IH]; [apply bracket_nil|]. cbn [fold_right map flat_map].
    apply bracket_app; [apply H; split; [apply Q; now left|exact M]|]. apply IH. intros k I. apply Q. now right.
  Qed.

  Lemma groups_NoDup : NoDup (flat_map group (all_keys V)).
  Proof.
    apply flat_map_NoDup with (key := fun s => (query w s, maximum s)); [apply all_keys_NoDup| |].
    - intros; apply group_NoDup.
    - intros [q m] s I J. apply in_all_keys in I. destruct (in_group q m s I J) as [p [_ [_ [_ [-> [-> _]]]]]]. easy.
  Qed.

  Lemma groups_incl : incl (flat_map group (all_keys V)) (sequences V (n_ctx w)).
  Proof.
    intros s I. apply in_flat_map in I. destruct I as [[q m] [I J]]. apply in_all_keys in I.
    now destruct (in_group q m s I J) as [p [_ [_ [_ [_ [_ H]]]]]].
  Qed.

  (* What brackets all groups brackets the number of all sequences that are counted. *)
  Lemma bracket_all n : bracket n (flat_map group (all_keys V)) ->
    exists a, count target (sequences V (n_ctx w)) a /\ (fst n <= a <= Z.of_nat V ^ Z.of_nat (n_ctx w) - snd n)%Z.
  Proof.
    intros [A B]. exists (Z.of_nat (length (filter rightb (sequences V (n_ctx w))))). split.
    - apply count_filter. intros s _. apply rightb_right.
    - pose proof (length_filter_incl rightb _ _ groups_NoDup groups_incl) as R.
      pose proof (length_filter_incl (fun s => negb (rightb s)) _ _ groups_NoDup groups_incl) as W.
      pose proof (length_filter_negb rightb (sequences V (n_ctx w))) as T.
      rewrite length_sequences in T. rewrite <- Nat2Z.inj_pow. lia.
  Qed.

  Lemma totals_ok m r0 k seen : (Uint63.to_Z (totals m r0 k seen) <= Z.of_nat (length (tails m k seen)))%Z.
  Proof.
    unfold totals. cbv zeta. set (h := fun r => _ : word * word).
    assert (word_total : forall k seen, (Uint63.to_Z (Uint63.of_Z (Z.of_N (total m k seen))) <= Z.of_nat (length (tails m k seen)))%Z).
    { intros k' seen'. rewrite Uint63.of_Z_spec, length_tails, N_nat_Z. apply Z.mod_le; [apply N2Z.is_nonneg|reflexivity]. }
    destruct (Nat.lt_ge_cases k (S r0)) as [L|L].
    - rewrite (nth_indep _ none (h 0%nat)) by (rewrite map_length, seq_length; exact L).
      rewrite map_nth, seq_nth by exact L. unfold h. destruct seen; cbn [fst snd]; apply word_total.
    - rewrite nth_overflow by (rewrite map_length, seq_length; exact L).
      destruct seen; cbn [none fst snd]; change (Uint63.to_Z wzero) with 0%Z; lia.
  Qed.

  Variable decide : nat -> nat -> list nat -> option bool.
  Hypothesis decide_sound : decide_ok decide.
  Variable inputs : nat -> nat -> list input.
  Hypothesis inputs_sound : terms_ok inputs.
  Hypothesis few : (n_ctx w <= 32)%nat.

  Lemma count_group_ok q m : (q <= m < V)%nat -> bracket (count_group r q m (decide m q) (inputs m q)) (group (q, m)).
  Proof.
    intros Q. unfold count_group. destruct (columns r (inputs m q)) as [cols|] eqn:E; [|apply bracket_nil].
    unfold bracket, group. cbn [fst snd]. rewrite !filter_map, !map_length.
    rewrite (length_filter_ext _ (goodb (outputs V m) (terms q m) (query_terms q m) 0)) by (intros; now apply rightb_group).
    rewrite (length_filter_ext (fun a => negb (rightb (a ++ [q])))
      (fun p => negb (goodb (outputs V m) (terms q m) (query_terms q m) 0 p))) by (intros; f_equal; now apply rightb_group).
    set (W := group_width (inputs m q)).
    assert (narrow_inputs : (0 <= toZ W)%Z /\ forall c, In c (inputs m q) -> narrow W c).
    { pose proof (group_width_above (inputs m q) zero) as G. rewrite toZ_zero in G. exact G. }
    apply (walk_ok m (outputs V m) (terms q m) (query_terms q m) r (fun _ => IZR (toZ W)) (totals m r) (decide m q)).
    - intros. apply totals_ok.
    - intros p b I D. apply in_tails in I. rewrite rev_length in I. destruct I as [L [F _]].
      rewrite (decide_sound q m p b Q L); [|rewrite <- (rev_involutive p); now apply Forall_rev|exact D].
      apply Bool.eq_iff_eq_true. rewrite !goodb_good. unfold good, before. simpl.
      split; intros H x I; specialize (H x I); lra.
    - intros _. apply IZR_le. apply narrow_inputs.
    - rewrite <- n_ctx_r. exact few.
    - split; [reflexivity|]. split; [constructor|]. intros x _. unfold before. simpl. lra.
    - reflexivity.
    - destruct (inputs_sound q m Q) as [A B]. unfold columns in E. fold W in E.
      destruct (all_correct _ _ _ (izero, []) (Column wzero (Done wzero)) E) as [L N]. split.
      + intros c I. apply (In_nth _ _ (Column wzero (Done wzero))) in I. destruct I as [k [K <-]].
        rewrite L in K. destruct (A (nth k (inputs m q) (izero, []))) as [x [Ix P]]; [now apply nth_In|].
        exists x. split; [exact Ix|]. eapply column_of_ok; [apply N; exact K|exact P|]. apply narrow_inputs. now apply nth_In.
      + intros x I. destruct (B x I) as [[c [Ic P]]|lost]; [left|now right].
        apply (In_nth _ _ (izero, [])) in Ic. destruct Ic as [k [K <-]].
        exists (nth k cols (Column wzero (Done wzero))). split; [apply nth_In; now rewrite L|].
        eapply column_of_ok; [apply N; exact K|exact P|]. apply narrow_inputs. now apply nth_In.
  Qed.

  Theorem counts_bracket : let n := counts (last w) (d_vocab w) decide inputs in
    exists a, count target (sequences (d_vocab w) (n_ctx w)) a /\
      (fst n <= a <= Z.of_nat (d_vocab w) ^ Z.of_nat (n_ctx w) - snd n)%Z.
  Proof. apply bracket_all, add_groups_ok. intros q m. apply count_group_ok. Qed.
End Count.

(* Every model has an accuracy, from 0 to the number of sequences. *)
Lemma accuracy_known w : exists a, accuracy_is w a /\ (0 <= a <= Z.of_nat (d_vocab w) ^ Z.of_nat (n_ctx w) - 0)%Z.
Proof.
  rewrite Z.sub_0_r, <- Nat2Z.inj_pow, <- length_sequences. unfold accuracy_is.
  induction (sequences (d_vocab w) (n_ctx w)) as [|s l IH]; [exists 0%Z; split; [constructor|simpl; lia]|].
  destruct IH as [a [H L]]. cbn [length]. destruct (Classical_Prop.classic (right w s)) as [R|R].
  - exists (a + 1)%Z. split; [now constructor|lia].
  - exists a. split; [now constructor|lia].
Qed.
