"""The AsyncAPI 3.0 document of the platform, made of the topics, schemas and examples in `shared/contracts`.

Messages are CloudEvents 1.0 in Kafka's binary mode. Payload schemas keep their dialect (2020-12), so they stand in the
multi-format form of AsyncAPI; the document needs no other file.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from dev.topology import SERVICES, Ports
from shared.contracts import CONTRACTS, Contracts, Topic

_DIALECT = "application/schema+json;version=draft-2020-12"
_EXAMPLE_ID = "0198f2c0-0000-7000-8000-000000000001"
_EXAMPLE_TIME = "2026-11-23T09:30:00Z"
_ATTRIBUTES: Mapping[str, Any] = {
    "title": "CloudEvents 1.0 attributes, Kafka binary mode",
    "description": "The attributes of the event as record headers; the value of the record is the data alone.",
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "content-type"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "format": "uuid", "description": "Consumers handle each id once"},
        "ce_source": {"type": "string", "format": "uri-reference", "description": "Who tells it"},
        "ce_type": {"type": "string"},
        "ce_subject": {"type": "string", "description": "Id of the aggregate: the record's key, hence the order"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_dataschema": {"type": "string", "format": "uri", "description": "`$id` of the payload's schema"},
        "ce_traceparent": {"type": "string", "description": "W3C Trace Context"},
        "content-type": {"type": "string", "const": "application/json"},
    },
}


class _Contract:
    """One event: its names, its schema and its example."""

    def __init__(self, topic: Topic, declared: Mapping[str, Any], event: str, folder: Path) -> None:
        self.topic = topic.name
        self.event = event
        self.owner = declared["owner"]
        self.key = f"{self.owner}.{event}"
        self.type = f"ua.virtual-office.{self.key}"
        self.subject = declared["key"]
        self.schema = _json(folder / "schemas" / self.owner / f"{event}.json")
        self.example = _json(folder / "examples" / self.owner / f"{event}.json")


def asyncapi_document(
    sends: Mapping[str, Collection[str]], receives: Mapping[str, Collection[str]], folder: Path = CONTRACTS
) -> dict[str, Any]:
    """Return the document; `sends` and `receives` give, by service, the types of events that its code tells and takes."""
    declared = yaml.safe_load((folder / "topics.yaml").read_text("utf-8"))["topics"]
    topics = Contracts(folder).topics.values()
    contracts = [_Contract(topic, declared[topic.name], event, folder) for topic in topics for event in topic.events]
    operations: dict[str, Any] = {}
    for service in SERVICES:
        for topic in topics:
            here = [contract for contract in contracts if contract.topic == topic.name]
            if sent := [contract for contract in here if contract.type in sends[service.name]]:
                operations[f"{service.name}.sends.{topic.name}"] = _operation(service.name, "send", sent)
            if heard := [contract for contract in here if contract.type in receives[service.name]]:
                operations[f"{service.name}.receives.{topic.name}"] = _operation(service.name, "receive", heard)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Virtual Office events",
            "version": "1.0.0",
            "description": "What the services tell each other: facts and ids, no personal data. "
            "Within a version schemas change only compatibly; a breaking change is a new version beside the old one.",
            "tags": [{"name": service.name} for service in SERVICES],
        },
        "defaultContentType": "application/json",
        "servers": {"local": _local_server()},
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": operations,
        "components": {
            "messages": {contract.key: _message(contract) for contract in contracts},
            "schemas": {"CloudEventAttributes": dict(_ATTRIBUTES)},
        },
    }


def _local_server() -> dict[str, Any]:
    return {
        "host": f"127.0.0.1:{Ports().named('kafka')}",
        "protocol": "kafka",
        "description": "The broker of `make run`",
    }


def _channel(topic: Topic) -> dict[str, Any]:
    owner = topic.name.partition(".")[0]
    kafka: dict[str, Any] = {"topic": topic.name, "partitions": topic.partitions, "bindingVersion": "0.5.0"}
    if topic.config:
        kafka["topicConfiguration"] = {
            name: value.split(",") if name == "cleanup.policy" else int(value) for name, value in topic.config.items()
        }
    channel = {
        "address": topic.name,
        "title": topic.name,
        "summary": f"Facts of {owner}, in the order of each aggregate",
        "messages": {event: {"$ref": f"#/components/messages/{owner}.{event}"} for event in topic.events},
        "tags": [{"name": owner}],
        "bindings": {"kafka": kafka},
    }
    return channel | ({"x-dead-letters": topic.dead_letters} if topic.has_dead_letters else {})


def _operation(service: str, action: str, contracts: Sequence[_Contract]) -> dict[str, Any]:
    topic = contracts[0].topic
    names = ", ".join(contract.event for contract in contracts)
    if action == "send":
        summary = f"{service} tells what happened to its own"
        description = f"Sent from the outbox, at least once, in the order of each aggregate: {names}."
    else:
        summary = f"{service} listens to {topic}"
        description = f"Each is handled once, by its id; other types of the topic are passed over. Taken in: {names}."
    operation: dict[str, Any] = {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic}"},
        "title": f"{service} {action}s {topic}",
        "summary": summary,
        "description": description,
        "tags": [{"name": service}],
        "messages": [{"$ref": f"#/channels/{topic}/messages/{contract.event}"} for contract in contracts],
    }
    if action == "receive":
        group = {"type": "string", "const": service}
        operation["bindings"] = {"kafka": {"groupId": group, "bindingVersion": "0.5.0"}}
    return operation


def _message(contract: _Contract) -> dict[str, Any]:
    attributes = {
        "ce_type": {"const": contract.type},
        "ce_source": {"const": f"/{contract.owner}"},
        "ce_dataschema": {"const": contract.schema["$id"]},
    }
    return {
        "name": contract.type,
        "title": contract.schema["title"],
        "summary": contract.schema.get("description", contract.schema["title"]),
        "contentType": "application/json",
        "tags": [{"name": contract.owner}],
        "headers": {
            "type": "object",
            "allOf": [{"$ref": "#/components/schemas/CloudEventAttributes"}],
            "properties": attributes,
        },
        "payload": {"schemaFormat": _DIALECT, "schema": contract.schema},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"`{contract.subject}`, the same as ce_subject"},
                "bindingVersion": "0.5.0",
            }
        },
        "examples": [{"name": contract.event, "headers": _example_headers(contract), "payload": contract.example}],
    }


def _example_headers(contract: _Contract) -> dict[str, str]:
    return {
        "ce_specversion": "1.0",
        "ce_id": _EXAMPLE_ID,
        "ce_source": f"/{contract.owner}",
        "ce_type": contract.type,
        "ce_subject": str(contract.example[contract.subject]),
        "ce_time": contract.example.get("occurred_at", _EXAMPLE_TIME),
        "ce_dataschema": contract.schema["$id"],
        "content-type": "application/json",
    }


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8")))
