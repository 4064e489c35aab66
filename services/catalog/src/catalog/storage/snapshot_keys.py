"""The keys that sign snapshots (ES256): the private part is sealed at rest, the public part is there for everybody.

The newest key signs. Older ones stay published, so that what they signed can still be checked.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.storage.snapshot_tables import snapshot_keys
from shared.encryption import Cipher
from shared.ids import new_id


@dataclass(frozen=True)
class SigningKey:
    """A key that signs now."""

    kid: str
    private_pem: str


async def published_keys(connection: AsyncConnection) -> Sequence[Mapping[str, Any]]:
    """Return the public JWKs, the newest first."""
    query = select(snapshot_keys.c.jwk).order_by(snapshot_keys.c.made_at.desc())
    return (await connection.execute(query)).scalars().all()


async def signing_key(connection: AsyncConnection, cipher: Cipher) -> SigningKey:
    """Return the key that signs, made if there is none yet. The caller holds the lock of snapshots."""
    query = select(snapshot_keys).order_by(snapshot_keys.c.made_at.desc()).limit(1)
    row = (await connection.execute(query)).first()
    if row is None:
        return await add_key(connection, cipher)
    return SigningKey(row.kid, cipher.decrypt(row.private_sealed, _place(row.kid)).decode())


async def add_key(connection: AsyncConnection, cipher: Cipher) -> SigningKey:
    """Make a key that signs from now on."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    numbers = private.public_key().public_numbers()
    kid = str(new_id())
    jwk = {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid}
    jwk |= {"x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}
    row = {"kid": kid, "jwk": jwk, "private_sealed": cipher.encrypt(pem, _place(kid))}
    await connection.execute(insert(snapshot_keys).values(row))
    return SigningKey(kid, pem.decode())


def _place(kid: str) -> str:
    return f"snapshot_keys:{kid}"


def _coordinate(number: int) -> str:
    return urlsafe_b64encode(number.to_bytes(32, "big")).decode().rstrip("=")
