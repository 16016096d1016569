"""Sign-in, sign-out, accounts, and the practice itself."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from server.access import passwords, sessions
from server.access.schemas import AccountOut, Me, PracticeOut
from server.access.tables import Account, Practice
from server.core.errors import Conflict, NotFound, Unauthenticated
from server.core.ids import new_id
from server.core.principal import Principal, Role
from server.store.unit import Unit
from server.vault.index import BlindIndex
from server.vault.port import KeyPort

_EVERYWHERE = ""  # e-mail addresses of staff are unique over all practices of an installation


async def practice_of(unit: Unit) -> Practice:
    practice = await unit.session.get(Practice, unit.tenant)
    if practice is None:
        raise NotFound("There is no such practice.")
    unit.session.info[Practice] = practice  # a session forgets what nobody holds, and this is asked for again and again
    return practice


async def set_media(unit: Unit, *, relay_only: bool) -> None:
    practice = await practice_of(unit)
    practice.relay_only = relay_only
    unit.add(practice)
    unit.record("U", f"practice.media:{'relay' if relay_only else 'all'}", "Organization", practice.id)


def practice_out(practice: Practice) -> PracticeOut:
    return PracticeOut(
        id=practice.id, name=practice.name, phone=practice.phone, zone=practice.zone, locale=practice.locale,
        emergency_number=practice.emergency_number,
    )  # fmt: skip


async def front_door(unit: Unit) -> tuple[str, str]:
    """(name, phone) of the only practice of this installation; empty when there are none or several."""
    practices = list((await unit.session.execute(select(Practice).limit(2))).scalars())
    if len(practices) != 1:
        return "", ""
    return practices[0].name, practices[0].phone


async def only_practice(unit: Unit) -> str | None:
    """The id of the only practice of this installation; None when there are none or several."""
    found = list((await unit.session.execute(select(col(Practice.id)).limit(2))).scalars())
    return found[0] if len(found) == 1 else None


async def make_account(
    unit: Unit, keys: KeyPort, *, name: str, email: str, password: str, roles: list[Role]
) -> Account:
    """Add a member of staff. Raises Conflict when the e-mail address is taken, Invalid for a weak password."""
    index = BlindIndex(keys).email_index(_EVERYWHERE, "account.email", email)
    taken = await unit.session.execute(select(col(Account.id)).where(col(Account.email_index) == index))
    if taken.first() is not None:
        raise Conflict("An account with this e-mail address exists already.")
    handle = await unit.dek()
    account_id = new_id()
    account = Account(
        id=account_id, tenant=unit.tenant, name=handle.seal("account", "name", account_id, name),
        email=handle.seal("account", "email", account_id, email), email_index=index,
        password_hash=await passwords.hashed(password), roles=[role.value for role in roles],
        created_at=unit.clock.now(),
    )  # fmt: skip
    unit.add(account)
    unit.record("C", "account.create", "Practitioner", account_id)
    return account


async def find_account(unit: Unit, keys: KeyPort, email: str) -> Account | None:
    """The account of an e-mail address, in whatever practice; sign-in is the only caller that may look so wide."""
    try:
        index = BlindIndex(keys).email_index(_EVERYWHERE, "account.email", email)
    except ValueError:
        return None
    query = select(Account).where(col(Account.email_index) == index)
    return (await unit.session.execute(query)).scalars().first()


async def prove(unit: Unit, keys: KeyPort, *, email: str, password: str, role: Role) -> Account:
    """The account of an address, if the password is right. `unit` only reads: a hash takes its time.

    Raises Unauthenticated with the same words for an unknown address and a wrong password.
    """
    account = await find_account(unit, keys, email)
    good = await passwords.matches(account.password_hash if account else None, password)
    if account is not None and not good:
        unit.deny(account.tenant, f"sign-in.{role.value}", "Practitioner", account.id)
    if account is None or not good:
        raise Unauthenticated("The e-mail address or the password is not right.")
    return account


async def enter(unit: Unit, account: Account, role: Role, life: timedelta) -> str:
    """Open a session for an account that has proved itself; returns the cookie's token."""
    unit.become(Principal(role, account.tenant, account_id=account.id))
    return await sessions.open_staff(unit, account, role, life)


async def me(unit: Unit) -> Me:
    principal = unit.principal
    practice = await practice_of(unit)
    account = None
    if principal.account_id:
        row = await unit.get(Account, principal.account_id)
        name = (await unit.dek()).open("account", "name", row.id, row.name)
        account = AccountOut(id=row.id, name=name, initials=initials(name))
    return Me(role=principal.role.value, account=account, practice=practice_out(practice),
              person_id=principal.person_id or None)  # fmt: skip


async def staff_names(unit: Unit, account_ids: set[str]) -> dict[str, str]:
    """Display names of staff by account id."""
    return {account_id: name for account_id, (name, _) in (await _staff(unit, account_ids)).items()}


async def licences_of(unit: Unit, account_ids: set[str]) -> dict[str, list[str]]:
    """Where each of the staff may practise, by account id."""
    return {account_id: licences for account_id, (_, licences) in (await _staff(unit, account_ids)).items()}


async def _staff(unit: Unit, account_ids: set[str]) -> dict[str, tuple[str, list[str]]]:
    """Name and licences by account id."""
    known: dict[str, tuple[str, list[str]]] = await unit.once((_staff,), _nobody)
    if missing := account_ids - known.keys():
        handle = await unit.dek()
        wanted = (Account.id, Account.name, Account.licences)
        for account_id, name, licences in await unit.columns(Account, wanted, col(Account.id).in_(missing)):
            known[account_id] = handle.open("account", "name", account_id, name), licences
    return {account_id: known[account_id] for account_id in account_ids & known.keys()}


async def _nobody() -> dict[str, tuple[str, list[str]]]:
    return {}


async def providers(unit: Unit) -> list[tuple[str, str]]:
    """(id, name) of everybody who sees patients, by name."""
    rows = await unit.all(unit.select(Account).where(col(Account.active).is_(True)))
    handle = await unit.dek()
    found = [(row.id, handle.open("account", "name", row.id, row.name)) for row in rows if Role.provider in row.roles]
    return sorted(found, key=lambda pair: pair[1])


def initials(name: str) -> str:
    words = [
        word for word in name.split() if word and word.rstrip(".").lower() not in {"dr", "prof", "mr", "mrs", "ms"}
    ]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
