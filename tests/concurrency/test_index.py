"""The search index in many processes at once, here as many holders: fresh, and never in the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from kb.models import StandardQuestion
from kb.selectors.index_holder import IndexHolder
from kb.selectors.search import Library, committed_version, read_library
from kb.services.content import published_content
from kb.services.publishing import publish_question
from kb.services.synonyms import save_synonym
from tests.concurrency.threads import PATIENCE, in_background, outcome
from tests.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)

PROMISED = 5.0
WORDS = "全新说法"


@pytest.fixture
def holders() -> Iterator[Callable[..., IndexHolder[Library]]]:
    made: list[IndexHolder[Library]] = []

    def make(
        build: Callable[[], Library] = read_library, version: Callable[[], int] = committed_version
    ) -> IndexHolder[Library]:
        made.append(IndexHolder(version=version, build=build, follows=True))
        return made[-1]

    yield make
    for holder in made:
        holder.stop()


def first_key(holder: IndexHolder[Library], words: str = WORDS) -> str | None:
    hits = holder.current().index.search(words).hits
    return hits[0].key if hits else None


def publish_words() -> StandardQuestion:
    question = StandardQuestion.objects.get(key="price")
    content = published_content(question)
    return publish_question(
        key="price",
        content=replace(content, phrasings=(*content.phrasings, WORDS)),
        acting_user=None,
        reason="test",
        now=NOW,
    )


def until(truth: Callable[[], Any], seconds: float = PATIENCE) -> float:
    """Seconds until ``truth`` held."""
    began = time.monotonic()
    while not truth():
        assert time.monotonic() - began < seconds, "it took too long"
        time.sleep(0.01)
    return time.monotonic() - began


def test_everybody_answers_with_the_new_text_in_time(
    questions: Any, holders: Callable[..., IndexHolder[Library]]
) -> None:
    everybody = [holders() for _ in range(4)]
    assert [first_key(each) for each in everybody] == [None] * 4
    assert outcome(in_background(publish_words)).key == "price"
    until(lambda: [first_key(each) for each in everybody] == ["price"] * 4, PROMISED)
    outcome(in_background(lambda: save_synonym(variant="bazinga", canonical=WORDS)))
    until(lambda: {first_key(each, "bazinga") for each in everybody} == {"price"}, PROMISED)


def test_searches_go_on_while_a_slow_build_runs(
    questions: Any, holders: Callable[..., IndexHolder[Library]]
) -> None:
    building, go_on = threading.Event(), threading.Event()
    go_on.set()

    def slow() -> Library:
        building.set()
        assert go_on.wait(PATIENCE)
        return read_library()

    holder = holders(slow)
    assert first_key(holder) is None
    building.clear()
    go_on.clear()
    outcome(in_background(publish_words))
    assert building.wait(PATIENCE)
    # Were one of these to wait for the build, it would wait for ever: nobody lets it go on.
    answers = [in_background(lambda: first_key(holder)) for _ in range(8)]
    assert [answer.result(PATIENCE) for answer in answers] == [None] * 8
    assert not go_on.is_set()
    go_on.set()
    until(lambda: first_key(holder) == "price", PROMISED)


def test_no_query_while_the_thread_keeps_it_fresh(
    questions: Any,
    holders: Callable[..., IndexHolder[Library]],
    django_assert_num_queries: Callable[..., Any],
) -> None:
    holder = holders()
    first_key(holder)
    with django_assert_num_queries(0):
        for _ in range(20):
            first_key(holder)


def test_a_database_that_throws_the_thread_out(
    questions: Any,
    holders: Callable[..., IndexHolder[Library]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    sessions: list[int] = []

    def version() -> int:
        number = committed_version()
        if threading.current_thread().name == "search-index":
            sessions.append(connection.connection.info.backend_pid)
        return number

    holder = holders(version=version)
    first_key(holder)
    until(lambda: sessions)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [sessions[-1]])
    publish_words()
    until(lambda: first_key(holder) == "price", PROMISED)
    until(lambda: sessions[-1] != sessions[0], PROMISED)
    assert len([each for each in caplog.records if "index" in each.name]) <= 2
