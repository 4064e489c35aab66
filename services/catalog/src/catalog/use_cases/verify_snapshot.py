"""Check a snapshot as any reader can, without the catalogue's database: signature, digest, and what a difference leads to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from catalog.domain.canonical import canonical
from catalog.domain.snapshot import LISTS, SIGNATURE_TYPE, NotASnapshot, apply_delta, check_document, unpack
from shared.tokens import TokenRefused, read_signed


@dataclass(frozen=True)
class Verified:
    """What a good bundle says."""

    claims: Mapping[str, Any]
    content: Mapping[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """How many entries each list has; of a difference, how many are new or other."""
        lists = self.content["entries" if self.claims["kind"] == "full" else "changed"]
        return {name: len(lists.get(name, {})) for name in LISTS}


def verify_snapshot(bundle: bytes, keys: Sequence[Mapping[str, Any]], *, base: bytes | None = None) -> Verified:
    """Return what a bundle says, if one of `keys` (public JWKs) signed it. Raises NotASnapshot with what is wrong.

    With `base`, the whole snapshot that a difference starts from, the outcome is checked too.
    """
    signature, document = unpack(bundle)
    try:
        claims = read_signed(signature, {str(key.get("kid")): key for key in keys}, typ=SIGNATURE_TYPE)
    except TokenRefused as error:
        raise NotASnapshot(f"The signature is refused: {error.reason}.") from None
    content = check_document(document, claims)
    verified = Verified(claims, content)
    if base is not None and claims["kind"] == "delta":
        _check_outcome(verified, verify_snapshot(base, keys))
    return verified


def _check_outcome(delta: Verified, base: Verified) -> None:
    whole = apply_delta(base.content, delta.content)
    if sha256(canonical(whole)).hexdigest() != delta.claims["full_sha256"]:
        raise NotASnapshot("The difference does not lead from this snapshot to the signed one; fetch the whole.")
