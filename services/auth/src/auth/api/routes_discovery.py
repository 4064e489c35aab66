"""What this issuer offers, and its public keys: what clients configure themselves by."""

from typing import Any

from fastapi import APIRouter, Response

from auth.api.dependencies import Parts
from auth.domain.assurance import Level
from auth.domain.authorization import PROMPTS
from auth.domain.clients import CODE, CREDENTIALS, REFRESH
from auth.domain.pkce import METHOD
from auth.domain.scopes import AUDIENCES, SCOPES
from auth.use_cases.read_userinfo import CLAIMS
from shared.tokens import ALGORITHM

router = APIRouter(prefix="/.well-known", tags=["oauth"])
_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
_OF_ID_TOKENS = ("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "jti")


@router.get("/openid-configuration", summary="Discovery")
async def discovery(deps: Parts) -> dict[str, Any]:
    """What this issuer offers (OpenID Connect Discovery 1.0, RFC 8414)."""
    issuer = deps.settings.auth_issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "end_session_endpoint": f"{issuer}/oauth/logout",
        "scopes_supported": [scope.name for scope in SCOPES if "<" not in scope.name],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [CODE, REFRESH, CREDENTIALS],
        "code_challenge_methods_supported": [METHOD],
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": sorted(PROMPTS),
        "acr_values_supported": [level.acr for level in Level],
        "claims_supported": list(dict.fromkeys((*_OF_ID_TOKENS, *CLAIMS))),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": [*_METHODS, "none"],
        "token_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
        "revocation_endpoint_auth_methods_supported": [*_METHODS, "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
        "introspection_endpoint_auth_methods_supported": _METHODS,
        "introspection_endpoint_auth_signing_alg_values_supported": [ALGORITHM],
        "ui_locales_supported": ["uk", "en"],
        "resource_indicators_supported": list(AUDIENCES),
    }


@router.get("/jwks.json", summary="Public keys")
async def jwks(deps: Parts, response: Response) -> dict[str, Any]:
    """The keys that sign now, will sign soon, or signed tokens that are still good (RFC 7517)."""
    response.headers["Cache-Control"] = "public, max-age=60"
    return {"keys": await deps.keys.published()}
