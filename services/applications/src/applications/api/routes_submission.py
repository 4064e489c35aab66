"""Handing in: supporting documents, and applications in one call."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.types import Message

from applications.api import problems as own
from applications.api.dependencies import Citizen, Parts, SignedInCitizen
from applications.api.schemas import FileResponse, ReceiptResponse, SubmitApplicationRequest
from applications.api.submission_route import SubmissionRoute
from applications.storage.submission import Attachment
from applications.use_cases.dependencies import Dependencies
from applications.use_cases.submit_application import Receipt, Submission, submit_application
from applications.use_cases.upload_file import upload_file
from shared.body_guard import read_json
from shared.headers import IdempotencyKey
from shared.idempotency import fingerprint
from shared.problems import (
    FORBIDDEN,
    INVALID,
    KEY_REUSED,
    MALFORMED,
    MEDIA_TYPE_REFUSED,
    TOO_LARGE,
    UNAUTHENTICATED,
    Problem,
    describe,
)

router = APIRouter(prefix="/v1", tags=["submission"])
one_call = APIRouter(prefix="/v1", tags=["submission"], route_class=SubmissionRoute)
_MOST_FILES = 50
_MOST_JSON_BYTES = 1_048_576
_CHUNK = 65_536
_FILE_PROBLEMS = (own.FILE_TOO_LARGE, own.FILE_TYPE, own.HASH_MISMATCH)


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without `$defs`, which OpenAPI has no place for inside a request body."""
    definitions = schema.pop("$defs", {})

    def resolve(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return resolve(definitions[node["$ref"].rpartition("/")[2]])
            return {key: resolve(value) for key, value in node.items()}
        return [resolve(item) for item in node] if isinstance(node, list) else node

    resolved: dict[str, Any] = resolve(schema)
    return resolved


_BODY = _inlined(SubmitApplicationRequest.model_json_schema())
_REQUEST_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _BODY},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["application"],
                    "description": "`application` is the JSON; every other part is a file, named by its SHA-256",
                    "properties": {"application": {"type": "string", "contentMediaType": "application/json"}},
                    "additionalProperties": {"type": "string", "format": "binary"},
                }
            },
        },
    }
}


@router.put(
    "/files/{sha256}",
    status_code=201,
    summary="Upload a supporting document",
    responses=describe(UNAUTHENTICATED, FORBIDDEN, INVALID, *_FILE_PROBLEMS),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("application/pdf", "image/jpeg", "image/png")
            },
        }
    },
)
async def put_file(
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")], request: Request, owner: Citizen, deps: Parts
) -> FileResponse:
    """Stores a PDF, JPEG or PNG under the SHA-256 of its content. Repeating it is harmless."""
    stored = await upload_file(deps, owner, request.stream(), declared_type=_media_type(request), sha256=sha256)
    return FileResponse(sha256=stored.sha256, media_type=stored.media_type, size=stored.size)


@one_call.post(
    "/applications",
    status_code=201,
    response_model=ReceiptResponse,
    summary="Submit an application in one call",
    responses=describe(
        UNAUTHENTICATED,
        FORBIDDEN,
        MALFORMED,
        INVALID,
        MEDIA_TYPE_REFUSED,
        TOO_LARGE,
        KEY_REUSED,
        own.UNKNOWN_SERVICE,
        own.SERVICE_WITHDRAWN,
        own.UNKNOWN_CENTRE,
        own.CHANNEL_NOT_OFFERED,
        own.AUTHENTICATION_INSUFFICIENT,
        own.FORM_INVALID,
        own.DOCUMENTS_MISSING,
        own.UNKNOWN_DOCUMENT,
        own.FILE_NOT_UPLOADED,
        *_FILE_PROBLEMS,
    ),
    openapi_extra=_REQUEST_BODY,
)
async def post_application(request: Request, citizen: SignedInCitizen, key: IdempotencyKey, deps: Parts) -> Response:
    """Takes form, documents and consent at once.

    JSON refers to uploaded files by their hash; multipart has the files in it. A retried call with the same
    Idempotency-Key is answered with the first receipt and makes no second case. A card may ask for a surer sign-in
    than the token is of (RFC 9470).
    """
    media_type = _media_type(request)
    if media_type == "multipart/form-data":
        body, wanted = await _read_multipart(request, deps, citizen.account)
    elif media_type and media_type != "application/json":
        raise Problem(MEDIA_TYPE_REFUSED, "Send application/json or multipart/form-data.")
    else:
        body = await request.body()
        wanted = _parse(body)
    attachments = tuple(Attachment(item.document, item.name, item.sha256) for item in wanted.documents)
    submission = Submission(
        applicant_id=citizen.account,
        acr=citizen.acr,
        key=key,
        fingerprint=fingerprint("submit", body),
        public_service=wanted.public_service,
        centre=wanted.centre,
        channel=wanted.channel,
        language=wanted.language,
        form=wanted.form,
        attachments=attachments,
    )
    return _answer(await submit_application(deps, submission))


def _answer(receipt: Receipt) -> Response:
    content = {
        "id": str(receipt.application_id),
        "reference": receipt.reference,
        "access_code": receipt.access_code,
        "state": receipt.state,
        "submitted_at": receipt.submitted_at,
    }
    headers = {"Location": f"/v1/applications/{receipt.application_id}", "ETag": '"1"'}
    if receipt.is_repeat:
        headers["Idempotency-Replayed"] = "true"
    return Response(orjson.dumps(content), 201, headers, "application/json")


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _parse(body: bytes) -> SubmitApplicationRequest:
    try:
        return SubmitApplicationRequest.model_validate_json(body)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_url=False)]
        raise RequestValidationError(faults) from None


async def _read_multipart(request: Request, deps: Dependencies, owner: UUID) -> tuple[bytes, SubmitApplicationRequest]:
    """Store the files of a multipart body and return its JSON part; files come first, so that a retry finds them."""
    limit = deps.files.max_bytes
    bounded = _bounded(request, _MOST_JSON_BYTES + _MOST_FILES * limit)
    async with bounded.form(max_files=_MOST_FILES, max_fields=1, max_part_size=limit) as parts:
        text = await _application_part(parts)
        read_json(text)
        wanted = _parse(text)
        for name, part in parts.multi_items():
            if isinstance(part, UploadFile) and name != "application":
                declared = (part.content_type or "").partition(";")[0].strip().lower()
                await upload_file(deps, owner, _chunks(part), declared_type=declared, sha256=name)
    return text, wanted


async def _application_part(parts: FormData) -> bytes:
    part = parts.get("application")
    if part is None:
        raise Problem(INVALID, errors=[("/application", "this part is missing")])
    text = await part.read(_MOST_JSON_BYTES + 1) if isinstance(part, UploadFile) else part.encode()
    if len(text) > _MOST_JSON_BYTES:
        raise Problem(TOO_LARGE, f"At most {_MOST_JSON_BYTES} bytes of JSON are read.")
    return text


def _bounded(request: Request, limit: int) -> Request:
    """The same request, refused once more than `limit` bytes of its body came: nothing else bounds a file part."""
    left = limit

    async def receive() -> Message:
        nonlocal left
        message = await request.receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise Problem(TOO_LARGE, f"At most {limit} bytes are read.")
        return message

    return Request(request.scope, receive)


async def _chunks(file: UploadFile) -> AsyncIterator[bytes]:
    while chunk := await file.read(_CHUNK):
        yield chunk
