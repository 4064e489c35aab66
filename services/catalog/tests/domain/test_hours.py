"""When a place is open: what the hours say, minute by minute, on ordinary days and on those when clocks are changed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.domain.hours import (
    DAYS,
    DatedException,
    Span,
    State,
    Timetable,
    hours_faults,
    overlapping,
    span_of,
    weekly_hours,
)

KYIV = ZoneInfo("Europe/Kyiv")
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)
REASON = {"uk": "Немає світла", "en": "No electricity"}
AHEAD = timedelta(days=2)
Entries = Sequence[tuple[str, str]]


def kyiv(text: str, *, fold: int = 0) -> datetime:
    """Return an instant by the clocks of Kyiv; `fold=1` is the second time an hour comes."""
    return datetime.fromisoformat(text).replace(tzinfo=KYIV, fold=fold)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_record(
    *spans: tuple[str, str], days: Sequence[str] = DAYS, lunch: tuple[str, str] | None = None
) -> dict[str, Any]:
    hours = [{"day": day, "closed": False, "opens": opens, "closes": closes} for day in days for opens, closes in spans]
    free = [{"day": day, "closed": True, "opens": None, "closes": None} for day in DAYS if day not in days]
    return {"opening_hours": hours + free, "lunch_break": lunch and {"from": lunch[0], "to": lunch[1]}}


def a_timetable(*spans: tuple[str, str], exceptions: Sequence[DatedException] = (), **record: Any) -> Timetable:
    return Timetable(weekly_hours(a_record(*spans, **record)), exceptions)


def a_power_cut(on: date, *spans: tuple[str, str]) -> DatedException:
    return DatedException("power-cut", on, on, REASON, closed=tuple(span_of(*span) for span in spans))


def other_hours(first: date, last: date, *spans: tuple[str, str]) -> DatedException:
    return DatedException("holiday", first, last, REASON, hours=tuple(span_of(*span) for span in spans))


def told(state: State) -> tuple[bool, datetime | None, str | None]:
    return state.is_open, state.until, state.because and state.because[0]


WORKDAY = a_timetable(("09:00", "18:00"), days=DAYS[:5], lunch=("13:00", "14:00"))
ORDINARY = {
    "in the morning": ("2026-03-25T09:00", True, "2026-03-25T13:00", None),
    "a second before the doors open": ("2026-03-25T08:59:59", False, "2026-03-25T09:00", "outside-hours"),
    "at lunch": ("2026-03-25T13:00", False, "2026-03-25T14:00", "break"),
    "in the last minute": ("2026-03-25T17:59:59", True, "2026-03-25T18:00", None),
    "when the doors close": ("2026-03-25T18:00", False, "2026-03-26T09:00", "outside-hours"),
    "on a day off, clocks changing on the next": ("2026-03-28T12:00", False, "2026-03-30T09:00", "day-off"),
}


@pytest.mark.parametrize(("at", "is_open", "until", "because"), ORDINARY.values(), ids=ORDINARY)
def test_a_week_of_hours_says_whether_until_when_and_why(at, is_open, until, because):
    assert told(WORKDAY.state_at(kyiv(at))) == (is_open, kyiv(until), because)


def test_closing_time_comes_an_hour_sooner_in_utc_once_clocks_are_put_forward():
    daily = a_timetable(("09:00", "18:00"))
    assert daily.state_at(utc("2026-03-28T10:00")).until == utc("2026-03-28T16:00")
    assert daily.state_at(utc("2026-03-29T10:00")).until == utc("2026-03-29T15:00")


def test_an_hour_that_is_left_out_is_not_there_to_be_open_in():
    at_night = a_timetable(("02:00", "03:30"))
    assert told(at_night.state_at(utc("2026-03-29T00:30"))) == (True, utc("2026-03-29T01:00"), None)
    within = a_timetable(("03:00", "04:00"), days=["sun"])
    assert told(within.state_at(utc("2026-03-29T00:59"))) == (False, utc("2026-04-05T00:00"), "outside-hours")
    assert a_timetable(("03:30", "05:00")).state_at(utc("2026-03-29T00:59")).until == utc("2026-03-29T01:00")


def test_an_hour_that_comes_twice_is_open_twice():
    within = a_timetable(("03:15", "03:45"), days=["sun"])
    first, second = utc("2026-10-25T00:15"), utc("2026-10-25T01:15")
    assert told(within.state_at(first)) == (True, first + timedelta(minutes=30), None)
    assert told(within.state_at(first + timedelta(minutes=30))) == (False, second, "outside-hours")
    assert told(within.state_at(kyiv("2026-10-25T03:20", fold=1))) == (True, second + timedelta(minutes=30), None)


@pytest.mark.parametrize(("day", "hours"), [(FORWARD, 23), (BACK, 25), (date(2026, 6, 1), 24)])
def test_round_the_clock_lasts_as_long_as_the_day(day, hours):
    one_day = Timetable({day.weekday(): [Span(0, 24 * 60)]})
    midnight = datetime(day.year, day.month, day.day, tzinfo=KYIV).astimezone(UTC)
    assert told(one_day.state_at(midnight)) == (True, midnight + timedelta(hours=hours), None)


def test_what_never_closes_and_what_never_opens_have_no_end_in_sight():
    assert told(a_timetable(("00:00", "24:00")).state_at(kyiv("2026-10-24T12:00"))) == (True, None, None)
    assert told(a_timetable().state_at(kyiv("2026-10-24T12:00"))) == (False, None, "day-off")


EXCEPTIONS = {
    "before the power goes": ("2026-10-26T10:59", True, "2026-10-26T11:00", None),
    "without power": ("2026-10-26T12:00", False, "2026-10-26T15:30", "power-cut"),
    "with power again": ("2026-10-26T15:30", True, "2026-10-26T18:00", None),
    "a holiday, at a time that is always free": ("2026-10-27T22:00", False, "2026-10-29T10:00", "holiday"),
    "a holiday, at working time": ("2026-10-27T12:00", False, "2026-10-29T10:00", "holiday"),
    "other hours": ("2026-10-29T11:00", True, "2026-10-29T12:00", "holiday"),
    "the day after": ("2026-10-30T09:00", True, "2026-10-30T13:00", None),
}


@pytest.mark.parametrize(("at", "is_open", "until", "because"), EXCEPTIONS.values(), ids=EXCEPTIONS)
def test_a_dated_exception_goes_before_the_week_and_says_why(at, is_open, until, because):
    exceptions = [
        a_power_cut(date(2026, 10, 26), ("11:00", "15:30")),
        other_hours(date(2026, 10, 27), date(2026, 10, 28)),
        other_hours(date(2026, 10, 29), date(2026, 10, 29), ("10:00", "12:00")),
    ]
    timetable = Timetable(WORKDAY.weekly, exceptions)
    assert told(timetable.state_at(kyiv(at))) == (is_open, kyiv(until), because)


def test_two_exceptions_collide_only_when_both_say_which_hours_hold_on_a_day():
    first = other_hours(date(2026, 5, 1), date(2026, 5, 3))
    assert first.collides(other_hours(date(2026, 5, 3), date(2026, 5, 4)))
    assert not first.collides(other_hours(date(2026, 5, 4), date(2026, 5, 5)))
    assert not first.collides(a_power_cut(date(2026, 5, 2), ("10:00", "11:00")))


FAULTS = {
    "ends before it begins": ({"opens": "18:00", "closes": "09:00"}, "mon: 18:00–09:00 are no hours"),
    "lasts no minute": ({"opens": "09:00", "closes": "09:00"}, "mon: 09:00–09:00 are no hours"),
    "no time": ({"opens": "9", "closes": "18:00"}, "mon: 9–18:00 are no hours"),
    "past the end of the day": ({"opens": "09:00", "closes": "24:01"}, "mon: 09:00–24:01 are no hours"),
    "overlaps": ({"opens": "17:59", "closes": "20:00"}, "mon: 17:59–20:00 overlaps other hours of the day"),
    "inside of others": ({"opens": "10:00", "closes": "11:00"}, "mon: 10:00–11:00 overlaps other hours of the day"),
}


@pytest.mark.parametrize(("entry", "wanted"), FAULTS.values(), ids=FAULTS)
def test_hours_that_cannot_be_are_told_with_their_path(entry, wanted):
    record = a_record(("09:00", "18:00"))
    record["opening_hours"].append({"day": "mon", "closed": False, **entry})
    assert list(hours_faults(record)) == [(("opening_hours", 7), wanted)]


def test_hours_that_touch_are_no_fault_and_read_as_one():
    record = a_record(("09:00", "13:00"), ("13:00", "18:00"))
    assert list(hours_faults(record)) == []
    assert Timetable(weekly_hours(record)).state_at(kyiv("2026-03-25T12:00")).until == kyiv("2026-03-25T18:00")


def test_a_day_that_is_closed_and_has_hours_is_a_fault():
    record = a_record(("09:00", "18:00"), days=["mon"])
    record["opening_hours"].append({"day": "tue", "closed": False, "opens": "09:00", "closes": "10:00"})
    assert list(hours_faults(record)) == [(("opening_hours", 7), "tue: has hours, and is a closed day")]


@pytest.mark.parametrize("lunch", [{"from": "14:00", "to": "13:00"}, {"from": "13:00"}, "13:00–14:00", 1])
def test_a_lunch_break_that_cannot_be_is_a_fault(lunch):
    record = a_record(("09:00", "18:00")) | {"lunch_break": lunch}
    assert [path for path, _ in hours_faults(record)] == [("lunch_break",)]


def test_hours_of_a_branch_are_looked_at_too():
    branch = a_record(("18:00", "09:00"), days=["wed"])
    record = a_record(("09:00", "18:00")) | {"branches": [branch]}
    assert list(hours_faults(record)) == [(("branches", 0, "opening_hours", 0), "wed: 18:00–09:00 are no hours")]


# --- the same, told by a clock that looks up each minute ---

clock_times = st.integers(0, 144).map(lambda tens: f"{tens // 6:02d}:{tens % 6}0")


def some_spans(most: int) -> st.SearchStrategy[Entries]:
    """Spans that do not overlap, as texts, in order."""
    bounds = st.lists(clock_times, unique=True, max_size=2 * most).map(sorted)
    return bounds.map(lambda times: list(zip(times[::2], times[1::2], strict=False)))


def as_spans(entries: Entries) -> tuple[Span, ...]:
    return tuple(span_of(*entry) for entry in entries)


@st.composite
def cases(draw: st.DrawFn) -> tuple[datetime, dict[str, Any], dict[str, Any]]:
    """An instant near a change of clocks, a record with hours, and what is different on days around."""
    day = draw(st.sampled_from([FORWARD, BACK]))
    week = draw(st.lists(some_spans(3), min_size=7, max_size=7))
    lunch = draw(st.none() | some_spans(1).filter(bool).map(lambda spans: {"from": spans[0][0], "to": spans[0][1]}))
    hours = [
        {"day": name, "closed": False, "opens": opens, "closes": closes}
        for name, spans in zip(DAYS, week, strict=True)
        for opens, closes in spans
    ]
    near = st.integers(-1, 2).map(lambda days: day + timedelta(days=days))
    different = {
        "hours": draw(st.dictionaries(near, some_spans(2), max_size=2)),
        "closed": draw(st.dictionaries(near, some_spans(2).filter(bool), max_size=2)),
    }
    since = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=6)
    instant = since + timedelta(minutes=draw(st.integers(0, 36 * 60)))
    return instant, {"opening_hours": hours, "lunch_break": lunch}, different


def is_open_by_the_clock(instant: datetime, record: Mapping[str, Any], different: Mapping[str, Any]) -> bool:
    """Look at a clock on a wall in Kyiv, and then at the sign on the door."""
    local = instant.astimezone(KYIV)
    shown, lunch = f"{local:%H:%M}", record["lunch_break"]
    if any(opens <= shown < closes for opens, closes in different["closed"].get(local.date(), ())):
        return False
    if local.date() in different["hours"]:
        return any(opens <= shown < closes for opens, closes in different["hours"][local.date()])
    if lunch and lunch["from"] <= shown < lunch["to"]:
        return False
    of_day = [entry for entry in record["opening_hours"] if entry["day"] == DAYS[local.weekday()]]
    return any(entry["opens"] <= shown < entry["closes"] for entry in of_day)


@given(cases())
@settings(max_examples=250, deadline=None)
def test_the_state_and_its_end_agree_with_looking_at_the_clock_every_minute(case):
    instant, record, different = case
    exceptions = [DatedException("x", day, day, REASON, as_spans(spans)) for day, spans in different["hours"].items()]
    exceptions += [
        DatedException("x", day, day, REASON, closed=as_spans(spans)) for day, spans in different["closed"].items()
    ]

    state = Timetable(weekly_hours(record), exceptions).state_at(instant)

    assert state.is_open == is_open_by_the_clock(instant, record, different)
    minutes = (instant + timedelta(minutes=number) for number in range(int(AHEAD.total_seconds() // 60)))
    changed = next((at for at in minutes if is_open_by_the_clock(at, record, different) != state.is_open), None)
    assert (state.until if state.until and state.until < instant + AHEAD else None) == changed
    assert state.is_open or state.because is not None


@given(some_spans(4))
def test_spans_overlap_only_when_two_share_a_minute(entries):
    spans = as_spans(entries)
    assert not overlapping(spans)
    assert all(overlapping([*spans, span]) for span in spans)
