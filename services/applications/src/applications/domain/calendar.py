"""The working calendar of Ukraine: weekends, public holidays (Labour Code, art. 73) and dated exceptions.

Exceptions are data that can be amended without a release: moved working days, and periods in which public holidays are
working days, as under martial law (Law 2136-IX, art. 6 part 6, in force from 15 March 2022). An exception wins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import holidays

KYIV = ZoneInfo("Europe/Kyiv")
Effect = Literal["holidays-are-working", "working", "not-working"]
_SATURDAY = 5


@dataclass(frozen=True)
class CalendarException:
    """Days from `since` to `until` (both counted; None: without end) that are not as the calendar says."""

    since: date
    until: date | None
    effect: Effect
    reason: Mapping[str, str]

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


MARTIAL_LAW = CalendarException(
    since=date(2022, 3, 15),
    until=None,
    effect="holidays-are-working",
    reason={"uk": "воєнний стан", "en": "martial law"},
)


@dataclass(frozen=True)
class DayKind:
    """Whether a day is a working day, and why: a code, and words where a holiday or an exception says so."""

    is_working: bool
    reason: str
    words: Mapping[str, str] | None = None


@lru_cache(maxsize=64)
def _public_holidays(year: int) -> Mapping[date, Mapping[str, str]]:
    # under martial law the library lists the same days under another category
    uk, en = (
        holidays.country_holidays("UA", years=year, categories=("public", "workday"), observed=False, language=language)
        for language in ("uk", "en_US")
    )
    return {day: {"uk": name, "en": en[day]} for day, name in uk.items()}


class WorkingCalendar:
    """Tells working days from others. Later exceptions win over earlier ones."""

    def __init__(self, exceptions: Sequence[CalendarException] = (MARTIAL_LAW,)) -> None:
        self._exceptions = tuple(reversed(exceptions))

    def kind(self, day: date) -> DayKind:
        """Return what `day` is."""
        holidays_are_working = False
        for exception in self._exceptions:
            if exception.covers(day):
                if exception.effect != "holidays-are-working":
                    return DayKind(exception.effect == "working", "moved", exception.reason)
                holidays_are_working = True
        if day.weekday() >= _SATURDAY:
            return DayKind(is_working=False, reason="weekend")
        holiday = _public_holidays(day.year).get(day)
        if holiday and not holidays_are_working:
            return DayKind(is_working=False, reason="holiday", words=holiday)
        return DayKind(is_working=True, reason="working day")

    def is_working(self, day: date) -> bool:
        return self.kind(day).is_working

    def next_working(self, day: date) -> date:
        """Return `day`, or the first working day after it."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day


def kyiv_date(moment: datetime) -> date:
    """Return the date of a moment in Kyiv."""
    return moment.astimezone(KYIV).date()
