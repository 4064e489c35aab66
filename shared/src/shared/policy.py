"""Authority as data: for every route one rule that says who may use it, and in what part of the world.

Whom no line of its rule admits is refused, and a route without a rule refuses everybody. A rule looks at the token alone; to
which things it reaches is said here in words and enforced where they are read: in the query, or by the domain.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from shared.problems import FORBIDDEN, NOT_FOUND, UNAUTHENTICATED, Problem, ProblemType
from shared.tokens import Claims


@dataclass(frozen=True)
class Bearer:
    """A kind of bearer that a line of a rule admits."""

    kind: Literal["role", "scope", "person", "account", "anyone", "public"]
    name: str = ""

    def __str__(self) -> str:
        return {
            "role": f"the role {self.name}",
            "scope": f"the scope {self.name}",
            "person": "a person acting for themself",
            "account": "a person's account",
            "anyone": "any good token",
            "public": "everybody",
        }[self.kind]


def role(name: str) -> Bearer:
    """Return who holds this role somewhere."""
    return Bearer("role", name)


def scope(name: str) -> Bearer:
    """Return whose token holds this scope; `<…>` at its end stands for any name: `feed:<reader>`."""
    return Bearer("scope", name)


PERSON = Bearer("person")  # an account acting for itself: no role, no scope that lets do something
ACCOUNT = Bearer("account")  # a person's account, whatever roles and scopes come with it
ANYONE = Bearer("anyone")  # any good token
PUBLIC = Bearer("public")  # no token is asked for; its words are the reason


@dataclass(frozen=True)
class Rule:
    """What a route lets do, in words; who may, and of which things, in words.

    Where the rule hides, whom no line admits is answered as if there were nothing; but those of `seen_by` are let through to
    the domain, which tells them that a thing they see is not for their role.
    """

    permission: str
    who: Mapping[Bearer, str]
    hides: bool = False
    seen_by: Collection[Bearer] = field(default=())

    @property
    def is_public(self) -> bool:
        return PUBLIC in self.who

    @property
    def refusals(self) -> tuple[ProblemType, ...]:
        """What a caller can be told for who they are."""
        if self.is_public:
            return ()
        if ANYONE in self.who:
            return (UNAUTHENTICATED,)
        if not self.hides:
            return (UNAUTHENTICATED, FORBIDDEN)
        is_told = bool(set(self.seen_by) - set(self.who))
        return (UNAUTHENTICATED, NOT_FOUND, FORBIDDEN) if is_told else (UNAUTHENTICATED, NOT_FOUND)

    def demand(self, actor: Claims) -> None:
        """Raise the refusal of whom the rule keeps out: 403, or 404 where it hides."""
        if self._may.include(actor) or (self.hides and self._see.include(actor)):
            return
        if self.hides:
            raise Problem(NOT_FOUND)
        named = " or ".join(map(str, self.who))
        raise Problem(FORBIDDEN, f"{f'Only {named}' if named else 'Nobody'} may {self.permission}.")

    def places(self, actor: Claims) -> frozenset[str]:
        """Return where the bearer holds what the rule names: where its roles are held, and what `<…>` of a scope stands for."""
        return actor.held_in(self._may.roles) | self._may.named_by(actor)

    @cached_property
    def _may(self) -> "_Bearers":
        return _Bearers(self.who)

    @cached_property
    def _see(self) -> "_Bearers":
        return _Bearers(self.seen_by)


# the rule of each route, by `METHOD /path` as FastAPI spells the path
Policy = Mapping[str, Rule]
NOBODY = Rule("use a route without a rule", {})


# scopes by which a client knows who somebody is; they let it do nothing (OpenID Connect Core §5.4)
_OF_IDENTITY = frozenset({"openid", "profile", "email", "phone", "address", "offline_access"})


def _is_nobody_else(actor: Claims) -> bool:
    return not actor.roles and actor.scopes <= _OF_IDENTITY


class _Bearers:
    """Kinds of bearer, sorted so that a token is looked up in a microsecond."""

    def __init__(self, kinds: Collection[Bearer]) -> None:
        scopes = [bearer.name for bearer in kinds if bearer.kind == "scope"]
        self.roles = frozenset(bearer.name for bearer in kinds if bearer.kind == "role")
        self._scopes = frozenset(name for name in scopes if "<" not in name)
        self._prefixes = tuple(name.partition("<")[0] for name in scopes if "<" in name)
        self._every = not {ANYONE, PUBLIC}.isdisjoint(kinds)
        self._accounts, self._persons = ACCOUNT in kinds, PERSON in kinds

    def include(self, actor: Claims) -> bool:
        if self._every or not self.roles.isdisjoint(actor.roles) or not self._scopes.isdisjoint(actor.scopes):
            return True
        if actor.account is not None and (self._accounts or (self._persons and _is_nobody_else(actor))):
            return True
        return bool(self._prefixes and self.named_by(actor))

    def named_by(self, actor: Claims) -> frozenset[str]:
        return frozenset(
            held.removeprefix(prefix)
            for prefix in self._prefixes
            for held in actor.scopes
            if held.startswith(prefix) and held != prefix
        )
