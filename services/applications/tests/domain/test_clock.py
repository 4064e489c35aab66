"""The legal clock: which date, and why. Expected dates were counted by hand on a calendar."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications.domain.calendar import CalendarException, WorkingCalendar
from applications.domain.card import Term
from applications.domain.clock import Suspension, TermTooLong, compute_deadline
from applications.storage.applications import deadline_from

PEACE, AT_WAR = WorkingCalendar(()), WorkingCalendar()


def at(day: str, hour: int = 9) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(hour), UTC)


def spans(deadline) -> list[tuple[str, str, bool, str]]:
    return [(f"{span.since:%m-%d}", f"{span.until:%m-%d}", span.counted, span.reason) for span in deadline.spans]


@pytest.mark.parametrize(
    ("days", "unit", "start", "peace", "war"),
    [
        # 23 November 2026 is a Monday
        (1, "working", at("2026-11-23"), "2026-11-24", "2026-11-24"),
        (5, "working", at("2026-11-23"), "2026-11-30", "2026-11-30"),
        (1, "working", at("2026-11-27"), "2026-11-30", "2026-11-30"),
        (1, "working", at("2026-11-28"), "2026-11-30", "2026-11-30"),
        # in Kyiv it was Tuesday already
        (1, "working", at("2026-11-23", 22), "2026-11-25", "2026-11-25"),
        # a holiday on a Monday
        (1, "working", at("2026-08-21"), "2026-08-25", "2026-08-24"),
        (3, "calendar", at("2026-08-21"), "2026-08-25", "2026-08-24"),
        # the turn of the year
        (2, "working", at("2026-12-30"), "2027-01-04", "2027-01-01"),
        # month ends and a leap year
        (30, "calendar", at("2026-01-31"), "2026-03-02", "2026-03-02"),
        (1, "calendar", at("2028-02-28"), "2028-02-29", "2028-02-29"),
        (1, "calendar", at("2027-02-28"), "2027-03-01", "2027-03-01"),
        # the last day is a holiday
        (31, "calendar", at("2026-08-31"), "2026-10-02", "2026-10-01"),
        # the last day is a Saturday
        (10, "calendar", at("2026-11-25"), "2026-12-07", "2026-12-07"),
        # holidays were days off until martial law had its rule
        (1, "working", at("2022-03-07"), "2022-03-09", "2022-03-09"),
    ],
)  # fmt: skip
def test_a_term_ends_on_the_day_the_law_says(days, unit, start, peace, war):
    assert compute_deadline(Term(days, unit), start, PEACE).on == date.fromisoformat(peace)
    assert compute_deadline(Term(days, unit), start, AT_WAR).on == date.fromisoformat(war)


def test_each_day_is_explained():
    deadline = compute_deadline(Term(5, "working"), at("2026-08-19"), PEACE)
    assert deadline.on == date(2026, 8, 27)
    assert spans(deadline) == [
        ("08-20", "08-21", True, "working day"),
        ("08-22", "08-23", False, "weekend"),
        ("08-24", "08-24", False, "holiday"),
        ("08-25", "08-27", True, "working day"),
    ]
    assert deadline.explain("uk") == (
        "Строк: 5 (робочі дні), відлік з дня після 19.08.2026. Не враховано: 22.08–23.08 (вихідні); "
        "24.08 (святковий день: День незалежності України). Рішення до 27.08.2026."
    )
    assert deadline.explain("en") == (
        "Term: 5 working days, counted from the day after 19.08.2026. Not counted: 22.08–23.08 (weekend); "
        "24.08 (public holiday: Independence Day). Decision by 27.08.2026."
    )


def test_a_last_day_that_is_moved_is_explained():
    deadline = compute_deadline(Term(10, "calendar"), at("2026-11-25"), AT_WAR)
    assert spans(deadline) == [("11-26", "12-05", True, "calendar day"), ("12-06", "12-07", False, "rolled")]
    assert "06.12–07.12 (the last day fell on a day off)" in deadline.explain("en")


def test_a_moved_day_is_explained_with_its_reason():
    reason = {"uk": "постанова № 1", "en": "resolution 1"}
    calendar = WorkingCalendar((CalendarException(date(2026, 11, 24), date(2026, 11, 24), "not-working", reason),))
    deadline = compute_deadline(Term(1, "working"), at("2026-11-23"), calendar)
    assert deadline.on == date(2026, 11, 25)
    assert "24.11 (перенесений день: постанова № 1)" in deadline.explain("uk")


@pytest.mark.parametrize(
    ("pauses", "ends_on"),
    [
        # from Wednesday to Monday, which counts again
        ([("2026-11-25", "2026-11-30")], "2026-12-03"),
        # asked and answered on one day: nothing stood
        ([("2026-11-25", "2026-11-25")], "2026-11-30"),
        # asked on the day of registration
        ([("2026-11-23", "2026-11-25")], "2026-12-01"),
        ([("2026-11-25", "2026-11-26"), ("2026-11-27", "2026-12-01")], "2026-12-03"),
        # over a weekend alone
        ([("2026-11-28", "2026-11-30")], "2026-11-30"),
    ],
)
def test_days_on_which_the_clock_stood_do_not_count(pauses, ends_on):
    suspensions = [Suspension(at(since), at(until)) for since, until in pauses]
    deadline = compute_deadline(Term(5, "working"), at("2026-11-23"), AT_WAR, suspensions)
    assert deadline.on == date.fromisoformat(ends_on)


def test_while_the_clock_stands_there_is_no_date():
    pauses = [Suspension(at("2026-11-25"))]
    deadline = compute_deadline(Term(5, "working"), at("2026-11-23"), AT_WAR, pauses)
    assert deadline.on is None
    assert spans(deadline) == [("11-24", "11-24", True, "working day"), ("11-25", "11-25", False, "suspended")]
    assert deadline.explain("uk").endswith("Строк зупинено, доки заявник не надасть запитане.")
    assert deadline.explain("en").endswith("The clock stands until the applicant answers.")


def test_a_pause_that_began_after_the_term_gives_no_date_while_it_lasts_and_the_old_one_after():
    late = at("2026-12-10")
    term, start = Term(5, "working"), at("2026-11-23")
    assert compute_deadline(term, start, AT_WAR, [Suspension(late)]).on is None
    assert compute_deadline(term, start, AT_WAR, [Suspension(late, at("2026-12-20"))]).on == date(2026, 11, 30)


def test_an_extension_adds_days_of_the_same_unit():
    deadline = compute_deadline(Term(5, "working"), at("2026-11-23"), AT_WAR, extension_days=3)
    assert deadline.on == date(2026, 12, 3)
    assert deadline.explain("en").startswith("Term: 8 working days")


def test_a_term_that_no_calendar_lets_end_is_refused():
    never = CalendarException(date(2026, 1, 1), None, "not-working", {"uk": "ні", "en": "no"})
    with pytest.raises(TermTooLong):
        compute_deadline(Term(1, "working"), at("2026-11-23"), WorkingCalendar((never,)))


starts = st.integers(0, 87_600).map(lambda hours: at("2020-01-01") + timedelta(hours=hours))
terms = st.builds(Term, st.integers(1, 120), st.sampled_from(["working", "calendar"]))
pauses = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=3)


@given(terms, starts, pauses, st.integers(0, 30), st.sampled_from([PEACE, AT_WAR]))
def test_whatever_happened_every_day_is_accounted_for_once(term, start, gaps, extension, calendar):
    suspensions, moment = [], start
    for wait, length in gaps:
        since = moment + timedelta(days=wait)
        moment = since + timedelta(days=length)
        suspensions.append(Suspension(since, moment))
    deadline = compute_deadline(term, start, calendar, suspensions, extension)
    assert calendar.is_working(deadline.on)
    day, counted = deadline.counted_from, 0
    for span in deadline.spans:
        assert span.since == day + timedelta(days=1)
        day = span.until
        counted += ((span.until - span.since).days + 1) * span.counted
    assert day == deadline.on
    assert counted == term.days + extension
    assert deadline.on >= compute_deadline(term, start, calendar).on
    assert deadline_from(deadline.to_dict()) == deadline
