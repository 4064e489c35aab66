"""The key that signs snapshots is replaced: the next one is published first, the old one goes when nobody needs it."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from catalog.app import create_app
from catalog.domain.days import kyiv_date, kyiv_today
from catalog.domain.snapshot import NotASnapshot, apply_delta, unpack
from catalog.use_cases.make_snapshot import SnapshotParts, make_snapshot
from catalog.use_cases.rotate_snapshot_key import NextKey, rotate_snapshot_key
from catalog.use_cases.verify_snapshot import verify_snapshot
from shared.database import Database
from shared.encryption import Cipher
from tests.support.apps import client_for
from tests.support.eventually import eventually

DAY = timedelta(days=1)


@pytest.fixture
async def parts(catalogue, clock) -> AsyncIterator[SnapshotParts]:
    settings = catalogue.settings
    database = Database(catalogue.url, pool_size=1)
    cipher = Cipher(settings.field_keys.get_secret_value(), lookup_key=settings.lookup_key.get_secret_value())
    yield SnapshotParts(database, cipher, clock)
    await database.dispose()


@pytest.fixture
async def kiosk(catalogue, folder, app_of, clock) -> AsyncIterator[httpx.AsyncClient]:
    await catalogue.take_in(folder.path, on=kyiv_date(clock.now()))
    async with client_for(app_of(catalogue)) as client:
        yield client


async def keys_of(kiosk: httpx.AsyncClient) -> list[dict[str, Any]]:
    return (await kiosk.get("/v1/snapshot/keys")).json()["keys"]


async def bundle_of(kiosk: httpx.AsyncClient, **query: Any) -> bytes:
    return (await kiosk.get("/v1/snapshot", params=query)).content


def signed_by(bundle: bytes, keys: list[dict[str, Any]]) -> set[str]:
    """Return the ids of the keys under which a bundle is good."""
    good = set()
    for key in keys:
        try:
            verify_snapshot(bundle, [key])
        except NotASnapshot:
            continue
        good.add(key["kid"])
    return good


async def after(days: int, clock, parts: SnapshotParts) -> None:
    """Let days pass, and a process look at its snapshot."""
    clock.advance(days=days)
    await make_snapshot(parts)


async def rotated(parts: SnapshotParts, *, at_once: bool = False) -> NextKey:
    made = await rotate_snapshot_key(parts, at_once=at_once)
    await make_snapshot(parts)
    return made


async def test_the_next_key_is_published_before_it_signs(kiosk, parts, clock):
    first = await bundle_of(kiosk)
    (old,) = await keys_of(kiosk)

    made = await rotated(parts)

    assert made.signs_from == kyiv_date(clock.now()) + 2 * DAY
    held = await keys_of(kiosk)
    assert [key["kid"] for key in held] == [made.kid, old["kid"]]
    assert await bundle_of(kiosk) == first
    await after(1, clock, parts)
    assert await bundle_of(kiosk) == first
    await after(1, clock, parts)
    # a kiosk that fetched the keys when they were two needs no others
    assert signed_by(await bundle_of(kiosk), held) == {made.kid}


async def test_the_next_key_signs_a_version_in_which_nothing_else_is_new(kiosk, parts, clock):
    base = json.loads(unpack(await bundle_of(kiosk))[1])
    made = await rotated(parts)

    await after(2, clock, parts)

    delta = await bundle_of(kiosk, since=base["version"])
    document = json.loads(unpack(delta)[1])
    assert signed_by(delta, await keys_of(kiosk)) == {made.kid}
    assert (document["version"], document["since"]) == (base["version"] + 1, base["version"])
    assert not any(document["changed"].values())
    assert apply_delta(base, document)["entries"] == base["entries"]
    await after(1, clock, parts)
    assert json.loads(unpack(await bundle_of(kiosk))[1])["version"] == base["version"] + 1


async def test_a_replaced_key_stays_for_a_month_and_is_gone_then(kiosk, parts, clock, catalogue):
    first = await bundle_of(kiosk)
    (old,) = await keys_of(kiosk)
    made = await rotated(parts)

    await after(2 + 29, clock, parts)
    assert signed_by(first, await keys_of(kiosk)) == {old["kid"]}

    await after(1, clock, parts)
    assert [key["kid"] for key in await keys_of(kiosk)] == [made.kid]
    assert [row["kid"] for row in await catalogue.rows("SELECT kid FROM snapshot_keys")] == [made.kid]
    assert signed_by(await bundle_of(kiosk), await keys_of(kiosk)) == {made.kid}


async def test_a_key_that_leaked_is_replaced_at_once_and_proves_nothing_any_more(kiosk, parts):
    first = await bundle_of(kiosk)

    made = await rotated(parts, at_once=True)

    keys = await keys_of(kiosk)
    assert [key["kid"] for key in keys] == [made.kid]
    assert signed_by(first, keys) == set()
    assert signed_by(await bundle_of(kiosk), keys) == {made.kid}


async def test_of_two_keys_for_one_day_the_later_signs(kiosk, parts, clock):
    await bundle_of(kiosk)
    await rotated(parts)
    made = await rotated(parts)

    await after(2, clock, parts)

    assert signed_by(await bundle_of(kiosk), await keys_of(kiosk)) == {made.kid}


async def test_the_first_key_of_all_signs_at_once(parts, clock):
    assert (await rotate_snapshot_key(parts, at_once=False)).signs_from == kyiv_date(clock.now())


def run_rotation(catalogue, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, with the settings of a service process."""
    settings = catalogue.settings
    environment = {
        "DATABASE_URL": catalogue.url,
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "AUTH_ISSUER": settings.auth_issuer,
        "AUTH_URL": settings.auth_url,
        "PUBLIC_URL": settings.public_url,
        "FIELD_KEYS": settings.field_keys.get_secret_value(),
        "LOOKUP_KEY": settings.lookup_key.get_secret_value(),
    }
    command = [sys.executable, "-m", "catalog", "rotate-snapshot-key", *arguments]
    return subprocess.run(  # noqa: S603  our own module
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


async def test_the_command_says_which_key_signs_from_when_and_kiosks_get_it(catalogue, folder, tokens):
    await catalogue.take_in(folder.path)
    async with client_for(create_app(catalogue.settings, keys=tokens.keys)) as kiosk:
        await bundle_of(kiosk)
        planned, leaked = run_rotation(catalogue), run_rotation(catalogue, "--at-once", "--json")

        assert (planned.returncode, leaked.returncode) == (0, 0), planned.stderr + leaked.stderr
        assert f"is published and signs snapshots from {kyiv_today() + 2 * DAY}." in planned.stdout
        told = json.loads(leaked.stdout)
        assert told["signs_from"] == kyiv_today().isoformat()

        async def is_signed_by_it() -> bool:
            return signed_by(await bundle_of(kiosk), await keys_of(kiosk)) == {told["kid"]}

        await eventually(is_signed_by_it)
        assert [key["kid"] for key in await keys_of(kiosk)] == [told["kid"]]


def test_a_database_that_does_not_answer_is_said_and_no_key_is_told(catalogue):
    done = run_rotation(replace(catalogue, url="postgresql://nobody@127.0.0.1:9/catalog"))

    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", "The database does not answer.")
