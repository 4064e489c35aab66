"""add search: words, postings and the values of filters, kept by triggers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_VERSIONS = "public_service_versions"

# what a list is filtered by, in one order, so that equal sets are equal arrays
_FACETS = """
CREATE FUNCTION search_facets(summary jsonb) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(DISTINCT facet ORDER BY facet) FROM (
    SELECT 'life_event:' || value AS facet FROM jsonb_array_elements_text(summary -> 'life_events') value
    UNION ALL
    SELECT 'applicant_kind:' || value FROM jsonb_array_elements_text(summary -> 'applicant_kinds') value
    UNION ALL
    SELECT 'channel:' || value FROM jsonb_array_elements_text(summary -> 'channels') value
    UNION ALL
    SELECT 'agency:' || (summary ->> 'agency')
    UNION ALL
    SELECT 'fee:' || CASE WHEN summary -> 'fee' ->> 'kind' = 'free' THEN 'free' ELSE 'paid' END
  ) facets
$$
"""

# the day on which a version is not offered any more: it ends, or its public service is withdrawn
_END_OF = """
CREATE FUNCTION search_end_of(of_slug text, valid_to date) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT least(coalesce(valid_to, 'infinity'), withdrawn_on) FROM public_services WHERE slug = of_slug
$$
"""

# the words of a name weigh more, the shorter it is in their language; those that only the description has weigh a third. New
# words are written in their order, so that two who publish at once wait for one another and never for each other. What
# is longer than any word is none.
_ENTER_VERSION = """
CREATE FUNCTION search_enter_version(v public_service_versions) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  values_of_filters text[] := search_facets(v.summary);
  names text[] := string_to_array(v.folded_name, ' ');
  texts text[] := string_to_array(v.folded_text, ' ');
  entry integer;
  profile integer;
BEGIN
  INSERT INTO search_profiles (facets) VALUES (values_of_filters) ON CONFLICT DO NOTHING;
  SELECT id INTO STRICT profile FROM search_profiles WHERE facets = values_of_filters;
  INSERT INTO search_entries (slug, version, profile_id, shown_from, shown_to, item)
  SELECT v.slug, v.version, profile, v.valid_from, search_end_of(v.slug, v.valid_to),
    (jsonb_build_object('slug', v.slug, 'code', service.code, 'version', v.version) || v.summary)::text
  FROM public_services service WHERE service.slug = v.slug
  RETURNING id INTO entry;
  INSERT INTO search_words (word)
  SELECT word FROM (SELECT DISTINCT unnest(names || texts) AS word) words
  WHERE length(word) <= 60 AND NOT EXISTS (SELECT FROM search_words known WHERE known.word = words.word)
  ORDER BY word COLLATE "C"
  ON CONFLICT DO NOTHING;
  INSERT INTO search_postings (word_id, entry_id, profile_id, weight)
  SELECT known.id, entry, profile, max(weight)
  FROM (
    SELECT word, 0.85 + 0.3 / greatest(2, count(*) FILTER (WHERE length(word) > 3) OVER (PARTITION BY word ~ '[a-z]'))
      - 0.002 * least(25, cardinality(names)) AS weight
    FROM unnest(names) word
    UNION ALL
    SELECT unnest(texts), 0.35
  ) words JOIN search_words known USING (word)
  GROUP BY known.id;
END $$
"""

_ENTER = """
CREATE FUNCTION search_enter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT isempty(NEW.validity) THEN
    PERFORM search_enter_version(NEW);
  END IF;
  RETURN NULL;
END $$
"""

# what ended is not looked for any more
_END = """
CREATE FUNCTION search_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF isempty(NEW.validity) OR NEW.valid_to <= (now() AT TIME ZONE 'Europe/Kyiv')::date THEN
    DELETE FROM search_postings USING search_entries entry
    WHERE entry_id = entry.id AND entry.slug = NEW.slug AND entry.version = NEW.version;
    DELETE FROM search_entries WHERE slug = NEW.slug AND version = NEW.version;
  ELSE
    UPDATE search_entries SET shown_to = search_end_of(NEW.slug, NEW.valid_to)
    WHERE slug = NEW.slug AND version = NEW.version;
  END IF;
  RETURN NULL;
END $$
"""

_WITHDRAW = """
CREATE FUNCTION search_withdraw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE search_entries entry SET shown_to = search_end_of(v.slug, v.valid_to)
  FROM public_service_versions v
  WHERE v.slug = NEW.slug AND entry.slug = v.slug AND entry.version = v.version;
  RETURN NULL;
END $$
"""

_TRIGGERS = {
    "search_enter": ("INSERT", _VERSIONS),
    "search_end": ("UPDATE OF valid_from, valid_to", _VERSIONS),
    "search_withdraw": ("UPDATE OF withdrawn_on", "public_services"),
}


def upgrade() -> None:
    add_search()
    for name in ("name", "text", "summary"):
        op.drop_index(f"{_VERSIONS}_{name}", _VERSIONS)


def add_search() -> None:
    """Make the tables of search, what keeps them, and enter what is published."""
    _add_tables()
    for function in (_FACETS, _END_OF, _ENTER_VERSION, _ENTER, _END, _WITHDRAW):
        op.execute(function)
    for name, (event, table) in _TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    _enter_what_is_published()


def _add_tables() -> None:
    op.create_table(
        "search_profiles",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), primary_key=True),
        sa.Column("facets", postgresql.ARRAY(sa.Text()), nullable=False, unique=True),
    )
    op.create_table(
        "search_entries",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), primary_key=True),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.Integer(), sa.ForeignKey("search_profiles.id"), nullable=False),
        sa.Column("shown_from", sa.Date(), nullable=False, index=True),
        sa.Column("shown_to", sa.Date(), nullable=False, index=True),
        sa.Column("item", sa.Text(), nullable=False),
        sa.UniqueConstraint("slug", "version"),
        sa.ForeignKeyConstraint(
            ["slug", "version"], [f"{_VERSIONS}.slug", f"{_VERSIONS}.version"], ondelete="CASCADE"
        ),
    )
    op.create_table(
        "search_words",
        sa.Column("id", sa.Integer(), sa.Identity(always=True), primary_key=True),
        sa.Column("word", sa.Text(collation="C"), nullable=False, unique=True),
    )
    op.create_index(
        "search_words_likeness", "search_words", ["word"], postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"}, postgresql_with={"fastupdate": "off"},
    )  # fmt: skip
    op.create_table(
        "search_postings",
        sa.Column("word_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False, index=True),
        sa.Column("profile_id", sa.Integer(), nullable=False),
        sa.Column("weight", sa.REAL(), nullable=False),
    )
    op.create_index(
        "search_postings_by_word", "search_postings", ["word_id", "entry_id"], unique=True,
        postgresql_include=["weight", "profile_id"],
    )  # fmt: skip


def _enter_what_is_published() -> None:
    """Fold what earlier folding left (soft signs, doubled consonants), and enter it as the triggers do from now on."""
    for column in ("folded_name", "folded_text"):
        op.execute(
            f"""
            UPDATE {_VERSIONS}
            SET {column} = regexp_replace(translate({column}, 'ьъ', ''), '([^\\W\\daeiouyаеиоуюя])\\1+', '\\1', 'g')
            """
        )
    op.execute(
        f"""
        SELECT search_enter_version(v) FROM {_VERSIONS} v
        WHERE NOT isempty(validity) AND coalesce(valid_to > (now() AT TIME ZONE 'Europe/Kyiv')::date, true)
        """
    )


def downgrade() -> None:
    for column in ("name", "text"):
        op.create_index(
            f"{_VERSIONS}_{column}", _VERSIONS, [f"folded_{column}"], postgresql_using="gin",
            postgresql_ops={f"folded_{column}": "gin_trgm_ops"},
        )  # fmt: skip
    op.create_index(f"{_VERSIONS}_summary", _VERSIONS, ["summary"], postgresql_using="gin")
    drop_search()


def drop_search() -> None:
    """Take away the tables of search and what keeps them."""
    for name, (_, table) in _TRIGGERS.items():
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}")
    op.execute(f"DROP FUNCTION search_enter_version({_VERSIONS})")
    op.execute("DROP FUNCTION search_end_of(text, date)")
    op.execute("DROP FUNCTION search_facets(jsonb)")
    for table in ("search_postings", "search_words", "search_entries", "search_profiles"):
        op.drop_table(table)
