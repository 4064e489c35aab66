"""The facts by which the domain refuses; `api/problems.py` gives each its status and page.

ApplicationRefused
├── about the caller:    ApplicationNotFound · RoleNotAllowed · OwnProposal
├── about the state:     IllegalTransition · AlreadyAssigned · AlreadyExtended · VersionChanged
├── about a decision:    RefusalCodeMissing · UnknownRefusalCode · ReasonMissing · OutcomeNotAllowed
└── about a submission:  UnknownService · ServiceWithdrawn · ChannelNotOffered · AuthenticationInsufficient
                         UnknownCentre · FormInvalid · DocumentsMissing · UnknownDocument · FileNotUploaded
"""

from collections.abc import Sequence

from applications.domain.assurance import acr_of


class ApplicationRefused(Exception):
    """Something that may not be done."""


class ApplicationNotFound(ApplicationRefused):
    """Absent, or outside the caller's scope: the two look the same."""


class RoleNotAllowed(ApplicationRefused):
    """The caller sees the application, but the verb is never for the role."""

    def __init__(self, verb: str) -> None:
        super().__init__(f"Your role does not allow '{verb}' here.")


class OwnProposal(ApplicationRefused):
    """Who proposed a decision does not approve it."""

    def __str__(self) -> str:
        return "The decision was proposed by you; somebody else approves it."


class IllegalTransition(ApplicationRefused):
    """The verb is not for this state; `allowed` is what the caller may do now."""

    def __init__(self, verb: str, state: str, allowed: Sequence[str]) -> None:
        super().__init__(f"'{verb}' cannot be done while the application is {state.replace('_', ' ')}.")
        self.state = state
        self.allowed = list(allowed)


class AlreadyAssigned(ApplicationRefused):
    """The case has an officer; the head may assign it anew."""

    def __str__(self) -> str:
        return "Another officer has this case."


class AlreadyExtended(ApplicationRefused):
    """A term is extended once."""

    def __str__(self) -> str:
        return "The term was extended before; it can be extended once."


class VersionChanged(ApplicationRefused):
    """The application changed since the caller read it."""

    def __str__(self) -> str:
        return "The application changed since you read it. Read it again."


class RefusalCodeMissing(ApplicationRefused):
    """A refusal names at least one code of the card (Law 2073-IX, art. 72)."""

    def __str__(self) -> str:
        return "A refusal names at least one refusal code of the card."


class UnknownRefusalCode(ApplicationRefused):
    """A code that the card does not have; `codes` is what it has."""

    def __init__(self, unknown: Sequence[str], codes: Sequence[str]) -> None:
        super().__init__(f"The card has no refusal code {', '.join(unknown)}.")
        self.codes = list(codes)


class ReasonMissing(ApplicationRefused):
    """The step needs a reason that the applicant can read."""

    def __str__(self) -> str:
        return "Give the reason in words."


class OutcomeNotAllowed(ApplicationRefused):
    """The card leaves this outcome to the head of the agency."""

    def __str__(self) -> str:
        return "The card does not let a representative decide this alone; propose the decision to the head."


class UnknownService(ApplicationRefused):
    """No such public service."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is no public service '{slug}'.")


class ServiceWithdrawn(ApplicationRefused):
    """The public service takes no new applications."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"The public service '{slug}' was withdrawn and takes no new applications.")


class ChannelNotOffered(ApplicationRefused):
    """The card does not offer this channel; `channels` is what it offers."""

    def __init__(self, channel: str, channels: Sequence[str]) -> None:
        super().__init__(f"This service cannot be applied for through '{channel}'.")
        self.channels = list(channels)


class AuthenticationInsufficient(ApplicationRefused):
    """The card wants it known more surely who applies online; `acr_values` names the sign-in that will do (RFC 9470)."""

    def __init__(self, level: str) -> None:
        super().__init__(f"To apply online for this service, sign in at the level of assurance '{level}'.")
        self.acr_values = acr_of(level)


class UnknownCentre(ApplicationRefused):
    """No such service centre."""

    def __init__(self, centre: str) -> None:
        super().__init__(f"There is no service centre '{centre}'.")


class FormInvalid(ApplicationRefused):
    """The form breaks the card's schema; `violations` lists every one as (JSON Pointer, what is wrong)."""

    def __init__(self, violations: Sequence[tuple[str, str]]) -> None:
        super().__init__("The form does not obey the schema of the card.")
        self.violations = list(violations)


class DocumentsMissing(ApplicationRefused):
    """Mandatory documents are not attached; `missing` lists their slugs."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"Mandatory documents are missing: {', '.join(missing)}.")
        self.missing = list(missing)


class UnknownDocument(ApplicationRefused):
    """A document that the card does not ask for; `documents` is what it asks for."""

    def __init__(self, unknown: Sequence[str], documents: Sequence[str]) -> None:
        super().__init__(f"The card does not ask for: {', '.join(unknown)}.")
        self.documents = list(documents)


class FileNotUploaded(ApplicationRefused):
    """A file that is referred to by its hash was not uploaded by this applicant; `missing` lists the hashes."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__("A file is referred to that you did not upload.")
        self.missing = list(missing)
