"""What can be wrong with a data set, found before anything is written: every fault with its file and JSON Pointer."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

import jsonschema_rs

from catalog.domain.data_set import LISTS, DataSet, Fault, Place, Record
from catalog.domain.shapes import RECORDS

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def find_faults(data: DataSet) -> list[Fault]:
    """Return everything that is wrong with the data set; nothing means that it can be imported."""
    if faults := [fault for name in LISTS for fault in _shapes(data, name)]:
        return faults  # records of a wrong shape cannot be held against each other
    return [*_repeated(data), *_centres(data), *_services(data)]


def shape_faults(validator: Any, value: Any, place: Place) -> Iterator[Fault]:
    """Return where a value is not what its schema demands."""
    for error in validator.iter_errors(value):
        yield Fault(place.at(list(error.instance_path)), error.message[:200])


def _shapes(data: DataSet, name: str) -> Iterator[Fault]:
    if not data[name]:
        yield Fault(Place("–", f"/{name}"), "no file has this list, or it is empty")
    for place, record in data.placed(name):
        yield from shape_faults(RECORDS[name], record, place)


def _repeated(data: DataSet) -> Iterator[Fault]:
    for name in LISTS:
        for key in ("slug", "code"):
            seen: Counter[str] = Counter()
            for place, record in data.placed(name):
                if (value := record.get(key)) is None:
                    continue
                seen[value] += 1
                if seen[value] > 1:
                    yield Fault(place / key, f"'{value}' stands here for the {seen[value]}. time")


def _centres(data: DataSet) -> Iterator[Fault]:
    territories = {record["slug"] for record in data["territories"]}
    for place, centre in data.placed("service_centres"):
        yield from _unknown(place / "territory", centre["territory"], territories, "territory")
        for index, hours in enumerate(centre["opening_hours"]):
            opens, closes = str(hours.get("opens")), str(hours.get("closes"))
            is_span = _TIME.fullmatch(opens) and _TIME.fullmatch(closes) and opens < closes
            if not hours["closed"] and not is_span:
                yield Fault(place / "opening_hours" / index, f"{hours['day']}: {opens}–{closes} are no hours")


def _services(data: DataSet) -> Iterator[Fault]:
    agencies = {record["slug"] for record in data["agencies"]}
    registers = {record["slug"]: {field["name"] for field in record["fields"]} for record in data["registers"]}
    for place, service in data.placed("services"):
        for name in ("agency", "owner_agency"):
            yield from _unknown(place / name, service[name], agencies, "agency")
        for index, document in enumerate(service["required_documents"]):
            if register := document["replaced_by_register"]:
                where = place / "required_documents" / index / "replaced_by_register"
                yield from _unknown(where, register, registers, "register")
        for what in _form_faults(service["form"]):
            yield Fault(place / "form", what)
        for index, check in enumerate(service["register_checks"]):
            yield from _check(place / "register_checks" / index, check, service["form"], registers)


def _check(place: Place, check: Record, form: Record, registers: dict[str, set[str]]) -> Iterator[Fault]:
    """A check asks a known register about fields that it has, by fields that the form has."""
    register = check["register"]
    yield from _unknown(place / "register", register, registers, "register")
    for index, field in enumerate(check["asserts"] if register in registers else ()):
        yield from _unknown(place / "asserts" / index, field, registers[register], f"field of {register}")
    fields = form.get("properties", {})
    for index, field in enumerate(check["needs"]):
        yield from _unknown(place / "needs" / index, field, fields, "field of the form")
    for key, field in check["bind"].items():
        yield from _unknown(place / "bind" / key, field, fields, "field of the form")


def _unknown(place: Place, value: str, known: Collection[str], kind: str) -> Iterator[Fault]:
    if value not in known:
        yield Fault(place, f"unknown {kind}: {value}")


def _form_faults(form: Record) -> Iterator[str]:
    for reference in _references(form):
        if not reference.startswith("#"):
            yield f"the reference {reference} leads out of the form"
            return
    try:
        jsonschema_rs.meta.validate(form)
        jsonschema_rs.validator_for(form, offline=True)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        yield f"not a JSON Schema: {str(error).splitlines()[0][:200]}"


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)
