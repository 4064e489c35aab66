"""The platform as `make run` starts it, in a folder and on ports of the test's own."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev.run_folder import ROOT
from dev.topology import Ports

START_SECONDS = 240
STOP_SECONDS = 60


@dataclass
class MadePlatform:
    """A `make run` under test."""

    process: subprocess.Popen[str]
    output: Path

    def wait_until_up(self) -> None:
        """Wait for the welcome; fail with all that was printed when it does not come."""
        deadline = time.monotonic() + START_SECONDS
        while "Ctrl-C stops everything" not in self.output.read_text():
            assert self.process.poll() is None, f"make run ended:\n{self.output.read_text()}"
            assert time.monotonic() < deadline, f"make run is not up:\n{self.output.read_text()}"
            time.sleep(0.1)

    def press_ctrl_c(self) -> None:
        """Send SIGINT to the whole foreground group, as a terminal does, and wait until make has ended."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(STOP_SECONDS)


def environment_of(folder: Path, ports: Ports) -> dict[str, str]:
    """Return the environment in which make works in `folder` and on `ports`."""
    return {**os.environ, "RUN_FOLDER": str(folder), "BASE_PORT": str(ports.base)}


def make(target: str, folder: Path, ports: Ports) -> subprocess.CompletedProcess[str]:
    """Run one target to its end."""
    environment = environment_of(folder, ports)
    return subprocess.run(
        ["make", target], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@contextmanager
def make_run(folder: Path, ports: Ports) -> Iterator[MadePlatform]:
    """Run `make run` until the block ends."""
    output = folder.with_suffix(f".{time.monotonic_ns()}.log")
    with output.open("w") as sink:
        process = subprocess.Popen(
            ["make", "run"], cwd=ROOT, env=environment_of(folder, ports), stdout=sink, stderr=sink, text=True,
            start_new_session=True,
        )  # fmt: skip
    platform = MadePlatform(process, output)
    try:
        platform.wait_until_up()
        yield platform
    finally:
        if process.poll() is None:
            platform.press_ctrl_c()
