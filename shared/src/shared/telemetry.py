"""Traces: W3C Trace Context in, through the process, and out, over HTTP and Kafka alike.

Trace ids are always made and passed on; spans are kept only when a collector is configured.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_propagator = TraceContextTextMapPropagator()


def build_tracer(service: str, otlp_endpoint: str | None) -> Tracer:
    """Return the tracer of one process. Without a collector every span is dropped, its ids still travel."""
    resource = Resource.create({"service.name": service})
    if otlp_endpoint is None:
        return TracerProvider(sampler=ALWAYS_OFF, resource=resource).get_tracer(service)
    # imported here: the exporter costs 10 MiB that a process without a collector need not hold
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    provider = TracerProvider(sampler=ParentBased(ALWAYS_ON), resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{otlp_endpoint}/v1/traces")))
    return provider.get_tracer(service)


@contextmanager
def span(tracer: Tracer, name: str, *, traceparent: str | None, kind: SpanKind = SpanKind.INTERNAL) -> Iterator[Span]:
    """Run the block as a span that continues `traceparent`, or begins a new trace without one."""
    parent = _propagator.extract({"traceparent": traceparent}) if traceparent else Context()
    with tracer.start_as_current_span(name, context=parent, kind=kind) as current:
        yield current


def current_trace_id() -> str | None:
    """Return the trace id in hand as 32 hex digits, or None outside any trace."""
    context = trace.get_current_span().get_span_context()
    return format(context.trace_id, "032x") if context.is_valid else None


def current_traceparent() -> str | None:
    """Return the `traceparent` to send on (W3C Trace Context §3.2), or None outside any trace."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


def outgoing_headers() -> Mapping[str, str]:
    """Return the headers that carry the trace in hand to the next process."""
    traceparent = current_traceparent()
    return {"traceparent": traceparent} if traceparent else {}
