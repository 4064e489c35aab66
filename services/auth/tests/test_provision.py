"""Provisioning: operators and machine clients are as a declaration says, however often it is applied."""

import json

import pyotp

from auth.storage import tables
from auth.use_cases.provision import Declaration, provision

TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OPERATOR = {"login": "operator", "password": "an operator's password", "totp_secret": TOTP_SECRET}
CLIENT = {"client_id": "applications", "secret": "c" * 40, "scopes": ["a", "b"]}


async def test_a_declaration_can_be_applied_again_and_again(office):
    declaration = Declaration(operators=[OPERATOR], clients=[CLIENT])
    kept = (tables.logins, tables.clients, tables.signing_keys)
    await provision(office.deps, declaration)
    before = [await office.rows(table) for table in kept]
    await provision(office.deps, declaration)
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
    client = {**CLIENT, "secret": "d" * 40, "scopes": ["a"]}
    await provision(office.deps, Declaration(operators=[operator], clients=[client]))
    assert (await office.client_token("applications", CLIENT["secret"])).json()["error"] == "invalid_client"
    assert (await office.client_token("applications", "d" * 40)).json()["scope"] == "a"
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
