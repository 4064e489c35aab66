"""Export the catalogue as a data set: what an import takes in again, into this catalogue or an empty one."""

from datetime import date
from typing import Any

from catalog.domain.data_set import BODIES, PLACES
from catalog.storage.lists import exported_versions, places_and_bodies
from shared.database import Database

ExportedLists = dict[str, list[dict[str, Any]]]


async def export_data(database: Database, today: date) -> ExportedLists:
    """Return every list that is not empty, of one moment of the catalogue; `today` is the Kyiv date."""
    async with database.transaction() as connection:
        await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        known = await places_and_bodies(connection)
        services = await exported_versions(connection, today)
    lists = {name: known[name] for name in (*PLACES, *BODIES)} | {"public_services": services}
    return {name: records for name, records in lists.items() if records}
