"""The servers, durable as in production, and only those service processes that a figure needs, each as production runs it.

The machine's two cores are shared by all that runs: what a figure does not measure does not run.
"""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from dev.child import inherited_environment
from dev.environment import Servers, service_environment
from dev.kafka import resolve_jars, start_kafka
from dev.ports import free_port
from dev.postgres import PostgresServer, start_postgres
from dev.run_folder import RunFolder
from dev.supervisor import Managed, Supervisor
from dev.topology import Ports, by_name

PROCESSES = (("auth", "serve"), ("catalog", "serve"), ("applications", "serve"), ("applications", "relay"))


@dataclass(frozen=True)
class Stack:
    """What the figures are measured on."""

    folder: RunFolder
    ports: Ports
    postgres: PostgresServer
    servers: Servers

    def port(self, service: str) -> int:
        return self.ports.of(by_name(service))

    def database_url(self, service: str) -> str:
        """Return the address of a service's database as its application user."""
        return self.servers.database_url(by_name(service), "app", self.folder.secrets()[f"{service}_app"])

    def call(self, method: str, service: str, path: str, *, token: str | None = None, **options: Any) -> httpx.Response:
        """Return a 2xx answer; anything else ends the run."""
        headers = {**options.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        url = self.ports.url(service) + path
        answer = httpx.request(method, url, headers=headers, timeout=30, trust_env=False, **options)
        if not answer.is_success:
            raise RuntimeError(f"{method} {service}{path}: {answer.status_code} {answer.text[:600]}")
        return answer

    def program(self, module: str, role: str, database_url: str) -> tuple[list[str], Mapping[str, str]]:
        """Return how a program of the bench is started on these servers, and its environment."""
        settings = {"DATABASE_URL": database_url, "KAFKA_BOOTSTRAP_SERVERS": self.servers.bootstrap_servers}
        return [sys.executable, "-m", module, role], {**inherited_environment(), **settings}

    @contextmanager
    def another(self, service: str) -> Iterator[int]:
        """Run one more copy of a service's API for the block; yield its port."""
        supervisor, port = Supervisor(print), free_port()
        copy = _managed(self, service, "serve", name=f"{service}-serve-2", port=port)
        try:
            asyncio.run(supervisor.start([copy], lambda _managed: None))
            yield port
        finally:
            asyncio.run(supervisor.stop())


def _managed(stack: Stack, service_name: str, role: str, *, name: str, port: int) -> Managed:
    service = by_name(service_name)
    environment = service_environment(service, role, ports=stack.ports, servers=stack.servers, folder=stack.folder)
    return Managed(
        name=name,
        command=[sys.executable, "-m", service.module, role],
        environment={**environment, "PORT": str(port)},
        health_url=f"http://127.0.0.1:{port}/readyz",
        log=stack.folder.log(name),
    )


@contextmanager
def started(folder: RunFolder, ports: Ports, processes: Sequence[tuple[str, str]] = PROCESSES) -> Iterator[Stack]:
    """Start the servers on the data of an earlier run, then the processes; stop all at the end."""
    os.environ["NO_PROXY"] = "*"
    postgres = start_postgres(folder.postgres / "data", ports.named("postgres"), folder.log("postgres"))
    jars, log = resolve_jars(), folder.log("kafka")
    kafka = start_kafka(folder.kafka / "data", ports.named("kafka"), ports.named("kafka-controller"), log, jars)
    stack = Stack(folder, ports, postgres, Servers(postgres.host, postgres.port, kafka.bootstrap_servers))
    supervisor = Supervisor(print)
    wanted = [
        _managed(stack, name, role, name=f"{name}-{role}", port=ports.of(by_name(name), role))
        for name, role in processes
    ]
    try:
        asyncio.run(supervisor.start(wanted, lambda _managed: None))
        yield stack
    finally:
        asyncio.run(supervisor.stop())
        kafka.stop()
        postgres.stop()
