"""The opened house: every port, chosen by URL, opened in order and closed in reverse.

    async with open_house(settings) as house:
        app = build_app(house)

Tests take a house and `dataclasses.replace` one port.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial

from sqlalchemy import text

from media.engine import MediaEngine, open_media
from media.engine_relay import Relay
from media.ice_servers import IceServers
from media.ice_servers import parse as parse_ice
from media.leases import open_leases
from media.shared_relay import SharedRelay
from notifications.mail import parse_sender
from notifications.pace import Pace, open_pace
from notifications.push import SERVICES, PushSender, WebPush
from notifications.sender import MailSender, SmsSender, open_mail, open_sms
from notifications.voice import VoiceCaller, open_voice
from server.absences import work as absences
from server.access.gate import AccessGate
from server.audit.service import ChainAuditor
from server.core.clock import Clock, SystemClock
from server.core.limits import Limits
from server.core.metrics import Metrics
from server.core.principal import Role
from server.live import Attendance, CallLine, LogSource, TicketGate
from server.reminders.worker import Worker
from server.sealed_bus import SealedBus
from server.settings import Mode, Settings
from server.store import outbox
from server.store.engine import Store, open_store
from server.store.migrate import at_head
from server.store.unit import Desk, Unit
from server.vault.port import KeyPort, KeyTrouble, open_keys
from server.vault.vault import Vault
from server.views.projector import Projection
from server.visits import race
from server.wiring import LISTENERS
from signaling.bus import open_bus
from signaling.hub import Hub
from signaling.ports import Event
from signaling.presence import Presence


@dataclass(frozen=True, slots=True)
class House:
    """All ports, open. It satisfies `server.api.context.Ports`."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    limits: Limits
    keys: KeyPort
    store: Store
    desk: Desk
    gate: AccessGate
    views: Projection
    sms: SmsSender
    mail: MailSender
    voice: VoiceCaller
    push: PushSender
    pace: Pace
    media: MediaEngine
    ice_servers: IceServers
    bus: SealedBus
    hub: Hub
    call_line: CallLine
    attendance: Attendance
    worker: Worker | None

    @property
    def wake_worker(self) -> Callable[[], None]:
        return self.worker.wake if self.worker is not None else lambda: None

    @property
    def expel(self) -> Callable[[str], None]:
        return self.hub.expel

    def receipts(self, channel: str) -> bool:
        return channel == "sms" and bool(_status_callback(self.settings))

    def probes(self) -> dict[str, Callable[[], Awaitable[str]]]:
        """What `doctor` asks: each answers with a sentence or raises."""
        return {
            **self.vital_probes(),
            "sms": self.sms.check,
            "mail": self.mail.check,
            "voice": self.voice.check,
            "media": self._probe_media,
        }

    def vital_probes(self) -> dict[str, Callable[[], Awaitable[str]]]:
        """What `/readyz` asks: only what this instance cannot serve without. A provider of texts that is away must
        not take the whole clinic from the front proxy."""
        return {
            "database": self._probe_database,
            "migrations": self._probe_migrations,
            "bus": self._probe_bus,
            "keys": self._probe_keys,
        }

    async def _probe_database(self) -> str:
        async with self.store.session(write=False) as session:
            await session.execute(text("SELECT 1"))
        return f"{self.store.dialect} answers"

    async def _probe_migrations(self) -> str:
        if not await at_head(self.store):
            raise RuntimeError("the database is not at the newest migration: run careroom migrate")
        return "the tables are current"

    async def _probe_bus(self) -> str:
        return f"the {self.bus.name} bus answers in {await self.bus.check() * 1000:.1f} ms"

    async def _probe_keys(self) -> str:
        return self.keys.check()

    async def _probe_media(self) -> str:
        await self.media.check()
        relays = len(self.ice_servers.turn)
        ways = "peer to peer and a relay" if "relay" in self.media.capabilities.routes else "peer to peer"
        return f"{ways}, {relays} TURN address{'' if relays == 1 else 'es'}"


def _status_callback(settings: Settings) -> str | None:
    """Where Twilio tells what became of a text; it calls public addresses only."""
    twilio = bool(settings.twilio_token)
    return f"{settings.public_url}/v1/sms/status" if twilio and settings.secure else None


class CannotStart(Exception):
    """One clear sentence for whoever started us."""


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """A setting that cannot be used is a sentence to the person who set it, not a stack."""
    try:
        yield
    except (KeyTrouble, ValueError) as fault:
        raise CannotStart(str(fault)) from None


def _shared(media: MediaEngine, settings: Settings, keys: KeyPort) -> MediaEngine:
    """A relay of several instances is one: their leases and questions go where their bus goes."""
    if not isinstance(media, Relay) or settings.bus_url.startswith("memory:"):
        return media
    wire = SealedBus(open_bus(settings.bus_url), keys.derive("relay"))
    return SharedRelay(media, open_leases(settings.bus_url), wire)


class _Hook:
    """The hub exists after the desk that announces to it; this is the knot between them."""

    def __init__(self) -> None:
        self.hub: Hub | None = None
        self.worker: Worker | None = None

    def announce(self, line: outbox.Written) -> None:
        if self.hub is not None:
            event = Event(line.seq, line.type, outbox.instant(line.at), line.patch)
            self.hub.announce(line.topic, line.seq, event, line.tenant)

    def committed(self, unit: Unit) -> None:
        if self.worker is not None and unit.emitted:
            self.worker.wake()


@asynccontextmanager
async def open_house(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[House]:
    """Open every port. Nothing runs by itself yet; see `lively`."""
    clock = clock or SystemClock()
    hook = _Hook()
    async with AsyncExitStack() as stack:
        with _in_plain_words():
            settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            keys = open_keys(settings.keys_url)
            store = open_store(settings.database_url)
            stack.push_async_callback(store.aclose)
            sms = open_sms(settings.sms_url, status_callback=_status_callback(settings), now=clock.now)
            stack.push_async_callback(sms.aclose)
            mail = open_mail(
                settings.mail_url,
                sender_address=settings.mail_from,
                now=clock.now,
                bounces=settings.mail_bounces,
                dkim=settings.mail_dkim,
            )
            stack.push_async_callback(mail.aclose)
            voice = open_voice(settings.voice_url, now=clock.now)
            stack.push_async_callback(voice.aclose)
            contact = f"mailto:{parse_sender(settings.mail_from).addr_spec}"
            push = WebPush(keys.derive("vapid"), contact, settings.services or SERVICES)
            stack.push_async_callback(push.aclose)
            pace = open_pace(settings.bus_url, {"sms": settings.sms_rate, "email": settings.mail_rate})
            stack.push_async_callback(pace.aclose)
            media = _shared(open_media(settings.media_url), settings, keys)
            stack.push_async_callback(media.aclose)
        views = Projection(settings)
        desk = Desk(
            store=store, vault=Vault(keys, clock=clock), clock=clock, auditor=ChainAuditor(), projector=views,
            announce=hook.announce, listeners=LISTENERS, committed=hook.committed,
            relay="relay" in media.capabilities.routes, fictional=settings.mode is not Mode.production,
        )  # fmt: skip
        attendance = Attendance(desk)
        with _in_plain_words():
            bus = SealedBus(open_bus(settings.bus_url), keys.derive("bus"))
            ice_servers = parse_ice(settings.turn_urls, settings.turn_secret.get_secret_value())
        stack.push_async_callback(bus.aclose)
        presence = Presence(attendance.changed, attendance.changed)
        hub = Hub(bus, LogSource(desk), TicketGate(keys, desk, attendance.present), presence=presence)
        house = House(
            settings=settings, clock=clock, metrics=Metrics(), limits=Limits(), keys=keys, store=store, desk=desk,
            gate=AccessGate(store, clock), views=views, sms=sms, mail=mail, voice=voice, push=push, pace=pace,
            media=media, ice_servers=ice_servers, bus=bus, hub=hub, call_line=CallLine(hub, media),
            attendance=attendance, worker=None,
        )  # fmt: skip
        if settings.worker:
            hook.worker = Worker(house, absences.once, race.once)
            object.__setattr__(house, "worker", hook.worker)
        hook.hub = hub
        yield house


@asynccontextmanager
async def lively(house: House) -> AsyncIterator[None]:
    """Start what runs by itself: the live channel, attendance, the worker. The tables must be current by now."""
    async with AsyncExitStack() as stack:
        await house.hub.start()
        stack.push_async_callback(house.hub.aclose)
        await house.media.start(partial(_on_media, house.call_line))
        stack.push_async_callback(house.media.hand_over)
        _count_sockets(house)
        stack.push_async_callback(
            _stop, asyncio.ensure_future(house.attendance.run(house.hub.viewers, house.hub.expel))
        )
        if house.worker is not None:
            stack.push_async_callback(_stop, asyncio.ensure_future(house.worker.run()))
        yield


TOLD = frozenset({"relay-lost", "speaks"})
"""What a relay sees and the pages of the visit are told; the rest stays with it."""


def _on_media(line: CallLine, visit_id: str, participant: str, what: str) -> None:
    if what in TOLD:
        line.say(visit_id, what, participant)


def _count_sockets(house: House) -> None:
    for role in (Role.patient, Role.provider, Role.scheduler, Role.admin):
        house.metrics.sockets.labels(role.value).set_function(partial(_sockets, house.hub, role))


def _sockets(hub: Hub, role: Role) -> float:
    return sum(1 for viewer in hub.viewers() if viewer.role == role)


async def _stop(task: asyncio.Future[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
