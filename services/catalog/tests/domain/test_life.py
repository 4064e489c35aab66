"""Where a version stands in its life on a day, and who may change it."""

from datetime import date, timedelta

import pytest

from catalog.domain.errors import ReviewTooFar
from catalog.domain.life import Editor, check_review, is_overdue, status_of

TODAY = date(2026, 11, 23)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "withdrawn_on", "status"),
    [
        (TODAY, None, None, "published"),
        (YESTERDAY, TOMORROW, None, "published"),
        (TOMORROW, None, None, "scheduled"),
        (YESTERDAY, TODAY, None, "superseded"),
        (TODAY, TODAY, None, "superseded"),
        (TOMORROW, TOMORROW, None, "superseded"),
        (YESTERDAY, None, TODAY, "withdrawn"),
        (YESTERDAY, None, TOMORROW, "published"),
        (TOMORROW, None, TODAY, "withdrawn"),
        (YESTERDAY, TODAY, TODAY, "superseded"),
    ],
)
def test_a_version_has_one_status_a_day(valid_from, valid_to, withdrawn_on, status):
    assert status_of(valid_from, valid_to, withdrawn_on, TODAY) == status


def test_a_review_is_overdue_from_the_day_after():
    assert [is_overdue(day, TODAY) for day in (YESTERDAY, TODAY, TOMORROW)] == [True, False, False]


@pytest.mark.parametrize("review_on", [YESTERDAY, TODAY, TODAY + timedelta(days=1100)])
def test_the_next_review_is_a_day_that_means_something(review_on):
    with pytest.raises(ReviewTooFar):
        check_review(review_on, TODAY)
    check_review(TOMORROW, TODAY)


@pytest.mark.parametrize(
    ("mandates", "drafts", "publishes"),
    [
        ([("agency_representative", "council")], True, False),
        ([("head_of_executive_agency", "council")], True, True),
        ([("head_of_executive_agency", "council--dnipro")], True, True),
        ([("agency_representative", "council"), ("head_of_executive_agency", "other")], True, False),
        ([("head_of_executive_agency", "council-archive")], False, False),
        ([("head_of_executive_agency", "my--council")], False, False),
        ([("head_of_service_centre", "council")], False, False),
        ([], False, False),
    ],
)
def test_who_works_for_the_owner_drafts_and_its_head_publishes(mandates, drafts, publishes):
    editor = Editor("somebody", mandates)
    assert (editor.may_draft("council"), editor.may_publish("council")) == (drafts, publishes)
