"""The processes of applications: `python -m applications serve | relay | consume | migrate | dead-letters`."""

from pathlib import Path

from applications.app import NAME, create_app
from applications.consumers.listening import listen
from applications.settings import ApplicationsSettings
from applications.storage import tables
from shared.process import ServiceProcess, main

SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=ApplicationsSettings,
    create_app=create_app,
    outbox=tables.outbox,
    inbox=tables.inbox,
    listen=listen,
)

if __name__ == "__main__":
    main(SERVICE)
