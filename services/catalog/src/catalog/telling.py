"""What the commands say: how far they are, faults, and what an import changed or would change."""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from catalog.domain.data_set import Fault
from catalog.domain.difference import ABSENT
from catalog.use_cases.import_data import Change, Imported

_LONGEST_VALUE = 90


class ProgressLine:
    """One line on a terminal that is written over; nothing when the output is no terminal."""

    def __init__(self, to: TextIO = sys.stderr, *, width: int = 30) -> None:
        self._to = to if to.isatty() else None
        self._width = width

    def tell(self, what: str, done: int, of: int) -> None:
        """Show how far the work is."""
        if self._to is not None and of:
            full = self._width * done // of
            bar = "█" * full + "░" * (self._width - full)
            self._to.write(f"\r{what:<10} {bar} {done} of {of}\x1b[K")
            self._to.flush()

    def clear(self) -> None:
        """Take the line away."""
        if self._to is not None:
            self._to.write("\r\x1b[K")
            self._to.flush()


def told_faults(faults: Sequence[Fault]) -> str:
    """Return faults as JSON."""
    told = [_told_fault(fault) for fault in faults]
    return json.dumps({"faults": told}, ensure_ascii=False)


def _told_fault(fault: Fault) -> dict[str, Any]:
    told: dict[str, Any] = {"file": fault.place.file, "pointer": fault.place.pointer, "detail": fault.what}
    if fault.place.row is not None:
        told |= {"row": fault.place.row, "column": fault.place.column}
    return told


def told_outcome(done: Imported) -> str:
    """Return what an import did as JSON."""
    counts = {name: getattr(done, name) for name in ("unchanged", "organisations", "records", "places")}
    changes = [_told_change(change) for change in done.changes]
    return json.dumps({"new_versions": done.new_versions, **counts, "changes": changes}, ensure_ascii=False)


def _told_change(change: Change) -> dict[str, Any]:
    told: dict[str, Any] = {"list": change.kind, "slug": change.slug, "is_new": change.is_new}
    if change.valid_from is not None:
        told |= {"version": change.version, "valid_from": change.valid_from.isoformat()}
    told["differences"] = [
        {"member": each.member}
        | {name: value for name, value in (("before", each.before), ("after", each.after)) if value is not ABSENT}
        for each in change.differences
    ]
    return told


def summary_lines(done: Imported, verb: str) -> Iterator[str]:
    """Return in words how much changed."""
    yield f"{len(done.new_versions)} versions {verb} published, {done.unchanged} cards are unchanged,"
    yield f"{done.organisations} organisations, {done.records} records and {done.places} places {verb} written."


def change_lines(done: Imported) -> Iterator[str]:
    """Return what changed, each member on a line."""
    for change in done.changes:
        what = "new" if change.is_new else "changed"
        version = f", version {change.version} from {change.valid_from}" if change.version else ""
        yield f"{change.kind}/{change.slug}: {what}{version}"
        for each in change.differences:
            before, after = _short(each.before, each.after)
            yield f"  {each.member}: {before} → {after}"


def _short(before: Any, after: Any) -> tuple[str, str]:
    """Return two values as they are shown: of long ones the part where they begin to differ."""
    written = [repr(value) if value is ABSENT else json.dumps(value, ensure_ascii=False) for value in (before, after)]
    one, other = written
    same = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    starts = max(0, same - 20) if max(map(len, written)) > _LONGEST_VALUE else 0
    return _cut(one, starts), _cut(other, starts)


def _cut(text: str, starts: int) -> str:
    ends = starts + _LONGEST_VALUE
    return ("…" if starts else "") + text[starts:ends] + ("…" if len(text) > ends else "")
