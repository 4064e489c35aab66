"""People who work on definitions, and what they send, as tests of the catalogue need them."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import httpx

from catalog.api.draft_example import EXAMPLE
from catalog.domain.days import kyiv_date
from dev.run_folder import ROOT
from shared.ids import new_id
from tests.support.clock import SettableClock
from tests.support.tokens import TestIssuer

COUNCIL, OTHER = "municipal-council", "migration-service"
PET, RESIDENCE = "pet-registration", "residence-registration"
HEAD, REPRESENTATIVE = "head_of_executive_agency", "agency_representative"
# whom tests speak as: role and organisation, or scopes
PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "head": {"role": HEAD, "organisation": COUNCIL},
    "head of an office": {"role": HEAD, "organisation": f"{COUNCIL}--dnipro"},
    "representative": {"role": REPRESENTATIVE, "organisation": COUNCIL},
    "representative of an office": {"role": REPRESENTATIVE, "organisation": f"{COUNCIL}--dnipro"},
    "other head": {"role": HEAD, "organisation": OTHER},
    "other representative": {"role": REPRESENTATIVE, "organisation": OTHER},
    "head of a namesake": {"role": HEAD, "organisation": f"{COUNCIL}-archive"},
    "head of centre": {"role": "head_of_service_centre", "organisation": "cnap-dnipro"},
    "administrator": {"role": "service_centre_administrator", "organisation": COUNCIL},
    "citizen": {},
    "operator": {"scopes": ["operator"]},
}
_EVERYBODY = UUID("0198f2c0-0000-7000-8000-000000000000")


def a_definition(**changes: Any) -> dict[str, Any]:
    """A definition without a fault, of a public service that the council owns."""
    return copy.deepcopy(EXAMPLE) | changes


def a_form(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"rnokpp": {"type": "string", "format": "rnokpp"}, **properties}}


def the_data(name: str) -> list[dict[str, Any]]:
    """Return one list of the regional data set."""
    records: list[dict[str, Any]] = json.loads((ROOT / "dev" / "data" / f"{name}.json").read_text("utf-8"))[name]
    return records


@dataclass
class Desk:
    """Where definitions are worked on: a client of the catalogue and people with tokens."""

    client: httpx.AsyncClient
    tokens: TestIssuer
    clock: SettableClock

    @property
    def today(self) -> date:
        return kyiv_date(self.clock.now())

    def day(self, days: int) -> str:
        """Return a day from today on, as it is sent."""
        return (self.today + timedelta(days=days)).isoformat()

    async def ask(
        self, method: str, path: str, who: str | None = "head", body: Any = None, **headers: str
    ) -> httpx.Response:
        bearer = self.tokens.headers(subject=str(uuid5(_EVERYBODY, who)), **PEOPLE[who]) if who else {}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.request(method, f"/v1/{path}", json=body, headers=bearer | sent)

    async def begin(self, who: str = "representative", *, key: str | None = None, **body: Any) -> httpx.Response:
        """POST a new public service; without members it is the whole example."""
        example = a_definition()
        own = {name: example.pop(name) for name in ("slug", "code", "name")}
        for name in ("owner_agency", "reviewed_on", "review_on"):
            del example[name]
        wanted = {**own, "definition": example, **body}
        return await self.ask("POST", "public-services", who, wanted, Idempotency_Key=key or str(new_id()))

    async def draft(self, slug: str = PET, who: str = "representative") -> tuple[dict[str, Any], str]:
        """Return what a draft says, and its ETag."""
        answer = await self.ask("GET", f"public-services/{slug}/draft", who)
        assert answer.status_code == 200, answer.text
        return answer.json()["definition"], answer.headers["etag"]

    async def keep(self, slug: str = PET, who: str = "representative", **changes: Any) -> httpx.Response:
        """Read a draft and keep it with some members changed."""
        definition, etag = await self.draft(slug, who)
        return await self.ask("PUT", f"public-services/{slug}/draft", who, definition | changes, If_Match=etag)

    async def publish(self, slug: str = PET, who: str = "head", days: int = 0, **body: Any) -> httpx.Response:
        """Publish what the draft is now, from some days after today on."""
        _, etag = await self.draft(slug, who)
        wanted = {"valid_from": self.day(days), **body}
        return await self.ask("POST", f"public-services/{slug}/publish", who, wanted, If_Match=etag)

    async def version_on(self, days: int, slug: str = PET) -> int | None:
        """Return the number of the version in force some days after today."""
        answer = await self.client.get(f"/v1/public-services/{slug}", params={"on": self.day(days)})
        number: int | None = answer.json().get("version")
        return number


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the slug of a refusal."""
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def faults_of(answer: httpx.Response) -> dict[str, str]:
    """Return what is refused, by JSON Pointer."""
    assert problem_of(answer) == (422, "definition-refused"), answer.text
    return {fault["pointer"]: fault["detail"] for fault in answer.json()["errors"]}
