"""Canonical JSON: the cases of RFC 8785 that a catalogue can hold."""

import math

import pytest

from catalog.domain.canonical import canonical


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ({"lat": 48.0, "lon": 33.717, "zero": -0.0}, '{"lat":48,"lon":33.717,"zero":0}'),
        ({"п": 'їґ"\\\n\u0007', "a": "</>"}, '{"a":"</>","п":"їґ\\"\\\\\\n\\u0007"}'),
        # by UTF-16 code units, as RFC 8785 §3.2.3 has it: a surrogate comes before U+FB33
        ({"\ufb33": 1, "\U0001f600": 2, "\u20ac": 3, "1": 4}, '{"1":4,"\u20ac":3,"\U0001f600":2,"\ufb33":1}'),
        ([2**53, 1e300, 0.5], "[9007199254740992,1e+300,0.5]"),
        ([1e16, 1.2345678901234568e20, 1e21], "[10000000000000000,123456789012345680000,1e+21]"),
        ([1e-6, -1.5e-6, 1e-7, 0.00001], "[0.000001,-0.0000015,1e-7,0.00001]"),
    ],
)
def test_a_value_has_one_form(value, expected):
    assert canonical(value).decode() == expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_has_no_word_for_is_refused(value):
    with pytest.raises(ValueError, match="infinite"):
        canonical({"a": [value]})
