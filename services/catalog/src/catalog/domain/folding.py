"""Texts in the form in which they are searched: what people mistype most is folded away.

Lower case; apostrophes of every kind gone; ґ and г, і, ї and и, є and е the same; everything else a space.
"""

import re
import unicodedata

_APOSTROPHES = re.compile("['’‘ʼʹ′´`＇\"«»“”„]")
_NOT_WORDS = re.compile(r"[^\w]+", re.UNICODE)
_LETTERS = str.maketrans({"ґ": "г", "і": "и", "ї": "и", "ы": "и", "є": "е", "э": "е", "ё": "е"})


def fold(text: str) -> str:
    """Return `text` as it is compared in search."""
    lowered = unicodedata.normalize("NFC", text).lower()
    return _NOT_WORDS.sub(" ", _APOSTROPHES.sub("", lowered)).translate(_LETTERS).strip()
