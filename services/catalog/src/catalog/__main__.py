"""The processes of catalog.

`python -m catalog serve | relay | migrate | import | export | withdraw | rotate-snapshot-key | verify-snapshot`
"""

import argparse
from datetime import date
from pathlib import Path
from typing import Any

from catalog.settings import NAME, CatalogSettings
from catalog.storage import tables
from shared.process import ServiceProcess, main


def _add_import(roles: Any) -> None:
    command = roles.add_parser(
        "import",
        help="import a data set (JSON, CSV): all or nothing; what did not change stays",
        epilog="Example: python -m catalog import dev/data --dry-run",
    )
    command.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="JSON or CSV files, or folders of them")
    command.add_argument(
        "--dry-run", action="store_true", help="say what would change, member by member; write nothing"
    )
    command.add_argument("--json", action="store_true", help="print the outcome as JSON")
    command.set_defaults(run=_import)


def _add_export(roles: Any) -> None:
    command = roles.add_parser(
        "export",
        help="write the catalogue as a data set that import takes in again",
        epilog="Example: python -m catalog export --format csv --out services.csv",
    )
    command.add_argument("--format", choices=("json", "csv"), default="json", help="csv has the public services alone")
    command.add_argument(
        "--delimiter", choices=("comma", "semicolon"), default="comma", help="what parts the columns of csv"
    )
    command.add_argument("--out", type=Path, metavar="FILE", help="where to write (default: the standard output)")
    command.set_defaults(run=_export)


def _add_withdraw(roles: Any) -> None:
    command = roles.add_parser(
        "withdraw",
        help="take no new applications for a public service from a date on",
        epilog="Example: python -m catalog withdraw pet-registration --on 2027-01-01",
    )
    command.add_argument("slug", help="the public service")
    command.add_argument("--on", type=date.fromisoformat, required=True, help="the first day without it, YYYY-MM-DD")
    command.set_defaults(run=_withdraw)


def _add_rotate_snapshot_key(roles: Any) -> None:
    command = roles.add_parser(
        "rotate-snapshot-key",
        help="make the next key that signs snapshots: published now, signing from the day after tomorrow",
        epilog="Example: python -m catalog rotate-snapshot-key --json",
    )
    command.add_argument(
        "--at-once", action="store_true", help="a key has leaked: sign with the new one today, forget all others"
    )
    command.add_argument("--json", action="store_true", help="print the outcome as JSON")
    command.set_defaults(run=_rotate_snapshot_key)


def _add_verify_snapshot(roles: Any) -> None:
    command = roles.add_parser(
        "verify-snapshot",
        help="check a snapshot as any reader can: its signature, its digest, where a difference leads",
        epilog="Example: python -m catalog verify-snapshot snapshot-8.json.gz --keys https://…/v1/snapshot/keys",
    )
    command.add_argument("file", type=Path, help="what GET /v1/snapshot answered")
    command.add_argument("--keys", required=True, metavar="FILE|URL", help="the public keys (JWKS)")
    command.add_argument("--base", type=Path, metavar="FILE", help="the whole snapshot that a difference starts from")
    command.add_argument("--json", action="store_true", help="print the outcome as JSON")
    command.set_defaults(run=_verify_snapshot, needs_no_settings=True)


def _import(_service: ServiceProcess, settings: CatalogSettings, options: argparse.Namespace) -> int:
    from catalog.commands import import_files

    return import_files(settings, options)


def _export(_service: ServiceProcess, settings: CatalogSettings, options: argparse.Namespace) -> int:
    from catalog.commands import export_catalogue

    return export_catalogue(settings, options)


def _withdraw(_service: ServiceProcess, settings: CatalogSettings, options: argparse.Namespace) -> int:
    from catalog.commands import withdraw

    return withdraw(settings, options)


def _rotate_snapshot_key(_service: ServiceProcess, settings: CatalogSettings, options: argparse.Namespace) -> int:
    from catalog.commands import rotate_key

    return rotate_key(settings, options)


def _verify_snapshot(options: argparse.Namespace) -> int:
    from catalog.verifying import verify_file

    return verify_file(options)


SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=CatalogSettings,
    app="catalog.app:create_app",
    outbox=tables.outbox,
    commands=(_add_import, _add_export, _add_withdraw, _add_rotate_snapshot_key, _add_verify_snapshot),
)

if __name__ == "__main__":
    main(SERVICE)
