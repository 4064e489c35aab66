"""The consumers of S3, each a process of its own (`python -m bench.handling shared | bare`) that says when it handled what.

`shared` takes events as every service does: contract checked, inbox entry and effect in one transaction, then the offset.
`bare` takes records with aiokafka alone. The third, `bench.lean`, is told of there.
"""

import asyncio
import os
import sys
import time
from collections.abc import Collection, Mapping
from types import TracebackType
from typing import Any, Self

import structlog
from aiokafka import AIOKafkaConsumer
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from bench import lean
from bench.stack import Stack
from dev.run_folder import ROOT
from shared.broker import Producer, Subscription
from shared.cloudevents import CloudEvent
from shared.consumer import Consumer, ConsumerParts, Handler
from shared.contracts import Contracts
from shared.database import Database
from shared.metrics import Metrics
from shared.serving import run_in_loop, spare_the_collector
from shared.telemetry import build_tracer

BARE_TOPIC = "bench.bare"
_EVENT = "ua.virtual-office.applications.submitted.v1"
_PATIENCE_SECONDS = 60.0


class Handling:
    """One of the consumers, as the writer sees it."""

    def __init__(self, kind: str, stack: Stack) -> None:
        self._kind = kind
        self._stack = stack
        self._handled: dict[str, int] = {}
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        command, environment = self._command()
        log = self._stack.folder.log(f"handling-{self._kind}").open("ab")
        self._process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=log, cwd=ROOT, env=environment
        )
        self._reading = asyncio.create_task(self._read())
        return self

    def _command(self) -> tuple[list[str], Mapping[str, str]]:
        if self._kind == "lean":
            return lean.command("consume", self._stack)
        return self._stack.program("bench.handling", self._kind, self._stack.database_url("notifications"))

    async def _read(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            event_id, at = line.decode().split()
            self._handled[event_id] = int(at)
            self._news.set()

    async def when(self, written: Collection[str]) -> dict[str, int]:
        """Return when each was handled (monotonic nanoseconds), as soon as all are."""
        wanted = set(written)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not self._handled.keys() >= wanted:
                self._news.clear()
                await self._news.wait()
        return self._handled

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        await self._process.wait()
        await self._reading


class _Anything(BaseModel):
    """The view of a consumer that only looks."""


def _say(event_ids: Collection[str]) -> None:
    now = time.monotonic_ns()
    sys.stdout.write("".join(f"{event_id} {now}\n" for event_id in event_ids))
    sys.stdout.flush()


async def _shared(brokers: str) -> None:
    database, contracts, taken = Database(os.environ["DATABASE_URL"]), Contracts(), []

    async def handle(_connection: AsyncConnection, event: CloudEvent, _view: Any) -> None:
        taken.append(str(event.id))

    def committed() -> None:
        _say(taken)
        taken.clear()

    parts = ConsumerParts(
        database=database,
        contracts=contracts,
        handlers={_EVENT: Handler(_Anything, handle)},
        new_subscription=lambda: Subscription(brokers, group="bench", topics=[contracts.event(_EVENT).topic]),
        new_producer=lambda: Producer(brokers),
        tracer=build_tracer("bench", None),
        metrics=Metrics(),
        after_commit=committed,
    )
    await Consumer(parts).run(asyncio.Event())


async def _bare(brokers: str) -> None:
    consumer = AIOKafkaConsumer(BARE_TOPIC, bootstrap_servers=brokers, group_id="bare", auto_offset_reset="earliest")
    await consumer.start()
    while True:
        for records in (await consumer.getmany(timeout_ms=500, max_records=200)).values():
            _say([dict(record.headers)["ce_id"].decode() for record in records])


def main() -> None:
    """Consume until the signal to end."""
    brokers = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    # standard output has the figures alone
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    spare_the_collector()
    run_in_loop({"shared": _shared, "bare": _bare}[sys.argv[1]](brokers))


if __name__ == "__main__":
    main()
