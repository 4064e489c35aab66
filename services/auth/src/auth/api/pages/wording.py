"""The words of the pages, in Ukrainian and English, and which of the two a browser reads (BCP 47, RFC 9110 §12.5.4)."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from fastapi import Request

LANGUAGES = ("uk", "en")
_TEXTS = Path(__file__).parent / "texts"


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return every text of a language by its key."""
    read: dict[str, str] = json.loads((_TEXTS / f"{language}.json").read_text("utf-8"))
    return read


def language_of(request: Request, cookie: str) -> str:
    """Return the language a browser is answered in: what it asks for now, chose before, or prefers; else Ukrainian."""
    query = request.query_params
    wished = (*query.getlist("lang"), *query.get("ui_locales", "").split(), request.cookies.get(cookie, ""))
    return _known(wished) or _known(_preferred(request.headers.get("accept-language", ""))) or LANGUAGES[0]


def _known(tags: Iterable[str]) -> str | None:
    primary = (tag.strip().lower().partition("-")[0] for tag in tags)
    return next((tag for tag in primary if tag in LANGUAGES), None)


def _preferred(header: str) -> list[str]:
    weighed = []
    for position, part in enumerate(header[:500].split(",")):
        tag, _, parameter = part.partition(";")
        name, _, weight = parameter.strip().partition("=")
        try:
            quality = float(weight) if name == "q" else 1.0
        except ValueError:
            quality = 0.0
        if quality > 0:
            weighed.append((-quality, position, tag))
    return [tag for _, _, tag in sorted(weighed)]
