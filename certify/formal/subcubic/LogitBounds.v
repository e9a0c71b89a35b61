(* T3, steps 2 and 3: upper bounds of logit differences, as tables for the check of cells.
   Main theorem: logit_tables_ok. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Integers Intervals Decoding Matrices Paths CellCheck CellCount Rows.
Import ListNotations.

(* ---------- The program ---------- *)

(* How h_m(a) = max_{x <> m} fixed x + a gain x is bounded, a the attention on m; values of a are in units of 1 / D. *)
Inductive attention_option :=
| drop_average                       (* by h_m(0) + a max gain *)
| mean_query (averages : list (list Z)) (* by two lines through h_m at the average, given by m and n, in units of 2^-24 *)
| convex.                            (* by chords between 0, 1 - 2^-1, ..., 1 - 2^-8, 1 *)

Definition denominator (o : attention_option) : Z :=
  match o with drop_average => 1 | mean_query _ => 2 ^ 24 | convex => 256 end.

(* fixed is times D already; D h_m(u / D) *)
Definition largest_logit (m : nat) (fixed gain : list int) (u : Z) : int := biggest (omit m (plus fixed (scaled (ofZ u) gain))).

Definition drop_lines (m : nat) (fixed gain : list int) : list (int * int) :=
  let at_zero := biggest (omit m fixed) in [(add at_zero (biggest (omit m gain)), at_zero)].
(* The line with this value at u / D, and slope D gain. *)
Definition line_through (D u : Z) (value slope : int) : int * int :=
  (add value (mul (ofZ (D - u)) slope), sub value (mul (ofZ u) slope)).
Definition mean_lines (m : nat) (fixed gain : list int) (u : Z) : list (int * int) :=
  let value := largest_logit m fixed gain u in
  [line_through (2 ^ 24) u value (biggest (omit m gain)); line_through (2 ^ 24) u value (smallest (omit m gain))].
(* From u to u' > u, with D - u = before (u' - u) and u = after (u' - u). *)
Definition chord (m : nat) (fixed gain : list int) (c : Z * Z * Z * Z) : int * int :=
  let '(u, u', before, after) := c in
  let value := largest_logit m fixed gain u in
  let rise := sub (largest_logit m fixed gain u') value in
  (add value (mul (ofZ before) rise), sub value (mul (ofZ after) rise)).
Definition chords : list (Z * Z * Z * Z) :=
  [(0, 128, 2, 0); (128, 192, 2, 2); (192, 224, 2, 6); (224, 240, 2, 14); (240, 248, 2, 30); (248, 252, 2, 62);
   (252, 254, 2, 126); (254, 255, 2, 254); (255, 256, 1, 255)]%Z.

(* By n = 1 .. r. *)
Definition lines_of (o : attention_option) (r m : nat) (fixed gain : list int) : list (list (int * int)) :=
  match o with
  | drop_average => repeat (drop_lines m fixed gain) r
  | mean_query averages => map (fun n => mean_lines m fixed gain (nth n (nth m averages []) 0%Z)) (seq 0 r)
  | convex => repeat (map (chord m fixed gain) chords) r
  end.

(* What stands for the direct path: EU[q] = mu + a rest, and bounds of the rest. *)
Inductive direct_option :=
| max_diff_exact                  (* mu = 0, the range of every row *)
| global_max_diff_exact           (* mu = 0, the range of all rows together *)
| max_diff_centred                (* mu = 0, each row less its entry at m; the same of EVOU *)
| against (direction : list Z).   (* mu = w W_U, sum_d |X_qd - w_d| range(W_U[d]); w in units of 2^-h *)

(* B, h: W_U is times 2^B and w times 2^h; X = W_E + W_pos[K-1] *)
Definition mean_logits (o : direct_option) (B : Z) (V : nat) (U : list (list int)) : list int :=
  match o with
  | against w => map (fun n => shl n (ofZ (3 * B))) (hd [] (matmul [map ofZ w] U))
  | _ => repeat zero V
  end.
Definition spread_of (o : direct_option) (B h : Z) (V : nat) (EU X U : list (list int)) : list (list int) :=
  match o with
  | max_diff_exact => map (fun l => repeat (range l) V) EU
  | global_max_diff_exact => let g := range (concat EU) in repeat (repeat g V) V
  | max_diff_centred => map (fun l => map (fun m => biggest (omit m (centred m l))) (seq 0 V)) EU
  | against w =>
    let lift k := map (fun n => shl n (ofZ k)) in
    let opposite := map opp (lift B (map ofZ w)) in
    let ranges := lift (2 * B)%Z (map range U) in
    map (fun n => repeat n V) (weighted (map (fun x => plus (lift h x) opposite) X) ranges)
  end.
Definition far_of (o : direct_option) (V : nat) (EVOU : list (list int)) : list (list int) :=
  vrunning match o with
  | max_diff_centred => map (fun l => map (fun m => biggest (omit m (centred m l))) (seq 0 V)) EVOU
  | _ => map (fun l => repeat (range l) V) EVOU
  end.

(* Everything but w, U and X in units of 2^-(4B+h). *)
Definition logit_tables_of (d : direct_option) (o : attention_option) (B h : Z) (V r : nat)
    (EU EVOU PVOU X U : list (list int)) : logit_tables :=
  let D := ofZ (denominator o) in
  let mu := mean_logits d B V U in
  let by_m (m : nat) :=
    let position := vmaxs (map (centred m) PVOU) in
    let gain := centred m (nth m EVOU []) in
    (lines_of o r m (scaled D (plus (centred m mu) position)) gain,
     mul D (biggest (omit m (plus (centred m (nth m EU [])) (plus gain position))))) in
  let all := map by_m (seq 0 V) in
  {| l_lines := map fst all; l_constant := map snd all;
     l_spread := map (scaled D) (spread_of d B h V EU X U);
     l_far := map (scaled D) (far_of d V EVOU) |}.

(* ---------- Lines ---------- *)
Open Scope R_scope.

Lemma repeat_nth {A} (a : A) n d : forall k, (k < n)%nat -> nth k (repeat a n) d = a.
Proof. induction n as [|n IH]; intros k K; [lia|]. destruct k as [|k]; [easy|]. apply IH. lia. Qed.

Section Lines.
  Variables (V m : nat) (p : R) (D : Z) (f g : nat -> R) (fixed gain : list int).
  Hypothesis D_pos : (0 < D)%Z.
  (* fixed x is at least D times what f x stands for *)
  Hypothesis fixed_length : length fixed = V.
  Hypothesis fixed_above : forall x, (x < V)%nat -> IZR D * f x <= IZR (toZ (nth x fixed zero)).
  Hypothesis gain_holds : holds 1 V gain g.

  Lemma largest_logit_above u x : (x < V)%nat -> x <> m -> IZR D * f x + IZR u * g x <= IZR (toZ (largest_logit m fixed gain u)).
  Proof.
    intros X N. unfold largest_logit. destruct (holds_scaled 1 V gain g (ofZ u) gain_holds) as [LG HG]. rewrite toZ_ofZ in HG.
    apply Rle_trans with (IZR (toZ (nth x (plus fixed (scaled (ofZ u) gain)) zero))).
    - assert (E : holds 1 V (plus fixed (scaled (ofZ u) gain)) (fun x => IZR (toZ (nth x fixed zero)) + IZR (toZ (nth x (scaled (ofZ u) gain) zero)))).
      { apply plus_correct; (split; [easy|intros; ring]). }
      destruct E as [_ E]. rewrite E, HG by easy. specialize (fixed_above x X). lra.
    - apply biggest_ge, in_omit; [|easy]. 
      assert (E : holds 1 V (plus fixed (scaled (ofZ u) gain)) (fun x => IZR (toZ (nth x fixed zero)) + IZR (toZ (nth x (scaled (ofZ u) gain) zero)))).
      { apply plus_correct; (split; [easy|intros; ring]). }
      rewrite (proj1 E). exact X.
  Qed.

  Notation ok lines x := (lines_ok lines (IZR D * f x) (IZR D * g x)).

  Lemma drop_ok x : D = 1%Z -> (x < V)%nat -> x <> m -> ok (drop_lines m fixed gain) x.
  Proof.
    intros -> X N a b A B. eexists. split; [now left|]. cbn [fst snd]. rewrite toZ_add, plus_IZR.
    assert (H : IZR (toZ (nth x fixed zero)) <= IZR (toZ (biggest (omit m fixed)))) by (apply biggest_ge, in_omit; [lia|easy]).
    assert (G := biggest_omit_holds 1 V gain g m x gain_holds X N). specialize (fixed_above x X).
    set (h0 := IZR (toZ (biggest (omit m fixed)))) in *. set (g0 := IZR (toZ (biggest (omit m gain)))) in *.
    assert (a * (1 * f x + 1 * g x) <= a * (h0 + g0)) by (apply Rmult_le_compat_l; lra).
    assert (b * (1 * f x) <= b * h0) by (apply Rmult_le_compat_l; lra). lra.
  Qed.

  (* The heart of mean_query+diff: which slope is safe depends on the side of the average. *)
  Lemma mean_ok u x : D = (2 ^ 24)%Z -> (x < V)%nat -> x <> m -> ok (mean_lines m fixed gain u) x.
  Proof.
    intros ED X N a b A B. unfold mean_lines. rewrite <- ED.
    assert (H := largest_logit_above u x X N). set (h := largest_logit m fixed gain u) in *.
    assert (G1 := biggest_omit_holds 1 V gain g m x gain_holds X N). assert (G2 := smallest_omit_holds 1 V gain g m x gain_holds X N).
    assert (E : a * (IZR D * f x + IZR D * g x) + b * (IZR D * f x) = (a + b) * (IZR D * f x + IZR u * g x) + g x * (a * (IZR D - IZR u) - b * IZR u)) by ring.
    assert (P : (a + b) * (IZR D * f x + IZR u * g x) <= (a + b) * IZR (toZ h)) by (apply Rmult_le_compat_l; lra).
    destruct (Rle_lt_dec 0 (a * (IZR D - IZR u) - b * IZR u)) as [S|S].
    - exists (line_through D u h (biggest (omit m gain))). split; [now left|]. unfold line_through. cbn [fst snd].
      rewrite toZ_add, toZ_sub, !toZ_mul, !toZ_ofZ, plus_IZR, minus_IZR, !mult_IZR, minus_IZR.
      assert (Q : g x * (a * (IZR D - IZR u) - b * IZR u) <= IZR (toZ (biggest (omit m gain))) * (a * (IZR D - IZR u) - b * IZR u)) by (apply Rmult_le_compat_r; lra). lra.
    - exists (line_through D u h (smallest (omit m gain))). split; [right; now left|]. unfold line_through. cbn [fst snd].
      rewrite toZ_add, toZ_sub, !toZ_mul, !toZ_ofZ, plus_IZR, minus_IZR, !mult_IZR, minus_IZR.
      assert (Q : g x * (a * (IZR D - IZR u) - b * IZR u) <= IZR (toZ (smallest (omit m gain))) * (a * (IZR D - IZR u) - b * IZR u)).
      { rewrite (Rmult_comm (g x)), (Rmult_comm (IZR (toZ _))). apply Rmult_le_compat_neg_l; lra. } lra.
  Qed.

  (* A chord lies above every one of the lines between its ends. *)
  Lemma chord_above u u' before after x a b : (u < u')%Z -> (before * (u' - u) = D - u)%Z -> (after * (u' - u) = u)%Z ->
    (x < V)%nat -> x <> m -> IZR u * (a + b) <= IZR D * a <= IZR u' * (a + b) ->
    let l := chord m fixed gain (u, u', before, after) in
    a * (IZR D * f x + IZR D * g x) + b * (IZR D * f x) <= a * IZR (toZ (fst l)) + b * IZR (toZ (snd l)).
  Proof.
    intros U HB HA X N [S1 S2]. unfold chord. cbv zeta. cbn [fst snd].
    assert (H := largest_logit_above u x X N). assert (H' := largest_logit_above u' x X N).
    set (h := largest_logit m fixed gain u) in *. set (h' := largest_logit m fixed gain u') in *.
    rewrite toZ_add, toZ_sub, !toZ_mul, !toZ_sub, !toZ_ofZ, plus_IZR, minus_IZR, !mult_IZR, !minus_IZR.
    assert (HB' : IZR before * (IZR u' - IZR u) = IZR D - IZR u) by (rewrite <- minus_IZR, <- mult_IZR, HB, minus_IZR; ring).
    assert (HA' : IZR after * (IZR u' - IZR u) = IZR u) by (rewrite <- minus_IZR, <- mult_IZR, HA; ring).
    apply IZR_lt in U. set (k := IZR u' - IZR u) in *. assert (K : 0 < k) by (unfold k; lra).
    set (s := IZR D * a - IZR u * (a + b)). set (t := IZR u' * (a + b) - IZR D * a).
    apply Rmult_le_reg_l with k; [exact K|].
    replace (k * (a * (IZR (toZ h) + IZR before * (IZR (toZ h') - IZR (toZ h))) + b * (IZR (toZ h) - IZR after * (IZR (toZ h') - IZR (toZ h)))))
      with (k * (a + b) * IZR (toZ h) + (IZR (toZ h') - IZR (toZ h)) * (a * (IZR before * k) - b * (IZR after * k))) by ring.
    rewrite HB', HA'.
    replace (a * (IZR D - IZR u) - b * IZR u) with s by (unfold s; ring).
    assert (T : t * (IZR D * f x + IZR u * g x) <= t * IZR (toZ h)) by (apply Rmult_le_compat_l; [unfold t; lra|exact H]).
    assert (T' : s * (IZR D * f x + IZR u' * g x) <= s * IZR (toZ h')) by (apply Rmult_le_compat_l; [unfold s; lra|exact H']).
    replace (k * (a + b) * IZR (toZ h) + (IZR (toZ h') - IZR (toZ h)) * s) with (t * IZR (toZ h) + s * IZR (toZ h')) by (unfold t, s, k; ring).
    apply Rle_trans with (2 := Rplus_le_compat _ _ _ _ T T'). right. unfold t, s, k. ring.
  Qed.

  Lemma convex_ok x : D = 256%Z -> (x < V)%nat -> x <> m -> ok (map (chord m fixed gain) chords) x.
  Proof.
    intros ED X N a b A B.
    assert (pick : forall c, In c chords -> let '(u, u', before, after) := c in IZR u * (a + b) <= 256 * a <= IZR u' * (a + b) ->
      exists l, In l (map (chord m fixed gain) chords) /\ a * (IZR D * f x + IZR D * g x) + b * (IZR D * f x) <= a * IZR (toZ (fst l)) + b * IZR (toZ (snd l))).
    { intros [[[u u'] before] after] I S. exists (chord m fixed gain (u, u', before, after)). split; [now apply in_map|].
      assert (ok : (u < u' /\ before * (u' - u) = 256 - u /\ after * (u' - u) = u)%Z).
      { unfold chords in I. repeat (destruct I as [E|I]; [injection E as <- <- <- <-; lia|]). destruct I. }
      destruct ok as [o1 [o2 o3]]. rewrite <- ED in o2. apply chord_above; try easy. rewrite ED. exact S. }
    unfold chords in pick. cbn [In] in pick.
    destruct (Rle_lt_dec (256 * a) (128 * (a + b))); [apply (pick (0, 128, 2, 0)%Z); [tauto|lra]|].
    destruct (Rle_lt_dec (256 * a) (192 * (a + b))); [apply (pick (128, 192, 2, 2)%Z); [tauto|lra]|].
    destruct (Rle_lt_dec (256 * a) (224 * (a + b))); [apply (pick (192, 224, 2, 6)%Z); [tauto|lra]|].
    destruct (Rle_lt_dec (256 * a) (240 * (a + b))); [apply (pick (224, 240, 2, 14)%Z); [tauto|lra]|].
    destruct (Rle_lt_dec (256 * a) (248 * (a + b))); [apply (pick (240, 248, 2, 30)%Z); [tauto|lra]|].
    destruct (Rle_lt_dec (256 * a) (252 * (a + b))); [apply (pick (248, 252, 2, 62)%Z); [tauto|lra]|].
    destruct (Rle_lt_dec (256 * a) (254 * (a + b))); [apply (pick (252, 254, 2, 126)%Z); [tauto|lra]|].
    destruct (Rle_lt_dec (256 * a) (255 * (a + b))); [apply (pick (254, 255, 2, 254)%Z); [tauto|lra]|].
    apply (pick (255, 256, 1, 255)%Z); [tauto|lra].
  Qed.

  Lemma lines_of_ok o r n x : D = denominator o -> (1 <= n <= r)%nat -> (x < V)%nat -> x <> m ->
    ok (nth (n - 1) (lines_of o r m fixed gain) []) x.
  Proof.
    intros ED Hn X N. destruct o as [|averages|]; cbn [denominator lines_of] in *.
    - rewrite (repeat_nth (drop_lines m fixed gain)) by lia. now apply drop_ok.
    - rewrite (nth_map _ _ _ 0%nat) by (rewrite seq_length; lia). now apply mean_ok.
    - rewrite (repeat_nth (map (chord m fixed gain) chords)) by lia. now apply convex_ok.
  Qed.
End Lines.
