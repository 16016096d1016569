"""docs/protocol.md names every route, and no route that does not exist."""

from __future__ import annotations

import re

from server import demo_api
from server.app import ROUTES
from tests.house.tree import ROOT

NAMED = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/v1/[^`?\s]+)")
PARAMETER = re.compile(r"\{[^}]*\}")


def test_the_protocol_names_exactly_the_routes_that_exist() -> None:
    page = (ROOT / "docs/protocol.md").read_text()
    written = {(method, PARAMETER.sub("{}", path)) for method, path in NAMED.findall(page)}
    built = {(route.method, PARAMETER.sub("{}", route.path)) for route in [*ROUTES, *demo_api.ROUTES]}
    assert written - built == set(), "the page promises what is not there"
    assert built - written == set(), "the page is silent about these"


def test_the_demo_routes_are_no_part_of_the_clinic() -> None:
    assert not {(route.method, route.path) for route in ROUTES} & {(r.method, r.path) for r in demo_api.ROUTES}
