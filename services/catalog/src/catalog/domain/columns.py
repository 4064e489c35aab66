"""Public services as a table: one row each, simple members in columns of their own, nested ones as JSON in a cell.

A cell that a spreadsheet would take for a formula begins with an apostrophe, which is taken away again when it is read.
What people and spreadsheets write is understood: dates as 01.12.2026, decimal commas, yes and no in both languages.
A value that cannot be read stays the text that it is: the rules of definitions then refuse it.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Kind = Literal["text", "number", "flag", "date", "words", "lines", "json"]
_ABSENT = object()
_LOOKS_LIKE_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,20})?")
_DATE = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})")
_FLAGS = dict.fromkeys(("true", "yes", "1", "так", "істина"), True) | dict.fromkeys(
    ("false", "no", "0", "ні", "хибність"), False
)


@dataclass(frozen=True)
class Column:
    """One column: which member of the definition it holds, how, and what an empty cell means.

    `empty` is the value of an empty cell; without one the cell must be filled. An optional column may be left out.
    """

    name: str
    path: tuple[str, ...]
    kind: Kind = "text"
    empty: Any = _ABSENT
    is_optional: bool = False

    @property
    def must_be_filled(self) -> bool:
        return self.empty is _ABSENT and not self.is_optional


def _members(group: str, *names: str, **options: Any) -> list[Column]:
    return [Column(f"{group}_{name}", (group, name), **options) for name in names]


COLUMNS = (
    Column("slug", ("slug",)),
    Column("code", ("code",)),
    *_members("name", "uk", "en"),
    *_members("description", "uk", "en"),
    Column("kind", ("kind",)),
    Column("agency", ("agency",)),
    Column("owner_agency", ("owner_agency",)),
    Column("life_events", ("life_events",), "words", empty=[]),
    Column("applicant_kinds", ("applicant_kinds",), "words"),
    Column("channels", ("channels",), "words"),
    Column("legal_basis", ("legal_basis",), "lines"),
    Column("term_days", ("term", "days"), "number"),
    *_members("term", "unit", "basis"),
    Column("fee_kind", ("fee", "kind")),
    Column("fee_amount_uah", ("fee", "amount_uah"), "number", empty=None),
    *_members("fee", "legal_reference", empty=None),
    *_members("fee", "formula_uk", "formula_en", "base", empty=None, is_optional=True),
    *_members("fee", "coefficient", "base_year", kind="number", empty=None, is_optional=True),
    *_members("fee", "note_en", empty=None, is_optional=True),
    Column("tacit_approval", ("tacit_approval",), "flag"),
    Column("result_name_uk", ("result", "name", "uk")),
    Column("result_name_en", ("result", "name", "en")),
    Column("result_kind", ("result", "kind")),
    Column("required_documents", ("required_documents",), "json", empty=[]),
    Column("refusal_codes", ("refusal_codes",), "json"),
    Column("register_checks", ("register_checks",), "json", empty=[]),
    Column("form", ("form",), "json"),
    Column("reviewed_on", ("reviewed_on",), "date"),
    Column("review_on", ("review_on",), "date", is_optional=True),
    *_members("how_to_apply", "uk", "en", is_optional=True),
    Column("decision_policy", ("decision_policy",), is_optional=True),
    Column("responsible_role", ("responsible_role",), is_optional=True),
    Column("assurance_level", ("assurance_level",), is_optional=True),
    Column("technological_card", ("technological_card",), "json", is_optional=True),
    Column("valid_from", ("valid_from",), "date", is_optional=True),
    Column("valid_to", ("valid_to",), "date", is_optional=True),
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}
_BY_PATH = {column.path: column for column in COLUMNS}


def column_at(pointer: str) -> tuple[str, str]:
    """Return the column in which a JSON Pointer of a definition ends, and the pointer inside its cell."""
    parts = tuple(pointer.split("/")[1:])
    for length in range(len(parts), 0, -1):
        if column := _BY_PATH.get(parts[:length]):
            return column.name, "".join(f"/{part}" for part in parts[length:])
    return parts[0] if parts else "", "".join(f"/{part}" for part in parts[1:])


def empty_value(column: Column) -> Any:
    """Return what an empty cell says: a new list for a list."""
    return list(column.empty) if isinstance(column.empty, list) else column.empty


def value_of(column: Column, cell: str) -> Any:
    """Return what a filled cell says; the text itself when it does not say what the column holds. JSON is read elsewhere."""
    if column.kind == "text":
        return cell[1:] if _ESCAPED.match(cell) else cell
    said = cell.strip()
    if column.kind == "number":
        return _number(said) if _NUMBER.fullmatch(said) else said
    if column.kind == "flag":
        return _FLAGS.get(said.lower(), said)
    if column.kind == "date":
        return _DATE.sub(r"\3-\2-\1", said)
    if column.kind == "words":
        return [word for word in re.split(r"[\s,;]+", said) if word]
    return [line.strip() for line in said.splitlines() if line.strip()]


def row_of(definition: Mapping[str, Any], dates: Mapping[str, str]) -> list[str]:
    """Return the cells of one definition, in the order of COLUMNS; `dates` are its `valid_from` and `valid_to`."""
    return [_cell(column, _member({**definition, **dates}, column.path)) for column in COLUMNS]


def put(record: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set the member at a path."""
    for part in path[:-1]:
        record = record.setdefault(part, {})
    record[path[-1]] = value


def _member(node: Any, path: Sequence[str]) -> Any:
    for part in path:
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def _number(said: str) -> int | float:
    written = said.replace(",", ".")
    return float(written) if "." in written else int(written)


def _cell(column: Column, value: Any) -> str:
    if value is None:
        return ""
    if column.kind == "text" and _LOOKS_LIKE_FORMULA.match(value):
        return f"'{value}"
    return _WRITTEN.get(column.kind, str)(value)


def _lines(value: Sequence[str]) -> str:
    """One line each, unless they would not be read as the same lines again."""
    is_plain = all(line.splitlines() == [line.strip()] for line in value) and not value[0].startswith(
        ("=", "+", "-", "@", "[")
    )
    return "\n".join(value) if is_plain else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "json": _json,
    "flag": lambda value: "yes" if value else "no",
    "words": ", ".join,
    "lines": _lines,
    "number": lambda value: format(Decimal(str(value)), "f"),
}
