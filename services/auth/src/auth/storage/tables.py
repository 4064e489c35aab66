"""Tables of the auth database. Personal data and private keys are sealed; what must be found is kept as a keyed hash."""

from sqlalchemy import Boolean, Column, DateTime, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.outbox import outbox_table

metadata = MetaData()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
idempotency_keys = idempotency_table(metadata)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("full_name_sealed", LargeBinary),
    Column("phone_sealed", LargeBinary),
    Column("email_sealed", LargeBinary),
    Column("totp_sealed", LargeBinary),
    Column("totp_last_step", Integer),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

logins = Table(
    "logins",
    metadata,
    Column("login_hash", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("accounts.id"), nullable=False),
)

registrations = Table(
    "registrations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("phone_sealed", LargeBinary),
    Column("email_sealed", LargeBinary),
    Column("sms_code_hash", LargeBinary),
    Column("email_code_hash", LargeBinary),
    Column("password_hash", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("account_id", Uuid),
)

mandates = Table(
    "mandates",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("accounts.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("valid_from", DateTime(timezone=True), nullable=False),
    Column("valid_to", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("granted_by", Text, nullable=False),
    Index("mandates_of_account", "account_id"),
    Index("mandates_of_organisation", "organisation"),
)

clients = Table(
    "clients",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("family_id", Uuid, nullable=False),
    Column("account_id", Uuid, ForeignKey("accounts.id"), nullable=False),
    Column("acr", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Index("refresh_tokens_of_family", "family_id"),
    Index("refresh_tokens_of_account", "account_id"),
)

failures = Table(
    "login_failures",
    metadata,
    Column("key_hash", LargeBinary, primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("private_sealed", LargeBinary, nullable=False),
    Column("jwk", JSONB, nullable=False),
    Column("signs_from", DateTime(timezone=True), nullable=False),
    Column("retires_at", DateTime(timezone=True)),
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("told_at", DateTime(timezone=True)),
)
