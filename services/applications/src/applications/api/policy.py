"""Who may use which route of applications. The rules of the verbs are those of the lifecycle table."""

from applications.domain.lifecycle import CENTRE_ROLES, RULES, Role, Verb
from shared.policy import ACCOUNT, ANYONE, PERSON, PUBLIC, Bearer, Policy, Rule, role, scope

_CASE = "/v1/applications/{application_id}"


def _party(held: Role) -> tuple[Bearer, str]:
    """Return a role towards an application as a line of a rule: who it is, and which applications are theirs."""
    if held is Role.CITIZEN:
        return ACCOUNT, "own applications"
    return role(held), f"applications to the own {'centre' if held in CENTRE_ROLES else 'agency'}"


_PARTIES = dict(_party(held) for held in Role)
_NOTHING = {ANYONE: "none: the list is empty"}
_OTHER_WORDS = {
    Verb.RETURN: "return an application as incomplete",
    Verb.RESUBMIT: "send a returned application again",
    Verb.REQUEST_INFORMATION: "ask the applicant; the clock stands",
    Verb.SUPPLY_INFORMATION: "answer the agency",
    Verb.PROPOSE_DECISION: "propose a decision",
    Verb.APPROVE_DECISION: "make the decision that somebody else proposed",
    Verb.SEND_BACK: "send a proposed decision back",
    Verb.DECIDE: "grant at once; a representative where the card allows",
    Verb.EXTEND_DEADLINE: "extend the term",
}


def _verb(verb: Verb) -> Rule:
    """Return the rule of a verb: an application is there for its parties, the verb is for some of them."""
    who = dict(_party(held) for held in Role if held in RULES[verb].roles)
    return Rule(_OTHER_WORDS.get(verb, f"{verb} an application"), who, hides=True, seen_by=_PARTIES)


POLICY: Policy = {
    "POST /v1/applications": Rule("submit an application", {PERSON: "for themself"}),
    "PUT /v1/files/{sha256}": Rule("upload a document for an application", {PERSON: "for themself"}),
    "GET /v1/applications": Rule("list applications", _PARTIES | _NOTHING),
    f"GET {_CASE}": Rule("read an application", _PARTIES, hides=True),
    f"GET {_CASE}/timeline": Rule("read what happened to an application", _PARTIES, hides=True),
    f"GET {_CASE}/files/{{sha256}}": Rule("download a document of an application", _PARTIES, hides=True),
    f"GET {_CASE}/verification-subject": Rule(
        "read what one register question needs",
        {scope("applications:verification-subject"): "any application, the fields of one check of its card"},
    ),
    "GET /v1/track/{reference}": Rule(
        "follow an application", {PUBLIC: "without an account, by reference and access code"}
    ),
    **{f"POST {_CASE}/{verb}": _verb(verb) for verb in RULES},
}
