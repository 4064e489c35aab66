"""What travels over HTTP."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class PublicServiceSummary(BaseModel):
    """A public service in a list."""

    slug: str
    code: str
    version: int
    name: dict[str, str]
    kind: str
    agency: str
    life_events: list[str]
    applicant_kinds: list[str]
    channels: list[str]
    term: dict[str, Any]
    fee: dict[str, Any]


class CardResponse(BaseModel):
    """A card: everything that is defined for one public service, in one version."""

    model_config = ConfigDict(extra="allow")

    slug: str
    code: str
    version: int
    valid_from: date
    status: str
    name: dict[str, str]
    description: dict[str, str]
    term: dict[str, Any]
    fee: dict[str, Any]
    required_documents: list[dict[str, Any]]
    register_checks: list[dict[str, Any]]
    refusal_codes: list[dict[str, Any]]
    form: dict[str, Any]


class VersionResponse(BaseModel):
    """One version of a card."""

    version: int
    valid_from: date
    published_at: datetime


class LifeEventResponse(BaseModel):
    """A life event and how many public services belong to it."""

    life_event: str
    services: int


class RecordsResponse(BaseModel):
    """A whole list; these are short."""

    items: list[dict[str, Any]]
