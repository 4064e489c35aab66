"""The commands of catalog beside its roles: what `import` and `withdraw` do and say."""

import argparse
import asyncio
import json
import sys

from catalog.api.routes import kyiv_today
from catalog.domain.data_set import Fault
from catalog.reading import read_data_set
from catalog.settings import NAME, CatalogSettings
from catalog.storage import tables
from catalog.use_cases.import_data import Imported, ImportParts, ImportRefused, import_data
from catalog.use_cases.withdraw_public_service import UnknownPublicService, withdraw_public_service
from shared.clock import SystemClock
from shared.contracts import Contracts
from shared.database import Database, DatabaseUnavailable
from shared.outbox import Outbox


def import_files(settings: CatalogSettings, options: argparse.Namespace) -> int:
    data, assertions, faults = read_data_set(options.paths)
    if faults:
        return _report_faults(faults, as_json=options.json)

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
        return _report_faults(error.faults, as_json=options.json)
    except DatabaseUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(vars(done)))
        return 0
    verb = "would be" if options.dry_run else "were"
    print(f"{len(done.new_versions)} versions {verb} published, {done.unchanged} cards are unchanged,")
    print(f"{done.organisations} organisations and {done.records} records {verb} written.")
    return 0


def withdraw(settings: CatalogSettings, options: argparse.Namespace) -> int:
    async def run() -> None:
        database = Database(settings.database_url.get_secret_value(), pool_size=1)
        outbox = Outbox(tables.outbox, Contracts(), service=NAME, clock=SystemClock())
        try:
            await withdraw_public_service(database, outbox, options.slug, options.on)
        finally:
            await database.dispose()

    try:
        asyncio.run(run())
    except (UnknownPublicService, DatabaseUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.slug} takes no new applications from {options.on}.")
    return 0


def _report_faults(faults: list[Fault], *, as_json: bool) -> int:
    if as_json:
        told = [{"file": fault.place.file, "pointer": fault.place.pointer, "detail": fault.what} for fault in faults]
        print(json.dumps({"faults": told}, ensure_ascii=False))
        return 1
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(faults)} faults; nothing was written.", file=sys.stderr)
    return 1
