"""Cards at hand: the current version of each, its form's validator compiled, kept in memory until found outdated.

What is kept is only a guess at what is current; the transaction that relies on it checks it again.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import jsonschema_rs

from applications.domain.card import Card, card_from
from applications.domain.errors import FormInvalid, ServiceWithdrawn, UnknownCentre, UnknownService
from applications.domain.formats import FORMATS
from applications.storage.projections import active_organisation, current_card
from shared.database import Database
from shared.problems import pointer


@dataclass(frozen=True)
class ReadyCard:
    """A card and the validator of its form, as they were after the last change."""

    card: Card
    validator: Any
    is_closed: bool
    last_change: UUID | None

    def check_form(self, form: dict[str, Any]) -> None:
        """Raise FormInvalid with every violation, unless the form obeys the card's schema."""
        if self.validator.is_valid(form):
            return
        faults = self.validator.iter_errors(form)
        raise FormInvalid([(pointer(["form", *fault.instance_path]), fault.message[:300]) for fault in faults])


def form_validator(form: dict[str, Any]) -> Any:
    """Return what checks a form: the platform's formats too, expressions in linear time, values not in what it says."""
    linear = jsonschema_rs.RegexOptions()
    return jsonschema_rs.validator_for(
        form, formats=dict(FORMATS), validate_formats=True, mask="the value", pattern_options=linear, offline=True
    )


class CardShelf:
    """The cards and centres that one process has at hand."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cards: dict[tuple[str, date], ReadyCard] = {}
        self._territories: dict[str, str] = {}

    async def get(self, slug: str, today: date) -> ReadyCard:
        """Return the version valid today, or raise UnknownService or ServiceWithdrawn."""
        known = self._cards.get((slug, today))
        if known is None:
            async with self._database.reading() as connection:
                row = await current_card(connection, slug, today)
            if row is None:
                raise UnknownService(slug)
            self._drop_other_days(today)
            validator = form_validator(row.data["form"])
            known = ReadyCard(card_from(row.data), validator, row.is_closed, row.last_change)
            self._cards[(slug, today)] = known
        if known.is_closed:
            raise ServiceWithdrawn(slug)
        return known

    async def territory_of(self, centre: str) -> str:
        """Return the territory of a service centre, or raise UnknownCentre."""
        known = self._territories.get(centre)
        if known is None:
            async with self._database.reading() as connection:
                row = await active_organisation(connection, centre)
            if row is None or row.kind != "service-centre":
                raise UnknownCentre(centre)
            known = self._territories[centre] = str(row.territory)
        return known

    def _drop_other_days(self, today: date) -> None:
        for place in [place for place in self._cards if place[1] != today]:
            del self._cards[place]

    def forget(self, slug: str, centre: str) -> None:
        """Drop what was found outdated."""
        for place in [place for place in self._cards if place[0] == slug]:
            del self._cards[place]
        self._territories.pop(centre, None)
