"""Names of the codes that cards are made of, in both languages; a code that is not here is named by its own words."""

from collections.abc import Mapping

Texts = dict[str, str]

_LIFE_EVENTS: Mapping[str, tuple[str, str]] = {
    "birth": ("Народження дитини", "Birth of a child"),
    "construction": ("Будівництво", "Construction"),
    "death": ("Смерть близької людини", "Death of a relative"),
    "disability": ("Інвалідність", "Disability"),
    "ecology": ("Довкілля", "Environment"),
    "education": ("Освіта", "Education"),
    "family-support": ("Підтримка сім’ї", "Family support"),
    "health": ("Здоров’я", "Health"),
    "land": ("Земля", "Land"),
    "marriage": ("Шлюб", "Marriage"),
    "moving": ("Переїзд", "Moving"),
    "retirement": ("Вихід на пенсію", "Retirement"),
    "starting-business": ("Початок власної справи", "Starting a business"),
    "trade": ("Торгівля", "Trade"),
    "vehicle": ("Транспортний засіб", "Vehicle"),
}
_CHANNELS: Mapping[str, tuple[str, str]] = {
    "kiosk-info": ("Довідка в кіоску", "Information at a kiosk"),
    "online": ("Онлайн", "Online"),
    "post-office": ("Поштове відділення", "Post office"),
    "service-centre": ("Центр надання адміністративних послуг", "Service centre"),
}
_APPLICANT_KINDS: Mapping[str, tuple[str, str]] = {
    "legal-entity": ("Юридична особа", "Legal entity"),
    "person": ("Фізична особа", "Person"),
    "sole-trader": ("Фізична особа — підприємець", "Sole trader"),
}
_KINDS: Mapping[str, tuple[str, str]] = {
    "administrative-service": ("Адміністративна послуга", "Administrative service"),
    "extract": ("Витяг", "Extract"),
    "licence": ("Ліцензія", "Licence"),
    "permit": ("Документ дозвільного характеру", "Permit"),
    "registration": ("Реєстрація", "Registration"),
}
_RESULTS: Mapping[str, tuple[str, str]] = {
    "certificate": ("Свідоцтво або довідка", "Certificate"),
    "consent": ("Погодження", "Consent"),
    "decision": ("Рішення", "Decision"),
    "document": ("Документ", "Document"),
    "extract": ("Витяг", "Extract"),
    "licence": ("Ліцензія", "Licence"),
    "payment": ("Виплата", "Payment"),
    "permit": ("Дозвіл", "Permit"),
    "registration-record": ("Запис у реєстрі", "Entry in a register"),
}
CODE_LISTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "applicant-kind": _APPLICANT_KINDS,
    "channel": _CHANNELS,
    "kind": _KINDS,
    "life-event": _LIFE_EVENTS,
    "result": _RESULTS,
}


def name_of(code_list: str, code: str) -> Texts:
    """Return the name of a code."""
    own = code.replace("-", " ").capitalize()
    uk, en = CODE_LISTS[code_list].get(code, (own, own))
    return {"uk": uk, "en": en}
