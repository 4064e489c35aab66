"""Starts a server as a child that gets no Ctrl-C from the terminal and does not outlive its parent on Linux."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1


def _die_with_parent(with_signal: int) -> Callable[[], None]:
    def ask() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, with_signal)

    return ask


def inherited_environment() -> dict[str, str]:
    """Return this process's variables; bytecode is always kept, it halves the time that processes need to start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def start_child(
    command: Sequence[str | Path],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    ends_on: signal.Signals = signal.SIGTERM,
    **options: Any,
) -> subprocess.Popen[bytes]:
    """Start `command`, its output appended to `log`; `ends_on` is the signal by which it stops in order."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            env={**inherited_environment(), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent(ends_on),  # noqa: PLW1509  one call of the kernel, no lock is taken
            **options,
        )


def last_lines(log: Path, count: int = 12) -> str:
    """Return the end of a log, indented, for a message to a person."""
    lines = log.read_text("utf-8", errors="replace").splitlines()[-count:] if log.exists() else []
    return "\n".join(f"    {line[:400]}" for line in lines)
