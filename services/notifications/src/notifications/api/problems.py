"""Every way notifications refuses: domain error → problem."""

from notifications.clients.providers import AddressRefused
from notifications.use_cases.take_receipt import ReceiptRefused
from shared.problems import ProblemTable, ProblemType

RECEIPT_REFUSED = ProblemType(
    "receipt-refused", 403, "The receipt does not prove where it comes from", "Call the address that came with it."
)

ADDRESS_REFUSED = ProblemType(
    "address-refused", 422, "Nothing can be delivered to this address", "Check it, or choose another."
)

PROBLEMS: ProblemTable = {ReceiptRefused: RECEIPT_REFUSED, AddressRefused: ADDRESS_REFUSED}
