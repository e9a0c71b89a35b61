(* T4, svd: the largest singular value of the rest is at most tau, up to a remainder: tau^2 I - R^T R is a product L L^T and
   a small E. Only E is trusted to be what it is; tau and L may be anything. Main theorem: spectral_spreads. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Bignums Require Import BigZ.
From Maxcert Require Import Statement Sums Integers Intervals Decoding Matrices CellCheck Rows.
Import ListNotations.

(* ---------- The program ---------- *)

Definition guess_quotient : int -> int -> int := BigZ.div.
Definition guess_root : int -> int := BigZ.sqrt.

(* A row of Cholesky's factor, given the rows above it. *)
Fixpoint cholesky_row (a : row) (above : list row) (sofar : row) : row :=
  match a, above with
  | x :: a, l :: above => cholesky_row a above (sofar ++ [guess_quotient (sub x (dot sofar l)) (List.last l zero)])
  | x :: _, [] => sofar ++ [guess_root (sub x (dot sofar sofar))]
  | [], _ => sofar
  end.
Definition cholesky (m : list row) : list row :=
  let n := length m in
  map (fun l => l ++ repeat zero (n - length l)) (fold_left (fun rows a => rows ++ [cholesky_row a rows []]) m []).

(* m is R times P, square is tau^2 P^2. A bound on P times the difference of any two entries of a row:
   sqrt (2 tau^2 + 4 max |E|). *)
Definition less (square : int) (G : list row) : list row :=
  map (fun ia : nat * row => map (fun jx : nat * int => let '(j, x) := jx in
    if fst ia =? j then sub square x else sub zero x) (combine (seq 0 (length (snd ia))) (snd ia))) (combine (seq 0 (length G)) G).
Definition remainder (A L : list row) : list row :=
  map (fun ab : row * row => map (fun xy : int * int => sub (fst xy) (snd xy)) (combine (fst ab) (snd ab))) (combine A (mulT L L)).
Definition spectral (m : list row) (square : int) : list int :=
  let n := length m in
  let mt := transpose m in
  let A := less square (mulT mt mt) in
  let L := cholesky A in
  if ((length L =? n) && forallb (fun l => length l =? n) L)%nat%bool then
    let e := biggest (map absolute (concat (remainder A L))) in
    let s := add (add square square) (add (add e e) (add e e)) in
    repeat (ofZ (Z.sqrt_up (toZ s))) n
  else map range m.

(* ---------- The proof ---------- *)
Open Scope R_scope.

Lemma square_le_sum n (f : nat -> R) i : (i < n)%nat -> f i * f i <= sum n (fun k => f k * f k).
Proof.
  induction n as [|n IH]; intros I; [lia|]. cbn [sum].
  assert (S : 0 <= sum n (fun k => f k * f k)).
  { clear. induction n as [|n IH]; cbn [sum]; [lra|]. pose proof (Rle_0_sqr (f n)). unfold Rsqr in *. lra. }
  destruct (Nat.eq_dec i n) as [->|N]; [lra|]. pose proof (Rle_0_sqr (f n)). unfold Rsqr in *. specialize (IH ltac:(lia)). lra.
Qed.
Lemma sum_squares_nonneg n (f : nat -> R) : 0 <= sum n (fun k => f k * f k).
Proof. induction n as [|n IH]; cbn [sum]; [lra|]. pose proof (Rle_0_sqr (f n)). unfold Rsqr in *. lra. Qed.
Lemma sum_difference_square n (f g : nat -> R) : sum n (fun k => (f k - g k) * (f k - g k)) =
  sum n (fun k => f k * f k) + sum n (fun k => g k * g k) - 2 * sum n (fun k => f k * g k).
Proof. induction n as [|n IH]; cbn [sum]; [lra|]. rewrite IH. ring. Qed.

Lemma less_nth square G i j n : length G = n -> (forall i, (i < n)%nat -> length (nth i G []) = n) -> (i < n)%nat -> (j < n)%nat ->
  length (less square G) = n /\ length (nth i (less square G) []) = n /\
  IZR (toZ (nth j (nth i (less square G) []) zero)) = (if i =? j then IZR (toZ square) else 0) - IZR (toZ (nth j (nth i G []) zero)).
Proof.
  intros L H I J. unfold less. split; [rewrite map_length, combine_length, seq_length; lia|].
  rewrite (nth_map _ _ _ (0%nat, [])) by (rewrite combine_length, seq_length; lia).
  rewrite combine_nth by (now rewrite seq_length). rewrite seq_nth by lia. cbn [fst snd Nat.add].
  split; [rewrite map_length, combine_length, seq_length, H by easy; lia|].
  rewrite (nth_map _ _ _ (0%nat, zero)) by (rewrite combine_length, seq_length, H by easy; lia).
  rewrite combine_nth by (now rewrite seq_length). rewrite seq_nth by (rewrite H by easy; lia). cbn [Nat.add].
  destruct (i =? j); rewrite toZ_sub, minus_IZR; [easy|]. now rewrite toZ_zero.
Qed.

Lemma remainder_in A L i j n : length A = n -> (forall i, (i < n)%nat -> length (nth i A []) = n) -> length L = n -> (i < n)%nat -> (j < n)%nat ->
  In (sub (nth j (nth i A []) zero) (dot (nth i L []) (nth j L []))) (concat (remainder A L)).
Proof.
  intros LA HA LL I J. apply in_concat. exists (nth i (remainder A L) []). unfold remainder.
  assert (lm : length (mulT L L) = n) by (unfold mulT; now rewrite map_length).
  split; [apply nth_In; rewrite map_length, combine_length; lia|].
  rewrite (nth_map _ _ _ ([], [])) by (rewrite combine_length; lia). rewrite combine_nth by lia. cbn [fst snd].
  assert (E : nth i (mulT L L) [] = map (dot (nth i L [])) L) by (unfold mulT; now rewrite (nth_map _ _ _ []) by lia).
  rewrite E. apply in_map_iff. exists (nth j (nth i A []) zero, dot (nth i L []) (nth j L [])). split; [easy|].
  assert (F : nth j (combine (nth i A []) (map (dot (nth i L [])) L)) (zero, zero) = (nth j (nth i A []) zero, dot (nth i L []) (nth j L []))).
  { rewrite combine_nth by (rewrite map_length, HA by easy; lia). f_equal. now rewrite (nth_map _ _ _ []) by lia. }
  rewrite <- F. apply nth_In. rewrite combine_length, map_length, HA by easy. lia.
Qed.

Theorem spectral_spreads P n m f square : 0 < P -> (0 < n)%nat -> represents P n n m f -> spreads P n n f (spectral m square).
Proof.
  intros P0 N M. unfold spectral. set (mt := transpose m). set (A := less square (mulT mt mt)). set (L := cholesky A).
  destruct ((length L =? length m) && forallb (fun l => length l =? length m) L)%nat%bool eqn:shape; [|now apply spreads_ranges].
  apply andb_prop in shape. destruct shape as [LL LR]. apply Nat.eqb_eq in LL. rewrite forallb_forall in LR.
  rewrite (proj1 M) in *.
  assert (MT : represents P n n mt (fun j i => f i j)) by now apply transpose_correct.
  assert (G := mulT_correct _ _ _ _ _ _ _ _ _ MT MT).
  set (e := biggest (map absolute (concat (remainder A L)))). set (s := add (add square square) (add (add e e) (add e e))).
  split; [apply repeat_length|]. intros i j k I J K.
  assert (rep : forall (x : int) i, (i < n)%nat -> nth i (repeat x n) zero = x).
  { clear. intros x. induction n as [|n IH]; intros i I; [lia|]. destruct i; [easy|]. apply IH. lia. }
  rewrite rep, toZ_ofZ by easy.
  assert (root := Z.sqrt_up_nonneg (toZ s)). apply IZR_le in root.
  destruct (Nat.eq_dec j k) as [->|JK]; [lra|].
  assert (HG : forall a b, (a < n)%nat -> (b < n)%nat -> IZR (toZ (nth b (nth a (mulT mt mt) []) zero)) = sum n (fun i => f i a * f i b) * (P * P)).
  { intros a b HA HB. exact (proj2 (proj2 G a HA) b HB). }
  assert (LG : forall i, (i < n)%nat -> length (nth i (mulT mt mt) []) = n) by (intros a HA; exact (proj1 (proj2 G a HA))).
  assert (HL : forall a, (a < n)%nat -> length (nth a L []) = n) by (intros a HA; apply Nat.eqb_eq, LR, nth_In; lia).
  set (l := fun a b => IZR (toZ (nth b (nth a L []) zero))).
  assert (entry : forall a b, (a < n)%nat -> (b < n)%nat ->
    Rabs ((if a =? b then IZR (toZ square) else 0) - sum n (fun i => f i a * f i b) * (P * P) - sum n (fun c => l a c * l b c)) <= IZR (toZ e)).
  { intros a b HA HB. destruct (less_nth square (mulT mt mt) a b n (proj1 G) LG HA HB) as [E1 [E2 E3]].
    assert (I2 := remainder_in A L a b n E1 (fun i Hi => proj1 (proj2 (less_nth square (mulT mt mt) i i n (proj1 G) LG Hi Hi))) LL HA HB).
    apply (in_map absolute) in I2. apply biggest_ge in I2. fold e in I2. rewrite absolute_abs, toZ_sub, minus_IZR in I2.
    unfold A in I2 at 1. rewrite E3, HG in I2 by easy.
    rewrite (dot_correct 1 1 n (nth a L []) (nth b L []) (l a) (l b)) in I2 by (split; [now apply HL|intros; unfold l; ring]).
    rewrite !Rmult_1_r in I2. exact I2. }
  assert (Ejj := entry j j J J). assert (Ekk := entry k k K K). assert (Ejk := entry j k J K).
  rewrite Nat.eqb_refl in Ejj, Ekk. destruct (Nat.eqb_spec j k) as [|_]; [easy|].
  assert (D1 := sum_difference_square n (fun i => f i j) (fun i => f i k)).
  assert (D2 := sum_difference_square n (l j) (l k)). assert (D3 := sum_squares_nonneg n (fun c => l j c - l k c)). cbv beta in D3.
  assert (D4 := square_le_sum n (fun i => f i j - f i k) i I). cbv beta in D4.
  assert (T : (f i j - f i k) * P * ((f i j - f i k) * P) <= IZR (toZ s)).
  { unfold s. rewrite !toZ_add, !plus_IZR. assert (PP : 0 < P * P) by now apply Rmult_lt_0_compat.
    apply Rle_trans with (sum n (fun i => (f i j - f i k) * (f i j - f i k)) * (P * P)).
    - replace ((f i j - f i k) * P * ((f i j - f i k) * P)) with ((f i j - f i k) * (f i j - f i k) * (P * P)) by ring.
      apply Rmult_le_compat_r; lra.
    - rewrite D1. unfold Rabs in *.
      destruct (Rcase_abs _) in Ejj; destruct (Rcase_abs _) in Ekk; destruct (Rcase_abs _) in Ejk; lra. }
  destruct (Rle_lt_dec ((f i j - f i k) * P) (IZR (Z.sqrt_up (toZ s)))) as [ok|bad]; [exact ok|].
  exfalso. assert (s0 : (0 <= toZ s)%Z).
  { apply le_IZR. apply Rle_trans with (2 := T). pose proof (Rle_0_sqr ((f i j - f i k) * P)). unfold Rsqr in *. lra. }
  assert (up : (toZ s <= Z.sqrt_up (toZ s) * Z.sqrt_up (toZ s))%Z).
  { destruct (Z.eq_dec (toZ s) 0) as [z|z]; [rewrite z; cbn; lia|]. pose proof (Z.sqrt_up_spec (toZ s) ltac:(lia)). lia. }
  apply IZR_le in up. rewrite mult_IZR in up.
  assert (IZR (Z.sqrt_up (toZ s)) * IZR (Z.sqrt_up (toZ s)) < (f i j - f i k) * P * ((f i j - f i k) * P)) by (apply Rmult_le_0_lt_compat; lra). lra.
Qed.
