"""What is kept of a search: masked words, what was shown, what was chosen; and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.forms.models import model_to_dict

from kb.models import HandledGap, LoggedSearch
from kb.services.content import published_content
from kb.services.publishing import publish_question, retire_question
from kb.services.search_log import continue_search, log_search, purge_search_log
from kb.services.synonyms import save_synonym
from klingdesk.core.errors import Invalid
from klingdesk.core.roles import BOT_GROUP
from tests.conftest import NOW

PHONE = "13800138000"


def log(user: Any, words: str, **more: Any) -> LoggedSearch:
    return log_search(acting_user=user, words=words, now=NOW, channel="console", **more)


def go_on(user: Any, entry: LoggedSearch, words: str, **more: Any) -> LoggedSearch:
    return continue_search(
        acting_user=user, entry_id=entry.pk, words=words, now=NOW, channel="console", **more
    )


def test_what_was_shown_is_looked_up_here(agent: Any, questions: Any) -> None:
    entry = log(agent, "灵感值重复扣除", chosen="twice-charged")
    entry.refresh_from_db()
    assert entry.results[0] == "twice-charged"
    assert (entry.words, entry.chosen, entry.retyped) == ("灵感值重复扣除", "twice-charged", False)
    assert entry.confident
    assert (entry.asked_at, entry.channel) == (NOW, "console")


def test_nobody_and_no_number_is_in_it(agent: Any, questions: Any) -> None:
    entry = log(agent, f"我的号{PHONE}被扣了两次 找zhang@qq.com")
    kept = str(model_to_dict(entry))
    assert PHONE not in kept
    assert "zhang" not in kept
    assert agent.username not in kept
    assert not {"user", "person", "author"} & {field.name for field in entry._meta.fields}


def test_other_spellings_fall_together(agent: Any, questions: Any) -> None:
    save_synonym(variant="点数", canonical="灵感值")
    keys = {
        log(agent, words).group_key
        for words in ("灵感值 怎么卖？", "点数怎么卖", "灵感值怎么卖  ", f"灵感值怎么卖{PHONE}")
    }
    assert len(keys) == 1


def test_numbers_alone_are_in_no_group(agent: Any, questions: Any) -> None:
    assert log(agent, PHONE).group_key == ""


@pytest.mark.parametrize("words", ["", "  ", "\x00", "\u200b"])
def test_nothing_to_be_seen_is_refused(words: str, agent: Any, questions: Any) -> None:
    with pytest.raises(Invalid) as refused:
        log(agent, words)
    assert list(refused.value.fields) == ["words"]
    assert not LoggedSearch.objects.exists()


@pytest.mark.parametrize("key", ["no-such-question", "retired", "a\x00b", "x" * 200, "价格"])
def test_only_a_question_that_one_may_see_is_chosen(key: str, agent: Any, questions: Any) -> None:
    publish_question(
        key="retired",
        content=published_content(questions["price"]),
        acting_user=None,
        reason="test",
        now=NOW,
    )
    retire_question(key="retired", acting_user=None, reason="test", now=NOW)
    with pytest.raises(Invalid) as refused:
        log(agent, "扣", chosen=key)
    assert list(refused.value.fields) == ["chosen"]
    assert not LoggedSearch.objects.exists()


def test_a_bot_is_shown_what_is_online_only(person: Any, questions: Any) -> None:
    bot = person("bot")
    bot.groups.add(Group.objects.get_or_create(name=BOT_GROUP)[0])
    publish_question(
        key="price",
        content=replace(published_content(questions["price"]), status="unreleased"),
        acting_user=None,
        reason="test",
        now=NOW,
    )
    entry = log(bot, "灵感值怎么卖")
    assert entry.results == ["twice-charged"]
    with pytest.raises(Invalid):
        log(bot, "灵感值怎么卖", chosen="price")


def test_it_goes_on_as_one_entry(agent: Any, questions: Any) -> None:
    first = log(agent, "灵感值")
    longer = go_on(agent, first, "灵感值重复扣除")
    chosen = go_on(agent, longer, "灵感值重复扣除", chosen="twice-charged")
    again = go_on(agent, chosen, "灵感值重复扣除", chosen="price")
    assert {each.pk for each in (longer, chosen, again)} == {first.pk}
    kept = LoggedSearch.objects.get()
    assert (kept.words, kept.chosen, kept.confident) == ("灵感值重复扣除", "price", True)
    assert go_on(agent, kept, "灵感值重复扣除").chosen == "price"


def test_other_words_after_a_choice_begin_another_entry(agent: Any, questions: Any) -> None:
    first = log(agent, "灵感值怎么卖", chosen="price")
    second = go_on(agent, first, "一个视频扣两次")
    assert second.pk != first.pk
    first.refresh_from_db()
    assert (first.chosen, first.retyped, second.chosen) == ("price", False, "")


def test_another_attempt_marks_the_one_before(agent: Any, questions: Any) -> None:
    first = log(agent, "扣钱")
    second = go_on(agent, first, "灵感值重复扣除", is_another_attempt=True)
    third = go_on(agent, second, "灵感值重复扣除", chosen="twice-charged")
    go_on(agent, third, "灵感值怎么卖", is_another_attempt=True)
    rows = LoggedSearch.objects.order_by("pk").values_list("words", "retyped", "chosen")
    assert list(rows) == [
        ("扣钱", True, ""),
        ("灵感值重复扣除", False, "twice-charged"),
        ("灵感值怎么卖", False, ""),
    ]


def test_an_entry_that_was_purged_begins_again(agent: Any, questions: Any) -> None:
    first = log(agent, "扣钱")
    first_pk = first.pk
    LoggedSearch.objects.all().delete()
    first.pk = first_pk
    assert go_on(agent, first, "扣钱").pk != first_pk
    assert go_on(agent, first, "扣钱吗", is_another_attempt=True).pk != first_pk


def test_a_choice_is_never_typed_again(agent: Any, questions: Any) -> None:
    assert not log(agent, "扣钱", retyped=True, chosen="price").retyped
    assert log(agent, "扣钱", retyped=True).retyped


def test_what_is_old_goes(
    agent: Any, editor: Any, questions: Any, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.KLINGDESK_SEARCH_LOG_DAYS = 30
    for days in (0, 29, 30, 31, 400):
        entry = log(agent, f"扣钱{'啊' * days}")
        entry.asked_at = NOW - timedelta(days=days)
        entry.save(update_fields=["asked_at"])
    for days in (29, 31):
        HandledGap.objects.create(
            group_key=f"组{days}",
            handled_at=NOW - timedelta(days=days),
            handled_by=editor,
            outcome="ignored",
        )
    assert purge_search_log(now=NOW) == 2
    assert LoggedSearch.objects.count() == 3
    assert [gap.group_key for gap in HandledGap.objects.all()] == ["组29"]
    with django_assert_num_queries(4):  # a savepoint, its release, and one statement a table
        assert purge_search_log(now=NOW) == 0
