"""A small HTTP server that answers like Twilio's message resource: it checks the account, reads the form, keeps
what it took, lists it, and can be told to refuse with any of Twilio's codes or to keep silent."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

ACCOUNT, TOKEN, NUMBER = "AC" + "0" * 32, "a-token/with:signs", "+14155550100"


@dataclass
class TwilioStandIn:
    """`refuse` is (HTTP status, Twilio code); `lose_answer` takes the text and drops the connection."""

    forms: list[dict[str, str]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    refuse: tuple[int, int] | None = None
    lose_answer: bool = False
    base_url: str = ""

    @property
    def url(self) -> str:
        return f"twilio://{ACCOUNT}:a-token%2Fwith%3Asigns@/?from={NUMBER}&base_url={self.base_url}"

    async def create(self, request: web.Request) -> web.Response:
        if refused := self._refusal(request):
            return refused
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.forms.append(form)
        if self.lose_answer:
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(self._message(len(self.forms) - 1, form), status=201)

    async def list(self, request: web.Request) -> web.Response:
        if refused := self._refusal(request):
            return refused
        self.queries.append(dict(request.query))
        found = [self._message(i, form) for i, form in enumerate(self.forms) if form["To"] == request.query["To"]]
        return web.json_response({"messages": found, "page": 0, "page_size": 50, "next_page_uri": None, "uri": "/"})

    async def account(self, request: web.Request) -> web.Response:
        return self._refusal(request) or web.json_response({"sid": ACCOUNT, "status": "active"})

    def _refusal(self, request: web.Request) -> web.Response | None:
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != expected:
            return _problem(401, 20003, "Authenticate")
        if self.refuse:
            return _problem(*self.refuse, "The number +14155550101 is at fault CANARY")
        return None

    @staticmethod
    def _message(index: int, form: dict[str, str]) -> dict[str, object]:
        return {
            "sid": f"SM{index:032d}",
            "status": "queued",
            "num_segments": "1" if len(form["Body"]) <= 160 else "2",
            "to": form["To"],
            "body": form["Body"],
        }


def _problem(status: int, code: int, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message, "status": status}, status=status)


@asynccontextmanager
async def twilio_stand_in() -> AsyncIterator[TwilioStandIn]:
    """Serve on a free port of this machine."""
    stand_in = TwilioStandIn()
    app = web.Application()
    app.router.add_post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", stand_in.create)
    app.router.add_get(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", stand_in.list)
    app.router.add_get(f"/2010-04-01/Accounts/{ACCOUNT}.json", stand_in.account)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stand_in.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield stand_in
    finally:
        await runner.cleanup()
