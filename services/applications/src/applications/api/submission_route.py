"""The hottest route, called without FastAPI's solver: its five dependencies, solved anew, cost a fifth of a submission.

The endpoint declares them all the same, for the API's document and for the guards.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from applications.api.dependencies import signed_in_citizen
from shared.actors import current_actor
from shared.headers import read_idempotency_key


class SubmissionRoute(APIRoute):
    """Gives the endpoint the citizen, the key and the parts of the process, as its dependencies would."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(request: Request) -> Response:
            citizen = await signed_in_citizen(await current_actor(request))
            key = read_idempotency_key(request)
            response: Response = await self.endpoint(request, citizen, key, request.app.state.dependencies)
            return response

        return handle
