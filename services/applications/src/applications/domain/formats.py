"""The platform's own formats of form fields, each a function that tells whether a text has it.

A form names them (`"format": "rnokpp"`); the catalogue lets no form name a format that is not here.
Digits are those of ASCII: other scripts' digits are no number of a register.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

_CADASTRAL = re.compile(r"[0-9]{10}:[0-9]{2}:[0-9]{3}:[0-9]{4}")
_UNZR = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})-[0-9]{5}")
_PHONE = re.compile(r"\+380[0-9]{9}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_UKRAINIAN_IBAN = re.compile(r"UA[0-9]{8}[A-Z0-9]{19}")
_RNOKPP_WEIGHTS = (-1, 5, 7, 9, 4, 6, 10, 5, 7)


def is_rnokpp(text: str) -> bool:
    """РНОКПП: ten digits, the last of which is computed from the others."""
    digits = _digits(text, 10)
    return bool(digits) and _weighed(digits, _RNOKPP_WEIGHTS) % 11 % 10 == digits[9]


def is_edrpou(text: str) -> bool:
    """ЄДРПОУ: eight digits, the last of which is computed from the others, in numbers of the middle range in another order."""
    digits = _digits(text, 8)
    if not digits:
        return False
    weights = (7, 1, 2, 3, 4, 5, 6) if 30_000_000 <= int(text) <= 60_000_000 else (1, 2, 3, 4, 5, 6, 7)
    control = _weighed(digits, weights) % 11
    if control == 10:
        control = _weighed(digits, [weight + 2 for weight in weights]) % 11 % 10
    return control == digits[7]


def is_unzr(text: str) -> bool:
    """УНЗР: the date of birth and five digits."""
    match = _UNZR.fullmatch(text)
    if not match:
        return False
    try:
        date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return False
    return True


def is_cadastral_number(text: str) -> bool:
    """Кадастровий номер: place, zone, quarter and parcel (Order 1051 of the Cabinet, p. 30)."""
    return bool(_CADASTRAL.fullmatch(text))


def is_ua_phone(text: str) -> bool:
    """A Ukrainian number as E.164 writes it."""
    return bool(_PHONE.fullmatch(text))


def is_iban(text: str) -> bool:
    """IBAN (ISO 13616): its check digits are right, and a Ukrainian one has 29 signs."""
    if not _IBAN.fullmatch(text) or (text.startswith("UA") and not _UKRAINIAN_IBAN.fullmatch(text)):
        return False
    return int("".join(str(int(sign, 36)) for sign in text[4:] + text[:4])) % 97 == 1


def _digits(text: str, length: int) -> list[int]:
    """Return the digits of a text that has so many and nothing else, or nothing."""
    return [int(sign) for sign in text] if len(text) == length and text.isascii() and text.isdigit() else []


def _weighed(digits: Sequence[int], weights: Sequence[int]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "rnokpp": is_rnokpp,
    "edrpou": is_edrpou,
    "unzr": is_unzr,
    "cadastral-number": is_cadastral_number,
    "ua-phone": is_ua_phone,
    "iban": is_iban,
}
