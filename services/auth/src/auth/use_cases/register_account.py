"""Register a citizen: codes go to each contact given, and the account is made when all of them come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from auth.domain.contacts import normal_email, normal_phone
from auth.domain.errors import ContactMissing
from auth.domain.passwords import check_password
from auth.storage.tables import idempotency_keys, registrations
from auth.use_cases.code_limits import count_code
from auth.use_cases.dependencies import Dependencies
from shared.idempotency import IdempotencyKeyReused, IdempotencyKeys, StoredAnswer
from shared.ids import new_id

CODE_LIFE = timedelta(minutes=10)
_SUBJECT = "registration"


@dataclass(frozen=True)
class Registration:
    """What somebody registers with."""

    phone: str | None
    email: str | None
    password: str | None
    language: str


@dataclass(frozen=True)
class PendingRegistration:
    """A registration that waits for its codes."""

    registration_id: UUID
    expires_at: datetime
    confirm: list[str]


async def register_account(deps: Dependencies, wanted: Registration, key: str) -> PendingRegistration:
    """Send the codes, then keep the registration; a repeated request sends none.

    The answer is the same whether or not a contact is known: only who gets the code learns more. The codes go out first:
    when they cannot, nothing is kept and the same request can be sent again. Raises ContactMissing, ContactInvalid,
    PasswordTooGuessable, TooManyAttempts, PeerUnavailable, IdempotencyKeyReused.
    """
    contacts = {
        "sms": wanted.phone and normal_phone(wanted.phone),
        "email": wanted.email and normal_email(wanted.email),
    }
    given = {channel: address for channel, address in contacts.items() if address}
    if not given:
        raise ContactMissing
    if wanted.password is not None:
        check_password(wanted.password, given.values())
    # a keyed hash: from a plain one a phone is found by trying all numbers
    request = deps.cipher.lookup(f"register:{contacts!r}:{wanted.language}")
    if known := await _answered_before(deps, key, request):
        return _pending(known)
    registration_id = new_id()
    codes = {channel: _code(deps, key, channel, address) for channel, address in given.items()}
    password_hash = await deps.passwords.hash(wanted.password) if wanted.password else None
    await _count(deps, list(given.values()))
    for channel, address in given.items():
        await deps.codes.send_code(channel, address, codes[channel], wanted.language, purpose="registration")
    expires_at = deps.clock.now() + CODE_LIFE
    row = {
        "id": registration_id,
        "phone_sealed": _seal(deps, registration_id, given.get("sms")),
        "email_sealed": _seal(deps, registration_id, given.get("email")),
        "sms_code_hash": hash_code(deps, registration_id, codes.get("sms")),
        "email_code_hash": hash_code(deps, registration_id, codes.get("email")),
        "password_hash": password_hash,
        "language": wanted.language,
        "attempts": 0,
        "expires_at": expires_at,
    }
    answer = {"registration_id": str(registration_id), "expires_at": expires_at.isoformat(), "confirm": list(given)}
    async with deps.unit_of_work() as uow:
        keys = IdempotencyKeys(idempotency_keys, uow.connection)
        if same := await keys.claim(_SUBJECT, key, request):
            return _pending(same.body)
        await uow.connection.execute(insert(registrations).values(row))
        await keys.keep(_SUBJECT, key, StoredAnswer(202, answer))
        await uow.commit()
    return _pending(answer)


async def _count(deps: Dependencies, addresses: Sequence[str]) -> None:
    async with deps.database.transaction() as connection:
        for address in sorted(addresses):
            await count_code(deps, connection, address)


async def _answered_before(deps: Dependencies, key: str, request: bytes) -> Mapping[str, Any] | None:
    table = idempotency_keys
    query = select(table).where(table.c.subject == _SUBJECT, table.c.key == key)
    async with deps.database.reading() as connection:
        row = (await connection.execute(query)).first()
    if row is not None and row.fingerprint != request:
        raise IdempotencyKeyReused
    return row.body if row else None


def _pending(answer: Mapping[str, Any]) -> PendingRegistration:
    expires_at = datetime.fromisoformat(answer["expires_at"])
    return PendingRegistration(UUID(answer["registration_id"]), expires_at, list(answer["confirm"]))


def _code(deps: Dependencies, key: str, channel: str, address: str) -> str:
    """Return six digits that nobody can tell in advance; the same ones for a request that is repeated after a failure."""
    digest = deps.cipher.lookup(f"registration:{key}:{channel}:{address}")
    return f"{int.from_bytes(digest) % 1_000_000:06d}"


def hash_code(deps: Dependencies, registration_id: UUID, code: str | None) -> bytes | None:
    """Return what is kept of a code."""
    return None if code is None else deps.cipher.lookup(f"code:{registration_id}:{code}")


def _seal(deps: Dependencies, registration_id: UUID, address: str | None) -> bytes | None:
    return None if address is None else deps.cipher.encrypt(address.encode(), f"contact:{registration_id}")
