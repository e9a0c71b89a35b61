(* How many sequences let a sum of terms reach 0 is the rest of those that let it stay below, and these are counted likewise,
   with all terms negated. Counts are fine where the budget is small: where an output wins nearly everywhere, its losses are
   what to count. Main theorems: wins_most_ok, wins_least_ok. *)
From Coq Require Import Reals ZArith Lra Lia List.
From Maxcert Require Import Integers Intervals Sequences Columns Fillings Deviations Charges.
Import ListNotations.
Open Scope Z_scope.

Definition one : int := ofZ 1.
Lemma toZ_one : toZ one = 1. Proof. apply toZ_ofZ. Qed.
Global Opaque one.

(* ---------- The program ---------- *)

Definition ineg (e : interval) : interval := (opp (snd e), opp (fst e)).
Definition losing (c : event) : event := (ineg (fst c), map (fun E => (map ineg (fst E), map ineg (snd E))) (snd c)).
(* The same, where a tie is no loss: a loss by less than one unit is not counted either. *)
Definition surely_losing (c : event) : event := let n := losing c in (isub (fst n) (one, one), snd n).

Section Program.
  Variable k : nat.     (* up to 2^k steps *)
  Variable d : nat.     (* how many tokens are required *)
  Variable size : Z.    (* the number of sequences *)

  Definition budget (up : bool) (c : event) : int := budget_of d (end_of up (fst c)) (map (place_of up) (snd c)).

  (* The number of sequences where the event happens, at most and at least. *)
  Definition wins_most (c : event) : Z :=
    let n := surely_losing c in
    if leb (budget true c) (budget false n) then wins true d k c else size - wins false d k n.
  Definition wins_least (c : event) : Z :=
    let n := losing c in
    if leb (budget false c) (budget true n) then wins false d k c else size - wins true d k n.
End Program.

(* ---------- Its proof ---------- *)

Section Proof.
  Open Scope R_scope.
  Variable P : part.
  Let d := length (p_required P).
  Variable h : nat -> nat -> R.
  Variable own : R.
  Variable r : nat.
  Variable c : event.
  Hypothesis c_ok : event_ok P h own r c.

  Let h' (i t : nat) := - h i t.

  Lemma encloses_opp e v : encloses e v -> encloses (ineg e) (- v).
  Proof. unfold encloses, ineg. cbn [fst snd]. rewrite !toZ_opp, !opp_IZR. lra. Qed.

  Lemma these_opp i ts es : these h i ts es -> these h' i ts (map ineg es).
  Proof. induction 1; cbn [map]; constructor; [now apply encloses_opp|assumption]. Qed.

  Lemma losing_ok : event_ok P h' (- own) r (losing c).
  Proof.
    destruct c_ok as [O [L H]]. split; [now apply encloses_opp|]. cbn [losing snd]. rewrite map_length. split; [exact L|]. clear L O. revert H.
    generalize 0%nat. induction (snd c) as [|E Es IH]; intros i H; [exact H|]. destruct H as [[H1 H2] H]. cbn [map all_these fst snd].
    split; [split; now apply these_opp|now apply IH].
  Qed.

  Lemma surely_losing_ok : event_ok P h' (- own - 1) r (surely_losing c).
  Proof.
    destruct losing_ok as [O H]. split; [|exact H]. apply encloses_sub; [exact O|].
    unfold encloses. cbn [fst snd]. rewrite toZ_one. lra.
  Qed.

  Lemma sum_opp p : forall i, sum_from h' i p = - sum_from h i p.
  Proof. induction p as [|t p IH]; intros i; cbn [sum_from]; [lra|]. rewrite IH. unfold h'. lra. Qed.

  Lemma loses p : reaches h own p = false -> reaches h' (- own) p = true.
  Proof.
    unfold reaches. rewrite sum_opp. destruct (Rlt_dec (own + _) 0); [|easy]. intros _.
    destruct (Rlt_dec _ 0); [lra|easy].
  Qed.

  Lemma surely_loses p : reaches h' (- own - 1) p = true -> reaches h own p = false.
  Proof.
    unfold reaches. rewrite sum_opp. destruct (Rlt_dec (- own - 1 + _) 0); [easy|]. intros _.
    destruct (Rlt_dec _ 0); [easy|lra].
  Qed.

  Variable k : nat.
  Hypothesis few_tokens : not_too_many (length (tokens_of P)).
  Let all := fillings P r.
  Let size := Z.of_nat (length all).
  Let won := Z.of_nat (length (filter (reaches h own) all)).

  Theorem wins_most_ok : (won <= wins_most k d size c)%Z.
  Proof.
    unfold wins_most. cbv zeta. destruct (leb _ _); [now apply wins_at_most|].
    pose proof (wins_at_least P h' (- own - 1) r (surely_losing c) surely_losing_ok few_tokens k) as H.
    pose proof (filter_le (reaches h' (- own - 1)) (fun p => negb (reaches h own p)) all) as L.
    pose proof (length_filter_negb (reaches h own) all). unfold won, size.
    specialize (L ltac:(intros p _ E; cbv beta; now rewrite (surely_loses p E))). fold all d in H. lia.
  Qed.

  Theorem wins_least_ok : (wins_least k d size c <= won)%Z.
  Proof.
    unfold wins_least. cbv zeta. destruct (leb _ _); [now apply wins_at_least|].
    pose proof (wins_at_most P h' (- own) r (losing c) losing_ok few_tokens k) as H.
    pose proof (filter_le (fun p => negb (reaches h own p)) (reaches h' (- own)) all) as L.
    pose proof (length_filter_negb (reaches h own) all). unfold won, size.
    specialize (L ltac:(intros p _ E; cbv beta in E; apply loses; now destruct (reaches h own p))). fold all d in H. lia.
  Qed.
End Proof.
