"""Finding public services: one statement for words, filters, order, page, and what each filter would leave.

A word is sought as it is typed, in its forms and as a beginning; only one that is none of these is guessed by trigrams. Rare
words count more than frequent ones, names more than descriptions. Found is what is nearly as good as the best.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from string import Template
from typing import Any

import orjson

from catalog.domain.query_words import MOST_WORDS, patterns_of
from catalog.domain.word_forms import ENDINGS
from shared.database import Database

TERRITORY = "territory"
FACETS = ("life_event", "applicant_kind", "agency", TERRITORY, "channel", "fee")
MOST_SCORE = 10_000
# after what a page begins: a score and the number of an entry, or, without words, 0 and a slug
Position = tuple[int, int | str]
# a constant of the statement: sending them with every search would cost more than looking for them
_ENDINGS = f"'{{{','.join(sorted(ENDINGS))}}}'::text[]"

# what the best word for each place of a reading adds to its score
_SCORE = " + ".join(f"coalesce(max(score) FILTER (WHERE place = {place}), 0)" for place in range(MOST_WORDS))

# The plan is made once a connection and stays good: LATERAL … OFFSET 0 goes by the index, however new the statistics; words
# that come as JSON are as many as ever to the planner, which would plan anew for each array. It takes them for a hundred, and
# would make its hash tables that large: two conditions that are always true take two thirds off each. Ranges that are closed
# at both ends (`hidden`) are few to it, those open at one end a third of everything.
_BY_WORDS = """
pattern AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset($patterns::jsonb) AS p(reading int, place int, typed text, stem text)
  WHERE reading >= 0 AND place >= 0
), known AS MATERIALIZED (
  SELECT p.reading, p.place, w.id, max(w.strength) AS strength
  FROM pattern p CROSS JOIN LATERAL (
    SELECT id, CASE
        WHEN word = p.typed THEN '1'::real
        WHEN word = p.stem OR substr(word, length(p.stem) + 1) = ANY({endings}) THEN '0.92'
        ELSE '0.72'
      END AS strength
    FROM search_words
    WHERE word >= p.stem AND word < p.stem || U&'\\+10FFFF'
      AND (word = p.stem OR starts_with(word, p.typed) OR substr(word, length(p.stem) + 1) = ANY({endings}))
      AND (SELECT true FROM search_postings WHERE word_id = search_words.id LIMIT 1)
    ORDER BY strength DESC, length(word), word LIMIT 30
  ) w
  GROUP BY 1, 2, 3
), guessed AS MATERIALIZED (
  SELECT unknown.reading, unknown.place, w.id,
    '0.3'::real + '0.6'::real * (2 * w.likeness - max(w.likeness) OVER (PARTITION BY reading, place)) AS strength
  FROM (SELECT reading, place, typed AS word FROM pattern UNION SELECT reading, place, stem FROM pattern) unknown
  CROSS JOIN LATERAL (
    SELECT id, similarity(word, unknown.word) AS likeness FROM search_words
    WHERE word % unknown.word AND (SELECT true FROM search_postings WHERE word_id = search_words.id LIMIT 1)
    ORDER BY likeness DESC, word LIMIT 8
  ) w
  WHERE length(unknown.word) > 3 AND w.likeness > '0.35'::real
    AND NOT EXISTS (SELECT FROM known WHERE known.reading = unknown.reading AND known.place = unknown.place)
), found AS MATERIALIZED (
  SELECT * FROM known UNION ALL SELECT * FROM guessed
), worth AS (
  SELECT reading, place, ln(1 + 2000 / sum(postings.number * strength * strength))::real AS worth
  FROM found CROSS JOIN LATERAL (SELECT count(*) AS number FROM search_postings WHERE word_id = found.id) postings
  GROUP BY 1, 2
), share AS MATERIALIZED (
  SELECT reading, place,
    worth / sum(coalesce(worth, 4)) OVER (PARTITION BY reading) * CASE reading WHEN 0 THEN '1'::real ELSE '0.95' END AS share
  FROM (SELECT DISTINCT reading, place FROM pattern) p LEFT JOIN worth USING (reading, place)
), hit AS (
  SELECT entry_id, profile_id, reading, place, strength * weight * share AS score
  FROM found JOIN share USING (reading, place)
  CROSS JOIN LATERAL (SELECT entry_id, profile_id, weight FROM search_postings WHERE word_id = found.id OFFSET 0) posting
), hidden AS (
  SELECT id FROM search_entries
  WHERE (shown_from > $on::date AND shown_from < 'infinity') OR (shown_to <= $on AND shown_to > '-infinity')
), scored AS MATERIALIZED (
  SELECT entry_id, profile_id, max(score) AS score
  FROM (SELECT entry_id, profile_id, reading, {score} AS score FROM hit GROUP BY 1, 2, 3) readings
  WHERE entry_id <> ALL (ARRAY(SELECT id FROM hidden)) GROUP BY 1, 2 HAVING max(score) > '0.2'::real
), matched AS MATERIALIZED (
  SELECT entry_id AS id, profile_id, round(10000 * score::float8)::int AS score
  FROM scored WHERE score >= '0.6'::real * (SELECT max(score) FROM scored)
)"""

# without words everything is found, and comes by slug
_ALL = """
matched AS MATERIALIZED (
  SELECT id, profile_id, 0 AS score, slug FROM search_entries WHERE shown_from <= $on::date AND shown_to > $on
)"""

# `lacks` names the filters that an entry does not fit: one that lacks one alone is counted in the facet of that filter
_NO_FILTERS = ", selected AS (SELECT *, true AS lacks FROM matched)"
_FILTERS = """, centre AS MATERIALIZED (
  WITH RECURSIVE within AS (
    SELECT slug FROM territories WHERE slug = $territory::text
    UNION
    SELECT below.slug FROM territories below JOIN within ON below.parent = within.slug
  )
  SELECT c.slug FROM service_centres c JOIN within ON c.territory = within.slug
), selected AS MATERIALIZED (
  SELECT m.*, ARRAY(
    SELECT split_part(wanted, ':', 1) FROM unnest($filters::text[]) wanted WHERE wanted <> ALL (profile.facets)
    UNION ALL
    SELECT 'territory' WHERE $territory::text IS NOT NULL AND NOT EXISTS (
      SELECT FROM centre LEFT JOIN service_centre_offers own
        ON own.centre = centre.slug AND own.public_service = (SELECT slug FROM search_entries WHERE id = m.id)
      WHERE coalesce(own.is_offered, 'channel:service-centre' = ANY (profile.facets))
    )
  ) AS lacks
  FROM matched m JOIN search_profiles profile ON profile.id = m.profile_id
)"""

_PAGE = """, page AS MATERIALIZED (
  SELECT id, score, {key} AS key, row_number() OVER (ORDER BY score DESC, {key}) AS place FROM selected
  WHERE {fits} AND (score < $score::int OR (score = $score AND {key} > $key))
  ORDER BY score DESC, {key} LIMIT $limit::int + 1
), shown AS (
  SELECT convert_to(coalesce(string_agg(e.item, ',' ORDER BY place) FILTER (WHERE place <= $limit), ''), 'UTF8') AS items,
    max(page.score) FILTER (WHERE place = $limit) AS score, max(page.key) FILTER (WHERE place = $limit) AS key,
    count(*) > $limit AS has_more
  FROM page CROSS JOIN LATERAL (SELECT item FROM search_entries WHERE id = page.id OFFSET 0) e
)"""

# in a territory is offered what centres take in, less what all its centres refuse, and what one of them adds; IS TRUE
# lets the few that centres say something of be looked up in a hash
_COUNTS = """, counted AS MATERIALIZED (
  SELECT profile.facets, s.lacks, s.services, 'channel:service-centre' = ANY (profile.facets) AS is_taken_in
  FROM (SELECT profile_id, lacks, count(*)::int AS services FROM selected WHERE {nearly_fits} GROUP BY 1, 2) s
  JOIN search_profiles profile ON profile.id = s.profile_id
), special AS MATERIALIZED (
  SELECT id, profile_id FROM selected WHERE EXISTS (SELECT FROM service_centre_offers) AND {fits_elsewhere} AND (id IN (
    SELECT id FROM search_entries WHERE slug IN (SELECT public_service FROM service_centre_offers)
  )) IS TRUE
), own AS MATERIALIZED (
  SELECT c.territory, s.id, 'channel:service-centre' = ANY (profile.facets) AS is_taken_in,
    bool_or(o.is_offered) AS is_added, count(*) FILTER (WHERE NOT o.is_offered) AS refusing
  FROM special s JOIN search_profiles profile ON profile.id = s.profile_id JOIN search_entries e ON e.id = s.id
  JOIN service_centre_offers o ON o.public_service = e.slug JOIN service_centres c ON c.slug = o.centre
  GROUP BY 1, 2, 3
), near AS (
  SELECT c.territory, taken_in.services + coalesce(own.services, 0) AS services
  FROM (SELECT territory, count(*) AS centres FROM service_centres GROUP BY 1) c
  CROSS JOIN (SELECT coalesce(sum(services), 0) AS services FROM counted WHERE is_taken_in AND {fits_elsewhere}) taken_in
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE is_added AND NOT is_taken_in)
      - count(*) FILTER (WHERE refusing = c.centres AND is_taken_in) AS services
    FROM own WHERE own.territory = c.territory
  ) own
), facet AS (
  SELECT facet, sum(services) AS services FROM counted, unnest(facets) facet WHERE {counts} GROUP BY 1
  UNION ALL
  SELECT 'territory:' || territory, services FROM near WHERE services > 0
)
SELECT shown.*, (SELECT jsonb_object_agg(facet, services)::text FROM facet) AS facets FROM shown"""
# what is left of the conditions when nothing is filtered
_UNFILTERED = dict.fromkeys(("fits", "nearly_fits", "fits_elsewhere", "counts"), "true")
_FILTERED = {
    "fits": "lacks = '{}'",
    "nearly_fits": "cardinality(lacks) < 2",
    "fits_elsewhere": "lacks <@ ARRAY['territory']",
    "counts": "(lacks = '{}' OR starts_with(facet, lacks[1] || ':'))",
}
_NO_COUNTS = " SELECT shown.*, NULL AS facets FROM shown"


@dataclass(frozen=True)
class Wanted:
    """Which public services: a text to search, and the value of each filter by the name of its facet."""

    text: str | None = None
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_words(self) -> bool:
        """Tell whether a text is searched; nothing but spaces is none."""
        return bool(self.text and self.text.strip())


@dataclass(frozen=True)
class Found:
    """One page: its items as a JSON array, the key of the last if there are more.

    `facets` count for each value of each filter what would be found with it in place of the present one; on the first
    page only.
    """

    items: bytes
    after: Position | None
    facets: Mapping[str, Mapping[str, int]] | None


async def find_public_services(
    database: Database, wanted: Wanted, *, on: date, limit: int, after: Position | None = None
) -> Found:
    """Return a page of what is offered on a date: the most like the text first, or everything by slug."""
    score, key = after or (MOST_SCORE + 1, 0 if wanted.has_words else "")
    filters = [f"{name}:{value}" for name, value in wanted.filters.items() if name != TERRITORY]
    values: dict[str, Any] = {"on": on, "score": score, "key": key, "limit": limit}
    values |= {"filters": filters, "territory": wanted.filters.get(TERRITORY)}
    if wanted.has_words:
        patterns = patterns_of(wanted.text or "")
        if not patterns:  # nothing but signs is like no name
            return Found(b"[]", None, _by_name({}) if after is None else None)
        values["patterns"] = orjson.dumps(patterns).decode()
    statement, names = _statement(has_words=wanted.has_words, is_filtered=bool(wanted.filters), counts=after is None)
    row = await database.fetch_row(statement, *(values[name] for name in names))
    if row is None:
        raise LookupError("an aggregate has no row")
    facets = _by_name(orjson.loads(row["facets"] or b"{}")) if after is None else None
    return Found(b"[%b]" % row["items"], (row["score"], row["key"]) if row["has_more"] else None, facets)


@lru_cache
def _statement(*, has_words: bool, is_filtered: bool, counts: bool) -> tuple[str, list[str]]:
    """Return the statement and the names of its parameters in order; each of the eight is prepared once a connection."""
    parts = (
        "WITH ",
        _BY_WORDS if has_words else _ALL,
        _FILTERS if is_filtered else _NO_FILTERS,
        _PAGE,
        _COUNTS if counts else _NO_COUNTS,
    )
    text = "".join(parts)
    pieces = {"endings": _ENDINGS, "score": _SCORE, "key": "id" if has_words else "slug"}
    for name, piece in (pieces | (_FILTERED if is_filtered else _UNFILTERED)).items():
        text = text.replace(f"{{{name}}}", piece)
    template = Template(text)
    names = template.get_identifiers()
    return template.substitute({name: f"${number}" for number, name in enumerate(names, 1)}), names


def _by_name(services: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Return the numbers of services by facet and value, the most frequent value first."""
    counted: dict[str, dict[str, int]] = {name: {} for name in FACETS}
    for number, facet in sorted((-number, facet) for facet, number in services.items()):
        name, _, value = facet.partition(":")
        counted[name][value] = -number
    return counted
