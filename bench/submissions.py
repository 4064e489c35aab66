"""S2: handing in applications over HTTP, beside pgbench writing the same rows on the same server.

Sixteen citizens, each with an own account, token and uploaded file, send one complete application after another to two
copies of the API, the fewest that production runs, while the relay carries their events away.
"""

import asyncio
import hashlib
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import orjson

from bench.load import FRESH, Job, Outcome, run
from bench.report import Figure
from bench.stack import Stack
from dev import demo_logins
from dev.client import PlatformClient
from dev.journey import FORM, PDF, SERVICE
from dev.postgres import BINARIES
from dev.run_folder import RunFolder
from dev.topology import Ports

BAR, GOAL = 0.35, 0.5
P95_BAR_MS = 150
CLIENTS = 16
_SCRIPT = Path(__file__).parent / "submission.sql"
CITIZENS = "bench-citizens.json"
_DIGEST = hashlib.sha256(PDF).hexdigest()
_WRITTEN = """
SELECT a.applicant_id::text AS applicant, k.fingerprint::text, k.body::text AS answer, a.public_service, a.card_version,
       a.language, a.channel, a.territory, a.centre, a.agency, a.form_sealed::text, t.facts::text, f.document, f.name,
       f.sha256, f.size, o.topic, o.type, o.data
FROM applications a
JOIN timeline t ON t.application_id = a.id
JOIN application_files f ON f.application_id = a.id
JOIN outbox o ON o.subject = a.id::text
JOIN idempotency_keys k ON k.body ->> 'id' = a.id::text
WHERE a.id = $1::text::uuid
"""


async def register_citizens(folder: RunFolder, ports: Ports) -> None:
    """Make the accounts, on a whole platform that runs: their codes have to arrive."""
    citizens = [
        {"phone": f"+38000{9_000_000 + i}", "email": f"bench-{i}@example.com", "password": f"a password of citizen {i}"}
        for i in range(CLIENTS)
    ]
    client = PlatformClient(ports)
    try:
        for citizen in citizens:
            await demo_logins.register_citizen(client, citizen)
    finally:
        await client.close()
    folder.write(CITIZENS, {"citizens": citizens})


def measure(stack: Stack, *, rounds: int, seconds: float) -> list[Figure]:
    """Rounds in turn, each pair a ratio; the figure is the median ratio."""
    requests = [_prepared(stack, citizen) for citizen in stack.folder.read(CITIZENS)["citizens"]]
    values = _values_of_a_submission(stack)
    with stack.another("applications") as port:
        job = Job([stack.port("applications"), port], requests, seconds, status=201)
        run(replace(job, seconds=2.0))
        pairs = [(run(job), _pgbench(stack, values, seconds=seconds, number=number)) for number in range(rounds)]
    ratio = median(ours.per_second / bare for ours, bare in pairs)
    p95 = median(ours.p95_ms for ours, _ in pairs)
    errors = sum(ours.errors for ours, _ in pairs)
    details = {"errors": errors, "rounds": [{"ours": asdict(ours), "pgbench_tps": bare} for ours, bare in pairs]}
    return [
        Figure(
            "S2",
            f"submit an application, {CLIENTS} clients, 2 copies of the API",
            f"{median(ours.per_second for ours, _ in pairs):,.0f}/s",
            f"{median(bare for _, bare in pairs):,.0f} tps, pgbench, same rows",
            ratio,
            f"≥ {BAR} (goal {GOAL})",
            ratio >= BAR and not errors,
            details,
        ),
        Figure(
            "S2", "the same, time to answer: p95", _times(pairs), "", None, f"p95 ≤ {P95_BAR_MS} ms", p95 <= P95_BAR_MS
        ),
    ]


def _times(pairs: Sequence[tuple[Outcome, float]]) -> str:
    p50, p95 = (median(getattr(ours, name) for ours, _ in pairs) for name in ("p50_ms", "p95_ms"))
    return f"{p95:.0f} ms (p50 {p50:.0f})"


def _application() -> bytes:
    return orjson.dumps(
        {
            "public_service": SERVICE,
            "centre": demo_logins.CENTRE,
            "language": "uk",
            "form": FORM,
            "documents": [{"document": "payment-receipt", "sha256": _DIGEST, "name": "квитанція.pdf"}],
            "consent": True,
        }
    )


def _prepared(stack: Stack, citizen: Mapping[str, str]) -> str:
    """Sign a citizen in, upload the file, and return the request of a submission."""
    login = {"login": citizen["phone"], "password": citizen["password"]}
    token = stack.call("POST", "auth", "/v1/sessions", json=login).json()["access_token"]
    pdf = {"Content-Type": "application/pdf"}
    stack.call("PUT", "applications", f"/v1/files/{_DIGEST}", token=token, content=PDF, headers=pdf)
    body = _application()
    head = (
        f"POST /v1/applications HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {FRESH}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head + body.decode()


def _values_of_a_submission(stack: Stack) -> dict[str, str]:
    """Submit one application and return what it wrote, as pgbench's variables."""
    login = {name: stack.folder.read(CITIZENS)["citizens"][0][name] for name in ("phone", "password")}
    body = {"login": login["phone"], "password": login["password"]}
    token = stack.call("POST", "auth", "/v1/sessions", json=body).json()["access_token"]
    headers = {"Content-Type": "application/json", "Idempotency-Key": "values-of-a-submission"}
    receipt = stack.call(
        "POST", "applications", "/v1/applications", token=token, content=_application(), headers=headers
    )

    async def read() -> Any:
        connection = await asyncpg.connect(stack.database_url("applications"))
        try:
            return await connection.fetchrow(_WRITTEN, receipt.json()["id"])
        finally:
            await connection.close()

    return {name: str(value) for name, value in asyncio.run(read()).items()}


def _pgbench(stack: Stack, values: Mapping[str, str], *, seconds: float, number: int) -> float:
    """Return the transactions per second of pgbench with as many clients."""
    variables = [part for name, value in values.items() for part in ("-D", f"{name}={value}")]
    load = ["-c", str(CLIENTS), "-j", "2", "-T", str(int(seconds)), "-M", "prepared", "-n", "-f", str(_SCRIPT)]
    command = [str(BINARIES / "pgbench"), *load, *variables, "-D", "n=0", "-D", f"round=P{number}-"]
    done = subprocess.run(
        [*command, stack.database_url("applications")],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=False,
    )
    found = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise RuntimeError(f"pgbench failed: {done.stderr[-600:]}")
    return float(found[1])
