#!/usr/bin/python3
"""scripts/slurm on a real Slurm on this machine: an array with a killed task gives what one process gives.
Usage: slurm_test.py MAXCERT. Exit code 77: skipped, with the reason."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

import slurm

MAXCERT = pathlib.Path(sys.argv.pop(1)).resolve()
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import seed_certificates  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SUBMIT = SOURCE / "scripts/slurm/submit"
STRATEGIES = "paper,window/*"
SEEDS = (50, 104, 123, 133)


def records(folder):
    """Every record without what varies from run to run, and the weights' bytes."""
    found = {}
    for path in sorted(folder.glob("seed-*/**/*")):
        if path.suffix == ".json":
            found[str(path.relative_to(folder))] = {k: v for k, v in json.loads(path.read_text()).items() if k != "run"}
        elif path.name == seed_certificates.NAME:
            found |= {f"{path.relative_to(folder)}: {name}": record
                      for name, record in seed_certificates.without_run(path).items()}
        elif path.is_file():
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


class Array(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="maxcert-slurm."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.scratch = self.folder / "scratch"
        self.scratch.mkdir()
        os.environ.update(MAXCERT=str(MAXCERT), MAXCERT_SCRATCH=str(self.scratch),
                          PROVE=str(pathlib.Path(__file__).with_name("prove_stub").resolve()))
        # Enough steps that a task can be met between its two seeds.
        text = (SOURCE / "configs/smoke.cfg").read_text()
        text = re.sub(r"(?m)^steps = .*$", "steps = 4000", text)
        self.config = self.folder / "smoke.cfg"
        self.config.write_text(re.sub(r"(?m)^seeds = .*$", "seeds = " + ", ".join(map(str, SEEDS)), text))
        self.out = self.folder / "out"

    def submit(self, cluster, *options):
        """Submits and returns the numbers of the array and of the merge job."""
        said = cluster.command(SUBMIT, "--config", self.config, "--seeds-per-task", 2, "--strategies", STRATEGIES,
                               "--prove", "window/2", "--out", self.out, *options)
        return re.search(r"array (\d+) .* merge job (\d+)", said).groups()

    def finished(self, cluster, job):
        state = cluster.command("scontrol", "show", "job", job)
        return not re.search(r"JobState=(PENDING|RUNNING|CONFIGURING|COMPLETING|REQUEUED)", state) and state

    def program_of(self, seed):
        """The process that works on `seed`, once it has finished with an earlier seed of its task."""
        for done in self.scratch.glob(f"maxcert.*/seed-*/{seed_certificates.NAME}"):
            folder = done.parents[1]
            if (folder / f"seed-{seed}" / seed_certificates.NAME).exists():
                continue
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                try:
                    arguments = (process / "cmdline").read_bytes().split(b"\0")
                    program = (process / "exe").resolve()
                except OSError:
                    continue
                if program == MAXCERT and str(folder).encode() in arguments:
                    return int(process.name), done.parent
        return None

    def test_a_killed_task_resumes_and_the_merged_results_are_those_of_one_process(self):
        with slurm.Slurm(self.folder / "slurm") as cluster:
            try:
                self.array_with_a_killed_task(cluster)
            except AssertionError:
                print(cluster.logs(), *(f"---- {p.name}\n{p.read_text()}" for p in self.out.glob("logs/*")), sep="\n")
                raise

    def array_with_a_killed_task(self, cluster):
        # Only the second half first: what is missing is named, and nothing is reported.
        first, merge = self.submit(cluster, "--array", "1")
        process, earlier = slurm.wait_for("the task to be between its seeds", lambda: self.program_of(SEEDS[3]))
        mtime = (earlier / seed_certificates.NAME).stat().st_mtime_ns
        os.kill(process, signal.SIGKILL)
        slurm.wait_for("the task to be queued again", lambda: re.search(
            r"JobState=PENDING (?s:.*) Restarts=1 ", cluster.command("scontrol", "show", "job", f"{first}_1")))
        # What was finished has been moved, whole; of the other seed there are no results, at most its weights.
        self.assertEqual({p.parent.name for p in self.out.glob(f"seed-*/{seed_certificates.NAME}")}, {f"seed-{SEEDS[2]}"})
        # Else it waits two minutes. In the same second, slurmd would refuse the credential it has just seen revoked.
        cluster.command("scontrol", "update", f"JobId={first}_1", "StartTime=now+3")

        state = slurm.wait_for("the merge job", lambda: self.finished(cluster, merge), 300)
        self.assertIn("JobState=FAILED", state)
        self.assertIn("--array=0\n", (self.out / f"logs/merge-{merge}.log").read_text())
        log = (self.out / f"logs/{first}_1.log").read_text()
        self.assertEqual(log.count("Killed"), 1, log)  # appended to, not overwritten, by the second start
        resumed = self.out / earlier.name
        self.assertEqual((resumed / seed_certificates.NAME).stat().st_mtime_ns, mtime)

        # As the merge job said. Now everything is there, and the merge reports it.
        _, merge = self.submit(cluster, "--array", "0")
        state = slurm.wait_for("the merge job", lambda: self.finished(cluster, merge), 300)
        self.assertIn("JobState=COMPLETED", state)
        self.assertTrue((self.out / "report/index.html").exists())
        self.assertEqual({path.parent.name for path in self.out.glob("theorems/*/theorem-window-2.json")},
                         {f"seed-{seed}" for seed in SEEDS})
        self.assertEqual(list(self.out.glob(".incoming.*")), [])
        self.assertEqual(list(self.scratch.iterdir()), [])

        alone = self.folder / "alone"
        subprocess.run([MAXCERT, "run", "--config", self.config, "--strategies", STRATEGIES, "--threads", "1",
                        "--out", alone, "--progress", "none"], check=True, capture_output=True)
        ours, theirs = records(self.out), records(alone)
        self.assertEqual(sorted(ours), sorted(theirs))
        self.assertGreater(len(ours), 100 * len(SEEDS))
        for name, record in theirs.items():
            self.assertEqual(ours[name], record, name)
        rows = [(folder / "summary.csv").read_text().splitlines() for folder in (self.out, alone)]
        self.assertEqual(len(rows[0]), len(rows[1]))


if __name__ == "__main__":
    if slurm.missing_packages():
        print("skipped: no Slurm here; apt-get install " + " ".join(slurm.missing_packages()))
        sys.exit(77)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # cleans up
    unittest.main(verbosity=2)
