"""Reference numbers for people (`DP-2026-004217-K`) and the access codes that go with them.

The check character is ISO/IEC 7064 MOD 37,36: it finds every single wrong character and every swap of neighbours.
"""

import hmac
import secrets
from hashlib import sha256

REGION = "DP"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_CODE_LENGTH = 8
_LOOK_ALIKES = str.maketrans("АВЕКМНОРСТХІ", "ABEKMHOPCTXI")


class NotAReference(ValueError):
    """A text that is no reference number, or has a mistake in it."""


def format_reference(year: int, sequence: int) -> str:
    """Return the reference of the `sequence`-th application of a year (Kyiv time)."""
    body = f"{REGION}{year:04d}{sequence:06d}"
    return f"{REGION}-{year:04d}-{sequence:06d}-{_check_character(body)}"


def parse_reference(text: str) -> str:
    """Return the reference as it is kept, from what a person typed: any case, spaces, no dashes, Cyrillic look-alikes."""
    compact = "".join(text.upper().translate(_LOOK_ALIKES).replace("-", "").split())
    body, check = compact[:-1], compact[-1:]
    year, sequence = body[2:6], body[6:]
    digits_are_right = year.isascii() and year.isdigit() and sequence.isascii() and sequence.isdigit()
    if not (body.startswith(REGION) and digits_are_right and 6 <= len(sequence) <= 12):
        raise NotAReference(text)
    if _check_character(body) != check:
        raise NotAReference(text)
    return f"{REGION}-{year}-{sequence}-{check}"


def new_access_code() -> str:
    """Return eight random characters that are not mistaken for one another, in two groups (39 bits)."""
    code = "".join(secrets.choice(_CODE_ALPHABET) for _ in range(_CODE_LENGTH))
    return f"{code[:4]}-{code[4:]}"


def hash_access_code(code: str, key: bytes) -> bytes:
    """Return what is kept of an access code: HMAC-SHA256, since a bare hash of a short code could be searched."""
    compact = "".join(code.upper().translate(_LOOK_ALIKES).replace("-", "").split())
    return hmac.new(key, compact.encode(), sha256).digest()


def _check_character(body: str) -> str:
    """ISO/IEC 7064 hybrid system MOD 37,36 (§ 9)."""
    remainder = 36
    for character in body:
        total = (remainder + _ALPHABET.index(character)) % 36 or 36
        remainder = total * 2 % 37
    return _ALPHABET[(37 - remainder) % 36]
