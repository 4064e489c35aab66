"""What the catalogue publishes reaches applications and the gateway: for new cases only, and again from the topics alone."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from applications.domain.calendar import kyiv_date
from dev import demo_logins
from dev.client import StepFailed
from dev.environment import Servers, service_environment
from dev.journey import SERVICE, Journey
from dev.platform import DATA
from dev.topology import by_name
from tests.support.databases import ServiceDatabases
from tests.support.eventually import eventually
from tests.support.platform import SERVICES, RunningPlatform

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.kafka]

OWNER = "municipal-council--dnipro"
DROPPED_CHECK, NEW_CODE = "community-register", "dwelling-unfit"
NEW_TERM = {"days": 45, "unit": "calendar", "basis": "Закон № 1871-IX"}
PROJECTIONS = {
    "applications": ("cards", "withdrawals", "organisations"),
    "registry-gateway": ("cards",),
    "auth": ("organisations",),
}

Run = Callable[..., Awaitable[str]]
Rows = Callable[..., Awaitable[list[Mapping[str, Any]]]]


@pytest.fixture
def run(platform: RunningPlatform, service_databases: ServiceDatabases, kafka_servers: str) -> Run:
    """Run a command of a service as an operator does, to its end; return what it printed."""
    servers = Servers("127.0.0.1", service_databases.server.port, kafka_servers)
    processes = {service.name: service for service in SERVICES}

    async def run(name: str, *arguments: str) -> str:
        known = by_name(name)
        declared = service_environment(known, "serve", ports=platform.ports, servers=servers, folder=platform.folder)
        own = {**declared, "DATABASE_URL": await service_databases.make(processes[name]), "LOG_LEVEL": "ERROR"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", known.module, *arguments,
            env={**os.environ, **own}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        printed, _ = await process.communicate()
        assert process.returncode == 0, printed.decode()
        return printed.decode()

    return run


@pytest.fixture
def rows(service_databases: ServiceDatabases) -> Rows:
    """Run a statement in a service's database as its owner; return the rows."""

    async def rows(name: str, statement: str, *arguments: Any) -> list[Mapping[str, Any]]:
        server = service_databases.server
        connection = await asyncpg.connect(server.url(by_name(name).database, server.superuser, server.password))
        try:
            return [dict(row) for row in await connection.fetch(statement, *arguments)]
        finally:
            await connection.close()

    return rows


async def head_of_the_owner(platform: RunningPlatform) -> str:
    """Return the access token of the head of the agency that owns the card; the operator appoints one first."""
    client, folder = platform.client, platform.folder
    if known := demo_logins.read(folder).get("head.owner"):
        return await demo_logins.sign_in(client, folder, known)
    password = folder.secrets()["operator_password"]
    operator = await demo_logins.sign_in(client, folder, demo_logins.read(folder)["operator"])
    mandate = {"role": "head_of_executive_agency", "organisation": OWNER}
    body = {"login": "head.owner", "full_name": "Власна Надія Картівна", "mandate": mandate}
    secret = await demo_logins.appoint(client, operator, body, key="head-of-the-owner", password=password)
    login = {"login": "head.owner", "password": password, "totp_secret": secret}
    demo_logins.keep(folder, login)
    return await demo_logins.sign_in(client, folder, login)


async def publish(platform: RunningPlatform, change: Callable[[dict[str, Any]], None]) -> int:
    """Publish a changed definition from today on, as the head does; return the number of the version."""
    token, path = await head_of_the_owner(platform), f"/v1/public-services/{SERVICE}"
    found = await platform.client.send("GET", "catalog", f"{path}/draft", token=token)
    definition = found.json()["definition"]
    change(definition)
    state = {"If-Match": found.headers["etag"]}
    kept = await platform.client.send("PUT", "catalog", f"{path}/draft", token=token, json=definition, headers=state)
    assert kept.status_code == 200, kept.text
    body, state = {"valid_from": kyiv_date(datetime.now(UTC)).isoformat()}, {"If-Match": kept.headers["etag"]}
    published = await platform.client.json("POST", "catalog", f"{path}/publish", token=token, json=body, headers=state)
    return int(published["version"])


async def known_everywhere(rows: Rows, version: int) -> None:
    """Wait until applications and the gateway know a version of the card."""
    for name in ("applications", "registry-gateway"):
        known = "SELECT 1 FROM cards WHERE (slug, version) = ($1, $2)"
        await eventually(partial(rows, name, known, SERVICE, version))


def demand_more(definition: dict[str, Any]) -> None:
    """A longer term, one more refusal code, one check less."""
    definition["term"] |= NEW_TERM
    definition["technological_card"]["steps"][1] |= {"days": NEW_TERM["days"], "unit": NEW_TERM["unit"]}
    text = {"uk": "Житло непридатне", "en": "The dwelling is unfit"}
    definition["refusal_codes"].append({"code": NEW_CODE, "text": text, "legal_reference": "Закон № 1871-IX"})
    definition["register_checks"] = [
        check for check in definition["register_checks"] if check["register"] != DROPPED_CHECK
    ]


async def a_submitted_case(platform: RunningPlatform) -> Journey:
    journey = platform.a_journey()
    await journey.register_citizen()
    await journey.submit()
    return journey


def submitted_on(journey: Journey) -> date:
    """Return the date of the submission in Kyiv: by it cards are valid, and terms count."""
    return kyiv_date(datetime.fromisoformat(journey.receipt["submitted_at"]))


async def registered(journey: Journey) -> tuple[timedelta, set[str]]:
    """Register the case; return the time until its deadline, and the registers that have answered."""
    case = await journey.do("administrator", "register", "registered")
    asked = {verification["requirement"] for verification in await journey.verified()}
    return date.fromisoformat(case["deadline_on"]) - submitted_on(journey), asked


async def refused(journey: Journey, code: str) -> None:
    """Refuse the case with a code, or raise StepFailed with what the service answered."""
    refusal = {"outcome": "refused", "refusal_codes": [code], "reason": "Житло в аварійному стані."}
    await journey.do("representative", "propose-decision", "decision_proposed", refusal)
    await journey.do("head.agency", "approve-decision", "refused")


async def test_what_is_published_is_for_new_cases_only(platform: RunningPlatform, rows: Rows) -> None:
    before = await a_submitted_case(platform)
    version = await publish(platform, demand_more)
    await known_everywhere(rows, version)
    after = await a_submitted_case(platform)
    assert [(await journey.case())["card_version"] for journey in (before, after)] == [version - 1, version]

    old_term, old_checks = await registered(before)
    new_term, new_checks = await registered(after)
    assert old_term < timedelta(days=7)
    assert timedelta(days=NEW_TERM["days"]) <= new_term < timedelta(days=NEW_TERM["days"] + 7)
    assert old_checks - new_checks == {DROPPED_CHECK}

    for journey in (before, after):
        await journey.do("representative", "claim", "under_review")
    with pytest.raises(StepFailed, match="unknown-refusal-code"):
        await refused(before, NEW_CODE)
    await refused(before, "register-mismatch")
    await refused(after, NEW_CODE)


async def imported_anew(run: Run, rows: Rows, folder: Path) -> int:
    """Import the regional data with a changed term of the service; return the number of the version."""
    shutil.copytree(DATA, folder / "data")
    services = folder / "data" / "services.json"
    data = json.loads(services.read_text("utf-8"))
    next(record for record in data["services"] if record["slug"] == SERVICE)["deadline"]["days"] = 7
    services.write_text(json.dumps(data), "utf-8")
    await run("catalog", "import", str(folder / "data"))
    versions = "SELECT max(version) AS newest FROM public_service_versions WHERE slug = $1"
    return int((await rows("catalog", versions, SERVICE))[0]["newest"])


async def test_after_the_loss_of_all_projections_a_rebuild_brings_everything_back(
    platform: RunningPlatform, run: Run, rows: Rows, tmp_path: Path
) -> None:
    running = await a_submitted_case(platform)
    before = {
        (name, table): await rows(name, f"SELECT to_jsonb(t) - 'told_at' AS row FROM {table} t")  # noqa: S608
        for name, tables in PROJECTIONS.items()
        for table in tables
    }
    assert all(before[name, tables[0]] for name, tables in PROJECTIONS.items())

    for name, tables in PROJECTIONS.items():
        await rows(name, f"TRUNCATE {', '.join(tables)}")
    with pytest.raises(StepFailed, match="unknown-centre"):
        await a_submitted_case(platform)

    printed = {name: await run(name, "rebuild-projections") for name in PROJECTIONS}
    assert "catalog.public-service: " in printed["applications"]
    assert "ua.virtual-office.catalog.published.v1: " in printed["registry-gateway"]
    assert "ua.virtual-office.catalog.changed.v1: " in printed["auth"]
    for (name, table), expected in before.items():
        found = await rows(name, f"SELECT to_jsonb(t) - 'told_at' AS row FROM {table} t")  # noqa: S608
        lost = {row["row"] for row in expected} - {row["row"] for row in found}
        assert lost == set(), (name, table)

    await registered(running)
    await known_everywhere(rows, await imported_anew(run, rows, tmp_path))
    await platform.a_journey().whole()


async def test_a_withdrawn_service_takes_no_new_case_and_running_ones_go_on(
    platform: RunningPlatform, run: Run, rows: Rows
) -> None:
    running, late = await a_submitted_case(platform), platform.a_journey()
    await late.register_citizen()
    await run("catalog", "withdraw", SERVICE, "--on", submitted_on(running).isoformat())
    await eventually(partial(rows, "applications", "SELECT 1 FROM withdrawals WHERE slug = $1", SERVICE))
    with pytest.raises(StepFailed, match="service-withdrawn"):
        await late.submit()

    await registered(running)
    await running.do("representative", "claim", "under_review")
    await refused(running, "register-mismatch")
    assert (await running.track())["state"] == "refused"
