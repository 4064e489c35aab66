"""What the timeline says in plain words, in Ukrainian and English."""

from collections.abc import Mapping

EVENTS: Mapping[str, Mapping[str, str]] = {
    "submitted": {"uk": "Заяву подано", "en": "The application was submitted"},
    "registered": {
        "uk": "Заяву зареєстровано, почався строк розгляду",
        "en": "The application was registered; the term began",
    },
    "returned": {
        "uk": "Заяву повернуто: документи неповні. Доповніть і подайте знову",
        "en": "The application was returned as incomplete. Complete it and send it again",
    },
    "resubmitted": {"uk": "Заяву подано повторно", "en": "The application was sent again"},
    "verification-requested": {"uk": "Запитано державний реєстр", "en": "A state register was asked"},
    "verification-completed": {"uk": "Реєстр відповів", "en": "The register answered"},
    "verification-delayed": {
        "uk": "Реєстр поки не відповідає, запит буде повторено",
        "en": "The register does not answer yet; it will be asked again",
    },
    "assigned": {"uk": "Справу взято на розгляд", "en": "An officer examines the case"},
    "information-requested": {
        "uk": "Потрібні додаткові відомості; строк зупинено до вашої відповіді",
        "en": "More information is needed; the clock stands until you answer",
    },
    "information-supplied": {
        "uk": "Відомості надано, строк поновлено",
        "en": "Information supplied; the clock goes on",
    },
    "decision-proposed": {"uk": "Підготовлено проєкт рішення", "en": "A decision was prepared"},
    "sent-back": {"uk": "Розгляд триває", "en": "The examination goes on"},
    "decided": {"uk": "Рішення ухвалено", "en": "A decision was made"},
    "withdrawn": {"uk": "Заяву відкликано", "en": "The application was withdrawn"},
    "deadline-changed": {"uk": "Строк змінено", "en": "The deadline changed"},
}
