"""A guest in the call: only whom the provider let in, only while it runs, and out at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from media.engine_relay import Relay
from server.people.schemas import NeedIn
from tests.media.sfu.wire import audio, offer, video
from tests.parts.clinic import Booked, Browser, Clinic
from tests.parts.marks import sqlite_only
from tests.parts.ports import eventually
from tests.server.visits.relayed import peers
from tests.server.visits.test_visit import admitted

OFFER = {"session": "one", "sdp": offer(audio("sendonly"), video("sendonly")), "wants": []}


def seat_of(guest: Browser) -> str:
    return f"{guest.link}.guest"


async def let(clinic: Clinic, booked: Booked, guest: Browser, *, admitted: bool = True) -> dict[str, Any]:
    """The provider lets a guest in, or sends them out; the row."""
    path = f"/v1/appointments/{booked.id}/guests/{guest.link}/admit"
    row: dict[str, Any] = await clinic.staff("provider").post(path, {"admitted": admitted})
    return row


async def left(clinic: Clinic, people: int) -> None:
    """Wait until the relay has so many: who is put out is so after the commit."""

    async def so_many() -> bool:
        return await peers(clinic) == people

    condition: Callable[[], Any] = so_many
    await eventually(condition)


async def looks(guest: Browser) -> dict[str, Any]:
    view: dict[str, Any] = await guest.get(f"/v1/guests/{guest.link}/visit")
    return view


@sqlite_only
async def test_a_guest_is_in_the_call_once_the_provider_let_them_in_and_out_at_once(relayed: Clinic) -> None:
    inside, phone, _ = await admitted(relayed)
    guest = await relayed.guest(inside, "interpreter")
    path, topic = f"/v1/visits/{inside.visit_id}/relay", f"visit:{inside.visit_id}"
    assert (await looks(guest))["call"] is None
    await guest.refused(403, "POST", path, OFFER)
    await guest.refused(403, "POST", "/v1/live/ticket", {"topics": [topic]})

    row = await let(relayed, inside, guest)
    assert [(one["scope"], one["let_in"]) for one in row["guests"]] == [("interpreter", True)]
    call = (await looks(guest))["call"]
    patient = (await phone.get(f"/v1/links/{inside.link_id}/visit"))["call"]["seat"]
    provider = inside.surgery.accounts["provider"]
    assert (call["topic"], call["seat"], call["route"]) == (topic, seat_of(guest), "relay")
    assert call["people"] == {patient: "patient", provider: "provider"}
    await guest.post("/v1/live/ticket", {"topics": [topic, f"guest:{inside.id}"]})
    for browser in (phone, relayed.staff("provider"), guest):
        assert "a=ice-lite" in (await browser.post(path, OFFER))["sdp"]
    assert await peers(relayed) == 3

    await let(relayed, inside, guest, admitted=False)
    assert (await looks(guest))["call"] is None

    await left(relayed, 2)
    await guest.refused(403, "POST", path, OFFER)
    await guest.refused(403, "POST", "/v1/live/ticket", {"topics": [topic]})
    await let(relayed, inside, guest)
    await guest.post(path, OFFER)
    assert (
        await relayed.staff("scheduler").send("DELETE", f"/v1/appointments/{inside.id}/guests/{guest.link}")
    ).is_success
    await left(relayed, 2)
    assert (await guest.send("POST", path, OFFER)).status_code == 401


@sqlite_only
async def test_a_guest_of_one_visit_is_nobody_in_another(relayed: Clinic) -> None:
    first, _, version = await admitted(relayed)
    guest = await relayed.guest(first, "family")
    await let(relayed, first, guest)
    await relayed.staff("provider").post(f"/v1/visits/{first.visit_id}/end", {"version": version})
    second, _, _ = await admitted(relayed)
    await guest.refused(404, "POST", f"/v1/visits/{second.visit_id}/relay", OFFER)
    assert (await guest.send("POST", "/v1/live/ticket", {"topics": [f"visit:{second.visit_id}"]})).status_code == 403
    await relayed.staff("provider").refused(
        404, "POST", f"/v1/appointments/{second.id}/guests/{guest.link}/admit", {"admitted": True}
    )
    await relayed.staff("provider").refused(
        404, "POST", f"/v1/visits/{second.visit_id}/aside", {"guests": [guest.link]}
    )


@sqlite_only
async def test_whoever_did_not_come_and_a_trainee_without_a_yes_are_not_let_in(relayed: Clinic) -> None:
    inside, phone, _ = await admitted(relayed)
    made = await relayed.staff("scheduler").post(f"/v1/appointments/{inside.id}/guests", {"scope": "family"})
    path = f"/v1/appointments/{inside.id}/guests/{{}}/admit"
    provider = relayed.staff("provider")
    problem = await provider.refused(409, "POST", path.format(made["id"]), {"admitted": True})
    assert "has not come yet" in problem["detail"]
    trainee = await relayed.guest(inside, "trainee")
    problem = await provider.refused(409, "POST", path.format(trainee.link), {"admitted": True})
    assert "has not said yes" in problem["detail"]
    await phone.post(f"/v1/my/guests/{trainee.link}", {"agreed": True})
    await let(relayed, inside, trainee)
    await trainee.post(f"/v1/visits/{inside.visit_id}/relay", OFFER)
    await phone.post(f"/v1/my/guests/{trainee.link}", {"agreed": False})

    await left(relayed, 0)
    assert (await looks(trainee))["let_in"] is False
    await relayed.staff("second").refused(409, "POST", path.format(trainee.link), {"admitted": False})


async def test_without_a_relay_nobody_is_let_in_and_the_sentence_says_why(clinic: Clinic) -> None:
    inside, _, _ = await admitted(clinic)
    guest = await clinic.guest(inside, "family")
    path = f"/v1/appointments/{inside.id}/guests/{guest.link}/admit"
    problem = await clinic.staff("provider").refused(409, "POST", path, {"admitted": True})
    assert "no media relay" in problem["detail"]


class Told:
    """What the relay was told, in place of telling it: what it then does is `tests/media/sfu`'s."""

    def __init__(self, engine: Relay) -> None:
        self.rooms: list[dict[str, set[str]]] = []
        self.publish: list[tuple[str, set[str]]] = []
        self.first: list[list[str]] = []
        self._rooms, self._publish, self._first = engine.set_rooms, engine.set_publish, engine.set_first
        engine.set_rooms, engine.set_publish = self.set_rooms, self.set_publish  # type: ignore[method-assign]
        engine.set_first = self.set_first  # type: ignore[method-assign]

    async def set_rooms(self, visit: str, hears: Mapping[str, frozenset[str]]) -> None:
        self.rooms.append({seat: set(others) for seat, others in hears.items()})
        await self._rooms(visit, hears)

    async def set_first(self, visit: str, participants: Sequence[str]) -> None:
        self.first.append(list(participants))
        await self._first(visit, participants)

    async def set_publish(self, visit: str, participant: str, kinds: frozenset[Any]) -> None:
        self.publish.append((participant, set(kinds)))
        await self._publish(visit, participant, kinds)


@sqlite_only
async def test_the_hands_of_who_signs_and_of_their_interpreter_are_the_last_to_lose_quality(relayed: Clinic) -> None:
    """For somebody who speaks another language the interpreter is a voice like others."""
    engine = relayed.house.media
    assert isinstance(engine, Relay)
    for kind, signs in (("interpreter", False), ("signing", True)):
        need = NeedIn.model_validate({"kind": kind})
        inside, phone, _ = await admitted(relayed, person=await relayed.person(needs=[need]))
        interpreter, family = await relayed.guest(inside, "interpreter"), await relayed.guest(inside, "family")
        told = Told(engine)
        path = f"/v1/visits/{inside.visit_id}/relay"
        await phone.post(path, OFFER)
        await let(relayed, inside, family)
        await family.post(path, OFFER)
        assert told.first == []
        await let(relayed, inside, interpreter)
        await interpreter.post(path, OFFER)
        hands = [seat_of(interpreter), f"{inside.visit_id}.patient"]
        assert told.first == ([hands] if signs else [])
        told.first.clear()
        await relayed.staff("provider").post(path, OFFER)
        assert told.first == ([hands] if signs else []), "also a worker that took over is told"
        await let(relayed, inside, interpreter, admitted=False)
        told.first.clear()
        await phone.post(path, {**OFFER, "session": "two"})
        assert told.first == []


@sqlite_only
async def test_mute_and_aside_hold_at_the_relay_also_for_whoever_connects_again(relayed: Clinic) -> None:
    inside, phone, version = await admitted(relayed)
    guest = await relayed.guest(inside, "interpreter")
    provider, host = relayed.staff("provider"), inside.surgery.accounts["provider"]
    path, about = f"/v1/visits/{inside.visit_id}/relay", f"/v1/appointments/{inside.id}/guests/{guest.link}"
    await provider.refused(409, "POST", f"/v1/visits/{inside.visit_id}/aside", {"guests": [guest.link]})
    await let(relayed, inside, guest)
    engine = relayed.house.media
    assert isinstance(engine, Relay)
    told = Told(engine)
    for browser in (phone, provider, guest):
        await browser.post(path, OFFER)
    assert (told.rooms, told.publish) == ([], [])

    row = await provider.post(f"/v1/visits/{inside.visit_id}/aside", {"guests": [guest.link]})
    alone = {host: {seat_of(guest)}, seat_of(guest): {host}}
    assert (row["guests"][0]["aside"], told.rooms[-1]) == (True, alone)
    assert (await phone.get(f"/v1/links/{inside.link_id}/visit"))["guests"][0]["aside"] is True
    await provider.post(f"{about}/mute", {"muted": True})
    assert told.publish[-1] == (seat_of(guest), {"video"})
    told.rooms.clear()
    told.publish.clear()
    await guest.post(path, {**OFFER, "session": "two"})
    assert (told.rooms, told.publish) == ([alone], [(seat_of(guest), {"video"})]), "before the browser has its answer"

    await provider.post(f"{about}/mute", {"muted": False})
    assert told.publish[-1] == (seat_of(guest), {"audio", "video"})
    await provider.post(f"/v1/visits/{inside.visit_id}/aside", {"guests": []})
    assert told.rooms[-1] == {}
    await provider.post(f"/v1/visits/{inside.visit_id}/aside", {"guests": [guest.link]})
    row = await provider.post(f"/v1/visits/{inside.visit_id}/put-back", {"version": version})
    assert row["guests"][0] | {"aside": False, "let_in": True} == row["guests"][0], "let in again with the patient"
    await guest.refused(409, "POST", path, OFFER)
