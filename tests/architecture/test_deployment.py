"""One picture, three ways to run it: compose and Kubernetes have the processes, ports, databases and settings of topology.py."""

import re
from pathlib import Path

import pytest

from dev.declared import process_of
from dev.environment import Servers, service_environment
from dev.run_folder import RunFolder
from dev.topology import OUTSIDE, SERVERS, SERVICES, Ports, Service, by_name
from tests.support.deployment import (
    OVERLAYS,
    Declared,
    compose_processes,
    kubernetes_processes,
    kubernetes_services,
    provisioned_clients,
)
from tests.support.project import each_service

PORTS = Ports()
PROCESSES = {f"{service.name}-{role}": (service, role) for service in SERVICES for role in service.roles}
IMAGES = {f"virtual-office/{service.name}": service for service in SERVICES}
# what values are made of, and what drivers read themselves
PIECES = {"DATABASE_SERVER", "DATABASE_PASSWORD", "DATABASE_MIGRATOR_PASSWORD", "DECLARATION"}
OF_DRIVERS = re.compile(r"PGSSL\w+|AWS_\w+")
DEPLOYMENTS = {"compose": compose_processes(), **{name: kubernetes_processes(name) for name in OVERLAYS}}
each_deployment = pytest.mark.parametrize("deployment", DEPLOYMENTS)


def run_as(deployment: str, *roles: str) -> dict[str, Declared]:
    """Return the processes of services that are told one of these roles."""
    declared = DEPLOYMENTS[deployment].items()
    return {
        name: each for name, each in declared if each.image in IMAGES and each.arguments[:1] in {(r,) for r in roles}
    }


def database_of(address: str) -> tuple[str, str]:
    """Return the user and the database of an address."""
    match = re.fullmatch(r"postgresql://(\w+):\$[({]\w+[)}]@[^/]+/(\w+)", address)
    assert match, address
    return match[1], match[2]


def needed_by(service: Service, role: str, folder: Path) -> set[str]:
    """Return the settings that a run on one machine gives a process."""
    servers = Servers("127.0.0.1", 5432, "127.0.0.1:9092")
    given = service_environment(service, role, ports=PORTS, servers=servers, folder=RunFolder(folder))
    return set(given) - {"DATABASE_MIGRATOR_URL"}


@each_deployment
def test_every_process_runs_and_no_other(deployment: str):
    running = run_as(deployment, "serve", "relay", "consume")
    assert {name: (IMAGES[each.image], each.arguments[0]) for name, each in running.items()} == PROCESSES


@each_deployment
def test_every_database_is_migrated_by_its_owner(deployment: str):
    migrating = run_as(deployment, "migrate")
    owners = {
        IMAGES[each.image].name: database_of(each.variables["DATABASE_MIGRATOR_URL"]) for each in migrating.values()
    }
    assert owners == {service.name: (f"{service.database}_migrator", service.database) for service in SERVICES}


@each_deployment
def test_every_process_works_in_its_own_database_as_its_own_user(deployment: str):
    used = {
        name: database_of(each.variables["DATABASE_URL"])
        for name, each in run_as(deployment, "serve", "relay", "consume", "migrate", "provision", "import").items()
    }
    expected = {
        name: (
            f"{IMAGES[DEPLOYMENTS[deployment][name].image].database}_app",
            IMAGES[DEPLOYMENTS[deployment][name].image].database,
        )
        for name in used
    }
    assert used == expected


@each_deployment
def test_only_who_migrates_holds_the_owner_of_the_tables(deployment: str):
    holders = {
        each.arguments[0]
        for each in run_as(deployment, "serve", "relay", "consume", "migrate", "provision", "import").values()
        if "DATABASE_MIGRATOR_URL" in each.variables
    }
    assert holders == {"migrate"}


@each_deployment
def test_every_process_listens_on_its_port(deployment: str):
    listening = run_as(deployment, "serve", "relay", "consume")
    chosen = {name: int(each.variables["PORT"]) for name, each in listening.items()}
    assert chosen == {name: PORTS.of(service, role) for name, (service, role) in PROCESSES.items()}


def test_compose_shows_the_apis_the_servers_and_the_simulated_parties_where_a_run_does():
    shown = {name: each.ports for name, each in DEPLOYMENTS["compose"].items() if each.ports}
    apis = {f"{service.name}-serve": (PORTS.of(service),) for service in SERVICES}
    servers = {name: (PORTS.named(name),) for name in ("postgres", "kafka")}
    parties = {"registers": (PORTS.named("registers"),), "messages": (PORTS.named("messages"), PORTS.named("smtp"))}
    assert shown == apis | servers | parties
    assert {*OUTSIDE, *SERVERS} == {"registers", "messages", "smtp", "postgres", "kafka", "kafka-controller"}


@pytest.mark.parametrize("deployment", OVERLAYS)
def test_a_pod_opens_the_port_that_its_process_listens_on(deployment: str):
    pods = run_as(deployment, "serve", "relay", "consume")
    assert {name: each.ports for name, each in pods.items()} == {
        name: (int(each.variables["PORT"]),) for name, each in pods.items()
    }


def test_every_api_is_a_kubernetes_service_on_its_port():
    services = kubernetes_services()
    assert {service.name: services.get(service.name) for service in SERVICES} == {
        service.name: [PORTS.of(service)] for service in SERVICES
    }


@each_deployment
def test_every_process_has_the_settings_of_a_run(deployment: str, tmp_path: Path):
    lacking = {
        name: missing
        for name, (service, role) in PROCESSES.items()
        if (missing := needed_by(service, role, tmp_path) - DEPLOYMENTS[deployment][name].variables.keys())
    }
    assert lacking == {}


@each_deployment
def test_no_process_has_a_variable_that_nothing_reads(deployment: str):
    unread = {}
    for name, each in run_as(deployment, "serve", "relay", "consume", "migrate", "provision", "import").items():
        settings = {field.upper() for field in process_of(IMAGES[each.image]).settings.model_fields}
        others = {variable for variable in each.variables if not OF_DRIVERS.fullmatch(variable)} - settings - PIECES
        if others:
            unread[name] = others
    assert unread == {}


@each_service
def test_a_service_reaches_its_peers_where_they_are(service: Service):
    for peer in service.calls:
        port = PORTS.of(by_name(peer))
        hosts = {"compose": f"http://{peer}-serve:{port}", **dict.fromkeys(OVERLAYS, f"http://{peer}:{port}")}
        found = {
            deployment: processes[f"{service.name}-consume"].variables[f"{peer.upper()}_URL"]
            for deployment, processes in DEPLOYMENTS.items()
        }
        assert found == hosts


@pytest.mark.parametrize("source", ["compose", "cluster"])
def test_the_machine_clients_have_the_scopes_of_the_topology(source: str):
    wanted = {service.name: list(service.scopes) for service in SERVICES if service.calls}
    assert provisioned_clients()[source] == wanted
