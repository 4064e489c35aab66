"""Every scope there is: what it lets do, which services know it, and who may hold it (RFC 6749 §3.3).

A token carries only those scopes that the services it is for know. What is not listed here is refused.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

AUDIENCES = ("auth", "catalog", "applications", "registry-gateway", "notifications")
OPENID, OFFLINE_ACCESS, OPERATOR, POST_OFFICE = "openid", "offline_access", "operator", "intake:post-office"
# not asked for: marks the token of an officer without a chosen mandate, who is no citizen meanwhile
OFFICER = "officer"
_EVERY_SERVICE = frozenset(AUDIENCES)
# what `<…>` of a name stands for: the slug of an organisation
_NAMED = r"[a-z0-9]+(?:-{1,2}[a-z0-9]+)*"


@dataclass(frozen=True)
class Scope:
    """One scope; `held_by` a person through a client that they sign in to, or a machine in its own name."""

    name: str
    held_by: Literal["person", "machine"]
    services: frozenset[str]
    uk: str
    en: str


_AUTH = frozenset({"auth"})
SCOPES: Sequence[Scope] = (
    Scope(OPENID, "person", _AUTH, "знати, що це ви", "know that it is you"),
    Scope("profile", "person", _AUTH, "бачити ваше ім'я та мову", "see your name and language"),
    Scope("phone", "person", _AUTH, "бачити ваш номер телефону", "see your phone number"),
    Scope("email", "person", _AUTH, "бачити вашу електронну адресу", "see your e-mail address"),
    Scope(
        OFFLINE_ACCESS,
        "person",
        _AUTH,
        "діяти від вашого імені, доки ви не вийдете",
        "act for you until you sign out",
    ),
    Scope(
        OPERATOR,
        "person",
        _EVERY_SERVICE,
        "керувати організаціями, керівниками та клієнтами",
        "manage organisations, heads and clients",
    ),
    Scope(
        POST_OFFICE,
        "machine",
        frozenset({"catalog", "applications"}),
        "приймати заяви у відділеннях пошти",
        "take in applications at post offices",
    ),
    Scope(
        "kiosk",
        "machine",
        frozenset({"catalog", "applications"}),
        "показувати послуги на кіоску",
        "serve people at a kiosk",
    ),
    Scope(
        "agency-system:<agency>",
        "machine",
        frozenset({"catalog", "applications", "registry-gateway", "notifications"}),
        "діяти як система органу",
        "act as the system of an agency",
    ),
    Scope("accounts:contact", "machine", _AUTH, "читати контакти", "read where an account is reached"),
    Scope(
        "notifications:codes",
        "machine",
        frozenset({"notifications"}),
        "надсилати одноразові коди",
        "have one-time codes sent",
    ),
    Scope(
        "applications:verification-subject",
        "machine",
        frozenset({"applications"}),
        "читати поля однієї перевірки",
        "read the fields of one verification",
    ),
)
_BY_NAME = {scope.name: scope for scope in SCOPES if "<" not in scope.name}
_BY_PREFIX = {scope.name.partition("<")[0]: scope for scope in SCOPES if "<" in scope.name}


def find_scope(name: str) -> Scope | None:
    """Return the scope that a name stands for, or None."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    for prefix, scope in _BY_PREFIX.items():
        if name.startswith(prefix) and re.fullmatch(_NAMED, name.removeprefix(prefix)):
            return scope
    return None


def known_to(services: Collection[str], names: Iterable[str]) -> tuple[str, ...]:
    """Return those of the scopes that one of the services knows, in order."""
    found = ((name, find_scope(name)) for name in sorted(set(names)))
    return tuple(name for name, scope in found if scope is not None and not scope.services.isdisjoint(services))


def services_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the services that know one of the scopes."""
    knowing = {service for scope in map(find_scope, names) if scope is not None for service in scope.services}
    return tuple(service for service in AUDIENCES if service in knowing)
