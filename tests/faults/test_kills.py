"""Processes killed with SIGKILL while applications are on their way: every case comes to its end, no message is doubled."""

import subprocess
import sys
from pathlib import Path

import pytest

from dev.ports import free_ports
from dev.run_folder import ROOT
from tests.support.made import environment_of, make_run

pytestmark = pytest.mark.faults

VICTIMS = ("applications-relay", "notifications-consume", "postgres")


def test_nothing_is_lost_and_nothing_doubled_when_processes_are_killed(open_folder: Path) -> None:
    folder, ports = open_folder / "run", free_ports()
    kills = [sys.executable, "-m", "dev", "faults", "--rounds", str(len(VICTIMS)), "--victims", *VICTIMS]
    with make_run(folder, ports):
        environment = {**environment_of(folder, ports), "COLUMNS": "120"}
        answer = subprocess.run(kills, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "Nothing lost, nothing doubled" in answer.stdout
