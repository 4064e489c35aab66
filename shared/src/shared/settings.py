"""Settings of every process, read once from the environment at start and passed down.

A missing or wrong value stops the process with its name, not with the values beside it, which are secrets.
Nothing is read later or at import.
"""

from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _networks(text: str) -> str:
    """Return the networks; a wildcard would let every client choose the address that it is known by."""
    for part in filter(None, text.split(",")):
        ip_network(part.strip())
    return text


class ServiceSettings(BaseSettings):
    """What every service needs. Each service adds its own; the field's upper-case name is the variable."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", case_sensitive=False, hide_input_in_errors=True)

    database_url: SecretStr = Field(description="The service's own database, as its application user")
    database_migrator_url: SecretStr | None = Field(None, description="The same database, as the user who owns it")
    database_pool_size: int = Field(10, ge=1, le=100, description="Connections that one process may hold")
    kafka_bootstrap_servers: str = Field(description="Brokers, host:port, separated by commas")
    auth_issuer: str = Field(description="`iss` of the tokens that are accepted")
    auth_url: str = Field(description="Where auth answers inside the network: keys and tokens are fetched there")
    public_url: str = Field(description="The service's own address as clients see it")
    client_id: str | None = Field(None, description="This service's own client at auth, for calls to other services")
    client_secret: SecretStr | None = Field(None, description="The secret of that client")
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(0, ge=0, le=65535, description="Port of the API, or of health and metrics in other roles")
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = Field(
        "", description="Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level that is logged")
    max_body_bytes: int = Field(1_048_576, ge=1024, description="Largest JSON body that is read")
    otel_exporter_otlp_endpoint: str | None = Field(None, description="OTLP collector; without it spans are not kept")
