"""Everything for which a definition is refused, each fault with its JSON Pointer (RFC 6901).

The meta-schema first; then what its parts say of each other and of what the catalogue knows: agencies and registers.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.domain.definition_schema import DEFAULTS_VALIDATOR, ROLES, VALIDATOR
from catalog.domain.forms import form_faults

Path = tuple[str | int, ...]
Fault = tuple[Path, str]
Definition = Mapping[str, Any]


@dataclass(frozen=True)
class Surroundings:
    """What a definition may refer to: agencies with their scope, registers with the fields that they have."""

    agencies: Mapping[str, str]
    registers: Mapping[str, frozenset[str]]


def definition_faults(definition: Any, around: Surroundings) -> list[tuple[str, str]]:
    """Return (JSON Pointer, what is wrong) of everything that is wrong; nothing means that it can be published."""
    faults: list[Fault] = [(tuple(error.instance_path), error.message) for error in VALIDATOR.iter_errors(definition)]
    if isinstance(definition, dict) and isinstance(definition.get("form"), dict):
        faults += [(("form", *path), what) for path, what in form_faults(definition["form"])]
    if not faults:  # parts of a wrong shape cannot be held against each other
        faults = [*_repetitions(definition), *_references(definition, around), *_times(definition)]
        for index, check in enumerate(definition["register_checks"]):
            faults += [(("register_checks", index, *path), what) for path, what in _check(check, definition, around)]
    return [(pointer_to(path), what) for path, what in faults]


def defaults_faults(defaults: Any, around: Surroundings) -> list[tuple[str, str]]:
    """Return everything that is wrong with what an agency's definitions begin with."""
    faults: list[Fault] = [
        (tuple(error.instance_path), error.message) for error in DEFAULTS_VALIDATOR.iter_errors(defaults)
    ]
    if not faults and "agency" in defaults:
        faults += _unknown(("agency",), defaults["agency"], around.agencies, "agency")
    return [(pointer_to(path), what) for path, what in faults]


def pointer_to(path: Sequence[str | int]) -> str:
    """Return the JSON Pointer of a path of keys and indexes."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _repetitions(definition: Definition) -> Iterator[Fault]:
    for name, key in (("required_documents", "slug"), ("refusal_codes", "code")):
        seen: Counter[str] = Counter()
        for index, item in enumerate(definition[name]):
            seen[item[key]] += 1
            if seen[item[key]] > 1:
                yield (name, index, key), f"'{item[key]}' stands here for the {seen[item[key]]}. time"


def _references(definition: Definition, around: Surroundings) -> Iterator[Fault]:
    for name in ("agency", "owner_agency"):
        yield from _unknown((name,), definition[name], around.agencies, "agency")
    scope = around.agencies.get(definition["agency"], definition["agency_scope"])
    if scope != definition["agency_scope"]:
        yield ("agency_scope",), f"{definition['agency']} is {scope}"
    where: Path
    for index, document in enumerate(definition["required_documents"]):
        if document["replaced_by_register"]:
            where = ("required_documents", index, "replaced_by_register")
            yield from _unknown(where, document["replaced_by_register"], around.registers, "register")
    for index, step in enumerate(definition["technological_card"]["steps"]):
        if step["performer"] not in ROLES:
            where = ("technological_card", "steps", index, "performer")
            yield from _unknown(where, step["performer"], around.agencies, "role or agency")


def _times(definition: Definition) -> Iterator[Fault]:
    term = definition["term"]
    days = sum(step["days"] for step in definition["technological_card"]["steps"] if step["unit"] == term["unit"])
    if days > term["days"]:
        yield ("technological_card", "steps"), f"the steps take {days} {term['unit']} days, the term is {term['days']}"
    if definition["review_on"] <= definition["reviewed_on"]:
        yield ("review_on",), f"ends before it begins: the last review was on {definition['reviewed_on']}"


def _check(check: Mapping[str, Any], definition: Definition, around: Surroundings) -> Iterator[Fault]:
    """A check asks a known register about fields that it has, by fields that the form has."""
    yield from _unknown(("register",), check["register"], around.registers, "register")
    known = around.registers.get(check["register"])
    fields = definition["form"]["properties"]
    for index, assertion in enumerate(check["asserts"]):
        if known is not None:
            where = ("asserts", index, "field")
            yield from _unknown(where, assertion["field"], known, f"field of {check['register']}")
        if assertion["form_field"] is not None:
            yield from _unknown(("asserts", index, "form_field"), assertion["form_field"], fields, "field of the form")
    for index, field in enumerate(check["needs"]):
        yield from _unknown(("needs", index), field, fields, "field of the form")
    for key, field in check["bind"].items():
        yield from _unknown(("bind", key), field, fields, "field of the form")


def _unknown(path: Path, value: str, known: Any, kind: str) -> Iterator[Fault]:
    if value not in known:
        yield path, f"unknown {kind}: {value}"
