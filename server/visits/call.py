"""What a browser needs to join the call of a visit: topic, seat, ICE servers, who is polite."""

from __future__ import annotations

from typing import Any

from media.policy import Wishes, polite, transport_policy
from server.access.tables import Practice
from server.api.context import Ports
from server.visits.machine import Status
from server.visits.service import guest_seat, patient_seat
from server.visits.tables import Visit


def topic(visit_id: str) -> str:
    return f"visit:{visit_id}"


def call_info(ports: Ports, visit: Visit, practice: Practice, *, provider: str = "") -> dict[str, Any]:
    """The call as one side needs it; `provider` is the provider's account id, which is also the provider's seat."""
    return {
        "topic": topic(visit.id),
        "seat": provider or patient_seat(visit.id),
        "polite": polite(bool(provider)),
        "relay": "relay" in ports.media.capabilities.routes,
        **paths(ports, visit, practice, provider=provider),
    }


def guest_call_info(visit: Visit, guest_id: str, people: dict[str, str]) -> dict[str, Any]:
    """The call as a guest needs it: through the relay only. `people` says by seat who else may be in it."""
    return {
        "topic": topic(visit.id), "seat": guest_seat(guest_id), "polite": True, "relay": True, "route": "relay",
        "ice_servers": [], "ice_transport_policy": "all", "people": people,
    }  # fmt: skip


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
