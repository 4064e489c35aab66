"""Who may import whom, beyond the layers that import-linter holds (pyproject.toml)."""

from collections.abc import Iterator

import pytest

from dev.topology import SERVICES, Service
from tests.support.project import each_service, imports_of, named, python_files


def importers_of(package: str) -> Iterator[str]:
    """Yield what imports a library, tests aside: they look at things from outside. So does the bench, for comparison."""
    for path in python_files("shared", "services", "dev"):
        if "tests" not in path.parts and any(module.partition(".")[0] == package for module in imports_of(path)):
            yield named(path)


@pytest.mark.parametrize(
    ("package", "module"), [("aiokafka", "shared/src/shared/broker.py"), ("jose", "shared/src/shared/tokens.py")]
)
def test_one_module_alone_imports_a_library_that_must_stay_replaceable(package: str, module: str):
    assert list(importers_of(package)) == [module]


@each_service
def test_no_service_imports_another(service: Service):
    others = {other.module for other in SERVICES} - {service.module}
    crossing = {
        named(path): sorted(found)
        for path in python_files(f"services/{service.name}")
        if (found := {module.partition(".")[0] for module in imports_of(path)} & others)
    }
    assert crossing == {}


def test_what_services_share_imports_no_service():
    services = {service.module for service in SERVICES}
    crossing = {
        named(path)
        for path in python_files("shared")
        if {module.partition(".")[0] for module in imports_of(path)} & services
    }
    assert crossing == set()


def test_no_product_code_imports_tooling_or_tests():
    product = python_files("shared/src", *(f"services/{service.name}/src" for service in SERVICES))
    assert product
    crossing = {
        named(path)
        for path in product
        if {module.partition(".")[0] for module in imports_of(path)} & {"dev", "tests", "bench", "conftest"}
    }
    assert crossing == set()
