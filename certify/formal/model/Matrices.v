(* Matrices of integers that stand for real matrices times a power of two: products, sums, transposes. *)
From Coq Require Import Reals ZArith List Lia Lra.
Import ListNotations.
From Maxcert Require Import Statement Weights Sums Integers Decoding.

Fixpoint all {A C} (f : A -> option C) (l : list A) : option (list C) :=
match l with
| [] => Some []
| a :: l => match f a with None => None | Some c => match all f l with None => None | Some l => Some (c :: l) end end
end.

Lemma all_correct {A C} (f : A -> option C) l m a c : all f l = Some m ->
length m = length l /\ forall i, (i < length l)%nat -> f (nth i l a) = Some (nth i m c).
Proof.
revert m. induction l as [|x l IH]; simpl; intros m h.
- injection h as <-. split; [reflexivity|]. intros i hi. lia.
- destruct (f x) as [y|] eqn:fx; [|discriminate]. destruct (all f l) as [n|]; [|discriminate].
  injection h as <-. destruct (IH n eq_refl) as [hl hn]. split; [simpl; lia|].
  intros [|i] hi; simpl; [assumption|]. apply hn. lia.
Qed.

Lemma nth_map {A C} (f : A -> C) l i a c : (i < length l)%nat -> nth i (map f l) c = f (nth i l a).
Proof.
intros h. rewrite (nth_indep _ c (f a)) by (rewrite map_length; assumption). apply map_nth.
Qed.
Lemma nth_firstn_lt {A} (l : list A) d : forall k n, (n < k)%nat -> nth n (firstn k l) d = nth n l d.
Proof. induction l as [|a l IH]; intros [|k] [|n] H; try lia; try easy. cbn. apply IH. lia. Qed.

(* The real matrices *)
Definition product (n : nat) (f g : nat -> nat -> R) (i j : nat) : R := sum n (fun k => f i k * g k j)%R.

Notation row := (list int).
Definition matrix (B : Z) (w : list (list Z)) : option (list row) :=
  all (all (fun b => match decode B b with None => None | Some z => Some (ofZ z) end)) w.
Fixpoint dot (a b : row) : int :=
  match a, b with x :: a, y :: b => add (mul x y) (dot a b) | _, _ => zero end.
Fixpoint columns (n : nat) (m : list row) : list row :=
  match n with O => [] | S n => map (hd zero) m :: columns n (map (@tl _) m) end.
Definition transpose (m : list row) := columns (length (hd [] m)) m.
Definition mulT (a bt : list row) : list row := map (fun r => map (dot r) bt) a.
Definition matmul (a b : list row) := mulT a (transpose b).
Fixpoint plus (a b : row) : row := match a, b with x :: a, y :: b => add x y :: plus a b | _, _ => [] end.
Definition plus_row (m : list row) (r : row) := map (fun a => plus a r) m.

(* l holds f 0 * p, ..., f (n-1) * p *)
Definition holds (p : R) (n : nat) (l : row) (f : nat -> R) :=
  length l = n /\ forall k, (k < n)%nat -> IZR (toZ (nth k l zero)) = (f k * p)%R.
Definition represents (p : R) (rows columns : nat) (m : list row) (f : nat -> nat -> R) :=
  length m = rows /\ forall i, (i < rows)%nat -> holds p columns (nth i m []) (f i).

Lemma matrix_correct B w m r c : shaped r c w = true -> matrix B w = Some m ->
  represents (powerRZ 2 B) r c m (entry w).
Proof.
  intros s h. apply andb_prop in s. destruct s as [s1 s2]. apply Nat.eqb_eq in s1.
  rewrite forallb_forall in s2.
  destruct (all_correct _ _ _ [] [] h) as [hl hn]. split; [lia|]. intros i hi.
  assert (hi' : (i < length w)%nat) by lia. specialize (hn i hi').
  destruct (all_correct _ _ _ 0%Z zero hn) as [gl gn].
  assert (sc : length (nth i w []) = c) by (apply Nat.eqb_eq, s2, nth_In; assumption).
  split; [lia|]. intros k hk. specialize (gn k ltac:(lia)). unfold entry.
  destruct (decode B (nth k (nth i w []) 0%Z)) as [z|] eqn:d; [|discriminate].
  injection gn as <-. rewrite toZ_ofZ, (decode_correct _ _ _ d).
  rewrite Rmult_assoc, <- powerRZ_add by lra. replace (- B + B)%Z with 0%Z by lia. simpl. ring.
Qed.

Lemma dot_correct p q n a b f g : holds p n a f -> holds q n b g ->
  IZR (toZ (dot a b)) = (sum n (fun k => f k * g k) * (p * q))%R.
Proof.
  revert n b f g. induction a as [|x a IH]; intros n b f g [la ha] [lb hb].
  - simpl in la. subst n. simpl. rewrite toZ_zero. lra.
  - destruct b as [|y b]; simpl in la, lb; [lia|]. destruct n as [|n]; [lia|].
    assert (step := IH n b (fun k => f (S k)) (fun k => g (S k))).
    rewrite sum_first. simpl dot. rewrite toZ_add, toZ_mul, plus_IZR, mult_IZR, step.
    + assert (x0 := ha O ltac:(lia)). assert (y0 := hb O ltac:(lia)). simpl in x0, y0. rewrite x0, y0. ring.
    + split; [lia|]. intros k hk. exact (ha (S k) ltac:(lia)).
    + split; [lia|]. intros k hk. exact (hb (S k) ltac:(lia)).
Qed.

Lemma columns_length n m : length (columns n m) = n.
Proof. revert m. induction n; simpl; intros; [reflexivity|]. rewrite IHn. reflexivity. Qed.
Lemma columns_nth n m j : (j < n)%nat -> nth j (columns n m) [] = map (fun r => nth j r zero) m.
Proof.
  revert m j. induction n as [|n IH]; intros m j h; [lia|]. destruct j as [|j]; simpl.
  - apply map_ext. intros [|x r]; reflexivity.
  - rewrite IH, map_map by lia. apply map_ext. intros [|x r]; simpl; [destruct j|]; reflexivity.
Qed.

Lemma transpose_correct p r c m f : (0 < r)%nat -> represents p r c m f -> represents p c r (transpose m) (fun j i => f i j).
Proof.
  intros hr [hl hm]. unfold transpose.
  assert (hc : length (hd [] m) = c).
  { destruct m as [|a m]; simpl in hl; [lia|]. exact (proj1 (hm O hr)). }
  rewrite hc. split; [apply columns_length|]. intros j hj. rewrite columns_nth by assumption.
  split; [rewrite map_length; assumption|]. intros i hi.
  rewrite (nth_map _ _ _ []) by lia. apply (proj2 (hm i hi)). assumption.
Qed.

Lemma mulT_correct p q r n c a bt f g : represents p r n a f -> represents q c n bt g ->
  represents (p * q) r c (mulT a bt) (fun i j => sum n (fun k => f i k * g j k)%R).
Proof.
  intros [la ha] [lb hb]. split; [unfold mulT; rewrite map_length; assumption|].
  intros i hi. unfold mulT. rewrite (nth_map _ _ _ []) by lia.
  split; [rewrite map_length; assumption|]. intros j hj. rewrite (nth_map _ _ _ []) by lia.
  apply dot_correct; [apply ha | apply hb]; assumption.
Qed.

Lemma matmul_correct p q r n c a b f g : (0 < n)%nat -> represents p r n a f -> represents q n c b g ->
  represents (p * q) r c (matmul a b) (product n f g).
Proof.
  intros hn ha hb. exact (mulT_correct p q r n c a (transpose b) f (fun j i => g i j) ha (transpose_correct q n c b g hn hb)).
Qed.

Lemma plus_correct p n a b f g : holds p n a f -> holds p n b g -> holds p n (plus a b) (fun k => f k + g k)%R.
Proof.
  revert n b f g. induction a as [|x a IH]; intros n b f g [la ha] [lb hb].
  - simpl in la. subst n. split; [reflexivity|]. intros; lia.
  - destruct b as [|y b]; simpl in la, lb; [lia|]. destruct n as [|n]; [lia|].
    destruct (IH n b (fun k => f (S k)) (fun k => g (S k))) as [hl hk].
    + split; [lia|]. intros k hk. exact (ha (S k) ltac:(lia)).
    + split; [lia|]. intros k hk. exact (hb (S k) ltac:(lia)).
    + split; [simpl; lia|]. intros [|k] h.
      * assert (x0 := ha O ltac:(lia)). assert (y0 := hb O ltac:(lia)). simpl in x0, y0 |- *.
        rewrite toZ_add, plus_IZR, x0, y0. ring.
      * simpl. apply hk. lia.
Qed.
Lemma plus_row_correct p r n m l f g : represents p r n m f -> holds p n l g ->
  represents p r n (plus_row m l) (fun i k => f i k + g k)%R.
Proof.
  intros [hl hm] h. split; [unfold plus_row; rewrite map_length; assumption|]. intros i hi.
  unfold plus_row. rewrite (nth_map _ _ _ []) by lia. apply plus_correct; auto.
Qed.
