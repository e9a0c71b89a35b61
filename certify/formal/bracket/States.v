(* All walks of a part at once: for each set of required tokens that are still missing, something that stands for the costs
   of all rests of walks, from the last position to the first. What stands for costs is left open here: polynomials (Budgets.v),
   or just a number of walks. Polynomials are of numbers that must stay small, so there is a gauge beside them: how small they
   are, and in what unit. Main theorem: states_ok. *)
From Coq Require Import ZArith Lia List Bool Permutation.
From Maxcert Require Import Blocks Fillings.
Import ListNotations.

(* By whether the first required token is missing, then by the others. *)
Inductive tree (P : Type) := Leaf (p : P) | Node (missing seen : tree P).
Arguments Leaf {P}. Arguments Node {P}.

(* ---------- The program ---------- *)

Section Program.
  Variables K P : Type.         (* a cost; what stands for many *)
  Variables none one : P.       (* for no cost; for one, of nothing *)
  Variable plus : P -> P -> P.
  Variable times : list K -> P -> P.  (* each of these costs is added to each *)
  Variable gauge : Type.
  Variable measure : K -> Z.    (* how much is added for a cost, at most *)
  Variable prepare : Z -> gauge -> gauge * (P -> P).  (* before so much is added up *)
  Variable next : Z -> gauge -> gauge.                (* when it is *)

  Fixpoint both_trees (a b : tree P) : tree P :=
    match a, b with
    | Leaf p, Leaf q => Leaf (plus p q)
    | Node a b, Node c d => Node (both_trees a c) (both_trees b d)
    | _, _ => a
    end.
  Fixpoint each (f : P -> P) (t : tree P) : tree P := match t with Leaf p => Leaf (f p) | Node a b => Node (each f a) (each f b) end.

  (* One more position, before the others. *)
  Fixpoint step (others : list K) (required : list (K * K)) (t : tree P) : tree P :=
    match required, t with
    | (first, again) :: l, Node a b => Node (both_trees (step others l a) (each (times [first]) b)) (step (again :: others) l b)
    | _, Leaf p => Leaf (times others p)
    | _, _ => t
    end.

  Fixpoint ends (p : P) (d : nat) : tree P := match d with O => Leaf p | S d => Node (ends none d) (ends p d) end.
  Definition measured (c : position K) : Z := zsum measure (fst c) + zsum (fun k => measure (fst k) + measure (snd k)) (snd c).
  Definition states (start : gauge) (d : nat) (C : list (position K)) : gauge * tree P :=
    fold_right (fun c gt => let n := measured c in
      let (g, f) := prepare n (fst gt) in (next n g, step (fst c) (snd c) (each f (snd gt)))) (start, ends one d) C.
  Fixpoint all_missing_in (t : tree P) : P := match t with Leaf p => p | Node a _ => all_missing_in a end.
End Program.
Arguments states {K P} none one plus times {gauge} measure. Arguments measured {K}. Arguments each {P}. Arguments all_missing_in {P}.

(* ---------- Its proof ---------- *)

Section Proof.
  Variables K P : Type.
  Variables none one : P.
  Variable plus : P -> P -> P.
  Variable times : list K -> P -> P.

  Variable S : Type.            (* what costs come to *)
  Variable sum : K -> S -> S.
  Variable nothing : S.
  Variable ok : K -> Prop.
  Variable gauge : Type.
  Variable measure : K -> Z.
  Variable prepare : Z -> gauge -> gauge * (P -> P).
  Variable next : Z -> gauge -> gauge.
  Variable start : gauge.
  Variable room : gauge -> Z -> Prop.                  (* may so much be added up? *)
  Variable rep : gauge -> P -> list S -> Prop.         (* p stands for these costs *)
  Variable added : gauge -> Z -> P -> list S -> Prop.  (* so does this sum of so much *)
  Hypothesis measure_nonneg : forall k, (0 <= measure k)%Z.
  Hypothesis room_below : forall g n n', room g n -> (0 <= n' <= n)%Z -> room g n'.
  Hypothesis added_below : forall g n n' p l, added g n p l -> (n <= n')%Z -> added g n' p l.
  Hypothesis rep_none : rep start none [].
  Hypothesis rep_one : rep start one [nothing].
  Hypothesis added_plus : forall g n n' p q l l', room g (n + n')%Z -> added g n p l -> added g n' q l' -> added g (n + n')%Z (plus p q) (l ++ l').
  Hypothesis added_times : forall g ks p l, room g (zsum measure ks) -> Forall ok ks -> rep g p l ->
    added g (zsum measure ks) (times ks p) (flat_map (fun k => map (sum k) l) ks).
  Hypothesis added_same : forall g n p l l', Permutation l l' -> added g n p l -> added g n p l'.
  Hypothesis rep_next : forall g n p l, added g n p l -> rep (next n g) p l.
  Variable enough_tokens : Z -> Prop.  (* not too much *)
  Hypothesis room_prepared : forall n g, enough_tokens n -> room (fst (prepare n g)) n.
  Hypothesis rep_prepared : forall n g p l, enough_tokens n -> rep g p l -> rep (fst (prepare n g)) (snd (prepare n g) p) l.

  Definition position_fine (c : position K) := Forall ok (fst c) /\ Forall (fun k => ok (fst k) /\ ok (snd k)) (snd c).

  (* What all walks cost. *)
  Fixpoint costs (C : list (position K)) (miss : list bool) : list S :=
    match C with
    | [] => if existsb (fun f => f) miss then [] else [nothing]
    | c :: C => flat_map (fun o => map (sum (fst o)) (costs C (snd o))) (options miss c)
    end.

  (* What each leaf of a tree stands for. *)
  Inductive stands (R : P -> list S -> Prop) : tree P -> (list bool -> list S) -> nat -> Prop :=
  | stands_leaf p L : R p (L []) -> stands R (Leaf p) L 0
  | stands_node a b L d : stands R a (fun fs => L (true :: fs)) d -> stands R b (fun fs => L (false :: fs)) d ->
      stands R (Node a b) L (Datatypes.S d).

  Lemma each_stands (R R' : P -> list S -> Prop) c h t L d : (forall p l, R p l -> R' (c p) (h l)) -> stands R t L d ->
    stands R' (each c t) (fun fs => h (L fs)) d.
  Proof. intros H. induction 1; cbn [each]; constructor; auto. Qed.

  Lemma stands_impl (R R' : P -> list S -> Prop) t L d : (forall p l, R p l -> R' p l) -> stands R t L d -> stands R' t L d.
  Proof. intros H. induction 1; constructor; auto. Qed.

  Section Gauge.
  Variable g : gauge.

  Lemma stands_same n t L d : stands (added g n) t L d -> forall L', (forall fs, length fs = d -> Permutation (L fs) (L' fs)) ->
    stands (added g n) t L' d.
  Proof.
    induction 1 as [p L R|a b L d A IA B IB]; intros L' H; constructor.
    - exact (added_same _ _ _ _ _ (H [] eq_refl) R).
    - apply IA. intros fs F. apply H. cbn. now rewrite F.
    - apply IB. intros fs F. apply H. cbn. now rewrite F.
  Qed.

  Lemma both_stand n n' a L d : room g (n + n')%Z -> stands (added g n) a L d -> forall b L', stands (added g n') b L' d ->
    stands (added g (n + n')%Z) (both_trees P plus a b) (fun fs => L fs ++ L' fs) d.
  Proof.
    intros O. induction 1 as [p L R|a1 a2 L d A IA B IB]; intros b L' H; inversion H; subst; cbn [both_trees]; constructor.
    - now apply added_plus.
    - apply (IA _ (fun fs => L' (true :: fs))). assumption.
    - apply (IB _ (fun fs => L' (false :: fs))). assumption.
  Qed.

  Definition after (L : list bool -> list S) (os : list (K * list bool)) := flat_map (fun o => map (sum (fst o)) (L (snd o))) os.

  Lemma after_app L a b : after L (a ++ b) = after L a ++ after L b.
  Proof. apply flat_map_app. Qed.

  Lemma after_map L (c : list bool -> list bool) os : after L (map (fun o => (fst o, c (snd o))) os) = after (fun fs => L (c fs)) os.
  Proof. unfold after. rewrite !flat_map_concat_map, map_map. reflexivity. Qed.

  Lemma after_others L others miss : after L (map (fun k => (k, miss)) others) = flat_map (fun k => map (sum k) (L miss)) others.
  Proof. unfold after. rewrite !flat_map_concat_map, map_map. reflexivity. Qed.

  Lemma step_stands required : forall others t L, room g (measured measure (others, required)) ->
    Forall ok others -> Forall (fun k => ok (fst k) /\ ok (snd k)) required -> stands (rep g) t L (length required) ->
    stands (added g (measured measure (others, required))) (step K P plus times others required t) (fun fs => after L (options fs (others, required)))
      (length required).
  Proof.
    unfold measured. cbn [fst snd]. induction required as [|[first again] l IH]; intros others t L Rm O R H; inversion H; subst;
      cbn [step length zsum fst snd] in *.
    - rewrite Z.add_0_r in *. constructor. unfold options. cbn [fst snd]. rewrite after_app, after_others.
      cbn [choices after]. cbn [flat_map]. rewrite app_nil_r. now apply added_times.
    - pose proof (measure_nonneg first) as m1. pose proof (measure_nonneg again) as m2.
      assert (m3 : (0 <= zsum measure others)%Z) by (apply zsum_nonneg; intros; apply measure_nonneg).
      assert (m4 : (0 <= zsum (fun k => measure (fst k) + measure (snd k)) l)%Z)
        by (apply zsum_nonneg; intros k _; pose proof (measure_nonneg (fst k)); pose proof (measure_nonneg (snd k)); lia).
      inversion R as [|? ? [R1 R2] R']; subst. cbn [fst snd] in *. constructor.
      + apply stands_impl with (added g (zsum measure others + zsum (fun k => measure (fst k) + measure (snd k)) l + zsum measure [first])%Z);
          [intros p q Q; apply (added_below _ _ _ _ _ Q); cbn [zsum]; lia|].
        eapply stands_same; [apply both_stand; [apply (room_below _ _ _ Rm); cbn [zsum]; lia|apply (IH others a (fun fs => L (true :: fs)));
          [apply (room_below _ _ _ Rm); lia|exact O|exact R'|assumption]|
          apply (each_stands (rep g) (added g (zsum measure [first])) (times [first]) (fun l => map (sum first) l ++ []) b (fun fs => L (false ::
            fs)));
          [|assumption]]|].
        * intros p l' Q. apply (added_times g [first]); [apply (room_below _ _ _ Rm); cbn [zsum]; lia|now constructor|exact Q].
        * intros fs F. cbv beta. rewrite app_nil_r. unfold options. cbn [fst snd choices]. rewrite !after_app, !after_others.
          change (after L ((first, false :: fs) :: ?r)) with (map (sum first) (L (false :: fs)) ++ after L r).
          rewrite (after_map L (cons true)). rewrite <- app_assoc. apply Permutation_app_head, Permutation_app_comm.
      + apply stands_impl with (added g (zsum measure (again :: others) + zsum (fun k => measure (fst k) + measure (snd k)) l)%Z);
          [intros p q Q; apply (added_below _ _ _ _ _ Q); cbn [zsum]; lia|].
        eapply stands_same; [apply (IH (again :: others) b (fun fs => L (false :: fs))); [apply (room_below _ _ _ Rm); cbn [zsum];
          lia|now constructor|exact R'|assumption]|].
        intros fs F. unfold options. cbn [fst snd choices map]. rewrite !after_app.
        change (after ?f ((again, fs) :: ?r)) with (map (sum again) (f fs) ++ after f r).
        change (after L ((again, false :: fs) :: ?r)) with (map (sum again) (L (false :: fs)) ++ after L r).
        rewrite (after_map L (cons false)), !after_others, <- app_assoc, !app_assoc. apply Permutation_app_tail, Permutation_app_comm.
  Qed.
  End Gauge.

  Lemma all_missing_stands R t L d : stands R t L d -> R (all_missing_in t) (L (repeat true d)).
  Proof. induction 1; cbn [all_missing_in repeat]; assumption. Qed.

  Lemma ends_stand d : forall p L, rep start p (L (repeat false d)) -> (forall fs, length fs = d -> existsb (fun f => f) fs = true -> L fs = []) ->
    stands (rep start) (ends P none p d) L d.
  Proof.
    induction d as [|d IH]; intros p L R E; cbn [ends]; constructor; [exact R| |].
    - apply IH; [|intros fs F _; apply E; cbn; now rewrite ?F]. rewrite E; [apply rep_none|cbn; now rewrite repeat_length|reflexivity].
    - apply IH; [exact R|]. intros fs F X. apply E; [cbn; now rewrite F|exact X].
  Qed.

  Lemma states_stand d C : Forall (fun c => (position_fine c /\ length (snd c) = d) /\ enough_tokens (measured measure c)) C ->
    let gt := states none one plus times measure prepare next start d C in stands (rep (fst gt)) (snd gt) (costs C) d.
  Proof.
    cbv zeta. induction 1 as [|c C [[[O R] L] N] F IH]; cbn [states fold_right fst snd].
    - apply ends_stand.
      + cbn [costs]. replace (existsb _ (repeat false d)) with false; [exact rep_one|]. clear. induction d; [easy|exact IHd].
      + intros fs _ X. cbn [costs]. now rewrite X.
    - fold (states none one plus times measure prepare next start d C) in *.
      destruct (states none one plus times measure prepare next start d C) as [g t]. cbn [fst snd] in *.
      pose proof (room_prepared _ g N) as Rm. pose proof (fun p l => rep_prepared (measured measure c) g p l N) as Rp.
      destruct (prepare _ g) as [g' f]. cbn [fst snd] in *. eapply stands_impl; [intros p l; apply rep_next|].
      rewrite <- L in *. destruct c as [os rs]. cbn [fst snd] in *.
      exact (step_stands g' rs os _ _ Rm O R (each_stands _ _ _ (fun l => l) _ _ _ Rp IH)).
  Qed.

  Theorem states_ok d C : Forall (fun c => (position_fine c /\ length (snd c) = d) /\ enough_tokens (measured measure c)) C ->
    let gt := states none one plus times measure prepare next start d C in rep (fst gt) (all_missing_in (snd gt)) (costs C (repeat true d)).
  Proof. intros F. exact (all_missing_stands _ _ _ _ (states_stand d C F)). Qed.
End Proof.

(* How many walks there are. *)
Definition walks_count (d : nat) (C : list (position unit)) : N :=
  all_missing_in (snd (states 0%N 1%N N.add (fun ks n => N.of_nat (length ks) * n)%N (fun _ => 0%Z) (fun _ _ => (tt, fun p => p)) (fun _ _ => tt)
    tt d C)).

Lemma flat_map_length {A B} (f : A -> list B) l n : (forall a, length (f a) = n) -> length (flat_map f l) = (length l * n)%nat.
Proof. intros H. induction l as [|a l IH]; [easy|]. cbn [flat_map length]. rewrite app_length, H, IH. reflexivity. Qed.

Lemma walks_count_ok d C : Forall (fun c => length (snd c) = d) C ->
  walks_count d C = N.of_nat (length (costs unit unit (fun _ u => u) tt C (repeat true d))).
Proof.
  intros F. symmetry. apply (states_ok unit N 0%N 1%N N.add (fun ks n => N.of_nat (length ks) * n)%N
    unit (fun _ u => u) tt (fun _ => True) unit (fun _ => 0%Z) (fun _ _ => (tt, fun p => p)) (fun _ _ => tt) tt (fun _ _ => True)
    (fun _ n l => N.of_nat (length l) = n) (fun _ _ n l => N.of_nat (length l) = n)) with (enough_tokens := fun _ => True); try easy.
  - intros _ _ _ p q l l' _ <- <-. rewrite app_length. lia.
  - intros _ ks p l _ _ <-. rewrite (flat_map_length _ _ (length l)) by (intros; apply map_length). lia.
  - intros _ _ p l l' H <-. now rewrite (Permutation_length H).
  - eapply Forall_impl; [|exact F]. intros c H. split; [|easy]. split; [|exact H]. split; apply Forall_forall; auto.
Qed.
