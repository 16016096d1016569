"""What a browser needs to join the call of a visit: topic, seat, ICE servers, who is polite."""

from __future__ import annotations

from typing import Any

from media.policy import Wishes, polite, transport_policy
from server.access.tables import Practice
from server.api.context import Ports
from server.visits.machine import Status
from server.visits.tables import Visit


def topic(visit_id: str) -> str:
    return f"visit:{visit_id}"


def patient_seat(visit_id: str) -> str:
    """One seat per participant; a newer connection on it fences the older one."""
    return f"{visit_id}.patient"


def call_info(ports: Ports, visit: Visit, practice: Practice, *, provider: str = "") -> dict[str, Any]:
    """The call as one side needs it; `provider` is the provider's account id, which is also the provider's seat."""
    return {
        "topic": topic(visit.id),
        "seat": provider or patient_seat(visit.id),
        "polite": polite(bool(provider)),
        "relay": "relay" in ports.media.capabilities.routes,
        **paths(ports, visit, practice, provider=provider),
    }


def paths(ports: Ports, visit: Visit, practice: Practice, *, provider: str = "") -> dict[str, Any]:
    """By which ways the call may go now, with credentials that are good from now on.

    Until somebody is let in, only through TURN where there is one: a forwarded link learns no address.
    """
    mine = provider or patient_seat(visit.id)
    wishes = Wishes(
        has_turn=bool(ports.ice_servers.turn),
        practice_hides=practice.relay_only or ports.settings.relay_only,
        strangers=visit.status == Status.planned,
    )
    return {
        "ice_servers": ports.ice_servers.for_participant(mine, ports.clock.now().timestamp()),
        "ice_transport_policy": transport_policy(wishes),
    }
