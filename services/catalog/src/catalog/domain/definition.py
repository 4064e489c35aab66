"""A card's definition as the catalogue keeps it, made from a record of the regional data set.

What a record does not say is filled in from what it does: steps from term and policy, how to apply from the channels,
the next review a year after the last.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from catalog.domain.assertions import Assertions
from catalog.domain.definition_schema import ASSURANCE_LEVELS

# a representative may grant what only puts a fact on record; permits and licences are the head's
_APPLICATION = "application"
_ADMINISTRATOR = "service_centre_administrator"
_GRANTED_BY_REPRESENTATIVE = frozenset({"extract", "registration"})


def decision_policy(kind: str) -> str:
    """Return who may grant: `representative` or `head`."""
    return "representative" if kind in _GRANTED_BY_REPRESENTATIVE else "head"


def definition_from(record: Mapping[str, Any], agency_scope: str, assertions: Assertions) -> dict[str, Any]:
    """Return the whole definition of one public service: information card, requirements, form, clock, policy."""
    form_fields = record["form"].get("properties", {})
    return {
        "slug": record["slug"],
        "code": record["code"],
        "name": _bilingual(record, "name"),
        "description": _bilingual(record, "description"),
        "kind": record["kind"],
        "life_events": record["life_events"],
        "applicant_kinds": record["applicant_kinds"],
        "agency": record["agency"],
        "agency_scope": agency_scope,
        "owner_agency": record["owner_agency"],
        "legal_basis": record["legal_basis"],
        "required_documents": [
            {
                "slug": document["slug"],
                "name": _bilingual(document, "name"),
                "form": document["original_or_copy"],
                # the filled-in form of the card is the application itself
                "mandatory": document["mandatory"] and document["slug"] != _APPLICATION,
                "condition": document["condition_en"],
                "replaced_by_register": document["replaced_by_register"],
            }
            for document in record["required_documents"]
        ],
        "fee": record["fee"],
        "term": {key: record["deadline"][key] for key in ("days", "unit", "basis")},
        "tacit_approval": record["tacit_approval"],
        "decision_policy": decision_policy(record["kind"]),
        "result": {"name": _bilingual(record["result"], "name"), "kind": record["result"]["kind"]},
        "refusal_codes": [
            {"code": reason["code"], "text": _bilingual(reason, "text"), "legal_reference": reason["legal_reference"]}
            for reason in record["refusal_reasons"]
        ],
        "register_checks": [
            {
                "register": check["register"],
                "purpose": check["purpose_en"],
                "legal_basis": record["legal_basis"][0],
                "asserts": [assertions.of(check["register"], field, form_fields) for field in check["asserts"]],
                "needs": check["needs"],
                "bind": check["bind"],
                "conditional": check["conditional"],
            }
            for check in record["register_checks"]
        ],
        "channels": record["channels"],
        "how_to_apply": record.get("how_to_apply") or how_to_apply(record["channels"]),
        "responsible_role": record.get("responsible_role") or "agency_representative",
        "technological_card": record.get("technological_card") or usual_steps(record["kind"], record["deadline"]),
        "form": record["form"],
        "reviewed_on": record["reviewed_on"],
        "review_on": record.get("review_on") or a_year_after(record["reviewed_on"]),
        **{name: record[name] for name in ("assurance_level",) if name in record},
    }


def assurance_level(definition: Mapping[str, Any]) -> str:
    """Return how surely a person must be known to apply online: as published, else the lowest level."""
    level: str = definition.get("assurance_level", ASSURANCE_LEVELS[0])
    return level


def a_year_after(day: str) -> str:
    """Return the same day of the next year; 28 February after a 29th."""
    begin = date.fromisoformat(day)
    is_leap_day = (begin.month, begin.day) == (2, 29)
    return begin.replace(year=begin.year + 1, day=28 if is_leap_day else begin.day).isoformat()


_WAYS = {
    "service-centre": ("у центрі надання адміністративних послуг", "in a service centre"),
    "online": ("онлайн", "online"),
    "post-office": ("у відділенні поштового зв’язку", "in a post office"),
}


def how_to_apply(channels: Sequence[str]) -> dict[str, str]:
    """Return how to apply, as the channels have it."""
    ways = [_WAYS[channel] for channel in channels if channel in _WAYS] or [_WAYS["service-centre"]]
    return {
        "uk": f"Заяву за формою подають {', '.join(way for way, _ in ways)}. Документи додають до заяви.",
        "en": f"Apply with the form {', '.join(way for _, way in ways)}. The documents are attached to it.",
    }


def usual_steps(kind: str, term: Mapping[str, Any]) -> dict[str, Any]:
    """Return the steps that every service has; all days but the one of the decision are for considering it."""
    decides = "head_of_executive_agency" if decision_policy(kind) == "head" else "agency_representative"
    deciding = 1 if term["days"] > 1 else 0
    steps = (
        ("Прийняття та реєстрація заяви", "Taking in and registering the application", _ADMINISTRATOR, 0),
        ("Розгляд заяви, перевірка відомостей", "Considering and checking it", "agency_representative",
         term["days"] - deciding),
        ("Прийняття рішення", "Deciding", decides, deciding),
        ("Видача результату", "Handing out the result", _ADMINISTRATOR, 0),
    )  # fmt: skip
    return {
        "steps": [
            {"name": {"uk": uk, "en": en}, "performer": performer, "days": days, "unit": term["unit"]}
            for uk, en, performer, days in steps
        ]
    }


EVENT_MEMBERS = (
    "slug", "code", "name", "agency", "agency_scope", "owner_agency", "kind", "applicant_kinds", "channels",
    "life_events", "term", "decision_policy", "tacit_approval", "refusal_codes", "required_documents",
    "register_checks", "form",
)  # fmt: skip


def published_facts(definition: Mapping[str, Any], version: int, valid_from: str) -> dict[str, Any]:
    """Return the data of the `published` event: what consumers project."""
    facts = {name: definition[name] for name in EVENT_MEMBERS}
    level = assurance_level(definition)
    return facts | {"assurance_level": level, "version": version, "valid_from": valid_from, "valid_to": None}


def summary(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list shows of a card, and what it is filtered by."""
    names = ("name", "kind", "agency", "life_events", "applicant_kinds", "channels", "term", "fee")
    return {name: definition[name] for name in names}


def _bilingual(record: Mapping[str, Any], name: str) -> dict[str, str]:
    return {"uk": record[f"{name}_uk"], "en": record[f"{name}_en"]}
