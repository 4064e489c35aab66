"""OAuth 2.1 for clients: tokens, revocation, introspection, discovery and keys.

Errors of `/oauth/*` are the JSON of RFC 6749 §5.2, which OAuth clients read; everywhere else they are problems.
"""

from base64 import b64decode
from typing import Annotated, Any
from urllib.parse import unquote_plus

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse

from auth.api.dependencies import Parts
from auth.use_cases.issue_tokens import (
    AUDIENCES,
    GrantRefused,
    Tokens,
    client_token,
    refresh_session,
    revoke_refresh_token,
)
from shared.problems import INVALID, describe
from shared.tokens import ALGORITHM, TokenRefused

router = APIRouter(tags=["oauth"])
Text = Annotated[str, Form(max_length=8192)]
Token = Annotated[str, Form(max_length=8192, examples=["the token, as it was given"])]
_NO_STORE = {"Cache-Control": "no-store"}


@router.post("/oauth/token", summary="Get tokens", responses=describe(INVALID))
async def token(
    request: Request,
    deps: Parts,
    grant_type: Annotated[str, Form(max_length=8192, examples=["client_credentials"])],
    client_id: Text = "",
    client_secret: Text = "",
    refresh_token: Text = "",
    resource: Text = "",
    scope: Text = "",
) -> JSONResponse:
    """`client_credentials` with `resource` (RFC 8707) for machines, `refresh_token` for sessions."""
    try:
        if grant_type == "refresh_token":
            return _granted(await refresh_session(deps, refresh_token))
        if grant_type == "client_credentials":
            name, secret = _client(request, client_id, client_secret)
            return _granted(await client_token(deps, name, secret, resource, scope))
        return _refused(GrantRefused("unsupported_grant_type", "client_credentials and refresh_token are offered."))
    except GrantRefused as error:
        return _refused(error)


@router.post("/oauth/revoke", summary="End a session", responses=describe(INVALID))
async def revoke(token: Token, deps: Parts) -> Response:
    """Ends the family of a refresh token; an unknown token is none (RFC 7009)."""
    await revoke_refresh_token(deps, token)
    return Response(status_code=200)


@router.post("/oauth/introspect", summary="Ask about an access token", responses=describe(INVALID))
async def introspect(
    request: Request, token: Token, deps: Parts, client_id: Text = "", client_secret: Text = ""
) -> JSONResponse:
    """Tells a client whether a token is good now (RFC 7662)."""
    try:
        await client_token(deps, *_client(request, client_id, client_secret), "auth", "")
    except GrantRefused as error:
        return _refused(error)
    return JSONResponse(await _introspected(request, token), headers=_NO_STORE)


@router.get("/.well-known/openid-configuration", summary="Discovery")
async def discovery(deps: Parts) -> dict[str, Any]:
    """What this issuer offers (RFC 8414)."""
    issuer = deps.settings.auth_issuer
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "grant_types_supported": ["client_credentials", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "resource_indicators_supported": list(AUDIENCES),
    }


@router.get("/.well-known/jwks.json", summary="Public keys")
async def jwks(deps: Parts, response: Response) -> dict[str, Any]:
    """The keys that sign now, will sign soon, or signed tokens that are still good (RFC 7517)."""
    response.headers["Cache-Control"] = "public, max-age=60"
    return {"keys": await deps.keys.published()}


def _client(request: Request, client_id: str, client_secret: str) -> tuple[str, str]:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = b64decode(credentials, validate=True).decode().partition(":")
        except ValueError:
            raise GrantRefused("invalid_client", "The Authorization header cannot be read.") from None
        client_id, client_secret = unquote_plus(name), unquote_plus(secret)
    if "\0" in client_id:
        raise GrantRefused("invalid_client", "A client id holds no U+0000.")
    return client_id, client_secret


def _granted(tokens: Tokens) -> JSONResponse:
    body: dict[str, Any] = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "scope": tokens.scope,
    }
    if tokens.refresh_token:
        body["refresh_token"] = tokens.refresh_token
    return JSONResponse(body, headers=_NO_STORE)


def _refused(error: GrantRefused) -> JSONResponse:
    is_client = error.error == "invalid_client"
    headers = _NO_STORE | ({"WWW-Authenticate": "Basic"} if is_client else {})
    body = {"error": error.error, "error_description": str(error)}
    return JSONResponse(body, 401 if is_client else 400, headers)


async def _introspected(request: Request, token: str) -> dict[str, Any]:
    try:
        claims = await request.app.state.verifier.verify(token)
    except TokenRefused:
        return {"active": False}
    return {
        "active": True,
        "sub": claims.subject,
        "client_id": claims.client_id,
        "scope": " ".join(sorted(claims.scopes)),
        "exp": claims.expires_at,
    }
