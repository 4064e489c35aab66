"""Generated services: repeatable, each another, in the shape of the data set."""

import json
from pathlib import Path

import pytest

from dev.generate_services import DEFAULT_COUNT, MOST, generate, main

MADE = generate()["services"]


def test_generated_services_are_always_the_same_and_each_is_another():
    assert len(MADE) == DEFAULT_COUNT
    assert generate()["services"] == MADE
    for name in ("slug", "code", "name_uk", "name_en"):
        assert len({record[name] for record in MADE}) == len(MADE)
    assert generate(10, seed=2)["services"] != MADE[:10]


@pytest.mark.parametrize("count", [0, -1, MOST + 1])
def test_more_services_than_the_words_give_are_refused(count):
    with pytest.raises(ValueError, match=f"between 1 and {MOST}"):
        generate(count)


def test_the_command_writes_as_many_as_it_is_told(tmp_path: Path, monkeypatch, capsys):
    file = tmp_path / "some.json"
    monkeypatch.setattr("sys.argv", ["generate_services", "--count", "7", str(file)])

    main()

    assert [record["slug"] for record in json.loads(file.read_text("utf-8"))["services"]] == [
        record["slug"] for record in generate(7)["services"]
    ]
    assert capsys.readouterr().out.startswith("7 services, ")
