"""Pages as HTML: templates with escaping, words of one language, and the headers that keep other sites and scripts out.

A page whose form leads on to a client's address admits that address in `form-action`: browsers hold redirects to it too.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import select

from auth.api.browser import cookie_name, page_headers
from auth.api.pages.csrf import csrf_token
from auth.api.pages.visits import Visit
from auth.api.pages.wording import LANGUAGES, language_of, texts
from auth.domain.clients import NONE
from auth.domain.redirects import is_registered, origin_of
from auth.storage.tables import clients
from auth.use_cases.dependencies import Dependencies

_TEMPLATES = Path(__file__).parent / "templates"
# paths that lead on to a client: the parameter that says where, and the column of the addresses that are its own
_LEADING_AWAY = {
    "/oauth/authorize": ("redirect_uri", clients.c.redirect_uris),
    "/oauth/logout": ("post_logout_redirect_uri", clients.c.post_logout_redirect_uris),
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def show(
    visit: Visit,
    template: str,
    *,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    targets: Sequence[str] = (),
    **values: Any,
) -> Response:
    """Return a page. `errors` are keys of texts by field; `targets` are origins that its forms lead to elsewhere."""
    words = translator(visit.language)
    context = {
        "visit": visit,
        "csrf": csrf_token(visit.deps, visit.browser),
        "errors": {name: words(key) for name, key in (errors or {}).items()},
        "here": visit.here,
        "is_signed_in": visit.session is not None,
        **values,
    }
    # what a form was answered with once cannot be asked for again in another language
    can_be_asked_for = visit.request.method == "GET" or status == 422
    other = visit.address(visit.request.url.path, lang=_other(visit.language)) if can_be_asked_for else ""
    text = _render(template, visit.language, other, context)
    headers = page_headers(*targets, *await _client_origins(visit.deps, visit.next_path))
    return visit.finish(HTMLResponse(text, status, {**headers, "Content-Language": visit.language}))


def render_error(
    request: Request, reason: str, *, status: int = 400, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the page of an error that cannot be answered otherwise; its words are the texts `error.<reason>.…`."""
    deps: Dependencies = request.app.state.dependencies
    language = language_of(request, cookie_name(deps.settings, "language"))
    known = reason if f"error.{reason}.title" in texts(language) else "any"
    separator = "&" if request.url.query else ""
    other = f"{request.url.path}?{request.url.query}{separator}lang={_other(language)}"
    context = {"reason": known, "errors": {}, "is_signed_in": False}
    text = _render("error.html", language, other if request.method == "GET" else "", context)
    return HTMLResponse(text, status, {**page_headers(), "Content-Language": language, **(headers or {})})


def translator(language: str) -> Callable[..., str]:
    """Return the function that gives texts of a language, with values put in."""
    known = texts(language)

    def words(key: str, **values: Any) -> str:
        return known[key].format(**values) if values else known[key]

    return words


def _render(template: str, language: str, in_other_language: str, context: Mapping[str, Any]) -> str:
    shared = {"t": translator(language), "language": language, "other_language": _other(language)}
    found = _environment().get_template(template)
    return found.render(**shared, in_other_language=in_other_language, **context)


def _other(language: str) -> str:
    return next(other for other in LANGUAGES if other != language)


async def _client_origins(deps: Dependencies, path: str) -> list[str]:
    """Return the origin to which a client's sign-in or sign-out leads on from `path`, if that is one of the client's."""
    parts = urlsplit(path)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    parameter, column = _LEADING_AWAY.get(parts.path, ("", clients.c.redirect_uris))
    uri = query.get(parameter)
    if not uri:
        return []
    wanted = select(column.label("uris"), clients.c.auth_method).where(clients.c.id == query.get("client_id", ""))
    async with deps.database.reading() as connection:
        client = (await connection.execute(wanted)).first()
    is_theirs = client and is_registered(uri, client.uris, is_public=client.auth_method == NONE)
    return [origin_of(uri)] if is_theirs else []
