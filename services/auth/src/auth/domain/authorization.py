"""What a client asks for when it sends a browser to sign in (OpenID Connect Core §3.1.2.1): read, and judged in form.

Only the code flow, only with PKCE S256, each parameter at most once but `resource`. Who the client is and where the answer may
go is settled before: a request of an unknown client is answered nowhere.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from auth.domain.assurance import Level, level_of_acr
from auth.domain.pkce import METHOD, is_challenge
from auth.domain.scopes import OPENID

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
LONGEST_PARAMETER, LONGEST_REQUEST = 2048, 8000
_MOST_RESOURCES = 10
_NOT_SUPPORTED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}
Parameters = Mapping[str, Sequence[str]]


class AuthorizationRefused(Exception):
    """An error that the client is told (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6); `error` is its code."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


@dataclass(frozen=True)
class AuthorizationRequest:
    """A request that is right in form."""

    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    nonce: str | None
    code_challenge: str
    prompts: frozenset[str]
    max_age: int | None
    level: Level | None
    id_token_hint: str
    is_denied: bool

    @property
    def wants_new_sign_in(self) -> bool:
        return "login" in self.prompts or self.max_age == 0


def only(parameters: Parameters, name: str) -> str | None:
    """Return the one value of a parameter of bearable length, or None."""
    values = parameters.get(name, ())
    return values[0] if len(values) == 1 and len(values[0]) <= LONGEST_PARAMETER else None


def read_request(parameters: Parameters, client: Any) -> AuthorizationRequest:
    """Return what a client asks for. Raises AuthorizationRefused."""
    _check_form(parameters)
    values = {name: given[0] for name, given in parameters.items()}
    _check_flow(values, client.grant_types)
    scopes = tuple(dict.fromkeys(values.get("scope", "").split()))
    if OPENID not in scopes:
        raise AuthorizationRefused("invalid_scope", "The scope openid is needed.")
    if not set(scopes) <= set(client.scopes):
        raise AuthorizationRefused("invalid_scope", "The client may not ask for one of these scopes.")
    resources = tuple(dict.fromkeys(parameters.get("resource", ()))) or tuple(client.resources)
    if not resources or not set(resources) <= set(client.resources):
        raise AuthorizationRefused("invalid_target", "The client may not ask for one of these services.")
    return AuthorizationRequest(
        scopes,
        resources,
        values.get("nonce") or None,
        values["code_challenge"],
        _prompts(values.get("prompt", "")),
        _max_age(values.get("max_age", "")),
        _level(values.get("acr_values", "")),
        values.get("id_token_hint", ""),
        values.get("denied") == "1",
    )


def _check_form(parameters: Parameters) -> None:
    for name, values in parameters.items():
        if len(values) > (_MOST_RESOURCES if name == "resource" else 1):
            raise AuthorizationRefused("invalid_request", "A parameter is given twice.")
        if any(len(value) > LONGEST_PARAMETER for value in values):
            raise AuthorizationRefused("invalid_request", "A parameter is too long.")
    if len(urlencode(parameters, doseq=True)) > LONGEST_REQUEST:
        raise AuthorizationRefused("invalid_request", "The request is too long.")


def _check_flow(values: Mapping[str, str], grant_types: Collection[str]) -> None:
    for name, error in _NOT_SUPPORTED.items():
        if values.get(name):
            raise AuthorizationRefused(error, f"`{name}` is not taken.")
    if not values.get("response_type"):
        raise AuthorizationRefused("invalid_request", "`response_type` is needed.")
    if values["response_type"] != "code":
        raise AuthorizationRefused("unsupported_response_type", "Only the response type `code` is offered.")
    if values.get("response_mode", "query") != "query":
        raise AuthorizationRefused("invalid_request", "Only the response mode `query` is offered.")
    if "authorization_code" not in grant_types:
        raise AuthorizationRefused("unauthorized_client", "Nobody signs in to this client.")
    # without `code_challenge_method` it would be `plain` (RFC 7636 §4.3)
    if values.get("code_challenge_method") != METHOD or not is_challenge(values.get("code_challenge", "")):
        raise AuthorizationRefused("invalid_request", "A PKCE challenge with the method S256 is needed.")


def _prompts(text: str) -> frozenset[str]:
    prompts = frozenset(text.split())
    if not prompts <= PROMPTS or ("none" in prompts and len(prompts) > 1):
        raise AuthorizationRefused("invalid_request", "`prompt` is not one that is offered.")
    return prompts


def _max_age(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise AuthorizationRefused("invalid_request", "`max_age` is a number of seconds.")
    return int(text)


def _level(text: str) -> Level | None:
    """Return the least of the levels that would do; values that name none are passed over, as the standard lets."""
    levels = [level for level in map(level_of_acr, text.split()) if level is not None]
    return min(levels, key=lambda level: level.rank, default=None)
