"""The least code that keeps the guarantees of outbox and inbox: what S3 costs at all, whatever the platform adds to it.

An event is a committed row; a relay looks for rows, sends them in order with `acks=all` and marks them; a consumer enters their
ids and commits, durably, and only then are they handled. No contracts, views, handlers, traces, metrics, retries, dead
letters, advisory lock or second member. Database and topic are its own.
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.stack import Stack
from dev.run_folder import ROOT
from shared.ids import new_id
from shared.serving import run_in_loop, spare_the_collector

TOPIC = "bench.lean"
_DATABASE = "bench_lean"
_LANES = 8
_LOOK_SECONDS, _MARK_SECONDS = 0.002, 0.05
_TABLES = """
CREATE TABLE outbox (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL, subject text NOT NULL,
                     data text NOT NULL, published_at timestamptz);
CREATE INDEX ON outbox (position) WHERE published_at IS NULL;
CREATE TABLE inbox (event_id uuid PRIMARY KEY, handled_at timestamptz NOT NULL DEFAULT now());
"""
_WRITE = "INSERT INTO outbox (event_id, subject, data) VALUES ($1, $2, $3)"
_LOOK = """
SELECT position, event_id, subject, data FROM outbox
WHERE published_at IS NULL AND position <> ALL($1::bigint[]) ORDER BY position LIMIT 500
"""
_MARK = "UPDATE outbox SET published_at = now() WHERE position = ANY($1::bigint[])"


def _url(stack: Stack) -> str:
    return f"{stack.postgres.superuser_url.rpartition('/')[0]}/{_DATABASE}"


async def prepare(stack: Stack) -> None:
    """Make the database; the topic is the caller's."""
    connection = await asyncpg.connect(stack.postgres.superuser_url)
    await connection.execute(f"CREATE DATABASE {_DATABASE}")
    await connection.close()
    connection = await asyncpg.connect(_url(stack))
    await connection.execute(_TABLES)
    await connection.close()


def command(role: str, stack: Stack) -> tuple[list[str], Mapping[str, str]]:
    """Return how `relay` or `consume` is started, and its environment."""
    return stack.program("bench.lean", role, _url(stack))


@asynccontextmanager
async def writing(stack: Stack, data: str) -> AsyncIterator[Callable[[UUID], Awaitable[int]]]:
    """Run the relay for the block; yield what commits one event and returns when that was known."""
    arguments, environment = command("relay", stack)
    relay = await asyncio.create_subprocess_exec(*arguments, cwd=ROOT, env=environment)
    lanes: asyncio.LifoQueue[Any] = asyncio.LifoQueue()
    for _ in range(_LANES):
        lanes.put_nowait(await asyncpg.connect(_url(stack)))

    async def write(event_id: UUID) -> int:
        lane = await lanes.get()
        await lane.execute(_WRITE, event_id, str(new_id()), data)
        committed = time.monotonic_ns()
        lanes.put_nowait(lane)
        return committed

    try:
        yield write
    finally:
        relay.terminate()
        await relay.wait()
        while not lanes.empty():
            await lanes.get_nowait().close()


async def _relay(url: str, brokers: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SET synchronous_commit TO off")
    producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all", enable_idempotence=True)
    await producer.start()
    sent: list[int] = []
    mark_at = 0.0
    while True:
        began = time.monotonic()
        if sent and began >= mark_at:
            await connection.execute(_MARK, sent)
            sent, mark_at = [], began + _MARK_SECONDS
        rows = await connection.fetch(_LOOK, sent)
        acknowledged = [
            await producer.send(
                TOPIC, row["data"].encode(), key=row["subject"].encode(),
                headers=[("ce_id", str(row["event_id"]).encode())],
            )
            for row in rows
        ]  # fmt: skip
        await asyncio.gather(*acknowledged)
        sent += [row["position"] for row in rows]
        await asyncio.sleep(began + _LOOK_SECONDS - time.monotonic())


async def _consume(url: str, brokers: str) -> None:
    connection = await asyncpg.connect(url)
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=brokers, group_id="lean", auto_offset_reset="earliest")
    await consumer.start()
    while True:
        batches = await consumer.getmany(timeout_ms=500, max_records=200)
        ids = [dict(record.headers)["ce_id"].decode() for records in batches.values() for record in records]
        if not ids:
            continue
        values = ",".join(f"('{event_id}')" for event_id in ids)
        entry = f"INSERT INTO inbox (event_id) VALUES {values} ON CONFLICT DO NOTHING"  # noqa: S608  UUIDs of our own
        await connection.execute(f"BEGIN; {entry}")
        await connection.execute("COMMIT")
        now = time.monotonic_ns()
        sys.stdout.write("".join(f"{event_id} {now}\n" for event_id in ids))
        sys.stdout.flush()


def main() -> None:
    """Relay or consume until the signal to end."""
    spare_the_collector()
    work = {"relay": _relay, "consume": _consume}[sys.argv[1]]
    run_in_loop(work(os.environ["DATABASE_URL"], os.environ["KAFKA_BOOTSTRAP_SERVERS"]))


if __name__ == "__main__":
    main()
