"""What the definition of a public service must look like (JSON Schema 2020-12): the meta-schema of every draft and version.

Closed: a member that it does not know is a fault, so that a typing error is not taken for nothing. What the law asks of
an information card (Law 5203-VI, art. 8) is required. What one schema cannot say is in `definition_rules.py`.
"""

from typing import Any

import jsonschema_rs

from catalog.domain.forms import MOST_FORM_BYTES

Schema = dict[str, Any]
ROLES = (
    "service_centre_administrator",
    "head_of_service_centre",
    "agency_representative",
    "head_of_executive_agency",
)
# how surely a person is known who applies online (Regulation (EU) 910/2014, art. 8); the first where nothing is said
ASSURANCE_LEVELS = ("low", "substantial", "high")
_SLUG: Schema = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 60}
_SLUG_OR_NONE: Schema = {**_SLUG, "type": ["string", "null"]}
_BOOLEAN: Schema = {"type": "boolean"}
_DATE: Schema = {"type": "string", "format": "date"}
# a text says something: more than spaces
_TEXT: Schema = {"type": "string", "pattern": "\\S", "minLength": 1, "maxLength": 300}
_TEXT_OR_NONE: Schema = {**_TEXT, "type": ["string", "null"]}
_LONG_TEXT: Schema = {**_TEXT, "maxLength": 5000}
_AMOUNT: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 100_000_000}


def _record(members: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in members if name not in optional]
    return {"type": "object", "required": required, "properties": members, "additionalProperties": False}


def _list(items: Schema, *, least: int = 0, most: int = 100, is_set: bool = False) -> Schema:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most, "uniqueItems": is_set}


def _one_of(*values: str) -> Schema:
    return {"type": "string", "enum": list(values)}


def _bilingual(text: Schema) -> Schema:
    return _record({"uk": text, "en": text})


_FEE: Schema = {
    "type": "object",
    "required": ["kind", "amount_uah", "legal_reference"],
    "properties": {
        "kind": _one_of("free", "fixed", "formula"),
        "amount_uah": _AMOUNT,
        "formula_uk": _TEXT_OR_NONE,
        "formula_en": _TEXT_OR_NONE,
        "base": _TEXT_OR_NONE,
        "coefficient": _AMOUNT,
        "base_year": {"type": ["integer", "null"], "minimum": 1991, "maximum": 2200},
        "legal_reference": _TEXT_OR_NONE,
        "note_en": {**_LONG_TEXT, "type": ["string", "null"]},
    },
    "additionalProperties": False,
    "allOf": [
        {
            "if": {"properties": {"kind": {"const": "free"}}},
            "then": {"properties": {"amount_uah": {"enum": [0, None]}}},
        },
        {
            "if": {"properties": {"kind": {"const": "fixed"}}},
            "then": {"properties": {"amount_uah": {"type": "number", "exclusiveMinimum": 0}}},
        },
        {
            "if": {"properties": {"kind": {"const": "formula"}}},
            "then": {
                "required": ["formula_uk", "formula_en"],
                "properties": {"formula_uk": {"type": "string"}, "formula_en": {"type": "string"}},
            },
        },
    ],
}
_DOCUMENT = _record(
    {
        "slug": _SLUG,
        "name": _bilingual(_TEXT),
        "form": _one_of("original", "original-shown", "original-and-copy", "copy", "notarised-copy", "electronic"),
        "mandatory": _BOOLEAN,
        "condition": _TEXT_OR_NONE,
        "replaced_by_register": _SLUG_OR_NONE,
    }
)
_ASSERTION = _record(
    {
        "field": _TEXT,
        "form_field": _TEXT_OR_NONE,
        "expected": {"type": ["string", "number", "boolean", "null"], "maxLength": 300},
    }
)
_CHECK = _record(
    {
        "register": _SLUG,
        "purpose": _TEXT,
        "legal_basis": _TEXT,
        "asserts": _list(_ASSERTION, least=1),
        "needs": _list(_TEXT),
        "bind": {"type": "object", "additionalProperties": _TEXT, "maxProperties": 50},
        "conditional": _BOOLEAN,
    }
)
_STEP = _record(
    {
        "name": _bilingual(_TEXT),
        "performer": {"anyOf": [_one_of(*ROLES), _SLUG]},
        "days": {"type": "integer", "minimum": 0, "maximum": 1000},
        "unit": _one_of("working", "calendar"),
    }
)

DEFINITION: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:virtual-office:schemas:catalog:definition",
    "title": "The definition of a public service",
    **_record(
        {
            "slug": _SLUG,
            "code": {**_TEXT, "maxLength": 40},
            "name": _bilingual(_TEXT),
            "description": _bilingual(_LONG_TEXT),
            "kind": _one_of("administrative-service", "registration", "permit", "licence", "extract"),
            "life_events": _list(_SLUG, is_set=True),
            "applicant_kinds": _list(_one_of("person", "sole-trader", "legal-entity"), least=1, is_set=True),
            "agency": _SLUG,
            "agency_scope": _one_of("oblast-wide", "per-territory"),
            "owner_agency": _SLUG,
            "legal_basis": _list(_TEXT, least=1),
            "required_documents": _list(_DOCUMENT),
            "how_to_apply": _bilingual(_LONG_TEXT),
            "fee": _FEE,
            "term": _record(
                {
                    "days": {"type": "integer", "minimum": 1, "maximum": 1000},
                    "unit": _one_of("working", "calendar"),
                    "basis": _TEXT,
                }
            ),
            "tacit_approval": _BOOLEAN,
            "decision_policy": _one_of("representative", "head"),
            "responsible_role": _one_of(*ROLES),
            "result": _record({"name": _bilingual(_TEXT), "kind": _TEXT}),
            "refusal_codes": _list(
                _record({"code": _SLUG, "text": _bilingual(_TEXT), "legal_reference": _TEXT_OR_NONE}), least=1
            ),
            "register_checks": _list(_CHECK, most=30),
            "technological_card": _record({"steps": _list(_STEP, least=1)}),
            "channels": _list(_one_of("service-centre", "online", "post-office", "kiosk-info"), least=1, is_set=True),
            "form": {"type": "object", "$comment": f"a JSON Schema of its own, of at most {MOST_FORM_BYTES} bytes"},
            "reviewed_on": _DATE,
            "review_on": _DATE,
            "assurance_level": {**_one_of(*ASSURANCE_LEVELS), "default": ASSURANCE_LEVELS[0]},
        },
        optional=("assurance_level",),
    ),
}

# what the public services of one agency have in common
_DEFAULTED = (
    "life_events", "applicant_kinds", "agency", "legal_basis", "required_documents", "how_to_apply", "fee", "term",
    "tacit_approval", "decision_policy", "responsible_role", "refusal_codes", "technological_card", "channels", "kind",
    "assurance_level",
)  # fmt: skip
DEFAULTS: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "urn:virtual-office:schemas:catalog:defaults",
    "title": "What the definitions of an agency begin with",
    "type": "object",
    "properties": {name: DEFINITION["properties"][name] for name in _DEFAULTED},
    "additionalProperties": False,
}


def _validator(schema: Schema) -> Any:
    # masked: a fault says what is wrong with a value, without a value of any length in it
    return jsonschema_rs.validator_for(
        schema, validate_formats=True, offline=True, mask="the value", pattern_options=jsonschema_rs.RegexOptions()
    )


VALIDATOR = _validator(DEFINITION)
DEFAULTS_VALIDATOR = _validator(DEFAULTS)
