"""Asking about a token and ending one: each client is told of its own and of those for it, as things stand now."""

import pytest
from jose import jwt

from auth.storage import tables
from auth.use_cases.sessions import end_session


@pytest.fixture
def introspected(office):
    async def do(token, client=("auth", "s" * 40)):
        answer = await office.client.post("/oauth/introspect", data={"token": token}, auth=client)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()

    return do


async def test_a_service_and_the_client_itself_are_told_what_a_token_says(portal, introspected):
    token = (await portal.tokens())["access_token"]
    claims = jwt.get_unverified_claims(token)
    told = ("iss", "sub", "aud", "client_id", "scope", "mandates", "acr", "auth_time", "sid", "jti", "iat", "exp")
    expected = {"active": True, "token_type": "Bearer"} | {name: claims[name] for name in told}
    assert await introspected(token) == expected
    assert await introspected(token, ("portal", portal.secret)) == expected


async def test_nobody_else_is_told(portal, party, create, introspected):
    other = await party(client_id="other")
    kiosk = (await create({"client_id": "kiosk", "name": "Kiosk", "scopes": ["kiosk"]})).json()
    tokens = await portal.tokens(resource=["applications"])
    for token in (tokens["access_token"], tokens["refresh_token"], tokens["id_token"]):
        for asker in (("other", other.secret), ("kiosk", kiosk["client_secret"]), ("auth", "s" * 40)):
            assert await introspected(token, asker) == {"active": False}


async def test_a_client_can_ask_about_its_refresh_token(office, portal, introspected):
    tokens = await portal.tokens()
    itself = ("portal", portal.secret)
    told = await introspected(tokens["refresh_token"], itself)
    assert (told["active"], told["sub"], told["client_id"]) == (True, portal.account_id, "portal")
    await portal.refresh(tokens["refresh_token"])
    assert await introspected(tokens["refresh_token"], itself) == {"active": False}


async def test_a_session_that_ended_ends_its_tokens_for_who_asks(office, portal, introspected):
    tokens = await portal.tokens()
    itself = ("portal", portal.secret)
    async with office.by_hand() as connection:
        await end_session(connection, portal.session_id, office.clock.now())
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert await introspected(token, itself) == {"active": False}


async def test_a_session_over_the_api_that_is_revoked_is_ended(office, introspected):
    await office.a_citizen()
    session = (await office.sign_in("+380000000001")).json()
    assert (await introspected(session["access_token"]))["active"]
    await office.client.post("/oauth/revoke", data={"token": session["refresh_token"]})
    assert await introspected(session["access_token"]) == {"active": False}
    assert ("session-ended", "done") in await office.trail()


async def test_a_token_of_a_client_that_is_over_is_not_good(office, portal, introspected):
    token = (await portal.tokens())["access_token"]
    await office.client.delete("/v1/clients/portal", headers=office.operator())
    assert await introspected(token) == {"active": False}


async def test_an_expired_token_is_not_good(office, portal, introspected):
    token = (await portal.tokens())["access_token"]
    office.clock.advance(seconds=600)
    assert await introspected(token) == {"active": False}


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "A" * 8000])
async def test_what_is_no_token_is_not_good(introspected, token):
    assert await introspected(token) == {"active": False}


async def test_asking_needs_a_client_that_proves_itself(office, portal, party, refused):
    token = (await portal.tokens())["access_token"]
    for form in (
        {},
        {"client_id": "first-party"},
        {"client_id": "portal"},
        {"client_id": "portal", "client_secret": "x"},
    ):
        answer = await office.client.post("/oauth/introspect", data={"token": token, **form})
        assert refused(answer, "invalid_client", 401)


async def test_a_client_ends_its_refresh_token_and_no_others(office, portal, party, refused):
    other = await party(client_id="other")
    tokens = await portal.tokens()
    assert (await other.post("revoke", token=tokens["refresh_token"], **other.proof())).status_code == 200
    assert (await office.client.post("/oauth/revoke", data={"token": tokens["refresh_token"]})).status_code == 200
    renewed = await portal.refresh(tokens["refresh_token"])
    assert renewed.status_code == 200, "neither was the client of the token"
    answer = await portal.post("revoke", token=renewed.json()["refresh_token"], **portal.proof())
    assert answer.status_code == 200
    assert refused(await portal.refresh(renewed.json()["refresh_token"]), "invalid_grant")
    assert ("refresh-token-revoked", "done") in await office.trail()
    [session] = await office.rows(tables.sessions)
    assert session.ended_at is None, "the browser is still signed in"


async def test_revoking_needs_the_client_to_prove_itself(portal, refused):
    tokens = await portal.tokens()
    answer = await portal.post("revoke", token=tokens["refresh_token"], client_id="portal")
    assert refused(answer, "invalid_client", 401)
    assert (await portal.refresh(tokens["refresh_token"])).status_code == 200


async def test_an_access_token_is_not_revoked_but_ends(portal, refused):
    tokens = await portal.tokens()
    answer = await portal.post("revoke", token=tokens["access_token"], **portal.proof())
    assert refused(answer, "unsupported_token_type")
