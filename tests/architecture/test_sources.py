"""What every file keeps to: sizes, names, words, and addresses that mean something on any machine."""

import ast
import re
from pathlib import Path

import pytest

from dev.run_folder import ROOT
from tests.support.project import named, project_files, python_files, tree_of

LONGEST_MODULE, LONGEST_TESTS, LONGEST_FUNCTION = 400, 500, 60
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "managers"}
DOMAIN_WORDS = (
    r"citizen|applicant|applications?|officers?|agenc(?:y|ies)|centres?|permits?|cards?|verifications?|territor(?:y|ies)"
    r"|catalog(?:ue)?|notifications?|public.services?|decisions?|kiosks?|registry.gateway|consultations?"
    r"|mandates?|organisations?"
)
# `application/json`, `multipart` and the like are HTTP's words; an application user is PostgreSQL's
NOT_OF_THE_DOMAIN = re.compile(r"application/[\w.+-]+|starlette\.applications|application user|pg_catalog")
# the claims of an access token are its format, which every service reads
FORMATS = {"shared/src/shared/tokens.py"}
# pieces, so that this file does not hold what it looks for
OF_ONE_MACHINE = ("/" + "root/", "/" + "Users/", "/" + "work/", str(ROOT), "C:" + "\\")
OF_A_REGISTRY = (
    r"https?://[\w.-]*(?:pypi|pythonhosted|npmjs|maven|docker|quay|ghcr|artifactory|nexus|mirrors?)\b",
    r"\b(?:ghcr\.io|quay\.io|docker\.io|gcr\.io|mcr\.microsoft\.com)/",
    r"^\s*(?:--)?(?:extra-)?index-url\b",
)
ROOTS = sorted(
    {path.relative_to(ROOT).parts[0] for path in project_files()} | {"docs", "deploy", "clients", "bench", "services"}
)


def is_test(path: Path) -> bool:
    return "tests" in path.relative_to(ROOT).parts


def text_of(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return None


def test_no_module_is_longer_than_people_read_at_once():
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in python_files()}
    too_long = {
        named(path): length
        for path, length in lengths.items()
        if length > (LONGEST_TESTS if is_test(path) else LONGEST_MODULE)
    }
    assert too_long == {}


def test_no_function_is_longer_than_a_screen():
    too_long = {
        f"{named(path)}:{node.name}": length
        for path in python_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    }
    assert too_long == {}


def test_no_file_has_a_name_that_says_nothing():
    assert [named(path) for path in project_files() if EMPTY_NAMES & set(re.split(r"[._-]", path.name.lower()))] == []


def test_every_module_says_what_it_is_for():
    silent = [
        named(path)
        for path in python_files()
        if not ast.get_docstring(tree_of(path)) and path.read_text("utf-8").strip()
    ]
    assert silent == []


def test_nothing_shared_speaks_of_the_domain():
    words = re.compile(rf"(?<![a-z])(?:{DOMAIN_WORDS})(?![a-z])", re.IGNORECASE)
    found = {
        f"{named(path)}:{number}": line.strip()
        for path in python_files("shared/src")
        if named(path) not in FORMATS
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if words.search(NOT_OF_THE_DOMAIN.sub("", line))
    }
    assert found == {}


@pytest.mark.parametrize(
    "patterns", [[re.escape(text) for text in OF_ONE_MACHINE], OF_A_REGISTRY], ids=["machine", "registry"]
)
def test_no_file_holds_an_address_of_one_machine_or_registry(patterns: list[str]):
    sought = re.compile("|".join(patterns), re.MULTILINE | re.IGNORECASE)
    files = (path for path in project_files() if path != Path(__file__))
    found = {named(path): match[0] for path in files if (match := sought.search(text_of(path) or ""))}
    assert found == {}


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_every_path_that_a_document_names_exists(document: str):
    text = (ROOT / document).read_text("utf-8")
    linked = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", text)
    quoted = [word for code in re.findall(r"`([^`\n]+)`", text) for word in code.split() if _is_path(word)]
    assert linked + quoted
    absent = [name for name in {*linked, *quoted} if not _exists(name)]
    assert absent == []


def _is_path(word: str) -> bool:
    is_of_the_project = word.partition("/")[0] in ROOTS and ("/" in word or "." in word)
    return is_of_the_project and re.fullmatch(r"[\w.*<>{},/-]+", word) is not None


def _exists(name: str) -> bool:
    """Tell whether a path is there; `<name>` and `{a,b}` stand for anything."""
    pattern = re.sub(r"<[^>]*>|\{[^}]*\}", "*", name).rstrip("/")
    return any(ROOT.glob(pattern))
