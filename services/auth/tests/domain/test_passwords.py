"""Passwords: what others would try first is refused, how one is composed is free."""

import pytest

from auth.domain.errors import PasswordTooGuessable
from auth.domain.passwords import check_password


@pytest.mark.parametrize(
    "password",
    [
        "o.zrazkovenko",
        "O.Zrazkovenko",
        "o.zrazkovenko2026!",
        "380000000001",
        "+380000000001",
        "aaaaaaaaaaaaaaaa",
        "121212121212",
        "123456789012",
        "abcdefghijkl",
        "Password12345",
        "qwertyuiop[]",
        "Qwerty123456789",
        "пароль123456",
        "password password",
    ],
)
def test_what_others_would_try_first_is_refused(password):
    with pytest.raises(PasswordTooGuessable):
        check_password(password, ["o.zrazkovenko", "+380000000001"])


@pytest.mark.parametrize(
    "password", ["long and easy to keep in mind", "кінь батарея скріпка", "a password of citizen 7", "Tr0ub4dor&3xyz"]
)
def test_how_a_password_is_composed_is_free(password):
    check_password(password, ["o.zrazkovenko", "olena@example.com"])
