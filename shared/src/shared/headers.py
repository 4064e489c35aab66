"""Request headers that routes of several services ask for."""

from typing import Annotated

from fastapi import Header

IdempotencyKey = Annotated[
    str,
    Header(alias="Idempotency-Key", min_length=8, max_length=128, pattern=r"^[\x21-\x7e]+$",
           description="A new random value for each thing to create; the same one when the request is repeated"),
]  # fmt: skip
