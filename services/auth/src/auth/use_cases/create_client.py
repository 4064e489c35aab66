"""Create a machine client; its secret is shown once."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from auth.domain.errors import ClientTaken
from auth.storage.tables import clients
from auth.use_cases.dependencies import Dependencies, new_secret


async def create_client(deps: Dependencies, client_id: str, name: str, scopes: Sequence[str]) -> str:
    """Return the new client's secret. Raises ClientTaken."""
    secret = new_secret()
    row = {
        "id": client_id,
        "name": name,
        "secret_hash": deps.cipher.lookup(f"client:{client_id}:{secret}"),
        "scopes": sorted(set(scopes)),
        "created_at": deps.clock.now(),
    }
    async with deps.database.transaction() as connection:
        if not (await connection.execute(insert(clients).values(row).on_conflict_do_nothing())).rowcount:
            raise ClientTaken
    return secret
