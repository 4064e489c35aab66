"""Texts of messages: templates by event and language, dates as people in Ukraine write them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Text:
    """A subject for e-mail and a body for every channel."""

    subject: str
    body: str


def _day(value: str | None) -> str:
    return f"{date.fromisoformat(value):%d.%m.%Y}" if value else ""


class Texts:
    """Renders the texts of one process."""

    def __init__(self) -> None:
        self._environment = Environment(  # noqa: S701  plain text, never HTML
            loader=FileSystemLoader(_TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.filters["day"] = _day

    def render(self, template: str, language: str, facts: Mapping[str, Any]) -> Text:
        """Return the text; the template's first line is the subject."""
        name = facts.get("service_name", {}).get(language, "")
        values = {"deadline_on": None, "outcome": None, **facts, "service": name}
        rendered = self._environment.get_template(f"{template}.{language}.txt").render(values)
        subject, _, body = rendered.partition("\n")
        return Text(subject.strip(), body.strip())
