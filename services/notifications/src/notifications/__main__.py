"""The processes of notifications: `python -m notifications serve | relay | consume | migrate | dead-letters`."""

from pathlib import Path

from notifications.settings import NAME, NotificationsSettings
from notifications.storage import tables
from shared.process import ServiceProcess, main

SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=NotificationsSettings,
    app="notifications.app:create_app",
    outbox=tables.outbox,
    listening="notifications.consumers.listening:listen",
)

if __name__ == "__main__":
    main(SERVICE)
