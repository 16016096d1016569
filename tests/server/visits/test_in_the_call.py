"""What a provider does while a visit runs: holds it and goes on, and jots things down that are theirs alone."""

from __future__ import annotations

import asyncio

from server.visits.seats import patient_seat
from server.visits.tables import VisitNote
from tests.parts.clinic import Clinic
from tests.parts.marks import sqlite_only
from tests.server.visits.test_guest_call import OFFER, let, looks, seat_of
from tests.server.visits.test_visit import admitted


async def test_on_hold_is_seen_by_both_and_kept_with_its_times(clinic: Clinic) -> None:
    booked, phone, version = await admitted(clinic)
    provider, path = clinic.staff("provider"), f"/v1/visits/{booked.visit_id}"
    assert (await provider.post(f"{path}/resume", {}))["visit"]["held_at"] is None  # nothing to resume: nothing said
    row = await provider.post(f"{path}/hold", {})
    held = row["visit"]["held_at"]
    assert held is not None
    assert (row["visit"]["status"], row["visit"]["version"]) == ("in-progress", version)
    shown = await phone.get(f"/v1/links/{booked.link_id}/visit")
    assert (shown["stage"], shown["visit"]["held_at"]) == ("in-visit", held)
    assert (await provider.post(f"{path}/hold", {}))["visit"]["held_at"] == held  # pressed twice
    await phone.refused(403, "POST", f"{path}/hold", {})
    row = await provider.post(f"{path}/resume", {})
    assert row["visit"]["held_at"] is None
    assert (await phone.get(f"/v1/links/{booked.link_id}/visit"))["visit"]["held_at"] is None
    lines = (await provider.get(f"{path}/line"))["lines"]
    assert [(one["seat"], one["rung"], one["reason"]) for one in lines] == [
        ("provider", "hold", "chosen"), ("provider", "resume", "chosen"),
    ]  # fmt: skip
    await provider.post(f"{path}/hold", {})
    row = await provider.post(f"{path}/end", {"version": version})
    assert (row["visit"]["status"], row["visit"]["held_at"]) == ("completed", None)
    await provider.refused(409, "POST", f"{path}/hold", {})


async def test_who_is_put_back_while_on_hold_comes_in_again_face_to_face(clinic: Clinic) -> None:
    booked, _, version = await admitted(clinic)
    provider, path = clinic.staff("provider"), f"/v1/visits/{booked.visit_id}"
    await provider.post(f"{path}/hold", {})
    row = await provider.post(f"{path}/put-back", {"version": version})
    assert (row["visit"]["status"], row["visit"]["held_at"]) == ("on-hold", None)
    await provider.refused(409, "POST", f"{path}/hold", {})  # nobody is in the call
    body = {"version": row["entry"]["version"], "identifiers": ["birth_date", "name"]}
    row = await provider.post(f"/v1/waiting/{row['entry']['id']}/admit", body)
    assert (row["visit"]["status"], row["visit"]["held_at"]) == ("in-progress", None)


@sqlite_only
async def test_on_hold_the_relay_passes_nothing_of_anybody_also_of_who_connects_later(relayed: Clinic) -> None:
    inside, phone, _ = await admitted(relayed)
    guest, provider = await relayed.guest(inside, "interpreter"), relayed.staff("provider")
    path = f"/v1/visits/{inside.visit_id}"
    await let(relayed, inside, guest)
    told: dict[str, frozenset[str]] = {}
    media = relayed.house.media
    publish = media.set_publish

    async def heard(visit: str, seat: str, kinds: frozenset[str]) -> None:
        told[seat] = kinds
        await publish(visit, seat, kinds)  # type: ignore[arg-type]  # the same words

    media.set_publish = heard  # type: ignore[method-assign]  # listens, and does what it does
    seats = {patient_seat(inside.visit_id), inside.surgery.accounts["provider"], seat_of(guest)}
    await provider.post(f"{path}/hold", {})
    assert told == dict.fromkeys(seats, frozenset())
    assert (await looks(guest))["held"] is True
    told.clear()
    await phone.post(f"{path}/relay", OFFER)  # a page that was reloaded, or a worker that is another one
    assert told == dict.fromkeys(seats, frozenset())
    await provider.post(f"/v1/appointments/{inside.id}/guests/{guest.link}/mute", {"muted": True})
    assert told[seat_of(guest)] == frozenset()  # muting somebody lets nothing through
    await provider.post(f"{path}/resume", {})
    assert told == dict.fromkeys(seats, frozenset({"audio", "video"})) | {seat_of(guest): frozenset({"video"})}


async def test_a_note_is_its_authors_alone_sealed_and_no_second_window_overwrites_it(clinic: Clinic) -> None:
    booked, phone, version = await admitted(clinic)
    provider, path = clinic.staff("provider"), f"/v1/visits/{booked.visit_id}/note"
    assert await provider.get(path) == {"version": 0, "text": "", "saved_at": None}
    text = "Sleeps badly.\n¿Dolor? نعم"
    saved = (await provider.send("PUT", path, {"version": 0, "text": text})).json()
    assert (saved["version"], saved["text"]) == (1, text)
    problem = await provider.refused(409, "PUT", path, {"version": 0, "text": "Written in another window"})
    assert (problem["slug"], problem["current"]) == ("stale-version", 1)
    answers = await asyncio.gather(
        *(provider.send("PUT", path, {"version": 1, "text": f"{text} {window}"}) for window in "ab")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    kept = await provider.get(path)
    assert kept["text"] == next(answer.json()["text"] for answer in answers if answer.status_code == 200)
    rows = await clinic.all(VisitNote)
    assert len(rows) == 1
    assert b"Sleeps" not in rows[0].text
    await phone.refused(403, "GET", path)
    await clinic.staff("admin").refused(403, "GET", path)
    assert text.split()[0] not in str(await phone.get(f"/v1/links/{booked.link_id}/visit"))
    await provider.refused(422, "PUT", path, {"version": 2, "text": "x" * 20_001})
    await provider.post(f"/v1/visits/{booked.visit_id}/end", {"version": version})
    after = await provider.send("PUT", path, {"version": 2, "text": "Done"})  # what was begun may be finished
    assert after.json()["version"] == 3


async def test_a_colleague_has_a_pad_of_their_own(clinic: Clinic) -> None:
    booked, _, version = await admitted(clinic)
    path = f"/v1/visits/{booked.visit_id}/note"
    mine, other = clinic.staff("provider"), clinic.staff("second")
    await mine.send("PUT", path, {"version": 0, "text": "Mine"})
    await other.refused(409, "GET", path)
    body = {"version": version, "provider_id": booked.surgery.accounts["second"]}
    await mine.post(f"/v1/visits/{booked.visit_id}/put-back", body)
    assert (await other.get(path))["text"] == ""
    await other.send("PUT", path, {"version": 0, "text": "Theirs"})
    assert (await mine.get(path))["text"] == "Mine"
