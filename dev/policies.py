"""The page of permissions, `docs/permissions.md`: the policies of all services as tables that an auditor can read."""

from collections.abc import Sequence

from dev.declared import app_of
from dev.run_folder import ROOT
from dev.topology import SERVICES, Service
from shared.policy import ANYONE, PUBLIC, Bearer, Policy, Rule

PAGE = ROOT / "docs" / "permissions.md"
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_NAMES = {"person": "person", "account": "account", "anyone": "anyone", "public": "everybody"}
_INTRODUCTION = """\
# Permissions

Who may use which route, and to which things that reaches. What is not here is refused. Written by `make schemas` from
`api/policy.py` of each service, which is also what the services go by.

- A **role** (`head_of_service_centre` …) is a mandate in one organisation; the *own* centre or agency is that organisation.
- **person** is an account that acts for itself, without mandate or scope; **account** is any, with mandates or without.
- A **scope** belongs to a machine client, or to the operator (`operator`); `<…>` in it stands for any name.
- **anyone** comes with a good token, whoever that is; **everybody** comes without one, for the reason that is given.

Without a good token every route that is not for everybody answers 401. The last column is what others are told who come with
one: 403 that it is not for them, or 404 as if there were nothing. To whom a line reaches only their own, what is not their own
is absent too, unless everybody may read it.
"""


def permissions_page() -> str:
    """Return the text of the page."""
    sections = [f"## {service.name}\n\n{_table(policy_of(service))}" for service in SERVICES]
    return "\n".join([_INTRODUCTION, *sections])


def policy_of(service: Service) -> Policy:
    """Return the rule of each route of a service, those that every service has included."""
    policy: Policy = app_of(service).state.policy
    return policy


def _table(policy: Policy) -> str:
    rows = [("route", "permission", "who → of what", "others"), ("---",) * 4]
    rows += [(f"`{route}`", rule.permission, _who(rule), _others(rule)) for route, rule in _ordered(policy)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _ordered(policy: Policy) -> Sequence[tuple[str, Rule]]:
    def by_path(entry: tuple[str, Rule]) -> tuple[str, int]:
        method, _, path = entry[0].partition(" ")
        return path, _METHODS.index(method)

    return sorted(policy.items(), key=by_path)


def _who(rule: Rule) -> str:
    return "<br>".join(f"{_named(bearer)} → {words}" for bearer, words in rule.who.items())


def _named(bearer: Bearer) -> str:
    return _NAMES.get(bearer.kind) or f"{'scope ' if bearer.kind == 'scope' else ''}`{bearer.name}`"


def _others(rule: Rule) -> str:
    if {PUBLIC, ANYONE} & rule.who.keys():
        return ""
    statuses = [str(kind.status) for kind in rule.refusals if kind.status != 401]
    return "404; 403 who sees it" if len(statuses) == 2 else statuses[0]
