"""One's own messages and contact, messages of a case, codes and receipts."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import update

from notifications.api import problems as own
from notifications.storage.tables import contacts
from notifications.use_cases import queries
from notifications.use_cases.dependencies import Dependencies
from notifications.use_cases.send_code import send_code
from notifications.use_cases.send_message import find_contact
from notifications.use_cases.take_receipt import take_receipt
from shared.actors import CurrentActor
from shared.pagination import CursorParameter, Limit, Page, decode_cursor, next_link
from shared.problems import FORBIDDEN, INVALID, NOT_FOUND, UNAUTHENTICATED, Problem, describe

router = APIRouter(prefix="/v1", tags=["notifications"])


async def dependencies(request: Request) -> Dependencies:
    """Return the parts of this process."""
    deps: Dependencies = request.app.state.dependencies
    return deps


async def own_account(actor: CurrentActor) -> UUID:
    """Return the account of the person who asks."""
    return UUID(actor.subject)


Parts = Annotated[Dependencies, Depends(dependencies)]
OwnAccount = Annotated[UUID, Depends(own_account)]


class MessageResponse(BaseModel):
    """A message; `sent` is handed to the provider, `delivered` is confirmed."""

    id: UUID
    application_id: UUID
    cause_type: str
    channel: str
    state: str
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None


class OwnMessage(MessageResponse):
    """A message with its text, for its reader."""

    subject: str
    text: str


class ContactResponse(BaseModel):
    """Where messages go; addresses are changed at auth, where they are proved."""

    phone: str | None
    email: str | None
    language: str


class ContactRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"language": "en"}]})

    language: Literal["uk", "en"]


class CodeRequest(BaseModel):
    """A one-time code to be sent at once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"channel": "sms", "to": "+380000000001", "code": "123456", "language": "uk", "purpose": "registration"}
            ]
        },
    )

    channel: Literal["sms", "email"]
    to: str = Field(max_length=254)
    code: str = Field(pattern=r"^\d{6}$")
    language: Literal["uk", "en"]
    purpose: Literal["registration", "sign-in"]


class ReceiptRequest(BaseModel):
    """What the SMS provider tells of a message."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"message_id": "0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f", "provider_id": "m-1", "status": "delivered"}
            ]
        }
    )

    message_id: str
    provider_id: str
    status: str = Field(max_length=40)


@router.get("/me/messages", summary="My messages", responses=describe(UNAUTHENTICATED, FORBIDDEN, INVALID))
async def my_messages(
    request: Request, account: OwnAccount, deps: Parts, limit: Limit = 20, cursor: CursorParameter = None
) -> Page[OwnMessage]:
    """The newest first, with their texts."""
    after = decode_cursor(cursor, UUID)
    async with deps.database.reading() as connection:
        window = await queries.own_messages(connection, account, limit=limit, after=after)
    items = []
    for row in window.rows:
        text = deps.texts.render(row.template, row.language, row.facts)
        shown = MessageResponse.model_validate(row, from_attributes=True).model_dump()
        items.append(OwnMessage(**shown, subject=text.subject, text=text.body))
    return Page(items=items, next=next_link(request, window.after))


@router.get("/me/contact", summary="Where I am reached", responses=describe(UNAUTHENTICATED, FORBIDDEN, NOT_FOUND))
async def my_contact(account: OwnAccount, deps: Parts) -> ContactResponse:
    """Phone, e-mail and the language of messages."""
    contact = await find_contact(deps, account)
    if contact is None:
        raise Problem(NOT_FOUND)
    return ContactResponse(phone=contact.phone, email=contact.email, language=contact.language)


@router.put(
    "/me/contact",
    summary="Choose the language of messages",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, INVALID),
)
async def put_contact(body: ContactRequest, account: OwnAccount, deps: Parts) -> ContactResponse:
    """For messages that have no language of their own; those of an application are in the application's language."""
    contact = await find_contact(deps, account)
    if contact is None:
        raise Problem(NOT_FOUND)
    changed = update(contacts).where(contacts.c.account_id == account).values(language=body.language)
    async with deps.database.transaction() as connection:
        await connection.execute(changed)
    return ContactResponse(phone=contact.phone, email=contact.email, language=body.language)


@router.get("/notifications", summary="Messages of a case", responses=describe(UNAUTHENTICATED, INVALID))
async def get_notifications(
    application_id: Annotated[UUID, Query()], actor: CurrentActor, deps: Parts
) -> list[MessageResponse]:
    """What the applicant was told and whether it arrived; of a case that is not theirs, nothing."""
    async with deps.database.reading() as connection:
        rows = await queries.messages_of_case(connection, actor, application_id)
    return [MessageResponse.model_validate(row, from_attributes=True) for row in rows]


@router.post(
    "/codes",
    status_code=202,
    summary="Send a one-time code (auth only)",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, INVALID, own.ADDRESS_REFUSED),
)
async def post_code(body: CodeRequest, deps: Parts, _peer: CurrentActor) -> Response:
    """Handed to the provider before this is answered; not kept."""
    await send_code(deps, body.channel, body.to, body.code, body.language, purpose=body.purpose)
    return Response(status_code=202)


@router.post(
    "/receipts/sms", status_code=204, summary="Receipt of the SMS provider", responses=describe(own.RECEIPT_REFUSED)
)
async def post_receipt(body: ReceiptRequest, deps: Parts, token: Annotated[str, Query(max_length=100)]) -> Response:
    """Whether a message arrived."""
    await take_receipt(deps, token, body.status)
    return Response(status_code=204)
