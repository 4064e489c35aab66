"""What differs between two records, member by member: `term.days`, `refusal_codes[not-authorised].text.uk`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.domain.form_order import form_order

_NAMES_OF_ITEMS = ("slug", "code", "field", "register", "name", "day")
# members that may be left out as well as be empty
_MAY_BE_LEFT_OUT = "fee"


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()


@dataclass(frozen=True)
class Difference:
    """One member that differs; `before` or `after` is ABSENT when it is new or gone."""

    member: str
    before: Any
    after: Any


def differences(before: Any, after: Any, member: str = "") -> Iterator[Difference]:
    """Return every member that differs."""
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        absent = None if member == _MAY_BE_LEFT_OUT else ABSENT
        for name in dict.fromkeys((*before, *after)):
            inside = f"{member}.{name}" if member else str(name)
            yield from differences(before.get(name, absent), after.get(name, absent), inside)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(before, after, member)
    else:
        yield Difference(member, before, after)


def definition_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """Return every member of a definition that differs, and where a form's fields come in another order."""
    yield from differences(before, after)
    was = form_order(before["form"])
    for pointer, names in form_order(after["form"]).items():
        kept = [name for name in was.get(pointer, ()) if name in names]
        if kept != (now := [name for name in names if name in kept]):
            yield Difference(f"form{pointer.replace('/', '.')} (order)", kept, now)


def _of_lists(before: list[Any], after: list[Any], member: str) -> Iterator[Difference]:
    names, others = _names(before), _names(after)
    if names is None or others is None:
        yield Difference(member, before, after)
        return
    was, becomes = dict(zip(names, before, strict=True)), dict(zip(others, after, strict=True))
    for name in dict.fromkeys((*names, *others)):
        yield from differences(was.get(name, ABSENT), becomes.get(name, ABSENT), f"{member}[{name}]")
    if (kept := [name for name in names if name in becomes]) != (now := [name for name in others if name in was]):
        yield Difference(f"{member} (order)", kept, now)


def _names(items: Sequence[Any]) -> list[str] | None:
    """Return the name of each item, or None if they have no names of their own."""
    names = [_name(item) for item in items]
    return [str(name) for name in names] if None not in names and len(set(names)) == len(names) else None


def _name(item: Any) -> str | None:
    if isinstance(item, str):
        return item
    if isinstance(item, Mapping):
        return next((item[key] for key in _NAMES_OF_ITEMS if isinstance(item.get(key), str)), None)
    return None
