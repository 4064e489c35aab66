"""Add a dated exception to a service centre's hours: a holiday, a power cut, other hours."""

from catalog.domain.hours import DatedException
from catalog.storage.centre_exceptions import CentreCalendar, CentreChange, KnownException
from shared.database import Database
from shared.ids import new_id


async def add_centre_exception(
    database: Database, change: CentreChange, terms: DatedException
) -> tuple[KnownException, int]:
    """Write the exception; return it with the new revision of the centre's exceptions.

    Raises CentreNotFound, CalendarChanged, ExceptionIsOver, ExceptionsCollide or TooManyExceptions.
    """
    entry = KnownException(new_id(), terms)
    async with database.transaction() as connection:
        calendar = CentreCalendar(connection, change)
        await calendar.lock()
        return entry, await calendar.write(entry)
