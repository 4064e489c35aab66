"""S1: reading a card again and again, beside a bare Starlette app that answers with the same bytes and headers."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from statistics import median

import httpx

from bench.load import Job, Outcome, run
from bench.report import Figure
from bench.stack import Stack
from dev.child import start_child
from dev.ports import free_port, is_taken
from dev.run_folder import ROOT

BAR = 0.8
CONNECTIONS = 16
_PATH = "/v1/public-services/residence-registration"


def measure(stack: Stack, *, rounds: int, seconds: float) -> list[Figure]:
    """Short rounds in turn, each pair a ratio; the figure is the median ratio."""
    card = stack.call("GET", "catalog", _PATH)
    with _bare_server(stack, card) as bare_port:
        _load(stack.port("catalog"), 1.0)
        _load(bare_port, 1.0)
        pairs = [(_load(stack.port("catalog"), seconds), _load(bare_port, seconds)) for _ in range(rounds)]
    ratio = median(ours.per_second / bare.per_second for ours, bare in pairs)
    errors = sum(ours.errors + bare.errors for ours, bare in pairs)
    ours_rate = median(ours.per_second for ours, _ in pairs)
    return [
        Figure(
            "S1",
            f"read a card of {len(card.content) / 1024:.0f} KiB, warm, {CONNECTIONS} clients",
            f"{ours_rate:,.0f} req/s",
            f"{median(bare.per_second for _, bare in pairs):,.0f} req/s, bare Starlette",
            ratio,
            f"≥ {BAR}",
            ratio >= BAR and not errors,
            {"errors": errors, "rounds": [{"ours": asdict(ours), "bare": asdict(bare)} for ours, bare in pairs]},
        )
    ]


def _load(port: int, seconds: float) -> Outcome:
    request = f"GET {_PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n"
    return run(Job([port], [request] * CONNECTIONS, seconds))


@contextmanager
def _bare_server(stack: Stack, card: httpx.Response) -> Iterator[int]:
    port = free_port()
    file = stack.folder.path / "card.json"
    file.write_bytes(card.content)
    command = [sys.executable, "-m", "bench.bare_server", str(port), _PATH, str(file), card.headers["etag"]]
    server = start_child(command, stack.folder.log("bare"), cwd=ROOT)
    try:
        while not is_taken(port):
            if server.poll() is not None:
                raise RuntimeError(f"The bare server ended; its log: {stack.folder.log('bare')}")
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
