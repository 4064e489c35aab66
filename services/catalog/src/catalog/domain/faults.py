"""What can be wrong with a data set, found before anything is written: every fault by file, record and field."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_REQUIRED = {
    "territories": ("slug", "name_uk", "name_en", "koatuu"),
    "service_centres": ("slug", "name_uk", "name_en", "territory", "opening_hours"),
    "agencies": ("slug", "name_uk", "name_en", "scope"),
    "registers": ("slug", "name_uk", "name_en", "fields", "query"),
    "services": (
        "slug", "code", "name_uk", "name_en", "description_uk", "description_en", "life_events", "applicant_kinds",
        "agency", "owner_agency", "kind", "legal_basis", "required_documents", "fee", "deadline", "tacit_approval",
        "result", "refusal_reasons", "register_checks", "channels", "form", "reviewed_on",
    ),
}  # fmt: skip
DataSet = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    place: str
    record: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.record}: {self.what}"


def find_faults(data: DataSet) -> list[Fault]:
    """Return everything that is wrong with the data set; nothing means that it can be imported."""
    faults = [fault for place, fields in _REQUIRED.items() for fault in _records(place, fields, data.get(place, []))]
    if faults:
        return faults
    return [*_centres(data), *_services(data)]


def _records(place: str, fields: tuple[str, ...], records: list[dict[str, Any]]) -> Iterator[Fault]:
    if not records:
        yield Fault(place, "–", "there is no such list, or it is empty")
    for number, record in enumerate(records, 1):
        name = str(record.get("slug", f"record {number}"))
        for field in fields:
            if record.get(field) in (None, ""):
                yield Fault(place, name, f"{field} is missing")
    for key in ("slug", "code"):
        counted = Counter(record[key] for record in records if key in record)
        for value, count in counted.items():
            if count > 1:
                yield Fault(place, str(value), f"this {key} stands {count} times")


def _centres(data: DataSet) -> Iterator[Fault]:
    territories = {record["slug"] for record in data["territories"]}
    for centre in data["service_centres"]:
        if centre["territory"] not in territories:
            yield Fault("service_centres", centre["slug"], f"unknown territory {centre['territory']}")
        for hours in centre["opening_hours"]:
            if hours["closed"]:
                continue
            opens, closes = str(hours["opens"]), str(hours["closes"])
            if not (_TIME.fullmatch(opens) and _TIME.fullmatch(closes) and opens < closes):
                yield Fault("service_centres", centre["slug"], f"{hours['day']}: {opens}–{closes} are no hours")


def _services(data: DataSet) -> Iterator[Fault]:
    agencies = {record["slug"] for record in data["agencies"]}
    registers = {record["slug"]: {field["name"] for field in record["fields"]} for record in data["registers"]}
    for service in data["services"]:
        slug = service["slug"]
        for name in ("agency", "owner_agency"):
            if service[name] not in agencies:
                yield Fault("services", slug, f"{name}: unknown agency {service[name]}")
        for what in _form_faults(service["form"]):
            yield Fault("services", slug, f"form: {what}")
        for check in service["register_checks"]:
            fields = registers.get(check["register"])
            if fields is None:
                yield Fault("services", slug, f"register_checks: unknown register {check['register']}")
                continue
            for field in sorted(set(check["asserts"]) - fields):
                yield Fault("services", slug, f"register_checks: {check['register']} has no field {field}")


def _form_faults(form: dict[str, Any]) -> Iterator[str]:
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
