"""`python -m dev.generate_services`: as many services as a region has, in the shape of the data set, always the same ones.

They stand beside the files of dev/data, to whose agencies and registers they refer: both together are a catalogue of full size.
"""

import argparse
import json
import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

DEFAULT_COUNT = 1500
_WORDS = tomllib.loads(Path(__file__).with_name("service_words.toml").read_text("utf-8"))
MOST = sum(len(topic["actions"]) * len(topic["things"]) for topic in _WORDS["topics"]) * len(_WORDS["qualifiers"])
_SUBSISTENCE_MINIMUM = 3328
_REVIEWED_ON = "2026-11-23"
_LONGEST_SLUG = 60

_PHONE = {
    "title": "Контактний телефон",
    "x-title-en": "Contact phone",
    "type": "string",
    "pattern": "^\\+380\\d{9}$",
    "description": "У форматі +380XXXXXXXXX",
}
_PERSON_FIELDS = {
    "full_name": {
        "title": "Прізвище, власне ім’я, по батькові (за наявності)",
        "x-title-en": "Full name",
        "type": "string",
        "pattern": "^[А-ЩЬЮЯЄІЇҐа-щьюяєіїґ'’ʼ\\- ]{3,150}$",
    },
    "rnokpp": {
        "title": "РНОКПП",
        "x-title-en": "RNOKPP (taxpayer number)",
        "type": "string",
        "pattern": "^\\d{10}$",
        "description": "10 цифр",
    },
    "birth_date": {"title": "Дата народження", "x-title-en": "Date of birth", "type": "string", "format": "date"},
    "address": {
        "title": "Адреса місця проживання",
        "x-title-en": "Residence address",
        "type": "string",
        "minLength": 5,
        "maxLength": 300,
    },
}
_BUSINESS_FIELDS = {
    "applicant_name": {
        "title": "Найменування або прізвище, ім’я, по батькові заявника",
        "x-title-en": "Applicant's name",
        "type": "string",
        "minLength": 3,
        "maxLength": 300,
    },
    "applicant_code": {
        "title": "Код ЄДРПОУ або РНОКПП заявника",
        "x-title-en": "Applicant's EDRPOU or RNOKPP",
        "type": "string",
        "pattern": "^(\\d{8}|\\d{10})$",
        "description": "8 цифр для юридичної особи, 10 — для фізичної особи",
    },
    "object_address": {
        "title": "Адреса об’єкта",
        "x-title-en": "Address of the object",
        "type": "string",
        "minLength": 5,
        "maxLength": 300,
    },
}
_DETAIL_FIELDS = {
    "purpose": {"title": "Мета отримання", "x-title-en": "Purpose", "type": "string", "minLength": 2, "maxLength": 200},
    "serial_number": {
        "title": "Заводський номер",
        "x-title-en": "Serial number",
        "type": "string",
        "minLength": 2,
        "maxLength": 40,
    },
    "area_ha": {"title": "Площа, га", "x-title-en": "Area, ha", "type": "number", "minimum": 0},
    "total_area_m2": {"title": "Загальна площа, м²", "x-title-en": "Total area, m2", "type": "number", "minimum": 0},
    "project_name": {
        "title": "Назва об’єкта",
        "x-title-en": "Project name",
        "type": "string",
        "minLength": 2,
        "maxLength": 300,
    },
    "starts_on": {
        "title": "Бажана дата початку",
        "x-title-en": "Desired first day",
        "type": "string",
        "format": "date",
    },
    "email": {"title": "Електронна пошта", "x-title-en": "E-mail", "type": "string", "format": "email"},
}

# slug, names, form of the paper, mandatory, condition, the register that replaces it
_DOCUMENTS = (
    ("application", "Заява встановленої форми", "Application in the set form", "original", True, None, None),
    (
        "identity-document",
        "Документ, що посвідчує особу",
        "Identity document",
        "original-shown",
        True,
        None,
        "demographic-register",
    ),
    (
        "payment-receipt",
        "Документ про сплату адміністративного збору (плати, мита)",
        "Proof of payment of the fee or duty",
        "original",
        True,
        None,
        None,
    ),
    (
        "power-of-attorney",
        "Документ, що підтверджує повноваження представника",
        "Document confirming the representative's authority",
        "copy",
        False,
        "if the application is filed by a representative",
        None,
    ),
    (
        "title-document",
        "Документ, що підтверджує право власності або користування",
        "Document of title or of the right of use",
        "copy",
        True,
        None,
        "real-rights-register",
    ),
    (
        "site-plan",
        "Ситуаційний план (схема) із позначенням місця розташування",
        "Location plan (scheme)",
        "original",
        True,
        None,
        None,
    ),
    ("technical-documentation", "Технічна документація", "Technical documentation", "copy", True, None, None),
)
_REFUSALS = (
    ("incomplete-documents", "Подано неповний пакет документів", "The set of documents is incomplete"),
    (
        "false-information",
        "У поданих документах виявлено недостовірні відомості",
        "The submitted documents contain untrue information",
    ),
    (
        "not-authorised",
        "Заяву подала особа, яка не має на це повноважень",
        "The application was filed by a person without authority",
    ),
    ("negative-expert-opinion", "Отримано негативний висновок обстеження", "The inspection had a negative outcome"),
    ("court-ban", "Діє судове рішення, що забороняє вчинення дії", "A court decision forbids the action"),
)
_TERMS = (
    (1, "working"),
    (3, "working"),
    (5, "working"),
    (10, "working"),
    (10, "calendar"),
    (20, "working"),
    (30, "calendar"),
)
_PERSON_CHECKS = (
    ("taxpayers-register", "Confirm the taxpayer number and the name", ("rnokpp_valid", "full_name")),
    ("demographic-register", "Confirm the identity document", ("full_name", "document_status")),
    ("community-register", "Confirm the residence", ("residence_address", "residence_status")),
)
_BUSINESS_CHECKS = (
    ("business-register", "Confirm the name and that the business is registered", ("name", "status")),
    ("debtors-register", "Confirm that there is no debt", ("is_debtor",)),
    ("permits-register", "Confirm the permit", ("permit_exists", "valid_until")),
)


@dataclass(frozen=True)
class _Made:
    """What a service is made of."""

    topic: Mapping[str, Any]
    action: Mapping[str, Any]
    thing: Sequence[str]
    qualifier: Sequence[str] = ("", "")

    def named(self, language: str, index: int) -> str:
        return " ".join(filter(None, (self.action[language], self.thing[index], self.qualifier[index])))


def generate(count: int = DEFAULT_COUNT, *, seed: int = 1) -> dict[str, Any]:
    """Return `count` services in the shape of services.json; the same count and seed always give the same."""
    if not 1 <= count <= MOST:
        raise ValueError(f"between 1 and {MOST} services can be made of these words")
    random = Random(seed)  # noqa: S311  a repeatable choice, not a secret
    plain = [
        _Made(topic, _WORDS["actions"][name], thing)
        for topic in _WORDS["topics"]
        for name, thing in product(topic["actions"], topic["things"])
    ]
    random.shuffle(plain)
    # the plain ones first; qualified ones only when more are wanted than there are
    wanted = [replace(made, qualifier=qualifier) for qualifier in _WORDS["qualifiers"] for made in plain][:count]
    taken: set[str] = set()
    services = [_service(random, made, number, taken) for number, made in enumerate(wanted, 1)]
    meta = {
        "title_uk": "Згенеровані послуги",
        "title_en": "Generated services",
        "reviewed_on": _REVIEWED_ON,
        "count": count,
    }
    return {"meta": meta, "services": services}


def _service(random: Random, made: _Made, number: int, taken: set[str]) -> dict[str, Any]:
    topic, action, (thing_uk, thing_en) = made.topic, made.action, made.thing
    uk, en = made.named("uk", 0), made.named("en", 1)
    slug = _slug(en, number, taken)
    is_personal = topic["kinds"] == ["person"]
    checks = random.sample(_PERSON_CHECKS if is_personal else _BUSINESS_CHECKS, random.randint(1, 2))
    return {
        "slug": slug,
        "code": f"{topic['category']}-{1000 + number}",
        "national_register_id": None,
        "name_uk": uk,
        "name_en": en,
        "life_events": topic["life_events"],
        "applicant_kinds": topic["kinds"],
        "agency": topic["agency"],
        "owner_agency": topic["owner"],
        "kind": action["kind"],
        "description_uk": f"{action['result_uk']} за заявою: {thing_uk}. Строк і підстави визначає {topic['act']}.",
        "description_en": f"{action['result_en']} on application, for {thing_en}. Its act sets the term and the grounds.",
        "legal_basis": [topic["act"], "Закон України від 06.09.2012 № 5203-VI «Про адміністративні послуги»"],
        "required_documents": _documents(random, action),
        "fee": _fee(action),
        "deadline": _deadline(random, topic["act"]),
        "tacit_approval": False,
        "result": {"name_uk": action["result_uk"], "name_en": action["result_en"], "kind": action["result"]},
        "refusal_reasons": [
            {"code": code, "text_uk": text_uk, "text_en": text_en, "legal_reference": topic["act"]}
            for code, text_uk, text_en in _REFUSALS[: random.randint(3, len(_REFUSALS))]
        ],
        "register_checks": [_check(*check, key="rnokpp" if is_personal else "code") for check in checks],
        "channels": [
            "service-centre",
            *random.choice(((), ("online",), ("online", "post-office"), ("post-office", "kiosk-info"))),
        ],
        "form": _form(random, slug, (uk, en), _PERSON_FIELDS if is_personal else _BUSINESS_FIELDS),
        "reviewed_on": _REVIEWED_ON,
        "source": topic["act"],
        "confidence": "generated",
        "facts_seen_in_public_cards": [],
        "note_en": None,
    }


def _slug(name_en: str, number: int, taken: set[str]) -> str:
    """Return a short name for addresses that no other service has."""
    plain = unicodedata.normalize("NFKD", name_en).encode("ascii", "ignore").decode().lower()
    words = "-".join(word for word in re.findall(r"[a-z0-9]+", plain) if word not in {"a", "an", "the", "of", "s"})
    slug = words if len(words) <= _LONGEST_SLUG - 6 else words[: _LONGEST_SLUG - 6].rpartition("-")[0]
    slug = f"{slug}-{number}" if slug in taken else slug
    taken.add(slug)
    return slug


def _documents(random: Random, action: Mapping[str, Any]) -> list[dict[str, Any]]:
    chosen = [row for row in _DOCUMENTS[:4] if row[0] != "payment-receipt" or action["fee"]]
    chosen += random.sample(_DOCUMENTS[4:], random.randint(0, 2))
    names = ("slug", "name_uk", "name_en", "original_or_copy", "mandatory", "condition_en", "replaced_by_register")
    return [dict(zip(names, row, strict=True)) for row in chosen]


def _fee(action: Mapping[str, Any]) -> dict[str, Any]:
    nothing: dict[str, Any] = dict.fromkeys(
        ("formula_uk", "formula_en", "base", "coefficient", "base_year", "legal_reference", "note_en")
    )
    if not action["fee"]:
        return {"kind": "free", "amount_uah": 0, **nothing}
    amount = round(action["fee"] * _SUBSISTENCE_MINIMUM, 2)
    return {
        **nothing,
        "kind": "formula",
        "amount_uah": amount,
        "formula_uk": f"{action['fee']} прожиткового мінімуму для працездатних осіб",
        "formula_en": f"{action['fee']} of the subsistence minimum for able-bodied persons",
        "base": "subsistence-minimum",
        "coefficient": action["fee"],
        "base_year": 2026,
    }


def _deadline(random: Random, act: str) -> dict[str, Any]:
    days, unit = random.choice(_TERMS)
    return {"days": days, "unit": unit, "basis": act, "note_en": None}


def _check(register: str, purpose: str, asserts: Sequence[str], *, key: str) -> dict[str, Any]:
    field = "applicant_code" if key == "code" else key
    return {
        "register": register,
        "purpose_en": purpose,
        "asserts": list(asserts),
        "needs": [field],
        "bind": {key: field},
        "conditional": False,
    }


def _form(random: Random, slug: str, names: tuple[str, str], fields: Mapping[str, Any]) -> dict[str, Any]:
    details = {name: _DETAIL_FIELDS[name] for name in random.sample(sorted(_DETAIL_FIELDS), random.randint(1, 4))}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:forms:{slug}:1",
        "title": names[0],
        "x-title-en": names[1],
        "description": "Відомості, потрібні для розгляду заяви. Документи додають окремо.",
        "x-description-en": "Data needed to consider the application. Documents are attached separately.",
        "type": "object",
        "properties": {**fields, **details, "phone": _PHONE},
        "required": [*fields, "phone"],
        "additionalProperties": False,
    }


def main() -> None:
    """Read the command line and write the file."""
    parser = argparse.ArgumentParser(
        prog="python -m dev.generate_services",
        description=__doc__,
        epilog="Example: python -m dev.generate_services --count 1500 generated.json",
    )
    parser.add_argument("file", type=Path, metavar="OUT.json", help="where to write")
    parser.add_argument("--count", type=int, default=DEFAULT_COUNT, help=f"1 to {MOST} (default: {DEFAULT_COUNT})")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives others (default: 1)")
    options = parser.parse_args()
    try:
        made = generate(options.count, seed=options.seed)
    except ValueError as error:
        parser.error(str(error))
    text = json.dumps(made, ensure_ascii=False, indent=1) + "\n"
    options.file.write_text(text, "utf-8")
    print(f"{options.count} services, {len(text.encode()) / 2**20:.1f} MiB: {options.file}")


if __name__ == "__main__":
    main()
