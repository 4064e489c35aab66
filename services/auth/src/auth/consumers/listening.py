"""What auth does with events: knows the organisations in which mandates are held. Beside it expired rows are deleted.

Of two events about one organisation the last told holds, by the time that each carries, in whatever order they come.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from pydantic import BaseModel
from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import organisations
from auth.use_cases.delete_expired import delete_expired
from shared.cloudevents import CloudEvent
from shared.consumer import Handler
from shared.housekeeping import Housekeeping
from shared.runtime import Listening, Runtime


class OrganisationChanged(BaseModel):
    """What auth needs of an organisation."""

    organisation: str
    kind: str
    active: bool


async def _organisation_changed(connection: AsyncConnection, event: CloudEvent, view: OrganisationChanged) -> None:
    row = {"id": view.organisation, "kind": view.kind, "is_active": view.active, "told_at": event.time}
    entry = insert(organisations).values(row)
    is_last = or_(organisations.c.told_at.is_(None), organisations.c.told_at <= entry.excluded.told_at)
    changed = {name: entry.excluded[name] for name in row if name != "id"}
    await connection.execute(entry.on_conflict_do_update(index_elements=["id"], set_=changed, where=is_last))


PROJECTIONS = {"ua.virtual-office.catalog.changed.v1": Handler(OrganisationChanged, _organisation_changed)}
HANDLERS = PROJECTIONS


@asynccontextmanager
async def listen(runtime: Runtime) -> AsyncIterator[Listening]:
    """Give the handlers, and the worker that deletes once an hour what has had its time."""
    yield Listening(HANDLERS, [Housekeeping(partial(delete_expired, runtime.database, runtime.clock))])
