#!/usr/bin/python3
"""Opens the report in a headless Chromium: it loads without errors, shows its figures and sorts its tables."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPORT = HERE.parent.parent / "scripts" / "report"
sys.path.insert(0, str(HERE))
SKIPPED = 77
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--virtual-time-budget=20000"]


def self_test(browser, page):
    """What the page says of itself (page.js): the attributes of its body."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        run = subprocess.run([browser, *FLAGS, f"--user-data-dir={profile}", "--dump-dom",
                              f"{page.as_uri()}#self-test"], text=True, capture_output=True, timeout=120, check=False)
    body = re.search(r"<body[^>]*>", run.stdout)
    return body.group(0) if body else f"no page; {run.stderr[-2000:]}"


def main():
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        print("skipped: chromium is not installed (apt-get install chromium)")
        return SKIPPED
    import fixture
    failures = []

    def expect(condition, what, seen):
        print(("ok: " if condition else "FAILED: ") + what)
        if not condition:
            failures.append(what)
            print(seen)

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        fixture.write_results(folder)
        subprocess.run([sys.executable, REPORT / "main.py", "--results", folder], check=True, capture_output=True)
        page = folder / "report" / "index.html"
        body = self_test(browser, page)
        figures = len(list((folder / "report" / "figures").glob("*.svg")))
        tables = len(list((folder / "report" / "tables").glob("*.csv")))
        expect("data-error" not in body, "loads without errors", body)
        expect(f'data-self-test="passed: {figures} images, {tables} tables' in body,
               f"shows {figures} figures and sorts {tables} tables", body)

        # The test must be able to fail: an image that is none, a table that cannot be sorted.
        whole = page.read_text()
        page.write_text(whole.replace("data:image/svg+xml;base64,", "data:image/svg+xml;base64,AAAA", 1))
        body = self_test(browser, page)
        expect("does not decode" in body, "notices a broken figure", body)
        page.write_text(whole.replace("return descending ? -order : order;", "return 0;"))
        body = self_test(browser, page)
        expect("is not sorted" in body, "notices a table that does not sort", body)
        page.write_text(whole.replace("function sortTable(", "function sortNothing("))
        body = self_test(browser, page)
        expect("passed" not in body, "notices a script error", body)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
