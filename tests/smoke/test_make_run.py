"""What a newcomer does: make run, make demo, Ctrl-C, make run again, make reset."""

import socket
from pathlib import Path

import httpx
import pytest

from dev.ports import free_ports, is_taken
from tests.support.made import make, make_run

pytestmark = pytest.mark.smoke


def test_the_platform_starts_shows_the_journey_stops_and_keeps_its_data(open_folder: Path) -> None:
    folder, ports = open_folder / "run", free_ports()
    with make_run(folder, ports) as platform:
        welcome = platform.output.read_text()
        assert "administrator" in welcome
        assert f"{ports.url('messages')}/" in welcome

        demo = make("demo", folder, ports)
        assert demo.returncode == 0, demo.stdout + demo.stderr
        assert "All steps done" in demo.stdout

        assert make("reset", folder, ports).returncode != 0, "a running platform keeps its data"
        platform.press_ctrl_c()
        assert "Stopped." in platform.output.read_text()
    assert not [port for port in ports.all() if is_taken(port)]

    with make_run(folder, ports) as platform:
        sent = httpx.get(f"{ports.url('messages')}/messages.json", trust_env=False).json()
        assert any("задоволено" in message["text"] for message in sent)
        found = httpx.get(f"{ports.url('catalog')}/v1/public-services", params={"q": "субсидія"}, trust_env=False)
        assert found.json()["items"]
        again = make("demo", folder, ports)
        assert again.returncode == 0, again.stdout + again.stderr

    assert make("reset", folder, ports).returncode == 0
    assert not folder.exists()


def test_a_port_that_is_taken_is_named_before_anything_starts(tmp_path: Path) -> None:
    ports = free_ports()
    with socket.create_server(("127.0.0.1", ports.named("messages"))):
        answer = make("run", tmp_path / "run", ports)
    assert answer.returncode != 0
    assert str(ports.named("messages")) in answer.stdout
    assert not (tmp_path / "run" / "postgres").exists()


def test_the_demo_says_how_to_start_the_platform_when_it_is_not_up(tmp_path: Path) -> None:
    answer = make("demo", tmp_path / "run", free_ports())
    assert answer.returncode != 0
    assert "make run" in answer.stdout
