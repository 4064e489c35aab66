"""What each service declares in code: its process, its app, and the events that it tells and takes in.

Built with the settings of a run on one machine; nothing connects to anything.
"""

import ast
import importlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TypeGuard

from fastapi import FastAPI

from dev.environment import Servers, service_environment
from dev.run_folder import ROOT, RunFolder
from dev.topology import Ports, Service
from shared.consumer import Handler
from shared.process import ServiceProcess
from shared.runtime import new_runtime
from shared.settings import ServiceSettings

_EVENT = re.compile(r"[a-z-]+\.v\d+")
_NOWHERE = Servers("127.0.0.1", 5432, "127.0.0.1:9092")


@cache
def process_of(service: Service) -> ServiceProcess:
    """Return how the processes of a service are made."""
    process: ServiceProcess = importlib.import_module(f"{service.module}.__main__").SERVICE
    return process


def settings_of(service: Service) -> ServiceSettings:
    """Return settings with which a process of the service can be built."""
    with tempfile.TemporaryDirectory(prefix="declared-") as scratch:
        folder = RunFolder(Path(scratch))
        variables = service_environment(service, "serve", ports=Ports(), servers=_NOWHERE, folder=folder)
        return process_of(service).settings.model_validate({name.lower(): value for name, value in variables.items()})


@cache
def app_of(service: Service) -> FastAPI:
    """Return the service's app, to be read, not run."""
    return process_of(service).create_app(settings_of(service))


async def handlers_of(service: Service) -> Mapping[str, Handler]:
    """Return what the service does with events, by their type; nothing if it listens to none."""
    process = process_of(service)
    if process.listening is None:
        return {}
    runtime = new_runtime(service.name, settings_of(service))
    try:
        async with process.listen(runtime) as listening:
            return listening.handlers
    finally:
        await runtime.http.aclose()
        await runtime.database.dispose()


def emitted_by(service: Service) -> set[str]:
    """Return the types of the events that the service's code names to its outbox.

    They are named by constants (`submitted.v1`), or by classes of `domain/events.py` that the code makes.
    """
    source = ROOT / "services" / service.name / "src" / service.module
    trees = {path: ast.parse(path.read_text("utf-8")) for path in source.rglob("*.py")}
    nodes = [node for tree in trees.values() for node in ast.walk(tree)]
    called = [node.func for node in nodes if isinstance(node, ast.Call)]
    made = {getattr(function, "id", None) or getattr(function, "attr", None) for function in called}
    facts = trees.get(source / "domain" / "events.py", ast.Module([], []))
    names = {f"{name}.v1" for class_name, name in _named_classes(facts) if class_name in made}
    compared = {id(argument) for node in nodes if _is_comparison(node) for argument in node.args}
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in compared:
            names |= {node.value} if _EVENT.fullmatch(node.value) else set()
    return {f"ua.virtual-office.{service.name}.{name}" for name in names}


def _named_classes(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each class that has a `name` of its own, with that name."""
    for definition in (statement for statement in tree.body if isinstance(statement, ast.ClassDef)):
        for line in definition.body:
            match line:
                case ast.Assign([ast.Name("name")], ast.Constant(str(name))):
                    yield definition.name, name


def _is_comparison(node: ast.AST) -> TypeGuard[ast.Call]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    return node.func.attr in {"startswith", "endswith"}
