(* SHA-256 as FIPS 180-4 defines it, evaluated by Coq: what ties a theorem's numbers to a file of weights. A word is a
   63-bit machine integer below 2^32. The constants are not typed in but computed from their definition (section 4.2.2,
   5.3.3): the first 32 bits of the fractional parts of roots of the first primes. *)
From Coq Require Import List ZArith String Ascii Uint63.
Import ListNotations.
Open Scope uint63_scope.

Definition word := int.
Definition byte := int.
Definition modulo32 (x : int) : word := x land 0xffffffff.
Definition plus32 (x y : word) : word := modulo32 (x + y).
Definition rotr (n : int) (x : word) : word := modulo32 ((x >> n) lor (x << (32 - n))).

(* 4.1.2: the functions *)
Definition Ch (x y z : word) := (x land y) lxor ((x lxor 0xffffffff) land z).
Definition Maj (x y z : word) := (x land y) lxor (x land z) lxor (y land z).
Definition Sigma0 x := rotr 2 x lxor rotr 13 x lxor rotr 22 x.
Definition Sigma1 x := rotr 6 x lxor rotr 11 x lxor rotr 25 x.
Definition sigma0 x := rotr 7 x lxor rotr 18 x lxor (x >> 3).
Definition sigma1 x := rotr 17 x lxor rotr 19 x lxor (x >> 10).

(* 4.2.2 and 5.3.3: the first 32 bits after the binary point of the cube roots of the first 64 primes, and of the square
   roots of the first 8; a root is the largest number whose power is small enough, found bit by bit. *)
Fixpoint root (power : Z -> Z) (bits : nat) (x found : Z) : Z :=
  match bits with
  | O => found
  | S bits => let next := (found + 2 ^ Z.of_nat bits)%Z in root power bits x (if (power next <=? x)%Z then next else found)
  end.
Definition primes : list Z :=
  filter (fun p => forallb (fun d => negb (Z.eqb (Z.modulo p (Z.of_nat d)) 0 && (Z.of_nat d <? p)%Z)) (seq 2 16)) (map Z.of_nat (seq 2 310)).
Definition K : list word := Eval vm_compute in
  map (fun p => modulo32 (Uint63.of_Z (root (fun r => r * r * r)%Z 40 (p * 2 ^ 96) 0))) primes.
Definition H0 : list word := Eval vm_compute in
  map (fun p => modulo32 (Uint63.of_Z (root (fun r => r * r)%Z 40 (p * 2 ^ 64) 0))) (firstn 8 primes).

(* 5.1.1: the message, a bit 1, as many bits 0 as needed, and the length in bits as 64 bits. *)
Definition length_of {A} (l : list A) : int := fold_left (fun n _ => n + 1) l 0.
Fixpoint big_endian (n : nat) (x : int) : list byte :=
  match n with O => [] | S n => ((x >> (8 * Uint63.of_Z (Z.of_nat n))) land 255) :: big_endian n x end.
Definition zeros (length : int) : nat := Z.to_nat (Uint63.to_Z ((119 - length mod 64) mod 64)).
Definition padded (message : list byte) : list byte :=
  let n := length_of message in message ++ [0x80] ++ repeat 0 (zeros n) ++ big_endian 8 (8 * n).

(* 5.2.1: words of 4 bytes, blocks of 16 words *)
Fixpoint words (bytes : list byte) : list word :=
  match bytes with
  | a :: b :: c :: d :: bytes => ((a << 24) lor (b << 16) lor (c << 8) lor d) :: words bytes
  | _ => []
  end.

(* 6.2.2: the message schedule, of which `last` holds the last 16 words, oldest first *)
Fixpoint schedule (n : nat) (last : list word) : list word :=
  match n with
  | O => []
  | S n =>
      let w i := nth i last 0 in
      let next := plus32 (plus32 (sigma1 (w 14%nat)) (w 9%nat)) (plus32 (sigma0 (w 1%nat)) (w 0%nat)) in
      hd 0 last :: schedule n (tl last ++ [next])
  end.

Record state := State { a : word; b : word; c : word; d : word; e : word; f : word; g : word; h : word }.
Definition round (s : state) (kw : word * word) : state :=
  let T1 := plus32 (plus32 (h s) (Sigma1 (e s))) (plus32 (Ch (e s) (f s) (g s)) (plus32 (fst kw) (snd kw))) in
  let T2 := plus32 (Sigma0 (a s)) (Maj (a s) (b s) (c s)) in
  State (plus32 T1 T2) (a s) (b s) (c s) (plus32 (d s) T1) (e s) (f s) (g s).
Definition add_states (s t : state) : state :=
  State (plus32 (a s) (a t)) (plus32 (b s) (b t)) (plus32 (c s) (c t)) (plus32 (d s) (d t))
        (plus32 (e s) (e t)) (plus32 (f s) (f t)) (plus32 (g s) (g t)) (plus32 (h s) (h t)).
Definition block (s : state) (m : list word) : state := add_states s (fold_left round (combine K (schedule 64 m)) s).
Fixpoint blocks (n : nat) (s : state) (m : list word) : state :=
  match n with O => s | S n => blocks n (block s (firstn 16 m)) (skipn 16 m) end.

(* 64 hexadecimal digits *)
Definition hex_digit (x : int) : ascii :=
  nth (Z.to_nat (Uint63.to_Z (x land 15))) (list_ascii_of_string "0123456789abcdef") " "%char.
Definition hex (x : word) : string :=
  string_of_list_ascii (map (fun n => hex_digit (x >> n)) [28; 24; 20; 16; 12; 8; 4; 0]).

Definition sha256 (message : list byte) : string :=
  let m := words (padded message) in
  let i n := nth n H0 0 in
  let s := blocks (Z.to_nat (Uint63.to_Z (length_of m / 16)))
                  (State (i 0%nat) (i 1%nat) (i 2%nat) (i 3%nat) (i 4%nat) (i 5%nat) (i 6%nat) (i 7%nat)) m in
  (hex (a s) ++ hex (b s) ++ hex (c s) ++ hex (d s) ++ hex (e s) ++ hex (f s) ++ hex (g s) ++ hex (h s))%string.

(* The standard's examples, and messages around the length at which padding takes a block of its own *)
Definition bytes_of (s : string) : list byte :=
  map (fun c => Uint63.of_Z (Z.of_nat (nat_of_ascii c))) (list_ascii_of_string s).
Example no_bytes : sha256 [] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"%string.
Proof. vm_compute. reflexivity. Qed.
Example one_block : sha256 (bytes_of "abc") = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"%string.
Proof. vm_compute. reflexivity. Qed.
Example two_blocks : sha256 (bytes_of "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") =
  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"%string.
Proof. vm_compute. reflexivity. Qed.
Example lengths : map (fun n => sha256 (repeat 97 n)) [55; 56; 64; 1000]%nat =
  ["9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318";
   "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a";
   "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb";
   "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"]%string.
Proof. vm_compute. reflexivity. Qed.
