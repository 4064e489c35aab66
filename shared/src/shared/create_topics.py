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
    replicas = int(os.environ.get("KAFKA_REPLICAS", "1"))
    parser.add_argument(
        "--replicas", type=int, default=replicas, help="copies of each topic; 3 where three brokers are"
    )
    options = parser.parse_args()
    created = asyncio.run(create_topics(options.bootstrap_servers, Contracts(), replicas=options.replicas))
    print("\n".join(created) or "All topics exist.")


if __name__ == "__main__":
    main()
