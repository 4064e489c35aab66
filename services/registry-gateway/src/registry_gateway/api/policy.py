"""Who may use which route of the gateway."""

from shared.policy import ACCOUNT, ANYONE, Policy, Rule, role

_OF_AGENCIES = {
    role("agency_representative"): "of applications to the own agency",
    role("head_of_executive_agency"): "of applications to the own agency",
}
_PARTIES = {
    ACCOUNT: "of own applications",
    role("service_centre_administrator"): "of applications to the own centre",
    role("head_of_service_centre"): "of applications to the own centre",
    **_OF_AGENCIES,
}

POLICY: Policy = {
    "POST /v1/verifications": Rule(
        "ask a register", dict.fromkeys(_OF_AGENCIES, "about open applications to the own agency"), hides=True
    ),
    "GET /v1/verifications": Rule("list verifications", _PARTIES | {ANYONE: "none: the list is empty"}),
    "GET /v1/verifications/{verification_id}": Rule("read a verification", _PARTIES, hides=True),
    "GET /v1/registers": Rule("see how the registers do", {ANYONE: "all registers"}),
    "GET /v1/me/data-access": Rule("see who asked registers about a person", {ACCOUNT: "about oneself"}),
}
