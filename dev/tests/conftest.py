"""Simulators and servers as they run beside the platform, each on free ports."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dev.messages.app import Messages, start_smtp
from dev.messages.store import Store
from dev.ports import free_port
from dev.registers.app import create_app
from tests.support.serving import serving

DATA = Path(__file__).parents[1] / "data"
REGISTERS_KEY, SMS_KEY = "registers-key-of-the-tests", "sms-key-of-the-tests"


@pytest.fixture(scope="module")
def _registers() -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {REGISTERS_KEY}"}
    with (
        serving(create_app(DATA, REGISTERS_KEY)) as url,
        httpx.Client(base_url=url, headers=headers, timeout=5) as client,
    ):
        yield client


@pytest.fixture
def registers(_registers: httpx.Client) -> Iterator[httpx.Client]:
    """A client of the simulated registers that knows their key."""
    yield _registers
    for place in ("/faults", "/log"):
        _registers.delete(place).raise_for_status()


@pytest.fixture
def messages(tmp_path: Path) -> Messages:
    """Both simulated providers, keeping what they get in a folder."""
    return Messages(Store(tmp_path / "messages"), SMS_KEY)


@pytest.fixture
def sms(messages: Messages) -> Iterator[httpx.Client]:
    """A client of the simulated SMS provider that knows its key."""
    headers = {"Authorization": f"Bearer {SMS_KEY}"}
    with serving(messages.app()) as url, httpx.Client(base_url=url, headers=headers, timeout=5) as client:
        yield client


@pytest.fixture
def smtp_port(messages: Messages) -> Iterator[int]:
    """The port of the simulated mail server."""
    port = free_port()
    controller = start_smtp(messages, "127.0.0.1", port)
    yield port
    controller.stop()
