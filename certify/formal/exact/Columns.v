(* From enclosures of terms to the machine words that the walk adds. Main theorem: columns_ok. *)
From Coq Require Import Reals ZArith Lra Lia List Uint63.
From Maxcert Require Import Integers Words Intervals Matrices Tails Ranges Walk.
Import ListNotations.

(* ---------- The program ---------- *)

(* For one output: the query's term, then for each position before the query the terms of the tokens 0..m. *)
Definition input := (interval * list (list interval))%type.

Definition width_of (e : interval) : int := sub (snd e) (fst e).
Definition widest (l : list interval) (w : int) : int := fold_left (fun w e => nmax w (width_of e)) l w.
Definition input_width (c : input) (w : int) : int := fold_left (fun w l => widest l w) (snd c) (nmax w (width_of (fst c))).

Definition entry_limit : word := Eval vm_compute in Uint63.of_Z entry_bound.
Definition range_limit : word := Eval vm_compute in Uint63.of_Z range_bound.

Definition entry_of (e : interval) : option word := if fits entry_limit (fst e) then Some (word_of (fst e)) else None.

Fixpoint levels_of (slack : int) (L : list level) : option levels :=
  match L with
  | [] => if fits range_limit slack then Some (Done (word_of slack)) else None
  | (E, (free, need)) :: L =>
      let fh := add (snd free) slack in let nh := add (snd need) slack in
      match all entry_of E, levels_of slack L with
      | Some E, Some L =>
          if (fits range_limit fh && fits range_limit (fst free) && fits range_limit nh && fits range_limit (fst need))%bool
          then Some (Level E (word_of fh) (word_of (fst free)) (word_of nh) (word_of (fst need)) L) else None
      | _, _ => None
      end
  end.

Definition column_of (slack : int) (c : input) : option column :=
  match entry_of (fst c), levels_of slack (build (snd c)) with Some s, Some L => Some (Column s L) | _, _ => None end.

(* r: the positions before the query *)
Definition group_width (cs : list input) : int := fold_left (fun w c => input_width c w) cs zero.
Definition columns (r : nat) (cs : list input) : option (list column) :=
  all (column_of (mul (ofZ (Z.of_nat (S r))) (group_width cs))) cs.

(* ---------- Its proof ---------- *)

Section Proof.
  Open Scope R_scope.

  Lemma nmax_above a b : (toZ a <= toZ (nmax a b) /\ toZ b <= toZ (nmax a b))%Z.
  Proof. unfold nmax. rewrite toZ_leb. destruct (Z.leb_spec (toZ a) (toZ b)); lia. Qed.

  Lemma widest_above l : forall w, (toZ w <= toZ (widest l w))%Z /\ forall e, In e l -> (toZ (width_of e) <= toZ (widest l w))%Z.
  Proof.
    induction l as [|e l IH]; intros w; cbn [widest fold_left]; [split; [lia|easy]|].
    destruct (IH (nmax w (width_of e))) as [a b]. pose proof (nmax_above w (width_of e)) as M.
    unfold widest in *. split; [lia|]. intros e' [<-|I]; [lia|now apply b].
  Qed.

  Lemma widest_all_above ls : forall w, (toZ w <= toZ (fold_left (fun w l => widest l w) ls w))%Z /\
    forall l e, In l ls -> In e l -> (toZ (width_of e) <= toZ (fold_left (fun w l => widest l w) ls w))%Z.
  Proof.
    induction ls as [|l ls IH]; intros w; cbn [fold_left]; [split; [lia|easy]|].
    destruct (IH (widest l w)) as [a b]. destruct (widest_above l w) as [c d]. split; [lia|].
    intros l' e [<-|I] J; [specialize (d e J); lia|exact (b l' e I J)].
  Qed.

  Definition narrow (w : int) (c : input) :=
    (toZ (width_of (fst c)) <= toZ w)%Z /\ forall l e, In l (snd c) -> In e l -> (toZ (width_of e) <= toZ w)%Z.

  Lemma group_width_above cs : forall w, let W := fold_left (fun w c => input_width c w) cs w in
    (toZ w <= toZ W)%Z /\ forall c, In c cs -> narrow W c.
  Proof.
    induction cs as [|c cs IH]; intros w; cbn [fold_left]; [split; [lia|easy]|].
    destruct (IH (input_width c w)) as [a b].
    destruct (widest_all_above (snd c) (nmax w (width_of (fst c)))) as [d e]. pose proof (nmax_above w (width_of (fst c))) as M.
    change (fold_left (fun w l => widest l w) (snd c) (nmax w (width_of (fst c)))) with (input_width c w) in d, e.
    split; [lia|]. intros c' [<-|I]; [|now apply b]. split; [lia|]. intros l x J K. specialize (e l x J K). lia.
  Qed.

  Variable m : nat.
  Variable f : nat -> nat -> nat -> R.
  Variable own : nat -> R.
  Variable r0 : nat.

  (* What an input says of output x. *)
  Definition input_ok (x : nat) (c : input) :=
    encloses (fst c) (own x) /\ length (snd c) = r0 /\ positions_ok m f x 0 (snd c).

  Lemma entry_limit_value : Uint63.to_Z entry_limit = entry_bound. Proof. reflexivity. Qed.
  Lemma range_limit_value : Uint63.to_Z range_limit = range_bound. Proof. reflexivity. Qed.

  Lemma fits_entry b : fits entry_limit b = true -> signed (word_of b) = toZ b /\ (Z.abs (toZ b) <= entry_bound)%Z.
  Proof. rewrite <- entry_limit_value. apply fits_spec. reflexivity. Qed.
  Lemma fits_range b : fits range_limit b = true -> signed (word_of b) = toZ b /\ (Z.abs (toZ b) <= range_bound)%Z.
  Proof. rewrite <- range_limit_value. apply fits_spec. reflexivity. Qed.

  Variable w : int.
  Notation wide := (fun _ : nat => IZR (toZ w)).
  Let slack := mul (ofZ (Z.of_nat (S r0))) w.
  Lemma slack_value : IZR (toZ slack) = INR (S r0) * IZR (toZ w).
  Proof. unfold slack. rewrite toZ_mul, toZ_ofZ, mult_IZR, INR_IZR_INZ. reflexivity. Qed.

  Lemma entry_of_ok e v s : entry_of e = Some s -> encloses e v -> (toZ (width_of e) <= toZ w)%Z ->
    IZR (signed s) <= v <= IZR (signed s) + IZR (toZ w) /\ (Z.abs (signed s) <= entry_bound)%Z.
  Proof.
    unfold entry_of. destruct (fits entry_limit (fst e)) eqn:F; [|discriminate]. intros h [h1 h2] n.
    apply fits_entry in F. injection h as <-. destruct F as [-> F]. split; [|exact F].
    unfold width_of in n. rewrite toZ_sub in n. apply IZR_le in n. rewrite minus_IZR in n. lra.
  Qed.

  Lemma words_of_ok x i E : forall t l, all entry_of E = Some l -> entries_ok m f x i t E ->
    (forall e, In e E -> (toZ (width_of e) <= toZ w)%Z) -> words_ok m f wide x i t l.
  Proof.
    induction E as [|e E IH]; intros t l h H N; cbn [all] in h.
    - injection h as <-. exact H.
    - destruct (entry_of e) as [s|] eqn:F; [|discriminate]. destruct (all entry_of E) as [l'|]; [|discriminate].
      injection h as <-. destruct H as [H H']. split; [|apply IH; [easy|exact H'|intros; apply N; now right]].
      apply (entry_of_ok e); [exact F|exact H|apply N; now left].
  Qed.

  Lemma bounds_of_ok x i r seen (b : interval) : fits range_limit (add (snd b) slack) = true -> fits range_limit (fst b) = true ->
    (forall s, In s (tails m r seen) -> encloses b (suffix f x i s)) ->
    bounds_ok m f r0 wide x i r seen (word_of (add (snd b) slack)) (word_of (fst b)).
  Proof.
    intros h l H. apply fits_range in h, l. destruct h as [h h'], l as [l l'].
    rewrite <- h in h'. rewrite <- l in l'. split; [exact h'|split; [exact l'|]].
    intros s I. specialize (H s I). destruct H as [a b']. rewrite h, l, toZ_add, plus_IZR, slack_value.
    unfold Walk.slack. lra.
  Qed.

  Lemma levels_of_ok x : forall L i r l, levels_of slack L = Some l -> levels_ok m f x i r L ->
    (forall E e, In E (map fst L) -> In e E -> (toZ (width_of e) <= toZ w)%Z) -> rest_ok m f r0 wide x i r l.
  Proof.
    induction L as [|[E [free need]] L IH]; intros i r l h H N; cbn [levels_of] in h.
    - destruct r as [|r]; [|easy]. destruct (fits range_limit slack) eqn:F; [|discriminate]. injection h as <-.
      apply fits_range in F. destruct F as [F F']. cbn [rest_ok]. rewrite F. split; [exact F'|]. rewrite slack_value. unfold Walk.slack. lra.
    - destruct r as [|r]; [easy|]. destruct H as [HE [HF [HN HL]]].
      destruct (all entry_of E) as [l1|] eqn:e1; [|discriminate]. destruct (levels_of slack L) as [l2|] eqn:e2; [|discriminate].
      destruct (fits range_limit (add (snd free) slack) && fits range_limit (fst free) && fits range_limit (add (snd need) slack)
        && fits range_limit (fst need))%bool eqn:F; [|discriminate]. injection h as <-.
      apply andb_prop in F. destruct F as [F F4]. apply andb_prop in F. destruct F as [F F3]. apply andb_prop in F. destruct F as [F1 F2].
      cbn [rest_ok]. split; [|split; [|split]].
      + apply (words_of_ok x i E); [exact e1|exact HE|]. intros e I. apply (N E); [now left|exact I].
      + now apply bounds_of_ok.
      + now apply bounds_of_ok.
      + apply IH; [easy|exact HL|]. intros E' e I. apply N. now right.
  Qed.

  Lemma build_entries Es : map fst (build Es) = Es.
  Proof. induction Es as [|E Es IH]; [reflexivity|]. cbn [build map fst]. now rewrite IH. Qed.

  Lemma column_of_ok x c col : column_of slack c = Some col -> input_ok x c -> narrow w c ->
    column_ok m f r0 wide own 0 r0 col x.
  Proof.
    intros h [H [L P]] [N N']. unfold column_of in h. destruct (entry_of (fst c)) as [s|] eqn:e1; [|discriminate].
    destruct (levels_of slack (build (snd c))) as [l|] eqn:e2; [|discriminate]. injection h as <-.
    destruct (entry_of_ok _ _ _ e1 H N) as [a b]. cbn [column_ok]. split; [reflexivity|]. split.
    - split; [change (INR 1) with 1%R; cbv beta; rewrite Rmult_1_l; exact a|]. change (Z.of_nat 1) with 1%Z. rewrite Z.mul_1_l. exact b.
    - apply (levels_of_ok x (build (snd c))); [exact e2| |].
      + rewrite <- L. now apply build_ok.
      + rewrite build_entries. exact N'.
  Qed.
End Proof.
