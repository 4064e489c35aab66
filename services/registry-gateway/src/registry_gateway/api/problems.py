"""Every way the gateway refuses: domain error → problem."""

from registry_gateway.domain import errors
from shared.problems import NOT_FOUND, ProblemTable, ProblemType

CASE_CLOSED = ProblemType("case-closed", 409, "The case is closed", "Registers are asked only about open cases.")
NOT_OF_THE_CARD = ProblemType(
    "not-of-the-card", 422, "The card does not ask this register", "The card lists the registers it asks."
)
KEYS_MISSING = ProblemType(
    "keys-missing", 422, "The form lacks what the register is asked by", "Request the information from the applicant."
)

PROBLEMS: ProblemTable = {
    errors.VerificationNotFound: NOT_FOUND,
    errors.CaseClosed: CASE_CLOSED,
    errors.NotOfTheCard: NOT_OF_THE_CARD,
    errors.KeysMissing: KEYS_MISSING,
}
