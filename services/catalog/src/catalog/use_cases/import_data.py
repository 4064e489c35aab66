"""Import a data set: all or nothing, and only what changed becomes a new version or an event."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.assertions import Assertions
from catalog.domain.data_set import BODIES, PLACES, DataSet, Fault, Record
from catalog.domain.difference import Difference, definition_differences, differences
from catalog.domain.errors import DayIsPast, PublicServiceWithdrawn, VersionsOverlap
from catalog.domain.faults import Tell, find_faults, quiet, surroundings_of
from catalog.domain.wanted import Wanted, wanted_versions
from catalog.storage.gathered_events import GatheredEvents
from catalog.storage.lists import codes_of_services, places_and_bodies, versions_from
from catalog.storage.places import keep_places
from catalog.storage.publication import publish, tell_of_change
from catalog.storage.tables import organisations, records
from shared.database import Database
from shared.outbox import Outbox

_KINDS = {
    "agencies": "agency",
    "registers": "register",
}
_AT_ONCE = 20


class ImportRefused(Exception):
    """The data set has faults; nothing was written."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


@dataclass(frozen=True)
class Change:
    """A record that is new or differs; `version` and `valid_from` are those of a public service."""

    kind: str
    slug: str
    is_new: bool
    differences: list[Difference]
    version: int | None = None
    valid_from: date | None = None


@dataclass
class Imported:
    """What the import changed, or would change."""

    unchanged: int = 0
    organisations: int = 0
    records: int = 0
    places: int = 0
    changes: list[Change] = field(default_factory=list)

    @property
    def new_versions(self) -> list[str]:
        return [f"{change.slug} v{change.version}" for change in self.changes if change.version]


@dataclass(frozen=True)
class ImportParts:
    """What the import works with; `today` is the Kyiv date from which new versions are valid."""

    database: Database
    outbox: Outbox
    assertions: Assertions
    today: date


async def import_data(
    parts: ImportParts,
    data: DataSet,
    *,
    is_dry_run: bool = False,
    unread: Sequence[Fault] = (),
    tell: Tell = quiet,
) -> Imported:
    """Write the data set and its events in one transaction; `unread` are faults that were found before.

    Raises ImportRefused with every fault.
    """
    done = Imported()
    async with parts.database.transaction() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('import'))"))
        known = await places_and_bodies(connection)
        codes = await codes_of_services(connection)
        known.add("services", [{"slug": slug} for slug in codes], file="the catalogue")
        # where nothing could be read, that is all there is to say
        found = [] if unread and data.is_empty else find_faults(data, known, parts.assertions, tell)
        if faults := [*unread, *found]:
            raise ImportRefused(faults)
        whole = data.over(known)
        wanted = list(wanted_versions(data, parts.assertions, surroundings_of(whole).agencies))
        if faults := _taken_codes(codes, wanted):
            raise ImportRefused(faults)
        done.changes += _changed_records(data, known)
        await _import_records(connection, data, done)
        done.places = (await keep_places(connection, whole)).total
        events = GatheredEvents(parts.outbox)
        await _import_organisations(connection, events, whole, done)
        await _import_versions(replace(parts, outbox=events), connection, wanted, done, tell)
        await events.write(connection)
        await tell_of_change(connection)
        if is_dry_run:
            await connection.rollback()
    return done


def _taken_codes(codes: Mapping[str, str], wanted: Sequence[Wanted]) -> list[Fault]:
    """A code names one public service for good, also when that one is no longer in the data set."""
    owners = {code: slug for slug, code in codes.items()}
    return [
        Fault(version.where("/code"), f"'{version.definition['code']}' is the code of {owner}")
        for version in wanted
        if (owner := owners.get(version.definition["code"], version.slug)) != version.slug
    ]


def _changed_records(data: DataSet, known: DataSet) -> Iterator[Change]:
    """Return the places and bodies that are new or differ; what the catalogue itself adds to a record is no difference."""
    for name in (*PLACES, *BODIES):
        before = {record["slug"]: record for record in known[name]}
        added = {"kind", "status", "name_uk", "name_en", "centre"} if name in {PLACES[1], PLACES[3]} else set()
        for record in data[name]:
            if (was := before.get(record["slug"])) is None:
                yield Change(name, record["slug"], is_new=True, differences=[])
                continue
            becomes = {member: was[member] for member in added & was.keys()} | record
            if found := list(differences(was, becomes)):
                yield Change(name, record["slug"], is_new=False, differences=found)


async def _import_records(connection: AsyncConnection, data: DataSet, done: Imported) -> None:
    changed = {(change.kind, change.slug) for change in done.changes}
    rows = [
        {"kind": kind, "slug": record["slug"], "territory": record.get("territory"), "data": record}
        for name, kind in _KINDS.items()
        for record in data[name]
        if (name, record["slug"]) in changed
    ]
    if rows:
        entry = insert(records)
        updated = {"territory": entry.excluded.territory, "data": entry.excluded.data}
        await connection.execute(entry.on_conflict_do_update(index_elements=["kind", "slug"], set_=updated), rows)
    done.records = len(rows)


async def _import_organisations(
    connection: AsyncConnection, events: GatheredEvents, whole: DataSet, done: Imported
) -> None:
    known = {row.id: row.facts for row in await connection.execute(organisations.select())}
    changed = [facts for facts in _organisations(whole) if known.get(facts["organisation"]) != facts]
    if not changed:
        return
    entry = insert(organisations)
    entry = entry.on_conflict_do_update(index_elements=["id"], set_={"facts": entry.excluded.facts})
    await connection.execute(entry, [{"id": facts["organisation"], "facts": facts} for facts in changed])
    for facts in changed:
        await events.add(connection, "changed.v1", facts["organisation"], facts)
    done.organisations = len(changed)


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


async def _import_versions(
    parts: ImportParts, connection: AsyncConnection, wanted: Sequence[Wanted], done: Imported, tell: Tell
) -> None:
    """Publish what differs from what is valid on its first day. Raises ImportRefused with all that cannot begin then."""
    timeline = await versions_from(connection, parts.today)
    faults: list[Fault] = []
    ordered = sorted(wanted, key=lambda version: version.valid_from or parts.today)
    for number, version in enumerate(ordered):
        if number % _AT_ONCE == 0:
            tell("publishing", number, len(ordered))
        begins = version.valid_from or parts.today
        known = timeline.setdefault(version.slug, [])
        before = next((definition for day, definition in reversed(known) if day <= max(begins, parts.today)), None)
        changes = list(definition_differences(before, version.definition)) if before else []
        if (before and not changes) or (version.valid_from is None and _is_coming(known, version)):
            done.unchanged += 1
            continue
        published = await _publish(parts, connection, version)
        if isinstance(published, Fault):
            faults.append(published)
            continue
        known.append((begins, dict(version.definition)))
        is_new = before is None
        done.changes.append(Change("public_services", version.slug, is_new, changes, published, begins))
    if faults:
        raise ImportRefused(faults)


async def _publish(parts: ImportParts, connection: AsyncConnection, version: Wanted) -> int | Fault:
    """Publish a version, and return its number or why it cannot begin on that day."""
    begins = version.valid_from or parts.today
    place = version.place / ("valid_from" if version.valid_from else "slug")
    if begins < parts.today:
        return Fault(place, str(DayIsPast(begins, parts.today)))
    try:
        return await publish(connection, parts.outbox, version.definition, valid_from=begins, by="import")
    except (VersionsOverlap, PublicServiceWithdrawn) as error:
        return Fault(place, str(error))


def _is_coming(known: Sequence[tuple[date, Record]], version: Wanted) -> bool:
    """Tell whether the newest version, which begins later, says what is wanted already."""
    return bool(known) and not any(definition_differences(known[-1][1], version.definition))
