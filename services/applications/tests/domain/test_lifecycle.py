"""Every state × verb × role, against a table written by hand from the description of the life of an application."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from applications.domain.application import Application
from applications.domain.authority import Caller, HeldMandate
from applications.domain.calendar import WorkingCalendar
from applications.domain.errors import ApplicationNotFound, IllegalTransition, RoleNotAllowed
from applications.domain.lifecycle import OPEN_STATES, RULES, Role, State, Verb

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
CALENDAR = WorkingCalendar()
CENTRE = ("service_centre_administrator", "head_of_service_centre")
AGENCY = ("agency_representative", "head_of_executive_agency")
HEAD, APPLICANT = ("head_of_executive_agency",), ("citizen",)
STATES = (
    "submitted", "returned", "registered", "under_review", "awaiting_applicant", "decision_proposed",
    "granted", "refused", "withdrawn",
)  # fmt: skip
STAYS = {"registered": "registered", "under_review": "under_review", "decision_proposed": "decision_proposed"}
# verb: who, and from which state to which
EXPECTED: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "register": (CENTRE, {"submitted": "registered"}),
    "return": (CENTRE, {"submitted": "returned"}),
    "resubmit": (APPLICANT, {"returned": "submitted"}),
    "claim": (AGENCY, {"registered": "under_review", "under_review": "under_review"}),
    "request-information": (AGENCY, {"registered": "awaiting_applicant", "under_review": "awaiting_applicant"}),
    "supply-information": (APPLICANT, {"awaiting_applicant": "under_review"}),
    "propose-decision": (AGENCY, {"under_review": "decision_proposed"}),
    "approve-decision": (HEAD, {"decision_proposed": "granted"}),
    "send-back": (HEAD, {"decision_proposed": "under_review"}),
    "decide": (AGENCY, {"under_review": "granted"}),
    "extend-deadline": (HEAD, STAYS),
    "withdraw": (APPLICANT, dict.fromkeys(STATES[:6], "withdrawn")),
}
ROLES = ("citizen", *CENTRE, *AGENCY)
DO: Mapping[str, Callable[[Application, Caller], None]] = {
    "register": lambda case, who: case.register(who, AT, CALENDAR),
    "return": lambda case, who: case.return_incomplete(who, AT, "why"),
    "resubmit": lambda case, who: case.resubmit(who, AT),
    "claim": lambda case, who: case.claim(who, AT),
    "request-information": lambda case, who: case.request_information(who, AT, CALENDAR, "what"),
    "supply-information": lambda case, who: case.supply_information(who, AT, CALENDAR, "this"),
    "propose-decision": lambda case, who: case.propose_decision(who, AT, "granted", (), None),
    "approve-decision": lambda case, who: case.approve_decision(who, AT),
    "send-back": lambda case, who: case.send_back(who, AT, "why"),
    "decide": lambda case, who: case.grant(who, AT, None),
    "extend-deadline": lambda case, who: case.extend_deadline(who, AT, CALENDAR, days=1, reason="why"),
    "withdraw": lambda case, who: case.withdraw(who, AT),
}


def allowed_to(role: str, state: str) -> list[str]:
    return [verb for verb, (roles, moves) in EXPECTED.items() if role in roles and state in moves]


def snapshot(case: Application) -> dict[str, Any]:
    return {**vars(case), "recorded": list(case.recorded)}


def test_the_expectation_knows_every_state_verb_and_role():
    assert set(State) == set(STATES)
    assert list(EXPECTED) == list(Verb)
    assert set(ROLES) == set(Role)
    assert set(RULES) == set(Verb) == set(DO)


def test_open_states_are_those_that_can_be_withdrawn():
    assert {state for state in STATES if allowed_to("citizen", state)} == OPEN_STATES


@pytest.mark.parametrize(("state", "verb", "role"), list(product(STATES, EXPECTED, ROLES)))
def test_a_verb_is_done_or_refused_as_the_table_says(state, verb, role, an_application, a_caller):
    case = an_application(state)
    before = snapshot(case)
    roles, moves = EXPECTED[verb]
    if role in roles and state in moves:
        DO[verb](case, a_caller(role))
        assert case.state == moves[state]
        assert case.recorded
        assert all(entry.actor_role == role for entry in case.recorded)
        return
    refusal = RoleNotAllowed if role not in roles else IllegalTransition
    with pytest.raises(refusal) as caught:
        DO[verb](case, a_caller(role))
    if refusal is IllegalTransition:
        assert (caught.value.state, caught.value.allowed) == (state, allowed_to(role, state))
    assert snapshot(case) == before


@pytest.mark.parametrize(("verb", "role"), list(product(EXPECTED, ROLES)))
def test_to_an_outsider_the_application_is_not_there(verb, role, an_application, a_caller):
    for state in STATES:
        case = an_application(state)
        before = snapshot(case)
        with pytest.raises(ApplicationNotFound):
            DO[verb](case, a_caller(role, is_ours=False))
        assert snapshot(case) == before


@pytest.mark.parametrize("role", ["operator", "head_of_executive_agencies", ""])
def test_a_role_that_is_not_of_the_four_gives_nothing(role, an_application):
    case = an_application()
    with pytest.raises(ApplicationNotFound):
        case.register(Caller("somebody", (HeldMandate(role, case.parties.centre),)), AT, CALENDAR)


def test_a_centre_role_held_in_the_agency_gives_nothing(an_application):
    case = an_application()
    with pytest.raises(ApplicationNotFound):
        case.register(Caller("somebody", (HeldMandate("head_of_service_centre", case.parties.agency),)), AT, CALENDAR)


def test_who_is_applicant_and_officer_acts_in_the_role_that_the_verb_needs(an_application):
    case = an_application()
    both = Caller(case.parties.applicant_id, (HeldMandate("head_of_service_centre", case.parties.centre),))
    case.register(both, AT, CALENDAR)
    assert case.recorded[-1].actor_role == "head_of_service_centre"
    assert case.recorded[-1].organisation == case.parties.centre
    case.withdraw(both, AT)
    assert (case.recorded[-1].actor_role, case.recorded[-1].organisation) == ("citizen", None)
