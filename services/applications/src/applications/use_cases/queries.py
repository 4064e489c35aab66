"""The read side: rows shaped as they are shown, filtered in the query by what the caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, false, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from applications.domain.authority import Caller
from applications.domain.lifecycle import AGENCY_ROLES, CENTRE_ROLES
from applications.storage.projections import CardNotKnown
from applications.storage.tables import application_files, applications, cards, timeline, verifications
from shared.pagination import Window

_LIST = (
    applications.c.id,
    applications.c.reference,
    applications.c.state,
    applications.c.public_service,
    applications.c.centre,
    applications.c.agency,
    applications.c.submitted_at,
    applications.c.deadline_on,
    applications.c.assignee_id,
    cards.c.data["name"].label("service_name"),
)
_WITH_CARD = applications.outerjoin(
    cards, (cards.c.slug == applications.c.public_service) & (cards.c.version == applications.c.card_version)
)
# cases without a date come after those with one; the key of a page is this date and the id
_DUE = func.coalesce(applications.c.deadline_on, literal(date.max, Date))


@dataclass(frozen=True)
class ListWanted:
    """Which applications: all that the caller sees, or those in one state or of one's own; after which key."""

    limit: int
    after: tuple[Any, ...] | None
    state: str | None = None
    is_mine: bool = False


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """Return the condition that holds for the applications in which `caller` has a part."""
    conditions: list[ColumnElement[bool]] = []
    if _is_uuid(caller.account_id):
        conditions.append(applications.c.applicant_id == UUID(caller.account_id))
    if centres := caller.organisations(CENTRE_ROLES):
        conditions.append(applications.c.centre.in_(centres))
    if agencies := caller.organisations(AGENCY_ROLES):
        conditions.append(applications.c.agency.in_(agencies))
    return or_(false(), *conditions)


async def list_applications(connection: AsyncConnection, caller: Caller, wanted: ListWanted) -> Window[Any]:
    """Return a page: an officer's queue by legal deadline, or a citizen's own cases."""
    query = select(*_LIST, _DUE.label("due")).select_from(_WITH_CARD).where(visible_to(caller))
    if wanted.state:
        query = query.where(applications.c.state == wanted.state)
    if wanted.is_mine and _is_uuid(caller.account_id):
        mine = UUID(caller.account_id)
        query = query.where(or_(applications.c.assignee_id == mine, applications.c.applicant_id == mine))
    if wanted.after:
        query = query.where(tuple_(_DUE, applications.c.id) > wanted.after)
    rows = (await connection.execute(query.order_by(_DUE, applications.c.id).limit(wanted.limit + 1))).all()
    page = [whole(row, row.service_name) for row in rows[: wanted.limit]]
    return Window(page, (page[-1].due, page[-1].id) if len(rows) > wanted.limit else None)


async def find_application(connection: AsyncConnection, caller: Caller, application_id: UUID) -> Any:
    """Return the row with its card if the caller sees it, or None."""
    return await _first(connection, applications.c.id == application_id, visible_to(caller))


async def application_by_reference(connection: AsyncConnection, reference: str) -> Any:
    """Return the row with its card, if that is known, or None; who asks has not shown yet that they may see it."""
    query = select(applications, cards.c.data.label("card")).select_from(_WITH_CARD)
    return (await connection.execute(query.where(applications.c.reference == reference))).first()


async def application_with_card(connection: AsyncConnection, application_id: UUID) -> Any:
    """Return the row with its card for another service, or None."""
    return await _first(connection, applications.c.id == application_id)


async def _first(connection: AsyncConnection, *conditions: ColumnElement[bool]) -> Any:
    query = select(applications, cards.c.data.label("card")).select_from(_WITH_CARD).where(*conditions)
    row = (await connection.execute(query)).first()
    return row if row is None else whole(row, row.card)


def whole(row: Any, card: Any) -> Any:
    """Return the row, or raise CardNotKnown: a case that is there is never said to be absent."""
    if card is None:
        raise CardNotKnown
    return row


async def timeline_of(connection: AsyncConnection, application_id: UUID) -> Sequence[Any]:
    """Return the entries of an application's timeline, the first first."""
    query = select(timeline).where(timeline.c.application_id == application_id).order_by(timeline.c.sequence)
    return (await connection.execute(query)).all()


async def verifications_of(connection: AsyncConnection, application_id: UUID) -> Sequence[Any]:
    """Return the verifications of an application, in the order they were asked for."""
    query = select(verifications).where(verifications.c.application_id == application_id)
    return (await connection.execute(query.order_by(verifications.c.requested_at, verifications.c.requirement))).all()


async def files_of(connection: AsyncConnection, application_id: UUID) -> Sequence[Any]:
    """Return the documents attached to an application."""
    query = select(application_files).where(application_files.c.application_id == application_id)
    return (await connection.execute(query.order_by(application_files.c.document, application_files.c.sha256))).all()


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
