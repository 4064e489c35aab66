"""What an application needs of a published card: one immutable version, as the catalogue's event told it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from applications.domain.assurance import LEVELS

PER_TERRITORY = "per-territory"


@dataclass(frozen=True)
class Term:
    """The term that the card allows: `days` of `unit` (`working` or `calendar`)."""

    days: int
    unit: str


@dataclass(frozen=True)
class AssertedField:
    """A register field that a check asks about, and what it is compared with."""

    field: str
    form_field: str | None
    expected: str | float | bool | None


@dataclass(frozen=True)
class RegisterCheck:
    """One question to one register: `needs` and the values of `bind` are form fields, `bind`'s keys the register's."""

    register: str
    asserts: Sequence[AssertedField]
    needs: Sequence[str]
    bind: Mapping[str, str]


@dataclass(frozen=True)
class RequiredDocument:
    """A document that the card asks for; one that a register can replace need not be attached."""

    slug: str
    mandatory: bool
    replaced_by_register: str | None


@dataclass(frozen=True)
class Card:
    """One version of a card."""

    slug: str
    version: int
    name: Mapping[str, str]
    agency: str
    agency_scope: str
    channels: Sequence[str]
    term: Term
    decision_policy: str
    refusal_codes: Sequence[str]
    documents: Sequence[RequiredDocument]
    checks: Sequence[RegisterCheck]
    form_schema: Mapping[str, Any]
    assurance_level: str

    def office(self, territory: str) -> str:
        """Return the organisation that decides: per-territory functions are each council's own office."""
        return f"{self.agency}--{territory}" if self.agency_scope == PER_TERRITORY else self.agency

    def missing_documents(self, attached: frozenset[str]) -> list[str]:
        """Return the mandatory documents that are neither attached nor known to a register."""
        return [
            document.slug
            for document in self.documents
            if document.mandatory and not document.replaced_by_register and document.slug not in attached
        ]

    def checks_for(self, form: Mapping[str, Any]) -> list[RegisterCheck]:
        """Return the register checks whose needed fields were filled in."""
        return [check for check in self.checks if all(form.get(name) not in (None, "") for name in check.needs)]

    def check_of(self, register: str) -> RegisterCheck | None:
        """Return the check that asks `register`, or None."""
        return next((check for check in self.checks if check.register == register), None)


def card_from(data: Mapping[str, Any]) -> Card:
    """Read a card from the data of the catalogue's `published` event."""
    return Card(
        slug=data["slug"],
        version=data["version"],
        name=data["name"],
        agency=data["agency"],
        agency_scope=data["agency_scope"],
        channels=tuple(data["channels"]),
        term=Term(data["term"]["days"], data["term"]["unit"]),
        decision_policy=data["decision_policy"],
        refusal_codes=tuple(code["code"] for code in data["refusal_codes"]),
        documents=tuple(
            RequiredDocument(entry["slug"], entry["mandatory"], entry["replaced_by_register"])
            for entry in data["required_documents"]
        ),
        checks=tuple(
            RegisterCheck(
                register=check["register"],
                asserts=tuple(AssertedField(a["field"], a["form_field"], a["expected"]) for a in check["asserts"]),
                needs=tuple(check["needs"]),
                bind=check["bind"],
            )
            for check in data["register_checks"]
        ),
        form_schema=data["form"],
        assurance_level=data.get("assurance_level", LEVELS[0]),
    )
