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
from exact_test import FORMAL, GOLDEN, CoqTest, bits, claim, count_by_enumeration, head, module, random_weights, read, refused
from theory_mutants import MutantsTest

WINDOW = ('windows_proved ({})%nat bits', 'window_at_least ({})%nat')
BLOCKS = {'window/1': 'uniform []', 'window/2': 'uniform [1]', 'window/4': 'uniform [1; 1; 1; 4]',
          # whatever a plan chooses, and whether it chooses anything
          'window/adaptive': 'chosen [[]; [0; 9]; [2; 0; 1]; [1; 1; 1; 1; 1]] [[1; 7]; [2; 3]; [3; 0; 1]; [9; 2; 2; 1]]'}
CHECKS = {proof: tuple(text.format(blocks) for text in WINDOW) for proof, blocks in BLOCKS.items()}
CHECKS['cubic'] = ('cubic_proved bits', 'cubic_at_least')
HEAD = head('Windows', 'Cubic')


def at_least(count):
    return f'accuracy_at_least (model_of bits) {count}'


def as_counted(proof):
    """Claims of what Coq's check counts, and not of one more; nothing can be claimed where it does not count."""
    counted, theorem = CHECKS[proof]
    name = proof.replace('/', '_')
    count = f'match found_{name} with Some n => n | None => -1 end'
    proved = (f'Theorem {name} : match found_{name} with Some n => {at_least("n")} | None => True end.\nProof. cbv delta [found_{name}] '
              f'iota. first [exact I | apply ({theorem}); vm_cast_no_check (eq_refl true)]. Qed.\n')
    return (f'Definition found_{name} := Eval vm_compute in {counted}.\nPrint found_{name}.\n' + proved +
            refused(at_least(f'({count} + 1)'), theorem))


class Bounds(CoqTest):
    def test_the_golden_model_as_well_as_maxcert(self):
        path = GOLDEN / 'max-of-4-golden.safetensors'
        subprocess.run([MAXCERT, 'certify', '--weights', path, '--strategies', 'window/4,cubic', '--certificates', self.folder],
                       check=True, capture_output=True)
        certificates = [json.loads(file.read_text()) for file in self.folder.glob('*.json')]
        certified = {certificate['strategy']: int(certificate['correct']) for certificate in certificates}
        counts = {'window/4': 16773760, 'cubic': 16046113}
        self.assertEqual(counts.keys(), certified.keys())
        text = HEAD + bits(read(path))
        for proof, count in counts.items():
            self.assertGreaterEqual(count, certified[proof])
            theorem = CHECKS[proof][1]
            text += claim(proof.replace('/', '_'), at_least(count), theorem) + refused(at_least(count + 1), theorem)
        self.proved(text)

    def test_small_models(self):
        models = {name: (read(GOLDEN / f'{name}.safetensors'), exact)
                  for name, exact in (('mean-diff-trap', 7), ('rounding-tie', 0), ('denormal', 0))}
        for seed in range(5):
            weights = random_weights(seed)
            exact = count_by_enumeration(weights)
            if exact is not None:
                models[f'random_{seed}'] = (weights, exact)
        self.assertGreater(len(models), 3 + 2)
        for name, break_it in (('infinite', lambda w: w['wE'][0].__setitem__(0, 0x7f800000)), ('ill-shaped', lambda w: w['wU'][0].pop())):
            weights = random_weights(1)
            break_it(weights)
            models[name] = (weights, None)  # proves nothing
        sharp = 0
        for (name, (_, exact)), counts in zip(models.items(), self.counted([weights for weights, _ in models.values()])):
            with self.subTest(name):
                if exact is None:
                    self.assertEqual(set(counts.values()), {None})
                    continue
                self.assertLessEqual(max(count or 0 for count in counts.values()), exact)
                if None not in counts.values():
                    windows = [counts[f'window/{size}'] for size in (1, 2, 4)]
                    self.assertEqual(windows, sorted(windows))  # a wider window loses nothing
                    sharp += name.startswith('random') and exact in counts.values()
        self.assertGreater(sharp, 1)

    def counted(self, models):
        """What each proof's check evaluates to, for each model; None where it says nothing."""
        text = HEAD + ''.join(module(f'model_{i}', bits(weights), *map(as_counted, CHECKS)) for i, weights in enumerate(models))
        found = re.findall(r'^found_\w+ =\s+(?:Some (\d+)|None)', self.proved(text), re.MULTILINE)
        self.assertEqual(len(found), len(models) * len(CHECKS))
        for i in range(len(models)):
            yield {proof: int(count) if count else None for proof, count in zip(CHECKS, found[i * len(CHECKS):])}


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
        self.assert_no_proofs(MUTANTS)


if __name__ == '__main__':
    if shutil.which('coqc') is None:
        print('skipped: coqc is not installed')
        sys.exit(77)
    MAXCERT = pathlib.Path(sys.argv[1]).resolve()
    exact_test.OUT = MutantsTest.compiled = pathlib.Path(sys.argv[2]).resolve()
    subprocess.run([FORMAL / 'compile', exact_test.OUT, 'window/Windows.v', 'cubic/Cubic.v'], check=True)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
