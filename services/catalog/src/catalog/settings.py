"""Settings of the catalog service."""

from pydantic import Field, SecretStr

from shared.settings import ServiceSettings

NAME = "catalog"


class CatalogSettings(ServiceSettings):
    """What catalog needs beside the settings of every service."""

    field_keys: SecretStr = Field(description="Keys for the private key of snapshots at rest, `id:base64,…`")
    lookup_key: SecretStr = Field(description="Key of look-up hashes, base64 of 32 bytes")
