"""Log lines for people (``text``) and for programs (``json``), with what the line belongs to.

A line holds the request or task that was at work, the person's primary key and the ticket's
number, and nothing else of anybody: only the fields named here are taken from a record, and
``mask_line`` goes over every text.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from klingdesk.observing.context import present
from klingdesk.observing.masking import mask_line


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


FIELDS: Final = ("method", "route", "status", "duration_ms", "statements", "database_ms")
"""What a record may bring along by ``extra``; anything else a library adds stays out."""

_IN_THE_MESSAGE: Final = frozenset({"method", "route", "status"})
REQUEST_LOG: Final = "klingdesk.requests"


class JsonFormatter(logging.Formatter):
    """One JSON object in one line: time (UTC), level, logger, message, then what is known of
    request_id, user, ticket, task, task_id, ``FIELDS`` and exception."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask_line(record.getMessage()),
            **_work(),
            **_extra(record),
        }
        if record.exc_info:
            line["exception"] = mask_line(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """Time, level, logger and message; in brackets what it belongs to."""

    def format(self, record: logging.LogRecord) -> str:
        line = mask_line(super().format(record))
        known = {**_work(), **_extra(record)}
        known = {name: value for name, value in known.items() if name not in _IN_THE_MESSAGE}
        if not known:
            return line
        first, *rest = line.split("\n")
        words = " ".join(f"{name}={value}" for name, value in known.items())
        return "\n".join([f"{first} [{words}]", *rest])


def _work() -> dict[str, Any]:
    work = present()
    return work.fields() if work else {}


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    found = {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
    data = getattr(record, "data", None)  # Celery's, about a task that has ended
    if isinstance(data, dict) and isinstance(data.get("runtime"), float):
        found["duration_ms"] = round(data["runtime"] * 1000, 1)
    return found


def logging_config(form: LogFormat, level: str) -> dict[str, Any]:
    """For ``dictConfig``: everything to standard error, one formatter for all loggers."""
    formatter: dict[str, Any] = {"()": JsonFormatter}
    if form is LogFormat.TEXT:
        formatter = {
            "()": TextFormatter,
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {
            # It tells of every login; who is locked out it says as a warning.
            "axes": {"level": "WARNING"},
            # On DEBUG it would write every statement with its values.
            "django.db.backends": {"level": "INFO"},
            # Django gives it a handler of its own, for runserver.
            "django.server": {"handlers": ["console"], "propagate": False},
        },
        "root": {"handlers": ["console"], "level": level},
    }
