"""Which passwords are refused (NIST SP 800-63B §5.1.1.2): those that others would try first. How they are composed is free."""

from collections.abc import Iterable

from auth.domain.errors import PasswordTooGuessable

_FEWEST_DIFFERENT = 5
# what lists of leaked passwords have first, among those of twelve characters and more, without their final digits
_COMMON = frozenset(
    {
        "1q2w3e4r5t6y",
        "1qaz2wsx3edc",
        "administrator",
        "changemeplease",
        "iloveyouforever",
        "letmeinplease",
        "mypasswordis",
        "parolparol",
        "password",
        "passwordpassword",
        "q1w2e3r4t5y6",
        "qazwsxedcrfv",
        "qwerty",
        "qwertyqwerty",
        "qwertyuiop",
        "qwertyuiop[]",
        "qwertyuiopasdfghjkl",
        "trustnoone",
        "virtualoffice",
        "welcomewelcome",
        "zaqwsxcderfv",
        "йцукен",
        "йцукенгшщз",
        "йцукенгшщзхї",
        "пароль",
        "парольпароль",
        "славаукраїні",
    }
)
_ROWS = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
)


def check_password(password: str, names: Iterable[str] = ()) -> None:
    """Raise PasswordTooGuessable for a login or contact of the account (`names`), few different letters, or a common one."""
    plain = password.strip().casefold()
    forms = {plain, plain.strip("+"), plain.replace(" ", "").rstrip("0123456789!?.*_-")}
    is_name = any(name.casefold().strip("+") in forms for name in names)
    is_row = any(plain in row for row in _ROWS)
    if is_name or is_row or len(set(plain)) < _FEWEST_DIFFERENT or forms & _COMMON:
        raise PasswordTooGuessable
