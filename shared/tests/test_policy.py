"""Rules: which bearer a line admits, where that reaches, and how the others are refused."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.policy import ACCOUNT, ANYONE, NOBODY, PERSON, PUBLIC, Bearer, Rule, role, scope
from shared.problems import Problem
from shared.tokens import Claims, Mandate

ACCOUNT_ID = "0198f2c0-7b1a-7c3d-8e4f-5a6b7c8d9e0f"


def a_bearer(subject: str = ACCOUNT_ID, *, roles: Collection[str] = (), scopes: Collection[str] = ()) -> Claims:
    """The bearer of a token who holds roles in a house."""
    return Claims(
        subject=subject,
        client_id="first-party",
        scopes=frozenset(scopes),
        mandates=tuple(Mandate(name, "house") for name in roles),
        expires_at=0,
        token_id=None,
        session_id=None,
        acr=None,
    )


BEARERS: Mapping[str, Claims] = {
    "person": a_bearer(),
    "person whose client knows them": a_bearer(scopes=["openid", "profile", "offline_access"]),
    "head": a_bearer(roles=["head"]),
    "reader and head": a_bearer(roles=["reader", "head"]),
    "reader": a_bearer(roles=["reader"]),
    "operator": a_bearer(scopes=["operator"]),
    "machine": a_bearer("feeder", scopes=["feed:north", "feed:south", "other"]),
    "machine with an unfinished scope": a_bearer("feeder", scopes=["feed:", "feed"]),
    "machine without a scope": a_bearer("feeder"),
}


def refusal_of(rule: Rule, bearer: Claims) -> int | None:
    try:
        rule.demand(bearer)
    except Problem as problem:
        return problem.kind.status
    return None


ADMITTED: Mapping[Bearer, set[str]] = {
    role("head"): {"head", "reader and head"},
    scope("operator"): {"operator"},
    scope("feed:<reader>"): {"machine"},
    scope("feed:north"): {"machine"},
    PERSON: {"person", "person whose client knows them"},
    ACCOUNT: {"person", "person whose client knows them", "head", "reader and head", "reader", "operator"},
    ANYONE: set(BEARERS),
    PUBLIC: set(BEARERS),
}


@pytest.mark.parametrize("line", ADMITTED, ids=str)
def test_a_line_admits_its_bearers_and_no_others(line: Bearer) -> None:
    rule = Rule("act", {line: "all"})
    assert {name for name, bearer in BEARERS.items() if refusal_of(rule, bearer) is None} == ADMITTED[line]


def test_one_line_that_admits_is_enough() -> None:
    rule = Rule("act", {role("head"): "own", scope("feed:<reader>"): "own"})
    assert {name for name, bearer in BEARERS.items() if refusal_of(rule, bearer) is None} == {
        "head", "reader and head", "machine",
    }  # fmt: skip


def test_a_rule_without_lines_admits_nobody() -> None:
    assert {refusal_of(NOBODY, bearer) for bearer in BEARERS.values()} == {403}


def test_places_are_where_a_named_role_is_held_and_what_a_scope_names() -> None:
    rule = Rule("act", {role("head"): "own", scope("feed:<reader>"): "own"})
    mandates = (Mandate("head", "a"), Mandate("reader", "b"), Mandate("head", "c"))
    both = replace(a_bearer(scopes=["feed:north", "food:south"]), mandates=mandates)
    assert rule.places(both) == {"a", "c", "north"}
    assert rule.places(BEARERS["reader"]) == frozenset()


@pytest.mark.parametrize(
    ("rule", "statuses"),
    [
        (Rule("act", {PUBLIC: "all"}), []),
        (Rule("act", {role("head"): "own", ANYONE: "none"}), [401]),
        (Rule("act", {role("head"): "own"}), [401, 403]),
        (Rule("act", {role("head"): "own"}, hides=True), [401, 404]),
        (Rule("act", {role("head"): "own"}, hides=True, seen_by=[role("head")]), [401, 404]),
        (Rule("act", {role("head"): "own"}, hides=True, seen_by=[role("head"), PERSON]), [401, 404, 403]),
    ],
    ids=["public", "anyone", "plain", "hiding", "hiding what those see who may", "hiding what others see too"],
)
def test_a_rule_tells_how_it_can_refuse(rule: Rule, statuses: list[int]) -> None:
    assert [kind.status for kind in rule.refusals] == statuses
    told = {refusal_of(rule, bearer) for bearer in BEARERS.values()}
    assert told <= {None, *statuses}


@pytest.mark.parametrize(
    ("who", "detail"),
    [
        ({role("head"): "own", PERSON: "own"}, "Only the role head or a person acting for themself may act."),
        ({}, "Nobody may act."),
    ],
    ids=["some", "nobody"],
)
def test_a_refusal_names_who_may(who: Mapping[Bearer, Any], detail: str) -> None:
    with pytest.raises(Problem, match=detail):
        Rule("act", who).demand(BEARERS["reader"])
