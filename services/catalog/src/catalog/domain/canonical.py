"""Canonical JSON (RFC 8785): one value, one sequence of bytes, so that two parties who hold the same value compute one digest.

Members stand in the order of their names' UTF-16 code units, nothing stands between them, text is UTF-8, and a number that
is whole has no point. Refuses what JSON has no word for (NaN, infinities).
"""

import math
from decimal import Decimal
from typing import Any

import orjson

# beyond this a double no longer tells whole numbers apart
_GREATEST_WHOLE = 2**53


def canonical(value: Any) -> bytes:
    """Return the bytes of a JSON value."""
    return orjson.dumps(_ordered(value))


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        names = sorted(value, key=_utf16)
        return {name: _ordered(value[name]) for name in names}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    if isinstance(value, float):
        return _number(value)
    return value


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-be")


def _number(value: float) -> Any:
    """Return a number that is written as ECMAScript does (RFC 8785 §3.2.2.3): with an exponent only where it has to be."""
    if not math.isfinite(value):
        raise ValueError("JSON has no infinite numbers")
    if value.is_integer() and abs(value) <= _GREATEST_WHOLE:
        return int(value)
    if "e" in repr(value) and 1e-6 <= abs(value) < 1e21:
        return orjson.Fragment(format(Decimal(repr(value)), "f"))
    return value
