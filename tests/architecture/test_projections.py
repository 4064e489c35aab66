"""Projections: what is made of the topics that are kept can be made of them again, and of no others."""

import pytest

from dev.declared import handlers_of, process_of
from dev.topology import SERVICES, Service
from shared.contracts import Contracts

CONTRACTS = Contracts()
LISTENING = [service for service in SERVICES if "consume" in service.roles]


def is_kept(topic: str) -> bool:
    config = CONTRACTS.topics[topic].config
    return config.get("retention.ms") == "-1" or config.get("cleanup.policy") == "compact"


@pytest.mark.parametrize("service", LISTENING, ids=lambda service: service.name)
async def test_a_service_rebuilds_exactly_what_it_makes_of_topics_that_are_kept(service: Service):
    handlers = await handlers_of(service)
    from_kept = {event: handler for event, handler in handlers.items() if is_kept(CONTRACTS.event(event).topic)}
    process = process_of(service)
    assert (dict(process.projection_handlers()) if process.projections else {}) == from_kept
