"""What OAuth clients send: forms and query strings, whose unknown parameters are passed over (RFC 6749 §3.1, §3.2)."""

from typing import Annotated

from pydantic import BaseModel, Field

Text = Annotated[str, Field(max_length=8192)]
Names = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=10)]


class ClientForm(BaseModel):
    """How a client proves itself in a form: with a secret, with an assertion, or, a public one, by its name alone."""

    client_id: Text = ""
    client_secret: Text = ""
    client_assertion_type: Text = ""
    client_assertion: Text = ""


class TokenForm(ClientForm):
    """`resource` may be repeated (RFC 8707); `operator` is who acts at a post office."""

    grant_type: Annotated[str, Field(max_length=8192, examples=["client_credentials"])]
    code: Text = ""
    redirect_uri: Text = ""
    code_verifier: Text = ""
    refresh_token: Text = ""
    resource: Names = []
    scope: Text = ""
    operator: Annotated[str, Field(max_length=100)] = ""


class TokenQuestion(ClientForm):
    """A token to end, or to ask about."""

    token: Annotated[str, Field(max_length=8192, examples=["the token, as it was given"])]
    token_type_hint: Text = ""


class AuthorizeParameters(BaseModel):
    """What a client sends a browser with (OpenID Connect Core §3.1.2.1). What is wrong is told to the client by redirect."""

    client_id: Annotated[str, Field(examples=["portal"])] = ""
    redirect_uri: Annotated[str, Field(examples=["https://portal.example/signed-in"])] = ""
    response_type: Annotated[str, Field(examples=["code"])] = ""
    scope: Annotated[str, Field(examples=["openid profile offline_access"])] = ""
    state: str = ""
    nonce: str = ""
    code_challenge: Annotated[str, Field(description="base64url of the SHA-256 of the verifier (RFC 7636)")] = ""
    code_challenge_method: Annotated[str, Field(examples=["S256"])] = ""
    resource: Annotated[list[str], Field(description="Services that tokens are for (RFC 8707)")] = []
    prompt: Annotated[str, Field(description="none, login, consent, select_account")] = ""
    max_age: Annotated[str, Field(description="Seconds since the sign-in, at most")] = ""
    acr_values: Annotated[str, Field(description="Levels of assurance that would do")] = ""
    id_token_hint: str = ""
    login_hint: str = ""
    ui_locales: str = ""


class LogoutParameters(BaseModel):
    """What a client sends a browser with to sign out (OpenID Connect RP-Initiated Logout 1.0 §2)."""

    id_token_hint: Text = ""
    client_id: Text = ""
    post_logout_redirect_uri: Text = ""
    state: Annotated[str, Field(max_length=2048)] = ""
    ui_locales: Text = ""
