"""The life of a version, and who may change it.

draft ──publish (head of the owner agency, from today or later)──▶ scheduled ──its first day──▶ published
published ──a newer version begins──▶ superseded        any ──withdraw (head of the owner agency)──▶ withdrawn
A published version never changes. An owner who looked and found it right only says when to look again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from catalog.domain.errors import ReviewTooFar, RoleNotAllowed

Status = Literal["scheduled", "published", "superseded", "withdrawn"]
HEAD = "head_of_executive_agency"
DRAFTING = frozenset({"agency_representative", HEAD})
LONGEST_TO_REVIEW = timedelta(days=3 * 366)


@dataclass(frozen=True)
class Editor:
    """Somebody who works on definitions: an account, and the (role, organisation) pairs held now."""

    account_id: str
    mandates: Sequence[tuple[str, str]]

    def agencies(self) -> list[str]:
        """Return the agencies whose definitions they may draft; an office of an agency speaks for the agency."""
        return sorted({agency_of(organisation) for role, organisation in self.mandates if role in DRAFTING})

    def may_draft(self, owner_agency: str) -> bool:
        return owner_agency in self.agencies()

    def may_publish(self, owner_agency: str) -> bool:
        return any(role == HEAD and agency_of(organisation) == owner_agency for role, organisation in self.mandates)

    def demand_head(self, owner_agency: str) -> None:
        """Raise RoleNotAllowed unless they head the agency, or an office of it."""
        if not self.may_publish(owner_agency):
            raise RoleNotAllowed(f"the head of {owner_agency}")

    def demand_drafting(self, owner_agency: str) -> None:
        """Raise RoleNotAllowed unless they work for the agency."""
        if not self.may_draft(owner_agency):
            raise RoleNotAllowed(f"representatives and the head of {owner_agency}")


def agency_of(organisation: str) -> str:
    """Return the agency to which an organisation belongs: itself, or that of which it is a territory's office."""
    return organisation.partition("--")[0]


def status_of(valid_from: date, valid_to: date | None, withdrawn_on: date | None, on: date) -> Status:
    """Return where a published version stands in its life on a day."""
    if valid_to is not None and (valid_to <= on or valid_to <= valid_from):
        return "superseded"
    if withdrawn_on is not None and withdrawn_on <= on:
        return "withdrawn"
    return "scheduled" if valid_from > on else "published"


def is_overdue(review_on: date, on: date) -> bool:
    """Tell whether the day by which the owner had to look again has passed."""
    return review_on < on


def review_faults(definition: Mapping[str, Any], today: date) -> list[tuple[str, str]]:
    """Return what is wrong with the next review of a definition that is published today: so far away that nobody will look."""
    latest = (today + LONGEST_TO_REVIEW).isoformat()
    is_far = isinstance(definition.get("review_on"), str) and definition["review_on"] > latest
    return [("/review_on", f"is too far away for anybody to look: by {latest}")] if is_far else []


def check_review(review_on: date, today: date) -> None:
    """Raise ReviewTooFar unless the day of the next review is one that means something."""
    latest = today + LONGEST_TO_REVIEW
    if not today < review_on <= latest:
        raise ReviewTooFar(latest)
