"""Who may use which route of the catalogue: everybody reads what is in force, its owners work on it."""

from catalog.domain.life import DRAFTING, HEAD
from shared.policy import PUBLIC, Policy, Rule, role

_BY_LAW = {PUBLIC: "the catalogue is public by law (Law 5203-VI, art. 6)"}
_OFFICERS_OF_THE_CENTRE = {
    role("service_centre_administrator"): "of the own centre",
    role("head_of_service_centre"): "of the own centre",
}
_DRAFTERS = {role(held): "of the own agency, or that of the own office" for held in sorted(DRAFTING)}
_HEADS = {role(HEAD): "of the own agency, or that of the own office"}
_PUBLIC_SERVICE, _CENTRE = "/v1/public-services/{slug}", "/v1/service-centres/{slug}"
_DEFAULTS = "/v1/agencies/{slug}/defaults"


def _of_drafts(permission: str) -> Rule:
    return Rule(permission, _DRAFTERS, hides=True)


def _of_heads(permission: str) -> Rule:
    """Return the rule of what the head alone does with what others of the agency see."""
    return Rule(permission, _HEADS, hides=True, seen_by=_DRAFTERS)


def _of_exceptions(permission: str) -> Rule:
    return Rule(permission, _OFFICERS_OF_THE_CENTRE, hides=True)


POLICY: Policy = {
    "GET /v1/public-services": Rule("search public services", _BY_LAW),
    f"GET {_PUBLIC_SERVICE}": Rule("read a public service", _BY_LAW),
    f"GET {_PUBLIC_SERVICE}.jsonld": Rule("read a public service as linked data", _BY_LAW),
    f"GET {_PUBLIC_SERVICE}/versions": Rule("list the versions of a public service", _BY_LAW),
    f"GET {_PUBLIC_SERVICE}/information-card": Rule("read an information card", _BY_LAW),
    f"GET {_PUBLIC_SERVICE}/places": Rule("find where to apply", _BY_LAW),
    "GET /v1/public-services.jsonld": Rule("take the catalogue as linked data", _BY_LAW),
    "GET /v1/public-services.csv": Rule("take the catalogue as a table", _BY_LAW),
    "GET /v1/service-centres": Rule("find service centres", _BY_LAW),
    f"GET {_CENTRE}": Rule("read a service centre", _BY_LAW),
    f"GET {_CENTRE}/exceptions": Rule("read the dated exceptions of a centre", _BY_LAW),
    f"GET {_CENTRE}/public-services": Rule("list what a centre takes", _BY_LAW),
    "GET /v1/access-points": Rule("find access points", _BY_LAW),
    "GET /v1/territories": Rule("list territories", _BY_LAW),
    "GET /v1/territories/{slug}": Rule("read a territory", _BY_LAW),
    "GET /v1/agencies": Rule("list executive agencies", _BY_LAW),
    "GET /v1/registers": Rule("list state registers", _BY_LAW),
    "GET /v1/life-events": Rule("list life events", _BY_LAW),
    "GET /v1/snapshot": Rule("take the signed snapshot", _BY_LAW),
    "GET /v1/snapshot/keys": Rule(
        "check who signed a snapshot", {PUBLIC: "whoever keeps a snapshot checks who signed it"}
    ),
    f"POST {_CENTRE}/exceptions": _of_exceptions("add an exception to a centre's hours"),
    f"PUT {_CENTRE}/exceptions/{{exception_id}}": _of_exceptions("change an exception"),
    f"DELETE {_CENTRE}/exceptions/{{exception_id}}": _of_exceptions("remove an exception"),
    "GET /v1/my-public-services": Rule("list the public services one answers for", _DRAFTERS),
    "POST /v1/public-services": Rule("begin a new public service", _DRAFTERS),
    f"GET {_PUBLIC_SERVICE}/draft": _of_drafts("read a draft"),
    f"PUT {_PUBLIC_SERVICE}/draft": _of_drafts("keep a draft"),
    f"DELETE {_PUBLIC_SERVICE}/draft": _of_drafts("discard a draft"),
    f"POST {_PUBLIC_SERVICE}/publish": _of_heads("publish a draft"),
    f"POST {_PUBLIC_SERVICE}/withdraw": Rule("withdraw a public service", _HEADS),
    f"POST {_PUBLIC_SERVICE}/confirm-review": Rule("confirm a review", _DRAFTERS),
    f"GET {_DEFAULTS}": _of_drafts("read what new public services begin with"),
    f"PUT {_DEFAULTS}": _of_heads("keep what new public services begin with"),
}
