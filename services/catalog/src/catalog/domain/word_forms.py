"""Which folded words are forms of one another: Ukrainian cases and numbers, English plurals and verbs.

No dictionary: a stem and the endings that may follow it, vowels that come and go (дозвіл, дозволу; довідка, довідок;
підприємець, підприємця; нерухомість, нерухомості) included. Two words of one stem are taken for forms of one word.
"""

from functools import lru_cache

_UKRAINIAN = (
    "а я у ю и о е й ой ий ия ии ию ие ои ям ам ом ем им ах ях их ив ев ей ою ею ами ями ими ого ому ови еви "
    "ием иею иям иях иями"
)
_ENGLISH = "e s d es ed ing"
ENDINGS = frozenset({*_UKRAINIAN.split(), *_ENGLISH.split()})
_LONGEST_ENDING = max(map(len, ENDINGS))
_SHORTEST_STEM = 3
_VOWELS = frozenset("аеиоуюя")
_CHANGING = {"и": "ое", "о": "и", "е": "и"}
_ABSTRACT = {"ист": "ост", "ост": "ист"}
_FLEETING = {"к": "о", "ц": "е"}
_REMEMBERED = 20_000


@lru_cache(maxsize=_REMEMBERED)
def stems(word: str) -> tuple[str, ...]:
    """Return the stems that forms of a folded word may have; each form is a stem with one of ENDINGS, or the stem itself."""
    stem = _stem(word)
    if len(stem) > _SHORTEST_STEM and stem[-1] not in _VOWELS:
        return (stem, *_with_other_vowel(stem))
    return (stem,)


def is_form(word: str, other: str) -> bool:
    """Tell whether two folded words can be forms of one."""
    return word == other or not set(stems(word)).isdisjoint(stems(other))


def _stem(word: str) -> str:
    if word.isascii() and word.endswith("ies") and len(word) > 5:
        return word[:-3]
    for length in range(_LONGEST_ENDING, 0, -1):
        if word[-length:] in ENDINGS and len(word) - length >= _SHORTEST_STEM + (length > 2):
            return word[:-length]
    return word


def _with_other_vowel(stem: str) -> list[str]:
    """Return the stem as it is when its last vowel changes (і–о, і–е), falls out, or steps in."""
    if stem[-3:] in _ABSTRACT:
        return [stem[:-3] + _ABSTRACT[stem[-3:]]]
    before, last = stem[-2], stem[-1]
    if before in _CHANGING and stem[-3] not in _VOWELS:
        changed = [stem[:-2] + vowel + last for vowel in _CHANGING[before]]
        return [*changed, stem[:-2] + last] if before == _FLEETING.get(last) else changed
    if last in _FLEETING and before not in _VOWELS:
        return [stem[:-1] + _FLEETING[last] + last]
    return []
