"""What use cases work with, put together once in `app.py`."""

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from secrets import token_bytes, token_urlsafe
from unicodedata import normalize

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from prometheus_client import Counter

from auth.clients.notifications import CodeSender
from auth.clients.upstream import Upstreams
from auth.settings import AuthSettings
from auth.storage.audit import AuditTrail
from auth.storage.keys import SigningKeys
from shared.clock import Clock
from shared.database import Database, UnitOfWork
from shared.encryption import Cipher
from shared.outbox import Outbox, OutboxWaker


class Passwords:
    """Argon2id (RFC 9106), off the event loop; a check costs the same whether or not there is something to check."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._decoy = self._hasher.hash(token_urlsafe(16))

    async def hash(self, password: str) -> str:
        return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Tell whether the password is the one that was hashed; False, after the same work, without a hash."""
        try:
            await asyncio.to_thread(self._hasher.verify, password_hash or self._decoy, _normal(password))
        except VerificationError:
            return False
        return password_hash is not None


@dataclass(frozen=True)
class Dependencies:
    """The parts of one process."""

    settings: AuthSettings
    database: Database
    outbox: Outbox
    waker: OutboxWaker
    clock: Clock
    cipher: Cipher
    keys: SigningKeys
    passwords: Passwords
    codes: CodeSender
    codes_not_sent: Counter
    refused_sign_ins: Counter
    upstreams: Upstreams
    audit: AuditTrail

    def unit_of_work(self) -> UnitOfWork:
        return UnitOfWork(self.database)


def _normal(password: str) -> str:
    """Return one spelling of what keyboards write differently (NIST SP 800-63B §5.1.1.2)."""
    return normalize("NFKC", password)


def new_secret() -> str:
    """Return 256 random bits as text."""
    return b64encode(token_bytes(32), b"-_").decode().rstrip("=")
