"""The commands of auth beside its roles: what `provision`, `rotate-keys`, `withdraw-key` and `reseal` do."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from auth.app import build_dependencies
from auth.domain.errors import ClientInvalid
from auth.settings import AuthSettings
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.provision import Declaration
from auth.use_cases.provision import provision as provision_accounts
from auth.use_cases.reseal_values import reseal_values
from auth.use_cases.rotate_keys import rotate_keys as make_next_key
from auth.use_cases.withdraw_key import withdraw_key as withdraw_published_key
from shared.clock import SystemClock
from shared.http import build_http_client

Result = TypeVar("Result")


def provision(settings: AuthSettings, options: argparse.Namespace) -> None:
    try:
        text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text("utf-8")
        declaration = Declaration.model_validate_json(text)
        _with_dependencies(settings, partial(provision_accounts, declaration=declaration))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise SystemExit(f"Nothing was changed: {error}") from None
    except ClientInvalid as error:
        faults = "\n".join(f"{pointer}: {fault}" for pointer, fault in error.violations)
        raise SystemExit(f"Nothing was changed:\n{faults}") from None
    done = {"operators": len(declaration.operators), "clients": len(declaration.clients)}
    words = f"{done['operators']} operators and {done['clients']} clients are as declared."
    print(json.dumps(done) if options.json else words)


def rotate_keys(settings: AuthSettings, _options: argparse.Namespace) -> None:
    kid = _with_dependencies(settings, make_next_key)
    print(f"The key {kid} is published now and signs in {settings.key_publish_ahead_seconds} seconds.")


def withdraw_key(settings: AuthSettings, options: argparse.Namespace) -> None:
    try:
        signs = _with_dependencies(settings, partial(withdraw_published_key, kid=options.kid))
    except LookupError as error:
        raise SystemExit(f"Nothing was changed: {error}") from None
    print(f"The key {options.kid} is withdrawn; what it signed is refused within a minute. The key {signs} follows it.")


def reseal(settings: AuthSettings, _options: argparse.Namespace) -> None:
    for column, number in _with_dependencies(settings, reseal_values).items():
        print(f"{number:8d}  {column}")


def _with_dependencies(settings: AuthSettings, do: Callable[[Dependencies], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with build_http_client() as http:
            dependencies = build_dependencies(settings, clock=SystemClock(), http=http)
            try:
                return await do(dependencies)
            finally:
                await dependencies.database.dispose()

    return asyncio.run(run())
