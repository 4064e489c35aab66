"""The registers' REST interface: one question, a stated purpose, only the fields that were asked for."""

from collections import deque
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from dev.faults import HEALTH, Faults
from dev.registers.people import People


class Question(BaseModel):
    """What a register is asked."""

    model_config = ConfigDict(extra="forbid")

    purpose: str = Field(min_length=3)
    legal_basis: str = Field(min_length=3)
    case: str = Field(min_length=3)
    keys: dict[str, Any] = Field(min_length=1)
    fields: list[str] = Field(min_length=1)


def _problem(status: int, title: str) -> Response:
    return JSONResponse({"title": title, "status": status}, status, media_type="application/problem+json")


def _broken(fault: str | None) -> Response | None:
    """Return the answer of a register that has this fault, None for one that works."""
    match fault:
        case "down":
            return _problem(503, "The register is being maintained")
        case "error":
            return _problem(500, "The register broke")
        case "garbage":
            return Response(b'{"found": tru', media_type="application/json")
        case "huge":
            return StreamingResponse(_huge(), media_type="application/json")
    return None


def _huge() -> Iterator[bytes]:
    """An answer of 64 MiB that is right JSON."""
    yield b'{"found": true, "fields": {"note": "'
    for _ in range(64):
        yield b"x" * 1_048_576
    yield b'"}}'


class Registers:
    """The simulated registers of one process."""

    def __init__(self, folder: Path, api_key: str) -> None:
        self._people = People(folder)
        self._api_key = api_key
        self._log: deque[dict[str, Any]] = deque(maxlen=1000)
        self.faults = Faults()

    def app(self) -> Starlette:
        """Return the ASGI app."""
        routes = [
            Route("/", self.page),
            Route("/registers/{slug}/query", self.query, methods=["POST"]),
            Route("/log", self.log, methods=["GET", "DELETE"]),
            self.faults.route(),
            *HEALTH,
        ]
        return Starlette(routes=routes)

    async def query(self, request: Request) -> Response:
        """Answer one question."""
        slug = request.path_params["slug"]
        if broken := _broken(await self.faults.meet(slug)):
            return broken
        try:
            question = await self._read(request, slug)
        except HTTPException as refusal:
            return _problem(refusal.status_code, refusal.detail)
        found = self._people.find(slug, question.keys)
        self._note(request, slug, question, is_found=found is not None)
        if found is None:
            return JSONResponse({"found": False})
        return JSONResponse({"found": True, "fields": {name: found.get(name) for name in question.fields}})

    async def _read(self, request: Request, slug: str) -> Question:
        """Return a question that may be asked, or raise HTTPException."""
        if request.headers.get("authorization") != f"Bearer {self._api_key}":
            raise HTTPException(401, "The key is not known")
        register = self._people.registers.get(slug)
        if register is None:
            raise HTTPException(404, "There is no such register")
        try:
            question = Question.model_validate_json(await request.body())
        except ValidationError as error:
            raise HTTPException(422, f"{error.error_count()} faults in the question") from None
        unknown = set(question.fields) - {field["name"] for field in register["fields"]}
        if unknown:
            raise HTTPException(422, f"The register has no field {', '.join(sorted(unknown))}")
        return question

    def _note(self, request: Request, slug: str, question: Question, *, is_found: bool) -> None:
        self._log.appendleft(
            {
                "request_id": request.headers.get("x-request-id"),
                "register": slug,
                "case": question.case,
                "purpose": question.purpose,
                "keys": sorted(question.keys),
                "fields": question.fields,
                "found": is_found,
            }
        )

    async def log(self, request: Request) -> Response:
        """Show who asked what, without values; DELETE empties it."""
        if request.method == "DELETE":
            self._log.clear()
        return JSONResponse(list(self._log))

    async def page(self, _request: Request) -> Response:
        """Show the registers, the faults in force and the last questions."""
        questions = "".join(
            f"<tr><td>{escape(entry['register'])}<td>{escape(entry['case'])}<td>{escape(entry['purpose'])}"
            f"<td>{escape(', '.join(entry['fields']))}<td>{'так' if entry['found'] else 'ні'}</tr>"
            for entry in list(self._log)[:100]
        )
        faults = "".join(f"<li>{escape(str(fault))}</li>" for fault in self.faults.shown()) or "<li>немає</li>"
        names = "".join(f"<li>{escape(item['name_uk'])}</li>" for item in self._people.registers.values())
        return HTMLResponse(
            '<!doctype html><html lang="uk"><meta charset="utf-8"><title>Імітовані реєстри</title>'
            '<meta name="viewport" content="width=device-width"><style>body{font:16px sans-serif;margin:2rem}'
            "td,th{padding:.3rem .8rem;text-align:left;border-bottom:1px solid #ccc}</style>"
            "<h1>Імітовані державні реєстри</h1><p>Усі особи вигадані.</p>"
            f"<h2>Збої</h2><ul>{faults}</ul><h2>Останні запити</h2>"
            "<table><tr><th>Реєстр<th>Справа<th>Мета<th>Поля<th>Знайдено</tr>"
            f"{questions}</table><h2>Реєстри</h2><ul>{names}</ul>"
        )


def create_app(folder: Path, api_key: str) -> Starlette:
    """Return the app of the simulated registers."""
    return Registers(folder, api_key).app()
