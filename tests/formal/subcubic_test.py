#!/usr/bin/env python3
"""Certificates of the subcubic family as Coq theorems, and broken variants of the theory that must have no proof.

Usage: subcubic_test.py MAXCERT OUT    (OUT: where certify/formal/compile puts the compiled theory)
The mutants change the program of a Coq file and nothing else: the program still compiles, its soundness proof does not.
One of them, the published slope of mean_query+diff, is also run: on the model mean-diff-trap it claims a sequence that
the model gets wrong."""
import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

from theory_mutants import FORMAL, MutantsTest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / 'tests' / 'golden'
MAXCERT, OUT = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
TENSORS = {'wE': 'embed.W_E', 'wP': 'pos_embed.W_pos', 'wQ': 'blocks.0.attn.W_Q', 'wK': 'blocks.0.attn.W_K',
           'wV': 'blocks.0.attn.W_V', 'wO': 'blocks.0.attn.W_O', 'wU': 'unembed.W_U'}

# Classical reals and primitive integers.
ALLOWED = re.compile(r'ClassicalDedekindReals\.sig_(forall|not)_dec|Classical_Prop\.classic'
                     r'|FunctionalExtensionality\.functional_extensionality_dep|(PrimInt63|Uint63|Uint63Axioms)\.\w+')


def coq(file, model):
    """The result of coqc on a file about a model."""
    command = ['coqc', '-q', '-w', '-ambiguous-paths', '-R', str(OUT), 'Maxcert', '-R', str(model), 'Model']
    return subprocess.run(command + [str(file)], capture_output=True, text=True)


def bits(weights):
    """The weights of a safetensors file as Bits.v."""
    data = pathlib.Path(weights).read_bytes()
    length, = struct.unpack('<Q', data[:8])
    header = json.loads(data[8:8 + length])
    fields = []
    for field, name in TENSORS.items():
        start, end = header[name]['data_offsets']
        words = struct.unpack(f'<{(end - start) // 4}I', data[8 + length + start:8 + length + end])
        columns = header[name]['shape'][-1]
        rows = ('[' + '; '.join(f'0x{word:08x}' for word in words[i:i + columns]) + ']'
                for i in range(0, len(words), columns))
        fields.append(f'{field} := patterns [{"; ".join(rows)}]%uint63')
    return ('From Coq Require Import PrimInt63 List.\nImport ListNotations.\nFrom Maxcert Require Import Weights.\n'
            'Definition bits : weights := {| ' + '; '.join(fields) + ' |}.\n')


class Model:
    """A golden model with its certificates, in a folder of its own."""

    def __init__(self, name, strategies=None):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        weights = GOLDEN / f'{name}.safetensors'
        (self.folder / 'Bits.v').write_text(bits(weights))
        result = coq(self.folder / 'Bits.v', model=self.folder)
        assert result.returncode == 0, result.stderr
        if strategies is None:
            return
        certificates = self.folder / 'certificates'
        subprocess.run([MAXCERT, 'certify', '--weights', weights, '--strategies', strategies, '--certificates', certificates],
                       check=True, capture_output=True)
        self.certificates = [path for path in certificates.iterdir() if '__' in path.name]

    def theorems(self):
        """The Coq files of all certificates."""
        written = subprocess.run([FORMAL / 'subcubic_theorems', self.folder, self.folder / 'Bits.v', *self.certificates],
                                 check=True, capture_output=True, text=True)
        return [pathlib.Path(line) for line in written.stdout.split()]

    def close(self):
        shutil.rmtree(self.folder)


class Theorems(unittest.TestCase):
    def model(self, *arguments):
        model = Model(*arguments)
        self.addCleanup(model.close)
        return model

    def test_all_error_options_on_a_small_model(self):
        strategies = ['mean_query+max_diff/mean_query+diff/' + error for error in (
            'exact_EQKE+max_diff_exact', 'max_diff_exact', 'svd', 'max_diff', 'mean+max_diff', 'max_diff_subproduct',
            'mean+max_diff_subproduct', 'max_diff_subproduct_recursive', 'mean+max_diff_subproduct_recursive',
            'mean_recursive+max_diff_subproduct_recursive')]
        model = self.model('mean-diff-trap', ','.join(strategies))
        files = model.theorems()
        self.assertEqual(len(files), 10)
        for file in files:
            result = coq(file, model=model.folder)
            self.assertEqual(result.returncode, 0, f'{file}: {result.stderr}')

    def test_golden_model_and_one_sequence_too_many(self):
        model = self.model('max-of-4-golden', 'max_diff_exact/convex/exact_EQKE+max_diff_exact')
        file, = model.theorems()
        text = file.read_text()
        name = re.findall(r'Theorem (\w+) :', text)[-1]
        file.write_text(text + f'Print Assumptions {name}.\n')
        result = coq(file, model=model.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        axioms = re.findall(r'^(\S+)(?: :|$)', result.stdout.partition('Axioms:')[2], re.MULTILINE)
        self.assertIn('ClassicalDedekindReals.sig_forall_dec', axioms)
        self.assertEqual([axiom for axiom in axioms if not ALLOWED.fullmatch(axiom)], [])
        file.write_text(text)
        correct = json.loads(model.certificates[0].read_text())['correct']
        file.write_text(file.read_text().replace(correct, str(int(correct) + 1)))
        self.assertNotEqual(coq(file, model=model.folder).returncode, 0)


BOTH_ENDS = '(negative (add (mul x a1) (mul y b1)) && negative (add (mul x a2) (mul y b2)))%bool'
MUTANTS = {
    'a choice too many': ('cell_size row (m - g + 1)', 'cell_size row (m - g + 2)', 'length_cell', 'CellCheck', 'CellCount'),
    'one end of the odds': (BOTH_ENDS, 'negative (add (mul x a1) (mul y b1))', 'cell_sound', 'CellCheck', 'CellCount'),
    'gap 0': ('((1 <=? g) && (g <=? m)', '((0 <=? g) && (g <=? m)', 'in_cell', 'CellCheck', 'CellCount'),
    'the published slope': ('line_through (2 ^ 24) u value (smallest (omit m gain))',
                            'line_through (2 ^ 24) u value (biggest (omit m gain))', 'mean_ok', 'LogitBounds'),
}


class Mutants(MutantsTest):
    def test_none_has_a_proof(self):
        self.assert_no_proofs(MUTANTS)

    def test_published_slope_claims_a_wrong_sequence(self):
        model = Model('mean-diff-trap')
        self.addCleanup(model.close)
        self.assertEqual(json.loads((GOLDEN / 'mean-diff-trap.json').read_text())['wrong_sequence'], [3, 0])
        file = model.folder / 'Trap.v'
        file.write_text((ROOT / 'tests' / 'formal' / 'trap.v').read_text())
        result = coq(file, model=model.folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        sound, published = re.findall(r'= Some (\w+)', result.stdout)
        self.assertEqual(sound, 'false')
        self.assertEqual(published, 'true')


if __name__ == '__main__':
    if not shutil.which('coqc'):
        sys.exit(77)
    subprocess.run([FORMAL / 'compile', OUT], check=True)
    MutantsTest.compiled = OUT
    unittest.main(argv=sys.argv[:1])
