(* How far any float32 logit of a model can be from the real one, computed from the bits of its weights, for each query.
   Every number is an upper bound in units of 2^-U, U = 2 B, where the weights are integers times 2^-B.
   Main theorems: query_shift_ok, output_errors_ok. *)
From Coq Require Import Reals ZArith List Lia Lra PeanoNat.
Import ListNotations.
From Maxcert Require Import Statement Sums Separability Integers Intervals Decoding Matrices Exponential Attention Paths.
From Maxcert Require Import Float32Statement Rounding Float32Scores Float32Softmax Float32Layers Float32Logits Float32Units.

(* ---------- The program ---------- *)

Definition each (s : int) (l : row) : row := map (fun x => add x s) l.          (* s added to each *)
Definition scaled_up (num shift : Z) (l : row) : row := map (fun x => ceiling (mul x (ofZ num)) (ofZ shift)) l.  (* times num / 2^shift *)
Definition rates (n : nat) (l : row) : row := map (by_rate n) l.
Definition at_most (bound : int) (l : row) : bool := forallb (fun x => leb x bound) l.

Section Program.
  Variables B k : Z.          (* exp within k units in the last place *)
  Variable subtracts : bool.  (* whether softmax subtracts the largest score *)
  Variables K D H : nat.      (* n_ctx, d_model, d_head *)
  Let U := (2 * B)%Z.
  Let s1 := one_speck U.
  Definition limit (e : Z) : int := ofZ (2 ^ (e + U)).  (* 2^e *)

  (* What the rows X through W (transposed) may lose; Rabs of both. *)
  Definition projection_error (sizes : row) : row := each s1 (rates (S D) sizes).

  (* Of a query: bounds on its float scores' errors, and from them what attention may move of a mean, per unit of range. *)
  Definition root_times (r : int) (x : int) : int := ceiling (mul x r) (ofZ 60).
  Definition score_error (r : int) (aq eq bk ek : row) : int :=
    let aqe := plus aq eq in let bke := plus bk ek in
    add (root_times r (add (by_rate (H + 5) (up_dot U aqe bke)) (add (up_dot U eq bke) (up_dot U aq ek)))) s1.
  Definition largest_score (r : int) (aq bk : row) : int := root_times r (up_dot U aq bk).
  Definition exponent_error (es sm : int) : int := let span := add sm es in add es (add (by_rate 1 (add span span)) s1).
  Definition relative_error (l : int) : int :=
    let l' := let q := up_mul U l l in add l (add q q) in
    let unit := ofZ (k * 2 ^ (U - 23)) in
    add l' (add unit (up_mul U l' unit)).
  Definition shift_of_means (t : int) : int :=
    let c := power_up U (-34) in
    let a := add (ceiling t (ofZ 1)) c in
    let b := add t c in
    add a (up_mul U a (add b b)).
  Definition query_shift (r : int) (aq eq bk ek : row) : option int :=
    let es := score_error r aq eq bk ek in
    let sm := largest_score r aq bk in
    let l := exponent_error es sm in
    if ((subtracts || leb (add sm es) (ofZ (55 * 2 ^ U))) && leb (total (plus aq eq)) (limit 27) && leb (up_dot U (plus aq eq) (plus bk ek)) (limit 40) && leb l (limit (-8)))%bool
    then Some (shift_of_means (relative_error l)) else None.

  (* Of an output: all that does not depend on the query. *)
  Definition mixture_error (bv ev : row) : row :=
    let size := plus bv ev in
    plus (plus (rates (2 * K + 4) size) (scaled_up 9 3 ev)) (each s1 (rates K (scaled_up 5 2 size))).
  Definition through_weights (a : row) (Wt : list row) : row := map (fun w => ceiling (dot a w) (ofZ B)) Wt.
  Record layer := { l_fits : bool; l_output : row (* [d_model]: on the sum *); l_size : row (* of the sum *) }.
  Definition output_layer (bx bv m : row) (aOt : list row) : layer :=
    let po := through_weights (plus (scaled_up 9 3 bv) m) aOt in
    let eo := each s1 (rates H po) in
    let ex := each s1 (rates 1 bx) in
    let size := plus (plus bx ex) (plus po eo) in
    let es := each s1 (rates 1 size) in
    {| l_fits := (at_most (limit 40) po && at_most (limit 40) size)%bool; l_output := plus ex (plus eo es); l_size := plus size es |}.
  Definition output_errors (m : row) (o : layer) (aUt aOUt : list row) : option row :=
    let pu := through_weights (l_size o) aUt in
    if (l_fits o && at_most (limit 40) pu)%bool then
      Some (plus (map (up_dot U m) aOUt) (plus (through_weights (l_output o) aUt) (each s1 (rates D pu))))
    else None.
End Program.

Definition extent (l : row) : int := add (largest l) (largest (map opp l)).
(* For each query: a bound on the errors of all logits. *)
Definition logit_errors (B k : Z) (subtracts : bool) (w : weights) (p : paths) : option row :=
  match matrix B (wE w), matrix B (wP w), matrix B (wQ w), matrix B (wK w), matrix B (wV w), matrix B (wO w), matrix B (wU w) with
  | Some E, Some P, Some Q, Some Kw, Some V, Some Ou, Some U =>
    let n := length (wP w) in let D := length (wU w) in let H := length (wO w) in
    let X := flat_map (fun e => plus_row P e) E in
    let Xq := plus_row E (nth (n - 1) P []) in
    let aX := map (map magnitude_of) X in
    let aXq := map (map magnitude_of) Xq in
    let Qt := transpose Q in let Kt := transpose Kw in let Vt := transpose V in
    let abs := map (map magnitude_of) in
    let aQt := abs Qt in let aKt := abs Kt in let aVt := abs Vt in
    let aUt := abs (transpose U) in let aOt := abs (transpose Ou) in
    let OUt := transpose (matmul Ou U) in
    let ck := tops H (mulT aX aKt) in
    let cv := tops H (mulT aX aVt) in
    let bk := tops H (mulT X Kt) in
    let bv := tops H (mulT X Vt) in
    let bx := map (fun x => shl x (ofZ B)) (tops D X) in
    let ek := projection_error B D ck in
    let ev := projection_error B D cv in
    let m := mixture_error B n bv ev in
    let r := ofZ (Z.sqrt (2 ^ 120 / Z.of_nat H) + 1) in
    let columns_fit := forallb (fun W => at_most (ofZ (2 ^ (28 + B))) (map total W)) [aQt; aKt; aVt] in
    let widths := map (fun ab => ceiling (add (extent (fst ab)) (extent (snd ab))) (ofZ (2 * B))) (combine (transpose (tEVOU p)) (transpose (tPVOU p))) in
    let fits := ((12 <=? B) && (0 <=? k) && (k <=? 65536))%Z%bool in
    let few := forallb (fun n => (Nat.leb 1 n && Nat.leb n 1024)%bool) [n; D; H] in
    if (fits && few && columns_fit && at_most (limit B 40) bx && at_most (limit B 40) ck && at_most (limit B 40) cv &&
        leb (total (plus bk ek)) (limit B 27) && at_most (limit B 40) (plus bv ev))%bool then
      match output_errors B D m (output_layer B H bx bv m aOt) aUt (abs OUt) with
      | None => None
      | Some c =>
        all (fun x =>
          let cq := map (dot (map magnitude_of x)) aQt in
          let aq := map magnitude_of (map (dot x) Qt) in
          if at_most (limit B 40) cq then
            match query_shift B k subtracts H r aq (projection_error B D cq) bk ek with
            | None => None
            | Some sh => Some (largest (plus (map (fun d => up_mul (2 * B) d sh) widths) c))
            end
          else None) Xq
      end
    else None
  | _, _, _, _, _, _, _ => None
  end.

(* ---------- Its proof ---------- *)
Open Scope R_scope.

Section Rows.
  Variable B : Z.
  Hypothesis B12 : (12 <= B)%Z.
  Let U0 : (0 <= 2 * B)%Z. Proof. lia. Qed.
  Notation val := (val (2 * B)).
  Notation v := (v (2 * B)).
  Notation s1 := (one_speck (2 * B)).

  Lemma v_each s l i : (i < length l)%nat -> v (each s l) i = v l i + val s.
  Proof. intros h. unfold each. rewrite v_map by exact h. now rewrite val_add. Qed.
  Lemma v_rates n l i : (i < length l)%nat -> rate n * v l i <= v (rates n l) i.
  Proof. intros h. unfold rates. rewrite v_map by exact h. now apply val_by_rate. Qed.
  Lemma v_scaled_up num shift l i : (0 <= shift)%Z -> (i < length l)%nat -> IZR num / IZR (2 ^ shift) * v l i <= v (scaled_up num shift l) i.
  Proof.
    intros s h. unfold scaled_up. rewrite v_map by exact h. apply Rle_trans with (2 := val_ceiling _ U0 _ _ s). rewrite val_mul_ofZ by exact U0.
    unfold Float32Units.v. right. unfold Rdiv. ring.
  Qed.
  Lemma each_length s l : length (each s l) = length l. Proof. apply map_length. Qed.
  Lemma rates_length n l : length (rates n l) = length l. Proof. apply map_length. Qed.
  Lemma scaled_length a b l : length (scaled_up a b l) = length l. Proof. apply map_length. Qed.
  Lemma at_most_ok b l i : at_most b l = true -> (i < length l)%nat -> v l i <= val b.
  Proof.
    intros h I. unfold at_most in h. rewrite forallb_forall in h. apply leb_val; [exact U0|]. apply h. now apply nth_In.
  Qed.
  Lemma val_limit e : (0 <= e + 2 * B)%Z -> val (limit B e) = powerRZ 2 e.
  Proof.
    intros h. unfold limit. rewrite val_ofZ, !power_of_two by lia. rewrite powerRZ_add by lra. field. apply Rgt_not_eq, powerRZ_lt. lra.
  Qed.
  Lemma limit_40 : val (limit B 40) = big. Proof. apply val_limit. lia. Qed.
  Lemma limit_27 : val (limit B 27) = big / 8192. Proof. rewrite val_limit by lia. rewrite big_value. simpl. lra. Qed.
  Lemma limit_8 : val (limit B (-8)) = / 256. Proof. rewrite val_limit by lia. simpl. lra. Qed.
  Lemma speck_s1 : speck <= val s1. Proof. now apply val_speck. Qed.
  Lemma tiny_s1 : tiny <= val s1. Proof. pose proof speck_s1. pose proof speck_tiny. pose proof tiny_pos. lra. Qed.
  Lemma rate_1 : u <= rate 1.
  Proof. unfold rate. change (INR 1) with 1. pose proof u_pos. assert (0 <= u * u) by (apply Rmult_le_pos; lra). lra. Qed.

  Lemma projection_error_ok D c h : (h < length c)%nat -> rate (S D) * v c h + speck <= v (projection_error B D c) h.
  Proof.
    intros I. unfold projection_error. rewrite v_each by (rewrite rates_length; exact I). pose proof (v_rates (S D) c h I). pose proof speck_s1. lra.
  Qed.
  Lemma projection_length D c : length (projection_error B D c) = length c.
  Proof. unfold projection_error. now rewrite each_length, rates_length. Qed.

  (* ---------- A query's attention ---------- *)

  Section Query.
    Variables k : Z.
    Variable subtracts : bool.
    Variable H : nat.
    Variable r : int.
    Variables aq eq bk ek : row.
    Hypothesis lengths : length aq = H /\ length eq = H /\ length bk = H /\ length ek = H.
    Hypothesis nonneg : forall h, (h < H)%nat -> 0 <= v aq h /\ 0 <= v eq h /\ 0 <= v bk h /\ 0 <= v ek h.
    Hypothesis r_above : root H <= IZR (toZ r) / IZR (2 ^ 60).
    Hypothesis H_some : (1 <= H)%nat.
    Hypothesis k_range : (0 <= k <= 65536)%Z.

    Lemma root_times_ok x y : 0 <= y -> y <= val x -> root H * y <= val (root_times r x).
    Proof.
      intros y0 h. unfold root_times. apply Rle_trans with (2 := val_ceiling _ U0 _ 60 ltac:(lia)).
      destruct (root_bounds H H_some) as [r0 _].
      apply Rle_trans with (IZR (toZ r) / IZR (2 ^ 60) * val x); [apply Rmult_le_compat; lra|].
      unfold Float32Units.val. rewrite toZ_mul, mult_IZR. right. pose proof (power_positive _ U0). pose proof (power_positive 60 ltac:(lia)). field. lra.
    Qed.

    Theorem query_shift_ok sh : query_shift B k subtracts H r aq eq bk ek = Some sh -> exists es SM L,
      (sum H (fun h => v aq h + v eq h) <= big / 8192 /\ sum H (fun h => (v aq h + v eq h) * (v bk h + v ek h)) <= big) /\
      root H * (rate (H + 5) * sum H (fun h => (v aq h + v eq h) * (v bk h + v ek h))
        + sum H (fun h => v eq h * (v bk h + v ek h) + v aq h * v ek h)) + speck <= es /\
      root H * sum H (fun h => v aq h * v bk h) <= SM /\ es + u * (2 * (SM + es)) + tiny <= L /\ L <= / 256 /\ (subtracts = true \/ SM + es <= 55) /\
      attention_shift (IZR k) L <= val sh.
    Proof.
      destruct lengths as [la [le [lb lk]]]. unfold query_shift.
      set (es := score_error B H r aq eq bk ek). set (sm := largest_score B r aq bk). set (l := exponent_error B es sm).
      destruct ((subtracts || leb (add sm es) (ofZ (55 * 2 ^ (2 * B)))) && leb (total (plus aq eq)) (limit B 27) && leb (up_dot (2 * B) (plus aq eq) (plus bk ek)) (limit B 40) && leb l (limit B (-8)))%bool eqn:g; [|discriminate].
      apply andb_prop in g. destruct g as [g g3]. apply andb_prop in g. destruct g as [g g2]. apply andb_prop in g. destruct g as [g0 g1].
      assert (small : subtracts = true \/ val sm + val es <= 55).
      { apply Bool.orb_prop in g0. destruct g0 as [g0|g0]; [now left|right]. apply (leb_val _ U0) in g0. rewrite (val_add _), (val_ofZ _), mult_IZR in g0.
        pose proof (power_positive _ U0). replace (55 * IZR (2 ^ (2 * B)) / IZR (2 ^ (2 * B))) with 55 in g0 by (field; lra). exact g0. }
      apply (leb_val _ U0) in g1, g2, g3. rewrite limit_27 in g1. rewrite limit_40 in g2. rewrite limit_8 in g3.
      assert (lae : length (plus aq eq) = H) by (apply (plus_length _ U0); assumption). assert (lbk : length (plus bk ek) = H) by (apply (plus_length _ U0); assumption).
      assert (pa : forall h, (h < H)%nat -> v (plus aq eq) h = v aq h + v eq h) by (intros h I; now apply (v_plus _ U0 H)).
      assert (pb : forall h, (h < H)%nat -> v (plus bk ek) h = v bk h + v ek h) by (intros h I; now apply (v_plus _ U0 H)).
      assert (d1 := val_up_dot _ U0 H _ _ lae lbk). rewrite (sum_ext H _ (fun h => (v aq h + v eq h) * (v bk h + v ek h))) in d1 by (intros h I; now rewrite pa, pb).
      assert (d2 := val_up_dot _ U0 H _ _ le lbk). rewrite (sum_ext H _ (fun h => v eq h * (v bk h + v ek h))) in d2 by (intros h I; now rewrite pb).
      assert (d3 := val_up_dot _ U0 H _ _ la lk). assert (d4 := val_up_dot _ U0 H _ _ la lb).
      rewrite <- (val_total _ H _ lae), (sum_ext H _ (fun h => v aq h + v eq h)) in g1 by exact pa.
      assert (n1 : 0 <= sum H (fun h => (v aq h + v eq h) * (v bk h + v ek h))) by (apply sum_nonneg; intros h I; destruct (nonneg h I) as [a [b [c d]]]; apply Rmult_le_pos; lra).
      assert (n2 : 0 <= sum H (fun h => v eq h * (v bk h + v ek h))) by (apply sum_nonneg; intros h I; destruct (nonneg h I) as [a [b [c d]]]; apply Rmult_le_pos; lra).
      assert (n3 : 0 <= sum H (fun h => v aq h * v ek h)) by (apply sum_nonneg; intros h I; destruct (nonneg h I) as [a [b [c d]]]; apply Rmult_le_pos; lra).
      assert (n4 : 0 <= sum H (fun h => v aq h * v bk h)) by (apply sum_nonneg; intros h I; destruct (nonneg h I) as [a [b [c d]]]; apply Rmult_le_pos; lra).
      pose proof speck_s1 as S1. pose proof tiny_s1 as T1. pose proof speck_pos. pose proof u_pos. pose proof tiny_pos.
      intros e. injection e as <-. exists (val es), (val sm), (val l).
      assert (E : root H * (rate (H + 5) * sum H (fun h => (v aq h + v eq h) * (v bk h + v ek h)) + sum H (fun h => v eq h * (v bk h + v ek h) + v aq h * v ek h)) + speck <= val es).
      { unfold es, score_error. rewrite (val_add _). apply Rplus_le_compat; [|exact S1]. rewrite sum_plus. pose proof (rate_pos (H + 5)).
        apply root_times_ok; [repeat apply Rplus_le_le_0_compat; try assumption; now apply Rmult_le_pos|].
        rewrite !(val_add _). apply Rplus_le_compat; [|now apply Rplus_le_compat].
        apply Rle_trans with (2 := val_by_rate _ U0 _ _). now apply Rmult_le_compat_l. }
      assert (S : root H * sum H (fun h => v aq h * v bk h) <= val sm) by (now apply root_times_ok).
      destruct (root_bounds H H_some) as [r0 _].
      assert (es0 : 0 <= val es).
      { apply Rle_trans with (2 := E). apply Rplus_le_le_0_compat; [|lra]. apply Rmult_le_pos; [lra|]. apply Rplus_le_le_0_compat; [apply Rmult_le_pos; [apply rate_pos|exact n1]|]. rewrite sum_plus. lra. }
      assert (sm0 : 0 <= val sm) by (apply Rle_trans with (2 := S); apply Rmult_le_pos; lra).
      assert (L : val es + u * (2 * (val sm + val es)) + tiny <= val l).
      { unfold l, exponent_error. rewrite !(val_add _). set (span := add sm es). pose proof (val_by_rate _ U0 1 (add span span)) as b.
        rewrite (val_add _) in b. assert (sp : val span = val sm + val es) by (unfold span; now rewrite (val_add _)). rewrite sp in b.
        pose proof rate_1. assert (u * (2 * (val sm + val es)) <= rate 1 * (val sm + val es + (val sm + val es))) by (apply Rmult_le_compat; lra). lra. }
      split; [split; [exact g1|lra]|]. split; [exact E|split; [exact S|split; [exact L|split; [exact g3|split; [exact small|]]]]].
      assert (L0 : 0 <= val l) by (assert (0 <= u * (2 * (val sm + val es))) by (apply Rmult_le_pos; lra); lra).
      assert (unit : exp_unit (IZR k) = val (ofZ (k * 2 ^ (2 * B - 23)))).
      { unfold exp_unit. rewrite (val_ofZ _), mult_IZR, !power_of_two by lia. replace (2 * B - 23)%Z with (2 * B + (-23))%Z by lia. rewrite powerRZ_add by lra. field. apply Rgt_not_eq, powerRZ_lt. lra. }
      assert (unit0 : 0 <= exp_unit (IZR k)).
      { unfold exp_unit. apply Rmult_le_pos; [apply IZR_le; lia|apply Rlt_le, powerRZ_lt; lra]. }
      assert (T : 0 <= relative (IZR k) (val l) <= val (relative_error B k l)).
      { unfold relative, relative_error. rewrite !(val_add _), <- unit. pose proof (val_up_mul _ U0 l l) as q. set (ll := up_mul (2 * B) l l) in *.
        assert (0 <= val l * val l) by now apply Rmult_le_pos.
        pose proof (val_up_mul _ U0 (add l (add ll ll)) (ofZ (k * 2 ^ (2 * B - 23)))) as q'. rewrite <- unit, !(val_add _) in q'.
        set (t := val l + 2 * (val l * val l)) in *. assert (t * exp_unit (IZR k) <= (val l + (val ll + val ll)) * exp_unit (IZR k)) by (apply Rmult_le_compat_r; unfold t; lra).
        assert (0 <= t * exp_unit (IZR k)) by (apply Rmult_le_pos; unfold t; lra). split; [unfold t in *; lra|].
        replace ((1 + t) * (1 + exp_unit (IZR k)) - 1) with (t + exp_unit (IZR k) + t * exp_unit (IZR k)) by ring. unfold t in *. lra. }
      set (T' := relative_error B k l) in *. unfold attention_shift, shift_of_means. rewrite (val_add _).
      pose proof (val_power_up _ U0 (-34)) as C. fold crumb in C. assert (0 < crumb) by (apply powerRZ_lt; lra). set (cr := power_up (2 * B) (-34)) in *.
      set (a := add (ceiling T' (ofZ 1)) cr). set (b := add T' cr).
      assert (ha : relative (IZR k) (val l) / 2 + crumb <= val a).
      { unfold a. rewrite (val_add _). pose proof (val_ceiling _ U0 T' 1 ltac:(lia)) as c. change (IZR (2 ^ 1)) with 2 in c. lra. }
      assert (hb : relative (IZR k) (val l) + crumb <= val b) by (unfold b; rewrite (val_add _); lra).
      pose proof (val_up_mul _ U0 a (add b b)) as q. rewrite (val_add _) in q.
      apply Rle_trans with (val a * (1 + 2 * val b)); [apply Rmult_le_compat; lra|lra].
    Qed.
  End Query.

  (* ---------- An output ---------- *)

  Lemma v_map' {A} (f : A -> int) l i z : (i < length l)%nat -> v (map f l) i = val (f (nth i l z)).
  Proof. intros h. unfold Float32Units.v. now rewrite (nth_map _ _ _ z). Qed.

  Lemma plus_len n a b : length a = n -> length b = n -> length (plus a b) = n.
  Proof. apply (plus_length _ U0). Qed.
  Lemma plus_v n a b i : length a = n -> length b = n -> (i < n)%nat -> v (plus a b) i = v a i + v b i.
  Proof. apply (v_plus _ U0). Qed.

  Lemma mixture_error_ok K H bv ev : length bv = H -> length ev = H -> length (mixture_error B K bv ev) = H /\
    forall h, (h < H)%nat -> 0 <= v bv h + v ev h ->
    (2 * INR K + 4) * u * (v bv h + v ev h) + 9 / 8 * v ev h + (rate K * (5 / 4 * (v bv h + v ev h)) + speck) <= v (mixture_error B K bv ev) h.
  Proof.
    intros lb le. unfold mixture_error. set (size := plus bv ev). assert (ls : length size = H) by now apply plus_len.
    assert (l1 : length (rates (2 * K + 4) size) = H) by now rewrite rates_length. assert (l2 : length (scaled_up 9 3 ev) = H) by now rewrite scaled_length.
    assert (l5 : length (scaled_up 5 2 size) = H) by now rewrite scaled_length.
    assert (l3 : length (each s1 (rates K (scaled_up 5 2 size))) = H) by now rewrite each_length, rates_length, scaled_length.
    split; [apply plus_len; [now apply plus_len|exact l3]|]. intros h I P.
    rewrite (plus_v H) by (try exact I; try exact l3; now apply plus_len). rewrite (plus_v H) by assumption.
    rewrite v_each by (rewrite rates_length, scaled_length, ls; exact I).
    assert (sv : v size h = v bv h + v ev h) by now apply (plus_v H).
    pose proof (v_rates (2 * K + 4) size h ltac:(rewrite ls; exact I)) as a. pose proof (v_scaled_up 9 3 ev h ltac:(lia) ltac:(rewrite le; exact I)) as b.
    pose proof (v_rates K (scaled_up 5 2 size) h ltac:(rewrite l5; exact I)) as c. pose proof (v_scaled_up 5 2 size h ltac:(lia) ltac:(rewrite ls; exact I)) as d.
    change (IZR (2 ^ 3)) with 8 in b. change (IZR (2 ^ 2)) with 4 in d. rewrite sv in a, d.
    assert (r : (2 * INR K + 4) * u <= rate (2 * K + 4)).
    { unfold rate. replace (INR (2 * K + 4)) with (2 * INR K + 4) by (rewrite plus_INR, mult_INR; simpl; ring).
      assert (0 <= (2 * INR K + 4) * u) by (pose proof u_pos; pose proof (pos_INR K); apply Rmult_le_pos; lra).
      assert (0 <= (2 * INR K + 4) * u * ((2 * INR K + 4) * u)) by now apply Rmult_le_pos. lra. }
    assert ((2 * INR K + 4) * u * (v bv h + v ev h) <= rate (2 * K + 4) * (v bv h + v ev h)) by (apply Rmult_le_compat_r; assumption).
    assert (rate K * (5 / 4 * (v bv h + v ev h)) <= rate K * v (scaled_up 5 2 size) h) by (apply Rmult_le_compat_l; [apply rate_pos|exact d]).
    pose proof speck_s1. lra.
  Qed.

  Lemma through_weights_ok n m a Wt f : length a = n -> represents (IZR (2 ^ B)) m n Wt f -> length (through_weights B a Wt) = m /\
    forall x, (x < m)%nat -> sum n (fun i => v a i * f x i) <= v (through_weights B a Wt) x.
  Proof.
    intros la [lw W]. unfold through_weights. split; [now rewrite map_length|]. intros x X.
    unfold Float32Units.v at 2. rewrite (nth_map _ _ _ []) by (rewrite lw; exact X). apply (val_dot_weights _ U0); [lia|exact la|now apply W].
  Qed.

  Section Output.
    Variables k : Z.
    Variable subtracts : bool.
    Variable w : model.
    Variable s : list nat.
    Variable e : evaluation (IZR k) subtracts w s.
    Let n := n_ctx w.
    Let D := d_model w.
    Let H := d_head w.
    Hypothesis n_some : (1 <= n)%nat.
    Hypothesis n_few : INR n <= 1024.
    Hypothesis D_some : (1 <= D)%nat.
    Hypothesis D_few : INR D <= 1024.
    Hypothesis H_some : (1 <= H)%nat.
    Hypothesis H_few : INR H <= 1024.
    Variable Q : nat -> R.
    Variable sh : R.
    Hypothesis mean_ok : forall f lo hi, (forall i, (i < n)%nat -> lo <= f i <= hi) ->
      Rabs (sum n (fun i => Q i * f i) - sum n (fun i => Statement.attention w s i * f i)) <= (hi - lo) * sh.
    Hypothesis weights_ok : forall b x, (forall i, (i < n)%nat -> Rabs (x i) <= b) ->
      sum n (fun i => Rabs (f_attention _ _ _ _ e i - Q i) * Rabs (x i)) <= (2 * INR n + 4) * u * b /\
      sum n (fun i => Rabs (Q i) * Rabs (x i)) <= 9 / 8 * b /\
      sum n (fun i => Rabs (f_attention _ _ _ _ e i) * Rabs (x i)) <= 5 / 4 * b.
    Variables bv ev bx : row.
    Hypothesis lengths : length bv = H /\ length ev = H /\ length bx = D.
    Hypothesis value_near : forall i h, (i < n)%nat -> (h < H)%nat ->
      Rabs (f_value _ _ _ _ e i h - projected w s (W_V w) i h) <= v ev h /\ Rabs (projected w s (W_V w) i h) <= v bv h.
    Hypothesis values_fit : at_most (limit B 40) (plus bv ev) = true.
    Hypothesis residual_ok : forall d, (d < D)%nat ->
      Rabs (f_residual _ _ _ _ e (last w) d - residual w s (last w) d) <= u * Rabs (residual w s (last w) d) + tiny /\ Rabs (residual w s (last w) d) <= v bx d.
    Variables aUt aOt aOUt : list row.
    Hypothesis U_ok : represents (IZR (2 ^ B)) (d_vocab w) D aUt (fun x d => Rabs (W_U w d x)).
    Hypothesis O_ok : represents (IZR (2 ^ B)) D H aOt (fun d h => Rabs (W_O w h d)).
    Hypothesis OU_ok : represents (IZR (2 ^ (2 * B))) (d_vocab w) H aOUt (fun x h => Rabs (unembedded w h x)).
    Variables lo hi : nat -> R.
    Hypothesis paths_range : forall x i, (x < d_vocab w)%nat -> (i < n)%nat -> lo x <= EVOU w (nth i s 0%nat) x + PVOU w i x <= hi x.

    Theorem output_errors_ok c : let m := mixture_error B n bv ev in
      output_errors B D m (output_layer B H bx bv m aOt) aUt aOUt = Some c ->
      length c = d_vocab w /\ forall x, (x < d_vocab w)%nat -> Rabs (f_logit e x - logit w s x) <= (hi x - lo x) * sh + v c x.
    Proof.
      destruct lengths as [lb [le lx]]. cbv zeta. set (m := mixture_error B n bv ev). unfold output_errors, output_layer. cbn [l_fits l_output l_size].
      destruct (mixture_error_ok n H bv ev lb le) as [lm M]. fold m in lm, M.
      assert (size : forall h, (h < H)%nat -> v (plus bv ev) h = v bv h + v ev h) by (intros; now apply (plus_v H)).
      assert (pos : forall h, (h < H)%nat -> 0 <= v ev h /\ 0 <= v bv h).
      { intros h I. destruct (value_near 0%nat h n_some I) as [a b]. split; (eapply Rle_trans; [apply Rabs_pos|eassumption]). }
      set (b9 := plus (scaled_up 9 3 bv) m). assert (l9 : length b9 = H) by (apply plus_len; [now rewrite scaled_length|exact lm]).
      assert (v9 : forall h, (h < H)%nat -> 9 / 8 * v bv h + v m h <= v b9 h).
      { intros h I. unfold b9. rewrite (plus_v H) by (try exact I; try exact lm; now rewrite scaled_length). apply Rplus_le_compat_r.
        pose proof (v_scaled_up 9 3 bv h ltac:(lia) ltac:(rewrite lb; exact I)) as g. change (IZR (2 ^ 3)) with 8 in g. exact g. }
      set (po := through_weights B b9 aOt). destruct (through_weights_ok H D b9 aOt _ l9 O_ok) as [lpo PO]. fold po in lpo, PO.
      set (eo := each s1 (rates H po)). assert (leo : length eo = D) by (unfold eo; now rewrite each_length, rates_length).
      set (ex := each s1 (rates 1 bx)). assert (lex : length ex = D) by (unfold ex; now rewrite each_length, rates_length).
      assert (lbe : length (plus bx ex) = D) by now apply plus_len. assert (lpe : length (plus po eo) = D) by now apply plus_len.
      set (sz := plus (plus bx ex) (plus po eo)). assert (lsz : length sz = D) by now apply plus_len.
      set (es := each s1 (rates 1 sz)). assert (les : length es = D) by (unfold es; now rewrite each_length, rates_length).
      assert (loe : length (plus eo es) = D) by now apply plus_len. assert (loo : length (plus ex (plus eo es)) = D) by now apply plus_len.
      assert (lse : length (plus sz es) = D) by now apply plus_len.
      set (pu := through_weights B (plus sz es) aUt). destruct (through_weights_ok D _ _ aUt _ lse U_ok) as [lpu PU]. fold pu in lpu, PU.
      destruct (through_weights_ok D _ _ aUt _ loo U_ok) as [lou OU].
      destruct (at_most (limit B 40) po && at_most (limit B 40) sz && at_most (limit B 40) pu)%bool eqn:g; [|discriminate].
      apply andb_prop in g. destruct g as [g g3]. apply andb_prop in g. destruct g as [g1 g2]. intros E. injection E as <-.
      destruct OU_ok as [lOU OUr].
      assert (lu : length (map (up_dot (2 * B) m) aOUt) = d_vocab w) by now rewrite map_length.
      assert (lel : length (each s1 (rates D pu)) = d_vocab w) by now rewrite each_length, rates_length.
      assert (l2 : length (plus (through_weights B (plus ex (plus eo es)) aUt) (each s1 (rates D pu))) = d_vocab w) by now apply plus_len.
      split; [now apply plus_len|].
      assert (szv : forall d, (d < D)%nat -> v sz d = v bx d + v ex d + (v po d + v eo d)).
      { intros d I. unfold sz. rewrite (plus_v D) by assumption. rewrite !(plus_v D) by assumption. ring. }
      pose proof speck_s1. pose proof tiny_s1.
      intros x X. fold D in D_few. 
      apply (logit_near (IZR k) subtracts w s e n_some n_few D_some D_few H_some H_few Q sh mean_ok weights_ok (v bv) (v ev) (v m) value_near) with
        (BR := v bx) (eR := v ex) (PO := v po) (eO := v eo) (eS := v es) (PU := v pu) (eL := v (each s1 (rates D pu))) (lo := lo) (hi := hi)
        (E := fun x => (hi x - lo x) * sh + v (plus (map (up_dot (2 * B) m) aOUt) (plus (through_weights B (plus ex (plus eo es)) aUt) (each s1 (rates D pu)))) x); try assumption.
      - intros h I. rewrite <- size by exact I. rewrite <- limit_40. apply at_most_ok; [exact values_fit|]. rewrite (plus_len H) by assumption. exact I.
      - intros h I. apply M; [exact I|]. destruct (pos h I). lra.
      - intros d I. destruct (residual_ok d I) as [r1 r2]. split; [|exact r2]. apply Rle_trans with (1 := r1).
        unfold ex. rewrite v_each by (rewrite rates_length, lx; exact I). pose proof (v_rates 1 bx d ltac:(rewrite lx; exact I)).
        pose proof rate_1. assert (u * Rabs (residual w s (last w) d) <= rate 1 * v bx d) by (apply Rmult_le_compat; try assumption; [apply Rlt_le, u_pos|apply Rabs_pos]). lra.
      - intros d I. apply Rle_trans with (2 := PO d I). apply sum_le. intros h J. apply Rmult_le_compat_r; [apply Rabs_pos|now apply v9].
      - intros d I. unfold eo. rewrite v_each by (rewrite rates_length, lpo; exact I). pose proof (v_rates H po d ltac:(rewrite lpo; exact I)). fold H. lra.
      - intros d I. rewrite <- szv by exact I. unfold es. rewrite v_each by (rewrite rates_length, lsz; exact I). pose proof (v_rates 1 sz d ltac:(rewrite lsz; exact I)).
        pose proof rate_1. assert (0 <= v sz d).
        { destruct (residual_ok d I) as [r1 r2]. rewrite szv by exact I. pose proof u_pos. pose proof tiny_pos. pose proof (Rabs_pos (residual w s (last w) d)).
          assert (0 <= v ex d).
          { unfold ex. rewrite v_each by (rewrite rates_length, lx; exact I). pose proof (v_rates 1 bx d ltac:(rewrite lx; exact I)). assert (0 <= rate 1 * v bx d) by (apply Rmult_le_pos; [apply rate_pos|lra]). lra. }
          assert (0 <= v po d).
          { apply Rle_trans with (2 := PO d I). apply sum_nonneg. intros h J. apply Rmult_le_pos; [|apply Rabs_pos]. apply Rle_trans with (2 := v9 h J). destruct (pos h J).
            assert (m0 : 0 <= v m h); [|lra]. apply Rle_trans with (2 := M h J ltac:(lra)). pose proof (rate_pos n). pose proof (pos_INR n). pose proof speck_pos.
            assert (0 <= (2 * INR n + 4) * u * (v bv h + v ev h)) by (apply Rmult_le_pos; [apply Rmult_le_pos|]; lra).
            assert (0 <= rate n * (5 / 4 * (v bv h + v ev h))) by (apply Rmult_le_pos; lra). lra. }
          assert (0 <= v eo d).
          { unfold eo. rewrite v_each by (rewrite rates_length, lpo; exact I). pose proof (v_rates H po d ltac:(rewrite lpo; exact I)). assert (0 <= rate H * v po d) by (apply Rmult_le_pos; [apply rate_pos|lra]). lra. }
          lra. }
        assert (u * v sz d <= rate 1 * v sz d) by (apply Rmult_le_compat_r; assumption). lra.
      - intros d I. rewrite <- szv by exact I. rewrite <- limit_40. split; apply at_most_ok; try assumption; [rewrite lpo|rewrite lsz]; exact I.
      - intros y Y. split.
        + apply Rle_trans with (2 := PU y Y). apply sum_le. intros d I. apply Rmult_le_compat_r; [apply Rabs_pos|]. rewrite (plus_v D) by assumption. rewrite szv by exact I. lra.
        + rewrite <- limit_40. apply at_most_ok; [exact g3|]. rewrite lpu. exact Y.
      - intros y Y. rewrite v_each by (rewrite rates_length, lpu; exact Y). pose proof (v_rates D pu y ltac:(rewrite lpu; exact Y)). fold D. lra.
      - intros y Y. apply Rplus_le_compat_l. rewrite (plus_v (d_vocab w)) by assumption. apply Rplus_le_compat.
        + rewrite (v_map' _ _ _ []) by (rewrite lOU; exact Y). destruct (OUr y Y) as [l1 h1].
          apply Rle_trans with (2 := val_up_dot _ U0 H m (nth y aOUt []) lm l1). apply sum_le. intros h J. apply Req_le. f_equal. unfold Float32Units.v, Float32Units.val. rewrite h1 by exact J. field. apply Rgt_not_eq, power_positive, U0.
        + rewrite (plus_v (d_vocab w)) by assumption. apply Rplus_le_compat_r. apply Rle_trans with (2 := OU y Y). apply sum_le. intros d I.
          rewrite (plus_v D) by assumption. rewrite (plus_v D) by assumption. apply Rle_refl.
    Qed.
  End Output.
End Rows.
