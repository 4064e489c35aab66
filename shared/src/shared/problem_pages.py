"""The pages behind the `type` address of each problem: what happened and what to do, in plain HTML."""

from collections.abc import Mapping
from html import escape

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from shared.problems import NOT_FOUND, Problem, ProblemType, describe

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><main><h1>{title}</h1>{body}</main></html>"""
_HEADERS = {"Content-Security-Policy": "default-src 'none'", "Cache-Control": "public, max-age=3600"}


def problem_pages(kinds: Mapping[str, ProblemType]) -> APIRouter:
    """Return the routes that explain `kinds` to whoever follows a problem's `type`."""
    router = APIRouter(prefix="/problems", tags=["problems"], default_response_class=HTMLResponse)

    @router.get("", summary="All the ways this service refuses")
    async def list_problems() -> HTMLResponse:
        """One line a problem, with a link to its page."""
        rows = "".join(
            f'<li><a href="problems/{kind.slug}">{kind.slug}</a> ({kind.status}): {escape(kind.title)}</li>'
            for kind in sorted(kinds.values(), key=lambda kind: (kind.status, kind.slug))
        )
        return HTMLResponse(_PAGE.format(title="Problems", body=f"<ul>{rows}</ul>"), headers=_HEADERS)

    @router.get("/{slug}", summary="One problem explained", responses=describe(NOT_FOUND))
    async def show_problem(slug: str) -> HTMLResponse:
        """What happened, the status it comes with, and what to do."""
        kind = kinds.get(slug)
        if kind is None:
            raise Problem(NOT_FOUND)
        body = f"<p>Status {kind.status}, <code>{kind.slug}</code></p><p>{escape(kind.advice)}</p>"
        return HTMLResponse(_PAGE.format(title=escape(kind.title), body=body), headers=_HEADERS)

    return router
