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


def head(*modules):
    """The first lines of a Coq file. One file may speak of many models: starting Coq takes longer than small models do."""
    return ('From Coq Require Import Reals ZArith List. Import ListNotations.\n'
            f'From Maxcert Require Import Statement Weights {" ".join(modules)}.\nOpen Scope Z_scope.\n')


def bits(weights):
    rows = lambda matrix: '[' + ';\n'.join('[' + ';'.join(hex(word) for word in row) + ']' for row in matrix) + ']'
    return 'Definition bits : weights := {| ' + ';\n'.join(f'{f} := {rows(weights[f])}' for f in TENSORS) + ' |}.\n'


def module(name, *text):
    return f'Module {name}.\n{"".join(text)}End {name}.\n'


def claim(name, statement, theorem):
    """A theorem by evaluation."""
    return f'Theorem {name} : {statement}.\nProof. apply ({theorem}). vm_cast_no_check (eq_refl true). Qed.\n'


def theorems(text):
    """The names of all theorems."""
    inside, names = '', []
    for kind, name in re.findall(r'^(Module|End|Theorem) (\w+)', text, re.MULTILINE):
        inside = {'Module': f'{name}.', 'End': ''}.get(kind, inside)
        if kind == 'Theorem':
            names.append(inside + name)
    return names


def refused(statement, theorem):
    """Coq stops with an error where the claim has this proof."""
    return f'Goal {statement}.\nProof. apply ({theorem}). vm_cast_no_check (eq_refl true). Fail Qed. Abort.\n'


def exactly(count):
    return claim('exactly', f'accuracy_is (model_of bits) {count}', 'exact_accuracy')


def not_exactly(count):
    return refused(f'accuracy_is (model_of bits) {count}', 'exact_accuracy')


def coqc(folder, name, text):
    (folder / name).write_text(text)
    return subprocess.run(['coqc', '-q', '-w', 'none', '-R', str(OUT), 'Maxcert', name], cwd=folder,
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


class CoqTest(unittest.TestCase):
    """Coq files in a folder of their own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def proved(self, text):
        """What Coq prints about a file that it accepts; all its theorems rest on what is allowed."""
        done = coqc(self.folder, 'Claims.v', text + f'Definition all := ({", ".join(theorems(text))}).\nPrint Assumptions all.\n')
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(assumptions(done.stdout))
        self.assertEqual(unexpected(done.stdout), [])
        return done.stdout


class Exact(CoqTest):
    def test_the_golden_model_of_4_and_no_more(self):
        self.proved(head('Exact') + bits(read(GOLDEN / 'max-of-4-golden.safetensors')) + exactly(16774272) + not_exactly(16774273))

    def test_the_golden_model_of_5(self):
        if '--heavy' not in sys.argv:
            self.skipTest('--heavy')
        self.proved(head('Exact') + bits(read(GOLDEN / 'max-of-5-golden.safetensors')) + exactly(1073340012))

    def test_small_models(self):
        text = head('Exact')
        for name, count in (('mean-diff-trap', 7), ('rounding-tie', 0), ('denormal', 0)):
            weights = read(GOLDEN / f'{name}.safetensors')
            text += module(name.replace('-', '_'), bits(weights), exactly(count), not_exactly(count + 1))
        text += self.random_models() + self.another_bit() + self.brackets() + self.infinities_and_wrong_shapes()
        self.proved(text)

    def random_models(self):
        """As enumeration counts them."""
        counts = {seed: count_by_enumeration(random_weights(seed)) for seed in range(5)}
        counts = {seed: count for seed, count in counts.items() if count is not None}
        self.assertGreater(len(counts), 2)
        return ''.join(module(f'random_{seed}', bits(random_weights(seed)), exactly(count)) for seed, count in counts.items())

    def another_bit(self):
        """It is another model."""
        weights = random_weights(1)
        count = count_by_enumeration(weights)
        for field, row in itertools.product(TENSORS, range(2)):
            flipped = {name: [list(r) for r in matrix] for name, matrix in weights.items()}
            flipped[field][row % len(flipped[field])][0] ^= 1 << 31
            other = count_by_enumeration(flipped)
            if other not in (None, count):
                return module('another_bit', bits(flipped), not_exactly(count), exactly(other))
        self.fail('no sign changes the count')

    def brackets(self):
        """They hold, and may not be narrower: 7 sequences are right."""
        between = lambda low, high: f'exists a, accuracy_is (model_of bits) a /\\ {low} <= a <= {high}'
        return module('brackets', bits(read(GOLDEN / 'mean-diff-trap.safetensors')), claim('bracket', between(6, 8), 'accuracy_between'),
                      refused(between(8, 9), 'accuracy_between'), refused(between(5, 6), 'accuracy_between'))

    def infinities_and_wrong_shapes(self):
        """They prove nothing."""
        text = ''
        for i, break_it in enumerate((lambda w: w['wE'][0].__setitem__(0, 0x7f800000), lambda w: w['wU'][0].pop())):
            weights = read(GOLDEN / 'rounding-tie.safetensors')
            break_it(weights)
            text += module(f'broken_{i}', bits(weights), not_exactly(0))
        return text

    def test_coq_stops_where_it_refuses(self):
        done = coqc(self.folder, 'Claims.v', head('Exact') + bits(read(GOLDEN / 'rounding-tie.safetensors')) + exactly(1))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('Error', done.stdout)

    def test_an_unexpected_axiom_is_noticed(self):
        done = coqc(self.folder, 'Claims.v', head('Exact') + bits(read(GOLDEN / 'rounding-tie.safetensors')) +
                    'Axiom extra : False.\nTheorem two : accuracy_is (model_of bits) 2. Proof. destruct extra. Qed. Print Assumptions two.\n')
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue(any('extra' in name for name in unexpected(done.stdout)))

    def test_nothing_is_taken_for_granted(self):
        unproved = re.compile(r'\b(Admitted|admit|Axioms?|Parameters?|Conjecture|native_compute|Unset Guard|bypass_check)\b')
        files = sorted(FORMAL.rglob('*.v'))
        self.assertGreater(len(files), 60)
        for file in files:
            code = re.sub(r'\(\*.*?\*\)', '', file.read_text(), flags=re.DOTALL)
            self.assertIsNone(unproved.search(code), file.name)
        self.assertTrue(unproved.search('Proof. Admitted.'))


if __name__ == '__main__':
    if shutil.which('coqc') is None:
        print('coqc is missing')
        sys.exit(77)
    OUT = pathlib.Path(sys.argv[1]).resolve()
    subprocess.run([FORMAL / 'compile', OUT, 'exact/Exact.v'], check=True)
    result = unittest.TextTestRunner(verbosity=2).run(unittest.defaultTestLoader.loadTestsFromTestCase(Exact))
    failed = len(result.failures) + len(result.errors)
    print(f'{result.testsRun - failed} passed, {failed} failed')
    sys.exit(0 if failed == 0 else 1)
