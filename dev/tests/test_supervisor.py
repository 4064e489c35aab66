"""The supervisor: says which process failed, why and where its log is; starts again what dies; stops everything."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from dev.ports import free_port, is_taken
from dev.supervisor import Managed, StartFailed, Supervisor
from tests.support.eventually import eventually

HEALTHY = """
import http.server, sys
print("up and running", flush=True)
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""
FAILING = "print('first line'); raise SystemExit('no such database')"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + HEALTHY


@pytest.fixture
async def supervisor():
    """A supervisor whose processes do not outlive the test; `said` holds what it told the person."""
    said = []
    made = Supervisor(said.append)
    made.said = said
    yield made
    await made.stop()


@pytest.fixture
def a_process(tmp_path):
    """Make a process that runs a script."""

    def make(name: str, script: str = HEALTHY) -> Managed:
        port = free_port()
        command = [sys.executable, "-c", script, str(port)]
        return Managed(name, command, {"MARK": name}, f"http://127.0.0.1:{port}/readyz", tmp_path / f"{name}.log")

    return make


def port_of(process: Managed) -> int:
    return int(process.command[-1])


async def nothing() -> None:
    """Look after no other servers."""


async def is_healthy(process: Managed) -> bool:
    return await asyncio.to_thread(is_taken, port_of(process))


async def test_a_start_returns_when_every_process_is_healthy(supervisor, a_process):
    processes, healthy = [a_process("one"), a_process("two")], []

    await supervisor.start(processes, lambda process: healthy.append(process.name))

    assert sorted(healthy) == ["one", "two"]
    assert all([await is_healthy(process) for process in processes])
    assert set(supervisor.pids()) == {"one", "two"}
    assert "up and running" in processes[0].log.read_text()


async def test_a_process_that_ends_while_starting_is_named_with_its_code_last_lines_and_log(supervisor, a_process):
    failing = a_process("broken", FAILING)

    with pytest.raises(StartFailed) as failed:
        await supervisor.start([a_process("one"), failing], lambda _: None)

    told = str(failed.value)
    assert told.startswith("broken ended with code 1 while starting.")
    assert "first line" in told
    assert "no such database" in told
    assert str(failing.log) in told


async def test_a_process_that_never_gets_healthy_is_named(supervisor, a_process, monkeypatch):
    monkeypatch.setattr("dev.supervisor.START_SECONDS", 0.5)
    silent = a_process("silent", "import time; print('waiting for the database', flush=True); time.sleep(60)")

    with pytest.raises(StartFailed) as failed:
        await supervisor.start([silent], lambda _: None)

    assert str(failed.value).startswith("silent was not healthy after 0 s (ConnectError).")
    assert "waiting for the database" in str(failed.value)


async def test_a_process_that_died_is_started_again_and_the_person_is_told(supervisor, a_process):
    processes = [a_process("one"), a_process("two")]
    await supervisor.start(processes, lambda _: None)
    before = supervisor.pids()
    watching = asyncio.create_task(supervisor.watch(nothing))

    os.kill(before["one"], signal.SIGKILL)

    async def is_back() -> bool:
        return supervisor.pids()["one"] != before["one"] and await is_healthy(processes[0])

    await eventually(is_back)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert supervisor.pids()["two"] == before["two"]
    (said,) = supervisor.said
    assert said.startswith("one ended with code -9; starting it again (log: ")


async def test_a_process_that_dies_again_and_again_ends_the_run(supervisor, a_process, tmp_path):
    flag = tmp_path / "flag"
    script = f"import pathlib, sys; pathlib.Path({str(flag)!r}).exists() and sys.exit(7)\n{HEALTHY}"
    process = a_process("fragile", script)
    await supervisor.start([process], lambda _: None)
    flag.touch()
    os.kill(supervisor.pids()["fragile"], signal.SIGKILL)

    with pytest.raises(StartFailed) as failed:
        await asyncio.wait_for(supervisor.watch(nothing), 20)

    assert str(failed.value).startswith("fragile ended 5 times within a minute (code 7).")
    assert len(supervisor.said) == 4


async def test_watching_looks_after_the_servers_too(supervisor):
    rounds = []

    async def others() -> None:
        rounds.append(1)
        if len(rounds) == 3:
            raise StartFailed("PostgreSQL did not start")

    with pytest.raises(StartFailed, match="PostgreSQL"):
        await asyncio.wait_for(supervisor.watch(others), 10)


async def test_a_stop_ends_every_process(supervisor, a_process):
    processes = [a_process("one"), a_process("two")]
    await supervisor.start(processes, lambda _: None)

    await supervisor.stop()

    assert [process.process.returncode for process in processes] == [-signal.SIGTERM, -signal.SIGTERM]
    assert not any([await is_healthy(process) for process in processes])
    await supervisor.stop()


async def test_a_process_that_does_not_end_when_asked_is_killed_and_named(supervisor, a_process, monkeypatch):
    monkeypatch.setattr("dev.supervisor.STOP_SECONDS", 0.5)
    deaf = a_process("deaf", DEAF)
    await supervisor.start([deaf], lambda _: None)

    await supervisor.stop()

    assert deaf.process.returncode == -signal.SIGKILL
    assert supervisor.said == ["deaf did not end in 0 s and was killed"]


async def test_a_process_gets_its_settings_and_no_proxy(supervisor, a_process):
    script = "import os\nprint(os.environ['MARK'], os.environ['NO_PROXY'], 'PYTHONDONTWRITEBYTECODE' in os.environ)\n"
    process = a_process("one", script + HEALTHY)

    await supervisor.start([process], lambda _: None)

    assert "one * False" in process.log.read_text()


def is_gone(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"


async def test_processes_do_not_outlive_a_supervisor_that_was_killed(a_process, tmp_path):
    port, log = free_port(), tmp_path / "child.log"
    script = (
        "import sys, time, pathlib; from dev.child import start_child\n"
        f"child = start_child([sys.executable, '-c', {HEALTHY!r}, '{port}'], pathlib.Path({str(log)!r}))\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    child = int(await parent.stdout.readline())
    await eventually(lambda: asyncio.to_thread(is_taken, port))

    parent.kill()
    await parent.wait()

    await eventually(lambda: asyncio.to_thread(is_gone, child))
