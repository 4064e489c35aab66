"""The life of an application as a table: which verb, by whom, in which state, leads where. What is not here is refused.

submitted ──register──▶ registered ──claim──▶ under_review ──propose-decision──▶ decision_proposed
  │    ▲                                       │  ▲     │  ▲                         │        │
return resubmit          request-information ──┘  │     │  └───────send-back─────────┘   approve-decision
  ▼    │                          ▼               │   decide (grant)                      ▼
 returned                 awaiting_applicant ──supply     └──────────▶ granted    granted | refused

withdraw: from any open state, by the applicant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where an application stands."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    REGISTERED = "registered"
    UNDER_REVIEW = "under_review"
    AWAITING_APPLICANT = "awaiting_applicant"
    DECISION_PROPOSED = "decision_proposed"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What can be done to an application, as the address of the API spells it."""

    REGISTER = "register"
    RETURN = "return"
    RESUBMIT = "resubmit"
    CLAIM = "claim"
    REQUEST_INFORMATION = "request-information"
    SUPPLY_INFORMATION = "supply-information"
    PROPOSE_DECISION = "propose-decision"
    APPROVE_DECISION = "approve-decision"
    SEND_BACK = "send-back"
    DECIDE = "decide"
    EXTEND_DEADLINE = "extend-deadline"
    WITHDRAW = "withdraw"


class Role(StrEnum):
    """In what capacity somebody acts: the applicant, or one of the four officer roles."""

    CITIZEN = "citizen"
    SERVICE_CENTRE_ADMINISTRATOR = "service_centre_administrator"
    HEAD_OF_SERVICE_CENTRE = "head_of_service_centre"
    AGENCY_REPRESENTATIVE = "agency_representative"
    HEAD_OF_EXECUTIVE_AGENCY = "head_of_executive_agency"


CENTRE_ROLES = frozenset({Role.SERVICE_CENTRE_ADMINISTRATOR, Role.HEAD_OF_SERVICE_CENTRE})
AGENCY_ROLES = frozenset({Role.AGENCY_REPRESENTATIVE, Role.HEAD_OF_EXECUTIVE_AGENCY})
_APPLICANT = frozenset({Role.CITIZEN})
_HEAD_OF_AGENCY = frozenset({Role.HEAD_OF_EXECUTIVE_AGENCY})

OPEN_STATES = frozenset(State) - {State.GRANTED, State.REFUSED, State.WITHDRAWN}


@dataclass(frozen=True)
class Rule:
    """Who may use a verb, in which states, and where it leads (None: the state stays, or the decision tells)."""

    roles: frozenset[Role]
    states: frozenset[State]
    leads_to: State | None


def _rule(roles: frozenset[Role], leads_to: State | None, *states: State) -> Rule:
    return Rule(roles, frozenset(states), leads_to)


RULES: Mapping[Verb, Rule] = {
    Verb.REGISTER: _rule(CENTRE_ROLES, State.REGISTERED, State.SUBMITTED),
    Verb.RETURN: _rule(CENTRE_ROLES, State.RETURNED, State.SUBMITTED),
    Verb.RESUBMIT: _rule(_APPLICANT, State.SUBMITTED, State.RETURNED),
    Verb.CLAIM: _rule(AGENCY_ROLES, State.UNDER_REVIEW, State.REGISTERED, State.UNDER_REVIEW),
    Verb.REQUEST_INFORMATION: _rule(AGENCY_ROLES, State.AWAITING_APPLICANT, State.REGISTERED, State.UNDER_REVIEW),
    Verb.SUPPLY_INFORMATION: _rule(_APPLICANT, State.UNDER_REVIEW, State.AWAITING_APPLICANT),
    Verb.PROPOSE_DECISION: _rule(AGENCY_ROLES, State.DECISION_PROPOSED, State.UNDER_REVIEW),
    Verb.APPROVE_DECISION: _rule(_HEAD_OF_AGENCY, None, State.DECISION_PROPOSED),
    Verb.SEND_BACK: _rule(_HEAD_OF_AGENCY, State.UNDER_REVIEW, State.DECISION_PROPOSED),
    Verb.DECIDE: _rule(AGENCY_ROLES, State.GRANTED, State.UNDER_REVIEW),
    Verb.EXTEND_DEADLINE: _rule(_HEAD_OF_AGENCY, None, State.REGISTERED, State.UNDER_REVIEW, State.DECISION_PROPOSED),
    Verb.WITHDRAW: _rule(_APPLICANT, State.WITHDRAWN, *OPEN_STATES),
}


def allowed_verbs(state: State, roles: frozenset[Role]) -> list[Verb]:
    """Return what somebody with `roles` may do to an application in `state`."""
    return [verb for verb, rule in RULES.items() if state in rule.states and rule.roles & roles]
