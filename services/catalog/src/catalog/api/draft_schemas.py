"""What those who work on definitions send and read."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, RootModel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from catalog.api.draft_example import DEFAULTS_EXAMPLE, EXAMPLE
from catalog.domain.definition_schema import DEFAULTS, DEFINITION
from catalog.domain.life import Status
from catalog.storage.drafts import Draft

Name = Annotated[str, Field(min_length=1, max_length=120)]
_STAND_ALONE = frozenset({"$schema", "$id"})


def _described(schema: dict[str, Any], example: dict[str, Any]) -> JsonSchemaValue:
    """Return a meta-schema as a part of the API's document."""
    return {name: value for name, value in schema.items() if name not in _STAND_ALONE} | {"examples": [example]}


class Wire(BaseModel):
    """Unknown members are refused: a mistyped name must not be lost in silence."""

    model_config = ConfigDict(extra="forbid")


class DefinitionRequest(RootModel[dict[str, Any]]):
    """A whole definition. What is wrong with it is told fault by fault by the use case, not here."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return _described(DEFINITION, EXAMPLE)


class DefaultsRequest(RootModel[dict[str, Any]]):
    """What new public services of an agency begin with."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return _described(DEFAULTS, DEFAULTS_EXAMPLE)


class NewPublicServiceRequest(Wire):
    """A new public service: its own members, and where the others come from."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "slug": "pet-passport",
                    "code": "14-21",
                    "name": {"uk": "Видача паспорта тварини", "en": "Issue of a pet passport"},
                    "copy_of": "pet-registration",
                }
            ]
        },
    )

    slug: Name
    code: Name
    name: dict[str, str]
    owner_agency: Name | None = Field(None, description="Only needed by who works for several agencies")
    copy_of: Name | None = Field(None, description="A public service whose definition is taken over")
    definition: dict[str, Any] = Field(
        default_factory=dict, description="Members of the definition that are neither copied nor the agency's defaults"
    )

    def given(self) -> dict[str, Any]:
        """Return the members of the definition that were said."""
        return {**self.definition, "slug": self.slug, "code": self.code, "name": self.name}


class PublishRequest(Wire):
    """From when the draft is in force, and what is knowingly undone by it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"valid_from": "2027-01-01"}]})

    valid_from: date
    undo_version: int | None = Field(None, ge=1, description="A version that is published for a later day")
    undo_withdrawal: bool = Field(False, description="Offer a withdrawn public service again")


class WithdrawRequest(Wire):
    """The first day on which no new application is taken."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"on": "2027-01-01"}]})

    on: date


class ConfirmReviewRequest(Wire):
    """The day by which the owner looks again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"review_on": "2027-11-01"}]})

    review_on: date


class DraftResponse(BaseModel):
    """A draft; before the first edit it is the newest published version."""

    slug: str
    owner_agency: str
    based_on: int = Field(description="The version that it builds upon; 0 when there was none")
    newest_version: int
    is_edited: bool
    edited_at: datetime | None
    edited_by: str | None
    definition: dict[str, Any]

    @classmethod
    def of(cls, draft: Draft) -> "DraftResponse":
        return cls(
            slug=draft.slug,
            owner_agency=draft.owner_agency,
            based_on=draft.based_on,
            newest_version=draft.newest,
            is_edited=draft.is_edited,
            edited_at=draft.edited_at,
            edited_by=draft.edited_by,
            definition=dict(draft.definition),
        )


class PublishedResponse(BaseModel):
    """The version that was made."""

    slug: str
    version: int
    valid_from: date


class WithdrawnResponse(BaseModel):
    """From when no new application is taken."""

    slug: str
    withdrawn_on: date


class ReviewResponse(BaseModel):
    """Which version was found right, and until when."""

    slug: str
    version: int
    review_on: date


class OwnPublicService(BaseModel):
    """A public service as its owner sees it; without a version it is a draft only."""

    slug: str
    code: str
    owner_agency: str
    name: dict[str, str]
    version: int | None
    status: Status | None
    review_on: date | None
    is_review_overdue: bool
    draft_edited_at: datetime | None
