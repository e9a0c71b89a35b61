(* Sums over all lists of r tokens, and how many of them hold exactly n tokens of a block of tokens.
   The rest of such a list is any list of r - n tokens from outside the block, and the n positions may be chosen and
   filled in C(r, n) |block|^n ways: theorem `tally_exactly`. Proofs that treat the tokens of a block alike (windows, and
   the cubic proof) count their sequences by it. *)
From Coq Require Import ZArith Lia List Bool PeanoNat Permutation.
From Maxcert Require Import Sequences Tails.
Import ListNotations.
Open Scope Z_scope.

(* ---------- Finite sums ---------- *)

Fixpoint zsum {A} (f : A -> Z) (l : list A) : Z := match l with [] => 0 | a :: l => f a + zsum f l end.

Lemma zsum_ext {A} (f g : A -> Z) l : (forall a, In a l -> f a = g a) -> zsum f l = zsum g l.
Proof. induction l as [|a l IH]; cbn; intros H; [easy|]. rewrite H, IH by auto. easy. Qed.

Lemma zsum_le {A} (f g : A -> Z) l : (forall a, In a l -> f a <= g a) -> zsum f l <= zsum g l.
Proof.
  induction l as [|a l IH]; cbn; intros H; [lia|].
  assert (f a <= g a) by auto. assert (zsum f l <= zsum g l) by auto. lia.
Qed.

Lemma zsum_app {A} (f : A -> Z) l l' : zsum f (l ++ l') = zsum f l + zsum f l'.
Proof. induction l as [|a l IH]; cbn; [easy|]. rewrite IH. lia. Qed.

Lemma zsum_add {A} (f g : A -> Z) l : zsum (fun a => f a + g a) l = zsum f l + zsum g l.
Proof. induction l as [|a l IH]; cbn; [easy|]. rewrite IH. lia. Qed.

Lemma zsum_mul {A} c (f : A -> Z) l : zsum (fun a => c * f a) l = c * zsum f l.
Proof. induction l as [|a l IH]; cbn; [lia|]. rewrite IH. lia. Qed.

Lemma zsum_const {A} c (l : list A) : zsum (fun _ => c) l = Z.of_nat (length l) * c.
Proof. induction l as [|a l IH]; cbn [zsum length]; [lia|]. rewrite IH. lia. Qed.

Lemma zsum_perm {A} (f : A -> Z) l l' : Permutation l l' -> zsum f l = zsum f l'.
Proof. induction 1; cbn; lia. Qed.

Lemma zsum_map {A B} (f : B -> Z) (g : A -> B) l : zsum f (map g l) = zsum (fun a => f (g a)) l.
Proof. induction l as [|a l IH]; cbn; [easy|]. now rewrite IH. Qed.

Lemma zsum_nonneg {A} (f : A -> Z) l : (forall a, In a l -> 0 <= f a) -> 0 <= zsum f l.
Proof. intros H. rewrite <- (Z.mul_0_r (Z.of_nat (length l))), <- zsum_const. now apply zsum_le. Qed.

Lemma zsum_swap {A B} (f : A -> B -> Z) l l' :
  zsum (fun a => zsum (f a) l') l = zsum (fun b => zsum (fun a => f a b) l) l'.
Proof.
  induction l as [|a l IH]; cbn; [now rewrite zsum_const, Z.mul_0_r|]. now rewrite IH, zsum_add.
Qed.

(* Each k is met at most once in a list without repetitions. *)
Lemma zsum_pick k v ns : 0 <= v -> NoDup ns -> zsum (fun n => if (k =? n)%nat then v else 0) ns <= v.
Proof.
  intros P D. induction D as [|n ns F D IH]; cbn; [easy|].
  destruct (Nat.eqb_spec k n) as [->|_]; [|lia].
  rewrite (zsum_ext _ (fun _ => 0)); [rewrite zsum_const; lia|].
  intros n' I. destruct (Nat.eqb_spec n n') as [->|]; easy.
Qed.

(* ---------- Sums over lists of tokens ---------- *)

(* The sum of F over all lists of r tokens from `tokens`. *)
Fixpoint tally (tokens : list nat) (r : nat) (F : list nat -> Z) : Z :=
  match r with O => F [] | S r => zsum (fun t => tally tokens r (fun s => F (t :: s))) tokens end.

Definition over (tokens : list nat) (r : nat) (s : list nat) := length s = r /\ Forall (fun t => In t tokens) s.

Lemma over_cons tokens r t s : In t tokens -> over tokens r s -> over tokens (S r) (t :: s).
Proof. intros I [L F]. split; [cbn; lia|now constructor]. Qed.

Lemma tally_le tokens r : forall F G, (forall s, over tokens r s -> F s <= G s) -> tally tokens r F <= tally tokens r G.
Proof.
  induction r as [|r IH]; intros F G H; cbn; [apply H; now split|].
  apply zsum_le. intros t I. apply IH. intros s O. apply H. now apply over_cons.
Qed.

Lemma tally_ext tokens r F G : (forall s, over tokens r s -> F s = G s) -> tally tokens r F = tally tokens r G.
Proof. intros H. apply Z.le_antisymm; apply tally_le; intros s O; rewrite (H s O); lia. Qed.

Lemma tally_zsum {A} tokens r : forall (F : A -> list nat -> Z) l,
  tally tokens r (fun s => zsum (fun a => F a s) l) = zsum (fun a => tally tokens r (F a)) l.
Proof.
  induction r as [|r IH]; intros F l; cbn; [easy|].
  rewrite (zsum_ext _ (fun t => zsum (fun a => tally tokens r (fun s => F a (t :: s))) l)) by (intros; apply IH).
  apply zsum_swap.
Qed.

Lemma tally_const tokens r c : tally tokens r (fun _ => c) = Z.of_nat (length tokens) ^ Z.of_nat r * c.
Proof.
  induction r as [|r IH]; cbn [tally]; [lia|].
  rewrite (zsum_ext _ (fun _ => Z.of_nat (length tokens) ^ Z.of_nat r * c)) by easy.
  rewrite zsum_const, Nat2Z.inj_succ, Z.pow_succ_r by lia. lia.
Qed.

Lemma tally_nonneg tokens r F : (forall s, over tokens r s -> 0 <= F s) -> 0 <= tally tokens r F.
Proof. intros H. rewrite <- (Z.mul_0_r (Z.of_nat (length tokens) ^ Z.of_nat r)), <- tally_const. now apply tally_le. Qed.

Lemma tally_perm tokens tokens' r : Permutation tokens tokens' -> forall F, tally tokens r F = tally tokens' r F.
Proof.
  intros P. induction r as [|r IH]; intros F; cbn; [easy|].
  rewrite (zsum_perm _ _ _ P). apply zsum_ext. intros; apply IH.
Qed.

(* ---------- Exactly n tokens of a block ---------- *)

Fixpoint choose (r n : nat) : Z :=
  match r, n with
  | _, O => 1
  | O, S _ => 0
  | S r, S n => choose r n + choose r (S n)
  end.

Lemma choose_0 r : choose r 0 = 1.
Proof. now destruct r. Qed.

Lemma choose_over r : forall n, (r < n)%nat -> choose r n = 0.
Proof.
  induction r as [|r IH]; intros [|n] H; try lia; [easy|].
  cbn. rewrite !IH by lia. easy.
Qed.

Lemma choose_nonneg r : forall n, 0 <= choose r n.
Proof.
  induction r as [|r IH]; intros [|n]; cbn; try lia.
  pose proof (IH n); pose proof (IH (S n)); lia.
Qed.

Section Block.
  Variable p : nat -> bool.  (* is this token in the block? *)

  Fixpoint held (s : list nat) : nat := match s with [] => O | t :: s => if p t then S (held s) else held s end.
  Definition outside (s : list nat) := filter (fun t => negb (p t)) s.
  Definition exactly (n : nat) (F : list nat -> Z) (s : list nat) : Z := if (held s =? n)%nat then F (outside s) else 0.

  Variables block rest : list nat.
  Hypothesis block_in : forall t, In t block -> p t = true.
  Hypothesis rest_out : forall t, In t rest -> p t = false.

  Theorem tally_exactly r : forall n F,
    tally (block ++ rest) r (exactly n F) = choose r n * Z.of_nat (length block) ^ Z.of_nat n * tally rest (r - n) F.
  Proof.
    induction r as [|r IH]; intros n F.
    { destruct n as [|n]; unfold exactly; cbn -[Z.mul Z.pow]; [now rewrite Z.mul_1_l|now rewrite !Z.mul_0_l]. }
    cbn [tally]. rewrite zsum_app.
    rewrite (zsum_ext _ (fun t => tally (block ++ rest) r (exactly n (fun s => F (t :: s)))) rest).
    2: { intros t I. apply tally_ext. intros s _. unfold exactly, outside. cbn [held filter]. now rewrite (rest_out t I). }
    rewrite (zsum_ext (fun t => tally (block ++ rest) r (exactly n (fun s => F (t :: s)))) _ rest (fun t _ => IH n (fun s => F (t :: s)))).
    rewrite zsum_mul. destruct n as [|n].
    - rewrite (zsum_ext _ (fun _ => 0) block), zsum_const.
      + rewrite !choose_0, !Nat.sub_0_r. cbn [tally]. lia.
      + intros t I. rewrite (tally_ext _ _ _ (fun _ => 0)); [rewrite tally_const; lia|].
        intros s _. unfold exactly. cbn [held]. now rewrite (block_in t I).
    - rewrite (zsum_ext _ (fun _ => tally (block ++ rest) r (exactly n F)) block), zsum_const, IH.
      + cbn [Nat.sub choose]. rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia.
        assert (E : choose r (S n) * zsum (fun t => tally rest (r - S n) (fun s => F (t :: s))) rest = choose r (S n) * tally rest (r - n) F).
        { destruct (Nat.lt_ge_cases n r).
          - replace (r - n)%nat with (S (r - S n)) by lia. easy.
          - now rewrite choose_over by lia. }
        rewrite Z.mul_add_distr_r, Z.mul_add_distr_r. f_equal; [lia|].
        transitivity (Z.of_nat (length block) * Z.of_nat (length block) ^ Z.of_nat n *
          (choose r (S n) * zsum (fun t => tally rest (r - S n) (fun s => F (t :: s))) rest)); [lia|]. rewrite E. lia.
      + intros t I. apply tally_ext. intros s _. unfold exactly, outside. cbn [held filter]. now rewrite (block_in t I).
  Qed.

  (* The lists may be told apart by how many tokens of the block they hold. *)
  Lemma tally_split tokens r F ns : NoDup ns -> (forall s, over tokens r s -> 0 <= F s) ->
    zsum (fun n => tally tokens r (fun s => if (held s =? n)%nat then F s else 0)) ns <= tally tokens r F.
  Proof.
    intros D P. rewrite <- (tally_zsum tokens r (fun n s => if (held s =? n)%nat then F s else 0)).
    apply tally_le. intros s O. apply zsum_pick; auto.
  Qed.
End Block.

(* ---------- As the length of a list ---------- *)

Lemma tally_filter m r : forall f : list nat -> bool,
  tally (seq 0 (S m)) r (fun s => if f s then 1 else 0) = Z.of_nat (length (filter f (tails m r true))).
Proof.
  induction r as [|r IH]; intros f; [cbn; now destruct (f [])|].
  rewrite tails_S. cbn [tally orb].
  enough (H : forall l, zsum (fun t => tally (seq 0 (S m)) r (fun s => if f (t :: s) then 1 else 0)) l =
    Z.of_nat (length (filter f (flat_map (fun t => map (cons t) (tails m r true)) l)))) by apply H.
  induction l as [|t l IHl]; [easy|].
  cbn [zsum flat_map]. rewrite filter_app, app_length, filter_map, map_length, Nat2Z.inj_add, <- IHl, IH. easy.
Qed.

(* Sequences of r tokens up to m that are counted and, unless m has been seen, hold m. *)
Lemma tally_tails m r seen (F : list nat -> Z) (f : list nat -> bool) :
  (forall s, over (seq 0 (S m)) r s -> F s <= 1) ->
  (forall s, over (seq 0 (S m)) r s -> 0 < F s -> f s = true /\ (seen = true \/ In m s)) ->
  tally (seq 0 (S m)) r F <= Z.of_nat (length (filter f (tails m r seen))).
Proof.
  intros H1 H2. set (g := fun s => (f s && (seen || existsb (Nat.eqb m) s))%bool).
  apply Z.le_trans with (tally (seq 0 (S m)) r (fun s => if g s then 1 else 0)).
  - apply tally_le. intros s O. specialize (H1 s O). destruct (Z.lt_ge_cases 0 (F s)) as [P|N].
    + destruct (H2 s O P) as [A B]. unfold g. rewrite A. replace (seen || existsb (Nat.eqb m) s) with true; [easy|].
      symmetry. apply orb_true_iff. destruct B as [B|B]; [now left|right]. apply existsb_exists. exists m. now rewrite Nat.eqb_refl.
    + destruct (g s); lia.
  - rewrite tally_filter. apply inj_le. apply NoDup_incl_length; [apply NoDup_filter, tails_NoDup|].
    intros s I. apply filter_In in I. destruct I as [I G]. unfold g in G. apply andb_prop in G. destruct G as [G G'].
    apply filter_In. split; [|easy]. apply in_tails in I. destruct I as [L [F' _]]. apply in_tails. split; [easy|]. split; [easy|].
    apply orb_true_iff in G'. destruct G' as [G'|G']; [now left|right]. apply existsb_exists in G'. destruct G' as [t [I E]].
    apply Nat.eqb_eq in E. now subst.
Qed.
