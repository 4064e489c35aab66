"""The processes of notifications: `python -m notifications serve | relay | consume | migrate | dead-letters`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from notifications.settings import NAME, NotificationsSettings
from notifications.storage import tables
from shared.process import ServiceProcess, main

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from fastapi import FastAPI

    from shared.runtime import Listening, Runtime


def _create_app(settings: Any) -> "FastAPI":
    from notifications.app import create_app

    return create_app(settings)


def _listen(runtime: "Runtime") -> "AbstractAsyncContextManager[Listening]":
    from notifications.consumers.listening import listen

    return listen(runtime)


SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=NotificationsSettings,
    create_app=_create_app,
    outbox=tables.outbox,
    inbox=tables.inbox,
    listen=_listen,
)

if __name__ == "__main__":
    main(SERVICE)
