"""How a client proves itself: in one way, its own; an assertion is its own key's, for us, short-lived, and used once."""

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest

from auth.storage import tables
from shared.ids import new_id
from shared.tokens import sign
from tests.support.tokens import ISSUER, a_signing_key

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AGENCY_SYSTEM = {
    "client_id": "registrar-system",
    "name": "System of the registrar",
    "scopes": ["agency-system:municipal-registrar--dnipro"],
    "auth_method": "private_key_jwt",
}


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def with_header(header: dict, claims: dict, signature: bytes = b"s" * 64) -> str:
    return f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}.{b64(signature)}"


def public(key):
    return {name: key.jwk[name] for name in ("kty", "crv", "x", "y", "kid")}


class System:
    """A client with a key, and what it sends."""

    def __init__(self, office, client_id="registrar-system", kid="key-1"):
        self.office, self.client_id, self.key = office, client_id, a_signing_key(kid)

    def claims(self, **changes):
        now = int(self.office.clock.now().timestamp())
        right = {"iss": self.client_id, "sub": self.client_id, "aud": ISSUER, "jti": str(new_id())}
        right |= {"iat": now, "exp": now + 60}
        return {name: value for name, value in (right | changes).items() if value is not None}

    def assertion(self, typ="JWT", signer=None, **changes):
        return sign(self.claims(**changes), signer or self.key.signer, typ=typ)

    async def send(self, assertion, **form):
        right = {"grant_type": "client_credentials", "resource": "applications"}
        right |= {"client_assertion_type": TYPE, "client_assertion": assertion}
        wanted = {name: value for name, value in (right | form).items() if value is not None}
        return await self.office.client.post("/oauth/token", data=wanted)


@pytest.fixture
async def system(office, create):
    made = System(office)
    answer = await create(AGENCY_SYSTEM, jwks={"keys": [public(made.key)]})
    assert answer.status_code == 201, answer.text
    assert answer.json()["client_secret"] is None
    return made


@pytest.mark.parametrize("audience", [ISSUER, f"{ISSUER}/oauth/token", [ISSUER]])
@pytest.mark.parametrize("typ", ["JWT", "client-authentication+jwt"])
async def test_a_client_proves_itself_with_its_key(system, audience, typ):
    answer = await system.send(system.assertion(typ, aud=audience))
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == "agency-system:municipal-registrar--dnipro"


async def test_an_assertion_is_good_once(office, system, refused):
    assertion = system.assertion()
    answers = await asyncio.gather(*(system.send(assertion) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    assert refused(await system.send(assertion), "invalid_client", 401)
    assert ("client-sign-in-failed", "refused") in await office.trail()
    assert (await system.send(system.assertion())).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "another"},
        {"iss": None},
        {"sub": "auth"},
        {"aud": "https://elsewhere.test"},
        {"aud": [ISSUER, "https://elsewhere.test"]},
        {"aud": []},
        {"aud": None},
        {"aud": {}},
        {"aud": f"{ISSUER}/"},
        {"exp": None},
        {"exp": -31},
        {"exp": 331},
        {"exp": 10**9},
        {"exp": True},
        {"exp": "soon"},
        {"iat": 31},
        {"nbf": 31},
        {"nbf": "x"},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 201},
    ],
)
async def test_an_assertion_that_is_not_for_us_now_is_refused(office, system, refused, change):
    now = int(office.clock.now().timestamp())
    moved = {name: now + value if type(value) is int and name != "jti" else value for name, value in change.items()}
    assert refused(await system.send(system.assertion(**moved)), "invalid_client", 401)
    assert await office.rows(tables.used_assertions) == []


async def test_tricks_with_the_header_are_refused(office, system, refused):
    thief, claims = a_signing_key("key-1"), system.claims()
    header = {"alg": "ES256", "typ": "JWT", "kid": "key-1"}
    unsigned = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"
    pem_as_secret = hmac.new(system.key.pem.encode(), unsigned.encode(), sha256).digest()
    as_secret = hmac.new(json.dumps(public(system.key)).encode(), unsigned.encode(), sha256).digest()
    good = system.assertion()
    tricks = {
        "none": with_header(header | {"alg": "none"}, claims),
        "no signature": f"{unsigned}.",
        "zero signature": with_header(header, claims, bytes(64)),
        "HS256 of the public key": with_header(header | {"alg": "HS256"}, claims, as_secret),
        "HS256 of a key": with_header(header | {"alg": "HS256"}, claims, pem_as_secret),
        "RS256": with_header(header | {"alg": "RS256"}, claims),
        "embedded key": with_header(header | {"jwk": public(thief)}, claims),
        "key elsewhere": with_header(header | {"jku": "https://evil.test/jwks"}, claims),
        "critical": with_header(header | {"crit": ["b64"], "b64": False}, claims),
        "other kid": system.assertion(signer=a_signing_key("key-2").signer),
        "no kid": with_header({"alg": "ES256", "typ": "JWT"}, claims),
        "thief's key": sign(claims, thief.signer, typ="JWT"),
        "access token": sign(claims, system.key.signer),
        "odd type": with_header(header | {"typ": ["JWT"]}, claims),
        "changed": good[:-8] + "AAAAAAAA",
        "oversized": system.assertion(more="x" * 8192)[:8192],
        "not a token": "a.b.c",
        "nothing": "",
    }
    for name, trick in tricks.items():
        assert refused(await system.send(trick), "invalid_client", 401), name
    assert (await system.send(good)).status_code == 200


async def test_our_own_tokens_prove_no_client(office, system, refused):
    token = (await system.send(system.assertion())).json()["access_token"]
    assert refused(await system.send(token), "invalid_client", 401)


async def test_a_key_of_one_client_is_nothing_to_another(office, system, create, refused):
    other = System(office, "other-system")
    body = AGENCY_SYSTEM | {"client_id": "other-system", "jwks": {"keys": [public(other.key)]}}
    assert (await create(body)).status_code == 201
    forged = other.assertion(iss="registrar-system", sub="registrar-system")
    assert refused(await other.send(forged), "invalid_client", 401)
    assert refused(await other.send(other.assertion(), client_id="registrar-system"), "invalid_request")
    same = system.assertion(jti="the-same")
    assert (await system.send(same)).status_code == 200
    assert (await other.send(other.assertion(jti="the-same"))).status_code == 200, "ids are each client's own"


async def test_keys_are_changed_without_a_gap(office, system, refused):
    later = System(office, kid="key-2")
    keys = {"jwks": {"keys": [public(system.key), public(later.key)]}}
    assert (await office.client.patch("/v1/clients/registrar-system", json=keys, headers=office.operator())).is_success
    assert (await system.send(system.assertion())).status_code == 200
    assert (await later.send(later.assertion())).status_code == 200
    keys = {"jwks": {"keys": [public(later.key)]}}
    assert (await office.client.patch("/v1/clients/registrar-system", json=keys, headers=office.operator())).is_success
    assert refused(await system.send(system.assertion()), "invalid_client", 401)


async def test_a_client_uses_the_way_it_is_registered_with(office, system, party, refused):
    secret = {"client_assertion_type": None, "client_assertion": None, "client_secret": "s" * 40}
    assert refused(await system.send("", client_id="registrar-system", **secret), "invalid_client", 401)
    public_like = {"client_assertion_type": None, "client_assertion": None, "client_id": "registrar-system"}
    assert refused(await system.send("", **public_like), "invalid_client", 401)
    app = await party(client_id="app", kind="web-public")
    answer = await app.post("token", grant_type="refresh_token", client_id="app", client_secret="x", refresh_token="x")
    assert refused(answer, "invalid_client", 401)
    assert ("client-sign-in-failed", "refused") in await office.trail()


async def test_two_ways_at_once_are_refused(office, system, refused):
    assertion = {"client_assertion_type": TYPE, "client_assertion": system.assertion()}
    form = {"grant_type": "client_credentials", "resource": "notifications"}
    both = {"client_id": "auth", "client_secret": "s" * 40}
    send = office.client.post
    assert refused(await send("/oauth/token", data=form | both | assertion), "invalid_request")
    assert refused(await send("/oauth/token", data=form | both, auth=("auth", "s" * 40)), "invalid_request")
    assert refused(await send("/oauth/token", data=form | assertion, auth=("auth", "s" * 40)), "invalid_request")
    answer = await send("/oauth/token", data=form | {"client_id": "kiosk"}, auth=("auth", "s" * 40))
    assert refused(answer, "invalid_request")
    answer = await send("/oauth/token", data=form | {"client_id": "auth"}, auth=("auth", "s" * 40))
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"])
async def test_an_assertion_of_another_type_is_refused(system, refused, kind):
    assert refused(await system.send(system.assertion(), client_assertion_type=kind), "invalid_request")


@pytest.mark.parametrize("name", ["grant_type", "client_id", "client_secret", "scope", "operator", "unknown"])
async def test_a_parameter_given_twice_is_refused(office, refused, name):
    form = {"grant_type": "client_credentials", "client_id": "auth", "client_secret": "s" * 40}
    form |= {"resource": "notifications", "scope": "notifications:codes", "operator": "", "unknown": "x"}
    twice = [*form.items(), (name, form[name])]
    body = "&".join(f"{key}={value}" for key, value in twice)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert refused(await office.client.post("/oauth/token", content=body, headers=headers), "invalid_request")


@pytest.mark.parametrize("grant_type", ["authorization_code", "refresh_token"])
async def test_a_machine_has_the_grant_of_a_machine_alone(office, refused, grant_type):
    form = {"grant_type": grant_type, "code": "x", "refresh_token": "x"}
    answer = await office.client.post("/oauth/token", data=form, auth=("auth", "s" * 40))
    assert refused(answer, "unauthorized_client")


async def test_a_client_that_people_sign_in_to_has_no_grant_of_a_machine(portal, refused):
    answer = await portal.post("token", grant_type="client_credentials", resource="auth", **portal.proof())
    assert refused(answer, "unauthorized_client")
