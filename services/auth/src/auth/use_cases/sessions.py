"""Sessions: one sign-in of one account, in a browser (found by its cookie) or over the API, and the mandate chosen in it.

A session ends all its tokens with it: refresh tokens at once, access tokens within their life.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.assurance import Level, level_of
from auth.domain.errors import LoginFailed, MandateNotFound
from auth.storage.audit import Entry
from auth.storage.tables import accounts, mandates, refresh_tokens, sessions
from auth.use_cases.dependencies import Dependencies, new_secret
from auth.use_cases.places import Place, remember_place
from shared.ids import new_id

BROWSER_SESSION = timedelta(hours=10)


@dataclass(frozen=True)
class Proved:
    """An account whose holder has proved to be it: by `methods` (RFC 8176), or as surely as an upstream says."""

    account_id: UUID
    methods: tuple[str, ...]
    upstream_level: Level | None = None


@dataclass(frozen=True)
class OpenedSession:
    """A new session; `cookie` is the secret of the browser that it is bound to, `device_token` what knows the device again."""

    session_id: UUID
    cookie: str | None
    mandates: list[Any]
    mandate_id: UUID | None
    device_token: str = ""


async def open_session(
    deps: Dependencies, connection: AsyncConnection, proved: Proved, *, in_browser: bool, place: Place | None = None
) -> OpenedSession:
    """Write a new session, and remember the place.

    A lone mandate in force is chosen; of several none is, until the holder chooses. Raises LoginFailed for an officer without
    a second factor.
    """
    now, session_id = deps.clock.now(), new_id()
    account = await lock_account(connection, proved.account_id)
    if account.kind != "citizen" and account.totp_sealed is None:
        raise LoginFailed  # not activated, or a new activation code was made since the proof
    cookie = new_secret() if in_browser else None
    held = await mandates_in_force(connection, account.id, now)
    mandate_id = held[0].id if len(held) == 1 else None
    level = proved.upstream_level or level_of(Level(account.identity_level), proved.methods)
    row = {
        "id": session_id,
        "account_id": account.id,
        "cookie_hash": deps.cipher.lookup(f"session:{cookie}") if cookie else None,
        "acr": level.acr,
        "amr": list(proved.methods),
        "mandate_id": mandate_id,
        "device_sealed": deps.cipher.encrypt((place.device if place else "")[:300].encode(), f"device:{session_id}"),
        "signed_in_at": now,
        "seen_at": now,
        "expires_at": now + (BROWSER_SESSION if in_browser else timedelta(days=deps.settings.refresh_token_days)),
    }
    await connection.execute(insert(sessions).values(row))
    facts = {"session_id": str(session_id), "methods": list(proved.methods), "acr": level.acr}
    await deps.audit.record(connection, Entry("signed-in", str(account.id), str(account.id), facts=facts))
    device_token = await remember_place(deps, connection, account.id, place) if place else ""
    return OpenedSession(session_id, cookie, held, mandate_id, device_token)


async def find_browser_session(deps: Dependencies, connection: AsyncConnection, cookie: str) -> Any:
    """Return the live session of a browser's cookie with its account's columns as `account_…`, or None."""
    return await _live(connection, sessions.c.cookie_hash == deps.cipher.lookup(f"session:{cookie}"), deps.clock.now())


async def find_session(connection: AsyncConnection, session_id: UUID, now: datetime) -> Any:
    """Return a live session, or None."""
    return await _live(connection, sessions.c.id == session_id, now)


async def _live(connection: AsyncConnection, which: Any, now: datetime) -> Any:
    is_live = and_(sessions.c.ended_at.is_(None), sessions.c.expires_at > now)
    query = (
        select(sessions, accounts.c.kind.label("account_kind"), accounts.c.language.label("account_language"))
        .join(accounts)
        .where(which, is_live)
    )
    return (await connection.execute(query)).first()


async def choose_mandate(
    deps: Dependencies, connection: AsyncConnection, session: Any, mandate_id: UUID, *, actor: str
) -> None:
    """Make one of the account's mandates in force the session's. Raises MandateNotFound for any other."""
    held = await mandates_in_force(connection, session.account_id, deps.clock.now())
    if mandate_id not in {mandate.id for mandate in held}:
        raise MandateNotFound
    await connection.execute(update(sessions).where(sessions.c.id == session.id).values(mandate_id=mandate_id))
    facts = {"session_id": str(session.id), "mandate_id": str(mandate_id)}
    await deps.audit.record(connection, Entry("mandate-chosen", actor, str(session.account_id), facts=facts))


async def mandates_in_force(connection: AsyncConnection, account_id: UUID, now: datetime) -> list[Any]:
    """Return the rows of the mandates that an account holds at this moment."""
    in_force = and_(
        mandates.c.account_id == account_id,
        mandates.c.revoked_at.is_(None),
        mandates.c.valid_from <= now,
        or_(mandates.c.valid_to.is_(None), mandates.c.valid_to > now),
    )
    return list((await connection.execute(select(mandates).where(in_force).order_by(mandates.c.valid_from))).all())


async def end_session(connection: AsyncConnection, session_id: UUID, now: datetime) -> bool:
    """End one session and its refresh tokens; tell whether it was live."""
    return await _end(connection, sessions.c.id == session_id, now)


async def end_sessions_with(connection: AsyncConnection, account_id: UUID, mandate_id: UUID, now: datetime) -> bool:
    """End the sessions of an account that carry a mandate; those of its other mandates go on."""
    await lock_account(connection, account_id)
    carries_it = and_(sessions.c.account_id == account_id, sessions.c.mandate_id == mandate_id)
    return await _end(connection, carries_it, now)


async def end_sessions_of(
    connection: AsyncConnection, account_id: UUID, now: datetime, *, but: UUID | None = None
) -> bool:
    """End every session of an account, but one; its access tokens end by themselves within their life."""
    await lock_account(connection, account_id)
    return await _end(connection, and_(sessions.c.account_id == account_id, sessions.c.id.is_distinct_from(but)), now)


async def _end(connection: AsyncConnection, which: Any, now: datetime) -> bool:
    ended = update(sessions).where(which, sessions.c.ended_at.is_(None)).values(ended_at=now).returning(sessions.c.id)
    ids = list((await connection.execute(ended)).scalars())
    tokens = update(refresh_tokens).where(refresh_tokens.c.session_id.in_(ids), refresh_tokens.c.revoked_at.is_(None))
    await connection.execute(tokens.values(revoked_at=now))
    return bool(ids)


async def lock_account(connection: AsyncConnection, account_id: Any) -> Any:
    """Return an account, held: its sessions are renewed and ended one after the other, so that none outlives its end."""
    held = select(accounts).where(accounts.c.id == account_id).with_for_update(key_share=True)
    return (await connection.execute(held)).first()
