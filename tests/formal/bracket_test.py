#!/usr/bin/env python3
"""Brackets around the accuracy as Coq theorems, and what must be refused: bracket_test.py OUT

OUT is where the theory is compiled and kept. The mutants change the program of a Coq file and nothing else: the program
still compiles, and its soundness proof does not. Exit code 77 (skipped) without coqc."""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import exact_test
from exact_test import FORMAL, GOLDEN, CoqTest, assumptions, bits, coqc, count_by_enumeration, head, random_weights, read, unexpected
from theory_mutants import MutantsTest

COARSE, FINE = '[1]%nat 30', '[5; 9]%nat 30'  # grids of up to 2^k steps, until 2^-30 of the sequences are open in a group
HEAD = head('Brackets')


def claim(name, effort, low, high, end='Qed'):
    return (f'Theorem {name} : exists a, accuracy_is (model_of bits) a /\\ {low} <= a <= {high}.\n'
            f'Proof. apply (between_brackets {effort}). vm_cast_no_check (eq_refl true). {end}.\n')


class Bracket(CoqTest):
    def coq(self, name, text):
        done = coqc(self.folder, name, text)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def brackets(self, weights):
        """The lower and the upper end that each effort proves; None where it says nothing."""
        self.model = HEAD + bits(weights)
        printed = self.coq('Counted.v', self.model + ''.join(f'Eval vm_compute in brackets_proved {effort} bits.\n' for effort in (COARSE, FINE)))
        found = re.findall(r'= (?:Some \((\d+), (\d+)\)|None)', printed)
        self.assertEqual(len(found), 2)
        total = len(weights['wE']) ** len(weights['wP'])
        return [(int(right), total - int(wrong)) if right else None for right, wrong in found]

    def proves(self, effort, low, high):
        """The bracket is a theorem, and one that is narrower by one sequence is none."""
        printed = self.coq('Claims.v', self.model + claim('bracket', effort, low, high) + 'Print Assumptions bracket.\n' +
                           claim('too_high', effort, low + 1, high, 'Fail Qed. Abort') +
                           claim('too_low', effort, low, high - 1, 'Fail Qed. Abort'))
        self.assertTrue(assumptions(printed))
        self.assertEqual(unexpected(printed), [])

    def test_random_models_against_enumeration(self):
        tried = sharp = wide = 0
        for seed in range(5):
            weights = random_weights(seed)
            exact = count_by_enumeration(weights)
            if exact is None:
                continue
            with self.subTest(seed):
                coarse, fine = self.brackets(weights)
                for low, high in (coarse, fine):
                    self.assertLessEqual(low, exact)
                    self.assertLessEqual(exact, high)
                self.assertLessEqual(fine[1] - fine[0], coarse[1] - coarse[0])
                self.proves(FINE, *fine)
                tried += 1
                sharp += fine[0] == exact or fine[1] == exact
                wide += coarse[1] > coarse[0]
        self.assertGreater(tried, 1)
        self.assertGreater(sharp, 0)
        self.assertGreater(wide, 0)

    def test_ties_are_never_right(self):
        for low, _ in self.brackets(read(GOLDEN / 'rounding-tie.safetensors')):
            self.assertEqual(low, 0)

    def test_infinities_prove_nothing(self):
        weights = random_weights(1)
        weights['wE'][0][0] = 0x7f800000
        self.assertEqual(self.brackets(weights), [None, None])


# The file and what changes in its program; the lemma that must fail, and the files from the program to it.
MUTANTS = {
    'upper counts with costs rounded up': ('if up then shr x s else ceiling x s', 'ceiling x s', 'steps_ok', 'Charges'),
    'a first maximum that costs nothing': ('(monomial bits size (c_first c) free)', 'free', 'polynomials_ok', 'Packed'),
    'counts beyond what a coefficient holds': ('else need)) mod (2 ^ W - 1)', 'else need)) mod 2 ^ W', 'cheap_count', 'Packed'),
    'an upper count as the lower end': ('(wins_least W (fst g)', '(wins_most W (fst g)', 'at_least_wrong_ok', 'Brackets'),
    'a tie as a loss': ('(isub (fst n) (one, one), snd n)', '(fst n, snd n)', 'surely_losing_ok', 'Losses'),
    'too many losses for an upper count of wins': ('size - wins false m W k scales seen n', 'size - wins true m W k scales seen n',
                                                   'wins_most_ok', 'Losses'),
    'losses by upper ends of terms': ('(opp (snd e), opp (fst e))', '(opp (fst e), opp (snd e))', 'encloses_opp', 'Losses'),
    'overlaps with no other output': ('(fst c) (fst d) (snd d)', '(fst d) (fst d) (snd d)', 'at_most_wrong_ok', 'Brackets'),
    'the likeliest output left out': ('snd c + zsum (added', 'zsum (added', 'at_most_wrong_ok', 'Brackets'),
    'the larger terms for the smaller ones': ("nmin (mul a (fst e)) (mul b (fst e'))", "nmax (mul a (fst e)) (mul b (fst e'))",
                                              'smaller_ok', 'Overlaps'),
    'overlaps from above': ('(wins_least W k scales m seen size (both', '(wins_most W k scales m seen size (both', 'together_ok',
                            'Overlaps'),
    'outputs compared without positions': ('(add (sub (snd (EU_at T q x)) (fst (EU_at T q y))) (entry positional x y)) (S m)',
                                           '(sub (snd (EU_at T q x)) (fst (EU_at T q y))) (S m)', 'dominated_ok', 'Dominated'),
    'outputs compared without the maximum': ('(entry positional x y)) (S m) (nth x', '(entry positional x y)) m (nth x', 'dominated_ok',
                                             'Dominated'),
}


class Mutants(MutantsTest):
    def test_none_has_a_proof(self):
        self.assert_no_proofs(MUTANTS)


if __name__ == '__main__':
    if shutil.which('coqc') is None:
        print('skipped: coqc is not installed')
        sys.exit(77)
    exact_test.OUT = MutantsTest.compiled = pathlib.Path(sys.argv[1]).resolve()
    subprocess.run([FORMAL / 'compile', exact_test.OUT, 'bracket/Brackets.v'], check=True)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
