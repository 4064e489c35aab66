"""Reference numbers for people (`DP-2026-004217-J`) and the access codes that go with them.

The check character is ISO/IEC 7064 MOD 37-2: it finds every single wrong character and every swap of neighbours.
"""

import hmac
from uuid import UUID

REGION = "DP"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
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
    """Return the reference as it is kept, from what a person typed.

    Any case, spaces, no dashes and Cyrillic look-alikes are fine; a mistake raises NotAReference.
    """
    compact = _compact(text)
    body, check = compact[:-1], compact[-1:]
    year, sequence = body[2:6], body[6:]
    digits_are_right = year.isascii() and year.isdigit() and sequence.isascii() and sequence.isdigit()
    if not (body.startswith(REGION) and digits_are_right and 6 <= len(sequence) <= 12):
        raise NotAReference
    if _check_character(body) != check:
        raise NotAReference
    return f"{REGION}-{year}-{sequence}-{check}"


def access_code(application_id: UUID, key: bytes) -> str:
    """Return the access code of an application: eight characters in two groups, 39 bits, not mistaken for one another.

    It is derived (HMAC-SHA256 under `key`), so nothing of it is stored and a repeated submission is told the same.
    """
    number = int.from_bytes(hmac.digest(key, application_id.bytes, "sha256"))
    letters = []
    for _ in range(_CODE_LENGTH):
        number, index = divmod(number, len(_CODE_ALPHABET))
        letters.append(_CODE_ALPHABET[index])
    code = "".join(letters)
    return f"{code[:4]}-{code[4:]}"


def is_access_code(text: str, application_id: UUID, key: bytes) -> bool:
    """Tell whether a person typed the access code of this application; takes the same time for every wrong one."""
    typed = _compact(text).encode(errors="replace")
    return hmac.compare_digest(typed, _compact(access_code(application_id, key)).encode())


def _compact(text: str) -> str:
    return "".join(text.upper().translate(_LOOK_ALIKES).replace("-", "").split())


def _check_character(body: str) -> str:
    """ISO/IEC 7064 pure system MOD 37-2 (§ 8); the hybrid MOD 37,36 would miss some swaps of 8 and 9."""
    remainder = 0
    for character in body:
        remainder = (remainder + _ALPHABET.index(character)) * 2 % 37
    return _ALPHABET[(38 - remainder) % 37]
