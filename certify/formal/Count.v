(* Exact counting: from integer enclosures of a table of terms to the accuracy.
   Main theorems: counts_bracket, counts_exact, counts_at_least. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Terms Integers Intervals Sequences Walk.
Import ListNotations.

(* ---------- The program ---------- *)

Section Program.

(* For one output: the query's term, then for each position before the query the terms of the tokens 0..m. *)
Definition input := (interval * list (list interval))%type.

(* r: the number of positions before the query. *)
Definition count_group (r q m : nat) (cs : list input) : N * N :=
  walk m r (q =? m) (map (fun c => (fst c, build (snd c))) cs).

Definition counts (r : nat) (enc : nat -> nat -> list input) (keys : list (nat * nat)) : N * N :=
  fold_right (fun k n => nadd (count_group r (fst k) (snd k) (enc (fst k) (snd k))) n) (0, 0)%N keys.

End Program.

(* All (q, m) with q <= m < V. *)
Definition all_keys (V : nat) : list (nat * nat) := flat_map (fun m => map (fun q => (q, m)) (seq 0 (S m))) (seq 0 V).

(* The keys may be split over files. *)
Lemma counts_app r (enc : nat -> nat -> list input) k k' : counts r enc (k ++ k') = nadd (counts r enc k) (counts r enc k').
Proof.
  induction k as [|a k IH].
  { cbn [app]. change (counts r enc []) with (0, 0)%N. now destruct (counts r enc k'). }
  change (counts r enc ((a :: k) ++ k')) with (nadd (count_group r (fst a) (snd a) (enc (fst a) (snd a))) (counts r enc (k ++ k'))).
  rewrite IH. unfold nadd; simpl. f_equal; apply N.add_assoc.
Qed.

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

(* The outputs other than m. *)
Definition outputs (V m : nat) := filter (fun x => negb (x =? m)) (seq 0 V).

Lemma in_outputs V m x : In x (outputs V m) <-> (x < V)%nat /\ x <> m.
Proof. unfold outputs. rewrite filter_In, in_seq, Bool.negb_true_iff, Nat.eqb_neq. lia. Qed.

(* ---------- The proof ---------- *)

Section Count.
  Variable w : model.
  Variable g : nat -> nat -> nat -> nat -> nat -> R.
  Hypothesis some_position : (1 <= n_ctx w)%nat.
  Hypothesis g_separates : separates w g.
  Let V := d_vocab w.
  Let r := last w.

  Lemma n_ctx_r : n_ctx w = S r.
  Proof. unfold r, last. lia. Qed.

  Definition terms (q m x i t : nat) : R := g q m t i x.
  Definition query_terms (q m x : nat) : R := g q m q r x.

  (* An input of output x for (q, m). *)
  Definition input_ok (q m x : nat) (c : input) :=
    encloses (fst c) (g q m q (last w) x) /\ length (snd c) = last w /\ positions_ok m (terms q m) x 0 (snd c).

  Definition enc_ok (enc : nat -> nat -> list input) := forall q m, (q <= m < d_vocab w)%nat ->
    (forall c, In c (enc q m) -> exists x, In x (outputs (d_vocab w) m) /\ input_ok q m x c) /\
    (forall x, In x (outputs (d_vocab w) m) -> (exists c, In c (enc q m) /\ input_ok q m x c) \/
      lost m (terms q m) (query_terms q m) 0 (last w) (q =? m) x).

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
      assert (A : Forall (fun t => t <= fold_right max 0 (p ++ [q]))%nat (p ++ [q])) by now apply fold_max_le.
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

  Lemma rightb_right s : right w s <-> rightb s = true.
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

  Definition bracket (n : N * N) (l : list (list nat)) :=
    (N.to_nat (fst n) <= length (filter rightb l))%nat /\ (N.to_nat (snd n) <= length (filter (fun s => negb (rightb s)) l))%nat.

  Lemma Forall2_in_l {A B} (P : A -> B -> Prop) l l' a : Forall2 P l l' -> In a l -> exists b, In b l' /\ P a b.
  Proof.
    induction 1 as [|a0 b0 l l' H _ IH]; simpl; [easy|]. intros [<-|I]; [eauto|].
    destruct (IH I) as [b [? ?]]; eauto.
  Qed.

  Lemma Forall2_in_r {A B} (P : A -> B -> Prop) l l' b : Forall2 P l l' -> In b l' -> exists a, In a l /\ P a b.
  Proof.
    induction 1 as [|a0 b0 l l' H _ IH]; simpl; [easy|]. intros [<-|I]; [eauto|].
    destruct (IH I) as [a [? ?]]; eauto.
  Qed.

  Lemma input_column q m x c : input_ok q m x c ->
    column_ok m (terms q m) (query_terms q m) 0 r (fst c, build (snd c)) x.
  Proof.
    intros [H [L P]]. split; [exact H|]. cbn [snd]. unfold r. rewrite <- L. now apply build_ok.
  Qed.

  Theorem count_group_ok q m cs : (q <= m < V)%nat ->
    (forall c, In c cs -> exists x, In x (outputs V m) /\ input_ok q m x c) ->
    (forall x, In x (outputs V m) -> (exists c, In c cs /\ input_ok q m x c) \/ lost m (terms q m) (query_terms q m) 0 r (q =? m) x) ->
    bracket (count_group r q m cs) (group (q, m)).
  Proof.
    intros Q H H'. unfold bracket, group. cbn [fst snd]. rewrite !filter_map, !map_length.
    rewrite (length_filter_ext _ (goodb (outputs V m) (terms q m) (query_terms q m) 0)) by (intros; now apply rightb_group).
    rewrite (length_filter_ext (fun a => negb (rightb (a ++ [q])))
      (fun p => negb (goodb (outputs V m) (terms q m) (query_terms q m) 0 p))) by (intros; f_equal; now apply rightb_group).
    apply (walk_ok m (outputs V m) (terms q m)). split.
    - intros c I. apply in_map_iff in I. destruct I as [c' [<- I]].
      destruct (H c' I) as [x [Ix P]]. exists x. split; [easy|now apply input_column].
    - intros x I. destruct (H' x I) as [[c [Ic P]]|L]; [left|right; exact L].
      exists (fst c, build (snd c)). split; [apply in_map_iff; now exists c|now apply input_column].
  Qed.

  Variable enc : nat -> nat -> list input.
  Hypothesis enc_sound : enc_ok enc.
  Variable keys : list (nat * nat).
  Hypothesis keys_NoDup : NoDup keys.
  Hypothesis keys_range : forall q m, In (q, m) keys -> (q <= m < d_vocab w)%nat.

  Lemma counts_groups ks : incl ks keys -> bracket (counts r enc ks) (flat_map group ks).
  Proof.
    induction ks as [|[q m] ks IH]; intros I; [split; simpl; lia|].
    assert (A : bracket (count_group r q m (enc q m)) (group (q, m))).
    { assert (Q := keys_range q m (I _ (or_introl eq_refl))). apply count_group_ok; [exact Q|apply enc_sound; exact Q|apply enc_sound; exact Q]. }
    assert (B : bracket (counts r enc ks) (flat_map group ks)) by (apply IH; intros a Ia; apply I; now right).
    unfold bracket in *. cbn [flat_map]. rewrite !filter_app, !app_length.
    change (counts r enc ((q, m) :: ks)) with (nadd (count_group r q m (enc q m)) (counts r enc ks)).
    unfold nadd; cbn [fst snd]. rewrite !Nnat.N2Nat.inj_add. lia.
  Qed.

  Lemma groups_NoDup : NoDup (flat_map group keys).
  Proof.
    apply flat_map_NoDup with (key := fun s => (query w s, maximum s)); [easy| |].
    - intros; apply group_NoDup.
    - intros [q m] s I J. destruct (in_group q m s (keys_range _ _ I) J) as [p [_ [_ [_ [-> [-> _]]]]]]. easy.
  Qed.

  Lemma groups_incl : incl (flat_map group keys) (sequences V (n_ctx w)).
  Proof.
    intros s I. apply in_flat_map in I. destruct I as [[q m] [I J]].
    now destruct (in_group q m s (keys_range _ _ I) J) as [p [_ [_ [_ [_ [_ H]]]]]].
  Qed.

  Theorem counts_bracket : let n := counts (last w) enc keys in
    exists a, accuracy_is w a /\
      (Z.of_N (fst n) <= a <= Z.of_nat (d_vocab w) ^ Z.of_nat (n_ctx w) - Z.of_N (snd n))%Z.
  Proof.
    intros n. exists (Z.of_nat (length (filter rightb (sequences V (n_ctx w))))). split.
    - apply count_filter. intros s _. apply rightb_right.
    - destruct (counts_groups keys (incl_refl _)) as [A B]. fold r in n. fold n in A, B.
      pose proof (length_filter_incl rightb _ _ groups_NoDup groups_incl) as R.
      pose proof (length_filter_incl (fun s => negb (rightb s)) _ _ groups_NoDup groups_incl) as W.
      pose proof (length_filter_negb rightb (sequences V (n_ctx w))) as T.
      rewrite length_sequences in T. fold V. rewrite <- Nat2Z.inj_pow. lia.
  Qed.

  Corollary counts_exact a : counts (last w) enc keys = a ->
    (Z.of_N (fst a) + Z.of_N (snd a) = Z.of_nat (d_vocab w) ^ Z.of_nat (n_ctx w))%Z -> accuracy_is w (Z.of_N (fst a)).
  Proof.
    intros <- E. destruct counts_bracket as [a [H L]]. now replace (Z.of_N (fst (counts (last w) enc keys))) with a by lia.
  Qed.

  Corollary counts_at_least a : counts (last w) enc keys = a -> accuracy_at_least w (Z.of_N (fst a)).
  Proof. intros <-. destruct counts_bracket as [a [H L]]. exists a. split; [easy|lia]. Qed.
End Count.

(* For the model's own table, scaled. *)
Corollary model_exact w k c (enc : nat -> nat -> list input) a : (1 <= n_ctx w)%nat -> (forall q m x, (0 < k q m x)%R) ->
  enc_ok w (scaled_term w k c) enc -> counts (last w) enc (all_keys (d_vocab w)) = a ->
  (Z.of_N (fst a) + Z.of_N (snd a) = Z.of_nat (d_vocab w) ^ Z.of_nat (n_ctx w))%Z -> accuracy_is w (Z.of_N (fst a)).
Proof.
  intros K P H E. apply (counts_exact w (scaled_term w k c) K) with (enc := enc) (keys := all_keys (d_vocab w)); auto.
  - now apply scaled_term_separates.
  - apply all_keys_NoDup.
  - intros q m. apply in_all_keys.
Qed.
