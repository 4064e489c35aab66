"""Finding public services in memory: words, filters, order, page, and what each filter would leave.

Rare words count more than frequent ones, names more than descriptions. Found is what is nearly as good as the best. A set of
entries is a whole number: bit n stands for the n-th by slug.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from math import log
from operator import and_

from catalog.domain.query_words import readings_of
from catalog.domain.search_entries import DESCRIBED, Entry
from catalog.domain.vocabulary import Vocabulary

TERRITORY = "territory"
FACETS = ("life_event", "applicant_kind", "agency", TERRITORY, "channel", "fee")
MOST_SCORE = 10_000
# after what a page begins: a score, and the slug of an entry
Position = tuple[int, str]
Hits = dict[int, float]

_OTHER_WORDS = 0.95  # what a synonym found is not quite what was typed
_WORTH_OF_UNKNOWN = 4.0
_LEAST_SCORE = 0.2
_LEAST_OF_BEST = 0.6


@dataclass(frozen=True)
class Wanted:
    """Which public services: a text to search, and the value of each filter by the name of its facet."""

    text: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """One page: its items as a JSON array, the key of the last if there are more.

    `facets` count for each value of each filter what would be found with it in place of the present one; on the first
    page only.
    """

    items: bytes
    after: Position | None
    facets: Mapping[str, Mapping[str, int]] | None


@dataclass(frozen=True)
class Offers:
    """Where centres are: of each territory its centres and those below it, of each centre what it adds and what it refuses.

    `here` are the territories that have a centre themselves.
    """

    centres: Mapping[str, Sequence[str]]
    added: Mapping[str, AbstractSet[str]]
    refused: Mapping[str, AbstractSet[str]]
    here: AbstractSet[str]


class SearchIndex:
    """All that can be found, as it was at one moment of the catalogue."""

    def __init__(self, entries: Iterable[Entry], offers: Offers) -> None:
        self._entries = sorted(entries, key=lambda entry: (entry.searched.slug, entry.shown_from))
        self._slugs = [entry.searched.slug for entry in self._entries]
        self._postings = _postings(self._entries)
        self._vocabulary = Vocabulary(self._postings)
        self._holders: dict[str, dict[str, int]] = {name: {} for name in FACETS}
        for facet, numbers in _by_facet(self._entries).items():
            name, _, value = facet.partition(":")
            self._holders[name][value] = self._set_of(numbers)
        self._offered = self._offered_in(offers)
        self._holders[TERRITORY] = {name: held for name, held in self._offered.items() if name in offers.here}
        self._shown_on = date.min
        self._shown = 0

    def find(self, wanted: Wanted, *, on: date, limit: int, after: Position | None = None) -> Found:
        """Return a page of what is offered on a date: the most like the text first, or everything by slug."""
        shown = self._shown_set(on)
        scores = self._scores(wanted.text, shown) if wanted.text and wanted.text.strip() else None
        matched = shown if scores is None else self._set_of(scores)
        chosen = {name: self._holding(name, value) for name, value in wanted.filters.items()}
        fitting = reduce(and_, chosen.values(), matched)
        keys = self._keys(scores, fitting)
        start = 0 if after is None else bisect_left(keys, self._key(after[0], bisect_right(self._slugs, after[1])))
        page = keys[start : start + limit]
        last = self._position(page[-1]) if len(keys) > start + limit else None
        size = len(self._entries)
        items = b",".join(self._entries[key % size].searched.item for key in page)
        return Found(b"[%b]" % items, last, self._facets(matched, chosen) if after is None else None)

    def _scores(self, text: str, shown: int) -> Hits:
        """Return the score of each entry that is nearly as good as the best, from 0 to 10,000."""
        best: Hits = {}
        known: dict[str, tuple[Hits, float]] = {}
        for number, reading in enumerate(readings_of(text)):
            for word in reading:
                if word not in known:
                    known[word] = self._hits(word)
            summed = _summed([known[word] for word in reading], 1 if number == 0 else _OTHER_WORDS)
            if best:
                for entry, score in summed.items():
                    if score > best.get(entry, 0):
                        best[entry] = score
            else:
                best = summed
        if hidden := self._everything & ~shown:
            best = {entry: score for entry, score in best.items() if not hidden >> entry & 1}
        least = max(_LEAST_SCORE, _LEAST_OF_BEST * max(best.values(), default=0))
        return {entry: round(MOST_SCORE * score) for entry, score in best.items() if score >= least}

    def _hits(self, word: str) -> tuple[Hits, float]:
        """Return how well each entry has a word that was typed, and what the word is worth: the rarer, the more."""
        levels = []
        number = 0.0
        for known, strength in self._vocabulary.meant_by(word).items():
            for weight, entries in self._postings[known].items():
                levels.append((strength * weight, entries))
                number += len(entries) * strength * strength
        hits: Hits = {}
        for score, entries in sorted(levels, key=lambda level: level[0]):
            hits.update(dict.fromkeys(entries, score))
        return hits, log(1 + 2000 / number) if hits else _WORTH_OF_UNKNOWN

    def _facets(self, matched: int, chosen: Mapping[str, int]) -> dict[str, dict[str, int]]:
        """Return what each value of each filter would leave beside the other filters, the most frequent value first."""
        counted = {}
        for name in FACETS:
            beside = reduce(and_, (held for other, held in chosen.items() if other != name), matched)
            numbers = [(-(beside & held).bit_count(), value) for value, held in self._holders[name].items()]
            counted[name] = {value: -number for number, value in sorted(numbers) if number}
        return counted

    def _holding(self, name: str, value: str) -> int:
        return (self._offered if name == TERRITORY else self._holders[name]).get(value, 0)

    def _offered_in(self, offers: Offers) -> dict[str, int]:
        """Return of each territory what one of its centres offers: what is applied for in centres, but for their own word."""
        usual = self._holders["channel"].get("service-centre", 0)
        of_centre = {
            centre: (usual | self._set_of(self._numbers(offers.added.get(centre, frozenset()))))
            & ~self._set_of(self._numbers(offers.refused.get(centre, frozenset())))
            for centre in {centre for centres in offers.centres.values() for centre in centres}
        }
        offered: dict[str, int] = {}
        for territory, centres in offers.centres.items():
            offered[territory] = 0
            for centre in centres:
                offered[territory] |= of_centre[centre]
        return offered

    def _numbers(self, slugs: AbstractSet[str]) -> list[int]:
        return [number for number, slug in enumerate(self._slugs) if slug in slugs] if slugs else []

    def _shown_set(self, on: date) -> int:
        if on != self._shown_on:
            self._shown = self._set_of(number for number, entry in enumerate(self._entries) if entry.is_shown(on))
            self._shown_on = on
        return self._shown

    @property
    def _everything(self) -> int:
        return (1 << len(self._entries)) - 1

    def _set_of(self, numbers: Iterable[int]) -> int:
        digits = bytearray(b"0" * (len(self._entries) + 1))
        for number in numbers:
            digits[-1 - number] = 49  # the digit 1
        return int(digits, 2)

    def _keys(self, scores: Hits | None, fitting: int) -> list[int]:
        """Return one number for each that fits, in the order of the list: by score, then by slug."""
        if scores is None:
            return [self._key(0, number) for number in range(len(self._entries)) if fitting >> number & 1]
        return sorted(self._key(score, number) for number, score in scores.items() if fitting >> number & 1)

    def _key(self, score: float, number: int) -> int:
        return (MOST_SCORE - int(score)) * len(self._entries) + number

    def _position(self, key: int) -> Position:
        above, number = divmod(key, len(self._entries))
        return MOST_SCORE - above, self._slugs[number]


def _postings(entries: Sequence[Entry]) -> dict[str, dict[float, tuple[int, ...]]]:
    """Return for each word by weight the entries that have it."""
    found: dict[str, dict[float, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, entry in enumerate(entries):
        for word, weight in entry.searched.named.items():
            found[word][weight].append(number)
        for word in entry.searched.described:
            found[word][DESCRIBED].append(number)
    return {word: {weight: tuple(numbers) for weight, numbers in levels.items()} for word, levels in found.items()}


def _by_facet(entries: Sequence[Entry]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for number, entry in enumerate(entries):
        for facet in entry.searched.facets:
            found[facet].append(number)
    return found


def _summed(found: Sequence[tuple[Hits, float]], factor: float) -> Hits:
    """Add up what each word of a reading found, each by its share of what all are worth."""
    worth = sum(worth for _, worth in found) / factor
    summed: Hits = {}
    for hits, own in sorted(found, key=lambda one: -one[1]):
        share = own / worth
        if not summed:
            summed = {entry: score * share for entry, score in hits.items()}
            continue
        for entry, score in hits.items():
            summed[entry] = summed.get(entry, 0) + score * share
    return summed
