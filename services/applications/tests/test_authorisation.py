"""Every route × every bearer × a case of theirs and one that is absent, against a table written from the roles' rights."""

from collections.abc import Mapping
from typing import Any

import pytest

ABSENT = "0198f2c0-dead-7000-8000-000000000000"
SHA256 = "0" * 64
CITIZENS = {"citizen", "other citizen"}
CENTRE, AGENCY = {"administrator", "head of centre"}, {"representative", "second representative", "head of agency"}
AGENCY_HEADS = {"head of agency", "second head of agency"}
AGENCY = {*AGENCY, *AGENCY_HEADS}
# to these the case is there; to everybody else it is as absent as one that never was
PARTIES = {"citizen", *CENTRE, *AGENCY}
REASON, TEXT = {"reason": "тому що"}, {"text": "Яка адреса?"}
CASE = "/v1/applications/{application_id}"
# route of one case: who of the parties may use it, and a right body
ROUTES_OF_A_CASE: Mapping[str, tuple[set[str], Any]] = {
    f"GET {CASE}": (PARTIES, None),
    f"GET {CASE}/timeline": (PARTIES, None),
    f"GET {CASE}/files/{{sha256}}": (PARTIES, None),
    f"POST {CASE}/register": (CENTRE, None),
    f"POST {CASE}/return": (CENTRE, REASON),
    f"POST {CASE}/resubmit": ({"citizen"}, None),
    f"POST {CASE}/claim": (AGENCY, None),
    f"POST {CASE}/request-information": (AGENCY, TEXT),
    f"POST {CASE}/supply-information": ({"citizen"}, TEXT),
    f"POST {CASE}/propose-decision": (AGENCY, {"outcome": "granted"}),
    f"POST {CASE}/approve-decision": (AGENCY_HEADS, None),
    f"POST {CASE}/send-back": (AGENCY_HEADS, REASON),
    f"POST {CASE}/decide": (AGENCY, {"outcome": "granted"}),
    f"POST {CASE}/extend-deadline": (AGENCY_HEADS, {"days": 1, **REASON}),
    f"POST {CASE}/withdraw": ({"citizen"}, None),
}
BY_SCOPE = {f"GET {CASE}/verification-subject": {"register gateway"}}
OF_CITIZENS = ("POST /v1/applications", "PUT /v1/files/{sha256}")
OF_EVERYBODY_WITH_A_TOKEN = ("GET /v1/applications",)
OF_EVERYBODY = ("GET /v1/track/{reference}", "GET /problems", "GET /problems/{slug}")


def slug_of(answer) -> str:
    return answer.json()["type"].rpartition("/")[2]


def told(answer) -> tuple[int, dict[str, Any]]:
    """What an answer tells, without the parts that differ from call to call."""
    told = {name: value for name, value in answer.json().items() if name not in {"instance", "trace_id"}}
    return answer.status_code, told


def test_every_route_is_in_the_table(app):
    routes = {f"{method.upper()} {path}" for path, methods in app.openapi()["paths"].items() for method in methods}
    listed = {*ROUTES_OF_A_CASE, *BY_SCOPE, *OF_CITIZENS, *OF_EVERYBODY_WITH_A_TOKEN, *OF_EVERYBODY}
    assert routes == listed


@pytest.mark.parametrize("route", [*ROUTES_OF_A_CASE, *BY_SCOPE, *OF_CITIZENS, *OF_EVERYBODY_WITH_A_TOKEN])
async def test_without_a_token_nothing_is_told(route, office):
    case = await office.a_case()
    before = await office.counts()
    method, path = route.split()
    for identifier in (case["id"], ABSENT, "not-an-id"):
        address = path.format(application_id=identifier, sha256=SHA256)
        answer = await office.call(method, address, by="nobody", json={})
        assert (answer.status_code, slug_of(answer)) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert await office.counts() == before


@pytest.mark.parametrize("route", ROUTES_OF_A_CASE)
async def test_a_case_is_there_for_its_parties_and_done_with_by_their_roles_alone(route, office, bearers):
    # nothing can be done to a withdrawn case: whoever may try is told so, and the case stays as it is for the next one
    case = await office.a_case("withdrawn")
    (file,) = await office.rows("application_files")
    before = await office.counts()
    allowed, body = ROUTES_OF_A_CASE[route]
    method, path = route.split()
    options = {} if body is None else {"json": body}
    for bearer in bearers:
        absent = await office.call(
            method, path.format(application_id=ABSENT, sha256=file["sha256"]), by=bearer, **options
        )
        assert (absent.status_code, slug_of(absent)) == (404, "not-found"), bearer
        answer = await office.call(
            method, path.format(application_id=case["id"], sha256=file["sha256"]), by=bearer, **options
        )
        if bearer not in PARTIES:
            assert told(answer) == told(absent), bearer
        elif bearer not in allowed:
            assert (answer.status_code, slug_of(answer)) == (403, "forbidden"), bearer
        elif method == "GET":
            assert answer.status_code == 200, bearer
        else:
            assert (answer.status_code, slug_of(answer)) == (409, "illegal-transition"), bearer
    assert await office.counts() == before


@pytest.mark.parametrize("route", BY_SCOPE)
async def test_a_route_of_machines_needs_its_scope(route, office, bearers):
    case = await office.a_case("registered")
    method, path = route.split()
    for bearer in bearers:
        for identifier in (case["id"], ABSENT):
            address = path.format(application_id=identifier)
            answer = await office.call(method, address, by=bearer, params={"requirement": "community-register"})
            if bearer not in BY_SCOPE[route]:
                assert (answer.status_code, slug_of(answer)) == (403, "forbidden"), bearer
            else:
                assert answer.status_code == (200 if identifier == case["id"] else 404)


async def test_only_citizens_hand_in(office, bearers):
    for bearer in bearers:
        before = await office.counts()
        upload, submission = await office.upload(by=bearer), await office.submit(by=bearer)
        if bearer in CITIZENS:
            assert (upload.status_code, submission.status_code) == (201, 201), bearer
            continue
        for answer in (upload, submission):
            assert (answer.status_code, slug_of(answer)) == (403, "forbidden"), bearer
        assert await office.counts() == before


@pytest.mark.parametrize("query", ["", "?state=submitted", "?mine=true", "?limit=100"])
async def test_a_list_has_what_the_bearer_has_a_part_in_and_no_more(query, office, bearers):
    ours = await office.a_case()
    theirs = await office.a_case(by="other citizen", centre="cnap-nikopol")
    seen = {"citizen": ours, "other citizen": theirs}
    seen |= dict.fromkeys(CENTRE | AGENCY, ours)
    names = ("administrator", "head of centre", "representative", "head of agency")
    seen |= {f"other {name}": theirs for name in names}
    for bearer in bearers:
        answer = await office.get(f"/v1/applications{query}", by=bearer)
        expected = [seen[bearer]["id"]] if bearer in seen else []
        if query == "?mine=true" and bearer not in CITIZENS:
            expected = []
        assert answer.status_code == 200
        assert [item["id"] for item in answer.json()["items"]] == expected, bearer
        assert answer.json()["next"] is None


async def test_a_mandate_opens_its_organisation_only(office):
    case = await office.a_case()
    path = f"/v1/applications/{case['id']}"
    for role, organisation, status in (
        ("service_centre_administrator", "cnap-dnipro", 200),
        ("service_centre_administrator", "cnap", 404),
        ("service_centre_administrator", "CNAP-DNIPRO", 404),
        ("service_centre_administrator", "municipal-residence-registrar--dnipro", 404),
        ("agency_representative", "cnap-dnipro", 404),
        ("agency_representative", "municipal-residence-registrar", 404),
        ("operator", "cnap-dnipro", 404),
    ):
        headers = office.tokens.headers(role=role, organisation=organisation)
        answers = [
            await office.client.get(path, headers=headers),
            await office.client.post(f"{path}/register", headers=headers),
        ]
        if status == 404:
            assert {answer.status_code for answer in answers} == {404}, (role, organisation)
        else:
            assert [answer.status_code for answer in answers] == [200, 200]


async def test_an_applicants_id_as_an_officers_subject_does_not_lend_mandates(office):
    case = await office.a_case()
    headers = office.tokens.headers(
        subject=str(office.account("citizen")), role="head_of_service_centre", organisation="cnap-nikopol"
    )
    path = f"/v1/applications/{case['id']}"
    assert (await office.client.get(path, headers=headers)).status_code == 200
    assert (await office.client.post(f"{path}/register", headers=headers)).status_code == 403
