"""Commands on a running platform, when none runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dev.ports import free_ports
from dev.run_folder import ROOT


@pytest.mark.parametrize("command", ["demo", "faults"])
def test_a_command_on_a_platform_that_does_not_run_says_so_and_touches_nothing(command: str, tmp_path: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (tmp_path / "pids.json").write_text(json.dumps({"auth-serve": bystander.pid}))
        place = ["--base-port", str(free_ports().base), "--run-folder", str(tmp_path)]
        done = subprocess.run(
            [sys.executable, "-m", "dev", *place, command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (done.returncode, bystander.poll()) == (2, None)
        assert "The platform does not run." in done.stdout
    finally:
        bystander.kill()
        bystander.wait()
