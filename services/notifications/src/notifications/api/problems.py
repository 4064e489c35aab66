"""Every way notifications refuses: domain error → problem."""

from notifications.use_cases.take_receipt import ReceiptRefused
from shared.problems import ProblemTable, ProblemType

RECEIPT_REFUSED = ProblemType(
    "receipt-refused", 403, "The receipt does not prove where it comes from", "Call the address that came with it."
)

PROBLEMS: ProblemTable = {ReceiptRefused: RECEIPT_REFUSED}
