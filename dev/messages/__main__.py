"""`python -m dev.messages`: the simulated SMS and mail providers as servers."""

import argparse
import os
from pathlib import Path

import uvicorn

from dev.messages.app import Messages, start_smtp
from dev.messages.store import Store

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 in a container")
parser.add_argument("--port", type=int, default=8091)
parser.add_argument("--smtp-port", type=int, default=8092)
parser.add_argument("--data", type=Path, help="folder to keep messages in; in memory without it")
options = parser.parse_args()
messages = Messages(Store(options.data), os.environ.get("SMS_API_KEY", "sms-dev-key"))
smtp = start_smtp(messages, options.host, options.smtp_port)
try:
    uvicorn.run(messages.app(), host=options.host, port=options.port, log_level="warning")
finally:
    smtp.stop()
