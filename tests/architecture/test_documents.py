"""The documents for those who call and listen: complete, valid, and as the code is."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from dev.declared import app_of
from dev.run_folder import ROOT
from dev.schemas import documents
from dev.topology import Service
from shared.contracts import CONTRACTS
from tests.support.project import each_service, named

ASYNCAPI = yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text("utf-8"))
MESSAGES = ASYNCAPI["components"]["messages"]


def operations_of(service: Service) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in app_of(service).openapi()["paths"].items():
        yield from ((f"{method.upper()} {path}", operation) for method, operation in item.items())


def references_in(node: Any) -> Iterator[str]:
    """Yield every `$ref` of a document; what is example or payload of an event is not the document's own."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value
            elif key not in {"payload", "value"}:
                yield from references_in(value)
    elif isinstance(node, list):
        for item in node:
            yield from references_in(item)


def resolve(document: dict[str, Any], reference: str) -> Any:
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def test_the_committed_documents_are_those_of_the_code():
    differing = [
        named(path) for path, text in documents().items() if not path.exists() or path.read_text("utf-8") != text
    ]
    assert differing == [], "run: make schemas"


def test_the_check_names_a_file_that_differs(tmp_path):
    script = (
        "import pathlib, sys, dev.schemas as schemas\n"
        "changed = schemas.ROOT / 'services' / 'auth' / 'openapi.json'\n"
        "schemas.documents = lambda: {changed: 'something else'}\n"
        "sys.argv = ['schemas', '--check']\n"
        "sys.exit(schemas.main())\n"
    )
    checked = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout.strip()) == (1, "services/auth/openapi.json")


@each_service
def test_the_openapi_document_is_valid(service: Service):
    document = json.loads((ROOT / "services" / service.name / "openapi.json").read_text("utf-8"))
    assert document["openapi"].startswith("3.1.")
    assert [fault.message for fault in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert [resolve(document, reference) is None for reference in set(references_in(document))].count(True) == 0


@each_service
def test_every_operation_has_summary_description_tags_and_a_name_of_its_own(service: Service):
    operations = dict(operations_of(service))
    wanted = ("summary", "description", "tags", "operationId")
    lacking = {name: [key for key in wanted if not operation.get(key)] for name, operation in operations.items()}
    assert {name: keys for name, keys in lacking.items() if keys} == {}
    names = [operation["operationId"] for operation in operations.values()]
    assert len(set(names)) == len(names)


@each_service
def test_every_json_body_has_an_example_that_its_schema_takes(service: Service):
    document = app_of(service).openapi()
    wrong = {}
    for name, operation in operations_of(service):
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if media is None:
            continue
        schema = resolve(document, media["schema"]["$ref"]) if "$ref" in media["schema"] else media["schema"]
        validator = jsonschema_rs.Draft202012Validator({"components": document["components"], **schema})
        examples = schema.get("examples", [])
        if not examples or not all(validator.is_valid(example) for example in examples):
            wrong[name] = examples
    assert wrong == {}


@each_service
def test_every_form_body_has_examples_of_what_it_requires(service: Service):
    document = app_of(service).openapi()
    forms = {
        name: resolve(document, content["application/x-www-form-urlencoded"]["schema"]["$ref"])
        for name, operation in operations_of(service)
        if "application/x-www-form-urlencoded" in (content := operation.get("requestBody", {}).get("content", {}))
    }
    without = [
        f"{name}: {field}"
        for name, form in forms.items()
        for field in form.get("required", ())
        if not form["properties"][field].get("examples")
    ]
    assert without == []


def test_every_reference_of_the_asyncapi_document_resolves():
    references = set(references_in(ASYNCAPI))
    assert references
    assert [reference for reference in references if not isinstance(resolve(ASYNCAPI, reference), dict)] == []


def test_the_asyncapi_document_has_the_parts_that_version_3_demands():
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= ASYNCAPI["info"].keys()
    assert all({"host", "protocol"} <= server.keys() for server in ASYNCAPI["servers"].values())
    assert all(channel["address"] and channel["messages"] for channel in ASYNCAPI["channels"].values())
    for name, operation in ASYNCAPI["operations"].items():
        assert operation["action"] in {"send", "receive"}, name
        assert all(operation.get(key) for key in ("summary", "description", "tags")), name
        inside = operation["channel"]["$ref"] + "/messages/"
        assert all(message["$ref"].startswith(inside) for message in operation["messages"]), name


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_has_headers_payload_and_an_example_of_both(name: str):
    message = MESSAGES[name]
    headers = {**message["headers"], "components": ASYNCAPI["components"]}
    payload = jsonschema_rs.validator_for(message["payload"]["schema"], validate_formats=True)
    assert message["examples"]
    for example in message["examples"]:
        jsonschema_rs.Draft202012Validator(headers, validate_formats=True).validate(example["headers"])
        payload.validate(example["payload"])
        assert example["headers"]["ce_type"] == message["name"]
