"""Tables of the auth database. Personal data and private keys are sealed; what must be found is kept as a keyed hash.

accounts ─< logins · mandates · passkeys · recovery_codes · upstream_identities · known_places
         └< sessions ─< refresh_tokens · authorization_codes
clients ─< client_secrets · client_operators · consents
audit_log: written once, by everyone who changes something; nobody can change or delete a row
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.outbox import outbox_table

metadata = MetaData()
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
idempotency_keys = idempotency_table(metadata)
_Moment = DateTime(timezone=True)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("password_hash", Text),  # None: signs in by code, passkey or upstream identity, or is not activated
    Column("full_name_sealed", LargeBinary),
    Column("phone_sealed", LargeBinary),
    Column("email_sealed", LargeBinary),
    Column("totp_sealed", LargeBinary),
    Column("totp_last_step", Integer),
    Column("totp_pending_sealed", LargeBinary),  # enrolled when a code of it comes back
    Column("identity_level", Text, nullable=False),  # how surely it is known who this is: low, substantial, high
    Column("created_at", _Moment, nullable=False),
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
    Column("password_hash", Text),
    Column("language", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("expires_at", _Moment, nullable=False),
    Column("account_id", Uuid),
)

sign_in_codes = Table(
    "sign_in_codes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid),  # None: nobody has this contact, and nothing was sent; the asker is not told
    Column("code_hash", LargeBinary, nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("expires_at", _Moment, nullable=False),
    Column("used_at", _Moment),
)

activations = Table(
    "activations",
    metadata,
    Column("account_id", Uuid, ForeignKey("accounts.id"), primary_key=True),
    Column("nonce", Uuid, nullable=False),  # the code is derived from it, so that a repeated request shows the same one
    Column("attempts", SmallInteger, nullable=False),
    Column("expires_at", _Moment, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("accounts.id"), nullable=False),
    Column("used_at", _Moment),
    Index("recovery_codes_of_account", "account_id"),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("accounts.id"), nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", _Moment, nullable=False),
    Column("used_at", _Moment),
    Index("passkeys_of_account", "account_id"),
)

challenges = Table(
    "challenges",
    metadata,
    Column("challenge_hash", LargeBinary, primary_key=True),
    Column("account_id", Uuid),  # None: of a sign-in, when it is not known yet who comes
    Column("expires_at", _Moment, nullable=False),
)

upstream_identities = Table(
    "upstream_identities",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("subject_hash", LargeBinary, primary_key=True),
    Column("account_id", Uuid, ForeignKey("accounts.id"), nullable=False),
    Column("linked_at", _Moment, nullable=False),
    UniqueConstraint("account_id", "provider", name="upstream_identities_one_of_each"),
)

mandates = Table(
    "mandates",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("accounts.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("valid_from", _Moment, nullable=False),
    Column("valid_to", _Moment),
    Column("revoked_at", _Moment),
    Column("granted_by", Text, nullable=False),
    Index("mandates_of_account", "account_id"),
    Index("mandates_of_organisation", "organisation"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", Uuid, ForeignKey("accounts.id"), nullable=False),
    Column("cookie_hash", LargeBinary, unique=True),  # None: opened over the API, without a browser
    Column("acr", Text, nullable=False),
    Column("amr", ARRAY(Text), nullable=False),
    Column("mandate_id", Uuid, ForeignKey("mandates.id")),  # the one chosen mandate that its tokens carry
    Column("device_sealed", LargeBinary),  # what its owner recognises it by
    Column("signed_in_at", _Moment, nullable=False),
    Column("seen_at", _Moment, nullable=False),
    Column("expires_at", _Moment, nullable=False),
    Column("ended_at", _Moment),
    Index("sessions_of_account", "account_id"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("family_id", Uuid, nullable=False),
    Column("session_id", Uuid, ForeignKey("sessions.id"), nullable=False),
    Column("client_id", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("resources", ARRAY(Text), nullable=False),
    Column("expires_at", _Moment, nullable=False),
    Column("used_at", _Moment),
    Column("revoked_at", _Moment),
    Index("refresh_tokens_of_family", "family_id"),
    Index("refresh_tokens_of_session", "session_id"),
)

authorization_codes = Table(
    "authorization_codes",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("session_id", Uuid, ForeignKey("sessions.id"), nullable=False),
    Column("client_id", Text, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("resources", ARRAY(Text), nullable=False),
    Column("nonce", Text),
    Column("code_challenge", Text, nullable=False),
    Column("family_id", Uuid, nullable=False),  # of the refresh tokens it brings: a second use ends them
    Column("expires_at", _Moment, nullable=False),
    Column("used_at", _Moment),
)

clients = Table(
    "clients",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("auth_method", Text, nullable=False),  # client_secret, private_key_jwt, none (a public client, with PKCE)
    Column("grant_types", ARRAY(Text), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("resources", ARRAY(Text), nullable=False),
    Column("redirect_uris", ARRAY(Text), nullable=False),
    Column("post_logout_redirect_uris", ARRAY(Text), nullable=False),
    Column("jwks", JSONB),
    Column("needs_consent", Boolean, nullable=False),
    Column("created_at", _Moment, nullable=False),
    Column("expires_at", _Moment),
    Column("disabled_at", _Moment),
)

client_secrets = Table(
    "client_secrets",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("client_id", Text, ForeignKey("clients.id"), nullable=False),
    Column("created_at", _Moment, nullable=False),
    Column("expires_at", _Moment),
    Index("client_secrets_of_client", "client_id"),
)

client_operators = Table(
    "client_operators",
    metadata,
    Column("client_id", Text, ForeignKey("clients.id"), primary_key=True),
    Column("operator_id", Text, primary_key=True),
    Column("added_at", _Moment, nullable=False),
    Column("ended_at", _Moment),
)

consents = Table(
    "consents",
    metadata,
    Column("account_id", Uuid, ForeignKey("accounts.id"), primary_key=True),
    Column("client_id", Text, ForeignKey("clients.id"), primary_key=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("given_at", _Moment, nullable=False),
)

used_assertions = Table(
    "used_assertions",
    metadata,
    Column("jti_hash", LargeBinary, primary_key=True),
    Column("expires_at", _Moment, nullable=False),
)

failures = Table(
    "login_failures",
    metadata,
    Column("key_hash", LargeBinary, primary_key=True),
    Column("failed", Integer, nullable=False),
    Column("last_at", _Moment, nullable=False),
)

known_places = Table(
    "known_places",
    metadata,
    Column("account_id", Uuid, ForeignKey("accounts.id"), primary_key=True),
    Column("place_hash", LargeBinary, primary_key=True),
    Column("last_at", _Moment, nullable=False),
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("occurred_at", _Moment, nullable=False),
    Column("action", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("actor", Text),
    Column("subject", Text, nullable=False),
    Column("organisation", Text),
    Column("facts", JSONB, nullable=False),
    Index("audit_log_of_subject", "subject"),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("private_sealed", LargeBinary, nullable=False),
    Column("jwk", JSONB, nullable=False),
    Column("signs_from", _Moment, nullable=False),
    Column("retires_at", _Moment),
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("told_at", _Moment),
)
