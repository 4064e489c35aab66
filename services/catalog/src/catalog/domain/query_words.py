"""What a person typed, as search asks for it: folded words, and other words for the same.

A text has several readings: first the words as typed, then the same with a word or phrase replaced by what cards call it.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from catalog.domain.folding import fold
from catalog.domain.synonyms import STOP_WORDS, SYNONYMS
from catalog.domain.word_forms import is_form

MOST_WORDS = 8
_MOST_READINGS = 4
_SHORTEST_PREFIX = 4
_STOP_WORDS = frozenset(fold(STOP_WORDS).split())
_SHORTEST_WORD = 2


def readings_of(text: str) -> list[tuple[str, ...]]:
    """Return the words to look for, reading by reading; nothing when the text has no word that means anything."""
    return _readings(_words(text))


def _words(text: str) -> tuple[str, ...]:
    words = [word for word in fold(text).split() if len(word) >= _SHORTEST_WORD and word not in _STOP_WORDS]
    return tuple(dict.fromkeys(words))[:MOST_WORDS]


def _readings(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the words as typed, then with synonyms in their place, the longest phrase first."""
    if not words:
        return []
    found = [words]
    for length in (3, 2, 1):
        for start in range(len(words) - length + 1):
            is_last = start + length == len(words)
            found += [
                (*words[:start], *meant, *words[start + length :])[:MOST_WORDS]
                for meant in _meant_by(words[start : start + length], is_being_typed=is_last)
            ]
        if len(found) > 1:
            break
    return list(dict.fromkeys(tuple(dict.fromkeys(reading)) for reading in found))[:_MOST_READINGS]


def _meant_by(phrase: Sequence[str], *, is_being_typed: bool) -> Iterator[tuple[str, ...]]:
    for known, meant in _synonyms().get((len(phrase), phrase[0][:2]), ()):
        *before, last = zip(phrase, known, strict=True)
        typed, whole = last
        is_last_meant = is_form(typed, whole) or (
            is_being_typed and len(typed) >= _SHORTEST_PREFIX and whole.startswith(typed)
        )
        if is_last_meant and all(is_form(word, other) for word, other in before):
            yield meant


@lru_cache(maxsize=1)
def _synonyms() -> dict[tuple[int, str], list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """Return the synonyms by number of words and first two letters, in the form in which words are compared."""
    table: dict[tuple[int, str], list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for typed, meant in SYNONYMS:
        known = _words(typed)
        table.setdefault((len(known), known[0][:2]), []).append((known, _words(meant)))
    return table
