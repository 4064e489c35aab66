"""Access tokens: JWT profile of RFC 9068, ES256 only. The only module that knows the JOSE library.

A token is taken only if everything about it is as this platform issues it: the library alone accepts a token without
`exp` or `aud`, unknown `crit`, `b64: false` and repeated members, so header and claims are read and judged here first.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeGuard
from uuid import UUID

import orjson
from jose import jwk, jws
from jose.backends.base import Key
from jose.exceptions import JOSEError

from shared.clock import Clock

ALGORITHM = "ES256"
ACCESS_TOKEN = "at+jwt"  # noqa: S105  the `typ` of RFC 9068
MAX_TOKEN_BYTES = 8192
MAX_LIFETIME_SECONDS = 600
LEEWAY_SECONDS = 30
_CACHE_BYTES = 8 * 1024 * 1024
_CLAIMS_BYTES = 2048  # what a verified token takes besides its own text, at most for one mandate
_SIGNATURE_BYTES = 64
_HEADER_MEMBERS = {"alg", "typ", "kid"}
_ASSERTIONS = {"JWT", "client-authentication+jwt"}
_FOREIGN_HEADER_MEMBERS = _HEADER_MEMBERS | {"x5t", "x5t#S256"}
_FOREIGN_KEYS = {"ES256": ("EC", "P-256"), "RS256": ("RSA", None)}
_LONGEST_FOREIGN_KID = 256
_SHORTEST_MODULUS = 342  # 2048 bits in base64url


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
    token_id: str
    session_id: str | None
    acr: str | None
    acting: str | None = None  # who acts for the subject (RFC 8693 §4.1)

    @cached_property
    def account(self) -> UUID | None:
        """The account of a person; a machine has none."""
        try:
            return UUID(self.subject)
        except ValueError:
            return None

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles held, wherever."""
        return frozenset(held.role for held in self.mandates)

    def held_in(self, roles: Collection[str]) -> frozenset[str]:
        """Return where one of these roles is held."""
        return frozenset(held.organisation for held in self.mandates if held.role in roles)


@dataclass(frozen=True)
class Signer:
    """One key as those see it who have things signed: its id, and a function; the private part stays with its keeper.

    `sign` returns the signature of a message as RFC 7518 §3.4 has it: r and s, 64 bytes.
    """

    kid: str
    sign: Callable[[bytes], bytes] = field(repr=False)


class _KeyElsewhere(Key):  # type: ignore[misc]  # the library has no types
    """What the library takes for a private key."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def sign(self, msg: bytes) -> bytes:
        signature = self._signer.sign(msg)
        if len(signature) != _SIGNATURE_BYTES:
            raise ValueError("a signature of ES256 is 64 bytes")
        return signature


def sign(claims: Mapping[str, Any], signer: Signer, *, typ: str = ACCESS_TOKEN) -> str:
    """Return `claims` as a compact JWS (RFC 7515) signed with ES256."""
    key, headers = _KeyElsewhere(signer), {"kid": signer.kid, "typ": typ}
    token: str = jws.sign(orjson.dumps(claims), key, headers=headers, algorithm=ALGORITHM)
    return token


def read_signed(token: str, keys: Mapping[str, Mapping[str, Any]], *, typ: str) -> dict[str, Any]:
    """Return what a compact JWS of this type says, signed by one of `keys` (JWKs by kid), or raise TokenRefused."""
    parts = _split(token)
    _signed_by(keys.get(_judge_header(_read_object(parts[0]), typ)), parts)
    return _read_object(parts[1])


@dataclass(frozen=True)
class _Verified:
    """A token that was good, and the key that it was good under."""

    claims: Claims
    kid: str
    key: Mapping[str, Any]
    cost: int


async def read_foreign(token: str, keys: KeySource, *, algorithms: Collection[str]) -> dict[str, Any]:
    """Return the claims of a JWT of another issuer, signed with one of `algorithms` by one of its keys.

    Only the signature is judged, and that nothing in the header changes its meaning. Raises TokenRefused.
    """
    parts = _split(token)
    header = _read_object(parts[0])
    algorithm, kid, typ = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in algorithms or algorithm not in _FOREIGN_KEYS:
        raise TokenRefused("wrong-algorithm")
    if not isinstance(typ, str) or typ.upper() != "JWT":
        raise TokenRefused("wrong-type")
    if not set(header) <= _FOREIGN_HEADER_MEMBERS:
        raise TokenRefused("unexpected-header")
    if not isinstance(kid, str) or not kid or len(kid) > _LONGEST_FOREIGN_KID:
        raise TokenRefused("unknown-key")
    key = await keys.find(kid)
    if key is None:
        raise TokenRefused("unknown-key")
    is_for_it = key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm
    if (key.get("kty"), key.get("crv")) != _FOREIGN_KEYS[algorithm] or not is_for_it:
        raise TokenRefused("wrong-key-use")
    if key["kty"] == "RSA" and len(str(key.get("n", ""))) < _SHORTEST_MODULUS:
        raise TokenRefused("weak-key")
    try:
        jws.verify(token, jwk.construct(dict(key), algorithm), [algorithm])
    except (JOSEError, ValueError):
        raise TokenRefused("bad-signature") from None
    return _read_object(parts[1])


def read_assertion(assertion: str, keys: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what somebody says of themself (RFC 7523), signed by one of their `keys` (JWKs by kid), or raise TokenRefused.

    Whom it is of and for, and from when until when, is for the reader to judge.
    """
    parts = _split(assertion)
    header = {"typ": "JWT", **_read_object(parts[0])}
    if not isinstance(header["typ"], str) or header["typ"] not in _ASSERTIONS:
        raise TokenRefused("wrong-type")
    _signed_by(keys.get(_judge_header(header, header["typ"])), parts)
    return _read_object(parts[1])


def read_unverified_subject(assertion: str) -> str:
    """Return whom an assertion says to be of, unproved: to find the keys that prove it. Raises TokenRefused."""
    subject = _read_object(_split(assertion)[1]).get("sub")
    if not isinstance(subject, str) or not _is_word(subject):
        raise TokenRefused("malformed-claims")
    return subject


class TokenVerifier:
    """Verifies the tokens of one issuer for one audience.

    Verified tokens are remembered, in bounded space, those asked for last the longest. At each use it is looked again
    whether the token has expired and whether the issuer still has the key, the same one, that it is signed with.
    """

    def __init__(self, keys: KeySource, *, issuer: str, audience: str, clock: Clock) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._verified: OrderedDict[str, _Verified] = OrderedDict()
        self._cost = 0

    async def verify(self, token: str) -> Claims:
        """Return the claims of a token that is good now, or raise TokenRefused."""
        now = int(self._clock.now().timestamp())
        known = self._verified.get(token)
        if known is not None and await self._keys.find(known.kid) == known.key:
            if known.claims.expires_at + LEEWAY_SECONDS > now:
                if token in self._verified:
                    self._verified.move_to_end(token)
                return known.claims
            self._forget(token)
            raise TokenRefused("expired")
        self._forget(token)
        verified = await self._verify(token, now)
        self._remember(token, verified)
        return verified.claims

    async def _verify(self, token: str, now: int) -> _Verified:
        parts = _split(token)
        kid = _judge_header(_read_object(parts[0]), ACCESS_TOKEN)
        key = _signed_by(await self._keys.find(kid), parts)
        said = _read_object(parts[1])
        claims = judge_claims(said, issuer=self._issuer, now=now, audience=self._audience)
        return _Verified(claims, kid, key, len(token) + _CLAIMS_BYTES)

    def _remember(self, token: str, verified: _Verified) -> None:
        self._forget(token)
        self._verified[token] = verified
        self._cost += verified.cost
        while self._cost > _CACHE_BYTES:
            self._cost -= self._verified.popitem(last=False)[1].cost

    def _forget(self, token: str) -> None:
        known = self._verified.pop(token, None)
        self._cost -= known.cost if known else 0


def judge_claims(claims: Mapping[str, Any], *, issuer: str, now: int, audience: str | None = None) -> Claims:
    """Return what signed claims of an access token say; raise TokenRefused unless they are as this issuer writes them.

    Without an audience they may be for any service.
    """
    times = [claims.get(name) for name in ("exp", "iat")] + [claims[name] for name in ("nbf",) if name in claims]
    if not all(type(value) is int for value in times):
        raise TokenRefused("malformed-claims")
    if claims["exp"] + LEEWAY_SECONDS <= now:
        raise TokenRefused("expired")
    if max(claims["iat"], claims.get("nbf", 0)) > now + LEEWAY_SECONDS:
        raise TokenRefused("not-yet-valid")
    if not 0 < claims["exp"] - claims["iat"] <= MAX_LIFETIME_SECONDS:
        raise TokenRefused("lifetime-too-long")
    if claims.get("iss") != issuer:
        raise TokenRefused("other-issuer")
    audiences = claims.get("aud")
    if not _is_strings(audiences):
        raise TokenRefused("malformed-claims")
    if audience is not None and audience not in audiences:
        raise TokenRefused("other-audience")
    return _claims(claims)


def _split(token: str) -> list[str]:
    if len(token) > MAX_TOKEN_BYTES:
        raise TokenRefused("oversized")
    parts = token.split(".")
    if len(parts) != 3 or not all(parts) or not token.isascii():
        raise TokenRefused("malformed")
    return parts


def _signed_by(key: Mapping[str, Any] | None, parts: Sequence[str]) -> Mapping[str, Any]:
    """Return the key, if it is one for signing and the parts are signed with it."""
    if key is None:
        raise TokenRefused("unknown-key")
    if (key.get("kty"), key.get("crv"), key.get("use")) != ("EC", "P-256", "sig"):
        raise TokenRefused("wrong-key-use")
    try:
        public = jwk.construct(dict(key), ALGORITHM)
    except (JOSEError, ValueError, TypeError):
        raise TokenRefused("wrong-key-use") from None
    if not public.verify(f"{parts[0]}.{parts[1]}".encode(), _decode(parts[2])):
        raise TokenRefused("bad-signature")
    return key


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
    words = [claims.get(name) for name in ("sub", "client_id", "jti")]
    words += [claims[name] for name in ("sid", "acr") if name in claims]
    acting = claims.get("act", {})
    words += [acting.get("sub") if isinstance(acting, dict) else None] if "act" in claims else []
    scope, mandates = claims.get("scope"), claims.get("mandates")
    if not (all(map(_is_word, words)) and isinstance(scope, str) and isinstance(mandates, list)):
        raise TokenRefused("malformed-claims")
    if not (scope.isprintable() and all(map(_is_mandate, mandates))):
        raise TokenRefused("malformed-claims")
    return Claims(
        subject=claims["sub"],
        client_id=claims["client_id"],
        scopes=frozenset(scope.split(" ")) - {""},
        mandates=tuple(Mandate(mandate["role"], mandate["organisation"]) for mandate in mandates),
        expires_at=claims["exp"],
        token_id=claims["jti"],
        session_id=claims.get("sid"),
        acr=claims.get("acr"),
        acting=acting.get("sub"),
    )


def _is_mandate(value: Any) -> bool:
    return isinstance(value, dict) and _is_word(value.get("role")) and _is_word(value.get("organisation"))


def _is_word(value: Any) -> bool:
    """Tell whether a value is a text that any database and log can hold: no U+0000, no half of a surrogate pair."""
    return isinstance(value, str) and value != "" and value.isprintable()


def _is_strings(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)


def _decode(part: str) -> bytes:
    """Return what one part of a token says; there is one way to write it (RFC 7515 §2: no padding, nothing ignored)."""
    try:
        raw = urlsafe_b64decode(part + "=" * (-len(part) % 4))
        is_canonical = urlsafe_b64encode(raw).rstrip(b"=") == part.encode()
    except ValueError:
        is_canonical = False
    if not is_canonical:
        raise TokenRefused("malformed")
    return raw


def _read_object(part: str) -> dict[str, Any]:
    """Decode one part of a token: base64url of a JSON object in which no member is repeated."""

    def unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise TokenRefused("repeated-member")
        return members

    try:
        value = json.loads(_decode(part).decode("utf-8"), object_pairs_hook=unique)
    except (ValueError, RecursionError):
        raise TokenRefused("malformed") from None
    if not isinstance(value, dict):
        raise TokenRefused("malformed")
    return value
