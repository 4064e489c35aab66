"""Differences between snapshots: whatever changed, base and difference make the whole; what is no bundle is refused."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.assertions import Assertions
from catalog.domain.canonical import canonical
from catalog.domain.definition import definition_from
from catalog.domain.snapshot import (
    LISTS,
    NotASnapshot,
    Stamp,
    apply_delta,
    check_document,
    claims_of,
    delta_document,
    full_document,
    pack,
    unpack,
)
from dev.generate_services import generate

DATA = Path(__file__).parents[4] / "dev" / "data"
SLUGS = st.text("abc-", min_size=1, max_size=4)
ENTRIES = st.dictionaries(
    st.sampled_from(LISTS), st.dictionaries(SLUGS, st.dictionaries(SLUGS, st.integers(0, 3)), max_size=5)
)
BEFORE, AFTER = Stamp(6, "2026-11-23T10:00:00Z"), Stamp(9, "2026-11-24T08:30:00Z")


def as_bytes(entries):
    return {name: {slug: canonical(entry) for slug, entry in members.items()} for name, members in entries.items()}


@given(before=ENTRIES, after=ENTRIES)
def test_base_and_difference_make_the_whole(before, after):
    changed = {
        name: {slug: entry for slug, entry in members.items() if before.get(name, {}).get(slug) != entry}
        for name, members in after.items()
    }
    removed = {name: [slug for slug in members if slug not in after.get(name, {})] for name, members in before.items()}
    delta = json.loads(delta_document(AFTER, 6, as_bytes(changed), removed))
    whole = full_document(AFTER, as_bytes(after))
    assert canonical(apply_delta(json.loads(full_document(BEFORE, as_bytes(before))), delta)) == whole


def test_documents_are_canonical():
    entries = as_bytes({"agencies": {"b": {"z": 1.0, "a": "ї"}, "a": {}}})
    for document in (full_document(AFTER, entries), delta_document(AFTER, 6, entries, {"territories": ["y", "x"]})):
        assert canonical(json.loads(document)) == document


def test_a_bundle_gives_back_what_was_packed_and_is_always_the_same():
    document = full_document(AFTER, {})
    assert unpack(pack("a.b.c", document)) == ("a.b.c", document)
    assert pack("a.b.c", document) == pack("a.b.c", document)


@pytest.mark.parametrize(
    "bundle",
    [
        b"",
        b"not gzip",
        gzip.compress(b'{"signature": "a.b.c"}\n{}\n')[:-9],
        gzip.compress(b'{"signature": "a.b.c"}'),
        gzip.compress(b'{"signature": 7}\n{}\n'),
        gzip.compress(b"[]\n{}\n"),
        gzip.compress(b"\n{}\n"),
    ],
    ids=["nothing", "not gzip", "cut off", "no document", "no text for a signature", "a list", "no signature"],
)
def test_what_is_no_bundle_is_refused(bundle):
    with pytest.raises(NotASnapshot):
        unpack(bundle)


def test_a_bundle_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr("catalog.domain.snapshot.MOST_BYTES", 1000)
    with pytest.raises(NotASnapshot, match="too large"):
        unpack(gzip.compress(b'{"signature": "a.b.c"}\n' + b" " * 10_000 + b"\n"))


def test_a_document_of_another_version_than_signed_is_refused():
    document = full_document(BEFORE, {})
    with pytest.raises(NotASnapshot, match="version"):
        check_document(document, claims_of(document, AFTER))


def test_fifteen_hundred_services_and_all_places_are_under_three_megabytes():
    data = {
        name: json.loads((DATA / f"{name}.json").read_text("utf-8"))
        for name in ("agencies", "assertions", "service_centres", "services", "territories")
    }
    assertions = Assertions(data["assertions"]["form_fields"], data["assertions"]["expected"])
    scopes = {agency["slug"]: agency["scope"] for agency in data["agencies"]["agencies"]}
    records = data["services"]["services"]
    records += generate(1500 - len(records))["services"]
    entries = {
        "public_services": {
            record["slug"]: definition_from(record, scopes[record["agency"]], assertions) for record in records
        },
        "access_points": {f"{number}": data["service_centres"]["post_offices"][number % 60] for number in range(700)},
        **{name: {entry["slug"]: entry for entry in data[name][name]} for name in ("service_centres", "territories")},
    }
    assert len(entries["public_services"]) == 1500
    assert len(pack("s" * 500, full_document(AFTER, as_bytes(entries)))) < 3_000_000
