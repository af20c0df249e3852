"""Tests stand on what ``tests.beginnings`` puts back: it has to be what the services make."""

from __future__ import annotations

import pytest
from django.db import transaction

from kb.models import SearchIndexVersion
from kb.services.publishing import bump_search_index
from tests.beginnings import begin_with, every_row
from tests.conftest import NOW, publish_two
from tickets.services.desk import prepare_desk


def test_what_is_put_back_is_what_was_made(db: None) -> None:
    made = []

    def make() -> None:
        made.append(1)
        prepare_desk(now=NOW)
        publish_two()

    worlds = []
    for _time in range(3):
        with transaction.atomic():
            begin_with("a desk with two questions", make)
            worlds.append(every_row())
            transaction.set_rollback(True)
    assert worlds[0]["tickets_team"]
    assert worlds[0]["kb_revision"]
    assert worlds == [worlds[0]] * 3
    assert made == [1]


def test_a_row_that_was_changed_before_is_not_lost(db: None) -> None:
    SearchIndexVersion.objects.update_or_create(pk=1, defaults={"number": 7})
    with transaction.atomic():
        begin_with("a new index", bump_search_index)
        transaction.set_rollback(True)
    bump_search_index()
    with pytest.raises(AssertionError, match="kb_searchindexversion was changed"):
        begin_with("a new index", bump_search_index)
