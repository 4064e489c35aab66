"""The page that explains a service's API (`/docs`): Swagger UI from a package, so that it works on a closed network."""

from importlib.util import find_spec
from pathlib import Path

from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

# the package is only where the files lie: its own app class is not used, and not imported
_PACKAGE = find_spec("fastapi_offline")
_FILES = Path(_PACKAGE.origin if _PACKAGE and _PACKAGE.origin else "").parent / "static"


def docs_routes(title: str) -> list[BaseRoute]:
    """Return the page and the files that it loads."""

    async def docs(_request: Request) -> Response:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title=title,
            swagger_js_url="/docs/files/swagger-ui-bundle.js",
            swagger_css_url="/docs/files/swagger-ui.css",
            swagger_favicon_url="/docs/files/favicon.png",
        )

    return [Route("/docs", docs), Mount("/docs/files", StaticFiles(directory=_FILES))]
