"""What use cases work with, put together once."""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from notifications.clients.providers import MailProvider, Provider, SmsProvider
from notifications.rendering import Texts
from notifications.settings import NAME, NotificationsSettings
from notifications.storage import tables
from shared.clock import Clock
from shared.contracts import Contracts
from shared.database import Database
from shared.encryption import Cipher
from shared.http import Peer, ServiceTokens
from shared.outbox import Outbox, OutboxWaker


@dataclass(frozen=True)
class Dependencies:
    """The parts of one process."""

    settings: NotificationsSettings
    database: Database
    outbox: Outbox
    waker: OutboxWaker
    clock: Clock
    cipher: Cipher
    auth: Peer
    providers: Mapping[str, Provider]
    texts: Texts
    receipt_key: bytes


def build_dependencies(
    settings: NotificationsSettings, database: Database, *, clock: Clock, http: httpx.AsyncClient
) -> Dependencies:
    """Return the parts of one process, for the app and for the worker."""
    lookup_key = settings.lookup_key.get_secret_value()
    return Dependencies(
        settings=settings,
        database=database,
        outbox=Outbox(tables.outbox, Contracts(), service=NAME, clock=clock),
        waker=OutboxWaker(database),
        clock=clock,
        cipher=Cipher(settings.field_keys.get_secret_value(), lookup_key=lookup_key),
        auth=Peer(http, ServiceTokens(http, settings), name="auth", url=settings.auth_url),
        providers={"sms": SmsProvider(http, settings), "email": MailProvider(settings)},
        texts=Texts(),
        receipt_key=b64decode(lookup_key),
    )
