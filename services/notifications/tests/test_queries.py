"""What people and officers see: one's own messages and contact, and the messages of the cases one has a part in."""

import pytest

from notifications.storage import tables
from shared.ids import new_id

CENTRE, AGENCY = "cnap-dnipro", "municipal-residence-registrar--dnipro"


@pytest.fixture
def person(office):
    return office.people.a_person(phone="+380000000001", email="olena@example.com")


async def test_messages_of_a_case_are_seen_by_who_has_a_part_in_it(office, person, case_event):
    case = new_id()
    await office.take_in(case_event("submitted", applicant_id=person, application_id=case))
    bearers = {
        "the applicant": {"subject": str(person)},
        "somebody else": {"subject": str(new_id())},
        "officer of the centre": {"role": "service_centre_administrator", "organisation": CENTRE},
        "head of the centre": {"role": "head_of_service_centre", "organisation": CENTRE},
        "officer of the agency": {"role": "agency_representative", "organisation": AGENCY},
        "head of the agency": {"role": "head_of_executive_agency", "organisation": AGENCY},
        "officer of another centre": {"role": "service_centre_administrator", "organisation": "cnap-nikopol"},
        "head of another agency": {"role": "head_of_executive_agency", "organisation": "municipal--nikopol"},
        "operator": {"scopes": ["operator"]},
        "machine": {"subject": "kiosk", "scopes": ["kiosk"]},
    }
    seen = {}
    for name, bearer in bearers.items():
        address = f"/v1/notifications?application_id={case}"
        answer = await office.client.get(address, headers=office.headers(**bearer))
        assert answer.status_code == 200, name
        seen[name] = len(answer.json())
    admitted = {name for name, count in seen.items() if count}
    assert admitted == {
        "the applicant", "officer of the centre", "head of the centre", "officer of the agency", "head of the agency"
    }  # fmt: skip
    assert {seen[name] for name in admitted} == {2}


async def test_a_foreign_case_and_an_absent_one_look_alike(office, person, case_event):
    event = case_event("submitted", applicant_id=person, application_id=new_id())
    await office.take_in(event)
    headers = office.headers(subject=str(new_id()))
    answers = [
        await office.client.get(f"/v1/notifications?application_id={case}", headers=headers)
        for case in (event.data["application_id"], new_id())
    ]
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "[]")] * 2


async def test_officers_see_whether_it_arrived_and_not_where_it_went(office, person, case_event):
    await office.take_in(case_event("submitted", applicant_id=person))
    await office.send_due()
    headers = office.headers(role="service_centre_administrator", organisation=CENTRE)
    case = (await office.rows())[0].application_id
    answer = await office.client.get(f"/v1/notifications?application_id={case}", headers=headers)
    shown = {"id", "application_id", "cause_type", "channel", "state", "created_at", "sent_at", "delivered_at"}
    assert [set(item) for item in answer.json()] == [shown] * 2
    assert {item["channel"]: item["state"] for item in answer.json()} == {"sms": "sent", "email": "delivered"}


async def test_a_person_reads_the_own_messages_page_by_page(office, person, case_event):
    other = office.people.a_person(phone="+380000000002")
    for name in ("submitted", "registered", "decided"):
        await office.take_in(case_event(name, applicant_id=person, language="en"))
    await office.take_in(case_event("submitted", applicant_id=other, application_id=new_id()))
    headers, seen, page = office.headers(subject=str(person)), [], "/v1/me/messages?limit=4"
    while page:
        body = (await office.client.get(page, headers=headers)).json()
        assert len(body["items"]) <= 4
        seen += body["items"]
        page = body["next"]
    assert [item["id"] for item in seen] == sorted((item["id"] for item in seen), reverse=True)
    assert len(seen) == 6
    assert {item["subject"] for item in seen} == {
        "Application DP-2026-004217-K was submitted",
        "Application DP-2026-004217-K was registered",
        "Decision on application DP-2026-004217-K",
    }


async def test_a_person_sees_the_own_contact_and_chooses_a_language(office, person):
    headers = office.headers(subject=str(person))
    contact = {"phone": "+380000000001", "email": "olena@example.com", "language": "uk"}
    assert (await office.client.get("/v1/me/contact", headers=headers)).json() == contact
    changed = await office.client.put("/v1/me/contact", json={"language": "en"}, headers=headers)
    assert changed.json() == contact | {"language": "en"}
    assert (await office.client.get("/v1/me/contact", headers=headers)).json() == contact | {"language": "en"}

    other = office.people.a_person(phone="+380000000002")
    theirs = await office.client.get("/v1/me/contact", headers=office.headers(subject=str(other)))
    assert theirs.json() == {"phone": "+380000000002", "email": None, "language": "uk"}
    assert len(await office.rows(tables.contacts)) == 2


async def test_who_auth_does_not_know_has_no_contact(office, problem):
    headers = office.headers(subject=str(new_id()))
    assert problem(await office.client.get("/v1/me/contact", headers=headers), 404, "not-found")
    changed = await office.client.put("/v1/me/contact", json={"language": "en"}, headers=headers)
    assert problem(changed, 404, "not-found")
    assert await office.rows(tables.contacts) == []


async def test_without_auth_a_contact_is_not_known_now(office, person, problem):
    office.people.is_down = True
    answer = await office.client.get("/v1/me/contact", headers=office.headers(subject=str(person)))
    assert problem(answer, 503, "temporarily-unavailable")
