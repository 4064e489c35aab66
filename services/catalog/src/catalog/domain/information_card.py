"""The information card: what the law has people told of a public service (Law 5203-VI, art. 8, part 4).

Computed, never written: every part stands in the definition or is known of the agency.
"""

from collections.abc import Mapping
from typing import Any

_CONTACTS = ("address_uk", "address_en", "postcode", "phone", "email", "website", "opening_hours", "edrpou")
_RECEIVED = {
    "service-centre": {
        "uk": "особисто у центрі надання адміністративних послуг",
        "en": "in person in a service centre",
    },
    "online": {"uk": "в електронній формі", "en": "electronically"},
    "post-office": {"uk": "поштою", "en": "by post"},
}


def information_card(definition: Mapping[str, Any], agency: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the parts in the order of the law; `agency` is what is known of the body that decides."""
    channels = definition["channels"]
    return {
        "slug": definition["slug"],
        "code": definition["code"],
        "name": definition["name"],
        "provider": _provider(definition, agency or {}),
        "places": f"/v1/public-services/{definition['slug']}/places",
        "documents": definition["required_documents"],
        "how_to_apply": definition.get("how_to_apply"),
        "channels": channels,
        "fee": definition["fee"],
        "term": definition["term"],
        "tacit_approval": definition["tacit_approval"],
        "result": definition["result"],
        "ways_to_receive": [_RECEIVED[channel] for channel in channels if channel in _RECEIVED],
        "legal_basis": definition["legal_basis"],
        "grounds_for_refusal": definition["refusal_codes"],
    }


def _provider(definition: Mapping[str, Any], agency: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "agency": definition["agency"],
        "agency_scope": definition["agency_scope"],
        "name": {"uk": agency.get("name_uk"), "en": agency.get("name_en")},
        "contacts": {name: agency[name] for name in _CONTACTS if agency.get(name) is not None},
    }
