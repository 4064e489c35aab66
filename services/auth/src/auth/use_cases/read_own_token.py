"""Read a token that somebody hands back: one of this issuer, whoever brings it and however old it is."""

from typing import Any

from auth.use_cases.dependencies import Dependencies
from shared.tokens import TokenRefused, read_signed


async def read_own_token(deps: Dependencies, token: str, *, typ: str) -> dict[str, Any] | None:
    """Return what a token of this type says, or None unless one of the published keys signed it; its times are not judged."""
    keys = {key["kid"]: key for key in await deps.keys.published()}
    try:
        claims = read_signed(token, keys, typ=typ)
    except TokenRefused:
        return None
    return claims if claims.get("iss") == deps.settings.auth_issuer else None
