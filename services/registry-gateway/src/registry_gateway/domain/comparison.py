"""Comparing what an applicant stated with what a register holds, field by field, forgiving of spelling and not of facts."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

MATCH, MISMATCH, NOT_FOUND = "match", "mismatch", "not_found"
_APOSTROPHES = re.compile("['’ʼ`]")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Assertion:
    """One asserted field: compared with the applicant's statement, with an expected value, or only to be known."""

    field: str
    form_field: str | None
    expected: Any


@dataclass(frozen=True)
class FieldResult:
    """What came out of one field."""

    field: str
    result: str


def compare(
    assertions: Sequence[Assertion], stated: Mapping[str, Any], found: Mapping[str, Any] | None
) -> tuple[FieldResult, ...]:
    """Return the result of each field; `found` is what the register holds, None when it knows no such subject."""
    return tuple(FieldResult(item.field, _compare_one(item, stated, found)) for item in assertions)


def overall(results: Sequence[FieldResult]) -> str:
    """Return the one word for a verification: the worst of its fields."""
    words = {result.result for result in results}
    return MISMATCH if MISMATCH in words else NOT_FOUND if NOT_FOUND in words else MATCH


def _compare_one(item: Assertion, stated: Mapping[str, Any], found: Mapping[str, Any] | None) -> str:
    if found is None:
        # a register of bad news that knows nothing of the subject confirms the expected "no"
        return MATCH if item.expected is False else NOT_FOUND
    value = found.get(item.field)
    if value is None:
        return MATCH if item.expected is False else NOT_FOUND
    wanted = item.expected if item.expected is not None else stated.get(item.field)
    return MATCH if wanted is None or is_same(wanted, value) else MISMATCH


def is_same(stated: Any, held: Any) -> bool:
    """Tell whether two values say the same: letters of any case, any apostrophe, any spacing, numbers by value."""
    if isinstance(stated, bool) or isinstance(held, bool):
        return _truth(stated) == _truth(held)
    numbers = _number(stated), _number(held)
    if None not in numbers:
        return bool(numbers[0] == numbers[1])
    return _plain(stated) == _plain(held)


def _truth(value: Any) -> Any:
    return {"true": True, "false": False, "yes": True, "no": False}.get(_plain(value), value)


def _number(value: Any) -> Decimal | None:
    text = str(value).replace(",", ".").strip()
    if isinstance(value, str) and text.startswith("0") and text.isdigit() and len(text) > 1:
        return None  # a code, not an amount
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _plain(value: Any) -> str:
    text = unicodedata.normalize("NFC", str(value)).casefold()
    return _SPACES.sub(" ", _APOSTROPHES.sub("'", text)).strip()
