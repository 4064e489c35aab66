"""Fixtures for every test: real servers of this test process's own, started when first asked for."""

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import structlog

from dev.kafka import KafkaBroker, resolve_jars, start_kafka
from dev.ports import free_port
from dev.postgres import PostgresServer, start_postgres
from shared.broker import create_topics
from shared.contracts import Contracts
from shared.process import ServiceProcess
from tests.support.clock import SettableClock
from tests.support.databases import ServiceDatabases
from tests.support.tokens import TestIssuer

# servers on loopback are reached directly, whatever proxy the machine has
os.environ["NO_PROXY"] = "*"


# short lines: structlog's default draws each traceback with all locals, which takes seconds
structlog.configure(
    processors=[
        structlog.stdlib.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
)

LEVELS = {
    "shared/": "shared mechanisms, on real servers",
    "dev/": "local platform and simulators",
    "services/": "services through HTTP, on real PostgreSQL",
    "tests/architecture/": "guards",
    "tests/contracts/": "contracts",
    "tests/journeys/": "journeys in process",
    "tests/attacks/": "attacks on every service, in process",
    "tests/faults/": "faults",
    "tests/smoke/": "smoke: make run, make demo",
}


def level_of(node_id: str) -> str:
    """Return the level that a test belongs to."""
    if "/tests/domain/" in node_id:
        return "domain, without I/O"
    return next((level for start, level in LEVELS.items() if node_id.startswith(start)), "other")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests counted (`record_property("counted", …)`), and how many tests each level has."""
    reports = terminalreporter.stats.get("passed", ())
    counted = [line for report in reports for name, line in report.user_properties if name == "counted"]
    if counted:
        terminalreporter.section("counted")
        for line in counted:
            terminalreporter.write_line(str(line))
    terminalreporter.section("tests passed by level")
    for level, number in sorted(Counter(level_of(report.nodeid) for report in reports).items()):
        terminalreporter.write_line(f"{number:6d}  {level}")


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def tokens(clock: SettableClock) -> TestIssuer:
    return TestIssuer(clock)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder for PostgreSQL started as root: its system user must pass, and every new run closes pytest's own folders."""
    with tempfile.TemporaryDirectory(prefix="virtual-office-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with tempfile.TemporaryDirectory(prefix="virtual-office-") as name:
        folder = Path(name)
        server = start_postgres(folder / "data", free_port(), folder / "postgres.log", durable=False)
        yield server
        server.stop()


@pytest.fixture(scope="session")
def service_databases(postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> ServiceDatabases:
    return ServiceDatabases(postgres_server, tmp_path_factory.mktemp("databases"))


@pytest.fixture
async def databases(service_databases: ServiceDatabases) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """Give a service's database by calling it; what a test left in it is deleted."""
    used: list[tuple[ServiceProcess, str]] = []

    async def make(service: ServiceProcess, instance: str = "") -> str:
        used.append((service, instance))
        return await service_databases.make(service, instance)

    yield make
    for service, instance in used:
        await service_databases.empty(service, instance)


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    folder = tmp_path_factory.mktemp("kafka")
    jars = resolve_jars()
    broker = start_kafka(folder / "data", free_port(), free_port(), folder / "kafka.log", jars)
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def kafka_servers(kafka_broker: KafkaBroker) -> str:
    """Bootstrap servers of a broker that has every declared topic."""
    asyncio.run(create_topics(kafka_broker.bootstrap_servers, Contracts()))
    return kafka_broker.bootstrap_servers
