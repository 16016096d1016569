"""Record, find and open people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sql
from sqlalchemy import func
from sqlmodel import col, select

from notifications.numbers import parse_phone
from server.access.service import practice_of
from server.core.clock import zone as known_zone
from server.core.errors import Conflict, Fault, Invalid
from server.core.ids import new_id
from server.people.schemas import NeedIn, NeedOut, PersonIn, PersonOut, Profile
from server.people.tables import ContactPoint, Need, Person, PersonContact, PersonName
from server.store.unit import Unit
from server.vault import normal
from server.vault.index import BlindIndex
from server.vault.port import KeyPort

NAMES = "person.name"
NUMBER = "person.number"
PHONE = "contact.phone"
EMAIL = "contact.email"
VISITS = "visits"  # the purpose of a contact point that messages go to


@dataclass(frozen=True, slots=True)
class Opened:
    """A person with the sealed parts opened; lives no longer than the request."""

    id: str
    profile: Profile
    needs: list[NeedOut]


async def create(unit: Unit, keys: KeyPort, body: PersonIn) -> Person:
    """Record a person with contact points and needs. Raises Invalid with a pointer for each fault, Conflict for a
    clinic number that is taken."""
    practice = await practice_of(unit)
    if body.zone is not None:
        known_zone(body.zone)
    if body.birth_date > unit.clock.now().date():
        raise Invalid("The birth date lies in the future.", errors=[Fault("/birth_date", "lies in the future")])
    typed = (body.phone or "").strip()
    phone = phone_of(typed, practice.region, fictional=unit_allows_fiction(unit)) if typed else None
    index = BlindIndex(keys)
    profile = Profile(
        given=body.given, family=body.family, birth_date=body.birth_date, number=body.number, language=body.language,
        zone=body.zone,
    )  # fmt: skip
    person_id = new_id()
    number_index = index.text_index(unit.tenant, NUMBER, body.number) if body.number else None
    if number_index is not None and await unit.first(
        unit.select(Person).where(col(Person.number_index) == number_index)
    ):
        raise Conflict("Somebody else has this clinic number already. Look the number up before adding a person.")
    handle = await unit.dek(person_id)
    person = Person(
        id=person_id, tenant=unit.tenant, number_index=number_index, created_at=unit.clock.now(),
        profile=handle.seal("person", "profile", person_id, profile.model_dump_json()),
    )  # fmt: skip
    unit.add(person)
    await unit.flush()
    for token in index.name_prefixes(unit.tenant, NAMES, profile.name):
        unit.add(PersonName(person_id=person_id, token=token, tenant=unit.tenant))
    if phone:
        await attach(unit, keys, person_id, "phone", phone, others_may_read=not body.phone_private)
    if body.email:
        await attach(unit, keys, person_id, "email", email_of(body.email))
    await set_needs(unit, person_id, body.needs)
    unit.record("C", "person.create", "Patient", person_id, person_id=person_id)
    return person


async def set_needs(unit: Unit, person_id: str, needs: Iterable[NeedIn]) -> None:
    handle = await unit.dek(person_id)
    for kind, need in {need.kind: need for need in needs}.items():
        need_id = new_id()
        detail = handle.seal("need", "detail", need_id, need.detail)
        unit.add(Need(id=need_id, tenant=unit.tenant, person_id=person_id, kind=kind, detail=detail))
    await unit.flush()


async def search(unit: Unit, keys: KeyPort, typed: str) -> list[PersonOut]:
    """Up to 20 people by the first letters of their names, by clinic number, or by a phone number."""
    typed = typed.strip()
    if len(re.sub(r"\D", "", typed)) >= 7:
        people = await _by_phone(unit, keys, typed)
    else:
        people = await _by_name(unit, keys, typed)
    found = await open_people(unit, [person.id for person in people])
    shown = [one for one in found.values() if _fits(one, typed)]
    unit.record("R", "person.search", "Patient", "")
    return sorted(await _out(unit, shown), key=lambda one: one.name.casefold())[:20]


async def person_out(unit: Unit, person_id: str) -> PersonOut:
    return (await _out(unit, list((await open_people(unit, [person_id])).values())))[0]


async def open_people(unit: Unit, person_ids: Iterable[str]) -> dict[str, Opened]:
    """People with profile and needs opened: three queries for any number of them."""
    wanted = sorted(set(person_ids))
    return await unit.once((open_people, *wanted), lambda: _open(unit, wanted))


async def _open(unit: Unit, person_ids: Iterable[str]) -> dict[str, Opened]:
    rows = await unit.look(Person, person_ids, col(Person.profile))
    if not rows:
        return {}
    needs = await unit.all(unit.select(Need).where(unit.among(col(Need.person_id), rows)).order_by(col(Need.kind)))
    cells = unit.cells()
    await cells.prefetch_cells([row.profile for row in rows.values()] + [need.detail for need in needs])
    opened = {
        row.id: Opened(row.id, Profile.model_validate_json(cells.open("person", "profile", row.id, row.profile)), [])
        for row in rows.values()
    }
    for need in needs:
        detail = cells.open("need", "detail", need.id, need.detail)
        opened[need.person_id].needs.append(NeedOut(kind=need.kind, detail=detail))
    return opened


async def profiles(unit: Unit, person_ids: Iterable[str]) -> dict[str, Profile]:
    """Who people are, without their needs: two queries for any number of them."""
    rows = await unit.columns(Person, (Person.id, Person.profile), unit.among(col(Person.id), person_ids))
    cells = unit.cells()
    await cells.prefetch_cells(profile for _, profile in rows)
    return {
        person_id: Profile.model_validate_json(cells.open("person", "profile", person_id, profile))
        for person_id, profile in rows
    }


@dataclass(frozen=True, slots=True)
class Contact:
    """What must be known of a contact point before anything is sent there."""

    id: str
    system: str
    opted_out_at: datetime | None
    failed_at: datetime | None
    delivered_at: datetime | None
    undelivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reach:
    """One way to reach a person."""

    contact: Contact
    value: str
    others_may_read: bool
    safe_from: str | None = None  # HH:MM on the person's clock
    safe_to: str | None = None
    rank: int = 1  # 1 is tried first


async def reaches(unit: Unit, person_id: str, purpose: str = VISITS) -> list[Reach]:
    """The contact points of a person for a purpose, the preferred one first."""
    return (await reaches_of(unit, [person_id], purpose))[person_id]


async def reaches_of(
    unit: Unit, person_ids: Iterable[str], purpose: str = VISITS, *, at: Iterable[str] | None = None
) -> dict[str, list[Reach]]:
    """The same for many people in one query; `at` names the only contact points that are wanted."""
    found: dict[str, list[Reach]] = {person_id: [] for person_id in person_ids}
    query = (
        sql.select(
            col(PersonContact.person_id),
            col(PersonContact.others_may_read),
            col(PersonContact.safe_from),
            col(PersonContact.safe_to),
            col(PersonContact.rank),
            col(ContactPoint.id),
            col(ContactPoint.system),
            col(ContactPoint.value),
            col(ContactPoint.opted_out_at),
            col(ContactPoint.failed_at),
            col(ContactPoint.delivered_at),
            col(ContactPoint.undelivered_at),
        )
        .join(ContactPoint, col(ContactPoint.id) == col(PersonContact.contact_id))
        .where(
            col(PersonContact.tenant) == unit.tenant,
            unit.among(col(PersonContact.person_id), found),
            col(PersonContact.purpose) == purpose,
        )
        .order_by(col(PersonContact.rank), col(PersonContact.id))
    )
    if at is not None:
        query = query.where(unit.among(col(ContactPoint.id), at))
    handle = await unit.dek()
    for one in await unit.session.execute(query):
        value = handle.open("contact_point", "value", one.id, one.value)
        contact = Contact(one.id, one.system, one.opted_out_at, one.failed_at, one.delivered_at, one.undelivered_at)
        found[one.person_id].append(Reach(contact, value, one.others_may_read, one.safe_from, one.safe_to, one.rank))
    return found


async def hold_contact(unit: Unit, contact_id: str) -> None:
    """Hold a contact point's row until the transaction ends: what is counted for it is counted one by one."""
    await unit.first(unit.select(ContactPoint).where(col(ContactPoint.id) == contact_id).with_for_update())


async def people_at(unit: Unit, keys: KeyPort, phone: str) -> tuple[ContactPoint | None, list[str]]:
    """The contact point of a number in E.164 and the ids of everybody who is reached there about visits: who is rung in
    an emergency answers for nobody."""
    token = BlindIndex(keys).phone_index(unit.tenant, PHONE, phone)
    query = unit.select(ContactPoint).where(col(ContactPoint.system) == "phone", col(ContactPoint.value_index) == token)
    point = await unit.first(query)
    if point is None:
        return None, []
    theirs = (col(PersonContact.contact_id) == point.id, col(PersonContact.purpose) == VISITS)
    links = await unit.all(unit.select(PersonContact).where(*theirs))
    return point, [link.person_id for link in links]


async def by_number(unit: Unit, keys: KeyPort, number: str) -> Person | None:
    """The person with this clinic number (HL7 PID-3)."""
    token = BlindIndex(keys).text_index(unit.tenant, NUMBER, number)
    return await unit.first(unit.select(Person).where(col(Person.number_index) == token))


SIGNS = frozenset({"deaf", "signing"})


async def signs(unit: Unit, person_id: str) -> bool:
    """Whether this person is deaf or signs: picture and text come first, a text calls them, and no telephone does."""
    query = unit.select(Need).where(col(Need.person_id) == person_id, col(Need.kind).in_(SIGNS))
    return await unit.first(query) is not None


async def who_sign(unit: Unit, person_ids: Iterable[str]) -> set[str]:
    """Those of these people who sign, and see an interpreter instead of hearing one."""
    query = unit.select(Need).where(unit.among(col(Need.person_id), person_ids), col(Need.kind) == "signing")
    return {need.person_id for need in await unit.all(query)}


def unit_allows_fiction(unit: Unit) -> bool:
    """Reserved fictional phone numbers are for demo and tests; production has none to send to."""
    return unit.desk.fictional


async def attach(
    unit: Unit, keys: KeyPort, person_id: str, system: str, value: str, *, others_may_read: bool = False,
    purpose: str = VISITS,
) -> PersonContact | None:  # fmt: skip
    """Reach a person at a number (E.164) or mailbox; None when they are reached there for this purpose already."""
    index = BlindIndex(keys)
    make = index.phone_index if system == "phone" else index.email_index
    token = make(unit.tenant, PHONE if system == "phone" else EMAIL, value)
    query = unit.select(ContactPoint).where(col(ContactPoint.system) == system, col(ContactPoint.value_index) == token)
    point = await unit.first(query)
    if point is None:
        point_id = new_id()
        sealed = (await unit.dek()).seal("contact_point", "value", point_id, value)
        point = ContactPoint(
            id=point_id, tenant=unit.tenant, system=system, value=sealed, value_index=token, created_at=unit.clock.now()
        )
        unit.add(point)
        await unit.flush()
    mine = (col(PersonContact.person_id) == person_id, col(PersonContact.contact_id) == point.id)
    if await unit.first(unit.select(PersonContact).where(*mine)) is not None:
        return None
    link = PersonContact(
        id=new_id(), tenant=unit.tenant, person_id=person_id, contact_id=point.id, others_may_read=others_may_read,
        purpose=purpose,
    )  # fmt: skip
    unit.add(link)
    await unit.flush()
    return link


async def _by_name(unit: Unit, keys: KeyPort, typed: str) -> list[Person]:
    index = BlindIndex(keys)
    numbered = await by_number(unit, keys, typed) if typed else None
    tokens = index.search_tokens(unit.tenant, NAMES, typed)
    if numbered is not None or not tokens:
        return [numbered] if numbered is not None else []
    matching = (
        select(col(PersonName.person_id))
        .where(col(PersonName.tenant) == unit.tenant, col(PersonName.token).in_(tokens))
        .group_by(col(PersonName.person_id))
        .having(func.count() == len(tokens))
    )
    return await unit.all(unit.select(Person).where(col(Person.id).in_(matching)).limit(200))


async def _by_phone(unit: Unit, keys: KeyPort, typed: str) -> list[Person]:
    region = (await practice_of(unit)).region
    try:
        phone = parse_phone(typed, region, fictional=unit_allows_fiction(unit))
    except ValueError:
        return []
    _, ids = await people_at(unit, keys, phone)
    return list((await unit.find(Person, ids)).values())


def _fits(person: Opened, typed: str) -> bool:
    by_code = bool(re.search(r"\d", typed))
    return by_code or normal.name_matches(person.profile.name, typed)


async def _out(unit: Unit, people: list[Opened]) -> list[PersonOut]:
    shown = []
    for one in people:
        phones = [reach.value for reach in await reaches(unit, one.id) if reach.contact.system == "phone"]
        shown.append(
            PersonOut(
                id=one.id, name=one.profile.name, birth_date=one.profile.birth_date, number=one.profile.number,
                phone_masked=masked_phone(phones[0]) if phones else None, language=one.profile.language,
                needs=one.needs,
            )
        )  # fmt: skip
    return shown


def masked_phone(value: str) -> str:
    """The last two digits only."""
    return f"•••• {value[-2:]}"


def masked(reach: Reach) -> str:
    """Enough to recognise one's own number or mailbox, too little to learn another's."""
    return masked_value(reach.contact.system, reach.value)


def masked_value(system: str, value: str) -> str:
    if system == "phone":
        return masked_phone(value)
    name, _, host = value.partition("@")
    return f"{name[:1]}•••@{host}"


def phone_of(text: str, region: str, *, fictional: bool, pointer: str = "/phone") -> str:
    """E.164. Raises Invalid."""
    try:
        return parse_phone(text, region, fictional=fictional)
    except ValueError as error:
        raise Invalid("The phone number needs fixing.", errors=[Fault(pointer, str(error))]) from None


def email_of(text: str, *, pointer: str = "/email") -> str:
    """Raises Invalid for what is no address."""
    address = text.strip()
    if not re.fullmatch(r"[^@\s<>(),;:\"\x00-\x1f]+@[^@\s<>(),;:\"\x00-\x1f]+\.[^@\s<>(),;:\"\x00-\x1f]+", address):
        raise Invalid("The e-mail address needs fixing.", errors=[Fault(pointer, "is not an e-mail address")])
    return address
