"""What a browser needs to join the call of a visit: topic, seat, ICE servers, who is polite."""

from __future__ import annotations

from typing import Any

from media.ice_servers import ice_servers
from server.core.clock import Clock
from server.settings import Settings
from server.visits.tables import Visit


def topic(visit_id: str) -> str:
    return f"visit:{visit_id}"


def seat(visit_id: str, *, provider: bool) -> str:
    """One seat per participant; a newer connection on it fences the older one."""
    return f"{visit_id}.{'provider' if provider else 'patient'}"


def call_info(settings: Settings, clock: Clock, visit: Visit, *, provider: bool) -> dict[str, Any]:
    """The patient is the polite side of the W3C perfect-negotiation pattern."""
    mine = seat(visit.id, provider=provider)
    servers = ice_servers(settings.turn_urls, settings.turn_secret.get_secret_value(), mine, clock.now().timestamp())
    return {
        "topic": topic(visit.id),
        "seat": mine,
        "polite": not provider,
        "ice_servers": servers,
        "ice_transport_policy": "relay" if settings.relay_only else "all",
    }
