"""The processes of catalog: `python -m catalog serve | relay | migrate | import | withdraw`."""

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
        help="import a regional data set: all or nothing; what did not change stays",
        epilog="Example: python -m catalog import dev/data --dry-run",
    )
    command.add_argument("paths", nargs="+", type=Path, help="JSON files, or folders of them")
    command.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")
    command.add_argument("--json", action="store_true", help="print the outcome as JSON")
    command.set_defaults(run=_import)


def _add_withdraw(roles: Any) -> None:
    command = roles.add_parser(
        "withdraw",
        help="take no new applications for a public service from a date on",
        epilog="Example: python -m catalog withdraw pet-registration --on 2027-01-01",
    )
    command.add_argument("slug", help="the public service")
    command.add_argument("--on", type=date.fromisoformat, required=True, help="the first day without it, YYYY-MM-DD")
    command.set_defaults(run=_withdraw)


def _import(_service: ServiceProcess, settings: CatalogSettings, options: argparse.Namespace) -> int:
    from catalog.commands import import_files

    return import_files(settings, options)


def _withdraw(_service: ServiceProcess, settings: CatalogSettings, options: argparse.Namespace) -> int:
    from catalog.commands import withdraw

    return withdraw(settings, options)


SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=CatalogSettings,
    app="catalog.app:create_app",
    outbox=tables.outbox,
    commands=(_add_import, _add_withdraw),
)

if __name__ == "__main__":
    main(SERVICE)
