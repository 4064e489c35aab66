"""Rows as they are shown."""

from collections.abc import Sequence
from typing import Any

from applications.api.schemas import (
    ApplicationResponse,
    ApplicationSummary,
    ChangedResponse,
    DeadlineResponse,
    DocumentResponse,
    ProposalResponse,
    TimelineEntry,
    TrackResponse,
    VerificationResponse,
)
from applications.api.wording import EVENTS
from applications.domain.application import Application
from applications.domain.authority import Caller, Parties, roles_towards
from applications.domain.lifecycle import AGENCY_ROLES, State, allowed_verbs
from applications.storage.applications import deadline_from

_OF_THE_AGENCY = frozenset({"decision-proposed", "sent-back"})


def summary(row: Any) -> ApplicationSummary:
    """Return an application as lists show it."""
    return ApplicationSummary(
        id=row.id,
        reference=row.reference,
        state=row.state,
        public_service=row.public_service,
        service_name=row.service_name,
        centre=row.centre,
        agency=row.agency,
        submitted_at=row.submitted_at,
        deadline_on=row.deadline_on,
        assignee_id=row.assignee_id,
    )


def deadline(values: dict[str, Any] | None) -> DeadlineResponse | None:
    """Return a deadline with its explanation in both languages."""
    if values is None:
        return None
    computed = deadline_from(values)
    explanation = {language: computed.explain(language) for language in ("uk", "en")}
    return DeadlineResponse(on=computed.on, explanation=explanation, spans=values["spans"])


def case(
    row: Any,
    caller: Caller,
    *,
    form: dict[str, Any],
    documents: Sequence[Any],
    verifications: Sequence[Any],
) -> ApplicationResponse:
    """Return a case as `caller`, who has a part in it, sees it: a proposal is the agency's until it is decided."""
    roles = roles_towards(caller, _parties(row))
    sees_proposal = bool(roles & AGENCY_ROLES)
    return ApplicationResponse(
        id=row.id,
        reference=row.reference,
        state=row.state,
        public_service=row.public_service,
        service_name=row.card["name"],
        centre=row.centre,
        agency=row.agency,
        submitted_at=row.submitted_at,
        deadline_on=row.deadline_on,
        assignee_id=row.assignee_id,
        version=row.version,
        card_version=row.card_version,
        channel=row.channel,
        language=row.language,
        form=form,
        documents=[DocumentResponse.model_validate(document, from_attributes=True) for document in documents],
        verifications=[VerificationResponse.model_validate(item, from_attributes=True) for item in verifications],
        deadline=deadline(row.deadline),
        request=row.request if row.state == State.AWAITING_APPLICANT else None,
        proposal=_proposal(row.proposal) if sees_proposal else None,
        decision=_proposal(row.decision),
        allowed=[str(verb) for verb in allowed_verbs(State(row.state), roles)],
    )


def changed(application: Application) -> ChangedResponse:
    """Return the state after a step."""
    return ChangedResponse(
        id=application.id,
        state=application.state,
        version=application.version,
        deadline_on=application.deadline_on,
    )


def timeline(row: Any, caller: Caller, entries: Sequence[Any]) -> list[TimelineEntry]:
    """Return the timeline of a case as `caller` sees it: what is prepared for a decision is told to the agency alone."""
    is_agency = bool(roles_towards(caller, _parties(row)) & AGENCY_ROLES)
    return [entry(item, is_bare=item.event in _OF_THE_AGENCY and not is_agency) for item in entries]


def entry(row: Any, *, is_bare: bool = False) -> TimelineEntry:
    """Return one entry of the timeline; a bare one is without note and facts, which can be personal."""
    return TimelineEntry(
        sequence=row.sequence,
        at=row.at,
        event=row.event,
        text=dict(EVENTS[row.event]),
        actor_role=row.actor_role,
        organisation=row.organisation,
        note=None if is_bare else row.note,
        facts={} if is_bare else row.facts,
    )


def tracked(row: Any, entries: Sequence[Any]) -> TrackResponse:
    """Return what the holder of reference and access code sees."""
    return TrackResponse(
        reference=row.reference,
        state=row.state,
        public_service=row.public_service,
        service_name=row.card["name"],
        submitted_at=row.submitted_at,
        deadline=deadline(row.deadline),
        timeline=[entry(item, is_bare=True) for item in entries],
    )


def _parties(row: Any) -> Parties:
    return Parties(str(row.applicant_id), row.centre, row.agency)


def _proposal(values: dict[str, Any] | None) -> ProposalResponse | None:
    return None if values is None else ProposalResponse.model_validate({**values, "by": None})
