"""How far a worker is with an import, in words, and whether anybody is at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from kb.models import ImportBatch, ImportState
from kb.services.import_claims import worked_on

NOBODY_AFTER = timedelta(seconds=15)
"""So long a worker that runs may need to begin: its sweep comes every half minute, the hint at
once."""

_SOON = timedelta(seconds=10)
SOON_MS, LATER_MS = 500, 2_000
"""How often the page asks: what is small is there at once, what takes long is not asked for all
the time."""


@dataclass(frozen=True, slots=True)
class Progress:
    """``label`` says what is done, ``done`` of ``total`` steps of it (None: nobody knows how far
    it is); ``doubt`` why nothing happens at present, empty where something does;
    ``asks_every``: milliseconds after which the page looks again."""

    label: str
    done: int
    total: int | None
    doubt: str
    asks_every: int


def progress_of(batch: ImportBatch, *, now: datetime) -> Progress:
    """For an import that a worker has or waits for."""
    asked_at = batch.asked_at or batch.created_at
    is_begun = batch.claimed_until is not None
    return Progress(
        label=_label(batch, is_begun=is_begun),
        done=batch.step,
        total=batch.steps if is_begun and batch.step < batch.steps > 1 else None,
        doubt=_doubt(batch, asked_at, now),
        asks_every=SOON_MS if now - asked_at < _SOON else LATER_MS,
    )


def _label(batch: ImportBatch, *, is_begun: bool) -> str:
    if not is_begun:
        return _("Waits its turn")
    if batch.state == ImportState.APPLYING:
        return _("Drafts are being saved")
    if batch.step < batch.steps:
        place = {"number": batch.step + 1, "total": batch.steps}
        name = batch.files[batch.step]["name"]
        return _("File %(number)s of %(total)s is being read: %(name)s") % {**place, "name": name}
    return _("What was read is being compared with what is known")


def _doubt(batch: ImportBatch, asked_at: datetime, now: datetime) -> str:
    if batch.claimed_until is None:
        if now - asked_at < NOBODY_AFTER:
            return ""
        if worked_on().filter(claimed_until__gt=now).exists():
            return _("Other imports come first.")
        return _(
            "No worker has begun yet. It goes on as soon as one runs; if this stays, tell whoever "
            "runs the desk. Nothing is lost."
        )
    if batch.claimed_until <= now:
        return _("It was interrupted, and is begun anew within a minute. Nothing is lost.")
    return ""
