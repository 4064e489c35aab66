"""Every way auth refuses: domain error → problem."""

from auth.domain import errors
from shared.problems import FORBIDDEN, INVALID, NOT_FOUND, ProblemTable, ProblemType

LOGIN_FAILED = ProblemType(
    "login-failed",
    401,
    "Signing in failed",
    "Check the login, the password and the code. After five failures each try has to wait.",
    headers={"WWW-Authenticate": "Bearer"},
)
SECOND_FACTOR_NEEDED = ProblemType(
    "second-factor-needed",
    401,
    "A second factor is needed",
    "Send `totp`: the six digits of your authenticator.",
    headers={"WWW-Authenticate": "Bearer"},
)
TOO_MANY_ATTEMPTS = ProblemType(
    "too-many-attempts",
    429,
    "Too many failed attempts",
    "Wait for `retry_after` seconds. Others who sign in elsewhere are not affected.",
    members=("retry_after",),
    headers={"Retry-After": "60"},
)
CONTACT_MISSING = ProblemType("contact-missing", 422, "A contact is needed", "Give a phone, an e-mail, or both.")
CODE_WRONG = ProblemType("code-wrong", 422, "A code is wrong", "Read it again; after five tries register anew.")
UNKNOWN_ORGANISATION = ProblemType(
    "unknown-organisation", 422, "There is no such organisation", "Find its slug in the catalogue."
)
ROLE_DOES_NOT_FIT = ProblemType(
    "role-does-not-fit", 422, "The role belongs to another kind of organisation", "See the table of roles."
)
MANDATE_TIMES = ProblemType("mandate-times-wrong", 422, "The mandate would end before it begins", "Mend the times.")
LOGIN_TAKEN = ProblemType("login-taken", 409, "There is an account with this login", "Sign in, or choose another.")
CLIENT_TAKEN = ProblemType("client-taken", 409, "There is a client with this id", "Choose another.")

PROBLEMS: ProblemTable = {
    errors.LoginFailed: LOGIN_FAILED,
    errors.SecondFactorNeeded: SECOND_FACTOR_NEEDED,
    errors.TooManyAttempts: TOO_MANY_ATTEMPTS,
    errors.ContactMissing: CONTACT_MISSING,
    errors.ContactInvalid: INVALID,
    errors.RegistrationNotFound: NOT_FOUND,
    errors.CodeWrong: CODE_WRONG,
    errors.AppointmentNotAllowed: FORBIDDEN,
    errors.OfficerNotFound: NOT_FOUND,
    errors.MandateNotFound: NOT_FOUND,
    errors.UnknownOrganisation: UNKNOWN_ORGANISATION,
    errors.RoleDoesNotFit: ROLE_DOES_NOT_FIT,
    errors.MandateTimesWrong: MANDATE_TIMES,
    errors.LoginTaken: LOGIN_TAKEN,
    errors.ClientTaken: CLIENT_TAKEN,
}
