"""What most journeys begin with; a file that needs another clinic or other browsers says so by a fixture of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.journeys.clinic import Clinic, embedded
from tests.parts.browsers import Browsers


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """One process with the demo's people, whose clock can be moved."""
    with embedded(tmp_path_factory.mktemp("clinic")) as made:
        yield made


@pytest.fixture(scope="module")
def browsers() -> Iterator[Browsers]:
    with Browsers() as made:
        yield made
