"""Devices: a staff device asks, the administrator certifies, staff vouch for patients' devices, a device ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlmodel import col, select

from server.access.service import staff_names
from server.access.tables import Account
from server.conversations import crp
from server.conversations.crp_bytes import SKEW
from server.conversations.crp_certs import check_window
from server.conversations.keys import certificates, load, practice_keys, refused_because, revocations, seconds
from server.conversations.rooms import all_changed, changed, lock, of_person
from server.conversations.schemas import DeviceOut, DeviceState, NamedDevice
from server.conversations.tables import Device, DeviceCertificate, DeviceRevocation, MemberRow
from server.core.errors import Conflict, Forbidden, NotFound, RefusedEpoch
from server.core.ids import new_id
from server.core.principal import Role
from server.store.many import insert_if_absent
from server.store.unit import Unit

ROLES = {Role.provider: "clinician", Role.scheduler: "scheduler", Role.admin: "admin"}
RENEW = 30 * 86400  # seconds before its end from which a certified device may ask again


def owner_id(unit: Unit) -> str:
    """The person whose devices the principal may speak for: an account for staff, the patient otherwise."""
    return unit.principal.account_id or unit.principal.person_id


async def find(unit: Unit, device_id: str) -> Device | None:
    return await unit.first(unit.select(Device).where(col(Device.device_id) == device_id))


async def own(unit: Unit, device_id: str) -> Device:
    """The principal's own device. Raises RefusedEpoch: nobody posts what another person's device signed."""
    device = await find(unit, device_id)
    if device is None or device.person_id != owner_id(unit):
        raise RefusedEpoch("This device is not one of yours.")
    return device


async def register(unit: Unit, data: Any) -> DeviceOut:
    """POST /v1/devices: a staff device's request, or a certificate with which a staff device vouches for a patient's.

    Raises RefusedEpoch, Forbidden.
    """
    cert = crp.Cert.from_json(data)
    if cert.is_request:
        return await _request(unit, cert)
    if cert.self_signed or cert.from_root:
        raise RefusedEpoch("A patient's device comes with a claim, and a root certificate from the administrator.")
    return await _vouch(unit, cert)


async def _request(unit: Unit, cert: crp.Cert) -> DeviceOut:
    crp.verify_self_signed(cert, unit.tenant, seconds(unit))
    account = await unit.get(Account, unit.principal.account_id)
    if cert.person_id != account.id or cert.role not in {ROLES.get(Role(role)) for role in account.roles}:
        raise Forbidden("A device can only ask for its own user, in a role that the user has.")
    device = await remember(unit, cert)
    shown = await describe(unit, device)
    if not _lasts(shown, cert, seconds(unit)):
        device.request = cert.to_json()
        unit.add(device)
        unit.record("C", "device.request", "Device", device.device_id)
        await unit.flush()
        shown = await describe(unit, device)
    return shown


def _lasts(shown: DeviceOut, cert: crp.Cert, now: int) -> bool:
    """The device is certified for these very keys and role for a while yet: nothing to ask."""
    if shown.cert is None:
        return False
    held = crp.Cert.from_json(shown.cert)
    return (held.dk_pub, held.role) == (cert.dk_pub, cert.role) and held.not_after - now > RENEW


async def remember(unit: Unit, cert: crp.Cert) -> Device:
    """The device's row, made when it is new. Raises RefusedEpoch when the id stands for another key or person."""
    values = {
        "id": new_id(), "tenant": unit.tenant, "device_id": cert.device_id, "person_id": cert.person_id,
        "role": cert.role, "ds_pub": cert.ds_pub, "created_at": unit.clock.now(),
    }  # fmt: skip
    await insert_if_absent(unit.session, Device, values)
    device = await find(unit, cert.device_id)
    assert device is not None
    if (device.person_id, bytes(device.ds_pub)) != (cert.person_id, cert.ds_pub):
        raise RefusedEpoch("This device id stands for another key or person.")
    return device


async def store_certificate(unit: Unit, cert: crp.Cert) -> bool:
    """Keep a verified certificate; False when this very one was there. Raises Conflict for another under its id."""
    values = {
        "id": new_id(), "tenant": unit.tenant, "cert_id": cert.cert_id, "device_id": cert.device_id,
        "person_id": cert.person_id, "staff": cert.from_root, "record": cert.to_json(),
        "received_at": unit.clock.now(),
    }  # fmt: skip
    if await insert_if_absent(unit.session, DeviceCertificate, values):
        return True
    known = await unit.first(unit.select(DeviceCertificate).where(col(DeviceCertificate.cert_id) == cert.cert_id))
    if known is None or crp.Cert.from_json(known.record).hash != cert.hash:
        raise Conflict("Another certificate has this id.")
    return False


async def _vouch(unit: Unit, cert: crp.Cert) -> DeviceOut:
    """A staff device certifies a patient's device (docs/crp-1.md 2.1)."""
    await own(unit, cert.issuer_device_id)
    conversation = await of_person(unit, cert.person_id)
    if conversation is None or cert.role != "patient":
        raise NotFound("There is no conversation of that person here.")
    head = await lock(unit, conversation.id)
    state = await load(unit, conversation)
    now = seconds(unit)
    check_window(cert, now)
    if state.directory.staff(cert.issuer_device_id, now) is None:
        raise RefusedEpoch("The issuing device has no valid certificate.")
    why = refused_because(replace(state, certs=[*state.certs, cert]), cert)
    if why is not None:
        raise why
    device = await remember(unit, cert)
    if await store_certificate(unit, cert):
        unit.record("U", "device.vouch", "Device", cert.device_id, person_id=cert.person_id)
        await changed(unit, head)
    return await describe(unit, device)


async def certify(unit: Unit, device_id: str, data: Any) -> DeviceOut:
    """The administrator's answer: a certificate from the practice root for a device that asked.

    Raises NotFound when it never asked, RefusedEpoch when the certificate is not the root's or not for what was asked.
    """
    cert = crp.Cert.from_json(data)
    device = await find(unit, device_id)
    if device is None or device.person_id != cert.person_id:
        raise NotFound("No such device has asked.")
    if not cert.from_root or cert.device_id != device_id or bytes(device.ds_pub) != cert.ds_pub:
        raise RefusedEpoch("This certificate is not the root's answer to this device.")
    asked = crp.Cert.from_json(device.request) if device.request else None
    if asked is not None and (asked.dk_pub, asked.role) != (cert.dk_pub, cert.role):
        raise RefusedEpoch("This certificate is for other keys or another role than were asked for.")
    check_window(cert, seconds(unit))
    directory = await _directory(unit, [cert])
    if any(known is cert for known, _ in directory.refused):
        raise RefusedEpoch(next(why for known, why in directory.refused if known is cert))
    if await store_certificate(unit, cert):
        device.request, device.role = None, cert.role
        unit.add(device)
        unit.record("U", "device.certify", "Device", device_id)
        await all_changed(unit)
        await unit.flush()
    return await describe(unit, device)


async def _directory(unit: Unit, extra: list[crp.Cert], person_ids: set[str] | None = None) -> crp.Directory:
    root_pub, _ = await practice_keys(unit)
    certs = [*await certificates(unit, person_ids or set()), *extra]
    ends = await revocations(unit, {cert.device_id for cert in certs})
    return crp.Directory(unit.tenant, root_pub, certs, ends)


async def describe(unit: Unit, device: Device, directory: crp.Directory | None = None) -> DeviceOut:
    directory = directory or await _directory(unit, [], {device.person_id})
    cert = directory.certified(device.device_id, seconds(unit))
    state: DeviceState = "certified" if cert else "pending" if device.request else "ended"
    return DeviceOut(
        device_id=device.device_id, person_id=device.person_id, role=device.role, state=state,
        cert=cert.to_json() if cert else None,
    )  # fmt: skip


async def mine(unit: Unit, device_id: str) -> DeviceOut:
    device = await find(unit, device_id)
    if device is None or device.person_id != owner_id(unit):
        raise NotFound("This device has not asked yet.")
    return await describe(unit, device)


async def listing(unit: Unit, *, pending: bool) -> list[NamedDevice]:
    """The staff's devices; with `pending` only those that wait for the administrator."""
    query = unit.select(Device).where(col(Device.role).in_([*ROLES.values(), "assistant"]))
    rows = await unit.all(query.order_by(col(Device.created_at), col(Device.id)))
    wanted = [row for row in rows if row.request is not None or not pending]
    directory = await _directory(unit, []) if wanted else None
    names = await staff_names(unit, {row.person_id for row in wanted})
    found = []
    for row in wanted:
        shown = (await describe(unit, row, directory)).model_dump()
        asking = {"state": "pending", "cert": row.request} if row.request is not None else {}
        found.append(NamedDevice(**{**shown, **asking}, name=names.get(row.person_id, "")))
    return found


async def revoke(unit: Unit, data: Any) -> crp.Revocation:
    """End a device. Raises RefusedEpoch, NotFound, and Conflict when the device signed entries after the stated time.

    (A log line whose author was not certified at its time would break the whole log; so the end must come after it.)
    """
    end = crp.Revocation.from_json(data)
    device = await find(unit, end.device_id)
    if device is None:
        raise NotFound("There is no such device.")
    staff = device.role not in {"patient", "proxy"}
    await _lock_and_mark(unit, device, staff=staff)
    if end in await revocations(unit, {end.device_id}):
        return end
    directory = await _directory(unit, [], {device.person_id})
    await _may_revoke(unit, end, directory)
    late = select(MemberRow.i).where(
        MemberRow.tenant == unit.tenant, MemberRow.by == end.device_id, col(MemberRow.at) >= end.at
    )
    if (await unit.session.execute(late.limit(1))).first() is not None:
        raise Conflict("The device signed an entry after that time. Sign the revocation again with the current time.")
    unit.add(
        DeviceRevocation(
            id=new_id(), tenant=unit.tenant, device_id=end.device_id, record=end.to_json(),
            received_at=unit.clock.now(),
        )
    )  # fmt: skip
    device.request = None
    unit.add(device)
    unit.record(
        "D", f"device.revoke.{end.reason}", "Device", end.device_id, person_id="" if staff else device.person_id
    )
    await unit.flush()
    return end


async def _may_revoke(unit: Unit, end: crp.Revocation, directory: crp.Directory) -> None:
    now = seconds(unit)
    directory.verify_revocation(end)
    if end.at > now + SKEW:
        raise RefusedEpoch("This revocation lies in the future.")
    if end.by == crp.ZERO_ID:
        if unit.principal.role is not Role.admin:
            raise Forbidden("A revocation by the practice root comes from the administrator.")
        return
    await own(unit, end.by)
    if directory.valid(end.by, now) is None:
        raise RefusedEpoch("The signing device has no valid certificate.")


async def _lock_and_mark(unit: Unit, device: Device, *, staff: bool) -> None:
    """Lock and mark what the end of this device changes: every conversation, or its person's."""
    if staff:
        await all_changed(unit)
        return
    conversation = await of_person(unit, device.person_id)
    if conversation is not None:
        await changed(unit, await lock(unit, conversation.id))
