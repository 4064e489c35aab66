"""`python -m dev.registers`: the simulated registers as a server."""

import argparse
import os
from pathlib import Path

import uvicorn

from dev.registers.app import create_app

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 in a container")
parser.add_argument("--port", type=int, default=8090)
parser.add_argument("--data", type=Path, default=Path(__file__).parents[1] / "data")
options = parser.parse_args()
uvicorn.run(
    create_app(options.data, os.environ.get("REGISTERS_API_KEY", "registers-dev-key")),
    host=options.host,
    port=options.port,
    log_level="warning",
)
