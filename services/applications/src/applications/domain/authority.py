"""Who somebody is towards one application: its applicant, an officer of its centre or agency, or nobody.

To nobody the application does not exist (domain.md: what is outside a caller's scope answers as if it were absent).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from applications.domain.errors import ApplicationNotFound, IllegalTransition, RoleNotAllowed
from applications.domain.lifecycle import AGENCY_ROLES, CENTRE_ROLES, RULES, Role, State, Verb, allowed_verbs


@dataclass(frozen=True)
class HeldMandate:
    """A role in one organisation."""

    role: str
    organisation: str


@dataclass(frozen=True)
class Caller:
    """Somebody who asks: an account and the mandates held now."""

    account_id: str
    mandates: Sequence[HeldMandate] = ()

    def organisations(self, roles: frozenset[Role]) -> list[str]:
        """Return the organisations in which one of `roles` is held."""
        return sorted({mandate.organisation for mandate in self.mandates if mandate.role in roles})


@dataclass(frozen=True)
class Parties:
    """Whose application it is: the applicant, the service centre, the agency's office."""

    applicant_id: str
    centre: str
    agency: str


def roles_towards(caller: Caller, parties: Parties) -> frozenset[Role]:
    """Return in which capacities `caller` stands to an application of `parties`; none means: it is not there."""
    roles = {
        Role(mandate.role)
        for mandate in caller.mandates
        if (mandate.role in CENTRE_ROLES and mandate.organisation == parties.centre)
        or (mandate.role in AGENCY_ROLES and mandate.organisation == parties.agency)
    }
    if caller.account_id == parties.applicant_id:
        roles.add(Role.CITIZEN)
    return frozenset(roles)


def authorise(caller: Caller, parties: Parties, verb: Verb, state: State) -> Role:
    """Return the role in which `caller` may use `verb` now.

    Raises ApplicationNotFound, then RoleNotAllowed, then IllegalTransition, so that no answer tells more than the
    caller may know.
    """
    roles = roles_towards(caller, parties)
    if not roles:
        raise ApplicationNotFound
    rule = RULES[verb]
    acting = roles & rule.roles
    if not acting:
        raise RoleNotAllowed(verb)
    if state not in rule.states:
        raise IllegalTransition(verb, state, allowed_verbs(state, roles))
    return max(acting, key=list(Role).index)
