"""The way into the relay: only for the two of a visit that runs, only while it runs."""

from __future__ import annotations

from tests.media.sfu.wire import audio, offer, video
from tests.parts.clinic import Clinic
from tests.parts.marks import sqlite_only
from tests.server.visits.relayed import peers
from tests.server.visits.test_visit import admitted

pytestmark = sqlite_only
OFFER = {"session": "one", "sdp": offer(audio("sendonly"), video("sendonly")), "wants": []}


async def test_both_are_answered_while_the_visit_runs_and_out_when_it_ends(relayed: Clinic) -> None:
    inside, phone, version = await admitted(relayed)
    provider = relayed.staff("provider")
    path = f"/v1/visits/{inside.visit_id}/relay"
    assert (await phone.get(f"/v1/links/{inside.link_id}/visit"))["call"]["relay"] is True
    for browser in (phone, provider):
        assert "a=ice-lite" in (await browser.post(path, OFFER))["sdp"]
    assert await peers(relayed) == 2
    await provider.post(f"/v1/visits/{inside.visit_id}/end", {"version": version})
    assert await peers(relayed) == 0
    for browser in (phone, provider):
        assert (await browser.send("POST", path, OFFER)).status_code == 409


async def test_nobody_connects_ahead_of_admission_or_to_a_strangers_visit(relayed: Clinic) -> None:
    waiting = await relayed.book(provider="provider")
    phone = await relayed.arrive(waiting)
    path = f"/v1/visits/{waiting.visit_id}/relay"
    for browser in (phone, relayed.staff("provider")):
        assert (await browser.send("POST", path, OFFER)).status_code == 409
    inside, _, _ = await admitted(relayed)
    assert (await phone.send("POST", f"/v1/visits/{inside.visit_id}/relay", OFFER)).status_code == 404
    assert (await relayed.staff("scheduler").send("POST", path, OFFER)).status_code == 403
    assert await peers(relayed) == 0


async def test_a_bad_offer_is_told_what_is_wrong(relayed: Clinic) -> None:
    inside, phone, _ = await admitted(relayed)
    answer = await phone.send("POST", f"/v1/visits/{inside.visit_id}/relay", {**OFFER, "sdp": "v=0"})
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid")
    assert answer.json()["detail"] == "The offer has no media, or too many."
    assert await peers(relayed) == 0


async def test_a_clinic_without_a_relay_says_so(clinic: Clinic) -> None:
    inside, phone, _ = await admitted(clinic)
    answer = await phone.send("POST", f"/v1/visits/{inside.visit_id}/relay", OFFER)
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")
    assert "no media relay" in answer.json()["detail"]
