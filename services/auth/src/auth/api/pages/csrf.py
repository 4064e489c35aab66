"""Forms are taken only from this service's own pages: a token bound to the browser's cookie, and the origin browsers name.

OWASP: synchroniser token, Fetch Metadata (`Sec-Fetch-Site`) and `Origin` where the browser sends them.
"""

import hmac
from typing import Annotated

from fastapi import Depends, Request

from auth.api.browser import cookie_name
from auth.api.dependencies import Parts
from auth.domain.redirects import origin_of
from auth.use_cases.dependencies import Dependencies

BROWSER = "browser"
FIELD = "csrf"
_OWN_SITE = {"same-origin", "none"}
_LONGEST_SECRET = 100
_MOST_FIELDS = 30
_LONGEST_VALUE = 20_000


class FormRefused(Exception):
    """A form that did not come from a page of this browser, or is none of ours."""


class Form(dict[str, str]):
    """The fields of a form that was sent from a page of this service."""

    def text(self, name: str, longest: int = 254) -> str:
        """Return a field without the spaces around it; empty if it is absent or too long to be meant."""
        value = self.get(name, "").strip()
        return value if len(value) <= longest else ""

    def secret(self, name: str) -> str:
        """Return a password as it was typed."""
        return self.get(name, "")[:1000]


def browser_of(request: Request, deps: Dependencies) -> str | None:
    """Return the secret of the browser that asks, or None if it has none yet."""
    secret = request.cookies.get(cookie_name(deps.settings, BROWSER))
    return secret if secret and len(secret) <= _LONGEST_SECRET else None


def csrf_token(deps: Dependencies, browser: str) -> str:
    """Return the token that forms of this browser carry."""
    return deps.cipher.lookup(f"csrf:{browser}").hex()


async def submitted_form(request: Request, deps: Parts) -> Form:
    """Return the fields of a form from a page of this browser. Raises FormRefused for any other."""
    own = origin_of(deps.settings.public_url)
    if request.headers.get("sec-fetch-site", "same-origin") not in _OWN_SITE:
        raise FormRefused
    if request.headers.get("origin", own) != own:
        raise FormRefused
    form = await request.form(max_fields=_MOST_FIELDS, max_files=0)
    fields = Form({name: value[:_LONGEST_VALUE] for name, value in form.items() if isinstance(value, str)})
    browser = browser_of(request, deps)
    given = fields.pop(FIELD, "")
    if browser is None or not hmac.compare_digest(given.encode(), csrf_token(deps, browser).encode()):
        raise FormRefused
    return fields


SubmittedForm = Annotated[Form, Depends(submitted_form)]
