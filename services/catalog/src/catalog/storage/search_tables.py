"""Tables of search: what versions are found by. Triggers keep them (migration 0004), whoever publishes."""

from sqlalchemy import (
    REAL,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY

from catalog.storage.tables import metadata

# what many versions have in common: the values of all filters (`life_event:birth`)
search_profiles = Table(
    "search_profiles",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("facets", ARRAY(Text), nullable=False, unique=True),
)

# a version, the days on which it is offered, and the item that a list shows of it, as JSON
search_entries = Table(
    "search_entries",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("slug", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("profile_id", Integer, ForeignKey("search_profiles.id"), nullable=False),
    Column("shown_from", Date, nullable=False, index=True),
    Column("shown_to", Date, nullable=False, index=True),
    Column("item", Text, nullable=False),
    UniqueConstraint("slug", "version"),
    ForeignKeyConstraint(
        ["slug", "version"],
        ["public_service_versions.slug", "public_service_versions.version"],
        ondelete="CASCADE",
    ),
)

# every folded word that a version ever had; "C" so that the words with one beginning stand side by side
search_words = Table(
    "search_words",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("word", Text(collation="C"), nullable=False, unique=True),
    Index(
        "search_words_likeness",
        "word",
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
        postgresql_with={"fastupdate": "off"},
    ),
)

# `weight` is what it says of a version that it has the word: in the name, and the shorter that is, the more. The index
# answers alone; nothing refers to words or entries, since a check for each row would cost as much as the row.
search_postings = Table(
    "search_postings",
    metadata,
    Column("word_id", Integer, nullable=False),
    Column("entry_id", Integer, nullable=False, index=True),
    Column("profile_id", Integer, nullable=False),
    Column("weight", REAL, nullable=False),
    Index("search_postings_by_word", "word_id", "entry_id", unique=True, postgresql_include=["weight", "profile_id"]),
)
