"""Exports: asked for, written in the background, kept for a while.

A job is claimed and committed, then written from one snapshot into a file on the worker's disk,
then stored in pieces and marked. A worker that dies leaves a claim whose lease runs out, and the
next one starts anew. Any number may run at once.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import OperationalError, connection, connections, transaction
from django.db.models import Count, Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from psycopg.errors import QueryCanceled

from klingdesk.core.errors import Conflict, DeskError, Invalid, NotAllowed
from tickets.exporting.files import open_file
from tickets.exporting.kinds import KINDS
from tickets.exporting.tables import LONGEST_QUERY, Table, asked
from tickets.models import Export, ExportChunk
from tickets.models.export import UNDONE, ExportFormat, ExportState
from tickets.reports.reading import read_only
from tickets.selectors.exports import export_get_for
from tickets.services.export_pulse import LEASE, Pulse, TakenAway
from tickets.services.hints import hint_after_commit
from tickets.services.telling_jobs import tell_export_ended

log = logging.getLogger(__name__)

RUN: Final = "tickets.run_exports"
"""The task that writes what waits."""

MOST_AT_ONCE: Final = 2
"""Of one person: the third waits, so that nobody has all workers."""

MOST_WAITING: Final = 10
"""Of one person, running ones included."""

MOST_ATTEMPTS: Final = 3
RUN_SECONDS: Final = 60.0
"""After so long a run begins no further export: the next sweep goes on."""

PIECE_BYTES: Final = 512 * 1024
STATEMENT_SECONDS: Final = 600
"""The longest that one statement of an export may take."""

KEPT: Final = timedelta(days=30)
"""So long it is known who took what out of the desk, after the file has gone."""

_FOLDER: Final = "klingdesk-export-"
_LEFT_BEHIND: Final = timedelta(hours=6)


def request_export(
    *, acting_user: Any, kind: str, query: str, file_format: str, language: str, now: datetime
) -> Export:
    """Ask for a file of the table ``kind`` as the page with the query string ``query`` shows it.

    ``Invalid`` for what cannot be read (fields ``kind``, ``format``, ``query`` or those of the
    page), ``NotAllowed``, ``Conflict`` with more than ``MOST_WAITING`` unfinished.
    """
    _check(acting_user, kind, query, file_format, now)
    with transaction.atomic():
        # Two at once would both see room for one more.
        _lock()
        waiting = Export.objects.filter(owner=acting_user, state__in=UNDONE).count()
        if waiting >= MOST_WAITING:
            raise Conflict(
                _("%(count)d exports of yours are not done. Wait for them, or cancel one.")
                % {"count": waiting},
                code="too_many_exports",
                state={"unfinished": waiting},
            )
        export = Export.objects.create(
            owner=acting_user,
            kind=kind,
            query=query,
            file_format=file_format,
            language=language,
            created_at=now,
        )
        hint_after_commit(RUN)
    return export


def _check(user: Any, kind: str, query: str, file_format: str, now: datetime) -> None:
    errors: dict[str, list[Any]] = {}
    if kind not in KINDS:
        errors["kind"] = [_("There is no such table.")]
    if file_format not in ExportFormat.values:
        errors["format"] = [_("Choose csv or xlsx.")]
    if len(query) > LONGEST_QUERY or "\x00" in query:
        errors["query"] = [_("These filters are too long.")]
    if errors:
        raise Invalid(_("The export was not begun."), fields=errors)
    if not KINDS[kind].is_for(user):
        raise NotAllowed(_("Your role does not allow this table."))
    KINDS[kind].open(asked(query, user=user, now=now))


@transaction.atomic
def cancel_export(*, acting_user: Any, export_id: int, now: datetime) -> Export:
    """Give up an own export that is not done; its worker notices within seconds. ``NotFound``,
    and ``Conflict`` for one that has ended."""
    export = export_get_for(user=acting_user, export_id=export_id)
    undone = Export.objects.filter(pk=export.pk, state__in=UNDONE)
    if not undone.update(state=ExportState.CANCELLED, claimed_until=None, finished_at=now):
        export.refresh_from_db()
        raise Conflict(
            _("This export has ended already."),
            code="export_ended",
            state={"state": export.state},
        )
    ExportChunk.objects.filter(export=export).delete()
    export.refresh_from_db()
    return export


def run_exports(*, now: datetime, seconds: float = RUN_SECONDS) -> int:
    """Write what waits, one after the other, until nothing is left or ``seconds`` are over;
    returns how many were begun."""
    began = time.monotonic()

    def instant() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    _forget_folders()
    count = 0
    while time.monotonic() - began < seconds:
        export = _claim(instant())
        if export is None:
            break
        _run(export, instant)
        count += 1
    return count


def _claim(now: datetime) -> Export | None:
    """The oldest that may run now, claimed; None when there is none.

    What somebody is cancelling at this moment is held by them, and left to the next run.
    """
    while True:
        with transaction.atomic():
            _lock()
            busy = (
                Export.objects.filter(state=ExportState.RUNNING, claimed_until__gt=now)
                .order_by()
                .values("owner")
                .annotate(running=Count("pk"))
                .filter(running__gte=MOST_AT_ONCE)
            )
            free = Q(state=ExportState.QUEUED) | Q(
                state=ExportState.RUNNING, claimed_until__lte=now
            )
            export = (
                Export.objects.filter(free)
                .exclude(owner__in=busy.values("owner"))
                .select_related("owner")
                .order_by("created_at", "pk")
                .select_for_update(no_key=True, skip_locked=True, of=("self",))
                .first()
            )
            if export is None:
                return None
            ExportChunk.objects.filter(export=export).delete()
            if export.attempts >= MOST_ATTEMPTS:
                _end(export, now, state=ExportState.FAILED, error="gave_up")
                continue
            export.state = ExportState.RUNNING
            export.attempts += 1
            export.started_at, export.claimed_until = now, now + LEASE
            export.rows_done, export.rows_total = 0, None
            export.save(
                update_fields=[
                    *("state", "attempts", "started_at", "claimed_until"),
                    *("rows_done", "rows_total"),
                ]
            )
            return export


def _lock() -> None:
    """One after the other: the limits of a person are counted, not locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('klingdesk.exports'))")


def _run(export: Export, instant: Callable[[], datetime]) -> None:
    fail = partial(_fail, export, instant)
    try:
        with (
            Pulse(export, instant) as pulse,
            translation.override(export.language),
            _folder() as folder,
        ):
            path = folder / f"export.{export.file_format}"
            _write(export, path, pulse, now=instant())
            size = _store(export, path, pulse)
        now = instant()
        hours = timedelta(hours=settings.KLINGDESK_EXPORT_HOURS)
        is_mine = _end(
            export,
            now,
            state=ExportState.DONE,
            rows_done=pulse.rows,
            rows_total=pulse.rows,
            size=size,
            expires_at=now + hours,
        )
        if not is_mine:
            raise TakenAway
    except TakenAway:
        # Cancelled, or another worker thought us dead: what we stored is nobody's.
        ExportChunk.objects.filter(export=export, attempt=export.attempts).delete()
    except NotAllowed:
        fail("not_allowed")
    except DeskError:
        fail("refused")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            fail("too_slow")
        else:
            # The database went away: the lease runs out, and somebody starts anew.
            log.warning("export %s was interrupted", export.pk, exc_info=True)
    except Exception:
        # A mistake of ours must not hold up the others, nor be repeated for ever.
        log.exception("export %s could not be written", export.pk)
        fail("broken")


def _write(export: Export, path: Path, pulse: Pulse, *, now: datetime) -> None:
    """All rows from one snapshot of the database, or of its replica."""
    kind = KINDS[export.kind]
    if not kind.is_for(export.owner):
        raise NotAllowed(_("Your role does not allow this table."))
    with read_only() as alias:
        with connections[alias].cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")
            # All rows are read: a plan for the first of them would be the slower one.
            cursor.execute("SET LOCAL cursor_tuple_fraction = 1")
        table: Table = kind.open(asked(export.query, user=export.owner, now=now))
        pulse.total = table.count()
        file = open_file(export.file_format, path, table.labels())
        for row in table.rows():
            file.write(row)
            pulse.count_row()
    file.close()


def _store(export: Export, path: Path, pulse: Pulse) -> int:
    """The file in pieces, each in a transaction of its own; returns its size in bytes."""
    size = 0
    with path.open("rb") as file:
        for number, data in enumerate(iter(partial(file.read, PIECE_BYTES), b"")):
            pulse.check()
            ExportChunk.objects.create(
                export=export, attempt=export.attempts, number=number, data=data
            )
            size += len(data)
    return size


def _fail(export: Export, instant: Callable[[], datetime], error: str) -> None:
    ExportChunk.objects.filter(export=export, attempt=export.attempts).delete()
    _end(export, instant(), state=ExportState.FAILED, error=error)


@transaction.atomic
def _end(export: Export, now: datetime, *, state: ExportState, **changes: object) -> bool:
    """Mark what became of it, and tell its owner, who may have left the page long ago."""
    is_mine = _mark(export, state=state, finished_at=now, **changes)
    if is_mine:
        tell_export_ended(export=export, is_done=state is ExportState.DONE, now=now)
    return is_mine


def _mark(export: Export, **changes: object) -> bool:
    """Write what became of a claim, unless it was cancelled or taken over meanwhile."""
    mine = Q(pk=export.pk, state=ExportState.RUNNING, attempts=export.attempts)
    return bool(Export.objects.filter(mine).update(claimed_until=None, **changes))


def expire_exports(*, now: datetime) -> int:
    """Delete the files whose time is over, and forget who asked for what ``KEPT`` ago; returns how
    many files went. Two at once share the work."""
    over = _ids(Export.objects.filter(state=ExportState.DONE, expires_at__lte=now))
    gone = Export.objects.filter(pk__in=over, state=ExportState.DONE).update(
        state=ExportState.EXPIRED
    )
    # Also what a worker stored that did not notice in time that it was cancelled.
    ExportChunk.objects.exclude(export__state__in=[ExportState.DONE, *UNDONE]).delete()
    Export.objects.filter(pk__in=_ids(Export.objects.filter(finished_at__lt=now - KEPT))).delete()
    return gone


def _ids(exports: Any, most: int = 1_000) -> Iterable[int]:
    return list(exports.order_by().values_list("pk", flat=True)[:most])


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder of our own; a workbook of a million rows takes more than a gigabyte in it."""
    with tempfile.TemporaryDirectory(prefix=_FOLDER) as name:
        yield Path(name)


def _forget_folders() -> None:
    """What workers left behind that were killed."""
    oldest = time.time() - _LEFT_BEHIND.total_seconds()
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        try:
            is_old = folder.stat().st_mtime < oldest
        except OSError:
            continue
        if is_old:
            shutil.rmtree(folder, ignore_errors=True)
