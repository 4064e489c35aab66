"""Places from which an account was signed in to: network addresses and devices, kept as keyed hashes for ninety days.

A device is known by a token that it shows when it signs in; it says more than an address, which many share.
"""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.storage.tables import known_places
from auth.use_cases.dependencies import Dependencies, new_secret

KNOWN_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Place:
    """Where somebody signs in from: the network address, what the device says it is, and its token, if it has one."""

    address: str
    device: str = ""
    device_token: str = ""

    @property
    def network(self) -> str:
        """The address, or of IPv6 the /64 that one subscriber has."""
        try:
            address = ip_address(self.address)
        except ValueError:
            return self.address
        return str(int(address) >> 64) if isinstance(address, IPv6Address) else self.address


async def known_place(deps: Dependencies, connection: AsyncConnection, account_id: UUID, place: Place) -> bytes | None:
    """Return the hash of the place if the account was signed in to from it, of the device rather than of the address."""
    device, address = _device(deps, account_id, place.device_token), _address(deps, account_id, place)
    query = select(known_places.c.place_hash).where(
        known_places.c.account_id == account_id,
        known_places.c.place_hash.in_([device, address]),
        known_places.c.last_at > deps.clock.now() - KNOWN_FOR,
    )
    known = {bytes(place_hash) for place_hash in (await connection.execute(query)).scalars()}
    return next((place_hash for place_hash in (device, address) if place_hash in known), None)


async def remember_place(deps: Dependencies, connection: AsyncConnection, account_id: UUID, place: Place) -> str:
    """Keep a place from which somebody signed in; return the token of the device, a new one if it had none."""
    token = place.device_token or new_secret()
    hashes = sorted({_device(deps, account_id, token), _address(deps, account_id, place)})
    rows = [{"account_id": account_id, "place_hash": kept, "last_at": deps.clock.now()} for kept in hashes]
    entry = insert(known_places).values(rows)
    again = {"last_at": entry.excluded.last_at}
    await connection.execute(entry.on_conflict_do_update(index_elements=["account_id", "place_hash"], set_=again))
    return token


def _device(deps: Dependencies, account_id: UUID, token: str) -> bytes:
    return deps.cipher.lookup(f"device:{account_id}:{token}")


def _address(deps: Dependencies, account_id: UUID, place: Place) -> bytes:
    return deps.cipher.lookup(f"address:{account_id}:{place.network}")
