"""The processes of a service: `serve | relay | consume | migrate | dead-letters`, one command line for all services.

A process says for what it waits, turns ready when it works, drains on SIGTERM, and exits non-zero when a part fails.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
import uvicorn
from fastapi import FastAPI
from opentelemetry.trace import Tracer
from sqlalchemy import Table
from starlette.applications import Starlette

from shared.broker import Producer, Subscription
from shared.clock import Clock, SystemClock
from shared.consumer import Consumer, ConsumerParts, Handler
from shared.contracts import Contracts
from shared.database import Database
from shared.dead_letters import read_dead_letters, replay_dead_letters
from shared.health import health_routes
from shared.http import build_http_client
from shared.logging import configure_logging, get_logger
from shared.metrics import Metrics
from shared.migrations import migrate
from shared.relay import Relay
from shared.settings import ServiceSettings
from shared.telemetry import build_tracer

_DRAIN_SECONDS = 10
_log = get_logger("process")


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


@dataclass(frozen=True)
class ServiceProcess:
    """How the processes of one service are made."""

    name: str
    folder: Path
    settings: type[ServiceSettings]
    create_app: Callable[[Any], FastAPI]
    outbox: Table
    inbox: Table | None = None
    listen: Callable[[Runtime], AbstractAsyncContextManager[Listening]] | None = None
    commands: Sequence[Callable[[Any], None]] = ()

    def topics(self, contracts: Contracts, handlers: Mapping[str, Handler]) -> list[str]:
        """Return the topics that carry what the handlers take."""
        return sorted({contracts.event(event_type).topic for event_type in handlers})


def new_runtime(service: ServiceProcess, settings: Any) -> Runtime:
    """Return the parts of a worker process; nothing connects yet."""
    return Runtime(
        settings=settings,
        database=Database(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size),
        contracts=Contracts(),
        http=build_http_client(),
        clock=SystemClock(),
        tracer=build_tracer(service.name, settings.otel_exporter_otlp_endpoint),
        metrics=Metrics(),
    )


@asynccontextmanager
async def relay_workers(service: ServiceProcess, runtime: Runtime) -> AsyncIterator[Sequence[Worker]]:
    """The workers of the `relay` role."""
    yield [Relay(runtime.database, service.outbox, runtime.contracts, runtime.producer, runtime.metrics)]


@asynccontextmanager
async def consume_workers(service: ServiceProcess, runtime: Runtime) -> AsyncIterator[Sequence[Worker]]:
    """The workers of the `consume` role: the consumer, and those the service adds."""
    if service.listen is None or service.inbox is None:
        raise SystemExit(f"{service.name} listens to nothing")
    async with service.listen(runtime) as listening:
        topics = service.topics(runtime.contracts, listening.handlers)
        parts = ConsumerParts(
            database=runtime.database,
            inbox=service.inbox,
            contracts=runtime.contracts,
            handlers=listening.handlers,
            new_subscription=lambda: Subscription(
                runtime.settings.kafka_bootstrap_servers, group=service.name, topics=topics
            ),
            new_producer=runtime.producer,
            tracer=runtime.tracer,
            metrics=runtime.metrics,
            after_commit=listening.after_commit,
        )
        yield [Consumer(parts), *listening.workers]


def main(service: ServiceProcess) -> None:
    """Read the command line and run one role."""
    parser = argparse.ArgumentParser(prog=f"python -m {service.name.replace('-', '_')}", description=__doc__)
    roles = parser.add_subparsers(dest="role", required=True, metavar="ROLE")
    roles.add_parser("serve", help="answer HTTP").set_defaults(run=_serve)
    roles.add_parser("relay", help="carry events from the outbox to Kafka").set_defaults(run=_relay)
    if service.listen:
        roles.add_parser("consume", help="take events in").set_defaults(run=_consume)
        letters = roles.add_parser("dead-letters", help="list or replay events that were put aside")
        letters.add_argument("action", choices=("list", "replay"))
        letters.set_defaults(run=_dead_letters)
    roles.add_parser("migrate", help="bring the database up to date").set_defaults(run=_migrate)
    for add in service.commands:
        add(roles)
    options = parser.parse_args()
    settings = service.settings()
    configure_logging(service=service.name, role=options.role, level=settings.log_level)
    sys.exit(options.run(service, settings, options) or 0)


def _migrate(service: ServiceProcess, settings: ServiceSettings, _options: argparse.Namespace) -> None:
    url = settings.database_migrator_url
    if url is None:
        raise SystemExit("DATABASE_MIGRATOR_URL is not set")
    migrate(service.folder, url.get_secret_value())


def _dead_letters(service: ServiceProcess, settings: ServiceSettings, options: argparse.Namespace) -> None:
    async def run() -> None:
        runtime = new_runtime(service, settings)
        if service.listen is None:
            return
        async with service.listen(runtime) as listening:
            topics = service.topics(runtime.contracts, listening.handlers)
        brokers = settings.kafka_bootstrap_servers
        if options.action == "replay":
            print(await replay_dead_letters(brokers, service=service.name, topics=topics), "replayed")  # noqa: T201
            return
        async for letter in read_dead_letters(brokers, service=service.name, topics=topics, keep_position=False):
            print(letter.event_id, letter.record.topic, letter.reason, sep="\t")  # noqa: T201

    _loop().run(run())


def _serve(service: ServiceProcess, settings: ServiceSettings, _options: argparse.Namespace) -> int:
    with _loop() as loop:
        return loop.run(_run_server(service.create_app(settings), settings, []))


def _relay(service: ServiceProcess, settings: ServiceSettings, _options: argparse.Namespace) -> int:
    with _loop() as loop:
        return loop.run(_run_workers(service, settings, relay_workers))


def _consume(service: ServiceProcess, settings: ServiceSettings, _options: argparse.Namespace) -> int:
    with _loop() as loop:
        return loop.run(_run_workers(service, settings, consume_workers))


def _loop() -> asyncio.Runner:
    import uvloop  # noqa: PLC0415  not needed where the app runs in another loop

    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


_BuildWorkers = Callable[[ServiceProcess, Runtime], AbstractAsyncContextManager[Sequence[Worker]]]


async def _run_workers(service: ServiceProcess, settings: ServiceSettings, build: _BuildWorkers) -> int:
    runtime = new_runtime(service, settings)
    async with runtime.http, build(service, runtime) as workers:
        await _wait_for("database", runtime.database.check)

        async def at_work() -> None:
            if reasons := [worker.halted for worker in workers if worker.halted]:
                raise RuntimeError("; ".join(reasons))

        routes = health_routes(runtime.metrics, {"database": runtime.database.check}, {"work": at_work})
        code = await _run_server(Starlette(routes=routes), settings, workers)
    await runtime.database.dispose()
    return code


async def _wait_for(what: str, check: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            return await check()
        except Exception as error:  # noqa: BLE001  whatever is wrong, it is waited out and named
            _log.warning("waiting", waiting_for=what, error=str(error) or type(error).__name__)
            await asyncio.sleep(0.5)


class _Server(uvicorn.Server):
    """Leaves the signals to this module: uvicorn would raise them again before the workers have drained."""

    @contextmanager
    def capture_signals(self) -> Any:
        yield


async def _run_server(app: Any, settings: ServiceSettings, workers: Sequence[Worker]) -> int:
    """Serve `app` and run `workers` until a signal comes or one of them fails; return the exit code."""
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        server_header=False,
        ws="none",
    )
    server, stop = _Server(config), asyncio.Event()

    def finish() -> None:
        stop.set()
        server.should_exit = True

    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, finish)
    running = [asyncio.create_task(worker.run(stop)) for worker in workers]
    serving = asyncio.create_task(server.serve())
    _log.info("started", port=settings.port)
    done, _ = await asyncio.wait([serving, *running], return_when=asyncio.FIRST_EXCEPTION)
    failed = [task for task in done if task is not serving and task.exception()]
    for task in failed:
        _log.error("a worker failed", exc_info=task.exception())
    finish()
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(serving, *running, return_exceptions=True), _DRAIN_SECONDS)
    _log.info("stopped")
    return 1 if failed or not server.started else 0
