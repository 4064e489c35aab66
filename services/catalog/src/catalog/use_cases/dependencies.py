"""The parts with which definitions are worked on."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.days import kyiv_date
from catalog.domain.definition_rules import Surroundings
from catalog.domain.life import Editor
from catalog.storage.drafts import Edit
from catalog.storage.tables import records
from shared.clock import Clock
from shared.database import Database
from shared.outbox import Outbox, OutboxWaker


@dataclass(frozen=True)
class Dependencies:
    """What one process has."""

    database: Database
    outbox: Outbox
    waker: OutboxWaker
    clock: Clock

    @property
    def today(self) -> date:
        """Today in Kyiv."""
        return kyiv_date(self.clock.now())

    def edit_by(self, editor: Editor) -> Edit:
        """Return the mark that an editor's change leaves."""
        return Edit(editor.account_id, self.clock.now())


@dataclass(frozen=True)
class Target:
    """Which draft or defaults an editor wants changed, and in which state they read it."""

    name: str
    editor: Editor
    state: str


async def surroundings(connection: AsyncConnection) -> Surroundings:
    """Return the agencies and registers that the catalogue knows."""
    query = select(records.c.kind, records.c.slug, records.c.data).where(records.c.kind.in_(("agency", "register")))
    rows = (await connection.execute(query)).all()
    return Surroundings(
        agencies={row.slug: row.data["scope"] for row in rows if row.kind == "agency"},
        registers={
            row.slug: frozenset(field["name"] for field in row.data["fields"]) for row in rows if row.kind == "register"
        },
    )
