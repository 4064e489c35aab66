"""Every way to fail is a named problem: no error of the domain without a row, no row without an error."""

import ast
import inspect
from importlib import import_module

from dev.topology import Service
from shared.problems import COMMON, ProblemTable
from tests.support.project import each_service, sources_of, tree_of
from tests.support.refusals import modules_of


def table_of(service: Service) -> ProblemTable:
    table: ProblemTable = import_module(f"{service.module}.api.problems").PROBLEMS
    return table


def errors_of(service: Service) -> set[type[Exception]]:
    """Return the errors that a service defines and that no other error of it refines."""
    errors = {
        made
        for module in modules_of(service)
        for made in vars(module).values()
        if inspect.isclass(made) and issubclass(made, Exception) and made.__module__.partition(".")[0] == service.module
    }
    return {error for error in errors if not any(error in other.__mro__[1:] for other in errors)}


def names_in(service: Service, kind: type[ast.Raise | ast.ExceptHandler], part: str) -> set[str]:
    """Return the names that stand in every `raise`, or in every `except`, of a service."""
    parts = [
        getattr(node, part)
        for path in sources_of(service)
        for node in ast.walk(tree_of(path))
        if isinstance(node, kind) and getattr(node, part) is not None
    ]
    inner = [node for each in parts for node in ast.walk(each)]
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for node in inner
        if isinstance(node, ast.Name | ast.Attribute)
    }


@each_service
def test_every_domain_error_has_a_row(service: Service):
    domain = {error for error in errors_of(service) if error.__module__.startswith(f"{service.module}.domain.errors")}
    assert {error.__name__ for error in domain - table_of(service).keys()} == set()


@each_service
def test_every_other_error_has_a_row_or_is_caught_or_says_that_the_code_broke_a_precondition(service: Service):
    caught = names_in(service, ast.ExceptHandler, "type")
    preconditions = {error for error in errors_of(service) if issubclass(error, ValueError)}
    escaping = {error.__name__ for error in errors_of(service) - table_of(service).keys() - preconditions} - caught
    assert escaping == set()


@each_service
def test_every_row_is_of_an_error_that_is_raised(service: Service):
    raised = names_in(service, ast.Raise, "exc")
    assert {error.__name__ for error in table_of(service)} - raised == set()


@each_service
def test_a_slug_means_one_problem(service: Service):
    kinds = [*COMMON, *table_of(service).values()]
    by_slug: dict[str, set[str]] = {}
    for kind in kinds:
        by_slug.setdefault(kind.slug, set()).add(f"{kind.status} {kind.title}")
    assert {slug: titles for slug, titles in by_slug.items() if len(titles) > 1} == {}
