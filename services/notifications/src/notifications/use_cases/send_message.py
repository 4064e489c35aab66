"""Send what is due: lease a message, find the address, hand it to the provider, note it.

A message of a case waits until those before it on the same channel came to their end, so that nobody reads of a decision
before the registration. What a killed worker held is sent again under the same id, and the provider knows it.
"""

import hmac
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from notifications.clients.providers import AddressRefused, ProviderUnavailable
from notifications.storage.tables import contacts, messages
from notifications.use_cases.dependencies import Dependencies
from shared.http import PeerUnavailable
from shared.logging import get_logger

_log = get_logger("messages")


@dataclass(frozen=True)
class Contact:
    """Where somebody is reached."""

    phone: str | None
    email: str | None
    language: str

    def address(self, channel: str) -> str | None:
        return self.phone if channel == "sms" else self.email


async def lease_due(deps: Dependencies, limit: int) -> Sequence[Any]:
    """Take up to `limit` messages that are due and whose turn it is."""
    table, now = messages, deps.clock.now()
    earlier = messages.alias("earlier")
    waits = exists().where(
        earlier.c.application_id == table.c.application_id,
        earlier.c.channel == table.c.channel,
        earlier.c.position < table.c.position,
        earlier.c.state == "pending",
    )
    due = and_(
        table.c.state == "pending",
        table.c.next_attempt_at <= now,
        or_(table.c.leased_until.is_(None), table.c.leased_until < now),
        ~waits,
    )
    # a CTE, chosen once: PostgreSQL may run a subquery with LIMIT and SKIP LOCKED again for each row, and lease too many
    chosen = select(table.c.id).where(due).order_by(table.c.position).limit(limit).with_for_update(skip_locked=True)
    first = chosen.cte("chosen")
    until = now + timedelta(seconds=deps.settings.lease_seconds)
    leased = update(table).where(table.c.id == first.c.id).values(leased_until=until).returning(table)
    async with deps.database.transaction() as connection:
        return list(await connection.execute(leased))


async def send_message(deps: Dependencies, row: Any) -> None:
    """Bring one leased message to its end, or to its next try."""
    try:
        contact = await find_contact(deps, row.applicant_id)
        address = contact.address(row.channel) if contact else None
        if address is None:
            await _close(deps, row, {"state": "skipped"})
            return
        text = deps.texts.render(row.template, row.language, row.facts)
        receipt_url = f"{deps.settings.public_url}/v1/receipts/sms?token={receipt_token(deps, row.id)}"
        await deps.providers[row.channel].send(row.id, address, text, receipt_url=receipt_url)
    except AddressRefused:
        await _close(deps, row, {"state": "failed"}, event="failed.v1", reason="the provider refused the address")
    except (ProviderUnavailable, PeerUnavailable) as error:
        await _postpone(deps, row, error)
    else:
        now = deps.clock.now()
        if row.channel == "email":
            values = {"state": "delivered", "sent_at": now, "delivered_at": now}
            await _close(deps, row, values, event="delivered.v1")
        else:
            await _close(deps, row, {"state": "sent", "sent_at": now})


async def find_contact(deps: Dependencies, account_id: UUID) -> Contact | None:
    """Return where an account is reached; asked of auth once, then kept sealed. Raises PeerUnavailable."""
    async with deps.database.reading() as connection:
        row = (await connection.execute(select(contacts).where(contacts.c.account_id == account_id))).first()
    if row is not None:
        return Contact(
            _open(deps, account_id, row.phone_sealed), _open(deps, account_id, row.email_sealed), row.language
        )
    answer = await deps.auth.request("GET", f"/v1/accounts/{account_id}/contact")
    if answer.status_code == 404:
        return None
    if not answer.is_success:
        raise PeerUnavailable("auth")
    body = answer.json()
    contact = Contact(body["phone"], body["email"], body["language"])
    kept = insert(contacts).values(
        account_id=account_id,
        phone_sealed=_seal(deps, account_id, contact.phone),
        email_sealed=_seal(deps, account_id, contact.email),
        language=contact.language,
    )
    async with deps.database.transaction() as connection:
        await connection.execute(kept.on_conflict_do_nothing())
    return contact


def receipt_token(deps: Dependencies, message_id: UUID) -> str:
    """Return what proves that a receipt comes from whom the message was handed to."""
    proof = hmac.new(deps.receipt_key, b"receipt" + message_id.bytes, sha256).hexdigest()[:32]
    return f"{message_id}.{proof}"


async def _close(
    deps: Dependencies, row: Any, values: Mapping[str, Any], *, event: str | None = None, reason: str | None = None
) -> None:
    """Write what became of a message, if the lease is still this worker's, and tell of an end."""
    table = messages
    mine = update(table).where(
        table.c.id == row.id, table.c.state == "pending", table.c.leased_until == row.leased_until
    )
    async with deps.database.transaction() as connection:
        is_mine = (await connection.execute(mine.values(leased_until=None, **values))).rowcount
        if is_mine and event:
            facts = message_facts(row) | {"at": deps.clock.now().isoformat(), "reason": reason}
            await deps.outbox.add(connection, event, str(row.application_id), facts)
    deps.waker.wake()


def message_facts(row: Any) -> dict[str, Any]:
    """Return what an event about a message tells."""
    return {
        "notification_id": str(row.id),
        "application_id": str(row.application_id),
        "applicant_id": str(row.applicant_id),
        "cause": row.cause_type,
        "channel": row.channel,
    }


async def _postpone(deps: Dependencies, row: Any, error: Exception) -> None:
    settings, now = deps.settings, deps.clock.now()
    attempts = row.attempts + 1
    _log.warning("message waits", channel=row.channel, attempts=attempts, reason=str(error))
    if now - row.created_at > timedelta(hours=settings.give_up_hours):
        await _close(deps, row, {"state": "failed"}, event="failed.v1", reason="the provider did not answer for a day")
        return
    longest = min(settings.first_pause_seconds * 2 ** min(attempts - 1, 20), settings.longest_pause_seconds)
    pause = timedelta(seconds=longest * random.uniform(0.7, 1.3))  # noqa: S311  jitter
    await _close(deps, row, {"attempts": attempts, "next_attempt_at": now + pause})


def _seal(deps: Dependencies, account_id: UUID, address: str | None) -> bytes | None:
    return None if address is None else deps.cipher.encrypt(address.encode(), f"contacts:{account_id}")


def _open(deps: Dependencies, account_id: UUID, sealed: bytes | None) -> str | None:
    return None if sealed is None else deps.cipher.decrypt(sealed, f"contacts:{account_id}").decode()
