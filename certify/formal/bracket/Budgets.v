(* Counting walks by what they cost, without looking at each: those of cost e are the coefficient of z^e in sums of products of
   polynomials, one for each position. A polynomial is a list of machine words, by what a cost leaves of the budget: a
   dearer one is the rest of the list, nothing is copied, and what exceeds the budget drops out. Where a word might get too
   small for a sum, all are divided by a power of two first, rounded up for upper counts and down for lower ones.
   Main theorems: cheap_at_most, cheap_at_least. *)
From Coq Require Import ZArith Lia List Bool PeanoNat Permutation Uint63.
From Maxcert Require Import Integers Words Sequences Blocks Fillings States.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

Definition wone : word := 1%uint63.

(* k p + q *)
Fixpoint add_times (k : word) (p q : list word) : list word :=
  match p, q with
  | [], _ => q
  | a :: p, [] => wmul k a :: add_times k p []
  | a :: p, b :: q => wadd (wmul k a) b :: add_times k p q
  end.

Fixpoint skip {A} (n : nat) (p : list A) : list A := match n, p with S n, _ :: p => skip n p | _, _ => p end.

(* Costs in order, each with how often it occurs. *)
Fixpoint with_cost (c : Z) (M : list (Z * word)) : list (Z * word) :=
  match M with
  | [] => [(c, wone)]
  | (c', k) :: M' => match c ?= c' with Eq => (c', wadd k wone) :: M' | Lt => (c, wone) :: M | Gt => (c', k) :: with_cost c M' end
  end.
Definition by_cost (es : list Z) : list (Z * word) := fold_right with_cost [] es.

(* p with each of these costs added, all together. *)
Fixpoint sums (from : Z) (M : list (Z * word)) (p : list word) : list word :=
  match M with [] => [] | (c, k) :: M => let p := skip (Z.to_nat (c - from)) p in add_times k p (sums c M p) end.

(* High and low words of a sum. *)
Definition total_words (p : list word) : Z * word :=
  fold_left (fun n x => match PrimInt63.addc (snd n) x with C0 s => (fst n, s) | C1 s => (fst n + 1, s) end) p (0, wzero).
Definition total_of (p : list word) : Z := let n := total_words p in fst n * 2 ^ 63 + Uint63.to_Z (snd n).

Section Program.
  Variable up : bool.  (* an upper count, or else a lower one *)
  Variable G : Z.      (* what costs so much drops out *)

  Definition affordable (e : int) : bool := negb (leb (ofZ G) e).
  Definition product (es : list int) (p : list word) : list word := sums 0 (by_cost (map toZ (filter affordable es))) p.
  Definition dearer (e : int) (p : list word) : list word := if affordable e then skip (Z.to_nat (toZ e)) p else [].

  (* Words stand for themselves times 2^s; none is more than b. *)
  Definition unit_bound := (Z * Z)%type.
  Definition prepare (n : nat) (g : unit_bound) : unit_bound * (list word -> list word) :=
    let (s, b) := g in
    if Z.of_nat n * b <? 2 ^ 63 then (g, fun p => p) else
    let b := Z.min b (2 ^ 63 - 1) in
    let more := Z.log2 (Z.of_nat n * b) + 1 - 62 in
    let w := Uint63.of_Z more in
    ((s + more, b / 2 ^ more + 1), map (fun x : word => if up then wadd (PrimInt63.lsr x w) wone else PrimInt63.lsr x w)).

  (* d: how many tokens are required *)
  Definition cheap (d : nat) (C : list (position int)) : Z :=
    let gt := states [] (repeat wzero (Z.to_nat G - 1) ++ [wone]) (add_times wone) dearer product prepare
      (fun n g => (fst g, Z.of_nat n * snd g)) (0, 1) d C in
    2 ^ fst (fst gt) * total_of (all_missing_in (snd gt)).
End Program.

(* ---------- Its proof ---------- *)

Definition coef (p : list word) (i : nat) : Z := Uint63.to_Z (nth i p wzero).
Definition how_many (l : list Z) (z : Z) : Z := Z.of_nat (count_occ Z.eq_dec l z).

Lemma coef_nil i : coef [] i = 0.
Proof. unfold coef. now destruct i. Qed.

Lemma coef_bounds p i : 0 <= coef p i < 2 ^ 63.
Proof. exact (Uint63.to_Z_bounded _). Qed.

Lemma add_exact a b : Uint63.to_Z a + Uint63.to_Z b < 2 ^ 63 -> Uint63.to_Z (wadd a b) = Uint63.to_Z a + Uint63.to_Z b.
Proof.
  intros H. unfold wadd. rewrite Uint63.add_spec. apply Z.mod_small. pose proof (Uint63.to_Z_bounded a). pose proof (Uint63.to_Z_bounded b).
  change Uint63.wB with (2 ^ 63). lia.
Qed.

Lemma mul_exact a b : Uint63.to_Z a * Uint63.to_Z b < 2 ^ 63 -> Uint63.to_Z (wmul a b) = Uint63.to_Z a * Uint63.to_Z b.
Proof.
  intros H. unfold wmul. rewrite Uint63.mul_spec. apply Z.mod_small. pose proof (Uint63.to_Z_bounded a). pose proof (Uint63.to_Z_bounded b).
  change Uint63.wB with (2 ^ 63). nia.
Qed.

Lemma coef_add_times k p : forall q i, Uint63.to_Z k * coef p i + coef q i < 2 ^ 63 ->
  coef (add_times k p q) i = Uint63.to_Z k * coef p i + coef q i.
Proof.
  pose proof (Uint63.to_Z_bounded k) as K.
  induction p as [|a p IH]; intros q i H; [cbn [add_times]; rewrite coef_nil; lia|].
  destruct q as [|b q], i as [|i]; cbn [add_times].
  - unfold coef in *. cbn [nth] in *. change (Uint63.to_Z wzero) with 0 in *. rewrite mul_exact by lia. lia.
  - unfold coef at 1 2. cbn [nth]. fold (coef (add_times k p []) i) (coef p i). rewrite IH; [now rewrite !coef_nil|].
    rewrite coef_nil in *. exact H.
  - unfold coef in *. cbn [nth] in *. pose proof (Uint63.to_Z_bounded a). pose proof (Uint63.to_Z_bounded b).
    rewrite add_exact; rewrite mul_exact by lia; lia.
  - exact (IH q i H).
Qed.

Lemma length_add_times k p : forall q, length (add_times k p q) = Nat.max (length p) (length q).
Proof. induction p as [|a p IH]; intros [|b q]; cbn [add_times length]; rewrite ?IH; cbn [length]; lia. Qed.

Lemma coef_skip n : forall p i, coef (skip n p) i = coef p (n + i).
Proof. induction n as [|n IH]; intros p i; [easy|]. destruct p as [|a p]; cbn [skip]; [now rewrite !coef_nil|exact (IH p i)]. Qed.

Lemma length_skip {A} n : forall p : list A, (length (skip n p) <= length p)%nat.
Proof. induction n as [|n IH]; intros [|a p]; cbn [skip length]; try lia. specialize (IH p). lia. Qed.

(* A sum over costs, with how often they occur. *)
Definition over (F : Z -> Z) (M : list (Z * word)) : Z := zsum (fun ck => Uint63.to_Z (snd ck) * F (fst ck)) M.
Fixpoint ordered (from : Z) (M : list (Z * word)) : Prop := match M with [] => True | (c, _) :: M => from <= c /\ ordered c M end.

Lemma with_cost_ordered c M : forall from, from <= c -> ordered from M -> ordered from (with_cost c M).
Proof.
  induction M as [|[c' k] M IH]; intros from L O; cbn [with_cost ordered] in *; [easy|].
  destruct O as [O1 O2]. destruct (Z.compare_spec c c'); cbn [ordered]; [easy|split; [exact L|split; [lia|exact O2]]|].
  split; [exact O1|]. apply IH; [lia|exact O2].
Qed.

Lemma over_nonneg F M : (forall c, 0 <= F c) -> 0 <= over F M.
Proof. intros H. apply zsum_nonneg. intros [c k] _. cbn [fst snd]. pose proof (Uint63.to_Z_bounded k). specialize (H c). nia. Qed.

Lemma over_with_cost c M F : over (fun _ => 1) M + 1 < 2 ^ 63 -> over F (with_cost c M) = F c + over F M.
Proof.
  induction M as [|[c' k] M IH]; intros H; unfold over in *; cbn [with_cost zsum fst snd] in *; [change (Uint63.to_Z wone) with 1; lia|].
  pose proof (over_nonneg (fun _ => 1) M ltac:(intros; lia)) as N. unfold over in N. pose proof (Uint63.to_Z_bounded k).
  destruct (Z.compare_spec c c') as [->|L|L]; cbn [zsum fst snd].
  - rewrite add_exact; change (Uint63.to_Z wone) with 1; lia.
  - change (Uint63.to_Z wone) with 1. lia.
  - rewrite IH by lia. lia.
Qed.

Lemma over_by_cost F es : Z.of_nat (length es) < 2 ^ 63 -> over F (by_cost es) = zsum F es.
Proof.
  induction es as [|e es IH]; intros H; [easy|]. cbn [by_cost fold_right length zsum] in *. fold (by_cost es).
  assert (A : forall F, over F (by_cost es) = zsum F es -> over F (with_cost e (by_cost es)) = F e + zsum F es); [|apply A; apply IH; lia].
  intros F' E. rewrite over_with_cost, E; [reflexivity|]. clear - H. assert (B : over (fun _ => 1) (by_cost es) <= Z.of_nat (length es)); [|lia].
  clear H. induction es as [|e' es IH]; [easy|]. cbn [by_cost fold_right length]. fold (by_cost es).
  assert (C : forall M, over (fun _ => 1) (with_cost e' M) <= 1 + over (fun _ => 1) M); [|specialize (C (by_cost es)); lia].
  induction M as [|[c' k] M IHM]; unfold over in *; cbn [with_cost zsum fst snd]; [change (Uint63.to_Z wone) with 1; lia|].
  destruct (Z.compare_spec e' c'); cbn [zsum fst snd]; [|change (Uint63.to_Z wone) with 1; lia|lia].
  unfold wadd. rewrite Uint63.add_spec. change (Uint63.to_Z wone) with 1. pose proof (Uint63.to_Z_bounded k).
  pose proof (Z.mod_le (Uint63.to_Z k + 1) Uint63.wB ltac:(lia) ltac:(reflexivity)). lia.
Qed.

Lemma by_cost_ordered es : Forall (fun e => 0 <= e) es -> ordered 0 (by_cost es).
Proof. induction 1; [easy|]. cbn [by_cost fold_right]. now apply with_cost_ordered. Qed.

Lemma sums_ok b M : forall from p i, ordered from M -> (forall j, coef p j <= b) -> over (fun _ => 1) M * b < 2 ^ 63 ->
  coef (sums from M p) i = over (fun c => coef p (i + Z.to_nat (c - from))) M.
Proof.
  induction M as [|[c k] M IH]; intros from p i O B H; cbn [sums ordered] in *; [apply coef_nil|]. cbv zeta.
  destruct O as [L O]. unfold over in H. cbn [zsum fst snd] in H. fold (over (fun _ => 1) M) in H.
  pose proof (over_nonneg (fun _ => 1) M ltac:(intros; lia)) as N. pose proof (Uint63.to_Z_bounded k) as K.
  pose proof (B 0%nat). pose proof (coef_bounds p 0).
  set (p' := skip _ p). assert (B' : forall j, coef p' j <= b) by (intros j; unfold p'; rewrite coef_skip; apply B).
  assert (E : coef (sums c M p') i = over (fun c' => coef p (i + Z.to_nat (c' - from))) M).
  { rewrite IH by (try assumption; nia). clear - O L. unfold over. apply zsum_ext. intros [c' k'] I. cbn [fst snd]. f_equal. unfold p'.
    rewrite coef_skip. f_equal. assert (c <= c'); [|lia]. clear - O I. revert c O. induction M as [|[a ka] M IH]; intros c O; [easy|].
    destruct O as [O1 O2]. destruct I as [I|I]; [injection I as -> _; exact O1|]. specialize (IH I a O2). lia. }
  assert (U : over (fun c' => coef p (i + Z.to_nat (c' - from))) M <= over (fun _ => 1) M * b).
  { clear - B. unfold over. rewrite Z.mul_comm, <- zsum_mul. apply zsum_le. intros [c' k'] _. cbn [fst snd].
    pose proof (Uint63.to_Z_bounded k'). specialize (B (i + Z.to_nat (c' - from))%nat). nia. }
  rewrite coef_add_times, E.
  - unfold over. cbn [zsum fst snd]. unfold p'. rewrite coef_skip, (Nat.add_comm i). reflexivity.
  - rewrite E. specialize (B' i). pose proof (coef_bounds p' i). nia.
Qed.

Lemma sums_of_nothing M : forall from p i, (forall j, coef p j = 0) -> coef (sums from M p) i = 0.
Proof.
  induction M as [|[c k] M IH]; intros from p i N; cbn [sums]; [apply coef_nil|]. cbv zeta.
  assert (N' : forall j, coef (skip (Z.to_nat (c - from)) p) j = 0) by (intros j; rewrite coef_skip; apply N).
  rewrite coef_add_times; rewrite N', (IH c _ i N'); lia.
Qed.

Lemma length_sums M : forall from p, (length (sums from M p) <= length p)%nat.
Proof.
  induction M as [|[c k] M IH]; intros from p; cbn [sums]; cbv zeta; [cbn [length]; lia|]. rewrite length_add_times.
  specialize (IH c (skip (Z.to_nat (c - from)) p)). pose proof (length_skip (Z.to_nat (c - from)) p). lia.
Qed.

Lemma total_words_ok p : forall n, let t := fold_left (fun n x => match PrimInt63.addc (snd n) x with C0 s => (fst n, s) | C1 s => (fst n + 1, s) end) p n in
  fst t * 2 ^ 63 + Uint63.to_Z (snd t) = fst n * 2 ^ 63 + Uint63.to_Z (snd n) + zsum Uint63.to_Z p.
Proof.
  induction p as [|x p IH]; intros n; cbn [fold_left zsum]; [lia|]. cbv zeta in *. rewrite IH.
  pose proof (Uint63.addc_spec (snd n) x) as A. destruct (PrimInt63.addc (snd n) x) as [s|s]; cbn [interp_carry fst snd] in *;
    change Uint63.wB with (2 ^ 63) in A; lia.
Qed.

Lemma total_of_ok p n : (length p <= n)%nat -> total_of p = zsum (coef p) (seq 0 n).
Proof.
  intros L. unfold total_of, total_words. pose proof (total_words_ok p (0, wzero)) as H. cbv zeta in H |- *. etransitivity; [exact H|]. cbn [fst snd].
  change (Uint63.to_Z wzero) with 0. clear H. rewrite Z.add_0_l. revert n L. induction p as [|x p IH]; intros n L.
  - cbn [zsum]. rewrite (zsum_ext _ (fun _ => 0)) by (intros; apply coef_nil). rewrite zsum_const. lia.
  - cbn [length] in L. destruct n as [|n]; [lia|]. cbn [seq zsum]. rewrite <- seq_shift, zsum_map. rewrite (IH n) by lia. reflexivity.
Qed.

Lemma how_many_app l l' z : how_many (l ++ l') z = how_many l z + how_many l' z.
Proof. unfold how_many. rewrite count_occ_app. lia. Qed.

Lemma how_many_dearer e l z : how_many (map (Z.add e) l) z = how_many l (z - e).
Proof.
  unfold how_many. f_equal. induction l as [|a l IH]; [easy|]. cbn [map count_occ]. rewrite IH.
  destruct (Z.eq_dec (e + a) z), (Z.eq_dec a (z - e)); lia.
Qed.

Lemma how_many_negative l z : Forall (fun e => 0 <= e) l -> z < 0 -> how_many l z = 0.
Proof.
  intros N L. unfold how_many. rewrite (proj1 (count_occ_not_In Z.eq_dec l z)); [easy|]. intros I. rewrite Forall_forall in N. specialize (N z I). lia.
Qed.

Lemma how_many_below n l : Forall (fun e => 0 <= e) l ->
  Z.of_nat (length (filter (fun e => e <? Z.of_nat n) l)) = zsum (fun i => how_many l (Z.of_nat n - 1 - Z.of_nat i)) (seq 0 n).
Proof.
  induction 1 as [|e l e0 N IH].
  - cbn [filter length]. rewrite (zsum_ext _ (fun _ => 0)) by easy. rewrite zsum_const. lia.
  - assert (one : zsum (fun i => if Z.eq_dec e (Z.of_nat n - 1 - Z.of_nat i) then 1 else 0) (seq 0 n) = if e <? Z.of_nat n then 1 else 0).
    { clear - e0. induction n as [|n IH]; [destruct (Z.ltb_spec e (Z.of_nat 0)); [lia|easy]|]. cbn [seq zsum]. rewrite <- seq_shift, zsum_map.
      rewrite (zsum_ext _ (fun i => if Z.eq_dec e (Z.of_nat n - 1 - Z.of_nat i) then 1 else 0)).
      - rewrite IH. destruct (Z.eq_dec _ _), (Z.ltb_spec e (Z.of_nat n)), (Z.ltb_spec e (Z.of_nat (S n))); lia.
      - intros i _. replace (Z.of_nat (S n) - 1 - Z.of_nat (S i)) with (Z.of_nat n - 1 - Z.of_nat i) by lia. reflexivity. }
    rewrite (zsum_ext _ (fun i => (if Z.eq_dec e (Z.of_nat n - 1 - Z.of_nat i) then 1 else 0) + how_many l (Z.of_nat n - 1 - Z.of_nat i))).
    + rewrite zsum_add, one, <- IH. cbn [filter]. destruct (e <? Z.of_nat n); cbn [length]; lia.
    + intros i _. unfold how_many. cbn [count_occ]. destruct (Z.eq_dec e _); lia.
Qed.

Section Proof.
  Variable up : bool.
  Variable G : Z.
  Hypothesis G0 : 0 < G.
  Let size := Z.to_nat G.

  Definition total_cost (k : int) (e : Z) : Z := toZ k + e.

  (* At least, or at most. *)
  Definition bounds_count (n a : Z) := if up then n <= a else a <= n.

  Lemma bounds_count_add n a n' a' : bounds_count n a -> bounds_count n' a' -> bounds_count (n + n') (a + a').
  Proof. unfold bounds_count. destruct up; lia. Qed.

  Definition stands_for (g : unit_bound) (n : nat) (p : list word) (l : list Z) :=
    Forall (fun e => 0 <= e) l /\ (length p <= size)%nat /\ 0 <= fst g /\ 0 <= snd g /\ (forall i, coef p i <= Z.of_nat n * snd g) /\
    forall i, (i < size)%nat -> bounds_count (how_many l (G - 1 - Z.of_nat i)) (2 ^ fst g * coef p i).
  Definition room (g : unit_bound) (n : nat) := Z.of_nat n * snd g < 2 ^ 63.

  Lemma nonnegative_dearer e l : 0 <= e -> Forall (fun e => 0 <= e) l -> Forall (fun e => 0 <= e) (map (Z.add e) l).
  Proof. intros e0 N. apply Forall_map. eapply Forall_impl; [|exact N]. cbv beta. lia. Qed.

  (* One more cost *)
  Lemma dearer_count g n p l e i : stands_for g n p l -> 0 <= toZ e -> (i < size)%nat ->
    bounds_count (how_many (map (total_cost e) l) (G - 1 - Z.of_nat i))
      (2 ^ fst g * if affordable G e then coef p (i + Z.to_nat (toZ e)) else 0).
  Proof.
    intros [N [L [_ [_ [_ H]]]]] e0 I. change (total_cost e) with (Z.add (toZ e)). rewrite how_many_dearer.
    unfold affordable. rewrite toZ_leb, toZ_ofZ.
    assert (beyond : forall a, a = 0 -> (size <= i + Z.to_nat (toZ e))%nat -> bounds_count (how_many l (G - 1 - Z.of_nat i - toZ e)) (2 ^ fst g * a)).
    { intros a -> O. rewrite how_many_negative by (try exact N; unfold size in *; lia). unfold bounds_count. destruct up; lia. }
    destruct (Z.leb_spec G (toZ e)); cbn [negb]; [apply beyond; [easy|unfold size in *; lia]|].
    destruct (Nat.lt_ge_cases (i + Z.to_nat (toZ e)) size) as [O|O].
    - specialize (H _ O). replace (G - 1 - Z.of_nat i - toZ e) with (G - 1 - Z.of_nat (i + Z.to_nat (toZ e))) by lia. exact H.
    - apply beyond; [|exact O]. unfold coef. rewrite nth_overflow by lia. reflexivity.
  Qed.

  Lemma stands_plus g n n' p q l l' : room g (n + n') -> stands_for g n p l -> stands_for g n' q l' ->
    stands_for g (n + n') (add_times wone p q) (l ++ l').
  Proof.
    unfold room, stands_for. intros Rm [N [L [S0 [B0 [B H]]]]] [N' [L' [_ [_ [B' H']]]]].
    assert (E : forall i, coef (add_times wone p q) i = coef p i + coef q i).
    { intros i. rewrite coef_add_times; change (Uint63.to_Z wone) with 1; specialize (B i); specialize (B' i); lia. }
    split; [now apply Forall_app|]. split; [rewrite length_add_times; lia|]. split; [exact S0|]. split; [exact B0|].
    split; intros i; [rewrite E; specialize (B i); specialize (B' i); lia|]. intros I. rewrite E, how_many_app, Z.mul_add_distr_l.
    apply bounds_count_add; auto.
  Qed.

  Lemma stands_dearer g n e p l : 0 <= toZ e -> stands_for g n p l -> stands_for g n (dearer G e p) (map (total_cost e) l).
  Proof.
    intros e0 F. pose proof (fun i => dearer_count g n p l e i F e0) as D. destruct F as [N [L [S0 [B0 [B H]]]]].
    split; [now apply nonnegative_dearer|]. unfold dearer. split; [|split; [exact S0|split; [exact B0|split; intros i]]].
    - destruct (affordable G e); [|cbn [length]; lia]. pose proof (length_skip (Z.to_nat (toZ e)) p). lia.
    - destruct (affordable G e); [rewrite coef_skip; apply B|rewrite coef_nil; nia].
    - intros I. specialize (D i I). destruct (affordable G e); [rewrite coef_skip, Nat.add_comm; exact D|now rewrite coef_nil].
  Qed.

  Lemma stands_product g es p l : room g (length es) -> Forall (fun k => 0 <= toZ k) es -> stands_for g 1 p l ->
    stands_for g (length es) (product G es p) (flat_map (fun k => map (total_cost k) l) es).
  Proof.
    intros Rm E F. assert (F' := F). destruct F as [N [L [S0 [B0 [B H]]]]]. unfold room in Rm.
    set (kept := map toZ (filter (affordable G) es)).
    assert (K : (length kept <= length es)%nat).
    { unfold kept. rewrite map_length. clear. induction es as [|e es IH]; [easy|]. cbn [filter]. destruct (affordable G e); cbn [length]; lia. }
    assert (B1 : forall j, coef p j <= snd g + 0) by (intros j; specialize (B j); lia).
    destruct (Z.eq_dec (snd g) 0) as [b0|b0].
    { (* nothing at all *)
      assert (Z0 : forall j, coef p j = 0) by (intros j; specialize (B j); pose proof (coef_bounds p j); lia).
      assert (P0 : forall i, coef (product G es p) i = 0).
      { intros i. unfold product. now apply sums_of_nothing. }
      split; [apply Forall_flat_map; eapply Forall_impl; [|exact E]; intros k k0; now apply nonnegative_dearer|].
      split; [unfold product; pose proof (length_sums (by_cost kept) 0 p); fold kept; lia|]. split; [exact S0|]. split; [exact B0|].
      split; intros i; [rewrite P0; nia|]. intros I. rewrite P0. clear K kept Rm P0. induction E as [|e es e0 E IH].
      - unfold how_many, bounds_count. cbn. destruct up; lia.
      - cbn [flat_map]. rewrite how_many_app. replace (2 ^ fst g * 0) with (2 ^ fst g * (if affordable G e then coef p (i + Z.to_nat (toZ e)) else 0) + 2 ^ fst g * 0)
          by (destruct (affordable G e); rewrite ?Z0; lia). apply bounds_count_add; [now apply (dearer_count g 1)|exact IH]. }
    assert (few : Z.of_nat (length kept) < 2 ^ 63) by nia.
    assert (C : forall i, coef (product G es p) i = zsum (fun e => if affordable G e then coef p (i + Z.to_nat (toZ e)) else 0) es).
    { intros i. unfold product. fold kept. rewrite (sums_ok (snd g)).
      - rewrite over_by_cost by exact few. unfold kept. rewrite zsum_map. clear. induction es as [|e es IH]; [easy|]. cbn [filter zsum].
        destruct (affordable G e); cbn [zsum]; rewrite IH; [|lia]. now rewrite Z.sub_0_r.
      - apply by_cost_ordered. unfold kept. apply Forall_map. clear - E. induction E as [|e es e0 E IH]; [constructor|]. cbn [filter].
        destruct (affordable G e); [now constructor|exact IH].
      - intros j. specialize (B1 j). lia.
      - rewrite over_by_cost by exact few. rewrite zsum_const. nia. }
    split; [apply Forall_flat_map; eapply Forall_impl; [|exact E]; intros k k0; now apply nonnegative_dearer|].
    split; [unfold product; pose proof (length_sums (by_cost kept) 0 p); fold kept; lia|]. split; [exact S0|]. split; [exact B0|].
    split; intros i; [|intros I]; rewrite C; clear C few kept K Rm.
    - induction es as [|e es IH]; [cbn [zsum length]; lia|]. cbn [zsum length]. inversion E; subst. specialize (IH ltac:(assumption)).
      pose proof (B1 (i + Z.to_nat (toZ e))%nat). destruct (affordable G e); nia.
    - induction E as [|e es e0 E IH]; [unfold how_many, bounds_count; cbn; destruct up; lia|]. cbn [flat_map zsum].
      rewrite how_many_app, Z.mul_add_distr_l. apply bounds_count_add; [now apply (dearer_count g 1)|exact IH].
  Qed.

  Definition not_too_many (n : nat) := Z.of_nat n <= 2 ^ 61.

  Lemma prepare_room n g : not_too_many n -> room (fst (prepare up n g)) n.
  Proof.
    unfold not_too_many, room, prepare. destruct g as [s b]. intros N. destruct (Z.ltb_spec (Z.of_nat n * b) (2 ^ 63)) as [L|L]; cbn [fst snd]; [exact L|].
    set (b' := Z.min b (2 ^ 63 - 1)). set (x := Z.of_nat n * b'). set (more := Z.log2 x + 1 - 62).
    assert (b0 : 0 < b) by nia. assert (n0 : 0 < Z.of_nat n) by nia. assert (b1 : 0 < b') by (unfold b'; lia).
    assert (x0 : 2 ^ 62 <= x) by (unfold x, b'; destruct (Z.min_spec b (2 ^ 63 - 1)) as [[_ ->]|[_ ->]]; nia).
    assert (m0 : 0 < more). { unfold more. pose proof (Z.log2_le_mono _ _ x0) as H. rewrite Z.log2_pow2 in H by lia. lia. }
    assert (X : x < 2 ^ more * 2 ^ 62).
    { rewrite <- Z.pow_add_r by lia. replace (more + 62) with (Z.succ (Z.log2 x)) by (unfold more; lia). apply Z.log2_spec. lia. }
    assert (P2 : 0 < 2 ^ more) by (apply Z.pow_pos_nonneg; lia).
    assert (D : Z.of_nat n * (b' / 2 ^ more) < 2 ^ 62).
    { apply Z.mul_lt_mono_pos_l with (p := 2 ^ more); [exact P2|]. apply Z.le_lt_trans with (2 := X). unfold x.
      pose proof (Z.mul_div_le b' (2 ^ more) P2). nia. }
    rewrite Z.mul_add_distr_l. change (2 ^ 63) with (2 ^ 62 + 2 ^ 61 + 2 ^ 61). lia.
  Qed.

  Lemma coef_prepared n s b p : not_too_many n -> 0 <= s -> 0 <= b -> (forall i, coef p i <= b) ->
    let (g, f) := prepare up n (s, b) in 0 <= fst g /\ 0 <= snd g /\ length (f p) = length p /\ forall i, coef (f p) i <= snd g /\
      forall c, bounds_count c (2 ^ s * coef p i) -> bounds_count c (2 ^ fst g * coef (f p) i).
  Proof.
    unfold not_too_many, prepare. cbv zeta. intros Nt S0 B0 B.
    destruct (Z.ltb_spec (Z.of_nat n * b) (2 ^ 63)) as [L|L]; cbn [fst snd]; [now repeat split|].
    set (b' := Z.min b (2 ^ 63 - 1)). set (x := Z.of_nat n * b'). set (more := Z.log2 x + 1 - 62).
    assert (b1 : 0 < b) by nia. assert (n0 : 0 < Z.of_nat n) by nia. assert (b2 : 0 < b' < 2 ^ 63) by (unfold b'; lia).
    assert (x0 : 2 ^ 62 <= x) by (unfold x, b'; destruct (Z.min_spec b (2 ^ 63 - 1)) as [[_ ->]|[_ ->]]; nia).
    assert (m0 : 0 < more). { unfold more. pose proof (Z.log2_le_mono _ _ x0) as M. rewrite Z.log2_pow2 in M by lia. lia. }
    assert (m1 : more < 2 ^ 63).
    { assert (U : x < 2 ^ 124) by (unfold x; change (2 ^ 124) with (2 ^ 61 * 2 ^ 63); nia).
      apply Z.log2_lt_pow2 in U; [|lia]. unfold more. change (2 ^ 63) with (124 + (2 ^ 63 - 124)). lia. }
    set (w := Uint63.of_Z more).
    assert (Wv : Uint63.to_Z w = more) by (unfold w; rewrite Uint63.of_Z_spec; apply Z.mod_small; change Uint63.wB with (2 ^ 63); lia).
    assert (P2 : 0 < 2 ^ more) by (apply Z.pow_pos_nonneg; lia).
    assert (P3 : 2 <= 2 ^ more) by (change 2 with (2 ^ 1) at 1; apply Z.pow_le_mono_r; lia).
    set (halve := fun y : word => if up then wadd (PrimInt63.lsr y w) wone else PrimInt63.lsr y w).
    assert (V : forall y, Uint63.to_Z (halve y) = Uint63.to_Z y / 2 ^ more + if up then 1 else 0).
    { intros y. unfold halve. assert (Q : Uint63.to_Z (PrimInt63.lsr y w) = Uint63.to_Z y / 2 ^ more) by (rewrite Uint63.lsr_spec, Wv; reflexivity).
      destruct up; [|rewrite Q; lia]. rewrite add_exact; rewrite Q; change (Uint63.to_Z wone) with 1; [reflexivity|].
      pose proof (Uint63.to_Z_bounded y) as Y. change Uint63.wB with (2 ^ 63) in Y.
      assert (Uint63.to_Z y / 2 ^ more <= Uint63.to_Z y / 2) by (apply Z.div_le_compat_l; lia).
      assert (Uint63.to_Z y / 2 < 2 ^ 62) by (apply Z.div_lt_upper_bound; [lia|change (2 * 2 ^ 62) with (2 ^ 63); lia]).
      change (2 ^ 63) with (2 ^ 62 + 2 ^ 62). lia. }
    assert (Cv : forall i, (i < length p)%nat -> coef (map halve p) i = coef p i / 2 ^ more + if up then 1 else 0).
    { intros i I. unfold coef. rewrite <- V. f_equal. rewrite (nth_indep _ wzero (halve wzero)) by (now rewrite map_length). apply map_nth. }
    assert (Co : forall i, (length p <= i)%nat -> coef (map halve p) i = 0 /\ coef p i = 0).
    { intros i I. unfold coef. rewrite !nth_overflow by (rewrite ?map_length; exact I). split; reflexivity. }
    split; [lia|]. pose proof (Z.div_pos b' (2 ^ more) ltac:(lia) P2) as q0. split; [lia|]. split; [apply map_length|].
    intros i. fold halve. specialize (B i). pose proof (coef_bounds p i). split.
    - destruct (Nat.lt_ge_cases i (length p)) as [I|I]; [|destruct (Co i I) as [-> _]; lia]. rewrite Cv by exact I.
      assert (coef p i / 2 ^ more <= b' / 2 ^ more) by (apply Z.div_le_mono; [exact P2|unfold b'; lia]). destruct up; lia.
    - intros c H1. rewrite Z.pow_add_r by lia. rewrite <- Z.mul_assoc. assert (S2 : 0 < 2 ^ s) by (apply Z.pow_pos_nonneg; lia).
      destruct (Nat.lt_ge_cases i (length p)) as [J|J].
      + rewrite Cv by exact J. pose proof (Z.div_mod (coef p i) (2 ^ more) ltac:(lia)). pose proof (Z.mod_pos_bound (coef p i) (2 ^ more) P2).
        unfold bounds_count in *. destruct up; nia.
      + destruct (Co i J) as [-> E]. rewrite E in H1. now rewrite Z.mul_0_r.
  Qed.

  Lemma stands_prepared n g p l : not_too_many n -> stands_for g 1 p l -> stands_for (fst (prepare up n g)) 1 (snd (prepare up n g) p) l.
  Proof.
    destruct g as [s b]. intros Nt [N [L [S0 [B0 [B H]]]]]. cbn [fst snd] in *.
    pose proof (coef_prepared n s b p Nt S0 B0 ltac:(intros i; specialize (B i); lia)) as Q. destruct (prepare up n (s, b)) as [g f]. cbn [fst snd].
    destruct Q as [S1 [B1 [L1 Q]]]. split; [exact N|]. split; [lia|]. split; [exact S1|]. split; [exact B1|].
    split; intros i; [destruct (Q i); lia|]. intros I. apply (Q i), H, I.
  Qed.

  Variable d : nat.
  Variable C : list (position int).
  Hypothesis C_fine : Forall (fun c => (position_fine int (fun k => 0 <= toZ k) c /\ length (snd c) = d) /\ not_too_many (length (fst c) + length (snd c))) C.
  Let all := costs int Z total_cost 0 C (repeat true d).

  Lemma cheap_bounds : bounds_count (Z.of_nat (length (filter (fun e => e <? G) all))) (cheap up G d C).
  Proof.
    unfold cheap. cbv zeta.
    assert (F : let gt := states [] (repeat wzero (Z.to_nat G - 1) ++ [wone]) (add_times wone) (dearer G) (product G) (prepare up)
      (fun n g => (fst g, Z.of_nat n * snd g)) (0, 1) d C in stands_for (fst gt) 1 (all_missing_in (snd gt)) all).
    { apply (states_ok int (list word) [] (repeat wzero (Z.to_nat G - 1) ++ [wone]) (add_times wone) (dearer G) (product G)
        Z total_cost 0 (fun k => 0 <= toZ k) unit_bound (prepare up) (fun n g => (fst g, Z.of_nat n * snd g)) (0, 1) room stands_for)
        with (enough_tokens := not_too_many); try exact C_fine.
      - unfold room. intros [s b] n n' R L. cbn [fst snd] in *. destruct (Z.le_gt_cases 0 b).
        + apply Z.le_lt_trans with (2 := R). apply Z.mul_le_mono_nonneg_r; lia.
        + apply Z.le_lt_trans with 0; [|easy]. apply Z.mul_nonneg_nonpos; lia.
      - split; [constructor|]. cbn [length fst snd]. split; [lia|]. split; [lia|]. split; [lia|].
        split; intros i; rewrite coef_nil; [lia|]. intros _. unfold bounds_count, how_many. cbn. destruct up; lia.
      - assert (E : forall i, coef (repeat wzero (Z.to_nat G - 1) ++ [wone]) i = if (i =? size - 1)%nat then 1 else 0).
        { intros i. unfold coef, size. set (n := (Z.to_nat G - 1)%nat). destruct (Nat.eqb_spec i n) as [->|D].
          - rewrite app_nth2; rewrite repeat_length; [|lia]. now rewrite Nat.sub_diag.
          - destruct (Nat.lt_ge_cases i n) as [J|J].
            + rewrite app_nth1 by (rewrite repeat_length; exact J). now rewrite nth_repeat.
            + rewrite nth_overflow; [easy|]. rewrite app_length, repeat_length. cbn [length]. lia. }
        split; [repeat constructor; lia|]. rewrite app_length, repeat_length. cbn [length fst snd]. split; [unfold size; lia|].
        split; [lia|]. split; [lia|]. split; intros i; rewrite E; [destruct (i =? size - 1)%nat; lia|]. intros I.
        unfold how_many. cbn [count_occ]. destruct (Nat.eqb_spec i (size - 1)), (Z.eq_dec 0 (G - 1 - Z.of_nat i)); unfold size, bounds_count in *; destruct up; cbn; lia.
      - intros. now apply stands_plus.
      - intros. now apply stands_dearer.
      - intros. now apply stands_product.
      - intros g n p l l' H [N R]. split; [now rewrite <- H|]. destruct R as [L [S0 [B0 [B R]]]]. repeat (split; [assumption|]). intros i I.
        specialize (R i I). unfold how_many in *. now rewrite <- (proj1 (Permutation_count_occ Z.eq_dec l l') H).
      - intros [s b] n p l [N [L [S0 [B0 [B H]]]]]. cbn [fst snd] in *. repeat split; cbn [fst snd]; try assumption; try nia. intros i. specialize (B i). lia.
      - exact prepare_room.
      - exact stands_prepared. }
    cbv zeta in F. set (gt := states _ _ _ _ _ _ _ _ _ _) in *. destruct F as [N [L [S0 [B0 [B H]]]]].
    rewrite (total_of_ok _ size L). pose proof (how_many_below size all N) as E.
    replace (Z.of_nat size) with G in E by (unfold size; lia). rewrite E, <- zsum_mul. clear E.
    assert (Q : forall l, (forall i, In i l -> (i < size)%nat) -> bounds_count (zsum (fun i => how_many all (G - 1 - Z.of_nat i)) l)
      (zsum (fun i => 2 ^ fst (fst gt) * coef (all_missing_in (snd gt)) i) l)).
    { induction l as [|i l IH]; intros K; [unfold bounds_count; cbn; destruct up; lia|]. cbn [zsum]. apply bounds_count_add.
      - apply H, K. now left.
      - apply IH. intros j J. apply K. now right. }
    apply Q. intros i I. apply in_seq in I. lia.
  Qed.
End Proof.

Theorem cheap_at_most G d C : 0 < G -> Forall (fun c => (position_fine int (fun k => 0 <= toZ k) c /\ length (snd c) = d) /\
  not_too_many (length (fst c) + length (snd c))) C ->
  Z.of_nat (length (filter (fun e => e <? G) (costs int Z total_cost 0 C (repeat true d)))) <= cheap true G d C.
Proof. intros G0 F. exact (cheap_bounds true G G0 d C F). Qed.

Theorem cheap_at_least G d C : 0 < G -> Forall (fun c => (position_fine int (fun k => 0 <= toZ k) c /\ length (snd c) = d) /\
  not_too_many (length (fst c) + length (snd c))) C ->
  cheap false G d C <= Z.of_nat (length (filter (fun e => e <? G) (costs int Z total_cost 0 C (repeat true d)))).
Proof. intros G0 F. exact (cheap_bounds false G G0 d C F). Qed.
