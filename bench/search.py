"""S5: searching a catalogue of regional size, as people type: Ukrainian and English, several words, every other with a typo.

The catalogue has the services of dev/data and 1,500 generated ones. No answer is kept: each search looks through the index.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from urllib.parse import quote

from bench.load import Job, Outcome, run
from bench.report import Figure
from bench.stack import Stack
from dev.environment import service_environment
from dev.generate_services import generate
from dev.run_folder import ROOT
from dev.topology import by_name

DATA = ROOT / "dev" / "data"
BAR_MS = 20
CLIENTS = 16
SERVICES = 1500
_SEARCHES = 800
_LEAST_LETTERS = 5


def measure(stack: Stack, *, rounds: int, seconds: float) -> list[Figure]:
    """Import the services, search in rounds; the figure is the median of the rounds' p95, beside one client who is alone."""
    file = stack.folder.path / "generated.json"
    made = generate(SERVICES)
    file.write_text(json.dumps(made, ensure_ascii=False), "utf-8")
    _import(stack, file)
    typed = list(_typed(_named(json.loads((DATA / "services.json").read_text("utf-8"))) + _named(made)))
    _load(stack, typed, seconds)
    alone = _load(stack, typed, seconds, clients=1)
    outcomes = [_load(stack, typed, seconds) for _ in range(rounds)]
    p50, p95 = (median(getattr(outcome, name) for outcome in outcomes) for name in ("p50_ms", "p95_ms"))
    rate, errors = median(outcome.per_second for outcome in outcomes), sum(outcome.errors for outcome in outcomes)
    return [
        Figure(
            "S5",
            f"search among {SERVICES + 130:,} services, uk and en, typos, facets, {CLIENTS} clients",
            f"p95 {p95:.1f} ms, p50 {p50:.1f} ms, {rate:,.0f} req/s",
            f"p95 {alone.p95_ms:.1f} ms, p50 {alone.p50_ms:.1f} ms, 1 client",
            None,
            f"p95 ≤ {BAR_MS} ms",
            p95 <= BAR_MS and not errors,
            {
                "errors": errors,
                "searches": len(typed),
                "alone": asdict(alone),
                "rounds": [asdict(one) for one in outcomes],
            },
        )
    ]


def _import(stack: Stack, file: Path) -> None:
    service = by_name("catalog")
    settings = service_environment(service, "serve", ports=stack.ports, servers=stack.servers, folder=stack.folder)
    command = [sys.executable, "-m", service.module, "import", str(DATA), str(file)]
    with stack.folder.log("import").open("ab") as log:
        subprocess.run(command, env={**os.environ, **settings}, cwd=ROOT, stdout=log, stderr=log, check=True)


def _named(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(service["name_uk"], service["name_en"]) for service in data["services"]]


def _typed(names: list[tuple[str, str]]) -> Iterator[str]:
    """Yield one to four neighbouring words of names, in either language, every other time with a slip of the finger."""
    random = Random(5)  # noqa: S311  repeatable, not secret
    for number in range(_SEARCHES):
        words = random.choice(random.choice(names)).split()
        length = random.choice((1, 2, 2, 3, 3, 4))
        start = random.randrange(max(1, len(words) - length + 1))
        chosen = words[start : start + length]
        if number % 2:
            longest = max(range(len(chosen)), key=lambda index: len(chosen[index]))
            chosen[longest] = _slipped(random, chosen[longest])
        yield " ".join(chosen)


def _slipped(random: Random, word: str) -> str:
    """Return the word with a letter left out or two of them swapped; short ones are typed right."""
    if len(word) < _LEAST_LETTERS:
        return word
    place = random.randrange(1, len(word) - 1)
    rest = word[place + 1 :] if random.random() < 0.5 else word[place + 1] + word[place] + word[place + 2 :]
    return word[:place] + rest


def _load(stack: Stack, typed: list[str], seconds: float, *, clients: int = CLIENTS) -> Outcome:
    port = stack.port("catalog")
    head = f"HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n"
    requests = [f"GET /v1/public-services?q={quote(text[:200])} {head}" for text in typed]
    return run(Job([port], requests, seconds, connections=clients))
