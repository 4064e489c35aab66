"""The facts by which the gateway refuses."""


class VerificationRefused(Exception):
    """A question that may not be asked."""


class VerificationNotFound(VerificationRefused):
    """Absent, or of a case that is not the caller's."""


class CaseClosed(VerificationRefused):
    """Registers are asked only about open cases."""

    def __str__(self) -> str:
        return "The case is decided or withdrawn; registers are asked only about open cases."


class NotOfTheCard(VerificationRefused):
    """The card's version does not ask this register."""

    def __init__(self, requirement: str) -> None:
        super().__init__(f"The card does not ask the register '{requirement}'.")


class KeysMissing(VerificationRefused):
    """The form lacks what the register is asked by."""

    def __str__(self) -> str:
        return "The form lacks the fields by which this register is asked."
