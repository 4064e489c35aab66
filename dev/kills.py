"""`make faults`: journeys against the running platform, a process killed with SIGKILL in the midst of each; then it reconciles.

Every journey must come to its end, and every step must have been told once on each channel, even after all kills.
"""

import asyncio
import os
import random
import signal
import time
from collections.abc import Sequence
from contextlib import suppress

from rich.console import Console
from rich.markup import escape

from dev.client import NOT_RUNNING, PlatformClient, StepFailed, does_run
from dev.journey import Journey
from dev.run_folder import RunFolder
from dev.topology import Ports

_JOURNEY_SECONDS = 1.5


async def run_faults(folder: RunFolder, ports: Ports, rounds: int, seed: int | None, victims: Sequence[str]) -> int:
    """Return 0 when nothing was lost and nothing doubled."""
    console = Console(highlight=False)
    # the numbers of a run that has ended may be those of anybody's processes by now
    if not await does_run(ports):
        console.print(NOT_RUNNING)
        return 2
    pids = folder.read("pids.json")
    if not pids or not all(victim in pids for victim in victims):
        console.print(f"[red]Processes that can be killed:[/] {', '.join(pids) or 'none'}")
        return 2
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    chance = random.Random(seed)  # noqa: S311  chance, not a secret
    console.print(f"{rounds} journeys, a kill in each; repeat with --seed {seed}")
    client = PlatformClient(ports)
    journeys: list[Journey] = []
    failures = 0
    try:
        for number in range(1, rounds + 1):
            victim = victims[(number - 1) % len(victims)] if victims else chance.choice(sorted(pids))
            moment = chance.uniform(0, _JOURNEY_SECONDS)
            journeys.append(Journey(client, folder))
            started = time.monotonic()
            outcome = await _one(journeys[-1], folder, victim, moment)
            failures += outcome is not None
            told = f"[red]{escape(outcome)}[/]" if outcome else "[green]complete[/]"
            took = time.monotonic() - started
            console.print(
                f"{number:3d} kill -9 {victim} after {moment:.1f} s: {told} [dim]({took:.1f} s)[/]", soft_wrap=True
            )
        failures += await _reconcile(journeys, console)
    finally:
        await client.close()
    verdict = f"[red]{failures} failures[/]" if failures else "[bold green]Nothing lost, nothing doubled.[/]"
    console.print(f"{rounds} cases. {verdict}")
    return 1 if failures else 0


async def _one(journey: Journey, folder: RunFolder, victim: str, moment: float) -> str | None:
    """Go one journey while `victim` is killed; return what went wrong."""

    async def kill() -> None:
        await asyncio.sleep(moment)
        with suppress(ProcessLookupError):  # it has just ended by itself, and is being started again
            os.kill(folder.read("pids.json")[victim], signal.SIGKILL)

    killing = asyncio.create_task(kill())
    try:
        await journey.whole()
    except StepFailed as error:
        return str(error)
    finally:
        await killing
    return None


async def _reconcile(journeys: Sequence[Journey], console: Console) -> int:
    """Look at every case and its messages once more, now that everything is up again; return how many are not right."""
    failures = 0
    for journey in (journey for journey in journeys if journey.receipt):  # what was not submitted is no case
        try:
            await journey.messages()
            state = (await journey.case())["state"]
        except StepFailed as error:
            failures += 1
            console.print(f"[red]{escape(str(error))}[/]")
        else:
            failures += state != "granted"
    return failures
