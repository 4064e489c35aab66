"""When a register may be asked (interfaces.md, "Registers"): an open case, a check of its card's version, its fields only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from registry_gateway.domain.comparison import Assertion
from registry_gateway.domain.errors import CaseClosed, KeysMissing, NotOfTheCard


@dataclass(frozen=True)
class Check:
    """One check of a card's version."""

    register: str
    purpose: str
    legal_basis: str
    assertions: Sequence[Assertion]


@dataclass(frozen=True)
class Subject:
    """What applications tells of the case for one question."""

    is_open: bool
    keys: Mapping[str, Any]
    stated: Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """A lawful question: who is asked, about which fields, by which keys, why."""

    register: str
    purpose: str
    legal_basis: str
    keys: Mapping[str, Any]
    fields: Sequence[str]


def lawful_question(requirement: str, check: Check | None, subject: Subject) -> Question:
    """Return the question that may be asked, or raise CaseClosed, NotOfTheCard or KeysMissing."""
    if not subject.is_open:
        raise CaseClosed
    if check is None or check.register != requirement:
        raise NotOfTheCard(requirement)
    if not subject.keys:
        raise KeysMissing
    fields = [assertion.field for assertion in check.assertions]
    return Question(check.register, check.purpose, check.legal_basis, subject.keys, fields)


def check_from(data: Mapping[str, Any]) -> Check:
    """Read a check from the catalogue's event."""
    return Check(
        register=data["register"],
        purpose=data["purpose"],
        legal_basis=data["legal_basis"],
        assertions=tuple(Assertion(item["field"], item["form_field"], item["expected"]) for item in data["asserts"]),
    )
