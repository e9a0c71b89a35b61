(* The sequences of a cell: positions that hold the maximum m, and k others that hold tokens below c (c <= m).
   Main facts: in_placements, placements_NoDup, length_placements. *)
From Coq Require Import ZArith NArith Lia List PeanoNat.
From Maxcert Require Import Statement Sequences.
Import ListNotations.

(* All lists of length r with k tokens below c and r - k times m. *)
Fixpoint placements (m c r k : nat) : list (list nat) :=
  match r with
  | O => match k with O => [[]] | S _ => [] end
  | S r => map (cons m) (placements m c r k) ++
    match k with O => [] | S k => flat_map (fun p => map (fun t => t :: p) (seq 0 c)) (placements m c r k) end
  end.

(* How many entries differ from m. *)
Fixpoint others (m : nat) (p : list nat) : nat :=
  match p with [] => O | t :: p => if t =? m then others m p else S (others m p) end.

Lemma others_app m p p' : others m (p ++ p') = (others m p + others m p')%nat.
Proof. induction p as [|t p IH]; simpl; [easy|]. destruct (t =? m); rewrite IH; easy. Qed.

Lemma others_le m p : (others m p <= length p)%nat.
Proof. induction p as [|t p IH]; simpl; [easy|]. destruct (t =? m); lia. Qed.

Lemma in_if_few_others m p : (others m p < length p)%nat -> In m p.
Proof.
  induction p as [|t p IH]; simpl; [lia|]. destruct (Nat.eqb_spec t m) as [->|_]; [now left|].
  intros H. right. apply IH. lia.
Qed.

Lemma in_placements m c r : (c <= m)%nat -> forall k p, In p (placements m c r k) ->
  length p = r /\ Forall (fun t => t = m \/ t < c)%nat p /\ others m p = k.
Proof.
  intros C. induction r as [|r IH]; intros k p; simpl.
  - destruct k; simpl; [|easy]. intros [<-|[]]. repeat split. constructor.
  - rewrite in_app_iff. intros [I|I].
    + apply in_map_iff in I. destruct I as [p' [<- I]]. destruct (IH k p' I) as [L [F O]].
      simpl. rewrite Nat.eqb_refl. repeat split; [lia| |easy]. constructor; [now left|easy].
    + destruct k as [|k]; [easy|]. apply in_flat_map in I. destruct I as [p' [I M]].
      apply in_map_iff in M. destruct M as [t [<- T]]. apply in_seq in T.
      destruct (IH k p' I) as [L [F O]]. simpl.
      destruct (Nat.eqb_spec t m); [lia|]. repeat split; [lia| |lia]. constructor; [right; lia|easy].
Qed.

Lemma placements_NoDup m c r : (c <= m)%nat -> forall k, NoDup (placements m c r k).
Proof.
  intros C. induction r as [|r IH]; intros k; simpl.
  - destruct k; repeat constructor. easy.
  - apply NoDup_app.
    + apply FinFun.Injective_map_NoDup; [intros a b E; congruence|apply IH].
    + destruct k as [|k]; [constructor|]. apply flat_map_NoDup with (key := @tl nat); [apply IH| |].
      * intros p _. apply FinFun.Injective_map_NoDup; [intros a b E; congruence|apply seq_NoDup].
      * intros p p' _ I. apply in_map_iff in I. now destruct I as [t [<- _]].
    + intros p I J. apply in_map_iff in I. destruct I as [p' [<- _]].
      destruct k as [|k]; [easy|]. apply in_flat_map in J. destruct J as [p'' [_ J]].
      apply in_map_iff in J. destruct J as [t [E T]]. apply in_seq in T. injection E as E _. lia.
Qed.

(* ---------- Binomial coefficients, a row at a time ---------- *)

Fixpoint next_row (a : N) (row : list N) : list N :=
  match row with [] => [a] | b :: row => (a + b)%N :: next_row b row end.
Fixpoint pascal (r : nat) : list N :=
  match r with O => [1%N] | S r => next_row 0 (pascal r) end.

Lemma next_row_nth row : forall a k, nth k (next_row a row) 0%N =
  (nth k row 0 + match k with O => a | S k => nth k row 0 end)%N.
Proof.
  induction row as [|b row IH]; intros a k; simpl.
  - destruct k as [|[|k]]; simpl; lia.
  - destruct k as [|k]; [lia|]. rewrite IH. destruct k; lia.
Qed.

Definition cell_size (row : list N) (c k : nat) : N := (nth k row 0 * N.of_nat c ^ N.of_nat k)%N.

Lemma length_placements m c r : forall k, N.of_nat (length (placements m c r k)) = cell_size (pascal r) c k.
Proof.
  unfold cell_size. induction r as [|r IH]; intros k.
  - destruct k as [|[|k]]; simpl; lia.
  - change (pascal (S r)) with (next_row 0 (pascal r)). rewrite next_row_nth.
    cbn [placements]. rewrite app_length, map_length. destruct k as [|k].
    + cbn [length]. rewrite Nat.add_0_r, IH. lia.
    + rewrite length_flat_map with (c := c) by (intros; now rewrite map_length, seq_length).
      rewrite Nat2N.inj_add, Nat2N.inj_mul, !IH. 
      replace (N.of_nat (S k)) with (N.succ (N.of_nat k)) by lia. rewrite N.pow_succ_r by lia. lia.
Qed.
