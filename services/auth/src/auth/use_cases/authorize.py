"""Authorize: send a browser back to the client with a code, or first to the page where its holder does what is missing.

Nobody is sent to an address that the client did not register. What the client asks anew of its user (`prompt`, `max_age`) counts
from the moment it first asked, which the page hands back sealed: whoever leaves the page out does not get past it.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.domain.assurance import satisfies
from auth.domain.authorization import AuthorizationRefused, AuthorizationRequest, Parameters, only, read_request
from auth.domain.clients import NONE
from auth.domain.errors import ClientUnknown, RedirectNotRegistered
from auth.domain.redirects import LONGEST, is_registered, with_answer
from auth.domain.scopes import OPERATOR
from auth.storage.audit import Entry
from auth.storage.tables import authorization_codes, clients
from auth.use_cases.authenticate_client import is_in_use
from auth.use_cases.consent import missing_consent
from auth.use_cases.dependencies import Dependencies, new_secret
from auth.use_cases.issue_tokens import ID_TOKEN, still_holds
from auth.use_cases.read_own_token import read_own_token
from auth.use_cases.sessions import find_session, lock_account, mandates_in_force
from shared.ids import new_id

CODE_LIFE = timedelta(seconds=60)
_ASKED, _ASKED_LIFE = "asked", timedelta(hours=1)
_EPOCH = datetime.fromtimestamp(0, UTC)
# what prompt=none is told instead of being shown a page
_NO_PAGE = {"sign-in": "login_required", "mandate": "account_selection_required", "consent": "consent_required"}


@dataclass(frozen=True)
class Back:
    """The browser goes back to the client, at this address."""

    uri: str


@dataclass(frozen=True)
class Step:
    """The browser goes to a page first, and comes again with `query`; `wishes` are for the page."""

    page: Literal["sign-in", "mandate", "consent"]
    query: Sequence[tuple[str, str]]
    wishes: dict[str, str]


@dataclass(frozen=True)
class _Asking:
    """One request of a known client: `asked_at` is when it first came; `is_again`, that its user was at a page since."""

    client: Any
    request: AuthorizationRequest
    redirect_uri: str
    asked_at: datetime
    is_again: bool
    hinted: str | None  # whom its ID token is of; empty: of nobody


async def authorize(deps: Dependencies, parameters: Parameters, session: Any) -> Back | Step:
    """Answer a request of a client; `session` is the browser's, or None. Raises ClientUnknown, RedirectNotRegistered."""
    client = await find_client(deps, only(parameters, "client_id") or "")
    redirect_uri = only(parameters, "redirect_uri") or ""
    is_public = client.auth_method == NONE
    if len(redirect_uri) > LONGEST or not is_registered(redirect_uri, client.redirect_uris, is_public=is_public):
        raise RedirectNotRegistered
    answer = {"iss": deps.settings.auth_issuer}
    if state := only(parameters, "state"):
        answer["state"] = state
    try:
        request = read_request(parameters, client)
        # a challenge is of one request: what is sealed for it says nothing of another
        asked_at = _asked_at(deps, (client.id, request.code_challenge), only(parameters, _ASKED) or "")
        hinted = await _hinted(deps, request.id_token_hint)
        asking = _Asking(client, request, redirect_uri, asked_at or deps.clock.now(), asked_at is not None, hinted)
        done = await _answer(deps, asking, session)
    except AuthorizationRefused as refused:
        answer |= {"error": refused.error, "error_description": str(refused)}
        return Back(with_answer(redirect_uri, answer))
    if done in _NO_PAGE:
        again = {"again": "1"} if session is not None else {}
        return _step(deps, parameters, asking, done, again)
    return Back(with_answer(redirect_uri, {"code": done, **answer}))


async def find_client(deps: Dependencies, client_id: str) -> Any:
    """Return a client that is in use. Raises ClientUnknown."""
    query = select(clients).where(clients.c.id == client_id, is_in_use(deps.clock.now()))
    async with deps.database.reading() as connection:
        client = (await connection.execute(query)).first()
    if client is None:
        raise ClientUnknown
    return client


async def _hinted(deps: Dependencies, hint: str) -> str | None:
    if not hint:
        return None
    claims = await read_own_token(deps, hint, typ=ID_TOKEN)
    return str(claims["sub"]) if claims is not None else ""


async def _answer(deps: Dependencies, asking: _Asking, session: Any) -> str:
    """Return a code, or the page that comes first. Raises AuthorizationRefused."""
    if asking.request.is_denied:
        raise AuthorizationRefused("access_denied", "The user did not agree.")
    page = "sign-in"
    if session is not None:
        async with deps.database.transaction() as connection:
            await lock_account(connection, session.account_id)
            live = await find_session(connection, session.id, deps.clock.now())
            page = await _missing(deps, connection, asking, live) or ""
            if not page:
                code = await _make_code(deps, connection, asking, live)
        if not page:
            deps.waker.wake()
            return code
    if "none" in asking.request.prompts:
        raise AuthorizationRefused(_NO_PAGE[page], "The user would have to be shown a page.")
    return page


async def _missing(deps: Dependencies, connection: AsyncConnection, asking: _Asking, session: Any) -> str | None:
    """Return the page that the user has to be at first, or None."""
    if session is None or not await still_holds(deps, connection, session.id):
        return "sign-in"
    held = await mandates_in_force(connection, session.account_id, deps.clock.now())
    selects = "select_account" in asking.request.prompts
    if not _is_signed_in_as_wanted(asking, session, is_other_wanted=selects and len(held) < 2):
        return "sign-in"
    if len(held) > 1 and (selects or session.mandate_id is None):
        return "mandate"
    return "consent" if await _lacks_consent(connection, asking, session) else None


def _is_signed_in_as_wanted(asking: _Asking, session: Any, *, is_other_wanted: bool) -> bool:
    """Tell whether it is the user, the moment and the level of assurance that the client wants."""
    request = asking.request
    is_new = asking.is_again and session.signed_in_at > asking.asked_at
    if asking.hinted is not None and asking.hinted != str(session.account_id):
        return False
    if not (is_new or _is_new_enough(asking, session)) or (is_other_wanted and not is_new):
        return False
    if request.level is None or satisfies(session.acr, request.level):
        return True
    if is_new:
        raise AuthorizationRefused("unmet_authentication_requirements", "The user cannot sign in as surely as that.")
    return False


def _is_new_enough(asking: _Asking, session: Any) -> bool:
    """Tell whether a sign-in from before the client first asked will do."""
    max_age = asking.request.max_age
    is_in_time = max_age is None or asking.asked_at - session.signed_in_at <= timedelta(seconds=max_age)
    return is_in_time and not asking.request.wants_new_sign_in


async def _lacks_consent(connection: AsyncConnection, asking: _Asking, session: Any) -> bool:
    if "consent" in asking.request.prompts:
        if not asking.is_again:
            return True
        since = asking.asked_at
    elif asking.client.needs_consent:
        since = None
    else:
        return False
    scopes = _scopes(asking.request, session)
    return bool(await missing_consent(connection, session.account_id, asking.client.id, scopes, since=since))


def _scopes(request: AuthorizationRequest, session: Any) -> tuple[str, ...]:
    """Return what this user can give: an operator's scope is an operator's alone."""
    return tuple(scope for scope in request.scopes if scope != OPERATOR or session.account_kind == OPERATOR)


async def _make_code(deps: Dependencies, connection: AsyncConnection, asking: _Asking, session: Any) -> str:
    code, request = new_secret(), asking.request
    scopes = _scopes(request, session)
    row = {
        "code_hash": deps.cipher.lookup(f"authorization-code:{code}"),
        "session_id": session.id,
        "client_id": asking.client.id,
        "redirect_uri": asking.redirect_uri,
        "scope": " ".join(scopes),
        "resources": list(request.resources),
        "nonce": request.nonce,
        "code_challenge": request.code_challenge,
        "family_id": new_id(),
        "expires_at": deps.clock.now() + CODE_LIFE,
    }
    await connection.execute(insert(authorization_codes).values(row))
    facts = {"session_id": str(session.id), "scopes": list(scopes), "resources": list(request.resources)}
    await deps.audit.record(
        connection, Entry("client-authorized", str(session.account_id), asking.client.id, facts=facts)
    )
    return code


def _step(deps: Dependencies, parameters: Parameters, asking: _Asking, page: Any, wishes: dict[str, str]) -> Step:
    """Return the page with the request to come again with; a choice of mandate that was asked for is made there."""
    dropped = {_ASKED, *(("prompt",) if page == "mandate" else ())}
    query = [(name, value) for name, values in parameters.items() if name not in dropped for value in values]
    if page == "mandate" and (rest := sorted(asking.request.prompts - {"select_account"})):
        query.append(("prompt", " ".join(rest)))
    micros = (asking.asked_at - _EPOCH) // timedelta(microseconds=1)
    query.append((_ASKED, _seal(deps, (asking.client.id, asking.request.code_challenge), micros)))
    level = asking.request.level
    told = {name: only(parameters, name) or "" for name in ("login_hint", "ui_locales")}
    return Step(page, query, {**wishes, **told, "acr": level.acr if level else ""})


def _seal(deps: Dependencies, asking: tuple[str, str], micros: int) -> str:
    return f"{micros}.{deps.cipher.lookup(f'asked:{asking!r}:{micros}').hex()}"


def _asked_at(deps: Dependencies, asking: tuple[str, str], sealed: str) -> datetime | None:
    """Return when this request first came, if this service says so and it was within the hour."""
    micros = sealed.partition(".")[0]
    if not (micros.isascii() and micros.isdigit() and len(micros) <= 16):
        return None
    asked_at = _EPOCH + timedelta(microseconds=int(micros))
    is_ours = hmac.compare_digest(sealed.encode(), _seal(deps, asking, int(micros)).encode())
    return asked_at if is_ours and timedelta(0) <= deps.clock.now() - asked_at < _ASKED_LIFE else None
