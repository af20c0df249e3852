"""The file of an export that is done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from klingdesk.core.errors import Conflict, Gone, NotAllowed
from tickets.exporting.files import MEDIA_TYPES
from tickets.exporting.kinds import KINDS
from tickets.models import Export, ExportChunk
from tickets.models.export import UNDONE, ExportState
from tickets.rules.sla import ZONE


@dataclass(frozen=True, slots=True)
class Download:
    """``size`` in bytes; ``pieces`` reads one piece at a time."""

    name: str
    media_type: str
    size: int
    pieces: Iterator[bytes]


def download_of(export: Export, *, user: Any, now: datetime) -> Download:
    """The file of an own export. ``Conflict`` while there is none yet, ``Gone`` when there is none
    any more; ``NotAllowed`` for people who have lost the role that it took."""
    kind = KINDS.get(export.kind)
    if kind is None or not kind.is_for(user):
        raise NotAllowed(_("Your role does not allow this table any more."))
    if export.state in UNDONE:
        state = {"state": export.state}
        raise Conflict(_("The file is not ready yet."), code="not_ready", state=state)
    if not is_ready(export, now=now):
        state = {"state": present_state(export, now=now)}
        text = _("This file is not there any more. Export the table again.")
        raise Gone(text, code="no_file", state=state)
    return Download(
        name=file_name(export),
        media_type=MEDIA_TYPES[export.file_format],
        size=export.size or 0,
        pieces=_pieces(export, export.size or 0),
    )


def is_ready(export: Export, *, now: datetime) -> bool:
    """Whether there is a file to be fetched."""
    return present_state(export, now=now) == ExportState.DONE


def present_state(export: Export, *, now: datetime) -> str:
    """The state; a file whose time is over has expired before the sweep says so."""
    if export.state == ExportState.DONE and (export.expires_at is None or export.expires_at <= now):
        return ExportState.EXPIRED
    return export.state


def file_name(export: Export) -> str:
    """``klingdesk-tickets-20260304-1030.csv``: table, and when it was asked for in Shanghai."""
    at = export.created_at.astimezone(ZONE)
    return f"klingdesk-{export.kind}-{at:%Y%m%d-%H%M}.{export.file_format}"


def _pieces(export: Export, size: int) -> Iterator[bytes]:
    """One after the other; an export that expires in between ends the download with an error,
    not with half a file."""
    number = sent = 0
    chunks = ExportChunk.objects.filter(export=export, attempt=export.attempts)
    while sent < size:
        data = chunks.filter(number=number).values_list("data", flat=True).first()
        if data is None:
            raise LookupError("the export has expired while it was sent")
        piece = bytes(data)
        sent += len(piece)
        number += 1
        yield piece
