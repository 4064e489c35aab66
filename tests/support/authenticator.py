"""An authenticator in software, as a browser speaks to it (WebAuthn Level 3, CTAP 2.1): ES256 keys, attestation `none`.

Every lie that a relying party must see through can be told: another origin or party, no user, a counter that goes back.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
_ES256 = {1: 2, 3: -7, -1: 1}


def encoded(value: bytes) -> str:
    return urlsafe_b64encode(value).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One device with one passkey, once it made one."""

    origin: str
    rp_id: str
    flags: int = PRESENT | VERIFIED
    count: int = 0
    steps: int = 1
    credential_id: bytes = field(default_factory=lambda: token_bytes(16))
    user_handle: bytes = b""
    _key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def create(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.create`."""
        self.user_handle = decoded(options["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        key = cbor2.dumps({**_ES256, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + key
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested})
        client_data = self._client_data("webauthn.create", options)
        return self._credential({"clientDataJSON": encoded(client_data), "attestationObject": encoded(made)})

    def get(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.get`."""
        data, client_data = self._data(), self._client_data("webauthn.get", options)
        signature = self._key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            {
                "clientDataJSON": encoded(client_data),
                "authenticatorData": encoded(data),
                "signature": encoded(signature),
                "userHandle": encoded(self.user_handle),
            }
        )

    def _data(self, more: int = 0) -> bytes:
        self.count += self.steps
        head = sha256(self.rp_id.encode()).digest()
        return head + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind: str, options: Mapping[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _credential(self, response: Mapping[str, str]) -> dict[str, Any]:
        name = encoded(self.credential_id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}
