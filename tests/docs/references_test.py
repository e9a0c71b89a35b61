#!/usr/bin/python3
"""What comments and SOUNDNESS.md point to exists: theorems, sections, files."""
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOUNDNESS = (ROOT / "certify/SOUNDNESS.md").read_text()
FILES = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, check=False).stdout.split()
if not FILES:  # not a clone
    FILES = [str(path.relative_to(ROOT)) for folder in ("certify", "data", "train", "tests", "scripts")
             for path in (ROOT / folder).rglob("*") if path.is_file()]
CODE = [name for name in FILES if name.endswith((".hpp", ".cpp", ".py", ".v")) and not name.startswith("tests/docs/")]


class References(unittest.TestCase):
    def test_theorems_have_a_section(self):
        sections = set(re.findall(r"^## (T\d+[a-z]?) ", SOUNDNESS, re.M))
        pointers = 0
        for name in CODE:
            for line in re.findall(r"SOUNDNESS (T\d[^.):;]*)", (ROOT / name).read_text()):
                for theorem in re.findall(r"T\d+[a-z]?", line):
                    self.assertIn(theorem, sections, f"{name}: SOUNDNESS has no section {theorem}")
                    pointers += 1
        self.assertGreater(pointers, 20)

    def test_sections_exist(self):
        headings = set(re.findall(r"^## (.*)$", SOUNDNESS, re.M))
        for name in CODE:
            for heading in re.findall(r'SOUNDNESS, "([^"]*)"', (ROOT / name).read_text()):
                self.assertIn(heading, headings, name)

    def test_nothing_points_to_a_file_that_the_project_does_not_have(self):
        for name in CODE:
            if not name.startswith("certify/formal/"):
                self.assertNotIn("THEORY", (ROOT / name).read_text(), name)

    def test_files_that_soundness_names_exist(self):
        for word in re.findall(r"`([\w./*+-]+\.(?:cpp|hpp|py|v|\*))`", SOUNDNESS):
            pattern = re.escape(word).replace(r"\*", r"[\w.]*")
            self.assertTrue(any(re.search(rf"(^|/){pattern}$", name) for name in FILES), f"SOUNDNESS names {word}")

    def test_every_source_opens_with_what_it_does(self):
        for name in FILES:
            if name.endswith((".cpp", ".hpp")) and not name.startswith("tests/"):
                self.assertTrue((ROOT / name).read_text().startswith("//"), f"{name} opens without a word")


if __name__ == "__main__":
    unittest.main(verbosity=2)
