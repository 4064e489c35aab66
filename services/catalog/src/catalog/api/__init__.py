"""The HTTP surface of catalog."""

_OPEN = "the catalogue is public by law (Law 5203-VI, art. 6)"
PUBLIC_ROUTES = {
    "GET /v1/public-services": _OPEN,
    "GET /v1/public-services/{slug}": _OPEN,
    "GET /v1/public-services/{slug}/versions": _OPEN,
    "GET /v1/service-centres": _OPEN,
    "GET /v1/service-centres/{slug}": _OPEN,
    "GET /v1/agencies": _OPEN,
    "GET /v1/territories": _OPEN,
    "GET /v1/registers": _OPEN,
    "GET /v1/life-events": _OPEN,
    "GET /problems": "pages that explain problems",
    "GET /problems/{slug}": "pages that explain problems",
}
