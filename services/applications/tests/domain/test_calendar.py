"""Working days of Ukraine: weekends, public holidays, martial law, moved days, Kyiv's date."""

from datetime import UTC, date, datetime

import pytest

from applications.domain.calendar import MARTIAL_LAW, CalendarException, DayKind, WorkingCalendar, kyiv_date

REASON = {"uk": "перенесено", "en": "moved"}
PEACE, AT_WAR = WorkingCalendar(()), WorkingCalendar()
INDEPENDENCE_DAY = date(2026, 8, 24)


@pytest.mark.parametrize(
    ("day", "in_peace", "at_war"),
    [
        (date(2026, 11, 23), True, True),
        (date(2026, 11, 28), False, False),
        (date(2026, 11, 29), False, False),
        (INDEPENDENCE_DAY, False, True),
        (date(2026, 1, 1), False, True),
        (date(2026, 12, 25), False, True),
        # a holiday on a weekend stays a day off, whatever the law says of holidays
        (date(2026, 3, 8), False, False),
        # before the law was in force, holidays were days off
        (date(2022, 3, 8), False, False),
        (date(2022, 3, 15), True, True),
        (date(2022, 6, 28), False, True),
    ],
)
def test_a_day_is_a_working_day_or_not(day, in_peace, at_war):
    assert (PEACE.is_working(day), AT_WAR.is_working(day)) == (in_peace, at_war)


def test_a_day_off_says_why_in_both_languages():
    assert PEACE.kind(INDEPENDENCE_DAY) == DayKind(
        is_working=False, reason="holiday", words={"uk": "День незалежності України", "en": "Independence Day"}
    )
    assert PEACE.kind(date(2026, 11, 28)) == DayKind(is_working=False, reason="weekend")


def test_holidays_are_days_off_again_after_martial_law():
    until = CalendarException(MARTIAL_LAW.since, date(2026, 8, 23), MARTIAL_LAW.effect, MARTIAL_LAW.reason)
    calendar = WorkingCalendar((until,))
    assert calendar.is_working(date(2026, 5, 8))
    assert not calendar.is_working(INDEPENDENCE_DAY)


@pytest.mark.parametrize(("effect", "is_working"), [("working", True), ("not-working", False)])
def test_a_moved_day_is_what_the_exception_says(effect, is_working):
    saturday_and_monday = CalendarException(date(2026, 11, 28), date(2026, 11, 30), effect, REASON)
    calendar = WorkingCalendar((MARTIAL_LAW, saturday_and_monday))
    for day in (28, 30):
        assert calendar.kind(date(2026, 11, day)) == DayKind(is_working, "moved", REASON)
    assert calendar.is_working(date(2026, 11, 27))
    assert calendar.is_working(date(2026, 12, 1))


def test_a_later_exception_wins_over_an_earlier_one():
    day_off = CalendarException(INDEPENDENCE_DAY, INDEPENDENCE_DAY, "not-working", REASON)
    day_on = CalendarException(INDEPENDENCE_DAY, INDEPENDENCE_DAY, "working", REASON)
    assert not WorkingCalendar((MARTIAL_LAW, day_on, day_off)).is_working(INDEPENDENCE_DAY)
    assert WorkingCalendar((MARTIAL_LAW, day_off, day_on)).is_working(INDEPENDENCE_DAY)


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (date(2026, 11, 27), date(2026, 11, 27)),
        (date(2026, 11, 28), date(2026, 11, 30)),
        (date(2026, 8, 22), date(2026, 8, 25)),
    ],
)
def test_the_next_working_day_is_the_day_itself_if_it_is_one(day, following):
    assert PEACE.next_working(day) == following


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 23, 21, 59, tzinfo=UTC), date(2026, 11, 23)),
        (datetime(2026, 11, 23, 22, 0, tzinfo=UTC), date(2026, 11, 24)),
        (datetime(2026, 7, 1, 20, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 21, 0, tzinfo=UTC), date(2026, 7, 2)),
    ],
)
def test_a_moment_has_the_date_of_kyiv_in_winter_and_in_summer(moment, day):
    assert kyiv_date(moment) == day
