(* Where two outputs win together, one of them is enough: the other adds only the sequences where it wins alone. Both win
   where the sum of the smaller ones of their terms is not negative, whatever positive factors the terms of each are taken
   times first, and these sequences are counted like those of one output. Main theorem: alone_ok. *)
From Coq Require Import Reals ZArith Lra Lia List Bool.
From Maxcert Require Import Integers Intervals Sequences Tails Ranges Columns Candidates Blocks Packed Charges Losses.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

Section Program.
  Variables a b : int.  (* the factors *)
  Definition smaller (e e' : interval) : interval :=
    (nmin (mul a (fst e)) (mul b (fst e')), nmin (mul a (snd e)) (mul b (snd e'))).
  Definition smaller_terms (E E' : list interval) : list interval := map (fun ee => smaller (fst ee) (snd ee)) (combine E E').
  Definition both (c d : input) : input :=
    (smaller (fst c) (fst d), map (fun EE => smaller_terms (fst EE) (snd EE)) (combine (snd c) (snd d))).
End Program.

Section Counts.
  Variable W : Z.
  Variable k : nat.
  Variable scales : list (int * int).  (* scales W k *)
  Variable m : nat.
  Variable seen : bool.
  Variable size : Z.

  (* Positive factors that make two budgets alike, times some that are tried; any are sound. *)
  Definition factors (c d : input) : list (int * int) :=
    let (u, v) := (nmax zero (budget m seen false c), nmax zero (budget m seen false d)) in
    let s := ofZ (Z.max 0 (Z.log2 (toZ (nmax u v)) - 9)) in
    map (fun t => (add one (mul (fst t) (shr v s)), add one (mul (snd t) (shr u s)))) [(ofZ 2, ofZ 3); (one, one); (ofZ 3, ofZ 2)].

  (* The number of sequences where c and d win, at least. *)
  Definition together (c d : input) : Z :=
    fold_right (fun ab n => Z.max (wins_least W k scales m seen size (both (fst ab) (snd ab) c d)) n) 0 (factors c d).
  (* Of at most n sequences where d wins, at most so many where c does not. *)
  Definition alone (c d : input) (n : Z) : Z := n - together c d.
End Counts.

(* ---------- Its proof ---------- *)

Section Proof.
  Open Scope R_scope.
  Variable m : nat.
  Variable f : nat -> nat -> nat -> R.
  Variable own : nat -> R.
  Variable r : nat.
  Variables x y : nat.
  Variables c d : input.
  Hypothesis c_ok : input_ok m f own r x c.
  Hypothesis d_ok : input_ok m f own r y d.

  Section Both.
    Variables a b : int.
    Hypothesis a_pos : (0 < toZ a)%Z.
    Hypothesis b_pos : (0 < toZ b)%Z.
    Let A := IZR (toZ a).
    Let B := IZR (toZ b).
    Let f' (z i t : nat) := Rmin (A * f x i t) (B * f y i t).
    Let own' (z : nat) := Rmin (A * own x) (B * own y).

    Lemma nmin_ok n n' u v : IZR (toZ n) <= u -> IZR (toZ n') <= v -> IZR (toZ (nmin n n')) <= Rmin u v.
    Proof.
      intros U V. unfold nmin. pose proof (leb_IZR n n') as L. apply Rmin_glb; destruct (leb n n'); lra.
    Qed.

    Lemma nmin_above n n' u v : u <= IZR (toZ n) -> v <= IZR (toZ n') -> Rmin u v <= IZR (toZ (nmin n n')).
    Proof.
      intros U V. unfold nmin. pose proof (Rmin_l u v). pose proof (Rmin_r u v). destruct (leb n n'); lra.
    Qed.

    Lemma smaller_ok e e' u v : encloses e u -> encloses e' v -> encloses (smaller a b e e') (Rmin (A * u) (B * v)).
    Proof.
      assert (A0 : 0 < A) by (apply IZR_lt; exact a_pos). assert (B0 : 0 < B) by (apply IZR_lt; exact b_pos).
      intros [e1 e2] [e3 e4]. unfold smaller, encloses. cbn [fst snd].
      split; [apply nmin_ok|apply nmin_above]; rewrite toZ_mul, mult_IZR; fold A; fold B; apply Rmult_le_compat_l; lra.
    Qed.

    Lemma smaller_entries i E : forall E' t, entries_ok m f x i t E -> entries_ok m f y i t E' ->
      entries_ok m f' x i t (smaller_terms a b E E').
    Proof.
      induction E as [|e E IH]; intros E' t H H'; [exact H|]. destruct H as [H1 H2].
      destruct E' as [|e' E']; [exact H'|]. destruct H' as [H1' H2']. split; [now apply smaller_ok|now apply IH].
    Qed.

    Lemma smaller_positions Es : forall Es' i, length Es = length Es' -> positions_ok m f x i Es -> positions_ok m f y i Es' ->
      positions_ok m f' x i (map (fun EE => smaller_terms a b (fst EE) (snd EE)) (combine Es Es')).
    Proof.
      induction Es as [|E Es IH]; intros [|E' Es'] i L H H'; try discriminate; [exact H|]. injection L as L.
      destruct H as [H1 H2], H' as [H1' H2']. split; [now apply smaller_entries|now apply IH].
    Qed.

    Lemma both_ok : input_ok m f' own' r x (both a b c d).
    Proof.
      destruct c_ok as [O [L P]], d_ok as [O' [L' P']]. split; [now apply smaller_ok|]. unfold both. cbn [snd].
      rewrite map_length, combine_length. split; [lia|]. apply smaller_positions; [lia|exact P|exact P'].
    Qed.

    Lemma suffix_smaller p : forall i, suffix f' x i p <= A * suffix f x i p /\ suffix f' x i p <= B * suffix f y i p.
    Proof.
      induction p as [|t p IH]; intros i; cbn [suffix]; [lra|]. destruct (IH (S i)).
      pose proof (Rmin_l (A * f x i t) (B * f y i t)). pose proof (Rmin_r (A * f x i t) (B * f y i t)). fold (f' x i t) in *. lra.
    Qed.

    Lemma both_win p : winsb f' own' x p = true -> winsb f own x p = true /\ winsb f own y p = true.
    Proof.
      assert (A0 : 0 < A) by (apply IZR_lt; exact a_pos). assert (B0 : 0 < B) by (apply IZR_lt; exact b_pos).
      unfold winsb. destruct (Rlt_dec (own' x + _) 0) as [|N]; [easy|]. intros _. destruct (suffix_smaller p 0).
      pose proof (Rmin_l (A * own x) (B * own y)). pose proof (Rmin_r (A * own x) (B * own y)). unfold own' in N.
      split; (destruct (Rlt_dec _ 0) as [n|]; [exfalso|easy]); apply N.
      - apply Rle_lt_trans with (A * (own x + suffix f x 0 p)); [lra|]. rewrite <- (Rmult_0_r A). now apply Rmult_lt_compat_l.
      - apply Rle_lt_trans with (B * (own y + suffix f y 0 p)); [lra|]. rewrite <- (Rmult_0_r B). now apply Rmult_lt_compat_l.
    Qed.
  End Both.

  Variable W : Z.
  Variable k : nat.
  Variable seen : bool.
  Hypothesis W_large : (1 < W)%Z.
  Let all := tails m r seen.
  Let size := Z.of_nat (length all).
  Hypothesis few : (size < 2 ^ W - 1)%Z.

  Lemma factors_positive ab : In ab (factors m seen c d) -> (0 < toZ (fst ab) /\ 0 < toZ (snd ab))%Z.
  Proof.
    assert (positive : forall t n z, (0 <= z)%Z -> (0 <= toZ t)%Z -> (0 <= toZ n)%Z -> (0 < toZ (add one (mul t (shr n (ofZ z)))))%Z).
    { intros t n z Z T N. rewrite toZ_add, toZ_mul, toZ_shr, toZ_one, toZ_ofZ, Z.shiftr_div_pow2 by exact Z.
      pose proof (Z.mul_nonneg_nonneg _ _ T (Z.div_pos _ _ N (Z.pow_pos_nonneg 2 z eq_refl Z))). lia. }
    unfold factors. set (u := nmax zero (budget m seen false c)). set (v := nmax zero (budget m seen false d)).
    assert (u0 : (0 <= toZ u)%Z) by (pose proof (proj1 (nmax_above zero (budget m seen false c))) as N; now rewrite toZ_zero in N).
    assert (v0 : (0 <= toZ v)%Z) by (pose proof (proj1 (nmax_above zero (budget m seen false d))) as N; now rewrite toZ_zero in N).
    cbn [map fst snd In]. intros [<-|[<-|[<-|[]]]]; cbn [fst snd]; split; apply positive; rewrite ?toZ_ofZ, ?toZ_one; lia || assumption.
  Qed.

  Lemma together_ok : (together W k (scales W k) m seen size c d <=
    Z.of_nat (length (filter (fun p => winsb f own x p && winsb f own y p) all)))%Z.
  Proof.
    unfold together. assert (P := factors_positive). induction (factors m seen c d) as [|ab l IH]; cbn [fold_right]; [lia|].
    apply Z.max_lub; [|apply IH; intros e I; apply P; now right]. destruct (P ab (or_introl eq_refl)) as [P1 P2].
    eapply Z.le_trans; [exact (wins_least_ok m _ _ r x _ (both_ok (fst ab) (snd ab) P1 P2) W k seen W_large few)|].
    apply inj_le, filter_le. intros p _ E. destruct (both_win (fst ab) (snd ab) P1 P2 p E) as [-> ->]. reflexivity.
  Qed.

  Theorem alone_ok n : (Z.of_nat (length (filter (winsb f own y) all)) <= n)%Z ->
    (Z.of_nat (length (filter (fun p => winsb f own y p && negb (winsb f own x p)) all)) <= alone W k (scales W k) m seen size c d n)%Z.
  Proof.
    intros N. unfold alone. pose proof together_ok as T.
    assert (split : (length (filter (winsb f own y) all) = length (filter (fun p => winsb f own x p && winsb f own y p) all) +
      length (filter (fun p => winsb f own y p && negb (winsb f own x p)) all))%nat); [|lia].
    clear. induction all as [|p l IH]; [easy|]. cbn [filter]. destruct (winsb f own x p), (winsb f own y p); cbn [negb andb length]; lia.
  Qed.
End Proof.
