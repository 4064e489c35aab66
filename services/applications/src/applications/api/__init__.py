"""The HTTP surface of applications."""

PUBLIC_ROUTES = {
    "GET /v1/track/{reference}": "followed without an account, by reference and access code",
    "GET /problems": "pages that explain problems",
    "GET /problems/{slug}": "pages that explain problems",
}
