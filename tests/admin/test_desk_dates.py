"""Dates in words, in both languages, with the exact value beside them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.template import Context, Template
from django.utils import translation

from klingdesk.moments import due_phrase, due_words, duration_words, moment_words
from tickets.rules.sla import TimeLeft

# Sunday in Shanghai, 08:30.
SUNDAY = datetime(2026, 11, 22, 0, 30, tzinfo=UTC)
DUE = datetime(2026, 11, 25, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_sunday() -> Iterator[Any]:
    with time_machine.travel(SUNDAY, tick=False) as traveller:
        yield traveller


def rendered(text: str, **context: Any) -> str:
    return Template("{% load desk_dates %}" + text).render(Context(context))


MOMENTS = [
    ("2026-11-22T14:05", "today 14:05", "今天 14:05"),
    ("2026-11-21T23:59", "yesterday 23:59", "昨天 23:59"),
    ("2026-11-23T00:00", "tomorrow 00:00", "明天 00:00"),
    ("2026-11-25T18:00", "Wed 25 Nov 18:00", "周三 11月25日 18:00"),
    ("2026-11-03T09:07", "3 Nov 09:07", "11月3日 09:07"),
    ("2025-11-03T09:07", "3 Nov 2025 09:07", "2025年11月3日 09:07"),
]


@pytest.mark.parametrize(("local", "english", "chinese_words"), MOMENTS)
def test_moments(local: str, english: str, chinese_words: str, chinese: None) -> None:
    instant = datetime.fromisoformat(f"{local}+08:00").astimezone(UTC)
    assert moment_words(instant, now=SUNDAY) == chinese_words
    with translation.override("en"):
        assert moment_words(instant, now=SUNDAY) == english


def test_a_moment_on_a_page() -> None:
    assert rendered("{% when at %}", at=DUE) == (
        '<time class="desk-when" datetime="2026-11-25T18:00:00+08:00"'
        ' title="2026-11-25 18:00:00 +08:00">Wed 25 Nov 18:00'
        '<span class="visually-hidden"> (2026-11-25 18:00:00 +08:00)</span></time>'
    )
    assert ' tabindex="0">' in rendered("{% when at reach=True %}", at=DUE)
    assert rendered("{{ at|moment }}", at=DUE) == "Wed 25 Nov 18:00"


def test_a_day_has_no_time() -> None:
    assert rendered("{{ day|moment }}", day=date(2026, 11, 23)) == "tomorrow"
    page = rendered("{% when day %}", day=date(2026, 11, 3))
    assert 'datetime="2026-11-03" title="2026-11-03 Tue">3 Nov<' in page


def test_nothing_is_a_dash() -> None:
    template = "{% when at %}{% due at %}{{ at|moment }}{{ at|duration }}{{ at|number }}"
    assert rendered(template, at=None) == "–" * 5


def test_markup_in_a_sentence_stays_and_words_are_escaped() -> None:
    sentence = "{% blocktranslate %}x {{ time }} {{ who }}{% endblocktranslate %}"
    template = "{% load i18n %}{% when at as time %}" + sentence
    page = rendered(template, at=DUE, who="<b>")
    assert "x <time " in page
    assert page.endswith("</time> &lt;b&gt;")


LEFT = TimeLeft(working_days=2, working_minutes=1000, breached=False)
LATE = TimeLeft(working_days=1, working_minutes=540, breached=True)


@pytest.mark.parametrize(
    ("now", "left", "english", "chinese_words"),
    [
        (
            SUNDAY,
            LEFT,
            "by Wed 25 Nov 18:00, 2 working days left",
            "周三 11月25日 18:00 前，还剩 2 个工作日",
        ),
        (
            datetime(2026, 11, 25, 7, tzinfo=UTC),
            TimeLeft(0, 180, False),
            "by today 18:00, 3 h left",
            "今天 18:00 前，还剩 3 小时",
        ),
        (
            datetime(2026, 11, 26, 10, tzinfo=UTC),
            LATE,
            "was due yesterday 18:00, breached by 1 working day",
            "截止时间 昨天 18:00，已超时 1 个工作日",
        ),
        (DUE, None, "by today 18:00", "今天 18:00 前"),
    ],
)
def test_due_dates(
    at_sunday: Any,
    now: datetime,
    left: TimeLeft | None,
    english: str,
    chinese_words: str,
    chinese: None,
) -> None:
    at_sunday.move_to(now)
    shown = rendered("{% due at left=left %}", at=DUE, left=left)
    assert f'+08:00">{chinese_words}<span' in shown
    with translation.override("en"):
        assert f">{english}<span" in rendered("{% due at left=left %}", at=DUE, left=left)


def test_a_due_date_needs_no_time_left() -> None:
    assert due_phrase(DUE, now=SUNDAY) == "by Wed 25 Nov 18:00"
    assert due_phrase(DUE, now=SUNDAY, is_over=True) == "was due Wed 25 Nov 18:00"
    assert "was due Wed" in rendered("{% due at is_over=True %}", at=DUE)


def test_sentences_that_are_read_on_other_days_name_the_date() -> None:
    """Already Wednesday in Shanghai."""
    assert due_words(datetime(2026, 11, 24, 17, 5, tzinfo=UTC)) == "Wed 25 Nov 01:05"


@pytest.mark.parametrize(
    ("minutes", "english", "chinese_words"),
    [
        (0, "0 min", "0 分钟"),
        (45, "45 min", "45 分钟"),
        (120, "2 h", "2 小时"),
        (61500, "1,025 h", "1,025 小时"),
        (150, "2 h 30 min", "2 小时 30 分钟"),
    ],
)
def test_lengths_of_time(minutes: int, english: str, chinese_words: str, chinese: None) -> None:
    assert duration_words(minutes) == chinese_words
    with translation.override("en"):
        assert rendered("{{ minutes|duration }}", minutes=minutes) == english


def test_numbers() -> None:
    assert rendered("{{ count|number }}", count=1234567) == "1,234,567"


@pytest.mark.parametrize(
    ("seconds", "ago", "waited"),
    [
        (0, "刚刚", "已等待不到 1 分钟"),
        (59, "刚刚", "已等待不到 1 分钟"),
        (60, "1\xa0分钟前", "已等待 1\xa0分钟"),
        (3 * 3600 + 120, "3\xa0小时，2\xa0分钟前", "已等待 3\xa0小时，2\xa0分钟"),
        (-5, "刚刚", "已等待不到 1 分钟"),
    ],
)
def test_how_long_ago(seconds: int, ago: str, waited: str, chinese: None) -> None:
    then = SUNDAY - timedelta(seconds=seconds)
    assert rendered("{{ then|ago }}", then=then) == ago
    assert rendered("{{ then|waited }}", then=then) == waited
    with translation.override("en"):
        assert rendered("{{ then|ago }}", then=SUNDAY) == "just now"
