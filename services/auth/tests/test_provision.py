"""Provisioning: operators and machine clients are as a declaration says, however often it is applied."""

import json

import pyotp
import pytest

from auth.domain.errors import ClientInvalid
from auth.storage import tables
from auth.use_cases.provision import Declaration, provision

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OPERATOR = {"login": "operator", "password": "an operator's password", "totp_secret": TOTP_SECRET}
CLIENT = {"client_id": "applications", "secret": "c" * 40, "scopes": ["accounts:contact", "kiosk"]}


async def test_a_declaration_can_be_applied_again_and_again(office):
    declaration = Declaration(operators=[OPERATOR], clients=[CLIENT])
    kept = (tables.logins, tables.clients, tables.client_secrets, tables.signing_keys)
    await provision(office.deps, declaration)
    before, trail = [await office.rows(table) for table in kept], await office.trail()
    await provision(office.deps, declaration)
    assert await office.trail() == trail, "nothing changed"
    assert [sorted(await office.rows(table)) for table in kept] == [sorted(rows) for rows in before]
    [account] = await office.rows(tables.accounts)
    registered = {"account_id": str(account.id), "kind": "operator", "language": "uk"}
    assert await office.events() == [("registered.v1", registered)]

    session = await office.sign_in("operator", OPERATOR["password"], totp=office.totp(TOTP_SECRET))
    headers = {"Authorization": f"Bearer {session.json()['access_token']}"}
    assert (await office.client.get("/v1/officers", headers=headers)).status_code == 200


async def test_a_changed_declaration_is_made_true_and_what_it_does_not_name_stays(office):
    await provision(office.deps, Declaration(operators=[OPERATOR], clients=[CLIENT]))
    operator = {**OPERATOR, "password": "another password of theirs", "totp_secret": pyotp.random_base32()}
    client = {**CLIENT, "secret": "d" * 40, "scopes": ["kiosk"]}
    await provision(office.deps, Declaration(operators=[operator], clients=[client]))
    assert (await office.client_token("applications", CLIENT["secret"])).json()["error"] == "invalid_client"
    assert (await office.client_token("applications", "d" * 40, resource="catalog")).json()["scope"] == "kiosk"
    assert (await office.client_token("auth")).status_code == 200
    assert (await office.sign_in("operator", OPERATOR["password"], totp=office.totp(TOTP_SECRET))).status_code == 401
    code = office.totp(operator["totp_secret"])
    assert (await office.sign_in("operator", operator["password"], totp=code)).status_code == 201


async def test_the_command_reads_standard_input_and_says_what_is_there_now(office, command):
    code, output = await command("provision", "-", stdin=json.dumps({"operators": [OPERATOR], "clients": [CLIENT]}))
    assert (code, output.strip()) == (0, "1 operators and 1 clients are as declared.")
    assert (await office.sign_in("operator", OPERATOR["password"], totp=office.totp(TOTP_SECRET))).status_code == 201
    assert (await office.client_token("applications", CLIENT["secret"])).status_code == 200


async def test_a_declaration_with_a_mistake_changes_nothing_and_shows_no_secret(office, command):
    declared = {"operators": [OPERATOR], "clients": [{**CLIENT, "secret": "too-short"}]}
    code, output = await command("provision", "-", stdin=json.dumps(declared))
    assert code != 0
    assert "clients.0.secret" in output
    assert "too-short" not in output
    assert await office.rows(tables.accounts) == []


KEY = {
    "kty": "EC",
    "crv": "P-256",
    "kid": "1",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
PORTAL = {"client_id": "portal", "kind": "web-public", "redirect_uris": ["https://portal.example/signed-in"]}
SYSTEM = {"client_id": "system", "auth_method": "private_key_jwt", "jwks": {"keys": [KEY]}, "scopes": ["kiosk"]}
NETWORK = {**CLIENT, "client_id": "network", "scopes": ["intake:post-office"], "operators": ["op-1", "op-2"]}


async def test_every_kind_of_client_can_be_declared(office):
    declaration = Declaration(clients=[PORTAL, SYSTEM, NETWORK])
    await provision(office.deps, declaration)
    kept = (tables.clients, tables.client_secrets, tables.client_operators, tables.audit_log)
    before = [await office.rows(table) for table in kept]
    await provision(office.deps, declaration)
    assert [await office.rows(table) for table in kept] == before
    assert {row.id: row.auth_method for row in before[0]} == {
        "auth": "client_secret",
        "portal": "none",
        "system": "private_key_jwt",
        "network": "client_secret",
    }
    token = await office.client_token("network", CLIENT["secret"], resource="applications", operator="op-1")
    assert token.json()["scope"] == "intake:post-office"


async def test_a_client_that_was_disabled_stays_so_and_an_operator_who_left_stays_away(office):
    await provision(office.deps, Declaration(clients=[PORTAL, NETWORK]))
    await office.client.delete("/v1/clients/portal", headers=office.operator())
    await office.client.delete("/v1/clients/network/operators/op-1", headers=office.operator())
    await provision(office.deps, Declaration(clients=[{**PORTAL, "name": "Portal"}, NETWORK]))
    [portal] = [row for row in await office.rows(tables.clients) if row.id == "portal"]
    assert (portal.name, portal.disabled_at is None) == ("Portal", False)
    answer = await office.client_token("network", CLIENT["secret"], resource="applications", operator="op-1")
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("client", "pointer"),
    [
        ({**CLIENT, "scopes": ["operator"]}, "/clients/0/scopes/0"),
        ({**CLIENT, "scopes": ["anything"]}, "/clients/0/scopes/0"),
        ({"client_id": "kiosk"}, "/clients/0/secret"),
        ({**PORTAL, "secret": "c" * 40}, "/clients/0/secret"),
        ({**PORTAL, "operators": ["op-1"]}, "/clients/0/operators"),
        ({**PORTAL, "redirect_uris": ["http://portal.example/"]}, "/clients/0/redirect_uris/0"),
        ({**CLIENT, "client_id": "0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f"}, "/clients/0/client_id"),
    ],
)
async def test_a_client_that_does_not_fit_its_kind_changes_nothing(office, client, pointer):
    with pytest.raises(ClientInvalid) as caught:
        await provision(office.deps, Declaration(operators=[OPERATOR], clients=[client]))
    assert [where for where, _ in caught.value.violations] == [pointer]
    assert await office.rows(tables.accounts) == []


async def test_a_new_password_of_an_operator_ends_their_sessions(office):
    await provision(office.deps, Declaration(operators=[OPERATOR]))
    session = await office.sign_in("operator", OPERATOR["password"], totp=office.totp(TOTP_SECRET))
    await provision(office.deps, Declaration(operators=[{**OPERATOR, "password": "another password of theirs"}]))
    assert (await office.refresh(session.json()["refresh_token"])).status_code == 400
    assert ("operator-changed", "done") in await office.trail()


async def test_the_command_speaks_json_and_names_the_place_of_a_mistake(office, command):
    declared = json.dumps({"operators": [OPERATOR], "clients": [CLIENT]})
    code, output = await command("provision", "--json", "-", stdin=declared)
    assert (code, json.loads(output)) == (0, {"operators": 1, "clients": 1})
    code, output = await command("provision", "-", stdin=json.dumps({"clients": [{**CLIENT, "scopes": ["anything"]}]}))
    assert code == 1
    assert "/clients/0/scopes/0" in output
    assert CLIENT["secret"] not in output
    code, output = await command("provision", "/nowhere/declaration.json")
    assert (code, "Nothing was changed" in output, "Traceback" in output) == (1, True, False)
