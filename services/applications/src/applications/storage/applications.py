"""Applications as rows: one aggregate, its timeline and its events, written together."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from applications.domain.application import Application, Proposal, Recorded, common_facts
from applications.domain.authority import Parties
from applications.domain.card import card_from
from applications.domain.clock import Deadline, Span, Suspension
from applications.domain.errors import ApplicationNotFound
from applications.domain.events import VerificationRequested
from applications.domain.lifecycle import State
from applications.storage import tables
from applications.storage.projections import CardNotKnown
from shared.outbox import Outbox


class Applications:
    """The applications in one transaction."""

    def __init__(self, connection: AsyncConnection, outbox: Outbox) -> None:
        self._connection = connection
        self._outbox = outbox

    async def get(self, application_id: UUID) -> Application:
        """Return an application, locked until the transaction ends, or raise ApplicationNotFound or CardNotKnown."""
        row = (
            await self._connection.execute(_with_card(application_id).with_for_update(of=tables.applications))
        ).first()
        if row is None:
            raise ApplicationNotFound
        if row.card is None:
            raise CardNotKnown
        return application_from(row)

    async def form_sealed(self, application_id: UUID) -> bytes:
        """Return the encrypted form."""
        query = select(tables.applications.c.form_sealed).where(tables.applications.c.id == application_id)
        return bytes((await self._connection.execute(query)).scalar_one())

    async def save(self, application: Application) -> None:
        """Write the changes of an application that was got, what was recorded, and its events."""
        table = tables.applications
        change = update(table).where(table.c.id == application.id)
        application.version += 1
        await self._connection.execute(change.values(**_changed_columns(application)))
        await self.write_records(application)

    async def write_records(self, application: Application) -> None:
        """Write the timeline entries and events that the application recorded."""
        for entry in application.recorded:
            await self._connection.execute(insert(tables.timeline), timeline_row(application.id, entry))
            facts = common_facts(application, entry) | entry.event.facts()
            await self._outbox.add(self._connection, f"{entry.event.name}.v1", str(application.id), facts)
            if isinstance(entry.event, VerificationRequested):
                await self._connection.execute(insert(tables.verifications), _asked(application.id, entry, entry.event))
        application.recorded.clear()


def _with_card(application_id: UUID) -> Any:
    cards, table = tables.cards, tables.applications
    joined = table.outerjoin(
        cards, (cards.c.slug == table.c.public_service) & (cards.c.version == table.c.card_version)
    )
    return select(table, cards.c.data.label("card")).select_from(joined).where(table.c.id == application_id)


def timeline_row(application_id: UUID, entry: Recorded) -> dict[str, Any]:
    """Return the row of one timeline entry."""
    return {
        "application_id": application_id,
        "sequence": entry.sequence,
        "at": entry.at,
        "event": entry.event.name,
        "actor_id": entry.actor_id,
        "actor_role": entry.actor_role,
        "organisation": entry.organisation,
        "note": entry.note,
        "facts": entry.event.facts(),
    }


def _asked(application_id: UUID, entry: Recorded, event: VerificationRequested) -> dict[str, Any]:
    return {
        "id": event.verification_id,
        "application_id": application_id,
        "requirement": event.requirement,
        "state": "requested",
        "requested_at": entry.at,
    }


def _changed_columns(application: Application) -> dict[str, Any]:
    return {
        "state": application.state,
        "registered_at": application.registered_at,
        "deadline_on": application.deadline_on,
        "deadline": application.deadline.to_dict() if application.deadline else None,
        "suspensions": [
            {"since": pause.since.isoformat(), "until": pause.until and pause.until.isoformat()}
            for pause in application.suspensions
        ],
        "extension_days": application.extension_days,
        "assignee_id": application.assignee_id and UUID(application.assignee_id),
        "proposal": _proposal_values(application.proposal),
        "decision": _proposal_values(application.decision),
        "request": application.request,
        "version": application.version,
        "sequence": application.sequence,
    }


def _proposal_values(proposal: Proposal | None) -> dict[str, Any] | None:
    if proposal is None:
        return None
    return {**vars(proposal), "refusal_codes": list(proposal.refusal_codes), "at": proposal.at.isoformat()}


def _proposal(values: dict[str, Any] | None) -> Proposal | None:
    if values is None:
        return None
    at = datetime.fromisoformat(values["at"])
    return Proposal(**{**values, "refusal_codes": tuple(values["refusal_codes"]), "at": at})


def application_from(row: Row[Any]) -> Application:
    """Return the aggregate of a row joined with its card."""
    return Application(
        id=row.id,
        reference=row.reference,
        parties=Parties(str(row.applicant_id), row.centre, row.agency),
        card=card_from(row.card),
        language=row.language,
        channel=row.channel,
        territory=row.territory,
        state=State(row.state),
        submitted_at=row.submitted_at,
        registered_at=row.registered_at,
        deadline=deadline_from(row.deadline) if row.deadline else None,
        suspensions=tuple(
            Suspension(
                datetime.fromisoformat(pause["since"]),
                datetime.fromisoformat(pause["until"]) if pause["until"] else None,
            )
            for pause in row.suspensions
        ),
        extension_days=row.extension_days,
        assignee_id=str(row.assignee_id) if row.assignee_id else None,
        proposal=_proposal(row.proposal),
        decision=_proposal(row.decision),
        request=row.request,
        version=row.version,
        sequence=row.sequence,
    )


def deadline_from(values: dict[str, Any]) -> Deadline:
    """Return the deadline of its JSON values."""
    spans = tuple(
        Span(**{**span, "since": _date(span["since"]), "until": _date(span["until"])}) for span in values["spans"]
    )
    read = {"on": _date(values["on"]) if values["on"] else None, "counted_from": _date(values["counted_from"])}
    return Deadline(**{**values, **read, "spans": spans})


def _date(text: str) -> Any:
    return datetime.fromisoformat(text).date()
