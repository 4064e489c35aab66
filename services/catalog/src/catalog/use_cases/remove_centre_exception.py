"""Remove a dated exception: the centre keeps its weekly hours on those days after all."""

from uuid import UUID

from catalog.storage.centre_exceptions import CentreCalendar, CentreChange
from shared.database import Database


async def remove_centre_exception(database: Database, change: CentreChange, exception_id: UUID) -> int:
    """Take the exception out; return the new revision. Raises CentreNotFound, CalendarChanged or ExceptionNotFound."""
    async with database.transaction() as connection:
        calendar = CentreCalendar(connection, change)
        await calendar.lock()
        return await calendar.remove(exception_id)
