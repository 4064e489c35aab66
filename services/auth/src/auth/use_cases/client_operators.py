"""Operators of a client: the people at the counters of a network of post offices, each known by an id of the network's own."""

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from auth.domain.clients import Kind, kind_of
from auth.domain.errors import ClientInvalid, ClientNotFound
from auth.storage.audit import Entry
from auth.storage.tables import client_operators
from auth.use_cases.change_client import hold_client
from auth.use_cases.dependencies import Dependencies


async def add_client_operator(deps: Dependencies, client_id: str, operator_id: str, *, by: str) -> None:
    """Let somebody act for a machine client; one who is there stays, one who had left is back.

    Raises ClientNotFound, ClientInvalid.
    """
    async with deps.database.transaction() as connection:
        client = await hold_client(connection, client_id)
        if kind_of(client.grant_types, client.auth_method) is not Kind.MACHINE:
            raise ClientInvalid([("", "Only a machine has operators")])
        row = {"client_id": client_id, "operator_id": operator_id, "added_at": deps.clock.now(), "ended_at": None}
        entry = insert(client_operators).values(row)
        back = entry.on_conflict_do_update(
            index_elements=["client_id", "operator_id"],
            set_={"added_at": row["added_at"], "ended_at": None},
            where=client_operators.c.ended_at.is_not(None),
        )
        if (await connection.execute(back)).rowcount:
            facts = {"operator": operator_id}
            await deps.audit.record(connection, Entry("client-operator-added", by, client_id, facts=facts))
    deps.waker.wake()


async def end_client_operator(deps: Dependencies, client_id: str, operator_id: str, *, by: str) -> None:
    """Let somebody act for the client no more. Raises ClientNotFound."""
    table = client_operators
    theirs = (table.c.client_id == client_id, table.c.operator_id == operator_id, table.c.ended_at.is_(None))
    async with deps.database.transaction() as connection:
        await hold_client(connection, client_id)
        ended = await connection.execute(update(table).where(*theirs).values(ended_at=deps.clock.now()))
        if not ended.rowcount:
            raise ClientNotFound
        facts = {"operator": operator_id}
        await deps.audit.record(connection, Entry("client-operator-ended", by, client_id, facts=facts))
    deps.waker.wake()
