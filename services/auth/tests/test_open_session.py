"""Signing in: password, second factor, and the wait after failures."""

import asyncio
from datetime import timedelta

import pytest

from auth.storage import tables
from shared.ids import new_id
from shared.tokens import TokenVerifier
from tests.support.tokens import ISSUER

PHONE = "+380000000001"
WRONG = "not the password at all"


@pytest.fixture
async def claims(office):
    """Read an access token as another service does."""

    async def read(answer, audience="applications"):
        verifier = TokenVerifier(office.deps.keys, issuer=ISSUER, audience=audience, clock=office.clock)
        return await verifier.verify(answer.json()["access_token"])

    return read


async def test_a_citizen_signs_in_with_a_password(office, claims):
    account_id = await office.a_citizen(PHONE)
    answer = await office.sign_in("(000) 000-00-01")
    assert answer.status_code == 201
    assert (answer.json()["token_type"], answer.json()["mandates"]) == ("Bearer", [])
    token = await claims(answer)
    assert (token.subject, token.client_id, token.acr, token.mandates) == (account_id, "first-party", "1", ())
    [kept] = await office.rows(tables.refresh_tokens)
    assert (str(kept.account_id), kept.acr, kept.revoked_at) == (account_id, "1", None)

    me = await office.client.get("/v1/me", headers={"Authorization": f"Bearer {answer.json()['access_token']}"})
    assert me.json() == {"account_id": account_id, "kind": "citizen", "language": "uk", "mandates": []}


async def test_an_unknown_login_is_answered_as_a_wrong_password(office, problem):
    await office.a_citizen(PHONE)
    wrong, unknown = await office.sign_in(PHONE, WRONG), await office.sign_in("+380000000009", WRONG)
    assert problem(wrong, 401, "login-failed")
    without_trace = [{k: v for k, v in answer.json().items() if k != "trace_id"} for answer in (wrong, unknown)]
    assert without_trace[0] == without_trace[1]
    assert wrong.headers["www-authenticate"] == unknown.headers["www-authenticate"]
    assert await office.rows(tables.refresh_tokens) == []


async def test_an_officer_gives_a_second_factor(office, problem, claims):
    officer = await office.an_officer()
    assert problem(await office.sign_in(officer.login), 401, "second-factor-needed")
    assert problem(await office.sign_in(officer.login, WRONG), 401, "login-failed")
    right = office.totp(officer.totp_secret)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    assert problem(await office.sign_in(officer.login, totp=wrong), 401, "login-failed")
    assert problem(await office.sign_in(officer.login, WRONG, totp=right), 401, "login-failed")
    answer = await office.sign_in(officer.login.upper(), totp=right)
    assert answer.status_code == 201
    token = await claims(answer)
    assert (token.subject, token.acr) == (officer.account_id, "2")
    assert answer.json()["mandates"] == [
        {"role": "agency_representative", "organisation": "municipal-registrar--dnipro"}
    ]


async def test_a_code_of_the_authenticator_is_taken_once(office, problem):
    officer = await office.an_officer()
    code = office.totp(officer.totp_secret)
    assert (await office.sign_in(officer.login, totp=code)).status_code == 201
    assert problem(await office.sign_in(officer.login, totp=code), 401, "login-failed")
    earlier = office.totp(officer.totp_secret, steps=-1)
    assert problem(await office.sign_in(officer.login, totp=earlier), 401, "login-failed")
    office.clock.advance(seconds=30)
    assert (await office.sign_in_officer(officer)).status_code == 201


async def test_one_code_used_twice_at_once_opens_one_session(office):
    officer = await office.an_officer()
    code = office.totp(officer.totp_secret)
    answers = await asyncio.gather(*(office.sign_in(officer.login, totp=code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 201), (1, 201), (2, 401)])
async def test_an_authenticator_may_be_half_a_minute_off(office, steps, status):
    officer = await office.an_officer()
    code = office.totp(officer.totp_secret, steps=steps)
    assert (await office.sign_in(officer.login, totp=code)).status_code == status


async def test_after_five_failures_each_try_has_to_wait_longer(office, problem):
    await office.a_citizen(PHONE)
    for _ in range(5):
        assert problem(await office.sign_in(PHONE, WRONG), 401, "login-failed")
    refused = await office.sign_in(PHONE)
    assert problem(refused, 429, "too-many-attempts")
    assert (refused.json()["retry_after"], refused.headers["retry-after"]) == (3, "3")
    for wait in (2, 4, 8):
        office.clock.advance(seconds=wait - 0.1)
        assert problem(await office.sign_in(PHONE), 429, "too-many-attempts")
        office.clock.advance(seconds=0.1)
        assert problem(await office.sign_in(PHONE, WRONG), 401, "login-failed")
    office.clock.advance(seconds=16)
    assert (await office.sign_in(PHONE)).status_code == 201
    assert problem(await office.sign_in(PHONE, WRONG), 401, "login-failed")
    assert (await office.sign_in(PHONE)).status_code == 201


async def test_a_wrong_second_factor_counts_as_a_failure(office, problem):
    officer = await office.an_officer()
    right = int(office.totp(officer.totp_secret))
    for n in range(5):
        code = f"{(right + 7 + n) % 1_000_000:06d}"
        assert problem(await office.sign_in(officer.login, totp=code), 401, "login-failed")
    assert problem(await office.sign_in_officer(officer), 429, "too-many-attempts")


async def test_who_fails_from_elsewhere_locks_nobody_out(office, problem):
    await office.a_citizen(PHONE)
    async with office.from_elsewhere("192.0.2.7") as stranger:
        for _ in range(5):
            await stranger.post("/v1/sessions", json={"login": PHONE, "password": WRONG})
        locked = await stranger.post("/v1/sessions", json={"login": PHONE, "password": WRONG})
    assert problem(locked, 429, "too-many-attempts")
    assert (await office.sign_in(PHONE)).status_code == 201


async def test_failures_are_forgotten_after_a_day(office):
    for _ in range(5):
        await office.sign_in(PHONE, WRONG)
    office.clock.advance(hours=24, seconds=1)
    await office.sign_in("+380000000009", WRONG)
    [left] = await office.rows(tables.failures)
    assert left.failed == 1


async def test_the_token_carries_the_mandates_in_force_now(office):
    officer = await office.an_officer()
    now, week = office.clock.now(), timedelta(days=7)
    times = [(now - week, now - week / 2), (now + week, None), (now - week, now + week)]
    for start, end in times:
        body = {
            "role": "agency_representative",
            "organisation": "municipal-registrar--nikopol",
            "valid_from": start.isoformat(),
            "valid_to": end and end.isoformat(),
        }
        address = f"/v1/officers/{officer.account_id}/mandates"
        headers = office.head("municipal-registrar--nikopol") | {"Idempotency-Key": f"grant-{new_id()}"}
        assert (await office.client.post(address, json=body, headers=headers)).status_code == 201
    held = [mandate["organisation"] for mandate in (await office.sign_in_officer(officer)).json()["mandates"]]
    assert sorted(held) == ["municipal-registrar--dnipro", "municipal-registrar--nikopol"]


async def test_who_signs_out_cannot_refresh(office, problem):
    await office.a_citizen(PHONE)
    session = (await office.sign_in(PHONE)).json()
    body = {"refresh_token": session["refresh_token"]}
    without = await office.client.request("DELETE", "/v1/sessions/current", json=body)
    assert problem(without, 401, "unauthenticated")
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    gone = await office.client.request("DELETE", "/v1/sessions/current", json=body, headers=headers)
    assert gone.status_code == 204
    assert (await office.refresh(session["refresh_token"])).json()["error"] == "invalid_grant"
