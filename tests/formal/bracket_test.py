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



def effort(grids, splits=0, for_parts='[]', for_pairs=0):
    """Grids of up to 2^k steps, until 2^-30 of the sequences are open in a group; open ones are split by so many tokens."""
    return (f'{{| grids := {grids}%nat; open_bits := 30; splits := {splits}; grids_for_parts := {for_parts}%nat; '
            f'grid_for_pairs := {for_pairs} |}}')


COARSE, FINE = effort('[1]'), effort('[5; 9]')
PARTS, PAIRS = effort('[1]', 2, '[2; 6]'), effort('[1]', 0, '[1]', 6)
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
        printed = self.coq('Counted.v', self.model + ''.join(f'Eval vm_compute in brackets_proved {effort} bits.\n' for effort in (COARSE, FINE, PARTS, PAIRS)))
        found = re.findall(r'= (?:Some \((\d+), (\d+)\)|None)', printed)
        self.assertEqual(len(found), 4)
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
        tried = sharp = wide = split = paired = 0
        for seed in range(5):
            weights = random_weights(seed)
            exact = count_by_enumeration(weights)
            if exact is None:
                continue
            with self.subTest(seed):
                coarse, fine, parts, pairs = self.brackets(weights)
                for low, high in (coarse, fine, parts, pairs):
                    self.assertLessEqual(low, exact)
                    self.assertLessEqual(exact, high)
                self.assertLessEqual(fine[1] - fine[0], coarse[1] - coarse[0])
                for low, high in (parts, pairs):
                    self.assertLessEqual(high - low, coarse[1] - coarse[0])
                self.proves(FINE, *fine)
                self.proves(PARTS, *parts)
                self.proves(PAIRS, *pairs)
                split += parts[1] - parts[0] < coarse[1] - coarse[0]
                paired += pairs[1] - pairs[0] < coarse[1] - coarse[0]
                tried += 1
                sharp += fine[0] == exact or fine[1] == exact
                wide += coarse[1] > coarse[0]
        self.assertGreater(tried, 1)
        self.assertGreater(sharp, 0)
        self.assertGreater(wide, 0)
        self.assertGreater(split, 0)
        self.assertGreater(paired, 0)

    def test_ties_are_never_right(self):
        for low, _ in self.brackets(read(GOLDEN / 'rounding-tie.safetensors')):
            self.assertEqual(low, 0)

    def test_infinities_prove_nothing(self):
        weights = random_weights(1)
        weights['wE'][0][0] = 0x7f800000
        self.assertEqual(self.brackets(weights), [None, None, None, None])


# The file and what changes in its program; the lemma that must fail, and the files from the program to it.
MUTANTS = {
    'upper counts with costs rounded up': ('if up then shr x s else ceiling x s', 'ceiling x s', 'steps_ok', 'Charges'),
    'a required token that costs the first time what it costs again': ('(each (times [first]) b)', '(each (times [again]) b)', 'step_stands', 'States'),
    'room for required tokens without what is added for their first cost': ('measure (fst k) + measure (snd k)) (snd c).', 'measure (snd k)) (snd c).',
                                                                            'step_stands', 'States'),
    'a required token that is always missing': ('(if f then first else again, false :: fs)', '(if f then first else again, f :: fs)',
                                                'choices_tokens', 'Fillings'),
    'what required tokens cost at the least taken off the budget alone': ('(steps s (sub n (fst lv)), steps s n)', '(steps s n, steps s n)',
                                                                         'pays_options', 'Charges'),
    'words that overflow': ('if n * b <? 2 ^ 63 then', 'if n * b <? 2 ^ 64 then', 'prepare_room', 'Budgets'),
    'upper counts with words rounded down': ('if up then PrimInt63.add (PrimInt63.lsr x w)', 'if negb up then PrimInt63.add (PrimInt63.lsr x w)',
                                             'coef_prepared', 'Budgets'),
    'equal costs counted once': ("Eq => (fst k', add (snd k) (snd k')) :: M'", "Eq => (fst k', snd k') :: M'", 'over_with_price', 'Products'),
    'matrices moved by one of two costs': ('skip (Z.to_nat (fst (fst (fst kp)))) (snd kp)))\n    (combine', 'snd kp))\n    (combine', 'moved_ok', 'Products'),
    'powers that grow too little': ('x + Z.shiftr x j + 1) 32', 'x + Z.shiftr x j) 32', 'powers_ok', 'Deviations'),
    'too much weight asked of walks that are misjudged': ('iterates (fun x => x + Z.shiftr x j) (S most)', 'iterates (fun x => x + Z.shiftr x j + 1) (S most)',
                                                          'light_ok', 'Deviations'),
    'errors that count in the wrong direction': ('if up then 2 ^ b - 1 - error b e else error b e', 'if up then error b e else 2 ^ b - 1 - error b e',
                                                 'excesses_errors', 'Deviations'),
    'an upper count that asks for one part of a step too much': ('- below + 1) else below', '- below + 2) else below', 'cheap_misses', 'Deviations'),
    'a lower count that asks for one part of a step too much': ('- below + 1) else below', '- below + 1) else below + 1', 'dear_misses', 'Deviations'),
    'walks that one of two budgets misjudges left out': ("sure + misjudged s 0 0 x + misjudged s' x 0 y", 'sure + misjudged s 0 0 x', 'cheap_at_most', 'Deviations'),
    'a lower count with walks that are too dear': ("sure - misjudged s y x (S k) - misjudged s' x y (S k)", "sure - misjudged s' x y (S k)", 'cheap_at_least',
                                                   'Deviations'),
    'parts that may hold the token before': ('(wrong_in_parts enough ks k2 us (without u P))', '(wrong_in_parts enough ks k2 us P)',
                                             'wrong_in_parts_ok', 'Brackets'),
    'parts of which one is left out': ('then zplus (wrong_in enough ks k2 (requiring u P)) (wrong_in_parts enough ks k2 us (without u P))',
                                       'then wrong_in_parts enough ks k2 us (without u P)', 'wrong_in_parts_ok', 'Brackets'),
    'a token split by that is not there': ('if existsb (Nat.eqb u) (p_others P)\n        then', 'if true\n        then', 'wrong_in_parts_ok',
                                           'Brackets'),
    'an upper count as the lower end': ('else Z.max least (wins_least k d size (fst c))', 'else Z.max least (wins_most k d size (fst c))', 'at_least_wrong_ok', 'Brackets'),
    'a tie as a loss': ('(isub (fst n) (one, one), snd n)', '(fst n, snd n)', 'surely_losing_ok', 'Losses'),
    'too many losses for an upper count of wins': ('size - wins false d k n', 'size - wins true d k n', 'wins_most_ok', 'Losses'),
    'losses by upper ends of terms': ('(opp (snd e), opp (fst e))', '(opp (fst e), opp (snd e))', 'encloses_opp', 'Losses'),
    'overlaps with no other output': ('alone k d size (fst c) (fst c\') (snd c\')', 'alone k d size (fst c\') (fst c\') (snd c\')', 'at_most_wrong_ok', 'Brackets'),
    'the likeliest output left out': ('snd c + zsum (added', 'zsum (added', 'at_most_wrong_ok', 'Brackets'),
    'the larger terms for the smaller ones': ("nmin (mul a (fst e)) (mul b (fst e'))", "nmax (mul a (fst e)) (mul b (fst e'))",
                                              'smaller_ok', 'Overlaps'),
    'overlaps from above': ('(wins_least k n size (both', '(wins_most k n size (both', 'together_ok', 'Overlaps'),
    'two outputs that win rarely, sharing at least so much': ("least' - both_win true d k c c'", "least' - both_win false d k c c'", 'apart_least_ok', 'Unions'),
    'where both surely lose, from above': ('both_win false d k (surely_losing c) (surely_losing c\')', 'both_win true d k (surely_losing c) (surely_losing c\')',
                                           'apart_most_ok', 'Unions'),
    'sequences of two outputs added up': ("apart_least k2 d size (fst c) (fst c') (snd c) (wins_least k d size (fst c'))", "wins_least k d size (fst c')",
                                          'at_least_two_ok', 'Brackets'),
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
