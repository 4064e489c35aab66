"""The HTTP surface of notifications."""

PUBLIC_ROUTES = {
    "POST /v1/receipts/sms": "the provider proves itself by the token that came with the message",
    "GET /problems": "pages that explain problems",
    "GET /problems/{slug}": "pages that explain problems",
}
