"""Every route × every role × own, other organisation's, other person's and absent things."""

import pytest

from shared.ids import new_id
from tests.support.tokens import a_signing_key

CENTRE, AGENCY = "cnap-dnipro", "municipal-residence-registrar--dnipro"
OTHER_CENTRE, OTHER_AGENCY = "cnap-nikopol", "municipal-residence-registrar--nikopol"
REGISTER = "demographic-register"

ROLES = {
    "administrator": {"role": "service_centre_administrator", "organisation": CENTRE},
    "head of centre": {"role": "head_of_service_centre", "organisation": CENTRE},
    "representative": {"role": "agency_representative", "organisation": AGENCY},
    "head of agency": {"role": "head_of_executive_agency", "organisation": AGENCY},
    "other administrator": {"role": "service_centre_administrator", "organisation": OTHER_CENTRE},
    "other head of centre": {"role": "head_of_service_centre", "organisation": OTHER_CENTRE},
    "other representative": {"role": "agency_representative", "organisation": OTHER_AGENCY},
    "other head of agency": {"role": "head_of_executive_agency", "organisation": OTHER_AGENCY},
    "other citizen": {},
    "operator": {"scopes": ["operator"]},
    "machine": {"subject": "kiosk", "client_id": "kiosk", "scopes": ["kiosk"]},
}
BEARERS = [*ROLES, "citizen"]
SEE = {"citizen", "administrator", "head of centre", "representative", "head of agency"}
MAY_ASK = {"representative", "head of agency"}
EVERYBODY = set(BEARERS)
# who gets an answer for a thing of the case; everybody else is told that there is none
ADMITTED = {
    "POST /v1/verifications": MAY_ASK,
    "GET /v1/verifications": EVERYBODY,
    "GET /v1/verifications/{verification_id}": SEE,
    "GET /v1/registers": EVERYBODY,
    "GET /v1/me/data-access": EVERYBODY - {"machine"},
}
OF_EVERYBODY = {"GET /problems", "GET /problems/{slug}"}


@pytest.fixture
async def scene(gateway, client, open_case, tokens):
    """A verified case, and who asks about it."""
    case = open_case()
    verification_id = await gateway.request(case)
    await gateway.ask()

    def headers(bearer: str) -> dict[str, str]:
        who = {"subject": case["applicant_id"]} if bearer == "citizen" else ROLES[bearer]
        return tokens.headers(**who) | {"Idempotency-Key": f"key-{new_id()}"}

    async def ask(route: str, bearer: str, verification_id=verification_id, application_id=case["application_id"]):
        method, _, path = route.partition(" ")
        return await client.request(
            method,
            path.format(verification_id=verification_id),
            headers=headers(bearer),
            params={"application_id": application_id} if route == "GET /v1/verifications" else {},
            json={"application_id": application_id, "requirement": REGISTER} if method == "POST" else None,
        )

    return ask


def routes_of(client) -> set[str]:
    document = client._transport.app.openapi()["paths"]
    return {f"{method.upper()} {path}" for path, methods in document.items() for method in methods}


async def test_every_route_is_in_the_table(client):
    assert routes_of(client) == OF_EVERYBODY | set(ADMITTED)


@pytest.mark.parametrize("route", ADMITTED)
async def test_a_route_admits_who_the_table_says_and_nobody_else(scene, route):
    for bearer in BEARERS:
        answer = await scene(route, bearer)
        if bearer in ADMITTED[route]:
            assert answer.status_code in {200, 202}, (bearer, answer.text)
        else:
            refused = 403 if route == "GET /v1/me/data-access" else 404
            assert answer.status_code == refused, (bearer, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_only_roles_of_agencies_ask_even_if_another_is_held_in_the_agency(client, open_case, tokens):
    case = open_case()
    statuses = {}
    for role in ("service_centre_administrator", "head_of_service_centre", "auditor", "agency_representative"):
        headers = tokens.headers(role=role, organisation=AGENCY) | {"Idempotency-Key": f"key-{new_id()}"}
        wanted = {"application_id": case["application_id"], "requirement": REGISTER}
        statuses[role] = (await client.post("/v1/verifications", headers=headers, json=wanted)).status_code
    assert statuses == dict.fromkeys(statuses, 404) | {"agency_representative": 202}


async def test_the_list_of_an_application_holds_nothing_for_whom_it_is_not(scene):
    for bearer in BEARERS:
        answer = await scene("GET /v1/verifications", bearer)
        assert len(answer.json()) == (1 if bearer in SEE else 0), bearer


async def test_who_looked_at_the_data_is_the_persons_own_to_see(scene):
    for bearer in EVERYBODY - {"machine"}:
        answer = await scene("GET /v1/me/data-access", bearer)
        assert len(answer.json()["items"]) == (1 if bearer == "citizen" else 0), bearer


async def test_a_thing_that_is_not_yours_answers_as_one_that_is_not_there(scene):
    for route in ("GET /v1/verifications/{verification_id}", "POST /v1/verifications"):
        for bearer in EVERYBODY - ADMITTED[route]:
            other = (await scene(route, bearer)).json()
            absent = (await scene(route, bearer, verification_id=new_id(), application_id=str(new_id()))).json()
            for answer in (other, absent):
                answer.pop("instance")
                answer.pop("trace_id", None)
            assert other == absent, (route, bearer)


@pytest.mark.parametrize("route", ADMITTED)
async def test_without_a_good_token_nothing_is_answered(client, tokens, route):
    method, _, path = route.partition(" ")
    forged = type(tokens)(tokens.clock, key=a_signing_key(tokens.key.kid))
    for headers in (
        {},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer x.y.z"},
        forged.headers(**ROLES["head of agency"]),
        tokens.headers(**ROLES["head of agency"], aud=["catalog"]),
        tokens.headers(**ROLES["head of agency"], exp=int(tokens.clock.now().timestamp()) - 60),
    ):
        answer = await client.request(method, path.format(verification_id=new_id()), headers=headers)
        assert answer.status_code == 401, headers
        assert answer.headers["www-authenticate"].startswith("Bearer")
