"""Access tokens: JWT profile of RFC 9068, ES256 only. The only module that knows the JOSE library.

A token is taken only if everything about it is as this platform issues it: the library alone accepts a token without
`exp` or `aud`, unknown `crit`, `b64: false` and repeated members, so header and claims are read and judged here first.
"""

import json
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
from jose import jwk, jws
from jose.exceptions import JOSEError

from shared.clock import Clock

ALGORITHM = "ES256"
ACCESS_TOKEN = "at+jwt"  # noqa: S105  the `typ` of RFC 9068
MAX_TOKEN_BYTES = 8192
MAX_LIFETIME_SECONDS = 600
LEEWAY_SECONDS = 30
_CACHE_SIZE = 4096
_HEADER_MEMBERS = {"alg", "typ", "kid"}


class TokenRefused(Exception):
    """An access token that is not accepted; `reason` is a short fixed word, safe to count and to show."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The access token is refused: {reason}.")
        self.reason = reason


class KeySource(Protocol):
    """Where the public keys of the issuer are found."""

    async def find(self, kid: str) -> Mapping[str, Any] | None:
        """Return the public JWK of `kid`, or None if the issuer has no such key."""
        ...


@dataclass(frozen=True)
class Mandate:
    """A role held in one organisation."""

    role: str
    organisation: str


@dataclass(frozen=True)
class Claims:
    """What a verified token says of its bearer."""

    subject: str
    client_id: str
    scopes: frozenset[str]
    mandates: tuple[Mandate, ...]
    expires_at: int
    token_id: str | None
    acr: str | None


def sign(claims: Mapping[str, Any], *, private_key_pem: str, kid: str, typ: str = ACCESS_TOKEN) -> str:
    """Return `claims` as a compact JWS (RFC 7515) signed with ES256."""
    token: str = jws.sign(orjson.dumps(claims), private_key_pem, headers={"kid": kid, "typ": typ}, algorithm=ALGORITHM)
    return token


def read_signed(token: str, keys: Mapping[str, Mapping[str, Any]], *, typ: str) -> dict[str, Any]:
    """Return what a compact JWS of this type says, signed by one of `keys` (JWKs by kid), or raise TokenRefused."""
    parts = _split(token)
    _check_signature(token, keys.get(_judge_header(_read_object(parts[0]), typ)))
    return _read_object(parts[1])


class TokenVerifier:
    """Verifies the tokens of one issuer for one audience; remembers the verified ones until they expire, in bounded space."""

    def __init__(self, keys: KeySource, *, issuer: str, audience: str, clock: Clock) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._verified: OrderedDict[str, Claims] = OrderedDict()

    async def verify(self, token: str) -> Claims:
        """Return the claims of a token that is good now, or raise TokenRefused."""
        now = int(self._clock.now().timestamp())
        known = self._verified.get(token)
        if known is None:
            known = await self._verify(token, now)
            self._verified[token] = known
            if len(self._verified) > _CACHE_SIZE:
                self._verified.popitem(last=False)
        if known.expires_at + LEEWAY_SECONDS <= now:
            self._verified.pop(token, None)
            raise TokenRefused("expired")
        return known

    async def _verify(self, token: str, now: int) -> Claims:
        parts = _split(token)
        kid = _judge_header(_read_object(parts[0]), ACCESS_TOKEN)
        _check_signature(token, await self._keys.find(kid))
        return self._judge_claims(_read_object(parts[1]), now)

    def _judge_claims(self, claims: Mapping[str, Any], now: int) -> Claims:
        times = {name: claims.get(name) for name in ("exp", "iat")} | (
            {"nbf": claims["nbf"]} if "nbf" in claims else {}
        )
        if not all(type(value) is int for value in times.values()):
            raise TokenRefused("malformed-claims")
        if claims["exp"] + LEEWAY_SECONDS <= now:
            raise TokenRefused("expired")
        if max(claims["iat"], claims.get("nbf", 0)) > now + LEEWAY_SECONDS:
            raise TokenRefused("not-yet-valid")
        if not 0 < claims["exp"] - claims["iat"] <= MAX_LIFETIME_SECONDS:
            raise TokenRefused("lifetime-too-long")
        if claims.get("iss") != self._issuer:
            raise TokenRefused("other-issuer")
        audience = claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else audience
        if not isinstance(audiences, list) or not _is_strings(audiences):
            raise TokenRefused("malformed-claims")
        if self._audience not in audiences:
            raise TokenRefused("other-audience")
        return _claims(claims)


def _split(token: str) -> list[str]:
    if len(token) > MAX_TOKEN_BYTES:
        raise TokenRefused("oversized")
    parts = token.split(".")
    if len(parts) != 3 or not all(parts):
        raise TokenRefused("malformed")
    return parts


def _check_signature(token: str, key: Mapping[str, Any] | None) -> None:
    if key is None:
        raise TokenRefused("unknown-key")
    if (key.get("kty"), key.get("crv"), key.get("use")) != ("EC", "P-256", "sig"):
        raise TokenRefused("wrong-key-use")
    try:
        jws.verify(token, jwk.construct(dict(key), ALGORITHM), [ALGORITHM])
    except JOSEError:
        raise TokenRefused("bad-signature") from None


def _judge_header(header: Mapping[str, Any], typ: str) -> str:
    """Return the key id of a header that has nothing but what this platform writes."""
    if header.get("alg") != ALGORITHM:
        raise TokenRefused("wrong-algorithm")
    if header.get("typ") != typ:
        raise TokenRefused("wrong-type")
    if not set(header) <= _HEADER_MEMBERS:
        raise TokenRefused("unexpected-header")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid or len(kid) > 64:
        raise TokenRefused("unknown-key")
    return kid


def _claims(claims: Mapping[str, Any]) -> Claims:
    subject, client_id, scope = claims.get("sub"), claims.get("client_id"), claims.get("scope", "")
    mandates = claims.get("mandates", [])
    texts_are_right = all(isinstance(value, str) for value in (subject, client_id, scope)) and subject and client_id
    mandates_are_right = isinstance(mandates, list) and all(
        isinstance(mandate, dict) and _is_strings([mandate.get("role"), mandate.get("organisation")])
        for mandate in mandates
    )
    if not (texts_are_right and mandates_are_right):
        raise TokenRefused("malformed-claims")
    return Claims(
        subject=str(subject),
        client_id=str(client_id),
        scopes=frozenset(scope.split()),
        mandates=tuple(Mandate(mandate["role"], mandate["organisation"]) for mandate in mandates),
        expires_at=claims["exp"],
        token_id=claims["jti"] if isinstance(claims.get("jti"), str) else None,
        acr=claims["acr"] if isinstance(claims.get("acr"), str) else None,
    )


def _is_strings(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _read_object(part: str) -> dict[str, Any]:
    """Decode one part of a token: base64url of a JSON object in which no member is repeated."""

    def unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise TokenRefused("repeated-member")
        return members

    try:
        raw = urlsafe_b64decode(part + "=" * (-len(part) % 4))
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=unique)
    except (ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    if not isinstance(value, dict):
        raise TokenRefused("malformed")
    return value
