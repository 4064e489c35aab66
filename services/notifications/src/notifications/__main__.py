"""The processes of notifications: `python -m notifications serve | relay | consume | migrate | dead-letters`."""

from pathlib import Path

from notifications.app import create_app
from notifications.consumers.listening import listen
from notifications.settings import NotificationsSettings
from notifications.storage import tables
from notifications.use_cases.dependencies import NAME
from shared.process import ServiceProcess, main

SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=NotificationsSettings,
    create_app=create_app,
    outbox=tables.outbox,
    inbox=tables.inbox,
    listen=listen,
)

if __name__ == "__main__":
    main(SERVICE)
