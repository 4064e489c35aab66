"""A keeper of signing keys in a process of its own, asked over a pipe: it makes keys and signs, and gives none out."""

import threading
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from shared.custody import MadeKey, public_jwk, signer_of
from shared.ids import new_id
from shared.tokens import Signer


class KeysInAnotherProcess:
    """A custody such as a device of PKCS #11 is; one question at a time."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._pipe, other = context.Pipe()
        self._lock = threading.Lock()
        self._process = context.Process(target=_keep_keys, args=(other,), daemon=True)
        self._process.start()

    def make(self) -> MadeKey:
        return MadeKey(*self._ask("make"))

    def signer(self, kid: str, handle: bytes) -> Signer:
        return Signer(kid, lambda message: self._ask("sign", handle, message))

    def _ask(self, *question: Any) -> Any:
        with self._lock:
            self._pipe.send(question)
            return self._pipe.recv()

    def close(self) -> None:
        self._pipe.send(None)
        self._process.join(10)


def _keep_keys(pipe: Connection) -> None:
    kept: dict[bytes, Signer] = {}
    while (question := pipe.recv()) is not None:
        if question[0] == "make":
            kid, private = str(new_id()), ec.generate_private_key(ec.SECP256R1())
            handle = f"slot-{len(kept)}".encode()
            kept[handle] = signer_of(private, kid)
            pipe.send((kid, handle, public_jwk(private.public_key(), kid)))
        else:
            pipe.send(kept[question[1]].sign(question[2]))
