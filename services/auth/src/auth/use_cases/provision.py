"""Provision: the first operator and the machine clients, from a declaration that can be applied again and again."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from auth.storage.tables import accounts, clients, logins
from auth.use_cases.dependencies import Dependencies
from shared.ids import new_id


class OperatorDeclared(BaseModel):
    """An operator: creates organisations' heads and clients, sees no case."""

    model_config = ConfigDict(extra="forbid")

    login: str = Field(min_length=3)
    password: str = Field(min_length=12)
    totp_secret: str = Field(min_length=16)
    language: str = "uk"


class ClientDeclared(BaseModel):
    """A machine client with its scopes."""

    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(min_length=3)
    secret: str = Field(min_length=32)
    scopes: Sequence[str] = ()


class Declaration(BaseModel):
    """What is to be there. A mistake in it is told without the value, which may be a secret."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    operators: Sequence[OperatorDeclared] = ()
    clients: Sequence[ClientDeclared] = ()


async def provision(deps: Dependencies, declaration: Declaration) -> None:
    """Make the declaration true, the first signing key included. What is not declared stays."""
    await deps.keys.ensure()
    for operator in declaration.operators:
        await _provision_operator(deps, operator)
    async with deps.database.transaction() as connection:
        for client in declaration.clients:
            row = {
                "id": client.client_id,
                "name": client.client_id,
                "secret_hash": deps.cipher.lookup(f"client:{client.client_id}:{client.secret}"),
                "scopes": list(client.scopes),
                "created_at": deps.clock.now(),
            }
            entry = insert(clients).values(row)
            changed = {"secret_hash": entry.excluded.secret_hash, "scopes": entry.excluded.scopes}
            await connection.execute(entry.on_conflict_do_update(index_elements=["id"], set_=changed))
    deps.waker.wake()


async def _provision_operator(deps: Dependencies, operator: OperatorDeclared) -> None:
    login_hash = deps.cipher.lookup(f"login:{operator.login.lower()}")
    async with deps.database.transaction() as connection:
        known = await connection.execute(select(accounts).join(logins).where(logins.c.login_hash == login_hash))
        row = known.first()
        account_id = row.id if row else new_id()
        values = {"totp_sealed": deps.cipher.encrypt(operator.totp_secret.encode(), f"totp:{account_id}")}
        if row is None or not await deps.passwords.matches(operator.password, row.password_hash):
            values["password_hash"] = await deps.passwords.hash(operator.password)  # type: ignore[assignment]
        if row is not None:
            await connection.execute(update(accounts).where(accounts.c.id == account_id).values(values))
            return
        fixed = {"id": account_id, "kind": "operator", "language": operator.language, "created_at": deps.clock.now()}
        await connection.execute(insert(accounts).values({**fixed, **values}))
        await connection.execute(insert(logins).values(login_hash=login_hash, account_id=account_id))
        facts = {"account_id": str(account_id), "kind": "operator", "language": operator.language}
        await deps.outbox.add(connection, "registered.v1", str(account_id), facts)
