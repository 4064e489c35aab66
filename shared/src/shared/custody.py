"""Custody of signing keys (ES256): their keeper makes them and signs with them, and gives the private part to nobody.

The interface is what a token of PKCS #11 offers: C_GenerateKeyPair gives a handle, C_Sign with CKM_ECDSA_SHA256 gives r and s
as they are. `SealedKeys` keeps private parts itself: its handle is the key, sealed, and a database may keep that.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from shared.encryption import Cipher
from shared.ids import new_id
from shared.tokens import Signer


@dataclass(frozen=True)
class MadeKey:
    """A key that its keeper made: how the keeper finds it again, and the public JWK."""

    kid: str
    handle: bytes = field(repr=False)
    jwk: Mapping[str, Any]


class KeyCustody(Protocol):
    """The keeper of private keys. Both methods may wait for a device: they are called off the event loop."""

    def make(self) -> MadeKey:
        """Make a key pair on P-256."""
        ...

    def signer(self, kid: str, handle: bytes) -> Signer:
        """Return who signs with the key of this handle."""
        ...


class SealedKeys:
    """Keeps private keys as PKCS #8, sealed with a key from the settings; `place` ties each to the table it is kept in."""

    def __init__(self, cipher: Cipher, place: str) -> None:
        self._cipher = cipher
        self._place = place

    def make(self) -> MadeKey:
        private, kid = ec.generate_private_key(ec.SECP256R1()), str(new_id())
        plain = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return MadeKey(kid, self._cipher.encrypt(plain, f"{self._place}:{kid}"), public_jwk(private.public_key(), kid))

    def signer(self, kid: str, handle: bytes) -> Signer:
        private = load_pem_private_key(self._cipher.decrypt(handle, f"{self._place}:{kid}"), None)
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise TypeError("a key of ES256 is one on an elliptic curve")
        return signer_of(private, kid)


def signer_of(private: ec.EllipticCurvePrivateKey, kid: str) -> Signer:
    """Return who signs with a private key of this process."""

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return Signer(kid, sign)


def public_jwk(public: ec.EllipticCurvePublicKey, kid: str) -> Mapping[str, Any]:
    """Return a public key as it is published (RFC 7517)."""
    numbers = public.public_numbers()
    x, y = (urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=") for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y}
