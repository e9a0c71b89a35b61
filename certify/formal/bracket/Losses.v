(* How many sequences let an output win is the rest of those that let it lose, and these are counted like wins, with all
   terms negated. Counts are fine where the budget is small: where an output wins nearly everywhere, its losses are what
   to count. Main theorems: wins_most_ok, wins_least_ok. *)
From Coq Require Import Reals ZArith Lra Lia List.
From Maxcert Require Import Integers Intervals Sequences Tails Ranges Columns Packed Charges.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

Definition ineg (e : interval) : interval := (opp (snd e), opp (fst e)).
Definition losing (c : input) : input := (ineg (fst c), map (map ineg) (snd c)).
(* The same, where a tie is no loss: a loss by less than one unit is not counted either. *)
Definition surely_losing (c : input) : input := let n := losing c in (isub (fst n) (one, one), snd n).

Section Program.
  Variable W : Z.
  Variable k : nat.
  Variable scales : list (int * int).  (* scales W k *)
  Variable m : nat.
  Variable seen : bool.
  Variable size : Z.  (* the number of sequences *)

  Definition budget (up : bool) (c : input) : int := budget_of m seen (end_of up (fst c)) (map (position_of up) (snd c)).

  (* The number of sequences where the output of c wins, at most and at least. *)
  Definition wins_most (c : input) : Z :=
    let n := surely_losing c in
    if leb (budget true c) (budget false n) then wins true m W k scales seen c else size - wins false m W k scales seen n.
  Definition wins_least (c : input) : Z :=
    let n := losing c in
    if leb (budget false c) (budget true n) then wins false m W k scales seen c else size - wins true m W k scales seen n.
End Program.

(* ---------- Its proof ---------- *)

Section Proof.
  Open Scope R_scope.
  Variable m : nat.
  Variable f : nat -> nat -> nat -> R.
  Variable own : nat -> R.
  Variable r : nat.
  Variable x : nat.
  Variable c : input.
  Hypothesis c_ok : input_ok m f own r x c.

  Let f' (x i t : nat) := - f x i t.
  Let own' (x : nat) := - own x.
  Let own'' (x : nat) := - own x - 1.

  Lemma encloses_opp e v : encloses e v -> encloses (ineg e) (- v).
  Proof. unfold encloses, ineg. cbn [fst snd]. rewrite !toZ_opp, !opp_IZR. lra. Qed.

  Lemma entries_opp i E : forall t, entries_ok m f x i t E -> entries_ok m f' x i t (map ineg E).
  Proof.
    induction E as [|e E IH]; intros t H; [exact H|]. destruct H as [H H']. split; [now apply encloses_opp|now apply IH].
  Qed.

  Lemma positions_opp Es : forall i, positions_ok m f x i Es -> positions_ok m f' x i (map (map ineg) Es).
  Proof.
    induction Es as [|E Es IH]; intros i H; [exact H|]. destruct H as [H H']. split; [now apply entries_opp|now apply IH].
  Qed.

  Lemma losing_ok : input_ok m f' own' r x (losing c).
  Proof.
    destruct c_ok as [O [L P]]. split; [now apply encloses_opp|]. cbn [losing snd]. rewrite map_length.
    split; [exact L|now apply positions_opp].
  Qed.

  Lemma surely_losing_ok : input_ok m f' own'' r x (surely_losing c).
  Proof.
    destruct losing_ok as [O P]. split; [|exact P]. apply encloses_sub; [exact O|].
    unfold encloses. cbn [fst snd]. rewrite toZ_one. lra.
  Qed.

  Lemma suffix_opp p : forall i, suffix f' x i p = - suffix f x i p.
  Proof. induction p as [|t p IH]; intros i; cbn [suffix]; [lra|]. rewrite IH. unfold f'. lra. Qed.

  Lemma loses p : winsb f own x p = false -> winsb f' own' x p = true.
  Proof.
    unfold winsb, own'. rewrite suffix_opp. destruct (Rlt_dec (own x + _) 0); [|easy]. intros _.
    destruct (Rlt_dec _ 0); [lra|easy].
  Qed.

  Lemma surely_loses p : winsb f' own'' x p = true -> winsb f own x p = false.
  Proof.
    unfold winsb, own''. rewrite suffix_opp. destruct (Rlt_dec (- own x - 1 + _) 0); [easy|]. intros _.
    destruct (Rlt_dec _ 0); [easy|lra].
  Qed.

  Variable W : Z.
  Variable k : nat.
  Variable seen : bool.
  Hypothesis W_large : (1 < W)%Z.
  Let all := tails m r seen.
  Let size := Z.of_nat (length all).
  Hypothesis few : (size < 2 ^ W - 1)%Z.
  Let won := Z.of_nat (length (filter (winsb f own x) all)).

  Theorem wins_most_ok : (won <= wins_most W k (scales W k) m seen size c)%Z.
  Proof.
    unfold wins_most. cbv zeta. destruct (leb _ _); [now apply wins_at_most|].
    pose proof (wins_at_least m f' own'' r x (surely_losing c) surely_losing_ok W k seen W_large few) as H.
    pose proof (filter_le (winsb f' own'' x) (fun p => negb (winsb f own x p)) all) as L.
    pose proof (length_filter_negb (winsb f own x) all). unfold won, size.
    specialize (L ltac:(intros p _ E; cbv beta; now rewrite (surely_loses p E))). fold all in H. lia.
  Qed.

  Theorem wins_least_ok : (wins_least W k (scales W k) m seen size c <= won)%Z.
  Proof.
    unfold wins_least. cbv zeta. destruct (leb _ _); [now apply wins_at_least|].
    pose proof (wins_at_most m f' own' r x (losing c) losing_ok W k seen W_large few) as H.
    pose proof (filter_le (fun p => negb (winsb f own x p)) (winsb f' own' x) all) as L.
    pose proof (length_filter_negb (winsb f own x) all). unfold won, size.
    specialize (L ltac:(intros p _ E; cbv beta in E; apply loses; now destruct (winsb f own x p))). fold all in H. lia.
  Qed.
End Proof.
