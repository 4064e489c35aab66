"""Comparing what an applicant stated with what a register holds, field by field, forgiving of spelling and not of facts."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MATCH, MISMATCH, NOT_FOUND = "match", "mismatch", "not_found"
_APOSTROPHES = re.compile("['’‘ʼʹ′´`＇]")
_DASHES = re.compile(r"\s*[-‐‑‒–—―−]\s*")
_SPACES = re.compile(r"\s+")
_NUMBER = re.compile(r"-?[0-9]{1,18}([.,][0-9]{1,6})?")
_CODE = re.compile(r"0[0-9]+")
_DAY_FIRST = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})t00:00(:00(\.0+)?)?(z|\+00:00)?")


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
    """Tell whether two values say the same: any case, apostrophe, dash and spacing; numbers and dates by value."""
    if isinstance(stated, bool) or isinstance(held, bool):
        return bool(_truth(stated) == _truth(held))
    numbers = _number(stated), _number(held)
    if None not in numbers:
        return bool(numbers[0] == numbers[1])
    return _plain(stated) == _plain(held)


def _truth(value: Any) -> Any:
    words = {"true": True, "false": False, "yes": True, "no": False, "так": True, "ні": False}
    return words.get(_plain(value), value)


def _number(value: Any) -> Decimal | None:
    text = str(value).strip()
    if not _NUMBER.fullmatch(text) or _CODE.fullmatch(text):
        return None  # a word, or a code that begins with 0
    return Decimal(text.replace(",", "."))


def _plain(value: Any) -> str:
    text = unicodedata.normalize("NFC", str(value)).casefold()
    text = _SPACES.sub(" ", _DASHES.sub("-", _APOSTROPHES.sub("'", text))).strip()
    if found := _DAY_FIRST.fullmatch(text):
        day, month, year = found.groups()
        return f"{year}-{month:0>2}-{day:0>2}"
    found = _MIDNIGHT.fullmatch(text)
    return found[1] if found else text
