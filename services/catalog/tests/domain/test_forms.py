"""Forms that would harm whoever reads them are refused; those of the region are not."""

import time

import pytest

from catalog.domain.forms import MOST_FORM_BYTES, form_faults
from catalog.domain.patterns import pattern_fault
from tests.support.catalog_life import a_form, the_data

UNFOLDING = {
    f"a{level}": {"allOf": [{"$ref": f"#/$defs/a{level + 1}"}, {"$ref": f"#/$defs/a{level + 1}"}]}
    for level in range(12)
} | {"a12": {"type": "string"}}
REFUSED = {
    "a reference to the whole form": (a_form(again={"$ref": "#"}), "/properties/again/$ref", "leads out"),
    "a reference to itself": (
        a_form(a={"$ref": "#/$defs/a"}) | {"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}},
        "",
        "comes back to itself",
    ),
    "two references that chase each other": (
        a_form(a={"$ref": "#/$defs/a"}) | {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        "",
        "comes back to itself",
    ),
    "a reference to another server": (
        a_form(a={"$ref": "https://example.com/schema"}),
        "/properties/a/$ref",
        "leads out of the form",
    ),
    "a reference to a file": (a_form(a={"$ref": "file:///etc/passwd"}), "/properties/a/$ref", "leads out of the form"),
    "a reference to nothing": (a_form(a={"$ref": "#/$defs/none"}), "/properties/a/$ref", "leads out of the form"),
    "references that unfold without measure": (
        a_form(a={"$ref": "#/$defs/a0"}) | {"$defs": UNFOLDING},
        "",
        "unfolds to more",
    ),
    "a dynamic reference": (a_form(a={"$dynamicRef": "#x"}), "/properties/a/$dynamicRef", "is not used in forms"),
    "an anchor": (a_form(a={"$anchor": "x"}), "/properties/a/$anchor", "is not used in forms"),
    "another identity inside": (a_form(a={"$id": "urn:x"}), "/properties/a/$id", "is the name of the whole form"),
    "another draft": (a_form() | {"$schema": "http://json-schema.org/draft-07/schema#"}, "/$schema", "is not https://"),
    "an expression that takes for ever": (
        a_form(a={"pattern": "^(a+)+$"}),
        "/properties/a/pattern",
        "too long to match",
    ),
    "such an expression for names of members": (
        a_form(a={"patternProperties": {"(x|xx)*y": {}}}),
        "/properties/a/patternProperties/(x|xx)*y",
        "too long to match",
    ),
    "an expression that looks ahead": (a_form(a={"pattern": "(?=a)b"}), "/properties/a/pattern", "linear time"),
    "an expression that refers back": (a_form(a={"pattern": r"(a)\1"}), "/properties/a/pattern", "linear time"),
    "an expression that is none": (a_form(a={"pattern": "["}), "/properties/a/pattern", "linear time"),
    "an expression that needs much memory": (
        a_form(a={"pattern": r"(\w{100}){100}"}),
        "/properties/a/pattern",
        "linear time",
    ),
    "a long expression": (a_form(a={"pattern": "a" * 301}), "/properties/a/pattern", "longer than 300"),
    "a format that nobody checks": (a_form(a={"format": "passport"}), "/properties/a/format", "Unknown format"),
    "a type that is none": (a_form(a={"type": "text"}), "/properties/a/type", "not a JSON Schema"),
    "a form that is too large": (a_form(a={"title": "x" * MOST_FORM_BYTES}), "", "is larger than"),
    "no object": ({"type": "array"}, "", "is not the schema of an object"),
    "no fields": ({"type": "object"}, "", "is not the schema of an object"),
}
DANGEROUS = [
    "(a+)+$", r"^(\d+,)*\d+$", "(a|aa)+", "(a|b){12}", r"(\w+\s?)*$", "(?:a|b)*", "(a*)*", "(a?){11}", "((ab?)c){20}",
    "a+{20}", "((a)|b)*", "([a-z]+)*", r"(\(+)*",
]  # fmt: skip
HARMLESS = [
    "(ab)+", "[(+)*]+", r"\(a+\)+", "([ab]+){2}", "((a)|b)?", "a{1,3}", r"[\]+(]+", "(?i)a+", "(?P<x>a+)b", "[])]",
    "[^]()]+", "a+?", "(a+b)?", "^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$", "", "a{", r"\{3",
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_form_that_would_do_harm_is_refused_where_it_does(case):
    form, where, what = REFUSED[case]

    found = {"".join(f"/{part}" for part in path): text for path, text in form_faults(form)}

    assert what in found.get(where, ""), found


@pytest.mark.parametrize("pattern", DANGEROUS)
def test_an_expression_that_repeats_repetitions_is_refused(pattern):
    assert "too long to match" in (pattern_fault(pattern) or "")


@pytest.mark.parametrize("pattern", HARMLESS)
def test_an_expression_that_every_engine_matches_quickly_is_taken(pattern):
    assert "too long to match" not in (pattern_fault(pattern) or "")


def test_the_forms_of_the_region_are_taken():
    assert [
        (service["slug"], fault) for service in the_data("services") for fault in form_faults(service["form"])
    ] == []


@pytest.mark.parametrize(
    "form",
    [
        {"type": "object", "properties": {}} | {"x": [[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]},
        a_form() | {"$defs": {f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(3000)} | {"a3000": {}}},
        a_form(**{f"f{n}": {"pattern": f"(x{n % 7}+)+"} for n in range(1000)}),
    ],
    ids=["deep", "long chain", "many expressions"],
)
def test_a_bomb_is_refused_before_it_goes_off(form):
    begin = time.perf_counter()
    faults = list(form_faults(form))
    assert faults
    assert time.perf_counter() - begin < 2


def test_a_definition_used_twice_is_no_bomb():
    name = {"type": "string", "minLength": 2}
    form = a_form(first={"$ref": "#/$defs/name"}, last={"$ref": "#/$defs/name"}) | {"$defs": {"name": name}}
    assert list(form_faults(form)) == []
