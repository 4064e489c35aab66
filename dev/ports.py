"""Free ports of this machine, for servers that tests start."""

import fcntl
import os
import random
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

from dev.topology import Ports


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
        # a bare descriptor: it stays open, and locked, until the process ends
        name = f"virtual-office-{os.getuid()}-{ports.base}.lock"
        lock = os.open(Path(tempfile.gettempdir()) / name, os.O_CREAT | os.O_RDWR, 0o600)
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not any(is_taken(port) for port in ports.all()):
                return ports
        os.close(lock)


def is_taken(port: int) -> bool:
    """Tell whether somebody listens on a port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
