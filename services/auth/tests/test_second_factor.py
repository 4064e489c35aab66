"""The second factor: citizens may have one, officers must, and who changes it has just proved who they are."""

import pytest

from auth.storage import tables

PHONE = "+380000000001"
ADDRESS, CONFIRM = "/v1/me/second-factor", "/v1/me/second-factor/confirm"


def secret_in(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["totp_uri"].partition("secret=")[2].partition("&")[0]


@pytest.fixture
async def session(office):
    await office.a_citizen(PHONE)
    return await office.enter(PHONE)


@pytest.fixture
def enrol(office):
    """Enrol an authenticator; return its secret and the recovery codes."""

    async def enrol(session):
        secret = secret_in(await office.client.post(ADDRESS, headers=session["headers"]))
        body = {"totp": office.totp(secret, steps=-1)}
        done = await office.client.post(CONFIRM, json=body, headers=session["headers"])
        assert done.status_code == 201, done.text
        return secret, done.json()["recovery_codes"]

    return enrol


async def test_a_citizen_enrols_an_authenticator_and_signs_in_with_it(office, session, enrol, problem):
    secret, codes = await enrol(session)
    assert len(set(codes)) == 10
    told = await office.client.get(ADDRESS, headers=session["headers"])
    assert told.json() == {"is_enrolled": True, "recovery_codes_left": 10}
    assert problem(await office.sign_in(PHONE), 401, "second-factor-needed")
    assert (await office.sign_in(PHONE, totp=office.totp(secret))).status_code == 201
    assert ("second-factor-enrolled", "done") in await office.trail()


async def test_nothing_changes_until_a_code_of_it_comes_back(office, session, problem):
    secret = secret_in(await office.client.post(ADDRESS, headers=session["headers"]))
    right = office.totp(secret)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    refused = await office.client.post(CONFIRM, json={"totp": wrong}, headers=session["headers"])
    assert problem(refused, 422, "second-factor-wrong")
    assert (await office.sign_in(PHONE)).status_code == 201
    assert (await office.client.post(CONFIRM, json={"totp": right}, headers=session["headers"])).status_code == 201
    again = await office.client.post(CONFIRM, json={"totp": right}, headers=session["headers"])
    assert again.status_code in {403, 422}


async def test_a_code_that_confirmed_does_not_sign_in(office, session, problem):
    secret = secret_in(await office.client.post(ADDRESS, headers=session["headers"]))
    right = office.totp(secret)
    assert (await office.client.post(CONFIRM, json={"totp": right}, headers=session["headers"])).status_code == 201
    assert problem(await office.sign_in(PHONE, totp=right), 401, "login-failed")


async def test_another_authenticator_replaces_the_first(office, session, enrol, problem):
    first, old_codes = await enrol(session)
    # this session proved no second factor, and now there is one
    assert problem(await office.client.post(ADDRESS, headers=session["headers"]), 403, "fresh-sign-in-needed")
    second, _ = await enrol(await office.enter(PHONE, totp=office.totp(first)))
    office.clock.advance(minutes=1)
    assert problem(await office.sign_in(PHONE, totp=office.totp(first)), 401, "login-failed")
    assert problem(await office.sign_in(PHONE, recovery_code=old_codes[0]), 401, "login-failed")
    assert (await office.sign_in(PHONE, totp=office.totp(second))).status_code == 201


async def test_a_citizen_removes_it_with_a_fresh_proof(office, session, enrol, problem):
    secret, _ = await enrol(session)
    assert problem(await office.client.delete(ADDRESS, headers=session["headers"]), 403, "fresh-sign-in-needed")
    proved = await office.enter(PHONE, totp=office.totp(secret))
    assert (await office.client.delete(ADDRESS, headers=proved["headers"])).status_code == 204
    assert await office.rows(tables.recovery_codes) == []
    assert (await office.sign_in(PHONE)).status_code == 201
    assert problem(await office.client.delete(ADDRESS, headers=proved["headers"]), 409, "second-factor-missing")
    assert ("second-factor-removed", "done") in await office.trail()


async def test_an_officer_keeps_it_but_may_replace_it(office, enrol, problem):
    officer = await office.an_officer()
    session = await office.enter_officer(officer)
    assert problem(await office.client.delete(ADDRESS, headers=session["headers"]), 409, "second-factor-required")
    secret, _ = await enrol(session)
    assert (await office.sign_in(officer.login, totp=office.totp(secret))).status_code == 201


async def test_who_signed_in_long_ago_proves_it_again(office, session, problem):
    office.clock.advance(minutes=10, seconds=1)
    renewed = (await office.refresh(session["refresh_token"])).json()
    headers = {"Authorization": f"Bearer {renewed['access_token']}"}
    for method, path, body in (
        ("POST", ADDRESS, None),
        ("POST", CONFIRM, {"totp": "123456"}),
        ("DELETE", ADDRESS, None),
        ("POST", "/v1/me/recovery-codes", None),
        ("PUT", "/v1/me/password", {"password": "another one, easy to keep in mind"}),
    ):
        refused = await office.client.request(method, path, json=body, headers=headers)
        assert problem(refused, 403, "fresh-sign-in-needed"), path


async def test_a_session_that_ended_changes_nothing(office, session, problem):
    await office.client.delete("/v1/sessions/current", headers=session["headers"])
    for method, path in (("POST", ADDRESS), ("DELETE", ADDRESS), ("POST", "/v1/me/passkeys/options")):
        refused = await office.client.request(method, path, headers=session["headers"])
        assert problem(refused, 409, "session-ended")
