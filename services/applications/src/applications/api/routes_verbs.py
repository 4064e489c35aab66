"""Doing: one address a verb of the lifecycle."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from applications.api import presenting
from applications.api import problems as own
from applications.api.dependencies import CurrentTarget, Parts
from applications.api.schemas import (
    ChangedResponse,
    ExtendRequest,
    GrantRequest,
    ProposeRequest,
    ReasonRequest,
    TextRequest,
)
from applications.domain.application import Application
from applications.use_cases.approve_decision import approve_decision
from applications.use_cases.claim_application import claim_application
from applications.use_cases.extend_deadline import extend_deadline
from applications.use_cases.grant_application import grant_application
from applications.use_cases.propose_decision import ProposedDecision, propose_decision
from applications.use_cases.register_application import register_application
from applications.use_cases.request_information import request_information
from applications.use_cases.resubmit_application import resubmit_application
from applications.use_cases.return_application import return_application
from applications.use_cases.send_back_decision import send_back_decision
from applications.use_cases.supply_information import supply_information
from applications.use_cases.withdraw_application import withdraw_application
from shared.problems import FORBIDDEN, INVALID, NOT_FOUND, UNAUTHENTICATED, ProblemType, describe

router = APIRouter(prefix="/v1/applications/{application_id}", tags=["verbs"])


def _refusals(*more: ProblemType) -> Mapping[int | str, dict[str, Any]]:
    common = (UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID, own.ILLEGAL_TRANSITION, own.VERSION_CHANGED)
    return describe(*common, *more)


def _changed(application: Application, response: Response) -> ChangedResponse:
    response.headers["ETag"] = f'"{application.version}"'
    return presenting.changed(application)


@router.post("/register", summary="Register", responses=dict(_refusals()))
async def register(target: CurrentTarget, deps: Parts, response: Response) -> ChangedResponse:
    """The centre takes the application in: the legal clock starts and the card's register checks are asked for."""
    return _changed(await register_application(deps, target), response)


@router.post(
    "/return", summary="Return as incomplete",
    responses=dict(_refusals(own.REASON_MISSING)),
)  # fmt: skip
async def return_incomplete(
    body: ReasonRequest, target: CurrentTarget, deps: Parts, response: Response
) -> ChangedResponse:
    """The centre tells the applicant what is missing."""
    return _changed(await return_application(deps, target, body.reason), response)


@router.post("/resubmit", summary="Send again", responses=dict(_refusals()))
async def resubmit(target: CurrentTarget, deps: Parts, response: Response) -> ChangedResponse:
    """The applicant hands a returned application to the centre again."""
    return _changed(await resubmit_application(deps, target), response)


@router.post("/claim", summary="Claim", responses=dict(_refusals(own.ALREADY_ASSIGNED)))
async def claim(target: CurrentTarget, deps: Parts, response: Response) -> ChangedResponse:
    """An officer of the agency takes the case for examination."""
    return _changed(await claim_application(deps, target), response)


@router.post(
    "/request-information",
    summary="Ask the applicant",
    responses=dict(_refusals(own.REASON_MISSING)),
)
async def ask_applicant(body: TextRequest, target: CurrentTarget, deps: Parts, response: Response) -> ChangedResponse:
    """The clock stands from this day until the applicant answers."""
    return _changed(await request_information(deps, target, body.text), response)


@router.post(
    "/supply-information",
    summary="Answer the agency",
    responses=dict(_refusals(own.REASON_MISSING)),
)
async def answer_agency(body: TextRequest, target: CurrentTarget, deps: Parts, response: Response) -> ChangedResponse:
    """The applicant answers; the clock goes on with the days left."""
    return _changed(await supply_information(deps, target, body.text), response)


@router.post(
    "/propose-decision",
    summary="Propose a decision",
    responses=dict(_refusals(own.REFUSAL_CODE_MISSING, own.UNKNOWN_REFUSAL_CODE, own.REASON_MISSING)),
)
async def propose(body: ProposeRequest, target: CurrentTarget, deps: Parts, response: Response) -> ChangedResponse:
    """A refusal names at least one refusal code of the card and a reason."""
    proposed = ProposedDecision(body.outcome, tuple(body.refusal_codes), body.reason)
    return _changed(await propose_decision(deps, target, proposed), response)


@router.post(
    "/approve-decision",
    summary="Approve the proposed decision",
    responses=dict(_refusals(own.OWN_PROPOSAL)),
)
async def approve(target: CurrentTarget, deps: Parts, response: Response) -> ChangedResponse:
    """The head of the agency makes the decision that was proposed by somebody else."""
    return _changed(await approve_decision(deps, target), response)


@router.post(
    "/send-back",
    summary="Send the proposed decision back",
    responses=dict(_refusals(own.REASON_MISSING)),
)
async def send_back(body: ReasonRequest, target: CurrentTarget, deps: Parts, response: Response) -> ChangedResponse:
    """The examination goes on."""
    return _changed(await send_back_decision(deps, target, body.reason), response)


@router.post(
    "/decide",
    summary="Grant at once",
    responses=dict(_refusals(own.OUTCOME_NOT_ALLOWED)),
)
async def decide(body: GrantRequest, target: CurrentTarget, deps: Parts, response: Response) -> ChangedResponse:
    """The head always, a representative where the card allows it. A refusal is always proposed and approved."""
    return _changed(await grant_application(deps, target, body.reason), response)


@router.post(
    "/extend-deadline",
    summary="Extend the term",
    responses=dict(_refusals(own.ALREADY_EXTENDED, own.REASON_MISSING)),
)
async def extend(body: ExtendRequest, target: CurrentTarget, deps: Parts, response: Response) -> ChangedResponse:
    """Once, by the head of the agency, with a reason, by at most the card's term."""
    return _changed(await extend_deadline(deps, target, body.days, body.reason), response)


@router.post("/withdraw", summary="Withdraw", responses=dict(_refusals()))
async def withdraw(target: CurrentTarget, deps: Parts, response: Response) -> ChangedResponse:
    """The applicant takes the application back, in any open state."""
    return _changed(await withdraw_application(deps, target), response)
