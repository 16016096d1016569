"""The live channel's ties to the clinic: who may listen to what, and what the log says.

`signaling` moves the frames; here stand the ticket route, the gate, the event
source and the patient's `last_seen`.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Annotated

import msgspec
import structlog
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError

from media.engine import Away, MediaEngine
from server.access import sessions
from server.access.schemas import Shape
from server.api.context import Context
from server.api.routing import Route
from server.conversations.rooms import reachable
from server.core.errors import Conflict, Forbidden, NotFound, StaleVersion
from server.core.principal import GUESTS, Principal, Role
from server.core.principal import system as system_of
from server.events import Audience, topic
from server.store import outbox
from server.store.unit import Desk, Unit
from server.vault.port import KeyPort
from server.visits import guest_call, rooms
from server.visits import service as visits
from server.visits.call import topic as call_topic
from server.visits.seats import GUEST, guest_seat, patient_seat
from server.waiting import keeper
from server.waiting import service as waiting
from signaling import tickets
from signaling.frames import Call, Typing
from signaling.hub import Hub
from signaling.peers import CALL_KIND
from signaling.ports import Event, Grant, Refused, Slice, Viewer

log = structlog.get_logger(__name__)

PAGE = 100
SEEN_EVERY = 30.0  # seconds; the away grace is at least three of these
_STAFF = {Role.provider, Role.scheduler, Role.admin}
_REMEMBERED = 100_000  # ticket ids kept to refuse a second use


Topic = Annotated[str, Field(pattern=r"^[a-z]{1,16}:[A-Za-z0-9_-]{1,64}$")]


class TicketIn(Shape):
    topics: list[Topic] = Field(max_length=32)


class TicketOut(BaseModel):
    ticket: str
    url: str


async def issue_ticket(ctx: Context, body: TicketIn) -> TicketOut:
    """A ticket for the live channel; each topic is checked here, the socket itself asks no database.

    The call of a visit that is over is left out: a page that still follows it hears everything else.
    """
    topics = [wanted for wanted in dict.fromkeys(body.topics) if await _checked(ctx, wanted)]
    seat = await _seat(ctx)
    claims = tickets.Claims(
        tenant=ctx.principal.tenant, subject=subject_of(ctx.principal), session=ctx.principal.session_id,
        role=ctx.principal.role.value, topics=tuple(topics), seat=seat,
        seat_epoch=time.time_ns() // 1_000_000,
    )  # fmt: skip
    return TicketOut(ticket=tickets.mint(ctx.ports.keys.derive("ticket"), claims, time.time()), url="/v1/live")


def subject_of(principal: Principal) -> str:
    """Who is present: a patient per appointment, staff per account, anybody else by themselves."""
    if principal.role is Role.patient:
        return topic(Audience.patient, principal.appointment_id)
    if principal.is_staff:
        return f"staff:{principal.account_id}"
    return f"session:{principal.session_id}"  # a guest or an unconfirmed device keeps nobody's place


async def _checked(ctx: Context, wanted: str) -> bool:
    """Whether there is something to hear on a topic. Raises Forbidden or NotFound when it is not for this sign-in."""
    kind, _, subject = wanted.partition(":")
    principal = ctx.principal
    allowed = False
    if kind in {Audience.board, Audience.schedule, Audience.tasks}:
        allowed = principal.is_staff and subject == principal.tenant
    elif kind == Audience.patient:
        allowed = principal.role is Role.patient and subject == principal.appointment_id
    elif kind == Audience.guest:
        allowed = principal.role in {*GUESTS, Role.unconfirmed} and subject == principal.appointment_id
    elif kind == Audience.conversation:
        await reachable(ctx.unit, subject)  # raises NotFound
        allowed = True
    elif wanted == call_topic(subject):
        return await _hears_call(ctx, subject)
    if not allowed:
        raise Forbidden("This sign-in may not listen to that.")
    return True


async def _hears_call(ctx: Context, room: str) -> bool:
    """A call is for the two of the visit, for its co-providers, and, while it runs, for guests who were let in and for
    the members of a group who are in it. Raises Forbidden for everybody else."""
    found = await rooms.of_id(ctx.unit, room)
    if ctx.principal.role is Role.provider:
        if not found:
            raise NotFound("There is no such visit here.")
        mine = [visit for _, visit in found if await visits.sees(ctx.unit, visit)]
        if not mine:
            raise Conflict("This visit is with another provider. Ask the desk to hand it over first.")
        return any(visits.is_open(visit) for visit in mine)
    own = next((one for one in found if one[0].id == ctx.principal.appointment_id), None)
    if own is None or rooms.room_id(ctx.unit, *own) != room:
        raise Forbidden("This sign-in may not listen to that.")
    if ctx.principal.role is Role.patient:
        return rooms.hears(ctx.unit, *own, room)
    if ctx.principal.role in GUESTS and await guest_call.seated(ctx.unit, ctx.principal.link_id, own[1]):
        return True
    raise Forbidden("This sign-in may not listen to that.")


async def _seat(ctx: Context) -> str | None:
    """A patient sits in the visit, a provider at their own desk (one at a time), a guest at their link; a scheduler
    has no seat.
    """
    if ctx.principal.role in GUESTS:
        return guest_seat(ctx.principal.link_id)
    if ctx.principal.role is Role.patient:
        visit = await visits.of_appointment(ctx.unit, ctx.principal.appointment_id)
        return patient_seat(visit.id)
    return ctx.principal.account_id if ctx.principal.role is Role.provider else None


ROUTES = [
    Route("POST", "/v1/live/ticket", issue_ticket, "live.ticket", body=TicketIn, returns=TicketOut,
          problems=[NotFound, Conflict], writes=False, idempotent=False),
]  # fmt: skip


class TicketGate:
    """Implements `signaling.ports.Gate`: reads tickets, refuses ended sign-ins, mints the next ticket."""

    def __init__(self, keys: KeyPort, desk: Desk, welcome: Callable[[Viewer], None]) -> None:
        self._key = keys.derive("ticket")
        self._desk = desk
        self._used: OrderedDict[str, None] = OrderedDict()
        self._welcome = welcome

    async def admit(self, ticket: str) -> Grant:
        try:
            claims = tickets.read(self._key, ticket, time.time())
        except tickets.BadTicket as fault:
            raise Refused from fault
        if claims.id in self._used:
            raise Refused("The ticket was used already.")
        self._used[claims.id] = None
        if len(self._used) > _REMEMBERED:
            self._used.popitem(last=False)
        async with self._desk.unit(system_of(claims.tenant), write=False) as unit:
            if not await sessions.lives(unit, claims.session):
                raise Refused("The sign-in has ended.")
            topics = [one for one in claims.topics if await self._still(unit, claims, one)]
        audience = f"staff:{claims.tenant}" if claims.role in _STAFF else claims.subject
        viewer = Viewer(
            claims.tenant, claims.subject, claims.session, claims.role, audience, claims.seat, claims.seat_epoch
        )
        self._welcome(viewer)
        return Grant(viewer, tuple(topics))

    async def _still(self, unit: Unit, claims: tickets.Claims, wanted: str) -> bool:
        """A ticket outlives what it was given for: a guest who was sent out of the call, and a member of a group who
        waits again, do not hear it by an older one."""
        kind, _, room = wanted.partition(":")
        if kind != CALL_KIND or claims.role not in {*GUESTS, Role.patient}:
            return True
        guest_id = (claims.seat or "").removesuffix(GUEST)
        for appointment, visit in await rooms.of_id(unit, room):
            if claims.role in GUESTS:
                if await guest_call.seated(unit, guest_id, visit):
                    return True
            elif claims.seat == patient_seat(visit.id):
                return rooms.hears(unit, appointment, visit, room)
        return False

    def ticket(self, viewer: Viewer, topics: Sequence[str]) -> str:
        claims = tickets.Claims(
            tenant=viewer.tenant, subject=viewer.subject, session=viewer.session, role=viewer.role,
            topics=tuple(topics), seat=viewer.seat, seat_epoch=viewer.seat_epoch,
        )  # fmt: skip
        return tickets.mint(self._key, claims, time.time())

    def allow(self, viewer: Viewer, frame: Call | Typing) -> bool:
        """Call frames pass between the two seats of a visit, whoever's topic it is was settled by the ticket."""
        return isinstance(frame, Typing) or viewer.seat is not None


class CallLine:
    """Implements `server.api.context.CallLine`: what happens in a call is said to its pages on every instance."""

    def __init__(self, hub: Hub, media: MediaEngine) -> None:
        self._hub, self._media = hub, media
        self._tasks: set[asyncio.Task[None]] = set()

    def say(self, room: str, what: str, seat: str) -> None:
        """An ephemeral frame about a seat to every page of the call."""
        self._hub.whisper(call_topic(room), what, "", msgspec.Raw(msgspec.json.encode({"seat": seat})))

    def put_out(self, room: str, seat: str, subjects: Iterable[str]) -> None:
        """The seat is out: of the relay, and of the call's channel. The others hear it and make new keys."""
        self.say(room, "evicted", seat)
        for subject in subjects:
            self._hub.leave(subject, call_topic(room))
        task = asyncio.ensure_future(self._evict(room, seat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _evict(self, room: str, seat: str) -> None:
        with suppress(Away):  # a relay that is away carries nobody
            await self._media.evict(room, seat)


class LogSource:
    """Implements `signaling.ports.Source` on the outbox; opens the sealed patches on the way out."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def heads(self, topics: Sequence[str]) -> dict[str, int]:
        async with self._desk.store.session(write=False) as session:
            return await outbox.heads(session, topics)

    async def range(self, topic: str, after: int, viewer: Viewer) -> Slice | None:
        async with self._desk.unit(system_of(viewer.tenant), write=False) as unit:
            rows = await outbox.since(unit.session, topic, after, PAGE)
            newest = rows[-1].seq if rows else (await outbox.heads(unit.session, [topic]))[topic]
            if newest > after and (not rows or rows[0].seq != after + 1):
                return None  # what is asked for was pruned: the page loads its snapshot again
            if not rows:
                return Slice(through=after)
            if any(row.tenant != viewer.tenant for row in rows):
                raise NotFound("This topic is not one of your practice.")
            handle = await unit.dek()
            events = tuple(
                Event(
                    row.seq, row.type, outbox.instant(row.at),
                    handle.open_bytes("event", "data", outbox.row_id(topic, row.seq), row.data),
                )
                for row in rows
            )  # fmt: skip
        return Slice(events, rows[-1].seq)


class Attendance:
    """Writes `last_seen` of whoever has a socket here: at once when one comes or goes, then every half minute."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tenants: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def present(self, viewer: Viewer) -> None:
        self._tenants[viewer.subject] = viewer.tenant

    def changed(self, subject: str) -> None:
        """Somebody's first connection opened here, or the last one ended."""
        task = asyncio.ensure_future(self._seen(subject))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self, viewers: Callable[[], Iterable[Viewer]], expel: Callable[[str], None]) -> None:
        """Refresh for ever. `viewers()` gives who is connected to this instance.

        A sign-in that has run out (by time, or with its account) is expelled: an open socket asks nobody by itself.
        """
        while True:
            await asyncio.sleep(SEEN_EVERY)
            for viewer in viewers():
                if not await self._signed_in(viewer):
                    expel(viewer.session)
                    continue
                self.present(viewer)
                await self._seen(viewer.subject)

    async def _signed_in(self, viewer: Viewer) -> bool:
        try:
            async with self._desk.unit(system_of(viewer.tenant), write=False) as unit:
                return await sessions.lives(unit, viewer.session)
        except SQLAlchemyError as error:
            log.warning("attendance.delayed", exc_info=error)
            return True  # the database is away: nobody is thrown out for that

    async def _seen(self, subject: str) -> None:
        tenant, (kind, _, who) = self._tenants.get(subject), subject.partition(":")
        if tenant is None or kind == "session":  # a guest keeps nobody's place, and is no staff
            return
        try:
            async with self._desk.unit(system_of(tenant)) as unit:
                await (waiting.seen(unit, who) if kind == Audience.patient else keeper.staff_seen(unit, who))
        except (SQLAlchemyError, OSError, StaleVersion) as error:
            log.warning("attendance.delayed", exc_info=error)  # the next half minute writes it again
