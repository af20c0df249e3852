"""Exports as jobs: written from one snapshot, told while they are, taken up again, limited."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from openpyxl import load_workbook
from psycopg.errors import QueryCanceled

from klingdesk.core.errors import Conflict, Gone, Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role
from notices.selectors import notices_for
from tests.conftest import NOW
from tickets.exporting import kinds
from tickets.exporting.download import download_of, present_state
from tickets.exporting.tables import Asked, Kind, Table
from tickets.models import Export, ExportChunk, Ticket
from tickets.models.export import ExportState
from tickets.selectors.exports import error_words, export_get_for
from tickets.services import exports as service
from tickets.services.export_pulse import LEASE, Pulse
from tickets.services.exports import (
    KEPT,
    MOST_ATTEMPTS,
    MOST_WAITING,
    cancel_export,
    expire_exports,
    request_export,
    run_exports,
)

Rows = Callable[[], Iterable[Iterable[Any]]]


def ask(user: Any, kind: str = "tickets", query: str = "view=all", **changes: Any) -> Export:
    values: dict[str, Any] = {"file_format": "csv", "language": "en", "now": NOW}
    return request_export(acting_user=user, kind=kind, query=query, **{**values, **changes})


def content(export: Export, user: Any, now: Any = NOW) -> bytes:
    export.refresh_from_db()
    return b"".join(download_of(export, user=user, now=now).pieces)


def lines(export: Export, user: Any) -> list[list[str]]:
    text = content(export, user).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.fixture
def own_kind(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Register the table ``own`` with these rows."""

    def make(rows: Rows, total: int = 3) -> None:
        def opened(asked: Asked) -> Table:
            return Table(lambda: ("A", "B"), lambda: total, rows)

        kind = Kind("own", "Own", frozenset({Role.MANAGER}), opened)
        known = {**kinds.KINDS, "own": kind}
        monkeypatch.setattr(service, "KINDS", known)
        monkeypatch.setattr("tickets.exporting.download.KINDS", known)

    return make


# --- asking ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "no-such"}, "kind"),
        ({"file_format": "pdf"}, "format"),
        ({"query": "a=" + "b" * 2_000}, "query"),
        ({"query": "view=\x00"}, "query"),
        ({"kind": "consultations", "query": "from=2026-02-31"}, "from"),
        ({"kind": "consultations", "query": "from=2026-03-09&to=2026-03-01"}, "from"),
    ],
)
def test_what_cannot_be_read_is_refused_at_once(
    manager: Any, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        ask(manager, **changes)
    assert list(refused.value.fields) == [field]
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        ("tickets", "editor"),
        ("tickets", "stranger"),
        ("consultations", "advisor"),
        ("searches", "agent"),
    ],
)
def test_each_table_is_for_its_roles(
    kind: str, who: str, request: pytest.FixtureRequest, desk: None
) -> None:
    with pytest.raises(NotAllowed):
        ask(request.getfixturevalue(who), kind=kind, query="")


def test_nobody_has_more_than_some_unfinished(manager: Any, advisor: Any) -> None:
    for _number in range(MOST_WAITING):
        ask(manager)
    with pytest.raises(Conflict) as refused:
        ask(manager)
    assert refused.value.state == {"unfinished": MOST_WAITING}
    assert ask(advisor).state == ExportState.QUEUED  # another person's limit is another one


def test_an_export_is_its_owners_alone(manager: Any, admin_person: Any, person: Any) -> None:
    export = ask(manager)
    for other in (admin_person, person("manager2", Role.MANAGER)):
        with pytest.raises(NotFound):
            export_get_for(user=other, export_id=export.pk)
        with pytest.raises(NotFound):
            cancel_export(acting_user=other, export_id=export.pk, now=NOW)


# --- writing (committed, because progress is told over a connection of its own) -------------------


@pytest.mark.django_db(transaction=True)
def test_the_ticket_list_as_its_page_shows_it(
    make_ticket: Any, advisor: Any, other_advisor: Any, manager: Any
) -> None:
    first, second = make_ticket(account_id="7310094856"), make_ticket()
    Ticket.objects.filter(pk=second.pk).update(priority=2)
    export = ask(manager)
    assert run_exports(now=NOW) == 1
    header, *rows = lines(export, manager)
    by_name = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["Ticket"] for row in by_name] == [second.number, first.number]
    assert by_name[1]["Account ID"] == "731****856"
    assert by_name[1]["Due"] == "2026-03-09T18:00:00+08:00"
    assert by_name[1]["Breached"] == "no"
    assert by_name[0]["Priority"] == "Urgent"
    text = content(export, manager).decode()
    assert "7310094856" not in text
    assert "13800138000" not in text
    assert first.problem not in text
    assert first.demand not in text
    export.refresh_from_db()
    assert (export.state, export.rows_done, export.rows_total) == (ExportState.DONE, 2, 2)
    assert export.expires_at == export.finished_at + timedelta(hours=24)  # type: ignore[operator]
    # An advisor of another team sees nothing in the list, and nothing in the file.
    theirs = ask(other_advisor)
    run_exports(now=NOW)
    assert len(lines(theirs, other_advisor)) == 1


@pytest.mark.django_db(transaction=True)
def test_filters_and_language_go_along(make_ticket: Any, manager: Any, chinese: None) -> None:
    make_ticket()
    nothing = ask(manager, query="view=all&team=safety")
    chinese = ask(manager, language="zh-hans")
    run_exports(now=NOW)
    assert len(lines(nothing, manager)) == 1
    assert lines(chinese, manager)[0][:2] == ["工单", "状态"]


@pytest.mark.django_db(transaction=True)
def test_contacts_of_an_agent_and_of_a_manager(
    make_ticket: Any, at_hand_over: Any, agent: Any, agent2: Any, manager: Any
) -> None:
    ticket = make_ticket(account_id="7310094856")
    at_hand_over(agent2)
    query = "from=2026-03-04&to=2026-03-04"
    own, all_of_them = (ask(who, "consultations", query) for who in (agent, manager))
    narrowed = ask(manager, "consultations", f"{query}&agent=agent2&status=open")
    run_exports(now=NOW)
    header, row = lines(own, agent)
    found = dict(zip(header, row, strict=True))
    assert found["Ticket"] == ticket.number
    assert found["Account ID"] == "731****856"
    assert "扣了我两次" not in content(all_of_them, manager).decode()
    assert len(lines(all_of_them, manager)) == 3
    assert [row[5] for row in lines(narrowed, manager)] == ["Agent", "agent2"]


@pytest.mark.django_db(transaction=True)
def test_a_workbook_holds_the_same(make_ticket: Any, manager: Any) -> None:
    make_ticket()
    plain, book = ask(manager), ask(manager, file_format="xlsx")
    run_exports(now=NOW)
    sheet = load_workbook(io.BytesIO(content(book, manager))).active
    rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.values]
    assert rows == lines(plain, manager)


@pytest.mark.django_db(transaction=True)
def test_progress_is_told_and_the_lease_held_while_it_is_written(
    manager: Any, own_kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "Pulse", lambda export, at: Pulse(export, at, beat=0.01))
    seen: list[Export] = []

    def watched() -> bool:
        try:
            seen.append(Export.objects.get())
        finally:
            connections.close_all()
        return seen[-1].rows_done == 2

    def rows() -> Iterator[tuple[int, str]]:
        yield (1, "one")
        yield (2, "two")
        for _attempt in range(500):  # the third row waits until the second has been told
            if in_thread(watched):
                break
        yield (3, "three")

    own_kind(rows)
    export = ask(manager, kind="own", query="")
    run_exports(now=NOW)
    assert (seen[-1].rows_done, seen[-1].rows_total) == (2, 3)
    assert seen[-1].claimed_until is not None
    assert seen[-1].claimed_until > NOW + LEASE
    assert lines(export, manager)[1:] == [["1", "one"], ["2", "two"], ["3", "three"]]


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_one_stops_and_leaves_nothing(
    manager: Any, own_kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "Pulse", lambda export, at: Pulse(export, at, beat=0.01))
    written = []

    def cancel() -> None:
        try:
            cancel_export(acting_user=manager, export_id=Export.objects.get().pk, now=NOW)
        finally:
            connections.close_all()

    def rows() -> Iterator[tuple[int, str]]:
        in_thread(cancel)
        for number in range(10_000_000):
            written.append(number)
            yield (number, "")

    own_kind(rows)
    export = ask(manager, kind="own", query="")
    run_exports(now=NOW)
    export.refresh_from_db()
    assert export.state == ExportState.CANCELLED
    assert len(written) < 10_000_000
    assert not ExportChunk.objects.exists()
    with pytest.raises(Conflict):
        cancel_export(acting_user=manager, export_id=export.pk, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_died_starts_anew(make_ticket: Any, manager: Any) -> None:
    make_ticket()
    export = ask(manager)
    claimed = service._claim(NOW)  # the worker that dies right after it
    assert claimed is not None
    ExportChunk.objects.create(export=export, attempt=1, number=0, data=b"half of a file")
    assert run_exports(now=NOW + LEASE / 2) == 0
    assert run_exports(now=NOW + LEASE) == 1
    assert len(lines(export, manager)) == 2
    assert export.attempts == 2
    # The first one wakes up again: nothing of what it does counts.
    service._run(claimed, lambda: NOW)
    assert len(lines(export, manager)) == 2
    assert set(ExportChunk.objects.values_list("attempt", flat=True)) == {2}


@pytest.mark.django_db(transaction=True)
def test_a_job_that_kills_its_workers_is_given_up(manager: Any) -> None:
    export, now = ask(manager), NOW
    for _attempt in range(MOST_ATTEMPTS):
        assert service._claim(now) is not None
        now += LEASE
    assert service._claim(now) is None
    export.refresh_from_db()
    assert (export.state, export.error) == (ExportState.FAILED, "gave_up")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RuntimeError("a mistake"), "broken"),
        (Invalid("not any more"), "refused"),
        ("too slow", "too_slow"),
    ],
)
def test_errors_are_told_in_words(manager: Any, own_kind: Any, error: Any, code: str) -> None:
    def rows() -> Iterator[tuple[int, str]]:
        yield (1, "one")
        if error == "too slow":
            raise OperationalError from QueryCanceled()
        raise error

    own_kind(rows)
    export = ask(manager, kind="own", query="")
    assert run_exports(now=NOW) == 1
    export.refresh_from_db()
    assert (export.state, export.error) == (ExportState.FAILED, code)
    assert error_words(code)
    assert not ExportChunk.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_costs_one_attempt(manager: Any, own_kind: Any) -> None:
    broken = [True]

    def rows() -> Iterator[tuple[int, str]]:
        if broken:
            broken.clear()
            raise OperationalError("server closed the connection")
        yield (1, "one")

    own_kind(rows)
    export = ask(manager, kind="own", query="")
    run_exports(now=NOW)
    export.refresh_from_db()
    assert export.state == ExportState.RUNNING
    run_exports(now=NOW + 2 * LEASE)
    assert lines(export, manager)[1:] == [["1", "one"]]


@pytest.mark.django_db(transaction=True)
def test_who_has_lost_the_role_gets_nothing(manager: Any) -> None:
    ready, export = ask(manager), None
    run_exports(now=NOW)
    export = ask(manager)
    manager.groups.clear()
    run_exports(now=NOW)
    export.refresh_from_db()
    assert (export.state, export.error) == (ExportState.FAILED, "not_allowed")
    again = type(manager).objects.get(pk=manager.pk)
    ready.refresh_from_db()
    with pytest.raises(NotAllowed):
        download_of(ready, user=again, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_of_one_person_at_once_and_never_a_third(manager: Any, advisor: Any) -> None:
    mine = [ask(manager) for _number in range(4)]
    theirs = ask(advisor)
    results: list[Any] = []
    gate = threading.Barrier(5)

    def worker() -> None:
        try:
            gate.wait()
            results.append(service._claim(NOW))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claimed = sorted(export.pk for export in results if export is not None)
    assert claimed == [mine[0].pk, mine[1].pk, theirs.pk]


# --- the end of a file ----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_file_expires_and_is_forgotten(make_ticket: Any, manager: Any) -> None:
    make_ticket()
    export = ask(manager)
    run_exports(now=NOW)
    export.refresh_from_db()
    end = export.expires_at
    assert end is not None
    assert content(export, manager, end - timedelta(seconds=1))
    with pytest.raises(Gone):  # before the sweep has come, too
        content(export, manager, end)
    assert present_state(export, now=end) == ExportState.EXPIRED
    assert expire_exports(now=end) == 1
    assert expire_exports(now=end) == 0
    assert not ExportChunk.objects.exists()
    export.refresh_from_db()
    assert export.state == ExportState.EXPIRED
    expire_exports(now=NOW + KEPT + timedelta(minutes=5))
    assert not Export.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_large_file_is_sent_in_pieces_and_never_half(
    manager: Any, own_kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PIECE_BYTES", 100)
    own_kind(lambda: ((number, "x" * 50) for number in range(20)))
    export = ask(manager, kind="own", query="")
    run_exports(now=NOW)
    export.refresh_from_db()
    file = download_of(export, user=manager, now=NOW)
    assert ExportChunk.objects.count() == -(-file.size // 100)
    first = next(file.pieces)
    assert len(first) == 100
    ExportChunk.objects.filter(number__gt=3).delete()
    with pytest.raises(LookupError):
        list(file.pieces)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_where_rows_are_read(manager: Any, own_kind: Any) -> None:
    def rows() -> Iterator[tuple[int, str]]:
        Ticket.objects.update(priority=2)
        yield (1, "one")

    own_kind(rows)
    export = ask(manager, kind="own", query="")
    run_exports(now=NOW)
    export.refresh_from_db()
    assert export.error == "broken"  # PostgreSQL refused it
    assert not connection.in_atomic_block


def in_thread(do: Callable[[], Any]) -> Any:
    """What ``do`` gives in a thread, and so with a connection of its own."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(do()))
    thread.start()
    thread.join()
    return found[0] if found else None


def test_whoever_asked_is_told_once_when_it_has_ended(
    manager: Any, own_kind: Callable[..., None]
) -> None:
    def broken() -> Iterable[Iterable[Any]]:
        raise RuntimeError("a slip of ours")

    own_kind(lambda: iter([("1", "2")]), total=1)
    ask(manager, "own")
    run_exports(now=NOW)
    run_exports(now=NOW)
    assert [notice.code for notice in notices_for(manager)] == ["exports.done"]
    assert notices_for(manager).get().path == "/admin/exports/"
    own_kind(broken)
    ask(manager, "own")
    run_exports(now=NOW)
    assert {notice.code for notice in notices_for(manager)} == {"exports.failed", "exports.done"}


def test_nobody_is_told_of_what_they_cancelled(manager: Any) -> None:
    export = ask(manager)
    cancel_export(acting_user=manager, export_id=export.pk, now=NOW)
    run_exports(now=NOW)
    assert not notices_for(manager).exists()
