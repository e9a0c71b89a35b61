(* What a theorem about a file of weights speaks of: the numbers in it as 32-bit patterns, the model that they make, and
   their SHA-256 as certificates name it (maxcert's `weights_sha256`). Must be read and believed, like Statement.v. *)
From Coq Require Import Reals ZArith String Uint63 List.
Import ListNotations.
From Maxcert Require Import Statement.
From Maxcert Require Sha256.

(* Row-major matrices of bit patterns, each from 0 to 2^32 - 1. *)
Record weights := {
  wE : list (list Z);  (* W_E [d_vocab, d_model] *)
  wP : list (list Z);  (* W_pos [n_ctx, d_model] *)
  wQ : list (list Z);  (* W_Q [d_model, d_head] *)
  wK : list (list Z);  (* W_K [d_model, d_head] *)
  wV : list (list Z);  (* W_V [d_model, d_head] *)
  wO : list (list Z);  (* W_O [d_head, d_model] *)
  wU : list (list Z)   (* W_U [d_model, d_vocab] *)
}.

(* A model's file writes the patterns as machine integers, which Coq reads and compiles many times faster than numbers of Z. *)
Definition patterns (m : list (list int)) : list (list Z) := map (map Uint63.to_Z) m.

Definition entry (m : list (list Z)) (i j : nat) : R := binary32 (nth j (nth i m []) 0%Z).

Definition model_of (w : weights) : model :=
  {| n_ctx := length (wP w); d_vocab := length (wE w); d_model := length (wU w); d_head := length (wO w);
     W_E := entry (wE w); W_pos := entry (wP w); W_Q := entry (wQ w); W_K := entry (wK w);
     W_V := entry (wV w); W_O := entry (wO w); W_U := entry (wU w) |}.

(* m is a table of r rows of c bit patterns *)
Definition shaped (r c : nat) (m : list (list Z)) := (Nat.eqb (length m) r && forallb (fun l => Nat.eqb (length l) c) m)%bool.
Definition shapes (w : weights) : bool :=
  let '(V, K, D, H) := (length (wE w), length (wP w), length (wU w), length (wO w)) in
  (Nat.ltb 0 K && Nat.ltb 0 D && Nat.ltb 0 H &&
   shaped V D (wE w) && shaped K D (wP w) && shaped D H (wQ w) && shaped D H (wK w) && shaped D H (wV w) &&
   shaped H D (wO w) && shaped D V (wU w))%bool.

(* The SHA-256 of n_ctx, d_vocab, d_model, d_head and then of all entries, as little-endian words of 32 bits; empty if
   the matrices are of other shapes than these numbers say, or an entry is no 32-bit pattern. *)
Definition little_endian (z : Z) : list Sha256.byte :=
  let x := Uint63.of_Z z in (map (fun k => (x >> k) land 255) [0; 8; 16; 24])%uint63.
Definition contents (w : weights) : list Z :=
  (map (fun n => Z.of_nat n) [length (wP w); length (wE w); length (wU w); length (wO w)] ++
   concat (wE w ++ wP w ++ wQ w ++ wK w ++ wV w ++ wO w ++ wU w))%list.
Definition weights_sha256 (w : weights) : string :=
  if (shapes w && forallb (fun z => Z.leb 0 z && Z.ltb z (2 ^ 32)) (contents w))%bool
  then Sha256.sha256 (flat_map little_endian (contents w)) else "".
