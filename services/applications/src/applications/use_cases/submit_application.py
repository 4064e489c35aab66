"""Submit an application: form, documents and consent in one call; a retried call gets the first answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from applications.domain.application import Application, common_facts
from applications.domain.assurance import is_sure_enough
from applications.domain.authority import Parties
from applications.domain.calendar import kyiv_date
from applications.domain.errors import (
    ApplicationRefused,
    AuthenticationInsufficient,
    ChannelNotOffered,
    DocumentsMissing,
    FileNotUploaded,
    ServiceWithdrawn,
    UnknownDocument,
)
from applications.domain.lifecycle import State
from applications.domain.reference import access_code, format_reference
from applications.storage.submission import Attachment, SubmissionRow, known_answer, write_submission
from applications.use_cases.cards import ReadyCard
from applications.use_cases.dependencies import Dependencies, seal_form
from shared.idempotency import IdempotencyKeyReused
from shared.ids import new_id

_TRIES = 3
# how a channel of the API is called on the card
_ONLINE = "online"
_CHANNELS = {_ONLINE: "online"}


@dataclass(frozen=True)
class Submission:
    """What the applicant hands in. `fingerprint` tells one request from another under the same key."""

    applicant_id: UUID
    acr: str | None
    key: str
    fingerprint: bytes
    public_service: str
    centre: str
    channel: str
    language: str
    form: Mapping[str, Any]
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True)
class Receipt:
    """What the applicant gets: keep the reference and the access code to follow the case without an account."""

    application_id: UUID
    reference: str
    access_code: str
    state: str
    submitted_at: str
    is_repeat: bool = False


async def submit_application(deps: Dependencies, submission: Submission) -> Receipt:
    """Write the application and its event in one transaction, and return its receipt.

    Raises UnknownService, ServiceWithdrawn, UnknownCentre, ChannelNotOffered, AuthenticationInsufficient, FormInvalid,
    DocumentsMissing, UnknownDocument, FileNotUploaded, IdempotencyKeyReused.
    """
    try:
        return await _submit_new(deps, submission)
    except ApplicationRefused:
        # what was taken before the card changed is answered as it was then
        if earlier := await _earlier(deps, submission):
            return earlier
    # the card at hand may be outdated: nobody is refused on an old one
    deps.cards.forget(submission.public_service, submission.centre)
    return await _submit_new(deps, submission)


async def _submit_new(deps: Dependencies, submission: Submission) -> Receipt:
    for _ in range(_TRIES):
        territory = await deps.cards.territory_of(submission.centre)
        ready = await deps.cards.get(submission.public_service, kyiv_date(deps.clock.now()))
        _check(submission, ready)
        row = await _row(deps, submission, ready, territory)
        written = await write_submission(deps.database, row)
        if written.is_written:
            deps.waker.wake()
            return _receipt(deps, row.answer, is_repeat=False)
        if earlier := await _earlier(deps, submission):
            return earlier
        if missing := {attachment.sha256 for attachment in submission.attachments} - written.found_files:
            raise FileNotUploaded(sorted(missing))
        deps.cards.forget(submission.public_service, submission.centre)
    raise ServiceWithdrawn(submission.public_service)


async def _earlier(deps: Dependencies, submission: Submission) -> Receipt | None:
    """Return the receipt that was given under the same key, or raise IdempotencyKeyReused."""
    known = await known_answer(deps.database, submission.applicant_id, submission.key)
    if known is None:
        return None
    if known[0] != submission.fingerprint:
        raise IdempotencyKeyReused
    return _receipt(deps, known[2], is_repeat=True)


def _check(submission: Submission, ready: ReadyCard) -> None:
    card = ready.card
    if _CHANNELS[submission.channel] not in card.channels:
        raise ChannelNotOffered(submission.channel, card.channels)
    if submission.channel == _ONLINE and not is_sure_enough(submission.acr, card.assurance_level):
        raise AuthenticationInsufficient(card.assurance_level)
    ready.check_form(dict(submission.form))
    attached = frozenset(attachment.document for attachment in submission.attachments)
    if unknown := attached - {document.slug for document in card.documents}:
        raise UnknownDocument(sorted(unknown), [document.slug for document in card.documents])
    if missing := card.missing_documents(attached):
        raise DocumentsMissing(missing)


async def _row(deps: Dependencies, submission: Submission, ready: ReadyCard, territory: str) -> SubmissionRow:
    now = deps.clock.now()
    application_id, today = new_id(), kyiv_date(now)
    application = Application(
        id=application_id,
        reference=format_reference(today.year, await deps.numbers.take(today.year)),
        parties=Parties(str(submission.applicant_id), submission.centre, ready.card.office(territory)),
        card=ready.card,
        language=submission.language,
        channel=submission.channel,
        territory=territory,
        state=State.SUBMITTED,
        submitted_at=now,
    )
    application.submit(now)
    (entry,) = application.recorded
    facts = common_facts(application, entry) | entry.event.facts()
    return SubmissionRow(
        key=submission.key,
        fingerprint=submission.fingerprint,
        answer={
            "id": str(application_id),
            "reference": application.reference,
            "state": str(application.state),
            "submitted_at": facts["occurred_at"],
        },
        application_id=application_id,
        reference=application.reference,
        slug=ready.card.slug,
        card_version=ready.card.version,
        last_change=ready.last_change,
        centre=submission.centre,
        territory=territory,
        attachments=submission.attachments,
        applicant_id=submission.applicant_id,
        language=submission.language,
        channel=submission.channel,
        agency=application.parties.agency,
        form_sealed=seal_form(deps.cipher, application_id, dict(submission.form)),
        facts=entry.event.facts(),
        outbox=deps.outbox.row("submitted.v1", str(application_id), facts),
    )


def _receipt(deps: Dependencies, answer: Mapping[str, Any], *, is_repeat: bool) -> Receipt:
    application_id = UUID(answer["id"])
    return Receipt(
        application_id=application_id,
        reference=answer["reference"],
        access_code=access_code(application_id, deps.access_key),
        state=answer["state"],
        submitted_at=answer["submitted_at"],
        is_repeat=is_repeat,
    )
