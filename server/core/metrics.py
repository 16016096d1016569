"""Numbers for Prometheus: one registry for each House, so tests and instances never share a counter.

Labels hold route patterns, roles, states and channels; never an id, an address or a name.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one House: prometheus_client objects, and verbs for what is counted often."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.http_requests = Counter(
            "careroom_http_requests",
            "HTTP requests answered.",
            ("method", "route", "status"),
            registry=registry,
        )
        self.http_seconds = Histogram(
            "careroom_http_request_seconds",
            "Seconds from request to answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.sockets = Gauge("careroom_sockets", "WebSockets open now.", ("role",), registry=registry)
        self.events_pushed = Counter("careroom_events_pushed", "Events pushed to sockets.", registry=registry)
        self.outbox_lag = Gauge(
            "careroom_outbox_lag_seconds", "Age in seconds of the oldest event not yet announced.", registry=registry
        )
        self.reminders = Counter(
            "careroom_reminders", "Reminders that reached a state.", ("state", "channel"), registry=registry
        )
        self.units_committed = Counter("careroom_units_committed", "Transactions committed.", registry=registry)
        self.signin_failures = Counter(
            "careroom_signin_failures", "Sign-ins refused, by reason.", ("reason",), registry=registry
        )

    def request(self, method: str, route: str | None, status: int, seconds: float) -> None:
        """Count one request. `route` is the pattern (`/v1/visits/{id}`), None when nothing matched: paths hold ids."""
        known = method if method in _METHODS else "OTHER"
        pattern = route or "unmatched"
        self.http_requests.labels(known, pattern, str(status)).inc()
        self.http_seconds.labels(known, pattern).observe(seconds)

    def sign_in_failed(self, reason: str) -> None:
        """Count one refused sign-in. `reason` is a word of ours ("password", "code"), never what was typed."""
        self.signin_failures.labels(reason).inc()

    def render(self) -> tuple[str, bytes]:
        """(content type, body) of a scrape, in the Prometheus text format."""
        return CONTENT_TYPE_LATEST, generate_latest(self.registry)
