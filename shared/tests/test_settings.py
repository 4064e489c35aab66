"""Settings: read once from the environment; what is missing or wrong is named, and no secret is shown."""

import pytest
from pydantic import ValidationError

from shared.settings import ServiceSettings

ENVIRONMENT = {
    "DATABASE_URL": "postgresql://app:hunter2@db:5432/catalog",
    "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "AUTH_ISSUER": "https://auth.test",
    "AUTH_URL": "http://auth:8001",
    "PUBLIC_URL": "https://catalog.test",
    "CLIENT_SECRET": "hunter2",
}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in ServiceSettings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def test_settings_come_from_the_environment_and_the_rest_has_defaults() -> None:
    settings = ServiceSettings()
    assert settings.database_url.get_secret_value() == ENVIRONMENT["DATABASE_URL"]
    assert settings.auth_issuer == "https://auth.test"
    assert (settings.host, settings.log_level, settings.max_body_bytes) == ("127.0.0.1", "INFO", 1_048_576)


@pytest.mark.parametrize("name", ["DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS", "AUTH_ISSUER", "AUTH_URL", "PUBLIC_URL"])
def test_a_missing_setting_is_named_and_no_secret_is_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(ValidationError) as refused:
        ServiceSettings()
    assert name.lower() in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("PORT", "http"),
        ("DATABASE_POOL_SIZE", "0"),
        ("LOG_LEVEL", "LOUD"),
        ("MAX_BODY_BYTES", "1"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        ServiceSettings()


def test_settings_neither_change_nor_show_their_secrets() -> None:
    settings = ServiceSettings()
    with pytest.raises(ValidationError):
        settings.port = 1  # type: ignore[misc]
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_variables_of_others_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH_OF_SOMEBODY_ELSE", "x")
    ServiceSettings()
