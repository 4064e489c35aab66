"""Custody of signing keys: a handle is sealed and of one place; signatures are those of ES256."""

from base64 import b64encode

import pytest

from shared.custody import SealedKeys
from shared.encryption import CannotDecrypt, Cipher
from shared.tokens import Signer, TokenRefused, read_signed, sign

RING = f"k1:{b64encode(b'f' * 32).decode()}"
LOOKUP = b64encode(b"l" * 32).decode()


def a_custody(place: str = "keys", ring: str = RING) -> SealedKeys:
    return SealedKeys(Cipher(ring, lookup_key=LOOKUP), place)


def test_who_has_the_handle_signs_what_the_public_key_verifies() -> None:
    custody = a_custody()
    made = custody.make()
    word = sign({"sha256": "00"}, custody.signer(made.kid, made.handle), typ="note+jws")
    assert read_signed(word, {made.kid: made.jwk}, typ="note+jws") == {"sha256": "00"}
    other = custody.make()
    with pytest.raises(TokenRefused, match="bad-signature"):
        read_signed(word, {made.kid: {**other.jwk, "kid": made.kid}}, typ="note+jws")


def test_the_private_part_is_in_neither_handle_nor_public_key() -> None:
    made = a_custody().make()
    assert set(made.jwk) == {"kty", "crv", "use", "alg", "kid", "x", "y"}
    assert b"PRIVATE KEY" not in made.handle
    assert "handle" not in repr(made)


@pytest.mark.parametrize("change", ["place", "kid", "ring", "handle"])
def test_a_handle_is_good_in_its_place_only(change: str) -> None:
    made = a_custody().make()
    custody = a_custody("other") if change == "place" else a_custody()
    custody = a_custody(ring=f"k1:{b64encode(b'x' * 32).decode()}") if change == "ring" else custody
    handle = made.handle[:-1] + bytes([made.handle[-1] ^ 1]) if change == "handle" else made.handle
    with pytest.raises(CannotDecrypt):
        custody.signer("another" if change == "kid" else made.kid, handle)


@pytest.mark.parametrize("length", [0, 63, 70])
def test_what_is_no_signature_of_es256_does_not_become_a_token(length: int) -> None:
    with pytest.raises(Exception, match="64 bytes"):
        sign({}, Signer("kid", lambda _message: bytes(length)))
