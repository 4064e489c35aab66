"""Demo logins for each role, made through the public API as an operator and heads would; safe to run again."""

import hmac
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp

from dev.client import PlatformClient, StepFailed, key_of
from dev.run_folder import RunFolder
from dev.topology import Ports

CENTRE = "cnap-dnipro"
OFFICE = "municipal-residence-registrar--dnipro"
_FILE, _SESSIONS = "demo.json", "sessions.json"
_OFFICERS = (
    # login, full name, role, organisation, appointed by
    ("head.cnap", "Зразкова Марія Тестівна", "head_of_service_centre", CENTRE, "operator"),
    ("head.agency", "Умовний Остап Прикладович", "head_of_executive_agency", OFFICE, "operator"),
    ("administrator", "Макетна Дарина Зразківна", "service_centre_administrator", CENTRE, "head.cnap"),
    ("representative", "Прикладний Лев Умовович", "agency_representative", OFFICE, "head.agency"),
)
_CITIZEN = {"phone": "+380000000001", "email": "olena@example.com"}


async def ensure(folder: RunFolder, ports: Ports) -> None:
    """Make the demo logins, unless they were made before."""
    if folder.read(_FILE):
        return
    secrets = folder.secrets()
    seed = secrets["operator_password"]
    logins: dict[str, Any] = {
        "operator": {"login": "operator", "password": seed, "totp_secret": secrets["operator_totp"], "role": "operator"}
    }
    client = PlatformClient(ports)
    try:
        for login, full_name, role, organisation, appointer in _OFFICERS:
            token = await sign_in(client, folder, logins[appointer])
            password = _derived(seed, login)
            mandate = {"role": role, "organisation": organisation}
            body = {"login": login, "full_name": full_name, "mandate": mandate}
            secret = await appoint(client, token, body, key=_derived(seed, "key", login), password=password)
            logins[login] = {"login": login, "password": password, "totp_secret": secret, **mandate}
        password = _derived(seed, "citizen")
        await register_citizen(client, {**_CITIZEN, "password": password})
        logins["citizen"] = {"login": _CITIZEN["phone"], "password": password, "role": "citizen"}
    finally:
        await client.close()
    folder.write(_FILE, logins)


def read(folder: RunFolder) -> dict[str, Any]:
    """Return the demo logins by name."""
    return folder.read(_FILE)


async def sign_in(client: PlatformClient, folder: RunFolder, login: Mapping[str, str]) -> str:
    """Return an access token; one that is good for two more minutes is used again, as each TOTP code is good once."""
    sessions = folder.read(_SESSIONS)
    known = sessions.get(login["login"])
    if known and known["good_until"] > time.time() + 120:
        return str(known["access_token"])
    body = {"login": login["login"], "password": login["password"]}
    for _ in range(2):
        if secret := login.get("totp_secret"):
            body["totp"] = pyotp.TOTP(secret).now()
        answer = await client.send("POST", "auth", "/v1/sessions", json=body)
        if answer.status_code != 401 or "totp" not in body:
            break
        # this step's code was used: the next step's has to come
        used = body["totp"]

        async def next_code(used: str = used, secret: str = login["totp_secret"]) -> bool:
            return pyotp.TOTP(secret).now() != used

        await client.eventually(next_code, what="the authenticator shows a new code")
    if not answer.is_success:
        raise StepFailed(f"Signing in as {login['login']}: {answer.status_code} {answer.text[:300]}")
    session = answer.json()
    kept = {"access_token": session["access_token"], "good_until": time.time() + session["expires_in"]}
    folder.write(_SESSIONS, {**folder.read(_SESSIONS), login["login"]: kept})
    return str(session["access_token"])


def keep(folder: RunFolder, login: Mapping[str, str]) -> None:
    """Remember one more login."""
    folder.write(_FILE, {**read(folder), login["login"]: dict(login)})


async def appoint(client: PlatformClient, token: str, body: Mapping[str, Any], *, key: str, password: str) -> str:
    """Appoint an officer and activate the account; return the secret of the second factor.

    One who was activated in a run that broke off gets a new code: nobody kept the secret.
    """
    appointed = await _appoint(client, token, body, key=key)
    if appointed["activation_code"] is None:
        address = f"/v1/officers/{appointed['account_id']}/activation"
        headers = key_of(f"activation-{time.time_ns()}")
        appointed = await client.json("POST", "auth", address, token=token, headers=headers)
    return await _activate(client, str(body["login"]), appointed["activation_code"], password)


async def _activate(client: PlatformClient, login: str, code: str, password: str) -> str:
    body = {"login": login, "activation_code": code}
    begun = await client.json("POST", "auth", "/v1/officers/activate", json=body | {"password": password})
    secret = parse_qs(urlsplit(begun["totp_uri"]).query)["secret"][0]
    # the code of half a minute ago, for each is good once: that of now is left for signing in
    body["totp"] = pyotp.TOTP(secret).at(time.time() - 30)
    await client.json("POST", "auth", "/v1/officers/activate/confirm", json=body)
    return str(secret)


async def register_citizen(client: PlatformClient, citizen: Mapping[str, str], *, key: str | None = None) -> None:
    """Register a citizen whose codes can be read at the simulated providers; one who is registered stays so."""
    signed_in = await client.send(
        "POST", "auth", "/v1/sessions", json={"login": citizen["phone"], "password": citizen["password"]}
    )
    if signed_in.is_success:
        return
    headers = key_of(key or f"citizen-{time.time_ns()}")
    pending = await client.json("POST", "auth", "/v1/accounts", json=dict(citizen), headers=headers)
    codes = {
        "sms_code": await _newest_code(client, citizen["phone"]),
        "email_code": await _newest_code(client, citizen["email"]),
    }
    await client.json("POST", "auth", f"/v1/accounts/{pending['registration_id']}/confirm", json=codes)


async def _newest_code(client: PlatformClient, to: str) -> str:
    async def find() -> str | None:
        messages = await client.json("GET", "messages", "/messages.json", params={"to": to})
        return next((message["text"][:6] for message in messages if message["text"][:6].isdigit()), None)

    return str(await client.eventually(find, what=f"a code has come to {to}"))


async def _appoint(client: PlatformClient, token: str, body: Mapping[str, Any], *, key: str) -> Any:
    """Appoint, as soon as auth has heard of the organisation."""
    result: dict[str, Any] = {}

    async def appoint() -> bool:
        answer = await client.send("POST", "auth", "/v1/officers", token=token, json=body, headers=key_of(key))
        if answer.status_code == 422 and "unknown-organisation" in answer.text:
            return False
        if not answer.is_success:
            raise StepFailed(f"Appointing {body['login']}: {answer.status_code} {answer.text[:300]}")
        result.update(answer.json())
        return True

    await client.eventually(appoint, what=f"auth knows {body['mandate']['organisation']}")
    return result


def _derived(seed: str, *parts: str) -> str:
    return hmac.new(seed.encode(), "/".join(parts).encode(), "sha256").hexdigest()[:24]
