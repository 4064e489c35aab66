"""What others take the catalogue with: the signed snapshot for kiosks and post offices, linked data and a table for everybody."""

from hashlib import sha256
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request, Response

from catalog.api.caching import FRESH_SECONDS, is_same
from catalog.api.place_parameters import Now, Slug, Store
from catalog.domain.cpsv import MEDIA_TYPE as LINKED
from catalog.domain.days import kyiv_date
from catalog.domain.errors import UnknownPublicService
from catalog.use_cases import queries
from catalog.use_cases.give_snapshot import give_keys, give_snapshot, newest_snapshot
from catalog.use_cases.make_snapshot import SnapshotParts
from catalog.use_cases.place_queries import list_territories
from catalog.use_cases.render_open_data import OpenData, Rendered, service_document
from shared.problems import INVALID, NOT_FOUND, describe

router = APIRouter(prefix="/v1", tags=["open data"])
IfNoneMatch = Annotated[str | None, Header(max_length=200)]
AcceptEncoding = Annotated[str, Header(max_length=200)]
_TABLE = "text/csv; charset=utf-8; header=present"
_BUNDLE = "application/gzip"
_KEYS = "application/jwk-set+json"
_AS_YOU_HAVE_IT: dict[int | str, dict[str, Any]] = {304: {"description": "It is as you have it"}}


def _parts(request: Request) -> SnapshotParts:
    parts: SnapshotParts = request.app.state.snapshots
    return parts


def _open_data(request: Request) -> OpenData:
    open_data: OpenData = request.app.state.open_data
    return open_data


@router.get(
    "/snapshot",
    summary="The catalogue to keep",
    response_class=Response,
    responses={200: {"content": {_BUNDLE: {}}}, **_AS_YOU_HAVE_IT, **describe(INVALID)},
)
async def get_snapshot(
    request: Request,
    since: Annotated[
        int | None,
        Query(ge=1, le=2**31 - 1, description="The version that you have: only what changed after it is sent"),
    ] = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """All that works without the network: cards in force, places with hours, bodies. Signed; how to check it: docs/snapshot.md.

    With `since`, the difference from that version; the whole when there is none. The ETag begins with the version.
    """
    newest = await newest_snapshot(_parts(request))
    etag = _snapshot_etag(newest.version, newest.sha256)
    if is_same(if_none_match, etag):
        return Response(status_code=304, headers=_kept(etag))
    bundle = await give_snapshot(_parts(request), since=since)
    named = {"Content-Disposition": f'attachment; filename="snapshot-{bundle.version}.json.gz"'}
    headers = _kept(_snapshot_etag(bundle.version, bundle.sha256)) | named
    return Response(bundle.content, 200, headers, _BUNDLE)


@router.get("/snapshot/keys", summary="Keys of the snapshot", responses={200: {"content": {_KEYS: {}}}})
async def get_snapshot_keys(request: Request) -> Response:
    """The public keys that check signatures of snapshots (JWKS, RFC 7517), the newest first."""
    keys = await give_keys(_parts(request))
    headers = {"Cache-Control": f"public, max-age={FRESH_SECONDS}"}
    return Response(orjson.dumps({"keys": list(keys)}), 200, headers, _KEYS)


@router.get(
    "/public-services.jsonld",
    summary="The catalogue as linked data",
    response_class=Response,
    responses={200: {"content": {LINKED: {}}}, **_AS_YOU_HAVE_IT},
)
async def get_linked_data(
    request: Request, if_none_match: IfNoneMatch = None, accept_encoding: AcceptEncoding = ""
) -> Response:
    """Every public service in force, after CPSV-AP 3.2."""
    await newest_snapshot(_parts(request))
    return _file(await _open_data(request).linked(), LINKED, if_none_match, accept_encoding)


@router.get(
    "/public-services.csv",
    summary="The catalogue as a table",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **_AS_YOU_HAVE_IT},
)
async def get_table(
    request: Request, if_none_match: IfNoneMatch = None, accept_encoding: AcceptEncoding = ""
) -> Response:
    """Every public service in force, a row each (RFC 4180, UTF-8, the first row names the columns)."""
    await newest_snapshot(_parts(request))
    return _file(await _open_data(request).table(), _TABLE, if_none_match, accept_encoding)


@router.get(
    "/public-services/{slug}.jsonld",
    summary="One public service as linked data",
    response_class=Response,
    responses={200: {"content": {LINKED: {}}}, **_AS_YOU_HAVE_IT, **describe(NOT_FOUND, INVALID)},
)
async def get_linked_public_service(
    slug: Slug, request: Request, database: Store, now: Now, if_none_match: IfNoneMatch = None
) -> Response:
    """The version that is in force today, after CPSV-AP 3.2, with the body, the places and the codes that it names."""
    today = kyiv_date(now)
    async with database.reading() as connection:
        row = await queries.current_version(connection, slug, today)
        if row is None:
            raise UnknownPublicService(slug)
        agencies = await queries.list_records(connection, "agency")
        territories = [territory.data for territory in await list_territories(connection)]
    is_withdrawn = row.withdrawn_on is not None and row.withdrawn_on <= today
    body = service_document(_open_data(request).site, row.definition, agencies, territories, is_withdrawn=is_withdrawn)
    return _linked(body, if_none_match)


def _linked(body: bytes, if_none_match: str | None) -> Response:
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    if is_same(if_none_match, etag):
        return Response(status_code=304, headers=_kept(etag))
    return Response(body, 200, _kept(etag), LINKED)


def _file(rendered: Rendered, media_type: str, if_none_match: str | None, accept_encoding: str) -> Response:
    """Send a file packed to whom takes it packed; each of the two representations has its own strong ETag."""
    is_packed = _takes_gzip(accept_encoding)
    etag = f'"{rendered.digest[:32]}{"-gzip" if is_packed else ""}"'
    headers = {**_kept(etag), "Vary": "Accept-Encoding"}
    if is_same(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    if is_packed:
        return Response(rendered.packed, 200, {**headers, "Content-Encoding": "gzip"}, media_type)
    return Response(rendered.unpacked(), 200, headers, media_type)


def _takes_gzip(accept_encoding: str) -> bool:
    for coding in accept_encoding.lower().replace(" ", "").split(","):
        name, _, weight = coding.partition(";q=")
        if name in {"gzip", "*"}:
            return not weight or bool(weight.strip("0."))
    return False


def _snapshot_etag(version: int, digest: str) -> str:
    return f'"{version}-{digest[:16]}"'


def _kept(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": f"public, max-age={FRESH_SECONDS}"}
