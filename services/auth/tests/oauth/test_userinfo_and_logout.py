"""Who signed in, for the client; and signing out, at the wish of the client or of the person."""

from urllib.parse import parse_qs, urlsplit

import pytest

from auth.storage import tables
from auth.use_cases.sessions import end_session

BYE = "https://portal.test/bye"


@pytest.fixture
def userinfo(office):
    async def do(token, method="GET"):
        headers = {"Authorization": f"Bearer {token}"}
        return await office.client.request(method, "/oauth/userinfo", headers=headers)

    return do


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_client_is_told_what_its_scopes_let_it_know(portal, userinfo, method):
    token = (await portal.tokens(scope="openid profile phone email"))["access_token"]
    answer = await userinfo(token, method)
    assert answer.json() == {
        "sub": portal.account_id,
        "locale": "uk",
        "phone_number": "+380000000001",
        "phone_number_verified": True,
    }
    assert answer.headers["cache-control"] == "no-store"
    least = (await portal.tokens(scope="openid"))["access_token"]
    assert (await userinfo(least, method)).json() == {"sub": portal.account_id}


async def test_an_officer_has_a_name(office, party, enter, userinfo):
    portal = await party()
    await enter(portal.browser, (await office.an_officer()).account_id)
    token = (await portal.tokens())["access_token"]
    assert (await userinfo(token)).json()["name"] == "Зразкова Марія Тестівна"


async def test_a_token_without_openid_tells_nothing(office, portal, userinfo, problem):
    tokens = await portal.tokens(resource=["auth", "applications"])
    narrowed = (await portal.refresh(tokens["refresh_token"], scope="profile")).json()
    assert problem(await userinfo(narrowed["access_token"]), 403, "forbidden")
    elsewhere = (await portal.refresh(narrowed["refresh_token"], resource="applications")).json()
    assert problem(await userinfo(elsewhere["access_token"]), 401, "unauthenticated")
    for token in (tokens["id_token"], tokens["refresh_token"]):
        assert problem(await userinfo(token), 401, "unauthenticated")
    machine = (await office.client_token(resource="auth")).json()["access_token"]
    assert problem(await userinfo(machine), 403, "forbidden")


async def test_a_session_that_ended_tells_nothing(office, portal, userinfo, problem):
    token = (await portal.tokens())["access_token"]
    async with office.by_hand() as connection:
        await end_session(connection, portal.session_id, office.clock.now())
    answer = await userinfo(token)
    assert problem(answer, 401, "unauthenticated")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def log_out(portal, **parameters):
    return await portal.browser.get("/oauth/logout", params=parameters)


async def has_ended(office, portal):
    [row] = [row for row in await office.rows(tables.sessions) if row.id == portal.session_id]
    return row.ended_at is not None


@pytest.mark.parametrize("age", ["fresh", "expired"])
async def test_a_client_signs_its_user_out(office, portal, refused, age):
    tokens = await portal.tokens()
    office.clock.advance(seconds=0 if age == "fresh" else 3600)
    answer = await log_out(portal, id_token_hint=tokens["id_token"], post_logout_redirect_uri=BYE, state="s 1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{BYE}?state=s+1")
    assert answer.headers["set-cookie"].startswith('session="";')
    assert await has_ended(office, portal)
    assert refused(await portal.refresh(tokens["refresh_token"]), "invalid_grant")
    assert ("session-ended", "done") in await office.trail()


async def test_a_form_signs_out_as_an_address_does(office, portal):
    tokens = await portal.tokens()
    first = await portal.browser.post("/oauth/logout", data={"id_token_hint": tokens["id_token"]})
    second = await portal.browser.get(first.headers["location"])
    assert second.headers["location"] == "/logout/done"
    assert await has_ended(office, portal)


@pytest.mark.parametrize("hint", [None, "", "x", "a.b.c", "access token", "of somebody else"])
async def test_without_a_token_of_that_person_they_are_asked_first(office, portal, party, enter, hint):
    tokens = await portal.tokens()
    if hint == "of somebody else":
        other = await party(client_id="other")
        await enter(other.browser, await office.a_citizen("+380000000002"))
        hint = (await other.tokens())["id_token"]
    hint = tokens["access_token"] if hint == "access token" else hint
    answer = await log_out(portal, **({} if hint is None else {"id_token_hint": hint}))
    assert (answer.status_code, answer.headers["location"]) == (303, "/logout")
    assert not await has_ended(office, portal)


async def test_who_was_asked_goes_on_to_the_client(office, portal):
    answer = await log_out(portal, client_id="portal", post_logout_redirect_uri=BYE, state="s")
    parts = urlsplit(answer.headers["location"])
    assert parts.path == "/logout"
    async with office.by_hand() as connection:
        await end_session(connection, portal.session_id, office.clock.now())
    onward = await portal.browser.get(parse_qs(parts.query)["next"][0])
    assert onward.headers["location"] == f"{BYE}?state=s"


@pytest.mark.parametrize(
    "uri", [f"{BYE}/", f"{BYE}?x=1", "https://evil.test/", "https://portal.test/signed-in", "/bye"]
)
async def test_nobody_goes_where_the_client_did_not_register(office, portal, problem, uri):
    hint = (await portal.tokens())["id_token"]
    for wanted in ({"id_token_hint": hint}, {"client_id": "portal"}):
        answer = await log_out(portal, post_logout_redirect_uri=uri, **wanted)
        assert problem(answer, 400, "redirect-not-registered")
        assert not await has_ended(office, portal)


async def test_a_hint_of_another_client_is_none_of_this_one(office, portal, party, problem):
    await party(client_id="other")
    hint = (await portal.tokens())["id_token"]
    answer = await log_out(portal, id_token_hint=hint, client_id="other", post_logout_redirect_uri=BYE)
    assert problem(answer, 400, "client-unknown")
    assert problem(await log_out(portal, post_logout_redirect_uri=BYE), 400, "client-unknown")
    assert not await has_ended(office, portal)
