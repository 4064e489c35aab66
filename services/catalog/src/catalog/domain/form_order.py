"""The order in which a form's author wrote its fields, which is the order in which people see them.

JSON objects have none: what puts members in another order (RFC 8785 does) needs it told beside.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_FIELDS = "properties"


def form_order(form: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names of the fields in their order, by the JSON Pointer (RFC 6901) of the object that holds them."""
    return dict(_orders(form, ""))


def _orders(node: Any, pointer: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(node, dict):
        inside: Iterator[tuple[Any, Any]] = iter(node.items())
        if pointer.rpartition("/")[2] == _FIELDS and len(node) > 1:
            yield pointer, list(node)
    elif isinstance(node, list):
        inside = enumerate(node)
    else:
        return
    for name, child in inside:
        yield from _orders(child, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")
