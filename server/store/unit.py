"""One command, one Unit: rows, events and audit in one transaction.

    async with desk.unit(principal) as unit:
        row = await unit.get(Appointment, id)
        await unit.move(row, appointment_machine, Act.arrive)
        unit.emit(AppointmentArrived(appointment_id=row.id))
        unit.record("U", "appointment.arrive", "Appointment", row.id)

On leaving without an exception: listeners on the events run (they may write
and emit more), the events become numbered outbox lines for their audiences,
the audit lines are chained, everything commits, and only then is anybody told.
On an exception nothing of it happened. This is the only place that commits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, ClassVar, Protocol, TypeVar, cast

from sqlalchemy import ColumnElement, ScalarResult, Select, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from server.core.clock import Clock
from server.core.errors import NotFound, StaleVersion
from server.core.machine import Machine
from server.core.principal import Principal
from server.store import outbox
from server.store.among import among
from server.store.engine import Store
from server.store.types import MachineRow, Row
from server.vault.deks import Cells, DekHandle, dek_for
from server.vault.vault import Vault

T = TypeVar("T", bound=Row)
V = TypeVar("V")
_SQLITE_NOW = text("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
_POSTGRES_NOW = text("SELECT clock_timestamp()")


class Event(Protocol):
    """What a Unit needs of an event; the catalogue is `server.events`."""

    type: ClassVar[str]


@dataclass(frozen=True, slots=True)
class AuditLine:
    """What happened, in the words of FHIR AuditEvent: action is C, R, U, D or E."""

    action: str
    subtype: str
    entity_type: str
    entity_id: str
    outcome: str = "0"
    person_id: str = ""


class Auditor(Protocol):
    """Writes the audit lines into the running transaction."""

    async def write(self, unit: Unit, lines: Sequence[AuditLine]) -> None: ...


class Projector(Protocol):
    """Turns events into what each audience is told."""

    async def lines(self, unit: Unit, events: Sequence[Event]) -> list[outbox.Line]: ...


Listener = Callable[["Unit", Any], Awaitable[None]]
Announce = Callable[[outbox.Written], None]


@dataclass(slots=True)
class Desk:
    """Everything Units share; `server.app` fills in listeners, auditor, projector and announce."""

    store: Store
    vault: Vault
    clock: Clock
    auditor: Auditor
    projector: Projector
    announce: Announce
    listeners: Mapping[type, Sequence[Listener]] = field(default_factory=dict)
    committed: Callable[[Unit], None] = lambda _unit: None
    channels: frozenset[str] = frozenset({"sms", "email"})  # by what messages can leave this installation
    relay: bool = False  # a call of three can be held
    fictional: bool = False  # accept reserved fictional phone numbers (demo, development, tests)

    def unit(self, principal: Principal, *, write: bool = True, request_id: str = "") -> Unit:
        return Unit(self, principal, write=write, request_id=request_id)


class Unit:
    """A transaction with its events and audit. See the module's text."""

    def __init__(self, desk: Desk, principal: Principal, *, write: bool, request_id: str) -> None:
        self.desk = desk
        self.principal = principal
        self.tenant = principal.tenant
        self.clock = desk.clock
        self.request_id = request_id
        self.write = write
        self.session: AsyncSession
        self.emitted: list[Event] = []
        self._pending: list[Event] = []
        self._audit: list[AuditLine] = []
        self._denied: list[tuple[str, AuditLine]] = []
        self._deks: dict[str, DekHandle] = {}
        self._afterwards: list[Callable[[], None]] = []
        self._known: dict[tuple[object, ...], Any] = {}  # see `once`; forgotten when anything happens after it
        self._kept: dict[str, Row] = {}  # rows that were asked for by id: the session itself forgets who is not in use
        self._held: set[str] = set()
        self._looking = False
        self._apart: timedelta | None = None  # how far the database's clock is ahead of this machine's

    async def __aenter__(self) -> Unit:
        self._turn = self.desk.store.turn(write=self.write)
        await self._turn.__aenter__()
        self.session = self.desk.store.session(write=self.write)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        written: list[outbox.Written] = []
        try:
            if kind is None and self.write:
                written = await self._finish()
                await self.session.commit()
            else:
                self.session.expunge_all()  # what was read stays readable after the transaction
                await self.session.rollback()
        except BaseException:
            await self.session.rollback()
            raise
        finally:
            try:
                await self.session.close()
            finally:  # also when we are cancelled right here: a turn that is never given back stops every writer
                await self._turn.__aexit__(None, None, None)
        if self._denied:
            await self._write_denied()
        if kind is None and not self.write and self._audit:
            await self._write_reading()
        if kind is None and self.write:
            for line in written:
                self.desk.announce(line)
            for told in self._afterwards:
                told()
            self.desk.committed(self)

    def become(self, principal: Principal) -> None:
        """Somebody has just proved who they are (a password, a link's secret): go on as that principal."""
        self.principal, self.tenant = principal, principal.tenant

    # -- rows -----------------------------------------------------------------

    def add(self, *rows: Any) -> None:
        self._look_away()
        self.session.add_all(rows)

    async def flush(self) -> None:
        await self.session.flush()

    def select(self, table: type[T]) -> Select[T]:
        """A query that sees this practice's rows only; the one helper every read of a tenant's table goes through."""
        return select(table).where(col(table.tenant) == self.tenant)

    async def columns(
        self, table: type[Row], wanted: Sequence[Any], *where: ColumnElement[bool]
    ) -> Sequence[tuple[Any, ...]]:
        """Some columns of this practice's rows, as the database has them: what is only shown needs no objects."""
        query = select(*wanted).where(col(table.tenant) == self.tenant, *where)
        return cast("Sequence[tuple[Any, ...]]", (await self.session.execute(query)).all())

    async def all(self, query: Select[T]) -> list[T]:
        return list(await self._scalars(query))

    async def first(self, query: Select[T]) -> T | None:
        return (await self._scalars(query.limit(1))).first()

    async def _scalars(self, query: Select[T]) -> ScalarResult[T]:
        """While views are worked out, rows are read afresh: others may have committed since this Unit read them."""
        return (await self.session.execute(query, execution_options={"populate_existing": self._looking})).scalars()

    async def get(self, table: type[T], row_id: str) -> T:
        """The row, or NotFound: a row of another practice is exactly as absent as one that never was."""
        if self._looking:
            row = (await self.find(table, (row_id,))).get(row_id)
        else:  # what this Unit holds already is not asked for again
            row = await self.session.get(table, row_id)
        if row is None or row.tenant != self.tenant:
            raise NotFound(f"There is no such {_words(table)} here.")
        self._kept[row_id] = row
        return row

    def among(self, column: Any, values: Iterable[str]) -> ColumnElement[bool]:
        """`column.in_(values)` for any number of texts."""
        return among(self.desk.store.dialect, column, values)

    async def find(self, table: type[T], row_ids: Iterable[str]) -> dict[str, T]:
        """Rows by id; ids of other practices are left out."""
        wanted = set(row_ids)
        if not wanted:
            return {}

        async def load() -> dict[str, T]:
            rows = await self.all(self.select(table).where(self.among(col(table.id), wanted)))
            return {row.id: row for row in rows}

        return await self.once((table, *sorted(wanted)), load)

    async def look(self, table: type[Row], row_ids: Iterable[str], *columns: Any) -> dict[str, Any]:
        """As `find`, of these columns only and nothing that could be written: for hundreds of rows at once."""
        wanted = set(row_ids)
        if not wanted:
            return {}
        query = select(col(table.id), *columns).where(
            self.among(col(table.id), wanted), col(table.tenant) == self.tenant
        )
        return {row.id: row for row in await self.session.execute(query)}

    async def move(self, row: MachineRow, machine: Machine[Any, Any], act: Any, **values: Any) -> None:
        """Advance a row by compare-and-set; `values` are written with it. Raises ImpossibleMove, StaleVersion."""
        target = machine.advance(row.status, act)
        await self.swap(row, status=target.value, **values)

    async def swap(self, row: MachineRow, **values: Any) -> None:
        """Write columns if nobody else has since `row` was read. Raises StaleVersion."""
        self._look_away()
        table: Any = type(row)
        await self.session.flush()
        result = await self.session.execute(
            update(table)
            .where(table.id == row.id, table.status == row.status, table.version == row.version)
            .values(version=row.version + 1, **values)
            .returning(table)
            .execution_options(synchronize_session=False, populate_existing=True)  # `row` is as it was written
        )
        if result.scalar_one_or_none() is None:
            raise StaleVersion(f"Somebody else changed this {_words(table)} a moment ago. Look again, then repeat.")

    async def database_now(self) -> datetime:
        """The database's clock, on which leases and holds are kept: instances whose own clocks differ agree on it.
        Where this process's clock was moved (the demo, a test) it is moved likewise. It is asked once in a Unit."""
        if self._apart is None:
            query = _SQLITE_NOW if self.desk.store.dialect == "sqlite" else _POSTGRES_NOW
            value = (await self.session.execute(query)).scalar_one()
            at = datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)
            self._apart = at - datetime.now(UTC)
        return self.clock.now() + self._apart

    # -- looking at it --------------------------------------------------------

    async def view(self, hold: str = "") -> None:
        """Views are worked out from here on: nothing pending is left, rows are read afresh, and each thing once.

        `hold` is a topic whose number is kept until the end: whoever else changes what that topic tells waits, so what
        is seen now is still so when the events say it. Whatever was looked at before it was held is forgotten.
        """
        await self.settle()
        self._looking = True
        if hold and self.write and hold not in self._held:
            await outbox.reserve(self.session, hold, 0)
            self._held.add(hold)
            self._known.clear()

    def _look_away(self) -> None:
        """Something happens: what was seen may be another thing now."""
        self._looking = False
        self._known.clear()

    async def once(self, key: tuple[object, ...], load: Callable[[], Awaitable[V]]) -> V:
        """What `load` reads. While views are worked out, one reading serves all of them; the key names what it is."""
        if not self._looking:
            return await load()
        if key not in self._known:
            self._known[key] = await load()
        return cast("V", self._known[key])

    def knows(self, key: tuple[object, ...]) -> bool:
        """Whether `once` would answer this without looking."""
        return self._looking and key in self._known

    def know(self, key: tuple[object, ...], value: object) -> None:
        """What `once` answers for this from here on, because it has been worked out already."""
        if self._looking:
            self._known[key] = value

    # -- what happened --------------------------------------------------------

    def emit(self, event: Event) -> None:
        self._pending.append(event)
        self._look_away()

    def afterwards(self, told: Callable[[], None]) -> None:
        """Call `told` once this Unit has committed; never when it fails."""
        self._afterwards.append(told)

    def record(
        self, action: str, subtype: str, entity_type: str, entity_id: str, *, person_id: str = "", outcome: str = "0"
    ) -> None:
        """Add one line to the audit trail, in this transaction; of a Unit that only reads, right after it."""
        self._audit.append(AuditLine(action, subtype, entity_type, entity_id, outcome, person_id))

    def deny(self, tenant: str, subtype: str, entity_type: str, entity_id: str) -> None:
        """Note a refusal that is about to be raised: this line is written although the rest of the Unit vanishes."""
        self._denied.append((tenant, AuditLine("E", subtype, entity_type, entity_id, outcome="4")))

    # -- sealing --------------------------------------------------------------

    async def dek(self, subject: str = "") -> DekHandle:
        """The key that seals what belongs to a person, or to the practice itself when `subject` is empty."""
        if subject not in self._deks:
            self._deks[subject] = await dek_for(self.session, self.desk.vault, self.tenant, subject)
        return self._deks[subject]

    def cells(self) -> Cells:
        """Opens sealed cells of this practice; prefetch, then open. One for all views of one state."""
        made = Cells(self.session, self.desk.vault, self.tenant)
        return cast("Cells", self._known.setdefault((Cells,), made)) if self._looking else made

    # -- leaving --------------------------------------------------------------

    async def settle(self) -> None:
        """Run the listeners on what was emitted so far, for a caller whose answer shows what they did."""
        while self._pending:
            event = self._pending.pop(0)
            self.emitted.append(event)
            for listener in self.desk.listeners.get(type(event), ()):
                await listener(self, event)
        await self.session.flush()

    async def _finish(self) -> list[outbox.Written]:
        await self.settle()
        written = await self._write_outbox()
        if self._audit:
            await self.desk.auditor.write(self, self._audit)
        await self.session.flush()
        return written

    async def _write_denied(self) -> None:
        for tenant, line in self._denied:
            who = replace(self.principal, tenant=tenant)
            async with self.desk.unit(who, request_id=self.request_id) as unit:
                unit._audit.append(line)

    async def _write_reading(self) -> None:
        """Reading holds up nobody who writes; that it was done is on record before anybody gets the answer."""
        async with self.desk.unit(self.principal, request_id=self.request_id) as unit:
            unit._audit += self._audit

    async def _write_outbox(self) -> list[outbox.Written]:
        if not self.emitted:
            return []
        by_topic: dict[str, list[outbox.Line]] = defaultdict(list)
        for line in await self.desk.projector.lines(self, self.emitted):
            by_topic[line.topic].append(line)
        written = []
        handle, at = await self.dek(), self.clock.now()
        firsts = await outbox.reserve_all(self.session, {topic: len(lines) for topic, lines in by_topic.items()})
        for topic in sorted(by_topic):
            for seq, line in enumerate(by_topic[topic], firsts[topic]):
                one = outbox.Written(topic, seq, self.tenant, line.type, at, outbox.encode(line.patch))
                sealed = handle.seal_bytes("event", "data", outbox.row_id(topic, seq), one.patch)
                self.session.add(
                    outbox.EventRow(topic=topic, seq=seq, tenant=self.tenant, type=line.type, at=at, data=sealed)
                )
                written.append(one)
        return written


def expect(row: MachineRow, version: int) -> None:
    """The caller acts on what it saw: refuse when the row has moved on since."""
    if row.version != version:
        raise StaleVersion("This changed since you looked. Look again, then repeat.", current=row.version)


def _words(table: type) -> str:
    return str(getattr(table, "__tablename__", table.__name__)).replace("_", " ")
