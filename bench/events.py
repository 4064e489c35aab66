"""S3: from the commit of an event to its being handled elsewhere, beside a record that aiokafka alone produces and consumes.

And beside the least code that keeps the same guarantees (`bench.lean`), which tells how much of the time is their price. All
at the same steady rate, with the same content, key by aggregate, partitions and acknowledgements. Writer and consumer are
processes of their own; the machine's monotonic clock is one for all of them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
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
from shared.serving import spare_the_collector

RATE = 500
RATIO_BAR = 3.0
P99_BAR_MS = 100
_WARM_SECONDS = 2.0
_EXAMPLE = CONTRACTS / "examples" / "applications" / "submitted.v1.json"
_TOPIC = "applications.application"
_INSERT = """
INSERT INTO outbox (event_id, topic, type, subject, occurred_at, traceparent, data) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
Write = Callable[[UUID], Awaitable[int]]


@dataclass(frozen=True)
class Latencies:
    """Of one round, in milliseconds."""

    count: int
    p50: float
    p99: float
    longest: float


@dataclass(frozen=True)
class Round:
    """One after the other, so that what the machine does besides meets all three."""

    ours: Latencies
    bare: Latencies
    lean: Latencies


def measure(stack: Stack, *, rounds: int, seconds: float) -> list[Figure]:
    """Rounds in turn, each with its ratios; the figures are medians."""
    import uvloop  # noqa: PLC0415  as the services do

    spare_the_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        rows = loop.run(_measure(stack, rounds, seconds))
    p99 = median(row.ours.p99 for row in rows)
    ratio = median(row.ours.p99 / row.bare.p99 for row in rows)
    return [
        Figure(
            "S3",
            f"commit → handled, {RATE} events/s: p99",
            f"{p99:.1f} ms",
            f"{median(row.bare.p99 for row in rows):.1f} ms, bare aiokafka",
            ratio,
            f"≤ {RATIO_BAR:.0f}×, ≤ {P99_BAR_MS} ms",
            ratio <= RATIO_BAR and p99 <= P99_BAR_MS,
            {"rate": RATE, "rounds": [asdict(row) for row in rows]},
        ),
        _beside("the same: p50", rows, "p50", "bare", "bare aiokafka"),
        _beside("the same: p99", rows, "p99", "lean", "the least code"),
        _beside("the same: p50", rows, "p50", "lean", "the least code"),
    ]


def _beside(what: str, rows: Sequence[Round], value: str, name: str, peer: str) -> Figure:
    """A line that has no bar."""
    pairs = [(getattr(row.ours, value), getattr(getattr(row, name), value)) for row in rows]
    ours, theirs = median(ours for ours, _ in pairs), median(theirs for _, theirs in pairs)
    ratio = median(ours / theirs for ours, theirs in pairs)
    return Figure("S3", what, f"{ours:.1f} ms", f"{theirs:.1f} ms, {peer}", ratio, "", is_met=True)


async def _measure(stack: Stack, rounds: int, seconds: float) -> list[Round]:
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

    async def of_lean(seconds: float) -> Latencies:
        # it looks all the time: it is there for its own rounds alone
        async with Handling("lean", stack) as least, lean.writing(stack, encoded.decode()) as write_lean:
            await _round(least, write_lean, _WARM_SECONDS)
            return await _round(least, write_lean, seconds)

    try:
        async with Handling("shared", stack) as ours, Handling("bare", stack) as bare:
            await _round(ours, write_ours, _WARM_SECONDS)
            await _round(bare, write_bare, _WARM_SECONDS)
            return [
                Round(
                    ours=await _round(ours, write_ours, seconds),
                    bare=await _round(bare, write_bare, seconds),
                    lean=await of_lean(seconds),
                )
                for _ in range(rounds)
            ]
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


async def _round(handling: Handling, write: Write, seconds: float) -> Latencies:
    """Write at the steady rate, whatever is slow, and wait until all is handled."""
    loop, written = asyncio.get_running_loop(), {}

    async def one(event_id: UUID) -> None:
        written[str(event_id)] = await write(event_id)

    began, tasks = loop.time(), []
    for number in range(int(RATE * seconds)):
        await asyncio.sleep(began + number / RATE - loop.time())
        tasks.append(asyncio.create_task(one(new_id())))
    await asyncio.gather(*tasks)
    handled = await handling.when(written)
    times = sorted((handled[event_id] - at) / 1e6 for event_id, at in written.items())
    return Latencies(len(times), percentile(times, 50), percentile(times, 99), times[-1])
