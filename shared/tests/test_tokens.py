"""Access tokens: everything that is not exactly as this platform issues it is refused, whoever signed it."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.tokens import TokenRefused, TokenVerifier, sign
from tests.support.clock import SettableClock
from tests.support.tokens import ISSUER, SigningKey, StaticKeys, TestIssuer, a_signing_key

HOUR = 3600


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def signed_raw(key: SigningKey, header: dict[str, Any] | bytes, claims: dict[str, Any] | bytes) -> str:
    """Return a token with exactly this header and these claims, truly signed with the key."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    signing_input = ".".join(map(b64, parts))
    private = load_pem_private_key(key.pem.encode(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    r, s = decode_dss_signature(private.sign(signing_input.encode(), ec.ECDSA(SHA256())))
    return f"{signing_input}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def a_header(**changes: Any) -> dict[str, Any]:
    return {"alg": "ES256", "typ": "at+jwt", "kid": "test-key", **changes}


@pytest.fixture
def verifier(tokens: TestIssuer, clock: SettableClock) -> TokenVerifier:
    return TokenVerifier(tokens.keys, issuer=ISSUER, audience="catalog", clock=clock)


async def refusal(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(TokenRefused) as refused:
        await verifier.verify(token)
    return refused.value.reason


async def test_a_good_token_tells_who_bears_it(verifier: TokenVerifier, tokens: TestIssuer) -> None:
    token = tokens.token(subject="s-1", role="agency_representative", organisation="org-1", scopes=["a", "b"], acr="2")

    claims = await verifier.verify(token)

    assert (claims.subject, claims.client_id, claims.acr) == ("s-1", "first-party", "2")
    assert claims.scopes == {"a", "b"}
    assert [(mandate.role, mandate.organisation) for mandate in claims.mandates] == [("agency_representative", "org-1")]


async def test_a_token_tells_who_acts_for_its_subject(verifier: TokenVerifier, tokens: TestIssuer) -> None:
    assert (await verifier.verify(tokens.token(act={"sub": "op-1"}))).acting == "op-1"
    assert (await verifier.verify(tokens.token())).acting is None


async def test_a_token_made_by_hand_as_the_platform_makes_them_is_taken(
    verifier: TokenVerifier, tokens: TestIssuer
) -> None:
    token = signed_raw(tokens.key, a_header(), tokens.claims(subject="s-1"))
    assert (await verifier.verify(token)).subject == "s-1"


def an_unsigned_token(issuer: TestIssuer, algorithm: str) -> str:
    header = json.dumps(a_header(alg=algorithm)).encode()
    return f"{b64(header)}.{b64(json.dumps(issuer.claims()).encode())}."


def a_token_signed_with_the_public_key(issuer: TestIssuer, header: dict[str, Any]) -> str:
    """Return the classic confusion: the public key, which everybody has, used as an HMAC secret."""
    public = load_pem_private_key(issuer.key.pem.encode(), None).public_key()
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signing_input = f"{b64(json.dumps(header).encode())}.{b64(json.dumps(issuer.claims()).encode())}"
    return f"{signing_input}.{b64(hmac.new(secret, signing_input.encode(), sha256).digest())}"


FORGERIES: dict[str, tuple[str, Callable[[TestIssuer], str]]] = {
    "alg none": ("malformed", lambda issuer: an_unsigned_token(issuer, "none")),
    "alg None in other letters": ("malformed", lambda issuer: an_unsigned_token(issuer, "nOnE")),
    "alg none with a signature": ("wrong-algorithm", lambda issuer: an_unsigned_token(issuer, "none") + "AAAA"),
    "public key as HMAC secret": (
        "wrong-algorithm",
        lambda issuer: a_token_signed_with_the_public_key(issuer, a_header(alg="HS256")),
    ),
    "HMAC under the name ES256": (
        "bad-signature",
        lambda issuer: a_token_signed_with_the_public_key(issuer, a_header()),
    ),
    "no signature": ("malformed", lambda issuer: an_unsigned_token(issuer, "ES256")),
    "empty signature value": ("bad-signature", lambda issuer: an_unsigned_token(issuer, "ES256") + "AA"),
    "all-zero signature": ("bad-signature", lambda issuer: an_unsigned_token(issuer, "ES256") + b64(bytes(64))),
    "other key under the same kid": (
        "bad-signature",
        lambda issuer: sign(issuer.claims(), a_signing_key(issuer.key.kid).signer),
    ),
    "claims changed after signing": (
        "bad-signature",
        lambda issuer: _with_other_claims(issuer.token(), issuer.claims(subject="somebody-else")),
    ),
}


def _with_other_claims(token: str, claims: dict[str, Any]) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{b64(json.dumps(claims).encode())}.{signature}"


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_token_is_refused(forgery: str, verifier: TokenVerifier, tokens: TestIssuer) -> None:
    reason, make = FORGERIES[forgery]
    assert await refusal(verifier, make(tokens)) == reason


ATTACKER = a_signing_key("test-key")
HEADERS: dict[str, tuple[str, dict[str, Any]]] = {
    "embedded jwk": ("unexpected-header", {"jwk": dict(ATTACKER.jwk)}),
    "jku": ("unexpected-header", {"jku": "https://attacker.test/jwks.json"}),
    "x5u": ("unexpected-header", {"x5u": "https://attacker.test/cert.pem"}),
    "x5c": ("unexpected-header", {"x5c": ["MIIB"]}),
    "crit unknown": ("unexpected-header", {"crit": ["tomorrow"], "tomorrow": True}),
    "crit empty": ("unexpected-header", {"crit": []}),
    "b64 false": ("unexpected-header", {"b64": False, "crit": ["b64"]}),
    "zip": ("unexpected-header", {"zip": "DEF"}),
    "cty": ("unexpected-header", {"cty": "JWT"}),
    "alg ES384": ("wrong-algorithm", {"alg": "ES384"}),
    "alg RS256": ("wrong-algorithm", {"alg": "RS256"}),
    "alg in a list": ("wrong-algorithm", {"alg": ["ES256"]}),
    "typ JWT": ("wrong-type", {"typ": "JWT"}),
    "typ of an id token": ("wrong-type", {"typ": "id+jwt"}),
    "typ absent": ("wrong-type", {"typ": None}),
    "kid unknown": ("unknown-key", {"kid": "another"}),
    "kid walks the file system": ("unknown-key", {"kid": "../../../../dev/null"}),
    "kid injects SQL": ("unknown-key", {"kid": "' UNION SELECT 'secret' --"}),
    "kid with U+0000": ("unknown-key", {"kid": "test-key\0"}),
    "kid a number": ("unknown-key", {"kid": 1}),
    "kid a list": ("unknown-key", {"kid": ["test-key"]}),
    "kid empty": ("unknown-key", {"kid": ""}),
    "kid endless": ("unknown-key", {"kid": "k" * 65}),
}


@pytest.mark.parametrize("attack", HEADERS)
async def test_a_header_that_the_platform_does_not_write_is_refused_though_truly_signed(
    attack: str, verifier: TokenVerifier, tokens: TestIssuer
) -> None:
    reason, changes = HEADERS[attack]
    header = {name: value for name, value in a_header(**changes).items() if value is not None}
    assert await refusal(verifier, signed_raw(tokens.key, header, tokens.claims())) == reason


async def test_a_token_signed_with_the_key_that_it_brings_is_refused(
    verifier: TokenVerifier, tokens: TestIssuer
) -> None:
    token = signed_raw(ATTACKER, a_header(jwk=dict(ATTACKER.jwk)), tokens.claims())
    assert await refusal(verifier, token) == "unexpected-header"


CLAIMS: dict[str, tuple[str, Callable[[int], dict[str, Any]]]] = {
    "no exp": ("malformed-claims", lambda _: {"exp": None}),
    "no iat": ("malformed-claims", lambda _: {"iat": None}),
    "no aud": ("malformed-claims", lambda _: {"aud": None}),
    "no iss": ("other-issuer", lambda _: {"iss": None}),
    "no sub": ("malformed-claims", lambda _: {"sub": None}),
    "no client_id": ("malformed-claims", lambda _: {"client_id": None}),
    "no scope": ("malformed-claims", lambda _: {"scope": None}),
    "no mandates": ("malformed-claims", lambda _: {"mandates": None}),
    "no jti": ("malformed-claims", lambda _: {"jti": None}),
    "jti a number": ("malformed-claims", lambda _: {"jti": 1}),
    "act a text": ("malformed-claims", lambda _: {"act": "operator"}),
    "act of nobody": ("malformed-claims", lambda _: {"act": {}}),
    "acr a list": ("malformed-claims", lambda _: {"acr": ["http://eidas.europa.eu/LoA/high"]}),
    "sub with U+0000": ("malformed-claims", lambda _: {"sub": "s-1\0"}),
    "sub with half a pair": ("malformed-claims", lambda _: {"sub": "\ud800"}),
    "scope with a line end": ("malformed-claims", lambda _: {"scope": "a\nb"}),
    "organisation with U+0000": ("malformed-claims", lambda _: {"mandates": [{"role": "r", "organisation": "o\0"}]}),
    "exp as text": ("malformed-claims", lambda now: {"exp": str(now + 60)}),
    "exp as fraction": ("malformed-claims", lambda now: {"exp": now + 60.5}),
    "exp as boolean": ("malformed-claims", lambda _: {"exp": True}),
    "exp NaN": ("malformed-claims", lambda _: {"exp": float("nan")}),
    "exp infinite": ("malformed-claims", lambda _: {"exp": float("inf")}),
    "iat as text": ("malformed-claims", lambda now: {"iat": str(now)}),
    "nbf as text": ("malformed-claims", lambda _: {"nbf": "soon"}),
    "expired": ("expired", lambda now: {"iat": now - 300, "exp": now - 30}),
    "issued in the future": ("not-yet-valid", lambda now: {"iat": now + 60, "exp": now + 120}),
    "nbf in the future": ("not-yet-valid", lambda now: {"nbf": now + 60}),
    "lives too long": ("lifetime-too-long", lambda now: {"exp": now + 601}),
    "lives for ever": ("lifetime-too-long", lambda _: {"exp": 2**62}),
    "long-lived, issued long ago": ("lifetime-too-long", lambda now: {"iat": now - HOUR, "exp": now + 60}),
    "expires before it was issued": ("lifetime-too-long", lambda now: {"iat": now + 20, "exp": now + 10}),
    "other audience": ("other-audience", lambda _: {"aud": ["applications"]}),
    "audience by prefix": ("other-audience", lambda _: {"aud": ["catalog-admin"]}),
    "audience empty": ("malformed-claims", lambda _: {"aud": []}),
    "audience an object": ("malformed-claims", lambda _: {"aud": {"catalog": True}}),
    "audience of mixed kinds": ("malformed-claims", lambda _: {"aud": ["catalog", 1]}),
    "other issuer": ("other-issuer", lambda _: {"iss": "http://auth.attacker.test"}),
    "issuer with a slash more": ("other-issuer", lambda _: {"iss": ISSUER + "/"}),
    "issuers in a list": ("other-issuer", lambda _: {"iss": [ISSUER]}),
    "sub a number": ("malformed-claims", lambda _: {"sub": 7}),
    "sub empty": ("malformed-claims", lambda _: {"sub": ""}),
    "scope a list": ("malformed-claims", lambda _: {"scope": ["all"]}),
    "mandates a text": ("malformed-claims", lambda _: {"mandates": "head_of_executive_agency"}),
    "mandate without organisation": ("malformed-claims", lambda _: {"mandates": [{"role": "r"}]}),
    "mandate of another shape": ("malformed-claims", lambda _: {"mandates": [["r", "o"]]}),
}


@pytest.mark.parametrize("attack", CLAIMS)
async def test_claims_out_of_order_are_refused_though_truly_signed(
    attack: str, verifier: TokenVerifier, tokens: TestIssuer, clock: SettableClock
) -> None:
    reason, change = CLAIMS[attack]
    claims = {**tokens.claims(), **change(int(clock.now().timestamp()))}
    present = {name: value for name, value in claims.items() if value is not None}
    assert await refusal(verifier, signed_raw(tokens.key, a_header(), present)) == reason


@pytest.mark.parametrize("member", ["sub", "exp", "aud", "mandates"])
async def test_a_claim_that_comes_twice_is_refused(member: str, verifier: TokenVerifier, tokens: TestIssuer) -> None:
    claims = tokens.claims()
    text = json.dumps(claims)[:-1] + f", {json.dumps(member)}: {json.dumps(claims[member])}}}"
    assert await refusal(verifier, signed_raw(tokens.key, a_header(), text.encode())) == "repeated-member"


async def test_a_header_member_that_comes_twice_is_refused(verifier: TokenVerifier, tokens: TestIssuer) -> None:
    header = b'{"alg": "none", "alg": "ES256", "typ": "at+jwt", "kid": "test-key"}'
    assert await refusal(verifier, signed_raw(tokens.key, header, tokens.claims())) == "repeated-member"


@pytest.mark.parametrize(
    "claims", [b"[]", b"null", b'"text"', b"{", b"\xff\xfe", b"[" * 3000, b'{"exp": ' + b"9" * 4400 + b"}"]
)
async def test_claims_that_are_no_object_are_refused(
    claims: bytes, verifier: TokenVerifier, tokens: TestIssuer
) -> None:
    assert await refusal(verifier, signed_raw(tokens.key, a_header(), claims)) == "malformed"


async def test_an_oversized_token_is_refused_before_it_is_read(verifier: TokenVerifier, tokens: TestIssuer) -> None:
    assert await refusal(verifier, tokens.token(filler="x" * 8000)) == "oversized"


@pytest.mark.parametrize("change", [{"use": "enc"}, {"use": None}, {"kty": "oct"}, {"crv": "P-384"}])
async def test_a_published_key_that_is_not_for_signing_with_es256_verifies_nothing(
    change: dict[str, Any], tokens: TestIssuer, clock: SettableClock
) -> None:
    keys = StaticKeys(replace(tokens.key, jwk={**tokens.key.jwk, **change}))
    verifier = TokenVerifier(keys, issuer=ISSUER, audience="catalog", clock=clock)
    assert await refusal(verifier, tokens.token()) == "wrong-key-use"


async def test_a_token_that_was_good_is_refused_once_it_has_expired(
    verifier: TokenVerifier, tokens: TestIssuer, clock: SettableClock
) -> None:
    token = tokens.token()
    await verifier.verify(token)
    clock.advance(seconds=629)
    await verifier.verify(token)

    clock.advance(seconds=2)

    assert await refusal(verifier, token) == "expired"


async def test_a_remembered_token_is_judged_by_the_key_that_its_issuer_has_now(
    tokens: TestIssuer, clock: SettableClock
) -> None:
    keys = StaticKeys(tokens.key)
    verifier = TokenVerifier(keys, issuer=ISSUER, audience="catalog", clock=clock)
    token = tokens.token()
    await verifier.verify(token)
    keys.hold()
    assert await refusal(verifier, token) == "unknown-key"
    keys.hold(a_signing_key())
    assert await refusal(verifier, token) == "bad-signature"
    keys.hold(tokens.key)
    await verifier.verify(token)


async def test_verified_tokens_are_remembered_in_bounded_space_the_latest_used_longest(tokens: TestIssuer) -> None:
    clock = SettableClock()
    verifier = TokenVerifier(tokens.keys, issuer=ISSUER, audience="catalog", clock=clock)
    used, unused = tokens.token(), tokens.token()
    for token in (used, unused):
        await verifier.verify(token)
    long = [tokens.token(filler=f"{number}-" + "x" * 5000) for number in range(1000)]
    for token in long:
        await verifier.verify(token)
        await verifier.verify(used)
    assert used in verifier._verified
    assert unused not in verifier._verified
    assert sum(map(len, verifier._verified)) < 8 * 1024 * 1024
    assert verifier._cost == sum(kept.cost for kept in verifier._verified.values())
    clock.advance(minutes=11)
    for token in long:
        assert await refusal(verifier, token) == "expired"
    assert await refusal(verifier, used) == "expired"
    assert (verifier._cost, len(verifier._verified)) == (0, 0)


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("change", ["{}=", "{}==", " {}", "{}\n", "{}\t", "{}+", "{}A", "{}é", "/{}"])
async def test_a_token_is_written_in_one_way_only(
    part: int, change: str, verifier: TokenVerifier, tokens: TestIssuer
) -> None:
    parts = tokens.token().split(".")
    parts[part] = change.format(parts[part])
    assert await refusal(verifier, ".".join(parts)) in {"malformed", "bad-signature"}


async def test_a_signature_with_other_bits_at_its_end_is_refused(verifier: TokenVerifier, tokens: TestIssuer) -> None:
    token = tokens.token()
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    other = last[last.index(token[-1]) ^ 1]  # 64 bytes leave four bits of the last character without a meaning
    assert await refusal(verifier, token[:-1] + other) == "malformed"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("latin-1")),
                 st.lists(st.binary(min_size=1).map(b64), min_size=3, max_size=3).map(".".join)))  # fmt: skip
async def test_whatever_comes_is_refused_by_name(token: str) -> None:
    key = a_signing_key()
    verifier = TokenVerifier(StaticKeys(key), issuer=ISSUER, audience="catalog", clock=SettableClock())
    await refusal(verifier, token)


GOOD = TestIssuer(SettableClock())


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10_000), st.characters(codec="ascii"))
async def test_a_token_with_any_character_changed_is_refused(place: int, character: str) -> None:
    token = GOOD.token(subject="s-1")
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    if changed != token:
        await refusal(TokenVerifier(GOOD.keys, issuer=ISSUER, audience="catalog", clock=GOOD.clock), changed)
