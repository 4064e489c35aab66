"""Events become messages: once, one a channel, in the language of the case, and only those that people are told of."""

import re

import pytest

from notifications.domain.messages import TOLD
from notifications.storage import tables
from shared.contracts import Contracts
from shared.ids import new_id
from tests.support.eventually import eventually

NAMES = sorted(event_type.split(".")[3] for event_type in TOLD)


@pytest.mark.kafka
async def test_an_event_that_comes_again_makes_no_second_message(office, line, case_event):
    person, case = office.people.a_person(phone="+380000000001", email="olena@example.com"), new_id()
    submitted = case_event("submitted", applicant_id=person, application_id=case, language="en")
    await line.publish(submitted, submitted)
    last = case_event("registered", applicant_id=person, application_id=case)
    await line.publish(submitted, last)

    async def both_are_in():
        causes = [row.cause_event_id for row in await office.rows() if row.application_id == case]
        return causes.count(last.id) == 2 and causes

    causes = await eventually(both_are_in, timeout=20)
    assert sorted(causes) == sorted([submitted.id] * 2 + [last.id] * 2)
    entered = {row.event_id for row in await office.rows(tables.inbox)}
    assert {submitted.id, last.id} <= entered
    [sms, mail] = [row for row in await office.rows() if row.cause_event_id == submitted.id]
    assert {sms.channel, mail.channel} == {"sms", "email"}
    assert (sms.language, sms.centre, sms.agency) == ("en", submitted.data["centre"], submitted.data["agency"])
    assert sms.facts == {"reference": "DP-2026-004217-K", "service_name": submitted.data["service_name"]}


async def test_an_event_taken_in_twice_past_the_inbox_makes_no_second_message(office, case_event):
    event = case_event("submitted", applicant_id=office.people.a_person())
    await office.take_in(event, event)
    assert len(await office.rows()) == 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["uk", "en"])
async def test_everything_told_is_told_in_the_language_of_the_case(office, case_event, name, language):
    person = office.people.a_person(phone="+380000000001", email="olena@example.com", language="uk")
    reason = {"reason": "extended"} if name == "deadline-changed" else {}
    event = case_event(name, applicant_id=person, language=language, **reason)
    Contracts().check(event)
    await office.take_in(event)
    assert await office.send_due() == 2
    [sms], [mail] = office.providers.sent(channel="sms"), office.providers.sent(channel="email")
    assert "DP-2026-004217-K" in sms["text"]
    assert "DP-2026-004217-K" in mail["subject"]
    assert mail["text"] == sms["text"]
    assert bool(re.search("[а-яіїє]", sms["text"])) == (language == "uk")
    assert not re.search(r"[{}%]|None|\n\n", sms["text"])


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("decided", {"outcome": "granted"}, "задоволено"),
        ("decided", {"outcome": "refused", "state": "refused"}, "відмовлено"),
        ("registered", {"deadline_on": "2026-11-24"}, "до 24.11.2026"),
        ("deadline-changed", {"reason": "extended", "deadline_on": "2026-12-01"}, "до 01.12.2026"),
    ],
)
async def test_a_text_says_what_became_of_the_case(office, case_event, name, changes, words):
    person = office.people.a_person(phone="+380000000001")
    await office.take_in(case_event(name, applicant_id=person, **changes))
    await office.send_due()
    assert words in office.providers.sent(channel="sms")[0]["text"]


@pytest.mark.parametrize("reason", ["suspended", "resumed", "registered"])
async def test_a_deadline_that_moved_by_itself_is_not_told(office, case_event, reason):
    await office.take_in(case_event("deadline-changed", applicant_id=new_id(), reason=reason))
    assert await office.rows() == []


def test_every_event_that_is_told_says_whom_and_in_which_language(case_event):
    contracts = Contracts()
    for name in NAMES:
        event = case_event(name)
        contracts.check(event)
        for member in ("application_id", "applicant_id", "language", "reference", "centre", "agency"):
            data = {key: value for key, value in event.data.items() if key != member}
            assert not contracts.event(event.type).validator.is_valid(data), (name, member)
