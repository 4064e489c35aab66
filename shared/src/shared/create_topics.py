"""Creates the declared topics: `python -m shared.create_topics --bootstrap-servers host:port`. Can run again and again."""

import argparse
import asyncio
import os

from shared.broker import create_topics
from shared.contracts import Contracts


def main() -> None:
    """Create what is absent and print it."""
    parser = argparse.ArgumentParser(prog="python -m shared.create_topics", description=__doc__)
    parser.add_argument("--bootstrap-servers", default=os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092"))
    created = asyncio.run(create_topics(parser.parse_args().bootstrap_servers, Contracts()))
    print("\n".join(created) or "All topics exist.")


if __name__ == "__main__":
    main()
