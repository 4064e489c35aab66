"""Signing in by a code over the API: sent after the answer, good once, and no way to learn who is known."""

import asyncio
from contextlib import contextmanager

import pyotp
import pytest
from sqlalchemy import event, update

from auth.storage import tables
from shared.ids import new_id

PHONE, EMAIL = "+380000000001", "olena@example.com"


async def ask(office, login=PHONE):
    return await office.client.post("/v1/sessions/codes", json={"login": login})


async def sign_in(office, asked, code, **more):
    body = {"code_id": asked.json()["code_id"], "code": code, **more}
    return await office.client.post("/v1/sessions", json=body)


def another(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


@contextmanager
def statements(office):
    """Yield the statements that the database is asked meanwhile."""
    engine, told = office.deps.database.engine.sync_engine, []

    def hear(_connection, _cursor, statement, *_rest):
        told.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    yield told
    event.remove(engine, "before_cursor_execute", hear)


@pytest.fixture
async def citizen(office):
    """A citizen with a phone and an e-mail and no password."""
    pending = await office.register(phone=PHONE, email=EMAIL, password=None)
    account_id = (await office.confirm(pending)).json()["account_id"]
    office.codes.taken.clear()
    return account_id


@pytest.mark.parametrize(("login", "channel"), [("000 000 00 01", "sms"), (EMAIL.upper(), "email")])
async def test_a_code_that_was_sent_opens_a_session(office, citizen, login, channel):
    asked = await ask(office, login)
    assert asked.status_code == 202
    [sent] = office.codes.taken
    assert (sent["channel"], sent["purpose"]) == (channel, "sign-in")
    answer = await sign_in(office, asked, sent["code"])
    assert answer.status_code == 201, answer.text
    [session] = await office.rows(tables.sessions)
    assert (str(session.account_id), session.amr) == (citizen, [channel])
    assert ("signed-in", "done") in await office.trail()


async def test_a_code_is_good_once(office, problem, citizen):
    asked = await ask(office)
    code = office.codes.taken[0]["code"]
    # each has a connection of the database at hand: none is late
    await asyncio.gather(*(sign_in(office, asked, another(code)) for _ in range(4)))
    answers = await asyncio.gather(*(sign_in(office, asked, code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]
    assert len(await office.rows(tables.sessions)) == 1


async def test_after_five_wrong_tries_the_right_code_is_of_no_use(office, problem, citizen):
    asked = await ask(office)
    code = office.codes.taken[0]["code"]
    answers = await asyncio.gather(*(sign_in(office, asked, another(code)) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {401}
    assert problem(await sign_in(office, asked, code), 401, "login-failed")


async def test_a_code_is_good_for_ten_minutes(office, problem, citizen):
    first, second = await ask(office), await ask(office)
    codes = [sent["code"] for sent in office.codes.taken]
    office.clock.advance(minutes=10)
    assert (await sign_in(office, first, codes[0])).status_code == 201
    office.clock.advance(seconds=1)
    assert problem(await sign_in(office, second, codes[1]), 401, "login-failed")


async def test_a_code_is_of_use_with_its_own_id_alone(office, problem, citizen):
    first, second = await ask(office), await ask(office)
    codes = [sent["code"] for sent in office.codes.taken]
    if codes[0] != codes[1]:
        assert problem(await sign_in(office, second, codes[0]), 401, "login-failed")
    body = {"code_id": str(new_id()), "code": codes[0]}
    assert problem(await office.client.post("/v1/sessions", json=body), 401, "login-failed")
    assert (await sign_in(office, first, codes[0])).status_code == 201


async def test_nobody_learns_whether_a_contact_is_known(office, problem, citizen):
    known, unknown = await ask(office), await ask(office, "+380000000002")
    assert (known.status_code, set(known.json())) == (unknown.status_code, set(unknown.json()))
    assert known.json()["expires_at"] == unknown.json()["expires_at"]
    assert dict(known.headers) | {"content-length": ""} == dict(unknown.headers) | {"content-length": ""}
    assert [sent["to"] for sent in office.codes.taken] == [PHONE]
    assert len(await office.rows(tables.sign_in_codes)) == 2
    tried = [await sign_in(office, asked, "000000") for asked in (known, unknown)]
    assert [(answer.status_code, answer.json()["type"], answer.json()["detail"]) for answer in tried] == [
        (401, f"{office.settings.auth_issuer}/problems/login-failed", tried[0].json()["detail"])
    ] * 2


async def test_what_an_answer_costs_does_not_depend_on_whether_a_contact_is_known(office, citizen):
    counts = {}
    for login in (PHONE, "+380000000002"):
        with statements(office) as told:
            await ask(office, login)
        counts[login] = told
    assert counts[PHONE] == counts["+380000000002"]


async def test_an_officer_gets_no_code_even_at_a_contact(office):
    officer = await office.an_officer("representative")
    contact = {"login_hash": office.deps.cipher.lookup(f"login:{PHONE}"), "account_id": officer.account_id}
    async with office.by_hand() as connection:
        await connection.execute(tables.logins.insert().values(contact))
    for login in ("representative", PHONE):
        assert (await ask(office, login)).status_code == 202
    assert office.codes.taken == []


async def test_a_provider_that_is_down_is_told_to_nobody_and_counted(office, citizen):
    office.codes.down_for = {"sms"}
    assert (await ask(office)).status_code == 202
    metrics = (await office.client.get("/metrics")).text
    assert 'codes_not_sent_total{channel="sms"} 1.0' in metrics
    assert PHONE not in metrics


@pytest.mark.parametrize(("login", "left"), [(PHONE, 4), ("+380000000002", 5)])
async def test_five_codes_an_hour_go_to_one_contact_that_of_a_registration_included(
    office, problem, citizen, login, left
):
    for _ in range(left):
        assert (await ask(office, login)).status_code == 202
    refused = await ask(office, login)
    assert problem(refused, 429, "too-many-attempts")
    assert refused.headers["retry-after"] == str(refused.json()["retry_after"])
    office.clock.advance(minutes=60)
    office.deps.codes._peer._tokens.forget("notifications")
    assert (await ask(office, login)).status_code == 202


async def test_a_network_address_that_asks_for_many_contacts_is_refused(office, problem, citizen):
    async with office.from_elsewhere("192.0.2.7") as stranger:
        for number in range(60):
            body = {"login": f"+3800000010{number:02d}"}
            assert (await stranger.post("/v1/sessions/codes", json=body)).status_code == 202
        refused = await stranger.post("/v1/sessions/codes", json={"login": "+380000002000"})
        assert problem(refused, 429, "too-many-attempts")
    assert (await ask(office)).status_code == 202


async def test_a_code_is_kept_nowhere(office, citizen):
    asked = await ask(office)
    code = office.codes.taken[0]["code"]
    rows = await office.rows(tables.sign_in_codes)
    assert str(rows[0].id) == asked.json()["code_id"]
    assert code not in (await office.dump()).replace(asked.json()["code_id"], "")


async def test_whoever_has_an_authenticator_also_gives_its_code(office, problem, citizen):
    secret = pyotp.random_base32()
    sealed = office.deps.cipher.encrypt(secret.encode(), f"totp:{citizen}")
    async with office.by_hand() as connection:
        await connection.execute(update(tables.accounts).values(totp_sealed=sealed))
    asked = await ask(office)
    code = office.codes.taken[-1]["code"]
    assert problem(await sign_in(office, asked, code), 401, "second-factor-needed")
    answer = await sign_in(office, asked, code, totp=office.totp(secret))
    assert answer.status_code == 201, answer.text
    [session] = await office.rows(tables.sessions)
    assert session.amr == ["sms", "otp"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"login": PHONE},
        {"password": "x"},
        {"code": "123456"},
        {"login": PHONE, "code": "123456"},
        {"login": PHONE, "password": "x", "code_id": str(new_id()), "code": "123456"},
    ],
)
async def test_half_a_way_or_two_ways_to_sign_in_are_refused(office, problem, body):
    assert problem(await office.client.post("/v1/sessions", json=body), 422, "invalid-request")
