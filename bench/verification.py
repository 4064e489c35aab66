"""S12: what it costs to verify an access token, seen first and seen again, beside the bare check of its signature and a request.

Measured in this process, without a network: the keys are at hand, as they are in a service but for one request a minute.
"""

import asyncio
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bench.load import Job, run
from bench.report import Figure
from bench.stack import Stack
from bench.submissions import CITIZENS
from shared.clock import SystemClock
from shared.custody import public_jwk, signer_of
from shared.ids import new_id
from shared.tokens import Signer, TokenVerifier, sign

FIRST_BAR, AGAIN_BAR = 4.0, 0.01
_TOKENS = 1000
_ISSUER, _AUDIENCE = "https://auth.example", "applications"


class _KeysAtHand:
    def __init__(self, jwk: Mapping[str, Any]) -> None:
        self._keys = {jwk["kid"]: jwk}

    async def find(self, kid: str) -> Mapping[str, Any] | None:
        return self._keys.get(kid)


def measure(stack: Stack, *, rounds: int, seconds: float) -> list[Figure]:
    """Rounds of one thousand tokens each; a request is a citizen's list of cases, which one client asks for."""
    private = ec.generate_private_key(ec.SECP256R1())
    public, signer = private.public_key(), signer_of(private, str(new_id()))
    timed = [asyncio.run(_round(public, signer)) for _ in range(rounds)]
    bare, first, again = (median(of_round[place] for of_round in timed) for place in range(3))
    request = _request_microseconds(stack, seconds)
    details = {"rounds": [dict(zip(("bare", "first", "again"), of_round, strict=True)) for of_round in timed]}
    return [
        Figure(
            "S12",
            "verify an access token, first seen",
            f"{first:.0f} µs",
            f"{bare:.0f} µs, ECDSA P-256 alone",
            first / bare,
            f"≤ {FIRST_BAR:.0f}",
            first / bare <= FIRST_BAR,
            details,
        ),
        Figure(
            "S12",
            "the same, seen again: share of a request",
            f"{again:.1f} µs, {again / request:.2%}",
            f"{request:,.0f} µs, one's list of cases",
            None,
            f"≤ {AGAIN_BAR:.0%}",
            again / request <= AGAIN_BAR,
        ),
    ]


def _tokens(signer: Signer) -> list[str]:
    now = int(time.time())
    shared = {
        "iss": _ISSUER,
        "aud": ["auth", "catalog", "applications", "registry-gateway", "notifications"],
        "client_id": "first-party",
        "scope": "",
        "mandates": [{"role": "agency_representative", "organisation": "municipal-residence-registrar--dnipro"}],
        "acr": "http://eidas.europa.eu/LoA/substantial",
        "amr": ["pwd", "otp"],
        "auth_time": now,
        "iat": now,
        "exp": now + 600,
    }
    fresh = ({"sub": str(new_id()), "sid": str(new_id()), "jti": str(new_id())} for _ in range(_TOKENS))
    return [sign({**shared, **claims}, signer) for claims in fresh]


async def _round(public: ec.EllipticCurvePublicKey, signer: Signer) -> tuple[float, float, float]:
    """Return microseconds a token: its signature alone, the first verification, one more."""
    tokens, keys = _tokens(signer), _KeysAtHand(public_jwk(public, signer.kid))
    verifier = TokenVerifier(keys, issuer=_ISSUER, audience=_AUDIENCE, clock=SystemClock())
    signed = [(token.rpartition(".")[0].encode(), _der(token.rpartition(".")[2])) for token in tokens]
    begun = time.perf_counter()
    for message, signature in signed:
        public.verify(signature, message, ec.ECDSA(SHA256()))
    bare = time.perf_counter()
    for token in tokens:
        await verifier.verify(token)
    first = time.perf_counter()
    for token in tokens:
        await verifier.verify(token)
    again = time.perf_counter()
    bare_us, first_us, again_us = (spent / len(tokens) * 1e6 for spent in (bare - begun, first - bare, again - first))
    return bare_us, first_us, again_us


def _der(part: str) -> bytes:
    raw = urlsafe_b64decode(part + "==")
    return encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))


def _request_microseconds(stack: Stack, seconds: float) -> float:
    """Return how long one client waits for its list of cases, with a token that the service has seen."""
    citizen = stack.folder.read(CITIZENS)["citizens"][0]
    login = {"login": citizen["phone"], "password": citizen["password"]}
    token = stack.call("POST", "auth", "/v1/sessions", json=login).json()["access_token"]
    request = f"GET /v1/applications HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
    job = Job([stack.port("applications")], [request], seconds)
    run(job)
    outcome = run(job)
    if outcome.errors:
        raise RuntimeError("A list of cases was not answered with 200.")
    return 1e6 / outcome.per_second
