"""The documents that clients configure themselves by: discovery and public keys; and what is kept in which form."""

import base64

from argon2 import Type, extract_parameters

from auth.storage import tables
from auth.use_cases.dependencies import Passwords


async def test_the_public_keys_are_public_and_nothing_else(office):
    answer = await office.client.get("/.well-known/jwks.json")
    [key] = answer.json()["keys"]
    assert set(key) == {"kty", "crv", "use", "alg", "kid", "x", "y"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
    assert answer.headers["cache-control"] == "public, max-age=60"


async def test_nothing_secret_or_personal_is_kept_in_clear(office):
    phone, email, password = "+380000000077", "olena.77@example.com", "a very private password"
    pending = await office.register(phone=phone, email=email, password=password)
    codes = office.codes.latest()
    await office.confirm(pending)
    session = (await office.sign_in(phone, password)).json()
    officer = await office.an_officer("private.login")
    body = {"client_id": "kiosk", "name": "Kiosk", "scopes": ["kiosk"]}
    headers = office.operator() | {"Idempotency-Key": "a-key-of-this-client"}
    client = (await office.client.post("/v1/clients", json=body, headers=headers)).json()
    await office.sign_in(phone, "a mistyped password")

    (key,) = await office.rows(tables.signing_keys)
    pem = office.deps.cipher.decrypt(key.private_sealed, f"signing_keys:{key.kid}").decode().splitlines()
    secrets = {
        "phone": phone,
        "digits of the phone": phone[3:],
        "e-mail": email,
        "password": password,
        "tokens": session["refresh_token"],
        "codes": codes["sms_code"],
        "login": officer.login,
        "name": "Зразкова",
        "second factor": officer.totp_secret,
        "client's secret": client["client_secret"],
        "private key": pem[1],
    }
    kept = await office.dump()
    assert kept.count("\\x") > 10
    for name, secret in secrets.items():
        assert secret not in kept, name
        assert secret.encode().hex() not in kept, name
    private = base64.b64decode("".join(pem[1:-1]))
    assert private[36:68].hex() not in kept
    hashes = [row.password_hash for row in await office.rows(tables.accounts)]
    assert all(text.startswith("$argon2id$v=19$") for text in hashes)
    assert len(set(hashes)) == len(hashes) == 2


async def test_where_a_person_is_reached_is_told_to_notifications_alone(office, problem):
    account_id = await office.a_citizen("+380000000077")
    address = f"/v1/accounts/{account_id}/contact"
    answer = await office.client.get(address, headers=office.headers(scopes=["accounts:contact"]))
    assert answer.json() == {"account_id": account_id, "phone": "+380000000077", "email": None, "language": "uk"}
    for bearer in ({"subject": account_id}, {"scopes": ["operator"]}, {"scopes": ["accounts"]}):
        assert problem(await office.client.get(address, headers=office.headers(**bearer)), 403, "forbidden")


async def test_guessing_a_password_costs_an_attacker_memory_and_time(monkeypatch):
    monkeypatch.undo()
    parameters = extract_parameters(await Passwords().hash("any password at all"))
    assert parameters.type is Type.ID
    # the least of RFC 9106 §4 for a machine with little memory
    assert parameters.memory_cost >= 65_536
    assert parameters.time_cost >= 3
