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
SESSION_ENDED = ProblemType("session-ended", 409, "The session was ended", "Sign in again.")
NOT_OF_A_SESSION = ProblemType(
    "not-of-a-session", 403, "The token belongs to no session", "Sign in, and use the token of that session."
)
FRESH_SIGN_IN_NEEDED = ProblemType(
    "fresh-sign-in-needed",
    403,
    "A sign-in of the last ten minutes is needed",
    "Sign in again, with the second factor if the account has one, and send the request with that token.",
)
OLD_PASSWORD_WRONG = ProblemType("old-password-wrong", 422, "The old password is wrong", "Or sign in again first.")
PASSWORD_TOO_GUESSABLE = ProblemType(
    "password-too-guessable", 422, "The password is easily guessed", "Choose four words that have nothing in common."
)
SECOND_FACTOR_WRONG = ProblemType(
    "second-factor-wrong",
    422,
    "The code of the authenticator is wrong",
    "Read it again; check the clock of the device.",
)
SECOND_FACTOR_MISSING = ProblemType("second-factor-missing", 409, "There is no second factor", "Enrol one first.")
SECOND_FACTOR_REQUIRED = ProblemType(
    "second-factor-required", 409, "The second factor cannot be taken away", "Enrol another one: it replaces this."
)
PASSKEY_REFUSED = ProblemType(
    "passkey-refused", 422, "The passkey could not be added", "Ask for new options and try again within five minutes."
)
TOO_MANY_PASSKEYS = ProblemType("too-many-passkeys", 409, "There are too many passkeys", "Remove one that is not used.")
LAST_WAY_IN = ProblemType("last-way-in", 409, "This is the only way in", "Add another one first.")
CONTACT_MISSING = ProblemType("contact-missing", 422, "A contact is needed", "Give a phone, an e-mail, or both.")
CODE_WRONG = ProblemType("code-wrong", 422, "A code is wrong", "Read it again; after five tries register anew.")
UNKNOWN_ORGANISATION = ProblemType(
    "unknown-organisation", 422, "There is no such organisation", "Find its slug in the catalogue."
)
ROLE_DOES_NOT_FIT = ProblemType(
    "role-does-not-fit", 422, "The role belongs to another kind of organisation", "See the table of roles."
)
MANDATE_TIMES = ProblemType("mandate-times-wrong", 422, "The mandate would end too early", "Mend the times.")
MANDATE_OVERLAPS = ProblemType(
    "mandate-overlaps", 409, "The officer holds this mandate already", "Change the end of the one there is."
)
OFFICER_OF_OTHERS = ProblemType(
    "officer-of-others", 409, "The officer also serves elsewhere", "Ask the operator for a new activation code."
)
ACTIVATION_REFUSED = ProblemType(
    "activation-refused",
    422,
    "The activation code is not good",
    "Check the login and the code. After five wrong tries or seven days the head makes a new one.",
)
LOGIN_TAKEN = ProblemType("login-taken", 409, "There is an account with this login", "Sign in, or choose another.")
CLIENT_TAKEN = ProblemType("client-taken", 409, "There is a client with this id", "Choose another.")
CLIENT_UNKNOWN = ProblemType(
    "client-unknown", 400, "The site that asks you to sign in is not known", "Go back to it and tell its support."
)
REDIRECT_NOT_REGISTERED = ProblemType(
    "redirect-not-registered",
    400,
    "The answer would go to an address that is not registered",
    "Go back to the site and tell its support. The operator registers addresses of a client, whole.",
)

PROBLEMS: ProblemTable = {
    errors.LoginFailed: LOGIN_FAILED,
    errors.SecondFactorNeeded: SECOND_FACTOR_NEEDED,
    errors.TooManyAttempts: TOO_MANY_ATTEMPTS,
    errors.SessionEnded: SESSION_ENDED,
    errors.NotOfASession: NOT_OF_A_SESSION,
    errors.FreshSignInNeeded: FRESH_SIGN_IN_NEEDED,
    errors.OldPasswordWrong: OLD_PASSWORD_WRONG,
    errors.PasswordTooGuessable: PASSWORD_TOO_GUESSABLE,
    errors.SecondFactorWrong: SECOND_FACTOR_WRONG,
    errors.SecondFactorMissing: SECOND_FACTOR_MISSING,
    errors.SecondFactorRequired: SECOND_FACTOR_REQUIRED,
    errors.PasskeyRefused: PASSKEY_REFUSED,
    errors.PasskeyNotFound: NOT_FOUND,
    errors.TooManyPasskeys: TOO_MANY_PASSKEYS,
    errors.LastWayIn: LAST_WAY_IN,
    errors.SessionNotFound: NOT_FOUND,
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
    errors.MandateOverlaps: MANDATE_OVERLAPS,
    errors.OfficerOfOthers: OFFICER_OF_OTHERS,
    errors.ActivationRefused: ACTIVATION_REFUSED,
    errors.LoginTaken: LOGIN_TAKEN,
    errors.ClientTaken: CLIENT_TAKEN,
    errors.ClientUnknown: CLIENT_UNKNOWN,
    errors.RedirectNotRegistered: REDIRECT_NOT_REGISTERED,
    errors.ClientNotFound: NOT_FOUND,
    errors.ClientInvalid: INVALID,
}
