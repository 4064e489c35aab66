"""A closed-loop HTTP/1.1 load generator: each connection sends its next request when the answer to the last one is whole.

Runs as a process of its own (`python -m bench.load`): the job comes as JSON on standard input, the outcome goes to
standard output. `busy` tells how much of a core the generator used: near 1 it would measure itself.
"""

import asyncio
import json
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import cycle
from typing import cast

from dev.run_folder import ROOT
from shared.serving import run_in_loop

# stands in a request for a value that is new each time, of 32 characters
FRESH = "{{fresh}}"
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Job:
    """What to send: `requests` has one request for each connection, whole, with head and body.

    With `connections` that many send all of them in turn, each beginning with another. They are spread over `ports`.
    """

    ports: Sequence[int]
    requests: Sequence[str]
    seconds: float
    status: int = 200
    connections: int | None = None

    def turns(self) -> list[Sequence[str]]:
        """Return what each connection sends, again and again."""
        if self.connections is None:
            return [[request] for request in self.requests]
        step = max(1, len(self.requests) // self.connections)
        starts = [number * step % len(self.requests) for number in range(self.connections)]
        return [[*self.requests[start:], *self.requests[:start]] for start in starts]


@dataclass(frozen=True)
class Outcome:
    """What came back. `errors` are answers with another status and connections that broke."""

    per_second: float
    answers: int
    errors: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    busy: float


@dataclass
class _Tally:
    """What all connections of a job share."""

    status: bytes
    ends_at: float
    latencies: list[float] = field(default_factory=list)
    errors: int = 0
    open: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)


class _Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, requests: Sequence[str], tally: _Tally) -> None:
        self._turn = cycle([_parts(request) for request in requests])
        self._tally = tally
        self._received = b""
        self._length = 0
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._tally.open += 1
        self._send()

    def _send(self) -> None:
        before, is_fresh, after = next(self._turn)
        fresh = secrets.token_hex(16).encode() if is_fresh else b""
        self._sent_at = time.perf_counter()
        self._transport.write(before + fresh + after)

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        if not self._length:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._received[:end].lower()
            _, _, after = head.partition(b"\r\ncontent-length:")
            self._length = end + 4 + int(after.partition(b"\r\n")[0])
            self._tally.errors += head[9:12] != self._tally.status
        if len(self._received) >= self._length:
            self._received, self._length = b"", 0
            self._answered()

    def _answered(self) -> None:
        now = time.perf_counter()
        if now < self._tally.ends_at:
            self._tally.latencies.append(now - self._sent_at)
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        self._tally.errors += time.perf_counter() < self._tally.ends_at
        self._tally.open -= 1
        if not self._tally.open:
            self._tally.done.set()


def _parts(request: str) -> tuple[bytes, bool, bytes]:
    """Return what stands before a fresh value, whether there is one, and what stands after it."""
    before, marker, after = request.partition(FRESH)
    return before.encode(), bool(marker), after.encode()


async def _run(job: Job) -> Outcome:
    started, used = time.perf_counter(), time.process_time()
    tally = _Tally(str(job.status).encode(), started + job.seconds)
    loop = asyncio.get_running_loop()
    for requests, port in zip(job.turns(), cycle(job.ports), strict=False):
        await loop.create_connection(partial(_Connection, requests, tally), "127.0.0.1", port)
    await asyncio.wait_for(tally.done.wait(), job.seconds + _PATIENCE_SECONDS)
    sorted_ms = sorted(seconds * 1000 for seconds in tally.latencies)
    return Outcome(
        per_second=len(sorted_ms) / job.seconds,
        answers=len(sorted_ms),
        errors=tally.errors,
        p50_ms=percentile(sorted_ms, 50),
        p95_ms=percentile(sorted_ms, 95),
        p99_ms=percentile(sorted_ms, 99),
        busy=(time.process_time() - used) / (time.perf_counter() - started),
    )


def percentile(in_order: Sequence[float], share: float) -> float:
    """Return the value that `share` per cent of the values do not exceed; 0 without values."""
    return in_order[min(int(len(in_order) * share / 100), len(in_order) - 1)] if in_order else 0.0


def run(job: Job) -> Outcome:
    """Do a job in a process of its own and return its outcome."""
    command = [sys.executable, "-m", "bench.load"]
    text = json.dumps(asdict(job))
    done = subprocess.run(command, input=text, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=True)
    return Outcome(**json.loads(done.stdout))


def main() -> None:
    """Read a job, do it, write its outcome."""
    outcome = run_in_loop(_run(Job(**json.load(sys.stdin))))
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
