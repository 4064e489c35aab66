"""Requests that somebody bent: a browser goes nowhere that was not registered, and a client hears of the rest by name."""

from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from auth.storage import tables
from tests.support.tokens import ISSUER

PUBLIC = {"client_id": "app", "name": "App", "kind": "web-public", "redirect_uris": ["http://127.0.0.1/back"]}
BENT = (
    "https://portal.test/signed-in/",
    "https://portal.test/Signed-In",
    "HTTPS://portal.test/signed-in",
    "https://PORTAL.test/signed-in",
    "http://portal.test/signed-in",
    "https://portal.test:443/signed-in",
    "https://portal.test:8443/signed-in",
    "https://portal.test/signed-in?next=1",
    "https://portal.test/signed-in?",
    "https://portal.test/signed-in#code",
    "https://portal.test/signed-in/../steal",
    "https://portal.test/steal/../signed-in",
    "https://portal.test/%73igned-in",
    "https://portal.test//signed-in",
    "https://portal.test/signed-in;x",
    "https://portal.test/signed-in\\",
    "https://user@portal.test/signed-in",
    "https://portal.test@evil.test/signed-in",
    "https://portal.test.evil.test/signed-in",
    "https://evil.portal.test/signed-in",
    "https://evil.test/https://portal.test/signed-in",
    "//portal.test/signed-in",
    "/signed-in",
    "javascript:alert(1)",
    " https://portal.test/signed-in",
    "https://portal.test/signed-in ",
    "https://portal.test/signed-in\r\nLocation: https://evil.test",
    "",
    None,
)


def error_of(response: httpx.Response) -> str:
    assert response.status_code == 303, response.text
    assert response.headers["location"].startswith("https://portal.test/signed-in?")
    answer = dict(parse_qsl(urlsplit(response.headers["location"]).query))
    assert answer["iss"] == ISSUER
    assert "code" not in answer
    return answer["error"]


async def nothing_is_issued(office) -> bool:
    return await office.rows(tables.authorization_codes) == []


@pytest.mark.parametrize("uri", BENT)
async def test_a_bent_address_gets_no_answer(office, portal, problem, uri):
    response = await portal.ask(redirect_uri=uri)
    assert problem(response, 400, "redirect-not-registered")
    assert "location" not in response.headers
    assert await nothing_is_issued(office)


@pytest.mark.parametrize(
    ("uri", "is_taken"),
    [
        ("http://127.0.0.1:1/back", True),
        ("http://127.0.0.1:65535/back", True),
        ("http://127.0.0.1:65536/back", False),
        ("http://127.0.0.1:x/back", False),
        ("http://127.0.0.1:1/back/", False),
        ("http://127.0.0.1:1/back?x=1", False),
        ("http://127.0.0.1:1/../back", False),
        ("http://[::1]:1/back", False),
        ("http://localhost:1/back", False),
        ("http://user@127.0.0.1:1/back", False),
        ("http://127.0.0.1.evil.test:1/back", False),
        ("http://127.0.0.2:1/back", False),
        ("https://127.0.0.1:1/back", False),
    ],
)
async def test_only_the_port_of_a_loopback_address_may_differ(office, party, enter, uri, is_taken):
    app = await party(PUBLIC)
    await enter(app.browser, await office.a_citizen())
    response = await app.ask(redirect_uri=uri, scope="openid")
    assert response.headers.get("location", "").startswith(f"{uri}?code=") == is_taken, response.text
    assert (response.status_code == 303) == is_taken


async def test_a_server_has_the_port_that_it_registered(office, party, enter, problem):
    server = await party(redirect_uris=["http://127.0.0.1/back"])
    await enter(server.browser, await office.a_citizen())
    assert problem(await server.ask(redirect_uri="http://127.0.0.1:1/back"), 400, "redirect-not-registered")


@pytest.mark.parametrize("client_id", ["nobody", "", None, "Portal", "portal ", "auth\u200b", "x" * 5000])
async def test_an_unknown_client_gets_no_answer(office, portal, problem, client_id):
    response = await portal.ask(client_id=client_id)
    assert problem(response, 400, "client-unknown")
    assert await nothing_is_issued(office)


@pytest.mark.parametrize("ended", ["disabled", "expired"])
async def test_a_client_that_is_over_gets_no_answer(office, portal, problem, ended):
    if ended == "disabled":
        await office.client.delete("/v1/clients/portal", headers=office.operator())
    else:
        change = {"expires_at": office.clock.now().isoformat()}
        await office.client.patch("/v1/clients/portal", json=change, headers=office.operator())
    assert problem(await portal.ask(), 400, "client-unknown")


async def test_a_browser_is_told_by_a_page_and_is_sent_nowhere(portal):
    browser = {"Accept": "text/html,application/xhtml+xml"}
    for change in ({"client_id": "nobody"}, {"redirect_uri": "https://evil.test/"}):
        response = await portal.browser.get("/oauth/authorize", params=portal.parameters(**change), headers=browser)
        assert response.status_code == 400
        assert response.headers["content-type"].startswith("text/html")
        assert "location" not in response.headers
        assert "//evil.test" not in response.text


@pytest.mark.parametrize(
    "change",
    [
        {"code_challenge_method": "plain"},
        {"code_challenge_method": None},
        {"code_challenge_method": ""},
        {"code_challenge_method": "s256"},
        {"code_challenge": None},
        {"code_challenge": ""},
        {"code_challenge": "A" * 42},
        {"code_challenge": "A" * 44},
        {"code_challenge": "A" * 42 + "="},
        {"code_challenge": None, "code_challenge_method": None},
    ],
)
@pytest.mark.parametrize("kind", ["confidential", "public"])
async def test_nobody_gets_a_code_without_a_proof_key(portal, party, enter, change, kind):
    if kind == "public":
        portal = await party(client_id="app", kind="web-public")
        await enter(portal.browser, await portal.office.a_citizen("+380000000002"))
    assert error_of(await portal.ask(**change)) == "invalid_request"
    assert await nothing_is_issued(portal.office)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"scope": "openid operator"}, "invalid_scope"),
        ({"scope": "openid kiosk"}, "invalid_scope"),
        ({"scope": "openid unknown"}, "invalid_scope"),
        ({"resource": "https://evil.test"}, "invalid_target"),
        ({"resource": ["applications", "elsewhere"]}, "invalid_target"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1e9"}, "invalid_request"),
        ({"max_age": "١"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.test/request"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"state": "s" * 3000}, "invalid_request"),
        ({"nonce": "n" * 3000}, "invalid_request"),
        ({"unknown": "u" * 3000}, "invalid_request"),
        ({f"x{number}": "u" * 2000 for number in range(5)}, "invalid_request"),
        ({"resource": ["auth"] * 11}, "invalid_request"),
    ],
)
async def test_what_is_wrong_otherwise_is_told_to_the_client(office, portal, change, error):
    assert error_of(await portal.ask(**change)) == error
    assert await nothing_is_issued(office)


@pytest.mark.parametrize("name", ["state", "scope", "nonce", "code_challenge", "response_type", "prompt", "unknown"])
async def test_a_parameter_given_twice_is_refused(office, portal, name):
    twice = {"prompt": ["none", "none"], "unknown": ["1", "2"]}.get(name) or [portal.parameters()[name]] * 2
    assert error_of(await portal.ask(**{name: twice})) == "invalid_request"
    assert await nothing_is_issued(office)


@pytest.mark.parametrize(
    ("name", "slug"), [("client_id", "client-unknown"), ("redirect_uri", "redirect-not-registered")]
)
async def test_who_it_is_and_where_it_goes_is_said_once(office, portal, problem, name, slug):
    for other in (portal.parameters()[name], "evil"):
        assert problem(await portal.ask(**{name: [portal.parameters()[name], other]}), 400, slug)
    assert await nothing_is_issued(office)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "nonce", "scope", "resource", "asked"])
async def test_a_zero_character_is_refused(office, portal, problem, name):
    assert problem(await portal.ask(**{name: "a\0b"}), 400, "malformed-request")
    form = portal.parameters(**{name: "a\0b"})
    assert problem(await portal.browser.post("/oauth/authorize", data=form), 422, "invalid-request")
    assert await nothing_is_issued(office)


@pytest.mark.parametrize("value", [b"%ff", b"%ED%A0%80", b"%F0%9F%98%80", b"%0d%0aLocation:%20https://evil.test"])
async def test_odd_letters_come_back_as_letters(portal, value):
    query = "&".join(f"{name}={value}" for name, value in portal.parameters(state=None).items()).replace(" ", "+")
    response = await portal.browser.get(f"/oauth/authorize?{query}&state={value.decode()}")
    location = response.headers["location"]
    assert location.startswith("https://portal.test/signed-in?code=")
    assert location.isascii()
    assert location.isprintable()


@pytest.mark.parametrize("asked", ["0.00", "9" * 16 + ".00", "9" * 40, "x", "-1.00", ".", "1"])
async def test_a_forged_seal_is_none(portal, asked):
    response = await portal.ask(prompt="login", asked=asked)
    assert response.headers["location"].startswith("/login?")


async def test_a_form_that_is_too_long_is_refused(portal, problem):
    form = portal.parameters(state="s" * 9000)
    assert problem(await portal.browser.post("/oauth/authorize", data=form), 422, "invalid-request")


async def test_a_cookie_of_nobody_is_no_session(office, portal):
    for cookie in ("x", "A" * 43, "A" * 5000):
        portal.browser.cookies.set("session", cookie)
        response = await portal.ask()
        assert response.headers["location"].startswith("/login?")
    assert await nothing_is_issued(office)
