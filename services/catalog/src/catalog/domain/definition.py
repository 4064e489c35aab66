"""A card's definition as the catalogue keeps it, made from a record of the regional data set."""

from collections.abc import Mapping
from typing import Any

from catalog.domain.assertions import Assertions

# a representative may grant what only puts a fact on record; permits and licences are the head's
_APPLICATION = "application"
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
        "form": record["form"],
        "reviewed_on": record["reviewed_on"],
    }


EVENT_MEMBERS = (
    "slug", "code", "name", "agency", "agency_scope", "owner_agency", "kind", "applicant_kinds", "channels",
    "life_events", "term", "decision_policy", "tacit_approval", "refusal_codes", "required_documents",
    "register_checks", "form",
)  # fmt: skip


def published_facts(definition: Mapping[str, Any], version: int, valid_from: str) -> dict[str, Any]:
    """Return the data of the `published` event: what consumers project."""
    facts = {name: definition[name] for name in EVENT_MEMBERS}
    return facts | {"version": version, "valid_from": valid_from, "valid_to": None}


def _bilingual(record: Mapping[str, Any], name: str) -> dict[str, str]:
    return {"uk": record[f"{name}_uk"], "en": record[f"{name}_en"]}
