"""What a handler gets: the ports, its one Unit and who is asking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request

from media.engine import MediaEngine
from media.ice_servers import IceServers
from notifications.pace import Pace
from notifications.push import PushSender
from notifications.sender import MailSender, SmsSender
from notifications.voice import VoiceCaller
from server.core.clock import Clock
from server.core.limits import Limits
from server.core.metrics import Metrics
from server.core.principal import Principal
from server.settings import Settings
from server.store.unit import Desk, Unit
from server.vault.port import KeyPort


class Gate(Protocol):
    """Who is it, and may they? Implemented by `server.access.gate`."""

    async def identify(self, request: Request) -> Principal: ...

    def permit(self, principal: Principal, action: str) -> None:
        """Raises Unauthenticated or Forbidden."""
        ...


class Views(Protocol):
    """The read models that answers and events share. Implemented by `server.views`."""

    async def board_row(self, unit: Unit, appointment_id: str) -> dict[str, Any]: ...

    async def board_rows(self, unit: Unit, appointment_ids: Sequence[str]) -> list[dict[str, Any]]: ...

    async def patient_view(self, unit: Unit, ports: Ports, appointment_id: str) -> dict[str, Any]: ...

    async def guest_view(self, unit: Unit, ports: Ports, guest_id: str) -> dict[str, Any]: ...


class CallLine(Protocol):
    """The pages of a running call. Implemented by `server.live`."""

    def put_out(self, room: str, seat: str, subjects: Sequence[str]) -> None:
        """After the commit that says so: this seat is out of the call, of the relay and of its channel, to which
        whoever sits in it is connected as these subjects."""
        ...


class Ports(Protocol):
    """The opened house as features see it; `server.house.House` is one."""

    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def keys(self) -> KeyPort: ...
    @property
    def desk(self) -> Desk: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def sms(self) -> SmsSender: ...
    @property
    def mail(self) -> MailSender: ...
    @property
    def voice(self) -> VoiceCaller: ...
    @property
    def push(self) -> PushSender: ...
    @property
    def media(self) -> MediaEngine: ...
    @property
    def pace(self) -> Pace:
        """How fast each sender may send."""
        ...

    def receipts(self, channel: str) -> bool:
        """Whether a provider tells later that a message by this channel arrived."""
        ...

    @property
    def ice_servers(self) -> IceServers: ...
    @property
    def views(self) -> Views: ...
    @property
    def gate(self) -> Gate: ...
    @property
    def wake_worker(self) -> Callable[[], None]: ...
    @property
    def expel(self) -> Callable[[str], None]:
        """Close the sockets of a session that has ended, on every instance."""
        ...

    @property
    def call_line(self) -> CallLine: ...


@dataclass(slots=True)
class Answer:
    """A response that is more than a 200 with a body."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str | None] = field(default_factory=dict)  # name -> value, None deletes
    media_type: str = "application/json"


@dataclass(slots=True)
class Context:
    """One request: `unit` is open for its whole length and commits after the handler returned."""

    ports: Ports
    request: Request
    principal: Principal
    unit: Unit
    request_id: str

    @property
    def settings(self) -> Settings:
        return self.ports.settings

    @property
    def views(self) -> Views:
        return self.ports.views

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default)

    @property
    def address(self) -> str:
        """The peer's network address, for rate limits only; it is never stored or logged."""
        return self.request.client.host if self.request.client else "unknown"


Handler = Callable[..., Awaitable[Any]]
