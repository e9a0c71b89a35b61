(* T4: bounds on the range of every row of what has not been explained. Main theorem: residual_ok. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat FunctionalExtensionality.
From Maxcert Require Import Statement Sums Separability Integers Intervals Decoding Matrices Exponential CellCheck Rows LogitTables Peeling Spectral.
Import ListNotations.

(* ---------- The program ---------- *)

(* Any row would do; maxcert takes the mean, here rounded. *)
Definition mean_row (m : list row) : row :=
  let n := Z.of_nat (length m) in map (fun c => ofZ (Z.div (toZ (fold_left add c zero)) n)) (transpose m).

(* Rows of X Y: range(c Y) + sum_k |X_ik - c_k| range(Y_k), c the mean row of X, or zero. *)
Definition bound (with_mean : bool) (X : list row) (times_Y : row -> row) (ranges : list int) : list int :=
  if with_mean then
    let c := mean_row X in
    let start := range (times_Y c) in
    let opposite := map opp c in
    map (add start) (weighted (map (fun a => plus a opposite) X) ranges)
  else weighted X ranges.

Fixpoint vmin (a b : list int) : list int := match a, b with x :: a, y :: b => nmin x y :: vmin a b | _, _ => [] end.

Inductive residual_option :=
| rows_exact                             (* the range of each row of the product *)
| by_norm (tau : Z)                      (* by the largest singular value, about tau 2^-h *)
| one_split (mean : bool)                (* between the third factor and the fourth *)
| best_split (mean : bool)               (* the best of three splits *)
| recursive (mean_first mean_all : bool). (* factor by factor *)

Definition residual (h : Z) (o : residual_option) (s : split) : list int :=
  let '(f1, f2, f3, f4) := (s1 s, s2 s, s3 s, s4 s) in
  let by4 v := vecmat v f4 in
  match o with
  | rows_exact => map range (matmul (matmul (matmul f1 f2) f3) f4)
  | by_norm tau => spectral (matmul (matmul (matmul f1 f2) f3) f4) (ofZ (Z.shiftl (tau * tau) (14 * h)))
  | one_split mean => bound mean (matmul (matmul f1 f2) f3) by4 (map range f4)
  | best_split mean =>
    let f12 := matmul f1 f2 in
    let f34 := matmul f3 f4 in
    let f234 := matmul f2 f34 in
    let by34 v := vecmat v f34 in
    let by234 v := vecmat v f234 in
    vmin (bound mean f1 by234 (map range f234))
      (vmin (bound mean f12 by34 (map range f34)) (bound mean (matmul f12 f3) by4 (map range f4)))
  | recursive first all =>
    let by34 v := by4 (vecmat v f3) in
    let by234 v := by34 (vecmat v f2) in
    bound (first || all)%bool f1 by234 (bound all f2 by34 (bound all f3 by4 (map range f4)))
  end.

(* ---------- The proof ---------- *)
Open Scope R_scope.

Lemma spreads_ext p r c f g l : spreads p r c f l -> (forall i j, (i < r)%nat -> (j < c)%nat -> f i j = g i j) -> spreads p r c g l.
Proof. intros [L H] E. split; [easy|]. intros i j j' I J J'. rewrite <- !E by easy. now apply H. Qed.

Lemma bound_spreads p q r n c X f g with_mean times_Y ranges : 0 < p -> 0 < q -> (0 < r)%nat -> (0 < c)%nat ->
  represents p r n X f -> spreads q n c g ranges ->
  (forall l v, holds p n l v -> holds (p * q) c (times_Y l) (rowvec n v g)) ->
  spreads (p * q) r c (product n f g) (bound with_mean X times_Y ranges).
Proof.
  intros P Q R C HX HY T. unfold bound. destruct with_mean; [|now apply weighted_spreads].
  assert (L : length (mean_row X) = n).
  { unfold mean_row. rewrite map_length. exact (proj1 (transpose_correct _ _ _ _ _ R HX)). }
  set (m := mean_row X) in *. assert (Hm : holds p n m (fun k => IZR (toZ (nth k m zero)) / p)) by (split; [easy|intros; field; lra]).
  set (v := fun k => IZR (toZ (nth k m zero)) / p) in *.
  assert (HX' : represents p r n (map (fun a => plus a (map opp m)) X) (fun i k => f i k + - v k)).
  { apply represents_rows with (p := p) (f := f); [|exact HX]. intros i l _ Hl. apply plus_correct; [exact Hl|now apply holds_opp]. }
  destruct (weighted_spreads _ _ _ _ _ _ _ _ _ P Q HX' HY) as [LW HW]. split; [now rewrite map_length|].
  intros i j j' I J J'. specialize (HW i j j' I J J'). rewrite (nth_map _ _ _ zero) by lia. rewrite toZ_add, plus_IZR.
  pose proof (range_holds _ _ _ _ j j' (T m v Hm) J J') as S.
  assert (E : forall y, product n f g i y = product n (fun i k => f i k + - v k) g i y + rowvec n v g y).
  { intros y. unfold product, rowvec. rewrite <- sum_plus. apply sum_ext; intros; ring. }
  rewrite !E. lra.
Qed.

Lemma vmin_spreads p r c f a b : spreads p r c f a -> spreads p r c f b -> spreads p r c f (vmin a b).
Proof.
  intros [LA HA] [LB HB].
  assert (N : forall a b n, length a = n -> length b = n -> length (vmin a b) = n /\
    forall k, (k < n)%nat -> nth k (vmin a b) zero = nmin (nth k a zero) (nth k b zero)).
  { clear. induction a as [|x a IH]; intros [|y b] n A B; cbn [length vmin] in *; try (subst n; split; [easy|lia]); try lia.
    destruct n as [|n]; [lia|]. destruct (IH b n) as [L H]; [lia|lia|]. split; [cbn; lia|]. intros [|k] K; cbn [nth]; [easy|]. apply H. lia. }
  destruct (N a b r LA LB) as [L H]. split; [easy|]. intros i j j' I J J'. rewrite H by easy.
  specialize (HA i j j' I J J'). specialize (HB i j j' I J J'). unfold nmin. destruct (leb _ _); easy.
Qed.

Section Residual.
  Variables V D H : nat.
  Hypothesis V0 : (0 < V)%nat.
  Hypothesis D0 : (0 < D)%nat.
  Hypothesis H0 : (0 < H)%nat.
  Variable p : R.
  Hypothesis p0 : 0 < p.
  Variables f1 f2 f3 f4 : nat -> nat -> R.
  Variable s : split.
  Hypothesis R1 : represents p V D (s1 s) f1.
  Hypothesis R2 : represents p D H (s2 s) f2.
  Hypothesis R3 : represents p H D (s3 s) f3.
  Hypothesis R4 : represents p D V (s4 s) f4.

  Lemma times_ok q n c m g : (0 < n)%nat -> represents q n c m g -> forall p' l v, holds p' n l v -> holds (p' * q) c (vecmat l m) (rowvec n v g).
  Proof. intros N M p' l v L. now apply vecmat_ok. Qed.

  Theorem residual_ok h o : spreads (p * p * (p * p)) V V (chain D H f1 f2 f3 f4) (residual h o s).
  Proof.
    assert (pp : 0 < p * p) by now apply Rmult_lt_0_compat. assert (ppp : 0 < p * p * p) by now apply Rmult_lt_0_compat.
    assert (E34 : p * p * (p * p) = p * p * p * p) by ring. assert (E13 : p * p * (p * p) = p * (p * (p * p))) by ring.
    assert (S4 := spreads_ranges _ _ _ _ _ R4). assert (T4 := times_ok _ _ _ _ _ D0 R4).
    assert (R12 := matmul_correct _ _ _ _ _ _ _ _ _ D0 R1 R2). assert (R123 := matmul_correct _ _ _ _ _ _ _ _ _ H0 R12 R3).
    assert (A : forall with_mean, spreads (p * p * (p * p)) V V (chain D H f1 f2 f3 f4)
      (bound with_mean (matmul (matmul (s1 s) (s2 s)) (s3 s)) (fun v => vecmat v (s4 s)) (map range (s4 s)))).
    { intros b. rewrite E34. apply bound_spreads with (n := D); try easy. intros l v Hl. now apply T4. }
    unfold residual. destruct o as [|tau|mean|mean|first all].
    - rewrite E34. apply spreads_ranges. now apply matmul_correct.
    - rewrite E34. apply spectral_spreads; [now apply Rmult_lt_0_compat|exact V0|]. now apply matmul_correct.
    - apply A.
    - assert (R34 := matmul_correct _ _ _ _ _ _ _ _ _ D0 R3 R4). assert (R234 := matmul_correct _ _ _ _ _ _ _ _ _ H0 R2 R34).
      apply vmin_spreads; [|apply vmin_spreads; [|apply A]].
      + apply spreads_ext with (f := product D f1 (product H f2 (product D f3 f4))).
        * rewrite E13. apply bound_spreads; try easy; [now apply Rmult_lt_0_compat|now apply spreads_ranges|].
          intros l v Hl. now apply times_ok.
        * intros i j _ _. unfold chain. now rewrite !product_assoc.
      + apply spreads_ext with (f := product H (product D f1 f2) (product D f3 f4)).
        * apply bound_spreads; try easy; [now apply spreads_ranges|]. intros l v Hl. now apply times_ok.
        * intros i j _ _. unfold chain. now rewrite !product_assoc.
    - assert (B3 : spreads (p * p) H V (product D f3 f4) (bound all (s3 s) (fun v => vecmat v (s4 s)) (map range (s4 s)))).
      { apply bound_spreads; try easy. intros l v Hl. now apply T4. }
      assert (T34 : forall p' l v, holds p' H l v -> holds (p' * (p * p)) V (vecmat (vecmat l (s3 s)) (s4 s)) (rowvec H v (product D f3 f4))).
      { intros p' l v Hl. rewrite rowvec_product, <- Rmult_assoc. apply T4. now apply vecmat_ok. }
      assert (B2 : spreads (p * (p * p)) D V (product H f2 (product D f3 f4))
        (bound all (s2 s) (fun v => vecmat (vecmat v (s3 s)) (s4 s)) (bound all (s3 s) (fun v => vecmat v (s4 s)) (map range (s4 s))))).
      { apply bound_spreads; try easy. intros l v Hl. now apply T34. }
      apply spreads_ext with (f := product D f1 (product H f2 (product D f3 f4))).
      + rewrite E13. apply bound_spreads; try easy; [now apply Rmult_lt_0_compat|]. intros l v Hl.
        rewrite rowvec_product, <- Rmult_assoc. apply T34. now apply vecmat_ok.
      + intros i j _ _. unfold chain. now rewrite !product_assoc.
  Qed.
End Residual.
