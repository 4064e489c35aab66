"""The application: one request for one public service, from submission to decision.

Each verb checks who asks and in which state, changes the application and records what happened; nothing else changes it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from applications.domain import events
from applications.domain.authority import Caller, Parties, authorise
from applications.domain.calendar import WorkingCalendar
from applications.domain.card import Card, RegisterCheck
from applications.domain.clock import Deadline, Suspension, compute_deadline
from applications.domain.errors import (
    AlreadyAssigned,
    AlreadyExtended,
    OutcomeNotAllowed,
    OwnProposal,
    ReasonMissing,
    RefusalCodeMissing,
    UnknownRefusalCode,
)
from applications.domain.lifecycle import CENTRE_ROLES, Role, State, Verb

GRANTED, REFUSED = "granted", "refused"
_HEAD_DECIDES = "head"


@dataclass(frozen=True)
class Proposal:
    """A decision as proposed, or as made: outcome, refusal codes of the card, reason, by whom and when."""

    outcome: str
    refusal_codes: tuple[str, ...]
    reason: str | None
    by: str
    at: datetime


@dataclass(frozen=True)
class Recorded:
    """One entry of the timeline, and the event that tells of it."""

    sequence: int
    at: datetime
    event: events.Event
    actor_id: str
    actor_role: str
    organisation: str | None
    note: str | None
    state: State


@dataclass
class Application:
    """One application. `version` counts changes (optimistic locking), `sequence` what was recorded."""

    id: UUID
    reference: str
    parties: Parties
    card: Card
    language: str
    channel: str
    territory: str
    state: State
    submitted_at: datetime
    registered_at: datetime | None = None
    deadline: Deadline | None = None
    suspensions: tuple[Suspension, ...] = ()
    extension_days: int = 0
    assignee_id: str | None = None
    proposal: Proposal | None = None
    decision: Proposal | None = None
    request: str | None = None
    version: int = 1
    sequence: int = 0
    recorded: list[Recorded] = field(default_factory=list)

    @property
    def deadline_on(self) -> date | None:
        return self.deadline.on if self.deadline else None

    def submit(self, at: datetime) -> None:
        """Record the submission of a new application."""
        event = events.ApplicationSubmitted(channel=self.channel, territory=self.territory)
        self._record(event, Step(self.parties.applicant_id, Role.CITIZEN, None, at))

    def register(self, caller: Caller, at: datetime, calendar: WorkingCalendar) -> None:
        """The centre takes the application in: the clock starts (Law 2073-IX, art. 34)."""
        step = self._authorise(caller, Verb.REGISTER, at)
        self.registered_at = at
        self.deadline = self._compute(calendar)
        self.state = State.REGISTERED
        self._record(events.ApplicationRegistered(at, self.deadline_on), step)

    def request_verification(self, verification_id: UUID, check: RegisterCheck, at: datetime) -> None:
        """Ask a register, as the card provides on registration."""
        event = events.VerificationRequested(verification_id, check.register, "automatic")
        self._record(event, Step("system", "system", None, at))

    def return_incomplete(self, caller: Caller, at: datetime, reason: str) -> None:
        """The centre sends the application back to be completed; `reason` says what is missing."""
        step = self._authorise(caller, Verb.RETURN, at, note=_words(reason))
        self.state = State.RETURNED
        self._record(events.ApplicationReturned(), step)

    def resubmit(self, caller: Caller, at: datetime) -> None:
        """The applicant sends a returned application again."""
        step = self._authorise(caller, Verb.RESUBMIT, at)
        self.state = State.SUBMITTED
        self._record(events.ApplicationResubmitted(), step)

    def claim(self, caller: Caller, at: datetime) -> None:
        """An officer of the agency takes the case; one that another has is the head's to assign."""
        step = self._authorise(caller, Verb.CLAIM, at)
        if self.assignee_id not in (None, caller.account_id):
            raise AlreadyAssigned
        self.assignee_id = caller.account_id
        self.state = State.UNDER_REVIEW
        self._record(events.ApplicationAssigned(caller.account_id), step)

    def request_information(self, caller: Caller, at: datetime, calendar: WorkingCalendar, text: str) -> None:
        """The agency asks the applicant; the clock stands from this day, and there is no deadline until the answer."""
        step = self._authorise(caller, Verb.REQUEST_INFORMATION, at, note=_words(text))
        previous = self.deadline_on
        self.request = text
        self.state = State.AWAITING_APPLICANT
        self.suspensions = (*self.suspensions, Suspension(at))
        self.deadline = self._compute(calendar)
        self._record(events.InformationRequested(), step)
        self._record_deadline(previous, self.deadline_on, "suspended", step)

    def supply_information(self, caller: Caller, at: datetime, calendar: WorkingCalendar, answer: str) -> None:
        """The applicant answers; the clock goes on with the days left."""
        step = self._authorise(caller, Verb.SUPPLY_INFORMATION, at, note=_words(answer))
        self.suspensions = tuple(
            Suspension(pause.since, at) if pause.until is None else pause for pause in self.suspensions
        )
        self.state = State.UNDER_REVIEW
        self.deadline = self._compute(calendar)
        self._record(events.InformationSupplied(self.deadline_on), step)

    def propose_decision(
        self, caller: Caller, at: datetime, outcome: str, refusal_codes: tuple[str, ...], reason: str | None
    ) -> None:
        """A representative proposes; a refusal names codes of the card and a reason."""
        step = self._authorise(caller, Verb.PROPOSE_DECISION, at)
        self._judge_outcome(outcome, refusal_codes, reason)
        self.proposal = Proposal(outcome, refusal_codes, reason, caller.account_id, at)
        self.state = State.DECISION_PROPOSED
        self._record(events.DecisionProposed(outcome), step)

    def send_back(self, caller: Caller, at: datetime, reason: str) -> None:
        """The head does not approve; the examination goes on."""
        step = self._authorise(caller, Verb.SEND_BACK, at, note=_words(reason))
        self.proposal = None
        self.state = State.UNDER_REVIEW
        self._record(events.DecisionSentBack(), step)

    def approve_decision(self, caller: Caller, at: datetime) -> None:
        """The head makes the proposed decision; nobody approves an own proposal."""
        step = self._authorise(caller, Verb.APPROVE_DECISION, at)
        proposal = self.proposal
        if proposal is None or proposal.by == caller.account_id:
            raise OwnProposal
        self._decide(Proposal(proposal.outcome, proposal.refusal_codes, proposal.reason, caller.account_id, at), step)

    def grant(self, caller: Caller, at: datetime, reason: str | None) -> None:
        """Grant at once: the head always, a representative where the card leaves it to one."""
        step = self._authorise(caller, Verb.DECIDE, at)
        if self.card.decision_policy == _HEAD_DECIDES and step.role != Role.HEAD_OF_EXECUTIVE_AGENCY:
            raise OutcomeNotAllowed
        self._decide(Proposal(GRANTED, (), reason, caller.account_id, at), step)

    def extend_deadline(
        self, caller: Caller, at: datetime, calendar: WorkingCalendar, *, days: int, reason: str
    ) -> None:
        """The head extends the term once, by at most the term itself (Law 2073-IX, art. 34 part 4)."""
        step = self._authorise(caller, Verb.EXTEND_DEADLINE, at, note=_words(reason))
        if self.extension_days:
            raise AlreadyExtended
        previous = self.deadline_on
        self.extension_days = min(days, self.card.term.days)
        self.deadline = self._compute(calendar)
        self._record_deadline(previous, self.deadline_on, "extended", step)

    def withdraw(self, caller: Caller, at: datetime) -> None:
        """The applicant takes the application back."""
        step = self._authorise(caller, Verb.WITHDRAW, at)
        self.state = State.WITHDRAWN
        self._record(events.ApplicationWithdrawn(), step)

    def _authorise(self, caller: Caller, verb: Verb, at: datetime, note: str | None = None) -> "Step":
        role = authorise(caller, self.parties, verb, self.state)
        place = None if role is Role.CITIZEN else self.parties.centre if role in CENTRE_ROLES else self.parties.agency
        return Step(caller.account_id, role, place, at, note)

    def _judge_outcome(self, outcome: str, refusal_codes: tuple[str, ...], reason: str | None) -> None:
        if outcome == REFUSED and not refusal_codes:
            raise RefusalCodeMissing
        unknown = [code for code in refusal_codes if outcome != REFUSED or code not in self.card.refusal_codes]
        if unknown:
            raise UnknownRefusalCode(unknown, self.card.refusal_codes)
        if outcome == REFUSED:
            _words(reason)

    def _decide(self, decision: Proposal, step: "Step") -> None:
        self.decision = decision
        self.state = State(decision.outcome)
        event = events.ApplicationDecided(decision.outcome, decision.refusal_codes, decision.at)
        self._record(event, Step(step.actor_id, step.role, step.organisation, step.at, decision.reason))

    def _compute(self, calendar: WorkingCalendar) -> Deadline:
        started = self.registered_at or self.submitted_at
        return compute_deadline(self.card.term, started, calendar, self.suspensions, self.extension_days)

    def _record_deadline(self, previous: date | None, now: date | None, reason: str, step: "Step") -> None:
        event = events.DeadlineChanged(now, previous, reason)
        self._record(event, step)

    def _record(self, event: events.Event, step: "Step") -> None:
        self.sequence += 1
        entry = Recorded(
            self.sequence, step.at, event, step.actor_id, step.role, step.organisation, step.note, self.state
        )
        self.recorded.append(entry)


@dataclass(frozen=True)
class Step:
    """By whom, in which role and organisation, when, with which words."""

    actor_id: str
    role: str
    organisation: str | None
    at: datetime
    note: str | None = None


def _words(text: str | None) -> str:
    if not text or not text.strip():
        raise ReasonMissing
    return text


def common_facts(application: Application, entry: Recorded) -> dict[str, Any]:
    """Return the facts that every event of an application carries."""
    return {
        "application_id": str(application.id),
        "sequence": entry.sequence,
        "reference": application.reference,
        "public_service": application.card.slug,
        "service_name": dict(application.card.name),
        "card_version": application.card.version,
        "applicant_id": application.parties.applicant_id,
        "language": application.language,
        "centre": application.parties.centre,
        "agency": application.parties.agency,
        "state": str(entry.state),
        "occurred_at": entry.at.isoformat().replace("+00:00", "Z"),
    }
