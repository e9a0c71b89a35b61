(* How many sequences let one wrong output win, from enclosures of its terms: at most, and at least. A token costs what its
   term falls short of its position's largest one, in steps of a power of two, rounded down for the upper count and up
   for the lower one; the output wins where all costs together stay within what the largest terms add up to.
   Where the maximum has to be held, what it costs at the least anywhere is taken off its first cost and off the budget,
   so that the steps need not be coarse. What a position's costs are reckoned from is raised by a part of a step, so that
   little is lost by rounding them. Main theorems: wins_at_most, wins_at_least. *)
From Coq Require Import Reals ZArith Lra Lia List Bool PeanoNat.
From Maxcert Require Import Integers Intervals Sequences Tails Ranges Matrices Exponential Attention Candidates Columns Blocks Packed.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

Section Program.
  Variable up : bool.  (* an upper count, or else a lower one *)
  Variable m : nat.

  Definition end_of (e : interval) : int := if up then snd e else fst e.
  Definition steps (s x : int) : int := nmax zero (if up then shr x s else ceiling x s).

  (* The terms of a position, and the largest. *)
  Definition position := (int * list int)%type.
  Definition position_of (E : list interval) : position := let v := map end_of E in (largest v, v).
  Definition of_max (p : position) : int := sub (fst p) (nth m (snd p) zero).

  (* What rounding n loses; all the costs of a position, if the first n is raised by c. *)
  Definition rounding (s n : int) : int := if up then sub n (shl (shr n s) s) else sub (shl (ceiling n s) s) n.
  Definition rounded_off (s : int) (costs : list int) (c : int) : int :=
    fold_left (fun sum n => add sum (rounding s (add n c))) costs zero.

  (* Of the quarters of a step the one that loses least; tokens dearer than the budget do not matter. *)
  Definition best_quarter (s : int) (costs : list int) (quarters : list int) : int :=
    fst (fold_left (fun best c => let loss := rounded_off s costs c in if leb (snd best) loss then best else (c, loss))
      quarters (zero, rounded_off s costs zero)).
  Definition raised (s budget : int) (quarters : list int) (p : position) : position :=
    let costs := filter (fun n => leb n budget) (map (fun v => sub (fst p) v) (snd p)) in
    (add (fst p) (nmax zero (best_quarter s costs quarters)), snd p).

  Definition charge_of (least s : int) (p : position) : charge :=
    {| c_first := steps s (sub (of_max p) least); c_again := steps s (of_max p);
       c_others := map (fun v => steps s (sub (fst p) v)) (firstn m (snd p)) |}.

  Definition least_of (seen : bool) (ps : list position) : int :=
    if seen then zero else opp (largest (map (fun p => opp (of_max p)) ps)).
  Definition budget_of (seen : bool) (own : int) (ps : list position) : int :=
    sub (fold_right (fun p n => add (fst p) n) own ps) (least_of seen ps).
  (* The number of bits of a step: the budget is less than 2^k of them. *)
  Definition step_bits (k : nat) (budget : int) : Z := Z.max 0 (Z.log2 (toZ budget) + 1 - Z.of_nat k).

  (* k, scales W k *)
  Definition wins (W : Z) (k : nat) (scales : list (int * int)) (seen : bool) (c : input) : Z :=
    let own := end_of (fst c) in
    let ps := map position_of (snd c) in
    let before := budget_of seen own ps in
    let s := step_bits k before in
    let quarters := if 2 <=? s then map (fun j => ofZ (j * 2 ^ (s - 2))) [1; 2; 3] else [] in
    let ps := map (raised (ofZ s) before quarters) ps in
    let budget := budget_of seen own ps in
    let s := ofZ (step_bits k budget) in
    if leb zero budget then cheap W (toZ (shr budget s) + 1) scales seen (map (charge_of (least_of seen ps) s) ps) else 0.
End Program.

(* ---------- Its proof ---------- *)

Lemma filter_le {A} (p p' : A -> bool) l : (forall a, In a l -> p a = true -> p' a = true) ->
  (length (filter p l) <= length (filter p' l))%nat.
Proof.
  induction l as [|a l IH]; intros H; [easy|]. cbn [filter]. specialize (IH (fun b I => H b (or_intror I))).
  pose proof (H a (or_introl eq_refl)) as Ha. destruct (p a), (p' a); cbn [length]; lia.
Qed.

Section Proof.
  Open Scope R_scope.
  Variable up : bool.
  Variable m : nat.
  Variable f : nat -> nat -> nat -> R.
  Variable own : nat -> R.
  Variable x : nat.

  (* <= for upper counts, >= for lower ones *)
  Definition within (a b : R) := if up then a <= b else b <= a.

  Lemma within_add a b c d : within a b -> within c d -> within (a + c) (b + d).
  Proof. unfold within. destruct up; lra. Qed.

  Lemma end_of_ok e v : encloses e v -> within v (IZR (toZ (end_of up e))).
  Proof. unfold within, end_of. intros [a b]. now destruct up. Qed.

  Lemma steps_ok s n : (0 <= s)%Z -> (0 <= toZ n)%Z -> within (IZR (2 ^ s * toZ (steps up (ofZ s) n))) (IZR (toZ n)).
  Proof.
    intros s0 n0. assert (P : (0 < 2 ^ s)%Z) by (apply Z.pow_pos_nonneg; lia). unfold within, steps, nmax, ceiling.
    rewrite toZ_leb, toZ_zero.
    destruct up; (match goal with |- context [(0 <=? ?a)%Z] => destruct (Z.leb_spec 0 a) as [L|L] end);
      rewrite ?toZ_zero, ?Z.mul_0_r; apply IZR_le; try exact n0;
      rewrite ?toZ_opp, ?toZ_shr, ?toZ_opp, ?toZ_ofZ, ?Z.shiftr_div_pow2 in * by lia.
    - apply Z.mul_div_le. exact P.
    - pose proof (Z.mul_div_le (- toZ n) (2 ^ s) P). lia.
    - exfalso. pose proof (Z.div_le_upper_bound (- toZ n) (2 ^ s) 0 P ltac:(lia)). lia.
  Qed.

  Lemma steps_nonnegative s n : (0 <= toZ (steps up s n))%Z.
  Proof.
    unfold steps, nmax. rewrite toZ_leb, toZ_zero. match goal with |- context [(0 <=? ?a)%Z] => destruct (Z.leb_spec 0 a) end; [easy|].
    rewrite toZ_zero. lia.
  Qed.

  Lemma entries_nth i E : forall t, entries_ok m f x i t E ->
    (length E + t = S m)%nat /\ forall j, (j < length E)%nat -> encloses (nth j E izero) (f x i (t + j)).
  Proof.
    induction E as [|e E IH]; intros t H; cbn [entries_ok length] in *; [split; [lia|intros; lia]|].
    destruct H as [He H]. destruct (IH (S t) H) as [L N]. split; [lia|]. intros [|j] J; [now rewrite Nat.add_0_r|].
    rewrite Nat.add_succ_r. apply N. lia.
  Qed.

  (* A position's terms are bounded by these numbers, and all of them by the first. *)
  Definition position_ok (i : nat) (p : position) := length (snd p) = S m /\ forall t, (t <= m)%nat ->
    within (f x i t) (IZR (toZ (nth t (snd p) zero))) /\ (toZ (nth t (snd p) zero) <= toZ (fst p))%Z.

  Lemma position_of_ok i E : entries_ok m f x i 0 E -> position_ok i (position_of up E).
  Proof.
    intros H. destruct (entries_nth i E 0 H) as [L N]. unfold position_ok, position_of. cbn [fst snd]. rewrite map_length.
    split; [lia|]. intros t T. split.
    - rewrite (nth_map _ _ _ izero) by lia. apply end_of_ok, N. lia.
    - apply largest_correct. rewrite map_length. lia.
  Qed.

  Fixpoint all_ok (i : nat) (ps : list position) : Prop := match ps with [] => True | p :: ps => position_ok i p /\ all_ok (S i) ps end.

  Lemma positions_of_ok Es : forall i, positions_ok m f x i Es -> all_ok i (map (position_of up) Es).
  Proof.
    induction Es as [|E Es IH]; intros i H; [easy|]. destruct H as [H H']. split; [now apply position_of_ok|now apply IH].
  Qed.

  Lemma raised_ok s budget quarters ps : forall i, all_ok i ps -> all_ok i (map (raised up s budget quarters) ps).
  Proof.
    induction ps as [|p ps IH]; intros i H; [easy|]. destruct H as [[L H] H']. cbn [map all_ok]. split; [|now apply IH].
    split; [exact L|]. intros t T. destruct (H t T) as [A B]. split; [exact A|]. unfold raised. cbn [fst snd]. rewrite toZ_add.
    set (b := best_quarter _ _ _ _). pose proof (proj1 (nmax_above zero b)) as N. rewrite toZ_zero in N. lia.
  Qed.

  Variable least : int.
  Variable s : Z.
  Hypothesis s0 : (0 <= s)%Z.
  Let C := map (charge_of up m least (ofZ s)).
  Definition tops (n : int) (ps : list position) := fold_right (fun p n => add (fst p) n) n ps.

  Lemma tops_value n ps : toZ (tops n ps) = (toZ n + toZ (tops zero ps))%Z.
  Proof. unfold tops. induction ps as [|p ps IH]; cbn [fold_right]; [rewrite toZ_zero; lia|]. rewrite !toZ_add, IH. lia. Qed.

  Lemma charges_ok ps : forall i, all_ok i ps -> Forall (charge_ok m) (C ps).
  Proof.
    induction ps as [|p ps IH]; intros i H; [constructor|]. destruct H as [[L _] H]. constructor; [|eapply IH; exact H].
    unfold charge_ok, charge_of. cbn [c_first c_again c_others]. repeat split; try apply steps_nonnegative.
    - apply Forall_forall. intros v I. apply in_map_iff in I. destruct I as [a [<- _]]. apply steps_nonnegative.
    - rewrite map_length, firstn_length. lia.
  Qed.

  Lemma cost_ok ps : (forall p, In p ps -> (toZ least <= toZ (of_max m p))%Z) -> forall i seen t, all_ok i ps -> In t (tails m (length ps) seen) ->
    within (suffix f x i t + IZR (2 ^ s * cost m (C ps) seen t)) (IZR (toZ (tops zero ps) - (if seen then 0 else toZ least))).
  Proof.
    induction ps as [|p ps IH]; intros Hl i seen t H I.
    - cbn [length tails] in I. destruct seen; [|easy]. destruct I as [<-|[]]. change (C []) with (@nil charge). change (tops zero []) with zero.
      cbn [suffix cost]. rewrite toZ_zero, Z.mul_0_r, Z.sub_0_r. unfold within. destruct up; lra.
    - apply in_tails_inv in I. destruct I as [a [t' [-> [A I]]]]. destruct H as [[L H] H'].
      specialize (IH (fun p J => Hl p (or_intror J)) (S i) _ t' H' I). specialize (Hl p (or_introl eq_refl)).
      destruct (H a A) as [Ha Hb]. destruct (H m ltac:(lia)) as [_ Hm].
      cbn [suffix map C cost tops fold_right charge_of c_first c_again c_others]. change (fold_right _ zero ps) with (tops zero ps).
      fold C. change (map (charge_of up m least (ofZ s)) ps) with (C ps).
      assert (one : forall n, (0 <= toZ n)%Z -> (toZ n + (toZ (nth a (snd p) zero)))%Z = (toZ (fst p) - (if seen then 0 else if (a =? m)%nat then toZ least else 0))%Z ->
        within (f x i a + IZR (2 ^ s * toZ (steps up (ofZ s) n))) (IZR (toZ (fst p) - (if seen then 0 else if (a =? m)%nat then toZ least else 0)))).
      { intros n n0 E. rewrite <- E, plus_IZR, Rplus_comm. apply within_add; [now apply steps_ok|exact Ha]. }
      assert (here : within (f x i a + IZR (2 ^ s * (if (a =? m)%nat then toZ (if seen then steps up (ofZ s) (of_max m p) else steps up (ofZ s) (sub (of_max m p) least))
          else toZ (nth a (map (fun v => steps up (ofZ s) (sub (fst p) v)) (firstn m (snd p))) zero))))
        (IZR (toZ (fst p) - (if seen then 0 else if (a =? m)%nat then toZ least else 0)))).
      { unfold of_max in *. rewrite toZ_sub in Hl. destruct (Nat.eqb_spec a m) as [->|N].
        - destruct seen; apply one; rewrite ?toZ_sub; lia.
        - rewrite (nth_map _ _ _ zero) by (rewrite firstn_length; lia). rewrite nth_firstn_lt by lia. apply one; rewrite toZ_sub; destruct seen; lia. }
      pose proof (within_add _ _ _ _ here IH) as R. rewrite toZ_add.
      match type of R with within ?a ?b => match goal with |- within ?c ?d => replace c with a; [replace d with b; [exact R|]|] end end.
      + rewrite <- plus_IZR. f_equal. destruct seen; cbn [orb]; [lia|]. destruct (a =? m)%nat; lia.
      + rewrite Z.mul_add_distr_l, plus_IZR. ring.
  Qed.
End Proof.

Section Counts.
  Open Scope R_scope.
  Variable m : nat.
  Variable f : nat -> nat -> nat -> R.
  Variable own : nat -> R.
  Variable r : nat.
  Variable x : nat.
  Variable c : input.
  Hypothesis c_ok : input_ok m f own r x c.
  Variable W : Z.
  Variable k : nat.
  Variable seen : bool.
  Hypothesis W_large : (1 < W)%Z.
  Hypothesis few : (Z.of_nat (length (tails m r seen)) < 2 ^ W - 1)%Z.

  (* Does x win? *)
  Definition winsb (p : list nat) : bool := if Rlt_dec (own x + suffix f x 0 p) 0 then false else true.

  (* The count of a budget that bounds all terms together with their costs. *)
  Lemma wins_counted up : exists B s C, (0 <= s)%Z /\
    (forall p, In p (tails m r seen) -> (0 <= cost m C seen p)%Z /\ within up (own x + suffix f x 0 p + IZR (2 ^ s * cost m C seen p)) (IZR B)) /\
    wins up m W k (scales W k) seen c =
      if (0 <=? B)%Z then Z.of_nat (length (filter (fun p => cost m C seen p <? B / 2 ^ s + 1)%Z (tails m r seen))) else 0%Z.
  Proof.
    destruct c_ok as [Own [L P]]. apply positions_of_ok with (up := up) in P.
    unfold wins. cbv zeta. match goal with |- context [map (raised ?u ?s ?b ?e) ?ps] =>
      apply (raised_ok u m f x s b e) in P; set (ps' := map (raised u s b e) ps) in * end.
    assert (Lp : length ps' = r) by (unfold ps'; now rewrite !map_length).
    clearbody ps'. rename ps' into ps. unfold budget_of. set (least := least_of m seen ps). set (budget := sub _ least).
    set (s := step_bits k budget).
    exists (toZ budget), s, (map (charge_of up m least (ofZ s)) ps).
    assert (s0 : (0 <= s)%Z) by apply Z.le_max_l.
    assert (Hl : forall p, In p ps -> (toZ least <= toZ (of_max m p))%Z).
    { intros p I. unfold least, least_of. destruct seen.
      - clear - P I. revert P I. generalize 0%nat. induction ps as [|p' ps IH]; intros i P I; [easy|].
        destruct P as [[_ P] P']. destruct I as [->|I]; [|exact (IH _ P' I)].
        destruct (P m (le_n _)) as [_ H]. unfold of_max. rewrite toZ_zero, toZ_sub. lia.
      - rewrite toZ_opp. destruct (In_nth _ _ (zero, []) I) as [j [J <-]].
        assert (H : (toZ (opp (of_max m (nth j ps (zero, [])))) <= toZ (largest (map (fun p => opp (of_max m p)) ps)))%Z).
        { rewrite <- (nth_map (fun p => opp (of_max m p)) ps j (zero, []) zero J). apply largest_correct. now rewrite map_length. }
        apply Z.opp_le_mono. rewrite Z.opp_involutive, <- toZ_opp. exact H. }
    pose proof (charges_ok up m f x least s ps 0 P) as charges.
    split; [exact s0|]. split.
    - intros p I. rewrite <- Lp in I. split; [apply (cost_nonnegative m _ charges); now rewrite map_length|].
      pose proof (cost_ok up m f x least s s0 ps Hl 0 seen p P I) as H.
      pose proof (within_add up _ _ _ _ (end_of_ok up _ _ Own) H) as R. rewrite <- plus_IZR in R.
      unfold budget. rewrite toZ_sub. change (fold_right _ _ ps) with (tops (end_of up (fst c)) ps). rewrite tops_value.
      rewrite Rplus_assoc. replace (toZ _ + toZ _ - toZ least)%Z with (toZ (end_of up (fst c)) + (toZ (tops zero ps) - (if seen then 0 else toZ least)))%Z; [exact R|].
      unfold least, least_of. destruct seen; rewrite ?toZ_zero; lia.
    - rewrite toZ_leb, toZ_zero. destruct (Z.leb_spec 0 (toZ budget)) as [b0|b0]; [|reflexivity].
      assert (P2 : (0 < 2 ^ s)%Z) by (apply Z.pow_pos_nonneg; lia).
      rewrite toZ_shr, toZ_ofZ, Z.shiftr_div_pow2 by exact s0.
      rewrite (cheap_count W W_large m _ k); [now rewrite map_length, Lp| |exact charges|now rewrite map_length, Lp].
      pose proof (Z.div_pos _ _ b0 P2). split; [lia|].
      assert ((toZ budget / 2 ^ s < 2 ^ Z.of_nat k)%Z); [|lia].
      apply Z.div_lt_upper_bound; [exact P2|]. rewrite <- Z.pow_add_r by lia.
      apply Z.lt_le_trans with (2 ^ (Z.log2 (toZ budget) + 1))%Z; [|apply Z.pow_le_mono_r; unfold s, step_bits; lia].
      destruct (Z.eq_dec (toZ budget) 0) as [->|N]; [reflexivity|]. rewrite Z.add_1_r. apply Z.log2_spec. lia.
  Qed.

  Theorem wins_at_most : (Z.of_nat (length (filter winsb (tails m r seen))) <= wins true m W k (scales W k) seen c)%Z.
  Proof.
    destruct (wins_counted true) as [B [s [C [s0 [H ->]]]]]. assert (P2 : (0 < 2 ^ s)%Z) by (apply Z.pow_pos_nonneg; lia).
    assert (main : forall p, In p (tails m r seen) -> winsb p = true -> (0 <= cost m C seen p /\ 2 ^ s * cost m C seen p <= B)%Z).
    { intros p I w. destruct (H p I) as [n h]. split; [exact n|]. unfold winsb in w. destruct (Rlt_dec _ 0) as [|N]; [easy|].
      apply le_IZR. unfold within in h. lra. }
    destruct (Z.leb_spec 0 B) as [b|b].
    - apply inj_le, filter_le. intros p I w. apply Z.ltb_lt. destruct (main p I w) as [_ h].
      pose proof (Z.div_le_lower_bound B (2 ^ s) _ P2 h). lia.
    - destruct (filter winsb (tails m r seen)) as [|p l] eqn:E; [apply Z.le_refl|].
      assert (I : In p (filter winsb (tails m r seen))) by (rewrite E; now left). apply filter_In in I.
      destruct (main p (proj1 I) (proj2 I)) as [h1 h2]. nia.
  Qed.

  Theorem wins_at_least : (wins false m W k (scales W k) seen c <= Z.of_nat (length (filter winsb (tails m r seen))))%Z.
  Proof.
    destruct (wins_counted false) as [B [s [C [s0 [H ->]]]]]. assert (P2 : (0 < 2 ^ s)%Z) by (apply Z.pow_pos_nonneg; lia).
    destruct (Z.leb_spec 0 B) as [b|b]; [|lia]. apply inj_le, filter_le. intros p I h. apply Z.ltb_lt in h.
    destruct (H p I) as [n g]. unfold within in g. unfold winsb. destruct (Rlt_dec _ 0) as [L|]; [|reflexivity]. exfalso.
    assert (2 ^ s * cost m C seen p <= B)%Z.
    { apply Z.le_trans with (2 ^ s * (B / 2 ^ s))%Z; [apply Z.mul_le_mono_nonneg_l; lia|now apply Z.mul_div_le]. }
    apply IZR_le in H0. lra.
  Qed.
End Counts.
