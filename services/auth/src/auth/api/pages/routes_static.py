"""The style sheet and the one script of the pages, from this origin alone."""

from functools import cache
from pathlib import Path

from fastapi import Request, Response

from auth.api.pages.rendering import render_error
from auth.api.pages.routing import page_router

router = page_router()
_FOLDER = Path(__file__).parent / "static"
_KINDS = {"pages.css": "text/css; charset=utf-8", "passkeys.js": "text/javascript; charset=utf-8"}
_HEADERS = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}


@router.get("/static/{name}")
async def static_file(name: str, request: Request) -> Response:
    """One of them."""
    if name not in _KINDS:
        return render_error(request, "not-found", status=404)
    return Response(_read(name), media_type=_KINDS[name], headers=_HEADERS)


@cache
def _read(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
