"""`python -m dev.deployment …`: what the platform in containers needs beside its images: secrets, databases, demo logins.

The secrets stand in `.env` alone (never committed); compose reads it, and the Secrets of a local cluster are made of it.
"""

import argparse
import asyncio
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dev import demo_logins
from dev.postgres import create_service_databases, external_postgres
from dev.run_folder import ROOT, RunFolder
from dev.topology import SERVICES, Ports, Service

ENV_FILE = ROOT / ".env"
FOLDER = ROOT / ".run" / "containers"
_WARNING = "# Secrets of the platform in containers. Never commit this file; without it the data cannot be read."


def variable(secret: str) -> str:
    """Return the name in `.env` of one of a run's secrets: AUTH_APP is the password of the database user auth_app."""
    return secret.upper().replace("-", "_")


def new_environment() -> dict[str, str]:
    """Return new secrets for everything, by their names in `.env`."""
    with tempfile.TemporaryDirectory() as scratch:
        made = RunFolder(Path(scratch)).secrets()
    return {"POSTGRES_PASSWORD": secrets.token_hex(16), **{variable(name): value for name, value in made.items()}}


def read_environment() -> dict[str, str]:
    """Return what `.env` says."""
    if not ENV_FILE.exists():
        sys.exit("There is no .env yet. Write it with: python -m dev.deployment env")
    lines = ENV_FILE.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def declaration(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what `auth provision` is told: the operator, and a client for every service that calls another."""
    operator = {
        "login": "operator",
        "password": environment["OPERATOR_PASSWORD"],
        "totp_secret": environment["OPERATOR_TOTP"],
    }
    clients = [
        {"client_id": service.name, "secret": environment[variable(f"{service.name}_client")], "scopes": service.scopes}
        for service in SERVICES
        if service.calls
    ]
    return {"operators": [operator], "clients": clients}


def kubernetes_secrets(environment: Mapping[str, str], namespace: str) -> dict[str, Any]:
    """Return the Secrets that `deploy/k8s` names, as one List."""
    held: dict[str, dict[str, str]] = {}
    databases = {"DATABASE_SERVER_URL": f"postgresql://postgres:{environment['POSTGRES_PASSWORD']}@postgres:5432"}
    for service in SERVICES:
        app, migrator = variable(f"{service.name}_app"), variable(f"{service.name}_migrator")
        held[service.name] = _of_service(service, environment)
        held[f"{service.name}-migrator"] = {"DATABASE_MIGRATOR_PASSWORD": environment[migrator]}
        databases |= {app: environment[app], migrator: environment[migrator]}
    held["auth-declaration"] = {"declaration.json": json.dumps(declaration(environment))}
    held["databases"] = databases
    held["postgres"] = {"POSTGRES_PASSWORD": environment["POSTGRES_PASSWORD"]}
    held["registers"] = {"REGISTERS_API_KEY": environment["REGISTERS_API_KEY"]}
    held["messages"] = {"SMS_API_KEY": environment["SMS_PROVIDER_KEY"]}
    items = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace},
            "stringData": values,
        }
        for name, values in held.items()
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _of_service(service: Service, environment: Mapping[str, str]) -> dict[str, str]:
    values = {"DATABASE_PASSWORD": environment[variable(f"{service.name}_app")]}
    if service.calls:
        values["CLIENT_SECRET"] = environment[variable(f"{service.name}_client")]
    if service.needs_keys:
        values["FIELD_KEYS"] = environment[variable(f"{service.name}_field_keys")]
        values["LOOKUP_KEY"] = environment[variable(f"{service.name}_lookup_key")]
    for provider_key, holder in (("REGISTERS_API_KEY", "registry-gateway"), ("SMS_PROVIDER_KEY", "notifications")):
        if service.name == holder:
            values[provider_key] = environment[provider_key]
    return values


def _write_env(_options: argparse.Namespace) -> None:
    known = read_environment() if ENV_FILE.exists() else {}
    complete = {**new_environment(), **known}
    if complete == known:
        print(f"{ENV_FILE.name} has everything and is left as it is.")
        return
    lines = "".join(f"{name}={value}\n" for name, value in complete.items())
    draft = ENV_FILE.with_name(".env.new")
    draft.touch(mode=0o600)
    draft.write_text(f"{_WARNING}\n{lines}", "utf-8")
    draft.replace(ENV_FILE)
    print(f"{ENV_FILE.name} is written, readable by you alone; {len(complete) - len(known)} secrets are new.")


def _databases(_options: argparse.Namespace) -> None:
    server = external_postgres()
    if server is None:
        sys.exit("DATABASE_SERVER_URL is not set")
    passwords = {
        service.name: (os.environ[variable(f"{service.name}_app")], os.environ[variable(f"{service.name}_migrator")])
        for service in SERVICES
    }
    create_service_databases(server, SERVICES, passwords)
    print(f"{len(SERVICES)} databases and their users are in line.")


def _kubernetes_secrets(options: argparse.Namespace) -> None:
    print(json.dumps(kubernetes_secrets(read_environment(), options.namespace), indent=2))


def _logins(_options: argparse.Namespace) -> None:
    environment, folder = read_environment(), RunFolder(FOLDER)
    known = {name: environment[variable(name)] for name in folder.secrets()}
    folder.write("secrets.json", dict(known))
    asyncio.run(demo_logins.ensure(folder, Ports()))
    for name, login in demo_logins.read(folder).items():
        print(f"{name:15s} login {login['login']}, password {login['password']}")


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m dev.deployment", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("env", help="write .env: secrets it has stay, missing ones are made").set_defaults(
        do=_write_env
    )
    commands.add_parser(
        "databases", help="make each service's database and users on the server that DATABASE_SERVER_URL names"
    ).set_defaults(do=_databases)
    cluster = commands.add_parser(
        "kubernetes-secrets",
        help="print the Secrets of a local cluster",
        epilog="Example: python -m dev.deployment kubernetes-secrets | kubectl apply -f -",
    )
    cluster.add_argument("--namespace", default="virtual-office")
    cluster.set_defaults(do=_kubernetes_secrets)
    commands.add_parser("logins", help="make the demo logins on the platform in containers").set_defaults(do=_logins)
    options = parser.parse_args()
    options.do(options)


if __name__ == "__main__":
    main()
