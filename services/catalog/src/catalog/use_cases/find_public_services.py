"""Find public services: an index in the memory of this process, made anew when the catalogue changed.

Who asks after a change was heard waits for the index that has it. While news cannot be heard, an index serves those alone
who asked before it was read.
"""

import asyncio
from collections.abc import Mapping
from datetime import date

from sqlalchemy import text

from catalog.domain.days import kyiv_today
from catalog.domain.search_entries import Searched
from catalog.domain.search_index import Found, Position, SearchIndex, Wanted
from catalog.storage.news import Hearing
from catalog.storage.search import read_entries, read_offers
from shared.database import Database


class PublicServiceSearch:
    """The search of one process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn = asyncio.Lock()
        self._index: SearchIndex | None = None
        self._texts: Mapping[tuple[str, int], Searched] = {}
        self._is_hearing = False
        # changes that were heard, or may have been missed; and how many of them the index has
        self._changes = 1
        self._seen = 0
        self.hearing = Hearing(self._hear, lost=self._lose)

    async def find(self, wanted: Wanted, *, on: date, limit: int, after: Position | None = None) -> Found:
        """Return a page of what is offered on a date, today or later: the most like the text first, or all by slug."""
        index = await self._present_index()
        return index.find(wanted, on=on, limit=limit, after=after)

    async def _present_index(self) -> SearchIndex:
        if not self._is_hearing:
            self._changes += 1
        asked = self._changes
        if self._index is None or self._seen < asked:
            async with self._turn:
                if self._index is None or self._seen < asked:
                    seen = self._changes
                    self._index = await self._made()
                    self._seen = seen
        return self._index

    async def _made(self) -> SearchIndex:
        async with self._database.transaction() as connection:
            await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            entries = await read_entries(connection, kyiv_today(), self._texts)
            offers = await read_offers(connection)
        self._texts = {key: entry.searched for key, entry in entries.items()}
        return SearchIndex(entries.values(), offers)

    def _hear(self) -> None:
        self._changes += 1
        self._is_hearing = True

    def _lose(self) -> None:
        self._is_hearing = False
