"""The snapshot: signed, whole or as a difference, made once after the catalogue changed and not otherwise."""

import asyncio
import copy
import gzip
import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from catalog.domain.canonical import canonical
from catalog.domain.snapshot import LISTS, apply_delta, unpack
from catalog.use_cases.make_snapshot import SnapshotParts, make_snapshot
from catalog.use_cases.verify_snapshot import verify_snapshot
from shared.database import Database
from shared.encryption import Cipher
from tests.support.apps import client_for
from tests.support.catalog_places import a_power_cut
from tests.support.eventually import eventually


@pytest.fixture
async def kiosk(catalogue, folder, app_of) -> AsyncIterator[httpx.AsyncClient]:
    """A reader of a small catalogue."""
    await catalogue.take_in(folder.path)
    async with client_for(app_of(catalogue)) as client:
        yield client


@pytest.fixture
async def parts(catalogue, clock) -> AsyncIterator[SnapshotParts]:
    """What a process of the catalogue makes snapshots with."""
    settings = catalogue.settings
    database = Database(catalogue.url, pool_size=1)
    cipher = Cipher(settings.field_keys.get_secret_value(), lookup_key=settings.lookup_key.get_secret_value())
    yield SnapshotParts(database, cipher, clock)
    await database.dispose()


async def keys_of(kiosk: httpx.AsyncClient) -> list[dict[str, Any]]:
    return (await kiosk.get("/v1/snapshot/keys")).json()["keys"]


def content_of(answer: httpx.Response) -> dict[str, Any]:
    return json.loads(unpack(answer.content)[1])


async def version_of(kiosk: httpx.AsyncClient) -> int:
    return content_of(await kiosk.get("/v1/snapshot"))["version"]


async def test_a_snapshot_has_all_that_works_without_the_network(kiosk, folder):
    content = content_of(await kiosk.get("/v1/snapshot"))
    entries = content["entries"]
    assert set(entries) == set(LISTS)
    for name in ("territories", "service_centres", "agencies"):
        assert {record["slug"] for record in folder.read(name)[name]} <= set(entries[name]), name
    card = entries["public_services"]["pet-registration"]
    live = (await kiosk.get("/v1/public-services/pet-registration")).json()
    assert {name: live[name] for name in ("version", "form", "fee", "term", "name")}.items() <= card.items()
    assert {event for card in entries["public_services"].values() for event in card["life_events"]} == set(
        entries["life_events"]
    )
    assert entries["service_centres"]["cnap-apostolivskyi-raion"]["opening_hours"]
    assert entries["access_points"]["kiosk-cnap-apostolivskyi-raion"]["centre"] == "cnap-apostolivskyi-raion"


async def test_a_snapshot_is_signed_by_a_published_key(kiosk):
    answer = await kiosk.get("/v1/snapshot")
    assert answer.headers["content-type"] == "application/gzip"
    verified = verify_snapshot(answer.content, await keys_of(kiosk))
    document = unpack(answer.content)[1]
    assert verified.claims["sha256"] == verified.claims["full_sha256"] == sha256(document).hexdigest()
    assert document == canonical(json.loads(document))


async def test_the_private_key_is_sealed_and_never_published(kiosk, catalogue):
    (key,) = await keys_of(kiosk)
    assert set(key) == {"kty", "crv", "use", "alg", "kid", "x", "y"}
    (row,) = await catalogue.rows("SELECT private_sealed FROM snapshot_keys")
    assert b"PRIVATE KEY" not in row["private_sealed"]


async def test_who_has_the_newest_is_told_so(kiosk):
    first = await kiosk.get("/v1/snapshot")
    for address in ("/v1/snapshot", "/v1/snapshot?since=1"):
        again = await kiosk.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert "max-age" in first.headers["cache-control"]


@pytest.mark.parametrize("since", ["0", "-1", "x", "99999999999"])
async def test_what_is_no_version_is_refused(kiosk, since):
    assert (await kiosk.get(f"/v1/snapshot?since={since}")).status_code == 422


async def test_a_version_that_is_not_known_gets_the_whole(kiosk):
    answer = await kiosk.get("/v1/snapshot?since=41")
    assert verify_snapshot(answer.content, await keys_of(kiosk)).claims["kind"] == "full"


async def test_a_difference_and_what_it_starts_from_make_the_whole(kiosk, catalogue, folder):
    base = await kiosk.get("/v1/snapshot")
    folder.change("services", 0, name_en="Another name")
    folder.change("service_centres", 1, has_kiosk=False)
    await catalogue.take_in(folder.path)
    await eventually(lambda: _is_version(kiosk, 2))
    keys = await keys_of(kiosk)
    delta, full = await kiosk.get("/v1/snapshot?since=1"), await kiosk.get("/v1/snapshot")
    assert verify_snapshot(delta.content, keys, base=base.content).claims["kind"] == "delta"
    changed = content_of(delta)
    centre, slug = (folder.read(name)[name][place]["slug"] for name, place in (("service_centres", 1), ("services", 0)))
    assert {name: set(entries) for name, entries in changed["changed"].items() if entries} == {
        "public_services": {slug},
        "service_centres": {centre},
    }
    assert changed["removed"] == {"access_points": [f"kiosk-{centre}"]}
    assert canonical(apply_delta(content_of(base), changed)) == unpack(full.content)[1]
    assert len(delta.content) < len(full.content)


async def test_a_power_cut_reaches_the_kiosks(kiosk, tokens, parts):
    centre = "cnap-apostolivskyi-raion"
    await version_of(kiosk)
    answer = await kiosk.post(
        f"/v1/service-centres/{centre}/exceptions",
        json=a_power_cut(parts.today.isoformat()),
        headers=tokens.headers(role="head_of_service_centre", organisation=centre) | {"If-Match": '"0"'},
    )
    assert answer.status_code == 201, answer.text
    await eventually(lambda: _is_version(kiosk, 2))
    changed = content_of(await kiosk.get("/v1/snapshot?since=1"))["changed"]["service_centres"]
    assert [exception["kind"] for exception in changed[centre]["exceptions"]] == ["power-cut"]


async def test_a_service_that_is_withdrawn_leaves_the_snapshot_on_its_day(parts, catalogue, folder, clock):
    await catalogue.take_in(folder.path)
    assert await make_snapshot(parts) == 1
    last_day = parts.today + timedelta(days=2)
    await catalogue.rows("UPDATE public_services SET withdrawn_on = $1 WHERE slug = 'pet-registration'", last_day)
    assert await make_snapshot(parts) == 2  # the card tells from when
    clock.advance(days=1)
    assert await make_snapshot(parts) is None
    clock.advance(days=1)
    assert await make_snapshot(parts) == 3
    gone = await catalogue.rows("SELECT list, slug FROM snapshot_entries WHERE content IS NULL AND changed_in = 3")
    assert ("public_services", "pet-registration") in [tuple(row) for row in gone]


async def test_an_import_that_changes_nothing_makes_no_snapshot(kiosk, catalogue, folder):
    before = await version_of(kiosk)
    rows = "SELECT checked_at FROM snapshots"
    (checked,) = await catalogue.rows(rows)
    await catalogue.take_in(folder.path)

    async def is_checked() -> bool:
        return await catalogue.rows(rows) != [checked]

    await eventually(is_checked)
    assert await version_of(kiosk) == before


async def test_a_change_that_nobody_heard_is_found_when_listening_begins_again(kiosk, catalogue, folder):
    await version_of(kiosk)
    listeners = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%catalog_changed%'"
    assert await catalogue.rows(listeners)
    folder.change("services", 0, name_en="Changed unheard")
    await catalogue.take_in(folder.path)
    await eventually(lambda: _is_version(kiosk, 2))


async def test_reading_makes_no_snapshot(kiosk, catalogue):
    await version_of(kiosk)
    state = "SELECT version, made_at, bundle FROM snapshots"  # each signature is another one
    before = await catalogue.rows(state)
    for _ in range(3):
        await kiosk.get("/v1/snapshot")
        await kiosk.get("/v1/snapshot?since=1")
    assert await catalogue.rows(state) == before
    assert len(await catalogue.rows("SELECT 1 FROM snapshot_deltas")) == 1


async def test_two_processes_make_it_once(catalogue, folder, app_of):
    await catalogue.take_in(folder.path)
    async with client_for(app_of(catalogue)) as one, client_for(app_of(catalogue)) as other:
        await asyncio.gather(*(kiosk.get("/v1/snapshot") for kiosk in (one, other) for _ in range(4)))
        folder.change("services", 0, name_en="Another name")
        await catalogue.take_in(folder.path)
        await eventually(lambda: _is_version(one, 2))
        bundles = {(await kiosk.get(path)).content for kiosk in (one, other) for path in ("/v1/snapshot",) * 2}
        deltas = await asyncio.gather(*(kiosk.get("/v1/snapshot?since=1") for kiosk in (one, other) for _ in range(4)))
    assert len(bundles) == 1
    assert len({answer.content for answer in deltas}) == 1
    assert len(await catalogue.rows("SELECT 1 FROM snapshot_keys")) == 1
    assert {row["changed_in"] for row in await catalogue.rows("SELECT DISTINCT changed_in FROM snapshot_entries")} == {
        1,
        2,
    }


async def test_of_many_who_make_it_at_once_one_does(parts, catalogue, folder):
    await catalogue.take_in(folder.path)
    others = [SnapshotParts(Database(catalogue.url, pool_size=1), parts.cipher, parts.clock) for _ in range(3)]
    made = await asyncio.gather(*(make_snapshot(each) for each in others))
    for each in others:
        await each.database.dispose()
    assert sorted(made, key=str) == [1, None, None]


async def _is_version(kiosk: httpx.AsyncClient, version: int) -> bool:
    return await version_of(kiosk) == version


def tampered(bundle: bytes, change) -> bytes:
    """Return the bundle with its document changed and packed again; the signature stays."""
    signature, document = unpack(bundle)
    content = json.loads(document)
    change(content)
    return gzip.compress(canonical({"signature": signature}) + b"\n" + canonical(content) + b"\n")


def _give_away(content: Mapping[str, Any]) -> None:
    content["entries"]["public_services"]["pet-registration"]["fee"]["amount_uah"] = 1000


def _take_out(content: Mapping[str, Any]) -> None:
    del content["entries"]["service_centres"]["cnap-apostolivskyi-raion"]


def _renumber(content: dict[str, Any]) -> None:
    content["version"] += 1


@pytest.mark.parametrize("change", [_give_away, _take_out, _renumber])
async def test_a_changed_snapshot_is_found_out(kiosk, change):
    answer = await kiosk.get("/v1/snapshot")
    with pytest.raises(Exception, match=r"The document was changed"):
        verify_snapshot(tampered(answer.content, change), await keys_of(kiosk))


async def test_a_snapshot_that_another_key_signed_is_found_out(kiosk, tokens):
    answer = await kiosk.get("/v1/snapshot")
    (key,) = await keys_of(kiosk)
    forged = {**tokens.key.jwk, "kid": key["kid"]}
    with pytest.raises(Exception, match="bad-signature"):
        verify_snapshot(answer.content, [forged])
    with pytest.raises(Exception, match="unknown-key"):
        verify_snapshot(answer.content, [dict(tokens.key.jwk)])


async def test_a_difference_applied_to_another_snapshot_is_found_out(kiosk, catalogue, folder):
    base = await kiosk.get("/v1/snapshot")
    folder.change("services", 0, name_en="Another name")
    await catalogue.take_in(folder.path)
    await eventually(lambda: _is_version(kiosk, 2))
    delta, full = await kiosk.get("/v1/snapshot?since=1"), await kiosk.get("/v1/snapshot")
    keys = await keys_of(kiosk)
    with pytest.raises(Exception, match="starts from version 1, not 2"):
        verify_snapshot(delta.content, keys, base=full.content)
    lost = copy.deepcopy(content_of(base))
    del lost["entries"]["agencies"]
    assert canonical(apply_delta(lost, content_of(delta))) != unpack(full.content)[1]
