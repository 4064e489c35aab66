"""The HTTP surface of the registry gateway."""

PUBLIC_ROUTES = {
    "GET /problems": "pages that explain problems",
    "GET /problems/{slug}": "pages that explain problems",
}
