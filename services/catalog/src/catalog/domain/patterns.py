"""Regular expressions of forms: only such as every reader of a form can match in time that grows with the text alone.

The platform matches in linear time whatever the expression is. Browsers, kiosks and the post office's client do not: an
expression that can match one text in very many ways stops them. So a repetition inside a repetition is refused.
"""

from dataclasses import dataclass
from functools import lru_cache

import jsonschema_rs

MOST_CHARACTERS = 300
_MOST_STATE_BYTES = 300_000
_MOST_TIMES = 10  # a group repeated so often may be ambiguous inside: 2¹⁰ ways are still few
LINEAR = jsonschema_rs.RegexOptions(size_limit=_MOST_STATE_BYTES)


@dataclass
class _Group:
    """What was seen so far between two brackets: something that can match in more than one way."""

    is_ambiguous: bool = False


@lru_cache(maxsize=4096)
def pattern_fault(pattern: str) -> str | None:
    """Return why an expression is refused, or None."""
    if len(pattern) > MOST_CHARACTERS:
        return f"is longer than {MOST_CHARACTERS} characters"
    try:
        jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=LINEAR, offline=True)
    except jsonschema_rs.ValidationError:
        return "is no regular expression that can be matched in linear time (no look-around, no back-references)"
    if _repeats_within_repeats(pattern):
        return "repeats a group that has repetitions or alternatives: some texts would take too long to match"
    return None


def _repeats_within_repeats(pattern: str) -> bool:
    """Tell whether a group that can match in more than one way is repeated often."""
    groups = [_Group()]
    closed: _Group | None = None
    place = 0
    while place < len(pattern):
        sign = pattern[place]
        most, length = _repetition(pattern, place)
        if length:
            if closed is not None and closed.is_ambiguous and most > _MOST_TIMES:
                return True
            groups[-1].is_ambiguous = True
            closed, place = _Group(is_ambiguous=True), place + length
            continue
        closed = None
        if sign == "(":
            groups.append(_Group())
        elif sign == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1].is_ambiguous |= closed.is_ambiguous
        elif sign == "|":
            groups[-1].is_ambiguous = True
        place = _end_of_class(pattern, place) if sign == "[" else place + (2 if sign == "\\" else 1)
    return False


def _repetition(pattern: str, place: int) -> tuple[float, int]:
    """Return how often at most the sign at `place` repeats what stands before it, and its length; 0 if it is none."""
    sign = pattern[place]
    if sign in "*+":
        return float("inf"), 1
    if sign == "?" and pattern[place - 1 : place] != "(":
        return 1, 1
    if sign != "{":
        return 0, 0
    inside, _, _ = pattern[place + 1 :].partition("}")
    least, comma, most = inside.partition(",")
    if not least.isdigit():
        return 0, 0
    return (int(most) if most else float("inf")) if comma else int(least), len(inside) + 2


def _end_of_class(pattern: str, place: int) -> int:
    """Return the place behind a character class that begins at `place`; a bracket that closes first is a plain sign."""
    place += 2 if pattern[place + 1 : place + 2] == "^" else 1
    depth, first = 1, place
    while place < len(pattern) and depth:
        sign = pattern[place]
        depth += (sign == "[") - (sign == "]" and place != first)
        place += 2 if sign == "\\" else 1
    return place
