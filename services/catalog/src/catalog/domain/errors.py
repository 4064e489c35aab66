"""Every way in which the catalogue says no; `api/problems.py` gives each its answer.

CatalogueRefusal
├── about the caller:     UnknownPublicService · UnknownDraft · UnknownAgency · RoleNotAllowed
├── about a definition:   DefinitionRefused · SlugTaken · CodeTaken
├── about what was read:  StateNotNamed · DraftChanged · DraftOutdated
└── about days:           DayIsPast · EndsBeforeItBegins · VersionsOverlap · PublicServiceWithdrawn · ReviewTooFar
"""

from collections.abc import Sequence
from datetime import date


class CatalogueRefusal(Exception):
    """Something that the catalogue does not do; the text may be shown to whoever asked."""


class UnknownPublicService(CatalogueRefusal):
    """No public service has this slug."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is no public service '{slug}'.")


class UnknownDraft(CatalogueRefusal):
    """There is no such draft, or it is another agency's: the two look the same."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is no draft of '{slug}'.")


class UnknownAgency(CatalogueRefusal):
    """There is no such agency, or it is not the caller's."""

    def __init__(self, agency: str) -> None:
        super().__init__(f"There is no agency '{agency}' of yours.")


class RoleNotAllowed(CatalogueRefusal):
    """The caller sees it, but this is for another role."""

    def __init__(self, wanted: str) -> None:
        super().__init__(f"This is for {wanted}.")


class DefinitionRefused(CatalogueRefusal):
    """A definition breaks its rules; `violations` names every fault by JSON Pointer."""

    def __init__(self, violations: Sequence[tuple[str, str]]) -> None:
        super().__init__(f"The definition has {len(violations)} faults.")
        self.violations = violations


class SlugTaken(CatalogueRefusal):
    """A slug names one public service for good."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"'{slug}' is the name of another public service.")


class CodeTaken(CatalogueRefusal):
    """A code names one public service for good."""

    def __init__(self, code: str) -> None:
        super().__init__(f"'{code}' is the code of another public service.")
        self.code = code


class StateNotNamed(CatalogueRefusal):
    """A change does not say on which state it is based."""

    def __init__(self) -> None:
        super().__init__("Send the ETag of what was read in If-Match.")


class DraftChanged(CatalogueRefusal):
    """The draft, or what it is based on, is no longer what the caller read."""

    def __init__(self) -> None:
        super().__init__("It was changed meanwhile.")


class DraftOutdated(CatalogueRefusal):
    """A version was published that the draft does not build upon."""

    def __init__(self, based_on: int, newest: int) -> None:
        super().__init__(f"The draft builds upon version {based_on}; version {newest} is published.")
        self.based_on = based_on
        self.newest = newest


class DayIsPast(CatalogueRefusal):
    """Nothing is published or withdrawn after the fact."""

    def __init__(self, day: date, today: date) -> None:
        super().__init__(f"{day} is over; today is {today}.")
        self.today = today


class EndsBeforeItBegins(CatalogueRefusal):
    """A public service is not withdrawn before its newest version begins."""

    def __init__(self, slug: str, valid_from: date) -> None:
        super().__init__(f"The newest version of '{slug}' begins on {valid_from}.")
        self.valid_from = valid_from


class VersionsOverlap(CatalogueRefusal):
    """A version that is already published begins later than the new one would."""

    def __init__(self, slug: str, version: int, valid_from: date) -> None:
        super().__init__(f"Version {version} of '{slug}' is published from {valid_from}.")
        self.version = version
        self.valid_from = valid_from


class PublicServiceWithdrawn(CatalogueRefusal):
    """From this date on the public service is withdrawn."""

    def __init__(self, slug: str, withdrawn_on: date) -> None:
        super().__init__(f"'{slug}' is withdrawn from {withdrawn_on}.")
        self.withdrawn_on = withdrawn_on


class ReviewTooFar(CatalogueRefusal):
    """The next review is after today, and not so far away that nobody will look."""

    def __init__(self, latest: date) -> None:
        super().__init__(f"The next review is after today and by {latest}.")
        self.latest = latest
