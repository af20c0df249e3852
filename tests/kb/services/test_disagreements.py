"""Open questions: decided once with a reason, opened again as a row of their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kb.models import Disagreement, StandardQuestion
from kb.selectors.answers import answer_of
from kb.selectors.questions import question_for
from kb.selectors.room import decided, undecided
from kb.services.disagreements import decide, open_disagreement, reopen
from klingdesk.core.errors import Conflict, Invalid, NotFound
from tests.conftest import NOW

LATER = NOW + timedelta(days=1)
TEXTS = {
    "caution": "价格有两种说法，先看界面。",
    "our_statement": "1 元 10 灵感值",
    "our_source": "价目页",
    "their_statement": "1 元 8 灵感值",
    "their_source": "旧公告",
}


@pytest.fixture
def disputed(questions: dict[str, StandardQuestion], editor: Any) -> Disagreement:
    return open_disagreement(question_key="price", acting_user=editor, now=NOW, **TEXTS)


def test_the_caution_is_there_until_the_decision(disputed: Disagreement, editor: Any) -> None:
    def cautions() -> tuple[str, ...]:
        return answer_of(question_for(user=editor, key="price"), now=NOW).cautions

    assert cautions() == (TEXTS["caution"],)
    done = decide(
        disagreement_id=disputed.pk,
        verdict="theirs",
        reason=" 价目页未更新 ",
        acting_user=editor,
        now=LATER,
    )
    assert cautions() == ()
    assert (done.verdict, done.verdict_reason) == ("theirs", "价目页未更新")
    assert (done.decided_by, done.decided_at) == (editor, LATER)
    assert list(undecided()) == []
    assert list(decided()) == [done]


@pytest.mark.parametrize(
    ("verdict", "reason", "fields"),
    [
        ("ours", " ", {"reason"}),
        ("ours", "长" * 1001, {"reason"}),
        ("both", "因为", {"verdict"}),
        ("", "", {"verdict", "reason"}),
    ],
)
def test_a_decision_needs_a_verdict_and_a_reason(
    verdict: str, reason: str, fields: set[str], disputed: Disagreement, editor: Any
) -> None:
    with pytest.raises(Invalid) as refused:
        decide(
            disagreement_id=disputed.pk,
            verdict=verdict,
            reason=reason,
            acting_user=editor,
            now=NOW,
        )
    assert set(refused.value.fields) == fields
    assert list(undecided()) == [disputed]


def test_the_second_decision_learns_of_the_first(
    disputed: Disagreement, editor: Any, admin_person: Any
) -> None:
    decide(
        disagreement_id=disputed.pk, verdict="ours", reason="已核", acting_user=editor, now=LATER
    )
    with pytest.raises(Conflict) as refused:
        decide(
            disagreement_id=disputed.pk,
            verdict="theirs",
            reason="另有",
            acting_user=admin_person,
            now=LATER,
        )
    assert refused.value.state == {
        "verdict": "ours",
        "reason": "已核",
        "decided_by": editor,
        "decided_at": LATER,
    }
    disputed.refresh_from_db()
    assert disputed.verdict == "ours"


def test_opening_again_keeps_the_decision_on_record(
    disputed: Disagreement, editor: Any, admin_person: Any
) -> None:
    for _round in range(2):
        latest = undecided().get()
        decide(
            disagreement_id=latest.pk, verdict="ours", reason="已核", acting_user=editor, now=NOW
        )
        reopen(disagreement_id=latest.pk, acting_user=admin_person, now=LATER)
    again = undecided().get()
    assert {name: getattr(again, name) for name in TEXTS} == TEXTS
    assert (again.opened_by, again.opened_at, again.decided_by) == (admin_person, LATER, None)
    assert decided().count() == 2
    keys = sorted(Disagreement.objects.values_list("key", flat=True))
    assert keys == ["by-hand-1", "by-hand-1-again-1", "by-hand-1-again-2"]


def test_it_is_opened_again_only_once_at_a_time(disputed: Disagreement, editor: Any) -> None:
    with pytest.raises(Conflict):
        reopen(disagreement_id=disputed.pk, acting_user=editor, now=NOW)
    decide(disagreement_id=disputed.pk, verdict="ours", reason="已核", acting_user=editor, now=NOW)
    reopen(disagreement_id=disputed.pk, acting_user=editor, now=NOW)
    with pytest.raises(Conflict):
        reopen(disagreement_id=disputed.pk, acting_user=editor, now=NOW)
    assert undecided().count() == 1


def test_a_long_key_still_has_room_for_its_number(disputed: Disagreement, editor: Any) -> None:
    Disagreement.objects.update(key="k" * 60)
    decide(disagreement_id=disputed.pk, verdict="ours", reason="已核", acting_user=editor, now=NOW)
    again = reopen(disagreement_id=disputed.pk, acting_user=editor, now=NOW)
    assert again.key == "k" * 55 + "-1"


def test_a_second_one_about_the_same_question(disputed: Disagreement, editor: Any) -> None:
    second = open_disagreement(
        question_key="price", acting_user=editor, now=NOW, **{**TEXTS, "caution": "另一处"}
    )
    assert second.key == "by-hand-2"
    assert undecided().count() == 2


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_text_is_needed_and_limited(name: str, questions: Any, editor: Any) -> None:
    for text in (" ", "长" * 2001):
        with pytest.raises(Invalid) as refused:
            open_disagreement(
                question_key="price", acting_user=editor, now=NOW, **{**TEXTS, name: text}
            )
        assert set(refused.value.fields) == {name}


def test_two_different_statements_about_a_question_that_exists(questions: Any, editor: Any) -> None:
    same = {**TEXTS, "their_statement": f" {TEXTS['our_statement']}"}
    with pytest.raises(Invalid) as refused:
        open_disagreement(question_key="none", acting_user=editor, now=NOW, **same)
    assert set(refused.value.fields) == {"question", "their_statement"}


def test_what_is_not_there(questions: Any, editor: Any) -> None:
    with pytest.raises(NotFound):
        decide(disagreement_id=1, verdict="ours", reason="已核", acting_user=editor, now=NOW)
    with pytest.raises(NotFound):
        reopen(disagreement_id=1, acting_user=editor, now=NOW)
