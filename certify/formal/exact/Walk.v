(* The tree walk over prefixes of tokens, for one maximum m: how many completions are surely right, surely wrong.
   Sums are machine words, each at most a known slack below the real sum; an output that no completion can bring to 0
   any more is dropped, and one that wins with every completion settles the node. A whole sequence that the words leave
   undecided goes to `decide`. Main theorem: walk_ok. *)
From Coq Require Import Reals ZArith Lra Lia List PeanoNat Uint63.
From Maxcert Require Import Integers Words Intervals Sequences Tails Ranges.
Import ListNotations.

(* ---------- The program ---------- *)

(* The positions left, for one output. At each position: the words of the tokens 0..m, and of the sum from here on over
   all tails (free) and over those that hold m (need) an upper bound, slack included, and a lower bound. At the end: the
   slack. *)
Inductive levels :=
| Done (slack : word)
| Level (entries : list word) (free_high free_low need_high need_low : word) (deeper : levels).
(* One output: the sum so far, and the positions left. *)
Inductive column := Column (sum : word) (rest : levels).

Definition high (seen : bool) (c : column) : word :=
  match c with
  | Column s (Done slack) => wadd s slack
  | Column s (Level _ free _ need _ _) => wadd s (if seen then free else need)
  end.
Definition low (seen : bool) (c : column) : word :=
  match c with
  | Column s (Done _) => s
  | Column s (Level _ _ free _ need _) => wadd s (if seen then free else need)
  end.

(* None if an output wins (or ties) whatever follows; else the outputs that may still win. *)
Fixpoint sift (seen : bool) (kept cols : list column) : option (list column) :=
  match cols with
  | [] => Some kept
  | c :: cols => if wleb wzero (low seen c) then None
                 else sift seen (if wleb wzero (high seen c) then c :: kept else kept) cols
  end.

Definition child (c : column) : column :=  (* take the first token that is left at this position *)
  match c with Column s (Level (e :: _) _ _ _ _ deeper) => Column (wadd s e) deeper | _ => c end.
Definition pop (c : column) : column :=    (* leave it *)
  match c with Column s (Level (_ :: E) a b c d deeper) => Column s (Level E a b c d deeper) | _ => c end.

Definition counts := (word * word)%type.  (* right, wrong; a sum that wraps around only loses *)
Definition plus (a b : counts) : counts := (wadd (fst a) (fst b), wadd (snd a) (snd b)).
Definition none : counts := (wzero, wzero).
Definition one : word := 1%uint63.

Section Program.
  Variable m : nat.
  Variable total : nat -> bool -> word.              (* the number of tails, or less *)
  Variable decide : list nat -> option bool.         (* a whole sequence before the query, last token first *)

  Definition zerob (n : nat) := match n with O => true | _ => false end.

  Fixpoint tokens (W : bool -> list nat -> list column -> counts) (seen : bool) (prefix : list nat) (n t : nat)
    (cols : list column) : counts :=
    match n with
    | O => none
    | S n => plus (W (seen || zerob n)%bool (t :: prefix) (map child cols)) (tokens W seen prefix n (S t) (map pop cols))
    end.

  Fixpoint walk (r : nat) (seen : bool) (prefix : list nat) (cols : list column) : counts :=
    match sift seen [] cols with
    | None => (wzero, total r seen)
    | Some [] => (total r seen, wzero)
    | Some cols =>
        match r with
        | O => if seen then match decide prefix with Some true => (one, wzero) | Some false => (wzero, one) | None => none end
               else none
        | S r => tokens (walk r) seen prefix (S m) 0 cols
        end
    end.
End Program.

(* ---------- The walk is right ---------- *)

Lemma counted a b n n' : (Uint63.to_Z a <= Z.of_nat n)%Z -> (Uint63.to_Z b <= Z.of_nat n')%Z ->
  (Uint63.to_Z (wadd a b) <= Z.of_nat (n + n'))%Z.
Proof.
  intros ha hb. unfold wadd. rewrite Uint63.add_spec.
  pose proof (Uint63.to_Z_bounded a). pose proof (Uint63.to_Z_bounded b).
  assert ((Uint63.to_Z a + Uint63.to_Z b) mod wB <= Uint63.to_Z a + Uint63.to_Z b)%Z by (apply Z.mod_le; [lia|reflexivity]).
  lia.
Qed.

Lemma filter_all {A} (p : A -> bool) l : (forall a, In a l -> p a = true) -> filter p l = l.
Proof.
  induction l as [|a l IH]; simpl; intros H; [easy|]. rewrite H by auto. now rewrite IH by auto.
Qed.

Definition entry_bound : Z := (2 ^ 55)%Z.
Definition range_bound : Z := (2 ^ 60)%Z.

Section Walk.
  Variable m : nat.
  Variable X : list nat.                    (* the wrong outputs *)
  Variable f : nat -> nat -> nat -> R.      (* f x i t: what token t at position i adds to output x *)
  Variable own : nat -> R.                  (* what the query's own position adds *)
  Variable r0 : nat.                        (* the positions before the query *)
  Variable width : nat -> R.                (* how far a word of output x may be below the real number *)
  Variable total : nat -> bool -> word.
  Variable decide : list nat -> option bool.
  Open Scope R_scope.
  Notation suffix := (suffix f).

  (* B: the sums so far. *)
  Definition good (B : nat -> R) (i : nat) (s : list nat) := forall x, In x X -> B x + suffix x i s < 0.
  Definition goodb (B : nat -> R) (i : nat) (s : list nat) : bool :=
    forallb (fun x => if Rlt_dec (B x + suffix x i s) 0 then true else false) X.

  Lemma goodb_good B i s : goodb B i s = true <-> good B i s.
  Proof.
    unfold goodb, good. rewrite forallb_forall.
    split; intros H x I; specialize (H x I); destruct (Rlt_dec (B x + suffix x i s) 0); easy.
  Qed.

  Lemma goodb_cons B i t s : goodb B i (t :: s) = goodb (fun x => B x + f x i t) (S i) s.
  Proof.
    apply Bool.eq_iff_eq_true. rewrite !goodb_good. unfold good; simpl.
    split; intros H x I; specialize (H x I); lra.
  Qed.

  (* The sums over a prefix (last token first). *)
  Definition before (prefix : list nat) (x : nat) := own x + suffix x 0 (rev prefix).

  Lemma suffix_app x s s' : forall i, suffix x i (s ++ s') = suffix x i s + suffix x (i + length s)%nat s'.
  Proof.
    induction s as [|t s IH]; intros i; simpl.
    - rewrite Nat.add_0_r. lra.
    - rewrite IH. replace (S i + length s)%nat with (i + S (length s))%nat by lia. lra.
  Qed.

  Lemma before_cons prefix t x : before (t :: prefix) x = before prefix x + f x (length prefix) t.
  Proof. unfold before. simpl rev. rewrite suffix_app, rev_length. simpl. lra. Qed.

  Hypothesis total_ok : forall r seen, (Uint63.to_Z (total r seen) <= Z.of_nat (length (tails m r seen)))%Z.
  Hypothesis decide_ok : forall prefix b, In (rev prefix) (tails m r0 true) -> decide prefix = Some b ->
    b = goodb (before prefix) r0 [].
  Hypothesis width_nonnegative : forall x, 0 <= width x.
  Hypothesis few : (S r0 <= 32)%nat.

  (* What columns mean. *)
  Definition entry_ok (x i t : nat) (e : word) :=
    IZR (signed e) <= f x i t <= IZR (signed e) + width x /\ (Z.abs (signed e) <= entry_bound)%Z.
  Fixpoint words_ok (x i t : nat) (E : list word) : Prop :=
    match E with [] => t = S m | e :: E => entry_ok x i t e /\ words_ok x i (S t) E end.
  Definition slack (x : nat) : R := INR (S r0) * width x.
  Definition bounds_ok (x i r : nat) (seen : bool) (high low : word) :=
    (Z.abs (signed high) <= range_bound)%Z /\ (Z.abs (signed low) <= range_bound)%Z /\
    forall s, In s (tails m r seen) -> IZR (signed low) <= suffix x i s /\ suffix x i s + slack x <= IZR (signed high).
  Fixpoint rest_ok (x i r : nat) (L : levels) : Prop :=
    match r, L with
    | O, Done s => (Z.abs (signed s) <= range_bound)%Z /\ slack x <= IZR (signed s)
    | S r, Level E fh fl nh nl L =>
        words_ok x i 0 E /\ bounds_ok x i (S r) true fh fl /\ bounds_ok x i (S r) false nh nl /\ rest_ok x (S i) r L
    | _, _ => False
    end.
  Definition sum_ok (B : nat -> R) (i : nat) (s : word) (x : nat) :=
    IZR (signed s) <= B x <= IZR (signed s) + INR (S i) * width x /\ (Z.abs (signed s) <= Z.of_nat (S i) * entry_bound)%Z.
  Definition column_ok (B : nat -> R) (i r : nat) (c : column) (x : nat) :=
    match c with Column s L => (i + r = r0)%nat /\ sum_ok B i s x /\ rest_ok x i r L end.

  (* Every column speaks of an output, and an output without column has lost already. *)
  Definition speaks (P : column -> nat -> Prop) (lost : nat -> Prop) (cols : list column) :=
    (forall c, In c cols -> exists x, In x X /\ P c x) /\
    (forall x, In x X -> (exists c, In c cols /\ P c x) \/ lost x).

  Definition lost (B : nat -> R) (i r : nat) (seen : bool) (x : nat) :=
    forall s, In s (tails m r seen) -> B x + suffix x i s < 0.

  Lemma speaks_map (P P' : column -> nat -> Prop) (l l' : nat -> Prop) (h : column -> column) cols :
    (forall c x, P c x -> P' (h c) x) -> (forall x, l x -> l' x) -> speaks P l cols -> speaks P' l' (map h cols).
  Proof.
    intros HP HL [A B]; split.
    - intros c I. apply in_map_iff in I. destruct I as [c' [<- I]]. destruct (A c' I) as [x [Ix Px]]. eauto.
    - intros x I. destruct (B x I) as [[c [Ic Pc]]|L]; [left|auto].
      exists (h c). split; [now apply in_map|auto].
  Qed.

  (* Sums stay far from where words wrap around. *)
  Lemma sum_range B i s x : (i <= r0)%nat -> sum_ok B i s x ->
    (Z.abs (signed s) <= range_bound)%Z /\ IZR (signed s) <= B x /\ B x <= IZR (signed s) + slack x.
  Proof.
    intros hi [h h']. split; [|split; [apply h|]].
    - unfold entry_bound in h'. change range_bound with (32 * 2 ^ 55)%Z.
      assert (Z.of_nat (S i) <= 32)%Z by lia. nia.
    - apply Rle_trans with (1 := proj2 h). apply Rplus_le_compat_l. unfold slack.
      apply Rmult_le_compat_r; [apply width_nonnegative|]. apply le_INR. lia.
  Qed.

  Lemma add_range s b : (Z.abs (signed s) <= range_bound)%Z -> (Z.abs (signed b) <= range_bound)%Z ->
    IZR (signed (wadd s b)) = IZR (signed s) + IZR (signed b).
  Proof.
    intros hs hb. rewrite (signed_add s b range_bound range_bound hs hb); [apply plus_IZR|]. unfold range_bound. lia.
  Qed.

  Lemma high_low_ok B i r seen c x s : column_ok B i r c x -> In s (tails m r seen) ->
    IZR (signed (low seen c)) <= B x + suffix x i s <= IZR (signed (high seen c)).
  Proof.
    destruct c as [a L]. intros [hi [hs hL]] I. destruct (sum_range B i a x ltac:(lia) hs) as [g [g1 g2]].
    destruct r as [|r]; destruct L as [sl | E fh fl nh nl L]; simpl in hL; try easy; unfold low, high.
    - destruct hL as [k1 k2]. rewrite add_range by assumption.
      apply in_tails in I. destruct I as [I _]. destruct s; [|easy]. simpl. lra.
    - destruct hL as [_ [[a1 [a2 a3]] [[b1 [b2 b3]] _]]].
      destruct seen; rewrite !add_range by assumption; [specialize (a3 s I) | specialize (b3 s I)]; lra.
  Qed.

  Lemma low_beats B i r seen c x s : column_ok B i r c x -> In s (tails m r seen) -> wleb wzero (low seen c) = true ->
    0 <= B x + suffix x i s.
  Proof.
    intros C I L. rewrite wleb_spec, signed_zero in L. apply Z.leb_le, IZR_le in L.
    pose proof (high_low_ok B i r seen c x s C I). lra.
  Qed.

  Lemma high_lost B i r seen c x s : column_ok B i r c x -> In s (tails m r seen) -> wleb wzero (high seen c) = false ->
    B x + suffix x i s < 0.
  Proof.
    intros C I L. rewrite wleb_spec, signed_zero in L. apply Z.leb_gt, IZR_lt in L.
    pose proof (high_low_ok B i r seen c x s C I). lra.
  Qed.

  Lemma sift_ok seen cols : forall kept,
    match sift seen kept cols with
    | None => exists c, In c cols /\ wleb wzero (low seen c) = true
    | Some l => (forall c, In c l -> In c kept \/ In c cols) /\ (forall c, In c kept -> In c l) /\
                (forall c, In c cols -> In c l \/ wleb wzero (high seen c) = false)
    end.
  Proof.
    clear. induction cols as [|c cols IH]; intros kept; cbn [sift].
    - split; [auto|split; [auto|easy]].
    - destruct (wleb wzero (low seen c)) eqn:lo; [exists c; split; [now left|easy]|].
      specialize (IH (if wleb wzero (high seen c) then c :: kept else kept)).
      destruct (sift seen _ cols) as [l|].
      + destruct IH as [a [b d]]. split; [|split].
        * intros e I. destruct (a e I) as [J|J]; [|right; now right].
          destruct (wleb wzero (high seen c)); [destruct J as [->|J]; [right; now left|now left]|now left].
        * intros e I. apply b. destruct (wleb wzero (high seen c)); [now right|easy].
        * intros e [<-|I]; [|now apply d]. destruct (wleb wzero (high seen c)) eqn:hi; [left|now right]. apply b. now left.
      + destruct IH as [e [I J]]. exists e. split; [now right|easy].
  Qed.

  Lemma speaks_sift B i r seen cols l : sift seen [] cols = Some l ->
    speaks (column_ok B i r) (lost B i r seen) cols -> speaks (column_ok B i r) (lost B i r seen) l.
  Proof.
    intros e [A C]. pose proof (sift_ok seen cols []) as S. rewrite e in S. destruct S as [a [_ d]]. split.
    - intros c I. destruct (a c I) as [[]|J]. now apply A.
    - intros x I. destruct (C x I) as [[c [Ic Pc]]|L]; [|now right].
      destruct (d c Ic) as [J|J]; [left; now exists c|right].
      intros s Is. eapply high_lost; eauto.
  Qed.

  Definition rights B i l := length (filter (goodb B i) l).
  Definition wrongs B i l := length (filter (fun s => negb (goodb B i s)) l).
  Definition within (n : counts) B i l :=
    (Uint63.to_Z (fst n) <= Z.of_nat (rights B i l))%Z /\ (Uint63.to_Z (snd n) <= Z.of_nat (wrongs B i l))%Z.

  Lemma within_none B i l : within none B i l.
  Proof. split; simpl; change (Uint63.to_Z wzero) with 0%Z; lia. Qed.

  Lemma within_right B i r seen : (forall x, In x X -> lost B i r seen x) -> within (total r seen, wzero) B i (tails m r seen).
  Proof.
    intros H; split; cbn [fst snd]; [|change (Uint63.to_Z wzero) with 0%Z; lia]. unfold rights. rewrite filter_all; [apply total_ok|].
    intros s I. apply goodb_good. intros x Ix. now apply H.
  Qed.

  Lemma within_wrong B i r seen x : In x X -> (forall s, In s (tails m r seen) -> 0 <= B x + suffix x i s) ->
    within (wzero, total r seen) B i (tails m r seen).
  Proof.
    intros Ix H; split; cbn [fst snd]; [change (Uint63.to_Z wzero) with 0%Z; lia|]. unfold wrongs. rewrite filter_all; [apply total_ok|].
    intros s I. destruct (goodb B i s) eqn:E; [|easy]. apply goodb_good in E.
    specialize (E x Ix). specialize (H s I). lra.
  Qed.

  Lemma within_plus n n' B i l l' : within n B i l -> within n' B i l' -> within (plus n n') B i (l ++ l').
  Proof.
    unfold within, rights, wrongs, plus; cbn [fst snd]. rewrite !filter_app, !app_length.
    intros [a b] [c d]. split; now apply counted.
  Qed.

  Lemma within_cons n B i t l : within n (fun x => B x + f x i t) (S i) l -> within n B i (map (cons t) l).
  Proof.
    unfold within, rights, wrongs. rewrite !filter_map, !map_length.
    rewrite (length_filter_ext (fun s => goodb B i (t :: s)) (goodb (fun x => B x + f x i t) (S i)))
      by (intros; apply goodb_cons).
    rewrite (length_filter_ext (fun s => negb (goodb B i (t :: s))) (fun s => negb (goodb (fun x => B x + f x i t) (S i) s)))
      by (intros; now rewrite goodb_cons).
    easy.
  Qed.

  (* A column in the middle of a position: the tokens from t on are left. *)
  Definition column_at (B : nat -> R) (i r t : nat) (c : column) (x : nat) :=
    match c with
    | Column s (Level E _ _ _ _ deeper) => (i + S r = r0)%nat /\ sum_ok B i s x /\ words_ok x i t E /\ rest_ok x (S i) r deeper
    | _ => False
    end.

  Lemma column_at_start B i r c x : column_ok B i (S r) c x -> column_at B i r 0 c x.
  Proof.
    destruct c as [s L]. intros [hi [hs hL]]. destruct L as [|E fh fl nh nl L]; simpl in hL; [easy|]. simpl. tauto.
  Qed.

  Lemma child_ok B i r t c x : (t <= m)%nat -> column_at B i r t c x ->
    column_ok (fun x => B x + f x i t) (S i) r (child c) x.
  Proof.
    intros T H. destruct c as [s [|E fh fl nh nl L]]; [easy|]. destruct H as [hi [hs [hE hL]]].
    destruct E as [|e E]; simpl in hE; [lia|]. destruct hE as [[he he'] _]. cbn [child column_ok].
    split; [lia|]. split; [|exact hL].
    destruct (sum_range B i s x ltac:(lia) hs) as [g [g1 g2]]. destruct hs as [hs hs'].
    assert (he2 : (Z.abs (signed e) <= range_bound)%Z) by (apply Z.le_trans with (1 := he'); unfold entry_bound, range_bound; lia).
    split.
    - rewrite (add_range s e g he2). rewrite (S_INR (S i)). lra.
    - rewrite (signed_add s e range_bound range_bound g he2) by (unfold range_bound; lia). lia.
  Qed.

  Lemma pop_ok B i r t c x : (t <= m)%nat -> column_at B i r t c x -> column_at B i r (S t) (pop c) x.
  Proof.
    intros T H. destruct c as [s [|E fh fl nh nl L]]; [easy|]. destruct H as [hi [hs [hE hL]]].
    destruct E as [|e E]; simpl in hE; [lia|]. destruct hE as [_ hE]. cbn [pop column_at]. tauto.
  Qed.

  (* The prefix leads to these sums. *)
  Definition leads (prefix : list nat) (B : nat -> R) (i : nat) :=
    length prefix = i /\ Forall (fun t => t <= m)%nat prefix /\ forall x, In x X -> B x = before prefix x.

  Lemma leads_cons prefix B i t : (t <= m)%nat -> leads prefix B i -> leads (t :: prefix) (fun x => B x + f x i t) (S i).
  Proof.
    intros T [L [F H]]. split; [simpl; lia|]. split; [now constructor|].
    intros x I. rewrite before_cons, L, (H x I). reflexivity.
  Qed.

  Lemma goodb_leads prefix B i s : leads prefix B i -> goodb B i s = goodb (before prefix) i s.
  Proof.
    intros [_ [_ H]]. apply Bool.eq_iff_eq_true. rewrite !goodb_good. unfold good.
    split; intros G x I; specialize (G x I); rewrite (H x I) in *; assumption.
  Qed.

  Lemma tokens_ok (W : bool -> list nat -> list column -> counts) r :
    (forall seen prefix cols B i, leads prefix B i -> (i + r = r0)%nat ->
      speaks (column_ok B i r) (lost B i r seen) cols -> within (W seen prefix cols) B i (tails m r seen)) ->
    forall seen prefix B i n t cols, (n + t = S m)%nat -> leads prefix B i -> (i + S r = r0)%nat ->
    speaks (column_at B i r t) (lost B i (S r) seen) cols ->
    within (tokens W seen prefix n t cols) B i (flat_map (fun t => map (cons t) (tails m r (seen || (t =? m)%nat))) (seq t n)).
  Proof.
    intros HW seen prefix B i n. induction n as [|n IH]; intros t cols E P hi H; [apply within_none|].
    simpl seq. simpl flat_map. simpl tokens. apply within_plus.
    - apply within_cons. replace (zerob n) with (t =? m)%nat.
      + apply HW; [apply leads_cons; [lia|exact P]|lia|]. revert H. apply speaks_map.
        * intros c x. apply child_ok. lia.
        * intros x L s I. rewrite Rplus_assoc. apply (L (t :: s)). apply in_tails_cons. split; [lia|easy].
      + destruct n; simpl; [apply Nat.eqb_eq; lia|apply Nat.eqb_neq; lia].
    - apply IH; [lia|exact P|exact hi|]. revert H. apply speaks_map; [|easy]. intros c x. apply pop_ok. lia.
  Qed.

  Theorem walk_ok r : forall seen prefix cols B i, leads prefix B i -> (i + r = r0)%nat ->
    speaks (column_ok B i r) (lost B i r seen) cols -> within (walk m total decide r seen prefix cols) B i (tails m r seen).
  Proof.
    induction r as [|r IH]; intros seen prefix cols B i P hi H; cbn [walk];
      pose proof (sift_ok seen cols []) as S; pose proof (fun l e => speaks_sift B i _ seen cols l e H) as H';
      destruct (sift seen [] cols) as [l|].
    2, 4: destruct S as [c [Ic Lc]]; destruct H as [A _]; destruct (A c Ic) as [x [Ix Cx]];
      apply (within_wrong B i _ seen x Ix); intros s Is; eapply low_beats; eauto.
    all: specialize (H' l eq_refl); destruct l as [|c cs];
      [apply within_right; intros x Ix; destruct H' as [_ C]; destruct (C x Ix) as [[? [[] _]]|]; easy|].
    - destruct seen; [|apply within_none].
      assert (e : forall b, decide prefix = Some b -> goodb B i [] = b).
      { intros b e. rewrite (goodb_leads prefix B i [] P). replace i with r0 by lia. symmetry. apply decide_ok; [|exact e].
        destruct P as [P [F _]]. apply in_tails. rewrite rev_length. split; [lia|]. split; [now apply Forall_rev|now left]. }
      destruct (decide prefix) as [[|]|]; [| |apply within_none]; specialize (e _ eq_refl);
        split; unfold rights, wrongs; simpl; rewrite e; simpl; change (Uint63.to_Z wzero) with 0%Z; change (Uint63.to_Z one) with 1%Z; lia.
    - apply tokens_ok; [exact IH|lia|exact P|lia|].
      rewrite <- (map_id (c :: cs)). revert H'. apply speaks_map; [|easy]. intros; now apply column_at_start.
  Qed.
End Walk.
