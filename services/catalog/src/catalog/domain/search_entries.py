"""What a version of a public service is found by: its words, each with a weight, and its values of the filters.

A name says more than a description, and a short name more of each of its words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from sys import intern
from typing import Any

import orjson

from catalog.domain.folding import fold

DESCRIBED = 0.35
_LONGEST_WORD = 60
_LONGEST_PARTICLE = 3


@dataclass(frozen=True, slots=True)
class Searched:
    """What never changes of a version: the item that a list shows of it as JSON, words and filters (`life_event:birth`)."""

    slug: str
    item: bytes
    facets: tuple[str, ...]
    named: Mapping[str, float]
    described: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A version and the days on which it is offered: from the first until the day before `shown_to`."""

    searched: Searched
    shown_from: date
    shown_to: date | None

    def is_shown(self, on: date) -> bool:
        return self.shown_from <= on and (self.shown_to is None or on < self.shown_to)


def searched(slug: str, version: int, code: str, summary: Mapping[str, Any], texts: Sequence[str]) -> Searched:
    """Return what a version is found by; `texts` are its descriptions."""
    named = _named(fold(" ".join(summary["name"].values())).split())
    described = dict.fromkeys(word for word in fold(" ".join(texts)).split() if word not in named)
    return Searched(
        slug=slug,
        item=orjson.dumps({"slug": slug, "code": code, "version": version, **summary}),
        facets=tuple(map(intern, _facets(summary))),
        named=named,
        described=tuple(intern(word) for word in described if len(word) <= _LONGEST_WORD),
    )


def _named(words: Sequence[str]) -> dict[str, float]:
    """Return the weight of each word of a name: the fewer long words its language has there, the more."""
    long = [word for word in words if len(word) > _LONGEST_PARTICLE]
    english = sum(map(_is_english, long))
    counts = {True: english, False: len(long) - english}
    length = 0.002 * min(25, len(words))
    return {
        intern(word): 0.85 + 0.3 / max(2, counts[_is_english(word)]) - length
        for word in words
        if len(word) <= _LONGEST_WORD
    }


def _is_english(word: str) -> bool:
    return any("a" <= letter <= "z" for letter in word)


def _facets(summary: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"life_event:{value}" for value in summary["life_events"])
    yield from (f"applicant_kind:{value}" for value in summary["applicant_kinds"])
    yield from (f"channel:{value}" for value in summary["channels"])
    yield f"agency:{summary['agency']}"
    yield f"fee:{'free' if summary['fee']['kind'] == 'free' else 'paid'}"
