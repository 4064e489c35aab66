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
    key_publish_ahead_seconds: int = Field(
        360, ge=5, le=86_400, description="How long a new signing key is published before it signs"
    )
    upstream_providers: SecretStr = Field(
        SecretStr("[]"), description="OpenID Connect providers that people also sign in with, as a JSON list"
    )
    refresh_token_days: int = Field(30, ge=1, le=90, description="Life of a refresh token that is not used")
