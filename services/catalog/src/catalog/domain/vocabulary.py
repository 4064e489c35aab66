"""The words of the catalogue, and which of them somebody means who typed one.

That word, its forms, and what it is the beginning of; only if there are none, what is most like it by trigrams: the sets of
three letters in a row, of which two words have the more in common the more alike they are.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

from catalog.domain.word_forms import ENDINGS, stems

AS_TYPED, FORM, BEGINNING = 1.0, 0.92, 0.72
_MOST_OF_ONE_STEM = 30
_MOST_GUESSES = 8
_LEAST_LIKENESS = 0.35
_SHORTEST_GUESSED = 4


class Vocabulary:
    """Folded words."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(words)
        self._having: dict[str, list[int]] = defaultdict(list)
        self._sizes: list[int] = []
        for number, word in enumerate(self._words):
            own = _trigrams(word)
            self._sizes.append(len(own))
            for trigram in own:
                self._having[trigram].append(number)

    def meant_by(self, typed: str) -> dict[str, float]:
        """Return the words that are meant, each with how surely: 1 for the word itself."""
        known: dict[str, float] = {}
        for stem in stems(typed):
            for strength, word in self._beginning_with(stem, typed):
                known[word] = max(strength, known.get(word, 0))
        return known or self._guessed(typed)

    def _beginning_with(self, stem: str, typed: str) -> list[tuple[float, str]]:
        """Return the surest of the words that begin with a stem: forms of what was typed, and what that is the beginning of."""
        found = []
        for word in islice(self._words, bisect_left(self._words, stem), None):
            if not word.startswith(stem):
                break
            if word == typed:
                found.append((AS_TYPED, word))
            elif word == stem or word[len(stem) :] in ENDINGS:
                found.append((FORM, word))
            elif word.startswith(typed):
                found.append((BEGINNING, word))
        if len(found) > _MOST_OF_ONE_STEM:
            found.sort(key=lambda one: (-one[0], len(one[1]), one[1]))
        return found[:_MOST_OF_ONE_STEM]

    def _guessed(self, typed: str) -> dict[str, float]:
        likeness: dict[str, float] = {}
        for unknown in {typed, *stems(typed)}:
            if len(unknown) >= _SHORTEST_GUESSED:
                for like, word in sorted(self._like(unknown), key=lambda one: (-one[0], one[1]))[:_MOST_GUESSES]:
                    likeness[word] = max(like, likeness.get(word, 0))
        most = max(likeness.values(), default=0)
        return {word: 0.3 + 0.6 * (2 * like - most) for word, like in likeness.items()}

    def _like(self, unknown: str) -> Iterator[tuple[float, str]]:
        own = _trigrams(unknown)
        shared: Counter[int] = Counter()
        for trigram in own:
            shared.update(self._having.get(trigram, ()))
        least = _LEAST_LIKENESS * len(own)  # what shares less is less like it, however short it is
        for number, count in shared.items():
            if count > least and (like := count / (len(own) + self._sizes[number] - count)) > _LEAST_LIKENESS:
                yield like, self._words[number]


def _trigrams(word: str) -> set[str]:
    padded = f"  {word} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}
