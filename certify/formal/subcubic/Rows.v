(* Largest and smallest entries of rows of integers, ranges of rows, and a bound on the ranges of a product's rows. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Integers Intervals Decoding Matrices CellCheck.
Import ListNotations.

Definition biggest (l : list int) : int := match l with [] => zero | x :: l => fold_left nmax l x end.
Definition smallest (l : list int) : int := match l with [] => zero | x :: l => fold_left nmin l x end.
Definition range (l : list int) : int := sub (biggest l) (smallest l).
Definition omit (m : nat) (l : list int) : list int := firstn m l ++ skipn (S m) l.
Definition centred (m : nat) (l : list int) : list int := let c := nth m l zero in map (fun x => sub x c) l.
Definition scaled (c : int) (l : list int) : list int := map (mul c) l.
Definition absolute (x : int) : int := nmax x (opp x).
Fixpoint vmax (a b : list int) : list int := match a, b with x :: a, y :: b => nmax x y :: vmax a b | _, _ => [] end.
Definition vmaxs (rows : list (list int)) : list int := match rows with [] => [] | a :: rows => fold_left vmax rows a end.
(* vmax of the first t + 1 rows *)
Fixpoint vrunning_from (a : list int) (rows : list (list int)) : list (list int) :=
  match rows with [] => [] | b :: rows => let a := vmax a b in a :: vrunning_from a rows end.
Definition vrunning (rows : list (list int)) := match rows with [] => [] | a :: rows => a :: vrunning_from a rows end.
(* sum_k |row_k| ranges_k for every row *)
Definition weighted (rows : list (list int)) (ranges : list int) : list int := map (fun a => dot (map absolute a) ranges) rows.

Open Scope R_scope.

Lemma fold_nmax l : forall x y, y = x \/ In y l -> IZR (toZ y) <= IZR (toZ (fold_left nmax l x)).
Proof.
  induction l as [|z l IH]; intros x y H; cbn [fold_left].
  - destruct H as [->|[]]. lra.
  - destruct (nmax_ge x z). destruct H as [->|[->|I]]; [| |apply IH; now right].
    + apply Rle_trans with (IZR (toZ (nmax x z))); [easy|apply IH; now left].
    + apply Rle_trans with (IZR (toZ (nmax x y))); [easy|apply IH; now left].
Qed.
Lemma biggest_ge l y : In y l -> IZR (toZ y) <= IZR (toZ (biggest l)).
Proof. destruct l as [|x l]; [easy|]. intros [<-|I]; apply fold_nmax; auto. Qed.
Lemma fold_nmin l : forall x y, y = x \/ In y l -> IZR (toZ (fold_left nmin l x)) <= IZR (toZ y).
Proof.
  induction l as [|z l IH]; intros x y H; cbn [fold_left].
  - destruct H as [->|[]]. lra.
  - destruct (nmin_le x z). destruct H as [->|[->|I]]; [| |apply IH; now right].
    + apply Rle_trans with (IZR (toZ (nmin x z))); [apply IH; now left|easy].
    + apply Rle_trans with (IZR (toZ (nmin x y))); [apply IH; now left|easy].
Qed.
Lemma smallest_le l y : In y l -> IZR (toZ (smallest l)) <= IZR (toZ y).
Proof. destruct l as [|x l]; [easy|]. intros [<-|I]; apply fold_nmin; auto. Qed.
Lemma range_ge l x y : In x l -> In y l -> IZR (toZ x) - IZR (toZ y) <= IZR (toZ (range l)).
Proof.
  intros X Y. unfold range. rewrite toZ_sub, minus_IZR. pose proof (biggest_ge l x X). pose proof (smallest_le l y Y). lra.
Qed.

Lemma in_omit m l x : (x < length l)%nat -> x <> m -> In (nth x l zero) (omit m l).
Proof.
  intros X N. unfold omit. apply in_or_app. destruct (Nat.lt_ge_cases x m) as [L|G].
  - left. rewrite <- (firstn_skipn m l) at 1. rewrite app_nth1 by (rewrite firstn_length; lia).
    apply nth_In. rewrite firstn_length. lia.
  - right. rewrite <- (firstn_skipn (S m) l) at 1. rewrite app_nth2 by (rewrite firstn_length; lia).
    apply nth_In. rewrite firstn_length, skipn_length. lia.
Qed.

Lemma vmax_length a : forall b n, length a = n -> length b = n -> length (vmax a b) = n.
Proof. induction a as [|x a IH]; intros [|y b] n A B; cbn [length vmax] in *; try lia. destruct n as [|n]; [lia|]. rewrite (IH b n); lia. Qed.
Lemma vmax_nth a : forall b k, (k < length a)%nat -> (k < length b)%nat -> nth k (vmax a b) zero = nmax (nth k a zero) (nth k b zero).
Proof.
  induction a as [|x a IH]; intros [|y b] k A B; cbn [length vmax] in *; try lia.
  destruct k as [|k]; cbn [nth]; [easy|]. apply IH; lia.
Qed.

Lemma fold_vmax n rows : forall a, length a = n -> (forall b, In b rows -> length b = n) ->
  length (fold_left vmax rows a) = n /\
  forall b k, b = a \/ In b rows -> (k < n)%nat -> IZR (toZ (nth k b zero)) <= IZR (toZ (nth k (fold_left vmax rows a) zero)).
Proof.
  induction rows as [|c rows IH]; intros a A H; cbn [fold_left].
  - split; [easy|]. intros b k [->|[]] _. lra.
  - assert (C : length c = n) by (apply H; now left).
    destruct (IH (vmax a c)) as [L B]; [now apply vmax_length|intros b I; apply H; now right|]. split; [easy|].
    intros b k I K. destruct (nmax_ge (nth k a zero) (nth k c zero)) as [N1 N2]. rewrite <- vmax_nth in N1, N2 by lia.
    destruct I as [->|[->|I]]; [| |apply B; auto].
    + apply Rle_trans with (1 := N1). apply B; auto.
    + apply Rle_trans with (1 := N2). apply B; auto.
Qed.
Lemma vmaxs_ge n rows : (forall b, In b rows -> length b = n) -> rows <> [] -> length (vmaxs rows) = n /\
  forall b k, In b rows -> (k < n)%nat -> IZR (toZ (nth k b zero)) <= IZR (toZ (nth k (vmaxs rows) zero)).
Proof.
  destruct rows as [|a rows]; [easy|]. intros H _. unfold vmaxs.
  destruct (fold_vmax n rows a) as [L B]; [apply H; now left|intros b I; apply H; now right|]. split; [easy|].
  intros b k [->|I] K; apply B; auto.
Qed.

Lemma vrunning_from_ge n rows : forall a, length a = n -> (forall b, In b rows -> length b = n) ->
  forall t t' k, (t <= t')%nat -> (t' < length rows)%nat -> (k < n)%nat ->
  IZR (toZ (nth k a zero)) <= IZR (toZ (nth k (nth t' (vrunning_from a rows) []) zero)) /\
  IZR (toZ (nth k (nth t rows []) zero)) <= IZR (toZ (nth k (nth t' (vrunning_from a rows) []) zero)).
Proof.
  induction rows as [|c rows IH]; intros a A H t t' k T L K; cbn [length] in L; [lia|]. cbn [vrunning_from].
  assert (C : length c = n) by (apply H; now left).
  destruct (nmax_ge (nth k a zero) (nth k c zero)) as [N1 N2]. rewrite <- vmax_nth in N1, N2 by lia.
  assert (AC : length (vmax a c) = n) by now apply vmax_length.
  assert (H' : forall b, In b rows -> length b = n) by (intros b I; apply H; now right).
  destruct t' as [|t'].
  - replace t with 0%nat by lia. cbn [nth]. lra.
  - destruct t as [|t]; cbn [nth].
    + destruct (IH (vmax a c) AC H' 0%nat t' k) as [B _]; [lia|lia|easy|]. lra.
    + destruct (IH (vmax a c) AC H' t t' k) as [B D]; [lia|lia|easy|]. lra.
Qed.
Lemma vrunning_ge n rows t t' k : (forall b, In b rows -> length b = n) -> (t <= t')%nat -> (t' < length rows)%nat -> (k < n)%nat ->
  IZR (toZ (nth k (nth t rows []) zero)) <= IZR (toZ (nth k (nth t' (vrunning rows) []) zero)).
Proof.
  intros H T L K. destruct rows as [|a rows]; cbn [length] in L; [lia|]. unfold vrunning.
  assert (A : length a = n) by (apply H; now left).
  assert (H' : forall b, In b rows -> length b = n) by (intros b I; apply H; now right).
  destruct t' as [|t'].
  - replace t with 0%nat by lia. cbn [nth]. lra.
  - destruct t as [|t]; cbn [nth].
    + apply (vrunning_from_ge n rows a A H' 0%nat t' k); lia.
    + apply (vrunning_from_ge n rows a A H' t t' k); lia.
Qed.

(* ---------- Rows that represent real functions ---------- *)

Lemma absolute_abs x : IZR (toZ (absolute x)) = Rabs (IZR (toZ x)).
Proof.
  unfold absolute, nmax. pose proof (leb_IZR x (opp x)) as L. destruct (leb x (opp x)); rewrite toZ_opp, opp_IZR in *.
  - rewrite Rabs_left1; lra.
  - rewrite Rabs_right; lra.
Qed.

Lemma holds_centred p n l f m : (m < n)%nat -> holds p n l f -> holds p n (centred m l) (fun x => f x - f m).
Proof.
  intros M [L H]. unfold centred. split; [now rewrite map_length|]. intros k K.
  rewrite (nth_map _ _ _ zero) by lia. rewrite toZ_sub, minus_IZR, !H by lia. ring.
Qed.
Lemma holds_scaled p n l f c : holds p n l f -> holds (IZR (toZ c) * p) n (scaled c l) f.
Proof.
  intros [L H]. unfold scaled. split; [now rewrite map_length|]. intros k K.
  rewrite (nth_map _ _ _ zero) by lia. rewrite toZ_mul, mult_IZR, H by lia. ring.
Qed.
Lemma holds_in p n l f k : holds p n l f -> (k < n)%nat -> exists x, In x l /\ IZR (toZ x) = f k * p.
Proof. intros [L H] K. exists (nth k l zero). split; [apply nth_In; lia|now apply H]. Qed.
Lemma range_holds p n l f j j' : holds p n l f -> (j < n)%nat -> (j' < n)%nat -> (f j - f j') * p <= IZR (toZ (range l)).
Proof.
  intros H J J'. destruct (holds_in p n l f j H J) as [x [X Ex]]. destruct (holds_in p n l f j' H J') as [y [Y Ey]].
  pose proof (range_ge l x y X Y). lra.
Qed.
Lemma biggest_omit_holds p n l f m x : holds p n l f -> (x < n)%nat -> x <> m -> f x * p <= IZR (toZ (biggest (omit m l))).
Proof.
  intros [L H] X N. rewrite <- H by easy. apply biggest_ge, in_omit; [lia|easy].
Qed.
Lemma smallest_omit_holds p n l f m x : holds p n l f -> (x < n)%nat -> x <> m -> IZR (toZ (smallest (omit m l))) <= f x * p.
Proof.
  intros [L H] X N. rewrite <- H by easy. apply smallest_le, in_omit; [lia|easy].
Qed.

(* Numbers at least the range of every row of a real matrix, in units of 1 / p. *)
Definition spreads (p : R) (rows columns : nat) (f : nat -> nat -> R) (l : list int) : Prop :=
  length l = rows /\ forall i j j', (i < rows)%nat -> (j < columns)%nat -> (j' < columns)%nat -> (f i j - f i j') * p <= IZR (toZ (nth i l zero)).

Lemma spreads_ranges p r c m f : represents p r c m f -> spreads p r c f (map range m).
Proof.
  intros [L H]. split; [now rewrite map_length|]. intros i j j' I J J'. rewrite (nth_map _ _ _ []) by lia.
  exact (range_holds p c _ _ j j' (H i I) J J').
Qed.

(* T4: row i of a product F Y has range at most sum_k |F_ik| range(Y_k). *)
Lemma weighted_spreads p q r n c a f g ranges : 0 < p -> 0 < q -> represents p r n a f -> spreads q n c g ranges ->
  spreads (p * q) r c (product n f g) (weighted a ranges).
Proof.
  intros P Q [L H] [LR HR]. unfold weighted. split; [now rewrite map_length|]. intros i j j' I J J'.
  rewrite (nth_map _ _ _ []) by lia. destruct (H i I) as [Li Hi].
  assert (A : holds p n (map absolute (nth i a [])) (fun k => Rabs (f i k))).
  { split; [now rewrite map_length|]. intros k K. rewrite (nth_map _ _ _ zero) by lia. rewrite absolute_abs, Hi by easy.
    rewrite Rabs_mult. f_equal. apply Rabs_right. lra. }
  assert (B : holds 1 n ranges (fun k => IZR (toZ (nth k ranges zero)))) by (split; [easy|intros; ring]).
  rewrite (dot_correct p 1 n _ _ _ _ A B). unfold product. rewrite <- sum_minus, <- !sum_scal_r.
  clear - P Q HR J J'. assert (S : forall k, (k < n)%nat -> (f i k * g k j - f i k * g k j') * (p * q) <= Rabs (f i k) * IZR (toZ (nth k ranges zero)) * (p * 1)).
  { intros k K. assert (S1 := HR k j j' K J J'). assert (S2 := HR k j' j K J' J).
    set (rho := IZR (toZ (nth k ranges zero))) in *. set (d := g k j - g k j') in *.
    replace ((f i k * g k j - f i k * g k j') * (p * q)) with (p * (f i k * (d * q))) by (unfold d; ring).
    replace (Rabs (f i k) * rho * (p * 1)) with (p * (Rabs (f i k) * rho)) by ring.
    apply Rmult_le_compat_l; [lra|]. replace (g k j' - g k j) with (- d) in S2 by (unfold d; ring).
    unfold Rabs. destruct (Rcase_abs (f i k)) as [N|N].
    - replace (- f i k * rho) with ((- f i k) * rho) by ring. replace (f i k * (d * q)) with ((- f i k) * (- d * q)) by ring.
      apply Rmult_le_compat_l; lra.
    - apply Rmult_le_compat_l; lra. }
  clear HR. induction n as [|n IH]; cbn [sum]; [lra|]. assert (S0 := S n ltac:(lia)). assert (IH' := IH (fun k K => S k ltac:(lia))). lra.
Qed.
