"""The processes of auth.

`python -m auth serve | relay | consume | migrate | dead-letters | rebuild-projections | provision | rotate-keys |
withdraw-key | reseal`.
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
        help="make operators and clients as a JSON file declares them; can run again and again",
        epilog='Example: {"operators": [{"login", "password", "totp_secret"}], "clients": [{"client_id", "secret", '
        '"scopes": [], "secret_overlap_hours": 24, "operators": []}, {"client_id", "kind": "web-public", '
        '"redirect_uris": []}]}. It ends with 0 when all is as declared, else with 1 and the reason on standard error.',
    )
    command.add_argument("--json", action="store_true", help="print what is there as JSON")
    command.add_argument("file", help="the declaration, or - for standard input (secrets are never arguments)")
    command.set_defaults(run=_provision)


def _add_rotate_keys(roles: Any) -> None:
    roles.add_parser("rotate-keys", help="make the next signing key").set_defaults(run=_rotate_keys)


def _add_withdraw_key(roles: Any) -> None:
    command = roles.add_parser("withdraw-key", help="stop a signing key that others may have; another signs at once")
    command.add_argument("kid", help="its id, as /.well-known/jwks.json and the header of its tokens show it")
    command.set_defaults(run=_withdraw_key)


def _add_reseal(roles: Any) -> None:
    help_text = "seal anew, with the first key of FIELD_KEYS, what is sealed with another"
    roles.add_parser("reseal", help=help_text).set_defaults(run=_reseal)


def _provision(_service: ServiceProcess, settings: AuthSettings, options: argparse.Namespace) -> None:
    from auth.commands import provision

    provision(settings, options)


def _rotate_keys(_service: ServiceProcess, settings: AuthSettings, options: argparse.Namespace) -> None:
    from auth.commands import rotate_keys

    rotate_keys(settings, options)


def _withdraw_key(_service: ServiceProcess, settings: AuthSettings, options: argparse.Namespace) -> None:
    from auth.commands import withdraw_key

    withdraw_key(settings, options)


def _reseal(_service: ServiceProcess, settings: AuthSettings, options: argparse.Namespace) -> None:
    from auth.commands import reseal

    reseal(settings, options)


SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=AuthSettings,
    app="auth.app:create_app",
    outbox=tables.outbox,
    listening="auth.consumers.listening:listen",
    projections="auth.consumers.listening:PROJECTIONS",
    commands=(_add_provision, _add_rotate_keys, _add_withdraw_key, _add_reseal),
)

if __name__ == "__main__":
    main(SERVICE)
