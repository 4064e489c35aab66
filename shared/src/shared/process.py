"""The processes of a service: `serve | relay | consume | migrate`, and commands on what it took in; one command line for all.

Each role imports only what it needs: a relay without FastAPI holds 30 MiB less and starts in half the time.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table

from shared.logging import configure_logging
from shared.settings import ServiceSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

    from shared.consumer import Handler
    from shared.runtime import Listening, Runtime


@dataclass(frozen=True)
class ServiceProcess:
    """How the processes of one service are made; what only one role needs is named, and imported by that role.

    `projections` are those of its handlers whose rows can be made again from the topics (see `shared.rebuilding`).
    A command that is run away from the service too sets `needs_no_settings`, and gets its options alone.
    """

    name: str
    folder: Path
    settings: type[ServiceSettings]
    app: str
    outbox: Table
    listening: str | None = None
    projections: str | None = None
    commands: Sequence[Callable[[Any], None]] = ()

    def create_app(self, settings: Any) -> "FastAPI":
        """Return the app that `app` (`module:function`) makes."""
        app: FastAPI = resolve_name(self.app)(settings)
        return app

    def listen(self, runtime: "Runtime") -> "AbstractAsyncContextManager[Listening]":
        """Return what `listening` (`module:function`) makes."""
        if self.listening is None:
            raise SystemExit(f"{self.name} listens to nothing")
        listening: AbstractAsyncContextManager[Listening] = resolve_name(self.listening)(runtime)
        return listening

    def projection_handlers(self) -> "Mapping[str, Handler]":
        """Return the handlers that `projections` (`module:NAME`) holds."""
        if self.projections is None:
            raise SystemExit(f"{self.name} has no projections")
        handlers: Mapping[str, Handler] = resolve_name(self.projections)
        return handlers


def main(service: ServiceProcess) -> None:
    """Read the command line and run one role."""
    parser = argparse.ArgumentParser(prog=f"python -m {service.name.replace('-', '_')}", description=__doc__)
    roles = parser.add_subparsers(dest="role", required=True, metavar="ROLE")
    roles.add_parser("serve", help="answer HTTP").set_defaults(run=_serve)
    roles.add_parser("relay", help="carry events from the outbox to Kafka").set_defaults(run=_relay)
    if service.listening:
        roles.add_parser("consume", help="take events in").set_defaults(run=_consume)
        letters = roles.add_parser("dead-letters", help="list or replay events that were put aside")
        letters.add_argument("action", choices=("list", "replay"))
        letters.set_defaults(run=_dead_letters)
    if service.projections:
        again = roles.add_parser("rebuild-projections", help="take in again every event that projections are made of")
        again.set_defaults(run=_rebuild_projections)
    roles.add_parser("migrate", help="bring the database up to date").set_defaults(run=_migrate)
    for add in service.commands:
        add(roles)
    options = parser.parse_args()
    if getattr(options, "needs_no_settings", False):
        sys.exit(options.run(options))
    settings = service.settings()
    configure_logging(service=service.name, role=options.role, level=settings.log_level)
    sys.exit(options.run(service, settings, options) or 0)


def _serve(service: ServiceProcess, settings: ServiceSettings, _options: argparse.Namespace) -> int:
    from shared.serving import run_in_loop, run_server

    return run_in_loop(run_server(service.create_app(settings), settings))


def _relay(service: ServiceProcess, settings: ServiceSettings, _options: argparse.Namespace) -> int:
    from shared.serving import run_in_loop
    from shared.working import relay_workers, run_workers

    return run_in_loop(run_workers(service, settings, relay_workers))


def _consume(service: ServiceProcess, settings: ServiceSettings, _options: argparse.Namespace) -> int:
    from shared.serving import run_in_loop
    from shared.working import consume_workers, run_workers

    return run_in_loop(run_workers(service, settings, consume_workers))


def _dead_letters(service: ServiceProcess, settings: ServiceSettings, options: argparse.Namespace) -> None:
    from shared.serving import run_in_loop
    from shared.working import list_or_replay

    run_in_loop(list_or_replay(service, settings, options.action))


def _rebuild_projections(service: ServiceProcess, settings: ServiceSettings, _options: argparse.Namespace) -> int:
    from shared.serving import run_in_loop
    from shared.working import rebuild_projections

    return run_in_loop(rebuild_projections(service, settings))


def _migrate(service: ServiceProcess, settings: ServiceSettings, _options: argparse.Namespace) -> None:
    from shared.migrations import migrate

    url = settings.database_migrator_url
    if url is None:
        raise SystemExit("DATABASE_MIGRATOR_URL is not set")
    migrate(service.folder, url.get_secret_value())
