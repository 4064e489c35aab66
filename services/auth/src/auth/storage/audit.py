"""The audit trail: what was done to accounts, mandates, keys and clients, and every sign-in that worked or failed.

A row and its event on `auth.audit` are written in the transaction of the change. Neither holds a secret or personal data:
people are named by account id, addresses and logins not at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import audit_log
from shared.clock import Clock
from shared.ids import new_id
from shared.outbox import Outbox

BY_COMMAND = "operator:command"  # who runs `python -m auth …` is known to the host, not to the platform
BY_ITSELF = "auth"


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `actor` did it to `subject`: ids of accounts, clients or keys; None where nobody is known."""

    action: str
    actor: str | None
    subject: str = "unknown"
    outcome: Literal["done", "refused"] = "done"
    organisation: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class AuditTrail:
    """Writes the trail of one service."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox = outbox
        self._clock = clock

    async def record(self, connection: AsyncConnection, entry: Entry) -> None:
        """Write one entry and its event in the transaction of `connection`."""
        row = {
            "id": new_id(),
            "occurred_at": self._clock.now(),
            "action": entry.action,
            "outcome": entry.outcome,
            "actor": entry.actor,
            "subject": entry.subject,
            "organisation": entry.organisation,
            "facts": dict(entry.facts),
        }
        await connection.execute(insert(audit_log), row)
        data = {**row, "id": str(row["id"]), "occurred_at": self._clock.now().isoformat()}
        await self._outbox.add(connection, "recorded.v1", entry.subject, data)
