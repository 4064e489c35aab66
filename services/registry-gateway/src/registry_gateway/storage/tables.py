"""Tables of the registry gateway."""

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.outbox import outbox_table

metadata = MetaData()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
idempotency_keys = idempotency_table(metadata)

# a projection; `told_at` is when the event was told that a row is made of, rows older than this column have none
cards = Table(
    "cards",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("register_checks", JSONB, nullable=False),
    Column("told_at", DateTime(timezone=True)),
)

verifications = Table(
    "verifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, nullable=False),
    Column("applicant_id", Uuid, nullable=False),
    Column("reference", Text, nullable=False),
    Column("public_service", Text, nullable=False),
    Column("service_name", JSONB, nullable=False),
    Column("card_version", Integer, nullable=False),
    Column("centre", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("requirement", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("outcome", Text),
    Column("fields", JSONB),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False),
    Column("leased_until", DateTime(timezone=True)),
    Column("completed_at", DateTime(timezone=True)),
    Index("verifications_due", "next_attempt_at", postgresql_where=text("state = 'pending'")),
    Index("verifications_of_application", "application_id"),
)

register_queries = Table(
    "register_queries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("verification_id", Uuid, nullable=False),
    Column("application_id", Uuid, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("register", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("outcome", Text),
    Index("queries_about_subject", "subject_id", "id"),
    Index("queries_of_register", "register", "id"),
)
