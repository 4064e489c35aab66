"""The facts by which auth refuses; `api/problems.py` gives each its status and page.

AuthRefused
├── signing in:   LoginFailed · SecondFactorNeeded · TooManyAttempts
├── registering:  ContactMissing · ContactInvalid · RegistrationNotFound · CodeWrong
└── mandates:     AppointmentNotAllowed · OfficerNotFound · MandateNotFound · UnknownOrganisation · RoleDoesNotFit
                  LoginTaken · ClientTaken · MandateTimesWrong
"""


class AuthRefused(Exception):
    """Something that may not be done."""


class LoginFailed(AuthRefused):
    """Login, password or second factor are wrong; which of them is not told."""

    def __str__(self) -> str:
        return "The login, the password or the code is wrong."


class SecondFactorNeeded(AuthRefused):
    """The password is right; officers also give the code of their authenticator."""

    def __str__(self) -> str:
        return "Give the six digits that your authenticator shows now."


class TooManyAttempts(AuthRefused):
    """Too many failures; `retry_after` is the wait in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many failed attempts. Try again in {retry_after} seconds.")
        self.retry_after = retry_after


class ContactMissing(AuthRefused):
    """A registration needs a phone or an e-mail."""

    def __str__(self) -> str:
        return "Give a phone number, an e-mail address, or both."


class ContactInvalid(AuthRefused):
    """Not a Ukrainian mobile number or not an e-mail address."""

    def __init__(self, pointer: str, what: str) -> None:
        super().__init__(what)
        self.violations = [(pointer, what)]


class RegistrationNotFound(AuthRefused):
    """No such registration, or its time is over."""


class CodeWrong(AuthRefused):
    """A confirmation code is wrong, or was tried too often."""

    def __str__(self) -> str:
        return "A code is wrong. After five wrong tries a new registration is needed."


class AppointmentNotAllowed(AuthRefused):
    """The caller may not give this role in this organisation."""

    def __str__(self) -> str:
        return "Heads appoint in their own organisation; the operator appoints heads."


class OfficerNotFound(AuthRefused):
    """No such officer, or not of the caller's organisation."""


class MandateNotFound(AuthRefused):
    """No such mandate, or not of the caller's organisation."""


class UnknownOrganisation(AuthRefused):
    """No such organisation is at work."""

    def __init__(self, organisation: str) -> None:
        super().__init__(f"There is no organisation '{organisation}'.")


class RoleDoesNotFit(AuthRefused):
    """The role belongs to the other kind of organisation."""

    def __init__(self, role: str, kind: str) -> None:
        super().__init__(f"The role '{role}' is not held in an organisation of the kind '{kind}'.")


class MandateTimesWrong(AuthRefused):
    """A mandate that ends before it begins."""

    def __str__(self) -> str:
        return "The mandate would end before it begins."


class LoginTaken(AuthRefused):
    """An officer of that login exists."""

    def __str__(self) -> str:
        return "This login is taken."


class ClientTaken(AuthRefused):
    """A client of that id exists."""

    def __str__(self) -> str:
        return "This client id is taken."
