"""Tables of notifications. Addresses are sealed; a message keeps facts, not its text."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.inbox import inbox_table
from shared.outbox import outbox_table

metadata = MetaData()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)

contacts = Table(
    "contacts",
    metadata,
    Column("account_id", Uuid, primary_key=True),
    Column("phone_sealed", LargeBinary),
    Column("email_sealed", LargeBinary),
    Column("language", Text, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("cause_event_id", Uuid, nullable=False),
    Column("cause_type", Text, nullable=False),
    Column("application_id", Uuid, nullable=False),
    Column("applicant_id", Uuid, nullable=False),
    Column("centre", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False),
    Column("leased_until", DateTime(timezone=True)),
    Column("sent_at", DateTime(timezone=True)),
    Column("delivered_at", DateTime(timezone=True)),
    Index("messages_once", "cause_event_id", "channel", unique=True),
    Index("messages_due", "next_attempt_at", postgresql_where=text("state = 'pending'")),
    Index("messages_of_case", "application_id", "channel", "position"),
    Index("messages_of_applicant", "applicant_id", "id"),
)
