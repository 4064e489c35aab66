"""Open data: cards as linked data, after CPSV-AP 3.2 (SEMIC), in JSON-LD 1.1.

The context stands in the document, so that a reader needs no network. Codes are concepts of the catalogue's own: the lists
of the Publications Office have none for them, but for languages, currencies and states. Only what is public goes in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from catalog.domain.code_lists import name_of

Node = dict[str, Any]
Record = Mapping[str, Any]
MEDIA_TYPE = "application/ld+json"
DATASET = "public-services.jsonld"
_EU = "http://publications.europa.eu/resource/authority/"
_UKRAINIAN = f"{_EU}language/UKR"
_HRYVNIA = f"{_EU}currency/UAH"
_CURRENT, _DEPRECATED = f"{_EU}concept-status/CURRENT", f"{_EU}concept-status/DEPRECATED"
_WORKING_DAYS_OF_WEEK = 5
_ONLY_TELLS = "kiosk-info"

_PREFIXES = {
    "adms": "http://www.w3.org/ns/adms#",
    "cpsv": "http://purl.org/vocab/cpsv#",
    "cv": "http://data.europa.eu/m8g/",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_TERMS = {
    "title": {"@id": "dct:title", "@container": "@language"},
    "description": {"@id": "dct:description", "@container": "@language"},
    "label": {"@id": "skos:prefLabel", "@container": "@language"},
    "identifier": {"@id": "dct:identifier"},
    "processingTime": {"@id": "cv:processingTime", "@type": "xsd:duration"},
    "value": {"@id": "cv:hasValue", "@type": "xsd:double"},
}
_LINKS = {
    "audience": "dct:audience",
    "authority": "cv:hasCompetentAuthority",
    "channel": "cv:hasChannel",
    "classifiedBy": "cv:isClassifiedBy",
    "cost": "cv:hasCost",
    "currency": "cv:currency",
    "follows": "cpsv:follows",
    "groupedBy": "cv:isGroupedBy",
    "implements": "cpsv:implements",
    "input": "cpsv:hasInput",
    "language": "dct:language",
    "legalResource": "cv:hasLegalResource",
    "partOf": "dct:isPartOf",
    "produces": "cpsv:produces",
    "publisher": "dct:publisher",
    "requirement": "cv:holdsRequirement",
    "spatial": "dct:spatial",
    "status": "adms:status",
    "type": "dct:type",
}


def context(site: str) -> Node:
    """Return the context of a document; addresses in it are relative to the API of `site`."""
    links = {name: {"@id": link, "@type": "@id"} for name, link in _LINKS.items()}
    return {"@version": 1.1, "@base": f"{site}/v1/", **_PREFIXES, **_TERMS, **links}


def public_service(card: Record, *, is_withdrawn: bool = False) -> Node:
    """Return one card: what it is, who answers for it, what it takes, costs and gives."""
    home = f"public-services/{card['slug']}"
    return {
        "@id": home,
        "@type": "cpsv:PublicService",
        "identifier": card["code"],
        "title": _texts(card["name"]),
        "description": _texts(card["description"]),
        "language": _UKRAINIAN,
        "status": _DEPRECATED if is_withdrawn else _CURRENT,
        "partOf": DATASET,
        "authority": _agency_id(card["agency"]),
        "audience": [_concept_id("applicant-kind", kind) for kind in card["applicant_kinds"]],
        "classifiedBy": _concept_id("kind", card["kind"]),
        "groupedBy": [_life_event_id(event) for event in card["life_events"]],
        "legalResource": [_act_id(act) for act in card["legal_basis"]],
        "processingTime": _duration(card["term"]),
        "follows": [_term_rule(card, home), *_refusal_rules(card, home)],
        "input": [_evidence(document, card, home) for document in card["required_documents"]],
        "requirement": [_requirement(check, card, home) for check in card["register_checks"]],
        "channel": [_channel(channel, card, home) for channel in card["channels"]],
        "cost": _cost(card, home),
        "produces": _output(card, home),
    }


def dataset(site_name: Mapping[str, str], description: Mapping[str, str]) -> Iterator[Node]:
    """Return the catalogue itself and who publishes it."""
    yield {
        "@id": DATASET,
        "@type": "dcat:Dataset",
        "identifier": "public-services",
        "title": dict(site_name),
        "description": dict(description),
        "publisher": "#publisher",
    }
    yield {"@id": "#publisher", "@type": "foaf:Agent", "identifier": "publisher", "title": dict(site_name)}


class Surroundings:
    """What cards refer to: bodies, places, life events, acts of law, and the concepts of every code."""

    def __init__(self) -> None:
        self._agencies: set[str] = set()
        self._life_events: set[str] = set()
        self._acts: set[str] = set()
        self._codes: set[tuple[str, str]] = set()

    def add(self, card: Record) -> None:
        """Note what one card refers to."""
        self._agencies.add(card["agency"])
        self._life_events.update(card["life_events"])
        self._acts.update(card["legal_basis"])
        self._codes.update(("channel", code) for code in card["channels"])
        self._codes.update(("applicant-kind", code) for code in card["applicant_kinds"])
        self._codes |= {("kind", card["kind"]), ("result", card["result"]["kind"])}

    def nodes(self, agencies: Iterable[Record], territories: Sequence[Record]) -> Iterator[Node]:
        """Return a node for each thing that was noted, and one for each territory."""
        yield from (_organisation(agency, territories) for agency in agencies if agency["slug"] in self._agencies)
        yield from (_location(territory) for territory in territories)
        yield from self._of_the_union()
        yield from self._of_the_catalogue()

    def _of_the_union(self) -> Iterator[Node]:
        yield {"@id": _UKRAINIAN, "@type": "dct:LinguisticSystem"}
        for concept in (_HRYVNIA, _CURRENT, _DEPRECATED):
            yield {"@id": concept, "@type": "skos:Concept"}

    def _of_the_catalogue(self) -> Iterator[Node]:
        for code_list, code in sorted(self._codes):
            yield {
                "@id": _concept_id(code_list, code),
                "@type": "skos:Concept",
                "label": name_of(code_list, code),
            }
        for event in sorted(self._life_events):
            yield {
                "@id": _life_event_id(event),
                "@type": ["cv:LifeEvent", "cv:Event"],
                "identifier": event,
                "title": name_of("life-event", event),
            }
        for act in sorted(self._acts):
            yield {"@id": _act_id(act), "@type": "eli:LegalResource", "title": {"uk": act}}


def _organisation(agency: Record, territories: Sequence[Record]) -> Node:
    names = {"uk": agency["name_uk"], "en": agency["name_en"]}
    return {
        "@id": _agency_id(agency["slug"]),
        "@type": "cv:PublicOrganisation",
        "identifier": agency["slug"],
        "label": _texts(names),
        "title": _texts(names),  # where the shapes ask for the agent in it
        "spatial": [_territory_id(territory["slug"]) for territory in territories],
    }


def _location(territory: Record) -> Node:
    names = {"uk": territory["name_uk"], "en": territory["name_en"]}
    return {"@id": _territory_id(territory["slug"]), "@type": "dct:Location", "title": _texts(names)}


def _term_rule(card: Record, home: str) -> Node:
    term = card["term"]
    kinds = {"working": ("робочих", "working"), "calendar": ("календарних", "calendar")}
    uk, en = kinds[term["unit"]]
    basis = f" ({term['basis']})" if term["basis"] else ""
    return {
        "@id": f"{home}#term",
        "@type": "cpsv:Rule",
        "identifier": f"{card['code']}/term",
        "title": {"uk": "Строк надання", "en": "Term"},
        "description": {"uk": f"Днів, {uk}: {term['days']}{basis}", "en": f"{term['days']} {en} days{basis}"},
        "implements": [_act_id(act) for act in card["legal_basis"][:1]],
    }


def _refusal_rules(card: Record, home: str) -> Iterator[Node]:
    for reason in card["refusal_codes"]:
        law = f" ({reason['legal_reference']})" if reason["legal_reference"] else ""
        yield {
            "@id": f"{home}#refusal-{reason['code']}",
            "@type": "cpsv:Rule",
            "identifier": f"{card['code']}/refusal/{reason['code']}",
            "title": {"uk": "Підстава для відмови", "en": "Ground for refusal"},
            "description": {language: f"{text}{law}" for language, text in _texts(reason["text"]).items()},
        }


def _evidence(document: Record, card: Record, home: str) -> Node:
    node = {
        "@id": f"{home}#document-{document['slug']}",
        "@type": "cv:Evidence",
        "identifier": f"{card['code']}/document/{document['slug']}",
        "title": _texts(document["name"]),
    }
    return node | ({"description": {"en": document["condition"]}} if document["condition"] else {})


def _requirement(check: Record, card: Record, home: str) -> Node:
    key = f"{check['register']}-{_digest(check['purpose'])}"
    return {
        "@id": f"{home}#check-{key}",
        "@type": "cv:Requirement",
        "identifier": f"{card['code']}/check/{key}",
        "title": {"en": check["purpose"]},
    }


def _channel(channel: str, card: Record, home: str) -> Node:
    node = {
        "@id": f"{home}#channel-{channel}",
        "@type": "cv:Channel",
        "identifier": f"{card['code']}/channel/{channel}",
        "type": _concept_id("channel", channel),
    }
    return node | ({"description": _texts(card["how_to_apply"])} if channel != _ONLY_TELLS else {})


def _cost(card: Record, home: str) -> Node:
    fee = card["fee"]
    free = {"uk": "Безоплатно", "en": "Free of charge"}
    formula = {"uk": fee.get("formula_uk"), "en": fee.get("formula_en")}
    described = free if fee["kind"] == "free" else _texts(formula)
    amount = 0.0 if fee["kind"] == "free" else fee.get("amount_uah")
    return {
        "@id": f"{home}#fee",
        "@type": "cv:Cost",
        "identifier": f"{card['code']}/fee",
        "currency": _HRYVNIA,
        **({"value": str(amount)} if amount is not None else {}),
        **({"description": described} if described else {}),
    }


def _output(card: Record, home: str) -> Node:
    return {
        "@id": f"{home}#result",
        "@type": "cv:Output",
        "identifier": f"{card['code']}/result",
        "title": _texts(card["result"]["name"]),
        "type": _concept_id("result", card["result"]["kind"]),
    }


def _duration(term: Record) -> str:
    """Return an estimate in calendar days (ISO 8601 has no working days); the rule beside it has the law's own words."""
    days = term["days"]
    if term["unit"] == "working":
        days += 2 * (days // _WORKING_DAYS_OF_WEEK)
    return f"P{days}D"


def _texts(texts: Mapping[str, str | None]) -> dict[str, str]:
    return {language: text for language, text in texts.items() if text}


def _agency_id(slug: str) -> str:
    return f"agencies#{slug}"


def _territory_id(slug: str) -> str:
    return f"territories#{slug}"


def _life_event_id(slug: str) -> str:
    return f"life-events#{slug}"


def _concept_id(code_list: str, code: str) -> str:
    return f"#{code_list}-{quote(code, safe='')}"


def _act_id(act: str) -> str:
    return f"#act-{_digest(act)}"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
