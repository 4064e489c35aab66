"""Versions that were published before they had days of their own keep them when the database is brought up to date."""

import asyncio
import json
from dataclasses import replace
from datetime import date

import asyncpg
import pytest
from alembic import command

from catalog.__main__ import SERVICE
from catalog.settings import NAME
from dev.postgres import PostgresServer, create_service_databases
from dev.topology import by_name
from shared.migrations import alembic_config

FIRST, SECOND = date(2026, 1, 1), date(2026, 6, 1)


def a_definition(name: str) -> str:
    words = {member: member for member in ("kind", "agency", "owner_agency")}
    lists = {member: [member] for member in ("life_events", "applicant_kinds", "channels")}
    names = {"name": {"uk": name, "en": name}, "description": {"uk": name, "en": name}}
    fee, term = {"kind": "free", "amount_uah": 0}, {"days": 5, "unit": "working", "basis": "law"}
    return json.dumps(words | lists | names | {"fee": fee, "term": term, "reviewed_on": "2026-02-28"})


@pytest.fixture
def migrated(postgres_server: PostgresServer):
    """A database with versions of before; ask it, or bring it to another revision."""
    own = replace(by_name(NAME), name="catalog-of-before")
    create_service_databases(postgres_server, [own], {own.name: ("test", "test")})
    url = postgres_server.url(own.database, f"{own.database}_migrator", "test")
    config = alembic_config(SERVICE.folder, url)

    class Migrated:
        def to(self, revision: str) -> None:
            (command.downgrade if revision == "0001" else command.upgrade)(config, revision)

        def rows(self, statement: str, *arguments: object) -> list[asyncpg.Record]:
            async def ask() -> list[asyncpg.Record]:
                connection = await asyncpg.connect(url)
                try:
                    return await connection.fetch(statement, *arguments)
                finally:
                    await connection.close()

            return asyncio.run(ask())

    made = Migrated()
    command.downgrade(config, "base")
    command.upgrade(config, "0001")
    made.rows(
        "INSERT INTO public_services (slug, code, version, summary, folded_name, folded_text)"
        " VALUES ('pets', '1', 2, '{}', 'new name', 'new text')"
    )
    for version, day in ((1, FIRST), (2, SECOND)):
        made.rows(
            "INSERT INTO public_service_versions (slug, version, valid_from, definition) VALUES ('pets', $1, $2, $3)",
            version,
            day,
            a_definition(f"version {version}"),
        )
    return made


def test_each_version_ends_where_the_next_begins(migrated):
    migrated.to("0002")
    rows = migrated.rows("SELECT * FROM public_service_versions ORDER BY version")
    assert [(row["valid_from"], row["valid_to"]) for row in rows] == [(FIRST, SECOND), (SECOND, None)]
    assert [json.loads(row["summary"])["name"]["uk"] for row in rows] == ["version 1", "version 2"]
    assert {(row["review_on"], row["published_by"]) for row in rows} == {(date(2027, 2, 28), "import")}
    (service,) = migrated.rows("SELECT * FROM public_services")
    assert (service["owner_agency"], service["agency"]) == ("owner_agency", "agency")


def test_the_way_back_keeps_what_was_there(migrated):
    migrated.to("head")
    migrated.to("0001")
    (service,) = migrated.rows("SELECT * FROM public_services")
    assert (service["version"], service["folded_name"], json.loads(service["summary"])["kind"]) == (
        2,
        "version 2 version 2",
        "kind",
    )
    assert len(migrated.rows("SELECT * FROM public_service_versions")) == 2
