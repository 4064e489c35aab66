"""What travels over HTTP about one's own account: sessions, password, second factor, passkeys."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from auth.api.schemas import Code, DeviceToken, MandateClaim, Password, Wire

_ATTESTATION: JsonDict = {
    "id": "AQIDBA",
    "rawId": "AQIDBA",
    "type": "public-key",
    "response": {"clientDataJSON": "e30", "attestationObject": "oA"},
}
_ASSERTION: JsonDict = {
    **_ATTESTATION,
    "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"},
}


class OwnSessionResponse(BaseModel):
    """A session of the caller; `device` is what the browser or program called itself."""

    id: UUID
    device: str
    signed_in_at: datetime
    seen_at: datetime
    acr: str
    methods: list[str]
    mandate: MandateClaim | None
    is_current: bool


class OwnSessionsResponse(BaseModel):
    items: list[OwnSessionResponse]


class PasswordRequest(Wire):
    """The old password is not needed within ten minutes of signing in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"password": "another one, easy to keep in mind"}]})

    password: Password
    old_password: Annotated[str, Field(max_length=200)] | None = None
    device_token: DeviceToken | None = None


class SecondFactorResponse(BaseModel):
    is_enrolled: bool
    recovery_codes_left: int


class TotpResponse(BaseModel):
    """`totp_uri` goes into the authenticator as a QR code; a code of it confirms."""

    totp_uri: str


class TotpRequest(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"totp": "123456"}]})

    totp: Code


class RecoveryCodesResponse(BaseModel):
    """Shown once: each is good once in the place of the authenticator. A set replaces the one before."""

    recovery_codes: list[str]


class PasskeyRequest(Wire):
    """`credential` is what `navigator.credentials.create` gave, as `toJSON()` has it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Phone", "credential": _ATTESTATION}]})

    name: Annotated[str, Field(min_length=1, max_length=100)]
    credential: dict[str, Any]


class PasskeyResponse(BaseModel):
    id: str
    name: str
    created_at: datetime
    used_at: datetime | None


class PasskeysResponse(BaseModel):
    items: list[PasskeyResponse]


class PasskeyAdded(BaseModel):
    id: str


class PasskeySignInRequest(Wire):
    """`credential` is what `navigator.credentials.get` gave, as `toJSON()` has it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"credential": _ASSERTION}]})

    credential: dict[str, Any]
    device_token: DeviceToken | None = None
