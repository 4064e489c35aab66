"""A regional data set: named lists of records, each of which knows the file and the JSON Pointer where it stands."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Record = dict[str, Any]
LISTS = ("territories", "service_centres", "agencies", "registers", "services")


@dataclass(frozen=True)
class Place:
    """Where something stands: a file and a JSON Pointer (RFC 6901) in it."""

    file: str
    pointer: str = ""

    def __truediv__(self, part: str | int) -> "Place":
        return Place(self.file, f"{self.pointer}/{str(part).replace('~', '~0').replace('/', '~1')}")

    def at(self, path: Sequence[str | int]) -> "Place":
        """Return the place at the end of a path from here."""
        place = self
        for part in path:
            place /= part
        return place


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where."""

    place: Place
    what: str

    def __str__(self) -> str:
        return f"{self.place.file}#{self.place.pointer}: {self.what}"


class DataSet:
    """The lists of all files together; a list that stands in several files is one."""

    def __init__(self) -> None:
        self._lists: dict[str, list[tuple[Place, Record]]] = {name: [] for name in LISTS}

    def add(self, name: str, records: Sequence[Record], *, file: str) -> None:
        """Add the records that one file has under `name`."""
        top = Place(file) / name
        self._lists[name] += [(top / index, record) for index, record in enumerate(records)]

    def placed(self, name: str) -> Iterator[tuple[Place, Record]]:
        """Return each record of a list with its place."""
        return iter(self._lists[name])

    def __getitem__(self, name: str) -> list[Record]:
        return [record for _, record in self._lists[name]]
