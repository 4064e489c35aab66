"""Clients, their secrets and their operators: the operator of the platform makes and ends them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from auth.api import problems as own
from auth.api.client_schemas import (
    ClientChange,
    ClientCreated,
    ClientId,
    ClientRequest,
    ClientResponse,
    OperatorId,
    OperatorRequest,
    OperatorResponse,
    SecretCreated,
    SecretRequest,
    SecretResponse,
)
from auth.api.dependencies import Parts
from auth.domain.clients import Terms, kind_of
from auth.domain.errors import ClientNotFound
from auth.use_cases import queries
from auth.use_cases.change_client import change_client, disable_client
from auth.use_cases.client_operators import add_client_operator, end_client_operator
from auth.use_cases.create_client import Creation, create_client, secret_id
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.rotate_client_secret import end_client_secret, rotate_client_secret
from shared.actors import CurrentActor
from shared.headers import IdempotencyKey
from shared.pagination import CursorParameter, Limit, Page, decode_cursor, next_link
from shared.problems import FORBIDDEN, INVALID, KEY_REUSED, NOT_FOUND, UNAUTHENTICATED, describe

router = APIRouter(prefix="/v1/clients", tags=["clients"])
_TO_OPERATORS = (UNAUTHENTICATED, FORBIDDEN, INVALID)
_OF_ONE = (*_TO_OPERATORS, NOT_FOUND)
_Id = Annotated[ClientId, Path(examples=["kiosk-dnipro"])]


@router.post(
    "", status_code=201, summary="Create a client", responses=describe(*_TO_OPERATORS, own.CLIENT_TAKEN, KEY_REUSED)
)
async def post_client(body: ClientRequest, key: IdempotencyKey, deps: Parts, operator: CurrentActor) -> ClientCreated:
    """A repeated request with the same key shows the same secret again."""
    terms = Terms(**body.model_dump(exclude={"client_id"}))
    made = await create_client(deps, body.client_id, terms, Creation(operator.subject, key))
    client = _response(*await _read(deps, body.client_id))
    return ClientCreated(**client.model_dump(), client_secret=made.secret if made else None)


@router.get("", summary="Clients", responses=describe(*_TO_OPERATORS))
async def list_clients(
    request: Request, deps: Parts, _operator: CurrentActor, limit: Limit = 20, cursor: CursorParameter = None
) -> Page[ClientResponse]:
    """By id, disabled ones included."""
    after = decode_cursor(cursor, str)
    async with deps.database.reading() as connection:
        window = await queries.list_clients(connection, limit=limit, after=after)
        secrets = await queries.list_client_secrets(connection, [row.id for row in window.rows])
    return Page(items=[_response(row, secrets) for row in window.rows], next=next_link(request, window.after))


@router.get("/{client_id}", summary="A client", responses=describe(*_OF_ONE))
async def get_client(client_id: _Id, deps: Parts, _operator: CurrentActor) -> ClientResponse:
    """What it is and may, and which secrets it has, without their values."""
    return await _client(deps, client_id)


@router.patch("/{client_id}", summary="Change a client", responses=describe(*_OF_ONE))
async def patch_client(client_id: _Id, body: ClientChange, deps: Parts, operator: CurrentActor) -> ClientResponse:
    """Its next tokens are as it is then; its kind and its id stay."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    await change_client(deps, client_id, changes, by=operator.subject)
    return await _client(deps, client_id)


@router.delete("/{client_id}", status_code=204, summary="Disable a client", responses=describe(*_OF_ONE))
async def delete_client(client_id: _Id, deps: Parts, operator: CurrentActor) -> Response:
    """It gets no tokens any more, for good; what it has ends within ten minutes."""
    await disable_client(deps, client_id, by=operator.subject)
    return Response(status_code=204)


@router.post(
    "/{client_id}/secrets", status_code=201, summary="Give a new secret", responses=describe(*_OF_ONE, KEY_REUSED)
)
async def post_secret(
    client_id: _Id, body: SecretRequest, key: IdempotencyKey, deps: Parts, operator: CurrentActor
) -> SecretCreated:
    """The secrets of before stay good for `overlap_hours`. A repeated request with the same key shows the same secret."""
    overlap = timedelta(hours=body.overlap_hours)
    made = await rotate_client_secret(deps, client_id, overlap, Creation(operator.subject, key))
    return SecretCreated(secret_id=made.secret_id, client_secret=made.secret)


@router.delete(
    "/{client_id}/secrets/{secret_id}", status_code=204, summary="End a secret", responses=describe(*_OF_ONE)
)
async def delete_secret(
    client_id: _Id,
    secret_id: Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")],
    deps: Parts,
    operator: CurrentActor,
) -> Response:
    """At once."""
    await end_client_secret(deps, client_id, secret_id, by=operator.subject)
    return Response(status_code=204)


@router.get("/{client_id}/operators", summary="Operators of a client", responses=describe(*_OF_ONE))
async def list_operators(
    client_id: _Id,
    request: Request,
    deps: Parts,
    _operator: CurrentActor,
    limit: Limit = 20,
    cursor: CursorParameter = None,
) -> Page[OperatorResponse]:
    """Who may act for it, and who might once."""
    after = decode_cursor(cursor, str)
    async with deps.database.reading() as connection:
        if await queries.find_client(connection, client_id) is None:
            raise ClientNotFound
        window = await queries.list_client_operators(connection, client_id, limit=limit, after=after)
    items = [OperatorResponse.model_validate(row, from_attributes=True) for row in window.rows]
    return Page(items=items, next=next_link(request, window.after))


@router.post("/{client_id}/operators", status_code=204, summary="Add an operator", responses=describe(*_OF_ONE))
async def post_operator(client_id: _Id, body: OperatorRequest, deps: Parts, operator: CurrentActor) -> Response:
    """Adding somebody again changes nothing; it brings back who had left."""
    await add_client_operator(deps, client_id, body.operator_id, by=operator.subject)
    return Response(status_code=204)


@router.delete(
    "/{client_id}/operators/{operator_id}", status_code=204, summary="End an operator", responses=describe(*_OF_ONE)
)
async def delete_operator(
    client_id: _Id, operator_id: Annotated[OperatorId, Path()], deps: Parts, operator: CurrentActor
) -> Response:
    """The client gets no token for them any more."""
    await end_client_operator(deps, client_id, operator_id, by=operator.subject)
    return Response(status_code=204)


async def _client(deps: Dependencies, client_id: str) -> ClientResponse:
    row, secrets = await _read(deps, client_id)
    if row is None:
        raise ClientNotFound
    return _response(row, secrets)


async def _read(deps: Dependencies, client_id: str) -> tuple[Any, Sequence[Any]]:
    async with deps.database.reading() as connection:
        row = await queries.find_client(connection, client_id)
        return row, await queries.list_client_secrets(connection, [client_id])


def _response(row: Any, secrets: Sequence[Any]) -> ClientResponse:
    columns = {name: getattr(row, name) for name in ClientResponse.model_fields if hasattr(row, name)}
    held = [
        SecretResponse(
            secret_id=secret_id(secret.secret_hash), created_at=secret.created_at, expires_at=secret.expires_at
        )
        for secret in secrets
        if secret.client_id == row.id
    ]
    return ClientResponse(**columns, client_id=row.id, kind=kind_of(row.grant_types, row.auth_method), secrets=held)
