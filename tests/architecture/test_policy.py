"""Authority as data: each route has one rule of known words, nothing else asks who may, and over HTTP it is as the rules say."""

import ast
from collections.abc import AsyncIterator, Collection, Mapping
from pkgutil import resolve_name
from typing import Any

import httpx
import pytest

from auth.domain.roles import Role
from auth.domain.scopes import OPERATOR, SCOPES
from dev.declared import process_of
from dev.environment import Servers, service_environment
from dev.policies import permissions_page, policy_of
from dev.run_folder import RunFolder
from dev.topology import SERVICES, Ports, Service
from shared.ids import new_id
from shared.policy import ACCOUNT, ANYONE, PERSON, PUBLIC, Bearer, Rule, role, scope
from tests.support.apps import client_for
from tests.support.project import each_service, named, sources_of, tree_of
from tests.support.routes import routes_of
from tests.support.tokens import TestIssuer

ROLES = frozenset(Role)
# whom a token makes its bearer, by what a rule may call them: that and what the token says
BEARERS: Mapping[str, tuple[Collection[Bearer], Mapping[str, Any]]] = {
    "a person": ({PERSON, ACCOUNT}, {}),
    **{name: ({role(name), ACCOUNT}, {"role": name, "organisation": "nowhere"}) for name in ROLES},
    "the holder of a role that is none": ({ACCOUNT}, {"role": "auditor", "organisation": "nowhere"}),
    "a machine without a scope": ((), {"subject": "machine"}),
    **{
        f"a {known.held_by} with {known.name}": (
            {
                scope(known.name),
                *({ACCOUNT} if known.held_by == "person" else ()),
                *({PERSON} if known.held_by == "person" and known.name != OPERATOR else ()),
            },
            {
                "scopes": [known.name.replace("<agency>", "any")],
                "subject": None if known.held_by == "person" else "machine",
            },
        )
        for known in SCOPES
    },
}


@each_service
def test_every_route_has_a_rule_and_every_rule_a_route(service: Service):
    assert {name for name, _ in routes_of(service)} == set(policy_of(service))


@each_service
def test_a_rule_says_in_words_what_it_lets_do_and_to_which_things(service: Service):
    silent = {
        name: rule
        for name, rule in policy_of(service).items()
        if not (rule.permission and rule.who and all(rule.who.values()))
        or len(rule.who.get(PUBLIC, "a good reason").split()) < 3
    }
    assert silent == {}


@each_service
def test_a_rule_names_known_roles_and_scopes_that_its_service_is_given(service: Service):
    scopes = {scope(known.name) for known in SCOPES if service.name in known.services}
    known = {ACCOUNT, ANYONE, PERSON, PUBLIC, *map(role, ROLES), *scopes}
    unknown = {
        name: strangers
        for name, rule in policy_of(service).items()
        if (strangers := {*rule.who, *rule.seen_by} - known)
    }
    assert unknown == {}


@each_service
def test_a_rule_does_not_contradict_itself(service: Service):
    contradictory = {
        name
        for name, rule in policy_of(service).items()
        if (rule.is_public and len(rule.who) > 1)
        or (rule.hides and not rule.who.keys().isdisjoint({PUBLIC, ANYONE}))
        or (rule.seen_by and not rule.hides)
    }
    assert contradictory == set()


@each_service
def test_nothing_in_front_of_the_domain_but_the_policy_decides_by_role_or_scope(service: Service):
    deciding = {
        f"{named(path)}:{node.lineno}"
        for path in sources_of(service)
        if path.name != "policy.py" and "domain" not in path.parts
        for function in ast.walk(tree_of(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in function.body
        for node in ast.walk(statement)
        if _is_role(node) or _refuses_by_itself(node)
    }
    assert deciding == set()


def _is_role(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value in ROLES


def _refuses_by_itself(node: ast.AST) -> bool:
    """Tell whether this is `Problem(FORBIDDEN …)`."""
    match node:
        case ast.Call(ast.Name("Problem"), [ast.Name("FORBIDDEN"), *_]):
            return True
    return False


def test_the_page_of_permissions_has_one_row_a_route():
    rows = [line.split(" | ")[0] for line in permissions_page().splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(f"| `{name}`" for service in SERVICES for name in policy_of(service))


@pytest.fixture
async def client(service, databases, clock, tokens, tmp_path) -> AsyncIterator[httpx.AsyncClient]:
    """A service on its real database; no other service answers it."""
    process, nowhere = process_of(service), Ports(base=0)
    servers = Servers("127.0.0.1", 1, "127.0.0.1:1")
    variables = service_environment(service, "serve", ports=nowhere, servers=servers, folder=RunFolder(tmp_path))
    values = {name.lower(): value for name, value in variables.items()}
    values |= {"database_url": await databases(process), "auth_issuer": tokens.issuer}
    app = resolve_name(process.app)(process.settings(**values), clock=clock, keys=tokens.keys)
    async with client_for(app) as made:
        yield made


async def ask(client: httpx.AsyncClient, name: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """Use a route for something that is not there; return the status and the slug of the problem."""
    method, _, path = name.partition(" ")
    filled = "/".join(str(new_id()) if part.startswith("{") else part for part in path.split("/"))
    answer = await client.request(method, filled, headers={"Idempotency-Key": str(new_id()), **headers}, json={})
    is_problem = answer.headers.get("content-type") == "application/problem+json"
    return answer.status_code, answer.json()["type"].rpartition("/")[2] if is_problem else ""


def agrees(rule: Rule, kinds: Collection[Bearer], answer: tuple[int, str]) -> bool:
    """Tell whether an answer is what the rule has for a bearer of these kinds."""
    if not rule.who.keys().isdisjoint({ANYONE, *kinds}):
        return answer != (403, "forbidden")
    if rule.hides and not set(rule.seen_by).isdisjoint(kinds):
        return answer[0] >= 400
    return answer == ((404, "not-found") if rule.hides else (403, "forbidden"))


@each_service
async def test_over_http_a_route_refuses_exactly_whom_no_line_of_its_rule_admits(
    service: Service, client: httpx.AsyncClient, tokens: TestIssuer
):
    held = {name: (kinds, tokens.headers(**bearer)) for name, (kinds, bearer) in BEARERS.items()}
    wrong = {
        (name, who): answer
        for name, rule in policy_of(service).items()
        if not rule.is_public
        for who, (kinds, headers) in held.items()
        if not agrees(rule, kinds, answer := await ask(client, name, headers))
    }
    assert wrong == {}


@each_service
async def test_over_http_a_public_route_asks_for_no_token(service: Service, client: httpx.AsyncClient):
    answers = {name: await ask(client, name, {}) for name, rule in policy_of(service).items() if rule.is_public}
    assert {name for name, (_, slug) in answers.items() if slug in {"unauthenticated", "forbidden"}} == set()
