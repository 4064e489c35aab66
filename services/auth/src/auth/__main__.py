"""The processes of auth: `python -m auth serve | relay | consume | migrate | dead-letters | provision | rotate-keys`."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from auth.app import NAME, build_dependencies, create_app
from auth.consumers.listening import listen
from auth.settings import AuthSettings
from auth.storage import tables
from auth.use_cases.provision import Declaration, provision
from shared.clock import SystemClock
from shared.http import build_http_client
from shared.process import ServiceProcess, main


def _add_provision(roles: Any) -> None:
    command = roles.add_parser(
        "provision",
        help="make operators and machine clients as a JSON file declares them; can run again and again",
        epilog='Example: {"operators": [{"login", "password", "totp_secret"}], '
        '"clients": [{"client_id", "secret", "scopes": []}]}',
    )
    command.add_argument("file", help="the declaration, or - for standard input (secrets are never arguments)")
    command.set_defaults(run=_provision)


def _add_rotate_keys(roles: Any) -> None:
    roles.add_parser("rotate-keys", help="make the next signing key").set_defaults(run=_rotate_keys)


def _provision(_service: ServiceProcess, settings: AuthSettings, options: argparse.Namespace) -> None:
    text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text("utf-8")
    declaration = Declaration.model_validate_json(text)

    async def run() -> None:
        async with build_http_client() as http:
            await provision(build_dependencies(settings, clock=SystemClock(), http=http), declaration)

    asyncio.run(run())
    print(f"{len(declaration.operators)} operators and {len(declaration.clients)} clients are as declared.")


def _rotate_keys(_service: ServiceProcess, settings: AuthSettings, _options: argparse.Namespace) -> None:
    async def run() -> str:
        async with build_http_client() as http:
            return await build_dependencies(settings, clock=SystemClock(), http=http).keys.rotate()

    print(f"The key {asyncio.run(run())} is published now and signs in six minutes.")


SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=AuthSettings,
    create_app=create_app,
    outbox=tables.outbox,
    inbox=tables.inbox,
    listen=listen,
    commands=(_add_provision, _add_rotate_keys),
)

if __name__ == "__main__":
    main(SERVICE)
