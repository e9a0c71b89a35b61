#!/usr/bin/env python3
"""Accuracies in every float32 evaluation as Coq theorems, and what must be refused: float32_test.py MAXCERT OUT

OUT is where the theory is compiled and kept. The mutants change the program of a Coq file and nothing else: its soundness
proof is what fails. Exit code 77 (skipped) without coqc."""
import itertools
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import unittest

import exact_test
from exact_test import FORMAL, GOLDEN, ModelTest, assumptions, coqc, random_weights, read, unexpected
from theory_mutants import MutantsTest

HEAD = ('From Coq Require Import Reals ZArith List. Import ListNotations.\n'
        'From Maxcert Require Import Statement Weights Float32Statement Float32 Bits.\n')


def nearest(x):
    """x as a float32."""
    return struct.unpack('<f', struct.pack('<f', x))[0]


def inner(a, b):
    total = 0.0
    for x, y in zip(a, b):
        total = nearest(total + nearest(x * y))
    return total


def right_in_float32(weights):
    """How many sequences one float32 program gets right, which rounds every product and sums from the first to the last.
    Its exp is a double's, rounded."""
    from math import exp, sqrt
    w = {field: [[struct.unpack('<f', struct.pack('<I', word))[0] for word in row] for row in matrix] for field, matrix in weights.items()}
    times = lambda row, matrix: [inner(row, [line[j] for line in matrix]) for j in range(len(matrix[0]))]
    vocabulary, positions, head = len(w['wE']), len(w['wP']), len(w['wO'])
    right = 0
    for tokens in itertools.product(range(vocabulary), repeat=positions):
        residual = [[nearest(a + b) for a, b in zip(w['wE'][t], w['wP'][i])] for i, t in enumerate(tokens)]
        query = times(residual[-1], w['wQ'])
        scores = [nearest(inner(query, times(row, w['wK'])) * nearest(1 / sqrt(head))) for row in residual]
        masses = [nearest(exp(nearest(score - max(scores)))) for score in scores]
        total = inner(masses, [1.0] * positions)
        attention = [nearest(mass / total) for mass in masses]
        mixture = [inner(attention, values) for values in zip(*(times(row, w['wV']) for row in residual))]
        logits = times([nearest(a + b) for a, b in zip(residual[-1], times(mixture, w['wO']))], w['wU'])
        right += all(logits[max(tokens)] > logit for x, logit in enumerate(logits) if x != max(tokens))
    return right


def scaled(weights, exponent, fields=tuple(exact_test.TENSORS)):
    """Every weight of these fields times 2^exponent."""
    larger = lambda word: (word & 0x807fffff) + (min((word >> 23 & 255) + exponent, 254) << 23)
    return {field: [[larger(word) if field in fields else word for word in row] for row in matrix] for field, matrix in weights.items()}


class Float32(ModelTest):
    def counted(self, exp_ulp=4, subtracts='true'):
        """What the check evaluates to; None if it says nothing."""
        done = coqc(self.folder, 'Counted.v', f'{HEAD}Eval vm_compute in float32_count {exp_ulp} {subtracts} bits.\n')
        self.assertEqual(done.returncode, 0, done.stdout)
        found = re.search(r'= Some (\d+)', done.stdout)
        return int(found[1]) if found else None

    def claim(self, count, subtracts):
        return coqc(self.folder, 'Claim.v', f'{HEAD}Theorem claim : float32_accuracy_at_least 4 {subtracts} (model_of bits) {count}.\n'
                    'Proof. apply float32_at_least. vm_cast_no_check (eq_refl true). Qed.\nPrint Assumptions claim.\n')

    def test_the_golden_model_as_well_as_maxcert(self):
        path = GOLDEN / 'max-of-4-golden.safetensors'
        certified = subprocess.run([MAXCERT, 'certify', '--weights', path, '--strategies', 'brute_force', '--semantics', 'float32',
                                    '--exp-ulp', '4', '--format', 'json'], check=True, capture_output=True, text=True)
        certificate, = json.loads(certified.stdout)
        self.assertFalse(certificate['float32']['softmax_needs_maximum'])
        count = int(certificate['correct'])
        self.bits(read(path))
        for subtracts in ('true', 'false'):
            done = self.claim(count, subtracts)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertTrue(assumptions(done.stdout))
            self.assertEqual(unexpected(done.stdout), [])
        done = self.claim(count + 1, 'true')
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('Error', done.stdout)

    def test_no_more_than_a_float32_program_gets_right(self):
        proved = 0
        for seed in range(6):
            weights = random_weights(seed)
            with self.subTest(seed):
                self.bits(weights)
                count = self.counted()
                self.assertLessEqual(count, right_in_float32(weights))
                proved += count
        self.assertGreater(proved, 0)

    def test_what_may_overflow_or_lose_too_much_proves_nothing(self):
        weights = random_weights(0)
        self.bits(weights)
        self.assertIsNotNone(self.counted(65536))
        self.assertIsNone(self.counted(65537))
        for exponent in (20, 70):
            with self.subTest(exponent):
                self.bits(scaled(weights, exponent))
                self.assertIsNone(self.counted())

    def test_large_scores_need_a_softmax_that_subtracts_the_largest(self):
        weights = random_weights(0)
        self.bits(weights)
        self.assertIsNotNone(self.counted(subtracts='false'))
        self.bits(scaled(weights, 6, ('wQ',)))
        self.assertIsNotNone(self.counted())
        self.assertIsNone(self.counted(subtracts='false'))


class Mutants(MutantsTest):
    def test_half_the_margin(self):
        self.assert_no_proof('(mul e (ofZ (2 ^ 41)))', '(mul e (ofZ (2 ^ 40)))', 'float32_at_least', 'Float32.v')

    def test_scores_without_the_error_of_the_keys(self):
        self.assert_no_proof('(add (up_dot U eq bke) (up_dot U aq ek))', '(up_dot U eq bke)', 'query_shift_ok', 'Float32Bounds.v')

    def test_half_the_error_of_the_attention(self):
        self.assert_no_proof('add (ceiling t (ofZ 1)) c in', 'add (ceiling t (ofZ 2)) c in', 'query_shift_ok', 'Float32Bounds.v')

    def test_scores_that_exp_cannot_take(self):
        self.assert_no_proof('leb (add sm es) (ofZ (55 * 2 ^ U))) &&',
                             'leb (add sm es) (ofZ (89 * 2 ^ U))) &&', 'query_shift_ok', 'Float32Bounds.v')

    def test_rounding_down(self):
        self.assert_no_proof('up_mul (a b : int) : int := ceiling', 'up_mul (a b : int) : int := shr', 'val_up_mul', 'Float32Units.v')


if __name__ == '__main__':
    if not shutil.which('coqc'):
        print('coqc is missing')
        sys.exit(77)
    MAXCERT = sys.argv[1]
    exact_test.OUT = MutantsTest.compiled = pathlib.Path(sys.argv[2]).resolve()
    subprocess.run([FORMAL / 'compile', exact_test.OUT, 'Float32.v'], check=True)
    unittest.main(argv=sys.argv[:1], verbosity=2)
