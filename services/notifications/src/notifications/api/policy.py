"""Who may use which route of notifications."""

from shared.policy import ACCOUNT, ANYONE, PUBLIC, Policy, Rule, role, scope

POLICY: Policy = {
    "GET /v1/me/messages": Rule("read messages with their texts", {ACCOUNT: "own messages"}),
    "GET /v1/me/contact": Rule("read where messages go", {ACCOUNT: "own contact"}),
    "PUT /v1/me/contact": Rule("choose the language of messages", {ACCOUNT: "own messages"}),
    "GET /v1/notifications": Rule(
        "list what the applicant was told, without texts",
        {
            ACCOUNT: "of own applications",
            role("service_centre_administrator"): "of applications to the own centre",
            role("head_of_service_centre"): "of applications to the own centre",
            role("agency_representative"): "of applications to the own agency",
            role("head_of_executive_agency"): "of applications to the own agency",
            ANYONE: "none: the list is empty",
        },
    ),
    "POST /v1/codes": Rule("have a one-time code sent", {scope("notifications:codes"): "to any address"}),
    "POST /v1/receipts/sms": Rule(
        "say that a message arrived", {PUBLIC: "the provider proves itself by the token that came with the message"}
    ),
}
