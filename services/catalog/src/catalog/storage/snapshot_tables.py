"""Tables of snapshots: the newest bundle, the differences that lead to it, the entries they are made of, the keys that sign."""

from sqlalchemy import Column, Date, DateTime, Integer, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from catalog.storage.tables import metadata

# one row: the newest; `checked_at` is when the catalogue was last compared with it, for the day `checked_for`
snapshots = Table(
    "snapshots",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("bundle", LargeBinary, nullable=False),
    Column("checked_at", DateTime(timezone=True), nullable=False),
    Column("checked_for", Date, nullable=False),
    Column("signed_by", Text),
)

# made when first asked for; all of them lead to the newest snapshot
snapshot_deltas = Table(
    "snapshot_deltas",
    metadata,
    Column("since", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("bundle", LargeBinary, nullable=False),
)

# what is gone has no content, and stays so that a difference can say so
snapshot_entries = Table(
    "snapshot_entries",
    metadata,
    Column("list", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("content", LargeBinary),
    Column("digest", LargeBinary),
    Column("changed_in", Integer, nullable=False, index=True),
)

# `signs_from` is the first day, in Kyiv, for which a key signs
snapshot_keys = Table(
    "snapshot_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("jwk", JSONB, nullable=False),
    Column("private_sealed", LargeBinary, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("signs_from", Date, nullable=False),
)
