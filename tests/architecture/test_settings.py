"""Settings: each is in the README of its service, and a run on one machine gives each process what it needs."""

import re
from pathlib import Path

from dev.declared import process_of, settings_of
from dev.environment import Servers, service_environment
from dev.run_folder import ROOT, RunFolder
from dev.topology import Ports, Service
from tests.support.project import each_service

HEADINGS = ["Owns", "Offers", "Emits", "Listens", "Calls", "Settings"]


def settings_named_in_readme(service: Service) -> list[str]:
    """Return the first column of the table under Settings."""
    text = (ROOT / "services" / service.name / "README.md").read_text("utf-8")
    section = text.partition("## Settings")[2].partition("\n## ")[0]
    return re.findall(r"^\| *`([A-Z0-9_]+)`", section, re.MULTILINE)


@each_service
def test_the_readme_has_the_six_headings(service: Service):
    text = (ROOT / "services" / service.name / "README.md").read_text("utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS


@each_service
def test_each_setting_is_in_the_readme_of_its_service_and_no_other_is(service: Service):
    known = sorted(name.upper() for name in process_of(service).settings.model_fields)
    assert sorted(settings_named_in_readme(service)) == known


@each_service
def test_each_setting_says_what_it_is(service: Service):
    fields = process_of(service).settings.model_fields
    assert [name for name, field in fields.items() if not field.description] == []


@each_service
def test_every_variable_of_a_run_is_a_setting(service: Service, tmp_path: Path):
    servers = Servers("127.0.0.1", 5432, "127.0.0.1:9092")
    given = service_environment(service, "serve", ports=Ports(), servers=servers, folder=RunFolder(tmp_path))
    assert {name.lower() for name in given} - process_of(service).settings.model_fields.keys() == set()
    assert settings_of(service)
