"""A visit: one request of a browser for a page, with its language, its session, where it leads on to, and what it remembers.

Between the steps of a sign-in the browser keeps a sealed cookie, which is of use in that browser alone and for ten minutes.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse

from auth.api.browser import browser_session, cookie_name, local_path, set_cookie, sign_in_address
from auth.api.dependencies import Parts
from auth.api.pages.csrf import BROWSER, browser_of
from auth.api.pages.wording import language_of
from auth.use_cases.dependencies import Dependencies, new_secret
from auth.use_cases.fresh_session import is_fresh
from auth.use_cases.places import Place
from auth.use_cases.queries import find_account
from shared.encryption import CannotDecrypt

STEP_SECONDS = 600
ACCOUNT_PATH = "/account"
DEVICE = "device"
_BROWSER_SECONDS = 30 * 86_400
_LANGUAGE_SECONDS = 365 * 86_400
_CARRIED = ("next", "acr")


class SignInNeeded(Exception):
    """The page is for people who are signed in, or who signed in a short while ago."""

    def __init__(self, back_to: str) -> None:
        super().__init__(back_to)
        self.back_to = back_to


@dataclass(frozen=True)
class Visit:
    """What a page knows of the one who asks for it. `browser` is the secret of the browser, made at its first visit."""

    request: Request
    deps: Dependencies
    language: str
    browser: str
    is_first: bool
    session: Any = field(repr=False)
    wishes: Mapping[str, str] = field(default_factory=dict)

    @property
    def next_path(self) -> str:
        """Where the browser goes when it is done: a path of this service."""
        return local_path(self.wishes.get("next", "")) or ACCOUNT_PATH

    def leading_to(self, next_path: str) -> "Visit":
        """Return this visit as one that leads on to `next_path`."""
        return replace(self, wishes={"next": next_path})

    @property
    def place(self) -> Place:
        """Whence the browser asks."""
        address = self.request.client.host if self.request.client else "unknown"
        return Place(address, self.request.headers.get("user-agent", ""), self.browser)

    def address(self, path: str, **more: str) -> str:
        """Return the address of a page that leads on to where this one does."""
        query = {name: self.wishes[name] for name in _CARRIED if self.wishes.get(name)} | more
        return f"{path}?{urlencode(query)}" if query else path

    @property
    def here(self) -> str:
        """The address of this page."""
        return self.address(self.request.url.path)

    def goes_to(self, address: str) -> Response:
        """Return an answer that sends the browser to another page of this service."""
        return self.finish(RedirectResponse(address, 303))

    def finish(self, response: Response) -> Response:
        """Let the browser remember itself and the language it chose."""
        settings = self.deps.settings
        if self.is_first:
            set_cookie(response, settings, BROWSER, self.browser, _BROWSER_SECONDS)
        if {"lang", "ui_locales"} & set(self.request.query_params):
            set_cookie(response, settings, "language", self.language, _LANGUAGE_SECONDS)
        return response

    def remember(self, response: Response, step: str, facts: Mapping[str, Any]) -> None:
        """Keep facts of a step in the browser, sealed, for ten minutes."""
        until = self.deps.clock.now() + timedelta(seconds=STEP_SECONDS)
        text = json.dumps({**facts, "until": until.timestamp()})
        sealed = self.deps.cipher.encrypt(text.encode(), f"step:{step}:{self.browser}")
        set_cookie(response, self.deps.settings, step, urlsafe_b64encode(sealed).decode(), STEP_SECONDS)

    def recall(self, step: str) -> dict[str, Any] | None:
        """Return the facts that this browser keeps of a step, or None if there are none that are good now."""
        cookie = self.request.cookies.get(cookie_name(self.deps.settings, step), "")
        try:
            facts = json.loads(self.deps.cipher.decrypt(urlsafe_b64decode(cookie), f"step:{step}:{self.browser}"))
        except (CannotDecrypt, ValueError):
            return None
        return dict(facts) if facts["until"] > self.deps.clock.now().timestamp() else None

    def forget(self, response: Response, *steps: str) -> None:
        """Drop what the browser keeps of these steps."""
        for step in steps:
            set_cookie(response, self.deps.settings, step, "", 0)


async def visit(request: Request, deps: Parts) -> Visit:
    """Return the visit of this request."""
    known = browser_of(request, deps)
    session = await browser_session(request, deps)
    language = language_of(request, cookie_name(deps.settings, "language"))
    return Visit(request, deps, language, known or new_secret(), known is None, session, request.query_params)


CurrentVisit = Annotated[Visit, Depends(visit)]


async def signed_in_visit(current: CurrentVisit) -> Visit:
    """Return the visit of somebody who is signed in. Raises SignInNeeded."""
    if current.session is None:
        raise SignInNeeded(_back_to(current.request))
    return current


SignedIn = Annotated[Visit, Depends(signed_in_visit)]


async def fresh_visit(current: SignedIn) -> Visit:
    """Return the visit of somebody who signed in less than ten minutes ago. Raises SignInNeeded."""
    async with current.deps.database.reading() as connection:
        account = await find_account(connection, current.session.account_id)
    if not is_fresh(current.deps, current.session, account):
        raise SignInNeeded(_back_to(current.request))
    return current


Fresh = Annotated[Visit, Depends(fresh_visit)]


def sign_in_first(error: SignInNeeded) -> Response:
    """Send the browser to the sign-in page, and back afterwards."""
    return RedirectResponse(sign_in_address(error.back_to, again="1"), 303)


def _back_to(request: Request) -> str:
    if request.method != "GET":
        return ACCOUNT_PATH
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
