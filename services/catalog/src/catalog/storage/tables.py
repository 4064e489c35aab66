"""Tables of the catalog database."""

from sqlalchemy import (
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSON, JSONB, ExcludeConstraint

from shared.idempotency import idempotency_table
from shared.outbox import outbox_table

metadata = MetaData()
outbox = outbox_table(metadata)
idempotency_keys = idempotency_table(metadata)

# what stays the same in every version; what is in force on a day is a version
public_services = Table(
    "public_services",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("owner_agency", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("withdrawn_on", Date),
)

# in force from valid_from until the day before valid_to; one that was replaced before its first day ended has no day.
# The definition is kept as it was written, the order of its members too: people see a form's fields in that order
versions = Table(
    "public_service_versions",
    metadata,
    Column("slug", Text, ForeignKey("public_services.slug"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("validity", DATERANGE, Computed("daterange(valid_from, valid_to)", persisted=True), nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("published_by", Text, nullable=False),
    Column("review_on", Date, nullable=False),
    Column("definition", JSON, nullable=False),
    Column("summary", JSONB, nullable=False),
    ExcludeConstraint(("slug", "="), ("validity", "&&"), name="public_service_versions_one_a_day"),
)

# what the owner agency works on; a draft of a new public service has based_on 0
drafts = Table(
    "public_service_drafts",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("owner_agency", Text, nullable=False, index=True),
    Column("based_on", Integer, nullable=False),
    Column("definition", JSON, nullable=False),
    Column("edited_at", DateTime(timezone=True), nullable=False),
    Column("edited_by", Text, nullable=False),
)

# an owner's word that a version is still right, and when to look again; the version itself never changes
reviews = Table(
    "public_service_reviews",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("confirmed_at", DateTime(timezone=True), primary_key=True),
    Column("confirmed_by", Text, nullable=False),
    Column("review_on", Date, nullable=False),
    ForeignKeyConstraint(["slug", "version"], ["public_service_versions.slug", "public_service_versions.version"]),
)

# what new public services of an agency begin with
agency_defaults = Table(
    "agency_defaults",
    metadata,
    Column("agency", Text, primary_key=True),
    Column("defaults", JSONB, nullable=False),
    Column("edited_at", DateTime(timezone=True), nullable=False),
    Column("edited_by", Text, nullable=False),
)

records = Table(
    "records",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("slug", Text, primary_key=True),
    Column("territory", Text),
    Column("data", JSONB, nullable=False),
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("facts", JSONB, nullable=False),
)
