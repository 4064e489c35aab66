"""Who a person is, for the client that they signed in to."""

from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from auth.api import problems as own
from auth.api.dependencies import Parts
from auth.domain.errors import NotOfASession
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.read_userinfo import read_userinfo
from shared.actors import Actor, CurrentActor
from shared.problems import FORBIDDEN, UNAUTHENTICATED, Problem, describe

router = APIRouter(prefix="/oauth", tags=["oauth"])
_REFUSALS = describe(UNAUTHENTICATED, FORBIDDEN, own.NOT_OF_A_SESSION)
_ENDED = {"WWW-Authenticate": 'Bearer error="invalid_token", error_description="session-ended"'}


@router.get("/userinfo", summary="Who signed in", responses=_REFUSALS)
async def userinfo(actor: CurrentActor, deps: Parts) -> Response:
    """Name, phone and e-mail, by the scopes of the token (OpenID Connect Core §5.3)."""
    return await _answer(actor, deps)


@router.post("/userinfo", summary="Who signed in", responses=_REFUSALS)
async def userinfo_by_post(actor: CurrentActor, deps: Parts) -> Response:
    """The same; the token is in the header here too."""
    return await _answer(actor, deps)


async def _answer(actor: Actor, deps: Dependencies) -> Response:
    if actor.account is None or actor.session_id is None:
        raise NotOfASession
    told = await read_userinfo(deps, actor.account, UUID(actor.session_id), actor.scopes)
    if told is None:
        raise Problem(UNAUTHENTICATED, "The session of this token was ended.", headers=_ENDED)
    return JSONResponse(told, headers={"Cache-Control": "no-store"})
