"""Every route × every role: what is not in the table is refused, and a route that is not in the table fails here."""

import re

import pytest
from fastapi.routing import APIRoute

from shared.ids import new_id
from tests.support.tokens import TestIssuer

CENTRE, AGENCY = "cnap-dnipro", "municipal-registrar--dnipro"
BEARERS = {
    "citizen": {},
    "administrator": {"role": "service_centre_administrator", "organisation": CENTRE},
    "representative": {"role": "agency_representative", "organisation": AGENCY},
    "head of a centre": {"role": "head_of_service_centre", "organisation": CENTRE},
    "head of an agency": {"role": "head_of_executive_agency", "organisation": AGENCY},
    "operator": {"scopes": ["operator"]},
    "notifications": {"subject": "notifications", "scopes": ["accounts:contact"]},
    "a client of a person": {"client_id": "portal", "scopes": ["openid", "profile"]},
    "another machine": {"subject": "kiosk", "scopes": ["kiosk", "notifications:codes"]},
}
EVERYBODY, PEOPLE = set(BEARERS), set(BEARERS) - {"notifications", "another machine"}
APPOINTERS = {"head of a centre", "head of an agency", "operator"}
OWN_ACCOUNT = {
    "PUT /v1/sessions/current/mandate",
    "PUT /v1/me/password",
    "GET /v1/me/sessions",
    "DELETE /v1/me/sessions",
    "DELETE /v1/me/sessions/{session_id}",
    "GET /v1/me/second-factor",
    "POST /v1/me/second-factor",
    "POST /v1/me/second-factor/confirm",
    "DELETE /v1/me/second-factor",
    "POST /v1/me/recovery-codes",
    "POST /v1/me/passkeys/options",
    "POST /v1/me/passkeys",
    "GET /v1/me/passkeys",
    "DELETE /v1/me/passkeys/{passkey_id}",
}
# for who signed in: the tokens of this test are of no session
FOR_A_SESSION = OWN_ACCOUNT | {"GET /oauth/userinfo", "POST /oauth/userinfo"}
ADMITTED = {
    **dict.fromkeys(sorted(OWN_ACCOUNT), PEOPLE),
    "GET /v1/me": EVERYBODY,
    "DELETE /v1/sessions/current": EVERYBODY,
    "GET /v1/accounts/{account_id}/contact": {"notifications"},
    "POST /v1/officers": APPOINTERS,
    "GET /v1/officers": APPOINTERS,
    "POST /v1/officers/{account_id}/mandates": APPOINTERS,
    "DELETE /v1/officers/{account_id}/mandates/{mandate_id}": APPOINTERS,
    "PATCH /v1/officers/{account_id}/mandates/{mandate_id}": APPOINTERS,
    "DELETE /v1/officers/{account_id}": APPOINTERS,
    "POST /v1/officers/{account_id}/activation": APPOINTERS,
    "POST /v1/clients": {"operator"},
    "GET /v1/clients": {"operator"},
    "GET /v1/clients/{client_id}": {"operator"},
    "PATCH /v1/clients/{client_id}": {"operator"},
    "DELETE /v1/clients/{client_id}": {"operator"},
    "POST /v1/clients/{client_id}/secrets": {"operator"},
    "DELETE /v1/clients/{client_id}/secrets/{secret_id}": {"operator"},
    "GET /v1/clients/{client_id}/operators": {"operator"},
    "POST /v1/clients/{client_id}/operators": {"operator"},
    "DELETE /v1/clients/{client_id}/operators/{operator_id}": {"operator"},
    "GET /oauth/userinfo": {"a client of a person"},
    "POST /oauth/userinfo": {"a client of a person"},
}


def routes_of(app):
    document = app.openapi()["paths"]
    return {f"{method.upper()} {path}" for path, methods in document.items() for method in methods}


async def ask(office, route, headers):
    method, _, path = route.partition(" ")
    address = re.sub(r"{\w+}", lambda _: str(new_id()), path)
    return await office.client.request(
        method, address, headers={"Idempotency-Key": f"key-{new_id()}"} | headers, json={}
    )


async def test_every_route_is_public_for_a_reason_or_in_the_table(office):
    public = {route for route, rule in office.app.state.policy.items() if rule.is_public}
    assert routes_of(office.app) - public == set(ADMITTED)
    api = {f"{method} {r.path}" for r in office.app.routes if isinstance(r, APIRoute) for method in r.methods}
    assert api <= public | set(ADMITTED)


@pytest.mark.parametrize("route", ADMITTED)
async def test_a_route_admits_who_the_table_says_and_nobody_else(office, problem, route):
    for name, bearer in BEARERS.items():
        answer = await ask(office, route, office.headers(**bearer))
        if name in ADMITTED[route] and route in FOR_A_SESSION:
            assert problem(answer, 403, "not-of-a-session"), name
        elif name in ADMITTED[route]:
            assert answer.status_code not in {401, 403}, (name, answer.text)
            assert answer.status_code < 500, (name, answer.text)
        else:
            assert problem(answer, 403, "forbidden"), name


@pytest.mark.parametrize("route", ADMITTED)
async def test_a_route_wants_a_good_token(office, problem, clock, route):
    now = int(clock.now().timestamp())
    operator = {"scopes": ["operator", "accounts:contact"]}
    good = office.headers(**operator)["Authorization"]
    header, claims, signature = good.split(".")
    bad = {
        "none": {},
        "not a bearer": {"Authorization": good.replace("Bearer", "Basic")},
        "not a token": {"Authorization": "Bearer none"},
        "cut": {"Authorization": f"{header}.{claims}."},
        "changed": {"Authorization": f"{header}.{claims[:-2]}AA.{signature}"},
        "expired": office.headers(**operator, iat=now - 700, exp=now - 100),
        "too long": office.headers(**operator, exp=now + 601),
        "of another audience": office.headers(**operator, aud=["catalog"]),
        "of another issuer": office.headers(**operator, iss="http://elsewhere.test"),
        "of a stranger's key": TestIssuer(clock).headers(**operator),
        "refresh token": {"Authorization": "Bearer " + "A" * 43},
    }
    for name, headers in bad.items():
        answer = await ask(office, route, headers)
        assert problem(answer, 401, "unauthenticated"), name
        assert answer.headers["www-authenticate"].startswith("Bearer"), name
