"""The patient's door: page zero, opening, "I'm ready"."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel import Locale

from notifications.numbers import show_phone
from notifications.texts import language_of, when
from server.access import confirming, links, sessions
from server.access.service import practice_of, practice_out, staff_names
from server.access.tables import Link
from server.api.context import Answer, Context
from server.api.routing import Route, cookie, is_id
from server.appointments.tables import Appointment, VisitType
from server.core.errors import Conflict, Gone, NotFound, TooMany, Unauthenticated
from server.core.principal import Principal, Role
from server.events import LinkChanged, LinkOpened
from server.people.service import open_people
from server.settings import Settings
from server.store.unit import Unit
from server.waiting import consent, service, wishes
from server.waiting.handset import app_of, handset_of
from server.waiting.schemas import (
    ApptOut,
    CannotWaitIn,
    CheckInIn,
    ElsewhereIn,
    LinkView,
    Nothing,
    OfferedOut,
    OpenIn,
    ReadinessIn,
    ReadyIn,
)
from server.waiting.stage import Stage, latest_entry, opens_at, stage_of
from server.waitlist import offers


async def open_link(ctx: Context, body: OpenIn) -> LinkView:
    """The page's own first call: shows who with, marks the visit as opened, burns nothing."""
    appointment, link = await _prove(ctx, body.secret)
    if link.opened_at is None:
        link.opened_at = ctx.unit.clock.now()
        ctx.unit.add(link)
        ctx.unit.emit(LinkOpened(appointment_id=appointment.id))
        ctx.unit.record("R", "link.open", "Appointment", appointment.id, person_id=appointment.person_id)
    _note_opening(ctx, link)
    _note_device(ctx, link, body)
    person = (await open_people(ctx.unit, [appointment.person_id]))[appointment.person_id]
    return LinkView(
        practice=practice_out(await practice_of(ctx.unit)),
        appointment=await appointment_out(ctx.unit, appointment),
        stage=await stage_of(ctx.unit, ctx.settings, appointment),
        opens_at=opens_at(ctx.settings, appointment),
        locale=person.profile.language,
        consent=consent.text(ctx.query("locale") or person.profile.language),
        offers=[
            OfferedOut(start=one.start, zone=appointment.zone, expires_at=one.expires_at)
            for one in await offers.of_visit(ctx.unit, appointment.id)
            if one.expires_at > ctx.unit.clock.now()
        ],
    )


def _note_opening(ctx: Context, link: Link) -> None:
    """When it was opened last: whoever does that around the visit's time tried to come."""
    now = ctx.unit.clock.now()
    if link.last_opened_at is None or link.last_opened_at < now - timedelta(minutes=1):
        link.last_opened_at = now
        ctx.unit.add(link)
        ctx.unit.emit(LinkOpened(appointment_id=link.appointment_id))


def _note_device(ctx: Context, link: Link, body: OpenIn) -> None:
    """On what it was opened and what the device check found: the desk sees where somebody is stuck."""
    agent = ctx.request.headers.get("user-agent", "")
    found = {
        "handset": handset_of(agent), "in_app": app_of(agent), "camera": body.camera or link.camera,
        "microphone": body.microphone or link.microphone,
    }  # fmt: skip
    checked = body.camera is not None or body.microphone is not None
    if not checked and all(getattr(link, name) == value for name, value in found.items()):
        return
    for name, value in found.items():
        setattr(link, name, value)
    if checked:
        link.checked_at = ctx.unit.clock.now()
    ctx.unit.add(link)
    ctx.unit.emit(LinkOpened(appointment_id=link.appointment_id))


async def ready(ctx: Context, body: ReadyIn) -> Answer:
    """ "I'm ready": binds the first device, records the consent, and checks in when the door is open.

    A further device is bound to nothing yet: it waits as `unconfirmed` until it shows whose it is.
    """
    appointment, link = await _prove(ctx, body.secret)
    if body.consent.version != consent.VERSION:
        raise Conflict("The consent text was renewed. Please read it again.", version=consent.VERSION)
    stage = await stage_of(ctx.unit, ctx.settings, appointment)
    if stage in {Stage.ended, Stage.closed}:
        raise Gone("This visit is over. Please call the clinic if you need another one.")
    cookies = await _seat(ctx, appointment, link)
    if ctx.unit.principal.role is Role.patient:
        await service.consent(ctx.unit, appointment, body.consent.version, body.locale)
        if stage is not Stage.early and stage is not Stage.in_visit:
            readiness = ReadinessIn(media=body.media, camera=body.camera, microphone=body.microphone)
            await service.check_in(ctx.unit, appointment, readiness)
    return Answer(await ctx.views.patient_view(ctx.unit, ctx.ports, appointment.id), cookies=cookies)


async def _seat(ctx: Context, appointment: Appointment, link: Link) -> dict[str, str | None]:
    """Go on in this browser's session at this link, or open one: the cookies to set."""
    if ctx.principal.link_id == link.id and ctx.principal.session_id:
        ctx.unit.become(ctx.principal)
        return {}
    token, session = await sessions.open_visitor(
        ctx.unit, Role.unconfirmed, person_id=appointment.person_id, appointment_id=appointment.id, link_id=link.id,
        until=link_ends(ctx.settings, appointment),
    )  # fmt: skip
    await confirming.bind(ctx.unit, link, session)
    ctx.unit.emit(LinkChanged(appointment_id=appointment.id))
    ctx.unit.become(sessions.principal_for(session))
    return {cookie(Role.patient, link.id): token}


def link_ends(settings: Settings, appointment: Appointment) -> datetime:
    """Until when a session at this visit lives: the visit's end and the grace, wherever it moves to."""
    return appointment.end + timedelta(hours=settings.grace_hours)


async def own_visit(ctx: Context) -> Answer:
    """The visit as its patient sees it; 204 in a browser that is nobody here yet; 401 for another link's session."""
    if ctx.principal.role is Role.anonymous:
        return Answer()
    link = await ctx.unit.session.get(Link, ctx.path("link_id"))
    if link is None or link.appointment_id != ctx.principal.appointment_id:
        raise Unauthenticated("This browser is not signed in to this visit. Open the link from the message again.")
    return Answer(await ctx.views.patient_view(ctx.unit, ctx.ports, link.appointment_id))


async def check_in(ctx: Context, body: CheckInIn) -> Answer:
    """ "I'm here": for who came early, with camera and sound as they are now."""
    appointment = await ctx.unit.get(Appointment, ctx.principal.appointment_id)
    stage = await stage_of(ctx.unit, ctx.settings, appointment)
    if stage is Stage.early:
        raise Conflict("The waiting room is not open yet.", opens_at=opens_at(ctx.settings, appointment).isoformat())
    if stage in {Stage.ended, Stage.closed}:
        raise Gone("This visit is over. Please call the clinic if you need another one.")
    if stage is not Stage.in_visit:  # who is in the visit needs no place in line
        await service.check_in(ctx.unit, appointment, body.readiness)
    return Answer(await ctx.views.patient_view(ctx.unit, ctx.ports, appointment.id))


async def leave(ctx: Context, _body: Nothing) -> Answer:
    """Leave the waiting room; the link works again as long as the visit is open."""
    await service.leave(ctx.unit, ctx.principal.appointment_id)
    return Answer(await ctx.views.patient_view(ctx.unit, ctx.ports, ctx.principal.appointment_id))


async def elsewhere(ctx: Context, body: ElsewhereIn) -> Answer:
    """Wait somewhere else: a text comes when it is time to start, so many minutes away. null: back on this page."""
    await wishes.wait_elsewhere(ctx.unit, ctx.principal.appointment_id, body.minutes)
    return Answer(await ctx.views.patient_view(ctx.unit, ctx.ports, ctx.principal.appointment_id))


async def cannot_wait(ctx: Context, body: CannotWaitIn) -> Answer:
    """Out of the line; the clinic is asked to find another time, or to ring."""
    appointment = await ctx.unit.get(Appointment, ctx.principal.appointment_id)
    await wishes.cannot_wait(ctx.unit, appointment, body.wish)
    return Answer(await ctx.views.patient_view(ctx.unit, ctx.ports, appointment.id))


async def feel_worse(ctx: Context, _body: Nothing) -> Answer:
    """Tell the clinic at once. The page shows whom to call in an emergency, whatever becomes of this request."""
    appointment = await ctx.unit.get(Appointment, ctx.principal.appointment_id)
    await wishes.feel_worse(ctx.unit, appointment)
    return Answer(await ctx.views.patient_view(ctx.unit, ctx.ports, appointment.id))


async def readiness(ctx: Context, body: ReadinessIn) -> None:
    """Camera and microphone as they are now; the board shows it."""
    entry = await latest_entry(ctx.unit, ctx.principal.appointment_id)
    if entry is None:
        raise NotFound("You have not checked in yet.")
    appointment = await ctx.unit.get(Appointment, ctx.principal.appointment_id)
    if await stage_of(ctx.unit, ctx.settings, appointment) in {Stage.ended, Stage.closed}:
        raise Gone("This visit is over.")
    await service.update_readiness(ctx.unit, entry, body)


async def appointment_out(unit: Unit, appointment: Appointment) -> ApptOut:
    names = await staff_names(unit, {appointment.provider_id})
    visit_type = await unit.get(VisitType, appointment.visit_type_id)
    return ApptOut(
        id=appointment.id, status=appointment.status, start=appointment.start, end=appointment.end,
        zone=appointment.zone, with_=names[appointment.provider_id], modality=visit_type.modality,
        revision=appointment.revision, displaced=appointment.displaced,
    )  # fmt: skip


async def page_zero(unit: Unit, link_id: str, locale: str | None, now: datetime, grace: timedelta) -> dict[str, str]:
    """What the server fills into page zero: clinic, phone, time, language. Raises NotFound.

    Nothing of the person and nothing written before: whoever holds only the id learns a clinic and a time.
    """
    link = await unit.session.get(Link, link_id) if is_id(link_id) else None
    if link is None:
        raise NotFound("This link is not known here.")
    unit.become(Principal(Role.patient, link.tenant, appointment_id=link.appointment_id))
    practice = await practice_of(unit)
    appointment = await unit.get(Appointment, link.appointment_id)
    language = language_of(locale or practice.locale)
    shown = when(appointment.start, appointment.zone, language)
    over = appointment.status in {"cancelled", "entered-in-error"} or appointment.end + grace < now
    return {
        "clinic": practice.name, "phone": show_phone(practice.phone, practice.region),
        "phone_href": f"tel:{practice.phone}",
        "start_utc": appointment.start.isoformat().replace("+00:00", "Z"), "zone": appointment.zone,
        "local_time": f"{shown.date} {shown.time} ({shown.zone})", "locale": language,
        "dir": "rtl" if Locale.parse(language).text_direction == "right-to-left" else "ltr",
        "link_id": link.id, "state": "closed" if over else "open",
    }  # fmt: skip


async def _prove(ctx: Context, secret: str) -> tuple[Appointment, Link]:
    """Check the link's secret; the anonymous unit goes on as that link's patient."""
    ctx.ports.limits.link_address.check(ctx.address)
    link = await ctx.unit.session.get(Link, ctx.path("link_id"))
    if link is None:
        raise NotFound("This link does not work. Please use the newest message from the clinic, or call the clinic.")
    try:
        links.prove(link, secret)
    except NotFound:
        ctx.ports.limits.link.check(link.id)  # only failures count: a stranger cannot lock the patient out
        ctx.unit.deny(link.tenant, "link.secret", "Appointment", link.appointment_id)
        raise
    principal = Principal(
        Role.patient, link.tenant, person_id=link.person_id, appointment_id=link.appointment_id, link_id=link.id
    )
    ctx.unit.become(principal)
    return await ctx.unit.get(Appointment, link.appointment_id), link


ROUTES = [
    Route("POST", "/v1/links/{link_id}/open", open_link, "link.open", body=OpenIn, returns=LinkView,
          problems=[NotFound, TooMany], idempotent=False),
    Route("POST", "/v1/links/{link_id}/ready", ready, "link.ready", body=ReadyIn,
          problems=[NotFound, Conflict, Gone, TooMany], idempotent=False),
    Route("GET", "/v1/links/{link_id}/visit", own_visit, "visit.read_own", may_be_empty=True),
    Route("POST", "/v1/my/check-in", check_in, "visit.check_in", body=CheckInIn, problems=[Conflict, Gone]),
    Route("POST", "/v1/my/leave", leave, "visit.leave", body=Nothing, problems=[Conflict]),
    Route("POST", "/v1/my/elsewhere", elsewhere, "visit.elsewhere", body=ElsewhereIn, problems=[Conflict]),
    Route("POST", "/v1/my/cannot-wait", cannot_wait, "visit.cannot_wait", body=CannotWaitIn, problems=[Conflict]),
    Route("POST", "/v1/my/feel-worse", feel_worse, "visit.feel_worse", body=Nothing),
    Route("POST", "/v1/my/readiness", readiness, "visit.readiness", body=ReadinessIn, status=204,
          problems=[NotFound, Gone]),
]  # fmt: skip
