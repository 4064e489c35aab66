"""Forms: the JSON Schema of what an applicant fills in, made by others and checked by every process: so no bombs.

Refused are references that leave the form or come back to themselves, references that unfold without measure, formats
that nobody checks, expressions that take long (`patterns.py`), and sizes beyond any real form.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import orjson

from catalog.domain.patterns import LINEAR, pattern_fault

Path = tuple[str | int, ...]
Fault = tuple[Path, str]
MOST_FORM_BYTES = 65_536
MOST_DEPTH = 16
MOST_UNFOLDED = 5_000
DRAFT = "https://json-schema.org/draft/2020-12/schema"
# the platform's own formats; who takes in forms checks them (applications/domain/formats.py)
FORMATS = frozenset({"rnokpp", "edrpou", "unzr", "cadastral-number", "ua-phone", "iban"})
_REFUSED_WORDS = frozenset(
    {"$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$anchor", "$vocabulary"}
)
_IS_TAKEN = dict.fromkeys(FORMATS, lambda _value: True)


def form_faults(form: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield everything for which a form is refused."""
    if len(orjson.dumps(form)) > MOST_FORM_BYTES:
        yield (), f"is larger than {MOST_FORM_BYTES} bytes"
        return
    if _is_deep(form):
        yield (), f"is nested deeper than {MOST_DEPTH} levels"
        return
    if form.get("type") != "object" or not isinstance(form.get("properties"), dict):
        yield (), "is not the schema of an object with properties"
    if form.get("$schema", DRAFT) != DRAFT:
        yield ("$schema",), f"is not {DRAFT}"
        return
    bombs = list(_bombs(form))
    yield from bombs
    if not bombs:
        yield from _not_a_schema(form)


def _is_deep(form: Mapping[str, Any]) -> bool:
    layer: list[Any] = [form]
    for _ in range(MOST_DEPTH):
        layer = [child for node in layer for _, child in _children(node)]
    return bool(layer)


def _children(node: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(node, dict):
        yield from node.items()
    elif isinstance(node, list):
        yield from enumerate(node)


def _bombs(form: Mapping[str, Any]) -> Iterator[Fault]:
    places = dict(_walk(form, ()))
    references = {path: node["$ref"] for path, node in places.items() if _has_text(node, "$ref")}
    for path, node in places.items():
        if isinstance(node, dict):
            yield from _refused_words(path, node)
    targets = {path: _target(reference) for path, reference in references.items()}
    lost = {path for path, target in targets.items() if target is None or target not in places}
    for path in lost:
        yield (*path, "$ref"), "leads out of the form: only #/$defs/… of this form is followed"
    if not lost:
        yield from _unfolding(places, {path: target for path, target in targets.items() if target is not None})


def _walk(node: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    yield path, node
    for key, child in _children(node):
        yield from _walk(child, (*path, key))


def _has_text(node: Any, name: str) -> bool:
    return isinstance(node, dict) and isinstance(node.get(name), str)


def _refused_words(path: Path, node: dict[str, Any]) -> Iterator[Fault]:
    for word in sorted(_REFUSED_WORDS & node.keys()):
        yield (*path, word), "is not used in forms"
    if path and _has_text(node, "$id"):
        yield (*path, "$id"), "is the name of the whole form alone"
    if _has_text(node, "pattern") and (what := pattern_fault(node["pattern"])):
        yield (*path, "pattern"), what
    if isinstance(node.get("patternProperties"), dict):
        for pattern in node["patternProperties"]:
            if what := pattern_fault(pattern):
                yield (*path, "patternProperties", pattern), what


def _target(reference: str) -> Path | None:
    """Return the path to which a reference leads, or None if not into this form's definitions."""
    if not reference.startswith("#/$defs/"):
        return None
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in reference[2:].split("/"))


def _unfolding(places: Mapping[Path, Any], targets: Mapping[Path, Path]) -> Iterator[Fault]:
    """Refuse references that come back to themselves, and those that unfold to more than any form needs."""
    sizes: dict[Path, int] = {}
    open_now: set[Path] = set()

    def size(path: Path) -> int:
        if path in sizes:
            return sizes[path]
        if path in open_now:
            raise RecursionError
        open_now.add(path)
        inside = sum(size((*path, key)) for key, _ in _children(places[path]))
        behind = size(targets[path]) if path in targets else 0
        open_now.discard(path)
        sizes[path] = 1 + inside + behind
        return sizes[path]

    try:
        if size(()) > MOST_UNFOLDED:
            yield (), f"unfolds to more than {MOST_UNFOLDED} parts"
    except RecursionError:
        yield (), "has a reference that comes back to itself"


def _not_a_schema(form: Mapping[str, Any]) -> Iterator[Fault]:
    try:
        jsonschema_rs.meta.validate(dict(form))
        jsonschema_rs.validator_for(
            dict(form), formats=_IS_TAKEN, validate_formats=True, ignore_unknown_formats=False, offline=True,
            pattern_options=LINEAR,
        )  # fmt: skip
    except jsonschema_rs.ValidationError as error:
        yield tuple(error.instance_path), f"not a JSON Schema: {error.message[:200]}"
    except ValueError as error:
        yield (), f"not a JSON Schema: {str(error).splitlines()[0][:200]}"
