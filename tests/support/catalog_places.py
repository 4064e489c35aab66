"""Places of a data set, and exceptions to a centre's hours, as tests need them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

KYIV = ZoneInfo("Europe/Kyiv")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DNIPRO, APOSTOLOVE = (48.465, 35.046), (47.659, 33.717)


def kyiv(text: str) -> datetime:
    """Return an instant by the clocks of Kyiv."""
    return datetime.fromisoformat(text).replace(tzinfo=KYIV)


def weekly(*spans: tuple[str, str], days: Sequence[str] = DAYS) -> list[dict[str, Any]]:
    """Return opening hours that are the same on these days."""
    return [{"day": day, "closed": False, "opens": opens, "closes": closes} for day in days for opens, closes in spans]


def a_centre(slug: str, territory: str, at: tuple[float, float] | None = DNIPRO, **members: Any) -> dict[str, Any]:
    return {
        "slug": slug,
        "name_uk": f"ЦНАП {slug}",
        "name_en": f"Centre {slug}",
        "territory": territory,
        "lat": at[0] if at else None,
        "lon": at[1] if at else None,
        "opening_hours": weekly(("09:00", "18:00")),
        "lunch_break": None,
        "has_kiosk": True,
        "branches": [],
        **members,
    }


def a_power_cut(on: str, *spans: tuple[str, str], **members: Any) -> dict[str, Any]:
    return {
        "kind": "power-cut",
        "from_on": on,
        "closed": [{"opens": opens, "closes": closes} for opens, closes in spans or [("10:00", "14:00")]],
        "reason": {"uk": "Немає електропостачання", "en": "No electricity"},
        **members,
    }


def a_holiday(first: str, last: str | None = None, **members: Any) -> dict[str, Any]:
    return {
        "kind": "holiday",
        "from_on": first,
        "to_on": last or first,
        "hours": [],
        "reason": {"uk": "Свято", "en": "Holiday"},
        **members,
    }


def generated_post_offices(number: int, territories: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return post offices around the seats of the territories, every tenth without coordinates of its own."""
    offices = []
    for index in range(number):
        territory = territories[index % len(territories)]
        turn = index // len(territories)
        place = {"lat": territory["lat"] + turn / 1000, "lon": territory["lon"] - turn / 2000}
        offices.append(
            {
                "slug": f"post-{60000 + index}",
                "postcode": f"{60000 + index}",
                "settlement_uk": territory["seat_uk"],
                "settlement_en": territory["seat_en"],
                "territory": territory["slug"],
                "accepts_applications": index % 7 != 0,
                **({} if index % 10 == 0 else place),
            }
        )
    return offices
