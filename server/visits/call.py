"""What a browser needs to join the call of a visit: topic, seat, ICE servers, who is polite."""

from __future__ import annotations

from typing import Any

from media.policy import Wishes, polite, transport_policy
from server.api.context import Ports
from server.visits.tables import Visit


def topic(visit_id: str) -> str:
    return f"visit:{visit_id}"


def patient_seat(visit_id: str) -> str:
    """One seat per participant; a newer connection on it fences the older one."""
    return f"{visit_id}.patient"


def call_info(ports: Ports, visit: Visit, *, provider: str = "") -> dict[str, Any]:
    """The call as one side needs it; `provider` is the provider's account id, which is also the provider's seat."""
    mine = provider or patient_seat(visit.id)
    servers = ports.ice_servers.for_participant(mine, ports.clock.now().timestamp())
    wishes = Wishes(has_turn=bool(ports.ice_servers.turn), practice_hides=ports.settings.relay_only)
    return {
        "topic": topic(visit.id),
        "seat": mine,
        "polite": polite(bool(provider)),
        "ice_servers": servers,
        "ice_transport_policy": transport_policy(wishes),
    }
