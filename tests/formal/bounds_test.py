#!/usr/bin/env python3
"""Lower bounds as Coq theorems, by windows and by the cubic proof, and what must be refused: bounds_test.py MAXCERT OUT

OUT is where the theory is compiled and kept. The mutants change the program of a Coq file and nothing else: the program
still compiles, and its soundness proof does not. Exit code 77 (skipped) without coqc."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import exact_test
from exact_test import FORMAL, GOLDEN, ModelTest, assumptions, coqc, count_by_enumeration, random_weights, read, unexpected
from theory_mutants import MutantsTest

WINDOW = ('Windows', 'windows_proved {}%nat bits', 'window_at_least {}%nat')
CHECKS = {f'window/{len(sizes) + 1}': tuple(text.replace('{}', str(sizes).replace(',', ';')) for text in WINDOW)
          for sizes in ([], [1], [1, 1, 1])} | {'cubic': ('Cubic', 'cubic_proved bits', 'cubic_at_least')}


REFUSED = 'Fail Qed. Abort'  # Coq stops with an error if Qed does not fail


def head(proofs):
    modules = sorted({CHECKS[proof][0] for proof in proofs})
    return ('From Coq Require Import ZArith List. Import ListNotations.\n'
            f'From Maxcert Require Import Statement Weights {" ".join(modules)} Bits.\n')


def claim(name, proof, count, end='Qed'):
    return (f'Theorem {name} : accuracy_at_least (model_of bits) {count}.\n'
            f'Proof. apply ({CHECKS[proof][2]}). vm_cast_no_check (eq_refl true). {end}.\n')


class Bounds(ModelTest):
    def coq(self, name, text):
        done = coqc(self.folder, name, text)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def counted(self, weights, proofs=tuple(CHECKS)):
        """What each proof's check evaluates to; None where it says nothing."""
        self.bits(weights)
        printed = self.coq('Counted.v', head(proofs) + ''.join(f'Eval vm_compute in {CHECKS[proof][1]}.\n' for proof in proofs))
        found = re.findall(r'= (?:Some (\d+)|None)', printed)
        self.assertEqual(len(found), len(proofs))
        return {proof: int(count) if count else None for proof, count in zip(proofs, found)}

    def proves(self, counts):
        """Each count is a theorem, and the next number is none."""
        text = head(counts)
        for i, (proof, count) in enumerate(counts.items()):
            text += claim(f'right_{i}', proof, count) + claim(f'wrong_{i}', proof, count + 1, REFUSED)
            text += f'Print Assumptions right_{i}.\n'
        printed = self.coq('Claims.v', text)
        self.assertEqual(printed.count('Axioms:'), len(counts))
        self.assertTrue(assumptions(printed))
        self.assertEqual([name for part in printed.split('Axioms:')[1:] for name in unexpected('Axioms:' + part)], [])

    def test_the_golden_model_as_well_as_maxcert(self):
        path = GOLDEN / 'max-of-4-golden.safetensors'
        subprocess.run([MAXCERT, 'certify', '--weights', path, '--strategies', 'window/4,cubic', '--certificates', self.folder],
                       check=True, capture_output=True)
        certificates = [json.loads(file.read_text()) for file in self.folder.glob('*.json')]
        certified = {certificate['strategy']: int(certificate['correct']) for certificate in certificates}
        counts = self.counted(read(path), ('window/4', 'cubic'))
        self.assertEqual(counts.keys(), certified.keys())
        for proof, count in counts.items():
            self.assertGreaterEqual(count, certified[proof])
            self.assertLessEqual(count, 16774272)  # the exact count, a theorem of exact_test.py
        self.proves(counts)

    def test_random_models_never_above_enumeration(self):
        tried = sharp = 0
        for seed in range(5):
            weights = random_weights(seed)
            exact = count_by_enumeration(weights)
            if exact is None:
                continue
            with self.subTest(seed):
                counts = self.counted(weights)
                self.assertLessEqual(max(counts.values()), exact)
                self.assertEqual([counts[f'window/{size}'] for size in (1, 2, 4)],
                                 sorted(counts[f'window/{size}'] for size in (1, 2, 4)))  # a wider window loses nothing
                self.proves(counts)
                tried += 1
                sharp += exact in counts.values()
        self.assertGreater(tried, 2)
        self.assertGreater(sharp, 1)

    def test_hard_golden_models(self):
        for name, exact in (('mean-diff-trap', 7), ('rounding-tie', 0), ('denormal', 0)):
            with self.subTest(name):
                counts = self.counted(read(GOLDEN / f'{name}.safetensors'))
                self.assertLessEqual(max(count or 0 for count in counts.values()), exact)
                self.proves({proof: count for proof, count in counts.items() if count is not None})

    def test_infinities_and_wrong_shapes_prove_nothing(self):
        for break_it in (lambda w: w['wE'][0].__setitem__(0, 0x7f800000), lambda w: w['wU'][0].pop()):
            weights = random_weights(1)
            break_it(weights)
            self.assertEqual(set(self.counted(weights).values()), {None})
            self.coq('Nothing.v', head(CHECKS) + ''.join(
                claim(f'nothing_{i}', proof, 0, REFUSED) for i, proof in enumerate(CHECKS)))


# The file and what changes in its program; the lemma that must fail, and the files from the program to it.
MUTANTS = {
    'windows: sequences that do not hold the maximum':
        ('sizes r cs (seq 1 r) end', 'sizes r cs (seq 0 (S r)) end', 'window_group_ok', 'Windows'),
    'windows: an output that nobody looks at':
        ('masses words) looks) in', 'masses words) (tl looks)) in', 'window_group_ok', 'Windows'),
    "windows: another token's row": ('nth q (ov l) zero', 'nth m (ov l) zero', 'standing_bounds', 'Windows'),
    "windows: the least of the blocks' gains":
        ('(g, nmax g most, nmin g least)', '(g, nmin g most, nmin g least)', 'levels_bounds', 'WindowWalk', 'BlockCounts', 'Windows'),
    'windows: a tie is right': ('leb zero (add (c_sum c) (mul r (most c)))', 'negb (leb (add (c_sum c) (mul r (most c))) zero)',
                                'still_enough', 'WindowWalk'),
    'windows: a position too few': ('add (c_sum c) (mul n (gain c))', 'add (c_sum c) (gain c)', 'holding_ok', 'WindowWalk'),
    'windows: a choice too many': ('powers_to n (ofZ (Z.of_nat size)) (ofZ 1)', 'powers_to n (ofZ (Z.of_nat (S size))) (ofZ 1)',
                                   'powers_of_ok', 'BlockCounts'),
    'binomials that are too large': ('add a b :: next_binomials b row', 'add (add a b) b :: next_binomials b row',
                                     'next_binomials_nth', 'BlockCounts'),
    'cubic: sequences that do not hold the maximum':
        ('end)) zero (if q =? m then seq 0 (S r) else seq 1 r)', 'end)) zero (seq 0 (S r))', 'cubic_group_ok', 'Cubic'),
    'cubic: an output that nobody looks at': ('forallb alone looks', 'forallb alone (tl looks)', 'cell_right', 'Cubic'),
    'cubic: a tie is right': ('negb (leb zero n)', 'leb n zero', 'negative_ok', 'Cubic'),
    'cubic: a choice too many': ('Z.of_nat (length ks) ^', 'Z.of_nat (S (length ks)) ^', 'cubic_group_ok', 'Cubic'),
    "cubic: another token's term": ('(nth m terms zero, largest', '(nth 0 terms zero, largest', 'placed_below', 'Cubic'),
    'cubic: the better place': ('nmax (add a h) (add before g)', 'nmin (add a h) (add before g)', 'next_sums_ok', 'WorstPlacement'),
}


class Mutants(MutantsTest):
    def test_none_has_a_proof(self):
        for name, (old, new, lemma, *modules) in MUTANTS.items():
            with self.subTest(name):
                self.theory = self.copy_of_the_theory()
                self.assert_no_proof(old, new, lemma, *(f'{module}.v' for module in modules))


if __name__ == '__main__':
    if shutil.which('coqc') is None:
        print('skipped: coqc is not installed')
        sys.exit(77)
    MAXCERT = pathlib.Path(sys.argv[1]).resolve()
    exact_test.OUT = MutantsTest.compiled = pathlib.Path(sys.argv[2]).resolve()
    subprocess.run([FORMAL / 'compile', exact_test.OUT, 'Windows.v', 'Cubic.v'], check=True)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
