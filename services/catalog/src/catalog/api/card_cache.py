"""Finished answers for cards: the most read addresses of the platform cost no query, no routing, no serialising.

Sits outside everything: it measures and logs what it answers itself, and passes the rest on. An answer is kept for the
Kyiv day on which it was made and dropped when the catalogue changes (NOTIFY); while that news cannot be heard, nothing is kept.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from catalog.api.caching import is_same
from catalog.domain.days import kyiv_today
from catalog.storage.news import Hearing
from shared.logging import log_request
from shared.metrics import Metrics

_PREFIX = "/v1/public-services/"
_ROUTE = "/v1/public-services/{slug}"
_OTHERS = frozenset("/.")  # addresses below a card's, and its other formats
_NOTHING: Message = {"type": "http.response.body", "body": b""}
_MOST_CARDS = 5000


@dataclass(frozen=True)
class Finished:
    """An answer that can be sent as it is."""

    start: MutableMapping[str, Any]
    not_modified: MutableMapping[str, Any]
    body: MutableMapping[str, Any]
    etag: str


class CardAnswers:
    """The answers at hand; empty and closed until the news of changes is heard."""

    def __init__(self, today: Callable[[], date] = kyiv_today) -> None:
        self.hearing = Hearing(self._open, lost=self.close, look=self._look_at_the_day)
        self._today = today
        self._answers: OrderedDict[str, Finished] = OrderedDict()
        self._day = today()
        self.is_open = False
        self.generation = 0

    def get(self, path: str) -> Finished | None:
        return self._answers.get(path)

    def keep(self, path: str, answer: Finished, generation: int) -> None:
        """Keep an answer, unless the catalogue changed since `generation` was read."""
        if self.is_open and generation == self.generation:
            self._answers[path] = answer
            if len(self._answers) > _MOST_CARDS:
                self._answers.popitem(last=False)

    def clear(self) -> None:
        self.generation += 1
        self._answers.clear()

    def close(self) -> None:
        """Keep nothing until the news is heard again."""
        self.is_open = False
        self.clear()

    def _open(self) -> None:
        self.clear()
        self.is_open = True

    def _look_at_the_day(self) -> None:
        if self._day != self._today():
            self._day = self._today()
            self.clear()


class CardCache:
    """The middleware."""

    def __init__(self, app: ASGIApp, *, answers: CardAnswers, metrics: Metrics) -> None:
        self._app = app
        self._answers = answers
        self._timers = {status: metrics.requests.labels("GET", _ROUTE, str(status)) for status in (200, 304)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or scope["query_string"]:
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        known = self._answers.get(path)
        if known is None:
            is_card = path.startswith(_PREFIX) and not _OTHERS.intersection(path[len(_PREFIX) :])
            await self._app(scope, receive, self._keeping(path, send) if is_card and self._answers.is_open else send)
            return
        started = time.perf_counter()
        wanted = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match"), None)
        is_known = wanted is not None and is_same(wanted, known.etag)
        await send(known.not_modified if is_known else known.start)
        await send(_NOTHING if is_known else known.body)
        self._record(304 if is_known else 200, time.perf_counter() - started)

    def _record(self, status: int, seconds: float) -> None:
        self._timers[status].observe(seconds)
        log_request(method="GET", route=_ROUTE, status=status, seconds=seconds)

    def _keeping(self, path: str, send: Send) -> Send:
        generation = self._answers.generation
        start: Message = {}

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            elif start.get("status") == 200 and not message.get("more_body"):
                self._answers.keep(path, _finished(start, message), generation)
            await send(message)

        return watch


def _finished(start: Message, body: Message) -> Finished:
    headers = dict(start["headers"])
    kept = [(name, value) for name, value in start["headers"] if name in {b"etag", b"cache-control"}]
    return Finished(
        start=dict(start),
        not_modified={"type": "http.response.start", "status": 304, "headers": kept},
        body=dict(body),
        etag=headers[b"etag"].decode("latin-1"),
    )
