"""Registering a citizen: codes to each contact, and the account when they come back."""

import asyncio

import pytest

from auth.storage import tables
from shared.idempotency import fingerprint

PHONE, EMAIL = "+380000000001", "olena@example.com"


async def test_an_account_is_made_when_the_code_of_each_contact_came_back(office):
    pending = await office.register(phone=PHONE, email=EMAIL, language="en")
    assert pending.status_code == 202
    assert pending.json()["confirm"] == ["sms", "email"]
    assert [(code["channel"], code["to"], code["language"]) for code in office.codes.taken] == [
        ("sms", PHONE, "en"),
        ("email", EMAIL, "en"),
    ]
    assert await office.rows(tables.accounts) == []

    confirmed = await office.confirm(pending)
    assert confirmed.status_code == 201
    account_id = confirmed.json()["account_id"]
    [account] = await office.rows(tables.accounts)
    assert (str(account.id), account.kind, account.language) == (account_id, "citizen", "en")
    assert len(await office.rows(tables.logins)) == 2
    assert await office.events() == [("registered.v1", {"account_id": account_id, "kind": "citizen", "language": "en"})]
    for login in ("000 000-00-01", EMAIL.upper()):
        assert (await office.sign_in(login)).status_code == 201


@pytest.mark.parametrize("wrong", ["sms_code", "email_code"])
@pytest.mark.parametrize("given", ["another", "none"])
async def test_one_wrong_code_makes_no_account(office, problem, wrong, given):
    pending = await office.register(phone=PHONE, email=EMAIL)
    codes = office.codes.latest()
    right = codes.pop(wrong)
    if given == "another":
        codes[wrong] = f"{(int(right) + 1) % 1_000_000:06d}"
    assert problem(await office.confirm(pending, **codes), 422, "code-wrong")
    assert await office.rows(tables.accounts) == []
    assert await office.events() == []


async def test_after_five_wrong_tries_the_right_code_is_of_no_use(office, problem):
    pending = await office.register(phone=PHONE)
    right = office.codes.latest()["sms_code"]
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert problem(await office.confirm(pending, sms_code=wrong), 422, "code-wrong")
    assert problem(await office.confirm(pending, sms_code=right), 404, "not-found")
    assert await office.rows(tables.accounts) == []


async def test_guesses_at_once_are_counted_one_by_one(office):
    pending = await office.register(phone=PHONE)
    right = int(office.codes.latest()["sms_code"])
    guesses = [office.confirm(pending, sms_code=f"{(right + n) % 1_000_000:06d}") for n in range(1, 13)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*guesses))
    assert statuses == [404] * 7 + [422] * 5


async def test_a_code_is_good_for_ten_minutes(office, problem):
    first, second = await office.register(phone=PHONE), await office.register(email=EMAIL)
    codes = office.codes.latest()
    office.clock.advance(minutes=10)
    assert (await office.confirm(first, sms_code=codes["sms_code"])).status_code == 201
    office.clock.advance(seconds=1)
    assert problem(await office.confirm(second, email_code=codes["email_code"]), 404, "not-found")


async def test_confirming_again_finds_the_same_account(office):
    pending = await office.register(phone=PHONE)
    answers = [await office.confirm(pending), *await asyncio.gather(*(office.confirm(pending) for _ in range(4)))]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["account_id"] for answer in answers}) == 1
    assert len(await office.events()) == 1


async def test_a_repeated_registration_is_answered_as_the_first_and_its_code_stays_good(office):
    first = await office.register(phone=PHONE, key="the-same-key")
    again = await office.register(phone=PHONE, key="the-same-key")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert len(office.codes.taken) == 1
    assert (await office.confirm(first)).status_code == 201


async def test_registrations_repeated_at_once_are_one_and_every_code_sent_is_good(office):
    answers = await asyncio.gather(*(office.register(phone=PHONE, key="the-same-key") for _ in range(4)))
    assert len({answer.json()["registration_id"] for answer in answers}) == 1
    assert len({code["code"] for code in office.codes.taken}) == 1
    assert (await office.confirm(answers[0])).status_code == 201


async def test_one_key_for_another_contact_is_refused_before_a_code_is_sent(office, problem):
    await office.register(phone=PHONE, key="the-same-key")
    other = await office.register(phone="+380000000002", key="the-same-key")
    assert problem(other, 422, "idempotency-key-reused")
    assert len(office.codes.taken) == 1


async def test_a_known_contact_is_answered_as_an_unknown_one(office, problem):
    account_id = await office.a_citizen(PHONE)
    known, unknown = await office.register(phone=PHONE), await office.register(phone="+380000000002")
    assert known.status_code == unknown.status_code == 202
    assert set(known.json()) == set(unknown.json())
    assert [known.json()[name] for name in ("confirm", "expires_at")] == [
        unknown.json()[name] for name in ("confirm", "expires_at")
    ]

    codes = {code["to"]: code["code"] for code in office.codes.taken}
    assert problem(await office.confirm(known, sms_code=codes[PHONE]), 409, "login-taken")
    assert [str(account.id) for account in await office.rows(tables.accounts)] == [account_id]
    assert len(await office.events()) == 1


async def test_a_code_that_cannot_be_sent_leaves_nothing_behind(office, problem):
    office.codes.down_for = {"email"}
    answer = await office.register(phone=PHONE, email=EMAIL, key="the-same-key")
    assert problem(answer, 503, "temporarily-unavailable")
    assert answer.headers["retry-after"]
    assert await office.rows(tables.registrations) == []

    office.codes.down_for = set()
    again = await office.register(phone=PHONE, email=EMAIL, key="the-same-key")
    assert again.status_code == 202
    first_sms = office.codes.taken[0]["code"]
    codes = office.codes.latest() | {"sms_code": first_sms}
    assert (await office.confirm(again, **codes)).status_code == 201


@pytest.mark.parametrize(
    ("body", "slug", "where"),
    [
        ({}, "contact-missing", None),
        ({"phone": ""}, "contact-missing", None),
        ({"phone": "+48600000000"}, "invalid-request", "/phone"),
        ({"phone": "12"}, "invalid-request", "/phone"),
        ({"phone": "+380٠٠٠٠٠٠٠٠١"}, "invalid-request", "/phone"),
        ({"email": "nobody"}, "invalid-request", "/email"),
        ({"email": "two,addresses@example.com"}, "invalid-request", "/email"),
        ({"email": "<olena@example.com"}, "invalid-request", "/email"),
        ({"email": "оlena@example.com"}, "invalid-request", "/email"),
        ({"email": "olena@example.com\nBcc: x@example.com"}, "invalid-request", "/email"),
    ],
)
async def test_a_contact_that_cannot_be_reached_is_refused(office, problem, body, slug, where):
    answer = await office.register(**body)
    assert problem(answer, 422, slug)
    assert [error["pointer"] for error in answer.json().get("errors", [])] == ([where] if where else [])
    assert office.codes.taken == []


@pytest.mark.parametrize(("channel", "where"), [("sms", "/phone"), ("email", "/email")])
async def test_a_contact_that_the_provider_refuses_is_told_as_such(office, problem, channel, where):
    office.codes.refused = {channel}
    answer = await office.register(phone=PHONE, email=EMAIL)
    assert problem(answer, 422, "invalid-request")
    assert [error["pointer"] for error in answer.json()["errors"]] == [where]
    assert await office.rows(tables.registrations) == []


async def test_what_is_kept_of_a_request_does_not_give_the_phone_away(office):
    await office.register(phone=PHONE)
    [entry] = await office.rows(tables.idempotency_keys)
    guess = fingerprint("register", repr(({"sms": PHONE, "email": None}, "uk")).encode())
    assert entry.fingerprint != guess


async def test_five_codes_an_hour_go_to_one_contact_known_or_not(office, problem):
    for _ in range(5):
        assert (await office.register(phone=PHONE)).status_code == 202
    refused = await office.register(phone=PHONE, email=EMAIL)
    assert problem(refused, 429, "too-many-attempts")
    assert refused.headers["retry-after"]
    assert [code["to"] for code in office.codes.taken] == [PHONE] * 5
    assert (await office.register(phone="+380000000002", email=EMAIL)).status_code == 202
