"""The servers, durable as in production, and only those service processes that a figure needs, each as production runs it.

The machine's two cores are shared by all that runs: what a figure does not measure does not run.
"""

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from dev.environment import Servers, service_environment
from dev.kafka import resolve_jars, start_kafka
from dev.postgres import PostgresServer, start_postgres
from dev.run_folder import ROOT, RunFolder
from dev.supervisor import Managed, Supervisor
from dev.topology import Ports, by_name

JARS = ROOT / ".tools" / "kafka"
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


@contextmanager
def started(folder: RunFolder, ports: Ports, processes: Sequence[tuple[str, str]] = PROCESSES) -> Iterator[Stack]:
    """Start the servers on the data of an earlier run, then the processes; stop all at the end."""
    os.environ["NO_PROXY"] = "*"
    postgres = start_postgres(folder.postgres / "data", ports.named("postgres"), folder.log("postgres"))
    jars, log = resolve_jars(JARS), folder.log("kafka")
    kafka = start_kafka(folder.kafka / "data", ports.named("kafka"), ports.named("kafka-controller"), log, jars)
    servers = Servers(postgres.host, postgres.port, kafka.bootstrap_servers)
    supervisor = Supervisor(print)
    wanted = []
    for name, role in processes:
        service = by_name(name)
        wanted.append(
            Managed(
                name=f"{name}-{role}",
                command=[sys.executable, "-m", service.module, role],
                environment=service_environment(service, role, ports=ports, servers=servers, folder=folder),
                health_url=f"http://127.0.0.1:{ports.of(service, role)}/readyz",
                log=folder.log(f"{name}-{role}"),
            )
        )
    try:
        asyncio.run(supervisor.start(wanted, lambda _managed: None))
        yield Stack(folder, ports, postgres, servers)
    finally:
        asyncio.run(supervisor.stop())
        kafka.stop()
        postgres.stop()
