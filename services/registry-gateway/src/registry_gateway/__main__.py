"""The processes of the gateway.

`python -m registry_gateway serve | relay | consume | migrate | dead-letters | rebuild-projections`.
"""

from pathlib import Path

from registry_gateway.settings import NAME, GatewaySettings
from registry_gateway.storage import tables
from shared.process import ServiceProcess, main

SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=GatewaySettings,
    app="registry_gateway.app:create_app",
    outbox=tables.outbox,
    listening="registry_gateway.consumers.listening:listen",
    projections="registry_gateway.consumers.listening:PROJECTIONS",
)

if __name__ == "__main__":
    main(SERVICE)
