(* Sums of products of floats, in any order: how far from the exact sum. Main theorems: rounded_near, inner_near. *)
From Coq Require Import Reals ZArith List Permutation Lra Lia.
Import ListNotations.
From Flocq Require Import Core Plus_error Relative.
From Maxcert Require Import Statement Sums Float32Statement.
Open Scope R_scope.

Definition u := powerRZ 2 (-24).
Definition tiny := powerRZ 2 (-126).
(* (1 + u)^n: how much n roundings can make of a number. *)
Definition growth (n : nat) := (1 + u) ^ n.

Lemma u_value : u = / 16777216.
Proof. unfold u. simpl. lra. Qed.
Lemma u_pos : 0 < u.
Proof. rewrite u_value. lra. Qed.
Lemma tiny_pos : 0 < tiny.
Proof. apply powerRZ_lt. lra. Qed.
Lemma growth_1 n : 1 <= growth n.
Proof. apply pow_R1_Rle. pose proof u_pos. lra. Qed.
Lemma growth_S n : growth (S n) = (1 + u) * growth n.
Proof. reflexivity. Qed.
Lemma growth_mono n m : (n <= m)%nat -> growth n <= growth m.
Proof. intros. apply Rle_pow; [pose proof u_pos; lra|easy]. Qed.

Lemma powerRZ_bpow e : powerRZ 2 e = bpow radix2 e.
Proof. rewrite bpow_powerRZ. reflexivity. Qed.

Lemma nearest_near x : Rabs (nearest x - x) <= u * Rabs x + tiny.
Proof.
  destruct (error_N_FLT radix2 (-149) 24 ltac:(lia) (fun z => negb (Z.even z)) x) as [e [h [He [Hh [_ E]]]]].
  unfold nearest, binary32_exponents. rewrite E.
  replace (x * (1 + e) + h - x) with (e * x + h) by ring.
  apply Rle_trans with (1 := Rabs_triang _ _). rewrite Rabs_mult. apply Rplus_le_compat.
  - apply Rmult_le_compat_r; [apply Rabs_pos|]. apply Rle_trans with (1 := He). unfold u_ro, u. right.
    rewrite powerRZ_bpow. change (/ 2) with (bpow radix2 (-1)). rewrite <- bpow_plus. f_equal.
  - apply Rle_trans with (1 := Hh). unfold tiny. rewrite powerRZ_bpow. change (/ 2) with (bpow radix2 (-1)).
    rewrite <- bpow_plus. apply bpow_le. lia.
Qed.

Theorem rounded_near x y : Rabs x < powerRZ 2 127 -> rounded x y -> Rabs (y - x) <= u * Rabs x + tiny.
Proof.
  intros B H. destruct (H B) as [->|[S ->]]; [apply nearest_near|].
  replace (0 - x) with (- x) by ring. rewrite Rabs_Ropp. fold tiny in S.
  pose proof (Rabs_pos x). pose proof u_pos. pose proof (Rmult_le_pos u (Rabs x)). lra.
Qed.

(* ---------- Sums of a list of products ---------- *)

Definition exact (l : list (R * R)) := fold_right (fun ab s => fst ab * snd ab + s) 0 l.
Definition size (l : list (R * R)) := fold_right (fun ab s => Rabs (fst ab * snd ab) + s) 0 l.

(* What n terms whose magnitudes add up to S may lose, and how large their float sum may be. *)
Definition loss (n : nat) (S : R) := (growth n - 1) * S + (2 * INR n - 1) * tiny * growth n.
Definition reach (n : nat) (S : R) := S + loss n S.

Lemma exact_app l l' : exact (l ++ l') = exact l + exact l'.
Proof. induction l as [|ab l IH]; simpl; [lra|]. fold (exact (l ++ l')). unfold exact in *. rewrite IH. lra. Qed.
Lemma size_app l l' : size (l ++ l') = size l + size l'.
Proof. unfold size. induction l as [|ab l IH]; simpl; [lra|]. rewrite IH. lra. Qed.
Lemma size_pos l : 0 <= size l.
Proof. unfold size. induction l as [|ab l IH]; simpl; [lra|]. pose proof (Rabs_pos (fst ab * snd ab)). lra. Qed.
Lemma exact_order l l' : Permutation l l' -> exact l = exact l'.
Proof. unfold exact. induction 1; simpl; lra. Qed.
Lemma size_order l l' : Permutation l l' -> size l = size l'.
Proof. unfold size. induction 1; simpl; lra. Qed.
Lemma exact_size l : Rabs (exact l) <= size l.
Proof.
  induction l as [|ab l IH]; simpl; [rewrite Rabs_R0; lra|].
  apply Rle_trans with (1 := Rabs_triang _ _). unfold exact, size in *. lra.
Qed.

Lemma summed_some l y : summed l y -> (1 <= length l)%nat.
Proof. induction 1; simpl; try lia; [rewrite app_length; lia|now rewrite <- (Permutation_length H)]. Qed.

Lemma INR_1 n : (1 <= n)%nat -> 1 <= INR n.
Proof. intros. now apply (le_INR 1). Qed.

(* u (S + loss) + loss: one more rounding *)
Lemma loss_add n m S S' : (1 <= n)%nat -> (1 <= m)%nat -> 0 <= S -> 0 <= S' ->
  loss n S + loss m S' + (u * (reach n S + reach m S') + tiny) <= loss (n + m) (S + S').
Proof.
  intros N M HS HS'. unfold reach, loss. rewrite plus_INR.
  pose proof u_pos as U. pose proof tiny_pos as T. pose proof (INR_1 n N). pose proof (INR_1 m M).
  assert (A : (1 + u) * growth n <= growth (n + m)) by (rewrite <- growth_S; apply growth_mono; lia).
  assert (B : (1 + u) * growth m <= growth (n + m)) by (rewrite <- growth_S; apply growth_mono; lia).
  pose proof (growth_1 (n + m)) as G. set (g := growth (n + m)) in *. set (a := growth n) in *. set (b := growth m) in *.
  assert (A1 := Rmult_le_compat_r S _ _ HS A). assert (B1 := Rmult_le_compat_r S' _ _ HS' B).
  assert (A2 := Rmult_le_compat_r ((2 * INR n - 1) * tiny) _ _ ltac:(apply Rmult_le_pos; lra) A).
  assert (B2 := Rmult_le_compat_r ((2 * INR m - 1) * tiny) _ _ ltac:(apply Rmult_le_pos; lra) B).
  assert (T1 := Rmult_le_compat_l tiny _ _ (Rlt_le _ _ T) G). lra.
Qed.

Lemma reach_mono n m S S' : (1 <= n <= m)%nat -> 0 <= S <= S' -> reach n S <= reach m S'.
Proof.
  intros N [H H']. unfold reach, loss. pose proof (growth_mono n m ltac:(lia)) as G. pose proof (growth_1 n).
  pose proof tiny_pos. pose proof (INR_1 n ltac:(lia)). pose proof (le_INR n m ltac:(lia)).
  replace (S + ((growth n - 1) * S + (2 * INR n - 1) * tiny * growth n)) with (growth n * S + (2 * INR n - 1) * (tiny * growth n)) by ring.
  replace (S' + ((growth m - 1) * S' + (2 * INR m - 1) * tiny * growth m)) with (growth m * S' + (2 * INR m - 1) * (tiny * growth m)) by ring.
  apply Rplus_le_compat; apply Rmult_le_compat; try lra; [apply Rmult_le_pos; lra|apply Rmult_le_compat_l; lra].
Qed.

Lemma loss_pos n S : (1 <= n)%nat -> 0 <= S -> 0 <= loss n S.
Proof.
  intros N H. unfold loss. pose proof (growth_1 n). pose proof tiny_pos. pose proof (INR_1 n N).
  apply Rplus_le_le_0_compat; repeat apply Rmult_le_pos; lra.
Qed.

Theorem summed_near l y : summed l y -> reach (length l) (size l) < powerRZ 2 127 ->
  Rabs (y - exact l) <= loss (length l) (size l).
Proof.
  induction 1 as [a b y H|l l' y y' z H1 IH1 H2 IH2 H|a b l y z H1 IH1 H|l l' y P H1 IH1]; intros B.
  - cbn [length size exact fold_right fst snd] in *. rewrite !Rplus_0_r in *.
    assert (G : Rabs (a * b) <= reach 1 (Rabs (a * b))).
    { unfold reach. pose proof (loss_pos 1 (Rabs (a * b)) (le_n _) (Rabs_pos _)). lra. }
    apply Rle_trans with (1 := rounded_near (a * b) y ltac:(lra) H). unfold loss, growth.
    rewrite pow_1. change (INR 1) with 1. pose proof u_pos. pose proof tiny_pos. nra.
  - rewrite app_length, size_app, exact_app in *.
    pose proof (summed_some _ _ H1) as N. pose proof (summed_some _ _ H2) as M. pose proof (size_pos l) as S. pose proof (size_pos l') as S'.
    assert (B1 := reach_mono (length l) (length l + length l') (size l) (size l + size l') ltac:(lia) ltac:(lra)).
    assert (B2 := reach_mono (length l') (length l + length l') (size l') (size l + size l') ltac:(lia) ltac:(lra)).
    specialize (IH1 ltac:(lra)). specialize (IH2 ltac:(lra)).
    pose proof (loss_add _ _ _ _ N M S S') as A. pose proof (exact_size l). pose proof (exact_size l').
    assert (Y : Rabs (y + y') <= reach (length l) (size l) + reach (length l') (size l')).
    { unfold reach. replace (y + y') with (exact l + exact l' + ((y - exact l) + (y' - exact l'))) by ring.
      pose proof (Rabs_triang (exact l + exact l') ((y - exact l) + (y' - exact l'))). pose proof (Rabs_triang (exact l) (exact l')).
      pose proof (Rabs_triang (y - exact l) (y' - exact l')). lra. }
    assert (U : 0 <= u * (reach (length l) (size l) + reach (length l') (size l')) + tiny).
    { pose proof u_pos. pose proof tiny_pos. pose proof (Rabs_pos (y + y')). apply Rplus_le_le_0_compat; [apply Rmult_le_pos; lra|lra]. }
    assert (R := rounded_near (y + y') z ltac:(unfold reach in *; lra) H).
    assert (u * Rabs (y + y') <= u * (reach (length l) (size l) + reach (length l') (size l'))) by (apply Rmult_le_compat_l; [apply Rlt_le, u_pos|easy]).
    replace (z - (exact l + exact l')) with ((z - (y + y')) + ((y - exact l) + (y' - exact l'))) by ring.
    pose proof (Rabs_triang (z - (y + y')) ((y - exact l) + (y' - exact l'))). pose proof (Rabs_triang (y - exact l) (y' - exact l')). lra.
  - cbn [length size exact fold_right fst snd] in *. fold (size l) in *. fold (exact l) in *.
    pose proof (summed_some _ _ H1) as N. pose proof (size_pos l) as S. pose proof (Rabs_pos (a * b)) as P.
    change (Datatypes.S (length l)) with (1 + length l)%nat in *.
    assert (B1 := reach_mono (length l) (1 + length l) (size l) (Rabs (a * b) + size l) ltac:(lia) ltac:(lra)).
    specialize (IH1 ltac:(lra)). pose proof (loss_add 1 (length l) (Rabs (a * b)) (size l) (le_n _) N P S) as A. pose proof (exact_size l).
    pose proof (loss_pos 1 (Rabs (a * b)) (le_n _) P) as L1.
    assert (Y : Rabs (a * b + y) <= reach 1 (Rabs (a * b)) + reach (length l) (size l)).
    { unfold reach. replace (a * b + y) with (a * b + exact l + (y - exact l)) by ring.
      pose proof (Rabs_triang (a * b + exact l) (y - exact l)). pose proof (Rabs_triang (a * b) (exact l)). lra. }
    assert (U : 0 <= u * (reach 1 (Rabs (a * b)) + reach (length l) (size l)) + tiny).
    { pose proof u_pos. pose proof tiny_pos. pose proof (Rabs_pos (a * b + y)). apply Rplus_le_le_0_compat; [apply Rmult_le_pos; lra|lra]. }
    assert (R := rounded_near (a * b + y) z ltac:(unfold reach in *; lra) H).
    assert (u * Rabs (a * b + y) <= u * (reach 1 (Rabs (a * b)) + reach (length l) (size l))) by (apply Rmult_le_compat_l; [apply Rlt_le, u_pos|easy]).
    replace (z - (a * b + exact l)) with ((z - (a * b + y)) + (y - exact l)) by ring.
    pose proof (Rabs_triang (z - (a * b + y)) (y - exact l)). lra.
  - rewrite <- (Permutation_length P), <- (size_order _ _ P), <- (exact_order _ _ P) in *. now apply IH1.
Qed.

(* ---------- Inner products ---------- *)

Lemma exact_inner n a b : exact (map (fun i => (a i, b i)) (seq 0 n)) = sum n (fun i => a i * b i).
Proof.
  induction n as [|n IH]; [easy|]. rewrite seq_S, map_app, exact_app, IH. simpl. lra.
Qed.
Lemma size_inner n a b : size (map (fun i => (a i, b i)) (seq 0 n)) = sum n (fun i => Rabs (a i) * Rabs (b i)).
Proof.
  induction n as [|n IH]; [easy|]. rewrite seq_S, map_app, size_app, IH. simpl. rewrite Rabs_mult. lra.
Qed.

Lemma sum_le n f g : (forall i, (i < n)%nat -> f i <= g i) -> sum n f <= sum n g.
Proof.
  induction n as [|n IH]; simpl; intros H; [lra|]. apply Rplus_le_compat; [apply IH; intros; apply H; lia|apply H; lia].
Qed.
Lemma sum_Rabs n f : Rabs (sum n f) <= sum n (fun i => Rabs (f i)).
Proof.
  induction n as [|n IH]; simpl; [rewrite Rabs_R0; lra|]. apply Rle_trans with (1 := Rabs_triang _ _). lra.
Qed.
Lemma sum_nonneg n f : (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= sum n f.
Proof. intros H. rewrite <- (sum_zero n). now apply sum_le. Qed.

Lemma loss_mono n S S' : S <= S' -> loss n S <= loss n S'.
Proof.
  intros H. unfold loss. pose proof (growth_1 n). apply Rplus_le_compat_r, Rmult_le_compat_l; lra.
Qed.

(* S bounds the magnitudes' sum. *)
Theorem inner_near n a b y S : (1 <= n)%nat -> inner n a b y -> sum n (fun i => Rabs (a i) * Rabs (b i)) <= S ->
  reach n S < powerRZ 2 127 -> Rabs (y - sum n (fun i => a i * b i)) <= loss n S.
Proof.
  intros N H B O. set (l := map (fun i => (a i, b i)) (seq 0 n)).
  assert (L : length l = n) by (unfold l; now rewrite map_length, seq_length).
  pose proof (size_pos l) as P. assert (Z : size l <= S) by (unfold l; now rewrite size_inner).
  pose proof (reach_mono n n (size l) S ltac:(lia) (conj P Z)) as M.
  rewrite <- exact_inner. fold l. apply Rle_trans with (2 := loss_mono n _ _ Z).
  assert (G := summed_near l y H). rewrite L in G. apply G. lra.
Qed.
