"""The baseline of S1: a Starlette app that answers with finished bytes, under the uvicorn settings of every service."""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.serving import run_in_loop


def main() -> None:
    """Serve the content of a file at one path: `python -m bench.bare_server PORT PATH FILE ETAG`."""
    port, path, file, etag = sys.argv[1:]
    body = Path(file).read_bytes()
    headers = {"ETag": etag, "Cache-Control": "public, max-age=60"}

    async def answer(_request: Request) -> Response:
        return Response(body, headers=headers, media_type="application/json")

    app = Starlette(routes=[Route(path, answer)])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=int(port), access_log=False, log_config=None, server_header=False, ws="none"
    )
    run_in_loop(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
