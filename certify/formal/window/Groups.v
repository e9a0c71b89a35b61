(* From counts by group (query q, maximum m) to the accuracy: if of the tokens before the query at least n q m choices are
   right, the accuracy is at least the sum of all n q m. Main theorem: groups_at_least. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Terms Sequences Tails Ranges Walk Candidates Count Blocks.
Import ListNotations.
Open Scope Z_scope.

(* The sum over all q <= m < V. *)
Definition over_groups (V : nat) (n : nat -> nat -> Z) : Z := zsum (fun m => zsum (fun q => n q m) (seq 0 (S m))) (seq 0 V).

Section Groups.
  Variable w : model.
  Hypothesis some_position : (1 <= n_ctx w)%nat.
  Variable c : nat -> R. (* taken out of the scores of a query *)
  Let r := last w.
  Let V := d_vocab w.

  (* With the tokens p before the query q, the maximum m wins. *)
  Definition group_right (q m : nat) (p : list nat) : Prop := forall x, (x < d_vocab w)%nat -> x <> m ->
    (plain w c q m x (last w) q + suffix (plain w c q m) x 0 p < 0)%R.

  Variable n : nat -> nat -> Z.
  Hypothesis counted : forall q m, (q <= m < V)%nat -> exists F, n q m <= tally (seq 0 (S m)) r F /\
    forall p, over (seq 0 (S m)) r p -> F p <= 1 /\
      (0 < F p -> ((q =? m)%nat = true \/ In m p) /\ (In p (tails m r (q =? m)%nat) -> group_right q m p)).

  Let g (q m t i x : nat) : R := plain w c q m x i t.

  Lemma g_separates : separates w (right w) g.
  Proof. exact (fun s => right_iff_terms w (fun q _ _ => c q) s some_position). Qed.

  Lemma group_count q m : (q <= m < V)%nat -> n q m <= Z.of_nat (length (filter (rightb w g) (group w (q, m)))).
  Proof.
    intros H. destruct (counted q m H) as [F [N P]]. apply Z.le_trans with (1 := N). unfold group. cbn [fst snd].
    rewrite filter_map, map_length. apply tally_tails; [intros p O; apply (P p O)|].
    intros p O F0. destruct (proj2 (P p O) F0) as [B A]. split; [|exact B].
    assert (I : In p (tails m (last w) (q =? m)%nat)).
    { apply in_tails. destruct O as [L O]. split; [exact L|]. split; [|exact B].
      eapply Forall_impl; [|exact O]. intros t I. apply in_seq in I. lia. }
    specialize (A I). rewrite (rightb_group w g some_position q m p H I). apply goodb_good.
    intros x X. apply in_outputs in X. apply A; apply X.
  Qed.

  Theorem groups_at_least : accuracy_at_least w (over_groups V n).
  Proof.
    exists (Z.of_nat (length (filter (rightb w g) (sequences V (n_ctx w))))). split.
    - apply count_filter. intros s _. apply rightb_right, g_separates.
    - apply Z.le_trans with (Z.of_nat (length (filter (rightb w g) (flat_map (group w) (all_keys V))))).
      2: { apply inj_le, length_filter_incl; [now apply groups_NoDup|now apply groups_incl]. }
      unfold over_groups, all_keys. assert (M : forall m, In m (seq 0 V) -> (m < V)%nat) by (intros m I; apply in_seq in I; lia).
      induction (seq 0 V) as [|m ms IH]; [easy|]. cbn [zsum flat_map]. rewrite flat_map_app, filter_app, app_length, Nat2Z.inj_add.
      specialize (IH (fun k I => M k (or_intror I))). specialize (M m (or_introl eq_refl)).
      apply Z.add_le_mono; [clear IH|exact IH].
      assert (Q : forall q, In q (seq 0 (S m)) -> (q <= m)%nat) by (intros q I; apply in_seq in I; lia).
      induction (seq 0 (S m)) as [|q qs IH]; [easy|]. cbn [zsum map flat_map]. rewrite filter_app, app_length, Nat2Z.inj_add.
      apply Z.add_le_mono; [apply group_count; split; [apply Q; now left|exact M]|]. apply IH. intros k I. apply Q. now right.
  Qed.
End Groups.
