"""Fields at rest: read only with a key of the ring, in the place they were written for, and unchanged."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.encryption import CannotDecrypt, Cipher

OLD, NEW, OTHER, LOOKUP = (b64encode(bytes([number]) * 32).decode() for number in range(1, 5))
PLACE = "accounts|phone|7"


def a_cipher(ring: str = f"k1:{OLD}", lookup: str = LOOKUP) -> Cipher:
    return Cipher(ring, lookup_key=lookup)


@given(st.binary(), st.text())
def test_what_was_encrypted_is_read_again(plain: bytes, place: str) -> None:
    cipher = a_cipher()
    assert cipher.decrypt(cipher.encrypt(plain, place), place) == plain


def test_the_same_value_never_looks_the_same_and_never_shows() -> None:
    cipher = a_cipher()
    sealed = {cipher.encrypt(b"+380000000000", PLACE) for _ in range(50)}
    assert len(sealed) == 50
    assert not any(b"+380" in one for one in sealed)


def test_a_value_moved_to_another_row_is_not_read() -> None:
    sealed = a_cipher().encrypt(b"x", PLACE)
    with pytest.raises(CannotDecrypt):
        a_cipher().decrypt(sealed, "accounts|phone|8")


@given(st.integers(0), st.integers(1, 255))
def test_a_value_with_any_byte_changed_is_not_read(place: int, change: int) -> None:
    sealed = bytearray(a_cipher().encrypt(b"some value", PLACE))
    sealed[place % len(sealed)] ^= change
    with pytest.raises(CannotDecrypt):
        a_cipher().decrypt(bytes(sealed), PLACE)


@pytest.mark.parametrize("sealed", [b"", b"k1", b"k1\0", b"k1\0short", b"\0" * 40, b"k9\0" + b"x" * 40])
def test_what_is_no_sealed_value_is_refused_by_name(sealed: bytes) -> None:
    with pytest.raises(CannotDecrypt):
        a_cipher().decrypt(sealed, PLACE)


def test_after_a_rotation_old_values_are_read_and_new_ones_need_the_new_key() -> None:
    old = a_cipher()
    rotated = a_cipher(f"k2:{NEW}, k1:{OLD}")

    assert rotated.decrypt(old.encrypt(b"x", PLACE), PLACE) == b"x"
    written = rotated.encrypt(b"y", PLACE)
    assert a_cipher(f"k2:{NEW}").decrypt(written, PLACE) == b"y"
    with pytest.raises(CannotDecrypt):
        old.decrypt(written, PLACE)


def test_another_key_under_the_same_name_reads_nothing() -> None:
    sealed = a_cipher().encrypt(b"x", PLACE)
    with pytest.raises(CannotDecrypt):
        a_cipher(f"k1:{OTHER}").decrypt(sealed, PLACE)


def test_the_look_up_hash_is_the_same_for_the_same_value_and_key_only() -> None:
    assert a_cipher().lookup("a") == a_cipher(f"k2:{NEW}").lookup("a")
    assert a_cipher().lookup("a") != a_cipher().lookup("b")
    assert a_cipher().lookup("a") != a_cipher(lookup=OTHER).lookup("a")


@pytest.mark.parametrize("ring", ["", "k1:", "k1:AAAA", f"k1:{b64encode(bytes(16)).decode()}", OLD])
def test_a_key_that_is_not_of_256_bits_stops_the_start(ring: str) -> None:
    with pytest.raises(ValueError, match="256 bits"):
        a_cipher(ring)


@pytest.mark.parametrize("lookup", ["", "AAAA"])
def test_a_look_up_key_that_is_not_of_256_bits_stops_the_start(lookup: str) -> None:
    with pytest.raises(ValueError, match="256 bits"):
        a_cipher(lookup=lookup)
