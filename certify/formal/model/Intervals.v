(* Reals between two integers. *)
From Coq Require Import Reals ZArith Lra Lia List.
From Maxcert Require Import Integers.
Open Scope R_scope.

Section Intervals.
  Definition interval := (int * int)%type.
  Definition encloses (e : interval) (v : R) := IZR (toZ (fst e)) <= v <= IZR (toZ (snd e)).
  Definition izero : interval := (zero, zero).
  Definition iadd (a b : interval) : interval := (add (fst a) (fst b), add (snd a) (snd b)).
  Definition isub (a b : interval) : interval := (sub (fst a) (snd b), sub (snd a) (fst b)).
  Definition nmin (a b : int) := if leb a b then a else b.
  Definition nmax (a b : int) := if leb a b then b else a.
  Definition ijoin (a b : interval) : interval := (nmin (fst a) (fst b), nmax (snd a) (snd b)).
  (* For a factor a that is known to be >= 0. *)
  Definition imul (a b : interval) : interval :=
    (mul (if leb zero (fst b) then fst a else snd a) (fst b), mul (if leb zero (snd b) then snd a else fst a) (snd b)).

  Lemma encloses_zero : encloses izero 0.
  Proof. unfold encloses, izero; cbn [fst snd]; rewrite toZ_zero; lra. Qed.

  Lemma encloses_add a b u v : encloses a u -> encloses b v -> encloses (iadd a b) (u + v).
  Proof. unfold encloses, iadd; intros; cbn [fst snd]; rewrite !toZ_add, !plus_IZR; lra. Qed.

  Lemma encloses_sub a b u v : encloses a u -> encloses b v -> encloses (isub a b) (u - v).
  Proof. unfold encloses, isub; intros; cbn [fst snd]; rewrite !toZ_sub, !minus_IZR; lra. Qed.

  Lemma leb_IZR (a b : int) : if leb a b then IZR (toZ a) <= IZR (toZ b) else IZR (toZ b) < IZR (toZ a).
  Proof.
    rewrite toZ_leb. destruct (toZ a <=? toZ b)%Z eqn:E.
    - now apply IZR_le, Z.leb_le.
    - now apply IZR_lt, Z.leb_gt.
  Qed.

  Lemma encloses_join_l a b v : encloses a v -> encloses (ijoin a b) v.
  Proof.
    unfold encloses, ijoin, nmin, nmax; cbn [fst snd]; intros H.
    pose proof (leb_IZR (fst a) (fst b)); pose proof (leb_IZR (snd a) (snd b)).
    destruct (leb (fst a) (fst b)); destruct (leb (snd a) (snd b)); lra.
  Qed.

  Lemma encloses_join_r a b v : encloses b v -> encloses (ijoin a b) v.
  Proof.
    unfold encloses, ijoin, nmin, nmax; cbn [fst snd]; intros H.
    pose proof (leb_IZR (fst a) (fst b)); pose proof (leb_IZR (snd a) (snd b)).
    destruct (leb (fst a) (fst b)); destruct (leb (snd a) (snd b)); lra.
  Qed.

  Lemma encloses_mul a b u v : 0 <= u -> encloses a u -> encloses b v -> encloses (imul a b) (u * v).
  Proof.
    unfold encloses, imul; cbn [fst snd]; intros P [A1 A2] [B1 B2]. rewrite !toZ_mul, !mult_IZR.
    pose proof (leb_IZR zero (fst b)) as L; pose proof (leb_IZR zero (snd b)) as H.
    rewrite toZ_zero in L, H. split.
    - apply Rle_trans with (u * IZR (toZ (fst b))); [|now apply Rmult_le_compat_l].
      destruct (leb zero (fst b)); [now apply Rmult_le_compat_r|nra].
    - apply Rle_trans with (u * IZR (toZ (snd b))); [now apply Rmult_le_compat_l|].
      destruct (leb zero (snd b)); [now apply Rmult_le_compat_r|nra].
  Qed.

  Lemma encloses_neg a v : encloses a v -> leb zero (snd a) = false -> v < 0.
  Proof. intros [_ H] E. pose proof (leb_IZR zero (snd a)) as L. rewrite E, toZ_zero in L. lra. Qed.

  Lemma encloses_nonneg a v : encloses a v -> leb zero (fst a) = true -> 0 <= v.
  Proof. intros [H _] E. pose proof (leb_IZR zero (fst a)) as L. rewrite E, toZ_zero in L. lra. Qed.
End Intervals.
