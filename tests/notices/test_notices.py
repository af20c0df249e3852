"""Notices: each person is told once, reads the own ones only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from notices.models import Notice
from notices.selectors import notices_for, unread_count
from notices.services import mark_read, notify
from notices.words import in_words, register
from tests.conftest import NOW


def tell(*people: Any, event: str = "one", **changes: Any) -> int:
    given = {"code": "test.event", "now": NOW, "params": {"title": "标题"}, **changes}
    return notify(recipients=people, event=event, **given)


def test_the_same_event_tells_the_same_person_once(agent: Any, editor: Any) -> None:
    assert tell(editor) == 1
    assert tell(editor, agent, editor) == 1
    assert tell(editor, agent) == 0
    assert tell(editor, event="two") == 1
    assert (unread_count(editor), unread_count(agent)) == (2, 1)


def test_only_the_own_ones_are_read(agent: Any, editor: Any) -> None:
    tell(agent, editor)
    theirs = notices_for(agent).get()
    assert mark_read(acting_user=editor, notice_ids=[theirs.pk], now=NOW) == 0
    assert mark_read(acting_user=editor, notice_ids=None, now=NOW) == 1
    assert mark_read(acting_user=editor, notice_ids=None, now=NOW + timedelta(days=1)) == 0
    assert notices_for(editor).get().read_at == NOW
    assert unread_count(agent) == 1


def test_words_never_fail() -> None:
    register({"test.words": "%(title)s expires"})
    assert in_words("test.words", {"title": "A"}) == "A expires"
    assert in_words("test.words", {}) == "%(title)s expires"
    assert in_words("test.unknown", {}) == "test.unknown"


def test_the_inbox_shows_and_marks(client: Client, agent: Any, editor: Any) -> None:
    register({"test.event": "<b>%(title)s</b>"})
    tell(agent, path="/admin/console/")
    tell(editor)
    client.force_login(agent)
    page = client.get(reverse("admin:inbox")).content.decode()
    assert "&lt;b&gt;标题&lt;/b&gt;" in page
    assert 'href="/admin/console/"' in page
    pk = notices_for(editor).get().pk
    for wrong in (str(pk), "x", "9" * 30, "٣"):
        client.post(reverse("admin:inbox_read"), {"id": wrong})
    assert unread_count(editor) == 1
    assert unread_count(agent) == 1
    client.post(reverse("admin:inbox_read"), {"id": str(notices_for(agent).get().pk)})
    assert unread_count(agent) == 0
    tell(agent, event="three")
    assert client.post(reverse("admin:inbox_read")).status_code == 302
    assert unread_count(agent) == 0
    assert Notice.objects.filter(read_at=None).count() == 1


def test_an_empty_inbox_says_so(client: Client, agent: Any) -> None:
    client.force_login(agent)
    assert "desk-empty" in client.get(reverse("admin:inbox")).content.decode()


def test_reading_needs_a_post_and_a_role(client: Client, agent: Any, stranger: Any) -> None:
    client.force_login(agent)
    assert client.get(reverse("admin:inbox_read")).status_code == 405
    client.force_login(stranger)
    assert client.get(reverse("admin:inbox")).status_code in (302, 403)
