"""Proof key for code exchange (RFC 7636): S256 only; `plain` would show the proof to who reads the request."""

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256

METHOD = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_challenge(text: str) -> bool:
    """Tell whether this is the base64url of a SHA-256."""
    return bool(_CHALLENGE.fullmatch(text))


def proves(verifier: str, challenge: str) -> bool:
    """Tell whether the verifier is the one that the challenge was made of."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    made = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(made, challenge)
