"""The processes of catalog: `python -m catalog serve | relay | migrate | import`."""

import argparse
import asyncio
import json
from pathlib import Path
from typing import Any

from catalog.api.routes import kyiv_today
from catalog.app import NAME, create_app
from catalog.domain.faults import Fault
from catalog.reading import read_data_set
from catalog.settings import CatalogSettings
from catalog.storage import tables
from catalog.use_cases.import_data import Imported, ImportParts, ImportRefused, import_data
from shared.clock import SystemClock
from shared.contracts import Contracts
from shared.database import Database
from shared.outbox import Outbox
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


def _import(_service: ServiceProcess, settings: CatalogSettings, options: argparse.Namespace) -> int:
    data, assertions, faults = read_data_set(options.paths)
    if faults:
        return _report_faults(faults)

    async def run() -> Imported:
        database = Database(settings.database_url.get_secret_value(), pool_size=1)
        outbox = Outbox(tables.outbox, Contracts(), service=NAME, clock=SystemClock())
        try:
            parts = ImportParts(database, outbox, assertions, kyiv_today())
            return await import_data(parts, data, is_dry_run=options.dry_run)
        finally:
            await database.dispose()

    try:
        done = asyncio.run(run())
    except ImportRefused as error:
        return _report_faults(error.faults)
    if options.json:
        print(json.dumps(vars(done)))
        return 0
    verb = "would be" if options.dry_run else "were"
    print(f"{len(done.new_versions)} versions {verb} published, {done.unchanged} cards are unchanged,")
    print(f"{done.organisations} organisations and {done.records} records {verb} written.")
    return 0


def _report_faults(faults: list[Fault]) -> int:
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults; nothing was written.")
    return 1


SERVICE = ServiceProcess(
    name=NAME,
    folder=Path(__file__).parents[2],
    settings=CatalogSettings,
    create_app=create_app,
    outbox=tables.outbox,
    commands=(_add_import,),
)

if __name__ == "__main__":
    main(SERVICE)
