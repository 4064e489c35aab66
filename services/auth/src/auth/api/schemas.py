"""What travels over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from auth.domain.roles import Role

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200
Password = Annotated[str, Field(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD)]
Login = Annotated[str, Field(min_length=3, max_length=254)]
Language = Literal["uk", "en"]
Code = Annotated[str, Field(pattern=r"^\d{6}$")]
PaperCode = Annotated[str, Field(min_length=8, max_length=40)]
DeviceToken = Annotated[str, Field(min_length=32, max_length=200)]


def _of_this_age(value: datetime) -> datetime:
    if not 1991 <= value.year < 2200:
        raise ValueError("a time between 1991 and 2200 is needed")
    return value


Time = Annotated[AwareDatetime, AfterValidator(_of_this_age)]


class Wire(BaseModel):
    """Unknown members are refused: a mistyped name must not be lost in silence."""

    model_config = ConfigDict(extra="forbid")


class RegisterRequest(Wire):
    """A phone, an e-mail, or both; each is confirmed by a code. Without a password one signs in by a code."""

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
    password: Password | None = None
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
    """A login (a phone, an e-mail, or an officer's login) with its password, or the `code_id` and `code` that were sent.

    Who has a second factor adds `totp` or a `recovery_code`; a code without it stays good, one with a wrong one does not.
    `device_token` is that of an earlier sign-in on this device: then nobody's failures elsewhere make it wait.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"login": "+380000000001", "password": "long and easy to keep in mind"}]}
    )

    login: Login | None = None
    password: Annotated[str, Field(max_length=200)] | None = None
    code_id: UUID | None = None
    code: Code | None = None
    totp: Code | None = None
    recovery_code: PaperCode | None = None
    device_token: DeviceToken | None = None

    @model_validator(mode="after")
    def _is_one_way(self) -> "SessionRequest":
        by_password, by_code = (self.login, self.password), (self.code_id, self.code)
        given = [way for way in (by_password, by_code) if any(part is not None for part in way)]
        if len(given) != 1 or None in given[0]:
            raise ValueError("either login and password, or code_id and code, are needed")
        return self


class SignInCodeRequest(Wire):
    """The phone or e-mail to which a code is sent."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"login": "+380000000001"}]})

    login: Login


class SignInCodeResponse(BaseModel):
    """The same whether or not anybody has the contact."""

    code_id: UUID
    expires_at: datetime


class MandateClaim(BaseModel):
    role: Role
    organisation: str


class MandateChoice(MandateClaim):
    """A mandate in force that a session can carry."""

    id: UUID


class SessionResponse(BaseModel):
    """An access token for the API (Bearer) and a refresh token that is used once.

    The tokens carry one mandate: the only one, or that which `PUT /v1/sessions/current/mandate` chose of `choices`.
    """

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  RFC 6750
    expires_in: int
    mandates: list[MandateClaim]
    choices: list[MandateChoice]
    device_token: str | None = None


class ChooseMandateRequest(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"mandate_id": "0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f"}]})

    mandate_id: UUID


class EndSessionRequest(Wire):
    """Only of use with a token that tells no session."""

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
                    "mandate": {"role": "service_centre_administrator", "organisation": "cnap-dnipro"},
                }
            ]
        }
    )

    # one letter at least: what is all digits is read as a phone
    login: Annotated[str, Field(min_length=3, max_length=100, pattern=r"^[0-9._-]*[A-Za-z][A-Za-z0-9._-]*$")]
    full_name: Annotated[str, Field(min_length=3, max_length=200)]
    language: Language = "uk"
    mandate: MandateRequest


class ActivationResponse(BaseModel):
    """What is handed to the officer in person: the code, until when it is good, and the page where it is typed in.

    They are null once the officer is active.
    """

    activation_code: str | None
    activation_expires_at: datetime | None
    activation_address: str | None


class OfficerResponse(ActivationResponse):
    account_id: UUID
    mandate_id: UUID


class MandateEndRequest(Wire):
    """Null: without end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"valid_to": "2030-01-01T00:00:00Z"}]})

    valid_to: Time | None


class ActivateRequest(Wire):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "login": "o.zrazkovenko",
                    "activation_code": "7KQM-W3XA-9TRC-HD24",
                    "password": "long and easy to keep in mind",
                }
            ]
        }
    )

    login: Login
    activation_code: PaperCode
    password: Password


class ActivateResponse(BaseModel):
    """`totp_uri` goes into the officer's authenticator as a QR code; a code of it confirms the activation."""

    totp_uri: str


class ConfirmActivationRequest(Wire):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"login": "o.zrazkovenko", "activation_code": "7KQM-W3XA-9TRC-HD24", "totp": "123456"}]
        }
    )

    login: Login
    activation_code: PaperCode
    totp: Code


class MandateResponse(BaseModel):
    mandate_id: UUID
    account_id: UUID
    is_activated: bool
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
