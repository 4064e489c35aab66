"""What the workers of one process share, and what a service's listening is made of."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from opentelemetry.trace import Tracer

from shared.broker import Producer
from shared.clock import Clock, SystemClock
from shared.consumer import Handler
from shared.contracts import Contracts
from shared.database import Database
from shared.http import build_http_client
from shared.metrics import Metrics
from shared.telemetry import build_tracer


class Worker(Protocol):
    """Something that works until told to stop. `halted` says why it gave up, if it did."""

    halted: str | None

    async def run(self, stop: asyncio.Event) -> None: ...


@dataclass(frozen=True)
class Runtime:
    """What the workers of one process share."""

    settings: Any
    database: Database
    contracts: Contracts
    http: httpx.AsyncClient
    clock: Clock
    tracer: Tracer
    metrics: Metrics

    def producer(self) -> Producer:
        return Producer(self.settings.kafka_bootstrap_servers)


@dataclass(frozen=True)
class Listening:
    """What a service does with events: handlers by type, workers beside the consumer, what to call after a commit."""

    handlers: Mapping[str, Handler]
    workers: Sequence[Worker] = ()
    after_commit: Callable[[], None] = lambda: None


def new_runtime(name: str, settings: Any) -> Runtime:
    """Return the parts of a worker process; nothing connects yet."""
    return Runtime(
        settings=settings,
        database=Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size),
        contracts=Contracts(),
        http=build_http_client(),
        clock=SystemClock(),
        tracer=build_tracer(name, settings.otel_exporter_otlp_endpoint),
        metrics=Metrics(),
    )
