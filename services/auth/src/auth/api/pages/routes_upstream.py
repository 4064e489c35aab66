"""Signing in with the identity of another provider, and linking it to one's own account.

The browser keeps, sealed, what it was sent off with; each provider has an address of its own to come back to, and an answer is
taken only from the provider that was asked.
"""

import hmac
from dataclasses import asdict
from uuid import UUID

from fastapi import Response

from auth.api.pages.csrf import SubmittedForm
from auth.api.pages.entering import UPSTREAM, enter_or_ask
from auth.api.pages.rendering import render_error, show
from auth.api.pages.routing import page_router
from auth.api.pages.visits import ACCOUNT_PATH, CurrentVisit, Fresh, Visit
from auth.clients.upstream import Attempt, Upstream, UpstreamFailed
from auth.domain.errors import LastWayIn
from auth.use_cases.dependencies import new_secret
from auth.use_cases.link_upstream import IdentityTaken, link_upstream, unlink_upstream
from auth.use_cases.sign_in_upstream import sign_in_upstream
from shared.logging import get_logger

router = page_router()
_LONGEST_NEXT = 2000
_log = get_logger("upstream")


@router.get("/login/upstream/{provider}")
async def start(provider: str, visit: CurrentVisit) -> Response:
    """Sends the browser to the provider, to sign in."""
    return await _send_off(visit, provider, {"next": visit.wishes.get("next", "")})


@router.post("/account/identities/{provider}")
async def start_linking(provider: str, visit: Fresh, _form: SubmittedForm) -> Response:
    """Sends the browser to the provider, to link the identity there to the account here."""
    return await _send_off(visit, provider, {"account_id": str(visit.session.account_id), "next": ACCOUNT_PATH})


async def _send_off(visit: Visit, provider: str, facts: dict[str, str]) -> Response:
    upstream = visit.deps.upstreams.find(provider)
    if upstream is None:
        return render_error(visit.request, "not-found", status=404)
    base = visit.deps.settings.public_url.rstrip("/")
    redirect_uri = f"{base}/login/upstream/{provider}/callback"
    attempt = Attempt(provider, new_secret(), new_secret(), new_secret(), redirect_uri)
    try:
        address = await upstream.authorization_address(attempt, visit.language)
    except UpstreamFailed:
        return await _failed(visit, "unavailable", facts["next"])
    response = visit.goes_to(address)
    # a cookie holds 4096 bytes
    onward = facts["next"] if len(facts["next"]) <= _LONGEST_NEXT else ""
    visit.remember(response, UPSTREAM, {**asdict(attempt), **facts, "next": onward})
    return response


@router.get("/login/upstream/{provider}/callback")
async def come_back(provider: str, visit: CurrentVisit) -> Response:
    """Takes the provider's answer: signs in, or links."""
    facts, upstream = visit.recall(UPSTREAM), visit.deps.upstreams.find(provider)
    answer = dict(visit.request.query_params)
    if facts is None or upstream is None or facts["provider"] != provider or not _is_answer_to(facts, answer):
        return await _failed(visit, "refused", "")
    attempt = Attempt(**{name: facts[name] for name in Attempt.__dataclass_fields__})
    try:
        return await _taken(visit, upstream, attempt, answer, facts)
    except UpstreamFailed as error:
        _log.warning("a provider gave no identity", provider=provider, reason=error.reason, why=str(error))
        response = await _failed(visit, error.reason, facts["next"])
        visit.forget(response, UPSTREAM)
        return response


async def _taken(
    visit: Visit, upstream: Upstream, attempt: Attempt, answer: dict[str, str], facts: dict[str, str]
) -> Response:
    identity = await upstream.identify(attempt, answer)
    account_id = facts.get("account_id")
    onward = visit.leading_to(facts["next"])
    if account_id is None:
        proved, is_second_due = await sign_in_upstream(visit.deps, identity, visit.language)
        return await enter_or_ask(onward, proved, is_second_due=is_second_due)
    if visit.session is None or str(visit.session.account_id) != account_id:
        raise UpstreamFailed("refused", "another account is signed in")
    try:
        await link_upstream(visit.deps, UUID(account_id), identity)
    except IdentityTaken:
        return await show(visit, "error.html", status=409, reason="identity-taken")
    response = onward.goes_to(f"{ACCOUNT_PATH}?done=linked")
    visit.forget(response, UPSTREAM)
    return response


@router.post("/account/identities/{provider}/unlink")
async def unlink(provider: str, visit: Fresh, _form: SubmittedForm) -> Response:
    """Forgets the identity at a provider."""
    try:
        await unlink_upstream(visit.deps, visit.session.account_id, provider)
    except LastWayIn:
        return await show(visit, "error.html", status=409, reason="last-way-in")
    return visit.goes_to(f"{ACCOUNT_PATH}?done=unlinked")


def _is_answer_to(facts: dict[str, str], answer: dict[str, str]) -> bool:
    """Tell whether an answer is to what this browser asked: another's would sign in a stranger."""
    return hmac.compare_digest(facts["state"].encode(), answer.get("state", "").encode())


async def _failed(visit: Visit, reason: str, next_path: str) -> Response:
    status = 503 if reason == "unavailable" else 400
    onward = visit.leading_to(next_path)
    return await show(onward, "error.html", status=status, reason=f"upstream-{reason}")
