#!/usr/bin/env python3
"""Proves models' exact accuracies in Coq, and that what is false or unfounded is refused: exact_test.py OUT [--heavy]

OUT is where the theory is compiled and kept. --heavy adds the golden Max-of-5 model. Exit code 77 (skipped) without coqc."""
import decimal
import itertools
import json
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMAL = ROOT / 'certify' / 'formal'
GOLDEN = ROOT / 'tests' / 'golden'
TENSORS = {'wE': 'embed.W_E', 'wP': 'pos_embed.W_pos', 'wQ': 'blocks.0.attn.W_Q', 'wK': 'blocks.0.attn.W_K',
           'wV': 'blocks.0.attn.W_V', 'wO': 'blocks.0.attn.W_O', 'wU': 'unembed.W_U'}
ALLOWED = re.compile(r'(ClassicalDedekindReals\.sig_(forall|not)_dec|Classical_Prop\.classic'
                     r'|FunctionalExtensionality\.functional_extensionality_dep|(PrimInt63|[US]int63(Axioms)?)\.\w+)')


def read(path):
    """The weights of a safetensors file: rows of 32-bit patterns for each field."""
    raw = path.read_bytes()
    size = struct.unpack('<Q', raw[:8])[0]
    header, data = json.loads(raw[8:8 + size]), raw[8 + size:]
    weights = {}
    for field, name in TENSORS.items():
        start, end = header[name]['data_offsets']
        columns = header[name]['shape'][-1]
        words = struct.unpack(f'<{(end - start) // 4}I', data[start:end])
        weights[field] = [list(words[i:i + columns]) for i in range(0, len(words), columns)]
    return weights


def literals(weights):
    rows = lambda matrix: '[' + ';\n'.join('[' + ';'.join(hex(word) for word in row) + ']' for row in matrix) + ']'
    return ('From Coq Require Import ZArith List. Import ListNotations. From Maxcert Require Import Weights. Open Scope Z_scope.\n'
            'Definition bits : weights := {| ' + ';\n'.join(f'{f} := {rows(weights[f])}' for f in TENSORS) + ' |}.\n')


def theorem(statement, proof):
    return ('From Coq Require Import ZArith.\nFrom Maxcert Require Import Statement Weights Exact Bits.\nOpen Scope Z_scope.\n'
            f'Theorem claim : {statement}.\nProof. {proof} Qed.\nPrint Assumptions claim.\n')


def exactly(count):
    return theorem(f'accuracy_is (model_of bits) {count}', 'apply exact_accuracy. vm_cast_no_check (eq_refl true).')


def coqc(folder, name, text):
    (folder / name).write_text(text)
    return subprocess.run(['coqc', '-q', '-R', str(OUT), 'Maxcert', '-R', '.', 'Maxcert', name], cwd=folder,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def assumptions(printed):
    """The names that Print Assumptions lists."""
    return re.findall(r'^([\w.]+)\s*(?=:|$)', printed.split('Axioms:', 1)[1], re.MULTILINE)


def unexpected(printed):
    return [name for name in assumptions(printed) if not ALLOWED.fullmatch(name)]


def number(word):
    return decimal.Decimal(struct.unpack('<f', struct.pack('<I', word))[0])


def count_by_enumeration(weights):
    """Right sequences, by the forward pass with 80 digits; None if some margin is too small to trust."""
    with decimal.localcontext() as context:
        context.prec = 80
        w = {field: [[number(word) for word in row] for row in matrix] for field, matrix in weights.items()}
        times = lambda row, matrix: [sum(a * b[j] for a, b in zip(row, matrix)) for j in range(len(matrix[0]))]
        right, vocabulary, positions = 0, len(w['wE']), len(w['wP'])
        for tokens in itertools.product(range(vocabulary), repeat=positions):
            residual = [[a + b for a, b in zip(w['wE'][t], w['wP'][i])] for i, t in enumerate(tokens)]
            query = times(residual[-1], w['wQ'])
            scores = [sum(a * b for a, b in zip(query, times(row, w['wK']))) / decimal.Decimal(len(query)).sqrt() for row in residual]
            masses = [(score - max(scores)).exp() for score in scores]
            values = [times(row, w['wV']) for row in residual]
            mixture = [sum(m * v[h] for m, v in zip(masses, values)) / sum(masses) for h in range(len(query))]
            logits = times([a + b for a, b in zip(residual[-1], times(mixture, w['wO']))], w['wU'])
            margins = [logits[max(tokens)] - logit for x, logit in enumerate(logits) if x != max(tokens)]
            if any(abs(margin) < decimal.Decimal('1e-40') for margin in margins):
                return None
            right += all(margin > 0 for margin in margins)
    return right


def random_weights(seed):
    draw = random.Random(seed)
    vocabulary, positions, width, head = draw.choice([(3, 2, 2, 2), (4, 3, 3, 2), (5, 2, 4, 3), (3, 4, 2, 1)])
    matrix = lambda rows, columns: [[struct.unpack('<I', struct.pack('<f', draw.gauss(0, 1)))[0] for _ in range(columns)] for _ in range(rows)]
    return {'wE': matrix(vocabulary, width), 'wP': matrix(positions, width), 'wQ': matrix(width, head), 'wK': matrix(width, head),
            'wV': matrix(width, head), 'wO': matrix(head, width), 'wU': matrix(width, vocabulary)}


class ModelTest(unittest.TestCase):
    """Theorems about one model at a time, in a folder of their own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def bits(self, weights):
        done = coqc(self.folder, 'Bits.v', literals(weights))
        self.assertEqual(done.returncode, 0, done.stdout)


class Exact(ModelTest):
    def proves(self, count):
        done = coqc(self.folder, 'Claim.v', exactly(count))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(assumptions(done.stdout))
        self.assertEqual(unexpected(done.stdout), [])

    def refuses(self, text):
        done = coqc(self.folder, 'Claim.v', text)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('Error', done.stdout)

    def test_the_golden_model_of_4_and_no_more(self):
        self.bits(read(GOLDEN / 'max-of-4-golden.safetensors'))
        self.proves(16774272)
        self.refuses(exactly(16774273))

    def test_the_golden_model_of_5(self):
        if '--heavy' not in sys.argv:
            self.skipTest('--heavy')
        self.bits(read(GOLDEN / 'max-of-5-golden.safetensors'))
        self.proves(1073340012)

    def test_small_golden_models(self):
        for name, count in (('mean-diff-trap', 7), ('rounding-tie', 0), ('denormal', 0)):
            with self.subTest(name):
                self.bits(read(GOLDEN / f'{name}.safetensors'))
                self.proves(count)
                self.refuses(exactly(count + 1))

    def test_random_models_as_enumeration_counts_them(self):
        tried = 0
        for seed in range(5):
            weights = random_weights(seed)
            count = count_by_enumeration(weights)
            if count is None:
                continue
            tried += 1
            with self.subTest(seed):
                self.bits(weights)
                self.proves(count)
        self.assertGreater(tried, 2)

    def test_another_bit_is_another_model(self):
        weights = random_weights(1)
        count = count_by_enumeration(weights)
        for field, row in itertools.product(TENSORS, range(2)):
            flipped = {name: [list(r) for r in matrix] for name, matrix in weights.items()}
            flipped[field][row % len(flipped[field])][0] ^= 1 << 31
            other = count_by_enumeration(flipped)
            if other not in (None, count):
                break
        else:
            self.fail('no sign changes the count')
        self.bits(flipped)
        self.refuses(exactly(count))
        self.proves(other)

    def test_a_bracket_holds_and_may_not_be_narrower(self):
        self.bits(read(GOLDEN / 'mean-diff-trap.safetensors'))
        between = lambda low, high: theorem(f'exists a, accuracy_is (model_of bits) a /\\ {low} <= a <= {high}',
                                            'apply accuracy_between. vm_cast_no_check (eq_refl true).')
        self.assertEqual(coqc(self.folder, 'Claim.v', between(6, 8)).returncode, 0)
        self.refuses(between(8, 9))
        self.refuses(between(5, 6))

    def test_infinities_and_wrong_shapes_prove_nothing(self):
        for break_it in (lambda w: w['wE'][0].__setitem__(0, 0x7f800000), lambda w: w['wU'][0].pop()):
            weights = read(GOLDEN / 'rounding-tie.safetensors')
            break_it(weights)
            self.bits(weights)
            self.refuses(exactly(0))

    def test_an_unexpected_axiom_is_noticed(self):
        self.bits(read(GOLDEN / 'rounding-tie.safetensors'))
        done = coqc(self.folder, 'Claim.v', 'Axiom extra : False.\n' + theorem('accuracy_is (model_of bits) 2', 'destruct extra.'))
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(any('extra' in name for name in unexpected(done.stdout)))

    def test_nothing_is_taken_for_granted(self):
        unproved = re.compile(r'\b(Admitted|admit|Axioms?|Parameters?|Conjecture|native_compute|Unset Guard|bypass_check)\b')
        files = sorted(FORMAL.glob('*.v'))
        self.assertGreater(len(files), 10)
        for file in files:
            code = re.sub(r'\(\*.*?\*\)', '', file.read_text(), flags=re.DOTALL)
            self.assertIsNone(unproved.search(code), file.name)
        self.assertTrue(unproved.search('Proof. Admitted.'))


if __name__ == '__main__':
    if shutil.which('coqc') is None:
        print('coqc is missing')
        sys.exit(77)
    OUT = pathlib.Path(sys.argv[1]).resolve()
    subprocess.run([FORMAL / 'compile', OUT, 'Exact.v'], check=True)
    result = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromTestCase(Exact))
    failed = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - failed} passed, {failed} failed')
    sys.exit(0 if failed == 0 else 1)
