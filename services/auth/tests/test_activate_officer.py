"""Activation: the officer alone knows password and second factor, each step can be repeated, and nobody guesses the code."""

import asyncio
import re
from datetime import timedelta

import pytest

from auth.storage import tables
from shared.ids import new_id

AGENCY, OTHER_AGENCY = "municipal-registrar--dnipro", "municipal-registrar--nikopol"
REPRESENTATIVE, HEAD_OF_AGENCY = "agency_representative", "head_of_executive_agency"
WRONG = "2222-2222-2222-2222"


def secret_in(answer):
    assert answer.status_code == 200, answer.text
    return answer.json()["totp_uri"].partition("secret=")[2].partition("&")[0]


@pytest.fixture
async def appointed(office):
    """An officer who was appointed, and the code that the head hands over."""
    answer = await office.appoint(office.head(), login="lev", role=REPRESENTATIVE, organisation=AGENCY)
    return answer.json()


@pytest.fixture
def renew(office):
    async def renew(headers, account_id, key=None):
        address = f"/v1/officers/{account_id}/activation"
        return await office.client.post(address, headers=headers | {"Idempotency-Key": key or f"renew-{new_id()}"})

    return renew


async def test_the_code_is_handed_over_with_its_page_and_its_end(office, appointed):
    assert re.fullmatch(r"([2-9A-HJKMNP-Z]{4}-){3}[2-9A-HJKMNP-Z]{4}", appointed["activation_code"])
    assert appointed["activation_expires_at"] == (office.clock.now() + timedelta(days=7)).isoformat().replace(
        "+00:00", "Z"
    )
    assert appointed["activation_address"] == "http://auth.test/activate"
    assert appointed["activation_code"] not in await office.dump()


async def test_a_repeated_appointment_shows_the_same_code_until_the_officer_is_active(office):
    headers = office.headers(subject=str(new_id()), role=HEAD_OF_AGENCY, organisation=AGENCY)
    wanted = {"key": "the-same-key", "login": "lev", "role": REPRESENTATIVE, "organisation": AGENCY}
    first, second = [(await office.appoint(headers, **wanted)).json() for _ in range(2)]
    assert first == second
    await office.activate("lev", first["activation_code"])
    third = (await office.appoint(headers, **wanted)).json()
    assert (third["account_id"], third["activation_code"]) == (first["account_id"], None)


async def test_who_activates_gets_recovery_codes_once_and_signs_in(office, appointed):
    secret, codes = await office.activate("LEV ", appointed["activation_code"].lower().replace("-", " "))
    assert len(set(codes)) == 10
    kept = await office.dump()
    assert not any(code in kept for code in codes)
    assert (await office.sign_in("lev", totp=office.totp(secret))).status_code == 201
    assert ("officer-activated", "done") in await office.trail()


async def test_the_first_step_can_be_repeated_and_the_last_one_counts(office, appointed):
    code = appointed["activation_code"]
    first = secret_in(await office.begin_activation("lev", code))
    assert secret_in(await office.begin_activation("lev", code)) == first
    # with another password it may be somebody else, who must not learn the secret
    second = secret_in(await office.begin_activation("lev", code, "another long password of lev"))
    assert second != first
    assert (await office.confirm_activation("lev", code, office.totp(first))).status_code == 422
    assert (await office.confirm_activation("lev", code, office.totp(second, steps=-1))).status_code == 201
    session = await office.sign_in("lev", "another long password of lev", totp=office.totp(second))
    assert session.status_code == 201


async def test_the_second_step_can_be_repeated_for_ten_minutes(office, appointed, problem):
    code = appointed["activation_code"]
    secret = secret_in(await office.begin_activation("lev", code))
    totp = office.totp(secret)
    answers = await asyncio.gather(*(office.confirm_activation("lev", code, totp) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(await office.rows(tables.recovery_codes)) == 10
    office.clock.advance(minutes=9)
    again = await office.confirm_activation("lev", code, office.totp(secret))
    assert again.json() == answers[0].json()
    assert problem(await office.confirm_activation("lev", code, "000000"), 422, "second-factor-wrong")
    office.clock.advance(minutes=1)
    late = await office.confirm_activation("lev", code, office.totp(secret))
    assert problem(late, 422, "activation-refused")


async def test_the_code_of_an_active_officer_changes_nothing(office, appointed, problem):
    secret, _ = await office.activate("lev", appointed["activation_code"])
    again = await office.begin_activation("lev", appointed["activation_code"], "a password of somebody else")
    assert problem(again, 422, "activation-refused")
    assert (await office.sign_in("lev", totp=office.totp(secret))).status_code == 201


async def test_five_wrong_tries_are_all(office, appointed, problem):
    answers = await asyncio.gather(*(office.begin_activation("lev", WRONG) for _ in range(20)))
    assert all(problem(answer, 422, "activation-refused") for answer in answers)
    [activation] = await office.rows(tables.activations)
    assert activation.attempts == 5
    assert problem(await office.begin_activation("lev", appointed["activation_code"]), 422, "activation-refused")


async def test_right_tries_do_not_count(office, appointed):
    for _ in range(7):
        assert (await office.begin_activation("lev", appointed["activation_code"])).status_code == 200
        assert (await office.confirm_activation("lev", appointed["activation_code"], "000000")).status_code == 422


async def test_an_unknown_login_is_answered_as_a_wrong_code(office, appointed):
    answers = [
        await office.begin_activation("lev", WRONG),
        await office.begin_activation("nobody", WRONG),
        await office.confirm_activation("lev", WRONG, "123456"),
        await office.confirm_activation("nobody", appointed["activation_code"], "123456"),
    ]
    told = [{name: answer.json()[name] for name in ("type", "detail", "status")} for answer in answers]
    assert told == [told[0]] * 4


async def test_a_code_is_good_for_seven_days(office, appointed, problem):
    office.clock.advance(days=7, seconds=-1)
    assert (await office.begin_activation("lev", appointed["activation_code"])).status_code == 200
    office.clock.advance(seconds=1)
    assert problem(await office.begin_activation("lev", appointed["activation_code"]), 422, "activation-refused")


@pytest.mark.parametrize("password", ["longer.than.lev", "Password12345", "aaaaaaaaaaaaaa"])
async def test_a_password_that_others_would_try_first_is_refused(office, problem, password):
    answer = await office.appoint(office.head(), login="longer.than.lev", role=REPRESENTATIVE, organisation=AGENCY)
    refused = await office.begin_activation("longer.than.lev", answer.json()["activation_code"], password)
    assert problem(refused, 422, "password-too-guessable")


async def test_who_lost_everything_gets_a_new_code_and_nothing_of_before_is_good(office, renew, problem):
    officer = await office.an_officer()
    session = await office.enter_officer(officer)
    answers = [
        await renew(
            office.headers(subject=officer.account_id, role=HEAD_OF_AGENCY, organisation=AGENCY),
            officer.account_id,
            "the-same-key",
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert (await office.refresh(session["refresh_token"])).status_code == 400
    office.clock.advance(minutes=1)
    assert problem(await office.sign_in_officer(officer), 401, "login-failed")
    recovering = await office.sign_in(officer.login, recovery_code=officer.recovery_codes[0])
    assert problem(recovering, 401, "login-failed")

    secret, codes = await office.activate(
        officer.login, answers[0].json()["activation_code"], "the second long password"
    )
    assert secret != officer.totp_secret
    assert not set(codes) & set(officer.recovery_codes)
    entered = await office.sign_in(officer.login, "the second long password", totp=office.totp(secret))
    assert len(entered.json()["mandates"]) == 1
    assert ("activation-renewed", "done") in await office.trail()


async def test_only_who_gives_all_mandates_of_an_officer_makes_a_new_code(office, renew, problem):
    officer, citizen = await office.an_officer(), await office.a_citizen()
    for headers in (office.head(OTHER_AGENCY), office.head("cnap-dnipro"), office.operator()):
        assert problem(await renew(headers, officer.account_id), 404, "not-found")
    assert problem(await renew(office.head(), citizen), 404, "not-found")
    assert problem(await renew(office.head(), new_id()), 404, "not-found")
    # with the code one acts with every mandate: another head would take over the one elsewhere
    body = {"role": REPRESENTATIVE, "organisation": OTHER_AGENCY}
    headers = office.head(OTHER_AGENCY) | {"Idempotency-Key": f"grant-{new_id()}"}
    address = f"/v1/officers/{officer.account_id}/mandates"
    assert (await office.client.post(address, json=body, headers=headers)).status_code == 201
    for agency in (AGENCY, OTHER_AGENCY):
        assert problem(await renew(office.head(agency), officer.account_id), 409, "officer-of-others")
    assert (await office.sign_in_officer(officer)).status_code == 201
    assert (await renew(office.operator(), officer.account_id)).status_code == 201


async def test_the_operator_makes_the_code_of_a_head(office, renew, problem):
    head = await office.appoint(office.operator(), login="head", role=HEAD_OF_AGENCY, organisation=AGENCY)
    await office.activate("head", head.json()["activation_code"])
    assert problem(await renew(office.head(), head.json()["account_id"]), 404, "not-found")
    renewed = await renew(office.operator(), head.json()["account_id"])
    await office.activate("head", renewed.json()["activation_code"])
