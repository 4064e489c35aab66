"""What travels over HTTP of places, beyond the members of their records."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from catalog.api.schemas import PublicServiceSummary
from catalog.domain.hours import DatedException, Span, overlapping, span_of
from catalog.storage.centre_exceptions import KnownException, spans_as_text

LONGEST_DAYS = 366
ClockTime = Annotated[
    str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$", description="On the clocks of Kyiv; a day ends at 24:00")
]
Words = Annotated[str, Field(min_length=1, max_length=300)]


class Wire(BaseModel):
    """Unknown members are refused: a mistyped name must not be lost in silence."""

    model_config = ConfigDict(extra="forbid")


class TextResponse(BaseModel):
    """A text in both languages."""

    uk: str
    en: str


class BecauseResponse(BaseModel):
    """What makes a place open or closed: `outside-hours`, `break`, `day-off`, or the kind of an exception."""

    kind: str
    reason: TextResponse


class StateResponse(BaseModel):
    """Open or closed, and until when (null: no end within three months)."""

    is_open: bool
    until: datetime | None
    because: BecauseResponse | None


class SpanWire(Wire):
    """A part of a day."""

    opens: ClockTime
    closes: ClockTime


class ReasonWire(Wire):
    """Why, in words for people at the door."""

    uk: Words
    en: Words


class ExceptionRequest(Wire):
    """Either `hours` (the only hours of each of these days; none: closed) or `closed` (a part of each day without hours)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "power-cut",
                    "from_on": "2026-12-01",
                    "closed": [{"opens": "10:00", "closes": "14:00"}],
                    "reason": {"uk": "Немає електропостачання", "en": "No electricity"},
                },
                {
                    "kind": "holiday",
                    "from_on": "2026-12-25",
                    "to_on": "2026-12-26",
                    "hours": [],
                    "reason": {"uk": "Різдво Христове", "en": "Christmas"},
                },
            ]
        },
    )

    kind: Literal["holiday", "power-cut", "other-hours", "emergency"]
    from_on: date = Field(description="The first day, in Kyiv")
    to_on: date | None = Field(None, description="The last day; the first without it")
    hours: list[SpanWire] | None = Field(None, max_length=8)
    closed: list[SpanWire] = Field(default=[], max_length=8)
    reason: ReasonWire

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if (self.hours is None) is (not self.closed):
            raise ValueError("give `hours` or `closed`, and not both")
        days = (self.last_day - self.from_on).days
        if not 0 <= days < LONGEST_DAYS:
            raise ValueError(f"`to_on` is on or after `from_on`, and less than {LONGEST_DAYS} days later")
        for spans in (self.hours or [], self.closed):
            if overlapping(_spans(spans)):
                raise ValueError("hours overlap")
        return self

    @property
    def last_day(self) -> date:
        return self.to_on or self.from_on

    def terms(self) -> DatedException:
        """Return the exception as the domain sees one."""
        return DatedException(
            kind=self.kind,
            from_on=self.from_on,
            to_on=self.last_day,
            reason=self.reason.model_dump(),
            hours=None if self.hours is None else _spans(self.hours),
            closed=_spans(self.closed),
        )


class ExceptionResponse(BaseModel):
    """A dated exception to a centre's weekly hours."""

    id: UUID
    kind: str
    from_on: date
    to_on: date
    hours: list[SpanWire] | None
    closed: list[SpanWire]
    reason: TextResponse

    @classmethod
    def of(cls, known: KnownException) -> Self:
        """Return how an exception travels."""
        terms = known.terms
        return cls.model_validate(
            {
                "id": known.id,
                "hours": None if terms.hours is None else spans_as_text(terms.hours),
                "closed": spans_as_text(terms.closed),
                **{name: getattr(terms, name) for name in ("kind", "from_on", "to_on", "reason")},
            }
        )


class ExceptionsResponse(BaseModel):
    """A centre's exceptions by their first day."""

    items: list[ExceptionResponse]


class CentreResponse(BaseModel):
    """A service centre: its record, and its state at the instant asked for."""

    model_config = ConfigDict(extra="allow")

    slug: str
    name_uk: str
    name_en: str
    territory: str
    opening_hours: list[dict[str, Any]]
    state: StateResponse
    distance_m: int | None = Field(None, description="Metres from `near`; only with it")


class OneCentreResponse(CentreResponse):
    """A service centre with what is different in the next three months."""

    exceptions: list[ExceptionResponse]


class CentresResponse(BaseModel):
    """A whole list; it is short."""

    items: list[CentreResponse]


class AccessPointResponse(BaseModel):
    """A kiosk or a post office."""

    model_config = ConfigDict(extra="allow")

    slug: str
    kind: Literal["kiosk", "post-office"]
    name_uk: str
    name_en: str
    territory: str
    centre: str | None = Field(description="The centre in which a kiosk stands")
    accepts_applications: bool
    lat: float | None
    lon: float | None
    is_approximate: bool = Field(description="The coordinates are those of the territory")
    distance_m: int | None = Field(None, description="Metres from `near`; only with it")


class TerritoryResponse(BaseModel):
    """A territory with its codes and the one above it."""

    model_config = ConfigDict(extra="allow")

    slug: str
    kind: str
    name_uk: str
    name_en: str
    parent: str | None
    koatuu: str | None = Field(None, description="Code of the classifier in force until 2020")
    katottg: str | None = Field(None, description="Code of the classifier in force since 2020")


class OneTerritoryResponse(TerritoryResponse):
    """A territory in the tree."""

    path: list[str] = Field(description="Those above it, the highest first")
    children: list[str]


class TerritoriesResponse(BaseModel):
    """A whole list; it is short."""

    items: list[TerritoryResponse]


class PlacesResponse(BaseModel):
    """Where to apply for a public service."""

    public_service: str
    channels: list[str]
    service_centres: list[CentreResponse]
    access_points: list[AccessPointResponse] = Field(description="Post offices that take it in, kiosks that tell of it")
    more_access_points: str | None = Field(description="The address of the others")


class CentreServicesResponse(BaseModel):
    """What a centre offers, one page."""

    items: list[PublicServiceSummary]
    next: str | None


def _spans(spans: list[SpanWire]) -> tuple[Span, ...]:
    return tuple(sorted(span_of(span.opens, span.closes) for span in spans))
