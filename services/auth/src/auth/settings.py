"""Settings of the auth service."""

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings

NAME = "auth"


class AuthSettings(ServiceSettings):
    """What auth needs beside the settings of every service."""

    field_keys: SecretStr = Field(description="Keys for personal data and private keys at rest, `id:base64,…`")
    lookup_key: SecretStr = Field(description="Key of look-up hashes of logins, codes and tokens, base64 of 32 bytes")
    notifications_url: str = Field(description="Where one-time codes are handed to be sent")
    access_token_seconds: int = Field(600, ge=60, le=600, description="Life of an access token")
    refresh_token_days: int = Field(30, ge=1, le=90, description="Life of a refresh token that is not used")
