"""What travels over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

Language = Literal["uk", "en"]
Slug = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[a-z0-9-]+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the content, lower-case hex")]
Words = Annotated[str, Field(min_length=1, max_length=4000)]


class Wire(BaseModel):
    """Unknown members are refused: a mistyped name must not be lost in silence."""

    model_config = ConfigDict(extra="forbid")


class AttachmentRequest(Wire):
    document: Slug = Field(description="Which document of the card this is")
    sha256: Sha256
    name: str = Field(min_length=1, max_length=200, description="The file's name as people know it")


class SubmitApplicationRequest(Wire):
    """Everything that one submission needs."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "public_service": "residence-registration",
                    "centre": "cnap-dnipro",
                    "language": "uk",
                    "form": {"full_name": "Зразковенко Олена Петрівна", "rnokpp": "3297499020"},
                    "documents": [{"document": "payment-receipt", "sha256": "0" * 64, "name": "квитанція.pdf"}],
                    "consent": True,
                }
            ]
        },
    )

    public_service: Slug
    centre: Slug = Field(description="The service centre that takes the application in")
    channel: Literal["online"] = "online"
    language: Language = "uk"
    form: dict[str, Any] = Field(description="Obeys the JSON Schema in the card's `form`")
    documents: list[AttachmentRequest] = Field(default=[], max_length=50)
    consent: Literal[True] = Field(description="Consent to the processing of personal data (Law 2297-VI, art. 6)")

    @field_validator("documents")
    @classmethod
    def _each_once(cls, documents: list[AttachmentRequest]) -> list[AttachmentRequest]:
        if len({(item.document, item.sha256) for item in documents}) != len(documents):
            raise ValueError("a file is given twice for one document")
        return documents


class ReceiptResponse(BaseModel):
    """Keep the reference and the access code: they follow the case without an account."""

    id: UUID
    reference: str = Field(examples=["DP-2026-004217-J"])
    access_code: str = Field(examples=["7KQM-X2HD"])
    state: str
    submitted_at: datetime


class ApplicationSummary(BaseModel):
    """An application in a list."""

    id: UUID
    reference: str
    state: str
    public_service: str
    service_name: dict[str, str]
    centre: str
    agency: str
    submitted_at: datetime
    deadline_on: date | None
    assignee_id: UUID | None


class DeadlineResponse(BaseModel):
    """The date by which the law obliges a decision, and why it is this date."""

    on: date | None
    explanation: dict[str, str]
    spans: list[dict[str, Any]]


class VerificationResponse(BaseModel):
    """What a register said of the asserted fields, never what it holds."""

    id: UUID
    requirement: str
    state: str
    outcome: str | None
    fields: list[dict[str, str]] | None
    requested_at: datetime
    completed_at: datetime | None


class DocumentResponse(BaseModel):
    """An attached document."""

    document: str
    sha256: str
    name: str
    media_type: str
    size: int


class ProposalResponse(BaseModel):
    """A decision, proposed or made."""

    outcome: str
    refusal_codes: list[str]
    reason: str | None
    at: datetime


class ApplicationResponse(ApplicationSummary):
    """A case as those who have a part in it see it."""

    version: int
    card_version: int
    channel: str
    language: str
    form: dict[str, Any]
    documents: list[DocumentResponse]
    verifications: list[VerificationResponse]
    deadline: DeadlineResponse | None
    request: str | None
    proposal: ProposalResponse | None
    decision: ProposalResponse | None
    allowed: list[str] = Field(description="What the caller may do now")


class ChangedResponse(BaseModel):
    """The state after a step."""

    id: UUID
    state: str
    version: int
    deadline_on: date | None


class TimelineEntry(BaseModel):
    """One thing that happened."""

    sequence: int
    at: datetime
    event: str
    text: dict[str, str]
    actor_role: str
    organisation: str | None
    note: str | None
    facts: dict[str, Any]


class TrackResponse(BaseModel):
    """What the holder of the reference and the access code sees: where the case stands, nothing personal."""

    reference: str
    state: str
    public_service: str
    service_name: dict[str, str]
    submitted_at: datetime
    deadline: DeadlineResponse | None
    timeline: list[TimelineEntry]


class ReasonRequest(Wire):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "The lease contract is missing its second page."}]}
    )

    reason: Words


class TextRequest(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "Since when do you live at this address?"}]})

    text: Words


class GrantRequest(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "granted"}]})

    outcome: Literal["granted"] = "granted"
    reason: Words | None = None


class ProposeRequest(Wire):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "outcome": "refused",
                    "refusal_codes": ["documents-incomplete"],
                    "reason": "The owner did not consent.",
                }
            ]
        }
    )

    outcome: Literal["granted", "refused"]
    refusal_codes: list[Annotated[str, Field(max_length=120)]] = Field(default=[], max_length=20)
    reason: Words | None = None


class ExtendRequest(Wire):
    model_config = ConfigDict(json_schema_extra={"examples": [{"days": 5, "reason": "The site has to be inspected."}]})

    days: int = Field(ge=1, le=365, description="In the card's unit, working or calendar days")
    reason: Words


class FileResponse(BaseModel):
    """A stored file."""

    sha256: str
    media_type: str
    size: int


class VerificationSubjectResponse(BaseModel):
    """What the register gateway needs for one question, and no more."""

    application_id: UUID
    reference: str
    public_service: str
    card_version: int
    is_open: bool
    agency: str
    centre: str
    applicant_id: UUID
    language: str
    service_name: dict[str, str]
    keys: dict[str, Any]
    asserted: dict[str, Any]
