"""Every route × every bearer: what is in force is everybody's to read, everything else only for whom the table names.

Who of them may do it with which public service, draft or centre is in `definitions/test_authority.py` and
`test_centre_exceptions.py`.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from shared.ids import new_id
from tests.support.apps import client_for

NOWHERE = "no-such-organisation"
BEARERS: Mapping[str, Mapping[str, Any]] = {
    "citizen": {},
    "administrator": {"role": "service_centre_administrator", "organisation": NOWHERE},
    "head of a centre": {"role": "head_of_service_centre", "organisation": NOWHERE},
    "representative": {"role": "agency_representative", "organisation": NOWHERE},
    "head of an agency": {"role": "head_of_executive_agency", "organisation": NOWHERE},
    "officer of no known role": {"role": "auditor", "organisation": NOWHERE},
    "operator": {"scopes": ["operator"]},
    "machine": {"subject": "kiosk", "scopes": ["kiosk"]},
}
CENTRE, AGENCY = {"administrator", "head of a centre"}, {"representative", "head of an agency"}
FORBIDDEN, ABSENT = (403, "forbidden"), (404, "not-found")
# route: whom it lets in, and what the others are told
ADMITTED: Mapping[str, tuple[set[str], tuple[int, str]]] = {
    "POST /v1/service-centres/{slug}/exceptions": (CENTRE, ABSENT),
    "PUT /v1/service-centres/{slug}/exceptions/{exception_id}": (CENTRE, ABSENT),
    "DELETE /v1/service-centres/{slug}/exceptions/{exception_id}": (CENTRE, ABSENT),
    "GET /v1/my-public-services": (AGENCY, FORBIDDEN),
    "POST /v1/public-services": (AGENCY, FORBIDDEN),
    "GET /v1/public-services/{slug}/draft": (AGENCY, ABSENT),
    "PUT /v1/public-services/{slug}/draft": (AGENCY, ABSENT),
    "DELETE /v1/public-services/{slug}/draft": (AGENCY, ABSENT),
    "POST /v1/public-services/{slug}/publish": (AGENCY, ABSENT),
    "POST /v1/public-services/{slug}/withdraw": ({"head of an agency"}, FORBIDDEN),
    "POST /v1/public-services/{slug}/confirm-review": (AGENCY, FORBIDDEN),
    "GET /v1/agencies/{slug}/defaults": (AGENCY, ABSENT),
    "PUT /v1/agencies/{slug}/defaults": (AGENCY, ABSENT),
}
OF_EVERYBODY = {
    f"GET {path}"
    for path in (
        "/v1/public-services", "/v1/public-services/{slug}", "/v1/public-services/{slug}/versions",
        "/v1/public-services/{slug}/information-card", "/v1/public-services/{slug}/places",
        "/v1/public-services.jsonld", "/v1/public-services.csv", "/v1/public-services/{slug}.jsonld",
        "/v1/service-centres", "/v1/service-centres/{slug}", "/v1/service-centres/{slug}/exceptions",
        "/v1/service-centres/{slug}/public-services", "/v1/access-points", "/v1/territories", "/v1/territories/{slug}",
        "/v1/agencies", "/v1/registers", "/v1/life-events", "/v1/snapshot", "/v1/snapshot/keys",
        "/problems", "/problems/{slug}",
    )
}  # fmt: skip


@pytest.fixture
async def reader(catalogue, folder, app_of):
    await catalogue.take_in(folder.path)
    async with client_for(app_of(catalogue)) as client:
        yield client


async def ask(reader, route: str, headers: Mapping[str, str], slug: str = NOWHERE) -> tuple[int, str | None]:
    method, _, path = route.partition(" ")
    sent = {"Idempotency-Key": str(new_id()), **headers}
    answer = await reader.request(method, path.format(slug=slug, exception_id=new_id()), headers=sent, json={})
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return answer.status_code, answer.json()["type"].rpartition("/")[2] if is_problem else None


def test_every_route_is_in_the_table(catalogue, app_of):
    document = app_of(catalogue).openapi()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in document.items() for method in methods}
    assert routes == OF_EVERYBODY | set(ADMITTED)


@pytest.mark.parametrize("route", sorted(OF_EVERYBODY))
async def test_what_is_in_force_is_read_without_a_token(reader, route):
    status, _ = await ask(reader, route, {})
    assert status not in {401, 403}


@pytest.mark.parametrize("route", ADMITTED)
async def test_a_route_lets_in_whom_the_table_names_and_nobody_else(reader, tokens, route):
    admitted, refusal = ADMITTED[route]
    # what is there and what is not are refused alike
    for slug in ("pet-registration", NOWHERE):
        answers = {name: await ask(reader, route, tokens.headers(**bearer), slug) for name, bearer in BEARERS.items()}
        assert {answers[name] for name in set(BEARERS) - admitted} == {refusal}
        assert not {answers[name][0] for name in admitted} & {401}
        assert slug != NOWHERE or FORBIDDEN not in {answers[name] for name in admitted}


@pytest.mark.parametrize("route", ADMITTED)
async def test_without_a_good_token_nothing_of_this_is_answered(reader, tokens, route):
    now = int(tokens.clock.now().timestamp())
    head = BEARERS["head of an agency"]
    for headers in (
        {},
        {"Authorization": "Bearer x.y.z"},
        tokens.headers(**head, aud=["applications"]),
        tokens.headers(**head, iat=now - 700, exp=now - 100),
    ):
        assert await ask(reader, route, headers) == (401, "unauthenticated")
