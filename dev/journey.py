"""The main journey as a client lives it: a citizen submits, the centre registers, registers answer, the agency decides.

Each step is one function over the public API; it raises StepFailed unless the platform did what it should.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any

import orjson

from dev import demo_logins
from dev.client import PlatformClient, StepFailed, key_of
from dev.run_folder import RunFolder

SERVICE = "residence-registration"
QUERY = "реестрація місця прожівання"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
# a synthetic person whose declared address differs from the community register
FORM = {
    "full_name": "Умовний Тарас Миколайович",
    "rnokpp": "2887999130",
    "birth_date": "1979-01-25",
    "id_document_number": "999000006",
    "address": "Дніпро, вул. Умовна, 1",
    "previous_address": "Нікополь, вул. Інша Умовна, 66",
    "arrival_date": "2026-11-20",
    "right_basis": "owner-consent",
    "dwelling_owner_name": "Зразковенко Олена Петрівна",
    "phone": "+380000000006",
}
PROPOSAL = {"outcome": "granted", "reason": "Право на проживання підтверджено згодою власника."}
STEPS_TOLD = ("submitted", "registered", "assigned", "decided")


@dataclass
class Journey:
    """One application on its way. `run` tells it from others."""

    client: PlatformClient
    folder: RunFolder
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    citizen: dict[str, str] = field(default_factory=dict)
    token: str = ""
    receipt: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/v1/applications/{self.receipt['id']}"

    async def whole(self) -> None:
        """Go all the way, up to the last message."""
        await self.find_service()
        await self.register_citizen()
        await self.submit()
        await self.do("administrator", "register", "registered")
        await self.verified()
        await self.do("representative", "claim", "under_review")
        await self.do("representative", "propose-decision", "decision_proposed", PROPOSAL)
        await self.do("head.agency", "approve-decision", "granted")
        await self.messages()
        await self.track()

    async def find_service(self) -> dict[str, Any]:
        """Search with two typos and read the card."""
        found = await self.client.json("GET", "catalog", "/v1/public-services", params={"q": QUERY})
        first: dict[str, Any] = found["items"][0] if found["items"] else {}
        if first.get("slug") != SERVICE:
            raise StepFailed(f"The search found {first.get('slug')} first")
        return first

    async def register_citizen(self) -> None:
        """Register by phone and e-mail, each confirmed by its code, and sign in."""
        number = int(self.run, 16) % 10_000_000
        self.citizen = {
            "phone": f"+38000{number:07d}",
            "email": f"citizen-{self.run}@example.com",
            "password": f"a password of {self.run}",
        }
        await demo_logins.register_citizen(self.client, self.citizen, key=f"register-{self.run}")
        body = {"login": self.citizen["email"], "password": self.citizen["password"]}
        self.token = (await self.client.json("POST", "auth", "/v1/sessions", json=body))["access_token"]

    async def submit(self) -> dict[str, Any]:
        """Submit form, file and consent in one call."""
        digest = hashlib.sha256(PDF).hexdigest()
        application = {
            "public_service": SERVICE,
            "centre": demo_logins.CENTRE,
            "language": "uk",
            "form": FORM,
            "documents": [{"document": "payment-receipt", "sha256": digest, "name": "квитанція.pdf"}],
            "consent": True,
        }
        self.receipt = await self.client.json(
            "POST",
            "applications",
            "/v1/applications",
            token=self.token,
            data={"application": orjson.dumps(application).decode()},
            files={digest: ("receipt.pdf", PDF, "application/pdf")},
            headers=key_of("submit", self.run),
        )
        return self.receipt

    async def officer(self, login: str) -> str:
        """Return an officer's access token."""
        return await demo_logins.sign_in(self.client, self.folder, demo_logins.read(self.folder)[login])

    async def is_in_queue_of(self, login: str, state: str) -> bool:
        """Tell whether an officer's queue has the application."""
        path: str | None = f"/v1/applications?state={state}&limit=100"
        token = await self.officer(login)
        while path:
            page = await self.client.json("GET", "applications", path, token=token)
            if any(item["id"] == self.receipt["id"] for item in page["items"]):
                return True
            path = page["next"]
        return False

    async def do(self, login: str, verb: str, leads_to: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Use a verb as an officer; a repeat that finds it done is as good as the first."""
        token = await self.officer(login)
        options = {} if body is None else {"json": body}
        answer = await self.client.send("POST", "applications", f"{self.path}/{verb}", token=token, **options)
        if not answer.is_success:
            case = await self.client.json("GET", "applications", self.path, token=token)
            if answer.status_code != 409 or case["state"] != leads_to:
                raise StepFailed(f"{verb}: {answer.status_code} {answer.text[:400]}")
            return dict(case)
        return dict(answer.json())

    async def verified(self) -> list[dict[str, Any]]:
        """Wait until every register has answered and return the verifications as the case shows them."""

        async def all_completed() -> list[dict[str, Any]]:
            case = await self.client.json("GET", "applications", self.path, token=await self.officer("administrator"))
            done = [item for item in case["verifications"] if item["state"] == "completed"]
            return done if done and len(done) == len(case["verifications"]) else []

        return list(await self.client.eventually(all_completed, what="every register has answered"))

    async def case(self) -> dict[str, Any]:
        """Return the case as the applicant sees it."""
        return dict(await self.client.json("GET", "applications", self.path, token=self.token))

    async def messages(self) -> list[dict[str, Any]]:
        """Wait until every step was told on both channels; raise StepFailed when one was told twice."""
        addresses = {"sms": self.citizen["phone"], "email": self.citizen["email"]}
        wanted = len(STEPS_TOLD) * len(addresses)

        async def told() -> list[dict[str, Any]]:
            found = []
            for channel, address in addresses.items():
                params = {"to": address, "channel": channel}
                sent = await self.client.json("GET", "messages", "/messages.json", params=params)
                found += [message for message in sent if self.receipt["reference"] in message["text"]]
            return found if len(found) >= wanted else []

        found = list(await self.client.eventually(told, what="every step was told by SMS and e-mail"))
        texts = [(message["channel"], message["text"]) for message in found]
        if len(set(texts)) != wanted or len(texts) != wanted:
            raise StepFailed(f"{wanted} messages were due; these came: {texts}")
        return found

    async def track(self) -> dict[str, Any]:
        """Follow by reference and access code, without an account."""
        path = f"/v1/track/{self.receipt['reference'].lower()}"
        params = {"code": self.receipt["access_code"]}
        return dict(await self.client.json("GET", "applications", path, params=params))
