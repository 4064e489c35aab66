"""Codes that people read off paper: letters and digits that cannot be taken for one another, in groups of four."""

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_GROUP = 4
ACTIVATION_GROUPS = 4  # 79 bits
RECOVERY_GROUPS = 3  # 59 bits


def paper_code(random: bytes, groups: int) -> str:
    """Return the code that 32 random bytes stand for."""
    number, letters = int.from_bytes(random), []
    for _ in range(groups * _GROUP):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "-".join("".join(letters[start : start + _GROUP]) for start in range(0, len(letters), _GROUP))


def normal_code(text: str) -> str:
    """Return a code as it was handed over, however it is typed."""
    letters = "".join(letter for letter in text.upper() if letter.isalnum())
    return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))
