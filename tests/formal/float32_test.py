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
from exact_test import FORMAL, GOLDEN, CoqTest, bits, claim, coqc, head, module, random_weights, read, refused
from theory_mutants import MutantsTest

HEAD = head('Float32Statement', 'Float32')


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


def count(exp_ulp=4, subtracts='true'):
    return f'Eval vm_compute in float32_count {exp_ulp} {subtracts} bits.\n'


class Float32(CoqTest):
    def counted(self, models):
        """What each model's check evaluates to; None if it says nothing. models: pairs of weights and the check."""
        text = HEAD + ''.join(module(f'model_{i}', bits(weights), check) for i, (weights, check) in enumerate(models))
        done = coqc(self.folder, 'Counted.v', text)
        self.assertEqual(done.returncode, 0, done.stdout)
        found = re.findall(r'= (?:Some (\d+)|None)', done.stdout)
        self.assertEqual(len(found), len(models))
        return [int(number) if number else None for number in found]

    def test_the_golden_model_as_well_as_maxcert(self):
        path = GOLDEN / 'max-of-4-golden.safetensors'
        certified = subprocess.run([MAXCERT, 'certify', '--weights', path, '--strategies', 'brute_force', '--semantics', 'float32',
                                    '--exp-ulp', '4', '--format', 'json'], check=True, capture_output=True, text=True)
        certificate, = json.loads(certified.stdout)
        self.assertFalse(certificate['float32']['softmax_needs_maximum'])
        right = int(certificate['correct'])
        at_least = lambda number, subtracts: f'float32_accuracy_at_least 4 {subtracts} (model_of bits) {number}'
        self.proved(HEAD + bits(read(path)) + claim('subtracting', at_least(right, 'true'), 'float32_at_least') +
                    claim('as_it_is', at_least(right, 'false'), 'float32_at_least') +
                    refused(at_least(right + 1, 'true'), 'float32_at_least'))

    def test_no_more_than_a_float32_program_gets_right(self):
        models = [random_weights(seed) for seed in range(6)]
        counts = self.counted([(weights, count()) for weights in models])
        for seed, (weights, found) in enumerate(zip(models, counts)):
            with self.subTest(seed):
                self.assertLessEqual(found, right_in_float32(weights))
        self.assertGreater(sum(counts), 0)

    def test_what_may_overflow_or_lose_too_much_proves_nothing(self):
        weights = random_weights(0)
        cases = [(weights, count(65537)), (scaled(weights, 20), count()), (scaled(weights, 70), count()),
                 # large scores need a softmax that subtracts the largest
                 (scaled(weights, 6, ('wQ',)), count(subtracts='false'))]
        proving = [(weights, count(65536)), (weights, count(subtracts='false')), (scaled(weights, 6, ('wQ',)), count())]
        found = self.counted(cases + proving)
        self.assertEqual(found[:len(cases)], [None] * len(cases))
        self.assertNotIn(None, found[len(cases):])


MUTANTS = {
    'half the margin': ('(mul e (ofZ (2 ^ 41)))', '(mul e (ofZ (2 ^ 40)))', 'float32_at_least', 'Float32'),
    'scores without the error of the keys': ('(add (up_dot U eq bke) (up_dot U aq ek))', '(up_dot U eq bke)', 'query_shift_ok', 'Float32Bounds'),
    'half the error of the attention': ('add (ceiling t (ofZ 1)) c in', 'add (ceiling t (ofZ 2)) c in', 'query_shift_ok', 'Float32Bounds'),
    'scores that exp cannot take': ('leb (add sm es) (ofZ (55 * 2 ^ U))) &&', 'leb (add sm es) (ofZ (89 * 2 ^ U))) &&',
                                    'query_shift_ok', 'Float32Bounds'),
    'rounding down': ('up_mul (a b : int) : int := ceiling', 'up_mul (a b : int) : int := shr', 'val_up_mul', 'Float32Units'),
}


class Mutants(MutantsTest):
    def test_none_has_a_proof(self):
        self.assert_no_proofs(MUTANTS)


if __name__ == '__main__':
    if not shutil.which('coqc'):
        print('coqc is missing')
        sys.exit(77)
    MAXCERT = sys.argv[1]
    exact_test.OUT = MutantsTest.compiled = pathlib.Path(sys.argv[2]).resolve()
    subprocess.run([FORMAL / 'compile', exact_test.OUT, 'float32/Float32.v'], check=True)
    unittest.main(argv=sys.argv[:1], verbosity=2)
