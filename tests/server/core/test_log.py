"""Logs hold facts and no persons, whichever way they come in."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest
import structlog

from server.core import log

CANARY = "Zephyrine Quixote +1 415 555 0142"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Give the process its logging back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    names = ("aiosmtplib", "httpx", "asyncio", "uvicorn", "uvicorn.error", "uvicorn.access", "sqlalchemy", "twilio")
    levels = {name: (logging.getLogger(name).level, logging.getLogger(name).disabled) for name in names}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, (before, disabled) in levels.items():
        logging.getLogger(name).setLevel(before)
        logging.getLogger(name).disabled = disabled
    structlog.reset_defaults()


def start(**options: Any) -> io.StringIO:
    out = io.StringIO()
    log.configure(stream=out, **options)
    return out


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def fail_with_a_name() -> None:
    name = CANARY
    try:
        raise KeyError(name)
    except KeyError as error:
        raise ValueError(f"no such patient {name}") from error


class Kind(StrEnum):
    sms = "sms"


@dataclass
class Patient:
    name: str


def test_a_line_is_json_with_time_level_logger_and_facts() -> None:
    out = start(level="info")
    log.logger("server.reminders").info("reminder.sent", channel=Kind.sms, tries=2)
    log.logger("server.reminders").debug("reminder.looked")
    (line,) = lines(out)
    assert line["event"] == "reminder.sent"
    assert (line["level"], line["logger"], line["channel"], line["tries"]) == ("info", "server.reminders", "sms", 2)
    assert line["timestamp"].endswith("Z")


def test_pii_keys_are_dropped_however_deep() -> None:
    out = start()
    log.logger("t").info("a.b", pii_name=CANARY, to={"pii_phone": CANARY, "ok": [{"pii_x": CANARY}]}, kept=1)
    assert "555" not in out.getvalue()
    assert lines(out)[0]["to"] == {"ok": [{}]}
    assert lines(out)[0]["kept"] == 1


def test_objects_are_named_not_shown() -> None:
    out = start()
    log.logger("t").info("a.b", patient=Patient(CANARY), error=ValueError(CANARY), raw=CANARY.encode())
    assert "Zephyrine" not in out.getvalue()
    assert lines(out)[0]["error"] == "<ValueError>"
    assert lines(out)[0]["patient"].endswith("Patient>")


@pytest.mark.parametrize("as_json", [True, False])
def test_an_exception_tells_type_and_place_but_not_its_message(as_json: bool) -> None:
    out = start(json=as_json)
    try:
        fail_with_a_name()
    except ValueError:
        log.logger("t").exception("visit.failed")
    text = out.getvalue()
    assert "Zephyrine" not in text
    assert "ValueError" in text
    assert "KeyError" in text  # the cause
    assert "test_log.py:" in text
    assert "fail_with_a_name" in text
    if as_json:
        told = lines(out)[0]["exception"]
        assert told["type"] == "ValueError"
        assert told["causes"][0]["type"] == "KeyError"
        assert not told["stack"][0].startswith("/")


def test_an_exception_group_names_its_members() -> None:
    told = log.describe(ExceptionGroup(CANARY, [ValueError(CANARY), OSError(CANARY)]))
    assert [cause["type"] for cause in told["causes"]] == ["ValueError", "OSError"]
    assert "Zephyrine" not in json.dumps(told)


def test_library_records_take_the_same_way() -> None:
    out = start()
    library = logging.getLogger("some.library")
    library.warning("could not send: %s", ValueError(CANARY))
    library.warning(ValueError(CANARY))
    library.warning("first line\nsecond line with %s", CANARY)
    try:
        fail_with_a_name()
    except ValueError:
        library.exception("failed")
    assert "Zephyrine" not in out.getvalue()
    events = [line["event"] for line in lines(out)]
    assert events == ["could not send: ValueError", "ValueError", "first line", "failed"]
    assert lines(out)[3]["exception"]["type"] == "ValueError"


async def test_a_task_nobody_awaited_does_not_spill_its_message() -> None:
    out = start()

    async def fail() -> None:
        raise ValueError(CANARY)

    loop = asyncio.get_running_loop()
    task = asyncio.create_task(fail())
    await asyncio.wait([task])
    loop.call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "task": task}
    )
    assert lines(out)[0]["event"] == "Task exception was never retrieved"
    assert lines(out)[0]["exception"]["type"] == "ValueError"
    assert "Zephyrine" not in out.getvalue()


def test_access_logs_and_chatty_libraries_are_quiet() -> None:
    out = start(level="debug")
    logging.getLogger("uvicorn.access").info('%s - "GET /j/%s"', "203.0.113.9", "secret")
    logging.getLogger("uvicorn.error").info('"WebSocket /live?ticket=secret" [accepted]')
    logging.getLogger("httpx").info("HTTP Request: GET https://api.example/+14155550142")
    logging.getLogger("twilio.http_client").debug("body %s", CANARY)
    assert out.getvalue() == ""
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    assert lines(out)[0]["event"] == "Invalid HTTP request received."


async def test_the_request_id_follows_the_task_and_leaves_with_it() -> None:
    out = start()

    async def work(request_id: str) -> None:
        with log.request_context(request_id):
            await asyncio.sleep(0)
            log.logger("t").info("a.b")
            logging.getLogger("some.library").warning("from below")

    await asyncio.gather(work("r1"), work("r2"))
    log.logger("t").info("after")
    assert sorted(line.get("request_id", "-") for line in lines(out)) == ["-", "r1", "r1", "r2", "r2"]
    assert "request_id" not in lines(out)[-1]


def test_development_may_show_everything() -> None:
    out = start(log_pii=True, json=True)
    try:
        fail_with_a_name()
    except ValueError:
        log.logger("t").exception("a.b", pii_name=CANARY)
    (line,) = lines(out)
    assert line["pii_name"] == CANARY
    assert "no such patient" in line["exception"]


def test_the_shape_follows_the_terminal_and_configuring_twice_writes_once() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    log.configure(stream=screen)
    log.logger("t").info("a.b")
    assert not screen.getvalue().startswith("{")
    out = start()
    log.logger("t").info("c.d")
    assert [line["event"] for line in lines(out)] == ["c.d"]
    assert "c.d" not in screen.getvalue()


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="loud"):
        log.configure(level="loud")
