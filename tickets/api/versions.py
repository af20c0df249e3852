"""Versions of a ticket: the ``ETag`` of what is sent, and what callers send back of it.

A tag is ``"<last event>.<hash of the body>"``. ``If-None-Match`` compares all of it. ``If-Match``
asks whether anything was done to the ticket: it compares the event alone, because a clock that
runs out, or another caller's view, changes the body and is no lost race.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from tickets.services.locking import LastSeen

_TAG = re.compile(r'(?:W/)?"([0-9]{1,18})\.[0-9a-f]+"')
"""Compression weakens a tag on its way out; what it names stays the same."""


def etag_of(body: Mapping[str, Any], *, last_event: int) -> str:
    digest = hashlib.sha256(JSONRenderer().render(body)).hexdigest()
    return f'"{last_event}.{digest[:16]}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether the caller has this very body already (``If-None-Match``)."""
    tags = parse_etags(request.headers.get("If-None-Match", ""))
    return tags == ["*"] or etag in {tag.removeprefix("W/") for tag in tags}


def version_seen(request: Request) -> LastSeen | None:
    """What ``If-Match`` asks for; None without it, and where any version will do.

    A tag that is none of ours names no event, and so matches no ticket.
    """
    raw = request.headers.get("If-Match")
    if raw is None or raw.strip() == "*":
        return None
    found = (_TAG.fullmatch(tag) for tag in parse_etags(raw))
    return LastSeen(max((int(tag[1]) for tag in found if tag), default=0))
