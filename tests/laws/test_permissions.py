"""The policy table is the door: every route × every role × own and another practice's ids."""

from __future__ import annotations

from typing import Any

import pytest

from server import demo_api
from server.access.roles import POLICY, relation
from server.api.routing import Route, cookie
from server.app import ROUTES
from server.core.principal import Role
from server.tasks.kinds import Kind, Priority
from server.tasks.service import ask
from server.waiting import consent
from tests.parts.clinic import Booked, Browser, Clinic
from tests.parts.marks import sqlite_only

HTTP_ROLES = (
    Role.anonymous, Role.patient, Role.unconfirmed, Role.interpreter, Role.family, Role.trainee, Role.provider,
    Role.scheduler, Role.admin,
)  # fmt: skip
EVERY = [*ROUTES, *demo_api.ROUTES]

EXCEPTIONS = {
    "mail.unsubscribe": 415,  # takes a form only; an address that we did not make is 404 (test_unsubscribe.py)
    "visit.read_own": 401,  # a session of another link: open the link, whoever's it is (protocol.md)
    "device.certify": 422,  # the signed record is read before any row is looked for
}


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_every_route_has_a_line_in_the_policy_and_every_line_a_route() -> None:
    assert {route.action for route in EVERY} == set(POLICY)


def test_the_policy_gives_the_system_role_and_strangers_nothing_by_accident() -> None:
    open_to_all = {action for action in POLICY if relation(action, Role.anonymous) is not None}
    assert open_to_all == {
        "session.create", "link.open", "link.ready", "link.fresh", "link.lost", "guest.open", "guest.ready",
        "guest.claim",
        "sms.inbound", "sms.status", "demo", "visit.read_own", "guest.read_own", "mail.ask", "mail.unsubscribe",
    }  # fmt: skip
    assert relation("no.such.action", Role.admin) is None


def foreign(theirs: Booked) -> dict[str, Any]:
    """A sensible body for each route that names things by id, naming what is another practice's."""
    book = {
        "person_id": theirs.person_id, "provider_id": theirs.surgery.accounts["provider"],
        "visit_type_id": theirs.surgery.visit_type, "start": "2031-05-05T10:00:00Z",
    }  # fmt: skip
    series = {
        **{name: book[name] for name in ("provider_id", "visit_type_id", "start")},
        "people": [{"person_id": theirs.person_id}], "repeat": {"freq": "weekly", "count": 2},
    }  # fmt: skip
    return {
        "POST /v1/appointments": book,
        "POST /v1/appointments/preview": book,
        "GET /v1/appointments/{appointment_id}/ledger": None,
        "POST /v1/groups": {
            **{name: book[name] for name in ("provider_id", "visit_type_id", "start")},
            "people": [{"person_id": theirs.person_id}, {"person_id": "A" * 22}],
        },
        "POST /v1/groups/{group_id}/people": {"person_id": theirs.person_id},
        "POST /v1/series": series,
        "POST /v1/series/preview": series,
        "POST /v1/absences": {"provider_id": theirs.surgery.accounts["provider"]},
        "GET /v1/absences/{absence_id}": None,
        "PUT /v1/absences/{absence_id}/items/{item_id}": {"version": 1, "way": "leave"},
        "POST /v1/absences/{absence_id}/apply": {"version": 1},
        "POST /v1/absences/{absence_id}/undo": {"version": 1},
        "POST /v1/absences/{absence_id}/drop": {"version": 1},
        "POST /v1/waitlist": {"appointment_id": theirs.id},
        "DELETE /v1/waitlist/{waitlist_id}": None,
        "POST /v1/offers/{offer_id}/take": {},
        "POST /v1/my/offers/{offer_id}/take": {},
        "POST /v1/my/offers/{offer_id}/decline": {},
        "POST /v1/appointments/{appointment_id}/move": {"version": 1, "start": "2031-05-05T10:00:00Z"},
        "POST /v1/appointments/{appointment_id}/cancel": {"version": 1},
        "POST /v1/appointments/{appointment_id}/no-show": {"version": 1},
        "PUT /v1/appointments/{appointment_id}/note": {"version": 1, "note": "Call first"},
        "PUT /v1/appointments/{appointment_id}/interpreter": {"version": 1, "language": "pt"},
        "POST /v1/links/{link_id}/open": {"secret": "x" * 43},
        "POST /v1/links/{link_id}/ready": {**theirs.ready, "secret": "x" * 43},
        "GET /v1/links/{link_id}/visit": None,
        "GET /v1/mail/unsubscribe/{token}": None,
        "POST /v1/mail/unsubscribe/{token}": None,
        "POST /v1/waiting/{entry_id}/see": {},
        "POST /v1/appointments/{appointment_id}/ring": {},
        "POST /v1/appointments/{appointment_id}/to-phone": {},
        "POST /v1/appointments/{appointment_id}/next-step": {},
        "POST /v1/links/{link_id}/fresh": {},
        "POST /v1/my/questionnaires/{questionnaire_id}": {"status": "in-progress", "item": []},
        "GET /v1/appointments/{appointment_id}/intake": None,
        "POST /v1/appointments/{appointment_id}/intake": {"reason": "x"},
        "POST /v1/appointments/{appointment_id}/questionnaires": {"questionnaire_id": "A" * 22},
        "POST /v1/appointments/{appointment_id}/questionnaires/{questionnaire_id}": {
            "status": "in-progress",
            "item": [],
        },
        "POST /v1/appointments/{appointment_id}/licence": {"decision": "go-on"},
        "PUT /v1/accounts/{account_id}/licences": {"regions": ["GB"]},
        "PUT /v1/questionnaires/{questionnaire_id}": {},
        "POST /v1/appointments/{appointment_id}/link": {},
        "POST /v1/appointments/{appointment_id}/devices/{session_id}": {"level": "desk"},
        "DELETE /v1/appointments/{appointment_id}/devices/{session_id}": None,
        "POST /v1/appointments/{appointment_id}/guests": {"scope": "family"},
        "DELETE /v1/appointments/{appointment_id}/guests/{guest_id}": None,
        "POST /v1/appointments/{appointment_id}/guests/{guest_id}/admit": {"admitted": True},
        "POST /v1/appointments/{appointment_id}/guests/{guest_id}/mute": {"muted": True},
        "POST /v1/visits/{visit_id}/aside": {"guests": []},
        "POST /v1/appointments/{appointment_id}/interpreters": {"language": "pt"},
        "PUT /v1/interpreters/{interpreter_id}": {"name": "Ana", "phone": "+14155550101", "languages": ["pt"]},
        "POST /v1/guests/{guest_id}/claim": {"secret": "x" * 43, "come": True},
        "POST /v1/my/guests/{guest_id}": {"agreed": True},
        "DELETE /v1/my/guests/{guest_id}": None,
        "POST /v1/guests/{guest_id}/open": {"secret": "x" * 43},
        "POST /v1/guests/{guest_id}/ready": {"secret": "x" * 43},
        "GET /v1/guests/{guest_id}/visit": None,
        "POST /v1/waiting/{entry_id}/call": {"version": 1},
        "POST /v1/waiting/{entry_id}/admit": {"version": 1, "identifiers": ["name", "birth_date"]},
        "POST /v1/waiting/{entry_id}/requeue": {"version": 1},
        "POST /v1/tasks/{task_id}/accept": {"version": 1},
        "POST /v1/tasks/{task_id}/release": {"version": 1},
        "POST /v1/tasks/{task_id}/complete": {"version": 1},
        "POST /v1/tasks/{task_id}/cancel": {"version": 1},
        "POST /v1/waiting/{entry_id}/transfer": {"version": 1, "provider_id": theirs.surgery.accounts["second"]},
        "POST /v1/waiting/{entry_id}/triage": {"version": 1, "acuity": 1, "reason": "Short of breath"},
        "POST /v1/late/{lane}": {"minutes": 20},
        "POST /v1/late/{lane}/decline": {},
        "POST /v1/walk-ins": {name: book[name] for name in ("person_id", "provider_id", "visit_type_id")},
        "POST /v1/appointments/{appointment_id}/check-in": {"consent": {"version": consent.VERSION}},
        "PUT /v1/pools/{pool_id}": {"name": "Ours", "members": []},
        "POST /v1/pools": {"name": "Ours", "members": [theirs.surgery.accounts["provider"]]},
        "POST /v1/visits/{visit_id}/put-back": {"version": 1},
        "POST /v1/appointments/{appointment_id}/resend": {"channel": "sms"},
        "POST /v1/appointments/{appointment_id}/told": {},
        "GET /v1/people/{person_id}/contacts": None,
        "POST /v1/people/{person_id}/contacts": {"system": "phone", "value": "+14155550199"},
        "PUT /v1/people/{person_id}/contacts/{contact_id}": {},
        "DELETE /v1/people/{person_id}/contacts/{contact_id}": None,
        "POST /v1/visits/{visit_id}/join": {},
        "POST /v1/visits/{visit_id}/lead": {"version": 1},
        "POST /v1/visits/{visit_id}/interpreter": {"interpreter_id": "A" * 22},
        "POST /v1/groups/{group_id}/admit": {
            "entries": [{"entry_id": "A" * 22, "version": 1}],
            "identifiers": ["name", "birth_date"],
        },
        "GET /v1/visits/{visit_id}/paths": None,
        "POST /v1/visits/{visit_id}/relay": {"session": "s", "sdp": "v=0", "wants": []},
        "POST /v1/visits/{visit_id}/line": {"rung": "voice", "reason": "slow"},
        "GET /v1/visits/{visit_id}/line": None,
        "POST /v1/visits/{visit_id}/call-back": {},
        "POST /v1/visits/{visit_id}/hang-up": {},
        "POST /v1/visits/{visit_id}/emergency": {},
        "POST /v1/visits/{visit_id}/hold": {},
        "POST /v1/visits/{visit_id}/resume": {},
        "GET /v1/visits/{visit_id}/note": None,
        "PUT /v1/visits/{visit_id}/note": {"version": 0, "text": "Sleeps badly"},
        "POST /v1/visits/{visit_id}/end": {"version": 1},
        "POST /v1/visits/{visit_id}/outcome": {"outcome": "completed"},
        "POST /v1/visits/{visit_id}/follow-up": {"weeks": 2},
        "POST /v1/visits/{visit_id}/summary": {"msg_id": "A" * 22},
        "POST /v1/devices/{device_id}/certificate": {},
        "GET /v1/conversations/{conversation_id}": None,
        "GET /v1/conversations/{conversation_id}/keys": None,
        "GET /v1/conversations/{conversation_id}/messages": None,
        "POST /v1/conversations/{conversation_id}/members": {},
        "POST /v1/conversations/{conversation_id}/claims": {"cert": {}, "claim": {}},
        "POST /v1/conversations/{conversation_id}/epochs": {},
        "POST /v1/conversations/{conversation_id}/messages": {},
        "POST /v1/holds": {name: book[name] for name in ("provider_id", "visit_type_id", "start")},
        "DELETE /v1/holds/{hold_id}": None,
        "PUT /v1/visit-types/{visit_type_id}": {"name": "Ours", "minutes": 10},
        "PUT /v1/visit-types/{visit_type_id}/reminder-plan": {
            "rules": [{"kind": "link", "channels": ["sms"], "minutes": 15}]
        },
        "DELETE /v1/visit-types/{visit_type_id}/reminder-plan": None,
        "GET /v1/providers/{provider_id}/hours": None,
        "PUT /v1/providers/{provider_id}/hours": {"zone": "Europe/London", "hours": []},
        "DELETE /v1/providers/{provider_id}/hours": None,
        "POST /v1/providers/{provider_id}/exceptions": {"day": "2031-05-05", "kind": "closed"},
        "DELETE /v1/providers/{provider_id}/exceptions/{exception_id}": None,
        "DELETE /v1/practice/exceptions/{exception_id}": None,
    }


def path_with(route: Route, booked: Booked, entry_id: str, task_id: str = "A" * 22) -> str:
    return route.path.format(
        appointment_id=booked.id, link_id=booked.link_id, entry_id=entry_id, visit_id=booked.visit_id,
        conversation_id=booked.conversation_id, device_id=booked.visit_id,
        provider_id=booked.surgery.accounts["provider"], visit_type_id=booked.surgery.visit_type,
        hold_id=booked.visit_id, exception_id=booked.visit_id, group_id=booked.visit_id, waitlist_id=booked.visit_id,
        offer_id=booked.visit_id, absence_id=booked.visit_id, item_id=booked.visit_id,
        task_id=task_id, pool_id=booked.visit_id, token=booked.visit_id,
        session_id=booked.visit_id, guest_id=booked.visit_id, interpreter_id=booked.visit_id,
        questionnaire_id=booked.visit_id,
        account_id=booked.surgery.accounts["provider"], lane=booked.surgery.accounts["provider"],
        person_id=booked.person_id, contact_id=booked.visit_id,
    )  # fmt: skip


async def everybody(clinic: Clinic, mine: Booked) -> dict[Role, Browser]:
    patient = await clinic.arrive(mine)
    other = clinic.browser("patient")
    await other.post(f"/v1/links/{mine.link_id}/ready", mine.ready)
    return {
        Role.anonymous: clinic.browser(),
        Role.patient: patient,
        Role.unconfirmed: other,
        **{role: await clinic.guest(mine, role.value) for role in (Role.interpreter, Role.family, Role.trainee)},
        **{role: clinic.staff(role.value) for role in (Role.provider, Role.scheduler, Role.admin)},
    }


async def test_whom_the_policy_refuses_is_refused_and_nothing_changes(clinic: Clinic) -> None:
    mine = await clinic.book()
    browsers = await everybody(clinic, mine)
    entry = (await clinic.row(mine))["entry"]["id"]
    before = await clinic.everything()
    tried = 0
    for route in ROUTES:
        for role in HTTP_ROLES:
            if relation(route.action, role) is None:
                path, tried = path_with(route, mine, entry), tried + 1
                expected = 401 if role is Role.anonymous else 403
                problem = await browsers[role].refused(expected, route.method, path, {})
                assert problem["slug"] == ("unauthenticated" if expected == 401 else "forbidden")
    assert tried > len(ROUTES)
    assert await clinic.everything() == before


async def test_another_practices_ids_are_as_absent_as_ids_that_never_were(clinic: Clinic) -> None:
    mine, theirs = await clinic.book(), await clinic.book(surgery=clinic.south)
    browsers = await everybody(clinic, mine)
    await clinic.arrive(theirs)
    entry = (await clinic.row(theirs))["entry"]["id"]
    async with clinic.house.desk.unit(clinic.south.system) as unit:
        task = await ask(unit, Kind.call_back, Priority.routine, person_id=theirs.person_id)
    bodies = foreign(theirs)
    by_id = {name_of(route): route for route in ROUTES if "{" in route.path or name_of(route) in bodies}
    assert by_id.keys() == bodies.keys(), "a new route that takes an id needs a line in `foreign`"
    before = await clinic.everything()
    for name, route in by_id.items():
        for role in HTTP_ROLES:
            if relation(route.action, role) is None or route.action == "link.fresh":
                continue  # a fresh link is for whoever names a link: it goes to its patient (tests/server/waiting)
            answer = await browsers[role].send(route.method, path_with(route, theirs, entry, task.id), bodies[name])
            expected = EXCEPTIONS.get(route.action, 404)
            if route.action in {"visit.read_own", "guest.read_own"} and role is Role.anonymous:
                expected = 204  # a browser that is nobody here yet, whatever the link
                assert not answer.content
            assert answer.status_code == expected, (name, role, answer.text)
    assert await clinic.everything() == before


@sqlite_only
async def test_a_wrong_id_and_another_practices_id_are_answered_in_the_same_words(clinic: Clinic) -> None:
    theirs = await clinic.book(surgery=clinic.south)
    provider = clinic.staff("provider")
    for path in ("/v1/appointments/{}/ledger", "/v1/conversations/{}"):
        told = []
        for wanted in (theirs.id if "appoint" in path else theirs.conversation_id, "A" * 22):
            problem = await provider.refused(404, "GET", path.format(wanted))
            told.append({name: value for name, value in problem.items() if name != "instance"})
        assert told[0] == told[1]


async def test_a_patient_reaches_nothing_of_another_patient(clinic: Clinic) -> None:
    mine, other = await clinic.book(), await clinic.book(person=await clinic.person(given="Ivo", phone=None))
    browser = await clinic.arrive(mine)
    await clinic.arrive(other)
    before = await clinic.everything()
    await browser.refused(401, "GET", f"/v1/links/{other.link_id}/visit")
    await browser.refused(404, "POST", f"/v1/links/{other.link_id}/open", {"secret": mine.secret})
    await browser.refused(404, "POST", f"/v1/links/{other.link_id}/ready", mine.ready)
    for path in ("", "/keys", "/messages"):
        await browser.refused(404, "GET", f"/v1/conversations/{other.conversation_id}{path}")
    for path in ("claims", "epochs", "messages"):
        body: dict[str, Any] = {"cert": {}, "claim": {}} if path == "claims" else {}
        await browser.refused(404, "POST", f"/v1/conversations/{other.conversation_id}/{path}", body)
    assert await clinic.everything() == before


@sqlite_only
async def test_tickets_are_written_only_for_what_one_may_hear(clinic: Clinic) -> None:
    mine = await clinic.book(provider="provider")
    other = await clinic.book(person=await clinic.person(given="Ivo", phone=None), provider="provider")
    theirs = await clinic.book(surgery=clinic.south)
    patient, provider = await clinic.arrive(mine), clinic.staff("provider")
    call = (await patient.get(f"/v1/links/{mine.link_id}/visit"))["call"]["topic"]
    topics = {
        f"board:{clinic.north.id}": {"provider", "scheduler", "admin"},
        f"schedule:{clinic.north.id}": {"provider", "scheduler", "admin"},
        f"patient:{mine.id}": {"patient"},
        f"conv:{mine.conversation_id}": {"patient", "provider", "scheduler", "admin"},
        call: {"patient", "provider"},
        f"patient:{other.id}": set(),
        f"conv:{other.conversation_id}": {"provider", "scheduler", "admin"},
        call.replace(mine.visit_id, other.visit_id): {"provider"},
        f"board:{clinic.south.id}": set(),
        f"schedule:{clinic.south.id}": set(),
        f"patient:{theirs.id}": set(),
        f"conv:{theirs.conversation_id}": set(),
        call.replace(mine.visit_id, theirs.visit_id): set(),
        f"tasks:{clinic.north.id}": {"provider", "scheduler", "admin"},
        f"tasks:{clinic.south.id}": set(),
        f"audit:{clinic.north.id}": set(),
        "board:": set(),
        "board": set(),
        "patient:\x00": set(),
    }
    speakers = {"patient": patient, "provider": provider} | {
        name: clinic.staff(name) for name in ("scheduler", "admin")
    }
    for topic, allowed in topics.items():
        for name, speaker in speakers.items():
            answer = await speaker.send("POST", "/v1/live/ticket", {"topics": [topic]})
            assert (answer.status_code == 200) == (name in allowed), (topic, name, answer.text)
            assert answer.status_code in {200, 403, 404, 422}, (topic, name, answer.text)
    # One forbidden topic spoils the whole ticket.
    answer = await patient.send("POST", "/v1/live/ticket", {"topics": [f"patient:{mine.id}", f"patient:{other.id}"]})
    assert answer.status_code == 403


@sqlite_only
async def test_a_provider_sits_only_in_their_own_visits(clinic: Clinic) -> None:
    mine = await clinic.book(provider="provider")
    await clinic.arrive(mine)
    second = clinic.staff("second")
    for path, body in ((f"/v1/visits/{mine.visit_id}/join", {}), (f"/v1/visits/{mine.visit_id}/end", {"version": 1})):
        assert (await second.refused(409, "POST", path, body))["slug"] == "conflict"
    answer = await second.send("POST", "/v1/live/ticket", {"topics": [f"visit:{mine.visit_id}"]})
    assert answer.status_code == 409


@sqlite_only
async def test_nobody_reads_by_asking_with_another_method(clinic: Clinic) -> None:
    """HEAD asks the same question as GET; a method that no route takes names those that do."""
    stranger, booked = clinic.browser(), await clinic.book()
    for route in ROUTES:
        path = path_with(route, booked, "A" * 22)
        if route.method == "GET":
            nobody_yet = {"visit.read_own": 204, "guest.read_own": 204, "mail.ask": 404}.get(route.action, 401)
            assert (await stranger.send("HEAD", path)).status_code == nobody_yet
        answer = await stranger.send("PATCH", path)
        assert answer.status_code == 405
        assert route.method in answer.headers["allow"].split(", ")


@sqlite_only
@pytest.mark.parametrize("role", ["patient", "provider", "scheduler", "admin"])
async def test_the_cookie_of_one_role_is_worth_nothing_as_another(clinic: Clinic, role: str) -> None:
    mine = await clinic.book()
    browser = await clinic.arrive(mine) if role == "patient" else clinic.staff(role)
    token = browser.http.cookies[cookie(Role(role), browser.link)]
    for other in ("patient", "provider", "scheduler", "admin"):
        pretender = clinic.browser(other, token)
        answer = await pretender.send("GET", "/v1/me")
        assert answer.status_code == (200 if other == role else 401)
