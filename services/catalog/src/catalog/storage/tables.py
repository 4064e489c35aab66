"""Tables of the catalog database."""

from sqlalchemy import Column, Date, DateTime, ForeignKey, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.outbox import outbox_table

metadata = MetaData()
outbox = outbox_table(metadata)

public_services = Table(
    "public_services",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("withdrawn_on", Date),
    Column("summary", JSONB, nullable=False),
    Column("folded_name", Text, nullable=False),
    Column("folded_text", Text, nullable=False),
    Index(
        "public_services_name", "folded_name", postgresql_using="gin", postgresql_ops={"folded_name": "gin_trgm_ops"}
    ),
    Index(
        "public_services_text", "folded_text", postgresql_using="gin", postgresql_ops={"folded_text": "gin_trgm_ops"}
    ),
    Index("public_services_summary", "summary", postgresql_using="gin"),
)

versions = Table(
    "public_service_versions",
    metadata,
    Column("slug", Text, ForeignKey("public_services.slug"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("valid_from", Date, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    Column("definition", JSONB, nullable=False),
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
