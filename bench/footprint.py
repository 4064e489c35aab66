"""S10: how long `make run` takes with data and caches in place, and what each idle process holds in memory.

Its first start makes the data that the other figures are measured on.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from bench.report import Figure
from dev.child import last_lines
from dev.ports import is_taken
from dev.run_folder import ROOT, RunFolder
from dev.topology import OUTSIDE, SERVERS, Ports

MEMORY_BAR_MIB = 120
START_BAR_SECONDS = 20
_UP = "The platform is up"
_PATIENCE_SECONDS = 240
_IDLE_SECONDS = 5
_LOWEST_BASE, _HIGHEST_BASE = 21_000, 60_000


class DidNotStart(Exception):
    """The platform did not come up; the text is what it printed."""


def free_ports() -> Ports:
    """Return ports that nobody listens on."""
    for base in range(_LOWEST_BASE, _HIGHEST_BASE, 500):
        ports = Ports(base)
        if not any(is_taken(port) for port in ports.all()):
            return ports
    raise DidNotStart("No free ports were found.")


@contextmanager
def running(folder: RunFolder, ports: Ports) -> Iterator[float]:
    """Run the platform as `make run` does; yield the seconds until it was up, and stop it as Ctrl-C would."""
    command = [sys.executable, "-m", "dev", "--base-port", str(ports.base), "--run-folder", str(folder.path), "run"]
    # servers of its own, whatever the environment names
    left_out = {"DATABASE_SERVER_URL", "KAFKA_BOOTSTRAP_SERVERS", "PYTHONDONTWRITEBYTECODE"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    said = folder.log("run")
    started = time.monotonic()
    with said.open("w") as output:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        while _UP not in said.read_text("utf-8"):
            if process.poll() is not None or time.monotonic() > started + _PATIENCE_SECONDS:
                raise DidNotStart(f"The platform did not come up:\n{last_lines(said)}")
            time.sleep(0.05)
        yield time.monotonic() - started
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def measure(folder: RunFolder, cold_seconds: float, warm_seconds: float) -> list[Figure]:
    """Return the figures of the platform that runs now in `folder`."""
    time.sleep(_IDLE_SECONDS)
    memory = {name: _memory(pid) for name, pid in folder.read("pids.json").items()}
    ours = {name: held for name, held in memory.items() if name not in {*SERVERS, *OUTSIDE}}
    largest = max(ours, key=lambda name: ours[name]["rss_mib"])
    mean = sum(held["rss_mib"] for held in ours.values()) / len(ours)
    most = ours[largest]["rss_mib"]
    return [
        Figure(
            "S10",
            f"memory of an idle process, the largest of {len(ours)} ({largest})",
            f"{most:.0f} MiB (mean {mean:.0f})",
            "",
            None,
            f"≤ {MEMORY_BAR_MIB} MiB",
            most <= MEMORY_BAR_MIB,
            {"processes": memory},
        ),
        Figure(
            "S10",
            "make run, warm, until healthy",
            f"{warm_seconds:.1f} s",
            f"{cold_seconds:.1f} s with no data",
            None,
            f"≤ {START_BAR_SECONDS} s",
            warm_seconds <= START_BAR_SECONDS,
        ),
    ]


def _memory(pid: int) -> dict[str, float]:
    held = psutil.Process(pid).memory_full_info()
    return {"rss_mib": round(held.rss / 2**20, 1), "uss_mib": round(held.uss / 2**20, 1)}
