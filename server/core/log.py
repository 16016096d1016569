"""Logs: one line per fact, and no person in them.

    log = logger(__name__)
    log.info("reminder.sent", channel="sms", pii_phone=number)      # pii_phone is dropped unless log_pii

Structlog's and the standard library's records take the same way out. Exceptions are suspects too: of them only the
type and the stack (file, line, function) are written, never the message, which may quote what a person typed. The
same holds for objects: anything that is not plain data is written as the name of its type.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import date, time
from enum import Enum
from functools import lru_cache
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.stdlib import BoundLogger, ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

_QUIET = (
    "aiosmtplib",
    "aiosqlite",
    "asyncio",
    "httpcore",
    "httpx",
    "sqlalchemy",
    "twilio",
    "uvicorn",
    "uvicorn.error",
    "websockets",
)
"""Libraries that write addresses, URLs or bodies below WARNING."""
_DEPTH = 6


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that configuring again replaces it."""


def configure(
    json: bool | None = None, level: str = "info", log_pii: bool = False, stream: TextIO | None = None
) -> None:
    """Set up logging for the process; calling it again replaces the set-up.

    `json=None` chooses: JSON unless `stream` (default stderr) is a terminal. Raises ValueError for an unknown level.
    """
    out = stream or sys.stderr
    as_json = not out.isatty() if json is None else json
    threshold = logging.getLevelNamesMapping().get(level.upper())
    if threshold is None:
        raise ValueError(f"the log level {level!r} is not known: use debug, info, warning or error")
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, ProcessorFormatter.wrap_for_formatter],
        wrapper_class=BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = _Handler(out)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=shared,
            pass_foreign_args=True,
            processors=_last_steps(as_json, log_pii, colors=not as_json and out.isatty()),
        )
    )
    _install(handler, threshold)


def logger(name: str) -> BoundLogger:
    """The logger of a module; events are named `noun.verb`, facts are keys."""
    return structlog.stdlib.get_logger(name)


def request_context(request_id: str) -> AbstractContextManager[object]:
    """Inside it, every line of this task (and of the tasks it starts) carries `request_id`."""
    return structlog.contextvars.bound_contextvars(request_id=request_id)


def drop_pii(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Without every key that begins with `pii_`, however deep, and without anything that is not plain data."""
    return {key: _plain(value) for key, value in event.items() if not key.startswith("pii_")}


def scrub_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """`exc_info` becomes `exception`: type, stack and causes. No message, no locals."""
    found = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["exception"] = describe(error)
    return event


def describe(error: BaseException, depth: int = _DEPTH) -> dict[str, Any]:
    """What may be said of an exception: `{"type", "stack": ["file:line function", …], "causes": […]}`."""
    told: dict[str, Any] = {"type": _type_name(error), "stack": _stack(error.__traceback__)}
    inner = list(error.exceptions) if isinstance(error, BaseExceptionGroup) else []
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    causes = [one for one in [*inner, cause] if one is not None]
    if causes and depth > 1:
        told["causes"] = [describe(one, depth - 1) for one in causes]
    return told


def _last_steps(as_json: bool, log_pii: bool, *, colors: bool) -> list[Processor]:
    if log_pii:
        clean: list[Processor] = [
            _drop_args,
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
        ]
    else:
        clean = [_scrub_foreign, ProcessorFormatter.remove_processors_meta, scrub_exception, drop_pii]
    if as_json:
        return [*clean, structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [*clean, _tell_exception, structlog.dev.ConsoleRenderer(colors=colors)]


def _tell_exception(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """For a terminal: the described exception as lines of text."""
    told = event.get("exception")
    if isinstance(told, dict):
        event["exception"] = "\n".join(_lines(told))
    return event


def _lines(told: dict[str, Any], indent: str = "  ") -> list[str]:
    lines = [f"{indent}{told['type']}", *(f"{indent}  {frame}" for frame in told["stack"])]
    return [*lines, *(line for cause in told.get("causes", ()) for line in _lines(cause, indent + "    "))]


def _drop_args(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("positional_args", None)  # they stand in the message already
    return event


def _scrub_foreign(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A library's message: its exception arguments become type names, and only its first line stays
    (asyncio puts the exception's text on the second)."""
    args = event.pop("positional_args", ())
    if not event["_from_structlog"]:
        template, text = event["_record"].msg, str(event["event"])
        if isinstance(template, BaseException):
            text = _type_name(template)
        elif isinstance(args, tuple) and any(isinstance(one, BaseException) for one in args):
            text = str(template) % tuple(_type_name(one) if isinstance(one, BaseException) else one for one in args)
        event["event"] = text.split("\n", 1)[0]
    return event


def _install(handler: logging.Handler, threshold: int) -> None:
    root = logging.getLogger()
    for old in [one for one in root.handlers if type(one) in (_Handler, logging.StreamHandler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(threshold)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.access").disabled = True  # it holds paths and query strings: never written


def _plain(value: object, depth: int = _DEPTH) -> Any:
    """Plain data as it is, containers cleaned, an exception or any other object as its type's name."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (date, time)):
        return value.isoformat()
    if depth > 0 and isinstance(value, Mapping):
        return {str(k): _plain(v, depth - 1) for k, v in value.items() if not str(k).startswith("pii_")}
    if depth > 0 and isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(one, depth - 1) for one in value]
    return f"<{_type_name(value)}>"


def _type_name(value: object) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _stack(traceback: TracebackType | None) -> list[str]:
    lines: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        lines.append(f"{_short(code.co_filename)}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return lines


@lru_cache(maxsize=1024)
def _short(filename: str) -> str:
    """The file from its import root on: `server/core/log.py`, not where this machine keeps it."""
    roots = sorted((one.rstrip("/") + "/" for one in sys.path if one), key=len, reverse=True)
    return next((filename[len(root) :] for root in roots if filename.startswith(root)), filename)
