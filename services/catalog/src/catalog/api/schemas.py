"""What travels over HTTP."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.domain.life import Status


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
    valid_to: date | None
    status: Status
    withdrawn_on: date | None
    review_on: date
    is_review_overdue: bool
    name: dict[str, str]
    description: dict[str, str]
    term: dict[str, Any]
    fee: dict[str, Any]
    required_documents: list[dict[str, Any]]
    register_checks: list[dict[str, Any]]
    refusal_codes: list[dict[str, Any]]
    form: dict[str, Any]
    assurance_level: Literal["low", "substantial", "high"] = Field(
        description="How surely a person must be known to apply online (Regulation (EU) 910/2014, art. 8)"
    )


class VersionResponse(BaseModel):
    """One version of a card; in force from `valid_from` until the day before `valid_to`."""

    version: int
    status: Status
    valid_from: date
    valid_to: date | None
    published_at: datetime


class InformationCardResponse(BaseModel):
    """What is told of a public service, in the order of the law (Law 5203-VI, art. 8)."""

    slug: str
    code: str
    name: dict[str, str]
    provider: dict[str, Any]
    places: str
    documents: list[dict[str, Any]]
    how_to_apply: dict[str, str] | None
    channels: list[str]
    fee: dict[str, Any]
    term: dict[str, Any]
    tacit_approval: bool
    result: dict[str, Any]
    ways_to_receive: list[dict[str, str]]
    legal_basis: list[str]
    grounds_for_refusal: list[dict[str, Any]]


class LifeEventResponse(BaseModel):
    """A life event and how many public services belong to it."""

    life_event: str
    services: int


class RecordsResponse(BaseModel):
    """A whole list; these are short."""

    items: list[dict[str, Any]]
