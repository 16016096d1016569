"""A practice with a database: staff with certified devices, booked patients, and phones that came by a link."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlmodel import col, select

from server.access import sessions
from server.access.service import make_account
from server.access.tables import Link, Practice
from server.appointments.schemas import BookIn
from server.appointments.service import book
from server.appointments.tables import VisitType
from server.audit.tables import AuditEvent
from server.conversations import keys, service
from server.conversations.crp import POLICY, ZERO32, Cert, Epoch, Invite, KeyState, Message, Open
from server.conversations.messages import Posted
from server.conversations.tables import Conversation, MessageRow
from server.core.ids import new_id, unb64
from server.core.principal import Principal, Role, system
from server.people.schemas import PersonIn
from server.people.service import create
from server.records import Sheet, approve_device, ceremony
from server.store.unit import Desk, Unit

from .crp_device import Device, make_epoch, seal_message, text

P = ParamSpec("P")
R = TypeVar("R")
ROLE = {"clinician": Role.provider, "scheduler": Role.scheduler, "admin": Role.admin}


@dataclass
class Patient:
    """One booked person: their conversation, their link, their browser's session and the device in it."""

    person_id: str
    conversation_id: str
    link_id: str
    appointment_id: str
    principal: Principal
    device: Device
    token: str


@dataclass
class Ward:
    desk: Desk
    tenant: str
    sheet: Sheet
    clinic: str = ""
    visit_type: str = ""
    staff: Device = field(init=False)
    secrets: dict[tuple[str, int], bytes] = field(default_factory=dict)  # (conversation, n) -> s_n
    booked: int = 0

    @property
    def now(self) -> int:
        return int(self.desk.clock.now().timestamp())

    @property
    def admin(self) -> Principal:
        return Principal(Role.admin, self.tenant, account_id=self.staff.person_id)

    def as_(self, device: Device) -> Principal:
        return Principal(ROLE[device.role], self.tenant, account_id=device.person_id)

    async def act(
        self,
        principal: Principal,
        what: Callable[Concatenate[Unit, P], Awaitable[R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """One command in a Unit of its own."""
        async with self.desk.unit(principal) as unit:
            return await what(unit, *args, **kwargs)

    async def state(self, conversation_id: str) -> KeyState:
        async with self.desk.unit(system(self.tenant), write=False) as unit:
            return await keys.load(unit, await unit.get(Conversation, conversation_id))

    # -- people -------------------------------------------------------------------------------

    async def account(self, *roles: Role) -> str:
        async with self.desk.unit(system(self.tenant)) as unit:
            made = await make_account(
                unit, self.desk.vault.keys, name="Dr Ada Stone", email=f"{new_id()}@example.org",
                password="a long enough password", roles=list(roles),
            )  # fmt: skip
            return made.id

    async def new_staff(self, role: str = "clinician") -> Device:
        """A member of staff whose device asked and was certified with the sheet."""
        device = Device(self.tenant, await self.account(ROLE[role]), role)
        request = device.self_sign(self.now)
        await self.act(self.as_(device), service.register, request.to_json())
        cert = self.approved(request)
        await self.act(Principal(Role.admin, self.tenant, account_id="admin"), service.certify, device.device_id,
                       cert.to_json())  # fmt: skip
        return device

    async def person(self) -> str:
        async with self.desk.unit(system(self.tenant)) as unit:
            body = PersonIn.model_validate({"given": "Rosa", "family": "Marsh", "birth_date": "1980-02-03"})
            return (await create(unit, self.desk.vault.keys, body)).id

    async def book(self, person_id: str) -> str:
        """A visit some hours from now; the id of the appointment."""
        self.booked += 1
        start = self.desk.clock.now() + timedelta(hours=2 * self.booked)
        body = BookIn(person_id=person_id, provider_id=self.clinic, visit_type_id=self.visit_type, start=start)
        async with self.desk.unit(system(self.tenant)) as unit:
            return (await book(unit, self.desk.vault.keys, body)).id

    async def arrive(self, person_id: str, appointment_id: str) -> Patient:
        """A browser opened with the link's secret, with fresh keys."""
        async with self.desk.unit(system(self.tenant)) as unit:
            conversation = await service.of_person(unit, person_id)
            assert conversation is not None
            link = await unit.first(unit.select(Link).where(col(Link.appointment_id) == appointment_id))
            assert link is not None
            until = unit.clock.now() + timedelta(days=30)
            token, session = await sessions.open_visitor(
                unit, Role.patient, person_id=person_id, appointment_id=appointment_id, link_id=link.id, until=until,
                device="first", level="unverified",
            )  # fmt: skip
            principal = sessions.principal_for(session)
        device = Device(self.tenant, person_id, "patient")
        return Patient(person_id, conversation.id, link.id, appointment_id, principal, device, token)

    async def patient(self) -> Patient:
        person_id = await self.person()
        return await self.arrive(person_id, await self.book(person_id))

    # -- steps --------------------------------------------------------------------------------

    async def say(self, conversation_id: str, op: str, subject: Any, by: Device | None = None) -> int:
        author = by or self.staff
        entry = author.entry(await self.state(conversation_id), op, subject, self.now)
        _, version = await self.act(self.as_(author), service.add_entry, conversation_id, entry.to_json())
        return version

    async def open(self, patient: Patient) -> None:
        await self.say(patient.conversation_id, "policy", Open(self.tenant, patient.person_id, (), POLICY))

    async def invite(self, patient: Patient) -> None:
        """Sign what the server says is wanted."""
        async with self.desk.unit(self.as_(self.staff), write=False) as unit:
            shown = await service.key_state(unit, await service.reachable(unit, patient.conversation_id))
        for wish in shown["invites_wanted"]:
            subject = Invite(wish["invite_id"], wish["person_id"], unb64(wish["token_hash"]), wish["exp"])
            await self.say(patient.conversation_id, "add", subject)

    async def claim(self, patient: Patient) -> Any:
        cert = patient.device.self_sign(self.now)
        claim = patient.device.claim(cert, patient.conversation_id, patient.link_id, self.now)
        return await self.act(
            patient.principal, service.claim, patient.conversation_id, cert.to_json(), claim.to_json()
        )

    async def joined(self) -> Patient:
        """A patient whose phone claimed its invite; no epoch yet."""
        patient = await self.patient()
        await self.open(patient)
        await self.invite(patient)
        assert not (await self.claim(patient)).second
        return patient

    async def new_epoch(self, conversation_id: str, by: Device | None = None) -> tuple[Epoch, bytes]:
        """An epoch made by the rules, not posted."""
        state = await self.state(conversation_id)
        older = self.secrets.get((conversation_id, state.epoch.n)) if state.epoch else None
        return make_epoch(by or self.staff, state, self.now, older)

    async def rotate(self, conversation_id: str) -> Epoch:
        epoch, secret = await self.new_epoch(conversation_id)
        await self.act(self.as_(self.staff), service.post_epoch, conversation_id, epoch.to_json())
        self.secrets[conversation_id, epoch.n] = secret
        return epoch

    async def talking(self) -> Patient:
        """A joined patient and the first epoch."""
        patient = await self.joined()
        await self.rotate(patient.conversation_id)
        return patient

    async def sealed(self, conversation_id: str, by: Device, words: str = "hello") -> Message:
        epoch = (await self.state(conversation_id)).epoch
        assert epoch is not None
        seen = (0, ZERO32)
        return seal_message(by, epoch, self.secrets[conversation_id, epoch.n], text(words, self.now), seen)

    async def post(self, principal: Principal, message: Message) -> Posted:
        return await self.act(principal, service.post, message.conv_id, message.to_json())

    # -- looking ------------------------------------------------------------------------------

    async def audit(self, subtype: str) -> list[AuditEvent]:
        async with self.desk.store.session(write=False) as session:
            query = select(AuditEvent).where(AuditEvent.tenant == self.tenant, AuditEvent.subtype == subtype)
            return list((await session.execute(query)).scalars())

    async def messages(self, conversation_id: str) -> list[MessageRow]:
        async with self.desk.store.session(write=False) as session:
            query = select(MessageRow).where(MessageRow.conversation_id == conversation_id)
            return list((await session.execute(query.order_by(col(MessageRow.seq)))).scalars())

    def approved(self, request: Cert) -> Cert:
        """What the administrator's offline tool makes of a request."""
        return approve_device(self.sheet, request, self.now)

    def backdated(self, cert: Cert, **values: int) -> Cert:
        """The same certificate from the root with other times."""
        changed = replace(cert, cert_id=new_id(), **values, sig=b"")  # type: ignore[arg-type]
        return replace(changed, sig=self.sheet.root.sign(changed.tbs))


async def open_ward(desk: Desk) -> Ward:
    """Practice, keys, one provider with a certified device."""
    tenant = new_id()
    public, sheet = ceremony(tenant, "Bramble Lane Clinic", demo=True)
    ward = Ward(desk, tenant, sheet)
    async with desk.unit(system(tenant)) as unit:
        unit.add(
            Practice(
                id=tenant, name="Bramble Lane Clinic", phone="+14155550100", zone="America/New_York", locale="en-US",
                region="US", emergency_number="911", created_at=desk.clock.now(),
            )
        )  # fmt: skip
        kind = VisitType(tenant=tenant, name="Follow-up", minutes=15)
        unit.add(kind)
        await unit.flush()
        ward.visit_type = kind.id
        await service.install_practice_keys(unit, public)
    ward.staff = await ward.new_staff()
    ward.clinic = ward.staff.person_id
    return ward
