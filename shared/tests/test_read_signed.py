"""What else is signed beside access tokens: read by its own type, with the keys that are known, or refused."""

import pytest

from shared.tokens import ACCESS_TOKEN, TokenRefused, read_signed, sign
from tests.support.tokens import a_signing_key

KEY, OTHER = a_signing_key("one"), a_signing_key("other")
KEYS = {KEY.kid: KEY.jwk, OTHER.kid: OTHER.jwk}
WORD = sign({"sha256": "00"}, KEY.signer, typ="note+jws")


def swapped(part: int, other: str) -> str:
    parts = WORD.split(".")
    parts[part] = other.split(".")[part]
    return ".".join(parts)


def test_what_was_signed_is_read():
    assert read_signed(WORD, KEYS, typ="note+jws") == {"sha256": "00"}


@pytest.mark.parametrize(
    ("word", "keys", "typ", "reason"),
    [
        (WORD, KEYS, ACCESS_TOKEN, "wrong-type"),
        (sign({}, KEY.signer), KEYS, "note+jws", "wrong-type"),
        (WORD, {OTHER.kid: OTHER.jwk}, "note+jws", "unknown-key"),
        (WORD, {KEY.kid: OTHER.jwk}, "note+jws", "bad-signature"),
        (WORD, {KEY.kid: {**KEY.jwk, "use": "enc"}}, "note+jws", "wrong-key-use"),
        (
            swapped(1, sign({"sha256": "11"}, OTHER.signer)),
            KEYS,
            "note+jws",
            "bad-signature",
        ),
        (WORD.rpartition(".")[0], KEYS, "note+jws", "malformed"),
        ("a" * 9000, KEYS, "note+jws", "oversized"),
    ],
)
def test_anything_else_is_refused(word, keys, typ, reason):
    with pytest.raises(TokenRefused) as refused:
        read_signed(word, keys, typ=typ)
    assert refused.value.reason == reason
