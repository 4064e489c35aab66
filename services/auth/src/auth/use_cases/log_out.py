"""Log out: end the session of a browser at the wish of a client (OpenID Connect RP-Initiated Logout 1.0).

An ID token of ours is the proof that the client asks for somebody who signed in to it; without one the person is asked.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from auth.domain.errors import ClientUnknown, RedirectNotRegistered
from auth.domain.redirects import with_answer
from auth.storage.audit import Entry
from auth.use_cases.authorize import find_client
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import ID_TOKEN
from auth.use_cases.read_own_token import read_own_token
from auth.use_cases.sessions import end_session, find_session, lock_account


@dataclass(frozen=True)
class LogOut:
    """What a client asks for."""

    id_token_hint: str = ""
    client_id: str = ""
    post_logout_redirect_uri: str = ""
    state: str = ""


@dataclass(frozen=True)
class LoggedOut:
    """Where the browser goes on, if anywhere; `is_done` unless the person has to be asked first."""

    is_done: bool
    uri: str | None


async def log_out(deps: Dependencies, wanted: LogOut, session: Any) -> LoggedOut:
    """End the session that the hint is of. Raises ClientUnknown, RedirectNotRegistered: then nothing is ended."""
    claims = await read_own_token(deps, wanted.id_token_hint, typ=ID_TOKEN) or {}
    client_id = wanted.client_id or str(claims.get("aud", ""))
    if claims and client_id != claims["aud"]:
        raise ClientUnknown
    uri = await _next_address(deps, client_id, wanted) if wanted.post_logout_redirect_uri else None
    if session is not None and str(session.account_id) != claims.get("sub"):
        return LoggedOut(is_done=False, uri=uri)
    ending = {UUID(claims["sid"])} if claims else set()
    for session_id in ending | ({session.id} if session is not None else set()):
        await _end(deps, session_id, client_id)
    return LoggedOut(is_done=True, uri=uri)


async def _end(deps: Dependencies, session_id: UUID, client_id: str) -> None:
    now = deps.clock.now()
    async with deps.database.transaction() as connection:
        session = await find_session(connection, session_id, now)
        if session is None:
            return
        await lock_account(connection, session.account_id)
        if await end_session(connection, session_id, now):
            account_id, facts = str(session.account_id), {"session_id": str(session_id), "client_id": client_id}
            await deps.audit.record(connection, Entry("session-ended", account_id, account_id, facts=facts))
    deps.waker.wake()


async def _next_address(deps: Dependencies, client_id: str, wanted: LogOut) -> str:
    client = await find_client(deps, client_id)
    if wanted.post_logout_redirect_uri not in client.post_logout_redirect_uris:
        raise RedirectNotRegistered
    answer = {"state": wanted.state} if wanted.state else {}
    return with_answer(wanted.post_logout_redirect_uri, answer) if answer else wanted.post_logout_redirect_uri
