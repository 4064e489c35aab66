"""`python -m bench`: measure, print the table, keep the figures in bench/results."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

from bench import cards, events, footprint, report, search, submissions, verification
from bench.report import Figure
from bench.stack import Stack, started
from dev.run_folder import RunFolder

_ON_STACK: Mapping[str, Callable[[Stack, float], list[Figure]]] = {
    "S1": lambda stack, scale: cards.measure(stack, rounds=9, seconds=2 * scale),
    "S3": lambda stack, scale: events.measure(stack, rounds=3, seconds=8 * scale),
    "S12": lambda stack, scale: verification.measure(stack, rounds=5, seconds=3 * scale),
    "S2": lambda stack, scale: submissions.measure(stack, rounds=5, seconds=5 * scale),
    # last of those on the stack: it makes the catalogue larger
    "S5": lambda stack, scale: search.measure(stack, rounds=5, seconds=4 * scale),
}
FIGURES = (*_ON_STACK, "S10")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, epilog="Example: python -m bench --only S1 S2 --scale 2"
    )
    parser.add_argument("--only", nargs="+", choices=FIGURES, help="these figures alone")
    parser.add_argument("--scale", type=float, default=1.0, help="rounds this many times as long (default: 1)")
    options = parser.parse_args()
    wanted = set(options.only or FIGURES)
    # a file or a pipe has no width to fit into
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)
    conditions = report.machine()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        Path(folder).chmod(0o711)  # the database server may run as a user of its own
        figures = _measure(RunFolder(Path(folder)), wanted, options.scale, console)
    report.show(console, figures)
    for file in report.keep(figures, conditions):
        console.print(f"[dim]{file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}[/]")


def _measure(folder: RunFolder, wanted: set[str], scale: float, console: Console) -> list[Figure]:
    figures: list[Figure] = []
    ports = footprint.free_ports()
    console.print("Starting the platform once, to make its data …")
    with footprint.running(folder, ports) as cold_seconds:
        asyncio.run(submissions.register_citizens(folder, ports))
    if "S10" in wanted:
        console.print("Starting it again, warm …")
        with footprint.running(folder, ports) as warm_seconds:
            figures += footprint.measure(folder, cold_seconds, warm_seconds)
    on_stack = [number for number in _ON_STACK if number in wanted]
    if on_stack:
        with started(folder, ports) as stack:
            for number in on_stack:
                console.print(f"Measuring {number} …")
                figures += _ON_STACK[number](stack, scale)
    return sorted(figures, key=lambda figure: int(figure.number[1:]))


if __name__ == "__main__":
    main()
