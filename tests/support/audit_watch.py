"""The audit trail of auth under watch: no change without an entry in its transaction, and no entry that tells too much.

The databases of tests get a constraint of their own: what changes an account, mandate, session, key or client, and writes no
entry in the same transaction, fails at its commit. So every test of auth is one of its trail too.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database

# which columns of a changed row matter; all of one that is new or taken away. What is only kept up goes without an entry
WATCHED: Mapping[str, Sequence[str]] = {
    "accounts": ("password_hash", "full_name_sealed", "phone_sealed", "email_sealed", "totp_sealed", "identity_level", "kind"),
    "logins": ("login_hash", "account_id"),
    "passkeys": ("credential_id", "account_id", "public_key"),
    "recovery_codes": ("used_at",),
    "upstream_identities": ("account_id",),
    "mandates": ("role", "organisation", "valid_from", "valid_to", "revoked_at"),
    "sessions": ("account_id", "acr", "amr", "mandate_id", "ended_at"),
    "clients": ("name", "auth_method", "grant_types", "scopes", "resources", "redirect_uris", "jwks", "expires_at",
                "disabled_at"),
    "client_secrets": ("expires_at",),
    "client_operators": ("ended_at",),
    "consents": ("scopes",),
    "signing_keys": ("signs_from", "retires_at", "private_sealed"),
}  # fmt: skip
# rows that have had their time go without a word
_NOT_ON_DELETE = {"sessions"}
_FUNCTION = """
CREATE FUNCTION demand_an_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF current_setting('audit.by_hand', true) = 'yes' THEN RETURN NULL; END IF;
  PERFORM 1 FROM audit_log WHERE xmin = pg_current_xact_id()::xid;
  IF NOT FOUND THEN RAISE EXCEPTION '% of % left no entry in the audit trail', TG_OP, TG_TABLE_NAME; END IF;
  RETURN NULL;
END $$
"""


async def watch(url: str) -> None:
    """Put the constraint into a database, as its superuser, unless it is there."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            if await connection.fetchval("SELECT 1 FROM pg_proc WHERE proname = 'demand_an_entry'"):
                return
            await connection.execute(_FUNCTION)
            for table, columns in WATCHED.items():
                deleted = "" if table in _NOT_ON_DELETE else "OR DELETE"
                await connection.execute(
                    f"CREATE CONSTRAINT TRIGGER demand_an_entry AFTER INSERT OR UPDATE OF {', '.join(columns)} {deleted}"
                    f" ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION demand_an_entry()"
                )
    finally:
        await connection.close()


@asynccontextmanager
async def by_hand(database: Database) -> AsyncIterator[AsyncConnection]:
    """A transaction in which a test writes what no use case does; nobody asks it for an entry."""
    async with database.transaction() as connection:
        await connection.execute(text("SET LOCAL audit.by_hand = 'yes'"))
        yield connection


_TRAIL = """
SELECT (to_jsonb(a) - 'position')::text FROM audit_log a UNION ALL SELECT data FROM outbox WHERE topic = 'auth.audit'
"""
# how what an entry must not hold looks, whosever it is
_PRIVATE = {
    "a telephone number": re.compile(r"380\d{9}"),
    "an e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
    "words of a person": re.compile(r"[\u0400-\u04FF]"),
    "a network address": re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])|(?:[0-9a-f]{1,4}:){4,}|::1"),
    "a token": re.compile(r"eyJ[\w-]{10,}"),
    "a secret": re.compile(r"(?<![\w-])[A-Za-z0-9_-]{43,}(?![\w-])"),
    "a secret of an authenticator": re.compile(r"\b[A-Z2-7]{16,}\b"),
    "a hash of a password": re.compile(r"\$argon2"),
    "a code": re.compile(r"(?<![\w.:+-])\d{6,8}(?![\w.:+-])"),
    "a browser": re.compile(r"mozilla|python-httpx", re.IGNORECASE),
}


async def private_in_the_trail(database: Database, *known: str) -> dict[str, str]:
    """Return what the entries, and their events, tell that they must not: by kind, and what is known to the test."""
    async with database.reading() as connection:
        return private_in(list((await connection.execute(text(_TRAIL))).scalars()), *known)


def private_in(lines: Sequence[str], *known: str) -> dict[str, str]:
    """Return what must not be in these lines and is, by kind, and what of `known` is."""
    found = {kind: line for line in lines for kind, pattern in _PRIVATE.items() if pattern.search(line)}
    return found | {value: line for line in lines for value in known if value in line}
