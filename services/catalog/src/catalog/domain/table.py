"""Open data: cards as rows of a table. Lists stand in one cell, parted by semicolons; what a card leaves open is empty.

A cell that a spreadsheet would take for a formula begins with an apostrophe, so that it stays text.
"""

from collections.abc import Mapping
from typing import Any

COLUMNS = (
    "slug", "code", "version", "valid_from", "name_uk", "name_en", "description_uk", "description_en", "kind",
    "agency", "agency_name_uk", "agency_name_en", "owner_agency", "life_events", "applicant_kinds", "channels",
    "term_days", "term_unit", "term_basis", "fee_kind", "fee_amount_uah", "fee_formula_uk", "fee_formula_en",
    "tacit_approval", "result_uk", "result_en", "required_documents", "refusal_codes", "legal_basis", "reviewed_on",
)  # fmt: skip
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def row_of(card: Mapping[str, Any], agency: Mapping[str, Any] | None) -> list[str]:
    """Return the cells of one card, in the order of COLUMNS."""
    fee, term, names = card["fee"], card["term"], agency or {}
    cells = {
        **{name: card[name] for name in ("slug", "code", "version", "valid_from", "kind", "agency", "owner_agency")},
        **{f"name_{language}": card["name"].get(language) for language in ("uk", "en")},
        **{f"description_{language}": card["description"].get(language) for language in ("uk", "en")},
        **{f"result_{language}": card["result"]["name"].get(language) for language in ("uk", "en")},
        **{f"agency_name_{language}": names.get(f"name_{language}") for language in ("uk", "en")},
        **{name: card[name] for name in ("life_events", "applicant_kinds", "channels", "legal_basis")},
        "required_documents": [document["slug"] for document in card["required_documents"]],
        "refusal_codes": [reason["code"] for reason in card["refusal_codes"]],
        **{f"term_{name}": term[name] for name in ("days", "unit", "basis")},
        **{f"fee_{name}": fee.get(name) for name in ("kind", "amount_uah", "formula_uk", "formula_en")},
        "tacit_approval": card["tacit_approval"],
        "reviewed_on": card.get("reviewed_on"),
    }
    return [_cell(cells[name]) for name in COLUMNS]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = "; ".join(value)
    written = str(value)
    return f"'{written}" if isinstance(value, str) and written.startswith(_FORMULA_SIGNS) else written
