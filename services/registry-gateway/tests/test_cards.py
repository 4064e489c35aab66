"""Cards' checks as the catalogue's events tell them: by version, in any order, and cases that wait for their card."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from registry_gateway.consumers.listening import PROJECTIONS
from tests.support.contracts import example_of
from tests.support.events import an_event

START = datetime(2026, 11, 1, 9, tzinfo=UTC)
PUBLISHED = "ua.virtual-office.catalog.published.v1"


@pytest.fixture
def project(gateway):
    """Hand events to the handlers of the projection, past the inbox, as a rebuild does."""

    async def hand_over(*events):
        for event in events:
            handler = PROJECTIONS[event.type]
            async with gateway.deps.database.transaction() as connection:
                await handler.handle(connection, event, handler.view.model_validate(event.data))

    return hand_over


def published(hour, version, *checks):
    """A version of the example card, told at an hour."""
    data = example_of(PUBLISHED) | {"version": version, "register_checks": list(checks)}
    return replace(an_event(PUBLISHED, data, subject=data["slug"]), time=START + timedelta(hours=hour))


async def asked_fields(gateway, registers):
    """Ask what is due; return the fields that the register was asked about."""
    assert await gateway.ask() == 1
    return {field for question in registers.log()[:1] for field in question["fields"]}


async def test_a_question_is_asked_by_the_version_of_its_case(gateway, registers, open_case, a_check, clock):
    await gateway.publish(a_check(full_name=None, document_status="valid", birth_date=None), version=2)
    for version, expected in (
        (1, {"full_name", "document_status"}),
        (2, {"full_name", "document_status", "birth_date"}),
    ):
        await gateway.request(open_case(card_version=version), card_version=version)
        assert await asked_fields(gateway, registers) == expected


async def test_a_question_that_a_later_version_dropped_is_still_asked_for_an_older_case(gateway, registers, open_case):
    await gateway.publish(version=2)
    await gateway.request(open_case(), card_version=1)
    await gateway.ask()
    assert [event_type for event_type, _ in await gateway.events()] == ["completed.v1"]


async def test_a_question_that_the_version_of_its_case_has_not_is_not_asked(gateway, registers, open_case):
    await gateway.publish(version=2)
    verification_id = await gateway.request(open_case(card_version=2), card_version=2)
    await gateway.ask()
    assert (await gateway.verification(verification_id))["state"] == "cancelled"
    assert registers.log() == []


async def test_a_question_waits_for_its_card_and_is_asked_when_that_is_known(
    gateway, registers, open_case, a_check, clock
):
    verification_id = await gateway.request(open_case(card_version=2), card_version=2)
    await gateway.ask()
    assert (await gateway.verification(verification_id))["state"] == "pending"
    assert registers.log() == []
    await gateway.publish(a_check(), version=2)
    clock.advance(seconds=2)
    await gateway.ask()
    assert (await gateway.verification(verification_id))["state"] == "completed"


async def test_the_same_rows_are_left_in_whatever_order_and_however_often_events_come(gateway, project, a_check):
    history = [published(1, 1, a_check()), published(2, 1), published(3, 2), published(4, 3, a_check("tax-register"))]
    await gateway.rows("DELETE FROM cards")
    await project(*history)
    expected = await gateway.rows("SELECT * FROM cards ORDER BY version")
    assert ["full_name" in row["register_checks"] for row in expected] == [True, False, True]
    for order in permutations(history):
        await gateway.rows("DELETE FROM cards")
        await project(*order, *order[:2])
        assert await gateway.rows("SELECT * FROM cards ORDER BY version") == expected


async def test_an_event_that_comes_again_mends_a_row_that_went_wrong(gateway, project, a_check):
    event = published(1, 7, a_check())
    await project(event)
    expected = await gateway.rows("SELECT * FROM cards WHERE version = 7")
    for fault in ("register_checks = '[]'", "register_checks = '[]', told_at = NULL"):
        await gateway.rows(f"UPDATE cards SET {fault} WHERE version = 7")  # noqa: S608  words of this test
        await project(event)
        assert await gateway.rows("SELECT * FROM cards WHERE version = 7") == expected
