"""Forged tokens by name, and the reason for which each is refused; what needs the issuer's key is truly signed with it.

The attacks are those of RFC 8725 (best practices for JWT) and RFC 7515 §10, of CVE-2015-9235 (alg confusion), CVE-2018-0114
(embedded key), CVE-2022-21449 ("psychic" signatures), CVE-2024-33663 and CVE-2024-33664 (python-jose), and of json parsers.
"""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256, sha384, sha512
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jwk as jose_jwk

from shared.ids import new_id
from shared.tokens import Signer
from tests.support.tokens import SigningKey, a_signing_key

# the order of P-256
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_HOUR = 3600


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


@dataclass(frozen=True)
class Forge:
    """What an attacker may have: the public key, true tokens, and, for the worst, somebody who signs with the true key."""

    signer: Signer
    jwk: Mapping[str, Any]
    issuer: str
    audience: str
    now: int
    refresh_token: str = "r" * 43
    attacker: SigningKey = field(default_factory=a_signing_key)

    def header(self, **changes: Any) -> dict[str, Any]:
        """Return the header of a good token; a change to None leaves the member out."""
        return _changed({"alg": "ES256", "typ": "at+jwt", "kid": self.signer.kid}, changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return the claims of a good token of a person without any right; a change to None leaves the claim out."""
        good = {
            "iss": self.issuer,
            "sub": str(new_id()),
            "aud": [self.audience],
            "client_id": "first-party",
            "scope": "",
            "mandates": [],
            "iat": self.now,
            "exp": self.now + 300,
            "jti": str(new_id()),
        }
        return _changed(good, changes)

    def signed(self, header: Any = None, claims: Any = None, signer: Signer | None = None) -> str:
        """Return a token of exactly this header and these claims (bytes as they are), truly signed."""
        message = f"{_part(header or self.header())}.{_part(self.claims() if claims is None else claims)}"
        return f"{message}.{b64((signer or self.signer).sign(message.encode()))}"

    def with_signature(self, signature: bytes) -> str:
        """Return a good token but for its signature."""
        return f"{self.signed().rpartition('.')[0]}.{b64(signature)}"

    def with_mac(self, alg: str, secret: bytes, digest: Any) -> str:
        """Return a token that is authenticated with what everybody has, used as a secret."""
        message = f"{_part(self.header(alg=alg))}.{_part(self.claims())}"
        return f"{message}.{b64(hmac.new(secret, message.encode(), digest).digest())}"

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        key: ec.EllipticCurvePublicKey = jose_jwk.construct(dict(self.jwk), "ES256").prepared_key
        return key

    def exported(self, encoding: Encoding) -> bytes:
        """Return the public key as files have it."""
        return self.public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)


def _changed(good: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def _part(value: Any) -> str:
    return b64(value if isinstance(value, bytes) else json.dumps(value).encode())


@dataclass(frozen=True)
class Forgery:
    """One forged token: its name, the reason for which it is refused, and how it is made."""

    name: str
    reason: str
    make: Callable[[Forge], str]


def _algorithms() -> Iterator[Forgery]:
    for alg in ("none", "None", "NONE", "nOnE"):
        unsigned = _unsigned(alg)
        yield Forgery(f"alg {alg}, no signature", "malformed", unsigned)
        yield Forgery(f"alg {alg}, a signature", "wrong-algorithm", lambda f, make=unsigned: make(f) + "AAAA")
    for alg in (
        "HS384",
        "HS512",
        "RS256",
        "RS512",
        "PS256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
        "dir",
        "es256",
        "",
        1,
        ["ES256"],
    ):
        yield Forgery(f"alg {alg!r}", "wrong-algorithm", lambda f, alg=alg: f.signed(f.header(alg=alg)))
    yield Forgery("alg absent", "wrong-algorithm", lambda f: f.signed(f.header(alg=None)))
    secrets: Mapping[str, Callable[[Forge], bytes]] = {
        "public key as PEM": lambda f: f.exported(Encoding.PEM),
        "public key as PEM without its last line end": lambda f: f.exported(Encoding.PEM).strip(),
        "public key as DER": lambda f: f.exported(Encoding.DER),
        "public key as JWK": lambda f: json.dumps(dict(f.jwk)).encode(),
        "public key's x": lambda f: str(f.jwk["x"]).encode(),
        "empty secret": lambda _: b"",
        "kid": lambda f: f.signer.kid.encode(),
    }
    for name, secret in secrets.items():
        yield Forgery(
            f"HS256 with the {name}", "wrong-algorithm", lambda f, s=secret: f.with_mac("HS256", s(f), sha256)
        )
        yield Forgery(
            f"a MAC with the {name} called ES256",
            "bad-signature",
            lambda f, s=secret: f.with_mac("ES256", s(f), sha512),
        )
    yield Forgery(
        "HS384 with the public key", "wrong-algorithm", lambda f: f.with_mac("HS384", f.exported(Encoding.PEM), sha384)
    )


def _unsigned(alg: str) -> Callable[[Forge], str]:
    return lambda f: f"{_part(f.header(alg=alg))}.{_part(f.claims())}."


def _headers() -> Iterator[Forgery]:
    truly_signed: Mapping[str, tuple[str, Mapping[str, Any]]] = {
        "jku": ("unexpected-header", {"jku": "https://attacker.example/jwks.json"}),
        "x5u": ("unexpected-header", {"x5u": "https://attacker.example/chain.pem"}),
        "x5c": ("unexpected-header", {"x5c": ["MIIB"]}),
        "x5t": ("unexpected-header", {"x5t": "AAAA"}),
        "crit unknown": ("unexpected-header", {"crit": ["tomorrow"], "tomorrow": True}),
        "crit empty": ("unexpected-header", {"crit": []}),
        "crit of a known member": ("unexpected-header", {"crit": ["kid"]}),
        "b64 false": ("unexpected-header", {"b64": False, "crit": ["b64"]}),
        "zip": ("unexpected-header", {"zip": "DEF"}),
        "cty JWT": ("unexpected-header", {"cty": "JWT"}),
        "enc": ("unexpected-header", {"enc": "A256GCM"}),
        "typ JWT, as id tokens and client assertions have": ("wrong-type", {"typ": "JWT"}),
        "typ of a snapshot": ("wrong-type", {"typ": "snapshot+jws"}),
        "typ of a logout token": ("wrong-type", {"typ": "logout+jwt"}),
        "typ with its tree": ("wrong-type", {"typ": "application/at+jwt"}),
        "typ in capitals": ("wrong-type", {"typ": "AT+JWT"}),
        "typ a list": ("wrong-type", {"typ": ["at+jwt"]}),
        "typ absent": ("wrong-type", {"typ": None}),
        "kid absent": ("unknown-key", {"kid": None}),
        "kid empty": ("unknown-key", {"kid": ""}),
        "kid unknown": ("unknown-key", {"kid": str(new_id())}),
        "kid walks the file system": ("unknown-key", {"kid": "../../../../../../dev/null"}),
        "kid a file with known content": ("unknown-key", {"kid": "/proc/sys/kernel/randomize_va_space"}),
        "kid injects SQL": ("unknown-key", {"kid": "' UNION SELECT 'c2VjcmV0' --"}),
        "kid injects a command": ("unknown-key", {"kid": "key;id|sh"}),
        "kid injects a template": ("unknown-key", {"kid": "{{7*7}}${7*7}"}),
        "kid an address": ("unknown-key", {"kid": "http://127.0.0.1:1/jwks.json"}),
        "kid with U+0000": ("unknown-key", {"kid": "key\0"}),
        "kid with half a pair": ("unknown-key", {"kid": "\ud800"}),
        "kid a number": ("unknown-key", {"kid": 7}),
        "kid a list": ("unknown-key", {"kid": ["key"]}),
        "kid an object": ("unknown-key", {"kid": {"k": "key"}}),
        "kid true": ("unknown-key", {"kid": True}),
        "kid endless": ("unknown-key", {"kid": "k" * 3000}),
    }
    for name, (reason, changes) in truly_signed.items():
        yield Forgery(name, reason, lambda f, c=changes: f.signed(f.header(**c)))
    yield Forgery(
        "signed with the key that it brings",
        "unexpected-header",
        lambda f: f.signed(f.header(jwk=dict(f.attacker.jwk)), signer=f.attacker.signer),
    )
    yield Forgery("kid twice", "repeated-member", lambda f: f.signed(_twice(f.header(), "kid", "another")))
    yield Forgery("alg twice", "repeated-member", lambda f: f.signed(_twice(f.header(), "alg", "none")))


def _twice(members: Mapping[str, Any], name: str, first: Any) -> bytes:
    return (f"{{{json.dumps(name)}: {json.dumps(first)}, " + json.dumps(members)[1:]).encode()


def _claims() -> Iterator[Forgery]:
    for name in ("exp", "iat", "aud", "iss", "sub", "client_id", "mandates", "scope", "jti"):
        reason = "other-issuer" if name == "iss" else "malformed-claims"
        yield Forgery(f"{name} absent", reason, lambda f, name=name: f.signed(claims=f.claims(**{name: None})))
        for wrong in (True, 7.5, {}, {"a": 1}, "", [1]):
            if (name, wrong) != ("scope", ""):
                yield Forgery(
                    f"{name} {wrong!r}", reason, lambda f, n=name, w=wrong: f.signed(claims=f.claims(**{n: w}))
                )
        yield Forgery(f"{name} twice", "repeated-member", lambda f, n=name: f.signed(claims=_twice(f.claims(), n, "x")))
    at: Mapping[str, tuple[str, Callable[[Forge], Mapping[str, Any]]]] = {
        "expired": ("expired", lambda f: {"iat": f.now - 300, "exp": f.now - 31}),
        "expired long ago": ("expired", lambda f: {"iat": f.now - _HOUR, "exp": f.now - _HOUR + 300}),
        "exp 0": ("expired", lambda _: {"exp": 0}),
        "exp before 1970": ("expired", lambda _: {"exp": -1}),
        "exp as text": ("malformed-claims", lambda f: {"exp": str(f.now + 60)}),
        "exp a fraction": ("malformed-claims", lambda f: {"exp": f.now + 60.5}),
        "exp NaN": ("malformed-claims", lambda _: {"exp": float("nan")}),
        "exp infinite": ("malformed-claims", lambda _: {"exp": float("inf")}),
        "exp a large number": ("lifetime-too-long", lambda _: {"exp": 10**4000}),
        "iat as text": ("malformed-claims", lambda f: {"iat": str(f.now)}),
        "iat in the future": ("not-yet-valid", lambda f: {"iat": f.now + 90, "exp": f.now + 300}),
        "nbf in the future": ("not-yet-valid", lambda f: {"nbf": f.now + 90}),
        "nbf as text": ("malformed-claims", lambda _: {"nbf": "soon"}),
        "lives longer than tokens do": ("lifetime-too-long", lambda f: {"exp": f.now + 601}),
        "lives for ever": ("lifetime-too-long", lambda _: {"exp": 2**62}),
        "ends before it begins": ("lifetime-too-long", lambda f: {"iat": f.now + 20, "exp": f.now + 10}),
        "other audience": ("other-audience", lambda _: {"aud": ["portal"]}),
        "audience by its beginning": ("other-audience", lambda f: {"aud": [f.audience[:-1]]}),
        "audience in capitals": ("other-audience", lambda f: {"aud": [f.audience.upper()]}),
        "audience with a space": ("other-audience", lambda f: {"aud": [f"{f.audience} "]}),
        "audience any": ("other-audience", lambda _: {"aud": ["*"]}),
        "audience a text": ("malformed-claims", lambda f: {"aud": f.audience}),
        "audience an empty list": ("malformed-claims", lambda _: {"aud": []}),
        "audience of mixed kinds": ("malformed-claims", lambda f: {"aud": [f.audience, 1]}),
        "other issuer": ("other-issuer", lambda _: {"iss": "https://attacker.example"}),
        "issuer with a slash more": ("other-issuer", lambda f: {"iss": f"{f.issuer}/"}),
        "issuer in a list": ("other-issuer", lambda f: {"iss": [f.issuer]}),
        "sub a number": ("malformed-claims", lambda _: {"sub": 7}),
        "sub with U+0000": ("malformed-claims", lambda _: {"sub": "a\0"}),
        "sub with half a pair": ("malformed-claims", lambda _: {"sub": "\ud800"}),
        "sub with a line end": ("malformed-claims", lambda _: {"sub": "a\r\nSet-Cookie: b"}),
        "scope a list": ("malformed-claims", lambda _: {"scope": ["operator"]}),
        "mandates a text": ("malformed-claims", lambda _: {"mandates": "head_of_executive_agency"}),
        "a mandate without organisation": ("malformed-claims", lambda _: {"mandates": [{"role": "r"}]}),
        "a mandate of all organisations": ("malformed-claims", lambda _: {"mandates": [{"role": "r", "organisation": None}]}),
        "a mandate of another shape": ("malformed-claims", lambda _: {"mandates": [["r", "o"]]}),
        "acr a list": ("malformed-claims", lambda _: {"acr": ["http://eidas.europa.eu/LoA/high"]}),
        "sid a number": ("malformed-claims", lambda _: {"sid": 7}),
    }  # fmt: skip
    for name, (reason, changes) in at.items():
        yield Forgery(name, reason, lambda f, c=changes: f.signed(claims=f.claims(**c(f))))


def _signatures() -> Iterator[Forgery]:
    made: Mapping[str, Callable[[Forge], bytes]] = {
        "all zero": lambda _: bytes(64),
        "r 0": lambda f: bytes(32) + _signature(f)[32:],
        "s 0": lambda f: _signature(f)[:32] + bytes(32),
        "r and s the order of the curve": lambda _: _N.to_bytes(32, "big") * 2,
        "r 1 and s 1": lambda _: ((1).to_bytes(32, "big")) * 2,
        "all ones": lambda _: b"\xff" * 64,
        "as DER": lambda f: _der(_signature(f)),
        "as DER of zeros": lambda _: encode_dss_signature(0, 0),
        "a byte short": lambda f: _signature(f)[:-1],
        "a byte long": lambda f: _signature(f) + b"\0",
        "doubled": lambda f: _signature(f) * 2,
        "of another token": lambda f: f.signer.sign(b"another message"),
        "with a bit turned": lambda f: _signature(f)[:-1] + bytes([_signature(f)[-1] ^ 1]),
    }
    for name, signature in made.items():
        yield Forgery(f"signature {name}", "bad-signature", lambda f, s=signature: f.with_signature(s(f)))
    yield Forgery("signed with another key", "bad-signature", lambda f: f.signed(signer=f.attacker.signer))
    yield Forgery("claims changed after signing", "bad-signature", _with_other_claims)


def _signature(forge: Forge) -> bytes:
    return forge.signer.sign(b"what a token says")


def _der(signature: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))


def _with_other_claims(forge: Forge) -> str:
    header, _, signature = forge.signed().split(".")
    return f"{header}.{_part(forge.claims(scope='operator'))}.{signature}"


def _spellings() -> Iterator[Forgery]:
    respelt: Mapping[str, Callable[[str], str]] = {
        "padded": lambda token: f"{token}==",
        "with a space in it": lambda token: f"{token[:40]} {token[40:]}",
        "with a tab in it": lambda token: f"{token[:-20]}\t{token[-20:]}",
        "with a letter of no alphabet": lambda token: f"{token[:-20]}!{token[-20:]}",
        "with other bits at its end": lambda token: token[:-1] + _sibling(token[-1]),
        "with a percent sign": lambda token: token.replace(".", "%2E"),
        "in quotation marks": lambda token: f'"{token}"',
        "with one part more": lambda token: f"{token}.AAAA",
        "without its signature": lambda token: token.rpartition(".")[0],
        "twice": lambda token: f"{token},{token}",
        "as five parts, like a JWE": lambda token: f"{token}.AAAA.AAAA",
        "nested": lambda token: f"{token.split('.')[0]}.{b64(token.encode())}.{token.split('.')[2]}.",
        "as JSON": lambda token: json.dumps(dict(zip(("protected", "payload", "signature"), token.split("."), strict=True))),
        "in capitals": lambda token: token.upper(),
        "with a byte order mark": lambda token: "\N{ZERO WIDTH NO-BREAK SPACE}" + token,
        "with a full-width dot": lambda token: token.replace(".", "．"),
    }  # fmt: skip
    for name, respell in respelt.items():
        yield Forgery(f"a good token {name}", "malformed", lambda f, r=respell: r(f.signed()))
    bodies: Mapping[str, tuple[str, bytes]] = {
        "a list": ("malformed", b"[]"),
        "null": ("malformed", b"null"),
        "a text": ("malformed", b'"claims"'),
        "broken": ("malformed", b'{"sub": '),
        "not UTF-8": ("malformed", b"\xff\xfe{"),
        "UTF-16": ("malformed", '{"sub": "x"}'.encode("utf-16")),
        "nested deeply": ("malformed-claims", b'{"a":' * 900 + b"1" + b"}" * 900),
        "lists nested deeply": ("malformed", b"[" * 4000),
        "a number of 4,400 digits": ("malformed", b'{"exp": ' + b"9" * 4400 + b"}"),
        "an empty object": ("malformed-claims", b"{}"),
    }
    for name, (reason, body) in bodies.items():
        yield Forgery(f"claims {name}", reason, lambda f, b=body: f.signed(claims=b))
    yield Forgery("header a list", "malformed", lambda f: f.signed(header=b"[]"))
    yield Forgery("oversized", "oversized", lambda f: f.signed(claims=f.claims(filler="x" * 8000)))
    yield Forgery("a refresh token", "malformed", lambda f: f.refresh_token)
    yield Forgery("a key", "malformed", lambda f: json.dumps(dict(f.jwk)))


def _sibling(last: str) -> str:
    """Return the letter that differs in a bit that means nothing at the end of 64 bytes."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return letters[letters.index(last) ^ 1]


FORGERIES: tuple[Forgery, ...] = (
    *_algorithms(), *_headers(), *_claims(), *_signatures(), *_spellings(),
)  # fmt: skip
