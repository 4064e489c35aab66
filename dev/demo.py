"""`make demo`: drives the main journey against the running platform and tells it step by step."""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from dev.client import NOT_RUNNING, PlatformClient, StepFailed, does_run
from dev.journey import FORM, PROPOSAL, Journey
from dev.run_folder import RunFolder
from dev.topology import Ports

_KYIV = ZoneInfo("Europe/Kyiv")
_SIGNS = {"match": "[green]✓ match[/]", "mismatch": "[red]✗ mismatch[/]", "not_found": "[yellow]? not found[/]"}


class Demo:
    """Tells one journey."""

    def __init__(self, journey: Journey, console: Console) -> None:
        self._journey = journey
        self._console = console
        self._number = 0

    async def step(self, title: str, act: Callable[[], Awaitable[Any]]) -> Any:
        """Do one step, say how long it took, and return its outcome."""
        self._number += 1
        started = time.perf_counter()
        outcome = await act()
        took = (time.perf_counter() - started) * 1000
        self._console.print(f"[bold cyan]{self._number:2d}[/] {title} [dim]({took:.0f} ms)[/]")
        return outcome

    def note(self, text: str) -> None:
        self._console.print(f"     {text}", soft_wrap=True)

    async def tell(self) -> None:
        """Drive the journey to its end; raises StepFailed."""
        journey = self._journey
        card = await self.step(
            "A citizen searches «реестрація місця прожівання», two typos in it", journey.find_service
        )
        self.note(f"found: {card['name']['uk']}")
        await self.step("registers by phone and e-mail, confirms both codes, signs in", journey.register_citizen)
        self.note(f"{journey.citizen['phone']}, {journey.citizen['email']}")
        receipt = await self.step("submits form, document and consent in one call", journey.submit)
        self.note(f"reference [bold]{receipt['reference']}[/], access code {receipt['access_code']}")
        await self.step("The centre's administrator sees it in the queue", self._seen_by_administrator)
        registered = await self.step(
            "and registers it: the legal clock starts", lambda: journey.do("administrator", "register", "registered")
        )
        self.note(f"decision due by [bold]{registered['deadline_on']}[/]")
        verifications = await self.step("Each register answers, field by field", journey.verified)
        self._show(verifications)
        await self._decide()
        messages = await self.step("Each step reached the applicant by SMS and e-mail, once", journey.messages)
        for message in sorted(messages, key=lambda item: item["position"]):
            if message["channel"] == "sms":
                self.note(f"[dim]SMS[/] {message['text']}")
        tracked = await self.step("Anybody with reference and code follows it without an account", journey.track)
        self.note(tracked["deadline"]["explanation"]["uk"])
        for entry in tracked["timeline"]:
            at = datetime.fromisoformat(entry["at"]).astimezone(_KYIV)
            self.note(f"[dim]{at:%d.%m. %H:%M:%S}[/] {entry['text']['uk']}")

    async def _seen_by_administrator(self) -> None:
        if not await self._journey.is_in_queue_of("administrator", "submitted"):
            raise StepFailed("The administrator's queue does not have the application")

    async def _decide(self) -> None:
        journey = self._journey
        await self.step("A representative of the agency claims it",
                        lambda: journey.do("representative", "claim", "under_review"))  # fmt: skip
        await self.step("and proposes to grant",
                        lambda: journey.do("representative", "propose-decision", "decision_proposed", PROPOSAL))  # fmt: skip
        await self.step("The head of the agency approves",
                        lambda: journey.do("head.agency", "approve-decision", "granted"))  # fmt: skip
        case = await journey.case()
        if case["state"] != "granted":
            raise StepFailed(f"The case is {case['state']}")
        self.note(f"granted: {case['decision']['reason']}")

    def _show(self, verifications: list[dict[str, Any]]) -> None:
        table = Table(box=None, padding=(0, 2), show_header=False)
        for verification in verifications:
            for number, result in enumerate(verification["fields"]):
                register = verification["requirement"] if number == 0 else ""
                table.add_row("   ", register, result["field"], _SIGNS[result["result"]])
        self._console.print(table)
        self.note(f"[dim]stated: moved from «{FORM['previous_address']}», which the register does not confirm[/]")


async def run_demo(folder: RunFolder, ports: Ports) -> int:
    """Return 0 when every step went as it should."""
    console = Console(highlight=False)
    if not await does_run(ports):
        console.print(NOT_RUNNING)
        return 2
    client = PlatformClient(ports)
    demo = Demo(Journey(client, folder), console)
    started = time.perf_counter()
    try:
        await demo.tell()
    except StepFailed as error:
        console.print(f"[red]This step failed:[/] {error}", markup=True)
        return 1
    finally:
        await client.close()
    console.print(f"[bold green]All steps done[/] in {time.perf_counter() - started:.1f} s. "
                  f"What was sent: {ports.url('messages')}/")  # fmt: skip
    return 0
