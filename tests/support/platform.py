"""The whole platform in this process: every role of every service over real HTTP, Kafka and PostgreSQL.

Only the simulated registers and providers are processes of their own, as the world outside is.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

import applications.__main__
import auth.__main__
import catalog.__main__
import notifications.__main__
import registry_gateway.__main__
from auth.app import build_dependencies
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.provision import Declaration, provision
from catalog.api.routes import kyiv_today
from catalog.reading import read_data_set
from catalog.use_cases.import_data import ImportParts, import_data
from dev import demo_logins
from dev.client import PlatformClient
from dev.environment import Servers, accounts_declared, service_environment
from dev.journey import Journey
from dev.platform import DATA, outside_processes
from dev.run_folder import RunFolder
from dev.supervisor import Supervisor
from dev.topology import Ports, by_name
from shared.clock import SystemClock
from shared.contracts import Contracts
from shared.database import Database
from shared.http import build_http_client
from shared.outbox import Outbox
from shared.process import ServiceProcess
from shared.runtime import new_runtime
from shared.tokens import Signer
from shared.working import consume_workers, relay_workers
from tests.support.databases import ServiceDatabases

SERVICES = (
    auth.__main__.SERVICE,
    catalog.__main__.SERVICE,
    applications.__main__.SERVICE,
    registry_gateway.__main__.SERVICE,
    notifications.__main__.SERVICE,
)


@dataclass(frozen=True)
class RunningPlatform:
    """What a test needs of the platform."""

    folder: RunFolder
    ports: Ports
    client: PlatformClient
    settings: Mapping[str, Any]

    def a_journey(self) -> Journey:
        return Journey(self.client, self.folder)

    async def fault(self, party: str, **wanted: Any) -> None:
        """Switch a fault on at a simulated party, or all off with `kind="none"`."""
        await self.client.json("POST", party, "/faults", json=wanted)

    @property
    def machine(self) -> Mapping[str, str]:
        """The credentials of a machine client."""
        own = next(settings for settings in self.settings.values() if settings.client_id)
        return {"client_id": own.client_id, "client_secret": own.client_secret.get_secret_value()}

    async def signing_key(self) -> tuple[Signer, Mapping[str, Any]]:
        """Return who signs for auth now, and the public key."""
        async with self.auth() as dependencies:
            signer = await dependencies.keys.current()
            return signer, await dependencies.keys.find(signer.kid) or {}

    @asynccontextmanager
    async def auth(self) -> AsyncIterator[Dependencies]:
        """Give the parts of auth, as its commands have them."""
        async with build_http_client() as http:
            dependencies = build_dependencies(self.settings["auth"], clock=SystemClock(), http=http)
            yield dependencies
            await dependencies.database.dispose()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Any:
        yield


async def _serve(service: ServiceProcess, settings: Any, stack: AsyncExitStack) -> None:
    config = uvicorn.Config(
        service.create_app(settings), port=settings.port, log_config=None, access_log=False, ws="none"
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())

    async def stop() -> None:
        server.should_exit = True
        await serving

    stack.push_async_callback(stop)
    while not server.started:
        await asyncio.sleep(0.01)


async def _work(service: ServiceProcess, settings: Any, stack: AsyncExitStack) -> None:
    runtime = new_runtime(service.name, settings)
    stack.push_async_callback(runtime.database.dispose)
    await stack.enter_async_context(runtime.http)
    workers = list(await stack.enter_async_context(relay_workers(service, runtime)))
    if service.listening:
        workers += await stack.enter_async_context(consume_workers(service, runtime))
    stop = asyncio.Event()
    running = [asyncio.create_task(worker.run(stop)) for worker in workers]

    async def drain() -> None:
        stop.set()
        await asyncio.gather(*running)

    stack.push_async_callback(drain)


async def _import(settings: Any) -> None:
    data, assertions, faults = read_data_set([DATA])
    assert not faults
    database = Database(settings.database_url.get_secret_value(), pool_size=1)
    service = catalog.__main__.SERVICE
    outbox = Outbox(service.outbox, Contracts(), service=service.name, clock=SystemClock())
    await import_data(ImportParts(database, outbox, assertions, kyiv_today()), data)
    await database.dispose()


@asynccontextmanager
async def platform_in_process(
    databases: ServiceDatabases, kafka_servers: str, folder: RunFolder, ports: Ports, **of_auth: Any
) -> AsyncIterator[RunningPlatform]:
    """Start everything, import the regional data, make the demo logins; stop and empty everything at the end.

    `of_auth` are settings of auth that differ from those of `make run`.
    """
    servers = Servers("127.0.0.1", databases.server.port, kafka_servers)
    outside = Supervisor(print)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(outside.stop)
        await outside.start(outside_processes(folder, ports), lambda _managed: None)
        settings: dict[str, Any] = {}
        client = PlatformClient(ports)
        stack.push_async_callback(client.close)
        running = RunningPlatform(folder, ports, client, settings)
        for service in SERVICES:
            known = by_name(service.name)
            declared = service_environment(known, "serve", ports=ports, servers=servers, folder=folder)
            values = {name.lower(): value for name, value in declared.items()}
            values["database_url"] = await databases.make(service)
            values |= of_auth if service.name == "auth" else {}
            stack.push_async_callback(databases.empty, service)
            settings[service.name] = service.settings(**values)
        async with running.auth() as dependencies:
            await provision(dependencies, Declaration.model_validate_json(accounts_declared(folder)))
        for service in SERVICES:
            await _serve(service, settings[service.name], stack)
            await _work(service, settings[service.name], stack)
        await _import(settings["catalog"])
        await demo_logins.ensure(folder, ports)
        yield running
