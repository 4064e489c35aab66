"""Tokens of machine clients (RFC 6749 §4.4), each for one service (RFC 8707) with the scopes that this service knows.

A network of post offices is one client with many operators: a token is of the client and names who acts (RFC 8693 §4.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.scopes import POST_OFFICE, known_to
from auth.storage.audit import Entry
from auth.storage.tables import client_operators
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import GrantRefused, Tokens, sign_token


@dataclass(frozen=True)
class MachineWish:
    """What a machine asks for; `operator` is the id of the person at its counter."""

    resources: Sequence[str]
    scope: str = ""
    operator: str = ""


async def client_token(deps: Dependencies, client: Any, wish: MachineWish) -> Tokens:
    """Give a machine client a token for one audience. Raises GrantRefused."""
    resource = _resource(client, wish.resources)
    named = set(wish.scope.split())
    if not named <= set(client.scopes):
        raise GrantRefused("invalid_scope", "The client does not have this scope.")
    granted = known_to((resource,), named or client.scopes)
    if not named <= set(granted):
        raise GrantRefused("invalid_scope", f"{resource} does not know this scope.")
    claims = {"sub": client.id, "client_id": client.id, "scope": " ".join(granted), "mandates": [], "aud": [resource]}
    if wish.operator:
        await _let_act(deps, client, wish.operator, resource)
        claims["act"] = {"sub": wish.operator}
    elif POST_OFFICE in granted:
        raise GrantRefused("invalid_request", f"For {POST_OFFICE} name who is at the counter as `operator`.")
    life = deps.settings.access_token_seconds
    return Tokens(await sign_token(deps, claims, life), life, claims["scope"])


def _resource(client: Any, resources: Sequence[str]) -> str:
    """Return the one service that the token is for: the one named, or the only one that the client has."""
    named = tuple(dict.fromkeys(resources)) or tuple(client.resources)
    if len(named) != 1 or named[0] not in client.resources:
        raise GrantRefused("invalid_target", "Name the one service that is to be asked as `resource`.")
    return str(named[0])


async def _let_act(deps: Dependencies, client: Any, operator: str, resource: str) -> None:
    async with deps.database.transaction() as connection:
        is_theirs = await is_operator(connection, client.id, operator)
        # one that was never registered is not written down: it may be anything
        facts = {"operator": operator, "resource": resource} if is_theirs else {"resource": resource}
        outcome: Literal["done", "refused"] = "done" if is_theirs else "refused"
        await deps.audit.record(connection, Entry("operator-acts", client.id, client.id, outcome, facts=facts))
    deps.waker.wake()
    if not is_theirs:
        raise GrantRefused("invalid_grant", "There is no such operator, or they do not work there any more.")


async def is_operator(connection: AsyncConnection, client_id: str, operator: str) -> bool:
    """Tell whether somebody is an operator of the client now."""
    table = client_operators
    theirs = (table.c.client_id == client_id, table.c.operator_id == operator, table.c.ended_at.is_(None))
    return (await connection.execute(select(table.c.operator_id).where(*theirs))).first() is not None
