"""Tables on disk (CSV, RFC 4180): public services, one a row; every fault by row and column.

The columns are parted by commas or semicolons, which the first row shows. UTF-8, with or without a byte order mark.
"""

import csv
import re
from collections.abc import Sequence
from io import StringIO
from typing import Any

from catalog.domain.columns import BY_NAME, COLUMNS, Column, empty_value, put, value_of
from catalog.domain.data_set import Fault, Place, Record
from shared.body_guard import read_json
from shared.problems import Problem

_SEPARATORS = {"\t": "tabs", "|": "vertical bars", ":": "colons"}
_LONGEST_CELL = 1_000_000
_LINE_ENDS = re.compile(r"[\r\n]")


def read_table(text: str, file: str) -> tuple[list[tuple[Place, Record]], list[Fault]]:
    """Return the records of a table with their places, and what cannot be read."""
    first_line = _LINE_ENDS.split(text.lstrip("\r\n"), maxsplit=1)[0]
    delimiter = max(",;", key=lambda sign: len(_known(_split(first_line, sign))))
    header = [name.strip() for name in _split(first_line, delimiter)]
    if faults := _header_faults(header, first_line, Place(file, row=1)):
        return [], faults
    records: list[tuple[Place, Record]] = []
    number = 0
    csv.field_size_limit(_LONGEST_CELL)
    rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(rows, 1):
            if number == 1 or not any(cell.strip() for cell in cells):
                continue
            record, wrong = _record(header, cells, Place(file, row=number))
            faults += wrong
            if not wrong:
                records.append((Place(file, row=number), record))
    except csv.Error as error:
        faults.append(Fault(Place(file, row=number + 1), f"cannot be read: {error}; is a quotation mark not closed?"))
    return records, faults


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter), [])


def _known(names: Sequence[str]) -> list[str]:
    return [name for name in names if name.strip() in BY_NAME]


def _header_faults(header: Sequence[str], first_line: str, place: Place) -> list[Fault]:
    if len(_known(header)) < 2:
        wrong = next((name for sign, name in _SEPARATORS.items() if sign in first_line), None)
        if wrong:
            return [Fault(place, f"the columns are parted by {wrong}; part them by commas or semicolons")]
        return [Fault(place, "has no names of columns, or they are parted by neither commas nor semicolons")]
    unknown = [Fault(place / name, "no column has this name") for name in header if name not in BY_NAME]
    twice = [Fault(place.at(BY_NAME[name].path), "stands twice") for name in BY_NAME if header.count(name) > 1]
    absent = [column for column in COLUMNS if not column.is_optional and column.name not in header]
    return [*unknown, *twice, *(Fault(place.at(column.path), "this column is missing") for column in absent)]


def _record(header: Sequence[str], cells: Sequence[str], place: Place) -> tuple[Record, list[Fault]]:
    """Return what one row says."""
    if len(cells) != len(header):
        what = "it breaks off" if len(cells) < len(header) else "is a text with a separator not in quotation marks?"
        return {}, [Fault(place, f"has {len(cells)} cells, and there are {len(header)} columns: {what}")]
    record: Record = {}
    faults: list[Fault] = []
    said = dict(zip(header, cells, strict=True))
    for column in COLUMNS:
        value, wrong = _value(column, said.get(column.name, ""), place.at(column.path))
        faults += wrong
        if value is not None or not column.is_optional or column.path[0] == "fee":
            put(record, column.path, value)
    return record, faults


def _value(column: Column, cell: str, place: Place) -> tuple[Any, list[Fault]]:
    if "\0" in cell:
        return None, [Fault(place, "U+0000 cannot be stored")]
    if not cell.strip():
        if column.must_be_filled:
            return None, [Fault(place, "is empty")]
        return (None if column.is_optional else empty_value(column)), []
    if column.kind == "json" or (column.kind == "lines" and cell.lstrip().startswith("[")):
        return _read_json(cell, place)
    return value_of(column, cell), []


def _read_json(cell: str, place: Place) -> tuple[Any, list[Fault]]:
    try:
        return read_json(cell.encode()), []
    except Problem as error:
        inside = [Fault(place.below(pointer), what) for pointer, what in error.violations]
        return None, inside or [Fault(place, str(error))]
