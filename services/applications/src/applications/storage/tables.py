"""Tables of the applications database.

`cards`, `withdrawals` and `organisations` are projections: nothing refers to their rows, so that they can be made anew.
`told_at` is when the event was told that a row is made of; rows older than this column have none. `card_changes` has a
value of its own for each time that something about a card was told, so that one look tells whether that is the last still.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.outbox import outbox_table

metadata = MetaData()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
idempotency_keys = idempotency_table(metadata)

cards = Table(
    "cards",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("data", JSONB, nullable=False),
    Column("told_at", DateTime(timezone=True)),
)

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("withdrawn_on", Date, nullable=False),
    Column("told_at", DateTime(timezone=True)),
)

card_changes = Table(
    "card_changes",
    metadata,
    Column("slug", Text, primary_key=True),
    Column("last_change", Uuid, nullable=False),
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", JSONB, nullable=False),
    Column("territory", Text),
    Column("is_active", Boolean, nullable=False),
    Column("told_at", DateTime(timezone=True)),
)

reference_numbers = Table(
    "reference_numbers",
    metadata,
    Column("year", SmallInteger, primary_key=True),
    Column("last_sequence", BigInteger, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("reference", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("public_service", Text, nullable=False),
    Column("card_version", Integer, nullable=False),
    Column("applicant_id", Uuid, nullable=False),
    Column("language", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("territory", Text, nullable=False),
    Column("centre", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("form_sealed", LargeBinary, nullable=False),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("registered_at", DateTime(timezone=True)),
    Column("deadline_on", Date),
    Column("deadline", JSONB),
    Column("suspensions", JSONB, nullable=False, server_default=text("'[]'")),
    Column("extension_days", SmallInteger, nullable=False, server_default=text("0")),
    Column("assignee_id", Uuid),
    Column("proposal", JSONB),
    Column("decision", JSONB),
    Column("request", Text),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("sequence", Integer, nullable=False),
    Index("applications_of_applicant", "applicant_id", "submitted_at", "id"),
    Index("queue_of_centre", "centre", "state", "submitted_at", "id"),
    Index("queue_of_agency", "agency", "state", "deadline_on", "id"),
)

timeline = Table(
    "timeline",
    metadata,
    Column("application_id", Uuid, ForeignKey("applications.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("event", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_role", Text, nullable=False),
    Column("organisation", Text),
    Column("note", Text),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'")),
)

verifications = Table(
    "verifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("application_id", Uuid, ForeignKey("applications.id"), nullable=False),
    Column("requirement", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("outcome", Text),
    Column("fields", JSONB),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("completed_at", DateTime(timezone=True)),
    Index("verifications_of_application", "application_id"),
)

files = Table(
    "files",
    metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("uploaded_at", DateTime(timezone=True), nullable=False),
)

application_files = Table(
    "application_files",
    metadata,
    Column("application_id", Uuid, ForeignKey("applications.id"), primary_key=True),
    Column("document", Text, primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
)
