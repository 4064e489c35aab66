"""What can be wrong with a data set, found before anything is written: every fault with where it stands."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from catalog.domain.assertions import Assertions
from catalog.domain.data_set import BODIES, LISTS, PLACES, SERVICES, DataSet, Fault, Place
from catalog.domain.definition_rules import Surroundings, definition_faults
from catalog.domain.place_faults import place_faults
from catalog.domain.shapes import RECORDS
from catalog.domain.wanted import Wanted, wanted_versions

# says how far a long piece of work is: (what, done, of how many)
Tell = Callable[[str, int, int], None]
_NO_ASSERTIONS = Assertions({}, {})
_AT_ONCE = 50


def quiet(_what: str, _done: int, _of: int) -> None:
    """Say nothing."""


def find_faults(
    data: DataSet, known: DataSet | None = None, assertions: Assertions = _NO_ASSERTIONS, tell: Tell = quiet
) -> list[Fault]:
    """Return everything that is wrong with the data set, beside what is known already; nothing means: it can be imported."""
    if data.is_empty:
        return [Fault(Place("–"), f"no file has any of the lists {', '.join(LISTS)}")]
    if faults := [*_shapes(data, (*PLACES, *BODIES)), *_repeated(data)]:
        return [*faults, *_shapes(data, SERVICES)]  # what refers to wrong records cannot be judged
    wrong = list(_shapes(data, SERVICES))
    refused = {_record_of(fault.place) for fault in wrong}
    sound = DataSet(
        {name: [one for one in data.placed(name) if _record_of(one[0]) not in refused] for name in SERVICES}
    )
    known = known or DataSet()
    whole = data.over(known)
    around = surroundings_of(whole)
    wanted = list(wanted_versions(sound, assertions, around.agencies))
    faults = [*place_faults(_with_slugs(whole, (data, known))), *wrong, *_repeated_versions(wanted)]
    for number, version in enumerate(wanted):
        if number % _AT_ONCE == 0:
            tell("checking", number, len(wanted))
        faults += [Fault(version.where(at), what) for at, what in definition_faults(version.definition, around)]
    return faults


def surroundings_of(whole: DataSet) -> Surroundings:
    """Return what the definitions of a data set may refer to."""
    return Surroundings(
        agencies={record["slug"]: record["scope"] for record in whole["agencies"]},
        registers={
            record["slug"]: frozenset(field["name"] for field in record["fields"]) for record in whole["registers"]
        },
    )


def shape_faults(validator: Any, value: Any, place: Place) -> Iterator[Fault]:
    """Return where a value is not what its schema demands."""
    for error in validator.iter_errors(value):
        yield Fault(place.at(list(error.instance_path)), error.message[:200])


def _record_of(place: Place) -> tuple[Any, ...]:
    """Return what tells the record in which a place is from others."""
    return (place.file, place.row) if place.row is not None else (place.file, *place.pointer.split("/")[1:3])


def _with_slugs(whole: DataSet, sets: Sequence[DataSet]) -> DataSet:
    """Return the places beside the slugs of all public services, to which they refer."""
    services = [each for data in sets for name in SERVICES for each in data.placed(name)]
    named = [
        (place, record)
        for place, record in services
        if isinstance(record, dict) and isinstance(record.get("slug"), str)
    ]
    return DataSet({**{name: list(whole.placed(name)) for name in (*PLACES, *BODIES)}, "services": named})


def _shapes(data: DataSet, names: Sequence[str]) -> Iterator[Fault]:
    for name in names:
        for place, record in data.placed(name):
            yield from shape_faults(RECORDS[name], record, place)


def _repeated(data: DataSet) -> Iterator[Fault]:
    for name in (*PLACES, *BODIES):
        for key in ("slug", "code"):
            seen: dict[str, int] = {}
            for place, record in data.placed(name):
                value = record.get(key) if isinstance(record, Mapping) else None
                if not isinstance(value, str):
                    continue
                seen[value] = seen.get(value, 0) + 1
                if seen[value] > 1:
                    yield Fault(place / key, f"'{value}' stands here for the {seen[value]}. time")


def _repeated_versions(wanted: Sequence[Wanted]) -> Iterator[Fault]:
    """One public service may stand in several records when each is valid from another day, to where the next begins."""
    codes: dict[Any, Wanted] = {}
    of_slugs: dict[str, list[Wanted]] = {}
    for version in wanted:
        code = version.definition.get("code")
        first = codes.setdefault(code if isinstance(code, str) else version.place, version)
        if first.slug != version.slug:
            yield Fault(version.where("/code"), f"'{code}' is the code of {first.slug} too ({first.place})")
        of_slugs.setdefault(version.slug, []).append(version)
    for versions in of_slugs.values():
        yield from _overlaps(versions)


def _overlaps(versions: list[Wanted]) -> Iterator[Fault]:
    ordered = sorted(versions, key=lambda version: str(version.valid_from or ""))
    for version, following in zip(ordered, [*ordered[1:], None], strict=True):
        if following is not None and following.valid_from == version.valid_from:
            day = version.valid_from or "today"
            yield Fault(following.where("/slug"), f"'{version.slug}' from {day} stands already in {version.place}")
        if version.valid_to is None:
            continue
        until = version.place / "valid_to"
        if version.valid_from is not None and version.valid_to <= version.valid_from:
            yield Fault(until, f"ends before it begins: it is valid from {version.valid_from}")
        elif following is None:
            yield Fault(until, "no version of it begins then; what is to end without a next version is withdrawn")
        elif following.valid_from and following.valid_from != version.valid_to:
            what = "overlaps" if following.valid_from < version.valid_to else "leaves days without a version before"
            yield Fault(until, f"{what} the version from {following.valid_from} ({following.place})")
