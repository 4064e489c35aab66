"""Public keys that a client signs its assertions with (RFC 7517, RFC 7523): P-256 with a `kid`, and nothing private."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers

_COORDINATE = re.compile(r"[A-Za-z0-9_-]{43}")
_MOST = 10


def read_keys(jwks: Mapping[str, Any]) -> dict[str, Any]:
    """Return the key set with what is used of it, or raise ValueError with the fault."""
    keys = jwks.get("keys")
    if not isinstance(keys, list) or not 0 < len(keys) <= _MOST:
        raise ValueError(f"A key set has 1 to {_MOST} keys under `keys`")
    read = [_read_key(key) for key in keys]
    if len({key["kid"] for key in read}) < len(read):
        raise ValueError("Each key has a `kid` of its own")
    return {"keys": read}


def _read_key(key: Any) -> dict[str, str]:
    if not isinstance(key, dict) or (key.get("kty"), key.get("crv")) != ("EC", "P-256"):
        raise ValueError("Each key is of the curve P-256")
    if "d" in key:
        raise ValueError("A private key was sent: make another one, and send its public part alone")
    if key.get("use", "sig") != "sig" or key.get("alg", "ES256") != "ES256":
        raise ValueError("Each key signs, with ES256")
    kid = key.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= 64:
        raise ValueError("Each key has a `kid` of at most 64 characters")
    x, y = (_coordinate(key.get(name)) for name in ("x", "y"))
    try:
        EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    except ValueError:
        raise ValueError("A key is not a point of its curve") from None
    return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": key["x"], "y": key["y"]}


def _coordinate(text: Any) -> int:
    if not isinstance(text, str) or not _COORDINATE.fullmatch(text):
        raise ValueError("`x` and `y` are the base64url of 32 bytes each")
    return int.from_bytes(urlsafe_b64decode(text + "="))
