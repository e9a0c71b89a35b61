(* How many sequences let one output win and another one not, by two costs at once (Pairs.v): of each output the sequences
   where it wins or those where it loses are counted, whichever have the smaller budget. Main theorems: apart_most_ok,
   apart_least_ok. *)
From Coq Require Import Reals ZArith Lra Lia List Bool.
From Maxcert Require Import Integers Intervals Sequences Columns Fillings Deviations Charges Losses Pairs.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

Section Program.
  Variable k : nat.    (* up to 2^k steps, for each of two costs *)
  Variable d : nat.    (* how many tokens are required *)
  Variable size : Z.   (* the number of sequences *)

  Definition mostly_wins (c : event) : bool := leb (budget d true (losing c)) (budget d true c).

  (* c wins least to most times, c' least' to most': the number of sequences where c' wins and c does not, at most and at least. *)
  Definition apart_most (c c' : event) (least most' : Z) : Z :=
    match mostly_wins c, mostly_wins c' with
    | true, false => both_win true d k (losing c) c'
    | true, true => size - least - both_win false d k (surely_losing c) (surely_losing c')
    | false, false => most' - both_win false d k c c'
    | false, true => most' - least + both_win true d k c (losing c')
    end.
  Definition apart_least (c c' : event) (most least' : Z) : Z :=
    match mostly_wins c, mostly_wins c' with
    | true, false => both_win false d k (surely_losing c) c'
    | true, true => size - most - both_win true d k (losing c) (losing c')
    | false, false => least' - both_win true d k c c'
    | false, true => least' - most + both_win false d k c (surely_losing c')
    end.
End Program.

(* ---------- Its proof ---------- *)

Section Proof.
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
  Let size := Z.of_nat (length all).
  Let a := reaches h own.
  Let b := reaches h' own'.
  Let many (e : list nat -> bool) := Z.of_nat (length (filter e all)).

  Lemma many_le e e' : (forall p, e p = true -> e' p = true) -> (many e <= many e')%Z.
  Proof. intros H. apply inj_le, filter_le. auto. Qed.

  (* By which of the two win. *)
  Lemma four : (many a = many (fun p => a p && b p) + many (fun p => a p && negb (b p)) /\
    many b = many (fun p => a p && b p) + many (fun p => b p && negb (a p)) /\
    size = many (fun p => a p && b p) + many (fun p => a p && negb (b p)) + many (fun p => b p && negb (a p)) + many (fun p => negb (a p) && negb (b p)))%Z.
  Proof.
    unfold many, size. clear. induction all as [|p l IH]; [cbn; lia|]. cbn [filter]. destruct (a p), (b p); cbn [andb negb length]; lia.
  Qed.

  Let lost := losing_ok P h own r c c_ok.
  Let lost' := losing_ok P h' own' r c' c_ok'.
  Let sure := surely_losing_ok P h own r c c_ok.
  Let sure' := surely_losing_ok P h' own' r c' c_ok'.

  Lemma may_lose p : negb (a p) = true -> reaches (fun i t => - h i t) (- own) p = true.
  Proof. intros N. apply loses. now apply negb_true_iff. Qed.
  Lemma may_lose_too p : negb (b p) = true -> reaches (fun i t => - h' i t) (- own') p = true.
  Proof. intros N. apply loses. now apply negb_true_iff. Qed.
  Lemma must_lose p : reaches (fun i t => - h i t) (- own - 1) p = true -> negb (a p) = true.
  Proof. intros N. apply negb_true_iff. exact (surely_loses h own p N). Qed.
  Lemma must_lose_too p : reaches (fun i t => - h' i t) (- own' - 1) p = true -> negb (b p) = true.
  Proof. intros N. apply negb_true_iff. exact (surely_loses h' own' p N). Qed.

  Ltac both_of := cbv beta; intros p E; apply andb_prop in E; destruct E; apply andb_true_intro; split;
    auto using may_lose, may_lose_too, must_lose, must_lose_too.

  Theorem apart_most_ok least most' : (least <= many a)%Z -> (many b <= most')%Z ->
    (many (fun p => b p && negb (a p)) <= apart_most k d size c c' least most')%Z.
  Proof.
    intros La Mb. destruct four as [F1 [F2 F3]]. unfold apart_most. destruct (mostly_wins d c), (mostly_wins d c').
    - pose proof (pair_at_least P _ _ _ _ r _ _ sure sure' few_tokens k) as Q.
      pose proof (many_le (fun p => reaches (fun i t => - h i t) (- own - 1) p && reaches (fun i t => - h' i t) (- own' - 1) p)
        (fun p => negb (a p) && negb (b p)) ltac:(both_of)) as M. unfold many, size, all, d in *. lia.
    - pose proof (pair_at_most P _ _ _ _ r _ _ lost c_ok' few_tokens k) as Q.
      pose proof (many_le (fun p => b p && negb (a p)) (fun p => reaches (fun i t => - h i t) (- own) p && b p)
        ltac:(cbv beta; intros p E; apply andb_prop in E; destruct E; apply andb_true_intro; split; auto using may_lose)) as M.
      unfold many, size, all, d, a, b in *. lia.
    - pose proof (pair_at_most P _ _ _ _ r _ _ c_ok lost' few_tokens k) as Q.
      pose proof (many_le (fun p => a p && negb (b p)) (fun p => a p && reaches (fun i t => - h' i t) (- own') p) ltac:(both_of)) as M.
      unfold many, size, all, d, a, b in *. lia.
    - pose proof (pair_at_least P _ _ _ _ r _ _ c_ok c_ok' few_tokens k) as Q. unfold many, size, all, d, a, b in *. lia.
  Qed.

  Theorem apart_least_ok most least' : (many a <= most)%Z -> (least' <= many b)%Z ->
    (apart_least k d size c c' most least' <= many (fun p => b p && negb (a p)))%Z.
  Proof.
    intros Ma Lb. destruct four as [F1 [F2 F3]]. unfold apart_least. destruct (mostly_wins d c), (mostly_wins d c').
    - pose proof (pair_at_most P _ _ _ _ r _ _ lost lost' few_tokens k) as Q.
      pose proof (many_le (fun p => negb (a p) && negb (b p))
        (fun p => reaches (fun i t => - h i t) (- own) p && reaches (fun i t => - h' i t) (- own') p) ltac:(both_of)) as M.
      unfold many, size, all, d in *. lia.
    - pose proof (pair_at_least P _ _ _ _ r _ _ sure c_ok' few_tokens k) as Q.
      pose proof (many_le (fun p => reaches (fun i t => - h i t) (- own - 1) p && b p) (fun p => b p && negb (a p))
        ltac:(cbv beta; intros p E; apply andb_prop in E; destruct E; apply andb_true_intro; split; auto using must_lose)) as M.
      unfold many, size, all, d, a, b in *. lia.
    - pose proof (pair_at_least P _ _ _ _ r _ _ c_ok sure' few_tokens k) as Q.
      pose proof (many_le (fun p => a p && reaches (fun i t => - h' i t) (- own' - 1) p) (fun p => a p && negb (b p)) ltac:(both_of)) as M.
      unfold many, size, all, d, a, b in *. lia.
    - pose proof (pair_at_most P _ _ _ _ r _ _ c_ok c_ok' few_tokens k) as Q. unfold many, size, all, d, a, b in *. lia.
  Qed.
End Proof.
