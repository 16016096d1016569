"""A small practice for the CRP-1 tests: sheet, clinician, patient with a claimed invite, one conversation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from server.conversations.crp import POLICY, Cert, Claim, Epoch, Invite, KeyState, Message, Open, chain_hash, sha256
from server.conversations.crp_bytes import ZERO32
from server.conversations.crp_entries import Subject
from server.core.ids import new_id
from server.records import Received, Sheet, approve_device, ceremony

from .crp_device import Device, make_epoch, seal_message, text

NOW = 1_800_000_000


@dataclass
class Clinic:
    """One conversation in the making; every step goes through the real checks."""

    sheet: Sheet
    state: KeyState
    staff: Device
    patient: Device
    secret: bytes = b""

    def say(self, by: Device, op: str, subject: Subject, now: int = NOW, reason: str = "") -> None:
        entry = by.entry(self.state, op, subject, now, reason)
        self.state.check_entry(entry)
        self.state = replace(self.state, members=[*self.state.members, entry])

    def know(self, *certs: Cert) -> None:
        self.state = replace(self.state, certs=[*self.state.certs, *certs])
        assert self.state.directory.refused == []

    def invite(self, by: Device, person_id: str, now: int = NOW) -> str:
        invite = Invite(new_id(), person_id, sha256(b"token of 16 byte"), now + 3600)
        self.say(by, "add", invite, now)
        return invite.invite_id

    def join(self, device: Device, invite_id: str, now: int = NOW) -> Claim:
        cert = device.self_sign(now)
        claim = device.claim(cert, self.state.conv_id, invite_id, now)
        self.state.check_claim(cert, claim, now)
        self.know(cert)
        self.state = replace(self.state, claims=[*self.state.claims, claim])
        return claim

    def rotate(self, by: Device, now: int = NOW, older: bytes | None = None) -> Epoch:
        epoch, self.secret = make_epoch(by, self.state, now, older)
        self.state.check_epoch(epoch, now)
        self.state = replace(self.state, epochs=[*self.state.epochs, epoch])
        return epoch

    def new_staff(self, role: str = "clinician", now: int = NOW) -> Device:
        device = Device(self.state.practice_id, new_id(), role)
        self.know(approve_device(self.sheet, device.self_sign(now), now))
        return device

    def cert_of(self, device: Device, now: int = NOW) -> Cert:
        cert = self.state.directory.valid(device.device_id, now)
        assert cert is not None
        return cert

    def talk(self, *words: tuple[Device, str], now: int = NOW) -> list[Received]:
        """Messages in the current epoch, each written after reading all before it."""
        epoch = self.state.epoch
        assert epoch is not None
        found: list[Received] = []
        seen = (0, ZERO32)
        for by, line in words:
            message: Message = seal_message(by, epoch, self.secret, text(line, now), seen)
            seen = (seen[0] + 1, chain_hash(seen[1], message))
            found.append(Received(seen[0], now, message))
        return found


def open_clinic(now: int = NOW) -> Clinic:
    """Root, approved clinician, opened conversation, patient joined by invite, first epoch."""
    practice_id, person_id = new_id(), new_id()
    public, sheet = ceremony(practice_id, "Bramble Lane Clinic", demo=True)
    state = KeyState(practice_id, new_id(), person_id, public.root_pub, public.records_key)
    staff = Device(practice_id, new_id(), "clinician")
    clinic = Clinic(sheet, state, staff, Device(practice_id, person_id, "patient"))
    clinic.know(approve_device(sheet, staff.self_sign(now), now))
    clinic.say(staff, "policy", Open(practice_id, person_id, (), POLICY), now)
    clinic.join(clinic.patient, clinic.invite(staff, person_id, now), now)
    clinic.rotate(clinic.staff, now)
    return clinic
