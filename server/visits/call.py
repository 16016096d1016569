"""What a browser needs to join the call of a visit: topic, seat, ICE servers, who is polite."""

from __future__ import annotations

from typing import Any

from media.policy import Wishes, polite, transport_policy
from server.access.tables import Practice
from server.api.context import Ports
from server.appointments.tables import Appointment
from server.store.unit import Unit
from server.visits import rooms
from server.visits.machine import Status
from server.visits.seats import guest_seat, patient_seat
from server.visits.tables import Visit


def topic(room: str) -> str:
    """Of the call in a room (`rooms.room_id`)."""
    return f"visit:{room}"


async def call_info(
    unit: Unit, ports: Ports, visit: Visit, practice: Practice, *, provider: str = ""
) -> dict[str, Any]:
    """The call as one side needs it; `provider` is the provider's account id, which is also the provider's seat.

    A group, and whoever comes beside the provider who leads, go through the relay from the start: neither is ever a
    call of two alone.
    """
    appointment = await unit.get(Appointment, visit.appointment_id)
    return {
        **where(unit, appointment, visit, provider=provider),
        "visit": visit.id,
        "seat": provider or patient_seat(visit.id),
        "polite": polite(bool(provider)),
        "relay": unit.desk.relay,
        **paths(ports, visit, practice, provider=provider),
    }


def where(unit: Unit, appointment: Appointment, visit: Visit, *, provider: str = "") -> dict[str, Any]:
    """The part of a call that changes while a page is open: in which room it is, and whom the page shows large."""
    direct = not rooms.is_shared(unit, appointment) and provider in {"", appointment.provider_id}
    return {
        "topic": topic(rooms.room_id(unit, appointment, visit)),
        "partner": patient_seat(visit.id) if provider else appointment.provider_id,
        "route": "p2p" if direct else "relay",
    }


def guest_call_info(room: str, visit: Visit, guest_id: str, people: dict[str, str]) -> dict[str, Any]:
    """The call as a guest needs it: through the relay only. `people` says by seat who else may be in it."""
    return {
        "topic": topic(room), "visit": visit.id, "seat": guest_seat(guest_id), "polite": True, "relay": True,
        "route": "relay", "ice_servers": [], "ice_transport_policy": "all", "people": people,
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
