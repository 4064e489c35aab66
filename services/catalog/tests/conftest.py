"""The catalogue with the whole regional data set, and empty ones to import into."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from catalog.__main__ import SERVICE
from catalog.app import create_app
from catalog.domain.days import kyiv_today
from catalog.reading import read_data_set
from catalog.settings import NAME, CatalogSettings
from catalog.storage import tables
from catalog.use_cases.import_data import Imported, ImportParts, import_data
from shared.clock import SystemClock
from shared.contracts import Contracts
from shared.database import Database
from shared.outbox import Outbox
from tests.support.apps import client_for
from tests.support.databases import PASSWORD, ServiceDatabases

DATA = Path(__file__).parents[3] / "dev" / "data"
FILES = ("territories", "service_centres", "agencies", "registers", "services", "assertions")


@dataclass
class Catalogue:
    """One catalogue's database: data sets go in, rows are looked at from a connection of the test's own."""

    url: str

    @property
    def settings(self) -> CatalogSettings:
        """Settings of a process that serves this catalogue."""
        return CatalogSettings(
            database_url=self.url,
            kafka_bootstrap_servers="127.0.0.1:9",
            auth_issuer="http://auth.test",
            auth_url="http://auth.test",
            public_url="http://catalog.test",
            database_pool_size=4,
            field_keys=f"k1:{b64encode(b'f' * 32).decode()}",
            lookup_key=b64encode(b"l" * 32).decode(),
        )

    async def take_in(self, *paths: Path, on: date | None = None, is_dry_run: bool = False) -> Imported:
        data, assertions, faults = read_data_set(paths)
        assert not faults
        database = Database(self.url, pool_size=1)
        outbox = Outbox(tables.outbox, Contracts(), service=NAME, clock=SystemClock())
        try:
            parts = ImportParts(database, outbox, assertions, on or kyiv_today())
            return await import_data(parts, data, is_dry_run=is_dry_run)
        finally:
            await database.dispose()

    async def rows(self, statement: str, *arguments: Any) -> Sequence[Any]:
        connection = await asyncpg.connect(self.url)
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        rows = await self.rows("SELECT type, data FROM outbox ORDER BY position")
        return [(row["type"].removeprefix("ua.virtual-office.catalog."), json.loads(row["data"])) for row in rows]


@dataclass
class Folder:
    """A small data set on disk that a test changes before it is imported."""

    path: Path

    def read(self, name: str) -> dict[str, Any]:
        return json.loads((self.path / f"{name}.json").read_text("utf-8"))

    def write(self, name: str, content: Any) -> None:
        (self.path / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")

    def change(self, name: str, index: int, **members: Any) -> None:
        """Change members of one record of the list that the file is named after."""
        content = self.read(name)
        content[name][index] |= members
        self.write(name, content)


def _whole_set() -> dict[str, Any]:
    return {name: json.loads((DATA / f"{name}.json").read_text("utf-8")) for name in FILES}


@pytest.fixture(scope="session")
def whole_set() -> dict[str, Any]:
    return _whole_set()


@pytest.fixture
def folder(tmp_path: Path, whole_set: dict[str, Any]) -> Folder:
    """Two public services, and only the places and agencies that they need."""
    services = [
        record
        for record in whole_set["services"]["services"]
        if record["slug"] in {"residence-registration", "pet-registration"}
    ]
    wanted = {record[name] for record in services for name in ("agency", "owner_agency")}
    small = {
        "territories": whole_set["territories"]["territories"][:2],
        "service_centres": whole_set["service_centres"]["service_centres"][:2],
        "agencies": [record for record in whole_set["agencies"]["agencies"] if record["slug"] in wanted],
        "registers": whole_set["registers"]["registers"],
        "services": services,
    }
    made = Folder(tmp_path / "data")
    made.path.mkdir()
    for name, records in small.items():
        made.write(name, {"meta": {}, name: records})
    made.write("assertions", whole_set["assertions"])
    return made


@pytest.fixture
async def catalogue(databases) -> Catalogue:
    """An empty catalogue."""
    return Catalogue(await databases(SERVICE))


@pytest.fixture(scope="session")
def regional(service_databases: ServiceDatabases) -> Catalogue:
    """The catalogue with the whole regional data set, in a database of its own that tests only read."""
    server = service_databases.server

    async def make() -> Catalogue:
        await service_databases.make(SERVICE)
        admin = await asyncpg.connect(server.superuser_url)
        await admin.execute("DROP DATABASE IF EXISTS catalog_regional")
        await admin.execute("CREATE DATABASE catalog_regional TEMPLATE catalog")
        await admin.close()
        made = Catalogue(server.url("catalog_regional", "catalog_app", PASSWORD))
        await made.take_in(DATA)
        return made

    return asyncio.run(make())


@pytest.fixture
def app_of(tokens, clock) -> Callable[[Catalogue], Any]:
    """Make the app of a catalogue, as one of its processes does."""

    def make(catalogue: Catalogue) -> Any:
        return create_app(catalogue.settings, clock=clock, keys=tokens.keys)

    return make


@pytest.fixture
async def client(regional: Catalogue, app_of) -> AsyncIterator[httpx.AsyncClient]:
    """A reader of the regional catalogue."""
    async with client_for(app_of(regional)) as client:
        yield client
