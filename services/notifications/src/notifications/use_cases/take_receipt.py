"""Take in a provider's receipt: delivered, or not."""

import hmac
from uuid import UUID

from sqlalchemy import select, update

from notifications.storage.tables import messages
from notifications.use_cases.dependencies import Dependencies
from notifications.use_cases.send_message import message_facts, receipt_token


class ReceiptRefused(Exception):
    """A receipt that does not prove where it comes from."""


async def take_receipt(deps: Dependencies, token: str, status: str) -> None:
    """Note the end of a message that was handed to the SMS provider; a repeated receipt changes nothing."""
    try:
        message_id = UUID(token.partition(".")[0])
    except ValueError:
        raise ReceiptRefused from None
    if not hmac.compare_digest(token.encode(), receipt_token(deps, message_id).encode()):
        raise ReceiptRefused
    now, is_delivered = deps.clock.now(), status == "delivered"
    async with deps.database.transaction() as connection:
        wanted = select(messages).where(messages.c.id == message_id).with_for_update()
        row = (await connection.execute(wanted)).first()
        # a receipt may overtake the note of the sending itself; the message came to its end all the same
        if row is None or row.state not in {"sent", "pending"}:
            return
        values = {"delivered_at": now, "state": "delivered"} if is_delivered else {"state": "failed"}
        ended = update(messages).where(messages.c.id == message_id)
        await connection.execute(ended.values(leased_until=None, sent_at=row.sent_at or now, **values))
        reason = None if is_delivered else "the provider could not deliver it"
        facts = message_facts(row) | {"at": now.isoformat(), "reason": reason}
        await deps.outbox.add(
            connection, f"{'delivered' if is_delivered else 'failed'}.v1", str(row.application_id), facts
        )
    deps.waker.wake()
