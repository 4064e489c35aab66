"""The HTTP surface of auth."""

PUBLIC_ROUTES = {
    "POST /v1/accounts": "people who have no account yet register here",
    "POST /v1/accounts/{registration_id}/confirm": "proved by the codes that were sent",
    "POST /v1/sessions": "signing in is how a token is got",
    "POST /oauth/token": "clients prove themselves with their own secret or refresh token",
    "POST /oauth/revoke": "whoever holds a refresh token may end it (RFC 7009)",
    "POST /oauth/introspect": "clients prove themselves with their own secret (RFC 7662)",
    "GET /.well-known/openid-configuration": "discovery is public (RFC 8414)",
    "GET /.well-known/jwks.json": "public keys are public (RFC 7517)",
    "GET /problems": "pages that explain problems",
    "GET /problems/{slug}": "pages that explain problems",
}
