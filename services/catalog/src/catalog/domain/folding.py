"""Texts in the form in which they are searched: what people mistype most is folded away.

Lower case; apostrophes of every kind and soft signs gone; ґ and г, і, ї and и, є and е the same; a doubled consonant once;
Latin letters that look Cyrillic made Cyrillic in a Cyrillic word; everything else a space.
"""

import re
import unicodedata

_APOSTROPHES = re.compile("['’‘ʼʹ′´`＇\"«»“”„]")
_NOT_WORDS = re.compile(r"[\W_]+")
_CYRILLIC = re.compile("[а-яґєіїё]")
_LOOKALIKES = str.maketrans("aceiopxykmth", "асеиорхукмтн")
_LETTERS = str.maketrans({"ґ": "г", "і": "и", "ї": "и", "ы": "и", "є": "е", "э": "е", "ё": "е", "ь": None, "ъ": None})
_LONGEST_ACRONYM = 3
_DOUBLED = re.compile(r"([^\W\daeiouyаеиоуюя])\1+")


def fold(text: str) -> str:
    """Return `text` as it is compared in search: folded words with one space between."""
    lowered = _APOSTROPHES.sub("", unicodedata.normalize("NFC", text).lower())
    return " ".join(filter(None, (_fold_word(word) for word in _NOT_WORDS.sub(" ", lowered).split())))


def _fold_word(word: str) -> str:
    if _CYRILLIC.search(word):
        word = word.translate(_LOOKALIKES)
    word = word.translate(_LETTERS)
    return _DOUBLED.sub(r"\1", word) if len(word) > _LONGEST_ACRONYM else word
