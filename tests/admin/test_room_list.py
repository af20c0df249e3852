"""The editors' list of questions: where each stands, filters, and changes to many at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kb.models import Draft, LoggedSearch, Revision, StandardQuestion
from kb.rules.lifecycle import Status
from kb.selectors.room import is_overdue, review_due, standing_at
from kb.selectors.usage import usage_counts
from kb.services.content import QuestionContent, published_content
from kb.services.disagreements import open_disagreement
from kb.services.drafts import save_draft, submit_draft
from kb.services.publishing import publish_question, retire_question
from tests.conftest import NOW

LIST = "/admin/kb/standardquestion/"
BULK = "/admin/kb-room/bulk/"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client(editor: Any) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(editor)
    return browser


@pytest.fixture
def publish(questions: dict[str, StandardQuestion]) -> Callable[..., StandardQuestion]:
    def make(key: str, **changes: Any) -> StandardQuestion:
        content = replace(published_content(questions["price"]), title=key, **changes)
        return publish_question(key=key, content=content, acting_user=None, reason="t", now=NOW)

    return make


def listed(client: Client, query: str = "") -> list[str]:
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    return [question.key for question in response.context["cl"].result_list]


def words_of(client: Client, key: str) -> str:
    """The text of a row, without its tags."""
    page = client.get(f"{LIST}?q={key}").content.decode()
    row = re.search(rf"<tr>(?:(?!</tr>).)*{key}</span>.*?</tr>", page, re.S)
    assert row is not None
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", row[0]))


# --- what a row says ----------------------------------------------------------------------------


def test_the_list_knows_the_standing_that_the_rules_compute(questions: Any) -> None:
    moments: list[datetime | None] = [None, NOW - DAY, NOW, NOW + DAY]
    price = questions["price"]
    price.pk = None
    rows = itertools.product(Status, moments, moments, moments)
    StandardQuestion.objects.bulk_create(
        StandardQuestion(
            key=f"made-{number}",
            category_id=price.category_id,
            title="t",
            script="s",
            revision_number=1,
            status=status.value,
            effective_from=begins,
            expires_at=ends,
            replaced_at=replaced,
        )
        for number, (status, begins, ends, replaced) in enumerate(rows)
    )
    found = StandardQuestion.objects.annotate(standing_now=standing_at(NOW))
    assert found.count() == 5 * 4**3 + 2
    for question in found:
        assert question.standing_now == question.standing(now=NOW).value


def test_a_row_says_where_the_answer_stands(publish: Any, client: Client) -> None:
    publish("expired", expires_at=NOW)
    publish("coming", effective_from=NOW + DAY)
    publish("unreleased", status="unreleased")
    assert "In force" in words_of(client, "price")
    assert "Expired" in words_of(client, "expired")
    assert "Not effective yet" in words_of(client, "coming")
    assert "Not released" in words_of(client, "unreleased")


def test_what_is_written_beside_a_published_text_is_shown(
    questions: Any, client: Client, editor: Any, admin_person: Any
) -> None:
    content = published_content(questions["price"])
    save_draft(key="price", content=content, acting_user=admin_person, now=NOW)
    assert "In force Draft by admin" in words_of(client, "price")
    submit_draft(key="price", acting_user=admin_person, now=NOW, expected_version=1)
    assert "In force In review, by admin" in words_of(client, "price")
    later = replace(content, effective_from=NOW + DAY)
    publish_question(
        key="price",
        content=later,
        acting_user=editor,
        reason="t",
        now=NOW,
        replaces_draft=1,
    )
    assert "In force Next text scheduled" in words_of(client, "price")
    save_draft(key="fresh", content=replace(content, title="新"), acting_user=editor, now=NOW)
    fresh = words_of(client, "fresh")
    assert "Draft" in fresh
    assert "Draft by" not in fresh


def test_open_questions_and_overdue_reviews_are_marked(
    publish: Any, client: Client, editor: Any
) -> None:
    publish("late", review_due=date(2026, 3, 4), owner="editor")
    publish("later", review_due=date(2026, 3, 5))
    open_disagreement(
        question_key="late",
        caution="c",
        our_statement="a",
        our_source="b",
        their_statement="d",
        their_source="e",
        acting_user=editor,
        now=NOW,
    )
    late = words_of(client, "late")
    assert "Open question" in late
    assert "2026-03-04 Is due" in late
    assert "editor" in late
    later = words_of(client, "later")
    assert "2026-03-05" in later
    assert "Is due" not in later


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("due", [None, date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)])
def test_one_meaning_of_overdue(
    status: Status, due: date | None, questions: Any, client: Client
) -> None:
    StandardQuestion.objects.filter(key="price").update(status=status.value, review_due=due)
    filtered = StandardQuestion.objects.filter(review_due(NOW), key="price").exists()
    assert is_overdue(due, status=status.value, now=NOW) is filtered


def test_usage_counts_what_was_opened_in_the_last_30_days(questions: Any, client: Client) -> None:
    def chose(key: str, at: datetime) -> None:
        LoggedSearch.objects.create(asked_at=at, words="w", group_key="w", chosen=key)

    for at in (NOW, NOW - 29 * DAY, NOW - 30 * DAY, NOW + DAY):
        chose("price", at)
    chose("", NOW)
    assert usage_counts(now=NOW) == {"price": 2}
    rows = client.get(f"{LIST}?o=-6").context["cl"].result_list
    assert [(row.key, row.usage) for row in rows] == [("price", 2), ("twice-charged", 0)]


def test_the_list_costs_the_same_for_many_rows(publish: Any, client: Client, editor: Any) -> None:
    def cost() -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(LIST).status_code == 200
        return [query["sql"] for query in queries.captured_queries]

    few = cost()
    for number in range(20):
        made = publish(f"q-{number}", owner="editor", review_due=date(2026, 3, 1))
        save_draft(key=made.key, content=published_content(made), acting_user=editor, now=NOW)
        LoggedSearch.objects.create(asked_at=NOW, words="w", group_key="w", chosen=made.key)
    many = cost()
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= 14, "\n".join(many)


# --- finding ------------------------------------------------------------------------------------


def test_filters(publish: Any, client: Client, editor: Any, admin_person: Any) -> None:
    publish("expired", expires_at=NOW, owner="editor")
    publish("ends-soon", expires_at=NOW + 14 * DAY, owner="admin")
    publish("ends-later", expires_at=NOW + 15 * DAY)
    publish("review-due", review_due=date(2026, 3, 4))
    publish("review-soon", review_due=date(2026, 3, 18))
    publish("review-later", review_due=date(2026, 3, 19))
    retired = publish("retired", review_due=date(2026, 3, 4))
    retire_question(key=retired.key, acting_user=editor, reason="t", now=NOW)
    content = published_content(retired)
    save_draft(key="mine", content=replace(content, title="m"), acting_user=editor, now=NOW)
    save_draft(
        key="theirs",
        content=replace(content, title="m", status="online"),
        acting_user=admin_person,
        now=NOW,
        source="import",
    )
    submit_draft(key="theirs", acting_user=admin_person, now=NOW, expected_version=1)
    for query, expected in {
        "standing=expired": {"expired"},
        "standing=expires_soon": {"ends-soon"},
        "standing=retired": {"retired"},
        "standing=draft": {"mine"},
        "owner=-me": {"expired"},
        "owner=admin": {"ends-soon"},
        "review=due": {"review-due"},
        "review=soon": {"review-soon"},
        "draft=mine": {"mine"},
        "draft=draft": {"mine"},
        "draft=in_review": {"theirs"},
        "draft=scheduled": set(),
        "source=import": {"theirs"},
        "source=person": {"mine"},
        "disputed=yes": set(),
        "standing=nonsense": set(),
        "q=review-s": {"review-soon"},
        "standing=in_force&q=ends": {"ends-soon", "ends-later"},
    }.items():
        assert set(listed(client, query)) == expected, query
    for query in ("standing=%00", "owner=%00", "draft=%00", "source=%00"):
        assert client.get(f"{LIST}?{query}").status_code == 400, query
    everything = set(listed(client))
    assert set(listed(client, "review=nonsense")) == everything
    assert set(listed(client, "disputed=nonsense")) == everything
    assert set(listed(client, "disputed=no")) == everything
    assert set(listed(client, "draft=none")) == everything - {"mine", "theirs"}
    assert set(listed(client, "owner=-none")) == everything - {"expired", "ends-soon"}
    assert "review-due" not in listed(client, "review=none")


def test_a_word_of_a_phrasing_finds_a_question_once(questions: Any, client: Client) -> None:
    assert listed(client, "q=灵感值").count("twice-charged") == 1


# --- changes to many ----------------------------------------------------------------------------


def choose(client: Client, action: str, keys: list[str], query: str = "") -> Any:
    ids = StandardQuestion.objects.filter(key__in=keys).values_list("pk", flat=True)
    return client.post(f"{LIST}?{query}", {"action": action, "_selected_action": list(ids)})


def sent(response: Any, **values: Any) -> dict[str, Any]:
    """What the page between would send."""
    page = response.content.decode()
    return {
        "row": re.findall(r'name="row" value="([^"]*)"', page),
        "back": response.context["back"],
        **values,
    }


def test_an_owner_for_many(questions: Any, client: Client, editor: Any) -> None:
    asked = choose(client, "assign_owner", ["price", "twice-charged"], "standing=in_force")
    assert asked.status_code == 200
    assert Revision.objects.filter(number=2).count() == 0
    done = client.post(f"{BULK}owner/", sent(asked, owner="editor", reason="接手"))
    assert done.status_code == 200
    assert (done.context["done"], done.context["refused"]) == (2, 0)
    assert done.context["back_address"] == f"{LIST}?standing=in_force"
    owners = StandardQuestion.objects.values_list("owner__username", flat=True)
    assert set(owners) == {"editor"}


def test_a_review_date_for_many(questions: Any, client: Client) -> None:
    asked = choose(client, "set_review", ["price"])
    sending = sent(asked, review_due="2026-04-01", reason="季度核对")
    assert client.post(f"{BULK}review/", sending).context["done"] == 1
    price = StandardQuestion.objects.get(key="price")
    assert (price.review_due, price.review_reason) == (date(2026, 4, 1), "季度核对")


def test_each_row_says_what_became_of_it(questions: Any, client: Client, admin_person: Any) -> None:
    asked = choose(client, "retire", ["price", "twice-charged"])
    newer = replace(published_content(questions["price"]), script="新")
    publish_question(key="price", content=newer, acting_user=admin_person, reason="改", now=NOW)
    done = client.post(f"{BULK}retire/", sent(asked, reason="下线"))
    assert (done.context["done"], done.context["refused"]) == (1, 1)
    text = done.content.decode()
    assert "Somebody else published a newer revision meanwhile" in text
    assert StandardQuestion.objects.get(key="price").status == "online"
    assert StandardQuestion.objects.get(key="twice-charged").status == "retired"


def test_sending_it_twice_does_it_once(questions: Any, client: Client) -> None:
    sending = sent(choose(client, "retire", ["price"]), reason="下线")
    client.post(f"{BULK}retire/", sending)
    again = client.post(f"{BULK}retire/", sending)
    assert (again.context["done"], again.context["refused"]) == (0, 1)
    assert StandardQuestion.objects.get(key="price").revision_number == 2


@pytest.mark.parametrize(
    ("kind", "action", "values", "field"),
    [
        ("owner", "assign_owner", {"owner": "editor", "reason": ""}, "reason"),
        ("owner", "assign_owner", {"owner": "agent", "reason": "接"}, "owner"),
        ("review", "set_review", {"review_due": "2026-03-01", "reason": "核"}, "review_due"),
        ("review", "set_review", {"review_due": "soon", "reason": "核"}, "review_due"),
        ("retire", "retire", {"reason": "长" * 301}, "reason"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(
    kind: str,
    action: str,
    values: dict[str, str],
    field: str,
    questions: Any,
    client: Client,
    agent: Any,
) -> None:
    asked = choose(client, action, ["price"])
    refused = client.post(f"{BULK}{kind}/", sent(asked, **values))
    assert refused.status_code == 422
    assert field in refused.context["form"].errors
    assert sent(refused)["row"] == ["price:1"]
    assert values["reason"] in refused.content.decode()
    assert Revision.objects.filter(number=2).count() == 0


@pytest.mark.parametrize("rows", [[], ["nonsense", "price:", ":1", "price:x", "a b:1"]])
def test_without_a_row_there_is_nothing_to_do(
    rows: list[str], questions: Any, client: Client
) -> None:
    refused = client.post(f"{BULK}retire/", {"row": rows, "reason": "下线"})
    assert refused.status_code == 422
    assert "Choose at least one question." in refused.content.decode()


def test_too_many_at_once_are_refused_before_anything_is_asked(
    questions: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.admin.bulk_pages.MOST_ROWS", 1)
    asked = choose(client, "retire", ["price", "twice-charged"])
    assert "Choose at most 1 questions." in asked.content.decode()
    assert sent(asked)["row"] == []


def test_the_revision_that_was_seen_stays_the_guard_after_an_error(
    questions: Any, client: Client, admin_person: Any
) -> None:
    """Otherwise the second try would overwrite what the editor has never looked at."""
    asked = choose(client, "retire", ["price"])
    newer = replace(published_content(questions["price"]), script="新")
    publish_question(key="price", content=newer, acting_user=admin_person, reason="改", now=NOW)
    refused = client.post(f"{BULK}retire/", sent(asked, reason=""))
    done = client.post(f"{BULK}retire/", sent(refused, reason="下线"))
    assert done.context["refused"] == 1


def test_the_draft_of_somebody_else_survives(
    questions: Any, client: Client, admin_person: Any
) -> None:
    content: QuestionContent = replace(published_content(questions["price"]), script="写了一半")
    save_draft(key="price", content=content, acting_user=admin_person, now=NOW)
    asked = choose(client, "assign_owner", ["price"])
    client.post(f"{BULK}owner/", sent(asked, owner="editor", reason="接手"))
    assert Draft.objects.get().content["script"] == "写了一半"


@pytest.mark.parametrize("who", ["agent", "advisor", "manager", "stranger"])
def test_only_editors_change_many(who: str, questions: Any, request: pytest.FixtureRequest) -> None:
    browser = Client()
    browser.force_login(request.getfixturevalue(who))
    response = browser.post(f"{BULK}retire/", {"row": ["price:1"], "reason": "下线"})
    assert response.status_code in {401, 403}
    assert StandardQuestion.objects.get(key="price").status == "online"
