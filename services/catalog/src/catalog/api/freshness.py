"""The metric `catalog_cards_review_overdue`: public services in force whose owner had to look again by now."""

import asyncio
from contextlib import suppress

from prometheus_client import CollectorRegistry, Gauge

from catalog.domain.days import kyiv_date
from catalog.use_cases.owner_queries import count_overdue
from shared.clock import Clock
from shared.database import Database, DatabaseUnavailable

_EVERY_SECONDS = 60.0


class FreshnessGauge:
    """Counts while its process serves."""

    def __init__(self, registry: CollectorRegistry, database: Database, clock: Clock) -> None:
        self._gauge = Gauge(
            "catalog_cards_review_overdue", "Public services in force whose review is overdue", registry=registry
        )
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Count every minute until cancelled."""
        while True:
            with suppress(DatabaseUnavailable):
                await self.count()
            await asyncio.sleep(_EVERY_SECONDS)

    async def count(self) -> None:
        """Set the gauge to what it is now."""
        async with self._database.reading() as connection:
            self._gauge.set(await count_overdue(connection, kyiv_date(self._clock.now())))
