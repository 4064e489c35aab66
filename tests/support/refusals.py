"""Which problems a route can come to: those of its rule, and what its code raises, its dependencies and what they call.

Names are resolved where they stand. Which method a call means is known when one class of the service alone has a method of
that name: `certain` follows only those and can lack a problem; `possible` follows all and can have one too many.
"""

import ast
import inspect
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any

from fastapi.dependencies.models import Dependant

from dev.topology import Service
from shared.policy import Rule
from shared.problems import FORBIDDEN, ProblemTable, ProblemType
from tests.support.project import named, sources_of


def modules_of(service: Service) -> list[ModuleType]:
    """Return every module of a service."""
    places = (
        named(path).split("/src/")[1].removesuffix(".py").removesuffix("/__init__") for path in sources_of(service)
    )
    return [import_module(place.replace("/", ".")) for place in places]


def functions_behind(dependant: Dependant) -> Iterator[FunctionType]:
    """Yield the functions that FastAPI calls for a route: its own and its dependencies'."""
    if isinstance(dependant.call, FunctionType):
        yield dependant.call
    for inner in dependant.dependencies:
        yield from functions_behind(inner)


class Refusals:
    """The refusals of one service's code."""

    def __init__(self, service: Service, table: ProblemTable) -> None:
        self._table = table
        self._package = service.module
        self._methods: Mapping[str, list[FunctionType]] = defaultdict(list)
        for module in modules_of(service):
            for made in vars(module).values():
                if inspect.isclass(made) and made.__module__ == module.__name__:
                    for name, method in vars(made).items():
                        if isinstance(method, FunctionType):
                            self._methods[name].append(method)

    def certain(self, dependant: Dependant, rule: Rule) -> set[str]:
        """Return the slugs of the problems that a route surely can come to."""
        return self._reach(dependant, most_candidates=1) | _of_rule(rule)

    def possible(self, dependant: Dependant, rule: Rule) -> set[str]:
        """Return the slugs of all problems that a route may be able to come to.

        Who may not use a route at all is a matter of its rule, whatever its code says.
        """
        return self._reach(dependant, most_candidates=100) - {FORBIDDEN.slug} | _of_rule(rule)

    def _reach(self, dependant: Dependant, *, most_candidates: int) -> set[str]:
        waiting, seen, slugs = list(functions_behind(dependant)), set(), set()
        while waiting:
            function = waiting.pop()
            if function in seen:
                continue
            seen.add(function)
            for node in ast.walk(_tree(function)):
                if isinstance(node, ast.Raise) and node.exc is not None:
                    slugs |= {kind.slug for kind in self._kinds(function, node.exc)}
                waiting += self._called(function, node, most_candidates)
        return slugs

    def _kinds(self, function: FunctionType, raised: ast.expr) -> Iterator[ProblemType]:
        """Yield the type of the problem that a `raise` becomes."""
        made = raised.func if isinstance(raised, ast.Call) else raised
        error = _resolve(function, made)
        if isinstance(error, type) and (row := next((cls for cls in error.__mro__ if cls in self._table), None)):
            yield self._table[row]
        elif isinstance(raised, ast.Call) and raised.args:
            kind = _resolve(function, raised.args[0])
            if isinstance(kind, ProblemType):
                yield kind

    def _called(self, function: FunctionType, node: ast.AST, most_candidates: int) -> Iterator[FunctionType]:
        """Yield the functions of the service, and of what every service shares, that a node names."""
        if isinstance(node, ast.Name | ast.Attribute):
            found = _resolve(function, node)
            found = inspect.unwrap(found) if isinstance(found, FunctionType) else None
            if found is not None and found.__module__.partition(".")[0] in {self._package, "shared"}:
                yield found
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            candidates = self._methods[node.func.attr]
            yield from candidates if len(candidates) <= most_candidates else ()


def _of_rule(rule: Rule) -> set[str]:
    return {kind.slug for kind in rule.refusals}


def _tree(function: Callable[..., Any]) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(function)))


def _resolve(function: FunctionType, node: ast.expr) -> Any:
    """Return what a name, or an attribute of a module, stands for inside a function."""
    if isinstance(node, ast.Name):
        closed_over = inspect.getclosurevars(function).nonlocals
        return closed_over.get(node.id, function.__globals__.get(node.id))
    if isinstance(node, ast.Attribute):
        owner = _resolve(function, node.value)
        return getattr(owner, node.attr, None) if isinstance(owner, ModuleType) else None
    return None
