(* Exact counting with a margin: the sequences whose maximum's logit leads every other by more than what depends on the
   query. They are the right ones of models with one coordinate more, in which the query takes its margin from the logit of m,
   one model for each maximum m. Main theorem: leading_count. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat.
From Maxcert Require Import Statement Sums Separability Terms Integers Intervals Matrices Exponential Paths Enclosures Candidates Columns Count ExactTerms Exact.
Import ListNotations.
Open Scope nat_scope.

Definition leads (margin : nat -> R) (w : model) (s : list nat) : Prop :=
  forall x, (x < d_vocab w)%nat -> x <> maximum s -> (logit w s x + margin (query w s) < logit w s (maximum s))%R.

(* ---------- The program ---------- *)

Fixpoint change {A} (m : nat) (f : A -> A) (l : list A) : list A :=
  match l, m with
  | [], _ => []
  | a :: l, O => f a :: l
  | a :: l, S m => a :: change m f l
  end.
(* d: the margins of the queries *)
Definition lower (d : list interval) (m : nat) (T : tables) : tables :=
  {| t_mass := t_mass T; t_EU := map (fun dl => change m (fun e => isub e (fst dl)) (snd dl)) (combine d (t_EU T));
     t_EVOU := t_EVOU T; t_PVOU := t_PVOU T |}.

(* How many sequences lead by the margins d, in units of 2^-units, from the path matrices p. *)
Definition leading (B : Z) (j : nat) (t units : Z) (w : weights) (p : paths) (d : list int) : Z :=
  if ((0 <=? t) && (0 <=? units) && (units <=? 4 * B) && (length (wP w) <=? 32)%nat && (length d =? length (wE w))%nat)%Z%bool then
    let T := enclose B j t units w p in
    let rough := roughly (rough_digits units) T in
    let V := length (wE w) in let r := (length (wP w) - 1)%nat in
    let d := map (fun z => (z, z)) d in
    let d' := map (coarse (ofZ (rough_digits units))) d in
    let around := arounds rough r in
    fst (counts r V (fun _ _ _ => None) (fun m => inputs_around around (lower d m T) (lower d' m rough) V r m))
  else 0%Z.

(* ---------- Its proof ---------- *)
Open Scope R_scope.

Section Lowered.
  Variable w : model.
  Variable margin : nat -> R.
  Variable m : nat.
  Let D := d_model w.

  Definition lowered : model :=
    {| n_ctx := n_ctx w; d_vocab := d_vocab w; d_model := S (d_model w); d_head := d_head w;
       W_E := fun t d => if (d =? d_model w)%nat then margin t else W_E w t d;
       W_pos := fun i d => if (d =? d_model w)%nat then 0 else W_pos w i d;
       W_Q := fun d h => if (d =? d_model w)%nat then 0 else W_Q w d h;
       W_K := fun d h => if (d =? d_model w)%nat then 0 else W_K w d h;
       W_V := fun d h => if (d =? d_model w)%nat then 0 else W_V w d h;
       W_O := fun h d => if (d =? d_model w)%nat then 0 else W_O w h d;
       W_U := fun d x => if (d =? d_model w)%nat then (if (x =? m)%nat then -1 else 0) else W_U w d x |}.

  Lemma sum_before f g : (forall d, (d < d_model w)%nat -> f d = g d) -> f (d_model w) = 0 -> sum (S (d_model w)) f = sum (d_model w) g.
  Proof. intros H Z. cbn [sum]. rewrite Z, Rplus_0_r. now apply sum_ext. Qed.
  Lemma not_last d : (d < d_model w)%nat -> (d =? d_model w)%nat = false.
  Proof. intros H. apply Nat.eqb_neq. lia. Qed.

  Lemma through_lowered (A A' v v' : nat -> nat -> R) t h :
    (forall d, (d < d_model w)%nat -> A' d h = A d h /\ v' t d = v t d) -> A' (d_model w) h = 0 ->
    sum (S (d_model w)) (fun d => v' t d * A' d h) = sum (d_model w) (fun d => v t d * A d h).
  Proof. intros H Z. apply sum_before; [intros d I; destruct (H d I) as [-> ->]; ring|rewrite Z; ring]. Qed.

  Lemma unembedded_lowered h x : unembedded lowered h x = unembedded w h x.
  Proof.
    unfold unembedded. cbn [lowered d_model W_O W_U]. apply sum_before; [intros d I; now rewrite not_last|].
    rewrite Nat.eqb_refl. ring.
  Qed.
  Lemma ov_lowered v v' x : (forall d, (d < d_model w)%nat -> v' d = v d) -> Separability.ov lowered v' x = Separability.ov w v x.
  Proof.
    intros H. unfold Separability.ov. apply sum_ext. intros h _. rewrite unembedded_lowered. f_equal. unfold through. cbn [lowered d_model W_V].
    apply sum_before; [intros d I; now rewrite not_last, H|]. rewrite Nat.eqb_refl. ring.
  Qed.
  Lemma qk_lowered q v v' : (forall d, (d < d_model w)%nat -> v' d = v d) -> qk lowered q v' = qk w q v.
  Proof.
    intros H. unfold qk. change (d_head lowered) with (d_head w). f_equal. unfold qk_unscaled. change (d_head lowered) with (d_head w).
    apply sum_ext. intros h _. f_equal; unfold through; cbn [lowered d_model W_Q W_K].
    - apply sum_before; [intros d I; unfold query_row; cbn [lowered W_E W_pos]; now rewrite !not_last by exact I|]. rewrite Nat.eqb_refl. ring.
    - apply sum_before; [intros d I; now rewrite not_last, H|]. rewrite Nat.eqb_refl. ring.
  Qed.

  Lemma EU_lowered q x : EU lowered q x = EU w q x + (if (x =? m)%nat then - margin q else 0).
  Proof.
    unfold EU, query_row. cbn [lowered d_model W_E W_pos W_U sum]. rewrite !Nat.eqb_refl. f_equal.
    - apply sum_ext. intros d I. now rewrite not_last.
    - destruct (x =? m)%nat; ring.
  Qed.
  Lemma EVOU_lowered t x : EVOU lowered t x = EVOU w t x.
  Proof. apply ov_lowered. intros d I. cbn [lowered W_E]. now rewrite not_last. Qed.
  Lemma PVOU_lowered i x : PVOU lowered i x = PVOU w i x.
  Proof. apply ov_lowered. intros d I. cbn [lowered W_pos]. now rewrite not_last. Qed.
  Lemma EQKE_lowered q t : EQKE lowered q t = EQKE w q t.
  Proof. apply qk_lowered. intros d I. cbn [lowered W_E]. now rewrite not_last. Qed.
  Lemma EQKP_lowered q i : EQKP lowered q i = EQKP w q i.
  Proof. apply qk_lowered. intros d I. cbn [lowered W_pos]. now rewrite not_last. Qed.
  Lemma mass_lowered c q t i : mass lowered c q t i = mass w c q t i.
  Proof. unfold mass. now rewrite EQKE_lowered, EQKP_lowered. Qed.

  Lemma logit_lowered s x : logit lowered s x = logit w s x + (if (x =? m)%nat then - margin (query w s) else 0).
  Proof.
    rewrite !logit_paths, EU_lowered. change (n_ctx lowered) with (n_ctx w). change (last lowered) with (last w). fold (query w s).
    assert (sc : forall i, score lowered s i = score w s i) by (intros i; rewrite !score_split, EQKP_lowered; change (last lowered) with (last w); now rewrite EQKE_lowered).
    assert (att : forall i, attention lowered s i = attention w s i).
    { intros i. unfold attention. change (n_ctx lowered) with (n_ctx w). rewrite sc. f_equal. apply sum_ext. intros; now rewrite sc. }
    rewrite (sum_ext (n_ctx w) _ (fun i => attention w s i * (EVOU w (nth i s 0%nat) x + PVOU w i x)))
      by (intros i _; now rewrite att, EVOU_lowered, PVOU_lowered). ring.
  Qed.
End Lowered.

Lemma leads_lowered margin w s : leads margin w s <-> right (lowered w margin (maximum s)) s.
Proof.
  unfold leads, right. change (d_vocab (lowered w margin (maximum s))) with (d_vocab w).
  split; intros H x X N; specialize (H x X N); rewrite !logit_lowered, Nat.eqb_refl, (proj2 (Nat.eqb_neq _ _) N) in *; lra.
Qed.

Lemma change_length {A} (f : A -> A) l : forall m, length (change m f l) = length l.
Proof. induction l as [|a l IH]; intros [|m]; cbn [change length]; try easy. now rewrite IH. Qed.
Lemma change_nth {A} (f : A -> A) (z : A) : forall l m x, (x < length l)%nat ->
  nth x (change m f l) z = if (x =? m)%nat then f (nth x l z) else nth x l z.
Proof.
  induction l as [|a l IH]; intros m x X; [simpl in X; lia|]. destruct m as [|m], x as [|x]; cbn [change nth Nat.eqb]; try easy.
  apply IH. simpl in X. lia.
Qed.

Lemma lower_ok w margin m c scale scale' T d : length d = d_vocab w -> length (t_EU T) = d_vocab w ->
  (forall q, (q < d_vocab w)%nat -> encloses (nth q d izero) (scale' * margin q)) ->
  tables_ok w c scale scale' T -> tables_ok (lowered w margin m) c scale scale' (lower d m T).
Proof.
  intros Ld LT H [A [U [O P]]]. change (d_vocab (lowered w margin m)) with (d_vocab w). change (last (lowered w margin m)) with (last w).
  split; [|split; [|split]]; cbn [lower t_mass t_EU t_EVOU t_PVOU].
  - intros q i Q I. destruct (A q i Q I) as [L E]. split; [exact L|]. intros t t'. rewrite mass_lowered. now apply E.
  - intros q Q. destruct (U q Q) as [L E].
    rewrite (nth_map _ _ _ (izero, [])) by (rewrite combine_length; apply Nat.min_glb_lt; [exact (eq_ind_r _ Q Ld)|exact (eq_ind_r _ Q LT)]).
    rewrite combine_nth by exact (eq_trans Ld (eq_sym LT)). cbn [fst snd].
    assert (C := fun x => change_nth (fun e => isub e (nth q d izero)) izero (nth q (t_EU T) []) m x). rewrite L in C.
    split; [now rewrite change_length|]. intros x X. rewrite (C x X), EU_lowered.
    destruct (x =? m)%nat.
    + replace (scale' * (EU w q x + - margin q)) with (scale' * EU w q x - scale' * margin q) by ring. apply encloses_sub; [now apply E|now apply H].
    + rewrite Rplus_0_r. now apply E.
  - intros x X. destruct (O x X) as [L E]. split; [exact L|]. intros t t'. rewrite EVOU_lowered. now apply E.
  - intros i I. destruct (P i I) as [L E]. split; [exact L|]. intros x X. rewrite PVOU_lowered. now apply E.
Qed.

Lemma count_known {A} (P : A -> Prop) l : exists a, count P l a /\ (0 <= a)%Z.
Proof.
  induction l as [|s l [a [H L]]]; [exists 0%Z; split; [constructor|lia]|].
  destruct (Classical_Prop.classic (P s)) as [R|R].
  - exists (a + 1)%Z. split; [now constructor|lia].
  - exists a. split; [now constructor|exact L].
Qed.

Theorem leading_count B j t units w p d : paths_of B w = Some p ->
  let margin q := IZR (toZ (nth q d zero)) / IZR (2 ^ units) in
  exists a, count (leads margin (model_of w)) (sequences (d_vocab (model_of w)) (n_ctx (model_of w))) a /\
    (leading B j t units w p d <= a)%Z.
Proof.
  intros e margin. unfold leading. set (M := model_of w) in *.
  destruct ((0 <=? t) && (0 <=? units) && (units <=? 4 * B) && (length (wP w) <=? 32)%nat && (length d =? length (wE w))%nat)%Z%bool eqn:g; [|apply count_known].
  apply andb_prop in g. destruct g as [g Ld]. repeat (apply andb_prop in g; destruct g as [g ?]).
  apply Z.leb_le in g, H0, H1. apply Nat.leb_le in H. apply Nat.eqb_eq in Ld. change (length (wE w)) with (d_vocab M) in *. change (length (wP w)) with (n_ctx M) in *.
  cbv zeta. set (T := enclose B j t units w p). destruct (enclosed_ok B j t units w T g (conj H1 H0)) as [c ok]; [unfold enclosed, T; now rewrite e|].
  fold M in ok. assert (K : (1 <= n_ctx M)%nat) by apply (paths_positive _ _ _ e).
  assert (s0 : (0 <= rough_digits units)%Z) by (unfold rough_digits; lia).
  assert (p1 := power_positive t g). assert (p2 := power_positive units H1). assert (p3 := power_positive _ s0).
  set (rough := roughly (rough_digits units) T). assert (ok' := roughly_ok _ c _ _ (rough_digits units) T s0 ok). fold rough in ok'.
  set (dd := map (fun z => (z, z)) d). set (dr := map (coarse (ofZ (rough_digits units))) dd).
  assert (LT : length (t_EU T) = d_vocab M).
  { destruct (paths_correct B w p e) as [[L _] _]. unfold T, enclose. cbn [t_EU]. unfold rounded, lifted. rewrite !map_length. exact L. }
  assert (LR : length (t_EU rough) = d_vocab M) by (unfold rough, roughly; cbn [t_EU]; rewrite map_length; exact LT).
  assert (Ldd : length dd = d_vocab M) by (unfold dd; rewrite map_length; exact Ld).
  assert (dd_ok : forall q, (q < d_vocab M)%nat -> encloses (nth q dd izero) (IZR (2 ^ units) * margin q)).
  { intros q Q. unfold dd. rewrite (nth_map _ _ _ zero) by (rewrite Ld; exact Q). unfold margin, encloses. cbn [fst snd].
    replace (IZR (2 ^ units) * (IZR (toZ (nth q d zero)) / IZR (2 ^ units))) with (IZR (toZ (nth q d zero))) by (field; lra). lra. }
  assert (dr_ok : forall q, (q < d_vocab M)%nat -> encloses (nth q dr izero) (IZR (2 ^ units) / IZR (2 ^ rough_digits units) * margin q)).
  { intros q Q. unfold dr. rewrite (nth_map _ _ _ izero) by exact (eq_ind_r _ Q Ldd).
    pose proof (coarse_ok (ofZ (rough_digits units)) _ _ (eq_ind_r (fun z => (0 <= z)%Z) s0 (toZ_ofZ _)) (dd_ok q Q)) as G. rewrite toZ_ofZ in G.
    replace (IZR (2 ^ units) / IZR (2 ^ rough_digits units) * margin q) with (IZR (2 ^ units) * margin q / IZR (2 ^ rough_digits units)) by (field; lra). exact G. }
  assert (low : forall m, tables_ok (lowered M margin m) c (IZR (2 ^ t)) (IZR (2 ^ units)) (lower dd m T)) by (intros m; now apply lower_ok).
  assert (low' : forall m, tables_ok (lowered M margin m) c (IZR (2 ^ t)) (IZR (2 ^ units) / IZR (2 ^ rough_digits units)) (lower dr m rough))
    by (intros m; apply lower_ok; [unfold dr; now rewrite map_length|exact LR|exact dr_ok|exact ok']).
  set (g' := fun q m => table (lowered M margin m) c (IZR (2 ^ t)) (IZR (2 ^ units)) (lower dd m T) q m).
  assert (sep : separates M (leads margin M) g').
  { intros s. rewrite leads_lowered. exact (table_separates (lowered M margin (maximum s)) K c _ _ p1 p2 (lower dd (maximum s) T) s). }
  set (ins := fun m => inputs_around (arounds rough (n_ctx M - 1)) (lower dd m T) (lower dr m rough) (d_vocab M) (n_ctx M - 1) m).
  assert (ins_ok : terms_ok M g' ins).
  { intros q m Q. exact (inputs_ok (lowered M margin m) K c _ _ p1 p2 (lower dd m T) (low m) (lower dr m rough) _ (Rdiv_lt_0_compat _ _ p2 p3) (low' m) q m Q). }
  destruct (counts_bracket M (leads margin M) g' K sep (fun _ _ _ => None) ltac:(intros q m s b _ _ _ X; discriminate) ins ins_ok H) as [a [C L]].
  exists a. split; [exact C|]. apply (proj1 L).
Qed.
