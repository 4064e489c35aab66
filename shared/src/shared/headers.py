"""Request headers that routes of several services ask for."""

import re
from typing import Annotated

from fastapi import Header, Request
from fastapi.exceptions import RequestValidationError

_KEY = r"^[\x21-\x7e]+$"
_SHORTEST, _LONGEST = 8, 128
IdempotencyKey = Annotated[
    str,
    Header(alias="Idempotency-Key", min_length=_SHORTEST, max_length=_LONGEST, pattern=_KEY,
           description="A new random value for each thing to create; the same one when the request is repeated"),
]  # fmt: skip


def read_idempotency_key(request: Request) -> str:
    """Return the key as `IdempotencyKey` would give it, for a route that reads its headers itself."""
    key = request.headers.get("idempotency-key")
    if key is not None and _SHORTEST <= len(key) <= _LONGEST and re.fullmatch(_KEY, key):
        return key
    what = "Field required" if key is None else f"is not {_SHORTEST} to {_LONGEST} visible ASCII characters"
    kind = "missing" if key is None else "value_error"
    raise RequestValidationError([{"type": kind, "loc": ("header", "Idempotency-Key"), "msg": what, "input": None}])
