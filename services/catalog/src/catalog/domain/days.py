"""The calendar by which cards are valid: dates in Kyiv."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

KYIV = ZoneInfo("Europe/Kyiv")


def kyiv_date(moment: datetime) -> date:
    """Return the date in Kyiv at a moment."""
    return moment.astimezone(KYIV).date()


def kyiv_today() -> date:
    """Return today's date in Kyiv, by which versions are valid."""
    return kyiv_date(datetime.now(UTC))
