"""Every way applications refuses: domain error → problem."""

from applications.domain import errors
from applications.domain.reference import NotAReference
from applications.storage.files import FileTooLarge, FileTypeRefused, HashMismatch
from applications.storage.projections import CardNotKnown
from shared.problems import FORBIDDEN, NOT_FOUND, UNAVAILABLE, ProblemTable, ProblemType

ILLEGAL_TRANSITION = ProblemType(
    "illegal-transition",
    409,
    "This cannot be done in the state the application is in",
    "`allowed` lists what you may do now.",
    members=("state", "allowed"),
)
ALREADY_ASSIGNED = ProblemType("already-assigned", 409, "Another officer has this case", "Ask the head to assign it.")
ALREADY_EXTENDED = ProblemType("already-extended", 409, "The term was extended before", "It can be extended once.")
OWN_PROPOSAL = ProblemType(
    "own-proposal", 409, "Nobody approves an own proposal", "Another head of the agency approves it."
)
VERSION_CHANGED = ProblemType(
    "version-changed", 412, "The application changed meanwhile", "Read it again, then decide with its new ETag."
)
REFUSAL_CODE_MISSING = ProblemType(
    "refusal-code-missing", 422, "A refusal needs a refusal code", "Name at least one refusal code of the card."
)
UNKNOWN_REFUSAL_CODE = ProblemType(
    "unknown-refusal-code", 422, "The card has no such refusal code", "`codes` lists those it has.", members=("codes",)
)
REASON_MISSING = ProblemType("reason-missing", 422, "A reason is needed", "Say why, in words the applicant can read.")
OUTCOME_NOT_ALLOWED = ProblemType(
    "outcome-not-allowed", 403, "The card leaves this to the head", "Propose the decision to the head instead."
)
UNKNOWN_SERVICE = ProblemType(
    "unknown-service", 422, "There is no such public service", "Find its slug in the catalogue."
)
SERVICE_WITHDRAWN = ProblemType(
    "service-withdrawn", 409, "The service takes no new applications", "The catalogue says what came in its place."
)
UNKNOWN_CENTRE = ProblemType("unknown-centre", 422, "There is no such service centre", "Find it in the catalogue.")
CHANNEL_NOT_OFFERED = ProblemType(
    "channel-not-offered",
    422,
    "The service is not offered this way",
    "`channels` lists how it can be applied for.",
    members=("channels",),
)
AUTHENTICATION_INSUFFICIENT = ProblemType(
    "insufficient-authentication",
    401,
    "The card asks for a surer sign-in",
    "Sign in anew and ask for one of `acr_values`, then send the application again with the new token.",
    members=("acr_values",),
    headers={"WWW-Authenticate": 'Bearer error="insufficient_user_authentication", acr_values="{acr_values}"'},
)
FORM_INVALID = ProblemType(
    "form-invalid",
    422,
    "The form breaks the card's schema",
    "`errors` lists each violation with a JSON Pointer to the field. The schema is in the card.",
    errors="violations",
)
DOCUMENTS_MISSING = ProblemType(
    "documents-missing", 422, "Mandatory documents are missing", "`missing` lists them.", members=("missing",)
)
UNKNOWN_DOCUMENT = ProblemType(
    "unknown-document",
    422,
    "The card does not ask for this document",
    "`documents` lists what it asks for.",
    members=("documents",),
)
FILE_NOT_UPLOADED = ProblemType(
    "file-not-uploaded",
    422,
    "A file is referred to that was not uploaded",
    "PUT each file to /v1/files/{sha256} first, or send it in the same multipart call.",
    members=("missing",),
)
FILE_TOO_LARGE = ProblemType("file-too-large", 413, "The file is too large", "Scan it with a lower resolution.")
FILE_TYPE = ProblemType(
    "file-type-refused", 415, "The file is not of a type that is taken", "Send PDF, JPEG or PNG, and say which."
)
HASH_MISMATCH = ProblemType(
    "hash-mismatch", 422, "The file is not the one its hash says", "Send the file again, whole and unchanged."
)

PROBLEMS: ProblemTable = {
    errors.ApplicationNotFound: NOT_FOUND,
    errors.RoleNotAllowed: FORBIDDEN,
    errors.OwnProposal: OWN_PROPOSAL,
    errors.IllegalTransition: ILLEGAL_TRANSITION,
    errors.AlreadyAssigned: ALREADY_ASSIGNED,
    errors.AlreadyExtended: ALREADY_EXTENDED,
    errors.VersionChanged: VERSION_CHANGED,
    errors.RefusalCodeMissing: REFUSAL_CODE_MISSING,
    errors.UnknownRefusalCode: UNKNOWN_REFUSAL_CODE,
    errors.ReasonMissing: REASON_MISSING,
    errors.OutcomeNotAllowed: OUTCOME_NOT_ALLOWED,
    errors.UnknownService: UNKNOWN_SERVICE,
    errors.ServiceWithdrawn: SERVICE_WITHDRAWN,
    errors.UnknownCentre: UNKNOWN_CENTRE,
    errors.ChannelNotOffered: CHANNEL_NOT_OFFERED,
    errors.AuthenticationInsufficient: AUTHENTICATION_INSUFFICIENT,
    errors.FormInvalid: FORM_INVALID,
    errors.DocumentsMissing: DOCUMENTS_MISSING,
    errors.UnknownDocument: UNKNOWN_DOCUMENT,
    errors.FileNotUploaded: FILE_NOT_UPLOADED,
    FileTooLarge: FILE_TOO_LARGE,
    FileTypeRefused: FILE_TYPE,
    HashMismatch: HASH_MISMATCH,
    CardNotKnown: UNAVAILABLE,
    NotAReference: NOT_FOUND,
}
