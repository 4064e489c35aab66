"""Asking a register on an officer's request."""

import asyncio
from uuid import UUID

import pytest

from shared.ids import new_id

AGENCY, REGISTER = "municipal-residence-registrar--dnipro", "demographic-register"
OFFICER = {"subject": str(new_id()), "role": "agency_representative", "organisation": AGENCY}


@pytest.fixture
def request_one(client, tokens):
    """Send the request of an officer of the case's agency."""

    async def send(case, key=None, requirement=REGISTER, **officer):
        headers = tokens.headers(**OFFICER | officer) | {"Idempotency-Key": key or f"key-{new_id()}"}
        body = {"application_id": case["application_id"], "requirement": requirement}
        return await client.post("/v1/verifications", json=body, headers=headers)

    return send


async def test_an_officers_question_is_asked_and_answered_in_the_officers_name(
    gateway, client, tokens, request_one, open_case
):
    case = open_case()

    accepted = await request_one(case)
    await gateway.ask()

    assert accepted.status_code == 202
    verification = accepted.json()
    assert (verification["state"], verification["trigger"], verification["fields"]) == ("pending", "officer", None)
    answer = await client.get(f"/v1/verifications/{verification['id']}", headers=tokens.headers(**OFFICER))
    assert (answer.json()["state"], answer.json()["outcome"]) == ("completed", "match")
    assert answer.json()["fields"] == [
        {"field": "full_name", "result": "match"},
        {"field": "document_status", "result": "match"},
    ]
    ((event_type, told),) = await gateway.events()
    assert (event_type, told["verification_id"]) == ("completed.v1", verification["id"])
    (entry,) = await gateway.rows("SELECT * FROM register_queries")
    assert (entry["asked_by"], entry["organisation"]) == (OFFICER["subject"], AGENCY)


async def test_a_repeated_request_is_one_question(gateway, registers, request_one, open_case):
    case, key = open_case(), f"key-{new_id()}"

    answers = await asyncio.gather(*(request_one(case, key) for _ in range(5)))
    await gateway.ask()
    late = await request_one(case, key)

    assert {answer.status_code for answer in (*answers, late)} == {202}
    assert len({answer.json()["id"] for answer in (*answers, late)}) == 1
    assert late.json()["state"] == "completed"
    assert len(registers.log()) == 1


async def test_a_key_that_came_with_another_request_is_refused(request_one, open_case):
    key = f"key-{new_id()}"
    await request_one(open_case(), key)

    answer = await request_one(open_case(), key)

    assert (answer.status_code, answer.json()["type"]) == (422, "http://gateway.test/problems/idempotency-key-reused")


async def test_a_closed_case_is_not_asked_about(gateway, request_one, open_case):
    answer = await request_one(open_case(is_open=False))

    assert (answer.status_code, answer.json()["type"]) == (409, "http://gateway.test/problems/case-closed")
    assert await gateway.rows("SELECT FROM verifications") == []


async def test_a_register_that_the_card_does_not_ask_is_named_to_those_who_know_the_case(request_one, open_case):
    case = open_case()
    await request_one(case)

    own = await request_one(case, requirement="tax-status")
    strangers = await request_one(case, requirement="tax-status", organisation="municipal-registrar--nikopol")

    assert (own.status_code, own.json()["type"]) == (422, "http://gateway.test/problems/not-of-the-card")
    assert strangers.status_code == 404


async def test_a_case_that_is_nobodys_to_ask_about_is_not_even_looked_up(peers, request_one, open_case):
    answer = await request_one(open_case(), role="head_of_service_centre", organisation="cnap-dnipro")

    assert answer.status_code == 404
    assert peers.asked == []


async def test_without_applications_nothing_is_taken_and_the_officer_may_try_again(gateway, request_one, open_case):
    case = open_case()
    gateway.peers.fault = "away"

    answer = await request_one(case)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert await gateway.rows("SELECT FROM verifications") == []


BODIES = {
    "no body": (b"", 422),
    "no JSON": (b"{", 400),
    "no object": (b"[]", 422),
    "no id": (b'{"application_id": "x", "requirement": "a"}', 422),
    "a long requirement": (b'{"application_id": "%s", "requirement": "%s"}' % (bytes(36), b"a" * 121), 400),
    "U+0000": (b'{"application_id": "x", "requirement": "a\\u0000"}', 422),
    "more than is known": (b'{"application_id": "x", "requirement": "a", "purpose": "x"}', 422),
}


@pytest.mark.parametrize(("body", "status"), BODIES.values(), ids=BODIES)
async def test_a_request_that_makes_no_sense_is_a_named_problem(client, tokens, body, status):
    headers = tokens.headers(**OFFICER) | {"Idempotency-Key": "12345678", "Content-Type": "application/json"}

    answer = await client.post("/v1/verifications", content=body, headers=headers)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_request_needs_a_key(client, tokens, open_case):
    body = {"application_id": open_case()["application_id"], "requirement": REGISTER}

    answer = await client.post("/v1/verifications", json=body, headers=tokens.headers(**OFFICER))

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "Idempotency-Key:")


async def test_a_person_sees_who_asked_registers_about_them_and_why(gateway, client, tokens, open_case):
    person = str(new_id())
    for number in range(3):
        await gateway.request(open_case(applicant_id=person, reference=f"DP-2026-00000{number}-K"))
    await gateway.ask()

    pages, address = [], "/v1/me/data-access?limit=2"
    while address:
        page = (await client.get(address, headers=tokens.headers(subject=person))).json()
        pages.append(page["items"])
        address = page["next"]

    assert [len(page) for page in pages] == [2, 1]
    ids = [UUID(entry["id"]) for page in pages for entry in page]
    assert ids == sorted(set(ids), reverse=True)
    entry = pages[0][0]
    assert (entry["register_slug"], entry["organisation"], entry["outcome"]) == (REGISTER, "cnap-dnipro", "match")
    assert entry["purpose"] == "Confirm the applicant's identity"
    assert entry["legal_basis"] == "Закон України № 1871-IX"
    assert entry["fields"] == ["full_name", "document_status"]


@pytest.mark.parametrize("cursor", ["", "!!", "WyJ4Il0", "WzFd", "W10", "WyJ4IiwieSJd", "eyJhIjoxfQ"])
async def test_a_cursor_of_another_making_is_a_named_problem(client, tokens, cursor):
    answer = await client.get("/v1/me/data-access", params={"cursor": cursor}, headers=tokens.headers())

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?cursor")


async def test_the_state_of_a_register_is_what_it_did_last(gateway, registers, client, tokens, open_case):
    states, clock = [], gateway.deps.clock
    for fault in ("none", "down", "none"):
        registers.switch(fault)
        await gateway.request(open_case())
        clock.advance(seconds=2)
        await gateway.ask()
        (register,) = (await client.get("/v1/registers", headers=tokens.headers())).json()
        states.append(register["state"])
        clock.advance(seconds=2)

    assert register["register_slug"] == REGISTER
    assert states == ["up", "failing", "up"]
