"""Clients as a declaration has them: their terms, their one secret, and operators of their own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as insert_if
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.clients import SECRET, Kind, Terms, is_free_id, settle
from auth.domain.errors import ClientInvalid
from auth.domain.scopes import AUDIENCES
from auth.storage.audit import Entry
from auth.storage.tables import client_operators, client_secrets, clients
from auth.use_cases.authenticate_client import secret_hash
from auth.use_cases.create_client import columns_of, facts_of
from auth.use_cases.dependencies import Dependencies

PROVISION = "provision"


class ClientDeclared(BaseModel):
    """A client. With another secret the one of before ends after `secret_overlap_hours`, at once unless that is given."""

    model_config = ConfigDict(extra="forbid")

    client_id: str
    secret: Annotated[str, Field(min_length=32)] | None = None
    secret_overlap_hours: Annotated[int, Field(ge=0, le=720)] = 0
    name: str | None = None
    kind: Kind = Kind.MACHINE
    scopes: Sequence[str] = ()
    auth_method: str | None = None
    resources: Sequence[str] = AUDIENCES
    redirect_uris: Sequence[str] = ()
    post_logout_redirect_uris: Sequence[str] = ()
    jwks: dict[str, Any] | None = None
    needs_consent: bool = False
    expires_at: AwareDatetime | None = None
    operators: Sequence[str] = ()


def terms_declared(place: int, client: ClientDeclared) -> Terms:
    """Return what is declared of a client. Raises ClientInvalid, which names the place in the declaration."""
    own = {"client_id", "secret", "secret_overlap_hours", "operators"}
    faults = []
    try:
        terms = settle(Terms(**client.model_dump(exclude=own) | {"name": client.name or client.client_id}))
        if (client.secret is None) == (terms.auth_method == SECRET):
            faults.append(("/secret", f"A secret belongs to {SECRET}, and it to one"))
        if client.operators and terms.kind is not Kind.MACHINE:
            faults.append(("/operators", "Only a machine has operators"))
    except ClientInvalid as error:
        faults += error.violations
    if not is_free_id(client.client_id):
        faults.append(("/client_id", "An id of 3 to 100 of a-z 0-9 : . _ - that is no UUID and not the platform's"))
    if faults:
        raise ClientInvalid([(f"/clients/{place}{pointer}", fault) for pointer, fault in faults])
    return terms


async def provision_client(
    deps: Dependencies, connection: AsyncConnection, declared: ClientDeclared, terms: Terms
) -> None:
    """Make one client as it is declared."""
    wanted = columns_of(terms)
    query = select(clients).where(clients.c.id == declared.client_id).with_for_update()
    known = (await connection.execute(query)).first()
    action = None
    if known is None:
        row = {"id": declared.client_id, "created_at": deps.clock.now(), **wanted}
        await connection.execute(insert(clients).values(row))
        action = "client-created"
    elif any(getattr(known, name) != value for name, value in wanted.items()):
        await connection.execute(update(clients).where(clients.c.id == declared.client_id).values(wanted))
        action = "client-changed"
    if action is not None:
        await deps.audit.record(connection, Entry(action, PROVISION, declared.client_id, facts=facts_of(terms)))
    await _provision_secret(deps, connection, declared)
    await _provision_operators(deps, connection, declared)


async def _provision_secret(deps: Dependencies, connection: AsyncConnection, declared: ClientDeclared) -> None:
    table, now, client_id = client_secrets, deps.clock.now(), declared.client_id
    kept = secret_hash(deps, client_id, declared.secret) if declared.secret is not None else b""
    ends_at = now + timedelta(hours=declared.secret_overlap_hours)
    others = (table.c.client_id == client_id, table.c.secret_hash != kept)
    ending = update(table).where(*others, or_(table.c.expires_at.is_(None), table.c.expires_at > ends_at))
    await connection.execute(ending.values(expires_at=ends_at))
    await connection.execute(delete(table).where(*others, table.c.expires_at <= now))
    if declared.secret is None:
        return
    entry = insert_if(table).values(secret_hash=kept, client_id=client_id, created_at=now)
    stays = entry.on_conflict_do_update(
        index_elements=["secret_hash"], set_={"expires_at": None}, where=table.c.expires_at.is_not(None)
    )
    if (await connection.execute(stays)).rowcount:
        facts = {"overlap_hours": declared.secret_overlap_hours}
        await deps.audit.record(connection, Entry("client-secret-made", PROVISION, client_id, facts=facts))


async def _provision_operators(deps: Dependencies, connection: AsyncConnection, declared: ClientDeclared) -> None:
    """Enter those who are not known; one who left stays away."""
    for operator_id in declared.operators:
        row = {"client_id": declared.client_id, "operator_id": operator_id, "added_at": deps.clock.now()}
        entry = insert_if(client_operators).values(row).on_conflict_do_nothing()
        if (await connection.execute(entry)).rowcount:
            facts = {"operator": operator_id}
            entry_of_trail = Entry("client-operator-added", PROVISION, declared.client_id, facts=facts)
            await deps.audit.record(connection, entry_of_trail)
