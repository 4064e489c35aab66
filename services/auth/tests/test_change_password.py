"""Changing one's password: with the old one or a fresh sign-in, and everywhere else one is signed out."""

import pytest

PHONE = "+380000000001"
OLD, NEW = "long and easy to keep in mind", "another one, easy to keep in mind"


@pytest.fixture
async def session(office):
    await office.a_citizen(PHONE)
    return await office.enter(PHONE)


@pytest.fixture
def change(office):
    async def change(session, password=NEW, **more):
        return await office.client.put(
            "/v1/me/password", json={"password": password, **more}, headers=session["headers"]
        )

    return change


async def later(office, session):
    """Return the same session, no longer fresh."""
    office.clock.advance(minutes=11)
    renewed = (await office.refresh(session["refresh_token"])).json()
    return renewed | {"headers": {"Authorization": f"Bearer {renewed['access_token']}"}}


async def test_who_just_signed_in_changes_it_and_is_signed_out_elsewhere(office, session, change, problem):
    other = await office.enter(PHONE)
    assert (await change(session)).status_code == 204
    assert (await office.refresh(other["refresh_token"])).status_code == 400
    assert (await office.refresh(session["refresh_token"])).status_code == 200
    assert problem(await office.sign_in(PHONE, OLD), 401, "login-failed")
    assert (await office.sign_in(PHONE, NEW)).status_code == 201
    assert ("password-changed", "done") in await office.trail()


async def test_with_the_old_one_it_can_be_changed_at_any_time(office, session, change, problem):
    session = await later(office, session)
    assert problem(await change(session), 403, "fresh-sign-in-needed")
    assert problem(await change(session, old_password=NEW), 422, "old-password-wrong")
    assert (await change(session, old_password=OLD)).status_code == 204
    assert (await office.sign_in(PHONE, NEW)).status_code == 201


async def test_the_old_one_is_not_guessed(office, session, change, problem):
    session = await later(office, session)
    for _ in range(5):
        assert problem(await change(session, old_password="wrong"), 422, "old-password-wrong")
    assert problem(await change(session, old_password=OLD), 429, "too-many-attempts")


@pytest.mark.parametrize("password", [PHONE, "Password12345", "aaaaaaaaaaaaaaaa"])
async def test_what_others_would_try_first_is_refused(session, change, problem, password):
    assert problem(await change(session, password), 422, "password-too-guessable")


async def test_nobody_registers_with_what_others_would_try_first(office, problem):
    refused = await office.register(phone="000 000-00-02", password="+380000000002")
    assert problem(refused, 422, "password-too-guessable")
    assert office.codes.taken == []


@pytest.mark.parametrize("password", ["eleven char", "x" * 201])
async def test_a_password_has_twelve_to_two_hundred_characters(session, change, problem, password):
    assert problem(await change(session, password), 422, "invalid-request")


async def test_letters_that_look_the_same_are_the_same(office, session, change):
    composed, decomposed = "ї й ё é довгий пароль", "і\u0308 и\u0306 е\u0308 e\u0301 довгий пароль"
    assert composed != decomposed
    assert (await change(session, decomposed)).status_code == 204
    assert (await office.sign_in(PHONE, composed)).status_code == 201


async def test_an_officer_changes_it_too(office, change):
    officer = await office.an_officer()
    assert (await change(await office.enter_officer(officer))).status_code == 204
    office.clock.advance(seconds=30)
    entered = await office.sign_in(officer.login, NEW, totp=office.totp(officer.totp_secret))
    assert entered.status_code == 201
