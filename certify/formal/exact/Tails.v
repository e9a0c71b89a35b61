(* The completions of a prefix: lists of r tokens <= m that hold m unless m has been seen before. How many there are. *)
From Coq Require Import ZArith Lia List PeanoNat.
From Maxcert Require Import Sequences.
Import ListNotations.

Definition total (m r : nat) (seen : bool) : N :=
  let all := N.pow (N.of_nat (S m)) (N.of_nat r) in
  if seen then all else (all - N.pow (N.of_nat m) (N.of_nat r))%N.


Fixpoint tails (m r : nat) (seen : bool) : list (list nat) :=
  match r with
  | O => if seen then [[]] else []
  | S r => flat_map (fun t => map (cons t) (tails m r (seen || (t =? m)))) (seq 0 (S m))
  end.

Lemma tails_S m r seen :
  tails m (S r) seen = flat_map (fun t => map (cons t) (tails m r (seen || (t =? m)))) (seq 0 (S m)).
Proof. easy. Qed.

Lemma in_tails_cons m r seen t s : In (t :: s) (tails m (S r) seen) <-> (t <= m)%nat /\ In s (tails m r (seen || (t =? m))).
Proof.
  rewrite tails_S. rewrite in_flat_map. split.
  - intros [t' [T M]]. apply in_map_iff in M. destruct M as [s' [E I]]. apply in_seq in T.
    inversion E; subst. split; [lia|easy].
  - intros [T I]. exists t. split; [apply in_seq; lia|]. now apply in_map.
Qed.

Lemma in_tails_inv m r seen s : In s (tails m (S r) seen) ->
  exists t s', s = t :: s' /\ (t <= m)%nat /\ In s' (tails m r (seen || (t =? m))).
Proof.
  destruct s as [|t s]; [|intros H; apply in_tails_cons in H; eauto].
  rewrite tails_S. rewrite in_flat_map. intros [t [_ M]]. apply in_map_iff in M. now destruct M as [? [? _]].
Qed.

Lemma in_tails m r seen s :
  In s (tails m r seen) <-> length s = r /\ Forall (fun t => t <= m)%nat s /\ (seen = true \/ In m s).
Proof.
  revert seen s; induction r as [|r IH]; intros seen s.
  - simpl. split.
    + destruct seen; [intros [<-|[]]; auto|easy].
    + intros [L [_ [->|I]]]; destruct s; try easy. now left.
  - destruct s as [|t s].
    + split; [|now intros [? _]]. intros H. apply in_tails_inv in H. now destruct H as [? [? [? _]]].
    + rewrite in_tails_cons, IH, Forall_cons_iff, Bool.orb_true_iff, Nat.eqb_eq. simpl.
      split; intros H; decompose [and or] H; subst; repeat split; auto; lia.
Qed.

Lemma tails_NoDup m r seen : NoDup (tails m r seen).
Proof.
  revert seen; induction r as [|r IH]; intros seen.
  - simpl. destruct seen; repeat constructor; auto.
  - rewrite tails_S. apply flat_map_NoDup with (key := @hd nat 0%nat); [apply seq_NoDup| |].
    + intros t _. apply FinFun.Injective_map_NoDup; [intros a b E; congruence|apply IH].
    + intros t s _ M. apply in_map_iff in M. now destruct M as [? [<- _]].
Qed.

Lemma length_tails_seen m r : length (tails m r true) = (S m ^ r)%nat.
Proof.
  induction r as [|r IH]; [easy|]. rewrite tails_S.
  rewrite length_flat_map with (c := (S m ^ r)%nat); [now rewrite seq_length|].
  intros t _. now rewrite map_length.
Qed.

Lemma length_tails_unseen m r : (length (tails m r false) + m ^ r = S m ^ r)%nat.
Proof.
  induction r as [|r IH]; [easy|]. rewrite tails_S.
  rewrite seq_S, flat_map_app, app_length. simpl flat_map. rewrite app_nil_r, map_length, Nat.eqb_refl.
  rewrite length_tails_seen.
  rewrite length_flat_map with (c := length (tails m r false)).
  - rewrite seq_length. simpl. nia.
  - intros t T. apply in_seq in T. rewrite map_length. replace (t =? m) with false; [easy|].
    symmetry; apply Nat.eqb_neq; lia.
Qed.

Lemma length_tails m r seen : length (tails m r seen) = N.to_nat (total m r seen).
Proof.
  assert (P : forall a b, N.to_nat (N.pow (N.of_nat a) (N.of_nat b)) = (a ^ b)%nat)
    by (intros; rewrite Nnat.N2Nat.inj_pow; now rewrite !Nnat.Nat2N.id).
  unfold total. destruct seen.
  - rewrite length_tails_seen. now rewrite P.
  - rewrite Nnat.N2Nat.inj_sub, !P. pose proof (length_tails_unseen m r). lia.
Qed.
