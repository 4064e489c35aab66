"""CloudEvents in Kafka's binary mode: written as the binding says, read only when they are whole."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cloudevents import CloudEvent, InvalidEvent, event_from_record
from shared.ids import new_id

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


def an_event(**changes: Any) -> CloudEvent:
    attributes: dict[str, Any] = {
        "id": new_id(),
        "source": "/catalog",
        "type": "ua.virtual-office.catalog.published.v1",
        "subject": "card-1",
        "time": datetime(2026, 11, 23, 8, 30, 0, 123456, tzinfo=UTC),
        "dataschema": "urn:virtual-office:schemas:catalog:published.v1",
        "data": {"slug": "birth"},
    }
    return CloudEvent(**{**attributes, **changes})


def test_the_headers_are_those_of_the_kafka_binding() -> None:
    event = an_event(traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    assert dict(event.headers()) == {
        "ce_specversion": b"1.0",
        "ce_id": str(event.id).encode(),
        "ce_source": b"/catalog",
        "ce_type": b"ua.virtual-office.catalog.published.v1",
        "ce_subject": b"card-1",
        "ce_time": b"2026-11-23T08:30:00.123456Z",
        "ce_dataschema": b"urn:virtual-office:schemas:catalog:published.v1",
        "ce_traceparent": event.traceparent.encode() if event.traceparent else b"",
        "content-type": b"application/json",
    }


@given(
    subject=TEXTS,
    time=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=2))])),
    data=st.dictionaries(TEXTS, TEXTS | st.integers(-(2**53), 2**53) | st.none() | st.lists(st.booleans())),
)
def test_what_was_written_is_read_again(subject: str, time: datetime, data: dict[str, Any]) -> None:
    event = an_event(subject=subject, time=time, data=data)
    assert event_from_record(event.headers(), json.dumps(data).encode()) == event


BROKEN: dict[str, dict[str, bytes | None]] = {
    "no id": {"ce_id": None},
    "an id that is no UUID": {"ce_id": b"17"},
    "an empty type": {"ce_type": b""},
    "no subject": {"ce_subject": None},
    "no time": {"ce_time": None},
    "a time that is none": {"ce_time": b"yesterday"},
    "a time without its offset": {"ce_time": b"2026-11-23T08:30:00"},
    "another version of the specification": {"ce_specversion": b"0.3"},
    "a header that is not UTF-8": {"ce_source": b"\xff"},
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_record_without_whole_attributes_is_no_event(what: str) -> None:
    headers = {**dict(an_event().headers()), **BROKEN[what]}
    present = [(name, value) for name, value in headers.items() if value is not None]
    with pytest.raises(InvalidEvent):
        event_from_record(present, b"{}")


def test_a_header_without_a_value_is_as_good_as_none() -> None:
    headers: list[tuple[str, Any]] = [*an_event().headers(), ("note", None)]
    assert event_from_record(headers, b"{}").subject == "card-1"
    with pytest.raises(InvalidEvent):
        event_from_record([*headers, ("ce_id", None)], b"{}")  # type: ignore[list-item]


@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"null", b'"text"', b"\xff", b'{"a": NaN}', b"[" * 100_000])
def test_a_record_whose_value_is_no_json_object_is_no_event(value: bytes | None) -> None:
    with pytest.raises(InvalidEvent):
        event_from_record(an_event().headers(), value)
