"""Personal data at rest: AES-256-GCM (NIST SP 800-38D) under a named key, and a keyed hash for look-up.

The key ring is `id:base64,id:base64`; the first key writes, all of them read, so keys are rotated by putting a new one first.
"""

import hmac
import os
from base64 import b64decode
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_KEY_BYTES = 32


class CannotDecrypt(Exception):
    """The value was made with a key that the ring lacks, for another context, or was changed."""


class Cipher:
    """Encrypts and decrypts fields. `context` (table, column, row id) ties a value to its place."""

    def __init__(self, key_ring: str, *, lookup_key: str) -> None:
        self._keys: dict[bytes, AESGCM] = {}
        for entry in key_ring.split(","):
            key_id, _, secret = entry.strip().partition(":")
            self._keys[key_id.encode()] = AESGCM(_key(secret))
        self._writing = next(iter(self._keys))
        self._lookup_key = _key(lookup_key)

    def encrypt(self, plain: bytes, context: str) -> bytes:
        """Return `key id | 0x00 | nonce | ciphertext and tag`."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._keys[self._writing].encrypt(nonce, plain, context.encode())
        return b"\0".join((self._writing, nonce + sealed))

    def decrypt(self, sealed: bytes, context: str) -> bytes:
        """Return what was encrypted, or raise CannotDecrypt."""
        key_id, _, rest = sealed.partition(b"\0")
        key = self._keys.get(key_id)
        if key is None:
            raise CannotDecrypt("unknown key")
        try:
            return key.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], context.encode())
        except (InvalidTag, ValueError):
            raise CannotDecrypt("changed, or of another place") from None

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether a value was encrypted with the key that writes now."""
        return sealed.partition(b"\0")[0] == self._writing

    def lookup(self, value: str) -> bytes:
        """Return the keyed hash by which an encrypted value is found (HMAC-SHA256)."""
        return hmac.new(self._lookup_key, value.encode(), sha256).digest()


def _key(secret: str) -> bytes:
    key = b64decode(secret)
    if len(key) != _KEY_BYTES:
        raise ValueError("a key is not the base64 of 256 bits")
    return key
