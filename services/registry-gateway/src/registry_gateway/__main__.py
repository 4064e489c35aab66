"""The processes of the gateway: `python -m registry_gateway serve | relay | consume | migrate | dead-letters`."""

from pathlib import Path

from registry_gateway.app import create_app
from registry_gateway.consumers.listening import listen
from registry_gateway.settings import GatewaySettings
from registry_gateway.storage import tables
from registry_gateway.use_cases.dependencies import NAME
from shared.process import ServiceProcess, main

SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=GatewaySettings,
    create_app=create_app,
    outbox=tables.outbox,
    inbox=tables.inbox,
    listen=listen,
)

if __name__ == "__main__":
    main(SERVICE)
