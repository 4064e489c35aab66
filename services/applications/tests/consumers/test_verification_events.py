"""What registers said, as the gateway's events tell it: handled, repeated, out of order, of cases not known here."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.ids import new_id
from tests.support.events import an_event

FIELDS = [
    {"field": "residence_address", "result": "mismatch"},
    {"field": "residence_status", "result": "match"},
]


@pytest.fixture
async def asked(office) -> dict[str, Any]:
    """A registered case and the verification that asks the community register."""
    case = await office.a_case("registered")
    (row,) = await office.rows("verifications", requirement="community-register")
    return {"case": case, "id": row["id"], "path": f"/v1/applications/{case['id']}"}


def completed(asked: dict[str, Any], **changes: Any):
    data = {
        "verification_id": str(asked["id"]),
        "application_id": asked["case"]["id"],
        "requirement": "community-register",
        "register": "community-register",
        "outcome": "mismatch",
        "fields": FIELDS,
        "checked_at": "2026-11-23T09:30:01Z",
        **changes,
    }
    return an_event("registry-gateway.completed.v1", data, subject=data["application_id"])


def delayed(asked: dict[str, Any], **changes: Any):
    data = {
        "verification_id": str(asked["id"]),
        "application_id": asked["case"]["id"],
        "requirement": "community-register",
        "register": "community-register",
        "attempts": 1,
        "next_attempt_at": "2026-11-23T09:31:00Z",
        "applicant_id": str(new_id()),
        "language": "uk",
        "reference": asked["case"]["reference"],
        "service_name": {"uk": "Реєстрація", "en": "Registration"},
        "centre": "cnap-dnipro",
        "agency": "municipal-residence-registrar--dnipro",
        **changes,
    }
    return an_event("registry-gateway.delayed.v1", data, subject=data["application_id"])


async def shown(office, asked) -> dict[str, Any]:
    case = (await office.get(asked["path"], by="representative")).json()
    return next(item for item in case["verifications"] if item["id"] == str(asked["id"]))


async def events_of(office, asked) -> list[str]:
    timeline = (await office.get(f"{asked['path']}/timeline", by="citizen")).json()
    assert [entry["sequence"] for entry in timeline] == list(range(1, len(timeline) + 1))
    return [entry["event"] for entry in timeline[4:]]


async def test_what_a_register_said_is_shown_field_by_field(office, deliver, asked):
    await deliver(completed(asked))
    (row,) = await office.rows("verifications", id=asked["id"])
    assert (row["state"], row["outcome"], row["fields"]) == ("completed", "mismatch", FIELDS)
    assert row["completed_at"] == datetime(2026, 11, 23, 9, 30, 1, tzinfo=UTC)
    verification = await shown(office, asked)
    assert (verification["state"], verification["outcome"], verification["fields"]) == ("completed", "mismatch", FIELDS)
    timeline = (await office.get(f"{asked['path']}/timeline", by="citizen")).json()
    assert (timeline[-1]["event"], timeline[-1]["actor_role"]) == ("verification-completed", "system")
    assert timeline[-1]["facts"] == {
        "requirement": "community-register", "outcome": "mismatch", "fields": FIELDS,
    }  # fmt: skip


async def test_what_a_register_said_breaks_nobodys_if_match(office, deliver, asked):
    await deliver(completed(asked))
    answer = await office.do(asked["case"], "claim", by="representative", version=2)
    assert answer.status_code == 200
    assert await events_of(office, asked) == ["verification-completed", "assigned"]


async def test_a_delayed_register_is_told_and_its_answer_after(office, deliver, asked):
    await deliver(delayed(asked))
    assert (await shown(office, asked))["state"] == "delayed"
    await deliver(completed(asked))
    assert (await shown(office, asked))["state"] == "completed"
    assert await events_of(office, asked) == ["verification-delayed", "verification-completed"]


async def test_a_delay_that_comes_after_the_answer_changes_nothing(office, deliver, asked):
    await deliver(completed(asked))
    before = await shown(office, asked)
    await deliver(delayed(asked))
    assert await shown(office, asked) == before
    assert await events_of(office, asked) == ["verification-completed"]


@pytest.mark.parametrize("build", [completed, delayed])
async def test_a_repeated_event_is_handled_once(build, office, deliver, asked):
    event = build(asked)
    await deliver(event)
    before = await office.counts()
    await deliver(event)
    assert await office.counts() == before


async def test_a_second_answer_to_one_question_does_not_change_the_first(office, deliver, asked):
    await deliver(completed(asked))
    await deliver(completed(asked, outcome="match", fields=[]))
    assert (await shown(office, asked))["outcome"] == "mismatch"
    assert await events_of(office, asked) == ["verification-completed"]


@pytest.mark.parametrize("build", [completed, delayed])
@pytest.mark.parametrize("stranger", ["verification_id", "application_id"])
async def test_news_of_what_is_not_known_here_changes_no_case(build, stranger, office, deliver, asked):
    tables = ("applications", "timeline", "verifications", "outbox")
    before = {table: (await office.counts())[table] for table in tables}
    await deliver(build(asked, **{stranger: str(new_id())}))
    assert {table: (await office.counts())[table] for table in tables} == before


async def test_an_answer_is_taken_in_whatever_became_of_the_case(office, deliver, asked):
    await office.do(asked["case"], "withdraw", by="citizen")
    await deliver(completed(asked))
    (row,) = await office.rows("applications", id=UUID(asked["case"]["id"]))
    assert row["state"] == "withdrawn"
    assert (await shown(office, asked))["state"] == "completed"
