"""What travels over HTTP about clients."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from auth.api.schemas import Time, Wire
from auth.domain.clients import Kind

ClientId = Annotated[str, Field(min_length=3, max_length=100, pattern=r"^[a-z0-9:._-]+$")]
OperatorId = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9:._-]+$")]
_Scopes = Annotated[list[Annotated[str, Field(pattern=r"^[a-z0-9:._-]+$", max_length=200)]], Field(max_length=50)]
_Addresses = Annotated[list[Annotated[str, Field(max_length=2000)]], Field(max_length=20)]
_Resources = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=20)]
_Name = Annotated[str, Field(min_length=1, max_length=200)]
_AuthMethod = Literal["client_secret", "private_key_jwt", "none"]


class ClientRequest(Wire, BaseModel):
    """A client of one kind; what is left out is as the kind has it.

    `resources` are the services that its tokens may be for: those that know its scopes, or all, if people sign in to it.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"client_id": "kiosk-dnipro", "name": "Kiosks of Dnipro", "scopes": ["kiosk"]},
                {
                    "client_id": "portal",
                    "name": "Portal",
                    "kind": "web-confidential",
                    "scopes": ["openid", "profile", "offline_access"],
                    "redirect_uris": ["https://portal.example/signed-in"],
                },
            ]
        }
    )

    client_id: ClientId
    name: _Name
    kind: Kind = Kind.MACHINE
    scopes: _Scopes = []
    auth_method: _AuthMethod | None = None
    resources: _Resources | None = None
    redirect_uris: _Addresses = []
    post_logout_redirect_uris: _Addresses = []
    jwks: dict[str, Any] | None = None
    needs_consent: bool = False
    expires_at: Time | None = None


class ClientChange(Wire, BaseModel):
    """What is to be otherwise; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Kiosks of the oblast", "scopes": ["kiosk"]}]})

    name: Annotated[_Name, Field(default_factory=str)]
    scopes: _Scopes = []
    auth_method: _AuthMethod | None = None
    resources: _Resources | None = None
    redirect_uris: _Addresses = []
    post_logout_redirect_uris: _Addresses = []
    jwks: dict[str, Any] | None = None
    needs_consent: bool = False
    expires_at: Time | None = None


class SecretResponse(BaseModel):
    """A secret of a client without its value."""

    secret_id: str
    created_at: datetime
    expires_at: datetime | None


class ClientResponse(BaseModel):
    client_id: str
    name: str
    kind: Kind
    scopes: list[str]
    auth_method: str
    resources: list[str]
    redirect_uris: list[str]
    post_logout_redirect_uris: list[str]
    jwks: dict[str, Any] | None
    needs_consent: bool
    created_at: datetime
    expires_at: datetime | None
    disabled_at: datetime | None
    secrets: list[SecretResponse]


class ClientCreated(ClientResponse):
    """The secret is in this answer alone, and in that to the same request with the same key."""

    client_secret: str | None


class SecretRequest(Wire):
    """For how many hours the secrets of before stay good; at most 30 days."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_hours": 24}]})

    overlap_hours: Annotated[int, Field(ge=0, le=720)] = 24


class SecretCreated(BaseModel):
    """The secret is in this answer alone, and in that to the same request with the same key."""

    secret_id: str
    client_secret: str


class OperatorRequest(Wire):
    """The id that the network knows the person by."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"operator_id": "op-4071"}]})

    operator_id: OperatorId


class OperatorResponse(BaseModel):
    operator_id: str
    added_at: datetime
    ended_at: datetime | None
