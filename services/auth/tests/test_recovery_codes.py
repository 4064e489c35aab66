"""Recovery codes: each is good once in the place of the authenticator, and a set replaces the one before."""

import asyncio

import pytest

ADDRESS = "/v1/me/recovery-codes"


@pytest.fixture
async def officer(office):
    return await office.an_officer()


async def left(office, session):
    return (await office.client.get("/v1/me/second-factor", headers=session["headers"])).json()["recovery_codes_left"]


async def test_a_code_is_good_once_and_the_count_is_told(office, officer, problem):
    code, *_ = officer.recovery_codes
    session = await office.enter(officer.login, recovery_code=code.lower().replace("-", ""))
    assert await left(office, session) == 9
    own = (await office.client.get("/v1/me/sessions", headers=session["headers"])).json()["items"]
    assert (own[0]["methods"], own[0]["acr"].rpartition("/")[2]) == (["pwd", "recovery"], "substantial")
    assert problem(await office.sign_in(officer.login, recovery_code=code), 401, "login-failed")
    assert ("recovery-code-used", "done") in await office.trail()


async def test_of_many_uses_at_once_one_is_taken(office, officer):
    code = officer.recovery_codes[0]
    answers = await asyncio.gather(*(office.sign_in(officer.login, recovery_code=code) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]


async def test_all_ten_are_good_and_no_other(office, officer, problem):
    for code in officer.recovery_codes:
        assert (await office.sign_in(officer.login, recovery_code=code)).status_code == 201
    wrong = await office.sign_in(officer.login, recovery_code="2222-2222-2222")
    assert problem(wrong, 401, "login-failed")


async def test_a_code_is_of_one_account_and_needs_the_password(office, officer, problem):
    other = await office.an_officer("other")
    foreign = await office.sign_in(officer.login, recovery_code=other.recovery_codes[0])
    assert problem(foreign, 401, "login-failed")
    without = await office.sign_in(officer.login, "not the password at all", recovery_code=officer.recovery_codes[0])
    assert problem(without, 401, "login-failed")
    assert (await office.sign_in(officer.login, recovery_code=officer.recovery_codes[0])).status_code == 201


async def test_a_set_replaces_the_one_before(office, officer, problem):
    session = await office.enter_officer(officer)
    made = await office.client.post(ADDRESS, headers=session["headers"])
    assert made.status_code == 201
    codes = made.json()["recovery_codes"]
    assert len(set(codes) - set(officer.recovery_codes)) == 10
    assert problem(await office.sign_in(officer.login, recovery_code=officer.recovery_codes[0]), 401, "login-failed")
    assert (await office.sign_in(officer.login, recovery_code=codes[0])).status_code == 201
    kept = await office.dump()
    assert not any(code in kept for code in codes)


async def test_who_has_no_second_factor_has_no_codes(office, problem):
    await office.a_citizen("+380000000001")
    session = await office.enter("+380000000001")
    assert problem(await office.client.post(ADDRESS, headers=session["headers"]), 409, "second-factor-missing")
    assert await left(office, session) == 0
