"""The theory with one change to a program: its soundness proof must be what fails. One process of coqtop reads all changed
files, so that libraries are loaded once; after each it forgets what it has read."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

FORMAL = pathlib.Path(__file__).resolve().parents[2] / 'certify' / 'formal'


def sentences(text, before):
    """The text of a file with imports of the changed files before it, behind its own, and each lemma announced."""
    last = list(re.finditer(r'^From [^.]*Require.*?\.$', text, re.MULTILINE | re.DOTALL))[-1]
    head = f'{text[:last.end()]}\n'
    imports = ''.join(f'Import Changed_{name}.\n' for name in before)
    text = re.sub(r'^ *(?:Lemma|Theorem) (\w+)', r'Definition before_\1 := tt.\n\g<0>', text[last.end():], flags=re.MULTILINE)
    return head + imports + text


def until(lemma, text):
    """The text to the end of the proof of a lemma."""
    start = re.search(rf'(Lemma|Theorem) {lemma}\b', text).start()
    return text[:text.index('Qed.', start) + len('Qed.')]


def script(old, new, lemma, *modules):
    """What coqtop reads for a mutant: the first of `modules` with `new` for `old`, and the others as they are."""
    read, before = '', []
    for name in modules:
        text = next(FORMAL.rglob(f'{name}.v')).read_text()
        if not before:
            assert text.count(old) == 1, f'{name}: {old}'
            text = text.replace(old, new)
        text = sentences(text, before)
        before.append(name)
        read += f'Module Changed_{name}.\n' + (f'{text}\nEnd Changed_{name}.\n' if name != modules[-1] else until(lemma, text))
    return read


def failed_lemma(printed):
    """The lemma in whose proof Coq stopped, and its report; no lemma where it read the whole file."""
    if 'Error:' not in printed:
        return None, 'it has a proof'
    return re.findall(r'^before_(\w+) is defined', printed, re.MULTILINE)[-1], printed[printed.index('Error:'):][:500]


class MutantsTest(unittest.TestCase):
    compiled = None  # where certify/formal/compile put the theory

    def printed(self, files, modules):
        """What coqtop prints for each file, read from where the modules are loaded and nothing is imported; it stops reading
        a file at the first error."""
        text = f'From Maxcert Require {" ".join(sorted(modules))}.\n'
        for i, file in enumerate(files):
            text += f'Definition file_{i} := tt.\nLoad Verbose "{file}".\nAbort All.\nReset file_{i}.\n'
        text += f'Definition file_{len(files)} := tt.\n'
        done = subprocess.run(['coqtop', '-q', '-w', 'none', '-R', str(self.compiled), 'Maxcert'], input=text, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        parts = re.split(r'file_\d+ is defined', done.stdout)
        self.assertEqual(len(parts), len(files) + 2, done.stdout[-1000:])
        self.assertNotIn('Error:', parts[0])
        return parts[1:-1]

    def assert_no_proofs(self, mutants):
        """mutants: by name the program text and what replaces it, the lemma whose proof must fail, and the modules from
        the program to the lemma. Chains of modules are read unchanged as well, which must not fail."""
        modules = {module for _, _, _, *chain in mutants.values() for module in chain}
        chains = {f'unchanged: {" ".join(chain)}': (old, old, lemma, *chain)
                  for old, _, lemma, *chain in mutants.values() if len(chain) > 1}
        tried = {**chains, **mutants}
        folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, folder)
        files = []
        for i, one in enumerate(tried.values()):
            files.append(folder / f'mutant_{i}.v')
            files[-1].write_text(script(*one))
        for name, printed in zip(tried, self.printed(files, modules)):
            with self.subTest(name):
                failed, error = failed_lemma(printed)
                self.assertEqual(failed, None if name in chains else tried[name][2], error)
