"""Settings of the notifications service."""

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings

NAME = "notifications"


class NotificationsSettings(ServiceSettings):
    """What notifications needs beside the settings of every service."""

    field_keys: SecretStr = Field(description="Keys for contacts at rest, `id:base64,…`; the first one writes")
    lookup_key: SecretStr = Field(description="Key of the tokens in receipt addresses, base64 of 32 bytes")
    sms_provider_url: str = Field(description="The SMS provider's API")
    sms_provider_key: SecretStr = Field(description="The platform's key at the SMS provider")
    smtp_host: str = Field(description="The mail relay")
    smtp_port: int = Field(25, ge=1, le=65535, description="The mail relay's port")
    mail_from: str = Field(description="Sender of e-mails")
    mail_domain: str = Field(description="Right part of Message-IDs")
    lease_seconds: float = Field(15.0, gt=0, description="How long a message is one worker's before another sends it")
    first_pause_seconds: float = Field(0.5, gt=0, description="Pause after the first failure of a provider")
    longest_pause_seconds: float = Field(300.0, gt=0, description="Longest pause between two tries")
    give_up_hours: float = Field(24.0, gt=0, description="After this time a message has failed")
    parallel_messages: int = Field(8, ge=1, le=100, description="Messages that one process sends at once")
