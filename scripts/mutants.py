#!/usr/bin/python3
"""Would the tests notice? Breaks the checker in each of the ways that tests/mutants/mutants.json lists, one at a time,
builds what that changes, runs the tests named there, and says killed (a test failed) or survived.

The sources are copied to build-mutants, so that the working tree stays as it is. A mutant has a name, a file,
edits (pairs of old and new text; the old text must occur exactly once), and the tests that should notice, as a
gtest filter. Exit code 1 if a mutant survives or cannot be built.

    scripts/mutants.py                       # all
    scripts/mutants.py --only 'float32*'     # some
"""
import argparse
import fnmatch
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIST = ROOT / "tests/mutants/mutants.json"
PATIENCE = 900  # seconds for the tests of a mutant: one that makes them hang is noticed


def copy_sources(to):
    """The files that git knows, changed or not; unchanged ones keep their times, so that little is built again."""
    names = subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        source, target = ROOT / name, to / name
        if not source.is_file():
            continue
        data = source.read_bytes()
        if target.exists() and target.read_bytes() == data:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def mutated(text, mutant):
    for old, new in mutant["edits"]:
        if text.count(old) != 1:
            raise SystemExit(f"{mutant['name']}: {old!r} occurs {text.count(old)} times in {mutant['file']}, not once")
        text = text.replace(old, new)
    return text


class Laboratory:
    def __init__(self, folder, jobs):
        self.source, self.build, self.jobs = folder, folder / "build", jobs
        copy_sources(self.source)
        self.call("cmake", "-S", self.source, "-B", self.build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                  "-DMAXCERT_TRAIN=OFF")

    @staticmethod
    def call(*command):
        done = subprocess.run([*map(str, command)], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{command[0]} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

    def builds(self):
        """What went wrong, or nothing."""
        done = subprocess.run(["cmake", "--build", self.build, "-j", str(self.jobs), "--target", "test_certify"],
                              capture_output=True, text=True)
        return "" if done.returncode == 0 else done.stdout[-2000:]

    def failing(self, tests):
        """The first test that fails, or nothing."""
        try:
            done = subprocess.run([self.build / "tests/test_certify", f"--gtest_filter={tests}", "--gtest_brief=1"],
                                  capture_output=True, text=True, timeout=PATIENCE, cwd=self.build)
        except subprocess.TimeoutExpired:
            return f"no end after {PATIENCE} s"
        failed = [line for line in done.stdout.splitlines() if line.startswith("[  FAILED  ] ")]
        if done.returncode != 0:
            return failed[0].split()[3].rstrip(",") if failed else f"exit code {done.returncode}"
        if "0 tests from 0 test" in done.stdout or "[  PASSED  ] 0 tests" in done.stdout:
            raise SystemExit(f"no test is called {tests}")
        return ""

    def verdict(self, mutant):
        path = self.source / mutant["file"]
        whole = path.read_text()
        path.write_text(mutated(whole, mutant))
        try:
            error = self.builds()
            if error:
                return "does not build", error
            failing = self.failing(mutant["tests"])
            return ("killed", failing) if failing else ("survived", mutant["tests"])
        finally:
            path.write_text(whole)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="*", metavar="GLOB", help="mutants by name")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build-mutants")
    arguments = parser.parse_args()
    mutants = [m for m in json.loads(LIST.read_text()) if fnmatch.fnmatch(m["name"], arguments.only)]
    for mutant in mutants:  # before anything is built
        mutated((ROOT / mutant["file"]).read_text(), mutant)
    laboratory = Laboratory(arguments.folder.resolve(), arguments.jobs)
    if error := laboratory.builds():
        raise SystemExit(error)
    if failing := laboratory.failing(":".join(sorted({m["tests"] for m in mutants}))):
        raise SystemExit(f"{failing} fails without any mutant")
    wrong = 0
    for mutant in mutants:
        start = time.monotonic()
        verdict, detail = laboratory.verdict(mutant)
        wrong += verdict != "killed"
        print(f"{verdict:14} {mutant['name']:44} {time.monotonic() - start:5.0f} s  {detail}", flush=True)
    print(f"{len(mutants) - wrong} of {len(mutants)} mutants killed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
