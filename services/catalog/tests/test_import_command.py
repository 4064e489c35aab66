"""The import as an operator runs it: what it says, and its exit code."""

import json
import os
import subprocess
import sys
from base64 import b64encode
from io import StringIO
from pathlib import Path

import pytest

from catalog.domain.days import kyiv_today
from catalog.telling import ProgressLine


class Terminal(StringIO):
    """An output that is a terminal."""

    def isatty(self) -> bool:
        return True


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
            "FIELD_KEYS": f"k1:{b64encode(b'f' * 32).decode()}",
            "LOOKUP_KEY": b64encode(b"l" * 32).decode(),
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
    nothing = {"unchanged": 2, "organisations": 0, "records": 0, "places": 0, "changes": []}
    assert json.loads(second.stdout) == {"new_versions": []} | nothing
    assert first.stderr + second.stderr == ""
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


async def test_a_dry_run_prints_each_member_that_would_change(run_import, folder, catalogue):
    await catalogue.take_in(folder.path)
    slug = folder.read("services")["services"][1]["slug"]
    reasons = folder.read("services")["services"][1]["refusal_reasons"]
    deadline = folder.read("services")["services"][1]["deadline"] | {"days": 7}
    folder.change("services", 1, deadline=deadline, refusal_reasons=reasons[1:], name_en="Another name")
    before = await catalogue.events()

    told, as_json = run_import(folder.path, "--dry-run"), run_import(folder.path, "--dry-run", "--json")

    lines = told.stdout.splitlines()
    assert lines[0] == f"public_services/{slug}: changed, version 2 from {kyiv_today()}"
    assert any(line.startswith("  name.en: ") and line.endswith('→ "Another name"') for line in lines)
    assert any(line.startswith("  term.days: ") and line.endswith(" → 7") for line in lines)
    assert any(
        line.startswith(f"  refusal_codes[{reasons[0]['code']}]: ") and line.endswith("→ nothing") for line in lines
    )
    assert lines[-2] == "1 versions would be published, 1 cards are unchanged,"
    (change,) = json.loads(as_json.stdout)["changes"]
    assert {each["member"]: each.get("after") for each in change["differences"]}["term.days"] == 7
    assert await catalogue.events() == before


async def test_a_table_with_a_fault_is_told_by_row_and_column(run_import, folder, tmp_path):
    table = tmp_path / "services.csv"
    table.write_text("slug,code\nno-more,1\n", "utf-8")

    told, as_json = run_import(table), run_import(table, "--json")

    assert "services.csv, row 1, name_uk: this column is missing\n" in told.stderr
    first = json.loads(as_json.stdout)["faults"][0]
    assert (first["file"], first["row"], first["column"]) == ("services.csv", 1, "name_uk")


def test_a_progress_line_is_written_to_a_terminal_only():
    terminal, pipe = Terminal(), StringIO()
    for to in (terminal, pipe):
        line = ProgressLine(to)
        line.tell("publishing", 15, 30)
        line.clear()

    assert f"publishing {'█' * 15}{'░' * 15} 15 of 30" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    assert pipe.getvalue() == ""


async def test_an_import_without_a_database_fails_in_one_line(run_import, folder):
    done = run_import(folder.path, database_url="postgresql://nobody:x@127.0.0.1:9/catalog")

    assert (done.returncode, done.stderr) == (1, "The database does not answer.\n")
