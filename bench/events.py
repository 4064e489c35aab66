"""S3: from the commit of an event to its being handled elsewhere, beside a record that aiokafka alone produces and consumes.

At two steady rates: one at which nothing queues, which the ratio is judged at, and one that keeps two cores busy, which
the milliseconds are judged at. At the second also beside the least code that keeps the same guarantees (`bench.lean`), which
tells how much of the time is their price. All with the same content, key by aggregate, partitions and acknowledgements. Writer
and consumer are processes of their own; the machine's monotonic clock is one for all of them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from math import inf
from statistics import median
from uuid import UUID

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from applications.storage import tables
from bench import lean
from bench.handling import BARE_TOPIC, Handling
from bench.load import percentile
from bench.report import Figure
from bench.stack import Stack
from shared.clock import SystemClock
from shared.contracts import CONTRACTS, Contracts
from shared.database import Database
from shared.ids import new_id
from shared.outbox import Outbox, OutboxWaker
from shared.serving import run_in_loop, spare_the_collector

CALM_RATE, RATE = 100, 500
_WARM_SECONDS = 2.0
_PEERS = {"bare": "bare aiokafka", "lean": "the least code"}
_EXAMPLE = CONTRACTS / "examples" / "applications" / "submitted.v1.json"
_TOPIC = "applications.application"
_INSERT = """
INSERT INTO outbox (event_id, topic, type, subject, occurred_at, traceparent, data) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
Write = Callable[[UUID], Awaitable[int]]


@dataclass(frozen=True)
class Bar:
    """The most that is allowed of the ratio, or of our milliseconds."""

    text: str
    ratio: float = inf
    ms: float = inf


RATIO_BAR, P99_BAR = Bar("≤ 3×", ratio=3.0), Bar("≤ 100 ms", ms=100.0)


@dataclass(frozen=True)
class Latencies:
    """Of one round, in milliseconds."""

    count: int
    p50: float
    p99: float
    longest: float


@dataclass(frozen=True)
class Round:
    """One after the other, so that what the machine does besides meets all."""

    ours: Latencies
    bare: Latencies
    lean: Latencies | None = None


def measure(stack: Stack, *, rounds: int, seconds: float) -> list[Figure]:
    """Rounds in turn, each with its ratios; the figures are medians. At the calm rate they are twice as long."""
    spare_the_collector()
    calm, loaded = run_in_loop(_measure(stack, rounds, seconds))
    return [
        _beside(f"commit → handled, {CALM_RATE} events/s: p99", calm, "p99", bar=RATIO_BAR),
        _beside("the same: p50", calm, "p50"),
        _beside(f"commit → handled, {RATE} events/s: p99", loaded, "p99", bar=P99_BAR),
        _beside("the same: p50", loaded, "p50"),
        _beside("the same: p99", loaded, "p99", peer="lean"),
        _beside("the same: p50", loaded, "p50", peer="lean"),
    ]


def _beside(what: str, rounds: Sequence[Round], value: str, *, peer: str = "bare", bar: Bar | None = None) -> Figure:
    """Return a line of ours beside a peer."""
    pairs = [(getattr(one.ours, value), getattr(getattr(one, peer), value)) for one in rounds]
    ours, theirs = median(ours for ours, _ in pairs), median(theirs for _, theirs in pairs)
    ratio = median(ours / theirs for ours, theirs in pairs)
    baseline = f"{theirs:.1f} ms, {_PEERS[peer]}"
    details = {"rounds": [asdict(one) for one in rounds]} if bar else {}
    is_met = bar is None or (ratio <= bar.ratio and ours <= bar.ms)
    return Figure("S3", what, f"{ours:.1f} ms", baseline, ratio, bar.text if bar else "", is_met, details)


async def _measure(stack: Stack, rounds: int, seconds: float) -> tuple[list[Round], list[Round]]:
    """Return the rounds at the calm rate, and those at the other."""
    await _create_topics(stack.servers.bootstrap_servers, BARE_TOPIC, lean.TOPIC)
    await lean.prepare(stack)
    data = orjson.loads(_EXAMPLE.read_bytes())
    database = Database(stack.database_url("applications"))
    outbox = Outbox(tables.outbox, Contracts(), service="applications", clock=SystemClock())
    waker = OutboxWaker(database)
    waking = asyncio.create_task(waker.run())
    producer = AIOKafkaProducer(bootstrap_servers=stack.servers.bootstrap_servers, acks="all", enable_idempotence=True)
    await producer.start()
    encoded = orjson.dumps(data)

    async def write_ours(event_id: UUID) -> int:
        """Commit an event in one statement, as a submission does, and return when the commit was known."""
        row = outbox.row("submitted.v1", str(new_id()), data, event_id=event_id)
        await database.fetch_row(_INSERT, *row.values())
        committed = time.monotonic_ns()
        waker.wake()
        return committed

    async def write_bare(event_id: UUID) -> int:
        headers = [("ce_id", str(event_id).encode())]
        sent = time.monotonic_ns()
        await producer.send(BARE_TOPIC, encoded, key=str(new_id()).encode(), headers=headers)
        return sent

    async def of_lean() -> Latencies:
        # it looks all the time: it is there for its own rounds alone
        async with Handling("lean", stack) as least, lean.writing(stack, encoded.decode()) as write_lean:
            await _round(least, write_lean, RATE, _WARM_SECONDS)
            return await _round(least, write_lean, RATE, seconds)

    try:
        async with Handling("shared", stack) as ours, Handling("bare", stack) as bare:
            await _round(ours, write_ours, RATE, _WARM_SECONDS)
            await _round(bare, write_bare, RATE, _WARM_SECONDS)
            calm = [
                Round(
                    ours=await _round(ours, write_ours, CALM_RATE, 2 * seconds),
                    bare=await _round(bare, write_bare, CALM_RATE, 2 * seconds),
                )
                for _ in range(rounds)
            ]
            loaded = [
                Round(
                    ours=await _round(ours, write_ours, RATE, seconds),
                    bare=await _round(bare, write_bare, RATE, seconds),
                    lean=await of_lean(),
                )
                for _ in range(rounds)
            ]
            return calm, loaded
    finally:
        waking.cancel()
        await producer.stop()
        await database.dispose()


async def _create_topics(bootstrap_servers: str, *names: str) -> None:
    """Make the topics of the baselines, with as many partitions as that of the events."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        existing = await admin.list_topics()
        partitions = Contracts().topics[_TOPIC].partitions
        await admin.create_topics([NewTopic(name, partitions, 1) for name in names if name not in existing])
    finally:
        await admin.close()


async def _round(handling: Handling, write: Write, rate: int, seconds: float) -> Latencies:
    """Write at the steady rate, whatever is slow, and wait until all is handled."""
    loop, written = asyncio.get_running_loop(), {}

    async def one(event_id: UUID) -> None:
        written[str(event_id)] = await write(event_id)

    began, tasks = loop.time(), []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(began + number / rate - loop.time())
        tasks.append(asyncio.create_task(one(new_id())))
    await asyncio.gather(*tasks)
    handled = await handling.when(written)
    times = sorted((handled[event_id] - at) / 1e6 for event_id, at in written.items())
    return Latencies(len(times), percentile(times, 50), percentile(times, 99), times[-1])
