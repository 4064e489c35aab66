"""Territories as a tree, and where things are: codes, parents, coordinates, distances.

A tree has no cycles: a data set in which a territory is above itself is refused.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Parents = Mapping[str, str | None]
Found = tuple[tuple[str | int, ...], str]
_KOATUU = re.compile(r"\d{10}")
_KATOTTG = re.compile(r"UA\d{17}")
_EARTH_METRES = 6_371_008.8


@dataclass(frozen=True)
class Position:
    """A point on the ground, in degrees (WGS 84)."""

    lat: float
    lon: float


@dataclass(frozen=True)
class Box:
    """A part of the map between two parallels and two meridians."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, position: Position) -> bool:
        return self.south <= position.lat <= self.north and self.west <= position.lon <= self.east


# the Dnipropetrovsk oblast, with a few kilometres around it
REGION = Box(south=47.3, west=32.8, north=49.3, east=37.1)


def parents_of(territories: Mapping[str, Mapping[str, Any]]) -> dict[str, str | None]:
    """Return the parent of each territory: its own, or the district that took it in, where that is known."""
    return {
        slug: record.get("parent") or (record.get("successor") if record.get("successor") in territories else None)
        for slug, record in territories.items()
    }


def on_cycles(parents: Parents) -> dict[str, list[str]]:
    """Return the territories that are above themselves, each with the way around."""
    found: dict[str, list[str]] = {}
    for slug in parents:
        way, above = [slug], parents.get(slug)
        while above is not None and above not in way:
            way.append(above)
            above = parents.get(above)
        if above == slug:
            found[slug] = [*way, slug]
    return found


def path_to(parents: Parents, slug: str) -> list[str]:
    """Return the territories above `slug`, the highest first; the tree has no cycles."""
    path: list[str] = []
    above = parents.get(slug)
    while above is not None:
        path.insert(0, above)
        above = parents.get(above)
    return path


def within(parents: Parents, top: str) -> set[str]:
    """Return `top` and everything below it."""
    return {slug for slug in parents if slug == top or top in path_to(parents, slug)} | {top}


def metres_between(one: Position, other: Position) -> int:
    """Return the distance along the ground (haversine on the mean sphere; within 0.5 % of the ellipsoid)."""
    lat_one, lat_other = math.radians(one.lat), math.radians(other.lat)
    half_lat, half_lon = (lat_other - lat_one) / 2, math.radians(other.lon - one.lon) / 2
    chord = math.sin(half_lat) ** 2 + math.cos(lat_one) * math.cos(lat_other) * math.sin(half_lon) ** 2
    return round(2 * _EARTH_METRES * math.asin(math.sqrt(min(1.0, chord))))


def position_of(record: Mapping[str, Any]) -> Position | None:
    """Return where a record says that it is."""
    lat, lon = record.get("lat"), record.get("lon")
    return Position(float(lat), float(lon)) if lat is not None and lon is not None else None


def tree_faults(territories: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Found]]:
    """Return what is wrong with the tree: (territory, (path in its record, what))."""
    parents = parents_of(territories)
    for slug, record in territories.items():
        if (parent := record.get("parent")) is not None and parent not in territories:
            yield slug, (("parent",), f"unknown territory: {parent}")
        for name, pattern in (("koatuu", _KOATUU), ("katottg", _KATOTTG)):
            code = record.get(name)
            if code is not None and not (isinstance(code, str) and pattern.fullmatch(code)):
                yield slug, ((name,), f"{code} is no {name.upper()} code")
    for slug, way in on_cycles(parents).items():
        name = "parent" if territories[slug].get("parent") else "successor"
        yield slug, ((name,), f"is above itself: {' → '.join(way)}")


def coordinate_faults(record: Mapping[str, Any], region: Box = REGION) -> Iterator[Found]:
    """Return what is wrong with where a record says that it is."""
    given = [record.get(name) for name in ("lat", "lon")]
    if given == [None, None]:
        return
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in given):
        yield ("lat",), "lat and lon are both numbers, or neither is given"
    elif not region.holds(Position(float(record["lat"]), float(record["lon"]))):
        yield ("lat",), f"{record['lat']}, {record['lon']} is outside the region"
