"""Who may use which route of auth. Who appoints whom is the table of the domain."""

from auth.api.pages.policy import PAGES
from auth.domain.roles import GIVEN_BY
from shared.policy import ACCOUNT, ANYONE, PUBLIC, Policy, Rule, role, scope

_OPERATOR = scope("operator")
_EVERY_CLIENT = {_OPERATOR: "every client"}
_HEADS = {role(giver): "officers of the own organisation" for giver in GIVEN_BY.values() if giver}
_APPOINTERS = {**_HEADS, _OPERATOR: "heads of every organisation"}
_ONESELF = {ACCOUNT: "the own account"}

POLICY: Policy = {
    "POST /v1/accounts": Rule("register", {PUBLIC: "people who have no account yet register here"}),
    "POST /v1/accounts/{registration_id}/confirm": Rule(
        "confirm a registration", {PUBLIC: "proved by the codes that were sent"}
    ),
    "GET /v1/accounts/{account_id}/contact": Rule(
        "read where an account is reached", {scope("accounts:contact"): "every account"}
    ),
    "POST /v1/sessions": Rule("sign in", {PUBLIC: "signing in is how a token is got"}),
    "POST /v1/sessions/codes": Rule("have a code sent to sign in with", {PUBLIC: "nobody is signed in yet"}),
    "PUT /v1/sessions/current/mandate": Rule("choose the mandate of a session", {ACCOUNT: "the own session"}),
    "POST /v1/sessions/passkey/options": Rule(
        "begin to sign in with a passkey", {PUBLIC: "signing in is how a token is got"}
    ),
    "POST /v1/sessions/passkey": Rule("sign in with a passkey", {PUBLIC: "signing in is how a token is got"}),
    "DELETE /v1/sessions/current": Rule("sign out", {ANYONE: "the session of the token, or of the refresh token"}),
    "GET /v1/me": Rule("see who one is", {ANYONE: "oneself"}),
    "PUT /v1/me/password": Rule("change a password", _ONESELF),
    "GET /v1/me/sessions": Rule("list sessions", _ONESELF),
    "DELETE /v1/me/sessions": Rule("end all other sessions", _ONESELF),
    "DELETE /v1/me/sessions/{session_id}": Rule("end a session", _ONESELF),
    "GET /v1/me/second-factor": Rule("read of the second factor", _ONESELF),
    "POST /v1/me/second-factor": Rule("begin to enrol a second factor", _ONESELF),
    "POST /v1/me/second-factor/confirm": Rule("enrol a second factor", _ONESELF),
    "DELETE /v1/me/second-factor": Rule("remove the second factor", _ONESELF),
    "POST /v1/me/recovery-codes": Rule("replace the recovery codes", _ONESELF),
    "POST /v1/me/passkeys/options": Rule("begin to add a passkey", _ONESELF),
    "POST /v1/me/passkeys": Rule("add a passkey", _ONESELF),
    "GET /v1/me/passkeys": Rule("list passkeys", _ONESELF),
    "DELETE /v1/me/passkeys/{passkey_id}": Rule("remove a passkey", _ONESELF),
    "POST /v1/officers/activate": Rule(
        "set password and second factor as an officer", {PUBLIC: "proved by the activation code"}
    ),
    "POST /v1/officers/activate/confirm": Rule(
        "become active as an officer", {PUBLIC: "proved by the activation code"}
    ),
    "DELETE /v1/officers/{account_id}": Rule("dismiss an officer", _APPOINTERS),
    "POST /v1/officers/{account_id}/activation": Rule(
        "make a new activation code", {**_APPOINTERS, _OPERATOR: "heads, and officers of several organisations"}
    ),
    "PATCH /v1/officers/{account_id}/mandates/{mandate_id}": Rule("change when a mandate ends", _APPOINTERS),
    "POST /v1/officers": Rule("appoint an officer", _APPOINTERS),
    "GET /v1/officers": Rule("list officers", {**_HEADS, _OPERATOR: "none: the list is empty"}),
    "POST /v1/officers/{account_id}/mandates": Rule("give one more mandate", _APPOINTERS),
    "DELETE /v1/officers/{account_id}/mandates/{mandate_id}": Rule("end a mandate", _APPOINTERS),
    "POST /v1/clients": Rule("create a client", _EVERY_CLIENT),
    "GET /v1/clients": Rule("list clients", _EVERY_CLIENT),
    "GET /v1/clients/{client_id}": Rule("read a client", _EVERY_CLIENT),
    "PATCH /v1/clients/{client_id}": Rule("change a client", _EVERY_CLIENT),
    "DELETE /v1/clients/{client_id}": Rule("disable a client", _EVERY_CLIENT),
    "POST /v1/clients/{client_id}/secrets": Rule("give a client a new secret", _EVERY_CLIENT),
    "DELETE /v1/clients/{client_id}/secrets/{secret_id}": Rule("end a client's secret", _EVERY_CLIENT),
    "GET /v1/clients/{client_id}/operators": Rule("list a client's operators", _EVERY_CLIENT),
    "POST /v1/clients/{client_id}/operators": Rule("add an operator to a client", _EVERY_CLIENT),
    "DELETE /v1/clients/{client_id}/operators/{operator_id}": Rule("end an operator of a client", _EVERY_CLIENT),
    "GET /oauth/authorize": Rule("sign in to a client", {PUBLIC: "the session of the browser says who comes"}),
    "POST /oauth/authorize": Rule("sign in to a client", {PUBLIC: "leads to the same by GET"}),
    "POST /oauth/token": Rule(
        "get tokens",
        {PUBLIC: "clients prove themselves; what is given follows from a code, a refresh token or a client"},
    ),
    "POST /oauth/revoke": Rule(
        "end a refresh token", {PUBLIC: "whoever holds a session over the API may end it (RFC 7009)"}
    ),
    "POST /oauth/introspect": Rule(
        "ask about a token", {PUBLIC: "clients prove themselves as at the token endpoint (RFC 7662)"}
    ),
    "GET /oauth/userinfo": Rule("read who signed in", {scope("openid"): "oneself, by the scopes of the token"}),
    "POST /oauth/userinfo": Rule("read who signed in", {scope("openid"): "oneself, by the scopes of the token"}),
    "GET /oauth/logout": Rule(
        "sign out", {PUBLIC: "an ID token or the session of the browser says whose session ends"}
    ),
    "POST /oauth/logout": Rule("sign out", {PUBLIC: "leads to the same by GET"}),
    "GET /.well-known/openid-configuration": Rule("discover the issuer", {PUBLIC: "discovery is public (RFC 8414)"}),
    "GET /.well-known/jwks.json": Rule("read the public keys", {PUBLIC: "public keys are public (RFC 7517)"}),
    **PAGES,
}
