"""Free ports of this machine, for servers that tests start."""

import random
import socket

from dev.topology import Ports


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports() -> Ports:
    """Return ports for a whole platform that nobody listens on now, below those that the system gives out by itself."""
    while True:
        ports = Ports(random.randrange(10_000, 30_000, 500))  # noqa: S311  chance, not a secret
        if not any(is_taken(port) for port in ports.all()):
            return ports


def is_taken(port: int) -> bool:
    """Tell whether somebody listens on a port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
