"""One transaction over applications."""

from applications.storage.applications import Applications
from shared.database import Database, UnitOfWork
from shared.outbox import Outbox


class ApplicationsUnitOfWork(UnitOfWork):
    """Gives the applications of its transaction; what is not committed is rolled back."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        super().__init__(database)
        self._outbox = outbox

    @property
    def applications(self) -> Applications:
        return Applications(self.connection, self._outbox)
