"""The only list of what runs: processes, ports, databases, and the settings that each process is started with.

`make run`, the tests, and the guard test that holds compose and Kubernetes to it read this; it is also the picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["serve", "relay", "consume"]
ROLE_OFFSETS: Mapping[str, int] = {"serve": 0, "relay": 100, "consume": 200}
DEFAULT_BASE_PORT = 8000


@dataclass(frozen=True)
class Service:
    """One deployable: its API is on `base + number`, its other roles show health on `base + 100 × role + number`."""

    name: str
    number: int
    roles: tuple[Role, ...]
    calls: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    needs_keys: bool = False

    @property
    def module(self) -> str:
        return self.name.replace("-", "_")

    @property
    def database(self) -> str:
        return self.module


SERVICES: Sequence[Service] = (
    Service(
        "auth",
        1,
        ("serve", "relay", "consume"),
        calls=("notifications",),
        scopes=("notifications:codes",),
        needs_keys=True,
    ),
    Service("catalog", 2, ("serve", "relay"), extensions=("pg_trgm", "btree_gist"), needs_keys=True),
    Service("applications", 3, ("serve", "relay", "consume"), needs_keys=True),
    Service(
        "registry-gateway",
        4,
        ("serve", "relay", "consume"),
        calls=("applications",),
        scopes=("applications:verification-subject",),
    ),
    Service(
        "notifications",
        5,
        ("serve", "relay", "consume"),
        calls=("auth",),
        scopes=("accounts:contact",),
        needs_keys=True,
    ),
)

OUTSIDE: Mapping[str, int] = {"registers": 90, "messages": 91, "smtp": 92}
SERVERS: Mapping[str, int] = {"postgres": 54, "kafka": 29, "kafka-controller": 30}


@dataclass(frozen=True)
class Ports:
    """Where everything listens on this machine."""

    base: int = DEFAULT_BASE_PORT

    def of(self, service: Service, role: str = "serve") -> int:
        return self.base + ROLE_OFFSETS[role] + service.number

    def named(self, name: str) -> int:
        return self.base + {**OUTSIDE, **SERVERS}[name]

    def url(self, name: str) -> str:
        """Return the address of a service's API or of a simulated party."""
        for service in SERVICES:
            if service.name == name:
                return f"http://127.0.0.1:{self.of(service)}"
        return f"http://127.0.0.1:{self.named(name)}"

    def all(self) -> list[int]:
        """Return every port that a run takes."""
        of_services = [self.of(service, role) for service in SERVICES for role in service.roles]
        return of_services + [self.base + offset for offset in (*OUTSIDE.values(), *SERVERS.values())]


def by_name(name: str) -> Service:
    """Return the service called `name`."""
    return next(service for service in SERVICES if service.name == name)
