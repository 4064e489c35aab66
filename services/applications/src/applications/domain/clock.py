"""The legal clock: from the card's term, the start, the calendar, suspensions and an extension to a date and its reasons.

Counting starts the day after the event (Civil Code, art. 253); a term of calendar days that ends on a day off moves to the
next working day (art. 254 part 5; Law 2073-IX, art. 34); the days on which the applicant owed something do not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from applications.domain.calendar import WorkingCalendar, kyiv_date
from applications.domain.card import Term

WORKING = "working"
_HORIZON_DAYS = 3660
_WORDS = {
    "working day": {"uk": "робочі дні", "en": "working days"},
    "calendar day": {"uk": "календарні дні", "en": "calendar days"},
    "weekend": {"uk": "вихідні", "en": "weekend"},
    "holiday": {"uk": "святковий день", "en": "public holiday"},
    "moved": {"uk": "перенесений день", "en": "moved day"},
    "suspended": {"uk": "строк зупинено: очікували на заявника", "en": "the clock stood: waiting for the applicant"},
    "rolled": {"uk": "останній день припав на неробочий", "en": "the last day fell on a day off"},
}


class TermTooLong(ValueError):
    """A term that does not end within ten years: the calendar or the card is wrong."""


@dataclass(frozen=True)
class Suspension:
    """A time in which the clock stands; open while `until` is None. Moments in UTC."""

    since: datetime
    until: datetime | None = None

    def covers(self, day: date) -> bool:
        """The day it began and every day until the day the applicant supplied do not count; that day counts again."""
        return kyiv_date(self.since) <= day and (self.until is None or day < kyiv_date(self.until))


@dataclass(frozen=True)
class Span:
    """Consecutive days treated alike: counted or not, and why."""

    since: date
    until: date
    counted: bool
    reason: str
    words: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Deadline:
    """The computed date (None while the clock stands) and its explanation."""

    on: date | None
    term_days: int
    extension_days: int
    unit: str
    counted_from: date
    spans: tuple[Span, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values; dates are ISO texts."""
        values: dict[str, Any] = asdict(self)
        values |= {"on": self.on and self.on.isoformat(), "counted_from": self.counted_from.isoformat()}
        values["spans"] = [
            {**asdict(span), "since": span.since.isoformat(), "until": span.until.isoformat()} for span in self.spans
        ]
        return values

    def explain(self, language: str) -> str:
        """Return the explanation in plain words, `uk` or `en`."""
        unit = _WORDS[f"{self.unit} day"][language]
        total = self.term_days + self.extension_days
        if language == "uk":
            head = f"Строк: {total} ({unit}), відлік з дня після {self.counted_from:%d.%m.%Y}."
            tail = (
                f" Рішення до {self.on:%d.%m.%Y}." if self.on else " Строк зупинено, доки заявник не надасть запитане."
            )
            label = " Не враховано: "
        else:
            head = f"Term: {total} {unit}, counted from the day after {self.counted_from:%d.%m.%Y}."
            tail = f" Decision by {self.on:%d.%m.%Y}." if self.on else " The clock stands until the applicant answers."
            label = " Not counted: "
        skipped = "; ".join(_describe(span, language) for span in self.spans if not span.counted)
        return head + (f"{label}{skipped}." if skipped else "") + tail


def _describe(span: Span, language: str) -> str:
    days = f"{span.since:%d.%m}" if span.since == span.until else f"{span.since:%d.%m}–{span.until:%d.%m}"
    words = _WORDS[span.reason][language]
    return f"{days} ({words}{': ' + span.words[language] if span.words else ''})"


def compute_deadline(
    term: Term,
    counted_from: datetime,
    calendar: WorkingCalendar,
    suspensions: Sequence[Suspension] = (),
    extension_days: int = 0,
) -> Deadline:
    """Return the date by which `term` ends, counted from the day after `counted_from`, and every day's part in it.

    Pure. Raises TermTooLong when no end is found within ten years.
    """
    first = kyiv_date(counted_from)
    is_standing = any(suspension.until is None for suspension in suspensions)
    left = term.days + extension_days
    days: list[Span] = []
    day = first
    while left and (day - first).days < _HORIZON_DAYS:
        day += timedelta(days=1)
        open_since = [kyiv_date(suspension.since) for suspension in suspensions if suspension.until is None]
        if open_since and day >= min(open_since):
            days.append(Span(day, day, counted=False, reason="suspended"))
            break
        span = _judge(day, term.unit, calendar, suspensions)
        left -= span.counted
        days.append(span)
    if left and not is_standing:
        raise TermTooLong(f"{term.days + extension_days} {term.unit} days from {first}")
    end = None if is_standing else calendar.next_working(day)
    if end and end > day:
        days.append(Span(day + timedelta(days=1), end, counted=False, reason="rolled"))
    return Deadline(end, term.days, extension_days, term.unit, first, _merge(days))


def _judge(day: date, unit: str, calendar: WorkingCalendar, suspensions: Sequence[Suspension]) -> Span:
    if any(suspension.covers(day) for suspension in suspensions):
        return Span(day, day, counted=False, reason="suspended")
    if unit != WORKING:
        return Span(day, day, counted=True, reason="calendar day")
    kind = calendar.kind(day)
    return Span(day, day, counted=kind.is_working, reason=kind.reason, words=kind.words)


def _merge(days: Sequence[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in days:
        last = merged[-1] if merged else None
        alike = last and (last.counted, last.reason, last.words) == (span.counted, span.reason, span.words)
        if last and alike and last.until + timedelta(days=1) == span.since:
            merged[-1] = Span(last.since, span.until, span.counted, span.reason, span.words)
        else:
            merged.append(span)
    return tuple(merged)
