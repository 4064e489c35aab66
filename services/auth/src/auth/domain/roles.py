"""The four officer roles, where each is held, and who gives it (domain.md, "Roles")."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from auth.domain.errors import AppointmentNotAllowed, RoleDoesNotFit

SERVICE_CENTRE, EXECUTIVE_AGENCY = "service-centre", "executive-agency"


class Role(StrEnum):
    """What a mandate lets an officer be."""

    SERVICE_CENTRE_ADMINISTRATOR = "service_centre_administrator"
    AGENCY_REPRESENTATIVE = "agency_representative"
    HEAD_OF_SERVICE_CENTRE = "head_of_service_centre"
    HEAD_OF_EXECUTIVE_AGENCY = "head_of_executive_agency"


HELD_IN: Mapping[Role, str] = {
    Role.SERVICE_CENTRE_ADMINISTRATOR: SERVICE_CENTRE,
    Role.HEAD_OF_SERVICE_CENTRE: SERVICE_CENTRE,
    Role.AGENCY_REPRESENTATIVE: EXECUTIVE_AGENCY,
    Role.HEAD_OF_EXECUTIVE_AGENCY: EXECUTIVE_AGENCY,
}
# None: the operator gives it
GIVEN_BY: Mapping[Role, Role | None] = {
    Role.SERVICE_CENTRE_ADMINISTRATOR: Role.HEAD_OF_SERVICE_CENTRE,
    Role.AGENCY_REPRESENTATIVE: Role.HEAD_OF_EXECUTIVE_AGENCY,
    Role.HEAD_OF_SERVICE_CENTRE: None,
    Role.HEAD_OF_EXECUTIVE_AGENCY: None,
}


@dataclass(frozen=True)
class Appointer:
    """Somebody who appoints: an operator, or an officer with (role, organisation) mandates."""

    account_id: str
    is_operator: bool
    mandates: Sequence[tuple[str, str]]

    def may_give(self, role: Role, organisation: str) -> bool:
        """Tell whether the table lets this one give `role` in `organisation`."""
        giver = GIVEN_BY[role]
        return self.is_operator if giver is None else (giver, organisation) in self.mandates

    def heads(self) -> list[str]:
        """Return the organisations that this one heads."""
        heads = {role for role in GIVEN_BY.values() if role}
        return sorted({organisation for role, organisation in self.mandates if role in heads})


def check_appointment(appointer: Appointer, role: Role, organisation: str, kind: str) -> None:
    """Raise AppointmentNotAllowed or RoleDoesNotFit unless `appointer` may give `role` in `organisation` of `kind`."""
    if not appointer.may_give(role, organisation):
        raise AppointmentNotAllowed
    if HELD_IN[role] != kind:
        raise RoleDoesNotFit(role, kind)
