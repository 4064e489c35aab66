"""Input that is wrong in form: each is a named problem, none an error of ours."""

import json

import pytest

from shared.ids import new_id

DEEP = b"[" * 40 + b"]" * 40
BODIES = {
    "/v1/accounts": {"phone": "+380000000001", "password": "long and easy to keep"},
    "/v1/accounts/01980000-0000-7000-8000-000000000001/confirm": {"sms_code": "000000"},
    "/v1/sessions": {"login": "somebody", "password": "long and easy to keep"},
    "/v1/officers": {
        "login": "somebody",
        "full_name": "Зразкова Марія",
        "mandate": {"role": "head_of_executive_agency", "organisation": "municipal-registrar--dnipro"},
    },
    "/v1/officers/01980000-0000-7000-8000-000000000002/mandates": {
        "role": "head_of_executive_agency",
        "organisation": "municipal-registrar--dnipro",
    },
    "/v1/officers/activate": {"login": "lev", "activation_code": "2222-2222", "password": "long and easy to keep"},
    "/v1/officers/activate/confirm": {"login": "lev", "activation_code": "2222-2222", "totp": "123456"},
    "/v1/sessions/passkey": {"credential": {"rawId": "AA", "response": {"clientDataJSON": "e30"}}},
    "/v1/clients": {"client_id": "kiosk", "name": "Kiosk", "scopes": ["kiosk"]},
}
WRONG_VALUES = (None, 7, -1e308, True, [], {}, [[]], "", "x" * 300, "\ud800", "\u202e", "a\0b", "\t")
TEXT_TIMES = (
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "2030-01-01T00:00:00",
    "yesterday",
    1e300,
    10**30,
)


@pytest.fixture
def post(office):
    async def post(path, content, media_type="application/json"):
        headers = office.operator() | {"Idempotency-Key": f"key-{new_id()}", "Content-Type": media_type}
        return await office.client.post(path, content=content, headers=headers)

    return post


@pytest.mark.parametrize("path", BODIES)
async def test_a_body_that_cannot_be_taken_is_refused_by_name(post, problem, path):
    good = json.dumps(BODIES[path]).encode()
    assert problem(await post(path, b"x" * 10_000_000), 413, "body-too-large")
    assert problem(await post(path, DEEP), 400, "malformed-request")
    assert problem(await post(path, b"{"), 400, "malformed-request")
    assert problem(await post(path, b'{"a": "\xff"}'), 400, "malformed-request")
    assert problem(await post(path, b'{"a": NaN}'), 400, "malformed-request")
    assert problem(await post(path, b'{"a": "\\ud800"}'), 400, "malformed-request")
    assert problem(await post(path, b'{"a": "\\u0000"}'), 422, "invalid-request")
    assert problem(await post(path, b""), 422, "invalid-request")
    assert problem(await post(path, b"[]"), 422, "invalid-request")
    assert problem(await post(path, b"null"), 422, "invalid-request")
    assert problem(await post(path, good[:-1] + b', "unknown": 1}'), 422, "invalid-request")
    assert problem(await post(path, good, "text/xml"), 415, "unsupported-media-type")


@pytest.mark.parametrize("path", BODIES)
async def test_a_member_of_the_wrong_kind_is_never_an_error_of_ours(post, path):
    for name in BODIES[path]:
        for value in WRONG_VALUES:
            answer = await post(path, json.dumps(BODIES[path] | {name: value}).encode())
            assert answer.status_code < 500, (name, value, answer.text)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["valid_from", "valid_to"])
@pytest.mark.parametrize("time", TEXT_TIMES)
async def test_a_time_that_cannot_be_kept_is_refused(post, problem, name, time):
    mandate = BODIES["/v1/officers"]["mandate"] | {name: time}
    body = BODIES["/v1/officers"] | {"mandate": mandate}
    answer = await post("/v1/officers", json.dumps(body).encode())
    assert problem(answer, 422, "invalid-request")
    assert answer.json()["errors"][0]["pointer"].startswith(f"/mandate/{name}")


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/oauth/introspect"])
async def test_a_form_that_cannot_be_read_is_no_error_of_ours(post, problem, path):
    form = "application/x-www-form-urlencoded"
    assert problem(await post(path, b"x" * 10_000_000, form), 413, "body-too-large")
    assert problem(await post(path, b"", form), 422, "invalid-request")
    assert problem(
        await post(path, b"grant_type=" + b"a" * 9000 + b"&token=" + b"a" * 9000, form), 422, "invalid-request"
    )
    assert problem(await post(path, b"{}", "multipart/form-data; boundary=x"), 415, "unsupported-media-type")
    assert problem(await post(path, b"{}"), 422, "invalid-request")
    for value in (b"%00", b"%ff", b"%ED%A0%80", b"%", b"a&grant_type=b"):
        names = (b"grant_type", b"token", b"client_id", b"client_secret", b"refresh_token", b"resource", b"scope")
        for grant in (b"client_credentials", b"refresh_token"):
            rest = b"&".join(other + b"=" + value for other in names if other != b"grant_type")
            answer = await post(path, b"grant_type=" + grant + b"&" + rest, form)
            assert answer.status_code in {200, 400, 401, 422}, (value, answer.text)


@pytest.mark.parametrize(
    ("address", "status", "slug"),
    [
        ("/v1/officers?limit=0", 422, "invalid-request"),
        ("/v1/officers?limit=101", 422, "invalid-request"),
        ("/v1/officers?limit=many", 422, "invalid-request"),
        ("/v1/officers?cursor=%00", 400, "malformed-request"),
        ("/v1/officers?cursor=%F0%9F%98%80", 422, "invalid-request"),
        ("/v1/officers?cursor=WyJ4Il0", 422, "invalid-request"),
        ("/v1/officers?cursor=WzVd", 422, "invalid-request"),
        ("/v1/officers?cursor=" + "A" * 501, 422, "invalid-request"),
        ("/v1/accounts/me/contact", 422, "invalid-request"),
        ("/v1/accounts/%00/contact", 400, "malformed-request"),
        ("/v1/nothing", 404, "not-found"),
        ("/v1/sessions", 405, "method-not-allowed"),
        ("/problems/nothing", 404, "not-found"),
    ],
)
async def test_an_address_that_is_wrong_is_refused_by_name(office, problem, address, status, slug):
    headers = office.headers(scopes=["operator", "accounts:contact"])
    assert problem(await office.client.get(address, headers=headers), status, slug)


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "with spaces in it", "ключ-ключ".encode()])
@pytest.mark.parametrize("path", ["/v1/accounts", "/v1/officers"])
async def test_a_key_for_repeats_is_of_printable_letters(office, problem, path, key):
    headers = office.operator() | {"Idempotency-Key": key}
    answer = await office.client.post(path, json=BODIES[path], headers=headers)
    assert problem(answer, 422, "invalid-request")


async def test_a_named_problem_has_a_page(office):
    answer = await office.sign_in("nobody", "wrong")
    page = await office.client.get(answer.json()["type"])
    assert page.status_code == 200
    assert "Signing in failed" in page.text
