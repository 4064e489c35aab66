"""The import as an operator runs it: what it says, and its exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def run_import(catalogue):
    """Run the command in a process of its own, with the settings of a service process."""

    def run(*arguments: str | Path, database_url: str = catalogue.url) -> subprocess.CompletedProcess[str]:
        settings = {
            "DATABASE_URL": database_url,
            "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
            "AUTH_ISSUER": "http://auth.test",
            "AUTH_URL": "http://auth.test",
            "PUBLIC_URL": "http://catalog.test",
        }
        command = [sys.executable, "-m", "catalog", "import", *map(str, arguments)]
        return subprocess.run(  # noqa: S603  our own module
            command, env={**os.environ, **settings}, capture_output=True, text=True, check=False
        )

    return run


async def test_an_import_says_what_it_published_and_then_that_nothing_is_new(run_import, folder, catalogue):
    first, second = run_import(folder.path), run_import(folder.path, "--json")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout.startswith("2 versions were published")
    assert json.loads(second.stdout) == {"new_versions": [], "unchanged": 2, "organisations": 0, "records": 0}
    assert len(await catalogue.rows("SELECT FROM public_services")) == 2


async def test_a_refused_import_lists_the_faults_and_fails(run_import, folder, catalogue):
    folder.change("services", 0, agency="nobody")
    folder.change("services", 1, agency="nobody")

    told, as_json = run_import(folder.path), run_import(folder.path, "--json")

    assert (told.returncode, as_json.returncode) == (1, 1)
    assert "services.json#/services/0/agency: unknown agency: nobody" in told.stderr
    assert told.stderr.endswith("2 faults; nothing was written.\n")
    assert [fault["pointer"] for fault in json.loads(as_json.stdout)["faults"]] == [
        "/services/0/agency",
        "/services/1/agency",
    ]
    assert await catalogue.rows("SELECT FROM public_services") == []


async def test_an_import_without_a_database_fails_in_one_line(run_import, folder):
    done = run_import(folder.path, database_url="postgresql://nobody:x@127.0.0.1:9/catalog")

    assert (done.returncode, done.stderr) == (1, "The database does not answer.\n")
