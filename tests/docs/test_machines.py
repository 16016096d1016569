"""The pictures are the tables."""

from __future__ import annotations

from scripts.machines import PAGE, machines, page


def test_the_pictures_are_drawn_from_the_tables() -> None:
    assert PAGE.read_text() == page(), "run .venv/bin/python -m scripts.machines"


def test_the_machines_of_the_architecture_are_there() -> None:
    features = {module.split(".")[1] for module, _ in machines()}
    assert features == {
        "appointments",
        "waiting",
        "visits",
        "conversations",
        "reminders",
        "tasks",
        "waitlist",
        "absences",
    }
