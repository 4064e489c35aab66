"""Exports on disk: the lists of a data set as JSON, or its public services as a table (CSV, RFC 4180).

A file is there whole or not at all. A table begins with a byte order mark: spreadsheets take it for UTF-8 then.
"""

import csv
import os
import sys
from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import orjson

from catalog.domain.columns import COLUMNS, row_of

Lists = Mapping[str, Sequence[Mapping[str, Any]]]
_BYTE_ORDER_MARK = "\ufeff"
_DATES = ("valid_from", "valid_to")


def as_json(lists: Lists) -> bytes:
    """Return a data set as JSON, members in the order in which they are kept: the same catalogue gives the same bytes."""
    return orjson.dumps(lists, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_table(lists: Lists, delimiter: str) -> bytes:
    """Return the public services of a data set as a table."""
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow([column.name for column in COLUMNS])
    for definition in lists.get("public_services", ()):
        dates = {name: definition[name] for name in _DATES if name in definition}
        writer.writerow(row_of(definition, dates))
    return (_BYTE_ORDER_MARK + text.getvalue()).encode()


def write_whole(content: bytes, file: Path | None) -> None:
    """Write to a file, which is replaced at once when all is written, or to the standard output. Raises OSError."""
    if file is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    with NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", delete=False) as written:
        beside = Path(written.name)
        try:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
            beside.chmod(0o644)
            beside.replace(file)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
