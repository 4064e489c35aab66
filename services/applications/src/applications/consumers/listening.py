"""What applications does with events: keeps the catalogue's cards and organisations, and the results of verifications."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy.ext.asyncio import AsyncConnection

from applications.domain.card import card_from
from applications.storage.projections import keep_card, keep_organisation, keep_withdrawal
from applications.use_cases.record_verification import VerificationNews, record_verification
from shared.cloudevents import CloudEvent
from shared.consumer import Handler
from shared.runtime import Listening, Runtime


class CardPublished(BaseModel):
    """A published version; the whole of it is kept."""

    model_config = ConfigDict(extra="allow")

    slug: str
    version: int
    valid_from: date
    valid_to: date | None = None


class CardWithdrawn(BaseModel):
    slug: str
    version: int
    withdrawn_on: date


class OrganisationChanged(BaseModel):
    organisation: str
    kind: str
    name: dict[str, str]
    territory: str | None
    active: bool


class VerificationCompleted(BaseModel):
    verification_id: UUID
    application_id: UUID
    requirement: str
    outcome: str
    fields: list[dict[str, Any]]
    checked_at: datetime


class VerificationDelayed(BaseModel):
    verification_id: UUID
    application_id: UUID
    requirement: str


async def _card_published(connection: AsyncConnection, event: CloudEvent, _view: CardPublished) -> None:
    card_from(event.data)
    await keep_card(connection, event.data, event.time)


async def _card_withdrawn(connection: AsyncConnection, event: CloudEvent, view: CardWithdrawn) -> None:
    await keep_withdrawal(connection, view.model_dump() | {"told_at": event.time})


async def _organisation_changed(connection: AsyncConnection, event: CloudEvent, view: OrganisationChanged) -> None:
    row = {
        "id": view.organisation,
        "kind": view.kind,
        "name": view.name,
        "territory": view.territory,
        "is_active": view.active,
        "told_at": event.time,
    }
    await keep_organisation(connection, row)


async def _verification_completed(connection: AsyncConnection, _event: CloudEvent, view: VerificationCompleted) -> None:
    news = VerificationNews(
        verification_id=view.verification_id,
        application_id=view.application_id,
        requirement=view.requirement,
        state="completed",
        at=view.checked_at,
        outcome=view.outcome,
        fields=view.fields,
    )
    await record_verification(connection, news)


async def _verification_delayed(connection: AsyncConnection, event: CloudEvent, view: VerificationDelayed) -> None:
    news = VerificationNews(view.verification_id, view.application_id, view.requirement, "delayed", event.time)
    await record_verification(connection, news)


PROJECTIONS = {
    "ua.virtual-office.catalog.published.v1": Handler(CardPublished, _card_published),
    "ua.virtual-office.catalog.withdrawn.v1": Handler(CardWithdrawn, _card_withdrawn),
    "ua.virtual-office.catalog.changed.v1": Handler(OrganisationChanged, _organisation_changed),
}
HANDLERS = {
    **PROJECTIONS,
    "ua.virtual-office.registry-gateway.completed.v1": Handler(VerificationCompleted, _verification_completed),
    "ua.virtual-office.registry-gateway.delayed.v1": Handler(VerificationDelayed, _verification_delayed),
}


@asynccontextmanager
async def listen(_runtime: Runtime) -> AsyncIterator[Listening]:
    """Give the handlers; applications has no workers of its own."""
    yield Listening(HANDLERS)
