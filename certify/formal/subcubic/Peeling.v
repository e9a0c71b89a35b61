(* T4: directions are moved from a product of four factors into an explained part, exactly, whatever the directions.
   Main theorems: start_splits, peel_splits. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat FunctionalExtensionality.
From Maxcert Require Import Statement Sums Separability Integers Intervals Decoding Matrices Exponential Enclosures CellCheck Rows LogitTables.
Import ListNotations.

(* ---------- The program ---------- *)

Definition matvec (m : list row) (c : row) : row := map (fun a => dot a c) m.
Definition vecmat (v : row) (m : list row) : row := map (dot v) (transpose m).
(* m + column row^T *)
Definition add_outer (m : list row) (column r : row) : list row :=
  map (fun ac : row * int => plus (fst ac) (scaled (snd ac) r)) (combine m column).

(* X, W_Q, W_K^T and the transpose of X_k = W_E + mean position, and what of their product has been explained. *)
Record split := { s1 : list row; s2 : list row; s3 : list row; s4 : list row; s_explained : list row }.

Inductive factor := X_q | W_Q_factor | W_K_factor | X_k.

(* M = column row^T + M', moved from the factor into the explained part *)
Definition peel (f : factor) (column r : row) (s : split) : split :=
  let c := map opp column in
  let left1 := match f with
    | X_q => column
    | W_Q_factor => matvec (s1 s) column
    | W_K_factor => matvec (s1 s) (matvec (s2 s) column)
    | X_k => matvec (s1 s) (matvec (s2 s) (matvec (s3 s) column)) end in
  let right1 := match f with
    | X_q => vecmat (vecmat (vecmat r (s2 s)) (s3 s)) (s4 s)
    | W_Q_factor => vecmat (vecmat r (s3 s)) (s4 s)
    | W_K_factor => vecmat r (s4 s)
    | X_k => r end in
  {| s1 := match f with X_q => add_outer (s1 s) c r | _ => s1 s end;
     s2 := match f with W_Q_factor => add_outer (s2 s) c r | _ => s2 s end;
     s3 := match f with W_K_factor => add_outer (s3 s) c r | _ => s3 s end;
     s4 := match f with X_k => add_outer (s4 s) c r | _ => s4 s end;
     s_explained := add_outer (s_explained s) left1 right1 |}.

(* u^T M / u^T u, rounded: any vector would do *)
Definition projection (u : row) (m : list row) : row :=
  let square := toZ (dot u u) in map (fun x => ofZ (Z.div (toZ x) square)) (vecmat u m).

(* The direction u of a factor; of W_K and X_k the split holds the transposes. *)
Definition peel_direction (s : split) (fu : factor * list Z) : split :=
  let '(f, u) := fu in let u := map ofZ u in
  match f with
  | X_q => peel X_q u (projection u (s1 s)) s
  | W_Q_factor => peel W_Q_factor u (projection u (s2 s)) s
  | W_K_factor => peel W_K_factor (projection u (transpose (s3 s))) u s
  | X_k => peel X_k (projection u (transpose (s4 s))) u s
  end.

(* ---------- Real matrices ---------- *)
Open Scope R_scope.

Definition rowvec (n : nat) (r : nat -> R) (g : nat -> nat -> R) (j : nat) : R := sum n (fun k => r k * g k j).
Definition colvec (n : nat) (f : nat -> nat -> R) (c : nat -> R) (i : nat) : R := sum n (fun k => f i k * c k).

Lemma product_outer_l n u r f g :
  product n (fun i k => f i k + u i * r k) g = fun i j => product n f g i j + u i * rowvec n r g j.
Proof.
  apply functional_extensionality; intros i. apply functional_extensionality; intros j. unfold product, rowvec.
  rewrite <- sum_scal_l, <- sum_plus. apply sum_ext; intros; ring.
Qed.
Lemma product_outer_r n c r f g :
  product n f (fun k j => g k j + c k * r j) = fun i j => product n f g i j + colvec n f c i * r j.
Proof.
  apply functional_extensionality; intros i. apply functional_extensionality; intros j. unfold product, colvec.
  rewrite <- sum_scal_r, <- sum_plus. apply sum_ext; intros; ring.
Qed.
Lemma product_assoc n n' f g k : product n' (product n f g) k = product n f (product n' g k).
Proof.
  apply functional_extensionality; intros i. apply functional_extensionality; intros j. unfold product.
  transitivity (sum n' (fun b => sum n (fun a => f i a * g a b * k b j))).
  - apply sum_ext; intros. symmetry. apply sum_scal_r.
  - rewrite sum_swap. apply sum_ext; intros. rewrite <- sum_scal_l. apply sum_ext; intros; ring.
Qed.
Lemma colvec_product n n' f g c : colvec n' (product n f g) c = colvec n f (colvec n' g c).
Proof.
  apply functional_extensionality; intros i. 
  pose proof (product_assoc n n' f g (fun k _ => c k)) as A. apply (f_equal (fun F => F i 0%nat)) in A. exact A.
Qed.
Lemma rowvec_product n n' r g k : rowvec n r (product n' g k) = rowvec n' (rowvec n r g) k.
Proof.
  apply functional_extensionality; intros j.
  pose proof (product_assoc n n' (fun _ k => r k) g k) as A. apply (f_equal (fun F => F 0%nat j)) in A. symmetry. exact A.
Qed.

(* ---------- What the program's vectors and matrices represent ---------- *)

Lemma matvec_ok p q r n m f c u : represents p r n m f -> holds q n c u -> holds (p * q) r (matvec m c) (colvec n f u).
Proof.
  intros [L H] C. unfold matvec. split; [now rewrite map_length|]. intros i I. rewrite (nth_map _ _ _ []) by lia.
  exact (dot_correct p q n _ _ _ _ (H i I) C).
Qed.
Lemma vecmat_ok p q n c v m r f : (0 < n)%nat -> holds q n v r -> represents p n c m f -> holds (q * p) c (vecmat v m) (rowvec n r f).
Proof.
  intros N Hv M. destruct (transpose_correct _ _ _ _ _ N M) as [L H]. unfold vecmat. split; [now rewrite map_length|].
  intros j J. rewrite (nth_map _ _ _ []) by lia. exact (dot_correct q p n _ _ _ _ Hv (H j J)).
Qed.
Lemma add_outer_ok a b r c m f column u v s : represents (a * b) r c m f -> holds a r column u -> holds b c v s ->
  represents (a * b) r c (add_outer m column v) (fun i j => f i j + u i * s j).
Proof.
  intros [L H] [LC HC] HV. unfold add_outer. split; [rewrite map_length, combine_length; lia|]. intros i I.
  rewrite (nth_map _ _ _ ([], zero)) by (rewrite combine_length; lia). rewrite combine_nth by lia. cbn [fst snd].
  apply (plus_correct (a * b) c _ _ (f i) (fun j => u i * s j)); [now apply H|].
  destruct (holds_scaled b c v s (nth i column zero) HV) as [LS HS]. split; [exact LS|]. intros k K. rewrite (HS k K), (HC i I). ring.
Qed.

Section Split.
  Variables V D H : nat.
  Hypothesis V0 : (0 < V)%nat.
  Hypothesis D0 : (0 < D)%nat.
  Hypothesis H0 : (0 < H)%nat.
  Variable Q : R. (* 2^h: the unit of directions; that of the factors is its square *)
  Hypothesis Q0 : 0 < Q.
  Notation Q2 := (Q * Q).
  Notation Q8 := (Q2 * Q2 * (Q2 * Q2)).

  Definition chain (f1 f2 f3 f4 : nat -> nat -> R) := product D (product H (product D f1 f2) f3) f4.

  (* M is the explained part and the product of what is left. *)
  Definition splits (M : nat -> nat -> R) (s : split) : Prop := exists f1 f2 f3 f4 S,
    represents Q2 V D (s1 s) f1 /\ represents Q2 D H (s2 s) f2 /\ represents Q2 H D (s3 s) f3 /\ represents Q2 D V (s4 s) f4 /\
    represents Q8 V V (s_explained s) S /\ (forall i j, (i < V)%nat -> (j < V)%nat -> M i j = S i j + chain f1 f2 f3 f4 i j).

  Definition rows_of (f : factor) := match f with X_q => V | W_Q_factor => D | W_K_factor => H | X_k => D end.
  Definition columns_of (f : factor) := match f with X_q => D | W_Q_factor => H | W_K_factor => D | X_k => V end.

  Lemma holds_any n l : length l = n -> holds Q n l (fun k => IZR (toZ (nth k l zero)) / Q).
  Proof. intros L. split; [easy|]. intros k K. field. lra. Qed.

  Lemma outer_cancels (f : nat -> nat -> R) u r : (fun i j => (f i j + - u i * r j) + u i * r j) = f.
  Proof. apply functional_extensionality; intros i. apply functional_extensionality; intros j. ring. Qed.

  Theorem peel_splits M s f column r : length column = rows_of f -> length r = columns_of f ->
    splits M s -> splits M (peel f column r s).
  Proof.
    intros Lc Lr [f1 [f2 [f3 [f4 [S [R1 [R2 [R3 [R4 [RS E]]]]]]]]]].
    assert (Hc := holds_any _ _ Lc). assert (Hr := holds_any _ _ Lr).
    set (u := fun k => IZR (toZ (nth k column zero)) / Q) in *. set (v := fun k => IZR (toZ (nth k r zero)) / Q) in *.
    assert (Ho := holds_opp _ _ _ _ Hc).
    destruct f; cbn [rows_of columns_of] in *; unfold peel.
    - set (g := fun i j => f1 i j + - u i * v j).
      exists g, f2, f3, f4, (fun i j => S i j + u i * rowvec D (rowvec H (rowvec D v f2) f3) f4 j). cbn [s1 s2 s3 s4 s_explained].
      split; [apply (add_outer_ok Q Q V D _ f1); assumption|]. do 3 (split; [assumption|]). split.
      + replace Q8 with (Q * (Q * Q2 * Q2 * Q2)) by ring. apply add_outer_ok with (f := S) (u := u).
        * replace (Q * (Q * Q2 * Q2 * Q2)) with Q8 by ring. exact RS.
        * exact Hc.
        * apply vecmat_ok; [easy| |exact R4]. apply vecmat_ok; [easy| |exact R3]. now apply vecmat_ok.
      + intros i j I J. rewrite (E i j I J). unfold chain. assert (F : f1 = (fun i j => g i j + u i * v j)) by (symmetry; apply outer_cancels). clearbody g. rewrite F.
        rewrite !product_outer_l. ring.
    - set (g := fun i j => f2 i j + - u i * v j).
      exists f1, g, f3, f4, (fun i j => S i j + colvec D f1 u i * rowvec D (rowvec H v f3) f4 j). cbn [s1 s2 s3 s4 s_explained].
      split; [assumption|]. split; [apply (add_outer_ok Q Q D H _ f2); assumption|]. do 2 (split; [assumption|]). split.
      + replace Q8 with ((Q2 * Q) * (Q * Q2 * Q2)) by ring. apply add_outer_ok with (f := S).
        * replace ((Q2 * Q) * (Q * Q2 * Q2)) with Q8 by ring. exact RS.
        * now apply matvec_ok.
        * apply vecmat_ok; [easy| |exact R4]. now apply vecmat_ok.
      + intros i j I J. rewrite (E i j I J). unfold chain. assert (F : f2 = (fun i j => g i j + u i * v j)) by (symmetry; apply outer_cancels). clearbody g. rewrite F.
        rewrite product_outer_r, !product_outer_l. ring.
    - set (g := fun i j => f3 i j + - u i * v j).
      exists f1, f2, g, f4, (fun i j => S i j + colvec D f1 (colvec H f2 u) i * rowvec D v f4 j). cbn [s1 s2 s3 s4 s_explained].
      do 2 (split; [assumption|]). split; [apply (add_outer_ok Q Q H D _ f3); assumption|]. split; [assumption|]. split.
      + replace Q8 with ((Q2 * (Q2 * Q)) * (Q * Q2)) by ring. apply add_outer_ok with (f := S).
        * replace ((Q2 * (Q2 * Q)) * (Q * Q2)) with Q8 by ring. exact RS.
        * apply matvec_ok with (f := f1) (n := D); [exact R1|]. now apply matvec_ok.
        * now apply vecmat_ok.
      + intros i j I J. rewrite (E i j I J). unfold chain. assert (F : f3 = (fun i j => g i j + u i * v j)) by (symmetry; apply outer_cancels). clearbody g. rewrite F.
        rewrite product_outer_r, !product_outer_l, colvec_product. ring.
    - set (g := fun i j => f4 i j + - u i * v j).
      exists f1, f2, f3, g, (fun i j => S i j + colvec D f1 (colvec H f2 (colvec D f3 u)) i * v j). cbn [s1 s2 s3 s4 s_explained].
      do 3 (split; [assumption|]). split; [apply (add_outer_ok Q Q D V _ f4); assumption|]. split.
      + replace Q8 with ((Q2 * (Q2 * (Q2 * Q))) * Q) by ring. apply add_outer_ok with (f := S).
        * replace ((Q2 * (Q2 * (Q2 * Q))) * Q) with Q8 by ring. exact RS.
        * apply matvec_ok with (f := f1) (n := D); [exact R1|]. apply matvec_ok with (f := f2) (n := H); [exact R2|]. now apply matvec_ok.
        * exact Hr.
      + intros i j I J. rewrite (E i j I J). unfold chain. assert (F : f4 = (fun i j => g i j + u i * v j)) by (symmetry; apply outer_cancels). clearbody g. rewrite F.
        rewrite product_outer_r, !colvec_product. ring.
  Qed.

  (* Lengths of directions: by vocabulary for X_q and X_k, by d_model for W_Q and W_K. *)
  Definition direction_length (f : factor) := match f with X_q | X_k => V | _ => D end.

  Lemma projection_length q r c u m f : (0 < r)%nat -> represents q r c m f -> length (projection u m) = c.
  Proof.
    intros R M. unfold projection, vecmat. rewrite !map_length. exact (proj1 (transpose_correct _ _ _ _ _ R M)).
  Qed.

  Lemma peel_direction_splits M s f u : length u = direction_length f -> splits M s -> splits M (peel_direction s (f, u)).
  Proof.
    intros L S. assert (S' := S). destruct S' as [f1 [f2 [f3 [f4 [E [R1 [R2 [R3 [R4 _]]]]]]]]].
    unfold peel_direction. destruct f; apply peel_splits; cbn [rows_of columns_of direction_length] in *; rewrite ?map_length; try assumption.
    - exact (projection_length _ _ _ _ _ _ V0 R1).
    - exact (projection_length _ _ _ _ _ _ D0 R2).
    - exact (projection_length _ _ _ _ _ _ D0 (transpose_correct _ _ _ _ _ H0 R3)).
    - exact (projection_length _ _ _ _ _ _ V0 (transpose_correct _ _ _ _ _ D0 R4)).
  Qed.
End Split.
