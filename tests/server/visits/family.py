"""A group of people at one time, for tests: booked, arrived, let in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.parts.clinic import Booked, Browser, Clinic, five_minutes

NAMES = (("Imani", "Okafor"), ("Joaquin", "Ferreira"), ("Svetlana", "Brandt"))
CHECKED = ["name", "birth_date"]


@dataclass
class Family:
    clinic: Clinic
    group_id: str
    members: list[Booked]
    phones: list[Browser]

    async def entry(self, number: int) -> dict[str, Any]:
        """Where a member stands in line; the first is 0."""
        row = await self.clinic.row(self.members[number])
        return {"entry_id": row["entry"]["id"], "version": row["entry"]["version"]}

    async def admit(self, *numbers: int, by: Browser | None = None) -> list[dict[str, Any]]:
        """Let these in by one act; the rows as the act leaves them."""
        body = {"entries": [await self.entry(one) for one in numbers], "identifiers": CHECKED}
        answer = await (by or self.clinic.staff("provider")).post(f"/v1/groups/{self.group_id}/admit", body)
        rows: list[dict[str, Any]] = answer["rows"]
        return rows

    async def view(self, number: int) -> dict[str, Any]:
        view: dict[str, Any] = await self.phones[number].get(f"/v1/links/{self.members[number].link_id}/visit")
        return view

    async def version(self, number: int) -> int:
        version: int = (await self.clinic.row(self.members[number]))["visit"]["version"]
        return version

    def seat(self, number: int) -> str:
        return f"{self.members[number].visit_id}.patient"


async def family(clinic: Clinic, people: int = 3, *, co: tuple[str, ...] = ()) -> Family:
    """Booked for now and all of them waiting."""
    ids = []
    for number in range(people):
        given, name = NAMES[number]
        ids.append(
            await clinic.person(
                given=given, family=name, phone=f"+141555501{30 + number}", email=f"{given.lower()}@example.org"
            )
        )
    surgery = clinic.north
    made = await clinic.staff("scheduler").post(
        "/v1/groups",
        {
            "provider_id": surgery.accounts["provider"], "visit_type_id": surgery.visit_type,
            "start": five_minutes(clinic.clock.now()).isoformat(),
            "co_provider_ids": [surgery.accounts[one] for one in co],
            "people": [{"person_id": one, "reason": f"Reason of {NAMES[n][0]}"} for n, one in enumerate(ids)],
        },
    )  # fmt: skip
    members = [await clinic.booked(surgery, row["id"], row["person"]["id"]) for row in made["rows"]]
    return Family(clinic, made["group_id"], members, [await clinic.arrive(one) for one in members])
