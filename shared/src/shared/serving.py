"""Runs an ASGI app and the workers beside it until a signal comes; then drains both."""

import asyncio
import gc
import signal
from collections.abc import Coroutine, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import uvicorn
import uvloop

from shared.logging import get_logger
from shared.settings import ServiceSettings

_DRAIN_SECONDS = 10
_log = get_logger("process")
_Result = TypeVar("_Result")


def run_in_loop(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Run `work` to its end in a loop of uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def spare_the_collector() -> None:
    """Let the cycle collector skip what lives as long as the process, and run once in many requests, not twice in each."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


class _Server(uvicorn.Server):
    """Leaves the signals to this module: uvicorn would raise them again before the workers have drained."""

    @contextmanager
    def capture_signals(self) -> Any:
        yield


def server_config(app: Any, settings: ServiceSettings) -> uvicorn.Config:
    """Return how `app` is served: who asks is told by the connection, or by a proxy that the settings trust."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        ws="none",
    )


async def run_server(app: Any, settings: ServiceSettings, workers: Sequence[Any] = ()) -> int:
    """Serve `app` and run `workers` until a signal comes or one of them fails; return the exit code."""
    server, stop = _Server(server_config(app, settings)), asyncio.Event()
    spare_the_collector()

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
