"""The wait after failures: it never shrinks while somebody fails, has an end, and is forgotten after a quiet time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.domain.lock_out import ADDRESS, KNOWN_PLACE, OTHER_PLACES, Count

NOW = datetime(2026, 11, 23, tzinfo=UTC)
every_patience = st.sampled_from([KNOWN_PLACE, OTHER_PLACES, ADDRESS])
failures = st.integers(min_value=0, max_value=1_000_000)
moments = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400))


@given(every_patience, failures)
def test_one_failure_more_never_waits_less(patience, failed):
    assert patience.wait_after(failed) <= patience.wait_after(failed + 1) <= timedelta(minutes=15)


@given(every_patience, failures)
def test_nobody_waits_for_the_free_tries(patience, failed):
    assert (patience.wait_after(failed) == timedelta(0)) == (failed < patience.free)


@given(every_patience, failures, moments)
def test_the_wait_ends_and_does_not_begin_again_by_itself(patience, failed, since):
    count = Count(failed, NOW - since)
    left = patience.left(count, NOW)
    later = patience.left(count, NOW + timedelta(seconds=1))
    assert left <= patience.longest
    assert later < left or later <= timedelta(0)


@given(every_patience, failures, moments)
def test_after_a_quiet_time_nothing_is_remembered(patience, failed, since):
    remembered = patience.remembered(Count(failed, NOW - since), NOW)
    assert remembered == (0 if since > patience.forget else failed)


@pytest.mark.parametrize(("failed", "seconds"), [(4, 0), (5, 2), (6, 4), (7, 8), (13, 512), (14, 900), (500, 900)])
def test_the_wait_doubles_up_to_a_quarter_of_an_hour(failed, seconds):
    assert KNOWN_PLACE.wait_after(failed) == OTHER_PLACES.wait_after(failed) == timedelta(seconds=seconds)


def test_an_address_of_many_people_fails_more_often():
    assert ADDRESS.wait_after(49) == timedelta(0)
    assert ADDRESS.wait_after(50) == timedelta(seconds=2)
