"""Metrics: one registry per house, patterns and never paths."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from server.core.metrics import Metrics


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    _, body = metrics.render()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_a_scrape_holds_what_was_counted() -> None:
    metrics = Metrics()
    metrics.request("GET", "/v1/visits/{id}", 200, 0.02)
    metrics.request("GET", "/v1/visits/{id}", 200, 0.3)
    metrics.sockets.labels("patient").inc()
    metrics.events_pushed.inc(3)
    metrics.outbox_lag.set(1.5)
    metrics.reminders.labels("sent", "sms").inc()
    metrics.units_committed.inc()
    metrics.sign_in_failed("password")
    found = samples(metrics)
    route = (("method", "GET"), ("route", "/v1/visits/{id}"))
    assert found["careroom_http_requests_total", (*route, ("status", "200"))] == 2
    assert found["careroom_http_request_seconds_count", route] == 2
    assert found["careroom_http_request_seconds_bucket", (("le", "0.025"), *route)] == 1
    assert found["careroom_sockets", (("role", "patient"),)] == 1
    assert found["careroom_events_pushed_total", ()] == 3
    assert found["careroom_outbox_lag_seconds", ()] == 1.5
    assert found["careroom_reminders_total", (("channel", "sms"), ("state", "sent"))] == 1
    assert found["careroom_units_committed_total", ()] == 1
    assert found["careroom_signin_failures_total", (("reason", "password"),)] == 1


def test_strange_methods_and_unknown_paths_make_no_new_series() -> None:
    metrics = Metrics()
    for number in range(50):
        metrics.request(f"X{number}", None, 404, 0.001)
    labels = (("method", "OTHER"), ("route", "unmatched"), ("status", "404"))
    counted = {key: value for key, value in samples(metrics).items() if key[0] == "careroom_http_requests_total"}
    assert counted == {("careroom_http_requests_total", labels): 50}


def test_two_houses_do_not_share_a_counter_and_the_type_is_prometheus_text() -> None:
    one, other = Metrics(), Metrics()
    one.units_committed.inc()
    assert samples(other)["careroom_units_committed_total", ()] == 0
    assert one.render()[0].startswith("text/plain")
