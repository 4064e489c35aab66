"""Other providers' answers that are not what they should be: nobody is signed in, nothing is made, and the page says so."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pydantic import SecretStr

from auth.storage import tables
from tests.support.browsing import Browser
from tests.support.serving import serving
from tests.support.tokens import SigningKey, a_signing_key
from tests.support.upstream import StandIn, b64, hs256


@dataclass
class Place:
    """An address and the app that answers there now."""

    address: str = ""
    app: Any = None

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


CALLBACK = "/login/upstream/{}/callback"


@pytest.fixture(scope="module")
def places():
    """Two addresses where whatever app is put there answers."""
    one, other = Place(), Place()
    with serving(one) as one.address, serving(other) as other.address:
        yield one, other


@pytest.fixture
def providers(clock, places):
    """Two providers, served."""
    found = {}
    for name, place in zip(("bankid", "diia"), places, strict=True):
        found[name] = StandIn(
            issuer=place.address, now=lambda: clock.now().timestamp(), key=a_signing_key(f"{name}-key")
        )
        place.app = found[name].app()
    return found


@pytest.fixture
async def settings(settings, providers):
    declared = [
        {
            "id": name,
            "name": {"uk": f"Служба {name}", "en": f"Service {name}"},
            "issuer": provider.issuer,
            "client_id": provider.client_id,
            "client_secret": "provider secret",
            "levels": {"provider:high": "high", "provider:fair": "substantial"},
            "algorithms": ["ES256", "RS256"],
        }
        for name, provider in providers.items()
    ]
    return settings.model_copy(update={"upstream_providers": SecretStr(json.dumps(declared))})


@pytest.fixture
def provider(providers):
    return providers["bankid"]


@pytest.fixture
def browser(office):
    return Browser(office.client)


async def start(browser, provider, name="bankid"):
    """Go off to the provider; return what it was told."""
    answer = await browser.client.get(f"/login/upstream/{name}", params={"next": "/account"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{provider.issuer}/authorize?")
    return provider.send_off(answer.headers["location"])


async def come_back(browser, told, name="bankid", **changes):
    """Come back as the provider sends the browser; a change to None leaves a parameter out."""
    issuer = urlsplit(told["redirect_uri"])
    assert issuer.path == CALLBACK.format(name)
    answer = {"code": "the-code", "state": told["state"], **changes}
    return await browser.open(CALLBACK.format(name), **{n: v for n, v in answer.items() if v is not None})


async def nobody_is_in(office):
    return [await office.rows(table) for table in (tables.accounts, tables.sessions, tables.upstream_identities)] == [
        [],
        [],
        [],
    ]


async def test_an_answer_as_it_should_be_makes_an_account_and_signs_in(office, browser, provider):
    told = await start(browser, provider)
    assert told["code_challenge_method"] == "S256"
    assert (told["scope"], told["response_type"]) == ("openid profile", "code")
    page = await come_back(browser, told, iss=provider.issuer)
    assert page.path == "/account"
    assert "Зразкова Марія Тестівна" in page.text
    [account] = await office.rows(tables.accounts)
    assert (account.kind, account.identity_level, account.password_hash) == ("citizen", "high", None)
    [session] = await office.rows(tables.sessions)
    assert (session.acr, session.amr) == ("http://eidas.europa.eu/LoA/high", ["upstream"])
    assert [kind for kind, _ in await office.events()] == ["registered.v1"]
    assert [action for action, _ in await office.trail()][-3:] == ["account-registered", "identity-linked", "signed-in"]
    assert "Марія" not in await office.dump()
    assert provider.subject not in await office.dump()


async def test_the_same_subject_comes_to_the_same_account(office, browser, provider):
    for _ in range(2):
        page = await come_back(browser, await start(browser, provider), iss=provider.issuer)
        assert page.path == "/account"
    assert len(await office.rows(tables.accounts)) == 1
    assert len(await office.rows(tables.sessions)) == 2


async def test_the_same_subject_of_another_provider_is_somebody_else(office, browser, providers):
    for name, provider in providers.items():
        await come_back(browser, await start(browser, provider, name), name, iss=provider.issuer)
    assert len(await office.rows(tables.accounts)) == 2


async def test_a_name_that_the_token_lacks_is_asked_for(office, browser, provider):
    provider.changes = {"name": None}
    provider.userinfo = {"sub": provider.subject, "name": "Іменко\u0000 Тест"}
    page = await come_back(browser, await start(browser, provider), iss=provider.issuer)
    assert "Іменко Тест" in page.text


@pytest.mark.parametrize(
    "changes",
    [
        {"state": None},
        {"state": ""},
        {"state": "another"},
        {"code": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"code": "another-code", "iss": "own"},
        {"error": "server_error", "code": None, "iss": "own"},
    ],
)
async def test_an_answer_that_is_not_to_what_was_asked_is_refused(office, browser, provider, changes):
    told = await start(browser, provider)
    if changes.get("iss") == "own":
        changes = changes | {"iss": provider.issuer}
    page = await come_back(browser, told, **changes)
    assert (page.answer.status_code, page.title) == (400, "The answer of the sign-in service was not taken")
    assert await nobody_is_in(office)


async def test_the_answer_to_another_browser_signs_nobody_in(office, browser, provider):
    told = await start(browser, provider)
    async with office.from_elsewhere("192.0.2.7") as client:
        victim = Browser(client)
        await victim.open("/login")
        page = await come_back(victim, told, iss=provider.issuer)
        assert page.answer.status_code == 400
    assert await nobody_is_in(office)


async def test_an_answer_is_good_once_and_for_ten_minutes(office, browser, provider):
    told = await start(browser, provider)
    office.clock.advance(minutes=10)
    assert (await come_back(browser, told, iss=provider.issuer)).answer.status_code == 400
    assert await nobody_is_in(office)
    told = await start(browser, provider)
    assert (await come_back(browser, told, iss=provider.issuer)).path == "/account"
    assert (await come_back(browser, told, iss=provider.issuer)).answer.status_code == 400
    assert len(await office.rows(tables.sessions)) == 1


@pytest.mark.parametrize("named", ["bankid", "diia"])
@pytest.mark.parametrize("place", ["bankid", "diia"])
async def test_the_answer_of_one_provider_is_not_taken_for_anothers(office, browser, providers, place, named):
    told = await start(browser, providers["bankid"])
    answer = {"code": "the-code", "state": told["state"], "iss": providers[named].issuer}
    page = await browser.open(CALLBACK.format(place), **answer)
    is_as_it_should_be = place == named == "bankid"
    assert page.answer.status_code == (200 if is_as_it_should_be else 400)
    asked = [name for name, provider in providers.items() for path, _ in provider.asked if path == "/token"]
    assert asked == (["bankid"] if is_as_it_should_be else [])
    assert is_as_it_should_be or await nobody_is_in(office)


async def test_the_nonce_of_an_earlier_sign_in_is_refused(office, browser, provider):
    first = await start(browser, provider)
    told = await start(browser, provider)
    provider.nonce = first["nonce"]
    page = await come_back(browser, told, iss=provider.issuer)
    assert page.answer.status_code == 400
    assert await nobody_is_in(office)


CLAIMS = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "another-client"},
    "no audience": {"aud": None},
    "an audience that is a number": {"aud": 7},
    "many audiences without the party": {"aud": ["virtual-office", "another-client"]},
    "another party": {"azp": "another-client"},
    "expired": {"exp": 1},
    "no end": {"exp": None},
    "an end that is text": {"exp": "4102444800"},
    "an end that is true": {"exp": True},
    "of the future": {"iat": 4_102_444_800, "exp": 4_102_445_800},
    "old": {"iat": 1, "exp": 4_102_444_800},
    "no nonce": {"nonce": None},
    "a nonce that is a number": {"nonce": 7},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is a number": {"sub": 7},
    "a long subject": {"sub": "s" * 256},
    "the hash of another access token": {"at_hash": "x" * 22},
}


@pytest.mark.parametrize("what", CLAIMS)
async def test_a_token_that_says_something_else_is_refused(office, browser, provider, what):
    told = await start(browser, provider)
    provider.changes = CLAIMS[what]
    page = await come_back(browser, told, iss=provider.issuer)
    assert page.answer.status_code == 400, what
    assert await nobody_is_in(office)


def with_shared_secret(provider):
    provider.sign = hs256(json.dumps(provider.key.jwk).encode())


def with_another_key(provider):
    provider.sign = lambda message: a_signing_key().signer.sign(message.encode())


SIGNATURES = {
    "none": ({"alg": "none"}, lambda provider: setattr(provider, "sign", lambda _: b"x")),
    "HS256": ({"alg": "HS256"}, with_shared_secret),
    "ES384": ({"alg": "ES384"}, None),
    "no algorithm": ({"alg": None}, None),
    "an algorithm that is a list": ({"alg": ["ES256"]}, None),
    "another key": ({}, with_another_key),
    "no signature": ({}, lambda provider: setattr(provider, "sign", lambda _: b"")),
    "an unknown key": ({"kid": "unknown"}, None),
    "no key": ({"kid": None}, None),
    "a critical extension": ({"crit": ["exp"]}, None),
    "unencoded": ({"b64": False}, None),
    "a key of its own": ({"jwk": {"kty": "EC"}}, None),
    "an access token": ({"typ": "at+jwt"}, None),
    "the key of the other kind": ({"alg": "RS256"}, None),
}


@pytest.mark.parametrize("what", SIGNATURES)
async def test_a_token_that_is_signed_otherwise_is_refused(office, browser, provider, what):
    provider.header, change = SIGNATURES[what]
    if change:
        change(provider)
    page = await come_back(browser, await start(browser, provider), iss=provider.issuer)
    assert page.answer.status_code == 400, what
    assert await nobody_is_in(office)


def an_rsa_key(bits):
    private = rsa.generate_private_key(65_537, bits)
    numbers = private.public_key().public_numbers()
    n, e = (b64(number.to_bytes((number.bit_length() + 7) // 8, "big")) for number in (numbers.n, numbers.e))
    return private, {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "rsa", "n": n, "e": e}


@pytest.mark.parametrize(("bits", "path"), [(2048, "/account"), (1024, CALLBACK.format("bankid"))])
async def test_rsa_keys_are_taken_if_they_are_long_enough(office, browser, provider, bits, path):
    private, public = an_rsa_key(bits)
    provider.key = SigningKey("rsa", "", public, provider.key.signer)
    provider.header = {"alg": "RS256"}
    provider.sign = lambda message: private.sign(message.encode(), padding.PKCS1v15(), hashes.SHA256())
    page = await come_back(browser, await start(browser, provider), iss=provider.issuer)
    assert page.path == path


async def test_somebody_who_does_not_agree_there_is_told_so(office, browser, provider):
    told = await start(browser, provider)
    page = await come_back(browser, told, error="access_denied", code=None, iss=provider.issuer)
    assert (page.answer.status_code, page.title) == (400, "Signing in was cancelled")
    assert page.find("a", href="/login?next=%2Faccount")


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks"])
@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"7", b'"' + b"x" * 100_000 + b'"', b"[" * 5000])
async def test_a_provider_that_talks_nonsense_or_too_much_is_told(office, browser, provider, path, body):
    provider.body_of[path] = body
    answer = await browser.client.get("/login/upstream/bankid", headers={"Accept-Language": "en"})
    if answer.status_code == 303:
        page = await come_back(browser, provider.send_off(answer.headers["location"]), iss=provider.issuer)
        answer = page.answer
    assert answer.status_code in {400, 503}
    assert "sign-in service" in answer.text
    assert await nobody_is_in(office)


async def test_more_than_a_provider_has_to_say_is_not_read(office, browser, provider):
    provider.metadata = {"padding": "x" * 70_000}
    assert (await browser.open("/login/upstream/bankid")).answer.status_code == 503


async def test_a_provider_that_is_down_is_told_and_the_others_still_work(office, browser, providers):
    providers["bankid"].is_down = True
    page = await browser.open("/login/upstream/bankid", next="/account")
    assert (page.answer.status_code, page.title) == (503, "The sign-in service does not answer")
    assert page.find("a", href="/login?next=%2Faccount")
    told = await start(browser, providers["diia"], "diia")
    assert (await come_back(browser, told, "diia", iss=providers["diia"].issuer)).path == "/account"


async def test_a_provider_that_goes_down_on_the_way_loses_nothing(office, browser, provider):
    told = await start(browser, provider)
    provider.is_down = True
    page = await come_back(browser, told, iss=provider.issuer)
    assert (page.answer.status_code, page.title) == (503, "The sign-in service does not answer")
    provider.is_down = False
    assert (await come_back(browser, await start(browser, provider), iss=provider.issuer)).path == "/account"


async def test_a_provider_that_is_slow_is_not_waited_for(office, browser, provider, monkeypatch):
    monkeypatch.setattr("auth.clients.upstream.ANSWER_SECONDS", 0.2)
    provider.seconds["/token"] = 1.0
    page = await come_back(browser, await start(browser, provider), iss=provider.issuer)
    assert page.answer.status_code == 503


async def test_a_provider_that_is_slow_holds_up_few_and_nobody_else(office, browser, provider, monkeypatch):
    monkeypatch.setattr("auth.clients.upstream._MOST_AT_ONCE", 2)
    provider.seconds["/token"] = 0.5
    answers = []
    for _ in range(4):
        browser.client.cookies.clear()
        answer = await browser.client.get("/login/upstream/bankid")
        told = parse_qs(urlsplit(answer.headers["location"]).query)
        query = {"code": "the-code", "state": told["state"][0], "iss": provider.issuer}
        headers = {"Cookie": "; ".join(f"{c.name}={c.value}" for c in browser.client.cookies.jar)}
        answers.append(browser.client.get(CALLBACK.format("bankid"), params=query, headers=headers))
    browser.client.cookies.clear()
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*answers))
    assert statuses[2:] == [503, 503]
    assert 503 not in statuses[:2]


async def test_a_provider_that_is_down_is_not_asked_by_everybody(office, browser, provider):
    provider.is_down = True
    answers = await asyncio.gather(*(browser.client.get("/login/upstream/bankid") for _ in range(5)))
    assert {answer.status_code for answer in answers} == {503}
    assert len(provider.asked) == 1


async def test_a_provider_is_asked_only_where_it_was_declared(office, browser, provider, providers):
    provider.metadata = {"token_endpoint": f"{providers['diia'].issuer}/token"}
    page = await come_back(browser, await start(browser, provider), iss=provider.issuer)
    assert page.answer.status_code == 503
    assert providers["diia"].asked == []


async def test_a_provider_that_names_another_issuer_is_not_used(office, browser, provider):
    provider.metadata = {"issuer": "https://evil.example"}
    assert (await browser.open("/login/upstream/bankid")).answer.status_code == 503


async def test_what_a_provider_says_of_itself_and_its_keys_are_asked_for_once(office, browser, provider):
    for _ in range(3):
        await come_back(browser, await start(browser, provider), iss=provider.issuer)
    paths = [path for path, _ in provider.asked]
    assert (paths.count("/.well-known/openid-configuration"), paths.count("/jwks")) == (1, 1)


async def test_userinfo_of_another_subject_is_refused(office, browser, provider):
    provider.changes, provider.userinfo = {"name": None}, {"sub": "another", "name": "Інша Особа"}
    page = await come_back(browser, await start(browser, provider), iss=provider.issuer)
    assert page.answer.status_code == 400
    assert await nobody_is_in(office)


async def test_the_secrets_of_a_sign_in_are_in_no_address_but_the_providers(office, browser, provider, capsys):
    told = await start(browser, provider)
    page = await come_back(browser, told, iss=provider.issuer)
    assert "state" not in parse_qs(urlsplit(page.url).query)
    logged = capsys.readouterr().out
    assert told["state"] not in logged
    assert "the-code" not in logged
