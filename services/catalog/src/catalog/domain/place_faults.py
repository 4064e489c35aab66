"""What can be wrong with the places of a data set: the tree, hours, coordinates, and what they refer to."""

from collections.abc import Collection, Iterator

from catalog.domain.data_set import SERVICES, DataSet, Fault, Place, Record
from catalog.domain.hours import hours_faults
from catalog.domain.territories import coordinate_faults, tree_faults


def place_faults(data: DataSet) -> Iterator[Fault]:
    """Return every fault of territories, centres and post offices, whose shapes are right."""
    yield from _tree(data)
    territories = {record["slug"] for record in data["territories"]}
    services = {record["slug"] for name in SERVICES for record in data[name]}
    for place, centre in data.placed("service_centres"):
        yield from _unknown(place / "territory", centre["territory"], territories, "territory")
        for path, what in (*hours_faults(centre), *coordinate_faults(centre)):
            yield Fault(place.at(path), what)
        yield from _offers(place, centre, services)
    for place, office in data.placed("post_offices"):
        yield from _unknown(place / "territory", office["territory"], territories, "territory")
        for path, what in coordinate_faults(office):
            yield Fault(place.at(path), what)


def _tree(data: DataSet) -> Iterator[Fault]:
    placed = {record["slug"]: (place, record) for place, record in data.placed("successor_districts")}
    placed |= {record["slug"]: (place, record) for place, record in data.placed("territories")}
    for slug, (path, what) in tree_faults({slug: record for slug, (_, record) in placed.items()}):
        yield Fault(placed[slug][0].at(path), what)
    for place, record in placed.values():
        for path, what in coordinate_faults(record):
            yield Fault(place.at(path), what)


def _offers(place: Place, centre: Record, services: Collection[str]) -> Iterator[Fault]:
    offered = centre.get("also_offers") or ()
    refused = centre.get("does_not_offer") or ()
    for name, slugs in (("also_offers", offered), ("does_not_offer", refused)):
        for index, slug in enumerate(slugs):
            yield from _unknown(place / name / index, slug, services, "public service")
            if name == "does_not_offer" and slug in offered:
                yield Fault(place / name / index, f"{slug} is offered too")


def _unknown(place: Place, value: str, known: Collection[str], kind: str) -> Iterator[Fault]:
    if value not in known:
        yield Fault(place, f"unknown {kind}: {value}")
