"""Data sets on disk: files (JSON, CSV) or folders of them, read into named lists."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from catalog.domain.assertions import Assertions
from catalog.domain.data_set import LISTS, DataSet, Fault, Place
from catalog.domain.faults import shape_faults
from catalog.domain.shapes import ASSERTIONS
from catalog.reading_tables import read_table
from shared.body_guard import read_json
from shared.problems import Problem

_ASSERTIONS = "assertions.json"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MOST_BYTES = 256 * 1024 * 1024


def read_data_set(paths: Sequence[Path]) -> tuple[DataSet, Assertions, list[Fault]]:
    """Return the lists of all files, the table of comparisons, and what could not be read."""
    data, assertions, faults = DataSet(), Assertions({}, {}), []
    has_assertions = False
    for path in paths:
        for file in _files(path):
            if file.suffix.lower() == ".csv":
                faults += _add_table(file, data)
                continue
            content, wrong = _read_json(file)
            if file.name == _ASSERTIONS and not wrong:
                wrong = list(shape_faults(ASSERTIONS, content, Place(file.name)))
                has_assertions = True
            if file.name == _ASSERTIONS and not wrong:
                assertions = Assertions(content["form_fields"], content["expected"])
            elif not wrong:
                wrong = _add_lists(content, data, file, is_named=file == path)
            faults += wrong
    if not has_assertions and any(_asserts(record) for record in data["services"]):
        faults.append(Fault(Place(_ASSERTIONS), "is missing: without it `services` do not say what is compared"))
    return data, assertions, faults


def _files(path: Path) -> list[Path]:
    return sorted([*path.glob("*.json"), *path.glob("*.csv")]) if path.is_dir() else [path]


def _add_lists(content: dict[str, Any], data: DataSet, file: Path, *, is_named: bool) -> list[Fault]:
    """Add every list that a file has. In a folder a file may be about something else."""
    found = [name for name in LISTS if name in content]
    if not found and is_named:
        return [Fault(Place(file.name), f"has none of the lists {', '.join(LISTS)}")]
    faults = []
    for name in found:
        if isinstance(content[name], list):
            data.add(name, content[name], file=file.name)
        else:
            faults.append(Fault(Place(file.name) / name, "is not a list"))
    return faults


def _asserts(record: Any) -> bool:
    return isinstance(record, dict) and bool(record.get("register_checks"))


def _add_table(file: Path, data: DataSet) -> list[Fault]:
    body, faults = _read(file)
    if not faults:
        rows, faults = read_table(body.decode("utf-8"), file.name)
        data.add_rows(rows)
    return faults


def _read_json(file: Path) -> tuple[dict[str, Any], list[Fault]]:
    """Return the JSON object in a file, or what is wrong: no JSON, or a text that cannot be stored."""
    body, faults = _read(file)
    place = Place(file.name)
    if faults:
        return {}, faults
    try:
        content = read_json(body)
    except Problem as error:
        return {}, list(_faults_of(error, place))
    if not isinstance(content, dict):
        return {}, [Fault(place, "is not a JSON object")]
    return content, []


def _read(file: Path) -> tuple[bytes, list[Fault]]:
    """Return the UTF-8 text of a file without its byte order mark, or why there is none."""
    place = Place(file.name)
    try:
        if file.stat().st_size > _MOST_BYTES:
            return b"", [Fault(place, f"is larger than {_MOST_BYTES} bytes")]
        body = file.read_bytes().removeprefix(_BYTE_ORDER_MARK)
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        is_utf_16 = error.object.startswith(_UTF_16)
        looks = "; it is UTF-16" if is_utf_16 else "; it is perhaps windows-1251"
        byte = error.object[error.start]
        return b"", [Fault(place, f"is not UTF-8: byte {error.start} is 0x{byte:02x}{looks}: save it as UTF-8")]
    except OSError as error:
        return b"", [Fault(place, f"cannot be read: {error.strerror}")]
    return body, []


def _faults_of(error: Problem, place: Place) -> Iterable[Fault]:
    if not error.violations:
        return [Fault(place, str(error))]
    return [Fault(Place(place.file, pointer), what) for pointer, what in error.violations]
