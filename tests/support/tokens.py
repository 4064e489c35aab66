"""Access tokens made with a key of the test's own, as auth makes them, for services under test without auth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shared.clock import Clock
from shared.custody import public_jwk, signer_of
from shared.ids import new_id
from shared.tokens import Signer, sign

ISSUER = "http://auth.test"
AUDIENCES = ("auth", "catalog", "applications", "registry-gateway", "notifications")


@dataclass(frozen=True)
class SigningKey:
    """A P-256 key pair: PEM and signer to sign with, JWK to verify with."""

    kid: str
    pem: str
    jwk: Mapping[str, Any]
    signer: Signer


def a_signing_key(kid: str = "test-key") -> SigningKey:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return SigningKey(kid, pem, public_jwk(private.public_key(), kid), signer_of(private, kid))


class StaticKeys:
    """A key source that holds what it was given."""

    def __init__(self, *keys: SigningKey) -> None:
        self.hold(*keys)

    def hold(self, *keys: SigningKey) -> None:
        """Hold these instead."""
        self._keys = {key.kid: key.jwk for key in keys}

    async def find(self, kid: str) -> Mapping[str, Any] | None:
        return self._keys.get(kid)


@dataclass
class TestIssuer:
    """Issues tokens that a service under test accepts when it is given `keys` and `issuer`."""

    __test__ = False

    clock: Clock
    key: SigningKey = field(default_factory=a_signing_key)
    issuer: str = ISSUER

    @property
    def keys(self) -> StaticKeys:
        return StaticKeys(self.key)

    def claims(self, *, subject: str | None = None, **changes: Any) -> dict[str, Any]:
        """Return the claims of a good token; a change to None leaves the claim out."""
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": subject or str(new_id()),
            "aud": list(AUDIENCES),
            "client_id": "first-party",
            "scope": "",
            "mandates": [],
            "iat": now,
            "exp": now + 600,
            "jti": str(new_id()),
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(
        self,
        *,
        subject: str | None = None,
        role: str | None = None,
        organisation: str | None = None,
        mandates: Sequence[tuple[str, str]] = (),
        scopes: Sequence[str] = (),
        **changes: Any,
    ) -> str:
        held = [*mandates, *([(role, organisation)] if role else [])]
        claims = self.claims(
            subject=subject,
            scope=" ".join(scopes),
            mandates=[{"role": role, "organisation": organisation} for role, organisation in held],
            **changes,
        )
        return sign(claims, self.key.signer)

    def headers(self, **bearer: Any) -> dict[str, str]:
        """Return the header that makes the request the bearer's; arguments as of `token`."""
        return {"Authorization": f"Bearer {self.token(**bearer)}"}
