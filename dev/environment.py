"""The settings that each process is started with on one machine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from dev.run_folder import RunFolder
from dev.topology import SERVICES, Ports, Service


@dataclass(frozen=True)
class Servers:
    """Where PostgreSQL and Kafka answer."""

    postgres_host: str
    postgres_port: int
    bootstrap_servers: str

    def database_url(self, service: Service, user: str, password: str) -> str:
        host = f"{self.postgres_host}:{self.postgres_port}"
        return f"postgresql://{service.database}_{user}:{password}@{host}/{service.database}"


def service_environment(
    service: Service, role: str, *, ports: Ports, servers: Servers, folder: RunFolder
) -> Mapping[str, str]:
    """Return the variables of one process of a service."""
    secrets = folder.secrets()
    own: dict[str, str] = {
        "DATABASE_URL": servers.database_url(service, "app", secrets[f"{service.name}_app"]),
        "DATABASE_MIGRATOR_URL": servers.database_url(service, "migrator", secrets[f"{service.name}_migrator"]),
        "KAFKA_BOOTSTRAP_SERVERS": servers.bootstrap_servers,
        "AUTH_ISSUER": ports.url("auth"),
        "AUTH_URL": ports.url("auth"),
        "PUBLIC_URL": ports.url(service.name),
        "HOST": "127.0.0.1",
        "PORT": str(ports.of(service, role)),
    }
    if service.calls:
        own |= {"CLIENT_ID": service.name, "CLIENT_SECRET": secrets[f"{service.name}_client"]}
        own |= {f"{peer.upper()}_URL": ports.url(peer) for peer in service.calls}
    if service.needs_keys:
        own |= {
            "FIELD_KEYS": secrets[f"{service.name}_field_keys"],
            "LOOKUP_KEY": secrets[f"{service.name}_lookup_key"],
        }
    return own | _of_one(service.name, ports, folder, secrets)


def _of_one(name: str, ports: Ports, folder: RunFolder, secrets: Mapping[str, str]) -> dict[str, str]:
    """Settings that only one service has."""
    match name:
        case "applications":
            return {"FILES_URL": folder.files.resolve().as_uri()}
        case "registry-gateway":
            return {"REGISTERS_URL": ports.url("registers"), "REGISTERS_API_KEY": secrets["registers_api_key"]}
        case "notifications":
            return {
                "SMS_PROVIDER_URL": ports.url("messages"),
                "SMS_PROVIDER_KEY": secrets["sms_provider_key"],
                "SMTP_HOST": "127.0.0.1",
                "SMTP_PORT": str(ports.named("smtp")),
                "MAIL_FROM": "office@virtual-office.example",
                "MAIL_DOMAIN": "virtual-office.example",
            }
    return {}


def outside_environment(folder: RunFolder) -> Mapping[str, str]:
    """Return the variables of the simulated registers and providers."""
    secrets = folder.secrets()
    return {"REGISTERS_API_KEY": secrets["registers_api_key"], "SMS_API_KEY": secrets["sms_provider_key"]}


def accounts_declared(folder: RunFolder) -> str:
    """Return the declaration of the first operator and of the services' own clients, for `auth provision`."""
    secrets = folder.secrets()
    operator = {
        "login": "operator",
        "password": secrets["operator_password"],
        "totp_secret": secrets["operator_totp"],
    }
    clients = [
        {"client_id": service.name, "secret": secrets[f"{service.name}_client"], "scopes": service.scopes}
        for service in SERVICES
        if service.calls
    ]
    return json.dumps({"operators": [operator], "clients": clients})
