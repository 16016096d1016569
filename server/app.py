"""The table of contents: every route of the clinic, in reading order."""

from __future__ import annotations

from datetime import timedelta

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, WebSocketRoute
from starlette.routing import Route as Plain
from starlette.types import Receive, Scope, Send

from server import demo_api, live
from server.absences import routes as absences
from server.access import routes as access
from server.access import service as access_service
from server.api import health, openapi
from server.api.middleware import Doorman
from server.api.pages import Pages, web_root
from server.api.problems import on_http_exception, on_problem
from server.api.routing import Route, build
from server.appointments import hours_routes as hours
from server.appointments import pool_routes as pools
from server.appointments import routes as appointments
from server.appointments import series_routes as series
from server.audit import routes as audit
from server.conversations import routes as conversations
from server.core.errors import NotFound, Problem
from server.core.principal import ANONYMOUS
from server.house import House
from server.insight import routes as insight
from server.intake import routes as intake
from server.interop import routes as interop
from server.people import contact_routes as contacts
from server.people import routes as people
from server.push import routes as push
from server.reminders import change_routes as changes
from server.reminders import codes, delivery_routes, missed_routes, next_step, plan_routes, renewal, unsubscribe
from server.reminders import routes as reminders
from server.settings import Mode
from server.tasks import routes as tasks
from server.version import VERSION
from server.views import lines
from server.views import routes as views
from server.visits import after, by_phone, group_routes, guest_call, guests, holding, leading, notes, race_routes
from server.visits import line_routes as line
from server.visits import relay_routes as relay
from server.visits import routes as visits
from server.waiting import assist, devices, door, late_routes
from server.waiting import routes as waiting
from server.waitlist import routes as waitlist
from signaling.asgi import AsgiDoor

ROUTES: list[Route] = [
    *access.ROUTES,
    *people.ROUTES,
    *contacts.ROUTES,
    *tasks.ROUTES,
    *hours.ROUTES,
    *appointments.ROUTES,
    *series.ROUTES,
    *absences.ROUTES,
    *waitlist.ROUTES,
    *push.ROUTES,
    *pools.ROUTES,
    *reminders.ROUTES,
    *plan_routes.ROUTES,
    *delivery_routes.ROUTES,
    *unsubscribe.ROUTES,
    *changes.ROUTES,
    *missed_routes.ROUTES,
    *door.ROUTES,
    *devices.ROUTES,
    *codes.ROUTES,
    *renewal.ROUTES,
    *next_step.ROUTES,
    *guests.ROUTES,
    *by_phone.ROUTES,
    *guest_call.ROUTES,
    *group_routes.ROUTES,
    *leading.ROUTES,
    *race_routes.ROUTES,
    *intake.ROUTES,
    *views.ROUTES,
    *lines.ROUTES,
    *waiting.ROUTES,
    *late_routes.ROUTES,
    *assist.ROUTES,
    *visits.ROUTES,
    *relay.ROUTES,
    *line.ROUTES,
    *holding.ROUTES,
    *notes.ROUTES,
    *after.ROUTES,
    *conversations.ROUTES,
    *live.ROUTES,
    *interop.ROUTES,
    *insight.ROUTES,
    *audit.ROUTES,
]


def build_app(house: House) -> Starlette:
    """The ASGI application of an open house."""
    pages = Pages(web_root())
    table = ROUTES + (demo_api.ROUTES if house.settings.mode is Mode.demo else [])
    document = openapi.document(table, VERSION)

    async def described(_request: Request) -> Response:
        return JSONResponse(document)

    return Starlette(
        routes=[
            *health.routes(house.vital_probes(), house.metrics),
            Plain("/openapi.json", described),
            *(build(route, house) for route in table),
            WebSocketRoute("/v1/live", _same_origin(AsgiDoor(house.hub))),
            *_pages(house, pages),
            Mount("/assets", pages.assets()),
        ],
        middleware=[Middleware(Doorman, metrics=house.metrics, secure=house.settings.secure)],
        exception_handlers={Problem: on_problem, HTTPException: on_http_exception},
    )


def _pages(house: House, pages: Pages) -> list[Plain]:
    names = {"/sign-in": "signin", "/board": "board", "/schedule": "schedule", "/desk": "desk", "/hours": "hours",
             "/figures": "figures", "/settings": "settings", "/delivery": "delivery"}  # fmt: skip
    if house.settings.mode is Mode.demo:
        names |= {"/demo": "demo", "/enter": "enter"}

    def shown(name: str) -> Plain:
        async def page(_request: Request) -> Response:
            return pages.page(name)

        return Plain({found: path for path, found in names.items()}[name], page)

    async def home(_request: Request) -> Response:
        """The clinic's name and number, when this installation is one clinic's."""
        demo = "yes" if house.settings.mode is Mode.demo else ""
        async with house.desk.unit(ANONYMOUS, write=False) as unit:
            clinic, phone = await access_service.front_door(unit)
        return pages.filled("home", {"clinic": clinic, "phone": phone, "demo": demo})

    async def page_zero(request: Request) -> Response:
        """Reads only, so a scanner that fetches links changes nothing."""
        grace = timedelta(hours=house.settings.grace_hours)
        locale = request.query_params.get("lang") or _first_language(request.headers.get("accept-language", ""))
        try:
            async with house.desk.unit(ANONYMOUS, write=False) as unit:
                values = await door.page_zero(unit, request.path_params["link_id"], locale, house.clock.now(), grace)
        except NotFound:
            return RedirectResponse("/?link=unknown", 303)
        return pages.filled(f"patient.{values['locale']}", values)

    async def push_worker(_request: Request) -> Response:
        return pages.script("push-worker.js")

    async def guest_page(request: Request) -> Response:
        """As page zero, for a guest's link."""
        locale = request.query_params.get("lang") or _first_language(request.headers.get("accept-language", ""))
        try:
            async with house.desk.unit(ANONYMOUS, write=False) as unit:
                values = await guests.guest_page(unit, request.path_params["guest_id"], locale)
        except NotFound:
            return RedirectResponse("/?link=unknown", 303)
        return pages.filled("guest", values)

    return [
        Plain("/push-worker.js", push_worker),
        *(shown(name) for name in names.values()),
        Plain("/", home),
        Plain("/j/{link_id}", page_zero),
        Plain("/g/{guest_id}", guest_page),
    ]


def _first_language(header: str) -> str | None:
    """The language a browser asks for first (RFC 9110 section 12.5.4); browsers list them by preference."""
    first = header.partition(",")[0].partition(";")[0].strip()
    return first if first and first != "*" else None


class _same_origin:  # noqa: N801 - reads as a word at its one use
    """A page of another origin may not open our socket: browsers send Origin with every WebSocket handshake."""

    def __init__(self, inner: AsgiDoor) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        if origin and origin.partition("://")[2] != host:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._inner(scope, receive, send)
