"""Import the regional data set: all or nothing, and only what changed becomes a new version or an event."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.assertions import Assertions
from catalog.domain.data_set import DataSet, Fault
from catalog.domain.definition import definition_from, published_facts
from catalog.domain.faults import find_faults
from catalog.domain.folding import fold
from catalog.storage.tables import organisations, public_services, records, versions
from shared.database import Database
from shared.outbox import Outbox

CHANGED = "catalog_changed"
_KINDS = {
    "territories": "territory",
    "service_centres": "service-centre",
    "agencies": "agency",
    "registers": "register",
}


class ImportRefused(Exception):
    """The data set has faults; nothing was written."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass
class Imported:
    """What the import changed, or would change."""

    new_versions: list[str] = field(default_factory=list)
    unchanged: int = 0
    organisations: int = 0
    records: int = 0


@dataclass(frozen=True)
class ImportParts:
    """What the import works with; `today` is the Kyiv date from which new versions are valid."""

    database: Database
    outbox: Outbox
    assertions: Assertions
    today: date


async def import_data(parts: ImportParts, data: DataSet, *, is_dry_run: bool = False) -> Imported:
    """Write the data set and its events in one transaction. Raises ImportRefused with every fault."""
    if faults := find_faults(data):
        raise ImportRefused(faults)
    done = Imported()
    async with parts.database.transaction() as connection:
        await _write(parts, connection, data, done)
        if is_dry_run:
            await connection.rollback()
    return done


async def _write(parts: ImportParts, connection: AsyncConnection, data: DataSet, done: Imported) -> None:
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('import'))"))
    await _refuse_taken_codes(connection, data)
    await _import_records(connection, data, done)
    await _import_organisations(parts, connection, data, done)
    await _import_services(parts, connection, data, done)
    await connection.execute(text(f"NOTIFY {CHANGED}"))


async def _refuse_taken_codes(connection: AsyncConnection, data: DataSet) -> None:
    """A code names one public service for good, also when that one is no longer in the data set."""
    table = public_services
    owners = {row.code: row.slug for row in await connection.execute(select(table.c.code, table.c.slug))}
    if faults := [
        Fault(place / "code", f"'{record['code']}' is the code of {owner}")
        for place, record in data.placed("services")
        if (owner := owners.get(record["code"], record["slug"])) != record["slug"]
    ]:
        raise ImportRefused(faults)


async def _import_records(connection: AsyncConnection, data: DataSet, done: Imported) -> None:
    known = {(row.kind, row.slug): row.data for row in await connection.execute(select(records))}
    rows = [
        {"kind": kind, "slug": record["slug"], "territory": record.get("territory"), "data": record}
        for place, kind in _KINDS.items()
        for record in data[place]
        if known.get((kind, record["slug"])) != record
    ]
    if rows:
        entry = insert(records)
        changed = {"territory": entry.excluded.territory, "data": entry.excluded.data}
        await connection.execute(entry.on_conflict_do_update(index_elements=["kind", "slug"], set_=changed), rows)
    done.records = len(rows)


async def _import_organisations(parts: ImportParts, connection: AsyncConnection, data: DataSet, done: Imported) -> None:
    known = {row.id: row.facts for row in await connection.execute(select(organisations))}
    for facts in _organisations(data):
        if known.get(facts["organisation"]) == facts:
            continue
        entry = insert(organisations).values(id=facts["organisation"], facts=facts)
        await connection.execute(
            entry.on_conflict_do_update(index_elements=["id"], set_={"facts": entry.excluded.facts})
        )
        await parts.outbox.add(connection, "changed.v1", facts["organisation"], facts)
        done.organisations += 1


def _organisations(data: DataSet) -> Iterator[dict[str, Any]]:
    """Service centres, oblast-wide agencies, and each territory's own office of every per-territory agency."""
    for centre in data["service_centres"]:
        yield _organisation(centre["slug"], "service-centre", centre, centre["territory"], None)
    for agency in data["agencies"]:
        if agency["scope"] != "per-territory":
            yield _organisation(agency["slug"], "executive-agency", agency, None, agency["slug"])
            continue
        for territory in data["territories"]:
            names = {f"name_{lang}": f"{agency[f'name_{lang}']}: {territory[f'name_{lang}']}" for lang in ("uk", "en")}
            office = f"{agency['slug']}--{territory['slug']}"
            yield _organisation(office, "executive-agency", names, territory["slug"], agency["slug"])


def _organisation(
    slug: str, kind: str, names: Mapping[str, Any], territory: str | None, agency: str | None
) -> dict[str, Any]:
    return {
        "organisation": slug,
        "kind": kind,
        "name": {"uk": names["name_uk"], "en": names["name_en"]},
        "territory": territory,
        "agency": agency,
        "active": True,
    }


async def _import_services(parts: ImportParts, connection: AsyncConnection, data: DataSet, done: Imported) -> None:
    scopes = {agency["slug"]: agency["scope"] for agency in data["agencies"]}
    latest = (
        select(versions.c.slug, versions.c.version, versions.c.definition)
        .ext(distinct_on(versions.c.slug))
        .order_by(versions.c.slug, versions.c.version.desc())
    )
    known = {row.slug: row for row in await connection.execute(latest)}
    for record in data["services"]:
        definition = definition_from(record, scopes[record["agency"]], parts.assertions)
        before = known.get(record["slug"])
        if before is not None and before.definition == definition:
            done.unchanged += 1
            continue
        version = before.version + 1 if before is not None else 1
        await _publish(parts, connection, definition, version)
        done.new_versions.append(f"{record['slug']} v{version}")


async def _publish(parts: ImportParts, connection: AsyncConnection, definition: dict[str, Any], version: int) -> None:
    slug = definition["slug"]
    row = {
        "slug": slug,
        "code": definition["code"],
        "version": version,
        "summary": summary(definition),
        "folded_name": fold(" ".join(definition["name"].values())),
        "folded_text": fold(" ".join([*definition["name"].values(), *definition["description"].values()])),
    }
    entry = insert(public_services).values(row)
    changed = {name: entry.excluded[name] for name in row if name != "slug"}
    await connection.execute(entry.on_conflict_do_update(index_elements=["slug"], set_=changed))
    version_row = {"slug": slug, "version": version, "valid_from": parts.today, "definition": definition}
    await connection.execute(insert(versions).values(version_row))
    facts = published_facts(definition, version, parts.today.isoformat())
    await parts.outbox.add(connection, "published.v1", slug, facts)


def summary(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list shows of a card, and what it is filtered by."""
    names = ("name", "kind", "agency", "life_events", "applicant_kinds", "channels", "term", "fee")
    return {name: definition[name] for name in names}
