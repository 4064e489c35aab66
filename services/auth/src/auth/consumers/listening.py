"""What auth does with events: knows the organisations in which mandates are held."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import organisations
from shared.cloudevents import CloudEvent
from shared.consumer import Handler
from shared.runtime import Listening, Runtime


class OrganisationChanged(BaseModel):
    """What auth needs of an organisation."""

    organisation: str
    kind: str
    active: bool


async def _organisation_changed(connection: AsyncConnection, _event: CloudEvent, view: OrganisationChanged) -> None:
    entry = insert(organisations).values(id=view.organisation, kind=view.kind, is_active=view.active)
    changed = {"kind": entry.excluded.kind, "is_active": entry.excluded.is_active}
    await connection.execute(entry.on_conflict_do_update(index_elements=["id"], set_=changed))


HANDLERS = {"ua.virtual-office.catalog.changed.v1": Handler(OrganisationChanged, _organisation_changed)}


@asynccontextmanager
async def listen(_runtime: Runtime) -> AsyncIterator[Listening]:
    """Give the handlers; auth has no workers of its own."""
    yield Listening(HANDLERS)
