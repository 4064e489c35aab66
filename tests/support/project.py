"""The files of the project, as a guard test reads them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dev.run_folder import ROOT
from dev.topology import SERVICES, Service

each_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


@cache
def project_files() -> tuple[Path, ...]:
    """Return what belongs to the project: tracked, or new and not ignored."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    paths = (ROOT / name for name in sorted(set(listed)) if name)
    return tuple(path for path in paths if path.is_file())


@cache
def tree_of(path: Path) -> ast.Module:
    """Return the syntax of a Python file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def python_files(*folders: str) -> list[Path]:
    """Return the Python files of the project, of these folders or of all; migrations are left out: they are history."""
    roots = [ROOT / folder for folder in folders or (".",)]
    return [
        path
        for path in project_files()
        if path.suffix == ".py" and "versions" not in path.parts and any(path.is_relative_to(root) for root in roots)
    ]


def sources_of(service: Service) -> list[Path]:
    """Return the Python files of a service, without its tests."""
    return python_files(f"services/{service.name}/src")


def named(path: Path) -> str:
    """Return a path as people name it."""
    return path.relative_to(ROOT).as_posix()


def imports_of(path: Path) -> Iterator[str]:
    """Yield the whole name of every module that a file imports."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
