"""Databases of services under test: one a service and test process, migrated once, emptied after each test."""

import asyncio
from dataclasses import replace
from pathlib import Path

import asyncpg

from dev.postgres import PostgresServer, create_service_databases
from dev.topology import Service, by_name
from shared.migrations import migrate
from shared.process import ServiceProcess

PASSWORD = "test"
_EMPTY = """
DO $$ DECLARE name text; BEGIN
  SET session_replication_role = replica;
  FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
  LOOP EXECUTE 'DELETE FROM ' || name; END LOOP;
  SET session_replication_role = origin;
END $$"""


class ServiceDatabases:
    """Makes the databases that tests ask for, on one server."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self._made: set[str] = set()

    async def make(self, service: ServiceProcess, instance: str = "") -> str:
        """Return the address of the service's empty, migrated database as its application user; each instance has its own."""
        known = _of_instance(service, instance)
        if known.name not in self._made:
            await asyncio.to_thread(create_service_databases, self.server, [known], {known.name: (PASSWORD, PASSWORD)})
            url = self.server.url(known.database, f"{known.database}_migrator", PASSWORD)
            await asyncio.to_thread(migrate, service.folder, url)
            self._made.add(known.name)
        return self.server.url(known.database, f"{known.database}_app", PASSWORD)

    async def empty(self, service: ServiceProcess, instance: str = "") -> None:
        """Delete every row."""
        url = self.server.url(_of_instance(service, instance).database, self.server.superuser, self.server.password)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(_EMPTY)
        finally:
            await connection.close()


def _of_instance(service: ServiceProcess, instance: str) -> Service:
    known = by_name(service.name)
    return replace(known, name=f"{known.name}-{instance}") if instance else known
