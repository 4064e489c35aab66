"""Checking a snapshot as a reader does: with the command, without any settings, and with the recipe of docs/snapshot.md."""

import json
import os
import re
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from catalog.domain.snapshot import unpack
from catalog.verifying import verify_file
from dev.run_folder import ROOT
from tests.support.apps import client_for
from tests.support.eventually import eventually
from tests.support.serving import serving

RECIPE = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "snapshot.md").read_text("utf-8"), re.DOTALL)


@dataclass
class Kept:
    """What a kiosk has on its disk."""

    base: Path
    delta: Path
    keys: Path


@pytest.fixture
async def kept(catalogue, folder, app_of, tmp_path) -> Kept:
    """A snapshot, the difference to the next one, and the keys."""
    files = Kept(tmp_path / "snapshot-1.json.gz", tmp_path / "snapshot-2.json.gz", tmp_path / "keys.json")
    await catalogue.take_in(folder.path)
    async with client_for(app_of(catalogue)) as client:
        files.base.write_bytes((await client.get("/v1/snapshot")).content)
        files.keys.write_bytes((await client.get("/v1/snapshot/keys")).content)
        folder.change("services", 0, name_en="Another name")
        await catalogue.take_in(folder.path)

        async def is_delta() -> bool:
            files.delta.write_bytes((await client.get("/v1/snapshot?since=1")).content)
            return json.loads(unpack(files.delta.read_bytes())[1])["version"] == 2

        await eventually(is_delta)
    return files


@pytest.fixture
def check() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in a process that has no settings of the service."""
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "NO_PROXY"}}

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "catalog", "verify-snapshot", *map(str, arguments)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603  our own

    return run


def spoil(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_a_good_snapshot_is_said_to_be_good(check, kept):
    done = check(kept.base, "--keys", kept.keys)
    assert done.returncode == 0, done.stderr
    assert re.match(r"good: snapshot of version 1, made \S+: .*\b2 public services", done.stdout)


def test_a_difference_is_checked_with_what_it_starts_from(check, kept):
    done = check(kept.delta, "--keys", kept.keys, "--base", kept.base, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["good"], told["kind"], told["since"], told["version"]) == (True, "delta", 1, 2)
    assert told["entries"]["public_services"] == 1


def test_the_keys_can_be_fetched(kept):
    async def keys_app(_scope, _receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": kept.keys.read_bytes()})

    with serving(keys_app) as address:
        keys = f"{address}/v1/snapshot/keys"
        assert verify_file(Namespace(file=kept.base, keys=keys, base=None, json=False)) == 0


def test_a_spoilt_snapshot_is_said_to_be_bad(check, kept):
    spoil(kept.base)
    done = check(kept.base, "--keys", kept.keys)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("NOT GOOD: ")


def test_a_program_is_told_what_is_bad_on_standard_output(kept, capsys):
    spoil(kept.base)
    assert verify_file(Namespace(file=kept.base, keys=str(kept.keys), base=None, json=True)) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["good"] is False
    assert told["reason"]


@pytest.mark.parametrize("missing", ["file", "keys", "base"])
def test_what_cannot_be_read_is_told_apart_from_what_is_bad(kept, tmp_path, capsys, missing):
    options = {"file": kept.delta, "keys": str(kept.keys), "base": kept.base}
    unread = options | {missing: type(options[missing])(tmp_path / "missing")}
    assert verify_file(Namespace(**unread, json=False)) == 2
    assert capsys.readouterr().err.startswith("cannot be read: ")


def test_a_file_that_holds_no_keys_cannot_be_read(kept, tmp_path):
    keys = tmp_path / "none.json"
    keys.write_text("{}")
    assert verify_file(Namespace(file=kept.base, keys=str(keys), base=None, json=False)) == 2


def test_the_recipe_of_the_documentation_works(kept, tmp_path):
    recipe = tmp_path / "recipe.py"
    assert RECIPE is not None
    recipe.write_text(RECIPE[1], "utf-8")

    def run(file: Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "ignore", str(recipe), str(file), str(kept.keys)]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own

    assert (run(kept.base).stdout, run(kept.delta).stdout) == ("good: full 1\n", "good: delta 2\n")
    spoil(kept.base)
    assert run(kept.base).returncode != 0
