"""What notifications does with events: makes messages of those that the applicant is told of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from notifications.consumers.worker import MessageWorker
from notifications.domain.messages import TOLD
from notifications.use_cases.dependencies import build_dependencies
from notifications.use_cases.take_in_event import take_in_event
from shared.background import in_background
from shared.clock import Clock
from shared.cloudevents import CloudEvent
from shared.consumer import Handler
from shared.runtime import Listening, Runtime


class CaseNews(BaseModel):
    """Whose case it is and in which language it is told."""

    application_id: UUID
    applicant_id: UUID
    centre: str
    agency: str
    language: Literal["uk", "en"]


def handlers(clock: Clock) -> dict[str, Handler]:
    """Return the handlers: one for every event that the applicant is told of."""

    async def tell(connection: AsyncConnection, event: CloudEvent, view: CaseNews) -> None:
        await take_in_event(connection, event, view.model_dump(), clock.now())

    return {event_type: Handler(CaseNews, tell) for event_type in TOLD}


@asynccontextmanager
async def listen(runtime: Runtime) -> AsyncIterator[Listening]:
    """Give the handlers and the worker that sends, woken by what they commit."""
    deps = build_dependencies(runtime.settings, runtime.database, clock=runtime.clock, http=runtime.http)
    worker = MessageWorker(deps)
    async with in_background(deps.waker.run):
        yield Listening(handlers(runtime.clock), workers=[worker], after_commit=worker.wake)
