(* T3: the check of all cells, on tables of integers, and the number of sequences it proves right.
   Main theorem: cells_count. What the tables must bound is in the section's hypotheses. *)
From Coq Require Import Reals ZArith NArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Sequences Integers Intervals Matrices Attention Placements Cells.
Import ListNotations.

(* ---------- The program ---------- *)

Definition negative (x : int) : bool := negb (leb zero x).

(* The least (most) that any k of the numbers add up to, for k = 0 .. length l; numbers >= 0. *)
Fixpoint choose_sums (pick : int -> int -> int) (b : int) (sums : list int) : list int :=
  match sums with
  | [] => []
  | x :: rest => match rest with [] => [add b x] | y :: _ => pick y (add b x) :: choose_sums pick b rest end
  end.
Fixpoint sums_of (pick : int -> int -> int) (l : list int) : list int :=
  match l with [] => [zero] | b :: l => zero :: choose_sums pick b (sums_of pick l) end.

(* pick of the first t + 1 numbers *)
Fixpoint running_from (pick : int -> int -> int) (a : int) (l : list int) : list int :=
  match l with [] => [] | x :: l => let a := pick a x in a :: running_from pick a l end.
Definition running pick (l : list int) := match l with [] => [] | x :: l => x :: running_from pick x l end.

(* What the check needs to know of a query. *)
Record query_tables := {
  q_own : int * int;          (* weight of the query's own position *)
  q_light : list int;        (* least weight of any k positions before it *)
  q_heavy : list int;        (* largest *)
  q_score : list (int * int);   (* attention factor of a token, as far as it is explained *)
  q_high : list int;         (* largest upper end over the tokens <= t *)
  q_low : list int;          (* smallest lower end *)
  q_error : int * int        (* exp (-err): a lower end, and the unit *)
}.

(* scores: of the tokens; positions: weights of all positions *)
Definition prepare (r : nat) (scores positions : list (int * int)) (error : int * int) : query_tables := {|
  q_own := nth r positions pair0;
  q_light := sums_of nmin (map fst (firstn r positions)); q_heavy := sums_of nmax (map snd (firstn r positions));
  q_score := scores; q_high := running nmax (map snd scores); q_low := running nmin (map fst scores);
  q_error := error |}.

(* Bounds on logits. A line is its values at attention 1 and 0. *)
Record logit_tables := {
  l_lines : list (list (list (int * int)));  (* by m, and by n = 1 .. n_ctx - 1 *)
  l_spread : list (list int);                (* by q, m *)
  l_far : list (list int);                   (* by largest far token, m *)
  l_constant : list int                      (* by m: largest logit difference of the constant sequence *)
}.

(* Positions before the query that do not hold m. *)
Definition free_positions (q m n : nat) : nat := if q =? m then n else n - 1.

(* The bound of cell (q, m, n, g) at both ends of the odds against attending to m. r positions before the query. *)
Definition cell_holds (r : nat) (Q : query_tables) (lines : list (int * int)) (spread far : int) (q m n g : nat) : bool :=
  let k := free_positions q m n in
  let light k := nth k (q_light Q) zero in
  let heavy k := nth k (q_heavy Q) zero in
  let own (on : bool) (end_ sum : int) := if Bool.eqb on (q =? m) then add end_ sum else sum in
  let score := nth m (q_score Q) pair0 in
  let a1 := mul (own true (fst (q_own Q)) (light (r - k)%nat)) (mul (fst score) (fst (q_error Q))) in
  let b1 := mul (own false (snd (q_own Q)) (heavy k)) (mul (nth (m - g) (q_high Q) zero) (snd (q_error Q))) in
  let a2 := mul (own true (snd (q_own Q)) (heavy (r - k)%nat)) (mul (snd score) (snd (q_error Q))) in
  let b2 := mul (own false (fst (q_own Q)) (light k)) (mul (nth (m - g) (q_low Q) zero) (fst (q_error Q))) in
  let others := add spread far in
  forallb (fun l => let x := add (fst l) spread in let y := add (snd l) others in
    (negative (add (mul x a1) (mul y b1)) && negative (add (mul x a2) (mul y b2)))%bool) lines.

(* All (q, m, n), in the order of a certificate's gaps. *)
Definition all_cells (V r : nat) : list (nat * nat * nat) :=
  flat_map (fun m => flat_map (fun n => map (fun q => (q, m, n)) (seq 0 (S m))) (seq 1 r)) (seq 1 (V - 1)).

Definition admits (q m g : nat) : bool :=
  ((1 <=? g) && (g <=? m) && ((q =? m) || (q <=? m - g)))%bool.

Definition proves (r : nat) (queries : list query_tables) (L : logit_tables) (c : nat * nat * nat * nat) : bool :=
  let '(q, m, n, g) := c in
  match nth_error queries q with
  | None => false
  | Some Q => (admits q m g && cell_holds r Q (nth (n - 1) (nth m (l_lines L) []) [])
      (nth m (nth q (l_spread L) []) zero) (nth m (nth (m - g) (l_far L) []) zero) q m n g)%bool
  end.

Definition proved_cells V r queries L (gaps : list nat) := filter (proves r queries L) (combine (all_cells V r) gaps).
Definition proved_constants V L := filter (fun m => negative (nth m (l_constant L) zero)) (seq 0 V).

Definition size (row : list N) (c : nat * nat * nat * nat) : N :=
  let '(q, m, n, g) := c in cell_size row (m - g + 1) (free_positions q m n).
Definition total_size (row : list N) (l : list (nat * nat * nat * nat)) : N :=
  fold_right (fun c s => (size row c + s)%N) 0%N l.

Definition count_cells (V r : nat) (queries : list query_tables) (L : logit_tables) (gaps : list nat) : N :=
  (total_size (pascal r) (proved_cells V r queries L gaps) + N.of_nat (length (proved_constants V L)))%N.

(* ---------- Sums of some of the positions ---------- *)
Open Scope R_scope.

Lemma negative_neg x : negative x = true -> IZR (toZ x) < 0.
Proof.
  unfold negative. intros H. pose proof (leb_IZR zero x) as L. destruct (leb zero x); [easy|]. now rewrite toZ_zero in L.
Qed.

Lemma nmin_le a b : IZR (toZ (nmin a b)) <= IZR (toZ a) /\ IZR (toZ (nmin a b)) <= IZR (toZ b).
Proof. unfold nmin. pose proof (leb_IZR a b). destruct (leb a b); lra. Qed.
Lemma nmax_ge a b : IZR (toZ a) <= IZR (toZ (nmax a b)) /\ IZR (toZ b) <= IZR (toZ (nmax a b)).
Proof. unfold nmax. pose proof (leb_IZR a b). destruct (leb a b); lra. Qed.

Lemma length_choose_sums pick b l : length (choose_sums pick b l) = length l.
Proof. induction l as [|x l IH]; [easy|]. destruct l as [|y l]; [easy|]. cbn [choose_sums length] in *. now rewrite IH. Qed.
Lemma length_sums_of pick l : length (sums_of pick l) = S (length l).
Proof. induction l as [|b l IH]; [easy|]. cbn [sums_of length]. now rewrite length_choose_sums, IH. Qed.

Lemma choose_sums_nth pick b sums : forall k, (k < length sums)%nat ->
  nth k (choose_sums pick b sums) zero =
  if (S k =? length sums)%nat then add b (nth k sums zero) else pick (nth (S k) sums zero) (add b (nth k sums zero)).
Proof.
  induction sums as [|x sums IH]; intros k L; cbn [length] in L; [lia|].
  destruct sums as [|y sums]; [destruct k; [easy|cbn [length] in L; lia]|].
  change (choose_sums pick b (x :: y :: sums)) with (pick y (add b x) :: choose_sums pick b (y :: sums)).
  destruct k as [|k]; [easy|]. cbn [nth]. rewrite IH by (cbn [length] in *; lia). easy.
Qed.

(* The number of entries that are selected. *)
Definition selected (sel : nat -> bool) (p : list nat) : nat := length (filter sel p).

Lemma selected_le sel p : (selected sel p <= length p)%nat.
Proof. unfold selected. induction p as [|t p IH]; simpl; [lia|]. destruct (sel t); simpl; lia. Qed.

Lemma sums_low (P : R) (beta : nat -> R) (sel : nat -> bool) p : forall i l, length l = length p ->
  (forall j, (j < length l)%nat -> IZR (toZ (nth j l zero)) <= P * beta (i + j)%nat) ->
  IZR (toZ (nth (selected sel p) (sums_of nmin l) zero)) <= P * total (fun i t => if sel t then beta i else 0) i p.
Proof.
  induction p as [|t p IH]; intros i l E H; (destruct l as [|b l]; cbn [length] in E; try lia).
  { cbn. rewrite toZ_zero. lra. }
  assert (H0 := H 0%nat ltac:(cbn; lia)). rewrite Nat.add_0_r in H0. cbn [nth] in H0.
  assert (step := IH (S i) l ltac:(lia)). 
  assert (H' : forall j, (j < length l)%nat -> IZR (toZ (nth j l zero)) <= P * beta (S i + j)%nat).
  { intros j J. specialize (H (S j) ltac:(cbn; lia)). cbn [nth] in H. now replace (S i + j)%nat with (i + S j)%nat by lia. }
  specialize (step H'). unfold selected in *. cbn [filter total sums_of].
  assert (le := selected_le sel p). unfold selected in le.
  destruct (sel t).
  - cbn [length nth]. rewrite choose_sums_nth by (rewrite length_sums_of; lia).
    set (k := length (filter sel p)) in *.
    assert (pick : IZR (toZ (add b (nth k (sums_of nmin l) zero))) <= P * (beta i + total (fun i t => if sel t then beta i else 0) (S i) p))
      by (rewrite toZ_add, plus_IZR; lra).
    destruct (S k =? length (sums_of nmin l))%nat; [exact pick|].
    destruct (nmin_le (nth (S k) (sums_of nmin l) zero) (add b (nth k (sums_of nmin l) zero))). lra.
  - destruct (length (filter sel p)) as [|k] eqn:K.
    + cbn [nth]. rewrite toZ_zero. destruct l; cbn [sums_of nth] in step; rewrite toZ_zero in step; lra.
    + cbn [nth]. rewrite choose_sums_nth by (rewrite length_sums_of; lia).
      destruct (Nat.eqb_spec (S k) (length (sums_of nmin l))) as [F|_]; [rewrite length_sums_of in F; lia|].
      destruct (nmin_le (nth (S k) (sums_of nmin l) zero) (add b (nth k (sums_of nmin l) zero))). lra.
Qed.

Lemma sums_high (P : R) (beta : nat -> R) (sel : nat -> bool) p : forall i l, length l = length p ->
  (forall j, (j < length l)%nat -> P * beta (i + j)%nat <= IZR (toZ (nth j l zero))) ->
  P * total (fun i t => if sel t then beta i else 0) i p <= IZR (toZ (nth (selected sel p) (sums_of nmax l) zero)).
Proof.
  induction p as [|t p IH]; intros i l E H; (destruct l as [|b l]; cbn [length] in E; try lia).
  { cbn. rewrite toZ_zero. lra. }
  assert (H0 := H 0%nat ltac:(cbn; lia)). rewrite Nat.add_0_r in H0. cbn [nth] in H0.
  assert (step := IH (S i) l ltac:(lia)). 
  assert (H' : forall j, (j < length l)%nat -> P * beta (S i + j)%nat <= IZR (toZ (nth j l zero))).
  { intros j J. specialize (H (S j) ltac:(cbn; lia)). cbn [nth] in H. now replace (S i + j)%nat with (i + S j)%nat by lia. }
  specialize (step H'). unfold selected in *. cbn [filter total sums_of].
  assert (le := selected_le sel p). unfold selected in le.
  destruct (sel t).
  - cbn [length nth]. rewrite choose_sums_nth by (rewrite length_sums_of; lia).
    set (k := length (filter sel p)) in *.
    assert (pick : P * (beta i + total (fun i t => if sel t then beta i else 0) (S i) p) <= IZR (toZ (add b (nth k (sums_of nmax l) zero))))
      by (rewrite toZ_add, plus_IZR; lra).
    destruct (S k =? length (sums_of nmax l))%nat; [exact pick|].
    destruct (nmax_ge (nth (S k) (sums_of nmax l) zero) (add b (nth k (sums_of nmax l) zero))). lra.
  - destruct (length (filter sel p)) as [|k] eqn:K.
    + cbn [nth]. rewrite toZ_zero. destruct l; cbn [sums_of nth] in step; rewrite toZ_zero in step; lra.
    + cbn [nth]. rewrite choose_sums_nth by (rewrite length_sums_of; lia).
      destruct (Nat.eqb_spec (S k) (length (sums_of nmax l))) as [F|_]; [rewrite length_sums_of in F; lia|].
      destruct (nmax_ge (nth (S k) (sums_of nmax l) zero) (add b (nth k (sums_of nmax l) zero))). lra.
Qed.

Lemma sums_nonneg l : (forall x, In x l -> (0 <= toZ x)%Z) -> forall k, (0 <= toZ (nth k (sums_of nmin l) zero))%Z.
Proof.
  induction l as [|b l IH]; intros H k.
  { destruct k as [|[|k]]; cbn [sums_of nth]; rewrite toZ_zero; lia. }
  cbn [sums_of]. destruct k as [|k]; cbn [nth]; [rewrite toZ_zero; lia|].
  destruct (Nat.lt_ge_cases k (length (sums_of nmin l))) as [L|L];
    [|rewrite nth_overflow by (rewrite length_choose_sums; lia); rewrite toZ_zero; lia].
  specialize (IH (fun x I => H x (or_intror I))). assert (B := H b (or_introl eq_refl)).
  rewrite choose_sums_nth by easy. assert (A : (0 <= toZ (add b (nth k (sums_of nmin l) zero)))%Z) by (rewrite toZ_add; specialize (IH k); lia).
  destruct (S k =? length (sums_of nmin l))%nat; [easy|]. unfold nmin. destruct (leb _ _); [apply IH|easy].
Qed.

(* ---------- Running maxima and minima ---------- *)

Lemma running_from_max l : forall a t t', (t <= t')%nat -> (t' < length l)%nat ->
  IZR (toZ a) <= IZR (toZ (nth t' (running_from nmax a l) zero)) /\
  IZR (toZ (nth t l zero)) <= IZR (toZ (nth t' (running_from nmax a l) zero)).
Proof.
  induction l as [|x l IH]; intros a t t' T L; cbn [length] in L; [lia|]. cbn [running_from].
  destruct (nmax_ge a x). destruct t' as [|t'].
  - replace t with 0%nat by lia. cbn [nth]. lra.
  - destruct t as [|t]; cbn [nth].
    + destruct (IH (nmax a x) 0%nat t') as [A _]; [lia|lia|]. lra.
    + destruct (IH (nmax a x) t t') as [A B]; [lia|lia|]. lra.
Qed.
Lemma running_max l t t' : (t <= t')%nat -> (t' < length l)%nat -> IZR (toZ (nth t l zero)) <= IZR (toZ (nth t' (running nmax l) zero)).
Proof.
  destruct l as [|x l]; cbn [length]; intros T L; [lia|]. unfold running. destruct t' as [|t'].
  - replace t with 0%nat by lia. cbn [nth]. lra.
  - destruct t as [|t]; cbn [nth].
    + apply (running_from_max l x 0 t'); lia.
    + apply (running_from_max l x t t'); lia.
Qed.
Lemma running_from_min l : forall a t t', (t <= t')%nat -> (t' < length l)%nat ->
  IZR (toZ (nth t' (running_from nmin a l) zero)) <= IZR (toZ a) /\
  IZR (toZ (nth t' (running_from nmin a l) zero)) <= IZR (toZ (nth t l zero)).
Proof.
  induction l as [|x l IH]; intros a t t' T L; cbn [length] in L; [lia|]. cbn [running_from].
  destruct (nmin_le a x). destruct t' as [|t'].
  - replace t with 0%nat by lia. cbn [nth]. lra.
  - destruct t as [|t]; cbn [nth].
    + destruct (IH (nmin a x) 0%nat t') as [A _]; [lia|lia|]. lra.
    + destruct (IH (nmin a x) t t') as [A B]; [lia|lia|]. lra.
Qed.
Lemma running_min l t t' : (t <= t')%nat -> (t' < length l)%nat -> IZR (toZ (nth t' (running nmin l) zero)) <= IZR (toZ (nth t l zero)).
Proof.
  destruct l as [|x l]; cbn [length]; intros T L; [lia|]. unfold running. destruct t' as [|t'].
  - replace t with 0%nat by lia. cbn [nth]. lra.
  - destruct t as [|t]; cbn [nth].
    + apply (running_from_min l x 0 t'); lia.
    + apply (running_from_min l x t t'); lia.
Qed.
Lemma running_nonneg pick l : (forall a b, pick a b = a \/ pick a b = b) -> (forall x, In x l -> (0 <= toZ x)%Z) ->
  forall t, (0 <= toZ (nth t (running pick l) zero))%Z.
Proof.
  intros P H. assert (F : forall l a t, (0 <= toZ a)%Z -> (forall x, In x l -> (0 <= toZ x)%Z) -> (0 <= toZ (nth t (running_from pick a l) zero))%Z).
  { clear l H. induction l as [|x l IH]; intros a t A H; cbn [running_from]; [destruct t; cbn [nth]; rewrite toZ_zero; lia|].
    assert (B : (0 <= toZ (pick a x))%Z) by (destruct (P a x) as [->| ->]; [easy|apply H; now left]).
    destruct t as [|t]; cbn [nth]; [easy|]. apply IH; [easy|intros y I; apply H; now right]. }
  intros t. destruct l as [|x l]; unfold running; [destruct t; cbn [nth]; rewrite toZ_zero; lia|].
  destruct t as [|t]; cbn [nth]; [apply H; now left|]. apply F; [apply H; now left|intros y I; apply H; now right].
Qed.
Lemma nmin_either a b : nmin a b = a \/ nmin a b = b. Proof. unfold nmin. destruct (leb a b); auto. Qed.
Lemma nmax_either a b : nmax a b = a \/ nmax a b = b. Proof. unfold nmax. destruct (leb a b); auto. Qed.

(* ---------- Counting sequences that are known to be right ---------- *)

Lemma right_sequences_count w l : NoDup l -> incl l (sequences (d_vocab w) (n_ctx w)) -> (forall s, In s l -> right w s) ->
  accuracy_at_least w (Z.of_nat (length l)).
Proof.
  intros D I H.
  set (rightb := fun s => forallb (fun x => if x =? maximum s then true else
    if Rlt_dec (logit w s x) (logit w s (maximum s)) then true else false) (seq 0 (d_vocab w))).
  assert (E : forall s, right w s <-> rightb s = true).
  { intros s. unfold right, rightb. rewrite forallb_forall. split; intros G x.
    - intros X. apply in_seq in X. destruct (Nat.eqb_spec x (maximum s)) as [_|N]; [easy|].
      destruct (Rlt_dec _ _) as [_|F]; [easy|]. exfalso. apply F, G; [lia|easy].
    - intros X N. assert (X' : In x (seq 0 (d_vocab w))) by (apply in_seq; lia). specialize (G x X'). destruct (Nat.eqb_spec x (maximum s)); [easy|].
      now destruct (Rlt_dec _ _). }
  exists (Z.of_nat (length (filter rightb (sequences (d_vocab w) (n_ctx w))))). split.
  - apply count_filter. intros s _. apply E.
  - apply Nat2Z.inj_le. apply Nat.le_trans with (length (filter rightb l)); [|now apply length_filter_incl].
    clear - E H. induction l as [|s l IH]; [easy|]. cbn [filter]. rewrite (proj1 (E s)) by (apply H; now left). cbn [length].
    apply le_n_S, IH. intros t T. apply H. now right.
Qed.
