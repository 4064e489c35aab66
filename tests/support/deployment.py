"""The processes of the platform as compose and Kubernetes declare them, in the shape in which a test compares them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from dev.deployment import kubernetes_secrets, new_environment
from dev.run_folder import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
KUBERNETES = ROOT / "deploy" / "k8s"
OVERLAYS = {"base": (), "local": ("local",), "production": ("production",)}


@dataclass(frozen=True)
class Declared:
    """One process: the image it runs, what it is told to do, the port it shows, and its variables."""

    image: str
    arguments: tuple[str, ...]
    ports: tuple[int, ...]
    variables: Mapping[str, str]


def compose_processes() -> dict[str, Declared]:
    """Return every container of the compose file by its name."""
    return {
        name: Declared(
            image=entry["image"].partition(":")[0],
            arguments=tuple(map(str, entry.get("command", ()))),
            ports=tuple(int(port.split(":")[1]) for port in entry.get("ports", ())),
            variables={key: str(value) for key, value in entry.get("environment", {}).items()},
        )
        for name, entry in COMPOSE["services"].items()
    }


def kubernetes_processes(overlay: str) -> dict[str, Declared]:
    """Return every Deployment and Job of an overlay (or of the base) by its name, with the variables it would have."""
    documents = list(_documents("base", *(f"overlays/{name}" for name in OVERLAYS[overlay])))
    config = _config_maps(documents)
    secrets = _secrets()
    found = {}
    for document in documents:
        if document["kind"] not in {"Deployment", "Job"} or document["metadata"]["name"] == "every":
            continue
        for container in _containers(document):
            found[document["metadata"]["name"]] = Declared(
                image=container["image"],
                arguments=tuple(container.get("args", ())),
                ports=tuple(port["containerPort"] for port in container.get("ports", ())),
                variables=dict(_variables(container, config, secrets)),
            )
    return found


def kubernetes_services() -> dict[str, list[int]]:
    """Return the ports of each Service of the base."""
    return {
        document["metadata"]["name"]: [port["port"] for port in document["spec"]["ports"]]
        for document in _documents("base")
        if document["kind"] == "Service"
    }


def provisioned_clients() -> dict[str, dict[str, list[str]]]:
    """Return the scopes of each machine client: as compose declares them, and as a cluster's Secret does."""
    compose = json.loads(COMPOSE["services"]["auth-provision"]["environment"]["DECLARATION"])
    cluster = json.loads(_secrets()["auth-declaration"]["declaration.json"])
    return {
        name: {client["client_id"]: list(client["scopes"]) for client in declaration["clients"]}
        for name, declaration in (("compose", compose), ("cluster", cluster))
    }


def _documents(*folders: str) -> Iterator[dict[str, Any]]:
    for folder in folders:
        for path in sorted((KUBERNETES / folder).glob("*.yaml")):
            if path.name != "kustomization.yaml":
                yield from _parsed(path)


def _parsed(path: Path) -> Iterator[dict[str, Any]]:
    yield from (document for document in yaml.safe_load_all(path.read_text("utf-8")) if "kind" in (document or {}))


def _containers(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the containers that a document declares; a patch of another's has no image."""
    containers = document["spec"].get("template", {}).get("spec", {}).get("containers", [])
    return [container for container in containers if "image" in container]


def _config_maps(documents: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """Return the values of each ConfigMap; an overlay's win over the base's."""
    values: dict[str, dict[str, str]] = {}
    for document in documents:
        if document["kind"] == "ConfigMap":
            values.setdefault(document["metadata"]["name"], {}).update(document.get("data", {}))
    return values


def _secrets() -> dict[str, dict[str, str]]:
    listed = kubernetes_secrets(new_environment(), "virtual-office")["items"]
    return {item["metadata"]["name"]: item["stringData"] for item in listed}


def _variables(
    container: Mapping[str, Any], config: Mapping[str, dict[str, str]], secrets: Mapping[str, dict[str, str]]
) -> Iterator[tuple[str, str]]:
    for source in container.get("envFrom", ()):
        kind, reference = next(iter(source.items()))
        yield from (config if kind == "configMapRef" else secrets)[reference["name"]].items()
    for entry in container.get("env", ()):
        yield entry["name"], str(entry.get("value", ""))
