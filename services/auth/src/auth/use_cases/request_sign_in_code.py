"""Ask for a code to sign in with. The answer and its cost are the same whether or not anybody has the contact.

The code goes out after the answer: how long a provider takes would tell who is known.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import randbelow
from uuid import UUID

from sqlalchemy import and_, insert, select

from auth.domain.contacts import channel_of, normal_login
from auth.domain.errors import ContactInvalid
from auth.storage.audit import Entry
from auth.storage.tables import accounts, logins, sign_in_codes
from auth.use_cases.code_limits import count_code
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.places import Place
from shared.http import PeerUnavailable
from shared.ids import new_id
from shared.logging import get_logger

CODE_LIFE = timedelta(minutes=10)
_log = get_logger("sign-in codes")


@dataclass(frozen=True)
class Delivery:
    """A code that is to be sent."""

    channel: str
    to: str
    code: str
    language: str


@dataclass(frozen=True)
class RequestedCode:
    """What the asker gets; `delivery` is not for their eyes, and None if nobody has the contact."""

    code_id: UUID
    expires_at: datetime
    delivery: Delivery | None = field(repr=False)


async def request_sign_in_code(deps: Dependencies, login: str, place: Place) -> RequestedCode:
    """Keep the hash of a new code. Raises TooManyAttempts.

    Only citizens sign in by a code: an officer's contact is answered as an unknown one.
    """
    contact = normal_login(login)
    channel = channel_of(contact)
    code_id, code, expires_at = new_id(), f"{randbelow(1_000_000):06d}", deps.clock.now() + CODE_LIFE
    is_theirs = and_(logins.c.login_hash == deps.cipher.lookup(f"login:{contact}"), accounts.c.kind == "citizen")
    async with deps.database.transaction() as connection:
        await count_code(deps, connection, contact, place.network)
        account = (await connection.execute(select(accounts).join(logins).where(is_theirs))).first()
        row = {
            "id": code_id,
            "account_id": account and account.id,
            "code_hash": hash_sign_in_code(deps, code_id, channel or "none", code),
            "attempts": 0,
            "expires_at": expires_at,
        }
        await connection.execute(insert(sign_in_codes).values(row))
        subject = str(account.id) if account else "unknown"
        await deps.audit.record(connection, Entry("sign-in-code-requested", None, subject))
    deps.waker.wake()
    delivery = Delivery(channel, contact, code, account.language) if account and channel else None
    return RequestedCode(code_id, expires_at, delivery)


async def deliver_sign_in_code(deps: Dependencies, requested: RequestedCode) -> None:
    """Send the code, if it has somebody to go to. Who waits for it cannot be told of a failure: it is logged and counted."""
    wanted = requested.delivery
    if wanted is None:
        return
    try:
        await deps.codes.send_code(wanted.channel, wanted.to, wanted.code, wanted.language, purpose="sign-in")
    except (PeerUnavailable, ContactInvalid) as error:
        deps.codes_not_sent.labels(wanted.channel).inc()
        _log.warning("a code was not sent", channel=wanted.channel, error=type(error).__name__)


def hash_sign_in_code(deps: Dependencies, code_id: UUID, channel: str, code: str) -> bytes:
    """Return what is kept of a code; it also tells by which channel the code went."""
    return deps.cipher.lookup(f"sign-in-code:{code_id}:{channel}:{code}")
