"""Clients: the operator makes, changes and ends them; each kind has what fits it, and nothing that does not."""

from datetime import timedelta

import pytest
from jose import jwt

from auth.storage import tables

KIOSK = {"client_id": "kiosk:dnipro-1", "name": "Kiosk", "scopes": ["kiosk", "kiosk"]}
WEB = {
    "client_id": "portal",
    "name": "Portal",
    "kind": "web-confidential",
    "redirect_uris": ["https://portal.test/signed-in"],
}
KEY = {
    "kty": "EC",
    "crv": "P-256",
    "kid": "1",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}


@pytest.fixture
def operator(office):
    """Ask as the operator does; the path is below `/v1/clients`."""

    async def do(method, path="", body=None, **headers):
        headers = office.operator() | headers
        return await office.client.request(method, f"/v1/clients{path}", json=body, headers=headers)

    return do


async def test_the_operator_creates_a_client_that_gets_tokens(office, create, operator):
    answer = await create(KIOSK)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["kind"], made["auth_method"], made["scopes"]) == ("machine", "client_secret", ["kiosk"])
    assert made["resources"] == ["catalog", "applications"], "the services that know its scopes"
    token = await office.client_token("kiosk:dnipro-1", made["client_secret"], resource="catalog")
    assert token.json()["scope"] == "kiosk"
    assert made["client_secret"] not in await office.dump()
    shown = (await operator("GET", "/kiosk:dnipro-1")).json()
    assert shown == {name: value for name, value in made.items() if name != "client_secret"}
    assert ("client-created", "done") in await office.trail()


async def test_a_repeated_creation_shows_the_same_client_and_secret(office, create, problem):
    first = await create(KIOSK, key="the-same-key")
    trail = await office.trail()
    again = await create(KIOSK, key="the-same-key")
    assert first.json() == again.json()
    assert await office.trail() == trail
    assert problem(await create(KIOSK, key="the-same-key", name="Other"), 422, "idempotency-key-reused")
    assert problem(await create(KIOSK), 409, "client-taken")
    secret = first.json()["client_secret"]
    assert (await office.client_token("kiosk:dnipro-1", secret, resource="catalog")).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (KIOSK | {"scopes": ["operator"]}, "/scopes/0"),
        (KIOSK | {"scopes": ["kiosk", "openid"]}, "/scopes/1"),
        (KIOSK | {"scopes": ["accounts:everything"]}, "/scopes/0"),
        (KIOSK | {"scopes": ["agency-system:"]}, "/scopes/0"),
        (KIOSK | {"scopes": ["agency-system:a:b"]}, "/scopes/0"),
        (KIOSK | {"resources": ["elsewhere"]}, "/resources/0"),
        (KIOSK | {"auth_method": "none"}, "/auth_method"),
        (KIOSK | {"auth_method": "private_key_jwt"}, "/jwks"),
        (KIOSK | {"jwks": {"keys": [KEY]}}, "/jwks"),
        (KIOSK | {"redirect_uris": ["https://portal.test/"]}, "/redirect_uris"),
        (KIOSK | {"needs_consent": True}, "/needs_consent"),
        (KIOSK | {"client_id": "0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f"}, "/client_id"),
        (KIOSK | {"client_id": "0198f2c07b1a7c3d8e4f5a6b7c8d9e0f"}, "/client_id"),
        (KIOSK | {"client_id": "first-party"}, "/client_id"),
        (WEB | {"redirect_uris": []}, "/redirect_uris"),
        (WEB | {"scopes": ["kiosk"]}, "/scopes/0"),
        (WEB | {"kind": "web-public", "auth_method": "client_secret"}, "/auth_method"),
        (WEB | {"auth_method": "none"}, "/auth_method"),
        (WEB | {"post_logout_redirect_uris": ["http://portal.test/"]}, "/post_logout_redirect_uris/0"),
    ],
)
async def test_what_does_not_fit_the_kind_is_refused(office, create, problem, body, pointer):
    answer = await create(body)
    assert problem(answer, 422, "invalid-request")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert [row.id for row in await office.rows(tables.clients)] == ["auth"]


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"},
        {"crv": "P-384"},
        {"x": "AAAA"},
        {"x": KEY["y"]},
        {"y": None},
        {"d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"},
        {"use": "enc"},
        {"alg": "HS256"},
        {"kid": ""},
        {"kid": None},
        {"kid": "x" * 65},
    ],
)
async def test_a_key_that_is_none_is_refused(create, problem, change):
    body = KIOSK | {"auth_method": "private_key_jwt"}
    answer = await create(body, jwks={"keys": [KEY | change]})
    assert problem(answer, 422, "invalid-request")
    assert answer.json()["errors"][0]["pointer"] == "/jwks"


@pytest.mark.parametrize("jwks", [{}, {"keys": []}, {"keys": "x"}, {"keys": [KEY, KEY]}, {"keys": [7]}])
async def test_a_key_set_that_is_none_is_refused(create, problem, jwks):
    assert problem(await create(KIOSK, auth_method="private_key_jwt", jwks=jwks), 422, "invalid-request")


async def test_a_change_holds_from_the_next_token_on(office, create, operator, refused):
    secret = (await create(KIOSK)).json()["client_secret"]
    change = {"name": "Kiosks", "scopes": ["kiosk", "accounts:contact"]}
    changed = await operator("PATCH", "/kiosk:dnipro-1", change)
    assert (changed.status_code, changed.json()["name"]) == (200, "Kiosks")
    assert changed.json()["resources"] == ["catalog", "applications"], "what is not named stays"
    token = await office.client_token("kiosk:dnipro-1", secret, resource="catalog")
    assert token.json()["scope"] == "kiosk", "the catalogue does not know the other"
    assert refused(await office.client_token("kiosk:dnipro-1", secret, resource="auth"), "invalid_target")
    assert (await operator("PATCH", "/kiosk:dnipro-1", {"resources": None})).json()["resources"][0] == "auth"
    token = await office.client_token("kiosk:dnipro-1", secret, resource="auth")
    assert token.json()["scope"] == "accounts:contact"
    assert ("client-changed", "done") in await office.trail()


async def test_a_change_that_does_not_fit_changes_nothing(create, operator, problem):
    await create(KIOSK)
    before = (await operator("GET", "/kiosk:dnipro-1")).json()
    assert problem(await operator("PATCH", "/kiosk:dnipro-1", {"scopes": ["operator"]}), 422, "invalid-request")
    for change in ({"client_id": "x"}, {"kind": "web-public"}, {"name": ""}, {"name": None}, {"expires_at": "soon"}):
        assert problem(await operator("PATCH", "/kiosk:dnipro-1", change), 422, "invalid-request")
    assert (await operator("GET", "/kiosk:dnipro-1")).json() == before


async def test_a_client_ends_with_its_time_or_when_it_is_disabled(office, create, operator, refused):
    ends_at = office.clock.now() + timedelta(minutes=5)
    first = (await create(KIOSK, expires_at=ends_at.isoformat())).json()["client_secret"]
    second = (await create(KIOSK, client_id="kiosk-2")).json()["client_secret"]
    assert (await office.client_token("kiosk:dnipro-1", first, resource="catalog")).status_code == 200
    office.clock.advance(minutes=5)
    assert refused(await office.client_token("kiosk:dnipro-1", first, resource="catalog"), "invalid_client", 401)
    for _ in range(2):
        assert (await operator("DELETE", "/kiosk-2")).status_code == 204
    assert refused(await office.client_token("kiosk-2", second, resource="catalog"), "invalid_client", 401)
    assert (await operator("GET", "/kiosk-2")).json()["disabled_at"] is not None
    assert (await office.trail()).count(("client-disabled", "done")) == 1


async def test_clients_are_listed_in_pages(create, operator, office):
    for number in range(3):
        await create(KIOSK, client_id=f"kiosk-{number}")
    first = (await operator("GET", "?limit=3")).json()
    assert [client["client_id"] for client in first["items"]] == ["auth", "kiosk-0", "kiosk-1"]
    last = (await office.client.get(first["next"], headers=office.operator())).json()
    assert ([client["client_id"] for client in last["items"]], last["next"]) == (["kiosk-2"], None)
    assert all("client_secret" not in client for client in first["items"] + last["items"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/nobody", None),
        ("PATCH", "/nobody", {"name": "x"}),
        ("DELETE", "/nobody", None),
        ("POST", "/nobody/secrets", {}),
        ("DELETE", "/nobody/secrets/0123456789abcdef", None),
        ("DELETE", "/auth/secrets/0123456789abcdef", None),
        ("GET", "/nobody/operators", None),
        ("POST", "/nobody/operators", {"operator_id": "op-1"}),
        ("DELETE", "/auth/operators/op-1", None),
    ],
)
async def test_what_is_not_there_is_not_found(operator, problem, method, path, body):
    assert problem(await operator(method, path, body, **{"Idempotency-Key": "a-key-of-this"}), 404, "not-found")


async def test_a_token_carries_only_what_its_service_knows(office, create, refused):
    scopes = ["agency-system:registrar", "accounts:contact", "notifications:codes"]
    secret = (await create({"client_id": "system", "name": "System", "scopes": scopes})).json()["client_secret"]
    expected = {
        "auth": "accounts:contact",
        "catalog": "agency-system:registrar",
        "notifications": "agency-system:registrar notifications:codes",
    }
    for resource, scope in expected.items():
        token = (await office.client_token("system", secret, resource=resource)).json()
        assert token["scope"] == jwt.get_unverified_claims(token["access_token"])["scope"] == scope
    answer = await office.client_token("system", secret, resource="catalog", scope="accounts:contact")
    assert refused(answer, "invalid_scope")
