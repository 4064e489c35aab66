"""How surely it is known who signs in: levels of assurance (Regulation (EU) 910/2014 art. 8, ISO/IEC 29115).

A sign-in is as sure as the weaker of two things: how the person was identified when the account was made, and how they
prove now that they are the same. Only an upstream identity can say `high`.
"""

from collections.abc import Collection
from enum import StrEnum

_ACR = "http://eidas.europa.eu/LoA/"
_POSSESSION = frozenset({"otp", "sms", "email", "hwk", "recovery"})


class Level(StrEnum):
    """A level of assurance, from the least."""

    LOW = "low"
    SUBSTANTIAL = "substantial"
    HIGH = "high"

    @property
    def rank(self) -> int:
        return list(Level).index(self)

    @property
    def acr(self) -> str:
        """The value of the claim `acr` (OpenID Connect Core §2)."""
        return _ACR + self.value


def level_of_acr(acr: str) -> Level | None:
    """Return the level that an `acr` value names, or None."""
    name = acr.removeprefix(_ACR)
    return Level(name) if acr.startswith(_ACR) and name in set(Level) else None


def level_of(identity: Level, methods: Collection[str]) -> Level:
    """Return the level of a sign-in by these methods (RFC 8176) to an account of a person identified at `identity`."""
    is_strong = "hwk" in methods or ("pwd" in methods and bool(_POSSESSION & set(methods)))
    strength = Level.SUBSTANTIAL if is_strong or {"sms", "otp"} <= set(methods) else Level.LOW
    return min(identity, strength, key=lambda level: level.rank)


def satisfies(acr: str, wanted: Level) -> bool:
    """Tell whether a sign-in with this `acr` is sure enough."""
    level = level_of_acr(acr)
    return level is not None and level.rank >= wanted.rank
