"""Provision: the first operator and the clients, from a declaration that can be applied again and again.

What is not declared stays, and so does the end of a client that was disabled. Only what changes is noted in the audit trail.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import insert, select, update

from auth.domain.assurance import Level
from auth.storage.audit import Entry
from auth.storage.tables import accounts, logins
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.provision_clients import PROVISION, ClientDeclared, provision_client, terms_declared
from auth.use_cases.rotate_keys import ensure_first_key
from auth.use_cases.sessions import end_sessions_of
from shared.ids import new_id


class OperatorDeclared(BaseModel):
    """An operator: creates organisations' heads and clients, sees no case."""

    model_config = ConfigDict(extra="forbid")

    login: str = Field(min_length=3)
    password: str = Field(min_length=12)
    totp_secret: str = Field(min_length=16)
    language: str = "uk"


class Declaration(BaseModel):
    """What is to be there. A mistake in it is told without the value, which may be a secret."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    operators: Sequence[OperatorDeclared] = ()
    clients: Sequence[ClientDeclared] = ()


async def provision(deps: Dependencies, declaration: Declaration) -> None:
    """Make the declaration true, the first signing key included. Raises ClientInvalid: then nothing was changed."""
    declared = [(client, terms_declared(place, client)) for place, client in enumerate(declaration.clients)]
    await ensure_first_key(deps)
    for operator in declaration.operators:
        await _provision_operator(deps, operator)
    async with deps.database.transaction() as connection:
        for client, terms in declared:
            await provision_client(deps, connection, client, terms)
    deps.waker.wake()


async def _provision_operator(deps: Dependencies, operator: OperatorDeclared) -> None:
    login_hash = deps.cipher.lookup(f"login:{operator.login.lower()}")
    async with deps.database.transaction() as connection:
        known = select(accounts).join(logins).where(logins.c.login_hash == login_hash).with_for_update(of=accounts)
        row = (await connection.execute(known)).first()
        account_id = row.id if row else new_id()
        changes = await _changes(deps, operator, account_id, row)
        if row is not None:
            if changes:
                await connection.execute(update(accounts).where(accounts.c.id == account_id).values(changes))
                await end_sessions_of(connection, account_id, deps.clock.now())
                entry = Entry("operator-changed", PROVISION, str(account_id), facts={"changed": sorted(changes)})
                await deps.audit.record(connection, entry)
            return
        fixed = {"id": account_id, "kind": "operator", "language": operator.language, "created_at": deps.clock.now()}
        fixed["identity_level"] = Level.SUBSTANTIAL
        await connection.execute(insert(accounts).values({**fixed, **changes}))
        await connection.execute(insert(logins).values(login_hash=login_hash, account_id=account_id))
        facts = {"account_id": str(account_id), "kind": "operator", "language": operator.language}
        await deps.outbox.add(connection, "registered.v1", str(account_id), facts)
        entry = Entry("account-registered", PROVISION, str(account_id), facts={"kind": "operator"})
        await deps.audit.record(connection, entry)


async def _changes(deps: Dependencies, operator: OperatorDeclared, account_id: Any, row: Any) -> dict[str, Any]:
    """Return the columns that are not yet as declared."""
    changes: dict[str, Any] = {}
    if row is None or not await deps.passwords.matches(operator.password, row.password_hash):
        changes["password_hash"] = await deps.passwords.hash(operator.password)
    context, wanted = f"totp:{account_id}", operator.totp_secret.encode()
    if row is None or row.totp_sealed is None or deps.cipher.decrypt(row.totp_sealed, context) != wanted:
        changes["totp_sealed"] = deps.cipher.encrypt(wanted, context)
    return changes
