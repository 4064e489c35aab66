"""How long who failed to sign in has to wait: pure arithmetic on what was counted.

Three things are counted apart, so that nobody locks out anybody else. A place from which the account was signed in to before has
a count of its own. All other places share one for each login, which slows guessing from many addresses. Each address has one
over all logins, which slows one password tried on many; it is wide, since a service centre is one address.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Patience:
    """After `free` failures each try waits twice as long as the one before, up to `longest`; a quiet `forget` clears all."""

    free: int
    longest: timedelta
    forget: timedelta

    def wait_after(self, failed: int) -> timedelta:
        """Return the wait after so many failures."""
        if failed < self.free:
            return timedelta(0)
        doublings = min(failed - self.free + 1, 30)
        return min(timedelta(seconds=2**doublings), self.longest)

    def remembered(self, count: "Count", now: datetime) -> int:
        """Return how many failures still count at this moment."""
        return 0 if now - count.last_at > self.forget else count.failed

    def left(self, count: "Count", now: datetime) -> timedelta:
        """Return how long to wait from now; zero or less: not at all."""
        return count.last_at + self.wait_after(self.remembered(count, now)) - now


@dataclass(frozen=True)
class Count:
    """Failures, and when the last one was."""

    failed: int
    last_at: datetime


_QUARTER, _DAY = timedelta(minutes=15), timedelta(hours=24)
KNOWN_PLACE = Patience(free=5, longest=_QUARTER, forget=_DAY)
OTHER_PLACES = Patience(free=5, longest=_QUARTER, forget=_DAY)
ADDRESS = Patience(free=50, longest=_QUARTER, forget=timedelta(hours=1))
