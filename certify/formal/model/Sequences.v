(* Facts on `sequences` and `count`: each sequence once, and `count` as the length of a filter. *)
From Coq Require Import Reals ZArith Lia List PeanoNat Permutation.
From Maxcert Require Import Statement.
Import ListNotations.

(* ---------- Lists ---------- *)

Lemma NoDup_app {A} (l l' : list A) :
  NoDup l -> NoDup l' -> (forall a, In a l -> In a l' -> False) -> NoDup (l ++ l').
Proof.
  induction l as [|a l IH]; simpl; intros D D' H; [easy|]. inversion D; subst. constructor.
  - intros I. apply in_app_or in I. destruct I; [easy|]. eapply H; eauto.
  - apply IH; [easy|easy|]. intros b Hb. apply H. now right.
Qed.

Lemma flat_map_NoDup {A B} (f : A -> list B) (key : B -> A) l :
  NoDup l -> (forall a, In a l -> NoDup (f a)) -> (forall a b, In a l -> In b (f a) -> key b = a) -> NoDup (flat_map f l).
Proof.
  induction l as [|a l IH]; simpl; intros D F K; [constructor|].
  inversion D as [|? ? N D']; subst. apply NoDup_app.
  - apply F; now left.
  - apply IH; [easy| |]; intros; [apply F|apply K]; auto.
  - intros b Hb Hl. apply in_flat_map in Hl. destruct Hl as [a' [Ha' Hb']].
    assert (key b = a) by (apply K; auto). assert (key b = a') by (apply K; auto). congruence.
Qed.

Lemma length_flat_map {A B} (f : A -> list B) l c :
  (forall a, In a l -> length (f a) = c) -> length (flat_map f l) = (length l * c)%nat.
Proof.
  induction l as [|a l IH]; simpl; intros H; [easy|].
  rewrite app_length, IH, H by auto. easy.
Qed.

Lemma filter_flat_map {A B} (p : B -> bool) (f : A -> list B) l :
  filter p (flat_map f l) = flat_map (fun a => filter p (f a)) l.
Proof. induction l as [|a l IH]; simpl; [easy|]. now rewrite filter_app, IH. Qed.

Lemma filter_map {A B} (p : B -> bool) (f : A -> B) l : filter p (map f l) = map f (filter (fun a => p (f a)) l).
Proof. induction l as [|a l IH]; simpl; [easy|]. destruct (p (f a)); simpl; now rewrite IH. Qed.

Lemma length_filter_ext {A} (p p' : A -> bool) l :
  (forall a, In a l -> p a = p' a) -> length (filter p l) = length (filter p' l).
Proof. intros H. f_equal. now apply filter_ext_in. Qed.

Lemma length_filter_negb {A} (p : A -> bool) l :
  (length (filter p l) + length (filter (fun a => negb (p a)) l) = length l)%nat.
Proof. induction l as [|a l IH]; simpl; [easy|]. destruct (p a); simpl; lia. Qed.

Lemma length_filter_incl {A} (p : A -> bool) l l' :
  NoDup l -> incl l l' -> (length (filter p l) <= length (filter p l'))%nat.
Proof.
  intros D I. apply NoDup_incl_length; [now apply NoDup_filter|].
  intros a Ha. apply filter_In in Ha. apply filter_In. intuition.
Qed.

(* ---------- Sequences ---------- *)

Lemma in_sequences V K s : In s (sequences V K) <-> length s = K /\ Forall (fun t => t < V)%nat s.
Proof.
  revert s. induction K as [|K IH]; intros s; simpl.
  - split; [intros [<-|[]]; auto|]. intros [L _]. destruct s; [auto|easy].
  - rewrite in_flat_map. split.
    + intros [s' [I M]]. apply in_map_iff in M. destruct M as [t [<- T]].
      apply IH in I. apply in_seq in T. simpl. split; [lia|]. constructor; [lia|easy].
    + intros [L F]. destruct s as [|t s]; [easy|]. inversion F; subst. exists s. split.
      * apply IH. simpl in L. split; [lia|easy].
      * apply in_map_iff. exists t. split; [easy|]. apply in_seq. lia.
Qed.

Lemma sequences_NoDup V K : NoDup (sequences V K).
Proof.
  induction K as [|K IH]; simpl; [repeat constructor; auto|].
  apply flat_map_NoDup with (key := @tl nat); [easy| |].
  - intros s _. apply FinFun.Injective_map_NoDup; [intros a b E; congruence|apply seq_NoDup].
  - intros s s' _ M. apply in_map_iff in M. destruct M as [t [<- _]]. easy.
Qed.

Lemma length_sequences V K : length (sequences V K) = (V ^ K)%nat.
Proof.
  induction K as [|K IH]; simpl; [easy|].
  rewrite length_flat_map with (c := V); [rewrite IH; lia|].
  intros s _. now rewrite map_length, seq_length.
Qed.

(* ---------- Counting ---------- *)

Lemma count_filter {A} (P : A -> Prop) (p : A -> bool) l :
  (forall a, In a l -> (P a <-> p a = true)) -> count P l (Z.of_nat (length (filter p l))).
Proof.
  induction l as [|a l IH]; intros H; [constructor|]. simpl.
  assert (Ha : P a <-> p a = true) by (apply H; now left).
  assert (IHl : count P l (Z.of_nat (length (filter p l)))) by (apply IH; intros; apply H; now right).
  destruct (p a).
  - simpl length. replace (Z.of_nat (S (length (filter p l)))) with (Z.of_nat (length (filter p l)) + 1)%Z by lia.
    apply count_yes; [now apply Ha|easy].
  - apply count_no; [|easy]. intros C. apply Ha in C. easy.
Qed.

Lemma fold_max_le (s : list nat) n : (fold_right max 0 s <= n <-> Forall (fun t => t <= n) s)%nat.
Proof.
  induction s as [|t s IH]; simpl.
  - split; [constructor|lia].
  - split; intros H.
    + constructor; [lia|]. apply IH. lia.
    + inversion H; subst. apply Nat.max_lub; [easy|]. now apply IH.
Qed.
