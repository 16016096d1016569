"""From domain events to numbered lines for each audience, and the `Views` port that answers use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from server.api.context import Ports
from server.appointments.tables import Appointment
from server.conversations import service as conversations
from server.core.principal import Role
from server.events import (
    Audience,
    CompanyChanged,
    DeliveryChanged,
    DomainEvent,
    EntryChanged,
    KeysChanged,
    LatenessChanged,
    MessagePosted,
    OfAppointment,
    OfTask,
    PlacesForecast,
    VisitChanged,
    topic,
)
from server.settings import Settings
from server.store import outbox
from server.store.unit import Event, Unit
from server.tasks import shown as tasks
from server.tasks.kinds import Kind
from server.views import board, company, guest, lateness, patient, schedule
from server.views.hanging import leave_out, of_appointments
from server.waiting.line import queue
from server.waiting.tables import WaitingRoomEntry


class Projection:
    """Implements `server.store.unit.Projector` and `server.api.context.Views`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    # -- answers --------------------------------------------------------------

    async def board_row(self, unit: Unit, appointment_id: str) -> dict[str, Any]:
        return (await self.board_rows(unit, [appointment_id]))[0]

    async def board_rows(self, unit: Unit, appointment_ids: Sequence[str]) -> list[dict[str, Any]]:
        """The rows as the command leaves them. The board's number is taken first, as `lines` does, so that the event
        can say what the answer says without looking again."""
        await unit.view(hold=topic(Audience.board, unit.tenant))
        if len(appointment_ids) == 1:
            await leave_out(unit, appointment_ids[0])
        rows = await board.rows(unit, appointment_ids)
        for appointment_id, row in rows.items():
            unit.know((board.rows, appointment_id), row)
        return [rows[appointment_id] for appointment_id in appointment_ids]

    async def board(self, unit: Unit) -> dict[str, Any]:
        place = topic(Audience.board, unit.tenant)
        heads = await outbox.heads(unit.session, [place])
        return {"heads": heads, "now": board.stamp(unit.clock.now()), **await board.snapshot(unit)}

    async def schedule(self, unit: Unit, first: date, days: int) -> dict[str, Any]:
        heads = await outbox.heads(unit.session, [topic(Audience.schedule, unit.tenant)])
        return {"heads": heads, "now": board.stamp(unit.clock.now()), **await schedule.snapshot(unit, first, days)}

    async def patient_view(self, unit: Unit, ports: Ports, appointment_id: str) -> dict[str, Any]:
        """The snapshot with its heads. Inside a command the heads are those before its own events, so the page gets
        them again and merges to the same."""
        await unit.view(hold=topic(Audience.board, unit.tenant))
        view = await patient.snapshot(unit, ports, appointment_id)
        outside = unit.principal.role is Role.unconfirmed
        topics = [topic(Audience.guest if outside else Audience.patient, appointment_id)]
        if view.get("conversation", {}).get("id"):
            topics.append(topic(Audience.conversation, view["conversation"]["id"]))
        return {"heads": await outbox.heads(unit.session, topics), **view}

    async def guest_view(self, unit: Unit, ports: Ports, guest_id: str) -> dict[str, Any]:
        """As `patient_view`, for a guest. What an event tells is the same for all guests; the page looks again."""
        await unit.view()
        view = await guest.snapshot(unit, ports.settings, guest_id)
        place = topic(Audience.guest, unit.principal.appointment_id)
        return {"heads": await outbox.heads(unit.session, [place]), **view}

    # -- events ---------------------------------------------------------------

    async def lines(self, unit: Unit, events: Sequence[Event]) -> list[outbox.Line]:
        # Hold the board's number first and look then: two commands at once would each miss the other's place in
        # line, and the later line would not tell of the earlier one.
        of_board = any(isinstance(event, OfAppointment) for event in events)
        await unit.view(hold=topic(Audience.board, unit.tenant) if of_board else "")
        found: dict[tuple[str, str], outbox.Line] = {}
        work = _Telling(unit, self._settings)
        await work.look_at({event.appointment_id for event in events if isinstance(event, DeliveryChanged)})
        await work.look_at_stays([event.appointment_id for event in events if isinstance(event, PlacesForecast)])
        for event in cast("Sequence[DomainEvent]", events):
            for line in await work.of(event):
                key = (line.topic, line.type)
                found[key] = _joined(found[key], line) if key in found else line
        return list(found.values())


def _joined(first: outbox.Line, second: outbox.Line) -> outbox.Line:
    """Two lines of one kind in one transaction are one: both tell the same final state, each a part of it."""
    return outbox.Line(first.topic, first.type, _union(first.patch, second.patch))


def _union(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    both = dict(first)
    for name, value in second.items():
        if isinstance(value, dict) and isinstance(both.get(name), dict):
            both[name] = _union(both[name], value)
        elif name not in both or both[name] is not None:  # what is gone for one of them is gone
            both[name] = value
    return both


class _Telling:
    """The lines of one Unit. Each thing is looked at once, however many events speak of it: the state is final."""

    def __init__(self, unit: Unit, settings: Settings) -> None:
        self.unit = unit
        self._settings = settings
        self._rows: dict[str, dict[str, Any] | None] = {}
        self._slots: dict[str, dict[str, Any] | None] = {}
        self._forecast: dict[str, WaitingRoomEntry] = {}

    async def look_at(self, appointment_ids: set[str]) -> None:
        """The rows of many visits at once: messages go out by hundreds in one transaction."""
        shown = await board.shown_of(self.unit, appointment_ids) if appointment_ids else set()
        fresh = await board.rows(self.unit, sorted(shown))
        for appointment_id in appointment_ids:
            self._rows[appointment_id] = fresh.get(appointment_id)

    async def look_at_stays(self, appointment_ids: Sequence[str]) -> None:
        """The stays of all whose forecast changed: a whole room has another one at once."""
        if appointment_ids:
            stays = await of_appointments(self.unit, WaitingRoomEntry, appointment_ids)
            self._forecast = board.latest(stays)

    async def of(self, event: DomainEvent) -> list[outbox.Line]:
        lines: list[outbox.Line] = []
        patch: dict[str, object]
        if isinstance(event, OfAppointment):
            if isinstance(event, EntryChanged | VisitChanged):  # what a person waits for
                await leave_out(self.unit, event.appointment_id)
            if isinstance(event, DeliveryChanged) and self._rows[event.appointment_id] is None:
                return []  # the board does not show this visit, and how its messages fare does not change that
            if Audience.board in event.audience:
                lines += [await self._board_line(event), await self._schedule_line(event)]
            if Audience.patient in event.audience:
                lines += await self._patient_lines(event)
        elif isinstance(event, OfTask):
            place = topic(Audience.tasks, self.unit.tenant)
            lines.append(outbox.Line(place, event.type, {"tasks": await tasks.patch(self.unit, [event.task_id])}))
            if event.kind == Kind.feel_worse and event.appointment_id:
                patch = {"alert": await patient.alert(self.unit, event.appointment_id)}
                lines.append(outbox.Line(topic(Audience.patient, event.appointment_id), "patient.alert", patch))
        elif isinstance(event, LatenessChanged):
            patch = {"late": {event.lane: await lateness.line_of(self.unit, event.lane)}}
            lines.append(outbox.Line(topic(Audience.board, self.unit.tenant), event.type, patch))
        elif isinstance(event, MessagePosted):
            message = await conversations.message_json(self.unit, event.conversation_id, event.seq)
            patch = {"messages": {str(event.seq): message}}
            lines.append(outbox.Line(topic(Audience.conversation, event.conversation_id), event.type, patch))
        elif isinstance(event, KeysChanged):
            version = await conversations.keys_version(self.unit, event.conversation_id)
            place = topic(Audience.conversation, event.conversation_id)
            lines.append(outbox.Line(place, event.type, {"keys_version": version}))
        return lines

    async def _board_line(self, event: OfAppointment) -> outbox.Line:
        """The row itself, and the new places of the others in the same queue."""
        # A visit that the board does not show (next week's, or one that has just left it) is taken off, as in a
        # fresh snapshot.
        rows: dict[str, Any]
        if isinstance(event, PlacesForecast):
            entry = self._forecast.get(event.appointment_id)
            rows = {event.appointment_id: {"entry": board.elsewhere(entry)}} if entry else {}
            return outbox.Line(topic(Audience.board, self.unit.tenant), event.type, {"rows": rows})
        rows = {event.appointment_id: await self._row(event.appointment_id)}
        if isinstance(event, EntryChanged):
            for entry, place in await self._others(event):
                rows[entry.appointment_id] = {"entry": {"position": place}}
        return outbox.Line(topic(Audience.board, self.unit.tenant), event.type, {"rows": rows})

    async def _schedule_line(self, event: OfAppointment) -> outbox.Line:
        """The row, whatever day it is on: who does not show that day drops it."""
        one = event.appointment_id
        if one not in self._slots:
            self._slots[one] = await schedule.row(self.unit, one)
        return outbox.Line(topic(Audience.schedule, self.unit.tenant), event.type, {"rows": {one: self._slots[one]}})

    async def _patient_lines(self, event: OfAppointment) -> list[outbox.Line]:
        """To the patient all of it; to the others in the line only their own new place."""
        kind = "patient.visit" if isinstance(event, VisitChanged | CompanyChanged) else "patient.appointment"
        if isinstance(event, PlacesForecast):
            entry = self._forecast.get(event.appointment_id)
            shown: dict[str, object] = {"entry": board.elsewhere(entry)} if entry else {}
            return [outbox.Line(topic(Audience.patient, event.appointment_id), "patient.forecast", shown)]
        if not isinstance(event, EntryChanged):
            return [await self._own_line(event.appointment_id, kind), *await self._guest_lines(event.appointment_id)]
        lines = [await self._own_line(event.appointment_id, "patient.place")]
        lines += await self._guest_lines(event.appointment_id)
        for entry, place in await self._others(event):
            patch: dict[str, object] = {"entry": patient.entry_view(entry, place)}
            lines.append(outbox.Line(topic(Audience.patient, entry.appointment_id), "patient.place", patch))
        return lines

    async def _own_line(self, appointment_id: str, kind: str) -> outbox.Line:
        patch = await patient.moving(self.unit, self._settings, appointment_id)
        return outbox.Line(topic(Audience.patient, appointment_id), kind, patch)

    async def _guest_lines(self, appointment_id: str) -> list[outbox.Line]:
        """Guests, and devices that nobody knows, are told that something changed; what they may see they ask for."""
        if not await company.has_onlookers(self.unit, appointment_id):
            return []
        return [outbox.Line(topic(Audience.guest, appointment_id), "guest.look", {})]

    async def _others(self, event: EntryChanged) -> list[tuple[WaitingRoomEntry, int]]:
        """The entries of those whose place changed, with the place they have now."""
        moved = set(event.moved)
        if not moved:
            return []
        return [
            (entry, place)
            for lane in event.lanes
            for place, entry in enumerate(await queue(self.unit, lane), 1)
            if entry.appointment_id in moved
        ]

    async def _row(self, appointment_id: str) -> dict[str, Any] | None:
        if appointment_id not in self._rows:
            self._rows[appointment_id] = await self._look(appointment_id)
        return self._rows[appointment_id]

    async def _look(self, appointment_id: str) -> dict[str, Any] | None:
        one = (await self.unit.find(Appointment, [appointment_id])).get(appointment_id)
        if one is None or not board.shows(self.unit, one):
            return None

        async def load() -> dict[str, Any]:
            return (await board.rows(self.unit, [appointment_id]))[appointment_id]

        return await self.unit.once((board.rows, appointment_id), load)
