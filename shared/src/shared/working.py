"""The roles that work in the background, `relay` and `consume`, and the commands on what was taken in.

A process says for what it waits, turns ready when it works, and exits non-zero when a part fails.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from starlette.applications import Starlette

from shared.broker import BrokerUnavailable, Subscription
from shared.consumer import Consumer, ConsumerParts
from shared.contracts import Contracts
from shared.database import Database, DatabaseUnavailable
from shared.dead_letters import read_dead_letters, replay_dead_letters
from shared.health import health_routes
from shared.housekeeping import Housekeeping, delete_old
from shared.logging import get_logger
from shared.process import ServiceProcess
from shared.rebuilding import Rebuilt, rebuild
from shared.relay import Relay
from shared.runtime import Runtime, Worker, new_runtime
from shared.serving import run_server
from shared.settings import ServiceSettings

_log = get_logger("process")


@asynccontextmanager
async def relay_workers(service: ServiceProcess, runtime: Runtime) -> AsyncIterator[Sequence[Worker]]:
    """The workers of the `relay` role."""
    relay = Relay(runtime.database, runtime.contracts, runtime.producer, runtime.metrics)
    yield [relay, Housekeeping(partial(delete_old, runtime.database, service.outbox.metadata))]


@asynccontextmanager
async def consume_workers(service: ServiceProcess, runtime: Runtime) -> AsyncIterator[Sequence[Worker]]:
    """The workers of the `consume` role: the consumer, and those the service adds."""
    async with service.listen(runtime) as listening:
        topics = runtime.contracts.topics_of(listening.handlers)
        parts = ConsumerParts(
            database=runtime.database,
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


_BuildWorkers = Callable[[ServiceProcess, Runtime], AbstractAsyncContextManager[Sequence[Worker]]]


async def run_workers(service: ServiceProcess, settings: ServiceSettings, build: _BuildWorkers) -> int:
    """Run the workers that `build` makes, beside the health routes; return the exit code."""
    runtime = new_runtime(service.name, settings)
    async with runtime.http, build(service, runtime) as workers:
        await _wait_for("database", runtime.database.check)

        async def at_work() -> None:
            if reasons := [worker.halted for worker in workers if worker.halted]:
                raise RuntimeError("; ".join(reasons))

        routes = health_routes(runtime.metrics, {"database": runtime.database.check}, {"work": at_work})
        code = await run_server(Starlette(routes=routes), settings, workers)
    await runtime.database.dispose()
    return code


async def _wait_for(what: str, check: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            return await check()
        except Exception as error:  # noqa: BLE001  whatever is wrong, it is waited out and named
            _log.warning("waiting", waiting_for=what, error=str(error) or type(error).__name__)
            await asyncio.sleep(0.5)


async def list_or_replay(service: ServiceProcess, settings: ServiceSettings, action: str) -> None:
    """Print each dead letter of the service, or put them all back where they came from."""
    runtime = new_runtime(service.name, settings)
    async with service.listen(runtime) as listening:
        topics = runtime.contracts.topics_of(listening.handlers)
    brokers = settings.kafka_bootstrap_servers
    if action == "replay":
        print(await replay_dead_letters(brokers, service=service.name, topics=topics), "replayed")
        return
    async for letter in read_dead_letters(brokers, service=service.name, topics=topics, keep_position=False):
        print(letter.event_id, letter.record.topic, letter.reason, sep="\t")


async def rebuild_projections(service: ServiceProcess, settings: ServiceSettings) -> int:
    """Rebuild the projections of the service and print what was done; return the exit code."""
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    brokers = settings.kafka_bootstrap_servers
    try:
        done = await rebuild(database, Contracts(), service.projection_handlers(), bootstrap_servers=brokers)
    except (BrokerUnavailable, DatabaseUnavailable) as error:
        print(f"Not finished: {error} What was done is right; run it again.", file=sys.stderr)
        return 1
    finally:
        await database.dispose()
    _tell(done)
    return 0


def _tell(done: Rebuilt) -> None:
    for topic, records in done.read.items():
        print(f"{topic}: {records} records read")
    for event_type, events in done.taken_in.items():
        print(f"{event_type}: {events} events taken in")
    for passed in done.passed_over:
        print(f"passed over: {passed}", file=sys.stderr)
