"""What travels over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from auth.domain.roles import Role

Password = Annotated[str, Field(min_length=12, max_length=200)]
Login = Annotated[str, Field(min_length=3, max_length=254)]
Language = Literal["uk", "en"]
Code = Annotated[str, Field(pattern=r"^\d{6}$")]


def _of_this_age(value: datetime) -> datetime:
    if not 1991 <= value.year < 2200:
        raise ValueError("a time between 1991 and 2200 is needed")
    return value


Time = Annotated[AwareDatetime, AfterValidator(_of_this_age)]


class Wire(BaseModel):
    """Unknown members are refused: a mistyped name must not be lost in silence."""

    model_config = ConfigDict(extra="forbid")


class RegisterRequest(Wire):
    """A phone, an e-mail, or both; each is confirmed by a code."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"phone": "+380000000001", "email": "olena@example.com", "password": "long and easy to keep in mind"}
            ]
        },
    )

    phone: str | None = Field(None, max_length=30)
    email: str | None = Field(None, max_length=254)
    password: Password
    language: Language = "uk"


class RegistrationResponse(BaseModel):
    """Codes are on their way to the channels in `confirm`."""

    registration_id: UUID
    expires_at: datetime
    confirm: list[str]


class ConfirmRequest(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"sms_code": "123456", "email_code": "654321"}]})

    sms_code: Code | None = None
    email_code: Code | None = None


class AccountResponse(BaseModel):
    account_id: UUID


class SessionRequest(Wire):
    """The login is a phone, an e-mail, or an officer's login; officers and operators add `totp`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"login": "+380000000001", "password": "long and easy to keep in mind"}]}
    )

    login: Login
    password: Annotated[str, Field(max_length=200)]
    totp: Code | None = None


class MandateClaim(BaseModel):
    role: Role
    organisation: str


class SessionResponse(BaseModel):
    """An access token for the API (Bearer) and a refresh token that is used once."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  RFC 6750
    expires_in: int
    mandates: list[MandateClaim]


class EndSessionRequest(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"refresh_token": "the refresh token of the session"}]})

    refresh_token: Annotated[str, Field(max_length=200)]


class MeResponse(BaseModel):
    account_id: str
    kind: str
    language: str
    mandates: list[MandateClaim]


class MandateRequest(Wire):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"role": "service_centre_administrator", "organisation": "cnap-dnipro"}]}
    )

    role: Role
    organisation: Annotated[str, Field(min_length=1, max_length=120)]
    valid_from: Time | None = None
    valid_to: Time | None = None


class OfficerRequest(Wire):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "login": "o.zrazkovenko",
                    "full_name": "Зразковенко Олена Петрівна",
                    "password": "long and easy to keep in mind",
                    "mandate": {"role": "service_centre_administrator", "organisation": "cnap-dnipro"},
                }
            ]
        }
    )

    login: Annotated[str, Field(min_length=3, max_length=100, pattern=r"^[A-Za-z0-9._-]+$")]
    full_name: Annotated[str, Field(min_length=3, max_length=200)]
    password: Password
    language: Language = "uk"
    mandate: MandateRequest


class OfficerResponse(BaseModel):
    """`totp_uri` goes into the officer's authenticator as a QR code."""

    account_id: UUID
    mandate_id: UUID
    totp_uri: str


class MandateResponse(BaseModel):
    mandate_id: UUID
    account_id: UUID
    full_name: str | None
    role: Role
    organisation: str
    valid_from: datetime
    valid_to: datetime | None
    revoked_at: datetime | None


class MandateGranted(BaseModel):
    mandate_id: UUID


class ContactResponse(BaseModel):
    account_id: UUID
    phone: str | None
    email: str | None
    language: Language


class ClientRequest(Wire):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"client_id": "kiosk-dnipro", "name": "Kiosks of Dnipro", "scopes": ["kiosk"]}]}
    )

    client_id: Annotated[str, Field(min_length=3, max_length=100, pattern=r"^[a-z0-9:._-]+$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    scopes: Annotated[list[Annotated[str, Field(pattern=r"^[a-z0-9:._-]+$")]], Field(max_length=50)] = []


class ClientResponse(BaseModel):
    """The secret is shown once."""

    client_id: str
    client_secret: str
    scopes: list[str]
