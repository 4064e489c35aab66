"""What a data set wants published: whole definitions, each with the place of its record, whichever shape that has.

What a record leaves open is filled in as `definition.py` does; how far an agency reaches is a fact of the agency.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from catalog.domain.assertions import Assertions
from catalog.domain.data_set import DataSet, Place
from catalog.domain.definition import a_year_after, decision_policy, definition_from, how_to_apply, usual_steps

# where records of the data set have other names than definitions
_LISTS = {"term": "deadline", "refusal_codes": "refusal_reasons"}
_INSIDE = {
    ("required_documents", "form"): "original_or_copy",
    ("required_documents", "condition"): "condition_en",
    ("register_checks", "purpose"): "purpose_en",
}
# an agency that nobody knows is a fault, which its scope need not be too
_SCOPE_OF_UNKNOWN = "oblast-wide"
_BILINGUAL_AS_IT_IS = frozenset({"how_to_apply", "technological_card"})


@dataclass(frozen=True)
class Wanted:
    """One version: valid from a day (None: from today), and until one when the data set says what comes next."""

    place: Place
    definition: Mapping[str, Any]
    valid_from: date | None
    valid_to: date | None
    is_flat: bool

    @property
    def slug(self) -> str:
        slug: str = self.definition["slug"]
        return slug

    def where(self, pointer: str) -> Place:
        """Return where the member of the definition at a JSON Pointer stands in the record."""
        return self.place.below(flat_pointer(pointer) if self.is_flat else pointer)


def wanted_versions(data: DataSet, assertions: Assertions, scopes: Mapping[str, str]) -> Iterator[Wanted]:
    """Return what a data set whose records have the right shape wants, in the order of the data set."""
    for place, record in data.placed("services"):
        scope = scopes.get(record["agency"], _SCOPE_OF_UNKNOWN)
        yield _wanted(place, record, definition_from(record, scope, assertions), is_flat=True)
    for place, record in data.placed("public_services"):
        given = {name: value for name, value in record.items() if name not in {"valid_from", "valid_to"}}
        added = {name: value for name, value in _usual(given, scopes).items() if name not in given}
        yield _wanted(place, record, given | added, is_flat=False)


def flat_pointer(pointer: str) -> str:
    """Return where a record of the data set has what stands at a pointer of its definition."""
    parts = pointer.split("/")[1:]
    if not parts:
        return ""
    first, *rest = parts
    if first == "register_checks" and rest[1:] == ["legal_basis"]:
        return "/legal_basis/0"
    if first == "register_checks" and rest[1:2] == ["asserts"]:
        rest = rest[:3]
    if len(rest) > 1:
        rest[1] = _INSIDE.get((first, rest[1]), rest[1])
    if rest and rest[-1] in {"uk", "en"} and first not in _BILINGUAL_AS_IT_IS:
        named = [_LISTS.get(first, first), *rest[:-1]]
        parts = [*named[:-1], f"{named[-1]}_{rest[-1]}"]
    else:
        parts = [_LISTS.get(first, first), *rest]
    return "".join(f"/{part}" for part in parts)


def _wanted(place: Place, record: Mapping[str, Any], definition: Mapping[str, Any], *, is_flat: bool) -> Wanted:
    return Wanted(place, definition, _day(record, "valid_from"), _day(record, "valid_to"), is_flat)


def _day(record: Mapping[str, Any], name: str) -> date | None:
    return date.fromisoformat(record[name]) if record.get(name) else None


def _usual(given: Mapping[str, Any], scopes: Mapping[str, str]) -> dict[str, Any]:
    """Return what a definition usually has, as far as it can be told from what is given."""
    usual: dict[str, Any] = {"responsible_role": "agency_representative"}
    agency, kind, channels, term = (given.get(name) for name in ("agency", "kind", "channels", "term"))
    if isinstance(agency, str):
        usual["agency_scope"] = scopes.get(agency, _SCOPE_OF_UNKNOWN)
    if isinstance(kind, str):
        usual["decision_policy"] = decision_policy(kind)
    if isinstance(channels, list) and all(isinstance(channel, str) for channel in channels):
        usual["how_to_apply"] = how_to_apply(channels)
    if isinstance(kind, str) and isinstance(term, Mapping) and isinstance(term.get("days"), int) and "unit" in term:
        usual["technological_card"] = usual_steps(kind, term)
    with suppress(KeyError, TypeError, ValueError):  # the rules of definitions say what is wrong with it
        usual["review_on"] = a_year_after(given["reviewed_on"])
    return usual
