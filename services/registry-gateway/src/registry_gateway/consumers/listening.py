"""What the gateway does with events: keeps cards' checks, takes questions in, drops those of ended cases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from registry_gateway.consumers.worker import VerificationWorker
from registry_gateway.domain.lawfulness import check_from
from registry_gateway.use_cases.dependencies import build_dependencies
from registry_gateway.use_cases.take_in import cancel_questions, keep_card, keep_question
from shared.background import in_background
from shared.cloudevents import CloudEvent
from shared.consumer import Handler
from shared.runtime import Listening, Runtime


class CardPublished(BaseModel):
    slug: str
    version: int
    register_checks: list[dict[str, Any]]


class VerificationRequested(BaseModel):
    """The question and the case it is about."""

    verification_id: UUID
    application_id: UUID
    applicant_id: UUID
    reference: str
    public_service: str
    service_name: dict[str, str]
    card_version: int
    centre: str
    agency: str
    language: str
    requirement: str
    trigger: str
    occurred_at: datetime


class CaseEnded(BaseModel):
    application_id: UUID


async def _card_published(connection: AsyncConnection, event: CloudEvent, view: CardPublished) -> None:
    for check in view.register_checks:
        check_from(check)
    await keep_card(connection, view.model_dump() | {"told_at": event.time})


async def _requested(connection: AsyncConnection, _event: CloudEvent, view: VerificationRequested) -> None:
    question = view.model_dump(exclude={"verification_id", "occurred_at"})
    own = {"id": view.verification_id, "requested_at": view.occurred_at, "requested_by": "automatic"}
    await keep_question(connection, question | own)


async def _case_ended(connection: AsyncConnection, _event: CloudEvent, view: CaseEnded) -> None:
    await cancel_questions(connection, view.application_id)


PROJECTIONS = {"ua.virtual-office.catalog.published.v1": Handler(CardPublished, _card_published)}
HANDLERS = {
    **PROJECTIONS,
    "ua.virtual-office.applications.verification-requested.v1": Handler(VerificationRequested, _requested),
    "ua.virtual-office.applications.decided.v1": Handler(CaseEnded, _case_ended),
    "ua.virtual-office.applications.withdrawn.v1": Handler(CaseEnded, _case_ended),
}


@asynccontextmanager
async def listen(runtime: Runtime) -> AsyncIterator[Listening]:
    """Give the handlers and the worker that asks, woken by what they commit."""
    deps = build_dependencies(runtime.settings, runtime.database, clock=runtime.clock, http=runtime.http)
    worker = VerificationWorker(deps)
    async with in_background(deps.waker.run):
        yield Listening(HANDLERS, workers=[worker], after_commit=worker.wake)
