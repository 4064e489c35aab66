"""The facts by which auth refuses; `api/problems.py` gives each its status and page.

AuthRefused
├── signing in:   LoginFailed · SecondFactorNeeded · TooManyAttempts · SessionEnded · NotOfASession
├── one's own:    FreshSignInNeeded · OldPasswordWrong · PasswordTooGuessable · SecondFactorWrong · SecondFactorMissing
│                 SecondFactorRequired · PasskeyRefused · PasskeyNotFound · TooManyPasskeys · LastWayIn
│                 SessionNotFound
├── registering:  ContactMissing · ContactInvalid · RegistrationNotFound · CodeWrong
├── clients:      ClientUnknown · RedirectNotRegistered · ClientNotFound · ClientInvalid
└── mandates:     AppointmentNotAllowed · OfficerNotFound · MandateNotFound · UnknownOrganisation · RoleDoesNotFit
                  LoginTaken · ClientTaken · MandateTimesWrong · MandateOverlaps · OfficerOfOthers · ActivationRefused
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


class SessionEnded(AuthRefused):
    """The session of this token was ended."""

    def __str__(self) -> str:
        return "This session was ended. Sign in again."


class NotOfASession(AuthRefused):
    """The token was not given in a sign-in over the API."""

    def __str__(self) -> str:
        return "This is for somebody who signed in: the token belongs to no session of one's own."


class FreshSignInNeeded(AuthRefused):
    """What was asked for needs a sign-in of the last ten minutes, by all factors of the account."""

    def __str__(self) -> str:
        return "Sign in again first: this is for somebody who proved within ten minutes who they are."


class OldPasswordWrong(AuthRefused):
    """The old password is wrong."""

    def __str__(self) -> str:
        return "The old password is wrong."


class PasswordTooGuessable(AuthRefused):
    """A password that others would try first."""

    def __str__(self) -> str:
        return "This password is among the first that others would try."


class SecondFactorWrong(AuthRefused):
    """The code does not come from the authenticator that is being enrolled."""

    def __str__(self) -> str:
        return "The authenticator shows another code now."


class SecondFactorMissing(AuthRefused):
    """The account has no second factor."""

    def __str__(self) -> str:
        return "This account has no second factor."


class SecondFactorRequired(AuthRefused):
    """Officers and operators have a second factor."""

    def __str__(self) -> str:
        return "Officers and operators keep their second factor; they can replace it."


class PasskeyRefused(AuthRefused):
    """What the authenticator answered cannot be taken."""

    def __str__(self) -> str:
        return "The answer of the authenticator is not one to the question that was asked."


class PasskeyNotFound(AuthRefused):
    """No such passkey of the caller."""


class TooManyPasskeys(AuthRefused):
    """An account holds twenty passkeys at most."""

    def __str__(self) -> str:
        return "The account has twenty passkeys."


class LastWayIn(AuthRefused):
    """Without it nobody could sign in to the account."""

    def __str__(self) -> str:
        return "Nothing else leads into the account."


class SessionNotFound(AuthRefused):
    """No such session of the caller."""


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
    """A mandate that ends before it begins, or in the past."""

    def __str__(self) -> str:
        return "A mandate ends after it begins, and not in the past."


class MandateOverlaps(AuthRefused):
    """The officer holds this role in this organisation for a part of that time."""

    def __str__(self) -> str:
        return "The officer holds this role in this organisation for a part of that time."


class OfficerOfOthers(AuthRefused):
    """The officer also holds mandates that the caller does not give."""

    def __str__(self) -> str:
        return "The officer also serves elsewhere, so that the operator makes the activation code."


class ActivationRefused(AuthRefused):
    """Login and activation code do not belong together, or its time or its tries are over; which of them is not told."""

    def __str__(self) -> str:
        return "This activation code is not good for this login."


class LoginTaken(AuthRefused):
    """An officer of that login exists."""

    def __str__(self) -> str:
        return "This login is taken."


class ClientTaken(AuthRefused):
    """A client of that id exists."""

    def __str__(self) -> str:
        return "This client id is taken."


class ClientUnknown(AuthRefused):
    """Nobody may sign in to this client: there is none of that id, or it is not in use."""

    def __str__(self) -> str:
        return "The site that sent you here is not known, or is not in use any more."


class RedirectNotRegistered(AuthRefused):
    """The browser is not sent to an address that the client did not register."""

    def __str__(self) -> str:
        return "The site that sent you here wants the answer at an address that is not registered for it."


class ClientNotFound(AuthRefused):
    """No such client, or it has no such secret or operator."""


class ClientInvalid(AuthRefused):
    """A client that its kind does not allow; `violations` lists every fault."""

    def __init__(self, violations: "list[tuple[str, str]]") -> None:
        super().__init__("The client breaks the rules of its kind.")
        self.violations = violations
