"""The commands of catalog beside its roles: what `import`, `export`, `withdraw` and `rotate-snapshot-key` do and say."""

import argparse
import asyncio
import json
import sys

from catalog.domain.data_set import Fault
from catalog.domain.days import kyiv_today
from catalog.domain.errors import CatalogueRefusal
from catalog.reading import read_data_set
from catalog.settings import NAME, CatalogSettings
from catalog.storage import tables
from catalog.telling import ProgressLine, change_lines, summary_lines, told_faults, told_outcome
from catalog.use_cases.export_data import ExportedLists, export_data
from catalog.use_cases.import_data import Imported, ImportParts, ImportRefused, import_data
from catalog.use_cases.make_snapshot import SnapshotParts
from catalog.use_cases.rotate_snapshot_key import NextKey, rotate_snapshot_key
from catalog.use_cases.withdraw_public_service import withdraw_public_service
from catalog.writing import as_json, as_table, write_whole
from shared.clock import SystemClock
from shared.contracts import Contracts
from shared.database import Database, DatabaseUnavailable
from shared.encryption import Cipher
from shared.outbox import Outbox

_DELIMITERS = {"comma": ",", "semicolon": ";"}


def import_files(settings: CatalogSettings, options: argparse.Namespace) -> int:
    data, assertions, unread = read_data_set(options.paths)
    if any(not fault.place.row for fault in unread):  # without a whole file others would be said to refer to nothing
        return _report_faults(unread, as_json=options.json)
    line = ProgressLine()

    async def run() -> Imported:
        database = Database(settings.database_url.get_secret_value(), pool_size=1)
        outbox = Outbox(tables.outbox, Contracts(), service=NAME, clock=SystemClock())
        try:
            parts = ImportParts(database, outbox, assertions, kyiv_today())
            return await import_data(parts, data, is_dry_run=options.dry_run, unread=unread, tell=line.tell)
        finally:
            line.clear()
            await database.dispose()

    try:
        done = asyncio.run(run())
    except ImportRefused as error:
        return _report_faults(error.faults, as_json=options.json)
    except DatabaseUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(told_outcome(done))
        return 0
    lines = summary_lines(done, "would be" if options.dry_run else "were")
    print(*(change_lines(done) if options.dry_run else ()), *lines, sep="\n")
    return 0


def export_catalogue(settings: CatalogSettings, options: argparse.Namespace) -> int:
    async def run() -> ExportedLists:
        database = Database(settings.database_url.get_secret_value(), pool_size=1)
        try:
            return await export_data(database, kyiv_today())
        finally:
            await database.dispose()

    try:
        lists = asyncio.run(run())
        written = as_table(lists, _DELIMITERS[options.delimiter]) if options.format == "csv" else as_json(lists)
        write_whole(written, options.out)
    except (DatabaseUnavailable, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.out is not None:
        print(f"{len(lists.get('public_services', ()))} public services: {options.out}", file=sys.stderr)
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
    except (CatalogueRefusal, DatabaseUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{options.slug} takes no new applications from {options.on}.")
    return 0


def rotate_key(settings: CatalogSettings, options: argparse.Namespace) -> int:
    async def run() -> NextKey:
        database = Database(settings.database_url.get_secret_value(), pool_size=1)
        cipher = Cipher(settings.field_keys.get_secret_value(), lookup_key=settings.lookup_key.get_secret_value())
        try:
            return await rotate_snapshot_key(SnapshotParts(database, cipher, SystemClock()), at_once=options.at_once)
        finally:
            await database.dispose()

    try:
        made = asyncio.run(run())
    except DatabaseUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    told = {"kid": made.kid, "signs_from": made.signs_from.isoformat()}
    print(json.dumps(told) if options.json else f"{made.kid} is published and signs snapshots from {made.signs_from}.")
    return 0


def _report_faults(faults: list[Fault], *, as_json: bool) -> int:
    if as_json:
        print(told_faults(faults))
        return 1
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(faults)} faults; nothing was written.", file=sys.stderr)
    return 1
