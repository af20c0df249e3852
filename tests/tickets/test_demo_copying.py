"""Rows travel in a thread of their own, on the connection and in the transaction of the caller."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from psycopg import DataError

from kb.models import LoggedSearch
from tickets.demo.copying import Ids, Table, carrying
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def searches(*lines: str) -> list[tuple[Table, bytes]]:
    table = Table(
        LoggedSearch,
        *("asked_at", "words", "group_key", "results", "confident", "chosen", "retyped"),
    )
    for line in lines:
        table.add(line)
    return [(table, table.taken())]


def row(words: str, asked_at: str = "2026-11-20 10:00+08") -> str:
    return f"{asked_at}\t{words}\t{words}\t1\tt\t\tf"


def test_what_was_sent_is_there_in_the_order_of_sending() -> None:
    with carrying() as carrier:
        carrier.send(searches(row("水印"), row("扣费")))
        carrier.send(searches(row("会员")))
        carrier.wait()
        assert LoggedSearch.objects.count() == 3
        carrier.send(searches(row("退款")))
    found = LoggedSearch.objects.order_by("pk").values_list("words", flat=True)
    assert list(found) == ["水印", "扣费", "会员", "退款"]


@pytest.mark.parametrize("is_last", [True, False])
def test_what_the_database_refuses_is_told_and_nothing_stays(is_last: bool) -> None:
    def write() -> None:
        with transaction.atomic(), carrying() as carrier:
            carrier.send(searches(row("水印")))
            carrier.send(searches(row("扣费", asked_at="never")))
            if not is_last:
                carrier.send(searches(row("会员")))

    with pytest.raises(DataError, match="never"):
        write()
    assert not LoggedSearch.objects.exists()


def test_a_mistake_of_the_caller_is_not_hidden_by_the_copy() -> None:
    def write() -> None:
        with transaction.atomic(), carrying() as carrier:
            carrier.send(searches(row("水印")))
            raise LookupError

    with pytest.raises(LookupError):
        write()
    assert not LoggedSearch.objects.exists()
    with connection.cursor() as cursor:  # it is the caller's again
        cursor.execute("SELECT 1")


def test_ids_wait_for_the_connection_and_come_in_order() -> None:
    asked: list[int] = []
    ids = Ids(Ticket, free=lambda: asked.append(1), at_once=3)
    taken = [ids.take() for _n in range(3)]
    assert len(asked) == 1
    ids.reserve(5)
    ids.reserve(4)
    assert len(asked) == 2
    taken += [ids.take() for _n in range(5)]
    assert len(asked) == 2
    first = taken[0]
    assert taken == list(range(first, first + 8))
