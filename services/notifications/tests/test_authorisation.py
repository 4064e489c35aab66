"""Every route × every role, and input that is wrong in form: refused by name, never an error of ours."""

import pytest

from shared.ids import new_id
from tests.support.tokens import TestIssuer

BEARERS = {
    "citizen": {},
    "administrator": {"role": "service_centre_administrator", "organisation": "cnap-dnipro"},
    "representative": {"role": "agency_representative", "organisation": "municipal--dnipro"},
    "head of a centre": {"role": "head_of_service_centre", "organisation": "cnap-dnipro"},
    "head of an agency": {"role": "head_of_executive_agency", "organisation": "municipal--dnipro"},
    "operator": {"scopes": ["operator"]},
    "auth": {"subject": "auth", "scopes": ["notifications:codes"]},
    "another machine": {"subject": "kiosk", "scopes": ["kiosk", "accounts:contact"]},
}
EVERYBODY, PEOPLE = set(BEARERS), set(BEARERS) - {"auth", "another machine"}
ADMITTED = {
    "GET /v1/me/messages": PEOPLE,
    "GET /v1/me/contact": PEOPLE,
    "PUT /v1/me/contact": PEOPLE,
    "GET /v1/notifications": EVERYBODY,
    "POST /v1/codes": {"auth"},
}
OF_EVERYBODY = {"POST /v1/receipts/sms", "GET /problems", "GET /problems/{slug}"}
BODIES = {
    "PUT /v1/me/contact": {"language": "en"},
    "POST /v1/codes": {
        "channel": "sms",
        "to": "+380000000001",
        "code": "123456",
        "language": "uk",
        "purpose": "registration",
    },
    "POST /v1/receipts/sms?token=x": {"message_id": "x", "provider_id": "x", "status": "delivered"},
}


async def ask(office, route, headers):
    method, _, path = route.partition(" ")
    return await office.client.request(method, path, headers=headers, json={})


async def test_every_route_is_in_the_table(office):
    document = office.app.openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in document.items() for method in methods}
    assert routes == OF_EVERYBODY | set(ADMITTED)


@pytest.mark.parametrize("route", ADMITTED)
async def test_a_route_admits_who_the_table_says_and_nobody_else(office, problem, route):
    for name, bearer in BEARERS.items():
        answer = await ask(office, route, office.headers(**bearer))
        if name in ADMITTED[route]:
            assert answer.status_code in {200, 404, 422}, (name, answer.text)
        else:
            assert problem(answer, 403, "forbidden"), name


@pytest.mark.parametrize("route", ADMITTED)
async def test_a_route_wants_a_good_token(office, problem, clock, route):
    now = int(clock.now().timestamp())
    scope = {"scopes": ["notifications:codes"]}
    bad = {
        "none": {},
        "expired": office.headers(**scope, iat=now - 700, exp=now - 100),
        "of another audience": office.headers(**scope, aud=["auth"]),
        "of another issuer": office.headers(**scope, iss="http://elsewhere.test"),
        "of a stranger's key": TestIssuer(clock).headers(**scope),
    }
    for name, headers in bad.items():
        answer = await ask(office, route, headers)
        assert problem(answer, 401, "unauthenticated"), name
        assert answer.headers["www-authenticate"].startswith("Bearer"), name


@pytest.mark.parametrize("route", BODIES)
async def test_a_body_that_cannot_be_taken_is_refused_by_name(office, problem, route):
    method, _, path = route.partition(" ")
    headers = office.headers(scopes=["notifications:codes"])
    bodies = {
        b"x" * 10_000_000: (413, "body-too-large"),
        b"[" * 40 + b"]" * 40: (400, "malformed-request"),
        b'{"a": "\\ud800"}': (400, "malformed-request"),
        b'{"a": "\\u0000"}': (422, "invalid-request"),
        b"": (422, "invalid-request"),
        b"[]": (422, "invalid-request"),
    }
    for content, (status, slug) in bodies.items():
        sent = {**headers, "Content-Type": "application/json"}
        assert problem(await office.client.request(method, path, content=content, headers=sent), status, slug)
    for name in BODIES[route]:
        for value in (None, 7, True, [], {}, "x" * 300, "\u202e"):
            body = BODIES[route] | {name: value}
            answer = await office.client.request(method, path, json=body, headers=headers)
            assert answer.status_code < 500, (name, value, answer.text)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("address", "status", "slug"),
    [
        ("/v1/notifications", 422, "invalid-request"),
        ("/v1/notifications?application_id=DP-2026-004217-K", 422, "invalid-request"),
        ("/v1/notifications?application_id=%00", 400, "malformed-request"),
        ("/v1/me/messages?limit=101", 422, "invalid-request"),
        ("/v1/me/messages?cursor=WzVd", 422, "invalid-request"),
        ("/v1/me/messages?cursor=%F0%9F%98%80", 422, "invalid-request"),
        ("/v1/receipts/sms", 405, "method-not-allowed"),
    ],
)
async def test_an_address_that_is_wrong_is_refused_by_name(office, problem, address, status, slug):
    answer = await office.client.get(address, headers=office.headers(subject=str(new_id())))
    assert problem(answer, status, slug)
