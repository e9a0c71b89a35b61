(* The accuracy from both sides, by counting with rounded terms (T5b), from the bits of the weights. In the group of a query
   and a maximum no more sequences are wrong than all outputs win together, less what each shares with the likeliest one, and
   no fewer than the likeliest one wins by itself; the counts are made on finer and finer grids, until few sequences are open.
   Main theorem: between_brackets. *)
From Coq Require Import Reals ZArith Lra Lia List Bool PeanoNat Classical_Prop.
From Maxcert Require Import Statement Separability Terms Integers Intervals Sequences Tails Ranges Walk Matrices Exponential Attention Paths Enclosures
  Candidates Columns Count ExactTerms Exact Blocks Packed Charges Losses Overlaps Dominated.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

(* Up to 2^k steps *)
Definition grid := (nat * list (int * int))%type.
Definition grid_of (W : Z) (k : nat) : grid := (k, scales W k).

(* A grid for the upper counts, of all outputs, and one for the lower count, of one output: so that one may be finer. *)
Definition grids_of (W : Z) (ks : list nat) : list (grid * grid) := map (fun k => (grid_of W k, grid_of W (k + 1))) ks.

Section Program.
  Variable W : Z.       (* bits of a coefficient *)
  Variable enough : Z.  (* so few sequences may stay open in a group *)

  (* Outputs that may win, each with an upper bound on the number of sequences where it does. *)
  Definition contender := (input * Z)%type.

  (* Those of a list, the likeliest one first. *)
  Fixpoint front (cs : list contender) : list contender :=
    match cs with
    | [] => []
    | c :: cs => match front cs with [] => [c] | b :: l => if snd c <? snd b then b :: c :: l else c :: b :: l end
    end.

  Definition recount (m : nat) (g : grid) (seen : bool) (size : Z) (c : contender) : contender :=
    if 16 * snd c <=? enough then c else (fst c, Z.min (snd c) (wins_most W (fst g) (snd g) m seen size (fst c))).

  (* Which counts are made anew decides only how long it takes. Where all sequences together are fewer than the counts' sum by
     more than doubt, finer counts will hardly help. *)
  Definition recounted (m : nat) (g : grid) (seen : bool) (size doubt : Z) (cs : list contender) : list contender :=
    if zsum snd cs - size <=? doubt then map (recount m g seen size) cs else cs.

  Definition at_least_wrong (m : nat) (g : grid) (seen : bool) (size least : Z) (cs : list contender) : Z :=
    match front cs with
    | c :: _ => if 4 * (snd c - least) <=? enough then least else Z.max least (wins_least W (fst g) (snd g) m seen size (fst c))
    | [] => least
    end.

  (* What others share with the likeliest output is counted once. *)
  Definition added (m : nat) (g : grid) (seen : bool) (size : Z) (c d : contender) : Z :=
    if snd d <=? enough then snd d else alone W (fst g) (snd g) m seen size (fst c) (fst d) (snd d).
  Definition at_most_wrong (m : nat) (g : grid) (seen : bool) (size : Z) (cs : list contender) : Z :=
    match front cs with c :: cs => snd c + zsum (added m g seen size c) cs | [] => 0 end.

  (* Finer and finer upper counts, and how many sequences are wrong at least. *)
  Fixpoint refine (grids : list (grid * grid)) (m : nat) (seen : bool) (size doubt : Z) (cs : list contender) (least : Z)
    : list contender * Z :=
    match grids with
    | [] => (cs, least)
    | (g, finer) :: grids =>
        if Z.min size (zsum snd cs) - least <=? enough then (cs, least) else
        let cs := recounted m g seen size doubt cs in
        refine grids m seen size size cs (at_least_wrong m finer seen size least cs)
    end.

  Variable grids : list (grid * grid).
  Variable finest : grid.

  (* The numbers of right and of wrong sequences. *)
  Definition bracket_group (r q m : nat) (cs : list input) : Z * Z :=
    let seen := (q =? m)%nat in
    let size := Z.of_N (total m r seen) in
    let cs := map (fun c => (c, size)) cs in
    let (cs, least) := refine grids m seen size (zsum snd cs) cs 0 in
    let most := Z.min size (zsum snd cs) in
    (size - (if most - least <=? enough then most else Z.min most (at_most_wrong m finest seen size cs)), least).
End Program.

(* Bits of a coefficient: what all sequences of a group need. *)
Definition width (m r : nat) : Z := Z.log2 (Z.of_nat (S m) ^ Z.of_nat r) + 2.

Definition brackets (enough : Z) (ks : list nat) (r V : nat) (terms : nat -> nat -> list input) : Z * Z :=
  add_groups V (fun m =>
    let W := width m r in
    let grids := grids_of W ks in
    let finest := grid_of W (fold_right Nat.max 0%nat ks) in
    let terms := terms m in
    fun q => bracket_group W enough grids finest r q m (terms q)).

(* Of the outputs that may win, those that none of them dominates. *)
Definition rivals (T rough : tables) (V r : nat) : nat -> nat -> list input :=
  let arounds := arounds rough r in
  let positional := positional T V r in
  fun m => let candidates := candidates rough V r arounds m in
  fun q => map (input_of T r q m) (undominated T positional m q (candidates q)).

(* In a group at most 2^-e of all sequences are left open, if the grids are fine enough for that: up to 2^k steps
   for each k, four times as many for the lower end. *)
Definition brackets_proved (ks : list nat) (e : Z) (w : weights) : option (Z * Z) :=
  let B := Z.max 0 (places w) in
  let r := (length (wP w) - 1)%nat in
  let V := length (wE w) in
  match paths_of B w with
  | Some p =>
      let units := Z.min 30 (4 * B) in
      let T := enclose B 40 (60 + Z.max 0 (span B w p)) units w p in
      Some (brackets (sequences_of w / 2 ^ e) ks r V (rivals T (roughly (rough_digits units) T) V r))
  | None => None
  end.
Definition proves_bracket (ks : list nat) (e : Z) (w : weights) (low high : Z) : bool :=
  match brackets_proved ks e w with None => false | Some n => (low <=? fst n) && (sequences_of w - snd n <=? high) end.

(* ---------- Its proof ---------- *)

Lemma union_sum {A B} (event : A -> B -> bool) l xs ns : Forall2 (fun x n => Z.of_nat (length (filter (event x) l)) <= n) xs ns ->
  Z.of_nat (length (filter (fun p => existsb (fun x => event x p) xs) l)) <= zsum (fun n => n) ns.
Proof.
  induction 1 as [|x n xs ns H F IH]; cbn [zsum existsb].
  - induction l as [|p l IH]; [easy|exact IH].
  - assert (G : Z.of_nat (length (filter (fun p => event x p || existsb (fun x => event x p) xs) l)) <=
      Z.of_nat (length (filter (event x) l)) + Z.of_nat (length (filter (fun p => existsb (fun x => event x p) xs) l))); [|lia].
    clear. induction l as [|p l IH]; [easy|]. cbn [filter]. destruct (event x p), (existsb _ xs); cbn [orb length]; lia.
Qed.

Section Group.
  Open Scope R_scope.
  Variable m : nat.
  Variable f : nat -> nat -> nat -> R.
  Variable own : nat -> R.
  Variable r : nat.
  Variable seen : bool.
  Variable X : list nat.  (* the wrong outputs *)
  Let all := tails m r seen.
  Let wrong (p : list nat) := negb (goodb X f own 0 p).
  Let wrongs := Z.of_nat (length (filter wrong all)).
  Let won (x : nat) := Z.of_nat (length (filter (winsb f own x) all)).

  Lemma wrong_wins p : wrong p = true <-> exists x, In x X /\ winsb f own x p = true.
  Proof.
    unfold wrong. rewrite negb_true_iff, <- not_true_iff_false, goodb_good. unfold winsb. split.
    - intros H. apply NNPP. intros N. apply H. intros x I. apply Rnot_le_lt. intros L. apply N. exists x. split; [exact I|].
      destruct (Rlt_dec _ 0); [lra|reflexivity].
    - intros [x [I E]] H. specialize (H x I). destruct (Rlt_dec _ 0); [easy|lra].
  Qed.

  Lemma won_wrongs x : In x X -> (won x <= wrongs)%Z.
  Proof. intros I. apply inj_le, filter_le. intros p _ E. apply wrong_wins. now exists x. Qed.

  Definition contends (x : nat) (c : contender) := input_ok m f own r x (fst c) /\ (won x <= snd c)%Z.

  (* Where an output wins, one of these does. *)
  Definition covered (xs : list nat) := forall p, In p all -> forall x, In x X -> winsb f own x p = true -> exists y, In y xs /\ winsb f own y p = true.

  Lemma wrongs_covered xs : covered xs -> (wrongs <= Z.of_nat (length (filter (fun p => existsb (fun x => winsb f own x p) xs) all)))%Z.
  Proof.
    intros L. apply inj_le, filter_le. intros p I E. apply wrong_wins in E. destruct E as [x [J E]]. apply existsb_exists.
    exact (L p I x J E).
  Qed.

  Lemma wrongs_sum xs cs : Forall2 contends xs cs -> covered xs -> (wrongs <= zsum snd cs)%Z.
  Proof.
    intros F L. apply Z.le_trans with (1 := wrongs_covered xs L). rewrite <- (zsum_map (fun n => n) snd). apply union_sum.
    clear L. induction F as [|x c xs cs [_ H] F IH]; [constructor|]. cbn [map]. now constructor.
  Qed.

  Lemma front_ok xs cs : Forall2 contends xs cs -> exists ys, Forall2 contends ys (front cs) /\ forall y, In y ys <-> In y xs.
  Proof.
    induction 1 as [|x c xs cs P F [ys [G E]]]; [exists []; split; [constructor|easy]|]. cbn [front].
    destruct G as [|y b ys l Q G].
    - exists [x]. split; [constructor; [exact P|constructor]|]. intros z. specialize (E z). cbn [In] in *. tauto.
    - destruct (snd c <? snd b)%Z; [exists (y :: x :: ys)|exists (x :: y :: ys)]; (split; [auto|]);
        intros z; specialize (E z); cbn [In] in *; tauto.
  Qed.

  Variable W : Z.
  Hypothesis W_large : (1 < W)%Z.
  Hypothesis few : (Z.of_nat (length all) < 2 ^ W - 1)%Z.
  Variable enough : Z.

  Let size := Z.of_nat (length all).

  Lemma recounted_ok xs cs k doubt : Forall2 contends xs cs -> Forall2 contends xs (recounted W enough m (grid_of W k) seen size doubt cs).
  Proof.
    unfold recounted. intros F. destruct (_ <=? doubt)%Z; [|exact F]. induction F as [|x c xs cs [O P] F IH]; [constructor|].
    cbn [map]. constructor; [|exact IH]. unfold recount. destruct (16 * snd c <=? enough)%Z; [now split|]. split; [exact O|].
    cbn [snd fst]. apply Z.min_glb; [exact P|]. now apply wins_most_ok.
  Qed.

  Lemma at_least_wrong_ok xs cs k least : incl xs X -> Forall2 contends xs cs -> (least <= wrongs)%Z ->
    (at_least_wrong W enough m (grid_of W k) seen size least cs <= wrongs)%Z.
  Proof.
    intros I F H. unfold at_least_wrong. destruct (front_ok xs cs F) as [ys [G E]]. destruct G as [|y c ys l [O _] G]; [exact H|].
    destruct (_ <=? enough)%Z; [exact H|]. apply Z.max_lub; [exact H|].
    apply Z.le_trans with (won y); [now apply wins_least_ok|]. apply won_wrongs, I, E. now left.
  Qed.

  Lemma at_most_wrong_ok xs cs k : Forall2 contends xs cs -> covered xs ->
    (wrongs <= at_most_wrong W enough m (grid_of W k) seen size cs)%Z.
  Proof.
    intros F L. unfold at_most_wrong. destruct (front_ok xs cs F) as [ys [G E]].
    assert (L' : covered ys) by (intros p I x J w; destruct (L p I x J w) as [y [K H]]; exists y; split; [now apply E|exact H]).
    apply Z.le_trans with (1 := wrongs_covered ys L'). clear - G few W_large. destruct G as [|y c ys l [O H] G].
    - cbn [existsb]. clear. induction all as [|p l IH]; [easy|exact IH].
    - set (alone x p := winsb f own x p && negb (winsb f own y p)).
      assert (A : (Z.of_nat (length (filter (fun p => existsb (fun x => alone x p) ys) all)) <=
        zsum (fun n => n) (map (added W enough m (grid_of W k) seen size c) l))%Z).
      { apply union_sum. induction G as [|x d ys l [P Q] G IH]; [constructor|]. cbn [map]. constructor; [|exact IH].
        unfold added. destruct (_ <=? enough)%Z.
        - apply Z.le_trans with (2 := Q). apply inj_le, filter_le. intros p _ e. now apply andb_prop in e.
        - now apply (alone_ok m f own r y x (fst c) (fst d) O P W k seen W_large few). }
      rewrite zsum_map in A. apply Z.le_trans with (2 := Z.add_le_mono _ _ _ _ H A). unfold won. rewrite <- Nat2Z.inj_add. apply inj_le.
      clear. cbn [existsb]. induction all as [|p l IH]; [easy|]. cbn [filter].
      assert (S : winsb f own y p = false -> existsb (fun x => winsb f own x p) ys = existsb (fun x => alone x p) ys).
      { intros N. unfold alone. rewrite N. clear. induction ys as [|x ys IH]; [easy|]. cbn [existsb negb]. now rewrite IH, andb_true_r. }
      destruct (winsb f own y p); cbn [orb].
      + destruct (existsb (fun x => alone x p) ys); cbn [length]; lia.
      + rewrite S by reflexivity. destruct (existsb (fun x => alone x p) ys); cbn [length]; lia.
  Qed.

  Lemma refine_ok ks : forall xs cs doubt least, incl xs X -> Forall2 contends xs cs -> covered xs -> (least <= wrongs)%Z ->
    let n := refine W enough (grids_of W ks) m seen size doubt cs least in Forall2 contends xs (fst n) /\ (snd n <= wrongs)%Z.
  Proof.
    induction ks as [|k ks IH]; intros xs cs doubt least I F L H; cbn [grids_of map refine]; cbv zeta; [now split|].
    destruct (_ <=? enough)%Z; [now split|]. pose proof (recounted_ok xs cs k doubt F) as F'.
    apply (IH xs); try assumption. exact (at_least_wrong_ok xs _ (k + 1) least I F' H).
  Qed.
End Group.

Lemma width_large m r : (1 < width m r)%Z.
Proof. unfold width. pose proof (Z.log2_nonneg (Z.of_nat (S m) ^ Z.of_nat r)). lia. Qed.

Lemma few_tails m r seen : (Z.of_nat (length (tails m r seen)) < 2 ^ width m r - 1)%Z.
Proof.
  unfold width. set (n := (Z.of_nat (S m) ^ Z.of_nat r)%Z).
  assert (L : (Z.of_nat (length (tails m r seen)) <= n)%Z).
  { unfold n. rewrite <- Nat2Z.inj_pow. apply inj_le. destruct seen; [now rewrite length_tails_seen|].
    pose proof (length_tails_unseen m r). lia. }
  assert (N : (0 < n)%Z) by (apply Z.pow_pos_nonneg; lia). destruct (Z.log2_spec n N) as [_ U]. rewrite <- Z.add_1_r in U.
  replace (Z.log2 n + 2)%Z with (Z.log2 n + 1 + 1)%Z by ring. rewrite (Z.pow_add_r 2 _ 1) by (pose proof (Z.log2_nonneg n); lia). lia.
Qed.

Section Brackets.
  Open Scope R_scope.
  Variable w : model.
  Variable g : nat -> nat -> nat -> nat -> nat -> R.
  Hypothesis some_position : (1 <= n_ctx w)%nat.
  Hypothesis g_separates : separates w (right w) g.
  Let V := d_vocab w.
  Let r := last w.
  Variable inputs : nat -> nat -> list input.
  Hypothesis inputs_sound : forall q m, (q <= m < V)%nat -> exists xs, incl xs (outputs V m) /\
    Forall2 (input_ok m (terms g q m) (query_terms w g q m) r) xs (inputs m q) /\
    covered m (terms g q m) (query_terms w g q m) r (q =? m)%nat (outputs V m) xs.
  Variable enough : Z.
  Variable ks : list nat.
  Let k := fold_right Nat.max 0%nat ks.

  Lemma bracket_group_ok q m : (q <= m < V)%nat -> let W := width m r in
    bracket w g (bracket_group W enough (grids_of W ks) (grid_of W k) r q m (inputs m q)) (group w (q, m)).
  Proof.
    intros Q W. destruct (inputs_sound q m Q) as [xs [I [F L]]]. unfold bracket_group. cbv zeta.
    set (seen := (q =? m)%nat) in *.
    assert (S : Z.of_N (total m r seen) = Z.of_nat (length (tails m r seen))) by (rewrite length_tails; lia). rewrite S. clear S.
    assert (F' : Forall2 (contends m (terms g q m) (query_terms w g q m) r seen) xs
      (map (fun c => (c, Z.of_nat (length (tails m r seen)))) (inputs m q))).
    { clear - F. induction F as [|x c xs cs P F IH]; cbn [map]; constructor; [|exact IH]. split; [exact P|]. cbn [snd].
      pose proof (length_filter_negb (winsb (terms g q m) (query_terms w g q m) x) (tails m r seen)). lia. }
    set (cs := map _ (inputs m q)) in *. assert (N := few_tails m r seen).
    fold W in N. assert (W_large := width_large m r). fold W in W_large.
    pose proof (refine_ok m _ _ r seen (outputs V m) W W_large N enough ks xs cs (zsum snd cs) 0%Z I F' L ltac:(lia)) as R.
    cbv zeta in R. destruct (refine _ _ (grids_of W ks) _ _ _ _ cs _) as [cs' least]. cbn [fst snd] in R. destruct R as [F2 B].
    pose proof (wrongs_sum m _ _ r seen (outputs V m) xs cs' F2 L) as A.
    pose proof (at_most_wrong_ok m _ _ r seen (outputs V m) W W_large N enough xs cs' k F2 L) as A'. clear F' F2 I F L cs.
    unfold bracket, group. cbn [fst snd]. fold seen. rewrite !filter_map, !map_length.
    rewrite (length_filter_ext _ (goodb (outputs V m) (terms g q m) (query_terms w g q m) 0)) by (intros; now apply rightb_group).
    rewrite (length_filter_ext (fun a => negb (rightb w g (a ++ [q])))
      (fun p => negb (goodb (outputs V m) (terms g q m) (query_terms w g q m) 0 p))) by (intros; f_equal; now apply rightb_group).
    pose proof (length_filter_negb (goodb (outputs V m) (terms g q m) (query_terms w g q m) 0) (tails m r seen)). fold r. split; [|lia].
    destruct (_ <=? enough)%Z; lia.
  Qed.

  Theorem brackets_between : let n := brackets enough ks r V inputs in
    exists a, accuracy_is w a /\ (fst n <= a <= Z.of_nat V ^ Z.of_nat (n_ctx w) - snd n)%Z.
  Proof.
    apply (bracket_all w (right w) g some_position g_separates), (add_groups_ok w g some_position).
    intros q m H. exact (bracket_group_ok q m H).
  Qed.
End Brackets.

Section Rivals.
  Open Scope R_scope.
  Variable w : model.
  Hypothesis some_position : (1 <= n_ctx w)%nat.
  Variable c : nat -> R.
  Variables scale scale' : R.
  Hypothesis scale_pos : 0 < scale.
  Hypothesis scale_pos' : 0 < scale'.
  Variable T : tables.
  Hypothesis T_ok : tables_ok w c scale scale' T.
  Variable rough : tables.
  Variable scale'' : R.
  Hypothesis scale_pos'' : 0 < scale''.
  Hypothesis rough_ok : tables_ok w c scale scale'' rough.
  Let V := d_vocab w.
  Let r := last w.
  Let g := table w c scale scale' T.

  Lemma rivals_ok q m : (q <= m < V)%nat -> exists xs, incl xs (outputs V m) /\
    Forall2 (input_ok m (terms g q m) (query_terms w g q m) r) xs (rivals T rough V r m q) /\
    covered m (terms g q m) (query_terms w g q m) r (q =? m)%nat (outputs V m) xs.
  Proof.
    intros Q. set (cs := candidates rough V r (arounds rough r) m q).
    assert (I : incl cs (outputs V m)) by apply candidates_in.
    exists (undominated T (positional T V r) m q cs).
    pose proof (fun p J => undominated_cover w c scale scale' scale_pos' T T_ok q m cs p Q I J) as U. cbv zeta in U.
    fold V r in U. set (ys := undominated T _ _ q cs) in *.
    assert (Y : incl ys cs).
    { unfold ys, undominated. intros x J.
      destruct (first_ones_ok (dominated T (positional T V r) m q) (fun _ => False) cs ltac:(easy)) as [A _].
      destruct (first_ones_ok (dominated T (positional T V r) m q) (fun _ => False)
        (first_ones (dominated T (positional T V r) m q) cs) ltac:(easy)) as [B _].
      now apply A, B. }
    split; [intros x J; now apply I, Y|]. split.
    - apply (inputs_for_ok w some_position c scale scale' scale_pos T T_ok q m ys Q). intros x J. now apply I, Y.
    - assert (win : forall x p, winsb (terms g q m) (query_terms w g q m) x p = true <-> 0 <= plain w c q m x r q + suffix (plain w c q m) x 0 p).
      { intros x p. unfold winsb, g. rewrite table_sum. pose proof (unit_positive w some_position scale scale' scale_pos scale_pos' T q m x) as P.
        unfold r. set (s := plain _ _ _ _ _ _ _ + _). split; intros H.
        - destruct (Rlt_dec _ 0) as [|N]; [easy|]. apply Rnot_lt_le. intros L. apply N.
          apply Ropp_lt_cancel. rewrite Ropp_0, Ropp_mult_distr_r. apply Rmult_lt_0_compat; lra.
        - destruct (Rlt_dec _ 0) as [N|]; [|reflexivity]. exfalso. apply (Rlt_not_le _ _ N). apply Rmult_le_pos; lra. }
      intros p J x X W. destruct (candidates_or_lost w some_position c scale scale' scale_pos scale_pos' T rough scale'' scale_pos'' rough_ok q m x Q X) as [K|K].
      + destruct (U p J) as [_ U2]. apply win in W. destruct (U2 x K W) as [y [Y1 Y2]]. exists y. split; [exact Y1|now apply win].
      + specialize (K p J). unfold winsb in W. destruct (Rlt_dec _ 0) as [|N]; [easy|]. now destruct (N K).
  Qed.
End Rivals.

Theorem between_brackets ks e w low high : proves_bracket ks e w low high = true ->
  exists a, accuracy_is (model_of w) a /\ low <= a <= high.
Proof.
  unfold proves_bracket, brackets_proved. cbv zeta. set (B := Z.max 0 (places w)).
  destruct (paths_of B w) as [p|] eqn:E; [|discriminate].
  set (t := 60 + Z.max 0 (span B w p)). set (units := Z.min 30 (4 * B)).
  assert (t0 : 0 <= t) by (unfold t; lia). assert (u0 : 0 <= units <= 4 * B) by (unfold units, B; lia).
  assert (s0 : 0 <= rough_digits units) by (unfold rough_digits; lia).
  destruct (enclosed_ok B 40 t units w (enclose B 40 t units w p) t0 u0) as [c ok]; [unfold enclosed; now rewrite E|].
  set (T := enclose B 40 t units w p) in *. set (ins := rivals T _ _ _). intros h.
  assert (K : (1 <= n_ctx (model_of w))%nat) by apply (paths_positive _ _ _ E).
  assert (p1 := power_positive t t0). assert (p2 := power_positive units (proj1 u0)). assert (p3 := power_positive _ s0).
  destruct (brackets_between (model_of w) (table (model_of w) c (IZR (2 ^ t)) (IZR (2 ^ units)) T) K) with
    (inputs := ins) (enough := sequences_of w / 2 ^ e) (ks := ks) as [a [A L]]; try assumption.
  - now apply table_separates.
  - intros q m Q. apply (rivals_ok (model_of w) K c _ _ p1 p2 T ok _ (IZR (2 ^ units) / IZR (2 ^ rough_digits units))); try exact Q.
    + now apply Rdiv_lt_0_compat.
    + now apply roughly_ok.
  - exists a. split; [exact A|]. apply andb_prop in h. destruct h as [h1 h2]. apply Z.leb_le in h1, h2.
    split; [exact (Z.le_trans _ _ _ h1 (proj1 L))|]. exact (Z.le_trans _ _ _ (proj2 L) h2).
Qed.
