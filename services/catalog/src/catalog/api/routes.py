"""Reading the catalogue: agencies, registers, life events."""

import orjson
from fastapi import APIRouter, Request, Response

from catalog.api.caching import cacheable
from catalog.api.schemas import LifeEventResponse, RecordsResponse
from catalog.domain.days import kyiv_today
from catalog.use_cases import queries
from shared.database import Database

router = APIRouter(prefix="/v1", tags=["catalogue"])


def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


@router.get("/agencies", summary="Executive agencies", response_model=RecordsResponse)
async def get_agencies(request: Request) -> Response:
    """The bodies that decide; a `per-territory` one is each council's own office."""
    return await _records(request, "agency")


@router.get("/registers", summary="State registers", response_model=RecordsResponse)
async def get_registers(request: Request) -> Response:
    """What each register knows and by which keys it is asked."""
    return await _records(request, "register")


@router.get("/life-events", summary="Life events")
async def get_life_events(request: Request) -> list[LifeEventResponse]:
    """What happens in a life, and how many public services belong to it."""
    async with _database(request).reading() as connection:
        rows = await queries.life_events(connection, kyiv_today())
    return [LifeEventResponse(life_event=row.event, services=row.services) for row in rows]


async def _records(request: Request, kind: str) -> Response:
    async with _database(request).reading() as connection:
        items = await queries.list_records(connection, kind)
    return cacheable(orjson.dumps({"items": list(items)}), request.headers.get("if-none-match"))
