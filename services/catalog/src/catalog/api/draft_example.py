"""A whole definition, as the API's document shows one."""

from typing import Any

_STEPS = (
    ("Прийняття та реєстрація заяви", "Taking in and registering the application", "service_centre_administrator", 0),
    ("Розгляд заяви", "Considering the application", "agency_representative", 4),
    ("Прийняття рішення", "Deciding", "agency_representative", 1),
)

EXAMPLE: dict[str, Any] = {
    "slug": "pet-passport",
    "code": "14-21",
    "name": {"uk": "Видача паспорта тварини", "en": "Issue of a pet passport"},
    "description": {
        "uk": "Паспорт потрібен для вивезення собаки чи кота за межі громади.",
        "en": "The passport is needed to take a dog or a cat out of the community.",
    },
    "kind": "administrative-service",
    "life_events": ["pets"],
    "applicant_kinds": ["person"],
    "agency": "municipal-council",
    "agency_scope": "per-territory",
    "owner_agency": "municipal-council",
    "legal_basis": ["Закон України № 3447-IV «Про захист тварин від жорстокого поводження»"],
    "required_documents": [
        {
            "slug": "residence-extract",
            "name": {"uk": "Витяг про місце проживання", "en": "Extract on the residence"},
            "form": "copy",
            "mandatory": False,
            "condition": "if the residence is not on record",
            "replaced_by_register": "community-register",
        }
    ],
    "how_to_apply": {"uk": "Особисто у центрі або онлайн.", "en": "In person in a centre, or online."},
    "fee": {"kind": "free", "amount_uah": 0, "legal_reference": "ст. 11 Закону № 5203-VI"},
    "term": {"days": 5, "unit": "working", "basis": "ст. 10 Закону № 5203-VI"},
    "tacit_approval": False,
    "decision_policy": "representative",
    "responsible_role": "agency_representative",
    "result": {"name": {"uk": "Паспорт тварини", "en": "Pet passport"}, "kind": "document"},
    "refusal_codes": [
        {
            "code": "incomplete-documents",
            "text": {"uk": "Подано неповний пакет документів", "en": "The set of documents is incomplete"},
            "legal_reference": "ст. 9 Закону № 5203-VI",
        }
    ],
    "register_checks": [],
    "technological_card": {
        "steps": [
            {"name": {"uk": uk, "en": en}, "performer": performer, "days": days, "unit": "working"}
            for uk, en, performer, days in _STEPS
        ]
    },
    "channels": ["service-centre", "online"],
    "form": {
        "type": "object",
        "properties": {
            "rnokpp": {"title": "РНОКПП", "type": "string", "format": "rnokpp"},
            "phone": {"title": "Телефон", "type": "string", "format": "ua-phone"},
        },
        "required": ["rnokpp"],
        "additionalProperties": False,
    },
    "reviewed_on": "2026-11-23",
    "review_on": "2027-11-23",
    "assurance_level": "low",
}
DEFAULTS_EXAMPLE: dict[str, Any] = {
    name: EXAMPLE[name] for name in ("agency", "legal_basis", "channels", "term", "responsible_role")
}
