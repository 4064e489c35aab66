"""The HTTP surface of catalog."""

_OPEN = "the catalogue is public by law (Law 5203-VI, art. 6)"
PUBLIC_ROUTES = {
    "GET /v1/public-services": _OPEN,
    "GET /v1/public-services/{slug}": _OPEN,
    "GET /v1/public-services/{slug}/versions": _OPEN,
    "GET /v1/public-services/{slug}/information-card": _OPEN,
    "GET /v1/service-centres": _OPEN,
    "GET /v1/service-centres/{slug}": _OPEN,
    "GET /v1/service-centres/{slug}/exceptions": _OPEN,
    "GET /v1/service-centres/{slug}/public-services": _OPEN,
    "GET /v1/public-services/{slug}/places": _OPEN,
    "GET /v1/access-points": _OPEN,
    "GET /v1/territories/{slug}": _OPEN,
    "GET /v1/agencies": _OPEN,
    "GET /v1/territories": _OPEN,
    "GET /v1/registers": _OPEN,
    "GET /v1/life-events": _OPEN,
    "GET /v1/snapshot": _OPEN,
    "GET /v1/snapshot/keys": "whoever keeps a snapshot checks who signed it",
    "GET /v1/public-services.jsonld": _OPEN,
    "GET /v1/public-services.csv": _OPEN,
    "GET /v1/public-services/{slug}.jsonld": _OPEN,
    "GET /problems": "pages that explain problems",
    "GET /problems/{slug}": "pages that explain problems",
}
