(* The subcubic family of proofs (T3, T4), from bit patterns and a certificate's hints. Main theorem: subcubic_at_least. *)
From Coq Require Import Reals ZArith NArith Lia Lra List PeanoNat.
From Maxcert Require Import Statement Separability Integers Decoding Matrices Exponential Paths Enclosures Factors
  CellCheck CellCount LogitBounds LogitTables ScoreTables Peeling Residual LowRank.
Import ListNotations.

(* How the unexplained part of the scores is bounded. *)
Inductive error_option :=
| exact_EQKE
| low_rank (mean_position : list Z) (directions : list (factor * list Z)) (rest : residual_option).

Record hints := {
  h_direct : direct_option;
  h_attention : attention_option;
  h_gaps : list nat  (* by m = 1.., n = 1 .. n_ctx - 1, q = 0 .. m; 0 where nothing is claimed *)
}.

(* Times 2^s: explained scores, and a bound on the range of the rest of every row; with s. *)
Definition explained_scores (B h : Z) (o : error_option) (p : paths) (f : factors) : Z * list row * list int :=
  match o with
  | exact_EQKE => (4 * B, tEQKE p, map (fun _ => zero) (tEQKE p))%Z
  | low_rank position directions rest =>
    let s := split_along B h f position directions in (8 * h, s_explained s, residual h rest s)%Z
  end.

Definition error_fits (B h : Z) (V D : nat) (o : error_option) : bool :=
  match o with exact_EQKE => true | low_rank position directions _ => (Nat.ltb 0 V && directions_fit B h V D position directions)%bool end.

(* B: the weights are multiples of 2^-B; h: vectors among the hints are in units of 2^-h; j halvings and t bits for exp.
   For each of the hints, how many sequences they prove right. *)
Definition subcubic_counts (B h : Z) (j : nat) (t : Z) (w : weights) (o : error_option) (hs : list hints) : option (list N) :=
  let V := length (wE w) in
  let r := (length (wP w) - 1)%nat in
  if (Z.leb 0 B && Z.leb 0 h && Z.leb 0 t && error_fits B h V (length (wU w)) o &&
      forallb (fun a => direct_fits (h_direct a) (length (wU w))) hs)%bool then
  match paths_of B w, factors_of B w with
  | Some p, Some f =>
    let '(s, explained, errors) := explained_scores B h o p f in
    let queries := queries_of (Z.of_nat (length (wO w))) s (4 * B) j t r explained errors (tEQKP p) in
    let EU := lifted (2 * B + h) (tEU p) in
    let EVOU := lifted h (tEVOU p) in
    let PVOU := lifted h (tPVOU p) in
    Some (map (fun a => count_cells V r queries
      (logit_tables_of (h_direct a) (h_attention a) B h V r EU EVOU PVOU (fX f) (fU f)) (h_gaps a)) hs)
  | _, _ => None
  end else None.

Open Scope R_scope.

Theorem subcubic_at_least B h j t w o hs ns : subcubic_counts B h j t w o hs = Some ns ->
  forall n, In n ns -> accuracy_at_least (model_of w) (Z.of_N n).
Proof.
  unfold subcubic_counts. destruct (_ && _)%bool eqn:g; [|discriminate].
  apply andb_prop in g. destruct g as [g fit]. apply andb_prop in g. destruct g as [g g4]. apply andb_prop in g. destruct g as [g g3]. apply andb_prop in g. destruct g as [g1 g2].
  apply Z.leb_le in g1, g2, g3. rewrite forallb_forall in fit.
  destruct (paths_of B w) as [p|] eqn:ep; [|discriminate]. destruct (factors_of B w) as [f|] eqn:ef; [|discriminate].
  destruct (paths_correct B w p ep) as [eu [ev [pv [qe qp]]]].
  destruct (factors_correct B w f ef) as [fx [fe [fq [fk [fu [K0 [D0 H0]]]]]]]. set (m := model_of w) in *.
  rewrite <- !power_of_two in * by lia.
  assert (scores : let '(s, explained, errors) := explained_scores B h o p f in (0 <= s)%Z /\ exists S err,
    represents (IZR (2 ^ s)) (d_vocab m) (d_vocab m) explained S /\ holds (IZR (2 ^ s)) (d_vocab m) errors err /\ explains m S err).
  { destruct o as [|position directions rest]; cbn [explained_scores].
    - split; [lia|]. exists (fun q t => qk_unscaled m q (W_E m t)), (fun _ => 0).
      split; [exact qe|]. split; [|apply exact_explains]. split; [rewrite map_length; apply qe|]. intros k k0.
      rewrite (nth_map _ _ _ []) by (rewrite (proj1 qe); exact k0). rewrite toZ_zero. ring.
    - cbn [error_fits] in g4. apply andb_prop in g4. destruct g4 as [V0 g4]. apply Nat.ltb_lt in V0.
      split; [lia|].
      apply low_rank_explains; try assumption; try lia. intros f1 f2 f3 f4 s R1 R2 R3 R4.
      apply residual_ok; try assumption; try lia. assert (P := power_positive h g2). now apply Rmult_lt_0_compat. }
  destruct (explained_scores B h o p f) as [[s explained] errors]. destruct scores as [s0 [S [err [sc [er ex]]]]].
  intros E n I. injection E as <-. apply in_map_iff in I. destruct I as [a [<- I]].
  assert (K : (length (wP w) - 1)%nat = last m) by reflexivity. rewrite K.
  apply (cells_count m); [exact K0| |].
  - intros q Q hq EQ. apply (queries_ok m (Z.of_nat (length (wO w))) s (4 * B) t j) with
      (explained := explained) (positional := tEQKP p) (errors := errors) (S := S) (err := err); try assumption; try lia.
    + unfold m in H0. cbn in H0. lia.
    + rewrite <- INR_IZR_INZ. reflexivity.
  - apply logit_tables_ok; try assumption.
    + apply (lifted_correct (2 * B + h)) in eu; [|lia]. rewrite pow_split in eu by lia.
      replace (2 * B + (2 * B + h))%Z with (4 * B + h)%Z in eu by lia. exact eu.
    + apply (lifted_correct h) in ev; [|lia]. rewrite pow_split in ev by lia. exact ev.
    + apply (lifted_correct h) in pv; [|lia]. rewrite pow_split in pv by lia. exact pv.
    + exact (fit a I).
Qed.
