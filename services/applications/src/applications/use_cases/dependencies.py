"""What use cases work with, put together once in `app.py`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import orjson

from applications.domain.application import Application
from applications.domain.authority import Caller, roles_towards
from applications.domain.calendar import WorkingCalendar
from applications.domain.errors import ApplicationNotFound, FormInvalid, VersionChanged
from applications.storage.files import FileStore
from applications.storage.submission import ReferenceNumbers
from applications.storage.unit_of_work import ApplicationsUnitOfWork
from applications.use_cases.cards import CardShelf
from shared.clock import Clock
from shared.database import Database
from shared.encryption import Cipher
from shared.outbox import Outbox, OutboxWaker


@dataclass(frozen=True)
class Dependencies:
    """The parts of one process."""

    database: Database
    outbox: Outbox
    waker: OutboxWaker
    clock: Clock
    calendar: WorkingCalendar
    cipher: Cipher
    files: FileStore
    cards: CardShelf
    numbers: ReferenceNumbers
    access_key: bytes

    def unit_of_work(self) -> ApplicationsUnitOfWork:
        return ApplicationsUnitOfWork(self.database, self.outbox)


@dataclass(frozen=True)
class Target:
    """Which application, for whom, and the version the caller read (If-Match), if it said."""

    application_id: UUID
    caller: Caller
    expected_version: int | None = None


@asynccontextmanager
async def changing(deps: Dependencies, target: Target) -> AsyncIterator[tuple[Application, ApplicationsUnitOfWork]]:
    """Give the application to change, locked; commit what was done, then wake the relay.

    Raises ApplicationNotFound for whoever has no part in it, VersionChanged when it is not as the caller read it.
    """
    async with deps.unit_of_work() as uow:
        application = await uow.applications.get(target.application_id)
        if not roles_towards(target.caller, application.parties):
            raise ApplicationNotFound
        if target.expected_version not in (None, application.version):
            raise VersionChanged
        yield application, uow
        await uow.applications.save(application)
        await uow.commit()
    deps.waker.wake()


def seal_form(cipher: Cipher, application_id: UUID, form: dict[str, object]) -> bytes:
    """Return the form encrypted for its row. Raises FormInvalid for an integer that cannot be kept exactly."""
    try:
        plain = orjson.dumps(form)
    except TypeError:
        raise FormInvalid([("/form", "an integer is longer than 64 bits")]) from None
    return cipher.encrypt(plain, _context(application_id))


def open_form(cipher: Cipher, application_id: UUID, sealed: bytes) -> dict[str, object]:
    """Return the form of a row."""
    form: dict[str, object] = orjson.loads(cipher.decrypt(sealed, _context(application_id)))
    return form


def _context(application_id: UUID) -> str:
    return f"applications:{application_id}:form"
