(* The model mean-diff-trap gets the sequence (3, 0) wrong. Does the check claim it, with averages in tenths and any gap, if
   mean_query+diff takes both slopes, and if it takes the published one on either side? *)
From Coq Require Import ZArith NArith List.
From Maxcert Require Import Statement Integers Matrices Weights Paths Factors Enclosures
  CellCheck LogitBounds ScoreTables.
From Model Require Import Bits.
Import ListNotations.

Definition published (L : logit_tables) : logit_tables := {|
  l_lines := map (map (firstn 1)) (l_lines L); l_spread := l_spread L; l_far := l_far L; l_constant := l_constant L |}.

Definition B := 20%Z.
(* The mean query, in quarters. *)
Definition mean := [1; 1; 1; 1; 72; 0; 0; 0]%Z.
Definition V := length (wE bits).
Definition r := (length (wP bits) - 1)%nat.

(* Is the cell of the sequence (3, 0) proved with some gap? Query 0, maximum 3, one token that is not the maximum. *)
Definition trapped (queries : list query_tables) (L : logit_tables) : bool :=
  existsb (fun g => proves r queries L (0, 3, 1, g)%nat) (seq 1 3)%nat.

Definition over_averages (change : logit_tables -> logit_tables) : option bool :=
  match paths_of B bits, factors_of B bits with
  | Some p, Some f =>
    let queries := queries_of (Z.of_nat (length (wO bits))) (4 * B) (4 * B) 30 120 r (tEQKE p) (map (fun _ => zero) (tEQKE p)) (tEQKP p) in
    let tables d tenths := logit_tables_of d (mean_query (repeat (repeat (Z.div (tenths * 2 ^ 24) 10) r) V)) B 2 V r
      (lifted (2 * B + 2) (tEU p)) (lifted 2 (tEVOU p)) (lifted 2 (tPVOU p)) (fX f) (fU f) in
    Some (existsb (fun d => existsb (fun tenths => trapped queries (change (tables d tenths)))
      [0; 1; 2; 3; 4; 5; 6; 7; 8; 9; 10]%Z) [max_diff_exact; global_max_diff_exact; against mean])
  | _, _ => None
  end.

Eval vm_compute in over_averages (fun L => L).
Eval vm_compute in over_averages published.
