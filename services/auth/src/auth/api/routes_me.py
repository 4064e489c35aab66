"""The caller's own account: who they are, their sessions and their password."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from auth.api import problems as own
from auth.api.dependencies import CurrentSession, Parts, place_of
from auth.api.own_schemas import OwnSessionResponse, OwnSessionsResponse, PasswordRequest
from auth.api.schemas import MandateClaim, MeResponse
from auth.use_cases import queries
from auth.use_cases.change_password import PasswordChange, change_password
from auth.use_cases.own_sessions import end_all_others, end_own_session, list_sessions
from shared.actors import CurrentActor
from shared.problems import FORBIDDEN, INVALID, NOT_FOUND, UNAUTHENTICATED, describe

router = APIRouter(prefix="/v1/me", tags=["me"])
_OF_A_SESSION = (UNAUTHENTICATED, FORBIDDEN, own.NOT_OF_A_SESSION)


@router.get("", summary="Who I am", responses=describe(UNAUTHENTICATED))
async def me(actor: CurrentActor, deps: Parts) -> MeResponse:
    """The account and the mandate of the token."""
    kind, language = "machine", "uk"
    if actor.account is not None:
        async with deps.database.reading() as connection:
            row = await queries.find_account(connection, actor.account)
        kind, language = (row.kind, row.language) if row is not None else (kind, language)
    mandates = [MandateClaim.model_validate(held, from_attributes=True) for held in actor.mandates]
    return MeResponse(account_id=actor.subject, kind=kind, language=language, mandates=mandates)


@router.put(
    "/password",
    status_code=204,
    summary="Change my password",
    responses=describe(
        *_OF_A_SESSION, INVALID, own.PASSWORD_TOO_GUESSABLE, own.SESSION_ENDED, own.FRESH_SIGN_IN_NEEDED,
        own.OLD_PASSWORD_WRONG, own.TOO_MANY_ATTEMPTS,
    ),
)  # fmt: skip
async def put_password(body: PasswordRequest, request: Request, session: CurrentSession, deps: Parts) -> Response:
    """With the old one, or within ten minutes of signing in. Ends all other sessions."""
    place = place_of(request, body.device_token)
    change = PasswordChange(session.account_id, session.session_id, place, body.password, body.old_password)
    await change_password(deps, change)
    return Response(status_code=204)


@router.get("/sessions", summary="My sessions", responses=describe(*_OF_A_SESSION))
async def my_sessions(session: CurrentSession, deps: Parts) -> OwnSessionsResponse:
    """Where I am signed in, the last seen first."""
    items = [
        OwnSessionResponse(
            id=live.id,
            device=live.device,
            signed_in_at=live.signed_in_at,
            seen_at=live.seen_at,
            acr=live.acr,
            methods=live.methods,
            mandate=MandateClaim.model_validate(live.mandate) if live.mandate else None,
            is_current=live.id == session.session_id,
        )
        for live in await list_sessions(deps, session.account_id)
    ]
    return OwnSessionsResponse(items=items)


@router.delete("/sessions", status_code=204, summary="End my other sessions", responses=describe(*_OF_A_SESSION))
async def end_my_other_sessions(session: CurrentSession, deps: Parts) -> Response:
    """All but the one of this token; access tokens end by themselves within ten minutes."""
    await end_all_others(deps, session.account_id, session.session_id)
    return Response(status_code=204)


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    summary="End one of my sessions",
    responses=describe(*_OF_A_SESSION, NOT_FOUND, INVALID),
)
async def end_my_session(session_id: UUID, session: CurrentSession, deps: Parts) -> Response:
    """Its access token ends by itself within ten minutes."""
    await end_own_session(deps, session.account_id, session_id)
    return Response(status_code=204)
