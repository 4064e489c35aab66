"""Migrations: one head a service, down and up again on an empty database, and the tables that the code declares."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from dev.declared import process_of
from dev.postgres import PostgresServer, create_service_databases
from dev.topology import SERVICES, Service
from shared.migrations import alembic_config
from tests.support.project import each_service

PASSWORD = "test"


class EmptyDatabase:
    """A database of one service in which nothing was made yet."""

    def __init__(self, server: PostgresServer, service: Service) -> None:
        self.service = service
        own = replace(service, name=f"{service.name}-migrations")
        create_service_databases(server, [own], {own.name: (PASSWORD, PASSWORD)})
        self._url = server.url(own.database, f"{own.database}_migrator", PASSWORD)
        self.config = alembic_config(process_of(service).folder, self._url)

    def tables(self) -> set[str]:
        return self._read(lambda connection: set(inspect(connection).get_table_names())) - {"alembic_version"}

    def differences(self, metadata: MetaData) -> list[object]:
        def compare(connection: Connection) -> list[object]:
            return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

        return self._read(compare)

    def _read(self, question):
        async def ask():
            engine = create_async_engine(
                self._url.replace("postgresql://", "postgresql+asyncpg://"), poolclass=NullPool
            )
            async with engine.connect() as connection:
                answer = await connection.run_sync(question)
            await engine.dispose()
            return answer

        return asyncio.run(ask())


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
def database(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[EmptyDatabase]:
    return EmptyDatabase(postgres_server, request.param)


@each_service
def test_a_service_has_one_alembic_head(service: Service):
    script = ScriptDirectory.from_config(alembic_config(process_of(service).folder, "postgresql://nowhere"))
    assert len(script.get_heads()) == 1


@each_service
def test_migrations_are_numbered_in_order_and_named(service: Service):
    folder = process_of(service).folder / "migrations" / "versions"
    names = sorted(path.name for path in folder.glob("*.py"))
    assert [re.fullmatch(r"(\d{4})_[a-z0-9_]+\.py", name)[1] for name in names] == [
        f"{number:04d}" for number in range(1, len(names) + 1)
    ]


def test_migrations_go_up_and_down_and_up_on_an_empty_database(database: EmptyDatabase):
    command.upgrade(database.config, "head")
    made = database.tables()
    assert made
    command.downgrade(database.config, "base")
    assert database.tables() == set()
    command.upgrade(database.config, "head")
    assert database.tables() == made


def test_migrations_make_the_tables_that_the_code_declares(database: EmptyDatabase):
    command.upgrade(database.config, "head")
    metadata = process_of(database.service).outbox.metadata
    assert database.tables() == set(metadata.tables)
    assert database.differences(metadata) == []
