"""Other providers of identity (BankID, Diia, ID.GOV.UA or any OpenID provider), asked as a relying party.

Authorization code with PKCE, state, nonce and the issuer's name in the answer (OpenID Connect Core, RFC 7636, RFC 9207).
Their addresses are those of the issuer's origin or of the declared ones; answers are bounded in size and time.
"""

import asyncio
import time
from base64 import urlsafe_b64encode
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Any, Literal
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter

from auth.domain.assurance import Level
from shared.clock import Clock
from shared.tokens import LEEWAY_SECONDS, TokenRefused, read_foreign

MOST_BYTES = 65_536
ANSWER_SECONDS = 8.0
_KEEP_SECONDS = 300.0
_ASK_AGAIN_SECONDS = 2.0
_OLDEST_SECONDS = 600
_MOST_AT_ONCE = 20


class UpstreamFailed(Exception):
    """The provider gave no identity; `reason` is a short fixed word: `unavailable`, `denied`, `refused`."""

    def __init__(self, reason: Literal["unavailable", "denied", "refused"], why: str = "") -> None:
        super().__init__(why or reason)
        self.reason = reason


class UpstreamProvider(BaseModel):
    """One provider as the settings declare it. `levels`: its `acr` → ours; what is not there is `low`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: str = Field(pattern=r"^[a-z0-9-]{2,40}$")
    name: Mapping[Literal["uk", "en"], str]
    issuer: str
    client_id: str
    client_secret: SecretStr
    scopes: Sequence[str] = ("openid", "profile")
    acr_values: Sequence[str] = ()
    levels: Mapping[str, Level] = {}
    algorithms: Sequence[Literal["ES256", "RS256"]] = ("ES256",)
    origins: Sequence[str] = ()


@dataclass(frozen=True)
class Attempt:
    """One sign-in with a provider, remembered by the browser until it comes back."""

    provider: str
    state: str
    nonce: str
    verifier: str
    redirect_uri: str


@dataclass(frozen=True)
class UpstreamIdentity:
    """Who somebody is for a provider, and how surely it knows."""

    provider: str
    subject: str
    name: str | None
    level: Level


class Upstream:
    """One provider, spoken to. What it says of itself and its keys are kept for five minutes.

    One that is slow holds up at most twenty requests, and none that does not need it.
    """

    def __init__(self, declared: UpstreamProvider, http: httpx.AsyncClient, clock: Clock) -> None:
        self.declared = declared
        self._http = http
        self._clock = clock
        self._metadata: Mapping[str, Any] = {}
        self._keys: Mapping[str, Mapping[str, Any]] = {}
        self._metadata_at = self._keys_at = self._asked_at = float("-inf")
        self._reading = asyncio.Lock()
        self._waiting = 0
        self.origins = {_origin(declared.issuer), *declared.origins}

    async def authorization_address(self, attempt: Attempt, language: str) -> str:
        """Return where the browser goes. Raises UpstreamFailed."""
        challenge = urlsafe_b64encode(sha256(attempt.verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code",
            "client_id": self.declared.client_id,
            "redirect_uri": attempt.redirect_uri,
            "scope": " ".join(self.declared.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "ui_locales": language,
        }
        if self.declared.acr_values:
            query["acr_values"] = " ".join(self.declared.acr_values)
        address = await self._address_of("authorization_endpoint")
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"

    async def identify(self, attempt: Attempt, answer: Mapping[str, str]) -> UpstreamIdentity:
        """Return whom the provider's answer names. Raises UpstreamFailed."""
        await self._check_answer(attempt, answer)
        credentials = (quote_plus(self.declared.client_id), quote_plus(self.declared.client_secret.get_secret_value()))
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": attempt.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        tokens = await self._ask("POST", await self._address_of("token_endpoint"), data=form, auth=credentials)
        access_token, id_token = tokens.get("access_token"), tokens.get("id_token")
        if not isinstance(access_token, str) or not isinstance(id_token, str):
            raise UpstreamFailed("refused", "no tokens")
        try:
            claims = await read_foreign(id_token, self, algorithms=self.declared.algorithms)
        except TokenRefused as error:
            raise UpstreamFailed("refused", error.reason) from None
        self._judge(claims, attempt.nonce, access_token)
        name = _name(claims) or _name(await self._userinfo(claims["sub"], access_token))
        level = self.declared.levels.get(str(claims.get("acr")), Level.LOW)
        return UpstreamIdentity(self.declared.id, claims["sub"], name, level)

    async def _check_answer(self, attempt: Attempt, answer: Mapping[str, str]) -> None:
        if not compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise UpstreamFailed("refused", "other state")
        metadata = await self._read_metadata()
        is_named = metadata.get("authorization_response_iss_parameter_supported") is True
        if answer.get("iss", None if is_named else self.declared.issuer) != self.declared.issuer:
            raise UpstreamFailed("refused", "other issuer")
        if answer.get("error"):
            raise UpstreamFailed("denied" if answer["error"] == "access_denied" else "refused", "error response")
        if not answer.get("code"):
            raise UpstreamFailed("refused", "no code")

    def _judge(self, claims: Mapping[str, Any], nonce: str, access_token: str) -> None:
        """Hold an ID token to OpenID Connect Core §3.1.3.7."""
        now, mine = int(self._clock.now().timestamp()), self.declared.client_id
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        times = claims.get("exp"), claims.get("iat")
        subject, given = claims.get("sub"), claims.get("nonce")
        half = urlsafe_b64encode(sha256(access_token.encode()).digest()[:16]).decode().rstrip("=")
        faults = {
            "other issuer": claims.get("iss") != self.declared.issuer,
            "other audience": mine not in audiences,
            "other party": claims.get("azp", mine if len(audiences) == 1 else None) != mine,
            "no times": not all(type(moment) is int for moment in times),
            "other nonce": not isinstance(given, str) or not compare_digest(given.encode(), nonce.encode()),
            "no subject": not isinstance(subject, str) or not 0 < len(subject) <= 255,
            "other access token": claims.get("at_hash", half) != half,
        }
        if fault := next((name for name, is_found in faults.items() if is_found), None):
            raise UpstreamFailed("refused", fault)
        if not claims["iat"] - LEEWAY_SECONDS <= now < claims["exp"] + LEEWAY_SECONDS:
            raise UpstreamFailed("refused", "not of this time")
        if now - claims["iat"] > _OLDEST_SECONDS:
            raise UpstreamFailed("refused", "too old")

    async def _userinfo(self, subject: str, access_token: str) -> Mapping[str, Any]:
        if "userinfo_endpoint" not in await self._read_metadata():
            return {}
        address = await self._address_of("userinfo_endpoint")
        told = await self._ask("GET", address, headers={"Authorization": f"Bearer {access_token}"})
        if told.get("sub") != subject:
            raise UpstreamFailed("refused", "other subject")
        return told

    async def find(self, kid: str) -> Mapping[str, Any] | None:
        """Return one of its public keys, or None."""
        age = time.monotonic() - self._keys_at
        if age > (_KEEP_SECONDS if kid in self._keys else _ASK_AGAIN_SECONDS):
            told = await self._ask("GET", await self._address_of("jwks_uri"))
            keys = told.get("keys")
            listed = keys if isinstance(keys, list) else []
            self._keys = {
                key["kid"]: key for key in listed if isinstance(key, dict) and isinstance(key.get("kid"), str)
            }
            self._keys_at = time.monotonic()
        return self._keys.get(kid)

    async def _address_of(self, member: str) -> str:
        address = (await self._read_metadata()).get(member)
        if not isinstance(address, str) or _origin(address) not in self.origins:
            raise UpstreamFailed("unavailable", f"{member} is not of the provider")
        return address

    async def _read_metadata(self) -> Mapping[str, Any]:
        async with self._reading:
            if time.monotonic() - self._metadata_at > _KEEP_SECONDS:
                if time.monotonic() - self._asked_at < _ASK_AGAIN_SECONDS:
                    raise UpstreamFailed("unavailable", "it did not answer a moment ago")
                await self._fetch_metadata()
            return self._metadata

    async def _fetch_metadata(self) -> None:
        issuer = self.declared.issuer
        try:
            metadata = await self._ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        finally:
            self._asked_at = time.monotonic()
        if metadata.get("issuer") != issuer:
            raise UpstreamFailed("unavailable", "another issuer answers")
        self._metadata, self._metadata_at = metadata, time.monotonic()

    async def _ask(self, method: str, address: str, **options: Any) -> Mapping[str, Any]:
        """Return the JSON object that the provider answers. Raises UpstreamFailed."""
        if self._waiting >= _MOST_AT_ONCE:
            raise UpstreamFailed("unavailable", "too many wait for it")
        self._waiting += 1
        try:
            return await self._ask_now(method, address, options)
        finally:
            self._waiting -= 1

    async def _ask_now(self, method: str, address: str, options: dict[str, Any]) -> Mapping[str, Any]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **options.pop("headers", {})}
        body = bytearray()
        try:
            async with (
                asyncio.timeout(ANSWER_SECONDS),
                self._http.stream(method, address, headers=headers, **options) as answer,
            ):
                async for chunk in answer.aiter_raw():
                    body += chunk
                    if len(body) > MOST_BYTES:
                        raise UpstreamFailed("unavailable", "too much was answered")
            told = orjson.loads(body) if answer.is_success else None
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            raise UpstreamFailed("unavailable", type(error).__name__) from None
        if not isinstance(told, dict):
            raise UpstreamFailed("refused" if answer.is_client_error else "unavailable", f"status {answer.status_code}")
        return told


class Upstreams:
    """The providers of this process, by id."""

    def __init__(self, upstreams: Collection[Upstream]) -> None:
        self._by_id = {upstream.declared.id: upstream for upstream in upstreams}

    def find(self, provider: str) -> Upstream | None:
        return self._by_id.get(provider)

    def origins(self) -> list[str]:
        """Return where browsers are sent to: each provider's own origin and the declared ones."""
        return sorted({origin for upstream in self._by_id.values() for origin in upstream.origins})

    def names(self, language: str) -> Mapping[str, str]:
        """Return what each is called, by id."""
        return {
            name: upstream.declared.name.get(language) or name  # type: ignore[call-overload]
            for name, upstream in self._by_id.items()
        }


def read_upstreams(declared: str, http: httpx.AsyncClient, clock: Clock) -> Upstreams:
    """Return the providers that the setting declares, or raise ValueError without its values."""
    providers = TypeAdapter(list[UpstreamProvider]).validate_json(declared)
    return Upstreams([Upstream(provider, http, clock) for provider in providers])


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _name(claims: Mapping[str, Any]) -> str | None:
    name = claims.get("name")
    if not isinstance(name, str):
        return None
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:200] or None
