"""Free ports of this machine, for servers that tests start."""

import fcntl
import random
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from dev.topology import Ports

_reserved: list[IO[str]] = []


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports() -> Ports:
    """Return ports for a whole platform, below those that the system gives out by itself.

    Nobody listens on them now, and no other test process gets them while this one lives.
    """
    while True:
        ports = Ports(random.randrange(10_000, 30_000, 250))  # noqa: S311  chance, not a secret
        lock = (Path(tempfile.gettempdir()) / f"virtual-office-{ports.base}.lock").open("w")
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not any(is_taken(port) for port in ports.all()):
                _reserved.append(lock)
                return ports
        lock.close()


def is_taken(port: int) -> bool:
    """Tell whether somebody listens on a port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
