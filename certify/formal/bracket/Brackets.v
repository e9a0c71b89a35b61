(* The accuracy from both sides, by counting with rounded terms (T5b), from the bits of the weights. In the group of a query
   and a maximum no more sequences are wrong than all outputs win together, less what each shares with the likeliest one, and
   no fewer than the likeliest one wins by itself; the counts are made on finer and finer grids, until few sequences are open.
   Groups that stay open are split by which of their heaviest tokens occur, and their parts counted each by itself.
   Main theorem: between_brackets. *)
From Coq Require Import Reals ZArith Lra Lia List Bool PeanoNat Classical_Prop.
From Maxcert Require Import Statement Separability Terms Integers Intervals Sequences Tails Ranges Walk Matrices Exponential Attention Paths Enclosures
  Candidates Columns Count ExactTerms Exact Blocks Fillings States Deviations Charges Losses Overlaps Pairs Unions Dominated.
Import ListNotations.
Open Scope Z_scope.

(* ---------- The program ---------- *)

Definition finest (ks : list nat) : nat := fold_right Nat.max 0%nat ks.

Section Program.
  Section Part.
  Variable enough : Z.  (* so few sequences may stay open in a part *)
  Variable d : nat.     (* how many tokens are required in it *)

  (* Outputs that may win, each with an upper bound on the number of sequences where it does. *)
  Definition contender := (event * Z)%type.

  (* Those of a list, the likeliest one first. *)
  Fixpoint front (cs : list contender) : list contender :=
    match cs with
    | [] => []
    | c :: cs => match front cs with [] => [c] | b :: l => if snd c <? snd b then b :: c :: l else c :: b :: l end
    end.

  Definition recount (k : nat) (size : Z) (c : contender) : contender :=
    if 16 * snd c <=? enough then c else (fst c, Z.min (snd c) (wins_most k d size (fst c))).

  (* Which counts are made anew decides only how long it takes. Where all sequences together are fewer than the counts' sum by
     more than doubt, finer counts will hardly help. *)
  Definition recounted (k : nat) (size doubt : Z) (cs : list contender) : list contender :=
    if zsum snd cs - size <=? doubt then map (recount k size) cs else cs.

  Definition at_least_wrong (k : nat) (size least : Z) (cs : list contender) : Z :=
    match front cs with
    | c :: _ => if 4 * (snd c - least) <=? enough then least else Z.max least (wins_least k d size (fst c))
    | [] => least
    end.

  (* What others share with the likeliest output is counted once. k2: up to 2^k2 steps for each of two outputs; 0: no such counts *)
  Definition added (k k2 : nat) (size least : Z) (c c' : contender) : Z :=
    if snd c' <=? enough then snd c' else
    if (k2 =? 0)%nat then alone k d size (fst c) (fst c') (snd c')
    else Z.min (snd c') (apart_most k2 d size (fst c) (fst c') least (snd c')).
  Definition at_most_wrong (k k2 : nat) (size : Z) (cs : list contender) : Z :=
    match front cs with
    | c :: cs => let least := if (k2 =? 0)%nat then 0 else wins_least k d size (fst c) in snd c + zsum (added k k2 size least c) cs
    | [] => 0
    end.

  (* The likeliest one's sequences, and what the next one adds. *)
  Definition at_least_two (k k2 : nat) (size least : Z) (cs : list contender) : Z :=
    if (k2 =? 0)%nat then least else
    match front cs with
    | c :: cs =>
        match front cs with
        | c' :: _ => Z.max least (wins_least k d size (fst c) +
            apart_least k2 d size (fst c) (fst c') (snd c) (wins_least k d size (fst c')))
        | [] => least
        end
    | [] => least
    end.

  (* Finer and finer upper counts, and how many sequences are wrong at least. *)
  Fixpoint refine (ks : list nat) (size doubt : Z) (cs : list contender) (least : Z) : list contender * Z :=
    match ks with
    | [] => (cs, least)
    | k :: ks =>
        if Z.min size (zsum snd cs) - least <=? enough then (cs, least) else
        let cs := recounted k size doubt cs in
        refine ks size size cs (at_least_wrong k size least cs)
    end.

  (* How many sequences are wrong, at least and at most. *)
  Definition wrong_in_part (ks : list nat) (k2 : nat) (size : Z) (cs : list event) : Z * Z :=
    let cs := map (fun c => (c, size)) cs in
    let (cs, least) := refine ks size (zsum snd cs) cs 0 in
    let most := Z.min size (zsum snd cs) in
    let k2 := if most - least <=? 4 * enough then 0%nat else k2 in  (* they take long *)
    if most - least <=? enough then (least, most)
    else (at_least_two (finest ks) k2 size least cs, Z.min most (at_most_wrong (finest ks) k2 size cs)).
  End Part.

  Variable r : nat.
  Variable cs : list input.

  Definition size_of (P : part) : Z :=
    Z.of_N (walks_count (length (p_required P)) (repeat (map (fun _ => tt) (p_others P), map (fun _ => (tt, tt)) (p_required P)) r)).
  Definition wrong_in (enough : Z) (ks : list nat) (k2 : nat) (P : part) : Z * Z :=
    wrong_in_part enough (length (p_required P)) ks k2 (size_of P) (map (event_of P) cs).

  (* Split by the tokens of a list, one after the other. *)
  Fixpoint wrong_in_parts (enough : Z) (ks : list nat) (k2 : nat) (us : list nat) (P : part) : Z * Z :=
    match us with
    | [] => wrong_in enough ks k2 P
    | u :: us =>
        if existsb (Nat.eqb u) (p_others P)
        then zplus (wrong_in enough ks k2 (requiring u P)) (wrong_in_parts enough ks k2 us (without u P))
        else wrong_in_parts enough ks k2 us P
    end.

  (* The tokens with the largest terms, the required ones apart. *)
  Definition heaviness (t : nat) : int :=
    let more := fun n (e : interval) => nmax (nmax n (snd e)) (opp (fst e)) in
    fold_left (fun n c => fold_left (fun n E => more n (nth t E izero)) (snd c) n) cs zero.
  Fixpoint heaviest_first (n : nat) (l : list (int * nat)) : list nat :=
    match n, l with
    | S n, a :: l =>
        let b := fold_left (fun b a => if leb (fst b) (fst a) then a else b) l a in
        snd b :: heaviest_first n (filter (fun a => negb (snd a =? snd b)%nat) (a :: l))
    | _, _ => []
    end.
  Definition heaviest (n : nat) (P : part) : list nat := heaviest_first n (map (fun t => (heaviness t, t)) (p_others P)).

  (* The numbers of right and of wrong sequences. splits: how many tokens an open group is split by, then with the last grids. *)
  Definition bracket_group (enough : Z) (splits : nat) (ks ks' : list nat) (k2 : nat) (P : part) : Z * Z :=
    let size := size_of P in
    let (least, most) := wrong_in enough ks 0 P in
    let (least, most) :=
      if (most - least <=? enough) || (splits + k2 =? 0)%nat then (least, most) else
      let (least', most') := wrong_in_parts (enough / Z.of_nat (S splits)) ks' k2 (heaviest splits P) P in
      (Z.max least least', Z.min most most') in
    (size - most, least).
End Program.

(* Up to 2^k steps for each k of `grids`, until 2^-e of all sequences are open in a group;
   an open group is split by so many tokens, and its parts are counted on the grids for parts, two outputs at a time on one of
   2^k steps for each of them. *)
Record effort := { grids : list nat; open_bits : Z; splits : nat; grids_for_parts : list nat; grid_for_pairs : nat }.

Definition brackets (enough : Z) (by_effort : effort) (r V : nat) (terms : nat -> nat -> list input) : Z * Z :=
  add_groups V (fun m =>
    let terms := terms m in
    fun q => bracket_group r (terms q) enough (splits by_effort) (grids by_effort) (grids_for_parts by_effort) (grid_for_pairs by_effort)
      (group_part m (q =? m)%nat)).

(* Of the outputs that may win, those that none of them dominates. *)
Definition rivals (T rough : tables) (V r : nat) : nat -> nat -> list input :=
  let arounds := arounds rough r in
  let positional := positional T V r in
  fun m => let candidates := candidates rough V r arounds m in
  fun q => map (input_of T r q m) (undominated T positional m q (candidates q)).

Definition brackets_proved (by_effort : effort) (w : weights) : option (Z * Z) :=
  let B := Z.max 0 (places w) in
  let r := (length (wP w) - 1)%nat in
  let V := length (wE w) in
  match paths_of B w with
  | Some p =>
      let units := Z.min 30 (4 * B) in
      let T := enclose B 40 (60 + Z.max 0 (span B w p)) units w p in
      if 2 ^ 38 <? Z.of_nat V then None else Some (brackets (sequences_of w / 2 ^ open_bits by_effort) by_effort r V (rivals T (roughly
        (rough_digits units) T) V r))
  | None => None
  end.
Definition proves_bracket (by_effort : effort) (w : weights) (low high : Z) : bool :=
  match brackets_proved by_effort w with None => false | Some n => (low <=? fst n) && (sequences_of w - snd n <=? high) end.

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

Section Part.
  Open Scope R_scope.
  Variable P : part.
  Let d := length (p_required P).
  Variable f : nat -> nat -> nat -> R.
  Variable own : nat -> R.
  Variable r : nat.
  Variable X : list nat.  (* the wrong outputs *)
  Let all := fillings P r.
  Definition wrong (p : list nat) := negb (goodb X f own 0 p).
  Let wrongs := Z.of_nat (length (filter wrong all)).
  Definition winsb (x : nat) := reaches (f x) (own x).
  Let won (x : nat) := Z.of_nat (length (filter (winsb x) all)).

  Lemma sum_suffix x p : forall i, sum_from (f x) i p = suffix f x i p.
  Proof. induction p as [|t p IH]; intros i; [easy|]. cbn [sum_from suffix]. now rewrite IH. Qed.

  Lemma wrong_wins p : wrong p = true <-> exists x, In x X /\ winsb x p = true.
  Proof.
    unfold wrong. rewrite negb_true_iff, <- not_true_iff_false, goodb_good. unfold winsb, reaches. split.
    - intros H. apply NNPP. intros N. apply H. intros x I. apply Rnot_le_lt. intros L. apply N. exists x. split; [exact I|].
      rewrite sum_suffix. destruct (Rlt_dec _ 0); [lra|reflexivity].
    - intros [x [I E]] H. specialize (H x I). rewrite sum_suffix in E. destruct (Rlt_dec _ 0); [easy|lra].
  Qed.

  Lemma won_wrongs x : In x X -> (won x <= wrongs)%Z.
  Proof. intros I. apply inj_le, filter_le. intros p _ E. apply wrong_wins. now exists x. Qed.

  Definition contends (x : nat) (c : contender) := event_ok P (f x) (own x) r (fst c) /\ (won x <= snd c)%Z.

  (* Where an output wins, one of these does. *)
  Definition covered (xs : list nat) := forall p, In p all -> forall x, In x X -> winsb x p = true -> exists y, In y xs /\ winsb y p = true.

  Lemma wrongs_covered xs : covered xs -> (wrongs <= Z.of_nat (length (filter (fun p => existsb (fun x => winsb x p) xs) all)))%Z.
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
    induction 1 as [|x c xs cs K1 F [ys [G E]]]; [exists []; split; [constructor|easy]|]. cbn [front].
    destruct G as [|y b ys l Q G].
    - exists [x]. split; [constructor; [exact K1|constructor]|]. intros z. specialize (E z). cbn [In] in *. tauto.
    - destruct (snd c <? snd b)%Z; [exists (y :: x :: ys)|exists (x :: y :: ys)]; (split; [auto|]);
        intros z; specialize (E z); cbn [In] in *; tauto.
  Qed.

  Hypothesis few_tokens : not_too_many (length (tokens_of P)).
  Variable enough : Z.

  Let size := Z.of_nat (length all).

  Lemma recounted_ok xs cs k doubt : Forall2 contends xs cs -> Forall2 contends xs (recounted enough d k size doubt cs).
  Proof.
    unfold recounted. intros F. destruct (_ <=? doubt)%Z; [|exact F]. induction F as [|x c xs cs [O K1] F IH]; [constructor|].
    cbn [map]. constructor; [|exact IH]. unfold recount. destruct (16 * snd c <=? enough)%Z; [now split|]. split; [exact O|].
    cbn [snd fst]. apply Z.min_glb; [exact K1|]. now apply wins_most_ok.
  Qed.

  Lemma at_least_wrong_ok xs cs k least : incl xs X -> Forall2 contends xs cs -> (least <= wrongs)%Z ->
    (at_least_wrong enough d k size least cs <= wrongs)%Z.
  Proof.
    intros I F H. unfold at_least_wrong. destruct (front_ok xs cs F) as [ys [G E]]. destruct G as [|y c ys l [O _] G]; [exact H|].
    destruct (_ <=? enough)%Z; [exact H|]. apply Z.max_lub; [exact H|].
    apply Z.le_trans with (won y); [now apply wins_least_ok|]. apply won_wrongs, I, E. now left.
  Qed.

  Lemma at_most_wrong_ok xs cs k k2 : Forall2 contends xs cs -> covered xs ->
    (wrongs <= at_most_wrong enough d k k2 size cs)%Z.
  Proof.
    intros F L. unfold at_most_wrong. destruct (front_ok xs cs F) as [ys [G E]].
    assert (L' : covered ys) by (intros p I x J w; destruct (L p I x J w) as [y [K H]]; exists y; split; [now apply E|exact H]).
    apply Z.le_trans with (1 := wrongs_covered ys L'). clear - G few_tokens. destruct G as [|y c ys l [O H] G].
    - cbn [existsb]. clear. induction all as [|p l IH]; [easy|exact IH].
    - cbv zeta. set (least := if (k2 =? 0)%nat then 0%Z else _).
      assert (Ly : (k2 =? 0)%nat = false -> (least <= won y)%Z) by (unfold least; intros ->; now apply wins_least_ok).
      clearbody least. set (alone x p := winsb x p && negb (winsb y p)).
      assert (A : (Z.of_nat (length (filter (fun p => existsb (fun x => alone x p) ys) all)) <=
        zsum (fun n => n) (map (added enough d k k2 size least c) l))%Z).
      { apply union_sum. induction G as [|x e ys l [O1 Q] G IH]; [constructor|]. cbn [map]. constructor; [|exact IH].
        unfold added. destruct (_ <=? enough)%Z.
        - apply Z.le_trans with (2 := Q). apply inj_le, filter_le. intros p _ w. now apply andb_prop in w.
        - pose proof (alone_ok P (f y) (f x) (own y) (own x) r (fst c) (fst e) O O1 k few_tokens (snd e) Q) as A1. cbv zeta.
          destruct (k2 =? 0)%nat; [exact A1|]. apply Z.min_glb; [apply Z.le_trans with (2 := Q), inj_le, filter_le; intros p _ w;
            now apply andb_prop in w|].
          exact (apart_most_ok P (f y) (f x) (own y) (own x) r (fst c) (fst e) O O1 few_tokens k2 least (snd e) (Ly eq_refl) Q). }
      rewrite zsum_map in A. apply Z.le_trans with (2 := Z.add_le_mono _ _ _ _ H A). unfold won. rewrite <- Nat2Z.inj_add. apply inj_le.
      clear. cbn [existsb]. induction all as [|p l IH]; [easy|]. cbn [filter].
      assert (S : winsb y p = false -> existsb (fun x => winsb x p) ys = existsb (fun x => alone x p) ys).
      { intros N. unfold alone. rewrite N. clear. induction ys as [|x ys IH]; [easy|]. cbn [existsb negb]. now rewrite IH, andb_true_r. }
      destruct (winsb y p); cbn [orb].
      + destruct (existsb (fun x => alone x p) ys); cbn [length]; lia.
      + rewrite S by reflexivity. destruct (existsb (fun x => alone x p) ys); cbn [length]; lia.
  Qed.

  Lemma at_least_two_ok xs cs k k2 least : incl xs X -> Forall2 contends xs cs -> (least <= wrongs)%Z ->
    (at_least_two d k k2 size least cs <= wrongs)%Z.
  Proof.
    intros I F H. unfold at_least_two. destruct (k2 =? 0)%nat; [exact H|]. destruct (front_ok xs cs F) as [ys [G E]].
    destruct G as [|y c ys l [O M] G]; [exact H|]. destruct (front_ok ys l G) as [zs [G' E']]. destruct G' as [|z c' zs l' [O' _] _]; [exact H|].
    apply Z.max_lub; [exact H|]. assert (Y : In y X) by (apply I, E; now left). assert (Z0 : In z X) by (apply I, E; right; apply E'; now left).
    pose proof (wins_least_ok P (f y) (own y) r (fst c) O k few_tokens) as A.
    pose proof (apart_least_ok P (f y) (f z) (own y) (own z) r (fst c) (fst c') O O' few_tokens k2 (snd c) _ M (wins_least_ok P (f z) (own z) r
      (fst c') O' k few_tokens)) as B.
    assert (S : (won y + Z.of_nat (length (filter (fun p => winsb z p && negb (winsb y p)) all)) <= wrongs)%Z).
    { unfold won, wrongs. rewrite <- Nat2Z.inj_add. apply inj_le. clear - Y Z0. induction all as [|p l IH]; [cbn; lia|]. cbn [filter].
      assert (Wy : winsb y p = true -> wrong p = true) by (intros e; apply wrong_wins; now exists y).
      assert (Wz : winsb z p = true -> wrong p = true) by (intros e; apply wrong_wins; now exists z).
      destruct (winsb y p), (winsb z p), (wrong p); cbn [andb negb length]; try lia;
        try (specialize (Wy eq_refl); discriminate); specialize (Wz eq_refl); discriminate. }
    apply Z.le_trans with (2 := S). apply Z.add_le_mono; [exact A|exact B].
  Qed.

  Lemma refine_ok ks : forall xs cs doubt least, incl xs X -> Forall2 contends xs cs -> covered xs -> (least <= wrongs)%Z ->
    let n := refine enough d ks size doubt cs least in Forall2 contends xs (fst n) /\ (snd n <= wrongs)%Z.
  Proof.
    induction ks as [|k ks IH]; intros xs cs doubt least I F L H; cbn [refine]; cbv zeta; [now split|].
    destruct (_ <=? enough)%Z; [now split|]. pose proof (recounted_ok xs cs k doubt F) as F'.
    apply (IH xs); try assumption. exact (at_least_wrong_ok xs _ k least I F' H).
  Qed.



  Lemma wrong_in_part_ok ks k2 xs cs : incl xs X -> covered xs -> Forall2 (fun x c => event_ok P (f x) (own x) r c) xs cs ->
    let n := wrong_in_part enough d ks k2 size cs in (fst n <= wrongs <= snd n)%Z.
  Proof.
    intros I L F. unfold wrong_in_part. cbv zeta.
    assert (F' : Forall2 contends xs (map (fun c => (c, size)) cs)).
    { clear - F. induction F as [|x c xs cs Q F IH]; cbn [map]; [constructor|]. constructor; [|exact IH]. split; [exact Q|]. cbn [snd].
      pose proof (length_filter_negb (winsb x) all). unfold won, size. lia. }
    set (cs' := map _ cs) in *.
    assert (W0 : (0 <= wrongs)%Z) by apply Zle_0_nat.
    pose proof (refine_ok ks xs cs' (zsum snd cs') 0%Z I F' L W0) as R.
    cbv zeta in R. destruct (refine _ _ _ _ _ cs' _) as [cs2 least]. cbn [fst snd] in *. destruct R as [F2 B].
    pose proof (wrongs_sum xs cs2 F2 L) as A. pose proof (fun k2 => at_most_wrong_ok xs cs2 (finest ks) k2 F2 L) as A'.
    pose proof (fun k2 => at_least_two_ok xs cs2 (finest ks) k2 least I F2 B) as B'. pose proof (length_filter_negb wrong all) as N.
    assert (S : (wrongs <= size)%Z) by (unfold wrongs, size; lia). cbv zeta. set (pairs := if (_ <=? 4 * enough)%Z then 0%nat else k2).
    specialize (A' pairs). specialize (B' pairs). destruct (_ <=? enough)%Z; cbn [fst snd]; lia.
  Qed.
End Part.

Lemma size_of_ok P r : size_of r P = Z.of_nat (length (fillings P r)).
Proof.
  unfold size_of. set (C := repeat _ r). assert (E : C = map (renamed (fun _ => tt)) (repeat (spot P) r)).
  { unfold C. induction r as [|n IH]; [reflexivity|]. cbn [repeat map]. rewrite IH. unfold renamed, spot. cbn [fst snd]. now rewrite map_map. }
  rewrite walks_count_ok.
  - rewrite nat_N_Z, costs_walks, map_length, E, walks_renamed, map_length. unfold fillings. do 3 f_equal.
    clear. induction (p_required P) as [|u l IH]; [easy|]. cbn [length repeat map]. now rewrite IH.
  - unfold C. apply Forall_forall. intros c I. apply repeat_spec in I. subst c. cbn [snd]. apply map_length.
Qed.

Section Parts.
  Open Scope R_scope.
  Variable m : nat.
  Variable f : nat -> nat -> nat -> R.
  Variable own : nat -> R.
  Variable r : nat.
  Variable seen : bool.
  Variable X : list nat.
  Let all := tails m r seen.
  Variable xs : list nat.
  Variable cs : list input.
  Hypothesis xs_wrong : incl xs X.
  Hypothesis cs_ok : Forall2 (input_ok m f own r) xs cs.
  Hypothesis xs_cover : forall p, In p all -> forall x, In x X -> winsb f own x p = true -> exists y, In y xs /\ winsb f own y p = true.
  Hypothesis few_tokens : not_too_many (S m).

  (* Some of the group's sequences. *)
  Definition inside (P : part) := part_ok P /\ incl (fillings P r) all /\ forall t, In t (tokens_of P) -> (t <= m)%nat.
  Let wrongs (P : part) := Z.of_nat (length (filter (wrong f own X) (fillings P r))).

  Lemma wrong_in_ok enough ks k2 P : inside P ->
    let n := wrong_in r cs enough ks k2 P in (fst n <= wrongs P <= snd n)%Z.
  Proof.
    intros [N [I T]]. unfold wrong_in. rewrite size_of_ok. apply (wrong_in_part_ok P f own r X) with (xs := xs).
    - apply Z.le_trans with (2 := few_tokens). apply inj_le. rewrite <- (seq_length (S m) 0). apply NoDup_incl_length; [exact N|].
      intros t J. apply in_seq. specialize (T t J). lia.
    - exact xs_wrong.
    - intros p J. now apply xs_cover, I.
    - clear - cs_ok T. induction cs_ok as [|x c xs' cs' H F IH]; cbn [map]; [constructor|]. constructor; [|exact (IH F)]. now apply (event_of_ok m f own r x c P).
  Qed.

  Lemma inside_parts u P : inside P -> In u (p_others P) -> inside (requiring u P) /\ inside (without u P).
  Proof.
    intros [N [I T]] U. assert (N1 := requiring_ok u P N U). assert (N2 := without_ok u P N).
    assert (T1 : forall t, In t (tokens_of (requiring u P)) -> In t (tokens_of P)).
    { intros t. unfold tokens_of, requiring. cbn [p_others p_required]. rewrite !in_app_iff, in_rest. cbn [In]. intuition congruence. }
    assert (T2 : forall t, In t (tokens_of (without u P)) -> In t (tokens_of P)).
    { intros t. unfold tokens_of, without. cbn [p_others p_required]. rewrite !in_app_iff, in_rest. tauto. }
    split; (split; [assumption|split; [|now auto]]); intros p J; apply I; apply in_fillings in J; try assumption; apply in_fillings; try assumption;
      destruct J as [L [F R]]; (split; [exact L|]; split; [eapply Forall_impl; [|exact F]; assumption|]); intros v V; apply R; cbn [requiring without p_required In]; tauto.
  Qed.

  Lemma wrong_in_parts_ok enough ks k2 us : forall P, inside P ->
    let n := wrong_in_parts r cs enough ks k2 us P in (fst n <= wrongs P <= snd n)%Z.
  Proof.
    induction us as [|u us IH]; intros P H; cbn [wrong_in_parts]; [now apply wrong_in_ok|].
    destruct (existsb (Nat.eqb u) (p_others P)) eqn:E; [|now apply IH].
    apply existsb_exists in E. destruct E as [v [V E]]. apply Nat.eqb_eq in E. subst v.
    destruct (inside_parts u P H V) as [H1 H2]. pose proof (wrong_in_ok enough ks k2 _ H1) as A. pose proof (IH _ H2) as B. cbv zeta in A, B.
    unfold zplus. cbn [fst snd]. unfold wrongs. rewrite (fillings_split _ u P r (proj1 H) V). unfold wrongs in A, B. lia.
  Qed.

  Lemma whole_group : inside (group_part m seen).
  Proof.
    assert (N := group_part_ok m seen). assert (T : forall t, In t (tokens_of (group_part m seen)) -> (t <= m)%nat).
    { unfold tokens_of, group_part. intros t I. destruct seen; cbn [p_others p_required] in I; rewrite in_app_iff, in_seq in I; cbn [In] in I; lia. }
    split; [exact N|]. split; [|exact T]. intros p I. apply in_fillings in I; [|exact N]. destruct I as [L [F R]]. apply in_tails.
    split; [exact L|]. split; [eapply Forall_impl; [|exact F]; exact T|]. unfold group_part in R. destruct seen; [now left|right]. apply R. now left.
  Qed.

  Lemma bracket_group_parts enough splits ks ks' k2 :
    let n := bracket_group r cs enough splits ks ks' k2 (group_part m seen) in
    let wrong_ones := Z.of_nat (length (filter (wrong f own X) all)) in
    (fst n <= Z.of_nat (length all) - wrong_ones)%Z /\ (snd n <= wrong_ones)%Z.
  Proof.
    cbv zeta. unfold bracket_group. rewrite size_of_ok. unfold all. rewrite <- fillings_tails.
    assert (S : length (fillings (group_part m seen) r) = length (tails m r seen)).
    { pose proof (fillings_tails (fun _ => true) m r seen) as H. clear - H.
      assert (A : forall l : list (list nat), filter (fun _ => true) l = l) by (induction l as [|a l IH]; [easy|]; cbn [filter]; now rewrite IH).
      now rewrite !A in H. }
    rewrite <- S. clear S. pose proof (wrong_in_ok enough ks 0 _ whole_group) as A.
    pose proof (wrong_in_parts_ok (enough / Z.of_nat (Datatypes.S splits)) ks' k2 (heaviest cs splits (group_part m seen)) _ whole_group) as B. cbv zeta in A, B.
    fold (wrongs (group_part m seen)).
    destruct (wrong_in _ _ _ _ _ _) as [least most]. cbn [fst snd] in A. destruct (_ || _); [cbn [fst snd]; lia|].
    destruct (wrong_in_parts _ _ _ _ _ _ _) as [least' most']. cbn [fst snd] in *. lia.
  Qed.
End Parts.

(* Where an output wins, one of these does. *)
Definition covers_group (f : nat -> nat -> nat -> R) (own : nat -> R) (all : list (list nat)) (X xs : list nat) :=
  forall p, In p all -> forall x, In x X -> winsb f own x p = true -> exists y, In y xs /\ winsb f own y p = true.

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
    covers_group (terms g q m) (query_terms w g q m) (tails m r (q =? m)%nat) (outputs V m) xs.
  Variable enough : Z.
  Variable e : effort.
  Hypothesis few_tokens : not_too_many V.

  Lemma bracket_group_ok q m : (q <= m < V)%nat ->
    bracket w g (bracket_group r (inputs m q) enough (splits e) (grids e) (grids_for_parts e) (grid_for_pairs e)
      (group_part m (q =? m)%nat)) (group w (q, m)).
  Proof.
    intros Q. destruct (inputs_sound q m Q) as [xs [I [F L]]].
    pose proof (bracket_group_parts m _ _ r (q =? m)%nat (outputs V m) xs _ I F L ltac:(unfold not_too_many in *; lia) enough
      (splits e) (grids e) (grids_for_parts e) (grid_for_pairs e)) as H. cbv zeta in H.
    unfold bracket, group. cbn [fst snd]. rewrite !filter_map, !map_length.
    rewrite (length_filter_ext _ (goodb (outputs V m) (terms g q m) (query_terms w g q m) 0)) by (intros; now apply rightb_group).
    rewrite (length_filter_ext (fun a => negb (rightb w g (a ++ [q])))
      (wrong (terms g q m) (query_terms w g q m) (outputs V m))) by (intros; unfold wrong; f_equal; now apply rightb_group).
    pose proof (length_filter_negb (goodb (outputs V m) (terms g q m) (query_terms w g q m) 0) (tails m r (q =? m)%nat)) as S.
    fold r. change (length (filter (fun p => negb (goodb (outputs V m) (terms g q m) (query_terms w g q m) 0 p)) (tails m r (q =? m)%nat)))
      with (length (filter (wrong (terms g q m) (query_terms w g q m) (outputs V m)) (tails m r (q =? m)%nat))) in S. lia.
  Qed.

  Theorem brackets_between : let n := brackets enough e r V inputs in
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
    covers_group (terms g q m) (query_terms w g q m) (tails m r (q =? m)%nat) (outputs V m) xs.
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
      { intros x p. unfold winsb, reaches. rewrite sum_suffix. unfold g. rewrite table_sum. pose proof (unit_positive w some_position scale scale' scale_pos scale_pos' T q m x) as P.
        unfold r. set (s := plain _ _ _ _ _ _ _ + _). split; intros H.
        - destruct (Rlt_dec _ 0) as [|N]; [easy|]. apply Rnot_lt_le. intros L. apply N.
          apply Ropp_lt_cancel. rewrite Ropp_0, Ropp_mult_distr_r. apply Rmult_lt_0_compat; lra.
        - destruct (Rlt_dec _ 0) as [N|]; [|reflexivity]. exfalso. apply (Rlt_not_le _ _ N). apply Rmult_le_pos; lra. }
      intros p J x X W. destruct (candidates_or_lost w some_position c scale scale' scale_pos scale_pos' T rough scale'' scale_pos'' rough_ok q m x Q X) as [K|K].
      + destruct (U p J) as [_ U2]. apply win in W. destruct (U2 x K W) as [y [Y1 Y2]]. exists y. split; [exact Y1|now apply win].
      + specialize (K p J). unfold winsb, reaches in W. rewrite sum_suffix in W. destruct (Rlt_dec _ 0) as [|N]; [easy|]. now destruct (N K).
  Qed.
End Rivals.

Theorem between_brackets by_effort w low high : proves_bracket by_effort w low high = true ->
  exists a, accuracy_is (model_of w) a /\ low <= a <= high.
Proof.
  unfold proves_bracket, brackets_proved. cbv zeta. set (B := Z.max 0 (places w)).
  destruct (paths_of B w) as [p|] eqn:E; [|discriminate].
  set (t := 60 + Z.max 0 (span B w p)). set (units := Z.min 30 (4 * B)).
  assert (t0 : 0 <= t) by (unfold t; lia). assert (u0 : 0 <= units <= 4 * B) by (unfold units, B; lia).
  assert (s0 : 0 <= rough_digits units) by (unfold rough_digits; lia).
  destruct (enclosed_ok B 40 t units w (enclose B 40 t units w p) t0 u0) as [c ok]; [unfold enclosed; now rewrite E|].
  set (T := enclose B 40 t units w p) in *. set (ins := rivals T _ _ _).
  destruct (Z.ltb_spec (2 ^ 38) (Z.of_nat (length (wE w)))) as [many|few]; [discriminate|]. intros h.
  assert (K : (1 <= n_ctx (model_of w))%nat) by apply (paths_positive _ _ _ E).
  assert (p1 := power_positive t t0). assert (p2 := power_positive units (proj1 u0)). assert (p3 := power_positive _ s0).
  destruct (brackets_between (model_of w) (table (model_of w) c (IZR (2 ^ t)) (IZR (2 ^ units)) T) K) with
    (inputs := ins) (enough := sequences_of w / 2 ^ open_bits by_effort) (e := by_effort) as [a [A L]]; try assumption.
  - now apply table_separates.
  - intros q m Q. apply (rivals_ok (model_of w) K c _ _ p1 p2 T ok _ (IZR (2 ^ units) / IZR (2 ^ rough_digits units))); try exact Q.
    + now apply Rdiv_lt_0_compat.
    + now apply roughly_ok.
  - exists a. split; [exact A|]. apply andb_prop in h. destruct h as [h1 h2]. apply Z.leb_le in h1, h2.
    split; [exact (Z.le_trans _ _ _ h1 (proj1 L))|]. exact (Z.le_trans _ _ _ (proj2 L) h2).
Qed.
