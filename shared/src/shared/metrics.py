"""Prometheus metrics of one process, in a registry of its own so that several apps can share a process."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """The instruments that every service has."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Histogram(
            "http_request_seconds",
            "Time to answer",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.refused_tokens = Counter(
            "refused_tokens", "Access tokens refused, by reason", ("reason",), registry=self.registry
        )
        self.events_published = Counter(
            "events_published", "Events that left the outbox", ("topic",), registry=self.registry
        )
        self.outbox_waiting = Gauge("outbox_waiting", "Events that wait in the outbox", registry=self.registry)
        self.events_waiting = Gauge(
            "events_waiting", "Events that were fetched and wait to be handled", registry=self.registry
        )
        self.events_handled = Counter(
            "events_handled", "Events taken in, by what became of them", ("type", "outcome"), registry=self.registry
        )
        self.event_age = Histogram(
            "event_age_seconds", "Age of an event when handled", ("type",), buckets=_SECONDS, registry=self.registry
        )

    def render(self) -> bytes:
        """Return the exposition text."""
        return generate_latest(self.registry)
