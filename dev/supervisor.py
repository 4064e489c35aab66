"""Starts processes, waits until each is healthy, starts again what dies, and stops everything in reverse order.

A process that fails while the platform comes up stops the whole start, with its name, exit code, last lines and log.
"""

import asyncio
import subprocess
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from dev.child import last_lines, start_child
from dev.run_folder import ROOT

START_SECONDS = 90.0
STOP_SECONDS = 15.0
_MOST_RESTARTS = 5
_RESTART_WINDOW_SECONDS = 60.0


class StartFailed(Exception):
    """A process did not come up; the text is for the person at the terminal."""


@dataclass
class Managed:
    """One process: how it is started, where it says that it is healthy, where its log is."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    health_url: str
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: deque[float] = field(default_factory=lambda: deque(maxlen=_MOST_RESTARTS))

    def start(self) -> None:
        """Start it, its output appended to its log."""
        self.starts.append(time.monotonic())
        self.process = start_child(self.command, self.log, environment={**self.environment, "NO_PROXY": "*"}, cwd=ROOT)

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None


class Supervisor:
    """Holds the processes of one run. `say` shows a line to the person at the terminal."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._processes: list[Managed] = []

    async def start(self, processes: Sequence[Managed], on_healthy: Callable[[Managed], None]) -> None:
        """Start all at once and return when each is healthy, or raise StartFailed."""
        for managed in processes:
            self._processes.append(managed)
            managed.start()
        async with httpx.AsyncClient(timeout=2) as http:
            await asyncio.gather(*(self._until_healthy(managed, http, on_healthy) for managed in processes))

    async def _until_healthy(
        self, managed: Managed, http: httpx.AsyncClient, on_healthy: Callable[[Managed], None]
    ) -> None:
        deadline = time.monotonic() + START_SECONDS
        answer = "no answer"
        while time.monotonic() < deadline:
            if managed.has_died():
                code = managed.process.returncode if managed.process else "?"
                raise StartFailed(
                    f"{managed.name} ended with code {code} while starting. Its last lines:\n"
                    f"{last_lines(managed.log)}\n  Its whole log: {_shown(managed.log)}"
                )
            try:
                response = await http.get(managed.health_url)
                if response.status_code == httpx.codes.OK:
                    on_healthy(managed)
                    return
                answer = response.text
            except httpx.HTTPError as error:
                answer = type(error).__name__
            await asyncio.sleep(0.1)
        raise StartFailed(
            f"{managed.name} was not healthy after {START_SECONDS:.0f} s ({answer}). Its last lines:\n"
            f"{last_lines(managed.log)}\n  Its whole log: {_shown(managed.log)}"
        )

    async def watch(self, others: Callable[[], Awaitable[None]]) -> None:
        """Start again whatever dies, until cancelled; `others` does the same for the servers.

        Raises StartFailed for a process that dies again and again.
        """
        while True:
            await others()
            for managed in self._processes:
                if managed.has_died():
                    self._start_again(managed)
            await asyncio.sleep(0.2)

    def _start_again(self, managed: Managed) -> None:
        code = managed.process.returncode if managed.process else "?"
        recent = [at for at in managed.starts if at > time.monotonic() - _RESTART_WINDOW_SECONDS]
        if len(recent) >= _MOST_RESTARTS:
            raise StartFailed(
                f"{managed.name} ended {len(recent)} times within a minute (code {code}). Its last lines:\n"
                f"{last_lines(managed.log)}\n  Its whole log: {_shown(managed.log)}"
            )
        self._say(f"{managed.name} ended with code {code}; starting it again (log: {_shown(managed.log)})")
        managed.start()

    async def stop(self) -> None:
        """Ask all to end, the last started first, wait for them to drain, and kill what stays."""
        for managed in reversed(self._processes):
            if managed.process and managed.process.poll() is None:
                managed.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for managed in reversed(self._processes):
            if managed.process is None:
                continue
            try:
                await asyncio.to_thread(managed.process.wait, max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                self._say(f"{managed.name} did not end in {STOP_SECONDS:.0f} s and was killed")
                managed.process.kill()
                managed.process.wait()

    def pids(self) -> dict[str, int]:
        """Return the process id of each process by its name."""
        return {managed.name: managed.process.pid for managed in self._processes if managed.process}


def _shown(path: Path) -> str:
    """A path as short as the person's terminal allows."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
