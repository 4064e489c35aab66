"""`python -m dev.schemas`: writes the OpenAPI document of each service, the AsyncAPI document and the page of permissions.

`--check` writes nothing and names what would change. `--publish` also keeps the event schemas as published: from then on
they change only compatibly (`dev/compatibility.py`).
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from dev.asyncapi import asyncapi_document
from dev.compatibility import incompatibilities, without_words
from dev.declared import app_of, emitted_by, handlers_of
from dev.policies import PAGE, permissions_page
from dev.run_folder import ROOT
from dev.topology import SERVICES
from shared.contracts import CONTRACTS

PUBLISHED = CONTRACTS / "published"
_WRITTEN_BY = "# Written by `make schemas` from topics.yaml, schemas/ and examples/; change those.\n"


class _Plain(yaml.SafeDumper):
    """Writes every value where it stands: no anchors."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def documents() -> dict[Path, str]:
    """Return the text of every document, by its path."""
    texts = {
        ROOT / "services" / service.name / "openapi.json": _json(app_of(service).openapi()) for service in SERVICES
    }
    sends = {service.name: emitted_by(service) for service in SERVICES}
    receives = {service.name: set(asyncio.run(handlers_of(service))) for service in SERVICES}
    events = asyncapi_document(sends, receives)
    text = yaml.dump(events, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)
    return texts | {CONTRACTS / "asyncapi.yaml": _WRITTEN_BY + text, PAGE: permissions_page()}


def event_schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas of every service's events, by service and event."""
    by_service: dict[str, dict[str, Any]] = {}
    for path in sorted((CONTRACTS / "schemas").glob("*/*.json")):
        by_service.setdefault(path.parent.name, {})[path.stem] = json.loads(path.read_text("utf-8"))
    return by_service


def published_schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas as they were published."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(PUBLISHED.glob("*.json"))}


def broken_promises(published: Mapping[str, Mapping[str, Any]], present: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return each way in which the present schemas break what was published."""
    faults = []
    for service, schemas in published.items():
        for event, schema in schemas.items():
            now = present.get(service, {}).get(event)
            found = ["is gone"] if now is None else incompatibilities(schema, now)
            faults += [f"{service}/{event}: {fault}" for fault in found]
    return faults


def main() -> int:
    """Write, check or publish; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m dev.schemas", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true", help="write nothing; exit 1 and name the files that differ")
    what.add_argument("--publish", action="store_true", help="also keep the event schemas as published")
    options = parser.parse_args()
    if options.publish:
        if faults := broken_promises(published_schemas(), event_schemas()):
            print(
                "\n".join(faults), "A breaking change is a new version beside the old one.", sep="\n", file=sys.stderr
            )
            return 1
        PUBLISHED.mkdir(exist_ok=True)
        for service, schemas in event_schemas().items():
            (PUBLISHED / f"{service}.json").write_text(_json(without_words(schemas)), "utf-8")
    differing = {path: text for path, text in documents().items() if _read(path) != text}
    for path, text in differing.items():
        print(path.relative_to(ROOT))
        if not options.check:
            path.write_text(text, "utf-8")
    return 1 if options.check and differing else 0


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
