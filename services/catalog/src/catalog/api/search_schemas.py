"""What search answers with."""

from pydantic import BaseModel, Field

from catalog.api.schemas import PublicServiceSummary


class FacetValue(BaseModel):
    """A value of a filter, and how many public services it would leave."""

    value: str
    services: int


class Facets(BaseModel):
    """For each filter its values, the most frequent first; each counted with all other filters of the request."""

    life_event: list[FacetValue]
    applicant_kind: list[FacetValue]
    agency: list[FacetValue]
    territory: list[FacetValue]
    channel: list[FacetValue]
    fee: list[FacetValue]


class FoundPublicServices(BaseModel):
    """One page of what was found."""

    items: list[PublicServiceSummary]
    next: str | None = Field(None, description="Address of the next page")
    facets: Facets | None = Field(None, description="On the first page only")
