"""Withdraw a public service: from a date on no new application is taken; its card stays readable."""

from datetime import date

from sqlalchemy import select, update

from catalog.domain.errors import DayIsPast, EndsBeforeItBegins, UnknownPublicService
from catalog.domain.life import Editor
from catalog.storage.publication import tell_of_change
from catalog.storage.tables import public_services, versions
from catalog.use_cases.dependencies import Dependencies
from shared.database import Database
from shared.outbox import Outbox


async def withdraw_as_head(deps: Dependencies, editor: Editor, slug: str, on: date) -> None:
    """Withdraw by the head of the owner agency, from today or a later day.

    Raises UnknownPublicService, RoleNotAllowed, DayIsPast or EndsBeforeItBegins.
    """
    async with deps.database.reading() as connection:
        query = select(public_services.c.owner_agency).where(public_services.c.slug == slug)
        owner = (await connection.execute(query)).scalar()
    if owner is None:
        raise UnknownPublicService(slug)
    editor.demand_head(owner)
    if on < deps.today:
        raise DayIsPast(on, deps.today)
    await withdraw_public_service(deps.database, deps.outbox, slug, on)
    deps.waker.wake()


async def withdraw_public_service(database: Database, outbox: Outbox, slug: str, on: date) -> None:
    """Write the date and its event; the same date again changes nothing.

    Raises UnknownPublicService or EndsBeforeItBegins.
    """
    table = public_services
    async with database.transaction() as connection:
        known = select(table.c.withdrawn_on).where(table.c.slug == slug).with_for_update()
        row = (await connection.execute(known)).first()
        if row is None:
            raise UnknownPublicService(slug)
        if row.withdrawn_on == on:
            return
        newest = select(versions.c.version, versions.c.valid_from).where(versions.c.slug == slug)
        last = (await connection.execute(newest.order_by(versions.c.version.desc()).limit(1))).one()
        if on < last.valid_from:
            raise EndsBeforeItBegins(slug, last.valid_from)
        await connection.execute(update(table).where(table.c.slug == slug).values(withdrawn_on=on))
        facts = {"slug": slug, "version": last.version, "withdrawn_on": on.isoformat()}
        await outbox.add(connection, "withdrawn.v1", slug, facts)
        await tell_of_change(connection)
