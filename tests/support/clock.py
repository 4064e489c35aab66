"""A clock that a test sets."""

from datetime import UTC, datetime, timedelta


class SettableClock:
    """Stands still until moved; begins now, so that tokens made by it are good."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)

    def now(self) -> datetime:
        return self._now

    def set(self, now: datetime) -> None:
        self._now = now

    def advance(self, **duration: float) -> None:
        self._now += timedelta(**duration)
