(* Attention weights, table entries and terms as enclosures by integers, with what they contain. *)
From Coq Require Import Reals ZArith List Lia Lra.
Import ListNotations.
From Maxcert Require Import Statement Integers Matrices Exponential.

Definition pair0 := (zero, zero).
Definition largest (l : row) := match l with [] => zero | x :: l => fold_left (fun m x => if leb m x then x else m) l x end.

(* exp ((entry - largest entry of its row) / 2^shift / sqrt H), in units of 2^-t *)
Definition attention (H shift : Z) (j : nat) (t : Z) (m : list row) : list (list (int * int)) :=
  let r := Z.sqrt (Z.pow 2 (2 * t) / H) in
  let sh := ofZ (shift + t + Z.of_nat j - t) in
  let dn := attention_down j (ofZ t) (ofZ (t + 1)) (ofZ (2 * t + 2)) (ofZ (Z.pow 2 t)) (ofZ (r + 1)) sh in
  let up := attention_up j (ofZ t) (ofZ (t + 1)) (ofZ (Z.pow 2 t)) (ofZ r) sh in
  map (fun l => let c := largest l in map (fun n => let n := sub n c in (dn n, up n)) l) m.

Definition within (P : R) (a : int * int) (x : R) :=
  (0 <= toZ (fst a))%Z /\ IZR (toZ (fst a)) <= x * P /\ x * P <= IZR (toZ (snd a)).

Lemma largest_correct l n : (n < length l)%nat -> (toZ (nth n l zero) <= toZ (largest l))%Z.
Proof.
  assert (g : forall l x, (toZ x <= toZ (fold_left (fun m x => if leb m x then x else m) l x))%Z /\
    forall n, (n < length l)%nat -> (toZ (nth n l zero) <= toZ (fold_left (fun m x => if leb m x then x else m) l x))%Z).
  { clear. induction l as [|y l IH]; intros x; simpl; [split; [lia|intros; lia]|].
    destruct (IH (if leb x y then y else x)) as [a b].
    rewrite toZ_leb in *. destruct (Z.leb_spec (toZ x) (toZ y)).
    - split; [lia|]. intros [|n] h; [lia|]. apply b. lia.
    - split; [lia|]. intros [|n] h; [lia|]. apply b. lia. }
  destruct l as [|x l]; simpl; [lia|]. destruct (g l x) as [a b]. destruct n as [|n]; intros h; [assumption|]. apply b. lia.
Qed.

Theorem attention_correct H shift j t rows columns m f :
  (0 < H)%Z -> (0 <= t)%Z -> (0 <= shift)%Z -> represents (IZR (2 ^ shift)) rows columns m f ->
  exists c : nat -> R, forall q i, (q < rows)%nat -> (i < columns)%nat ->
    within (IZR (2 ^ t)) (nth i (nth q (attention H shift j t m) []) pair0) (exp ((f q i - c q) / sqrt (IZR H))).
Proof.
  intros hH ht hs [hl hm]. exists (fun q => IZR (toZ (largest (nth q m []))) / IZR (2 ^ shift)).
  intros q i hq hi. destruct (hm q hq) as [gl gm]. unfold attention.
  rewrite (nth_map _ _ _ []) by lia. rewrite (nth_map _ _ _ zero) by lia.
  set (n := sub (nth i (nth q m []) zero) (largest (nth q m []))).
  assert (hn : (toZ n <= 0)%Z).
  { unfold n. rewrite toZ_sub. assert (g := largest_correct (nth q m []) i ltac:(lia)). lia. }
  assert (S0 := power_positive shift hs).
  assert (root0 : 0 < sqrt (IZR H)) by (apply sqrt_lt_R0, IZR_lt; assumption).
  assert (e : attention_real shift (sqrt (IZR H)) (toZ n) = exp ((f q i - IZR (toZ (largest (nth q m []))) / IZR (2 ^ shift)) / sqrt (IZR H))).
  { unfold attention_real, n. rewrite toZ_sub, minus_IZR, (gm i hi). f_equal. field. lra. }
  rewrite <- e. destruct (inverse_root H t hH ht) as [i1 [i2 i3]]. unfold within. simpl fst. simpl snd.
  assert (down := attention_down_correct j (ofZ t) (ofZ (t + 1)) (ofZ (2 * t + 2)) (ofZ (2 ^ t)) (ofZ (Z.sqrt (2 ^ (2 * t) / H) + 1))
    (ofZ (shift + t + Z.of_nat j - t)) t shift t (sqrt (IZR H))).
  assert (up := attention_up_correct j (ofZ t) (ofZ (t + 1)) (ofZ (2 ^ t)) (ofZ (Z.sqrt (2 ^ (2 * t) / H)))
    (ofZ (shift + t + Z.of_nat j - t)) t shift t (sqrt (IZR H))).
  rewrite !toZ_ofZ in *.
  destruct (down ht hs ht eq_refl eq_refl eq_refl eq_refl eq_refl ltac:(lia) root0 i2 n hn) as [d0 d1].
  repeat split; try assumption.
  exact (up ht hs ht eq_refl eq_refl eq_refl eq_refl ltac:(lia) root0 i1 i3 n hn).
Qed.

(* the product of two enclosed numbers >= 0, bits dropped *)
Definition weight (bits : int) (a b : int * int) := (shr (mul (fst a) (fst b)) bits, ceiling (mul (snd a) (snd b)) bits).
Lemma weight_correct bits a b x y P Q : (0 <= toZ bits)%Z ->
  within P a x -> within (Q * IZR (2 ^ toZ bits)) b y -> within (P * Q) (weight bits a b) (x * y).
Proof.
  intros hs [a0 [a1 a2]] [b0 [b1 b2]]. unfold weight, ceiling, within. cbn [fst snd].
  rewrite toZ_opp, !toZ_shr, toZ_opp, !toZ_mul.
  assert (S0 := power_positive _ hs). apply IZR_le in a0 as a0'. apply IZR_le in b0 as b0'.
  split; [apply shiftr_nonnegative; nia|].
  split; apply Rmult_le_reg_r with (IZR (2 ^ toZ bits)); try assumption.
  - assert (g := floor_below (toZ (fst a) * toZ (fst b)) _ hs). rewrite mult_IZR in g.
    assert (k := Rmult_le_compat _ _ _ _ a0' b0' a1 b1). lra.
  - assert (g := ceiling_above (toZ (snd a) * toZ (snd b)) _ hs). rewrite mult_IZR in g.
    assert (k := Rmult_le_compat _ _ _ _ (Rle_trans _ _ _ a0' a1) (Rle_trans _ _ _ b0' b1) a2 b2). lra.
Qed.
