"""`make test` and `make check`: every check in turn, then every test; the first check that fails ends it."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dev.run_folder import ROOT

BIN = Path(sys.executable).parent
CHECKS: Sequence[tuple[str, Sequence[str]]] = (
    ("lint", (str(BIN / "ruff"), "check", "--quiet", ".")),
    ("format", (str(BIN / "ruff"), "format", "--check", "--quiet", ".")),
    ("types", (str(BIN / "mypy"), "--no-error-summary", "dev", "bench", "shared/src", *sorted(
        str(path.relative_to(ROOT)) for path in ROOT.glob("services/*/src")))),
    ("imports", (str(BIN / "lint-imports"), "--no-cache")),
    ("schemas", (sys.executable, "-m", "dev.schemas", "--check")),
)  # fmt: skip


def run_tests(*, only_checks: bool) -> int:
    """Return 0 when all is well."""
    for name, command in CHECKS:
        started = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        took = time.monotonic() - started
        if done.returncode:
            print(f"{name}: not well ({took:.0f} s)\n{done.stdout}{done.stderr}", flush=True)
            return done.returncode
        print(f"{name}: well ({took:.0f} s)", flush=True)
    if only_checks:
        return 0
    workers = str(max(2, min(os.cpu_count() or 2, 4)))
    return subprocess.run(
        [BIN / "pytest", "-n", workers, "--dist", "loadfile", "-q", "--durations=5"], cwd=ROOT, check=False
    ).returncode
