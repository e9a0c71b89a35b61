(* Counting sequences by what they cost, without looking at each: token t at position i costs c i t, and the sequences
   of cost e are the coefficient of z^e in a product of polynomials, one for each position. A polynomial is one integer,
   its value at z = 2^W with 2^W above the number of all sequences: products are products of integers, costs of G
   and more drop out modulo 2^(W G), and since 2^W = 1 modulo 2^W - 1, the sum of all coefficients is the integer
   modulo 2^W - 1. Main theorem: cheap_count. *)
From Coq Require Import ZArith Zpow_facts Lia List Bool PeanoNat.
From Bignums Require Import BigZ.
From Maxcert Require Import Integers Sequences Tails Blocks.
Import ListNotations.
Open Scope Z_scope.

Definition one : int := ofZ 1.
Definition land : int -> int -> int := BigZ.land.
Lemma toZ_one : toZ one = 1. Proof. apply toZ_ofZ. Qed.
Lemma toZ_land x y : toZ (land x y) = Z.land (toZ x) (toZ y). Proof. apply BigZ.spec_land. Qed.
Global Opaque one land.

(* ---------- The program ---------- *)

(* Powers of two below 2^k, largest first, each with its number of bits. *)
Fixpoint scales (W : Z) (k : nat) : list (int * int) :=
  match k with O => [] | S k => (ofZ (2 ^ Z.of_nat k), ofZ (W * 2 ^ Z.of_nat k)) :: scales W k end.

(* The numbers below h, and the others less h. *)
Fixpoint halves (h : int) (l : list int) : list int * list int :=
  match l with
  | [] => ([], [])
  | e :: l => let (a, b) := halves h l in if leb h e then (a, sub e h :: b) else (e :: a, b)
  end.

(* The sum of 2^(W e) over the numbers e of a list. *)
Fixpoint packed (s : list (int * int)) (l : list int) : int :=
  match l, s with
  | [], _ => zero
  | _, [] => ofZ (Z.of_nat (length l))
  | _, (h, bits) :: s => let (a, b) := halves h l in add (packed s a) (shl (packed s b) bits)
  end.

(* x modulo 2^W - 1, or more. *)
Fixpoint digit_sum (s : list (int * int)) (x : int) : int :=
  match s with
  | [] => x
  | (_, bits) :: s => let high := shr x bits in digit_sum s (add high (sub x (shl high bits)))
  end.

(* What a position costs: with the first m; with another m; with the tokens 0..m-1. *)
Record charge := { c_first : int; c_again : int; c_others : list int }.

Section Program.
  Variables W G : Z.
  Variable s : list (int * int).  (* scales *)

  Definition mask : int := sub (shl one (ofZ (W * G))) one.
  Definition low (x : int) : int := land x mask.
  Definition monomial (bits size e : int) (x : int) : int := if leb size e then zero else shl x (mul bits e).

  (* The sequences from a position on, of which those that hold m come second. *)
  Fixpoint polynomials (bits size mask : int) (free_only : bool) (C : list charge) : int * int :=
    match C with
    | [] => (one, zero)
    | c :: C =>
        let (free, need) := polynomials bits size mask free_only C in
        let others := packed s (filter (fun e => negb (leb size e)) (c_others c)) in
        (land (mul (add others (monomial bits size (c_again c) one)) free) mask,
         if free_only then zero else land (add (mul others need) (monomial bits size (c_first c) free)) mask)
    end.

  Definition cheap (seen : bool) (C : list charge) : Z :=
    let (free, need) := polynomials (ofZ W) (ofZ G) mask seen C in
    toZ (digit_sum s (if seen then free else need)) mod (2 ^ W - 1).
End Program.

(* ---------- Its proof ---------- *)

Definition nonnegative (l : list int) := Forall (fun e => 0 <= toZ e) l.

Section Costs.
  Variable m : nat.

  (* What a sequence of tokens costs. *)
  Fixpoint cost (C : list charge) (seen : bool) (p : list nat) : Z :=
    match C, p with
    | c :: C, t :: p =>
        (if (t =? m)%nat then toZ (if seen then c_again c else c_first c) else toZ (nth t (c_others c) zero)) +
        cost C (seen || (t =? m))%nat p
    | _, _ => 0
    end.

  Definition charge_ok (c : charge) :=
    0 <= toZ (c_first c) /\ 0 <= toZ (c_again c) /\ nonnegative (c_others c) /\ length (c_others c) = m.

  Lemma charge_nonnegative c t : charge_ok c -> (t < m)%nat -> 0 <= toZ (nth t (c_others c) zero).
  Proof.
    intros [_ [_ [N L]]] T. unfold nonnegative in N. rewrite Forall_forall in N. apply N, nth_In. lia.
  Qed.

  Lemma cost_nonnegative C : Forall charge_ok C -> forall seen p, In p (tails m (length C) seen) -> 0 <= cost C seen p.
  Proof.
    induction 1 as [|c C K N IH]; intros seen p I; [easy|]. apply in_tails_inv in I.
    destruct I as [t [p' [-> [T I]]]]. cbn [cost]. specialize (IH _ _ I).
    destruct (Nat.eqb_spec t m); [|pose proof (charge_nonnegative c t K ltac:(lia)); lia].
    destruct K as [K1 [K2 _]]. destruct seen; lia.
  Qed.
End Costs.

Section Proof.
  Variable W : Z.
  Hypothesis W0 : 1 < W.

  Definition value (l : list int) := zsum (fun e => 2 ^ (W * toZ e)) l.

  Lemma halves_ok h l : 0 <= toZ h -> nonnegative l ->
    value l = value (fst (halves h l)) + 2 ^ (W * toZ h) * value (snd (halves h l)) /\
    Forall (fun e => 0 <= toZ e < toZ h) (fst (halves h l)) /\ nonnegative (snd (halves h l)) /\
    forall n, Forall (fun e => toZ e < n) l -> Forall (fun e => toZ e < n - toZ h) (snd (halves h l)).
  Proof.
    intros h0 N. unfold value. induction N as [|e l e0 N IH]; [cbn; repeat constructor; lia|].
    cbn [halves]. destruct (halves h l) as [a b]. cbn [fst snd] in IH. destruct IH as [E [A [B C]]].
    rewrite toZ_leb. destruct (Z.leb_spec (toZ h) (toZ e)) as [L|L]; cbn [fst snd zsum]; rewrite E.
    - split; [|split; [exact A|split]].
      + rewrite toZ_sub, (Z.mul_add_distr_l (2 ^ _)), <- Z.pow_add_r by nia.
        replace (W * toZ h + W * (toZ e - toZ h)) with (W * toZ e) by ring. lia.
      + constructor; [rewrite toZ_sub; lia|exact B].
      + intros n F. inversion F; subst. constructor; [rewrite toZ_sub; lia|auto].
    - split; [lia|]. split; [constructor; [lia|exact A]|]. split; [exact B|].
      intros n F. inversion F; auto.
  Qed.

  Lemma packed_ok k : forall l, Forall (fun e => 0 <= toZ e < 2 ^ Z.of_nat k) l -> toZ (packed (scales W k) l) = value l.
  Proof.
    induction k as [|k IH]; intros l F.
    - cbn [scales]. destruct l as [|e l]; [apply toZ_zero|]. cbn [packed]. rewrite toZ_ofZ. unfold value.
      rewrite (zsum_ext _ (fun _ => 1)); [rewrite zsum_const; lia|].
      intros a I. rewrite Forall_forall in F. specialize (F a I). replace (toZ a) with 0 by (change (2 ^ Z.of_nat 0) with 1 in F; lia).
      now rewrite Z.mul_0_r.
    - destruct l as [|e l]; [apply toZ_zero|]. set (l' := e :: l) in *. cbn [scales].
      change (packed _ l') with (let (a, b) := halves (ofZ (2 ^ Z.of_nat k)) l' in
        add (packed (scales W k) a) (shl (packed (scales W k) b) (ofZ (W * 2 ^ Z.of_nat k)))).
      assert (h0 : 0 < 2 ^ Z.of_nat k) by (apply Z.pow_pos_nonneg; lia).
      destruct (halves_ok (ofZ (2 ^ Z.of_nat k)) l') as [E [A [B C]]]; [rewrite toZ_ofZ; lia|eapply Forall_impl; [|exact F]; simpl; intros; lia|].
      specialize (C (2 ^ Z.of_nat (S k)) ltac:(eapply Forall_impl; [|exact F]; simpl; intros; lia)).
      rewrite toZ_ofZ in *. destruct (halves _ l') as [a b]. cbn [fst snd] in *.
      rewrite toZ_add, toZ_shl, toZ_ofZ, Z.shiftl_mul_pow2 by nia. rewrite E, (IH a A), IH.
      + rewrite Z.mul_comm. reflexivity.
      + unfold nonnegative in B. rewrite Forall_forall in *. intros x I. specialize (B x I). specialize (C x I). cbn beta in C.
        rewrite Nat2Z.inj_succ, Z.pow_succ_r in C by lia. lia.
  Qed.

  (* Modulo 2^W - 1 *)
  Lemma power_one e : 0 <= e -> 2 ^ (W * e) mod (2 ^ W - 1) = 1.
  Proof.
    intros h. assert (b : 2 ^ 2 <= 2 ^ W) by (apply Z.pow_le_mono_r; lia). rewrite Z.pow_mul_r by lia. rewrite Zpower_mod by lia.
    replace (2 ^ W mod (2 ^ W - 1)) with 1; [rewrite Z.pow_1_l, Z.mod_1_l; lia|].
    rewrite <- (Z_mod_plus_full _ (-1)), Z.mod_small; lia.
  Qed.

  Lemma digit_sum_ok k x : toZ (digit_sum (scales W k) x) mod (2 ^ W - 1) = toZ x mod (2 ^ W - 1).
  Proof.
    revert x. induction k as [|k IH]; intros x; [easy|]. cbn [scales digit_sum]. cbv zeta. rewrite IH.
    assert (h0 : 0 < 2 ^ Z.of_nat k) by (apply Z.pow_pos_nonneg; lia).
    rewrite toZ_add, toZ_sub, toZ_shl, toZ_shr, toZ_ofZ, Z.shiftl_mul_pow2, Z.shiftr_div_pow2 by nia.
    set (high := toZ x / _). replace (high + _) with (toZ x - high * (2 ^ (W * 2 ^ Z.of_nat k) - 1)) by ring.
    rewrite Zminus_mod, Zmult_mod, (Zminus_mod (2 ^ _)), power_one by lia.
    assert (b : 2 ^ 2 <= 2 ^ W) by (apply Z.pow_le_mono_r; lia).
    now rewrite (Z.mod_1_l (2 ^ W - 1)), Z.sub_diag, Z.mod_0_l, Z.mul_0_r, Z.mod_0_l, Z.sub_0_r, Z.mod_mod by lia.
  Qed.

  Variable m : nat.
  Variables G : Z.
  Variable k : nat.
  Hypothesis G_range : 0 < G <= 2 ^ Z.of_nat k.
  Let M := 2 ^ (W * G).

  Lemma M_large : 1 < M.
  Proof. unfold M. assert (2 ^ 1 <= 2 ^ (W * G)) by (apply Z.pow_le_mono_r; nia). lia. Qed.

  Lemma mask_ok x : toZ (land x (mask W G)) = toZ x mod M.
  Proof.
    rewrite toZ_land. unfold mask. rewrite toZ_sub, toZ_shl, toZ_ofZ, toZ_one, Z.shiftl_mul_pow2, Z.mul_1_l by nia.
    unfold M. rewrite <- Z.land_ones by nia. now rewrite Z.ones_equiv, <- Z.sub_1_r.
  Qed.

  Lemma dear e : G <= e -> 2 ^ (W * e) mod M = 0.
  Proof.
    intros h. unfold M. replace (W * e) with (W * (e - G) + W * G) by ring. rewrite Z.pow_add_r by nia.
    apply Z_mod_mult.
  Qed.

  Lemma kept_ok l : nonnegative l -> toZ (packed (scales W k) (filter (fun e => negb (leb (ofZ G) e)) l)) mod M = value l mod M.
  Proof.
    intros N. rewrite packed_ok.
    - unfold value. induction N as [|e l e0 N IH]; [easy|]. cbn [filter zsum]. rewrite toZ_leb, toZ_ofZ.
      destruct (Z.leb_spec G (toZ e)) as [L|L]; cbn [negb zsum].
      + rewrite (Zplus_mod (2 ^ _)), dear, Z.add_0_l, Z.mod_mod by (pose proof M_large; lia). exact IH.
      + now rewrite (Zplus_mod (2 ^ _)), IH, <- Zplus_mod.
    - apply Forall_forall. intros e I. apply filter_In in I. destruct I as [I K]. rewrite toZ_leb, toZ_ofZ in K.
      apply negb_true_iff, Z.leb_gt in K. unfold nonnegative in N. rewrite Forall_forall in N. specialize (N e I). lia.
  Qed.

  Lemma monomial_ok e x : 0 <= toZ e -> toZ (monomial (ofZ W) (ofZ G) e x) mod M = 2 ^ (W * toZ e) * toZ x mod M.
  Proof.
    intros e0. unfold monomial. rewrite toZ_leb, toZ_ofZ. destruct (Z.leb_spec G (toZ e)) as [L|L].
    - rewrite Zmult_mod, dear, toZ_zero by lia. easy.
    - rewrite toZ_shl, toZ_mul, toZ_ofZ, Z.shiftl_mul_pow2, Z.mul_comm by nia. easy.
  Qed.

  Definition powers (C : list charge) (seen : bool) := zsum (fun p => 2 ^ (W * cost m C seen p)) (tails m (length C) seen).

  Lemma zsum_flat_map {A B} (f : B -> Z) (g : A -> list B) l : zsum f (flat_map g l) = zsum (fun a => zsum f (g a)) l.
  Proof. induction l as [|a l IH]; [easy|]. cbn [flat_map zsum]. now rewrite zsum_app, IH. Qed.

  Lemma zsum_nth f (l : list int) : zsum (fun t => f (nth t l zero)) (seq 0 (length l)) = zsum f l.
  Proof.
    induction l as [|a l IH]; [easy|]. cbn [length seq zsum nth]. rewrite <- seq_shift, zsum_map. now rewrite IH.
  Qed.

  Lemma powers_cons c C seen : charge_ok m c -> Forall (charge_ok m) C -> powers (c :: C) seen =
    value (c_others c) * powers C seen + 2 ^ (W * toZ (if seen then c_again c else c_first c)) * powers C true.
  Proof.
    intros K N. assert (part : forall t a, (t <= m)%nat -> 0 <= a ->
      (if (t =? m)%nat then toZ (if seen then c_again c else c_first c) else toZ (nth t (c_others c) zero)) = a ->
      zsum (fun p => 2 ^ (W * cost m (c :: C) seen p)) (map (cons t) (tails m (length C) (seen || (t =? m)%nat))) =
      2 ^ (W * a) * powers C (seen || (t =? m)%nat)).
    { intros t a T a0 E. rewrite zsum_map. unfold powers. rewrite <- zsum_mul. apply zsum_ext. intros p I.
      cbn [cost]. rewrite E, Z.mul_add_distr_l. apply Z.pow_add_r; [nia|].
      pose proof (cost_nonnegative m C N _ p I). nia. }
    pose proof K as [K1 [K2 [_ L]]].
    unfold powers at 1. cbn [length]. rewrite tails_S, zsum_flat_map, seq_S, zsum_app. cbn [zsum plus]. rewrite Z.add_0_r.
    f_equal.
    - unfold value. rewrite <- (zsum_nth (fun e => 2 ^ (W * toZ e)) (c_others c)), L, (Z.mul_comm (zsum _ _)), <- zsum_mul.
      apply zsum_ext. intros t I. apply in_seq in I. rewrite (part t (toZ (nth t (c_others c) zero))); [| lia | |].
      + replace (t =? m)%nat with false by (symmetry; apply Nat.eqb_neq; lia). rewrite orb_false_r. apply Z.mul_comm.
      + apply (charge_nonnegative m); [exact K|lia].
      + replace (t =? m)%nat with false by (symmetry; apply Nat.eqb_neq; lia). easy.
    - rewrite (part m (toZ (if seen then c_again c else c_first c))); [now rewrite Nat.eqb_refl, orb_true_r|lia|destruct seen; lia|].
      now rewrite Nat.eqb_refl.
  Qed.

  Lemma polynomials_ok C free_only : Forall (charge_ok m) C ->
    let (free, need) := polynomials (scales W k) (ofZ W) (ofZ G) (mask W G) free_only C in
    toZ free = powers C true mod M /\ (free_only = false -> toZ need = powers C false mod M).
  Proof.
    induction 1 as [|c C K N IH].
    - cbn [polynomials]. rewrite toZ_one, toZ_zero. pose proof M_large. unfold powers. cbn. rewrite Z.mul_0_r.
      split; [now rewrite Z.mod_1_l|intros _; now rewrite ?Z.mod_0_l by lia].
    - cbn [polynomials]. destruct (polynomials _ _ _ _ _ C) as [free need]. destruct IH as [F U].
      pose proof K as [K1 [K2 [K3 _]]]. pose proof (kept_ok _ K3) as E. rewrite !powers_cons by assumption.
      set (others := packed _ _) in *. split.
      + rewrite mask_ok, toZ_mul, toZ_add, F. rewrite Z.mul_mod_idemp_r by (pose proof M_large; lia).
        rewrite <- Z.mul_add_distr_r, Zmult_mod, (Zplus_mod (toZ others)), E, monomial_ok, toZ_one, Z.mul_1_r by assumption.
        now rewrite <- Zplus_mod, <- Zmult_mod.
      + intros ->. specialize (U eq_refl). rewrite mask_ok, toZ_add, toZ_mul, U.
        rewrite Zplus_mod, monomial_ok, F by assumption. rewrite !Z.mul_mod_idemp_r by (pose proof M_large; lia).
        rewrite (Zmult_mod (toZ others)), E, <- Zmult_mod. now rewrite <- Zplus_mod.
  Qed.

  (* The coefficients below G of a sum of powers, all together. *)
  Lemma coefficients {A} (f : A -> Z) l : (forall a, In a l -> 0 <= f a) -> Z.of_nat (length l) < 2 ^ W - 1 ->
    (zsum (fun a => 2 ^ (W * f a)) l mod M) mod (2 ^ W - 1) = Z.of_nat (length (filter (fun a => f a <? G) l)).
  Proof.
    intros N few. assert (M1 := M_large).
    assert (small : zsum (fun a => 2 ^ (W * f a)) l mod M = zsum (fun a => 2 ^ (W * f a)) (filter (fun a => f a <? G) l) mod M).
    { clear few. induction l as [|a l IH]; [easy|]. cbn [filter zsum]. rewrite Zplus_mod, IH by (intros; apply N; now right).
      destruct (Z.ltb_spec (f a) G) as [L|L]; cbn [zsum]; [now rewrite <- Zplus_mod|].
      rewrite dear by exact L. rewrite Z.add_0_l, Z.mod_mod; [reflexivity|]. clear - M1. lia. }
    rewrite small. clear small.
    assert (few' : Z.of_nat (length (filter (fun a => f a <? G) l)) < 2 ^ W - 1).
    { apply Z.le_lt_trans with (2 := few). apply inj_le. rewrite <- (length_filter_negb (fun a => f a <? G) l). apply Nat.le_add_r. }
    assert (B : forall a, In a (filter (fun a => f a <? G) l) -> 0 <= f a < G).
    { intros a I. apply filter_In in I. destruct I as [I L]. apply Z.ltb_lt in L. split; [now apply N|exact L]. }
    set (l' := filter _ l) in *. clearbody l'. rewrite (Z.mod_small _ M).
    - rewrite <- (Z.mod_small (Z.of_nat (length l')) (2 ^ W - 1)) by lia. clear few few' N.
      induction l' as [|a l' IH]; [easy|]. cbn [zsum length]. rewrite Nat2Z.inj_succ, <- Z.add_1_l.
      rewrite (Zplus_mod (2 ^ (W * f a))), (Zplus_mod 1), power_one, IH by
        (apply (B a (or_introl eq_refl)) || (intros; apply B; now right)).
      assert (b : 2 ^ 2 <= 2 ^ W) by (apply Z.pow_le_mono_r; lia). now rewrite Z.mod_1_l by lia.
    - split; [apply zsum_nonneg; intros; apply Z.pow_nonneg; lia|].
      apply Z.le_lt_trans with (zsum (fun _ => 2 ^ (W * (G - 1))) l').
      + apply zsum_le. intros a I. apply Z.pow_le_mono_r; [lia|]. specialize (B a I). nia.
      + rewrite zsum_const. unfold M. replace (W * G) with (W + W * (G - 1)) by ring. rewrite Z.pow_add_r by nia.
        apply Z.mul_lt_mono_pos_r; [apply Z.pow_pos_nonneg; nia|lia].
  Qed.

  Theorem cheap_count C seen : Forall (charge_ok m) C -> Z.of_nat (length (tails m (length C) seen)) < 2 ^ W - 1 ->
    cheap W G (scales W k) seen C = Z.of_nat (length (filter (fun p => cost m C seen p <? G) (tails m (length C) seen))).
  Proof.
    intros N few. unfold cheap. pose proof (polynomials_ok C seen N) as P. destruct (polynomials _ _ _ _ _ C) as [free need].
    rewrite digit_sum_ok, <- coefficients by (assumption || now apply cost_nonnegative).
    f_equal. unfold powers in P. destruct P as [F U]. destruct seen; auto.
  Qed.
End Proof.
