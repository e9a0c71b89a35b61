(* The sequences of a part of a group: some tokens may occur, others must. A walk goes from position to position and
   remembers which required tokens are still missing, so that the first one of each can be told from those that follow.
   A group is split by whether a token occurs. Main theorems: fillings_split, fillings_tails. *)
From Coq Require Import ZArith Lia List Bool PeanoNat Permutation.
From Maxcert Require Import Sequences Tails.
Import ListNotations.

(* ---------- Walks ---------- *)

(* What may stand at a position: one of these, or what stands for a required token: the first time, and again. *)
Definition position (A : Type) := (list A * list (A * A))%type.

(* A required token is taken; the flags say which of them are missing, before and after. *)
Fixpoint choices {A} (miss : list bool) (l : list (A * A)) : list (A * list bool) :=
  match miss, l with
  | f :: fs, (first, again) :: l => (if f then first else again, false :: fs) :: map (fun c => (fst c, f :: snd c)) (choices fs l)
  | _, _ => []
  end.
Definition options {A} (miss : list bool) (p : position A) : list (A * list bool) :=
  map (fun a => (a, miss)) (fst p) ++ choices miss (snd p).
Fixpoint walks {A} (ps : list (position A)) (miss : list bool) : list (list A) :=
  match ps with
  | [] => if existsb (fun f => f) miss then [] else [[]]
  | p :: ps => flat_map (fun c => map (cons (fst c)) (walks ps (snd c))) (options miss p)
  end.

(* ---------- Parts of a group ---------- *)

Record part := { p_others : list nat; p_required : list nat }.
Definition tokens_of (P : part) : list nat := p_others P ++ p_required P.
Definition spot (P : part) : position nat := (p_others P, map (fun u => (u, u)) (p_required P)).
Definition fillings (P : part) (r : nat) : list (list nat) := walks (repeat (spot P) r) (map (fun _ => true) (p_required P)).

Definition group_part (m : nat) (seen : bool) : part :=
  if seen then {| p_others := seq 0 (S m); p_required := [] |} else {| p_others := seq 0 m; p_required := [m] |}.

Definition without (u : nat) (P : part) : part :=
  {| p_others := filter (fun t => negb (t =? u)) (p_others P); p_required := p_required P |}.
Definition requiring (u : nat) (P : part) : part :=
  {| p_others := filter (fun t => negb (t =? u)) (p_others P); p_required := u :: p_required P |}.

(* ---------- Proofs ---------- *)

Definition part_ok (P : part) := NoDup (tokens_of P).

Fixpoint clear (t : nat) (miss : list bool) (required : list nat) : list bool :=
  match miss, required with f :: fs, u :: us => (f && negb (u =? t)) :: clear t fs us | _, _ => miss end.
Definition missing (miss : list bool) (required : list nat) : list nat := map snd (filter fst (combine miss required)).

Lemma clear_absent t required : forall miss, ~ In t required -> clear t miss required = miss.
Proof.
  induction required as [|u us IH]; intros [|f fs] N; try easy. cbn [clear].
  replace (u =? t) with false by (symmetry; apply Nat.eqb_neq; intros ->; apply N; now left).
  rewrite andb_true_r, IH; [easy|]. intros I. apply N. now right.
Qed.

Lemma clear_length t required : forall miss, length (clear t miss required) = length miss.
Proof. induction required as [|u us IH]; intros [|f fs]; try easy. cbn [clear length]. now rewrite IH. Qed.

Lemma choices_tokens required : forall miss, NoDup required -> length miss = length required ->
  choices miss (map (fun u => (u, u)) required) = map (fun t => (t, clear t miss required)) required.
Proof.
  induction required as [|u us IH]; intros [|f fs] N L; try easy. inversion N; subst. injection L as L.
  cbn [map choices clear]. rewrite Nat.eqb_refl, andb_false_r, clear_absent, IH by assumption. f_equal; [now destruct f|].
  rewrite map_map. apply map_ext_in. intros t I. cbn [fst snd].
  replace (u =? t) with false by (symmetry; apply Nat.eqb_neq; intros ->; contradiction). now rewrite andb_true_r.
Qed.

Lemma options_tokens P miss : part_ok P -> length miss = length (p_required P) ->
  options miss (spot P) = map (fun t => (t, clear t miss (p_required P))) (tokens_of P).
Proof.
  intros N L. unfold options, spot, tokens_of. cbn [fst snd]. rewrite map_app. f_equal.
  - apply map_ext_in. intros t I. rewrite clear_absent; [easy|]. intros J. unfold part_ok, tokens_of in N.
    apply in_split in I. destruct I as [l1 [l2 E]]. rewrite E, <- app_assoc in N. apply NoDup_remove_2 in N. apply N.
    rewrite !in_app_iff. tauto.
  - apply choices_tokens; [|exact L]. unfold part_ok, tokens_of in N. clear - N.
    induction (p_others P) as [|a l IH]; [exact N|]. apply IH. now inversion N.
Qed.

Lemma missing_clear t u required : forall miss, In u (missing (clear t miss required) required) <-> In u (missing miss required) /\ u <> t.
Proof.
  unfold missing. induction required as [|v us IH]; intros [|f fs]; cbn [clear combine filter map]; try easy; try (cbn; tauto).
  specialize (IH fs). cbn [fst]. destruct f; cbn [andb fst]; [destruct (Nat.eqb_spec v t) as [->|N]|]; cbn [negb map In snd]; rewrite IH.
  - intuition congruence.
  - intuition congruence.
  - tauto.
Qed.

Lemma nothing_missing required : forall miss, length miss = length required -> existsb (fun f => f) miss = false <-> missing miss required = [].
Proof.
  unfold missing. induction required as [|v us IH]; intros [|f fs] L; try easy. injection L as L. cbn [existsb combine filter fst].
  destruct f; cbn [orb map]; [easy|]. now apply IH.
Qed.

Lemma in_walks P p : part_ok P -> forall miss, length miss = length (p_required P) -> forall r,
  In p (walks (repeat (spot P) r) miss) <->
  length p = r /\ Forall (fun t => In t (tokens_of P)) p /\ forall u, In u (missing miss (p_required P)) -> In u p.
Proof.
  intros N. induction p as [|t p IH]; intros miss L r.
  - destruct r as [|r]; cbn [repeat walks].
    + destruct (existsb _ miss) eqn:E.
      * split; [easy|]. intros [_ [_ H]]. destruct (missing miss (p_required P)) as [|u l] eqn:M.
        -- apply nothing_missing in M; [congruence|exact L].
        -- destruct (H u); now left.
      * split; [|intros; now left]. intros _. apply (nothing_missing _ _ L) in E. rewrite E. repeat split; [constructor|easy].
    + split; [|now intros [? _]]. intros I. apply in_flat_map in I. destruct I as [c [_ I]]. apply in_map_iff in I. now destruct I as [? [? _]].
  - destruct r as [|r]; cbn [repeat walks].
    + split; [|now intros [? _]]. destruct (existsb _ miss); [easy|]. now intros [?|[]].
    + rewrite options_tokens by assumption. rewrite in_flat_map. split.
      * intros [c [J I]]. apply in_map_iff in J. destruct J as [t' [<- J]]. cbn [fst snd] in I. apply in_map_iff in I.
        destruct I as [p' [E I]]. injection E as -> ->. apply IH in I; [|now rewrite clear_length]. destruct I as [I1 [I2 I3]].
        split; [cbn [length]; lia|]. split; [now constructor|]. intros u U. destruct (Nat.eq_dec u t) as [->|D]; [now left|right].
        apply I3, missing_clear. tauto.
      * intros [I1 [I2 I3]]. inversion I2; subst. exists (t, clear t miss (p_required P)). split; [apply in_map_iff; eauto|].
        cbn [fst snd]. apply in_map, IH; [now rewrite clear_length|]. injection I1 as I1. split; [exact I1|]. split; [assumption|].
        intros u U. apply missing_clear in U. destruct U as [U D]. destruct (I3 u U) as [E|E]; [congruence|exact E].
Qed.

Lemma walks_NoDup P : part_ok P -> forall r miss, length miss = length (p_required P) -> NoDup (walks (repeat (spot P) r) miss).
Proof.
  intros N. induction r as [|r IH]; intros miss L; cbn [repeat walks].
  - destruct (existsb _ miss); repeat constructor; easy.
  - rewrite options_tokens, flat_map_concat_map, map_map, <- flat_map_concat_map by assumption.
    apply flat_map_NoDup with (key := @hd nat 0%nat); [exact N| |].
    + intros t _. cbn [fst snd]. apply FinFun.Injective_map_NoDup; [intros a b E; congruence|]. apply IH. now rewrite clear_length.
    + intros t s _ M. cbn [fst] in M. apply in_map_iff in M. now destruct M as [? [<- _]].
Qed.

Lemma all_missing required : missing (map (fun _ => true) required) required = required.
Proof. unfold missing. induction required as [|u us IH]; [easy|]. cbn [map combine filter fst snd]. now rewrite IH. Qed.

Theorem in_fillings P r p : part_ok P ->
  In p (fillings P r) <-> length p = r /\ Forall (fun t => In t (tokens_of P)) p /\ forall u, In u (p_required P) -> In u p.
Proof. intros N. unfold fillings. rewrite in_walks by (rewrite ?map_length; easy). now rewrite all_missing. Qed.

Lemma fillings_NoDup P r : part_ok P -> NoDup (fillings P r).
Proof. intros N. apply walks_NoDup; [exact N|now rewrite map_length]. Qed.

Lemma same_count (E : list nat -> bool) l l' : NoDup l -> NoDup l' -> (forall p, In p l <-> In p l') ->
  length (filter E l) = length (filter E l').
Proof.
  intros N N' H. apply Permutation_length, NoDup_Permutation; try now apply NoDup_filter. intros p. rewrite !filter_In, H. reflexivity.
Qed.

Lemma in_rest u (P : part) t : In t (filter (fun t => negb (t =? u)) (p_others P)) <-> In t (p_others P) /\ t <> u.
Proof. rewrite filter_In, negb_true_iff, Nat.eqb_neq. reflexivity. Qed.

Lemma without_ok u P : part_ok P -> part_ok (without u P).
Proof.
  unfold part_ok, tokens_of, without. cbn [p_others p_required]. induction (p_others P) as [|a l IH]; intros N; [exact N|].
  cbn [app] in N. inversion N; subst. cbn [filter]. destruct (negb (a =? u)); [|auto]. cbn [app]. constructor; [|auto].
  rewrite in_app_iff, filter_In in *. tauto.
Qed.

Lemma requiring_ok u P : part_ok P -> In u (p_others P) -> part_ok (requiring u P).
Proof.
  intros N I. unfold part_ok, tokens_of, requiring. cbn [p_others p_required]. apply NoDup_Add with (1 := Add_app u _ _).
  split; [exact (without_ok u P N)|]. rewrite in_app_iff, in_rest. intros [[_ D]|J]; [easy|].
  unfold part_ok, tokens_of in N. apply in_split in I. destruct I as [l1 [l2 E]]. rewrite E, <- app_assoc in N.
  apply NoDup_remove_2 in N. apply N. rewrite !in_app_iff. tauto.
Qed.

(* Those that hold a token, and those that do not. *)
Theorem fillings_split (E : list nat -> bool) u P r : part_ok P -> In u (p_others P) ->
  length (filter E (fillings P r)) = (length (filter E (fillings (requiring u P) r)) + length (filter E (fillings (without u P) r)))%nat.
Proof.
  intros N I. assert (N1 := requiring_ok u P N I). assert (N2 := without_ok u P N). rewrite <- app_length, <- filter_app.
  assert (absent : ~ In u (tokens_of (without u P))).
  { exact (proj2 (proj1 (NoDup_Add (Add_app u _ _)) N1)). }
  apply same_count; [now apply fillings_NoDup| |].
  - apply NoDup_app; try now apply fillings_NoDup. intros p J1 J2. apply in_fillings in J1, J2; try assumption.
    destruct J1 as [_ [_ H]], J2 as [_ [F _]]. rewrite Forall_forall in F. apply absent, F, H. now left.
  - intros p. rewrite in_app_iff, !in_fillings by assumption. rewrite !Forall_forall.
    assert (T1 : forall t, In t (tokens_of (requiring u P)) <-> In t (tokens_of P)).
    { intros t. unfold tokens_of, requiring. cbn [p_others p_required]. rewrite !in_app_iff, in_rest. cbn [In].
      destruct (Nat.eq_dec t u) as [->|D]; intuition congruence. }
    assert (T2 : forall t, In t (tokens_of (without u P)) <-> In t (tokens_of P) /\ t <> u).
    { intros t. split.
      - intros J. split; [|intros ->; now apply absent]. unfold tokens_of, without in *. cbn [p_others p_required] in J.
        rewrite in_app_iff, in_rest in *. tauto.
      - unfold tokens_of, without. cbn [p_others p_required]. rewrite !in_app_iff, in_rest. tauto. }
    cbn [requiring without p_required In]. split.
    + intros [L [F R]]. destruct (in_dec Nat.eq_dec u p) as [J|J]; [left|right].
      * split; [exact L|]. split; [intros t K; now apply T1, F|]. intros v [<-|K]; auto.
      * split; [exact L|]. split; [|exact R]. intros t K. apply T2. split; [now apply F|]. intros ->. contradiction.
    + intros [[L [F R]]|[L [F R]]]; (split; [exact L|]; split; [|now auto]).
      * intros t K. now apply T1, F.
      * intros t K. now apply T2, F.
Qed.

Lemma group_part_ok m seen : part_ok (group_part m seen).
Proof.
  unfold part_ok, tokens_of, group_part. destruct seen; cbn [p_others p_required].
  - rewrite app_nil_r. apply seq_NoDup.
  - change (seq 0 m ++ [m]) with (seq 0 m ++ [0 + m]%nat). rewrite <- seq_S. apply seq_NoDup.
Qed.

Theorem fillings_tails (E : list nat -> bool) m r seen :
  length (filter E (fillings (group_part m seen) r)) = length (filter E (tails m r seen)).
Proof.
  assert (G := group_part_ok m seen). apply same_count; [now apply fillings_NoDup|apply tails_NoDup|]. intros p.
  rewrite in_fillings, in_tails by exact G. unfold group_part, tokens_of. destruct seen; cbn [p_others p_required In].
  - rewrite app_nil_r, !Forall_forall. split; intros [L [F _]]; (split; [exact L|]; split); [|now left| |intros u []].
    + intros t I. specialize (F t I). apply in_seq in F. lia.
    + intros t I. specialize (F t I). apply in_seq. lia.
  - rewrite !Forall_forall. split; intros [L [F H]]; (split; [exact L|]).
    + split; [|right; auto]. intros t I. specialize (F t I). rewrite in_app_iff, in_seq in F. cbn [In] in F. lia.
    + split; [|destruct H as [H|H]; [easy|]; intros u [<-|[]]; exact H]. intros t I. specialize (F t I). rewrite in_app_iff, in_seq. cbn [In]. lia.
Qed.
