"""S3: from the commit of an event to its being handled elsewhere, beside a record that aiokafka alone produces and consumes.

Both at the same steady rate, with the same content, key by aggregate, partitions and acknowledgements. Writer and
consumer are processes of their own; the machine's monotonic clock is one for all of them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median
from uuid import UUID

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from applications.storage import tables
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


def measure(stack: Stack, *, rounds: int, seconds: float) -> list[Figure]:
    """Rounds in turn, each pair a ratio; the figures are medians."""
    import uvloop  # noqa: PLC0415  as the services do

    spare_the_collector()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        pairs = loop.run(_measure(stack, rounds, seconds))
    ratio = median(ours.p99 / bare.p99 for ours, bare in pairs)
    p99 = median(ours.p99 for ours, _ in pairs)
    details = {"rate": RATE, "rounds": [{"ours": vars(ours), "bare": vars(bare)} for ours, bare in pairs]}
    baseline = "{:.1f} ms, bare aiokafka"
    return [
        Figure(
            "S3",
            f"commit → handled, {RATE} events/s: p99",
            f"{p99:.1f} ms",
            baseline.format(median(bare.p99 for _, bare in pairs)),
            ratio,
            f"≤ {RATIO_BAR:.0f}×, ≤ {P99_BAR_MS} ms",
            ratio <= RATIO_BAR and p99 <= P99_BAR_MS,
            details,
        ),
        Figure(
            "S3",
            "the same: p50",
            f"{median(ours.p50 for ours, _ in pairs):.1f} ms",
            baseline.format(median(bare.p50 for _, bare in pairs)),
            median(ours.p50 / bare.p50 for ours, bare in pairs),
            "",
            is_met=True,
        ),
    ]


async def _measure(stack: Stack, rounds: int, seconds: float) -> list[tuple[Latencies, Latencies]]:
    await _create_topic(stack.servers.bootstrap_servers)
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

    try:
        async with Handling("shared", stack) as ours, Handling("bare", stack) as bare:
            await _round(ours, write_ours, _WARM_SECONDS)
            await _round(bare, write_bare, _WARM_SECONDS)
            return [
                (await _round(ours, write_ours, seconds), await _round(bare, write_bare, seconds))
                for _ in range(rounds)
            ]
    finally:
        waking.cancel()
        await producer.stop()
        await database.dispose()


async def _create_topic(bootstrap_servers: str) -> None:
    """Make the baseline's topic, with as many partitions as that of the events."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        if BARE_TOPIC not in await admin.list_topics():
            await admin.create_topics([NewTopic(BARE_TOPIC, Contracts().topics[_TOPIC].partitions, 1)])
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
