"""How surely a card wants it known who applies online: levels of assurance (Regulation (EU) 910/2014, art. 8).

A token names the level of its sign-in in `acr`; one that names none, or none of these, is of the least.
"""

from collections.abc import Sequence

LEVELS: Sequence[str] = ("low", "substantial", "high")
_ACR = "http://eidas.europa.eu/LoA/"


def acr_of(level: str) -> str:
    """Return the value of the claim `acr` that names a level."""
    return _ACR + level


def is_sure_enough(acr: str | None, wanted: str) -> bool:
    """Tell whether a sign-in with this `acr` is at least of the wanted level."""
    known = [level for level in LEVELS if acr == acr_of(level)]
    return LEVELS.index(known[0] if known else LEVELS[0]) >= LEVELS.index(wanted)
