"""Producers keep to the contracts: every event that a service's code names is told, with data that obeys its schema."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import orjson
import pytest
from pydantic import SecretStr

from applications.domain.application import Application, common_facts
from applications.domain.authority import Caller, HeldMandate, Parties
from applications.domain.calendar import WorkingCalendar
from applications.domain.card import card_from
from applications.domain.lifecycle import State
from auth.app import create_app as create_auth
from catalog.reading import read_data_set
from catalog.storage import tables as catalog_tables
from catalog.use_cases.import_data import ImportParts, import_data
from catalog.use_cases.withdraw_public_service import withdraw_public_service
from dev.declared import emitted_by, handlers_of, process_of, settings_of
from dev.run_folder import ROOT
from dev.schemas import event_schemas
from dev.topology import SERVICES, by_name
from notifications.use_cases import dependencies as notifications_parts
from notifications.use_cases import send_message
from registry_gateway.domain.comparison import FieldResult
from registry_gateway.use_cases import ask_register
from registry_gateway.use_cases import dependencies as gateway_parts
from shared.contracts import Contracts
from shared.database import Database
from shared.ids import new_id
from shared.outbox import Outbox
from tests.support.apps import client_for
from tests.support.clock import SettableClock
from tests.support.contracts import declared_events, example_of
from tests.support.events import an_event
from tests.support.tokens import ISSUER, TestIssuer

CENTRE, AGENCY = "cnap-dnipro", "municipal-residence-registrar--dnipro"
Told = list[tuple[str, dict[str, Any]]]


async def told_in(url: str) -> Told:
    """Return the type and data of everything in an outbox."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT type, data FROM outbox ORDER BY position")
    finally:
        await connection.close()
    return [(row["type"], orjson.loads(row["data"])) for row in rows]


async def take_in(database: Database, service: str, event_type: str, **changes: Any) -> None:
    """Let a service handle the example of an event."""
    handler = (await handlers_of(by_name(service)))[event_type]
    event = an_event(event_type, {**example_of(event_type), **changes})
    async with database.transaction() as connection:
        await handler.handle(connection, event, handler.view.model_validate(event.data))


class Producing:
    """What the producers work with."""

    def __init__(self, databases: Callable[..., Awaitable[str]], clock: SettableClock, tokens: TestIssuer) -> None:
        self.databases = databases
        self.clock = clock
        self.tokens = tokens

    async def url(self, service: str) -> str:
        return await self.databases(process_of(by_name(service)))

    def settings(self, service: str, url: str) -> Any:
        changes = {"database_url": SecretStr(url), "auth_issuer": ISSUER}
        return settings_of(by_name(service)).model_copy(update=changes)


async def told_by_auth(made: Producing) -> Told:
    url = await made.url("auth")
    database = Database(url, pool_size=2)
    await take_in(database, "auth", "ua.virtual-office.catalog.changed.v1", organisation=CENTRE, kind="service-centre")
    await database.dispose()
    app = create_auth(made.settings("auth", url), clock=made.clock, keys=made.tokens.keys)
    operator = made.tokens.headers(scopes=["operator"])
    officer = {
        "login": "head",
        "full_name": "Зразковенко Олена Петрівна",
        "mandate": {"role": "head_of_service_centre", "organisation": CENTRE},
    }
    async with client_for(app) as client:
        key = {"Idempotency-Key": str(new_id())}
        appointed = (await client.post("/v1/officers", json=officer, headers=operator | key)).raise_for_status().json()
        mandate = f"/v1/officers/{appointed['account_id']}/mandates/{appointed['mandate_id']}"
        (await client.delete(mandate, headers=operator)).raise_for_status()
    return await told_in(url)


async def told_by_catalog(made: Producing) -> Told:
    url = await made.url("catalog")
    data, assertions, faults = read_data_set([ROOT / "dev" / "data"])
    assert not faults
    database = Database(url, pool_size=1)
    outbox = Outbox(catalog_tables.outbox, Contracts(), service="catalog", clock=made.clock)
    try:
        await import_data(ImportParts(database, outbox, assertions, made.clock.now().date()), data)
        await withdraw_public_service(database, outbox, data["services"][0]["slug"], made.clock.now().date())
    finally:
        await database.dispose()
    return await told_in(url)


async def told_by_applications(made: Producing) -> Told:
    told: Told = []
    for verbs in (_to_a_refusal, _to_a_grant, _to_a_withdrawal):
        application = an_application(made)
        verbs(application, made)
        for entry in application.recorded:
            facts = common_facts(application, entry) | entry.event.facts()
            told.append((f"ua.virtual-office.applications.{entry.event.name}.v1", orjson.loads(orjson.dumps(facts))))
    return told


def an_application(made: Producing) -> Application:
    return Application(
        id=new_id(),
        reference="DP-2026-004217-J",
        parties=Parties(str(new_id()), CENTRE, AGENCY),
        card=replace(card_from(example_of("ua.virtual-office.catalog.published.v1")), decision_policy="representative"),
        language="uk",
        channel="online",
        territory="dnipro",
        state=State.SUBMITTED,
        submitted_at=made.clock.now(),
    )


def officer(role: str, organisation: str) -> Caller:
    return Caller(str(new_id()), (HeldMandate(role, organisation),))


def _to_a_refusal(application: Application, made: Producing) -> None:
    applicant, calendar = Caller(application.parties.applicant_id), WorkingCalendar()
    administrator = officer("service_centre_administrator", CENTRE)
    representative, head = officer("agency_representative", AGENCY), officer("head_of_executive_agency", AGENCY)
    at = made.clock.now()
    application.submit(at)
    application.return_incomplete(administrator, at, "a page is missing")
    application.resubmit(applicant, at)
    application.register(administrator, at, calendar)
    application.request_verification(new_id(), application.card.checks[0], at)
    application.claim(representative, at)
    application.request_information(representative, at, calendar, "since when?")
    application.supply_information(applicant, at + timedelta(days=2), calendar, "since May")
    application.extend_deadline(head, at, calendar, days=3, reason="the site has to be seen")
    code = application.card.refusal_codes[0]
    application.propose_decision(representative, at, "refused", (code,), "incomplete")
    application.send_back(head, at, "ask again")
    application.propose_decision(representative, at, "refused", (code,), "incomplete")
    application.approve_decision(head, at)


def _to_a_grant(application: Application, made: Producing) -> None:
    at = made.clock.now()
    representative = officer("agency_representative", AGENCY)
    application.submit(at)
    application.register(officer("service_centre_administrator", CENTRE), at, WorkingCalendar())
    application.claim(representative, at)
    application.grant(representative, at, None)


def _to_a_withdrawal(application: Application, made: Producing) -> None:
    application.submit(made.clock.now())
    application.withdraw(Caller(application.parties.applicant_id), made.clock.now())


async def told_by_registry_gateway(made: Producing) -> Told:
    url = await made.url("registry-gateway")
    database = Database(url, pool_size=2)
    await take_in(database, "registry-gateway", "ua.virtual-office.applications.verification-requested.v1")
    async with httpx.AsyncClient() as http:
        settings = made.settings("registry-gateway", url)
        deps = gateway_parts.build_dependencies(settings, database, clock=made.clock, http=http)
        made.clock.advance(days=365)
        (row,) = await ask_register.lease_due(deps, 1)
        await ask_register._postpone(deps, row)
        made.clock.advance(hours=1)
        (row,) = await ask_register.lease_due(deps, 1)
        results = [FieldResult("full_name", "match"), FieldResult("residence_address", "mismatch")]
        await ask_register._complete(deps, row, new_id(), results)
    await database.dispose()
    return await told_in(url)


async def told_by_notifications(made: Producing) -> Told:
    url = await made.url("notifications")
    database = Database(url, pool_size=2)
    await take_in(database, "notifications", "ua.virtual-office.applications.submitted.v1")
    async with httpx.AsyncClient() as http:
        settings = made.settings("notifications", url)
        deps = notifications_parts.build_dependencies(settings, database, clock=made.clock, http=http)
        made.clock.advance(hours=1)
        first, second = await send_message.lease_due(deps, 2)
        now = made.clock.now()
        arrived = {"state": "delivered", "sent_at": now, "delivered_at": now}
        await send_message._close(deps, first, arrived, event="delivered.v1")
        await send_message._close(deps, second, {"state": "failed"}, event="failed.v1", reason="no such number")
    await database.dispose()
    return await told_in(url)


PRODUCERS: Mapping[str, Callable[[Producing], Awaitable[Told]]] = {
    "auth": told_by_auth,
    "catalog": told_by_catalog,
    "applications": told_by_applications,
    "registry-gateway": told_by_registry_gateway,
    "notifications": told_by_notifications,
}


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
async def test_every_event_that_a_service_tells_obeys_its_schema(
    name: str, databases, clock: SettableClock, tokens: TestIssuer
):
    told = await PRODUCERS[name](Producing(databases, clock, tokens))
    assert {event_type for event_type, _ in told} == emitted_by(by_name(name)) <= declared_events(owner=name)
    contracts = Contracts()
    for event_type, data in told:
        contracts.check(an_event(event_type, data))


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
async def test_an_event_tells_nothing_that_its_schema_does_not_know(
    name: str, databases, clock: SettableClock, tokens: TestIssuer
):
    told = await PRODUCERS[name](Producing(databases, clock, tokens))
    unknown = {event_type: extra for event_type, data in told if (extra := data.keys() - _members_of(event_type))}
    assert unknown == {}


def _members_of(event_type: str) -> set[str]:
    _, _, owner, event = event_type.split(".", 3)
    return set(event_schemas()[owner][event]["properties"])
