"""Sending: through real providers, in order, and once, whatever breaks on the way."""

import asyncio

import pytest
from sqlalchemy import text

from dev.ports import free_port
from notifications.clients.providers import MailProvider, SmsProvider
from notifications.storage import tables
from notifications.use_cases.send_message import lease_due, send_message
from shared.ids import new_id

PHONE, EMAIL = "+380000000001", "olena@example.com"


@pytest.fixture
def person(office):
    return office.people.a_person(phone=PHONE, email=EMAIL)


async def test_a_message_goes_out_once_on_each_channel_with_its_own_id(office, person, case_event):
    await office.take_in(case_event("submitted", applicant_id=person))
    assert await office.send_due() == 2
    assert await office.send_due() == 0
    rows = {row.channel: row for row in await office.rows()}
    [sms], [mail] = (office.providers.sent(PHONE, "sms"), office.providers.sent(EMAIL, "email"))
    assert sms["message_id"] == str(rows["sms"].id)
    assert mail["message_id"] == f"<{rows['email'].id}@virtual-office.example>"
    assert mail["subject"] == "Заяву DP-2026-004217-K подано"
    assert sms["text"] == mail["text"]
    assert "Реєстрація місця проживання особи" in sms["text"]
    assert {channel: row.state for channel, row in rows.items()} == {"sms": "sent", "email": "delivered"}
    [(kind, facts)] = await office.events()
    assert kind == "delivered.v1"
    assert facts == {
        "notification_id": str(rows["email"].id),
        "application_id": str(rows["email"].application_id),
        "applicant_id": str(person),
        "cause": "ua.virtual-office.applications.submitted.v1",
        "channel": "email",
        "at": office.clock.now().isoformat(),
        "reason": None,
    }


@pytest.mark.parametrize(("channel", "fault"), [("sms", "down"), ("sms", "error"), ("email", "down")])
async def test_a_provider_that_is_down_gets_the_message_later_and_once(office, person, case_event, channel, fault):
    office.providers.break_down(channel, fault)
    await office.take_in(case_event("submitted", applicant_id=person))
    await office.send_due()
    for attempt in range(1, 4):
        [waiting] = [row for row in await office.rows() if row.state == "pending"]
        assert (waiting.channel, waiting.attempts, waiting.leased_until) == (channel, attempt, None)
        pause = (waiting.next_attempt_at - office.clock.now()).total_seconds()
        assert 0.7 <= pause / (0.5 * 2 ** (attempt - 1)) <= 1.3
        assert await office.send_due() == 0
        office.clock.advance(seconds=pause)
        if attempt == 3:
            office.providers.mend()
        assert await office.send_due() == 1
    assert [message["repeats"] for message in office.providers.sent(channel=channel)] == [0]
    assert "pending" not in {row.state for row in await office.rows()}


async def test_a_provider_that_stays_silent_for_a_day_has_failed(office, person, case_event):
    office.providers.break_down("*")
    await office.take_in(case_event("submitted", applicant_id=person))
    await office.send_due()
    office.clock.advance(hours=24, seconds=1)
    assert await office.send_due() == 2
    assert await office.states() == [("email", "failed"), ("sms", "failed")]
    assert [(kind, facts["reason"]) for kind, facts in await office.events()] == [
        ("failed.v1", "the provider did not answer for a day")
    ] * 2


@pytest.mark.parametrize("channel", ["sms", "email"])
async def test_a_message_taken_but_not_answered_for_is_known_by_its_id(office, person, case_event, channel):
    office.providers.messages.lost[channel] = 1
    await office.take_in(case_event("submitted", applicant_id=person))
    await office.send_due()
    assert (channel, "pending") in await office.states()
    office.clock.advance(seconds=1)
    await office.send_due()
    assert [message["repeats"] for message in office.providers.sent(channel=channel)] == [1]
    assert await office.states() == [("email", "delivered"), ("sms", "sent")]
    assert [kind for kind, _ in await office.events()] == ["delivered.v1"]


async def test_a_provider_that_is_silent_is_asked_again_and_knows_the_repeat(office, person, case_event):
    office.providers.messages.lost["sms"], office.providers.messages.silent_seconds = 1, 1.0
    office.http.timeout = 0.3
    await office.take_in(case_event("submitted", applicant_id=person))
    await office.send_due()
    assert ("sms", "pending") in await office.states()
    office.http.timeout = 5
    office.clock.advance(seconds=1)
    await office.send_due()
    assert [message["repeats"] for message in office.providers.sent(PHONE, "sms")] == [1]


async def test_providers_that_nobody_answers_for_are_waited_out(office, person, case_event, settings):
    gone = settings.model_copy(update={"sms_provider_url": f"http://127.0.0.1:{free_port()}", "smtp_port": free_port()})
    working = dict(office.deps.providers)
    office.deps.providers.update(sms=SmsProvider(office.http, gone), email=MailProvider(gone))
    await office.take_in(case_event("submitted", applicant_id=person))
    await office.send_due()
    assert await office.states() == [("email", "pending"), ("sms", "pending")]
    office.deps.providers.update(working)
    office.clock.advance(seconds=1)
    await office.send_due()
    assert await office.states() == [("email", "delivered"), ("sms", "sent")]


async def test_what_a_killed_worker_held_is_taken_when_its_lease_ends(office, person, case_event):
    await office.take_in(case_event("submitted", applicant_id=person))
    assert len(await lease_due(office.deps, 10)) == 2
    office.clock.advance(seconds=15)
    assert await office.send_due() == 0
    office.clock.advance(seconds=0.1)
    assert await office.send_due() == 2
    assert [message["repeats"] for message in office.providers.sent()] == [0, 0]


async def test_a_worker_that_was_late_changes_nothing_and_the_provider_knows_the_repeat(office, person, case_event):
    await office.take_in(case_event("submitted", applicant_id=person))
    late = await lease_due(office.deps, 10)
    office.clock.advance(seconds=16)
    assert await office.send_due() == 2
    before = [tuple(row) for row in await office.rows()]
    for row in late:
        await send_message(office.deps, row)
    assert [tuple(row) for row in await office.rows()] == before
    assert [message["repeats"] for message in office.providers.sent()] == [1, 1]
    assert len(await office.events()) == 1


async def test_workers_at_once_share_the_messages(office, case_event):
    people = [office.people.a_person(phone=f"+3800000001{n:02d}") for n in range(10)]
    await office.take_in(*(case_event("submitted", applicant_id=person, application_id=new_id()) for person in people))
    leased = await asyncio.gather(*(lease_due(office.deps, 8) for _ in range(4)))
    ids = [row.id for rows in leased for row in rows]
    assert len(ids) == len(set(ids)) == 20
    assert max(len(rows) for rows in leased) <= 8


@pytest.fixture
async def planner_that_starts_anew_for_each_row(office):
    """PostgreSQL plans by statistics; this makes it choose what it chooses when it believes the table to be empty."""

    async def everybody(change):
        async with office.deps.database.transaction() as connection:
            for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize"):
                await connection.execute(text(f"ALTER ROLE CURRENT_USER {change.format(way)}"))
        await office.deps.database.dispose()

    await everybody("SET enable_{} = off")
    yield
    await everybody("RESET enable_{}")


async def test_a_worker_leases_no_more_than_it_asked_for(office, case_event, planner_that_starts_anew_for_each_row):
    people = [office.people.a_person(phone=f"+3800000001{n:02d}") for n in range(10)]
    await office.take_in(*(case_event("submitted", applicant_id=person, application_id=new_id()) for person in people))
    assert [len(await lease_due(office.deps, 8)) for _ in range(4)] == [8, 8, 4, 0]


async def test_a_case_is_told_in_its_order_even_when_a_provider_fails_between(office, person, case_event):
    office.providers.break_down("sms", count=1)
    told = {"submitted": "подано", "registered": "зареєстровано", "decided": "задоволено"}
    await office.take_in(*(case_event(name, applicant_id=person) for name in told))
    assert await office.send_due() == 2
    for _ in range(4):
        office.clock.advance(seconds=1)
        await office.send_due()
    for channel in ("sms", "email"):
        texts = [message["text"] for message in office.providers.sent(channel=channel)]
        assert len(texts) == 3
        assert all(word in text for word, text in zip(told.values(), texts, strict=True)), texts


async def test_another_case_does_not_wait(office, person, case_event):
    office.providers.break_down("sms", count=1)
    await office.take_in(case_event("submitted", applicant_id=person))
    await office.send_due()
    other = new_id()
    await office.take_in(case_event("submitted", applicant_id=person, application_id=other))
    await office.send_due()
    sent = {(row.application_id == other, row.state) for row in await office.rows() if row.channel == "sms"}
    assert sent == {(False, "pending"), (True, "sent")}


@pytest.mark.parametrize("channel", ["sms", "email"])
async def test_an_address_that_the_provider_refuses_has_failed_and_is_told(office, case_event, channel):
    if channel == "sms":
        person = office.people.a_person(phone="+48600000000")
    else:
        person = office.people.a_person(email=EMAIL)
        office.providers.break_down("email", "error")
    await office.take_in(case_event("submitted", applicant_id=person))
    await office.send_due()
    assert (channel, "failed") in await office.states()
    [(kind, facts)] = await office.events()
    assert (kind, facts["channel"], facts["reason"]) == ("failed.v1", channel, "the provider refused the address")
    office.clock.advance(hours=1)
    assert await office.send_due() == 0


@pytest.mark.parametrize(
    "email", ["тест@example.com", "two,addresses@example.com", "<olena@example.com", "a@b..c", "x"]
)
async def test_an_address_that_is_not_one_mailbox_fails_by_itself(office, case_event, email):
    odd, plain = office.people.a_person(email=email), office.people.a_person(email=EMAIL)
    await office.take_in(
        case_event("submitted", applicant_id=odd), case_event("submitted", applicant_id=plain, application_id=new_id())
    )
    await office.send_due()
    states = {row.applicant_id: row.state for row in await office.rows() if row.channel == "email"}
    assert states == {odd: "failed", plain: "delivered"}
    assert [message["recipient"] for message in office.providers.sent()] == [EMAIL]


async def test_who_has_no_address_on_a_channel_is_skipped_there(office, case_event):
    person = office.people.a_person(email=EMAIL)
    unknown = new_id()
    await office.take_in(
        case_event("submitted", applicant_id=person),
        case_event("submitted", applicant_id=unknown, application_id=new_id()),
    )
    await office.send_due()
    states = {(row.applicant_id, row.channel): row.state for row in await office.rows()}
    assert states == {
        (person, "sms"): "skipped",
        (person, "email"): "delivered",
        (unknown, "sms"): "skipped",
        (unknown, "email"): "skipped",
    }
    assert len(office.providers.sent()) == 1


async def test_auth_is_asked_once_and_an_outage_of_it_is_waited_out(office, person, case_event):
    office.people.is_down = True
    await office.take_in(case_event("submitted", applicant_id=person))
    await office.send_due()
    assert await office.states() == [("email", "pending"), ("sms", "pending")]
    office.people.is_down = False
    office.clock.advance(seconds=1)
    await office.send_due()
    asked = len(office.people.asked)
    await office.take_in(case_event("registered", applicant_id=person))
    await office.send_due()
    assert len(office.people.asked) == asked
    assert len(office.providers.sent()) == 4


async def test_nobody_reads_an_address_in_the_logs_or_in_the_rows(office, person, case_event, capsys, caplog):
    office.providers.break_down("*", count=2)
    await office.take_in(case_event("submitted", applicant_id=person))
    await office.send_due()
    office.clock.advance(seconds=1)
    await office.send_due()
    refused = office.people.a_person(phone="+48600000000")
    await office.take_in(case_event("submitted", applicant_id=refused, application_id=new_id()))
    await office.send_due()
    headers = office.headers(subject=str(person))
    assert (await office.client.get("/v1/me/contact", headers=headers)).json()["phone"] == PHONE
    code = {"channel": "sms", "to": PHONE, "code": "123456", "language": "uk", "purpose": "registration"}
    await office.client.post("/v1/codes", json=code, headers=office.headers(scopes=["notifications:codes"]))

    logs, kept = capsys.readouterr().out + caplog.text, await office.dump()
    assert "message waits" in logs
    assert len(await office.rows(tables.contacts)) == 2
    for private in (PHONE, PHONE[3:], EMAIL, "olena", "48600000000", "123456"):
        assert private not in logs
        assert private not in kept
        assert private.encode().hex() not in kept
