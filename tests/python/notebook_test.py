#!/usr/bin/python3
"""The tour runs from its first cell to its last, and the outputs that it is stored with are those of such a run. Usage:
notebook_test.py MAXCERT. Exit code 77, with the reason on the first line, where nbconvert or a kernel is missing."""
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

NOTEBOOK = pathlib.Path(__file__).resolve().parents[2] / "scripts/python/tour.ipynb"
for module in ("nbconvert", "ipykernel", "pandas", "matplotlib"):
    if importlib.util.find_spec(module) is None:
        print(f"the Python module {module} is missing")
        sys.exit(77)

with tempfile.TemporaryDirectory() as folder:
    home = {**os.environ, "MAXCERT": str(pathlib.Path(sys.argv[1]).resolve()), "PYTHONPATH": str(NOTEBOOK.parent), "HOME": folder}
    subprocess.run([sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--output-dir", folder, NOTEBOOK],
                   check=True, env=home, timeout=280)
    ran = json.loads((pathlib.Path(folder) / NOTEBOOK.name).read_text())
stored = json.loads(NOTEBOOK.read_text())
for said, printed in zip(stored["cells"], ran["cells"]):
    kinds = [[output["output_type"] for output in cell.get("outputs", [])] for cell in (said, printed)]
    assert kinds[0] == kinds[1], f"stored outputs differ in kind from those of a run: {kinds}"
figures = sum("image/png" in output.get("data", {}) for cell in ran["cells"] for output in cell.get("outputs", []))
assert figures == 2, f"{figures} figures instead of 2"
print("1 passed, 0 failed")
