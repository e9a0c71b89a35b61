"""Copies of the compiled theory with one change to a program: its soundness proof must be what fails."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

FORMAL = pathlib.Path(__file__).resolve().parents[2] / 'certify' / 'formal'


class MutantsTest(unittest.TestCase):
    compiled = None  # where certify/formal/compile put the theory

    def setUp(self):
        self.theory = self.copy_of_the_theory()

    def copy_of_the_theory(self):
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        for file in self.compiled.glob('*.vo'):
            (folder / file.name).symlink_to(file)
        return folder

    def compile(self, file):
        return subprocess.run(['coqc', '-q', '-w', '-ambiguous-paths', '-R', str(self.theory), 'Maxcert', str(self.theory / file)],
                              capture_output=True, text=True)

    def assert_no_proof(self, old, new, lemma, *files):
        """With new for old in the first of `files`, all of them compile but the last, where the proof of `lemma` fails."""
        for file in files:
            shutil.copy(FORMAL / file, self.theory)
            (self.theory / f'{file}o').unlink()
        changed = self.theory / files[0]
        text = changed.read_text()
        self.assertEqual(text.count(old), 1, f'{files[0]}: {old}')
        changed.write_text(text.replace(old, new))
        for file in files[:-1]:
            done = self.compile(file)
            self.assertEqual(done.returncode, 0, done.stderr)
        done = self.compile(files[-1])
        self.assertNotEqual(done.returncode, 0, f'the mutant of {files[0]} has a proof')
        line = int(re.search(r'line (\d+), characters', done.stderr)[1])
        before = '\n'.join((self.theory / files[-1]).read_text().split('\n')[:line])
        self.assertEqual(re.findall(r'(?:Lemma|Theorem) (\w+)', before)[-1], lemma, done.stderr)
