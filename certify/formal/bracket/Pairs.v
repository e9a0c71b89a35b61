(* How many sequences let two events happen, by the costs of both at once, each with a budget of its own: where two outputs win
   together, or one without the other. Main theorems: pair_at_most, pair_at_least. *)
From Coq Require Import Reals ZArith Lia List Bool PeanoNat.
From Maxcert Require Import Integers Sequences Blocks Fillings States Budgets Deviations Charges.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

(* The costs of both, side by side. *)
Definition side_by_side (c c' : position int) : position two :=
  let pair := fun ab : int * int => (toZ (fst ab), toZ (snd ab)) in
  (map pair (combine (fst c) (fst c')),
   map (fun ab => (pair (fst (fst ab), fst (snd ab)), pair (snd (fst ab), snd (snd ab)))) (combine (snd c) (snd c'))).

(* Each of up to 2^k steps has 2^5 parts. *)
Definition both_win (up : bool) (d k : nat) (c c' : event) : Z :=
  match charges up d k 5 c, charges up d k 5 c' with
  | Some (G, C), Some (G', C') => cheap up d 5 5 G G' (map (fun cc => side_by_side (fst cc) (snd cc)) (combine C C'))
  | _, _ => 0
  end.

(* ---------- Its proof ---------- *)

Lemma combine_parts {A B} (l : list A) (l' : list B) : length l = length l' -> map fst (combine l l') = l /\ map snd (combine l l') = l'.
Proof.
  revert l'. induction l as [|a l IH]; intros [|b l'] L; try discriminate; [easy|]. injection L as L. destruct (IH l' L) as [E E'].
  cbn [combine map fst snd]. now rewrite E, E'.
Qed.

Lemma side_by_side_parts c c' : length (fst c) = length (fst c') -> length (snd c) = length (snd c') ->
  renamed fst (side_by_side c c') = renamed toZ c /\ renamed snd (side_by_side c c') = renamed toZ c'.
Proof.
  intros L L'. destruct (combine_parts _ _ L) as [E1 E2], (combine_parts _ _ L') as [E3 E4]. unfold renamed, side_by_side. cbn [fst snd].
  assert (M1 := map_map fst (fun ab : int * int => (toZ (fst ab), toZ (snd ab))) (combine (snd c) (snd c'))).
  assert (M2 := map_map snd (fun ab : int * int => (toZ (fst ab), toZ (snd ab))) (combine (snd c) (snd c'))).
  rewrite E3 in M1. rewrite E4 in M2. rewrite !map_map. cbn [fst snd]. rewrite <- (map_map fst toZ), <- (map_map snd toZ), E1, E2, M1, M2. now split.
Qed.

Section Events.
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
  Let both p := reaches h own p && reaches h' own' p.

  Lemma charges_shape up (g : nat -> nat -> R) (o : R) (e : event) (G : Z) (C : list (position int)) : event_ok P g o r e ->
    charges up d k 5 e = Some (G, C) ->
    length C = r /\ Forall (fun c => length (fst c) = length (p_others P)) C.
  Proof.
    intros [_ [L T]]. unfold charges. cbv zeta. destruct (leb zero _); [|discriminate]. intros E. injection E as _ <-.
    rewrite !map_length. split; [exact L|]. apply Forall_forall. intros x I. apply in_map_iff in I. destruct I as [p [<- I]].
    apply in_map_iff in I. destruct I as [p' [<- I]]. apply in_map_iff in I. destruct I as [E [<- I]].
    unfold charge_of, raised, place_of. cbn [fst snd]. rewrite !map_length. clear - T I. revert T. generalize 0%nat.
    induction (snd e) as [|E' Es IH]; intros i T; [easy|]. destruct T as [[T _] T']. destruct I as [->|I]; [|exact (IH I _ T')].
    symmetry. exact (forall2_length _ _ _ T).
  Qed.

  Lemma both_bounds (up : bool) : if up then (Z.of_nat (length (filter both all)) <= both_win up d k c c')%Z
    else (both_win up d k c c' <= Z.of_nat (length (filter both all)))%Z.
  Proof.
    unfold both_win. pose proof (charges_right P h own r c c_ok few_tokens up k 5) as H1.
    pose proof (charges_right P h' own' r c' c_ok' few_tokens up k 5) as H2.
    fold d in H1, H2. pose proof (charges_shape up h own c) as S1. pose proof (charges_shape up h' own' c') as S2.
    destruct (charges up d k 5 c) as [[G C]|], (charges up d k 5 c') as [[G' C']|].
    2,3,4: destruct up; [|lia].
    2: { apply Z.le_trans with (Z.of_nat (length (filter (reaches h' own') all))).
         - apply inj_le, filter_le. intros p _ E. now apply andb_prop in E.
         - specialize (H2 eq_refl). fold all in H2. clear - H2. induction all as [|p l IH]; [easy|]. cbn [filter]. rewrite (H2 p (or_introl eq_refl)).
           apply IH. intros q I. apply H2. now right. }
    2,3: apply Z.le_trans with (Z.of_nat (length (filter (reaches h own) all)));
         [apply inj_le, filter_le; intros p _ E; now apply andb_prop in E|];
         specialize (H1 eq_refl); fold all in H1; clear - H1; induction all as [|p l IH]; [easy|]; cbn [filter]; rewrite (H1 p (or_introl eq_refl));
         apply IH; intros q I; apply H1; now right.
    destruct H1 as [B1 [F1 M1]], H2 as [B2 [F2 M2]]. destruct (S1 G C c_ok eq_refl) as [L1 O1], (S2 G' C' c_ok' eq_refl) as [L2 O2]. clear S1 S2.
    set (C2 := map (fun cc => side_by_side (fst cc) (snd cc)) (combine C C')).
    assert (sides : map (renamed fst) C2 = map (renamed toZ) C /\ map (renamed snd) C2 = map (renamed toZ) C' /\ two_fine_costs d C2).
    { assert (L : length C = length C') by congruence. unfold C2. clear - F1 F2 O1 O2 L. unfold fine in *. fold d in F1, F2. revert C' L F2 O2.
      induction C as [|x C IH]; intros [|y C'] L F2 O2; try discriminate; [repeat split; constructor|]. injection L as L.
      inversion F1 as [|? ? [[[X1 X2] X3] X4] F1']; inversion F2 as [|? ? [[[Y1 Y2] Y3] Y4] F2']; inversion O1 as [|? ? X5 O1']; inversion O2 as [|? ? Y5 O2']; subst.
      destruct (IH F1' O1' C' L F2' O2') as [E1 [E2 E3]]. cbn [combine map fst snd].
      destruct (side_by_side_parts x y) as [E4 E5]; [congruence|congruence|]. rewrite E1, E2, E4, E5. split; [reflexivity|]. split; [reflexivity|].
      constructor; [|exact E3]. unfold side_by_side. cbn [fst snd]. rewrite !map_length, (combine_length (fst x)), (combine_length (snd x)).
      replace (length (fst y)) with (length (fst x)) by congruence. replace (length (snd y)) with (length (snd x)) by congruence. rewrite !Nat.min_id.
      split; [split; [|exact X3]|exact X4]. unfold position_fine, two_fine. cbn [fst snd]. split; apply Forall_map.
      - clear - X1 Y1. revert Y1. generalize (fst y). induction X1 as [|a l A X IH]; intros [|b l'] Y1; cbn [combine]; try constructor; inversion Y1; subst; auto.
      - clear - X2 Y2. revert Y2. generalize (snd y). induction X2 as [|a l [A A'] X IH]; intros [|b l'] Y2; cbn [combine]; try constructor;
          inversion Y2 as [|? ? [B B'] Y]; subst; cbn [fst snd]; auto. }
    destruct sides as [E1 [E2 F]]. set (L := costs two (Z * Z) two_costs (0%Z, 0%Z) C2 (repeat true d)).
    assert (Q : Budgets.bounds up (Z.of_nat (length (filter (fun ab => (fst ab <? G)%Z && (snd ab <? G')%Z) L))) (cheap up d 5 5 G G' C2)).
    { unfold Budgets.bounds, L. destruct up; [apply cheap_at_most|apply cheap_at_least]; assumption || lia. }
    rewrite (costs_of_one P fst ltac:(easy) eq_refl C C2 E1) in M1. rewrite (costs_of_one P snd ltac:(easy) eq_refl C' C2 E2) in M2.
    fold d all L in M1, M2. unfold Budgets.bounds in Q. clearbody L.
    assert (M : Forall2 (fun p ab => if up then both p = true -> (fst ab <? G)%Z && (snd ab <? G')%Z = true
      else (fst ab <? G)%Z && (snd ab <? G')%Z = true -> both p = true) all L).
    { clear - M1 M2. unfold both. revert L M1 M2. induction all as [|p l IH]; intros [|ab L] M1 M2; cbn [map] in *; inversion M1; inversion M2; subst; [constructor|].
      constructor; [|now apply IH]. destruct H2 as [_ A], H8 as [_ B]. destruct up; intros E; apply andb_prop in E; destruct E as [X Y]; apply andb_true_intro.
      - split; apply Z.ltb_lt; auto.
      - apply Z.ltb_lt in X, Y. auto. }
    assert (N : if up then (length (filter both all) <= length (filter (fun ab => (fst ab <? G)%Z && (snd ab <? G')%Z) L))%nat
      else (length (filter (fun ab => (fst ab <? G)%Z && (snd ab <? G')%Z) L) <= length (filter both all))%nat).
    { clear - M. induction M as [|p ab l L A M IH]; [destruct up; cbn; lia|]. cbn [filter].
      destruct (both p), ((fst ab <? G)%Z && (snd ab <? G')%Z), up; cbn [length]; try lia; try (specialize (A eq_refl); discriminate). }
    destruct up; lia.
  Qed.

  Theorem pair_at_most : (Z.of_nat (length (filter both all)) <= both_win true d k c c')%Z.
  Proof. exact (both_bounds true). Qed.

  Theorem pair_at_least : (both_win false d k c c' <= Z.of_nat (length (filter both all)))%Z.
  Proof. exact (both_bounds false). Qed.
End Events.
