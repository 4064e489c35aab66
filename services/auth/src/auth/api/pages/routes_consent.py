"""Consent: what a client that is not of the platform asks to learn and to do, before it is given."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import Response

from auth.api.pages.csrf import SubmittedForm
from auth.api.pages.rendering import show
from auth.api.pages.routing import page_router
from auth.api.pages.visits import SignedIn, Visit
from auth.domain.redirects import origin_of
from auth.domain.scopes import find_scope
from auth.use_cases.authorize import find_client
from auth.use_cases.consent import give_consent

router = page_router()
_AUTHORIZE_PATH = "/oauth/authorize"


@router.get("/consent")
async def consent_page(visit: SignedIn) -> Response:
    """Asks whether a client may do what it asks for."""
    query = _request(visit)
    client = await find_client(visit.deps, query.get("client_id", ""))
    known = [scope for name in _scopes(query, client) if (scope := find_scope(name))]
    words = [scope.uk if visit.language == "uk" else scope.en for scope in known]
    origin = origin_of(query.get("redirect_uri", ""))
    return await show(visit, "consent.html", client=client.name, scopes=words, origin=origin)


@router.post("/consent")
async def consent(visit: SignedIn, form: SubmittedForm) -> Response:
    """Keeps the answer, and sends the browser on."""
    query = _request(visit)
    if form.get("answer") != "yes":
        return visit.goes_to(f"{visit.next_path}&denied=1")
    client = await find_client(visit.deps, query.get("client_id", ""))
    await give_consent(visit.deps, visit.session.account_id, client.id, _scopes(query, client))
    return visit.goes_to(visit.next_path)


def _request(visit: Visit) -> dict[str, str]:
    """Return what the client that the browser came from asks for."""
    parts = urlsplit(visit.next_path)
    return {name: values[0] for name, values in parse_qs(parts.query).items()} if parts.path == _AUTHORIZE_PATH else {}


def _scopes(query: dict[str, str], client: Any) -> list[str]:
    return [name for name in dict.fromkeys(query.get("scope", "").split()) if name in client.scopes]
