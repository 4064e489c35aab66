"""What each verb changes and records, beyond the state it leads to."""

from datetime import UTC, date, datetime, timedelta

import pytest

from applications.domain.calendar import WorkingCalendar
from applications.domain.errors import (
    AlreadyAssigned,
    AlreadyExtended,
    OutcomeNotAllowed,
    OwnProposal,
    ReasonMissing,
    RefusalCodeMissing,
    UnknownRefusalCode,
)

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
CALENDAR = WorkingCalendar()
REPRESENTATIVE, HEAD = "agency_representative", "head_of_executive_agency"


def events_of(application):
    return [entry.event.name for entry in application.recorded]


def test_registering_starts_the_clock(an_application, a_caller):
    application = an_application()
    application.register(a_caller("service_centre_administrator"), AT, CALENDAR)
    assert application.registered_at == AT
    assert application.deadline_on == date(2026, 12, 1)
    assert application.recorded[-1].event.facts() == {
        "registered_at": "2026-11-24T09:00:00Z",
        "deadline_on": "2026-12-01",
    }


def test_asking_the_applicant_stops_the_clock_and_the_answer_starts_it_again(an_application, a_caller):
    application = an_application("under_review")
    application.request_information(a_caller(REPRESENTATIVE), AT, CALENDAR, "Яка адреса?")
    assert application.deadline_on is None
    assert "The clock stands" in application.deadline.explain("en")
    assert application.request == "Яка адреса?"
    assert events_of(application) == ["information-requested", "deadline-changed"]
    assert application.recorded[-1].event.facts() == {
        "deadline_on": None,
        "previous_deadline_on": "2026-11-30",
        "reason": "suspended",
    }
    application.supply_information(a_caller("citizen"), AT + timedelta(days=7), CALENDAR, "Ось ця")
    # no day was used before the request; five working days from Tuesday, 1 December, on
    assert application.deadline_on == date(2026, 12, 7)
    assert application.suspensions[0].until == AT + timedelta(days=7)


def test_a_case_of_another_officer_is_not_claimed(an_application, a_caller):
    application = an_application("registered")
    first = a_caller(REPRESENTATIVE)
    application.claim(first, AT)
    application.claim(first, AT)
    with pytest.raises(AlreadyAssigned):
        application.claim(a_caller(REPRESENTATIVE), AT)
    assert application.assignee_id == first.account_id


@pytest.mark.parametrize(
    ("proposal", "refusal"),
    [
        (("refused", (), "тому"), RefusalCodeMissing),
        (("refused", ("no-such-code",), "тому"), UnknownRefusalCode),
        (("refused", ("register-mismatch", "no-such-code"), "тому"), UnknownRefusalCode),
        (("refused", ("register-mismatch",), None), ReasonMissing),
        (("refused", ("register-mismatch",), "  "), ReasonMissing),
        (("granted", ("register-mismatch",), None), UnknownRefusalCode),
    ],
)
def test_a_proposal_that_breaks_the_card_is_refused(proposal, refusal, an_application, a_caller):
    application = an_application("under_review")
    with pytest.raises(refusal) as caught:
        application.propose_decision(a_caller(REPRESENTATIVE), AT, *proposal)
    assert application.proposal is None
    assert application.state == "under_review"
    if refusal is UnknownRefusalCode:
        assert caught.value.codes == ["incomplete-documents", "register-mismatch"]


def test_a_refusal_is_made_by_somebody_else_than_who_proposed_it(an_application, a_caller):
    application = an_application("under_review")
    proposer = a_caller(HEAD)
    application.propose_decision(proposer, AT, "refused", ("register-mismatch",), "Адреса інша")
    with pytest.raises(OwnProposal):
        application.approve_decision(proposer, AT)
    approver = a_caller(HEAD)
    application.approve_decision(approver, AT)
    assert application.state == "refused"
    assert application.decision.by == approver.account_id
    decided = application.recorded[-1]
    assert decided.note == "Адреса інша"
    assert decided.event.facts() == {
        "outcome": "refused",
        "refusal_codes": ["register-mismatch"],
        "decided_at": "2026-11-24T09:00:00Z",
    }


def test_what_was_sent_back_is_no_longer_proposed(an_application, a_caller):
    application = an_application("decision_proposed")
    application.send_back(a_caller(HEAD), AT, "Перевірте адресу")
    assert application.proposal is None
    assert application.recorded[-1].note == "Перевірте адресу"


@pytest.mark.parametrize(
    ("policy", "role", "is_granted"),
    [("representative", REPRESENTATIVE, True), ("representative", HEAD, True), ("head", HEAD, True),
     ("head", REPRESENTATIVE, False)],
)  # fmt: skip
def test_who_may_grant_is_the_cards_to_say(policy, role, is_granted, an_application, a_caller):
    application = an_application("under_review", card={"decision_policy": policy})
    if is_granted:
        application.grant(a_caller(role), AT, None)
        assert (application.state, application.decision.outcome) == ("granted", "granted")
        return
    with pytest.raises(OutcomeNotAllowed):
        application.grant(a_caller(role), AT, None)
    assert application.decision is None


@pytest.mark.parametrize(("days", "given", "ends_on"), [(2, 2, date(2026, 12, 2)), (365, 5, date(2026, 12, 7))])
def test_a_term_is_extended_once_and_at_most_by_itself(days, given, ends_on, an_application, a_caller):
    application = an_application("under_review")
    application.extend_deadline(a_caller(HEAD), AT, CALENDAR, days=days, reason="Потрібна експертиза")
    assert (application.extension_days, application.deadline_on) == (given, ends_on)
    assert application.recorded[-1].event.facts()["reason"] == "extended"
    with pytest.raises(AlreadyExtended):
        application.extend_deadline(a_caller(HEAD), AT, CALENDAR, days=1, reason="Ще")
    assert application.deadline_on == ends_on


def test_an_entry_is_numbered_after_the_one_before(an_application, a_caller):
    application = an_application(sequence=4)
    application.return_incomplete(a_caller("head_of_service_centre"), AT, "Додайте")
    application.resubmit(a_caller("citizen"), AT)
    assert [entry.sequence for entry in application.recorded] == [5, 6]
    assert application.sequence == 6


@pytest.mark.parametrize("words", ["", " ", "\n\t "])
def test_a_step_that_needs_a_reason_is_not_done_without_words(words, an_application, a_caller):
    application = an_application("decision_proposed")
    for step in (
        lambda: application.send_back(a_caller(HEAD), AT, words),
        lambda: application.extend_deadline(a_caller(HEAD), AT, CALENDAR, days=1, reason=words),
    ):
        with pytest.raises(ReasonMissing):
            step()
    assert application.state == "decision_proposed"
    assert not application.recorded
