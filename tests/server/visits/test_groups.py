"""A group in one call: let in together or one by one, each with a record alone, and a number to the others."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col

from media.engine_relay import Relay
from server.access.service import staff_names
from server.appointments.tables import Appointment
from server.audit.tables import AuditEvent
from server.live import LogSource, TicketGate
from server.visits import rooms
from server.visits.tables import Visit
from signaling.ports import Viewer
from tests.media.sfu.wire import audio, offer, video
from tests.parts.clinic import Browser, Clinic, merge
from tests.parts.marks import sqlite_only
from tests.parts.ports import eventually
from tests.server.visits.family import CHECKED, NAMES, Family, family
from tests.server.visits.relayed import peers

OFFER = {"session": "one", "sdp": offer(audio("sendonly"), video("sendonly")), "wants": []}


async def hears(clinic: Clinic, browser: Browser, topic: str) -> bool:
    """Whether a page that asks to hear this topic is given it, by the ticket and by the gate."""
    ticket = (await browser.post("/v1/live/ticket", {"topics": [topic]}))["ticket"]
    gate = TicketGate(clinic.house.keys, clinic.house.desk, lambda _viewer: None)
    return topic in (await gate.admit(ticket)).topics


async def test_all_who_are_ready_come_in_by_one_act_and_a_late_one_joins_the_same_call(grouped: Clinic) -> None:
    group = await family(grouped)
    topic = f"visit:{group.group_id}"
    assert not await hears(grouped, group.phones[0], topic), "nobody listens to a call before they are in it"
    rows = await group.admit(0, 1)
    assert [row["entry"]["state"] for row in rows] == ["admitted"] * 2
    views = [await group.view(number) for number in range(3)]
    assert [view["stage"] for view in views] == ["in-visit", "in-visit", "waiting"]
    calls = [view["call"] for view in views]
    assert {(call["topic"], call["route"], call["partner"]) for call in calls} == {
        (topic, "relay", grouped.north.accounts["provider"])
    }
    assert [one["seat"] for one in views[0]["company"]] == [group.seat(1)]
    assert [one["seat"] for one in views[1]["company"]] == [group.seat(0)]
    assert views[2]["company"] == []
    assert [await hears(grouped, phone, topic) for phone in group.phones] == [True, True, False]
    for member in group.members[:2]:
        joined = await grouped.staff("provider").post(f"/v1/visits/{member.visit_id}/join", {})
        assert (joined["call"]["topic"], joined["call"]["route"]) == (topic, "relay")

    entry = await group.entry(2)
    admit = {"version": entry["version"], "identifiers": CHECKED}
    await grouped.staff("provider").post(f"/v1/waiting/{entry['entry_id']}/admit", admit)
    assert [one["seat"] for one in (await group.view(0))["company"]] == [group.seat(1), group.seat(2)]
    assert [one["number"] for one in (await group.view(2))["company"]] == [1, 2]
    checked = await grouped.all(AuditEvent, col(AuditEvent.subtype) == "identity.checked:birth_date+name")
    assert {one.entity_id for one in checked} == {one.id for one in group.members}


async def test_one_who_is_not_as_they_were_seen_lets_nobody_in(grouped: Clinic) -> None:
    group = await family(grouped)
    provider, path = grouped.staff("provider"), f"/v1/groups/{group.group_id}/admit"
    entries = [await group.entry(number) for number in range(3)]
    stranger = await grouped.book()
    await grouped.arrive(stranger)
    other = (await grouped.row(stranger))["entry"]
    await group.phones[1].post("/v1/my/leave", {})
    before = await grouped.everything()
    await provider.refused(409, "POST", path, {"entries": entries, "identifiers": CHECKED})
    wrong = [entries[0], {"entry_id": other["id"], "version": other["version"]}]
    await provider.refused(404, "POST", path, {"entries": wrong, "identifiers": CHECKED})
    await provider.refused(409, "POST", path, {"entries": entries[:1], "identifiers": ["name", "name"]})
    await grouped.staff("second").refused(409, "POST", path, {"entries": entries[:1], "identifiers": CHECKED})
    assert await grouped.everything() == before
    assert len(await group.admit(0, 2)) == 2


@sqlite_only
async def test_without_a_relay_a_group_is_seen_one_after_the_other_and_nobody_hears_of_it(clinic: Clinic) -> None:
    group = await family(clinic, 2)
    body = {"entries": [await group.entry(0)], "identifiers": CHECKED}
    problem = await clinic.staff("provider").refused(409, "POST", f"/v1/groups/{group.group_id}/admit", body)
    assert "one after the other" in problem["detail"]
    view = await group.view(0)
    assert (view["group"], view["company"], view["call"]["route"]) == (None, [], "p2p")
    await group.phones[0].refused(409, "POST", "/v1/my/shows", {"shows": "full"})


async def test_who_leaves_or_is_put_back_ends_nobody_elses_visit_and_the_end_ends_all(grouped: Clinic) -> None:
    group = await family(grouped)
    provider, topic = grouped.staff("provider"), f"visit:{group.group_id}"
    await group.admit(0, 1, 2)
    row = await provider.post(
        f"/v1/visits/{group.members[0].visit_id}/put-back", {"version": await group.version(0), "note": "Wait a bit"}
    )
    assert row["visit"]["status"] == "on-hold"
    assert [(await group.view(number))["stage"] for number in range(3)] == ["waiting", "in-visit", "in-visit"]
    assert not await hears(grouped, group.phones[0], topic)
    body = {"version": await group.version(1), "scope": "this"}
    row = await provider.post(f"/v1/visits/{group.members[1].visit_id}/end", body)
    assert (row["visit"]["status"], row["visit"]["outcome"]) == ("completed", "left-before-seen")
    assert [(await group.view(number))["stage"] for number in (0, 1, 2)] == ["waiting", "ended", "in-visit"]
    assert (await group.view(2))["company"] == []

    await group.admit(0)
    await provider.post(f"/v1/visits/{group.members[2].visit_id}/end", {"version": await group.version(2)})
    visits = await grouped.all(Visit, col(Visit.id).in_([one.visit_id for one in group.members]))
    assert {one.status for one in visits} == {"completed"}
    assert len({one.ended_at for one in visits}) == 2, "each has the end that it had"
    done = await grouped.all(AuditEvent, col(AuditEvent.subtype) == "visit.complete")
    assert sorted(one.entity_id for one in done) == sorted(one.visit_id for one in group.members)


async def test_the_end_of_a_group_writes_off_nobody_who_still_waits(grouped: Clinic) -> None:
    group = await family(grouped)
    await group.admit(0, 1)
    path = f"/v1/visits/{group.members[0].visit_id}/end"
    await grouped.staff("provider").post(path, {"version": await group.version(0)})
    assert [(await group.view(number))["stage"] for number in range(3)] == ["ended", "ended", "waiting"]
    rows = await group.admit(2)
    assert rows[0]["visit"]["status"] == "in-progress"


async def test_whoever_is_handed_to_a_colleague_is_in_the_groups_call_no_more(grouped: Clinic) -> None:
    group = await family(grouped, 2)
    await group.admit(0, 1)
    await group.phones[0].post("/v1/my/shows", {"shows": "full"})
    body = {"version": await group.version(0), "provider_id": grouped.north.accounts["second"]}
    row = await grouped.staff("provider").post(f"/v1/visits/{group.members[0].visit_id}/put-back", body)
    assert row["group_id"] is None
    view = await group.view(0)
    assert (view["group"], view["company"], view["call"]["topic"]) == (None, [], f"visit:{group.members[0].visit_id}")
    assert (await group.view(1))["company"] == []
    await group.phones[0].refused(403, "POST", "/v1/live/ticket", {"topics": [f"visit:{group.group_id}"]})


async def test_a_name_is_shown_only_by_whose_it_is_and_hidden_again(grouped: Clinic) -> None:
    group = await family(grouped, 2)
    assert (await group.view(0))["group"] == {
        "number": 1, "shows": "nothing", "given": "Imani", "full": "Imani Okafor"
    }  # fmt: skip
    await group.admit(0, 1)
    expected = {"nothing": None, "given": "Imani", "full": "Imani Okafor"}
    for shows in ("given", "full", "nothing"):
        answer = await group.phones[0].post("/v1/my/shows", {"shows": shows})
        assert answer["group"]["shows"] == shows
        assert (await group.view(1))["company"] == [
            {"seat": group.seat(0), "who": "member", "number": 1, "name": expected[shows], "aside": False}
        ]
        assert (await grouped.row(group.members[0]))["group"] == {"number": 1, "shows": shows}
    await group.phones[0].refused(422, "POST", "/v1/my/shows", {"shows": "phone"})
    said = await grouped.all(AuditEvent, col(AuditEvent.subtype).like("group.show.%"))
    assert [one.subtype for one in sorted(said, key=lambda one: one.seq)] == [
        "group.show.given", "group.show.full", "group.show.nothing"
    ]  # fmt: skip


def secrets_of(group: Family, number: int) -> list[str]:
    """What nobody else of the group may ever read of this member."""
    given, name = NAMES[number]
    one = group.members[number]
    return [given, name, f"55501{30 + number}", f"Reason of {given}", f"{given.lower()}@", one.person_id, one.id,
            one.link_id, one.conversation_id, one.secret]  # fmt: skip


@sqlite_only
async def test_whatever_happens_in_a_group_no_page_of_one_carries_anything_of_another(grouped: Clinic) -> None:
    """Every snapshot, every event and every refusal that a member gets, over a whole visit, and the guest's view of it;
    and the law: an old snapshot and its events make the fresh one."""
    group = await family(grouped, co=("second",))
    provider, heard = grouped.staff("provider"), Heard(grouped, group)
    await heard.look()
    await group.phones[0].post("/v1/my/shows", {"shows": "full"})
    await heard.look()
    shown = secrets_of(group, 0)[:2]
    await group.admit(0, 1, by=grouped.staff("second"))
    await heard.look()
    guest = await grouped.guest(group.members[1], "interpreter", name="Ruth Castellan")
    path = f"/v1/appointments/{group.members[1].id}/guests/{guest.link}/admit"
    await provider.post(path, {"admitted": True})
    await heard.look()
    view = await guest.get(f"/v1/guests/{guest.link}/visit")
    for number in range(3):
        assert not [one for one in secrets_of(group, number)[:6] if one in json.dumps(view)]
    await group.admit(2)
    await heard.look()
    company = (await group.view(0))["company"]
    assert [(one["who"], one["number"], one["name"]) for one in company] == [
        ("provider", None, await name_of(grouped, "second")), ("member", 2, None), ("interpreter", 2, None),
        ("member", 3, None),
    ]  # fmt: skip
    await group.phones[0].post("/v1/my/shows", {"shows": "nothing"})
    await heard.look()
    body = {"version": await group.version(1)}
    await provider.post(f"/v1/visits/{group.members[1].visit_id}/put-back", body)
    await heard.look()
    await provider.post(f"/v1/visits/{group.members[0].visit_id}/end", {"version": await group.version(0)})
    await heard.look()
    for number in range(3):
        for other in (one for one in range(3) if one != number):
            kept = [one for one in secrets_of(group, other) if one not in shown or other != 0]
            for text in heard.texts[number]:
                assert not [one for one in kept if one in text], f"{other} in what {number} got"
        for path in ("/v1/board", "/v1/schedule?from=2026-11-24"):
            assert (await group.phones[number].send("GET", path)).status_code == 403
        for other in (one for one in range(3) if one != number):
            theirs = group.members[other]
            await group.phones[number].refused(404, "GET", f"/v1/conversations/{theirs.conversation_id}")
            await group.phones[number].refused(404, "POST", f"/v1/visits/{theirs.visit_id}/relay", OFFER)
            await group.phones[number].refused(403, "POST", "/v1/live/ticket", {"topics": [f"patient:{theirs.id}"]})
    assert all(one in "".join(heard.texts[1]) for one in shown), "the one who chose to was seen"


async def name_of(clinic: Clinic, who: str) -> str:
    account = clinic.north.accounts[who]
    async with clinic.house.desk.unit(clinic.north.system, write=False) as unit:
        return (await staff_names(unit, {account}))[account]


def bare(value: Any) -> Any:
    """Without members that are null: a merge patch cannot tell them from those that are missing."""
    if isinstance(value, dict):
        return {name: bare(one) for name, one in value.items() if one is not None}
    return value


class Heard:
    """All that each member's page is given: the snapshots, and the events of its own topic in between."""

    def __init__(self, clinic: Clinic, group: Family) -> None:
        self._clinic, self._group = clinic, group
        self.texts: list[list[str]] = [[] for _ in group.members]
        self._views: list[dict[str, Any]] = []

    async def look(self) -> None:
        views = [await self._group.view(number) for number in range(len(self._group.members))]
        for number, before in enumerate(self._views):
            topic = f"patient:{self._group.members[number].id}"
            merged = await self._merged(number, topic, before)
            assert bare({**merged, "heads": None}) == bare({**views[number], "heads": None})
        self._views = views
        for number, view in enumerate(views):
            self.texts[number].append(json.dumps(view, ensure_ascii=False))

    async def _merged(self, number: int, topic: str, view: dict[str, Any]) -> dict[str, Any]:
        viewer = Viewer(self._clinic.north.id, topic, "", "patient", topic, None, 0)
        found = await LogSource(self._clinic.house.desk).range(topic, view["heads"][topic], viewer)
        assert found is not None
        merged: dict[str, Any] = view
        for event in found.events:
            self.texts[number].append(bytes(event.d).decode())
            merged = merge(merged, json.loads(bytes(event.d)))
        return merged


@sqlite_only
async def test_in_the_relay_a_group_is_one_call_and_who_waits_again_is_out_of_it(relayed: Clinic) -> None:
    group = await family(relayed)
    await group.admit(0, 1)
    provider = relayed.staff("provider")
    await group.phones[2].refused(409, "POST", f"/v1/visits/{group.members[2].visit_id}/relay", OFFER)
    for number in (0, 1):
        await group.phones[number].post(f"/v1/visits/{group.members[number].visit_id}/relay", OFFER)
    await provider.post(f"/v1/visits/{group.members[0].visit_id}/relay", OFFER)
    engine = relayed.house.media
    assert isinstance(engine, Relay)
    assert sum(worker["visits"] for worker in (await engine.stats()).values()) == 1
    assert await peers(relayed) == 3

    async def so_many(people: int) -> None:
        async def there() -> bool:
            return await peers(relayed) == people

        await eventually(there)

    body = {"version": await group.version(0)}
    await provider.post(f"/v1/visits/{group.members[0].visit_id}/put-back", body)
    await so_many(2)
    await group.phones[0].refused(409, "POST", f"/v1/visits/{group.members[0].visit_id}/relay", OFFER)
    await provider.post(f"/v1/visits/{group.members[1].visit_id}/end", {"version": await group.version(1)})
    await so_many(0)


@sqlite_only
async def test_a_call_that_is_full_lets_nobody_in_and_says_so(grouped: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    group = await family(grouped)
    monkeypatch.setattr(rooms, "IN_ONE_CALL", 3)
    await group.admit(0, 1)
    before = await grouped.everything()
    body = {"entries": [await group.entry(2)], "identifiers": CHECKED}
    problem = await grouped.staff("provider").refused(409, "POST", f"/v1/groups/{group.group_id}/admit", body)
    assert "it is full" in problem["detail"]
    guest = await grouped.guest(group.members[0], "family")
    path = f"/v1/appointments/{group.members[0].id}/guests/{guest.link}/admit"
    await grouped.staff("provider").refused(409, "POST", path, {"admitted": True})
    assert (await grouped.row(group.members[2]))["entry"]["state"] == "waiting"
    assert before["visit"] == (await grouped.everything())["visit"]


# -- a second clinician -----------------------------------------------------------------------------


async def test_a_co_provider_admits_joins_and_leaves_and_only_who_leads_ends(grouped: Clinic) -> None:
    group = await family(grouped, 2, co=("second",))
    lead, co = grouped.staff("provider"), grouped.staff("second")
    accounts, visit = grouped.north.accounts, group.members[0].visit_id
    rows = await group.admit(0, 1, by=co)
    assert {row["provider"]["id"] for row in rows} == {accounts["provider"]}, "the visit stays with who leads it"
    for browser, seat in ((lead, accounts["provider"]), (co, accounts["second"])):
        joined = await browser.post(f"/v1/visits/{visit}/join", {})
        assert (joined["call"]["seat"], joined["call"]["topic"]) == (seat, f"visit:{group.group_id}")
        assert await hears(grouped, browser, f"visit:{group.group_id}")
    version = {"version": await group.version(0)}
    before = await grouped.everything()
    for path, body in (
        (f"/v1/visits/{visit}/end", version), (f"/v1/visits/{visit}/put-back", version),
        (f"/v1/visits/{visit}/call-back", {}), (f"/v1/visits/{visit}/emergency", {"ring": "services"}),
        (f"/v1/visits/{visit}/aside", {"guests": []}),
    ):  # fmt: skip
        problem = await co.refused(409, "POST", path, body)
        assert "A colleague leads this visit" in problem["detail"]
    assert await grouped.everything() == before
    assert (await co.post(f"/v1/visits/{visit}/emergency", {}))["number"]

    row = await co.post(f"/v1/visits/{visit}/lead", {"version": await group.version(0)})
    assert (row["provider"]["id"], [one["id"] for one in row["co_providers"]]) == (
        accounts["second"], [accounts["provider"]],
    )  # fmt: skip
    assert (await group.view(1))["company"][0]["seat"] == accounts["provider"]
    await lead.refused(409, "POST", f"/v1/visits/{visit}/end", {"version": await group.version(0)})
    await co.refused(409, "POST", f"/v1/visits/{visit}/lead", {"version": await group.version(0)})
    await co.post(f"/v1/visits/{visit}/end", {"version": await group.version(0)})
    assert [(await group.view(number))["stage"] for number in (0, 1)] == ["ended", "ended"]


@sqlite_only
async def test_a_co_provider_of_one_visit_comes_by_the_relay_and_a_stranger_not_at_all(grouped: Clinic) -> None:
    surgery = grouped.north
    person = await grouped.person()
    made = await grouped.staff("scheduler").post(
        "/v1/appointments",
        {
            "person_id": person, "provider_id": surgery.accounts["provider"], "visit_type_id": surgery.visit_type,
            "start": grouped.clock.now().isoformat(), "co_provider_ids": [surgery.accounts["second"]],
        },
    )  # fmt: skip
    booked = await grouped.booked(surgery, made["row"]["id"], person)
    phone = await grouped.arrive(booked)
    entry = (await grouped.row(booked))["entry"]
    co, lead = grouped.staff("second"), grouped.staff("provider")
    await co.refused(409, "POST", f"/v1/waiting/{entry['id']}/transfer", {
        "version": entry["version"], "provider_id": surgery.accounts["second"],
    })  # fmt: skip
    await co.refused(409, "POST", f"/v1/visits/{booked.visit_id}/lead", {"version": 1})
    row = await co.post(f"/v1/waiting/{entry['id']}/admit", {"version": entry["version"], "identifiers": CHECKED})
    assert row["provider"]["id"] == surgery.accounts["provider"]
    routes = [(await one.post(f"/v1/visits/{booked.visit_id}/join", {}))["call"]["route"] for one in (lead, co)]
    assert routes == ["p2p", "relay"]
    view = await phone.get(f"/v1/links/{booked.link_id}/visit")
    assert [(one["seat"], one["who"]) for one in view["company"]] == [(surgery.accounts["second"], "provider")]
    assert view["group"] is None
    other = await grouped.book(start=grouped.clock.now() + timedelta(hours=3))
    await co.refused(409, "POST", f"/v1/visits/{other.visit_id}/join", {})


@sqlite_only
async def test_whoever_takes_the_lead_has_those_who_still_wait_in_their_line(grouped: Clinic) -> None:
    group = await family(grouped, co=("second",))
    await group.admit(0)
    co = grouped.staff("second")
    await co.post(f"/v1/visits/{group.members[0].visit_id}/lead", {"version": await group.version(0)})
    for number in (1, 2):
        row = await grouped.row(group.members[number])
        assert (row["entry"]["lane"], row["entry"]["state"]) == (grouped.north.accounts["second"], "waiting")
    await group.admit(1, 2, by=co)
    assert {one.provider_id for one in await grouped.all(Appointment)} == {grouped.north.accounts["second"]}
