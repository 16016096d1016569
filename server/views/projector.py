"""From domain events to numbered lines for each audience, and the `Views` port that answers use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from server.api.context import Ports
from server.conversations import service as conversations
from server.events import (
    Audience,
    DomainEvent,
    EntryChanged,
    KeysChanged,
    MessagePosted,
    OfAppointment,
    VisitChanged,
    topic,
)
from server.settings import Settings
from server.store import outbox
from server.store.unit import Event, Unit
from server.views import board, patient
from server.waiting.service import queue


class Projection:
    """Implements `server.store.unit.Projector` and `server.api.context.Views`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    # -- answers --------------------------------------------------------------

    async def board_row(self, unit: Unit, appointment_id: str) -> dict[str, Any]:
        await unit.settle()
        return (await board.rows(unit, [appointment_id]))[appointment_id]

    async def board(self, unit: Unit) -> dict[str, Any]:
        place = topic(Audience.board, unit.tenant)
        heads = await outbox.heads(unit.session, [place])
        return {"heads": heads, "now": board.stamp(unit.clock.now()), **await board.snapshot(unit)}

    async def patient_view(self, unit: Unit, ports: Ports, appointment_id: str) -> dict[str, Any]:
        """The snapshot with its heads. Inside a command the heads are those before its own events, so the page gets
        them again and merges to the same."""
        await unit.settle()
        view = await patient.snapshot(unit, ports, appointment_id)
        topics = [topic(Audience.patient, appointment_id)]
        if view["conversation"]["id"]:
            topics.append(topic(Audience.conversation, view["conversation"]["id"]))
        return {"heads": await outbox.heads(unit.session, topics), **view}

    # -- events ---------------------------------------------------------------

    async def lines(self, unit: Unit, events: Sequence[Event]) -> list[outbox.Line]:
        if any(isinstance(event, OfAppointment) for event in events):
            # Hold the board's number first and look then: two commands at once would each miss the other's place in
            # line, and the later line would not tell of the earlier one.
            await outbox.reserve(unit.session, topic(Audience.board, unit.tenant), 0)
        found: dict[tuple[str, str, str], outbox.Line] = {}
        for event in cast("Sequence[DomainEvent]", events):
            for line in await self._of(unit, event):
                key = (line.topic, line.type, ",".join(sorted(cast("dict[str, object]", line.patch.get("rows", {})))))
                found[key] = line  # the state is the same for all of them: the last of its kind is enough
        return list(found.values())

    async def _of(self, unit: Unit, event: DomainEvent) -> list[outbox.Line]:
        lines = []
        if isinstance(event, OfAppointment):
            if Audience.board in event.audience:
                lines.append(await self._board_line(unit, event))
            if Audience.patient in event.audience:
                lines += await self._patient_lines(unit, event)
        elif isinstance(event, MessagePosted):
            message = await conversations.message_json(unit, event.conversation_id, event.seq)
            patch: dict[str, object] = {"messages": {str(event.seq): message}}
            lines.append(outbox.Line(topic(Audience.conversation, event.conversation_id), event.type, patch))
        elif isinstance(event, KeysChanged):
            version = await conversations.keys_version(unit, event.conversation_id)
            place = topic(Audience.conversation, event.conversation_id)
            lines.append(outbox.Line(place, event.type, {"keys_version": version}))
        return lines

    async def _board_line(self, unit: Unit, event: OfAppointment) -> outbox.Line:
        """The row itself, and the new places of the others in the same queue."""
        # A visit that the board does not show (next week's, or one that has just left it) is taken off, as in a
        # fresh snapshot.
        shown = [event.appointment_id] if await board.shows(unit, event.appointment_id) else []
        rows: dict[str, Any] = {event.appointment_id: None, **await board.rows(unit, shown)}
        if isinstance(event, EntryChanged):
            for place, entry in enumerate(await queue(unit, event.provider_id), 1):
                if entry.appointment_id != event.appointment_id:
                    rows[entry.appointment_id] = {"entry": {"position": place}}
        return outbox.Line(topic(Audience.board, unit.tenant), event.type, {"rows": rows})

    async def _patient_lines(self, unit: Unit, event: OfAppointment) -> list[outbox.Line]:
        kind = "patient.appointment"
        concerned = [event.appointment_id]
        if isinstance(event, EntryChanged):
            kind = "patient.place"
            line = await queue(unit, event.provider_id)
            concerned += [one.appointment_id for one in line if one.appointment_id != event.appointment_id]
        elif isinstance(event, VisitChanged):
            kind = "patient.visit"
        return [
            outbox.Line(topic(Audience.patient, one), kind, await patient.moving(unit, self._settings, one))
            for one in concerned
        ]
