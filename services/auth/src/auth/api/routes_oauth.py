"""OAuth 2.1 for clients: tokens, their revocation, what they say, and who a person is.

Errors are the JSON of RFC 6749 §5.2, which OAuth clients read; everywhere else they are problems.
"""

from typing import Annotated, Any

from fastapi import Form, Request, Response
from fastapi.responses import JSONResponse

from auth.api.client_authentication import NO_STORE, authenticated, authenticated_client, oauth_router
from auth.api.dependencies import Parts
from auth.api.oauth_schemas import TokenForm, TokenQuestion
from auth.domain.clients import CODE, CREDENTIALS, REFRESH
from auth.use_cases.client_tokens import MachineWish, client_token
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.introspect import introspect as introspect_token
from auth.use_cases.issue_tokens import FIRST_PARTY, GrantRefused, Tokens, Wanted
from auth.use_cases.read_own_token import read_own_token
from auth.use_cases.redeem_code import Redemption, redeem_code
from auth.use_cases.refresh_session import refresh_session, revoke_refresh_token
from shared.problems import INVALID, describe
from shared.tokens import ACCESS_TOKEN

router = oauth_router()


@router.post("/token", summary="Get tokens", responses=describe(INVALID))
async def token(request: Request, deps: Parts, form: Annotated[TokenForm, Form()]) -> JSONResponse:
    """`authorization_code` with its PKCE verifier, `refresh_token`, and for machines `client_credentials` with `resource`."""
    if form.grant_type not in {CODE, REFRESH, CREDENTIALS}:
        raise GrantRefused("unsupported_grant_type", f"{CODE}, {REFRESH} and {CREDENTIALS} are offered.")
    take = authenticated if form.grant_type == REFRESH else authenticated_client
    client = await take(deps, request, form)
    if client is not None and form.grant_type not in client.grant_types:
        raise GrantRefused("unauthorized_client", "The client is not registered for this grant type.")
    tokens = await _tokens(deps, client, form)
    body: dict[str, Any] = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "scope": tokens.scope,
    }
    body |= {"refresh_token": tokens.refresh_token} if tokens.refresh_token else {}
    body |= {"id_token": tokens.id_token} if tokens.id_token else {}
    return JSONResponse(body, headers=NO_STORE)


async def _tokens(deps: Dependencies, client: Any, form: TokenForm) -> Tokens:
    if form.grant_type == CREDENTIALS:
        return await client_token(deps, client, MachineWish(form.resource, form.scope, form.operator))
    if form.grant_type == CODE:
        shown = Redemption(form.code, form.redirect_uri, form.code_verifier, tuple(form.resource))
        return await redeem_code(deps, client, shown)
    return await refresh_session(deps, form.refresh_token, client, Wanted(form.scope, form.resource))


@router.post("/revoke", summary="End a refresh token", responses=describe(INVALID))
async def revoke(request: Request, deps: Parts, form: Annotated[TokenQuestion, Form()]) -> Response:
    """Ends the family of a client's refresh token; of a session over the API, which has no client, the session too (RFC 7009)."""
    client = await authenticated(deps, request, form)
    if await read_own_token(deps, form.token, typ=ACCESS_TOKEN) is not None:
        raise GrantRefused("unsupported_token_type", "An access token ends by itself, or with its session.")
    await revoke_refresh_token(deps, form.token, FIRST_PARTY if client is None else client.id)
    return Response(status_code=200, headers=NO_STORE)


@router.post("/introspect", summary="Ask about a token", responses=describe(INVALID))
async def introspect(request: Request, deps: Parts, form: Annotated[TokenQuestion, Form()]) -> JSONResponse:
    """Tells a client whether a token is good now: one of its own, or one for the service that it is the client of (RFC 7662)."""
    client = await authenticated_client(deps, request, form)
    return JSONResponse(await introspect_token(deps, client, form.token), headers=NO_STORE)
