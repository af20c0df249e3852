"""Imports as jobs: asked for on a page, read, compared and saved by a worker.

The page keeps the bytes and answers at once. A worker claims and commits, has a process of its own
read them, and marks what came of it; saving is one transaction. Any number may run at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.db import OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from kb.imports.entries import Code, Remark
from kb.models import ImportBatch, ImportState
from kb.models.import_batch import ImportUpload
from kb.services.import_apart import Offered, read_apart
from kb.services.import_claims import Claim, Pulse, TakenAway, claim_next, worked_on
from kb.services.import_notices import NOT_SAVED, READ, REFUSED, SAVED, tell_ended
from kb.services.importing import (
    NotSavable,
    check_files,
    chosen_entries,
    forget_uploads,
    knowledge_now,
    open_batch,
    save_chosen,
    without_refused,
)
from klingdesk.core.errors import Conflict
from notices.providers import hint

log = logging.getLogger(__name__)

WORK: Final = "kb.work_on_imports"
"""The task that does what waits."""

MOST_WAITING: Final = 10
"""Of one person: their files are kept until they are read."""

MOST_ATTEMPTS: Final = 3
RUN_SECONDS: Final = 60.0
"""After so long a run begins nothing further: the next sweep goes on."""


@transaction.atomic
def begin_import(
    *, files: Sequence[Offered], acting_user: Any, language: str, now: datetime
) -> ImportBatch:
    """Keep ``files`` to be read soon. ``Invalid`` (field ``files``) for what their names and sizes
    give away, ``Conflict`` with ``MOST_WAITING`` unread."""
    check_files([(file.name, file.size) for file in files])
    waiting = worked_on().filter(asked_by=acting_user).count()
    if waiting >= MOST_WAITING:
        raise Conflict(
            _("%(count)d imports of yours are not done. Wait for them, or discard one.")
            % {"count": waiting},
            code="import.too_many",
            state={"unfinished": waiting},
        )
    batch = ImportBatch.objects.create(
        files=[{"name": file.name, "size": file.size} for file in files],
        proposal={},
        state=ImportState.READING,
        created_at=now,
        created_by=acting_user,
        **_asked(acting_user, language, now, steps=len(files)),
    )
    for number, file in enumerate(files):
        ImportUpload.objects.create(batch=batch, number=number, data=file.read())
    hint(WORK)
    return batch


@transaction.atomic
def begin_comparison(
    *, batch_id: int, acting_user: Any, language: str, now: datetime
) -> ImportBatch:
    """Have the proposal made anew against what is known then. ``Conflict`` when it is not waiting
    for its review."""
    batch = open_batch(batch_id)
    return _begin(batch, ImportState.READING, **_asked(acting_user, language, now, steps=0))


@transaction.atomic
def begin_saving(
    *,
    batch_id: int,
    choices: Mapping[int, int],
    acting_user: Any,
    language: str,
    now: datetime,
) -> ImportBatch:
    """Have the chosen entries saved as drafts, all or none (``apply_import`` says what
    ``choices`` are and raises). What stands against it is told on the page."""
    batch = open_batch(batch_id)
    chosen_entries(batch.proposal, choices)
    asked = _asked(acting_user, language, now, steps=len(choices))
    return _begin(batch, ImportState.APPLYING, **{**asked, "choices": _as_json(choices)})


def _asked(user: Any, language: str, now: datetime, *, steps: int) -> dict[str, Any]:
    return {
        "asked_at": now,
        "asked_by": user,
        "language": language,
        "attempts": 0,
        "step": 0,
        "steps": steps,
        "choices": {},
        "problems": [],
    }


def _begin(batch: ImportBatch, state: ImportState, **changes: Any) -> ImportBatch:
    for name, value in {"state": state, **changes}.items():
        setattr(batch, name, value)
    batch.save(update_fields=["state", *changes])
    hint(WORK)
    return batch


def _as_json(choices: Mapping[int, int]) -> dict[str, int]:
    return {str(number): choice for number, choice in choices.items()}


def choices_of(batch: ImportBatch) -> dict[int, int]:
    """What was chosen the last time, where saving it failed; else empty."""
    return {int(number): choice for number, choice in batch.choices.items()}


def work_on_imports(*, now: datetime, seconds: float = RUN_SECONDS) -> int:
    """Do what waits, one after the other, until nothing is left or ``seconds`` are over; returns
    how many were begun."""
    began = time.monotonic()

    def instant() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    count = 0
    while time.monotonic() - began < seconds:
        batch = claim_next(instant())
        if batch is None:
            break
        _run(Claim(batch, instant))
        count += 1
    return count


def _run(claim: Claim) -> None:
    # Taken away: discarded, or another worker thought us dead. Nothing of ours counts.
    with translation.override(claim.batch.language or None), suppress(TakenAway):
        code = _attempt(claim)
        if code is not None:
            _refuse(claim, [{"file": "", **Remark(code).as_json()}])


def _attempt(claim: Claim) -> Code | None:
    """Do it; what stands against it, where nothing else has been marked."""
    batch = claim.batch
    if batch.attempts > MOST_ATTEMPTS:
        return Code.GAVE_UP
    try:
        if batch.state == ImportState.READING:
            _read(claim)
        else:
            _save(claim)
    except TakenAway:
        raise
    except OperationalError:
        # The database went away: the lease runs out, and somebody begins anew.
        log.warning("import %s was interrupted", batch.pk, exc_info=True)
    except Exception:
        # A mistake of ours must not hold up the others, nor be repeated for ever.
        log.exception("import %s could not be worked on", batch.pk)
        return Code.BROKEN
    return None


def _read(claim: Claim) -> None:
    batch = claim.batch
    names = [file["name"] for file in batch.files]
    rows = ImportUpload.objects.filter(batch=batch).order_by("number").values_list("pk", flat=True)
    files = [
        Offered(name, file["size"], partial(_bytes, pk))
        for name, file, pk in zip(names, batch.files, rows, strict=False)
    ]
    former = batch.proposal.get("read")
    found = read_apart(files=files, read=former, knowledge=knowledge_now(), tell=claim.tell)
    if found.proposal is None:
        _refuse(claim, found.problems)
        return
    proposal = without_refused(found.proposal)
    files_read = proposal.pop("files") or batch.files
    _end(claim, ImportState.PROPOSED, READ, proposal=proposal, files=files_read)


def _bytes(upload_id: int) -> bytes:
    return bytes(ImportUpload.objects.values_list("data", flat=True).get(pk=upload_id))


def _save(claim: Claim) -> None:
    """One transaction, told from outside; the drafts bear the moment at which it is closed, by
    which the next import knows them as untouched."""
    batch, now = claim.batch, claim.instant()
    choices = choices_of(batch)
    try:
        with Pulse(claim) as pulse, transaction.atomic():
            save_chosen(batch, choices, acting_user=batch.asked_by, now=now, count=pulse.count)
            _end(
                claim,
                ImportState.APPLIED,
                SAVED,
                closed_at=now,
                closed_by=batch.asked_by,
                proposal=batch.proposal,
                choices={},
            )
    except NotSavable as error:
        _refuse(claim, [error.problem])


def _refuse(claim: Claim, problems: list[dict[str, Any]]) -> None:
    """What there was before stays; an import of which there was nothing is closed."""
    batch = claim.batch
    if batch.state == ImportState.APPLYING:
        _end(claim, ImportState.PROPOSED, NOT_SAVED, problems=problems)
    elif batch.proposal:
        _end(claim, ImportState.PROPOSED, READ, problems=problems)
    else:
        now = claim.instant()
        _end(claim, ImportState.REFUSED, REFUSED, problems=problems, closed_at=now)


@transaction.atomic
def _end(claim: Claim, state: ImportState, code: str, **changes: Any) -> None:
    """Mark what became of it, forget the bytes, and tell whoever asked, who may have left the page
    long ago. ``TakenAway`` when it is not ours any more."""
    batch = claim.batch
    if not claim.mine().update(state=state, claimed_until=None, **changes):
        raise TakenAway
    forget_uploads(batch)
    tell_ended(batch=batch, code=code, count=batch.steps, now=claim.instant())
