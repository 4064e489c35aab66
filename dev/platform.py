"""The whole platform on this machine: servers, databases, topics, processes, data and demo logins, in that order."""

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dev import demo_logins
from dev.child import inherited_environment, last_lines
from dev.environment import Servers, accounts_declared, outside_environment, service_environment
from dev.kafka import KafkaBroker, external_kafka, resolve_jars, start_kafka
from dev.ports import is_taken
from dev.postgres import PostgresServer, create_service_databases, external_postgres, running_postgres, start_postgres
from dev.run_folder import ROOT, RunFolder
from dev.supervisor import Managed, StartFailed, Supervisor
from dev.topology import SERVICES, Ports, Service, by_name
from shared.broker import create_topics
from shared.contracts import Contracts
from shared.migrations import migrate

DATA = ROOT / "dev" / "data"


@dataclass
class Platform:
    """A run of the platform. `say` shows one line to the person at the terminal."""

    folder: RunFolder
    ports: Ports
    say: Callable[[str], None]
    postgres: PostgresServer | None = None
    kafka: KafkaBroker | None = None

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.say)
        self._known_pids: dict[str, int] = {}
        self._server_starts: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Bring every process up, or raise StartFailed with the reason."""
        self._check_ports()
        await asyncio.gather(self._bring_up_postgres(), self._bring_up_kafka(), self._start_outside())
        await asyncio.gather(self._provision(), self._start_services())

    async def fill(self) -> None:
        """Import the region's data and make the demo logins, unless they are there; or raise StepFailed."""
        await self._import_data()
        await demo_logins.ensure(self.folder, self.ports)

    async def _bring_up_postgres(self) -> None:
        await self._to_its_end(self._start_postgres)
        self.say("PostgreSQL is up")
        await asyncio.to_thread(self._prepare_databases)

    async def _bring_up_kafka(self) -> None:
        await self._to_its_end(self._start_kafka)
        if self.kafka is not None:
            await create_topics(self.kafka.bootstrap_servers, Contracts())
        self.say("Kafka is up")

    async def _to_its_end(self, start: Callable[[], None]) -> None:
        """Start a server in a thread; `stop` waits for it, so that a Ctrl-C meanwhile leaves nothing behind."""
        starting = asyncio.create_task(asyncio.to_thread(start))
        self._server_starts.append(starting)
        await asyncio.shield(starting)

    def migrate(self) -> None:
        """Bring the databases up to date; PostgreSQL is started for it when it does not run."""
        if not is_taken(self.ports.named("postgres")):
            self._start_postgres()
        else:
            self.postgres = external_postgres() or running_postgres(self._postgres_data, self.ports.named("postgres"))
        self._prepare_databases()
        if self.postgres:
            self.postgres.stop()

    async def watch(self) -> None:
        """Keep everything up until cancelled; `pids.json` says which process is which."""
        await self.supervisor.watch(self._each_round)

    async def stop(self) -> None:
        """Stop everything in reverse order."""
        await self.supervisor.stop()
        await asyncio.gather(*self._server_starts, return_exceptions=True)
        if self.kafka:
            await asyncio.to_thread(self.kafka.stop)
        if self.postgres:
            await asyncio.to_thread(self.postgres.stop)

    def pids(self) -> dict[str, int]:
        """Return the process id of everything that was started, by name."""
        servers = {"postgres": self.postgres and self.postgres.pid, "kafka": self.kafka and self.kafka.pid}
        return {**{name: pid for name, pid in servers.items() if pid}, **self.supervisor.pids()}

    def _check_ports(self) -> None:
        if taken := [port for port in self.ports.all() if is_taken(port)]:
            listed = ", ".join(map(str, taken))
            raise StartFailed(
                f"Something listens already on {listed}. Is the platform running? Stop it, or choose other ports: "
                f"make run BASE_PORT={self.ports.base + 1000}"
            )

    def _start_postgres(self) -> None:
        log = self.folder.log("postgres")
        self.postgres = external_postgres() or start_postgres(self._postgres_data, self.ports.named("postgres"), log)

    @property
    def _postgres_data(self) -> Path:
        return self.folder.postgres / "data"

    def _start_kafka(self) -> None:
        known = external_kafka()
        if known is None:
            port, controller = self.ports.named("kafka"), self.ports.named("kafka-controller")
            jars = resolve_jars()
            known = start_kafka(self.folder.kafka / "data", port, controller, self.folder.log("kafka"), jars)
        self.kafka = known

    async def _each_round(self) -> None:
        await self._revive_servers()
        pids = self.pids()
        if pids != self._known_pids:
            self.folder.write("pids.json", dict(pids))
            self._known_pids = pids

    async def _revive_servers(self) -> None:
        if self.postgres and self.postgres.process and self.postgres.process.poll() is not None:
            self.say("postgres ended; starting it again")
            await self._to_its_end(self._start_postgres)
        if self.kafka and self.kafka.process and self.kafka.process.poll() is not None:
            self.say("kafka ended; starting it again")
            await self._to_its_end(self._start_kafka)

    @property
    def servers(self) -> Servers:
        """Where the servers answer."""
        if self.postgres is None or self.kafka is None:
            raise StartFailed("The servers are not up")
        return Servers(self.postgres.host, self.postgres.port, self.kafka.bootstrap_servers)

    def environment(self, service: Service, role: str) -> dict[str, str]:
        """Return the settings of one process."""
        return dict(service_environment(service, role, ports=self.ports, servers=self.servers, folder=self.folder))

    def _prepare_databases(self) -> None:
        secrets = self.folder.secrets()
        passwords = {name: (secrets[f"{name}_app"], secrets[f"{name}_migrator"]) for name in _names()}
        if self.postgres is None:
            raise StartFailed("PostgreSQL is not up")
        create_service_databases(self.postgres, SERVICES, passwords)
        for service in SERVICES:
            migrate(
                ROOT / "services" / service.name,
                self.postgres.url(
                    service.database, f"{service.database}_migrator", secrets[f"{service.name}_migrator"]
                ),
            )
        self.say("Databases are up to date")

    async def _provision(self) -> None:
        text = accounts_declared(self.folder)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if self.folder.read("state.json").get("provisioned") != digest:
            await self._command(by_name("auth"), ["provision", "-"], text)
            self._remember(provisioned=digest)

    async def _import_data(self) -> None:
        files = sorted(DATA.glob("*.json"))
        digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
        if self.folder.read("state.json").get("imported") == digest:
            return
        self.say("Importing the catalogue of the region")
        await self._command(by_name("catalog"), ["import", str(DATA)], "")
        self._remember(imported=digest)

    def _remember(self, **state: str) -> None:
        self.folder.write("state.json", {**self.folder.read("state.json"), **state})

    async def _command(self, service: Service, arguments: list[str], text: str) -> None:
        """Run a service's command to its end; raise StartFailed with what it said if it fails."""
        command = [sys.executable, "-m", service.module, *arguments]
        log = self.folder.log(f"{service.name}-{arguments[0]}")

        def run() -> int:
            with log.open("wb") as output:
                environment = {**inherited_environment(), **self.environment(service, "serve")}
                done = subprocess.run(
                    command, input=text.encode(), stdout=output, stderr=output, env=environment, cwd=ROOT, check=False
                )
            return done.returncode

        if await asyncio.to_thread(run):
            raise StartFailed(f"{service.name} {arguments[0]} failed:\n{last_lines(log)}\n  Its log: {log}")

    async def _start_outside(self) -> None:
        await self.supervisor.start(outside_processes(self.folder, self.ports), lambda _managed: None)

    async def _start_services(self) -> None:
        processes = [
            Managed(
                name=f"{service.name}-{role}",
                command=[sys.executable, "-m", service.module, role],
                environment=self.environment(service, role),
                health_url=f"http://127.0.0.1:{self.ports.of(service, role)}/readyz",
                log=self.folder.log(f"{service.name}-{role}"),
            )
            for service in SERVICES
            for role in service.roles
        ]
        up: list[str] = []

        def healthy(managed: Managed) -> None:
            up.append(managed.name)
            self.say(f"{len(up):2d}/{len(processes)} {managed.name} is healthy")

        await self.supervisor.start(processes, healthy)


def outside_processes(folder: RunFolder, ports: Ports) -> list[Managed]:
    """Return the simulated registers and providers."""
    messages = ["--smtp-port", str(ports.named("smtp")), "--data", str(folder.messages)]
    return [
        Managed(
            name=name,
            command=[sys.executable, "-m", f"dev.{name}", "--port", str(ports.named(name)), *more],
            environment=outside_environment(folder),
            health_url=f"{ports.url(name)}/readyz",
            log=folder.log(name),
        )
        for name, more in {"registers": [], "messages": messages}.items()
    ]


def _names() -> list[str]:
    return [service.name for service in SERVICES]
