"""What the OpenAPI document of every service says of problems: their shape, an example of each, those of any body.

FastAPI's own shape of a 422 is taken out: it is never sent.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI

from shared.problems import MEDIA_TYPE, MEDIA_TYPE_REFUSED, TOO_LARGE, ProblemType, describe

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The page that explains it"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}


def describe_problems(app: FastAPI, kinds: Mapping[str, ProblemType]) -> None:
    """Make `app` put the problems of `kinds`, by slug, into its document."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        for operation in _operations(document):
            if "requestBody" in operation:
                _add_problems_of_bodies(operation["responses"], kinds)
            elif not operation.get("parameters"):
                operation["responses"].pop("422", None)
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        schemas["Problem"] = _PROBLEM
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        declared = {slug for operation in _operations(document) for slug in problems_of(operation)}
        components["examples"] = {slug: _example(kinds[slug]) for slug in sorted(declared)}
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def problems_of(operation: Mapping[str, Any]) -> set[str]:
    """Return the slugs of the problems that an operation of a document declares."""
    return {slug for response in operation["responses"].values() for slug in _slugs(response)}


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for item in document["paths"].values():
        yield from item.values()


def _slugs(response: Mapping[str, Any]) -> list[str]:
    return list(response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {}))


def _add_problems_of_bodies(responses: dict[str, Any], kinds: Mapping[str, ProblemType]) -> None:
    """Any body can be too large or of another media type: the guard in front of the routes says so."""
    for kind in (TOO_LARGE, MEDIA_TYPE_REFUSED):
        status = str(kind.status)
        known = {slug: kinds[slug] for slug in _slugs(responses.get(status, {}))}
        responses[status] = describe(*(known | {kind.slug: kind}).values())[kind.status]


def _example(kind: ProblemType) -> dict[str, Any]:
    value = {
        "type": f"https://office.example/problems/{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.title,
        "instance": "/v1/…",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    }
    return {"summary": kind.title, "description": kind.advice, "value": value}
