"""Data sets on disk: a folder of JSON files, or the files themselves, read into named lists."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catalog.domain.assertions import Assertions
from catalog.domain.faults import DataSet, Fault

_LISTS = ("territories", "service_centres", "agencies", "registers", "services")
_ASSERTIONS = "assertions.json"


def read_data_set(paths: Sequence[Path]) -> tuple[DataSet, Assertions, list[Fault]]:
    """Return the lists of all files, the table of comparisons, and what could not be read."""
    files = [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    data: dict[str, list[dict[str, Any]]] = {}
    assertions, faults = Assertions({}, {}), []
    for file in files:
        try:
            content = json.loads(file.read_text("utf-8-sig"))
        except (OSError, ValueError) as error:
            faults.append(Fault(file.name, "–", f"cannot be read: {error}"))
            continue
        if not isinstance(content, dict):
            faults.append(Fault(file.name, "–", "is not a JSON object"))
            continue
        if file.name == _ASSERTIONS:
            assertions = Assertions(content["form_fields"], content["expected"])
        data |= {name: content[name] for name in _LISTS if isinstance(content.get(name), list)}
    return data, assertions, faults
