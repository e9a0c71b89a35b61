(* How many sequences of a part let a sum of terms reach 0, from enclosures of the terms: at most, and at least. A token costs
   what its term falls short of its position's largest one, in steps of a power of two, rounded down for the upper count
   and up for the lower one; 0 is reached where all costs together stay within what the largest terms add up to.
   What a required token costs at the least anywhere is taken off its first cost and off the budget, so that the steps need
   not be coarse. What a position's costs are reckoned from is raised by a part of a step, so that little is lost by rounding
   them. Main theorems: charges_right, wins_at_most, wins_at_least. *)
From Coq Require Import Reals ZArith Lra Lia List Bool PeanoNat.
From Maxcert Require Import Integers Intervals Sequences Ranges Matrices Exponential Attention Columns Blocks Fillings States Deviations.
Import ListNotations.
Open Scope Z_scope.

(* The constant and, by position, the terms of the other tokens and of the required ones. *)
Definition event := (interval * list (list interval * list interval))%type.

(* ---------- The program ---------- *)

(* The entries of some tokens. *)
Definition event_of (P : part) (c : input) : event :=
  let among := fun (E : list interval) => map (fun t => nth t E izero) in
  (fst c, map (fun E => (among E (p_others P), among E (p_required P))) (snd c)).

Section Program.
  Variable up : bool.  (* an upper count, or else a lower one *)

  Definition end_of (e : interval) : int := if up then snd e else fst e.
  Definition steps (s x : int) : int := nmax zero (if up then shr x s else ceiling x s).

  (* The largest of a position's terms, and all of them. *)
  Definition place := (int * (list int * list int))%type.
  Definition place_of (E : list interval * list interval) : place :=
    let os := map end_of (fst E) in let rs := map end_of (snd E) in (largest (os ++ rs), (os, rs)).

  (* What rounding n loses; all the costs of a position, if the first n is raised by c: their sum, or n^2 times their variance. *)
  Definition rounding (s n : int) : int := if up then sub n (shl (shr n s) s) else sub (shl (ceiling n s) s) n.
  Definition rounded_off (spread : bool) (s : int) (costs : list int) (c : int) : int :=
    let losses := map (fun n => rounding s (add n c)) costs in
    let sum := fold_left add losses zero in
    if spread then sub (mul (ofZ (Z.of_nat (length costs))) (fold_left (fun n x => add n (mul x x)) losses zero)) (mul sum sum) else sum.

  (* Of the quarters of a step the one that loses least; tokens dearer than the budget do not matter. *)
  Definition best_quarter (spread : bool) (s : int) (costs : list int) (quarters : list int) : int :=
    fst (fold_left (fun best c => let loss := rounded_off spread s costs c in if leb (snd best) loss then best else (c, loss))
      quarters (zero, rounded_off spread s costs zero)).
  Definition raised (spread : bool) (s budget : int) (quarters : list int) (p : place) : place :=
    let costs := filter (fun n => leb n budget) (map (fun v => sub (fst p) v) (fst (snd p) ++ snd (snd p))) in
    (add (fst p) (nmax zero (best_quarter spread s costs quarters)), snd p).

  (* What each required token costs at the least. *)
  Definition cost_of (j : nat) (p : place) : int := sub (fst p) (nth j (snd (snd p)) zero).
  Definition least_of (ps : list place) (j : nat) : int := opp (largest (map (fun p => opp (cost_of j p)) ps)).
  Definition leasts (d : nat) (ps : list place) : list int := map (least_of ps) (seq 0 d).

  Definition charge_of (ls : list int) (s : int) (p : place) : position int :=
    (map (fun v => steps s (sub (fst p) v)) (fst (snd p)),
     map (fun lv => let n := sub (fst p) (snd lv) in (steps s (sub n (fst lv)), steps s n)) (combine ls (snd (snd p)))).

  Definition tops (n : int) (ps : list place) : int := fold_right (fun p n => add (fst p) n) n ps.
  Definition budget_of (d : nat) (own : int) (ps : list place) : int :=
    sub (tops own ps) (fold_right add zero (leasts d ps)).
  (* The number of bits of a step: the budget is less than 2^k of them. *)
  Definition step_bits (k : nat) (budget : int) : Z := Z.max 0 (Z.log2 (toZ budget) + 1 - Z.of_nat k).

  (* What everything costs, and where it is too dear; nothing where all is. d: how many tokens are required; each of up to 2^k
     steps has 2^b parts *)
  Definition charges (d k b : nat) (c : event) : option (Z * list (position int)) :=
    let own := end_of (fst c) in
    let ps := map place_of (snd c) in
    let before := budget_of d own ps in
    let s := step_bits k before in
    let quarters := if 2 <=? s then map (fun j => ofZ (j * 2 ^ (s - 2))) [1; 2; 3] else [] in
    let ps := map (raised (0 <? b)%nat (ofZ s) before quarters) ps in
    let budget := budget_of d own ps in
    let s := ofZ (step_bits (k + b) budget) in
    let ls := leasts d ps in
    if leb zero budget then Some (toZ (shr budget s) + 1, map (charge_of ls s) ps) else None.

  (* Coarse grids are not worth more than one count. *)
  Definition parts_of_step (k : nat) : nat := if (8 <=? k)%nat then 5 else 0.
  Definition one_cost (c : position int) : position two := renamed (fun n => (toZ n, 0)) c.
  Definition wins (d k : nat) (c : event) : Z :=
    let b := parts_of_step k in
    match charges d k b c with Some (G, C) => cheap up d (Z.of_nat b) 0 G 1 (map one_cost C) | None => 0 end.
End Program.

(* ---------- Its proof ---------- *)

Definition total_cost (k : int) (e : Z) : Z := toZ k + e.

Lemma filter_le {A} (p p' : A -> bool) l : (forall a, In a l -> p a = true -> p' a = true) ->
  (length (filter p l) <= length (filter p' l))%nat.
Proof.
  induction l as [|a l IH]; intros H; [easy|]. cbn [filter]. specialize (IH (fun b I => H b (or_intror I))).
  pose proof (H a (or_introl eq_refl)) as Ha. destruct (p a), (p' a); cbn [length]; lia.
Qed.

Lemma tops_value n ps : toZ (tops n ps) = (toZ n + toZ (tops zero ps))%Z.
Proof. unfold tops. induction ps as [|p ps IH]; cbn [fold_right]; [rewrite toZ_zero; lia|]. rewrite !toZ_add, IH. lia. Qed.

Lemma forall2_flat_map {A B C D} (R : A -> B -> Prop) (S : C -> D -> Prop) (f : A -> list C) (g : B -> list D) l l' :
  Forall2 R l l' -> (forall a b, R a b -> Forall2 S (f a) (g b)) -> Forall2 S (flat_map f l) (flat_map g l').
Proof. intros F H. induction F; cbn [flat_map]; [constructor|]. apply Forall2_app; auto. Qed.

Lemma forall2_map {A B C D} (R : C -> D -> Prop) (f : A -> C) (g : B -> D) l l' :
  Forall2 (fun a b => R (f a) (g b)) l l' -> Forall2 R (map f l) (map g l').
Proof. induction 1; cbn [map]; constructor; assumption. Qed.

Lemma forall2_length {A B} (R : A -> B -> Prop) l l' : Forall2 R l l' -> length l = length l'.
Proof. induction 1; cbn [length]; congruence. Qed.

Lemma forall2_impl {A B} (R R' : A -> B -> Prop) l l' : (forall a b, R a b -> R' a b) -> Forall2 R l l' -> Forall2 R' l l'.
Proof. intros H. induction 1; constructor; auto. Qed.

Section Proof.
  Open Scope R_scope.
  Variable P : part.
  Let d := length (p_required P).
  Variable h : nat -> nat -> R.  (* the term of a token at a position *)
  Variable own : R.

  Fixpoint sum_from (i : nat) (p : list nat) : R := match p with [] => 0 | t :: p => h i t + sum_from (S i) p end.
  Definition reaches (p : list nat) : bool := if Rlt_dec (own + sum_from 0 p) 0 then false else true.

  Definition these (i : nat) (ts : list nat) (es : list interval) := Forall2 (fun t e => encloses e (h i t)) ts es.
  Fixpoint all_these (i : nat) (Es : list (list interval * list interval)) : Prop :=
    match Es with [] => True | E :: Es => (these i (p_others P) (fst E) /\ these i (p_required P) (snd E)) /\ all_these (S i) Es end.
  Definition event_ok (r : nat) (c : event) := encloses (fst c) own /\ length (snd c) = r /\ all_these 0 (snd c).

  Variable up : bool.
  (* <= for upper counts, >= for lower ones *)
  Definition within (a b : R) := if up then a <= b else b <= a.

  Lemma within_add a b a' b' : within a b -> within a' b' -> within (a + a') (b + b').
  Proof. unfold within. destruct up; lra. Qed.

  Lemma end_of_ok e v : encloses e v -> within v (IZR (toZ (end_of up e))).
  Proof. unfold within, end_of. intros [a b]. now destruct up. Qed.

  Lemma steps_ok s n : (0 <= s)%Z -> (0 <= toZ n)%Z -> within (IZR (2 ^ s * toZ (steps up (ofZ s) n))) (IZR (toZ n)).
  Proof.
    intros s0 n0. assert (p2 : (0 < 2 ^ s)%Z) by (apply Z.pow_pos_nonneg; lia). unfold within, steps, nmax, ceiling.
    rewrite toZ_leb, toZ_zero.
    destruct up; (match goal with |- context [(0 <=? ?a)%Z] => destruct (Z.leb_spec 0 a) as [L|L] end);
      rewrite ?toZ_zero, ?Z.mul_0_r; apply IZR_le; try exact n0;
      rewrite ?toZ_opp, ?toZ_shr, ?toZ_opp, ?toZ_ofZ, ?Z.shiftr_div_pow2 in * by lia.
    - apply Z.mul_div_le. exact p2.
    - pose proof (Z.mul_div_le (- toZ n) (2 ^ s) p2). lia.
    - exfalso. pose proof (Z.div_le_upper_bound (- toZ n) (2 ^ s) 0 p2 ltac:(lia)). lia.
  Qed.

  Lemma steps_nonnegative s n : (0 <= toZ (steps up s n))%Z.
  Proof using.
    clear d P h own.
    unfold steps, nmax. rewrite toZ_leb, toZ_zero. match goal with |- context [(0 <=? ?a)%Z] => destruct (Z.leb_spec 0 a) end; [easy|].
    rewrite toZ_zero. lia.
  Qed.

  (* A position's terms are bounded by these numbers, and all of them by the first. *)
  Definition bounds (i : nat) (top : int) (ts : list nat) (vs : list int) :=
    Forall2 (fun t v => within (h i t) (IZR (toZ v)) /\ (toZ v <= toZ top)%Z) ts vs.
  Definition place_ok (i : nat) (p : place) :=
    bounds i (fst p) (p_others P) (fst (snd p)) /\ bounds i (fst p) (p_required P) (snd (snd p)).

  Lemma bounds_of i top ts es : these i ts es -> (forall v, In v (map (end_of up) es) -> (toZ v <= toZ top)%Z) -> bounds i top ts (map (end_of up) es).
  Proof.
    induction 1 as [|t e ts es E F IH]; intros H; cbn [map]; constructor.
    - split; [now apply end_of_ok|apply H; now left].
    - apply IH. intros v I. apply H. now right.
  Qed.

  Lemma in_largest v l : In v l -> (toZ v <= toZ (largest l))%Z.
  Proof. intros I. destruct (In_nth _ _ zero I) as [j [J <-]]. now apply largest_correct. Qed.

  Lemma place_of_ok i E : these i (p_others P) (fst E) -> these i (p_required P) (snd E) -> place_ok i (place_of up E).
  Proof.
    intros O R. unfold place_ok, place_of. cbn [fst snd].
    split; (apply bounds_of; [assumption|]; intros v I; apply in_largest, in_or_app; tauto).
  Qed.

  Fixpoint all_ok (i : nat) (ps : list place) : Prop := match ps with [] => True | p :: ps => place_ok i p /\ all_ok (S i) ps end.

  Lemma places_ok Es : forall i, all_these i Es -> all_ok i (map (place_of up) Es).
  Proof. induction Es as [|E Es IH]; intros i H; [easy|]. destruct H as [[O R] H]. split; [now apply place_of_ok|now apply IH]. Qed.

  Lemma raised_ok spread s budget quarters ps : forall i, all_ok i ps -> all_ok i (map (raised up spread s budget quarters) ps).
  Proof.
    induction ps as [|p ps IH]; intros i H; [easy|]. destruct H as [[O R] H']. cbn [map all_ok]. split; [|now apply IH].
    unfold raised, place_ok. cbn [fst snd]. set (b := best_quarter _ _ _ _ _). pose proof (proj1 (nmax_above zero b)) as N. rewrite toZ_zero in N.
    split; (eapply forall2_impl; [|eassumption]); cbv beta; intros t v [A B]; (split; [exact A|]); rewrite toZ_add; lia.
  Qed.

  Variable ls : list int.
  Variable s : Z.
  Hypothesis s0 : (0 <= s)%Z.

  (* What the missing tokens have to pay at the least. *)
  Fixpoint due (miss : list bool) (ls : list int) : Z :=
    match miss, ls with f :: fs, l :: ls => ((if f then toZ l else 0) + due fs ls)%Z | _, _ => 0%Z end.

  Definition pays (i : nat) (top : int) (miss : list bool) (ls : list int) (a : nat * list bool) (b : int * list bool) :=
    snd b = snd a /\ length (snd a) = length miss /\ (0 <= toZ (fst b))%Z /\
    within (h i (fst a) + IZR (2 ^ s * toZ (fst b))) (IZR (toZ top - (due miss ls - due (snd a) ls))).

  Lemma pays_cost i top t v l : within (h i t) (IZR (toZ v)) -> (toZ v + toZ l <= toZ top)%Z ->
    within (h i t + IZR (2 ^ s * toZ (steps up (ofZ s) (sub (sub top v) l)))) (IZR (toZ top - toZ l)).
  Proof.
    intros A B. replace (toZ top - toZ l)%Z with (toZ (sub (sub top v) l) + toZ v)%Z by (rewrite !toZ_sub; lia).
    rewrite plus_IZR, Rplus_comm. apply within_add; [|exact A]. apply steps_ok; [exact s0|]. rewrite !toZ_sub. lia.
  Qed.

  Lemma pays_plain i top t v : within (h i t) (IZR (toZ v)) -> (toZ v <= toZ top)%Z ->
    within (h i t + IZR (2 ^ s * toZ (steps up (ofZ s) (sub top v)))) (IZR (toZ top)).
  Proof.
    intros A B. replace (toZ top) with (toZ (sub top v) + toZ v)%Z by (rewrite toZ_sub; lia).
    rewrite plus_IZR, Rplus_comm. apply within_add; [|exact A]. apply steps_ok; [exact s0|]. rewrite toZ_sub. lia.
  Qed.

  Lemma pays_choices i top ts vs : bounds i top ts vs -> forall ls miss, length miss = length ts -> length ls = length ts ->
    Forall2 (fun l v => (toZ v + toZ l <= toZ top)%Z) ls vs ->
    Forall2 (pays i top miss ls) (choices miss (map (fun u => (u, u)) ts))
      (choices miss (map (fun lv => let n := sub top (snd lv) in (steps up (ofZ s) (sub n (fst lv)), steps up (ofZ s) n)) (combine ls vs))).
  Proof.
    induction 1 as [|t v ts vs [A B] F IH]; intros [|l ls'] [|f fs] M L H; try discriminate; [constructor|].
    injection M as M. injection L as L. inversion H; subst. cbn [map combine choices fst snd]. cbv zeta. constructor.
    - split; [easy|]. split; [easy|]. cbn [fst snd due]. split; [destruct f; apply steps_nonnegative|]. destruct f.
      + replace (toZ top - _)%Z with (toZ top - toZ l)%Z by lia. now apply pays_cost.
      + replace (toZ top - _)%Z with (toZ top) by lia. now apply pays_plain.
    - apply forall2_map. eapply forall2_impl; [|exact (IH ls' fs M L ltac:(assumption))]. intros [t' ms] [k' ms'] [E [E' [N R]]].
      cbn [fst snd] in *. unfold pays. cbn [fst snd due length]. split; [now rewrite E|]. split; [now rewrite E'|]. split; [exact N|].
      match goal with |- within _ (IZR ?b) => match type of R with within _ (IZR ?a) => replace b with a by lia end end. exact R.
  Qed.

  Lemma pays_options i p miss : place_ok i p -> length miss = d -> length ls = d ->
    Forall2 (fun l v => (toZ v + toZ l <= toZ (fst p))%Z) ls (snd (snd p)) ->
    Forall2 (pays i (fst p) miss ls) (options miss (spot P)) (options miss (charge_of up ls (ofZ s) p)).
  Proof.
    intros [O R] M L H. unfold options, spot, charge_of. cbn [fst snd]. apply Forall2_app; [|now apply pays_choices].
    rewrite map_map. apply forall2_map. eapply forall2_impl; [|exact O]. cbv beta. intros t v [A B].
    split; [easy|]. split; [easy|]. cbn [fst snd]. split; [apply steps_nonnegative|]. rewrite Z.sub_diag, Z.sub_0_r. now apply pays_plain.
  Qed.

  Lemma due_none ls' : forall miss, existsb (fun f => f) miss = false -> due miss ls' = 0%Z.
  Proof.
    induction ls' as [|l ls' IH]; intros [|f fs] E; try easy. cbn [existsb] in E. destruct f; [easy|]. cbn [due]. now rewrite IH.
  Qed.

  Lemma walks_pay ps : length ls = d -> forall i miss, all_ok i ps -> length miss = d ->
    (forall p, In p ps -> Forall2 (fun l v => (toZ v + toZ l <= toZ (fst p))%Z) ls (snd (snd p))) ->
    Forall2 (fun p e => (0 <= e)%Z /\ within (sum_from i p + IZR (2 ^ s * e)) (IZR (toZ (tops zero ps) - due miss ls)))
      (walks (repeat (spot P) (length ps)) miss) (costs int Z total_cost 0%Z (map (charge_of up ls (ofZ s)) ps) miss).
  Proof.
    intros L. induction ps as [|p ps IH]; intros i miss H M D; cbn [length repeat walks costs map].
    - destruct (existsb _ miss) eqn:E; constructor; [|constructor]. split; [lia|]. rewrite (due_none _ _ E).
      cbn [sum_from]. change (tops zero []) with zero. rewrite toZ_zero, Z.mul_0_r, Z.sub_0_r. unfold within. destruct up; lra.
    - destruct H as [H H']. eapply forall2_flat_map; [apply pays_options; [exact H|exact M|exact L|apply D; now left]|].
      intros [t ms] [n ms'] [E [E' [N R]]]. cbn [fst snd] in *. subst ms'. apply forall2_map.
      eapply forall2_impl; [|apply (IH (S i) ms H'); [congruence|intros; apply D; now right]]. cbv beta. intros q e [e0 Q]. unfold total_cost.
      split; [lia|]. cbn [sum_from]. change (tops zero (p :: ps)) with (add (fst p) (tops zero ps)). rewrite toZ_add.
      pose proof (within_add _ _ _ _ R Q) as A. rewrite <- plus_IZR in A.
      match type of A with within ?a (IZR ?b) => match goal with |- within ?u (IZR ?v) => replace u with a; [replace v with b by lia; exact A|] end end.
      rewrite Z.mul_add_distr_l, !plus_IZR. ring.
  Qed.
End Proof.

Lemma due_all ls : forall miss, length miss = length ls -> forallb (fun f => f) miss = true -> due miss ls = toZ (fold_right add zero ls).
Proof.
  induction ls as [|l ls IH]; intros [|f fs] L A; try discriminate; [symmetry; apply toZ_zero|]. injection L as L. cbn [forallb] in A.
  destruct f; [|discriminate]. cbn [due fold_right]. now rewrite toZ_add, IH.
Qed.

Section Counts.
  Open Scope R_scope.
  Variable P : part.
  Let d := length (p_required P).
  Variable h : nat -> nat -> R.
  Variable own : R.
  Variable r : nat.
  Variable c : event.
  Hypothesis c_ok : event_ok P h own r c.
  Let all := fillings P r.
  Let reach := reaches h own.
  Hypothesis few_tokens : not_too_many (length (tokens_of P)).

  Definition fine (C : list (position int)) := Forall (fun c => (position_fine int (fun k => 0 <= toZ k)%Z c /\ length (snd c) = d) /\
    not_too_many (length (fst c) + length (snd c))) C.
  Definition costs_of (C : list (position int)) := costs int Z total_cost 0%Z C (repeat true d).

  Lemma charges_fine up ls s ps : forall i, all_ok P h up i ps -> length ls = d ->
    (forall p, In p ps -> length (snd (snd p)) = d) -> fine (map (charge_of up ls s) ps).
  Proof.
    induction ps as [|p ps IH]; intros i H L D; [constructor|]. destruct H as [H H']. constructor; [|apply (IH (S i)); auto; intros; apply D; now right].
    pose proof (D p (or_introl eq_refl)) as R. destruct H as [O _]. pose proof (forall2_length _ _ _ O) as Lo.
    assert (N : length (combine ls (snd (snd p))) = d) by (rewrite combine_length, L, R; apply Nat.min_id).
    unfold charge_of, position_fine. cbn [fst snd]. rewrite !map_length, N, <- Lo. split; [split; [|reflexivity]|].
    - split; apply Forall_forall; intros v I; apply in_map_iff in I; destruct I as [a [<- _]]; try split; apply steps_nonnegative.
    - unfold d. rewrite <- app_length. exact few_tokens.
  Qed.

  (* A sum that reaches 0 is not too dear, or what is not too dear reaches 0. *)
  Theorem charges_right up k b : match charges up d k b c with
    | Some (G, C) => (0 < G)%Z /\ fine C /\
        Forall2 (fun p e => (0 <= e)%Z /\ if up then reach p = true -> (e < G)%Z else (e < G)%Z -> reach p = true) all (costs_of C)
    | None => up = true -> forall p, In p all -> reach p = false
    end.
  Proof.
    destruct c_ok as [Own [L T]]. apply places_ok with (up := up) in T.
    unfold charges. cbv zeta. match goal with |- context [map (raised ?u ?v ?s ?g ?e) ?ps] =>
      apply (raised_ok P h u v s g e) in T; set (ps' := map (raised u v s g e) ps) in * end.
    assert (Lp : length ps' = r) by (unfold ps'; now rewrite !map_length).
    clearbody ps'. rename ps' into ps. set (ls := leasts d ps). set (budget := budget_of d (end_of up (fst c)) ps).
    set (s := step_bits (k + b) budget). assert (s0 : (0 <= s)%Z) by apply Z.le_max_l.
    assert (Ll : length ls = d) by (unfold ls, leasts; now rewrite map_length, seq_length).
    assert (Lr : forall p, In p ps -> length (snd (snd p)) = d).
    { clear - T. revert T. generalize 0%nat. induction ps as [|p ps IH]; intros i T q I; [destruct I|].
      destruct T as [[_ R] T]. destruct I as [<-|I]; [|eapply IH; eassumption].
      symmetry. exact (forall2_length _ _ _ R). }
    assert (D : forall p, In p ps -> Forall2 (fun l v => (toZ v + toZ l <= toZ (fst p))%Z) ls (snd (snd p))).
    { intros p I. assert (least : forall j, (toZ (least_of ps j) <= toZ (cost_of j p))%Z).
      { intros j. unfold least_of. rewrite toZ_opp. apply Z.opp_le_mono. rewrite Z.opp_involutive, <- toZ_opp.
        apply in_largest. now apply (in_map (fun p => opp (cost_of j p))). }
      unfold ls, leasts. rewrite <- (Lr p I). unfold cost_of in least. clear - least. revert least.
      generalize (least_of ps). set (l := snd (snd p)). clearbody l. induction l as [|v l IH]; intros g H; [constructor|].
      cbn [length seq map]. constructor; [specialize (H 0%nat); cbn [nth] in H; rewrite toZ_sub in H; lia|].
      rewrite <- seq_shift, map_map. apply (IH (fun j => g (S j))). intros j. exact (H (S j)). }
    assert (F : fine (map (charge_of up ls (ofZ s)) ps)) by (apply charges_fine with (i := 0%nat); assumption).
    pose proof (walks_pay P h up ls s s0 ps Ll 0 (map (fun _ => true) (p_required P)) T (map_length _ _) D) as Wk.
    rewrite Lp in Wk. change (walks _ _) with all in Wk.
    assert (E : map (fun _ => true) (p_required P) = repeat true d).
    { unfold d. clear. induction (p_required P) as [|u l IH]; [easy|]. cbn [map length repeat]. now rewrite IH. }
    rewrite E in Wk. rewrite due_all in Wk; [|now rewrite repeat_length|clear; induction d; [easy|assumption]].
    assert (Bv : toZ budget = (toZ (end_of up (fst c)) + (toZ (tops zero ps) - toZ (fold_right add zero ls)))%Z).
    { unfold budget, budget_of. fold ls. rewrite toZ_sub, tops_value. lia. }
    assert (main : Forall2 (fun p e => (0 <= e)%Z /\ within up (own + sum_from h 0 p + IZR (2 ^ s * e)) (IZR (toZ budget))) all
      (costs_of (map (charge_of up ls (ofZ s)) ps))).
    { eapply forall2_impl; [|exact Wk]. cbv beta. intros p e [e0 H]. split; [exact e0|].
      rewrite Bv, plus_IZR, Rplus_assoc. apply within_add; [now apply end_of_ok|exact H]. }
    clear Wk. assert (P2 : (0 < 2 ^ s)%Z) by (apply Z.pow_pos_nonneg; lia).
    rewrite toZ_leb, toZ_zero. destruct (Z.leb_spec 0 (toZ budget)) as [b0|b0].
    - rewrite toZ_shr, toZ_ofZ, Z.shiftr_div_pow2 by exact s0. pose proof (Z.div_pos _ _ b0 P2) as q0. split; [|split; [exact F|]].
      + lia.
      + eapply forall2_impl; [|exact main]. cbv beta. intros p e [e0 H]. split; [exact e0|]. unfold reach, reaches. destruct up; intros w.
        * destruct (Rlt_dec _ 0) as [|N]; [easy|]. unfold within in H.
          assert (2 ^ s * e <= toZ budget)%Z by (apply le_IZR; lra). pose proof (Z.div_le_lower_bound (toZ budget) (2 ^ s) e P2 ltac:(lia)). lia.
        * destruct (Rlt_dec _ 0) as [N|]; [exfalso|reflexivity]. unfold within in H.
          assert (2 ^ s * e <= toZ budget)%Z.
          { apply Z.le_trans with (2 ^ s * (toZ budget / 2 ^ s))%Z; [apply Z.mul_le_mono_nonneg_l; lia|now apply Z.mul_div_le]. }
          apply IZR_le in H0. lra.
    - intros -> p I. clear - main I b0 P2. induction main as [|q e l l' [e0 H] M IH]; [easy|]. destruct I as [<-|I]; [|now apply IH].
      unfold reach, reaches. destruct (Rlt_dec _ 0) as [|N]; [reflexivity|exfalso]. unfold within in H.
      assert (2 ^ s * e <= toZ budget)%Z by (apply le_IZR; lra). nia.
  Qed.

  (* The costs of an event among two. *)
  Lemma costs_of_one (side : two -> Z) (add_side : forall e s, side (two_costs e s) = (side e + side s)%Z) (none : side (0, 0)%Z = 0%Z) C C2 :
    map (renamed side) C2 = map (renamed toZ) C -> costs_of C = map side (costs two (Z * Z) two_costs (0%Z, 0%Z) C2 (repeat true d)).
  Proof.
    intros E. unfold costs_of. rewrite <- (costs_renamed side side two_costs (0%Z, 0%Z) Z.add 0%Z add_side none), E.
    rewrite (costs_renamed toZ (fun e => e) total_cost 0%Z) by reflexivity. symmetry. apply map_id.
  Qed.

  Lemma one_cost_fine C : fine C -> two_fine_costs d (map one_cost C).
  Proof.
    intros F. apply Forall_map. eapply Forall_impl; [|exact F]. intros x [[[F1 F2] L] N]. unfold one_cost, renamed, position_fine, two_fine.
    cbn [fst snd].
    rewrite !map_length. split; [split; [split|exact L]|exact N].
    - apply Forall_map. eapply Forall_impl; [|exact F1]. cbn [fst snd]. intros n n0. split; [exact n0|lia].
    - apply Forall_map. eapply Forall_impl; [|exact F2]. cbn [fst snd]. intros n [n0 n1]. repeat split; try lia; assumption.
  Qed.

  Lemma one_cost_costs G C : length (filter (fun ab => (fst ab <? G) && (snd ab <? 1))%Z
    (costs two (Z * Z) two_costs (0%Z, 0%Z) (map one_cost C) (repeat true d))) = length (filter (fun e => e <? G)%Z (costs_of C)).
  Proof.
    assert (E1 : costs two (Z * Z) two_costs (0%Z, 0%Z) (map one_cost C) (repeat true d) = map (fun e => (e, 0%Z)) (costs_of C)).
    { unfold costs_of, one_cost. apply (costs_renamed (fun n => (toZ n, 0%Z)) (fun e => (e, 0%Z))); reflexivity. }
    rewrite E1. generalize (costs_of C). intros l. induction l as [|e l IH]; [easy|]. cbn [map filter fst snd]. rewrite andb_true_r.
    destruct (e <? G)%Z; cbn [length]; now rewrite IH.
  Qed.

  Variable k : nat.
  Lemma parts_few : (0 <= Z.of_nat (parts_of_step k) <= 5)%Z.
  Proof. unfold parts_of_step. destruct (8 <=? k)%nat; lia. Qed.

  Theorem wins_at_most : (Z.of_nat (length (filter reach all)) <= wins true d k c)%Z.
  Proof.
    unfold wins. cbv zeta. pose proof (charges_right true k (parts_of_step k)) as H. destruct (charges true d k _ c) as [[G C]|].
    - destruct H as [B [F M]]. apply Z.le_trans with (2 := cheap_at_most d _ 0 G 1 parts_few ltac:(lia) B ltac:(lia) _ (one_cost_fine C F)).
      rewrite one_cost_costs. apply inj_le.
      clear - M. induction M as [|p e l l' [_ H] M IH]; [easy|]. cbn [filter]. destruct (reach p).
      + replace (e <? G)%Z with true by (symmetry; apply Z.ltb_lt; auto). cbn [length]. lia.
      + destruct (e <? G)%Z; cbn [length]; lia.
    - specialize (H eq_refl). clear - H. induction all as [|p l IH]; [easy|]. cbn [filter]. rewrite (H p (or_introl eq_refl)).
      apply IH. intros q I. apply H. now right.
  Qed.

  Theorem wins_at_least : (wins false d k c <= Z.of_nat (length (filter reach all)))%Z.
  Proof.
    unfold wins. cbv zeta. pose proof (charges_right false k (parts_of_step k)) as H. destruct (charges false d k _ c) as [[G C]|]; [|lia].
    destruct H as [B [F M]]. apply Z.le_trans with (1 := cheap_at_least d _ 0 G 1 parts_few ltac:(lia) B ltac:(lia) _ (one_cost_fine C F)).
    rewrite one_cost_costs. apply inj_le. clear - M. induction M as [|p e l l' [_ H] M IH]; [easy|]. cbn [filter]. destruct (Z.ltb_spec e G) as [X|X].
    - rewrite (H X). cbn [length]. lia.
    - destruct (reach p); cbn [length]; lia.
  Qed.
End Counts.

(* The entries of a group's tokens, and a part's among them. *)
Lemma event_of_ok m f own r x c P : input_ok m f own r x c -> (forall t, In t (tokens_of P) -> (t <= m)%nat) ->
  event_ok P (f x) (own x) r (event_of P c).
Proof.
  intros [O [L H]] T. split; [exact O|]. split; [unfold event_of; cbn [snd]; now rewrite map_length|]. unfold event_of. cbn [snd]. clear L O. revert H.
  generalize 0%nat. induction (snd c) as [|E Es IH]; intros i H; cbn [positions_ok map all_these] in *; [easy|]. destruct H as [H H']. split; [|now apply IH].
  assert (N : forall t, (t <= m)%nat -> encloses (nth t E izero) (f x i t)).
  { clear - H. assert (G : forall E t, entries_ok m f x i t E -> (length E + t = S m)%nat /\ forall j, (j < length E)%nat -> encloses (nth j E izero) (f x i (t + j)%nat)).
    { induction E0 as [|e E0 IH]; intros t K; cbn [entries_ok length] in *; [split; [lia|intros; lia]|].
      destruct K as [He K]. destruct (IH (S t) K) as [L N]. split; [lia|]. intros [|j] J; [now rewrite Nat.add_0_r|].
      rewrite Nat.add_succ_r. apply N. lia. }
    destruct (G E 0%nat H) as [L N]. intros t K. apply (N t). lia. }
  assert (M : forall ts, (forall t, In t ts -> (t <= m)%nat) -> these (f x) i ts (map (fun t => nth t E izero) ts)).
  { induction ts as [|t ts IH']; intros K; cbn [map]; constructor; [apply N, K; now left|]. apply IH'. intros; apply K. now right. }
  unfold tokens_of in T. cbn [fst snd]. split; apply M; intros t I; apply T, in_or_app; tauto.
Qed.
