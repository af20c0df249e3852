"""Telling whoever began something long that it has ended: nobody has to wait at its page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils import translation

from notices.services import notify
from notices.services.notifying import Telling, notify_all
from tickets.exporting.kinds import KINDS
from tickets.models import Export, PromiseChange

EXPORTED: Final = "exports.done"
NOT_EXPORTED: Final = "exports.failed"
FOLLOWED: Final = "promise.followed"


def tell_export_ended(*, export: Export, is_done: bool, now: datetime) -> None:
    """Its owner: the file can be fetched, or there is none, and the page says why."""
    kind = KINDS.get(export.kind)
    with translation.override(export.language):
        title = str(kind.title) if kind else export.kind
    notify(
        recipients=[export.owner],
        code=EXPORTED if is_done else NOT_EXPORTED,
        event=f"exports.ended:{export.pk}",
        params={"table": title},
        path=reverse("admin:exports"),
        now=now,
    )


def tell_followed(*, changes: Iterable[PromiseChange], now: datetime) -> None:
    """Whoever edited the calendar or a policy: all open clocks have followed."""
    notify_all(
        tellings=[
            Telling(
                code=FOLLOWED,
                event=f"{FOLLOWED}:{change.pk}",
                recipients=[change.author],
                params={
                    "number": change.pk,
                    "looked_at": change.looked_at,
                    "moved": change.moved,
                    "breached": change.breached,
                },
                path=reverse("admin:promise_change", args=[change.pk]),
            )
            for change in changes
            if change.author is not None
        ],
        now=now,
    )
