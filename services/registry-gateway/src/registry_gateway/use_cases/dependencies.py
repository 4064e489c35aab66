"""What use cases work with, put together once."""

from dataclasses import dataclass

import httpx

from registry_gateway.clients.applications import Applications, ApplicationsClient
from registry_gateway.clients.registers import Registers, RestRegisters
from registry_gateway.settings import NAME, GatewaySettings
from registry_gateway.storage import tables
from shared.clock import Clock
from shared.contracts import Contracts
from shared.database import Database
from shared.http import Peer, ServiceTokens
from shared.outbox import Outbox, OutboxWaker


@dataclass(frozen=True)
class Dependencies:
    """The parts of one process."""

    settings: GatewaySettings
    database: Database
    outbox: Outbox
    waker: OutboxWaker
    clock: Clock
    applications: Applications
    registers: Registers


def build_dependencies(
    settings: GatewaySettings, database: Database, *, clock: Clock, http: httpx.AsyncClient
) -> Dependencies:
    """Return the parts of one process, for the app and for the worker."""
    peer = Peer(http, ServiceTokens(http, settings), name="applications", url=settings.applications_url)
    return Dependencies(
        settings=settings,
        database=database,
        outbox=Outbox(tables.outbox, Contracts(), service=NAME, clock=clock),
        waker=OutboxWaker(database),
        clock=clock,
        applications=ApplicationsClient(peer),
        registers=RestRegisters(http, settings.registers_url, settings.registers_api_key.get_secret_value()),
    )
