"""Whether a schema changed only compatibly: what was published can be read by the new, and the new by who knows the old.

Both hold because data flows both ways in time: topics keep old events for years, and old consumers run beside new producers.
So a version may gain optional members and better words; everything else is a new version beside the old one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_WORDS = frozenset({"title", "description", "examples", "$comment"})
_BY_NAME = ("properties", "$defs")


def without_words(schema: Any) -> Any:
    """Return what a schema demands, without what it says to people. Members of data may be called anything."""
    if isinstance(schema, list):
        return [without_words(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {member: without_words(inner) for member, inner in value.items()}
        if name in _BY_NAME
        else without_words(value)
        for name, value in schema.items()
        if name not in _WORDS
    }


def incompatibilities(published: Any, present: Any, place: str = "") -> Iterator[str]:
    """Yield each way in which `present` is not a compatible successor of `published`, by its place."""
    published, present = without_words(published), without_words(present)
    if not (isinstance(published, Mapping) and isinstance(present, Mapping)):
        if published != present:
            yield f"{place or '/'} was {published!r} and is {present!r}"
        return
    for keyword in sorted(published.keys() | present.keys()):
        before, after = published.get(keyword), present.get(keyword)
        where = f"{place}/{keyword}"
        if keyword in _BY_NAME:
            yield from _members(before or {}, after or {}, where)
        elif keyword == "required" and sorted(before or ()) == sorted(after or ()):
            continue
        elif keyword == "items":
            yield from incompatibilities(before, after, where)
        elif before != after:
            yield f"{where} was {before!r} and is {after!r}"


def _members(before: Mapping[str, Any], after: Mapping[str, Any], place: str) -> Iterator[str]:
    for name, schema in before.items():
        if name in after:
            yield from incompatibilities(schema, after[name], f"{place}/{name}")
        else:
            yield f"{place}/{name} is gone"
