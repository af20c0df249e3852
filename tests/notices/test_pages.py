"""The pages of notices over HTTP: inbox with filters, my notices, the number in the header."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from notices.models import Notice, Preference
from notices.selectors import email_topics, notices_for, unread_count
from notices.services import mark_read, notify
from notices.words import register
from tests.conftest import NOW
from tests.notices.conftest import TOPIC


def tell(*people: Any, event: str = "one", code: str = "test.info") -> int:
    return notify(recipients=people, code=code, event=event, now=NOW, params={"title": "标题"})


def get(client: Client, name: str, **query: str) -> str:
    return client.get(reverse(f"admin:{name}"), query).content.decode()


def test_the_inbox_is_narrowed_to_unread_ones_and_to_a_topic(client: Client, agent: Any) -> None:
    register({"test.other": "something else"})
    tell(agent, event="1")
    tell(agent, event="2", code="test.breach")
    tell(agent, event="3", code="test.other")
    mark_read(acting_user=agent, notice_ids=[notices_for(agent).get(event="1").pk], now=NOW)
    client.force_login(agent)
    assert get(client, "inbox").count("标题 happened") == 2
    assert get(client, "inbox", unread="1").count("标题 happened") == 1
    page = get(client, "inbox", topic=TOPIC.key)
    assert "something else" not in page
    assert page.count("标题 happened") == 2
    assert "something else" in get(client, "inbox", topic="no such topic")
    assert "with these filters" in get(client, "inbox", unread="1", topic="tickets.mine")


def test_all_of_a_topic_are_marked_and_the_filters_stay(client: Client, agent: Any) -> None:
    register({"test.other": "something else"})
    tell(agent, event="1")
    tell(agent, event="2", code="test.other")
    client.force_login(agent)
    response = client.post(reverse("admin:inbox_read"), {"topic": TOPIC.key, "unread": "1"})
    assert response["Location"].endswith(f"?unread=1&topic={TOPIC.key}")
    assert [notice.event for notice in notices_for(agent, unread=True)] == ["2"]


def test_the_number_is_in_the_header_of_every_role(
    client: Client, agent: Any, advisor: Any, manager: Any, editor: Any
) -> None:
    for person in (agent, advisor, manager, editor):
        tell(person)
        client.force_login(person)
        page = get(client, "inbox")
        assert 'data-unread-url="/admin/inbox/unread/"' in page
        assert "<span data-unread-count>1</span>" in page


def test_the_number_is_told_once_and_then_only_changes(client: Client, agent: Any) -> None:
    client.force_login(agent)
    address = reverse("admin:inbox_unread")
    first = client.get(address)
    assert (first.status_code, first.json()) == (200, {"unread": 0})
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    tell(agent)
    changed = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (changed.status_code, changed.json()) == (200, {"unread": 1})


def test_asking_for_the_number_is_cheap(
    client: Client, agent: Any, django_assert_num_queries: Any
) -> None:
    client.force_login(agent)
    client.get(reverse("admin:inbox_unread"))
    with django_assert_num_queries(3):  # session, account with roles, the number
        client.get(reverse("admin:inbox_unread"))


def test_a_stranger_is_told_no_number(client: Client, stranger: Any) -> None:
    assert client.get(reverse("admin:inbox_unread")).status_code == 302
    client.force_login(stranger)
    assert client.get(reverse("admin:inbox_unread")).status_code in {302, 403}


def test_my_notices_are_saved_for_me_alone(client: Client, agent: Any, agent2: Any) -> None:
    agent.email = agent2.email = "agent@example.com"
    agent.save()
    agent2.save()
    client.force_login(agent)
    page = get(client, "notice_settings")
    assert "My tickets" in page
    assert "Breaches" not in page  # no agent is told of those
    client.post(reverse("admin:notice_settings"), {"email": ["tickets.mine", TOPIC.key]})
    assert email_topics(agent) == {"tickets.mine", TOPIC.key}
    client.post(reverse("admin:notice_settings"), {"email": [TOPIC.key]})
    assert email_topics(agent) == {TOPIC.key}
    assert email_topics(agent2) == set()
    client.post(reverse("admin:notice_settings"), {})
    assert not Preference.objects.exists()


def test_what_cannot_be_chosen_is_refused_and_the_ticks_stay(client: Client, agent: Any) -> None:
    client.force_login(agent)
    refused = client.post(reverse("admin:notice_settings"), {"email": ["tickets.mine"]})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "has no e-mail address" in page
    assert 'value="tickets.mine" checked' in page
    agent.email = "agent@example.com"
    agent.save()
    for wrong in ("tickets.breaches", "nothing"):
        refused = client.post(reverse("admin:notice_settings"), {"email": [wrong]})
        assert refused.status_code == 422
        assert "topics that are shown" in refused.content.decode()
    assert not Preference.objects.exists()


def test_my_notices_say_when_mail_cannot_be_sent(client: Client, agent: Any, settings: Any) -> None:
    agent.email = "agent@example.com"
    agent.save()
    client.force_login(agent)
    assert "agent@example.com" in get(client, "notice_settings")
    settings.KLINGDESK_EMAIL_READY = False
    assert "not configured" in get(client, "notice_settings")


def test_the_inbox_shows_how_much_a_notice_presses(client: Client, agent: Any) -> None:
    tell(agent, code="test.breach")
    client.force_login(agent)
    assert "desk-chip--bad" in get(client, "inbox")
    assert Notice.objects.count() == 1
    assert mail.outbox == []
    assert unread_count(agent) == 1


@pytest.mark.parametrize("wrong", ["x", "9" * 30, "٣", "-1"])
def test_a_number_that_is_none_marks_nothing(client: Client, agent: Any, wrong: str) -> None:
    tell(agent)
    client.force_login(agent)
    assert client.post(reverse("admin:inbox_read"), {"id": wrong}).status_code == 302
    assert unread_count(agent) == 1
