"""The end of every sign-in: a second factor if it is due, then a new session, and on to where the browser wanted to go."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import Response

from auth.api.browser import set_cookie, set_session_cookie
from auth.api.pages.visits import DEVICE, Visit
from auth.domain.assurance import Level
from auth.use_cases.browser_sessions import open_browser_session
from auth.use_cases.places import KNOWN_FOR
from auth.use_cases.sessions import Proved

SECOND_FACTOR, CODE, REGISTRATION, UPSTREAM = "second-factor", "code", "registration", "upstream"
_STEPS = (SECOND_FACTOR, CODE, REGISTRATION, UPSTREAM)


async def enter(visit: Visit, proved: Proved) -> Response:
    """Open a session for who was proved, in this browser, and send it on."""
    opened = await open_browser_session(visit.deps, proved, old=visit.session, place=visit.place)
    must_choose = opened.mandate_id is None and len(opened.mandates) > 1
    response = visit.goes_to(visit.address("/mandates") if must_choose else visit.next_path)
    set_session_cookie(response, visit.deps.settings, opened.cookie or "")
    set_cookie(response, visit.deps.settings, DEVICE, opened.device_token, int(KNOWN_FOR.total_seconds()))
    visit.forget(response, *_STEPS)
    return response


async def enter_or_ask(visit: Visit, proved: Proved, *, is_second_due: bool) -> Response:
    """Open a session, or ask for the second factor first."""
    if not is_second_due:
        return await enter(visit, proved)
    response = visit.goes_to(visit.address("/login/second-factor"))
    visit.remember(response, SECOND_FACTOR, facts_of(proved) or {})
    visit.forget(response, *(step for step in _STEPS if step != SECOND_FACTOR))
    return response


def facts_of(proved: Proved | None) -> dict[str, Any] | None:
    """Return a proof as a step remembers it."""
    if proved is None:
        return None
    level = proved.upstream_level
    return {"account_id": str(proved.account_id), "methods": list(proved.methods), "level": level}


def proved_of(facts: Mapping[str, Any] | None) -> Proved | None:
    """Return the proof that a step remembered."""
    if facts is None:
        return None
    level = facts["level"]
    return Proved(UUID(facts["account_id"]), tuple(facts["methods"]), Level(level) if level else None)
