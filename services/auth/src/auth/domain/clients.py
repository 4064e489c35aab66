"""Clients: what each kind is and may have (RFC 6749 §2.1).

machine          acts in its own name
web-confidential people sign in to it; its server keeps a secret or a key
web-public       people sign in to it; it runs on their device and can keep nothing
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from auth.domain.client_keys import read_keys
from auth.domain.errors import ClientInvalid
from auth.domain.redirects import fault_of
from auth.domain.scopes import AUDIENCES, OPENID, find_scope, services_of

CODE, REFRESH, CREDENTIALS = "authorization_code", "refresh_token", "client_credentials"
SECRET: Final = "client_secret"  # noqa: S105  a way to prove oneself, not a secret
KEY: Final = "private_key_jwt"
NONE: Final = "none"
RESERVED = frozenset({"first-party", "unknown"})
_ID = re.compile(r"[a-z0-9:._-]{3,100}")


class Kind(StrEnum):
    """What a client is."""

    MACHINE = "machine"
    WEB_CONFIDENTIAL = "web-confidential"
    WEB_PUBLIC = "web-public"

    @property
    def grant_types(self) -> tuple[str, ...]:
        return (CREDENTIALS,) if self is Kind.MACHINE else (CODE, REFRESH)

    @property
    def auth_methods(self) -> tuple[str, ...]:
        """How it may prove itself; the first unless it says otherwise."""
        return (NONE,) if self is Kind.WEB_PUBLIC else (SECRET, KEY)

    @property
    def holder(self) -> str:
        """Who holds the scopes of its tokens."""
        return "machine" if self is Kind.MACHINE else "person"


@dataclass(frozen=True)
class Terms:
    """What a client is and may. `auth_method` and `resources` may be left to what fits the rest."""

    name: str
    kind: Kind = Kind.MACHINE
    scopes: Sequence[str] = ()
    auth_method: str | None = None
    resources: Sequence[str] | None = None
    redirect_uris: Sequence[str] = ()
    post_logout_redirect_uris: Sequence[str] = ()
    jwks: Mapping[str, Any] | None = None
    needs_consent: bool = False
    expires_at: datetime | None = None


def kind_of(grant_types: Collection[str], auth_method: str) -> Kind:
    """Return what a client of the database is."""
    if CREDENTIALS in grant_types:
        return Kind.MACHINE
    return Kind.WEB_PUBLIC if auth_method == NONE else Kind.WEB_CONFIDENTIAL


def is_free_id(client_id: str) -> bool:
    """Tell whether a client may be called this: a machine's tokens name it where those of people name an account, a UUID."""
    try:
        UUID(client_id)
    except ValueError:
        return bool(_ID.fullmatch(client_id)) and client_id not in RESERVED
    return False


def settle(terms: Terms) -> Terms:
    """Return complete terms, each list once and in order. Raises ClientInvalid with every fault there is."""
    is_web = terms.kind is not Kind.MACHINE
    scopes = tuple(sorted({*terms.scopes, *((OPENID,) if is_web else ())}))
    complete = replace(
        terms,
        scopes=scopes,
        auth_method=terms.auth_method or terms.kind.auth_methods[0],
        resources=_ordered(terms.resources, AUDIENCES if is_web else services_of(scopes)),
        redirect_uris=tuple(dict.fromkeys(terms.redirect_uris)),
        post_logout_redirect_uris=tuple(dict.fromkeys(terms.post_logout_redirect_uris)),
    )
    faults = [*_faults(complete)]
    if complete.jwks is not None:
        try:
            complete = replace(complete, jwks=read_keys(complete.jwks))
        except ValueError as error:
            faults.append(("/jwks", str(error)))
    if faults:
        raise ClientInvalid(faults)
    return complete


def _ordered(given: Sequence[str] | None, otherwise: Sequence[str]) -> tuple[str, ...]:
    return tuple(otherwise if given is None else dict.fromkeys(given))


def _faults(terms: Terms) -> Iterator[tuple[str, str]]:
    for place, name in enumerate(terms.scopes):
        scope = find_scope(name)
        if scope is None:
            yield f"/scopes/{place}", f"There is no scope '{name}'"
        elif scope.held_by != terms.kind.holder:
            yield f"/scopes/{place}", f"A client of the kind {terms.kind} cannot hold '{name}'"
    for place, resource in enumerate(terms.resources or ()):
        if resource not in AUDIENCES:
            yield f"/resources/{place}", f"There is no service '{resource}'"
    if terms.auth_method not in terms.kind.auth_methods:
        yield (
            "/auth_method",
            f"A client of the kind {terms.kind} proves itself by {' or '.join(terms.kind.auth_methods)}",
        )
    if (terms.jwks is not None) != (terms.auth_method == KEY):
        yield "/jwks", f"Public keys belong to {KEY}, and it to them"
    yield from _faults_of_addresses(terms)


def _faults_of_addresses(terms: Terms) -> Iterator[tuple[str, str]]:
    if terms.kind is Kind.MACHINE:
        for name in ("redirect_uris", "post_logout_redirect_uris"):
            if getattr(terms, name):
                yield f"/{name}", "Nobody signs in to a machine"
        if terms.needs_consent:
            yield "/needs_consent", "Nobody signs in to a machine"
        return
    if not terms.redirect_uris:
        yield "/redirect_uris", "At least one address is needed"
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        for place, uri in enumerate(getattr(terms, name)):
            if fault := fault_of(uri):
                yield f"/{name}/{place}", fault
