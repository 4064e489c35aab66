"""Passkeys, with an authenticator in software: both factors in one step, and every lie of an authenticator refused."""

import asyncio

import pytest
from sqlalchemy import delete

from auth.storage import tables
from tests.support.authenticator import PRESENT, Authenticator, encoded
from tests.support.tokens import ISSUER

PHONE, OTHER = "+380000000001", "+380000000002"
HOST = "auth.test"
LIES = (
    {"origin": "http://evil.test"},
    {"origin": "https://auth.test"},
    {"rp_id": "evil.test"},
    {"flags": PRESENT},
    {"flags": 0},
)
UNREADABLE = (
    {},
    {"response": None},
    {"response": {}},
    {"rawId": "ї"},
    {"id": 7},
    {"type": "password"},
    {"response": {"clientDataJSON": "e30"}},
    {"response": {"clientDataJSON": "bm90IGpzb24", "attestationObject": "oA", "authenticatorData": "AA"}},
    {"response": {"clientDataJSON": 7, "attestationObject": "x" * 5000}},
)


def an_authenticator(**changes):
    return Authenticator(**{"origin": ISSUER, "rp_id": HOST, **changes})


@pytest.fixture
def add(office):
    """Add a passkey to the account of a session."""

    async def add(session, authenticator, *, name="Phone", change=None):
        options = await office.client.post("/v1/me/passkeys/options", headers=session["headers"])
        assert options.status_code == 200, options.text
        credential = authenticator.create(options.json())
        body = {"name": name, "credential": change(credential) if change else credential}
        return await office.client.post("/v1/me/passkeys", json=body, headers=session["headers"])

    return add


@pytest.fixture
def enter(office):
    """Sign in with a passkey."""

    async def enter(authenticator, change=None):
        options = (await office.client.post("/v1/sessions/passkey/options")).json()
        credential = authenticator.get(options)
        body = {"credential": change(credential) if change else credential}
        return await office.client.post("/v1/sessions/passkey", json=body)

    return enter


@pytest.fixture
async def session(office):
    await office.a_citizen(PHONE)
    return await office.enter(PHONE)


@pytest.fixture
async def phone(session, add):
    """An authenticator that holds a passkey of the citizen."""
    authenticator = an_authenticator()
    assert (await add(session, authenticator)).status_code == 201
    return authenticator


async def test_an_officer_signs_in_with_a_passkey_alone(office, add, enter):
    officer = await office.an_officer()
    authenticator = an_authenticator()
    assert (await add(await office.enter_officer(officer), authenticator)).status_code == 201
    answer = await enter(authenticator)
    assert answer.status_code == 201, answer.text
    assert [mandate["organisation"] for mandate in answer.json()["mandates"]] == ["municipal-registrar--dnipro"]
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    own = (await office.client.get("/v1/me/sessions", headers=headers)).json()["items"]
    [current] = [item for item in own if item["is_current"]]
    assert (current["methods"], current["acr"].rpartition("/")[2]) == (["hwk"], "substantial")


async def test_the_options_ask_for_a_verified_user_and_a_passkey_that_needs_no_login(office, session, phone):
    adding = (await office.client.post("/v1/me/passkeys/options", headers=session["headers"])).json()
    assert adding["rp"]["id"] == HOST
    assert adding["authenticatorSelection"]["userVerification"] == "required"
    assert adding["authenticatorSelection"]["residentKey"] == "required"
    assert [known["id"] for known in adding["excludeCredentials"]] == [encoded(phone.credential_id)]
    entering = (await office.client.post("/v1/sessions/passkey/options")).json()
    assert (entering["rpId"], entering["userVerification"]) == (HOST, "required")
    assert not entering.get("allowCredentials")


async def test_passkeys_are_listed_and_removed(office, session, phone, enter, problem):
    assert (await enter(phone)).status_code == 201
    [item] = (await office.client.get("/v1/me/passkeys", headers=session["headers"])).json()["items"]
    assert (item["id"], item["name"]) == (encoded(phone.credential_id), "Phone")
    assert item["used_at"] is not None
    await office.a_citizen(OTHER)
    stranger = await office.enter(OTHER)
    address = f"/v1/me/passkeys/{item['id']}"
    assert problem(await office.client.delete(address, headers=stranger["headers"]), 404, "not-found")
    assert problem(await office.client.delete("/v1/me/passkeys/ї", headers=session["headers"]), 404, "not-found")
    assert (await office.client.delete(address, headers=session["headers"])).status_code == 204
    assert problem(await enter(phone), 401, "login-failed")


async def test_changing_passkeys_needs_a_fresh_sign_in(office, session, phone, problem):
    office.clock.advance(minutes=9)
    assert (await office.client.post("/v1/me/passkeys/options", headers=session["headers"])).status_code == 200
    office.clock.advance(minutes=1, seconds=1)
    renewed = (await office.refresh(session["refresh_token"])).json()
    headers = {"Authorization": f"Bearer {renewed['access_token']}"}
    refused = await office.client.post("/v1/me/passkeys/options", headers=headers)
    assert problem(refused, 403, "fresh-sign-in-needed")
    gone = await office.client.delete(f"/v1/me/passkeys/{encoded(phone.credential_id)}", headers=headers)
    assert problem(gone, 403, "fresh-sign-in-needed")


@pytest.mark.parametrize("lie", LIES)
async def test_a_passkey_of_a_lying_authenticator_is_not_added(session, add, problem, lie):
    assert problem(await add(session, an_authenticator(**lie)), 422, "passkey-refused")


@pytest.mark.parametrize("lie", LIES)
async def test_a_lying_authenticator_does_not_sign_in(phone, enter, problem, lie):
    for name, value in lie.items():
        setattr(phone, name, value)
    assert problem(await enter(phone), 401, "login-failed")


async def test_a_challenge_is_answered_once(office, session, phone, problem):
    options = (await office.client.post("/v1/sessions/passkey/options")).json()
    body = {"credential": phone.get(options)}
    answers = await asyncio.gather(*(office.client.post("/v1/sessions/passkey", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 401, 401, 401]
    # the signature is new, the challenge is not
    again = await office.client.post("/v1/sessions/passkey", json={"credential": phone.get(options)})
    assert problem(again, 401, "login-failed")


async def test_a_challenge_is_good_for_five_minutes(office, phone, problem):
    options = (await office.client.post("/v1/sessions/passkey/options")).json()
    office.clock.advance(minutes=5, seconds=1)
    late = await office.client.post("/v1/sessions/passkey", json={"credential": phone.get(options)})
    assert problem(late, 401, "login-failed")


async def test_a_challenge_of_adding_is_of_one_account_and_not_for_signing_in(office, session, phone, problem):
    await office.a_citizen(OTHER)
    stranger = await office.enter(OTHER)
    options = (await office.client.post("/v1/me/passkeys/options", headers=session["headers"])).json()
    entering = await office.client.post("/v1/sessions/passkey", json={"credential": phone.get(options)})
    assert problem(entering, 401, "login-failed")
    body = {"name": "Phone", "credential": an_authenticator().create(options)}
    refused = await office.client.post("/v1/me/passkeys", json=body, headers=stranger["headers"])
    assert problem(refused, 422, "passkey-refused")
    assert (await office.client.post("/v1/me/passkeys", json=body, headers=session["headers"])).status_code == 201


async def test_a_copied_authenticator_is_refused_and_recorded(office, phone, enter, problem):
    assert (await enter(phone)).status_code == 201
    phone.count -= 2
    assert problem(await enter(phone), 401, "login-failed")
    [row] = [row for row in await office.rows(tables.audit_log) if row.action == "sign-in-failed"]
    assert (row.outcome, row.facts["by"]) == ("refused", "passkey-copied")
    assert 'refused_sign_ins_total{reason="passkey-copied"} 1.0' in (await office.client.get("/metrics")).text
    phone.count += 2
    assert (await enter(phone)).status_code == 201


async def test_an_authenticator_that_counts_nothing_is_taken(session, add, enter):
    authenticator = an_authenticator(steps=0)
    assert (await add(session, authenticator)).status_code == 201
    assert [(await enter(authenticator)).status_code for _ in range(2)] == [201, 201]


async def test_a_passkey_opens_its_own_account_alone(office, phone, add, enter, problem):
    other_id = await office.a_citizen(OTHER)
    stranger = await office.enter(OTHER)
    theirs = an_authenticator()
    assert (await add(stranger, theirs)).status_code == 201
    own, phone.user_handle = phone.user_handle, theirs.user_handle
    assert problem(await enter(phone), 401, "login-failed")
    phone.user_handle, own_id = own, phone.credential_id
    phone.credential_id = theirs.credential_id
    assert problem(await enter(phone), 401, "login-failed")
    phone.credential_id = own_id
    entered = await enter(theirs)
    headers = {"Authorization": f"Bearer {entered.json()['access_token']}"}
    assert (await office.client.get("/v1/me", headers=headers)).json()["account_id"] == other_id


async def test_the_only_way_in_is_not_removed(office, session, phone, add, problem):
    """That of somebody who came with another provider's identity, and unlinked it: there is no login."""
    async with office.by_hand() as connection:
        await connection.execute(delete(tables.logins))
    address = f"/v1/me/passkeys/{encoded(phone.credential_id)}"
    assert problem(await office.client.delete(address, headers=session["headers"]), 409, "last-way-in")
    assert len(await office.rows(tables.passkeys)) == 1

    another = an_authenticator()
    assert (await add(session, another)).status_code == 201
    addresses = address, f"/v1/me/passkeys/{encoded(another.credential_id)}"
    answers = await asyncio.gather(*[office.client.delete(one, headers=session["headers"]) for one in addresses])
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert len(await office.rows(tables.passkeys)) == 1


async def test_a_passkey_is_added_once(office, session, phone, add, problem):
    assert problem(await add(session, phone), 422, "passkey-refused")
    await office.a_citizen(OTHER)
    assert problem(await add(await office.enter(OTHER), phone), 422, "passkey-refused")


async def test_an_account_holds_twenty_passkeys(office, session, add, problem):
    for _ in range(20):
        assert (await add(session, an_authenticator())).status_code == 201
    refused = await office.client.post("/v1/me/passkeys/options", headers=session["headers"])
    assert problem(refused, 409, "too-many-passkeys")


def spoil(change):
    return lambda credential: credential | change if change else {}


@pytest.mark.parametrize("change", UNREADABLE)
async def test_a_passkey_that_cannot_be_read_is_no_error_of_ours(session, add, problem, change):
    assert problem(await add(session, an_authenticator(), change=spoil(change)), 422, "passkey-refused")


@pytest.mark.parametrize("change", UNREADABLE)
async def test_an_answer_that_cannot_be_read_is_no_error_of_ours(phone, enter, problem, change):
    assert problem(await enter(phone, spoil(change)), 401, "login-failed")


@pytest.mark.parametrize("name", ["authenticatorData", "signature", "userHandle", "clientDataJSON"])
async def test_an_answer_of_which_anything_was_changed_is_refused(phone, enter, problem, name):
    def spoiled(credential):
        text = credential["response"][name]
        return credential | {"response": credential["response"] | {name: ("A" if text[0] != "A" else "B") + text[1:]}}

    assert problem(await enter(phone, spoiled), 401, "login-failed")
