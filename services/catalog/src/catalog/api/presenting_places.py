"""Places as readers get them: the members of their records, and what is known of them now."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from catalog.api.caching import FRESH_SECONDS
from catalog.domain.hours import State
from catalog.use_cases.place_queries import FoundCentre, FoundPoint


def state_members(state: State) -> dict[str, Any]:
    """Return a state as it travels."""
    kind, reason = state.because or (None, None)
    return {
        "is_open": state.is_open,
        "until": None if state.until is None else _utc(state.until),
        "because": None if kind is None else {"kind": kind, "reason": dict(reason or {})},
    }


def centre_members(centre: FoundCentre, *, is_near: bool = False) -> dict[str, Any]:
    """Return a centre as it travels."""
    distance = {"distance_m": centre.metres} if is_near else {}
    return {**centre.data, "state": state_members(centre.state), **distance}


def point_members(point: FoundPoint, *, is_near: bool = False) -> dict[str, Any]:
    """Return an access point as it travels."""
    distance = {"distance_m": point.metres} if is_near else {}
    return {
        **point.data,
        "lat": point.position.lat if point.position else None,
        "lon": point.position.lon if point.position else None,
        "is_approximate": point.is_approximate,
        **distance,
    }


def territory_members(row: Any) -> dict[str, Any]:
    """Return a territory as it travels."""
    return {**row.data, "parent": row.parent}


def fresh_seconds(states: Iterable[State], now: datetime) -> int:
    """Return how long an answer stays true: no longer than until the first place opens or closes."""
    ends: Sequence[float] = [(state.until - now).total_seconds() for state in states if state.until is not None]
    return max(0, min(FRESH_SECONDS, *(int(end) for end in ends))) if ends else FRESH_SECONDS


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
