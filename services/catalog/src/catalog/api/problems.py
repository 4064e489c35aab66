"""Every way catalog refuses beyond those of every service."""

from catalog.domain import centre_errors, errors
from shared.problems import FORBIDDEN, NOT_FOUND, ProblemTable, ProblemType

PRECONDITION_REQUIRED = ProblemType(
    "precondition-required",
    428,
    "A change names the state that it is based on",
    "Read it first, then send its ETag in If-Match.",
)
VERSION_CHANGED = ProblemType(
    "version-changed", 412, "It was changed meanwhile", "Read it again, then decide with its new ETag."
)
EXCEPTION_OVER = ProblemType(
    "exception-over", 422, "The days of the exception are over", "Give days from today on, in Kyiv."
)
EXCEPTIONS_COLLIDE = ProblemType(
    "exceptions-collide",
    409,
    "Other hours are set for these days already",
    "`from_on` and `to_on` are the days of the other exception: change or remove it first.",
    members=("from_on", "to_on"),
)
TOO_MANY_EXCEPTIONS = ProblemType(
    "too-many-exceptions", 409, "The centre has too many exceptions ahead", "Remove some; weekly hours come by import."
)
DEFINITION_REFUSED = ProblemType(
    "definition-refused",
    422,
    "The definition breaks its rules",
    "`errors` lists each fault with a JSON Pointer to the place. Mend them and send it again.",
    errors="violations",
)
SLUG_TAKEN = ProblemType("slug-taken", 409, "Another public service has this slug", "Choose another slug.")
CODE_TAKEN = ProblemType("code-taken", 409, "Another public service has this code", "Choose another code.")
DRAFT_OUTDATED = ProblemType(
    "draft-outdated",
    409,
    "A version was published that the draft does not build upon",
    "Read the draft and version `newest`, put together what both say, and PUT the draft again.",
    members=("based_on", "newest"),
)
DAY_PAST = ProblemType(
    "day-past", 422, "The day is over", "Give today or a later day; `today` is the date in Kyiv.", members=("today",)
)
ENDS_BEFORE_BEGIN = ProblemType(
    "ends-before-it-begins",
    422,
    "It would end before it begins",
    "`valid_from` is when the newest version begins: withdraw on that day or later.",
    members=("valid_from",),
)
VERSIONS_OVERLAP = ProblemType(
    "versions-overlap",
    409,
    "Another version is published for a later day",
    "To put this one in its place, name `version` in `undo_version`; or publish from a later day.",
    members=("version", "valid_from"),
)
WITHDRAWN = ProblemType(
    "public-service-withdrawn",
    409,
    "The public service is withdrawn by then",
    "To offer it again, say `undo_withdrawal`; or publish from a day before `withdrawn_on`.",
    members=("withdrawn_on",),
)
REVIEW_TOO_FAR = ProblemType(
    "review-too-far", 422, "The day of the next review is not one", "Give a day after today and by `latest`.",
    members=("latest",),
)  # fmt: skip

PROBLEMS: ProblemTable = {
    errors.UnknownPublicService: NOT_FOUND,
    errors.UnknownDraft: NOT_FOUND,
    errors.UnknownAgency: NOT_FOUND,
    errors.RoleNotAllowed: FORBIDDEN,
    errors.DefinitionRefused: DEFINITION_REFUSED,
    errors.SlugTaken: SLUG_TAKEN,
    errors.CodeTaken: CODE_TAKEN,
    errors.StateNotNamed: PRECONDITION_REQUIRED,
    errors.DraftChanged: VERSION_CHANGED,
    errors.DraftOutdated: DRAFT_OUTDATED,
    errors.DayIsPast: DAY_PAST,
    errors.EndsBeforeItBegins: ENDS_BEFORE_BEGIN,
    errors.VersionsOverlap: VERSIONS_OVERLAP,
    errors.PublicServiceWithdrawn: WITHDRAWN,
    errors.ReviewTooFar: REVIEW_TOO_FAR,
    centre_errors.CentreNotFound: NOT_FOUND,
    centre_errors.ExceptionNotFound: NOT_FOUND,
    centre_errors.CalendarChanged: VERSION_CHANGED,
    centre_errors.ExceptionIsOver: EXCEPTION_OVER,
    centre_errors.ExceptionsCollide: EXCEPTIONS_COLLIDE,
    centre_errors.TooManyExceptions: TOO_MANY_EXCEPTIONS,
}
