"""Create a client. Its secret is derived, so that a repeated request shows the same one though only its hash is kept."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as insert_if
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.clients import SECRET, Terms, is_free_id, settle
from auth.domain.errors import ClientInvalid, ClientTaken
from auth.storage.audit import Entry
from auth.storage.tables import client_secrets, clients, idempotency_keys
from auth.use_cases.authenticate_client import secret_hash
from auth.use_cases.dependencies import Dependencies
from shared.idempotency import IdempotencyKeys, StoredAnswer, fingerprint
from shared.ids import new_id


@dataclass(frozen=True)
class Creation:
    """Who creates, under which key of repetition."""

    by: str
    key: str


@dataclass(frozen=True)
class NewSecret:
    """A secret, and the id that it is ended by."""

    secret_id: str
    secret: str


async def create_client(deps: Dependencies, client_id: str, terms: Terms, creation: Creation) -> NewSecret | None:
    """Create a client and return its secret, if it proves itself by one; a repeated request returns the same.

    Raises ClientInvalid, ClientTaken.
    """
    terms = settle(terms)
    if not is_free_id(client_id):
        raise ClientInvalid(
            [("/client_id", "An id of 3 to 100 of a-z 0-9 : . _ - that is no UUID and not the platform's")]
        )
    request = fingerprint("create-client", repr((client_id, terms)).encode())
    async with deps.unit_of_work() as uow:
        keys = IdempotencyKeys(idempotency_keys, uow.connection)
        if known := await keys.claim(creation.by, creation.key, request):
            return derived_secret(deps, client_id, known.body["nonce"]) if terms.auth_method == SECRET else None
        row = {"id": client_id, "created_at": deps.clock.now(), **columns_of(terms)}
        if not (await uow.connection.execute(insert_if(clients).values(row).on_conflict_do_nothing())).rowcount:
            raise ClientTaken
        nonce, made = str(new_id()), None
        if terms.auth_method == SECRET:
            made = derived_secret(deps, client_id, nonce)
            await keep_secret(uow.connection, deps, client_id, made.secret)
        await deps.audit.record(uow.connection, Entry("client-created", creation.by, client_id, facts=facts_of(terms)))
        await keys.keep(creation.by, creation.key, StoredAnswer(201, {"client_id": client_id, "nonce": nonce}))
        await uow.commit()
    deps.waker.wake()
    return made


def columns_of(terms: Terms) -> dict[str, Any]:
    """Return settled terms as a row of the database has them."""
    return {
        "name": terms.name,
        "auth_method": terms.auth_method,
        "grant_types": list(terms.kind.grant_types),
        "scopes": list(terms.scopes),
        "resources": list(terms.resources or ()),
        "redirect_uris": list(terms.redirect_uris),
        "post_logout_redirect_uris": list(terms.post_logout_redirect_uris),
        "jwks": terms.jwks,
        "needs_consent": terms.needs_consent,
        "expires_at": terms.expires_at,
    }


def facts_of(terms: Terms) -> dict[str, Any]:
    """Return what the audit trail tells of a client."""
    return {"kind": str(terms.kind), "scopes": list(terms.scopes), "resources": list(terms.resources or ())}


def derived_secret(deps: Dependencies, client_id: str, nonce: str) -> NewSecret:
    """Return the secret of a nonce: 256 bits that only this service can make."""
    digest = deps.cipher.lookup(f"client-secret:{client_id}:{nonce}")
    secret = urlsafe_b64encode(digest).decode().rstrip("=")
    return NewSecret(secret_id(secret_hash(deps, client_id, secret)), secret)


def secret_id(kept: bytes) -> str:
    """Return the id by which a secret is spoken of."""
    return kept[:8].hex()


async def keep_secret(connection: AsyncConnection, deps: Dependencies, client_id: str, secret: str) -> datetime:
    """Keep the hash of a secret; return the moment from which it is good."""
    now = deps.clock.now()
    kept = {"secret_hash": secret_hash(deps, client_id, secret), "client_id": client_id, "created_at": now}
    await connection.execute(insert(client_secrets).values(kept))
    return now
