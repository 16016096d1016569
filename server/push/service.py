"""Subscribe a browser, and plan alerts for browsers and on-call phones."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from notifications.numbers import parse_phone
from notifications.push import PushSender, Subscription
from server.access.service import practice_of
from server.access.tables import Account, Practice, Session
from server.core.errors import Conflict, Fault, Invalid
from server.core.ids import new_id, unb64
from server.push.schemas import PhonesIn, PhonesOut, SubscribeIn
from server.push.tables import Alert, OnCallPhone, PushSubscription
from server.store.unit import Unit
from server.vault.index import BlindIndex
from server.vault.port import KeyPort

ENDPOINT = "push_subscription.endpoint"
PUSH, SMS = "push", "sms"


async def subscribe(unit: Unit, keys: KeyPort, push: PushSender, body: SubscribeIn) -> PushSubscription:
    """This browser wants to be told. The same browser again takes the place of what was known of it, whoever it was:
    a shared computer tells the one who asked last. Raises Invalid."""
    try:
        made = Subscription(body.endpoint, _bytes(body.keys.p256dh), _bytes(body.keys.auth))
    except ValueError as error:
        raise Invalid("This browser's subscription cannot be used.", errors=[Fault("/keys", str(error))]) from None
    if not push.accepts(made.endpoint):
        fault = Fault("/endpoint", "is not a push service we know")
        raise Invalid("This browser's push service is not known here.", errors=[fault])
    token = BlindIndex(keys).text_index(unit.tenant, ENDPOINT, made.endpoint)
    await _forget(unit, col(PushSubscription.endpoint_index) == token)
    row_id = new_id()
    data = json.dumps({"endpoint": body.endpoint, "p256dh": body.keys.p256dh, "auth": body.keys.auth})
    row = PushSubscription(
        id=row_id, tenant=unit.tenant, account_id=unit.principal.account_id or None,
        person_id=unit.principal.person_id or None, session_id=unit.principal.session_id or None,
        endpoint_index=token, locale=body.locale,
        data=(await unit.dek()).seal("push_subscription", "data", row_id, data), created_at=unit.clock.now(),
    )  # fmt: skip
    unit.add(row)
    await unit.flush()
    unit.record("C", "push.subscribe", "Device", row_id, person_id=row.person_id or "")
    return row


async def subscribed(unit: Unit, keys: KeyPort, endpoint: str) -> bool:
    """Whether this browser is told for who asks: what a browser keeps outlives the sign-in that it was for."""
    query = unit.select(PushSubscription).where(*_own(unit, keys, endpoint))
    return await unit.first(query) is not None


async def unsubscribe(unit: Unit, keys: KeyPort, endpoint: str) -> None:
    """This browser wants to be told no more. Only its own user may say so; an unknown one is fine as it is."""
    await _forget(unit, *_own(unit, keys, endpoint))
    unit.record("D", "push.unsubscribe", "Device", "")


async def forget(unit: Unit, subscription_id: str) -> None:
    """The push service says that the subscription has ended."""
    await _forget(unit, col(PushSubscription.id) == subscription_id)
    unit.record("D", "push.ended", "Device", subscription_id)


async def forget_sessions(unit: Unit, session_ids: Sequence[str]) -> None:
    """These sign-ins have ended: whoever has the browser now is told nothing more."""
    await _forget(unit, col(PushSubscription.session_id).in_(session_ids))


def opened(handle: Any, row: PushSubscription) -> Subscription:
    """Address and keys of a row."""
    data = json.loads(handle.open("push_subscription", "data", row.id, row.data))
    return Subscription(data["endpoint"], _bytes(data["p256dh"]), _bytes(data["auth"]))


async def tell_staff(unit: Unit, *, life: timedelta, urgent: bool, account_id: str | None = None) -> None:
    """Wake every browser of the staff (or of one account) that asked for it."""
    query = (
        _awake(unit)
        .join(Account, col(Account.id) == col(PushSubscription.account_id))
        .where(col(Account.active).is_(True))
    )
    if account_id is not None:
        query = query.where(col(PushSubscription.account_id) == account_id)
    await _plan(unit, PUSH, [row.id for row in await unit.all(query)], life, urgent=urgent)


async def tell_person(unit: Unit, person_id: str, *, life: timedelta, urgent: bool) -> None:
    """Wake the browsers of a patient that asked for it."""
    rows = await unit.all(_awake(unit).where(col(PushSubscription.person_id) == person_id))
    await _plan(unit, PUSH, [row.id for row in rows], life, urgent=urgent)


def _awake(unit: Unit) -> Select[PushSubscription]:
    """Subscriptions whose sign-in nobody ended: one that was made in the moment of its end is no exception."""
    ended = select(col(Session.id)).where(
        col(Session.id) == col(PushSubscription.session_id), col(Session.ended_at).is_not(None)
    )
    return unit.select(PushSubscription).where(~ended.exists())


async def text_on_call(unit: Unit, *, life: timedelta) -> None:
    """Text the on-call phones."""
    await _plan(unit, SMS, [row.id for row in await unit.all(unit.select(OnCallPhone))], life, urgent=True)


async def text_interpreters(unit: Unit, guest_ids: Iterable[str], *, life: timedelta) -> None:
    """Text everybody who is asked to interpret, each with the link of their own; nothing about the visit is in it."""
    await _plan(unit, SMS, guest_ids, life, urgent=False)


async def phones(unit: Unit) -> PhonesOut:
    """The practice's number for texts and its on-call phones, E.164."""
    handle = await unit.dek()
    rows = await unit.all(unit.select(OnCallPhone).order_by(col(OnCallPhone.created_at), col(OnCallPhone.id)))
    named = [handle.open("on_call_phone", "value", row.id, row.value) for row in rows]
    return PhonesOut(sms_number=(await practice_of(unit)).sms_number, on_call=named)


async def set_phones(unit: Unit, body: PhonesIn, installation: str | None) -> PhonesOut:
    """Replace them. `installation`: the number that practices without one share. Raises Invalid with a pointer to each
    number that is none, Conflict for the installation's or another practice's."""
    practice = await practice_of(unit)
    faults: list[Fault] = []

    def number(pointer: str, typed: str) -> str:
        try:
            return parse_phone(typed, practice.region, fictional=unit.desk.fictional)
        except ValueError as error:
            faults.append(Fault(pointer, str(error)))
            return ""

    own = number("/sms_number", body.sms_number) if body.sms_number else None
    wanted = [number(f"/on_call/{place}", typed) for place, typed in enumerate(body.on_call)]
    if faults:
        raise Invalid("A phone number needs fixing.", errors=faults)
    if own is not None and own == installation:
        raise Conflict(
            "Every practice here may use this number. Leave the field empty to use it, or give one of your own."
        )
    taken = select(col(Practice.id)).where(col(Practice.sms_number) == own, col(Practice.id) != practice.id)
    if own is not None and (await unit.session.execute(taken)).first() is not None:
        raise Conflict("Another practice here uses this number already. Give each practice a number of its own.")
    practice.sms_number = own
    unit.add(practice)
    await _replace_on_call(unit, list(dict.fromkeys(wanted)))
    unit.record("U", "practice.phones", "Organization", unit.tenant)
    return await phones(unit)


async def _replace_on_call(unit: Unit, numbers: list[str]) -> None:
    known = [row.id for row in await unit.all(unit.select(OnCallPhone))]
    await unit.session.execute(delete(Alert).where(col(Alert.target_id).in_(known)))
    await unit.session.execute(delete(OnCallPhone).where(col(OnCallPhone.id).in_(known)))
    handle = await unit.dek()
    for phone in numbers:
        row_id = new_id()
        sealed = handle.seal("on_call_phone", "value", row_id, phone)
        unit.add(OnCallPhone(id=row_id, tenant=unit.tenant, value=sealed, created_at=unit.clock.now()))
    await unit.flush()


async def _plan(unit: Unit, channel: str, targets: Iterable[str], life: timedelta, *, urgent: bool) -> None:
    """One alert for each target. One that waits already says the same but may have failed before: it gives way to this
    one, which is tried at once, also while a worker still sends the other (hence the new id)."""
    now = unit.clock.now()
    rows = [
        {
            "id": new_id(), "tenant": unit.tenant, "channel": channel, "target_id": target, "urgent": urgent,
            "not_after": now + life, "wake_at": now, "attempts": 0,
        }
        for target in sorted(targets)  # one order for all transactions, which wait for each other's rows
    ]  # fmt: skip
    if rows:
        insert: Any = sqlite.insert if unit.desk.store.dialect == "sqlite" else postgresql.insert
        query = insert(Alert).values(rows)
        new, waits = query.excluded, Alert.__table__.c  # type: ignore[attr-defined]
        later = case((waits.not_after > new.not_after, waits.not_after), else_=new.not_after)
        both = {
            "id": new.id, "wake_at": new.wake_at, "attempts": new.attempts, "not_after": later,
            "urgent": or_(waits.urgent, new.urgent),
        }  # fmt: skip
        await unit.session.execute(query.on_conflict_do_update(index_elements=["target_id"], set_=both))


def _own(unit: Unit, keys: KeyPort, endpoint: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    token = BlindIndex(keys).text_index(unit.tenant, ENDPOINT, endpoint)
    mine = (
        col(PushSubscription.account_id) == unit.principal.account_id
        if unit.principal.is_staff
        else col(PushSubscription.person_id) == unit.principal.person_id
    )
    return col(PushSubscription.endpoint_index) == token, mine


async def _forget(unit: Unit, *where: Any) -> None:
    found = select(col(PushSubscription.id)).where(col(PushSubscription.tenant) == unit.tenant, *where)
    ids = list((await unit.session.execute(found)).scalars())
    if ids:
        await unit.session.execute(delete(Alert).where(col(Alert.target_id).in_(ids)))
        await unit.session.execute(delete(PushSubscription).where(col(PushSubscription.id).in_(ids)))


def _bytes(text: str) -> bytes:
    return unb64(text.rstrip("="))
