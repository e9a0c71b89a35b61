#!/usr/bin/env python3
"""scripts/prove, and what it must refuse: prove_test.py MAXCERT. Exit code 77 (skipped) without coqc."""
import csv
import importlib.util
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import zstandard

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / 'tests/golden/max-of-4-golden.safetensors'
NAMES = ('embed.W_E', 'pos_embed.W_pos', 'blocks.0.attn.W_Q', 'blocks.0.attn.W_K', 'blocks.0.attn.W_V', 'blocks.0.attn.W_O',
         'unembed.W_U')
os.environ['MAXCERT'] = MAXCERT = str(pathlib.Path(sys.argv.pop(1)).resolve())
sys.path.insert(0, str(ROOT / 'scripts'))
specification = importlib.util.spec_from_file_location('prove', ROOT / 'scripts/prove.py')
prove = importlib.util.module_from_spec(specification)
specification.loader.exec_module(prove)


def small_model(path):
    """Two positions, three tokens: small enough for Coq to take no time. Its words do not matter, only that they are odd."""
    shapes = ((3, 2), (2, 2), (2, 2), (2, 2), (2, 2), (2, 2), (2, 3))
    header, data = {}, b''
    for name, (rows, columns) in zip(NAMES, shapes):
        words = struct.pack(f'<{rows * columns}f', *((i * 7 % 5 - 2) / 4 + 0.125 for i in range(len(data), len(data) + rows * columns)))
        shape = [1, rows, columns] if 'attn' in name else [rows, columns]
        header[name] = {'dtype': 'F32', 'shape': shape, 'data_offsets': [len(data), len(data) + len(words)]}
        data += words
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    path.write_bytes(struct.pack('<Q', len(text)) + text + data)


class Proves(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix='maxcert-prove.'))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.weights = cls.folder / 'small.safetensors'
        small_model(cls.weights)

    def scripts_prove(self, *arguments):
        return subprocess.run([ROOT / 'scripts/prove.py', *arguments, '--out', self.folder / 'out'], capture_output=True,
                              text=True, timeout=600)

    def formalized(self, name):
        """A folder with the small model's files and claim."""
        folder = self.folder / name
        done = subprocess.run([MAXCERT, 'formalize', '--weights', self.weights, '--out', folder], capture_output=True, text=True,
                              check=True)
        prover = prove.Prover(ROOT / 'build/formal')
        prover.compile_theory()
        return prover, folder, json.loads(done.stdout)

    def test_float32(self):
        done = self.scripts_prove('--proof', 'float32', self.weights)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('float32_accuracy_at_least 4 true (model_of bits)', done.stdout)
        record = json.loads((self.folder / 'out/small/theorem-float32.json').read_text())
        certificates = self.folder / 'float32'
        for semantics, code in (('real', 3), ('float32', 4)):  # of another kind; one sequence too many
            subprocess.run([MAXCERT, 'certify', '--weights', self.weights, '--strategies', 'brute_force', '--semantics', semantics,
                            '--certificates', certificates], check=True, capture_output=True)
            path, = certificates.glob('*.json')
            claimed = dict(json.loads(path.read_text()), correct=str(int(record['correct']) + 1), upper=None, exact=False)
            path.write_text(json.dumps(claimed))
            done = self.scripts_prove('--proof', 'float32', '--certificate', path, self.weights)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)

    def test_the_golden_model(self):
        done = self.scripts_prove(GOLDEN, self.weights)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('accuracy_is (model_of bits) 16774272', done.stdout)
        with open(self.folder / 'out/theorems.csv', newline='') as file:
            rows = {row['model']: row for row in csv.DictReader(file)}
        golden = rows['max-of-4-golden']
        self.assertEqual((golden['correct'], golden['total']), ('16774272', str(64**4)))
        self.assertEqual(golden['weights_sha256'], 'f790f464da91012488b927470ef58eab6f425072e1681415daeb5c478eecfa39')

    def test_refuses_a_wrong_count(self):
        certificates = self.folder / 'certificates'
        subprocess.run([MAXCERT, 'certify', '--weights', self.weights, '--strategies', 'brute_force', '--certificates', certificates],
                       check=True, capture_output=True)
        path = certificates / 'brute_force.json'
        certificate = json.loads(path.read_text())
        for change in (-1, 1):
            count = str(int(certificate['correct']) + change)
            path.write_text(json.dumps(dict(certificate, correct=count, upper=count)))
            done = self.scripts_prove(self.weights, '--certificate', path)
            self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
            self.assertIn('Coq refuses', done.stderr)
            self.assertIn("Coq's own check evaluates to", done.stderr)

    def test_lower_bounds(self):
        for proof in ('window/2', 'cubic'):
            done = self.scripts_prove('--proof', proof, self.weights)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('accuracy_at_least (model_of bits)', done.stdout)
            record = json.loads((self.folder / f'out/small/theorem-{proof.replace("/", "-")}.json').read_text())
            # one more, in the words of a certificate
            certificates = self.folder / proof
            subprocess.run([MAXCERT, 'certify', '--weights', self.weights, '--strategies', proof, '--certificates', certificates],
                           check=True, capture_output=True)
            path, = certificates.glob('*.json')
            path.write_text(json.dumps(dict(json.loads(path.read_text()), correct=str(int(record['correct']) + 1))))
            done = self.scripts_prove('--proof', proof, '--certificate', path, self.weights)
            self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
            self.assertIn(f"Coq's own check evaluates to = Some {record['correct']}", done.stderr)

    def results(self, name, strategies, change=lambda record: record):
        """A results folder with the small model as seed 7."""
        folder = self.folder / name
        seed = folder / 'seed-7'
        seed.mkdir(parents=True)
        shutil.copy(self.weights, seed / 'weights.safetensors')
        (folder / 'config.json').write_text('{}')
        certificates = self.folder / f'{name}-certificates'
        subprocess.run([MAXCERT, 'certify', '--weights', self.weights, '--strategies', strategies, '--certificates', certificates],
                       check=True, capture_output=True)
        lines = [json.dumps(change(json.loads(path.read_text()))) + '\n' for path in certificates.glob('*.json')]
        (seed / 'certificates.jsonl.zst').write_bytes(zstandard.ZstdCompressor().compress(''.join(lines).encode()))
        return folder

    def test_the_certificates_of_a_results_folder(self):
        strategies = 'brute_force,window/adaptive,max_diff_exact/*/exact_EQKE+max_diff_exact'
        folder = self.results('results', strategies)
        for word in ('', 'known'):
            done = self.scripts_prove('--results', folder, '--strategies', strategies, '--seeds', '7')
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(word, done.stdout)
        with open(self.folder / 'out/theorems.csv', newline='') as file:
            rows = {row['proof']: row for row in csv.DictReader(file) if row['model'] == 'seed-7'}
        for path in (self.folder / 'results-certificates').glob('*.json'):
            record = json.loads(path.read_text())
            row = rows.pop({'brute_force': 'exact'}.get(record['strategy'], record['strategy']))
            self.assertEqual((row['correct'], row['seed']), (record['correct'], '7'))
            alone = record['strategy'] in ('brute_force', 'window/adaptive')
            self.assertEqual(row['together'], '1' if alone else '3')
        self.assertEqual(rows, {})

    def test_refuses_what_a_certificate_of_a_results_folder_claims_too_much(self):
        strategy = 'max_diff_exact/convex/exact_EQKE+max_diff_exact'
        folder = self.results('wrong', strategy, lambda record: dict(record, correct=str(int(record['correct']) + 1)))
        done = self.scripts_prove('--results', folder, '--strategies', 'all')
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
        self.assertIn('Coq refuses', done.stderr)
        self.assertNotIn('theorem in Coq', done.stdout)
        (folder / 'seed-7/certificates.jsonl.zst').write_bytes(b'nothing')
        self.assertEqual(self.scripts_prove('--results', folder, '--strategies', 'all').returncode, 3)

    def test_refuses_a_flipped_bit(self):
        prover, folder, _ = self.formalized('flipped')
        bits = (folder / 'Bits.v').read_text()
        word = re.search('0x[0-9a-f]{8}', bits)[0]
        (folder / 'Bits.v').write_text(bits.replace(word, f'0x{int(word, 16) ^ 1:08x}', 1))
        self.assertEqual(prover.coqc(folder, 'Bits')[0], 0)
        self.assertNotEqual(prover.coqc(folder, 'Accuracy_exact')[0], 0)  # the hash is another
        compared = subprocess.run([ROOT / 'certify/formal/same_weights', folder / 'Bits.v', self.weights], capture_output=True)
        self.assertEqual(compared.returncode, 4)

    def audited(self, name, change):
        prover, folder, claim = self.formalized(name)
        path = folder / 'Accuracy_exact.v'
        path.write_text(change(path.read_text()))
        for module in ('Bits', 'Accuracy_exact'):
            code, printed, _ = prover.coqc(folder, module)
            self.assertEqual(code, 0, printed)
        return prover.audit(folder, 'exact', claim)

    def test_the_audit_accepts_what_maxcert_writes(self):
        self.assertIn('accuracy_is', self.audited('untouched', lambda text: text))

    def test_refuses_axioms_and_other_statements(self):
        def admitted(text):
            return re.sub(r'Proof\..*Qed\.', 'Admitted.', text, flags=re.S)

        def axiom(text):  # called like one of Coq's
            return re.sub(r'Proof\..*Qed\.', 'Proof. destruct Classical_Prop.classic. Qed.', text, flags=re.S).replace(
                'Theorem', 'Module Classical_Prop. Axiom classic : False. End Classical_Prop.\nTheorem')

        def shadowed(text):
            return re.sub(r'- apply exact.*?\n', '- exact I.\n', text).replace(
                'Theorem', 'Definition accuracy_is (w : model) (n : Z) : Prop := True.\nTheorem')

        def unguarded(text):
            return re.sub(r'Proof\..*Qed\.', 'Proof. exact (false_ 0). Qed.', text, flags=re.S).replace(
                'Theorem', 'Unset Guard Checking.\nFixpoint false_ {P : Prop} (n : nat) {struct n} : P := false_ n.\nTheorem')

        for change in (admitted, axiom, shadowed, unguarded):
            with self.subTest(change.__name__), self.assertRaises(prove.Failure) as raised:
                self.audited(change.__name__, change)
            self.assertEqual(raised.exception.code, 4)

    def test_formalize_refuses_unknown_proofs_and_claims(self):
        plans = self.folder / 'plans'
        subprocess.run([MAXCERT, 'certify', '--weights', self.weights, '--strategies', 'window/2,window/adaptive', '--certificates', plans],
                       check=True, capture_output=True)
        path = plans / 'window__adaptive.json'
        certificate = json.loads(path.read_text())
        path.write_text(json.dumps(dict(certificate, hints=dict(certificate['hints'], partitions=[[2]]))))
        for certificate in plans.glob('*.json'):  # of another strategy; a maximum that is no block of its own
            done = subprocess.run([MAXCERT, 'formalize', '--weights', self.weights, '--out', self.folder / 'refused', '--proof',
                                   'window/adaptive', '--certificate', certificate], capture_output=True, text=True)
            self.assertNotEqual(done.returncode, 0, done.stdout)
        for arguments in (('--proof', 'window/0'), ('--proof', 'window/10'), ('--proof', 'window/'), ('--proof', 'quartic'),
                          ('--correct', '-1'), ('--correct', '1.5'), ('--correct', '1', '--certificate', 'one.json')):
            done = subprocess.run([MAXCERT, 'formalize', '--weights', self.weights, '--out', self.folder / 'refused', *arguments],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, f'{arguments}: {done.stdout}{done.stderr}')
            self.assertFalse((self.folder / 'refused/Bits.v').exists())

    def test_a_file_that_is_none(self):
        path = self.folder / 'none.safetensors'
        path.write_bytes(b'nothing')
        self.assertEqual(self.scripts_prove(path).returncode, 3)
        self.assertEqual(self.scripts_prove(self.folder / 'missing.safetensors').returncode, 3)


if __name__ == '__main__':
    if shutil.which('coqc') is None:
        print('skipped: coqc is not installed')
        sys.exit(77)
    unittest.main()
