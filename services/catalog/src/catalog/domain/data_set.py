"""A data set: named lists of records, each of which knows where it stands: a file and a JSON Pointer, or a table's row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.domain.columns import column_at

Record = dict[str, Any]
PLACES = ("territories", "successor_districts", "service_centres", "post_offices")
BODIES = ("agencies", "registers")
# `services` are records as people write them; `public_services` are definitions as the catalogue keeps and exports them
SERVICES = ("services", "public_services")
LISTS = (*PLACES, *BODIES, *SERVICES)


@dataclass(frozen=True)
class Place:
    """Where something stands: a file, a JSON Pointer (RFC 6901) in it, and in a table the row (the header is row 1)."""

    file: str
    pointer: str = ""
    row: int | None = None

    def __truediv__(self, part: str | int) -> "Place":
        return Place(self.file, f"{self.pointer}/{str(part).replace('~', '~0').replace('/', '~1')}", self.row)

    def at(self, path: Sequence[str | int]) -> "Place":
        """Return the place at the end of a path from here."""
        place = self
        for part in path:
            place /= part
        return place

    def below(self, pointer: str) -> "Place":
        """Return the place to which a pointer leads from here."""
        return Place(self.file, self.pointer + pointer, self.row)

    @property
    def column(self) -> str | None:
        """The column of a table in which it stands."""
        return column_at(self.pointer)[0] if self.row is not None and self.pointer else None

    def __str__(self) -> str:
        if self.row is None:
            return f"{self.file}#{self.pointer}"
        column, inside = column_at(self.pointer)
        return f"{self.file}, row {self.row}" + (f", {column}" if column else "") + (f" at {inside}" if inside else "")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where."""

    place: Place
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


class DataSet:
    """The lists of all files together; a list that stands in several files is one."""

    def __init__(self, lists: Mapping[str, Sequence[tuple[Place, Record]]] | None = None) -> None:
        self._lists = {name: list((lists or {}).get(name, ())) for name in LISTS}

    @property
    def is_empty(self) -> bool:
        return not any(self._lists.values())

    def add(self, name: str, records: Sequence[Record], *, file: str) -> None:
        """Add the records that one file has under `name`."""
        top = Place(file) / name
        self._lists[name] += [(top / index, record) for index, record in enumerate(records)]

    def add_rows(self, rows: Sequence[tuple[Place, Record]]) -> None:
        """Add the public services that stand in the rows of a table."""
        self._lists["public_services"] += rows

    def over(self, known: "DataSet") -> "DataSet":
        """Return these places and bodies and, of those that are known, the ones that stand not among them."""
        lists = {}
        for name in (*PLACES, *BODIES):
            own = {record["slug"] for record in self[name]}
            others = [(place, record) for place, record in known.placed(name) if record["slug"] not in own]
            lists[name] = [*self.placed(name), *others]
        return DataSet(lists)

    def placed(self, name: str) -> Iterator[tuple[Place, Record]]:
        """Return each record of a list with its place."""
        return iter(self._lists[name])

    def __getitem__(self, name: str) -> list[Record]:
        return [record for _, record in self._lists[name]]
