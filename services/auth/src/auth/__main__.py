"""The processes of auth.

`python -m auth serve | relay | consume | migrate | dead-letters | rebuild-projections | provision | rotate-keys`.
"""

import argparse
from pathlib import Path
from typing import Any

from auth.settings import NAME, AuthSettings
from auth.storage import tables
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
    from auth.commands import provision

    provision(settings, options)


def _rotate_keys(_service: ServiceProcess, settings: AuthSettings, options: argparse.Namespace) -> None:
    from auth.commands import rotate_keys

    rotate_keys(settings, options)


SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=AuthSettings,
    app="auth.app:create_app",
    outbox=tables.outbox,
    inbox=tables.inbox,
    listening="auth.consumers.listening:listen",
    projections="auth.consumers.listening:PROJECTIONS",
    commands=(_add_provision, _add_rotate_keys),
)

if __name__ == "__main__":
    main(SERVICE)
