"""When a place is open: weekly hours, dated exceptions, and its state at an instant, by the clocks of Kyiv.

Hours are what a clock on the wall shows. When clocks are put forward, the hour that is left out is not there to be open in;
when they are put back, the hour that comes twice is open twice. Instants are aware datetimes; answers are in UTC.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from catalog.domain.days import KYIV, kyiv_date

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HORIZON_DAYS = 92
_MINUTES_A_DAY = 24 * 60
_TIME = re.compile(r"(?:([01]\d|2[0-3]):([0-5]\d))|24:00")

Reason = Mapping[str, str]
Found = tuple[tuple[str | int, ...], str]

OUTSIDE_HOURS = ("outside-hours", {"uk": "неробочий час", "en": "outside working hours"})
BREAK = ("break", {"uk": "перерва", "en": "break"})
DAY_OFF = ("day-off", {"uk": "вихідний день", "en": "day off"})


@dataclass(frozen=True, order=True)
class Span:
    """A part of a day in minutes after midnight on the wall clock; `closes` is not part of it."""

    opens: int
    closes: int

    def holds(self, minute: int) -> bool:
        return self.opens <= minute < self.closes

    def without(self, cut: "Span") -> Iterator["Span"]:
        """Return what is left when `cut` is taken out."""
        for opens, closes in ((self.opens, min(self.closes, cut.opens)), (max(self.opens, cut.closes), self.closes)):
            if opens < closes:
                yield Span(opens, closes)


@dataclass(frozen=True)
class DatedException:
    """Days on which a place keeps other hours (`hours`; none at all: closed), or is closed for a part of them (`closed`)."""

    kind: str
    from_on: date
    to_on: date
    reason: Reason
    hours: tuple[Span, ...] | None = None
    closed: tuple[Span, ...] = ()

    def is_on(self, day: date) -> bool:
        return self.from_on <= day <= self.to_on

    def collides(self, other: "DatedException") -> bool:
        """Tell whether both say which hours hold on the same day."""
        say_hours = self.hours is not None and other.hours is not None
        return say_hours and self.from_on <= other.to_on and other.from_on <= self.to_on


@dataclass(frozen=True)
class State:
    """Open or closed at an instant, until when (None: no end in sight), and what makes it so."""

    is_open: bool
    until: datetime | None
    because: tuple[str, Reason] | None


@dataclass(frozen=True)
class Timetable:
    """The hours of one place: spans by weekday (0 is Monday), and what is different on some days."""

    weekly: Mapping[int, Sequence[Span]]
    exceptions: Sequence[DatedException] = field(default=())

    def spans_on(self, day: date) -> list[Span]:
        """Return the hours of one day, in order."""
        spans = list(self._hours_on(day))
        for exception in self.exceptions:
            if exception.is_on(day):
                for cut in exception.closed:
                    spans = [rest for span in spans for rest in span.without(cut)]
        return sorted(spans)

    def state_at(self, instant: datetime) -> State:
        """Return whether the place is open, and until when it stays so."""
        is_open, until = False, None
        for opens, closes in self._opening_from(instant):
            if not is_open and opens > instant:
                return State(is_open=False, until=opens, because=self._why_closed(instant))
            if is_open and opens != until:
                break
            is_open, until = True, closes
        if not is_open:
            return State(is_open=False, until=None, because=self._why_closed(instant))
        if until is not None and until - instant >= timedelta(days=HORIZON_DAYS - 1):
            until = None
        return State(is_open=True, until=until, because=self._exception_of_hours(kyiv_date(instant)))

    def _opening_from(self, instant: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Return the intervals in which the place is open that end after an instant, those that touch not yet joined."""
        first = kyiv_date(instant)
        for number in range(HORIZON_DAYS + 1):
            day = first + timedelta(days=number)
            for interval in _instants_of(day, self.spans_on(day)):
                if interval[1] > instant:
                    yield interval

    def _hours_on(self, day: date) -> Sequence[Span]:
        for exception in self.exceptions:
            if exception.hours is not None and exception.is_on(day):
                return exception.hours
        return self.weekly.get(day.weekday(), ())

    def _exception_of_hours(self, day: date) -> tuple[str, Reason] | None:
        return next(
            ((each.kind, each.reason) for each in self.exceptions if each.hours is not None and each.is_on(day)), None
        )

    def _why_closed(self, instant: datetime) -> tuple[str, Reason]:
        local = instant.astimezone(KYIV)
        day, minute = local.date(), local.hour * 60 + local.minute
        hours = self._hours_on(day)
        if any(span.holds(minute) for span in hours):
            for exception in self.exceptions:
                if exception.is_on(day) and any(cut.holds(minute) for cut in exception.closed):
                    return exception.kind, exception.reason
        if exception_of_hours := self._exception_of_hours(day):
            return exception_of_hours
        if not hours:
            return DAY_OFF
        is_between = min(hours).opens <= minute < max(hours).closes
        return BREAK if is_between else OUTSIDE_HOURS


def minutes(text: str) -> int:
    """Return `HH:MM` as minutes after midnight; raises ValueError. The end of a day is 24:00."""
    if (match := _TIME.fullmatch(text)) is None:
        raise ValueError(f"{text} is no time of day")
    return int(match[1]) * 60 + int(match[2]) if match[1] else _MINUTES_A_DAY


def clock_time(minute: int) -> str:
    """Return minutes after midnight as `HH:MM`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def span_of(opens: str, closes: str) -> Span:
    """Return a span; raises ValueError when it ends before it begins."""
    span = Span(minutes(opens), minutes(closes))
    if span.opens >= span.closes:
        raise ValueError(f"{opens}–{closes} ends before it begins")
    return span


def overlapping(spans: Iterable[Span]) -> bool:
    """Tell whether two of the spans share a minute."""
    ordered = sorted(spans)
    return any(before.closes > after.opens for before, after in pairwise(ordered))


def weekly_hours(record: Mapping[str, Any]) -> dict[int, list[Span]]:
    """Return the weekly hours of a place's record: several entries of a day are several spans, the lunch break is out."""
    weekly: dict[int, list[Span]] = {}
    lunch = record.get("lunch_break")
    for entry in record["opening_hours"]:
        if entry["closed"]:
            continue
        span = span_of(entry["opens"], entry["closes"])
        left = span.without(span_of(lunch["from"], lunch["to"])) if lunch else [span]
        weekly.setdefault(DAYS.index(entry["day"]), []).extend(left)
    return weekly


def hours_faults(record: Mapping[str, Any]) -> Iterator[Found]:
    """Return what is wrong with the hours of a centre's record and of its branches: (path in the record, what)."""
    yield from _weekly_faults(record["opening_hours"])
    yield from _lunch_faults(record.get("lunch_break"))
    branches = record.get("branches") or ()
    for index, branch in enumerate(branches):
        for path, what in _weekly_faults(branch.get("opening_hours") or ()):
            yield ("branches", index, *path), what


def _weekly_faults(entries: Sequence[Mapping[str, Any]]) -> Iterator[Found]:
    of_days: dict[str, list[Span]] = {}
    closed = {entry["day"] for entry in entries if entry["closed"]}
    for index, entry in enumerate(entries):
        day, path = entry["day"], ("opening_hours", index)
        if entry["closed"]:
            continue
        opens, closes = str(entry.get("opens")), str(entry.get("closes"))
        try:
            span = span_of(opens, closes)
        except ValueError:
            yield path, f"{day}: {opens}–{closes} are no hours"
            continue
        if day in closed:
            yield path, f"{day}: has hours, and is a closed day"
        elif overlapping([span, *of_days.get(day, ())]):
            yield path, f"{day}: {opens}–{closes} overlaps other hours of the day"
        else:
            of_days.setdefault(day, []).append(span)


def _lunch_faults(lunch: Any) -> Iterator[Found]:
    if lunch is None:
        return
    try:
        span_of(str(lunch["from"]), str(lunch["to"]))
    except (ValueError, KeyError, TypeError):
        yield ("lunch_break",), "is no break: give `from` before `to`, as HH:MM"


def _instants_of(day: date, spans: Sequence[Span]) -> Iterator[tuple[datetime, datetime]]:
    """Return the hours of a day as intervals of time, in order."""
    wall_midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for begins, ends, offset in _parts(day):
        for span in spans:
            opens = max(begins, wall_midnight + timedelta(minutes=span.opens) - offset)
            closes = min(ends, wall_midnight + timedelta(minutes=span.closes) - offset)
            if opens < closes:
                yield opens, closes


@lru_cache(maxsize=1024)
def _parts(day: date) -> Sequence[tuple[datetime, datetime, timedelta]]:
    """Return the parts of a day within which the clocks are not changed: (begins, ends, offset to UTC)."""
    begins, ends = (_midnight(each) for each in (day, day + timedelta(days=1)))
    before, after = _offset(begins), _offset(ends)
    if before == after:
        return ((begins, ends, before),)
    length = (ends - begins) // timedelta(minutes=1)
    changed = bisect_left(range(length), True, key=lambda minute: _offset(begins + timedelta(minutes=minute)) == after)
    change = begins + timedelta(minutes=changed)
    return ((begins, change, before), (change, ends, after))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=KYIV).astimezone(UTC)


def _offset(instant: datetime) -> timedelta:
    return instant.astimezone(KYIV).utcoffset() or timedelta()
