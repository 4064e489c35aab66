"""A provider of identity that stands outside: answers as OpenID Connect has it, or as a test has it misbehave."""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.tokens import SigningKey, a_signing_key


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    """Return the first two parts of a JWT."""
    return f"{b64(orjson.dumps(header))}.{b64(orjson.dumps(claims))}"


@dataclass
class StandIn:
    """One provider. `changes` are made to the claims of its next tokens, `header` to their header; None leaves a member out."""

    client_id: str = "virtual-office"
    issuer: str = ""
    subject: str = "subject-1"
    key: SigningKey = field(default_factory=lambda: a_signing_key("provider-key"))
    changes: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    is_down: bool = False
    sign: Callable[[str], bytes] | None = None
    body_of: dict[str, bytes] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    nonce: str = ""
    challenge: str = ""
    now: Callable[[], float] = time.time

    def app(self) -> Starlette:
        answers = {
            "/.well-known/openid-configuration": self._metadata,
            "/jwks": self._jwks,
            "/token": self._token,
            "/userinfo": self._userinfo,
        }
        return Starlette(
            routes=[Route(path, self._at(path, answer), methods=["GET", "POST"]) for path, answer in answers.items()]
        )

    def _at(self, path: str, answer: Callable[[dict[str, str]], Any]) -> Callable[[Request], Any]:
        def respond(request: Request, form: dict[str, str]) -> Response:
            self.asked.append((path, form))
            if self.is_down:
                return Response("a page of the provider's proxy", 503)
            time.sleep(self.seconds.get(path, 0))
            if path in self.body_of:
                return Response(self.body_of[path], media_type="application/json")
            told = answer(form)
            return told if isinstance(told, Response) else JSONResponse(told)

        async def endpoint(request: Request) -> Response:
            form = await request.form()
            return respond(request, {name: str(value) for name, value in form.items()})

        return endpoint

    def _metadata(self, _form: dict[str, str]) -> dict[str, Any]:
        addresses = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        told = {f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in addresses.items()}
        told |= {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks"}
        return {**told, "authorization_response_iss_parameter_supported": True, **self.metadata}

    def _jwks(self, _form: dict[str, str]) -> dict[str, Any]:
        return {"keys": [self.key.jwk]}

    def send_off(self, address: str) -> dict[str, str]:
        """Take note of where a browser was sent, as the provider's pages do, and return the parameters."""
        parameters = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.nonce, self.challenge = parameters["nonce"], parameters["code_challenge"]
        return parameters

    def _token(self, form: dict[str, str]) -> Any:
        is_the_one = b64(sha256(form.get("code_verifier", "").encode()).digest()) == self.challenge
        if form.get("code") != "the-code" or not is_the_one:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.id_token()}

    def id_token(self) -> str:
        now = int(self.now())
        claims = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": self.client_id,
            "exp": now + 300,
            "iat": now,
            "nonce": self.nonce,
            "acr": "provider:high",
            "name": "Зразкова Марія Тестівна",
            **self.changes,
        }
        header = {"alg": "ES256", "typ": "JWT", "kid": self.key.kid, **self.header}
        kept = [{name: value for name, value in part.items() if value is not None} for part in (claims, header)]
        message = unsigned(kept[0], kept[1])
        signature = self.sign(message) if self.sign else self.key.signer.sign(message.encode())
        return f"{message}.{b64(signature)}"

    def _userinfo(self, _form: dict[str, str]) -> dict[str, Any]:
        return self.userinfo or {"sub": self.subject}


def hs256(secret: bytes) -> Callable[[str], bytes]:
    """Return what signs with a shared secret."""
    return lambda message: hmac.digest(secret, message.encode(), "sha256")
