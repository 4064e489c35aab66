"""One figure beside its baseline and its bar, the table of all, and the files that keep them."""

import json
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from dev.run_folder import ROOT

RESULTS = ROOT / "bench" / "results"
_COLUMNS = ("", "figure", "ours", "baseline", "ratio", "bar", "met?")


@dataclass(frozen=True)
class Figure:
    """One line of the table. `details` has every round, for those who ask how the line came to be."""

    number: str
    what: str
    ours: str
    baseline: str
    ratio: float | None
    bar: str
    is_met: bool
    details: Mapping[str, Any] = field(default_factory=dict)

    def cells(self) -> tuple[str, ...]:
        """Return what the table shows."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        met = "" if not self.bar else "yes" if self.is_met else "NO"
        return (self.number, self.what, self.ours, self.baseline, ratio, self.bar, met)


def machine() -> dict[str, Any]:
    """Return what the figures depend on, the load of the machine before they were taken included."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
        model = found[1].strip() if found else ""
    return {
        "processor": model or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def show(console: Console, figures: Sequence[Figure]) -> None:
    """Print the table."""
    table = Table(*_COLUMNS, title="Figures", title_justify="left")
    for figure in figures:
        *cells, met = figure.cells()
        table.add_row(*cells, f"[{'green' if figure.is_met else 'bold red'}]{met}[/]")
    console.print(table)


def keep(figures: Sequence[Figure], conditions: Mapping[str, Any]) -> list[Path]:
    """Write the figures with all rounds as JSON, and the table as Markdown; return where."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    short = re.sub(r"[^a-z0-9]+", "-", f"{conditions['processor']}-{conditions['cores']}-cores".lower()).strip("-")
    whole = RESULTS / f"{now:%Y-%m-%d-%H%M}-{short}.json"
    content = {"at": now.isoformat(timespec="seconds"), "machine": conditions, "figures": [asdict(f) for f in figures]}
    whole.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")
    latest = RESULTS / "latest.md"
    latest.write_text(_markdown(figures, conditions, now), "utf-8")
    return [whole, latest]


def _markdown(figures: Sequence[Figure], conditions: Mapping[str, Any], now: datetime) -> str:
    rows = [_COLUMNS, ("---",) * len(_COLUMNS), *(figure.cells() for figure in figures)]
    facts = "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in conditions.items())
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"# Figures of {now:%Y-%m-%d %H:%M} UTC\n\n{table}\n\n{facts}\n"
