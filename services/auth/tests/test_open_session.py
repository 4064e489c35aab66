"""Signing in: password, second factor, and the mandate that the tokens carry."""

import asyncio
from datetime import timedelta

import pytest

from auth.storage import tables
from shared.ids import new_id
from shared.tokens import TokenVerifier
from tests.support.tokens import ISSUER

PHONE = "+380000000001"
ROLE, AGENCY = "agency_representative", "municipal-registrar--dnipro"
WRONG = "not the password at all"
LOW, SUBSTANTIAL = (f"http://eidas.europa.eu/LoA/{level}" for level in ("low", "substantial"))


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
    assert (token.subject, token.client_id, token.acr, token.mandates) == (account_id, "first-party", LOW, ())
    [session], [kept] = await office.rows(tables.sessions), await office.rows(tables.refresh_tokens)
    assert (str(session.account_id), session.acr, session.amr, session.ended_at) == (account_id, LOW, ["pwd"], None)
    assert (kept.session_id, str(kept.session_id), kept.revoked_at) == (session.id, token.session_id, None)

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
    assert (token.subject, token.acr) == (officer.account_id, SUBSTANTIAL)
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
    office.clock.advance(minutes=1)
    code = office.totp(officer.totp_secret, steps=steps)
    assert (await office.sign_in(officer.login, totp=code)).status_code == status


async def test_of_several_mandates_in_force_none_is_carried_until_one_is_chosen(office):
    officer = await office.an_officer()
    now, week = office.clock.now(), timedelta(days=7)
    times = [(now + week, None), (now - week, now + week)]
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
    session = (await office.sign_in_officer(officer)).json()
    assert session["mandates"] == []
    offered = {choice["organisation"]: choice["id"] for choice in session["choices"]}
    assert sorted(offered) == ["municipal-registrar--dnipro", "municipal-registrar--nikopol"]

    address, headers = "/v1/sessions/current/mandate", {"Authorization": f"Bearer {session['access_token']}"}
    for organisation, mandate_id in offered.items():
        chosen = await office.client.put(address, json={"mandate_id": mandate_id}, headers=headers)
        assert chosen.status_code == 200, chosen.text
        assert [mandate["organisation"] for mandate in chosen.json()["mandates"]] == [organisation]
        renewed = (await office.refresh(chosen.json()["refresh_token"])).json()["access_token"]
        me = await office.client.get("/v1/me", headers={"Authorization": f"Bearer {renewed}"})
        assert [mandate["organisation"] for mandate in me.json()["mandates"]] == [organisation]


async def test_an_officer_who_is_not_active_cannot_sign_in(office, problem):
    appointed = await office.appoint(office.head(), login="lev", role=ROLE, organisation=AGENCY)
    assert problem(await office.sign_in("lev"), 401, "login-failed")
    begun = await office.begin_activation("lev", appointed.json()["activation_code"])
    assert begun.status_code == 200
    secret = begun.json()["totp_uri"].partition("secret=")[2].partition("&")[0]
    assert problem(await office.sign_in("lev"), 401, "login-failed")
    assert problem(await office.sign_in("lev", totp=office.totp(secret)), 401, "login-failed")


async def test_who_has_no_mandate_signs_in_without_powers(office, problem, claims):
    officer = await office.an_officer()
    await office.client.delete(f"/v1/officers/{officer.account_id}", headers=office.head())
    session = await office.sign_in_officer(officer)
    assert (session.json()["mandates"], session.json()["choices"]) == ([], [])
    headers = {"Authorization": f"Bearer {session.json()['access_token']}"}
    assert problem(await office.client.get("/v1/officers", headers=headers), 403, "forbidden")
    # nor is such a token that of a citizen, who could hand in applications
    assert (await claims(session)).scopes == {"officer"}


async def test_a_mandate_is_chosen_in_ones_own_session_and_among_ones_own(office, problem):
    officer, other = await office.an_officer(), await office.an_officer("other")
    session = (await office.sign_in_officer(officer)).json()
    address, headers = "/v1/sessions/current/mandate", {"Authorization": f"Bearer {session['access_token']}"}
    for absent in (other.mandate_id, str(new_id())):
        refused = await office.client.put(address, json={"mandate_id": absent}, headers=headers)
        assert problem(refused, 404, "not-found")
    body = {"mandate_id": officer.mandate_id}
    of_no_session = await office.client.put(address, json=body, headers=office.headers(subject=officer.account_id))
    assert problem(of_no_session, 403, "not-of-a-session")
    [row] = await office.rows(tables.sessions)
    of_a_site = office.headers(subject=officer.account_id, sid=str(row.id), client_id="a-site")
    assert problem(await office.client.put(address, json=body, headers=of_a_site), 403, "not-of-a-session")
    assert (await office.client.put(address, json=body, headers=headers)).status_code == 200
    await office.client.request("DELETE", "/v1/sessions/current", headers=headers)
    assert problem(await office.client.put(address, json=body, headers=headers), 409, "session-ended")


async def test_a_token_ends_with_its_mandate(office, claims):
    officer = await office.an_officer()
    address = f"/v1/officers/{officer.account_id}/mandates/{officer.mandate_id}"
    until = (office.clock.now() + timedelta(seconds=90)).isoformat()
    assert (await office.client.patch(address, json={"valid_to": until}, headers=office.head())).status_code == 204
    answer = await office.sign_in_officer(officer)
    assert answer.json()["expires_in"] == 90
    assert (await claims(answer)).expires_at == int(office.clock.now().timestamp()) + 90
    office.clock.advance(seconds=91)
    assert (await office.refresh(answer.json()["refresh_token"])).json()["error"] == "invalid_grant"
