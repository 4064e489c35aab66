"""What each service declares in code: its process, its app, and the events that it takes in.

Built with the settings of a run on one machine; nothing connects to anything.
"""

import importlib
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fastapi import FastAPI

from dev.environment import Servers, service_environment
from dev.run_folder import RunFolder
from dev.topology import Ports, Service
from shared.consumer import Handler
from shared.process import ServiceProcess
from shared.runtime import new_runtime
from shared.settings import ServiceSettings

_NOWHERE = Servers("127.0.0.1", 5432, "127.0.0.1:9092")


@cache
def process_of(service: Service) -> ServiceProcess:
    """Return how the processes of a service are made."""
    process: ServiceProcess = importlib.import_module(f"{service.module}.__main__").SERVICE
    return process


def settings_of(service: Service) -> ServiceSettings:
    """Return settings with which a process of the service can be built."""
    with tempfile.TemporaryDirectory(prefix="declared-") as scratch:
        folder = RunFolder(Path(scratch))
        variables = service_environment(service, "serve", ports=Ports(), servers=_NOWHERE, folder=folder)
        return process_of(service).settings(**{name.lower(): value for name, value in variables.items()})


@cache
def app_of(service: Service) -> FastAPI:
    """Return the service's app, to be read, not run."""
    return process_of(service).create_app(settings_of(service))


async def handlers_of(service: Service) -> Mapping[str, Handler]:
    """Return what the service does with events, by their type; nothing if it listens to none."""
    listen = process_of(service).listen
    if listen is None:
        return {}
    runtime = new_runtime(service.name, settings_of(service))
    try:
        async with listen(runtime) as listening:
            return listening.handlers
    finally:
        await runtime.http.aclose()
        await runtime.database.dispose()
