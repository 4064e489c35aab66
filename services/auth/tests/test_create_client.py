"""Machine clients: the operator creates them, and the secret is shown once."""

import pytest

from auth.storage import tables

BODY = {"client_id": "kiosk:dnipro-1", "name": "Kiosk", "scopes": ["kiosk", "kiosk"]}


async def test_the_operator_creates_a_client_that_gets_tokens(office):
    answer = await office.client.post("/v1/clients", json=BODY, headers=office.operator())
    assert answer.status_code == 201
    created = answer.json()
    assert (created["client_id"], created["scopes"]) == ("kiosk:dnipro-1", ["kiosk"])
    token = await office.client_token(created["client_id"], created["client_secret"], resource="catalog")
    assert token.json()["scope"] == "kiosk"
    [client] = [row for row in await office.rows(tables.clients) if row.id == created["client_id"]]
    assert created["client_secret"].encode() not in client.secret_hash


async def test_a_taken_id_keeps_its_secret(office, problem):
    first = (await office.client.post("/v1/clients", json=BODY, headers=office.operator())).json()
    again = await office.client.post("/v1/clients", json=BODY, headers=office.operator())
    assert problem(again, 409, "client-taken")
    assert (await office.client_token(BODY["client_id"], first["client_secret"])).status_code == 200


@pytest.mark.parametrize(
    "change", [{"client_id": "Kiosk 1"}, {"scopes": ["a b"]}, {"scopes": ["x"] * 51}, {"name": ""}]
)
async def test_an_id_or_scope_that_a_token_cannot_carry_is_refused(office, problem, change):
    answer = await office.client.post("/v1/clients", json=BODY | change, headers=office.operator())
    assert problem(answer, 422, "invalid-request")
