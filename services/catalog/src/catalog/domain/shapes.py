"""What the records of a data set must look like (JSON Schema 2020-12), before one refers to another.

Only what the catalogue reads is demanded; records may carry more. Of a definition only what is read before its own rules
(`definition_rules.py`) judge it.
"""

from typing import Any

import jsonschema_rs

from catalog.domain.definition_schema import ASSURANCE_LEVELS

Schema = dict[str, Any]
_SLUG: Schema = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 60}
_TEXT: Schema = {"type": "string", "minLength": 1}
_NAME: Schema = {"type": "string", "pattern": "\\S", "maxLength": 300}
_SLUG_OR_NONE: Schema = {**_SLUG, "type": ["string", "null"]}
_TEXT_OR_NONE: Schema = {"type": ["string", "null"]}
_BOOLEAN: Schema = {"type": "boolean"}
_OBJECT: Schema = {"type": "object"}
_DATE: Schema = {"type": "string", "format": "date"}


def _record(**members: Schema) -> Schema:
    return {"type": "object", "required": list(members), "properties": members}


def _and_perhaps(record: Schema, **members: Schema) -> Schema:
    """Return the shape of a record that may have these members too."""
    return {**record, "properties": {**record["properties"], **members}}


def _bounded(record: Schema) -> Schema:
    """Return the shape of a record whose other texts, whatever they are called, are no longer than people read."""
    return {**record, "additionalProperties": {"maxLength": 5000}}


def _list(items: Schema, *, least: int = 0) -> Schema:
    return {"type": "array", "items": items, "minItems": least}


def _one_of(*values: str) -> Schema:
    return {"enum": list(values)}


_NAMES = {"slug": _SLUG, "name_uk": _NAME, "name_en": _NAME}
_HOURS = _record(day=_one_of("mon", "tue", "wed", "thu", "fri", "sat", "sun"), closed=_BOOLEAN)
_ABOVE = {"parent": _SLUG_OR_NONE, "successor": _SLUG_OR_NONE}
_CENTRE = _record(**_NAMES, territory=_SLUG, opening_hours=_list(_HOURS))
_BRANCH = _record(opening_hours=_list(_HOURS))
_OFFERS = {"also_offers": _list(_SLUG), "does_not_offer": _list(_SLUG)}
_DOCUMENT = _record(
    **_NAMES,
    original_or_copy=_TEXT,
    mandatory=_BOOLEAN,
    condition_en=_TEXT_OR_NONE,
    replaced_by_register=_SLUG_OR_NONE,
)
_CHECK = _record(
    register=_SLUG,
    purpose_en=_TEXT,
    asserts=_list(_TEXT, least=1),
    needs=_list(_TEXT),
    bind={"type": "object", "additionalProperties": _TEXT},
    conditional=_BOOLEAN,
)
_DATES = {"valid_from": _DATE, "valid_to": _DATE}
_SERVICE = _record(
    **_NAMES,
    code=_TEXT,
    description_uk=_TEXT,
    description_en=_TEXT,
    life_events=_list(_SLUG),
    applicant_kinds=_list(_TEXT, least=1),
    agency=_SLUG,
    owner_agency=_SLUG,
    kind=_TEXT,
    legal_basis=_list(_TEXT, least=1),
    required_documents=_list(_DOCUMENT),
    fee=_record(kind=_TEXT),
    deadline=_record(
        days={"type": "integer", "minimum": 1, "maximum": 1000},
        unit=_one_of("working", "calendar"),
        basis=_TEXT_OR_NONE,
    ),
    tacit_approval=_BOOLEAN,
    result=_record(name_uk=_TEXT, name_en=_TEXT, kind=_TEXT),
    refusal_reasons=_list(_record(code=_TEXT, text_uk=_TEXT, text_en=_TEXT, legal_reference=_TEXT_OR_NONE)),
    register_checks=_list(_CHECK),
    channels=_list(_TEXT),
    form=_OBJECT,
    reviewed_on=_DATE,
)


def _validator(schema: Schema) -> Any:
    # masked: a fault says what is wrong with a value, without a value of any length in it
    return jsonschema_rs.validator_for(schema, validate_formats=True, offline=True, mask="the value")


RECORDS = {
    "territories": _validator(_bounded(_and_perhaps(_record(**_NAMES, koatuu=_TEXT), **_ABOVE))),
    "service_centres": _validator(_bounded(_and_perhaps(_CENTRE, branches=_list(_BRANCH), **_OFFERS))),
    "successor_districts": _validator(_bounded(_and_perhaps(_record(**_NAMES), **_ABOVE))),
    "post_offices": _validator(
        _bounded(
            _record(
                slug=_SLUG, settlement_uk=_NAME, settlement_en=_NAME, territory=_SLUG, accepts_applications=_BOOLEAN
            )
        )
    ),
    "agencies": _validator(_bounded(_record(**_NAMES, scope=_one_of("oblast-wide", "per-territory")))),
    "registers": _validator(_bounded(_record(**_NAMES, fields=_list(_record(name=_TEXT), least=1), query=_OBJECT))),
    "services": _validator(_and_perhaps(_SERVICE, **_DATES, assurance_level=_one_of(*ASSURANCE_LEVELS))),
    "public_services": _validator(_and_perhaps(_record(slug=_SLUG), **_DATES)),
}
ASSERTIONS = _validator(_record(form_fields={"type": "object", "additionalProperties": _list(_TEXT)}, expected=_OBJECT))
