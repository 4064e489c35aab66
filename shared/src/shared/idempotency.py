"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a repeated request is answered as the first was.

The key is entered in the transaction of the work: of many concurrent repeats one works, the others wait for its commit and
get its answer. The same key with another body is refused.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, DateTime, LargeBinary, MetaData, SmallInteger, Table, Text, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection


class IdempotencyKeyReused(Exception):
    """The key is known with another request."""


@dataclass(frozen=True)
class StoredAnswer:
    """The answer that was given."""

    status: int
    body: dict[str, Any]


def idempotency_table(metadata: MetaData) -> Table:
    """Declare the keys of one service."""
    return Table(
        "idempotency_keys",
        metadata,
        Column("subject", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("fingerprint", LargeBinary, nullable=False),
        Column("status", SmallInteger),
        Column("body", JSONB),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    )


def fingerprint(operation: str, body: bytes) -> bytes:
    """Return the SHA-256 that tells one request from another."""
    return sha256(operation.encode() + b"\0" + body).digest()


class IdempotencyKeys:
    """The keys of one service, in the transaction of `connection`."""

    def __init__(self, table: Table, connection: AsyncConnection) -> None:
        self._table = table
        self._connection = connection

    async def claim(self, subject: str, key: str, request: bytes) -> StoredAnswer | None:
        """Enter the key; return None if the work is ours to do, or the answer given before.

        Raises IdempotencyKeyReused for another request under the same key.
        """
        table = self._table
        entry = insert(table).values(subject=subject, key=key, fingerprint=request).on_conflict_do_nothing()
        if (await self._connection.execute(entry)).rowcount:
            return None
        known = select(table).where(table.c.subject == subject, table.c.key == key)
        row = (await self._connection.execute(known)).one()
        if row.fingerprint != request:
            raise IdempotencyKeyReused
        return StoredAnswer(row.status, row.body)

    async def keep(self, subject: str, key: str, answer: StoredAnswer) -> None:
        """Store the answer with its key; call before the commit."""
        table = self._table
        row = update(table).where(table.c.subject == subject, table.c.key == key)
        await self._connection.execute(row.values(status=answer.status, body=answer.body))
