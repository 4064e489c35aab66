"""Settings of the applications service."""

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings

NAME = "applications"


class ApplicationsSettings(ServiceSettings):
    """What applications needs beside the settings of every service."""

    field_keys: SecretStr = Field(description="Keys for personal data at rest, `id:base64,…`; the first one writes")
    lookup_key: SecretStr = Field(description="Key of look-up hashes and access codes, base64 of 32 bytes")
    files_url: str = Field(description="Object store of supporting documents: `file:///folder` or `s3://bucket/prefix`")
    max_file_bytes: int = Field(20_971_520, ge=1024, description="Largest supporting document that is taken")
