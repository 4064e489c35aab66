"""Withdraw a public service: from a date on no new application is taken; its card stays readable."""

from datetime import date

from sqlalchemy import select, text, update

from catalog.storage.tables import public_services
from catalog.use_cases.import_data import CHANGED
from shared.database import Database
from shared.outbox import Outbox


class UnknownPublicService(Exception):
    """No public service has this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is no public service '{slug}'.")


async def withdraw_public_service(database: Database, outbox: Outbox, slug: str, on: date) -> None:
    """Write the date and its event; the same date again changes nothing. Raises UnknownPublicService."""
    table = public_services
    async with database.transaction() as connection:
        known = select(table.c.version, table.c.withdrawn_on).where(table.c.slug == slug).with_for_update()
        row = (await connection.execute(known)).first()
        if row is None:
            raise UnknownPublicService(slug)
        if row.withdrawn_on == on:
            return
        await connection.execute(update(table).where(table.c.slug == slug).values(withdrawn_on=on))
        facts = {"slug": slug, "version": row.version, "withdrawn_on": on.isoformat()}
        await outbox.add(connection, "withdrawn.v1", slug, facts)
        await connection.execute(text(f"NOTIFY {CHANGED}"))
