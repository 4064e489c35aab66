"""A network of post offices: one client, many operators; each token says who is at the counter."""

import pytest
from jose import jwt

from auth.storage import tables

NETWORK = {"client_id": "post-network", "name": "Post", "scopes": ["intake:post-office"]}


@pytest.fixture
async def network(office, create):
    """Ask for a token as the network does."""
    secret = (await create(NETWORK)).json()["client_secret"]

    async def do(resource="applications", **form):
        return await office.client_token("post-network", secret, resource=resource, **form)

    do.auth = ("post-network", secret)
    return do


@pytest.fixture
def operators(office):
    async def do(method, path="", **body):
        url = f"/v1/clients/post-network/operators{path}"
        return await office.client.request(method, url, json=body or None, headers=office.operator())

    return do


async def test_a_token_is_of_the_network_and_names_its_operator(office, network, operators):
    for _ in range(2):
        assert (await operators("POST", operator_id="op-4071")).status_code == 204
    token = (await network(operator="op-4071")).json()
    claims = jwt.get_unverified_claims(token["access_token"])
    assert (claims["sub"], claims["client_id"], claims["act"]) == ("post-network", "post-network", {"sub": "op-4071"})
    assert token["scope"] == "intake:post-office"
    trail = await office.trail()
    assert trail.count(("client-operator-added", "done")) == 1
    assert ("operator-acts", "done") in trail


async def test_taking_in_applications_needs_an_operator(network, refused):
    assert refused(await network(), "invalid_request")
    assert refused(await network(operator="op-4071"), "invalid_grant")
    assert refused(await network(resource="catalog"), "invalid_request")


async def test_an_operator_who_left_acts_no_more(office, network, operators, refused):
    await operators("POST", operator_id="op-4071")
    token = (await network(operator="op-4071")).json()["access_token"]
    assert (await operators("DELETE", "/op-4071")).status_code == 204
    assert (await operators("DELETE", "/op-4071")).status_code == 404
    assert refused(await network(operator="op-4071"), "invalid_grant")
    asked = await office.client.post("/oauth/introspect", data={"token": token}, auth=network.auth)
    assert asked.json() == {"active": False}
    [left] = (await operators("GET")).json()["items"]
    assert (left["operator_id"], left["ended_at"] is None) == ("op-4071", False)
    await operators("POST", operator_id="op-4071")
    assert (await network(operator="op-4071")).status_code == 200
    assert ("operator-acts", "refused") in await office.trail()
    assert ("client-operator-ended", "done") in await office.trail()


async def test_an_operator_of_another_network_is_none_of_this(office, create, network, refused):
    await create(NETWORK, client_id="other-network")
    body = {"operator_id": "op-1"}
    await office.client.post("/v1/clients/other-network/operators", json=body, headers=office.operator())
    assert refused(await network(operator="op-1"), "invalid_grant")
    assert "op-1" not in str([row.facts for row in await office.rows(tables.audit_log) if row.outcome == "refused"])


async def test_operators_are_listed_in_pages(office, network, operators):
    for number in range(3):
        await operators("POST", operator_id=f"op-{number}")
    first = (await operators("GET", "?limit=2")).json()
    assert [held["operator_id"] for held in first["items"]] == ["op-0", "op-1"]
    last = (await office.client.get(first["next"], headers=office.operator())).json()
    assert [held["operator_id"] for held in last["items"]] == ["op-2"]


@pytest.mark.parametrize("operator_id", ["", "a b", "x" * 101, "ключ", "a/b"])
async def test_an_operator_has_an_id_that_a_token_can_carry(operators, problem, network, operator_id):
    assert problem(await operators("POST", operator_id=operator_id), 422, "invalid-request")


async def test_only_a_machine_has_operators(office, party, problem):
    await party()
    body = {"operator_id": "op-1"}
    answer = await office.client.post("/v1/clients/portal/operators", json=body, headers=office.operator())
    assert problem(answer, 422, "invalid-request")
