"""What each register field that a card asserts is compared with: a form field, an expected value, or its mere presence."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Assertions:
    """The table of comparisons; keys are `register.field`."""

    form_fields: Mapping[str, Sequence[str]]
    expected: Mapping[str, Any]

    def of(self, register: str, field: str, form_fields: Collection[str]) -> dict[str, Any]:
        """Return how one field of a check is compared, for a form that has `form_fields`."""
        key = f"{register}.{field}"
        if key in self.expected:
            return {"field": field, "form_field": None, "expected": self.expected[key]}
        candidates = (*self.form_fields.get(key, ()), field)
        found = next((name for name in candidates if name in form_fields), None)
        return {"field": field, "form_field": found, "expected": None}
