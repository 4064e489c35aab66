"""Tokens: what they say, that a refresh token is used once, and what machine clients get."""

import asyncio

import pytest
from jose import jwt

from auth.storage import tables
from shared.tokens import TokenRefused, TokenVerifier
from tests.support.tokens import ISSUER

PHONE = "+380000000001"


@pytest.fixture
async def session(office):
    """The tokens of a citizen who signed in."""
    await office.a_citizen(PHONE)
    return (await office.sign_in(PHONE)).json()


def is_refused(answer, error="invalid_grant", status=400):
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer.headers["cache-control"] == "no-store"
    return True


async def test_an_access_token_is_as_rfc_9068_has_it(office, session):
    header = jwt.get_unverified_header(session["access_token"])
    claims = jwt.get_unverified_claims(session["access_token"])
    published = (await office.client.get("/.well-known/jwks.json")).json()["keys"]
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    assert header["kid"] in {key["kid"] for key in published}
    of_the_sign_in = {"acr", "amr", "auth_time", "sid"}
    assert set(claims) == {"iss", "sub", "aud", "client_id", "scope", "mandates", "iat", "exp", "jti"} | of_the_sign_in
    assert claims["iss"] == ISSUER
    assert 0 < claims["exp"] - claims["iat"] == session["expires_in"] <= 600
    assert claims["iat"] == int(office.clock.now().timestamp())
    again = (await office.refresh(session["refresh_token"])).json()
    assert jwt.get_unverified_claims(again["access_token"])["jti"] != claims["jti"]


async def test_a_refresh_token_is_used_once(office, session):
    renewed = await office.refresh(session["refresh_token"])
    assert renewed.status_code == 200
    assert renewed.headers["cache-control"] == "no-store"
    assert renewed.json()["refresh_token"] != session["refresh_token"]
    assert is_refused(await office.refresh(session["refresh_token"]))
    assert (await office.refresh(renewed.json()["refresh_token"])).status_code == 200


async def test_a_stolen_refresh_token_ends_its_family_and_no_other(office, session):
    other = (await office.sign_in(PHONE)).json()
    renewed = (await office.refresh(session["refresh_token"])).json()
    office.clock.advance(seconds=11)
    assert is_refused(await office.refresh(session["refresh_token"]))
    assert is_refused(await office.refresh(renewed["refresh_token"]))
    assert (await office.refresh(other["refresh_token"])).status_code == 200


async def test_two_tabs_that_refresh_at_once_get_one_answer_and_keep_the_session(office, session):
    answers = await asyncio.gather(*(office.refresh(session["refresh_token"]) for _ in range(4)))
    won = [answer for answer in answers if answer.status_code == 200]
    lost = [answer for answer in answers if answer.status_code != 200]
    assert len(won) == 1
    assert all(is_refused(answer) for answer in lost)
    assert (await office.refresh(won[0].json()["refresh_token"])).status_code == 200


async def test_a_session_ended_while_it_refreshes_stays_ended(office, session):
    token = session["refresh_token"]
    for _ in range(8):
        renewed, _ = await asyncio.gather(
            office.refresh(token), office.client.post("/oauth/revoke", data={"token": token})
        )
        alive = [row for row in await office.rows(tables.refresh_tokens) if not (row.used_at or row.revoked_at)]
        assert (renewed.status_code, alive) in ((200, []), (400, []))
        token = (await office.sign_in(PHONE)).json()["refresh_token"]


async def test_a_refresh_token_that_is_not_used_ends_after_thirty_days(office, session):
    office.clock.advance(days=29)
    renewed = await office.refresh(session["refresh_token"])
    assert renewed.status_code == 200
    office.clock.advance(days=30)
    assert is_refused(await office.refresh(renewed.json()["refresh_token"]))


async def test_revoking_ends_the_session_and_says_nothing_of_unknown_tokens(office, session):
    renewed = (await office.refresh(session["refresh_token"])).json()
    for token in (session["refresh_token"], "unknown"):
        assert (await office.client.post("/oauth/revoke", data={"token": token})).status_code == 200
    assert is_refused(await office.refresh(renewed["refresh_token"]))


@pytest.mark.parametrize("way", ["basic", "post"])
async def test_a_machine_gets_a_token_for_one_service(office, way):
    form = {"grant_type": "client_credentials", "resource": "notifications"}
    secret = "s" * 40
    if way == "basic":
        answer = await office.client.post("/oauth/token", data=form, auth=("auth", secret))
    else:
        answer = await office.client.post("/oauth/token", data=form | {"client_id": "auth", "client_secret": secret})
    assert answer.status_code == 200
    assert set(answer.json()) == {"access_token", "token_type", "expires_in", "scope"}
    assert answer.json()["scope"] == "notifications:codes"

    token = answer.json()["access_token"]
    verifier = TokenVerifier(office.deps.keys, issuer=ISSUER, audience="notifications", clock=office.clock)
    claims = await verifier.verify(token)
    assert (claims.subject, claims.client_id) == ("auth", "auth")
    assert (claims.scopes, claims.mandates) == ({"notifications:codes"}, ())
    for other in ("auth", "applications"):
        verifier = TokenVerifier(office.deps.keys, issuer=ISSUER, audience=other, clock=office.clock)
        with pytest.raises(TokenRefused, match="other-audience"):
            await verifier.verify(token)


@pytest.mark.parametrize(
    ("change", "error", "status"),
    [
        ({"secret": "wrong"}, "invalid_client", 401),
        ({"client_id": "nobody"}, "invalid_client", 401),
        ({"client_id": "", "secret": ""}, "invalid_client", 401),
        ({"client_id": "\0"}, "invalid_client", 401),
        ({"resource": ""}, "invalid_target", 400),
        ({"resource": "portal"}, "invalid_target", 400),
        ({"scope": "operator"}, "invalid_scope", 400),
        ({"scope": "notifications:codes operator"}, "invalid_scope", 400),
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        ({"grant_type": "authorization_code"}, "unauthorized_client", 400),
    ],
)
async def test_a_grant_that_is_not_the_clients_is_refused(office, change, error, status):
    answer = await office.client_token(**change)
    assert is_refused(answer, error, status)
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert "access_token" not in answer.text


@pytest.mark.parametrize("header", ["Basic", "Basic ?", "Basic /w==", "Basic YXV0aAA6eA=="])
async def test_credentials_that_cannot_be_read_are_no_client(office, header):
    form = {"grant_type": "client_credentials", "resource": "auth"}
    answer = await office.client.post("/oauth/token", data=form, headers={"Authorization": header})
    assert is_refused(answer, "invalid_client", 401)


async def test_a_client_may_ask_for_less_than_it_has(office):
    body = {"client_id": "kiosk:1", "name": "Kiosk", "scopes": ["kiosk", "agency-system:registrar"]}
    headers = office.operator() | {"Idempotency-Key": "a-key-of-this-client"}
    secret = (await office.client.post("/v1/clients", json=body, headers=headers)).json()["client_secret"]
    less = await office.client_token("kiosk:1", secret, scope="kiosk", resource="catalog")
    whole = await office.client_token("kiosk:1", secret, resource="catalog")
    assert (less.json()["scope"], whole.json()["scope"]) == ("kiosk", "agency-system:registrar kiosk")
