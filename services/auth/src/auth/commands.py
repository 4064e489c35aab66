"""The commands of auth beside its roles: what `provision` and `rotate-keys` do."""

import argparse
import asyncio
import sys
from pathlib import Path

from pydantic import ValidationError

from auth.app import build_dependencies
from auth.settings import AuthSettings
from auth.use_cases.provision import Declaration
from auth.use_cases.provision import provision as provision_accounts
from shared.clock import SystemClock
from shared.http import build_http_client


def provision(settings: AuthSettings, options: argparse.Namespace) -> None:
    text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text("utf-8")
    try:
        declaration = Declaration.model_validate_json(text)
    except ValidationError as error:
        raise SystemExit(f"Nothing was changed: {error}") from None

    async def run() -> None:
        async with build_http_client() as http:
            await provision_accounts(build_dependencies(settings, clock=SystemClock(), http=http), declaration)

    asyncio.run(run())
    print(f"{len(declaration.operators)} operators and {len(declaration.clients)} clients are as declared.")


def rotate_keys(settings: AuthSettings, _options: argparse.Namespace) -> None:
    async def run() -> str:
        async with build_http_client() as http:
            return await build_dependencies(settings, clock=SystemClock(), http=http).keys.rotate()

    print(f"The key {asyncio.run(run())} is published now and signs in six minutes.")
