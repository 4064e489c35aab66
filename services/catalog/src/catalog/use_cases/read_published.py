"""What a kiosk or a post office needs of the catalogue on one day: cards in force, places, bodies, life events."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.code_lists import name_of
from catalog.domain.definition import assurance_level
from catalog.domain.form_order import form_order
from catalog.storage.place_tables import access_points, centre_exceptions, centre_offers, service_centres, territories
from catalog.storage.tables import public_services, records, versions
from catalog.use_cases.queries import in_force

Published = tuple[str, str, dict[str, Any]]
_CARDS_AT_ONCE = 20
# how the body works on a case is not what those need who tell of it and take it in
_INSIDE = frozenset({"decision_policy", "responsible_role", "technological_card"})


async def read_published(connection: AsyncConnection, on: date) -> AsyncIterator[Published]:
    """Yield (list, slug, entry) of everything; the transaction of `connection` sees one moment of the catalogue."""
    events: set[str] = set()
    columns = (versions.c.slug, versions.c.version, versions.c.valid_from, versions.c.definition)
    async with connection.stream(_a_few_at_a_time(in_force(on, *columns, public_services.c.withdrawn_on))) as cards:
        async for row in cards:
            events.update(row.definition["life_events"])
            yield "public_services", row.slug, _card(row)
    for event in events:
        yield "life_events", event, {"slug": event, "name": name_of("life-event", event)}
    for row in await connection.execute(select(territories)):
        yield "territories", row.slug, {**row.data, "parent": row.parent}
    for row in await connection.execute(select(records.c.slug, records.c.data).where(records.c.kind == "agency")):
        yield "agencies", row.slug, row.data
    async for published in _places(connection, on):
        yield published


async def _places(connection: AsyncConnection, on: date) -> AsyncIterator[Published]:
    exceptions, offers = await _exceptions(connection, on), await _offers(connection)
    for row in await connection.execute(select(service_centres.c.slug, service_centres.c.data)):
        own = {"exceptions": exceptions.get(row.slug, []), "offers": offers.get(row.slug, [])}
        yield "service_centres", row.slug, row.data | own
    table = access_points
    for row in await connection.execute(select(table)):
        own = {name: getattr(row, name) for name in ("kind", "territory", "centre", "lat", "lon", "is_approximate")}
        yield "access_points", row.slug, row.data | own


async def _exceptions(connection: AsyncConnection, on: date) -> dict[str, list[dict[str, Any]]]:
    """Return the exceptions of each centre that are not over: holidays, power cuts."""
    table, found = centre_exceptions, dict[str, list[dict[str, Any]]]()
    query = select(table).where(table.c.to_on >= on).order_by(table.c.from_on, table.c.id)
    for row in await connection.execute(query):
        days = {"from_on": row.from_on.isoformat(), "to_on": row.to_on.isoformat()}
        said = {name: getattr(row, name) for name in ("kind", "hours", "closed", "reason")}
        found.setdefault(row.centre, []).append(days | said)
    return found


async def _offers(connection: AsyncConnection) -> dict[str, list[dict[str, Any]]]:
    """Return where each centre differs from the rule that it offers what can be applied for in service centres."""
    table, found = centre_offers, dict[str, list[dict[str, Any]]]()
    for row in await connection.execute(select(table).order_by(table.c.public_service)):
        differs = {"public_service": row.public_service, "is_offered": row.is_offered}
        found.setdefault(row.centre, []).append(differs)
    return found


def _card(row: Any) -> dict[str, Any]:
    until = row.withdrawn_on.isoformat() if row.withdrawn_on else None
    dated = {"version": row.version, "valid_from": row.valid_from.isoformat(), "withdrawn_on": until}
    told = {name: value for name, value in row.definition.items() if name not in _INSIDE}
    order = form_order(row.definition["form"])
    return told | dated | {"assurance_level": assurance_level(row.definition), "form_order": order}


def _a_few_at_a_time(query: Select[Any]) -> Select[Any]:
    """A card is a large object: hold few of them, and let other work go on in between."""
    return query.execution_options(max_row_buffer=_CARDS_AT_ONCE)
