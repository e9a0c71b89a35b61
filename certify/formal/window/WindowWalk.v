(* Windows (T5c): the tokens up to the maximum are cut into blocks, and a sequence is judged by how many of its positions
   hold each block. For every output a token of a block adds at most the block's gain, so the sequence is right if the
   query's term and all gains are negative together; C(r, n) |block|^n (the rest) sequences are judged at once, and all
   that begin alike as soon as even the largest gain of the blocks that are left cannot spoil them.
   Main theorem: visit_ok. Only integers here; what they bound is said in Windows.v. *)
From Coq Require Import ZArith Lia List Bool PeanoNat Permutation.
From Maxcert Require Import Integers Intervals Sequences Tails Blocks.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

(* A wrong output: an upper bound on the terms of the positions that are settled, and for each block that is left its
   gain, the largest gain from here on, and the smallest. *)
Record contender := { c_sum : int; c_rest : list (int * int * int) }.

Fixpoint levels (gains : list int) : list (int * int * int) :=
  match gains with
  | [] => []
  | g :: gains => let l := levels gains in
      match l with [] => [(g, g, g)] | (_, most, least) :: _ => (g, nmax g most, nmin g least) :: l end
  end.

Definition gain (c : contender) : int := match c_rest c with [] => zero | (g, _, _) :: _ => g end.
Definition most (c : contender) : int := match c_rest c with [] => zero | (_, g, _) :: _ => g end.
Definition least (c : contender) : int := match c_rest c with [] => zero | (_, _, g) :: _ => g end.

(* n more positions hold the first block, and no others do. *)
Definition holding (n : int) (c : contender) : contender := {| c_sum := add (c_sum c) (mul n (gain c)); c_rest := tl (c_rest c) |}.

(* May it win if all r positions that are left help it most (do they all let it win)? *)
Definition still (r : int) (c : contender) : bool := leb zero (add (c_sum c) (mul r (most c))).
Definition surely (r : int) (c : contender) : bool := leb zero (add (c_sum c) (mul r (least c))).

(* Powers of the number of tokens of a block, and of it and all blocks after it. *)
Definition powers := (list int * list int)%type.

Section Visit.
  Variable numbers : list int.       (* 0, 1, 2, ... *)
  Variable pascal : list (list int). (* binomial coefficients, by r *)

  (* The sequences of r positions of which n hold the first block, for the n of a list; `after` counts what is left. *)
  Definition split (after : nat -> list contender -> int) (sizes : list int) (r : nat) (cs : list contender) (ns : list nat) : int :=
    fold_right (fun n s => add s (mul (mul (nth n (nth r pascal []) zero) (nth n sizes zero))
      (after (r - n)%nat (map (holding (nth n numbers zero)) cs)))) zero ns.

  Fixpoint visit (blocks : list powers) (r : nat) (cs : list contender) : int :=
    match blocks with
    | [] => zero
    | (sizes, tokens) :: blocks =>
      let left := nth r numbers zero in
      match filter (still left) cs with
      | [] => nth r tokens zero
      | cs => if existsb (surely left) cs then zero else split (visit blocks) sizes r cs (seq 0 (S r))
      end
    end.
End Visit.

(* Lists cut into pieces of these sizes, and the rest. *)
Fixpoint chunks {A} (sizes : list nat) (l : list A) : list (list A) :=
  match l, sizes with
  | [], _ => []
  | _, [] => [l]
  | _, s :: sizes => firstn s l :: chunks sizes (skipn s l)
  end.

Lemma chunks_concat {A} sizes : forall l : list A, concat (chunks sizes l) = l.
Proof.
  induction sizes as [|s sizes IH]; intros [|a l]; cbn -[firstn skipn]; try easy; [now rewrite app_nil_r|].
  rewrite IH. apply firstn_skipn.
Qed.

Lemma chunks_map {A B} (f : A -> B) sizes : forall l, chunks sizes (map f l) = map (map f) (chunks sizes l).
Proof.
  induction sizes as [|s sizes IH]; intros [|a l]; cbn -[firstn skipn]; try easy.
  change (f a :: map f l) with (map f (a :: l)). now rewrite firstn_map, skipn_map, IH.
Qed.

(* ---------- What it counts ---------- *)

(* For each output the sum so far, and at most what a token adds. *)
Definition losers (l : list (Z * (nat -> Z))) (s : list nat) : Z :=
  if forallb (fun o => fst o + zsum (snd o) s <? 0) l then 1 else 0.

Fixpoint bounds (bs : list (list nat)) (rest : list (int * int * int)) (f : nat -> Z) : Prop :=
  match bs, rest with
  | [], [] => True
  | b :: bs', (g, most, _) :: rest => (forall t, In t b -> f t <= toZ g) /\ (forall t, In t (concat bs) -> f t <= toZ most) /\ bounds bs' rest f
  | _, _ => False
  end.
Definition contends (bs : list (list nat)) (c : contender) (o : Z * (nat -> Z)) : Prop :=
  fst o <= toZ (c_sum c) /\ bounds bs (c_rest c) (snd o).

Fixpoint powers_ok (bs : list (list nat)) (blocks : list powers) : Prop :=
  match bs, blocks with
  | [], [] => True
  | b :: bs', (sizes, tokens) :: blocks =>
      (forall n, 0 <= toZ (nth n sizes zero) <= Z.of_nat (length b) ^ Z.of_nat n) /\
      (forall n, toZ (nth n tokens zero) <= Z.of_nat (length (concat bs)) ^ Z.of_nat n) /\ powers_ok bs' blocks
  | _, _ => False
  end.

Lemma losers_range l s : 0 <= losers l s <= 1.
Proof. unfold losers. destruct (forallb _ _); lia. Qed.

Lemma zsum_most (f : nat -> Z) most s : (forall t, In t s -> f t <= most) -> zsum f s <= Z.of_nat (length s) * most.
Proof. intros H. rewrite <- zsum_const. now apply zsum_le. Qed.

Section Proof.
  Variable numbers : list int.
  Variable pascal : list (list int).
  Variable most_positions : nat.
  Hypothesis numbers_ok : forall n, (n <= most_positions)%nat -> toZ (nth n numbers zero) = Z.of_nat n.
  Hypothesis pascal_ok : forall r n, 0 <= toZ (nth n (nth r pascal []) zero) <= choose r n.

  (* Outputs that cannot win any more may be left out. *)
  Lemma still_enough bs r cs os : (r <= most_positions)%nat -> bs <> [] -> Forall2 (contends bs) cs os ->
    exists os', Forall2 (contends bs) (filter (still (nth r numbers zero)) cs) os' /\
      forall s, over (concat bs) r s -> losers os' s <= losers os s.
  Proof.
    intros R N F. induction F as [|c o cs os C F IH]; [exists []; split; [apply Forall2_nil|intros; apply Z.le_refl]|].
    destruct IH as [os' [F' L]]. cbn [filter]. destruct (still (nth r numbers zero) c) eqn:E.
    - exists (o :: os'). split; [now constructor|]. intros s O. specialize (L s O). unfold losers in *. cbn [forallb].
      destruct (fst o + zsum (snd o) s <? 0); [exact L|cbn; lia].
    - exists os'. split; [easy|]. intros s O. specialize (L s O). unfold losers in *. cbn [forallb].
      replace (fst o + zsum (snd o) s <? 0) with true; [exact L|]. symmetry. apply Z.ltb_lt.
      unfold still in E. rewrite toZ_leb, toZ_zero, toZ_add, toZ_mul, numbers_ok in E by easy. apply Z.leb_gt in E.
      destruct C as [C1 C2]. destruct O as [L' O]. rewrite Forall_forall in O.
      assert (B : forall t, In t (concat bs) -> snd o t <= toZ (most c)).
      { destruct bs as [|b bs]; [easy|]. unfold most. cbn [bounds] in C2. destruct (c_rest c) as [|[[g mo] le] rest]; [easy|]. apply C2. }
      pose proof (zsum_most (snd o) (toZ (most c)) s (fun t I => B t (O t I))) as Z1. rewrite L' in Z1. lia.
  Qed.

  Variable b : list nat.
  Variable bs : list (list nat).
  Hypothesis distinct : NoDup (b ++ concat bs).
  Definition inside (t : nat) := existsb (Nat.eqb t) b.
  Lemma inside_in t : inside t = true <-> In t b.
  Proof.
    unfold inside. rewrite existsb_exists. split; [intros [u [I E]]; apply Nat.eqb_eq in E; now subst|].
    intros I. exists t. now rewrite Nat.eqb_refl.
  Qed.
  Lemma inside_not t : In t (concat bs) -> inside t = false.
  Proof.
    intros I. destruct (inside t) eqn:E; [|easy]. apply inside_in in E. exfalso.
    clear - distinct I E. induction b as [|u l IH]; [easy|]. cbn in distinct. inversion distinct as [|? ? N D]; subst.
    destruct E as [->|E]; [apply N, in_or_app; now right|now apply IH].
  Qed.

  Lemma zsum_held f g s : (forall t, In t b -> f t <= g) -> zsum f s <= Z.of_nat (held inside s) * g + zsum f (outside inside s).
  Proof.
    intros H. unfold outside. induction s as [|t s IH]; cbn [zsum held filter]; [lia|].
    destruct (inside t) eqn:E; cbn [negb zsum].
    - apply inside_in in E. specialize (H t E). rewrite Nat2Z.inj_succ. lia.
    - lia.
  Qed.

  (* How the contenders stand when n positions hold the block b. *)
  Lemma holding_ok n cs os : (n <= most_positions)%nat -> Forall2 (contends (b :: bs)) cs os -> exists os',
    Forall2 (contends bs) (map (holding (nth n numbers zero)) cs) os' /\
    forall s, held inside s = n -> losers os' (outside inside s) <= losers os s.
  Proof.
    intros N F. induction F as [|c o cs os C F IH]; [exists []; split; [apply Forall2_nil|intros; apply Z.le_refl]|].
    destruct IH as [os' [F' L]]. destruct C as [C1 C2]. destruct (c_rest c) as [|[[g mo] le] rest] eqn:E; [easy|].
    cbn [bounds] in C2. destruct C2 as [B1 [_ B2]].
    exists ((fst o + Z.of_nat n * toZ g, snd o) :: os'). split.
    - cbn [map]. constructor; [|easy]. unfold contends, holding, gain. rewrite E. cbn [c_sum c_rest fst snd tl].
      rewrite toZ_add, toZ_mul, numbers_ok by easy. split; [lia|easy].
    - intros s H. specialize (L s H). unfold losers in *. cbn [forallb fst snd].
      pose proof (zsum_held (snd o) (toZ g) s B1) as Z1. rewrite H in Z1.
      destruct (Z.ltb_spec (fst o + Z.of_nat n * toZ g + zsum (snd o) (outside inside s)) 0) as [A|A].
      + replace (fst o + zsum (snd o) s <? 0) with true; [exact L|]. symmetry. apply Z.ltb_lt. lia.
      + cbn [andb]. destruct (_ && _)%bool; lia.
  Qed.

  Variable after : nat -> list contender -> int.
  Hypothesis after_ok : forall r cs os, (r <= most_positions)%nat -> Forall2 (contends bs) cs os ->
    toZ (after r cs) <= tally (concat bs) r (losers os).

  Theorem split_ok sizes r cs os ns : (r <= most_positions)%nat -> (forall n, In n ns -> (n <= r)%nat) -> NoDup ns ->
    (forall n, 0 <= toZ (nth n sizes zero) <= Z.of_nat (length b) ^ Z.of_nat n) ->
    Forall2 (contends (b :: bs)) cs os ->
    toZ (split numbers pascal after sizes r cs ns) <=
      tally (b ++ concat bs) r (fun s => if existsb (Nat.eqb (held inside s)) ns then losers os s else 0).
  Proof.
    intros R Hn D S F.
    apply Z.le_trans with (zsum (fun n => tally (b ++ concat bs) r (fun s => if (held inside s =? n)%nat then losers os s else 0)) ns).
    - unfold split. induction ns as [|n ns IH]; cbn [fold_right zsum]; [rewrite toZ_zero; lia|].
      rewrite toZ_add, !toZ_mul. inversion D; subst.
      assert (IH' := IH (fun k I => Hn k (or_intror I)) ltac:(easy)). clear IH.
      assert (Rn : (n <= r)%nat) by (apply Hn; now left).
      destruct (holding_ok n cs os ltac:(lia) F) as [os' [F' L]].
      assert (A := after_ok (r - n)%nat _ os' ltac:(lia) F').
      assert (P : tally (b ++ concat bs) r (exactly inside n (losers os')) <=
                  tally (b ++ concat bs) r (fun s => if (held inside s =? n)%nat then losers os s else 0)).
      { apply tally_le. intros s _. unfold exactly. destruct (Nat.eqb_spec (held inside s) n); [now apply L|lia]. }
      rewrite (tally_exactly inside b (concat bs)) in P by (try apply inside_not; intros t I; now apply inside_in).
      pose proof (pascal_ok r n) as C. pose proof (S n) as Sn.
      set (x := toZ (nth n (nth r pascal []) zero)) in *. set (y := toZ (nth n sizes zero)) in *.
      set (z := toZ (after _ _)) in *. set (u := tally (concat bs) (r - n) (losers os')) in *.
      assert (0 <= u).
      { unfold u. apply tally_nonneg. intros s _. apply losers_range. }
      assert (x * y * z <= choose r n * Z.of_nat (length b) ^ Z.of_nat n * u); [|lia].
      apply Z.le_trans with (x * y * u); [apply Z.mul_le_mono_nonneg_l; [apply Z.mul_nonneg_nonneg; lia|lia]|].
      apply Z.mul_le_mono_nonneg_r; [easy|]. apply Z.mul_le_mono_nonneg; lia.
    - rewrite <- (tally_zsum (b ++ concat bs) r (fun n s => if (held inside s =? n)%nat then losers os s else 0)).
      apply tally_le. intros s _. clear Hn. induction ns as [|n ns IH]; cbn [zsum existsb]; [lia|]. inversion D; subst.
      specialize (IH ltac:(easy)). pose proof (losers_range os s). destruct (Nat.eqb_spec (held inside s) n) as [E|_]; cbn [orb]; [|lia].
      replace (existsb (Nat.eqb (held inside s)) ns) with false in IH; [lia|]. symmetry. apply Bool.not_true_iff_false.
      intros X. apply existsb_exists in X. destruct X as [k [I E']]. apply Nat.eqb_eq in E'. congruence.
  Qed.
End Proof.

Theorem visit_ok numbers pascal most_positions :
  (forall n, (n <= most_positions)%nat -> toZ (nth n numbers zero) = Z.of_nat n) ->
  (forall r n, 0 <= toZ (nth n (nth r pascal []) zero) <= choose r n) ->
  forall blocks bs r cs os, (r <= most_positions)%nat -> NoDup (concat bs) -> powers_ok bs blocks ->
    Forall2 (contends bs) cs os ->
    toZ (visit numbers pascal blocks r cs) <= tally (concat bs) r (losers os).
Proof.
  intros HN HP. induction blocks as [|[sizes tokens] blocks IH]; intros bs r cs os R D P F.
  - cbn [visit]. rewrite toZ_zero. apply tally_nonneg. intros s _. apply losers_range.
  - destruct bs as [|b bs]; [easy|]. cbn [powers_ok] in P. destruct P as [P1 [P2 P3]]. cbn [visit].
    destruct (still_enough numbers most_positions HN (b :: bs) r cs os R ltac:(easy) F) as [os' [F' L]].
    apply Z.le_trans with (tally (concat (b :: bs)) r (losers os')); [|now apply tally_le].
    destruct (filter (still (nth r numbers zero)) cs) as [|c cs'] eqn:E.
    + inversion F'; subst. change (losers []) with (fun _ : list nat => 1). rewrite tally_const, Z.mul_1_r. apply P2.
    + destruct (existsb _ _).
      * rewrite toZ_zero. apply tally_nonneg. intros s _. apply losers_range.
      * cbn [concat] in *. eapply Z.le_trans.
        -- apply (split_ok numbers pascal most_positions HN HP b bs D) with (os := os').
           ++ intros r' cs'' os'' R' F''. apply (IH bs); try easy.
              clear - D. induction b as [|t b IHb]; [easy|]. apply IHb. now inversion D.
           ++ exact R.
           ++ intros n I. apply in_seq in I. lia.
           ++ apply seq_NoDup.
           ++ exact P1.
           ++ exact F'.
        -- apply tally_le. intros s _. pose proof (losers_range os' s). destruct (existsb _ _); lia.
Qed.
