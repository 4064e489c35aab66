"""Change a dated exception of a service centre's hours: the power comes back earlier, the repair takes longer."""

from catalog.storage.centre_exceptions import CentreCalendar, CentreChange, KnownException
from shared.database import Database


async def change_centre_exception(database: Database, change: CentreChange, entry: KnownException) -> int:
    """Write the exception in the place of the one with its id; return the new revision of the centre's exceptions.

    Raises CentreNotFound, CalendarChanged, ExceptionNotFound, ExceptionIsOver, ExceptionsCollide or TooManyExceptions.
    """
    async with database.transaction() as connection:
        calendar = CentreCalendar(connection, change)
        await calendar.lock()
        await calendar.require(entry.id)
        return await calendar.write(entry)
