"""Data sets on disk: a folder of JSON files, or the files themselves, read into named lists."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from catalog.domain.assertions import Assertions
from catalog.domain.data_set import LISTS, DataSet, Fault, Place
from catalog.domain.faults import shape_faults
from catalog.domain.shapes import ASSERTIONS
from shared.body_guard import read_json
from shared.problems import Problem

_ASSERTIONS = "assertions.json"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_data_set(paths: Sequence[Path]) -> tuple[DataSet, Assertions, list[Fault]]:
    """Return the lists of all files, the table of comparisons, and what could not be read."""
    files = [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    data, assertions, faults = DataSet(), Assertions({}, {}), []
    for file in files:
        content, wrong = _read(file)
        if file.name == _ASSERTIONS and not wrong:
            wrong = list(shape_faults(ASSERTIONS, content, Place(file.name)))
        faults += wrong
        if wrong:
            continue
        if file.name == _ASSERTIONS:
            assertions = Assertions(content["form_fields"], content["expected"])
        for name in LISTS:
            if isinstance(content.get(name), list):
                data.add(name, content[name], file=file.name)
    return data, assertions, faults


def _read(file: Path) -> tuple[dict[str, Any], list[Fault]]:
    """Return the JSON object in a file, or what is wrong: no UTF-8, no JSON, a text that cannot be stored."""
    place = Place(file.name)
    try:
        body = file.read_bytes().removeprefix(_BYTE_ORDER_MARK)
        body.decode("utf-8")
        content = read_json(body)
    except UnicodeDecodeError as error:
        return {}, [Fault(place, f"is not UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}")]
    except Problem as error:
        return {}, list(_faults_of(error, place))
    except OSError as error:
        return {}, [Fault(place, f"cannot be read: {error.strerror}")]
    if not isinstance(content, dict):
        return {}, [Fault(place, "is not a JSON object")]
    return content, []


def _faults_of(error: Problem, place: Place) -> Iterable[Fault]:
    if not error.violations:
        return [Fault(place, str(error))]
    return [Fault(Place(place.file, pointer), what) for pointer, what in error.violations]
