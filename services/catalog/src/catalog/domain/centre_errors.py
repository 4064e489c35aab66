"""Every way in which a service centre's dated exceptions are not changed.

CatalogueRefusal
├── CentreNotFound       no such centre, or not the caller's
├── ExceptionNotFound    the centre has no such exception
├── CalendarChanged      somebody changed the centre's exceptions after the caller read them
├── ExceptionsCollide    two exceptions would say which hours hold on one day
├── ExceptionIsOver      it would end before today
└── TooManyExceptions    more than a centre can mean
"""

from datetime import date

from catalog.domain.errors import CatalogueRefusal


class CentreNotFound(CatalogueRefusal):
    """No service centre has this slug, or it is not the caller's."""

    def __init__(self, slug: str) -> None:
        super().__init__(f"There is no service centre '{slug}'.")


class ExceptionNotFound(CatalogueRefusal):
    """The centre has no exception with this id."""

    def __init__(self) -> None:
        super().__init__("The centre has no such exception.")


class CalendarChanged(CatalogueRefusal):
    """The exceptions of the centre are no longer those that the caller read."""

    def __init__(self) -> None:
        super().__init__("The exceptions of the centre were changed meanwhile.")


class ExceptionsCollide(CatalogueRefusal):
    """Another exception already says which hours hold on one of the days."""

    def __init__(self, from_on: date, to_on: date) -> None:
        super().__init__(f"Other hours are set already from {from_on} to {to_on}.")
        self.from_on = from_on
        self.to_on = to_on


class ExceptionIsOver(CatalogueRefusal):
    """Nobody opens or closes a centre on days that are over."""

    def __init__(self, to_on: date) -> None:
        super().__init__(f"{to_on} is over.")


class TooManyExceptions(CatalogueRefusal):
    """A centre has only so many exceptions ahead."""

    def __init__(self, most: int) -> None:
        super().__init__(f"A centre has at most {most} exceptions ahead.")
        self.most = most
