"""Logging: whatever is logged becomes one line; a log line never ends the work that it tells of."""

import subprocess
import sys

import orjson

_SCRIPT = """
from shared.logging import configure_logging, get_logger

class Name(str): ...

configure_logging(service="catalog", role="relay", level="INFO")
get_logger("housekeeping").info("old rows deleted", **{Name("outbox"): 3}, by={Name("a"): 1, 2: object})
"""


def test_names_and_values_of_any_kind_become_a_line():
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, check=True)  # noqa: S603
    line = orjson.loads(done.stdout)
    assert (line["event"], line["outbox"], line["service"]) == ("old rows deleted", 3, "catalog")
    assert line["by"] == {"a": 1, "2": "<class 'object'>"}
