"""Proposals: what is new, changed, the same or in conflict, and what a document adds."""

from __future__ import annotations

from typing import Any

import pytest

from kb.imports.entries import Entry, Form, Reading, Section, Source
from kb.imports.keys import key_for
from kb.imports.merging import BLANK, changes, merged
from kb.imports.proposal import Knowledge, Known, propose
from kb.imports.wording import agree, plain_title

AVATAR = {
    **BLANK,
    "title": "怎么换头像",
    "category": "account",
    "script": "您好，请在设置里换头像，每天最多 3 次。",
    "internal_note": "问清是哪个端。",
    "phrasings": ["头像在哪改"],
    "follow_ups": [{"question": "多大合适", "script": "不超过 2 MB。"}],
}


def document(
    title: str, script: str = "", *, line: int = 1, file: str = "a.txt", **more: Any
) -> Entry:
    section = more.pop("section", None)
    given = {
        "phrasings": [],
        "script": script,
        "internal_note": "",
        "follow_ups": [],
        "escalates": False,
        **more,
    }
    return Entry(title, Source(file, line), given, adds=True, section=section)


def reading(*entries: Entry, file: str = "a.txt") -> Reading:
    return Reading(file, Form.DOCUMENT, entries)


def known(content: dict[str, Any], key: str = "avatar", **more: Any) -> Known:
    values = {"revision": 1, "version": 0, "published": content, "draft": None, **more}
    return Known(key=key, **values)


def knowledge(*questions: Known, flow: str | None = None) -> Knowledge:
    return Knowledge(questions, {"account": "账号", "membership": "会员"}, flow)


def only(proposal: dict[str, Any]) -> dict[str, Any]:
    (entry,) = proposal["entries"]
    assert isinstance(entry, dict)
    return entry


# --- new -----------------------------------------------------------------------


def test_a_new_question() -> None:
    entry = only(propose([reading(document("会员能退吗？", "您好，不能。"))], knowledge()))
    assert (entry["kind"], entry["key"], entry["number"]) == ("new", "hui-yuan-neng-tui-ma", 1)
    assert entry["content"]["script"] == "您好，不能。"
    assert entry["content"]["status"] == "online"
    assert entry["base"] == {"revision": 0, "version": 0}
    assert entry["category"] == {
        "slug": "membership",
        "title": "会员",
        "order": 0,
        "is_new": False,
    }
    assert {change["field"] for change in entry["changes"]} >= {"title", "script"}


@pytest.mark.parametrize(
    ("section", "title", "slug_", "is_new"),
    [
        ("会员", "怎么付款？", "membership", False),
        ("会员卡", "怎么付款？", "membership", False),
        ("发货", "怎么付款？", "fa-huo", True),
        ("会员", "账号怎么注销？", "account", False),
        ("订阅会员", "怎么付款？", "ding-yue-hui-yuan", True),
        (None, "账号怎么注销？", "account", False),
        (None, "怎么付款？", "to-be-sorted", True),
    ],
)
def test_the_group_of_a_new_question(
    section: str | None, title: str, slug_: str, is_new: bool
) -> None:
    entry = document(title, "您好。", section=Section(section) if section else None)
    category = only(propose([reading(entry)], knowledge()))["category"]
    assert (category["slug"], category["is_new"]) == (slug_, is_new)


def test_a_key_that_is_taken_gets_the_hash_of_the_title() -> None:
    other = known(
        {**AVATAR, "title": "别的", "phrasings": [], "script": "乙"}, key="zen-me-fu-kuan"
    )
    readings = [reading(document("怎么付款？", "甲"))]
    first, again = (only(propose(readings, knowledge(other)))["key"] for _each in range(2))
    assert first == again
    assert first.startswith("zen-me-fu-kuan-")


def test_keys_are_readable_and_short() -> None:
    assert key_for("可灵 AI-怎么换头像？", taken=()) == "zen-me-huan-tou-xiang"
    assert key_for("API 怎么用", taken=()) == "api-zen-me-yong"
    assert len(key_for("长" * 100, taken=())) <= 60
    assert key_for("？？", taken=()) == "question"


def test_a_hand_over_proposes_the_flow_that_there_is() -> None:
    readings = [reading(document("怎么付款？", "甲", escalates=True))]
    assert only(propose(readings, knowledge(flow="hand-over")))["content"]["flow"] == "hand-over"
    assert only(propose(readings, knowledge()))["content"]["flow"] is None


# --- the same and changed ------------------------------------------------------


@pytest.mark.parametrize(
    "entry",
    [
        document("怎么换头像？", "您好,请在设置里换头像,每天最多3次"),
        document("头像在哪改", ""),
        document("可灵AI 怎么换头像", AVATAR["script"], internal_note="问清是哪个端"),
        document(
            "怎么换头像",
            follow_ups=[{"question": "多大合适？", "script": "不超过2MB"}],
        ),
    ],
)
def test_what_differs_only_in_spacing_and_marks_is_the_same(entry: Entry) -> None:
    found = only(propose([reading(entry)], knowledge(known(AVATAR))))
    assert (found["kind"], found["key"], found["changes"]) == ("same", "avatar", [])


def test_what_a_document_changes_and_adds() -> None:
    entry = document(
        "怎么换头像",
        "您好，请在设置里换头像，每天最多 5 次。",
        phrasings=["换个头像"],
        internal_note="问清是哪个端。\n注：不透露审核人。",
        follow_ups=[{"question": "要审核吗", "script": "要。"}],
    )
    found = only(propose([reading(entry)], knowledge(known({**AVATAR, "owner": "editor"}))))
    assert found["kind"] == "changed"
    content = found["content"]
    assert content["script"].endswith("每天最多 5 次。")
    assert content["phrasings"] == ["头像在哪改", "换个头像"]
    assert content["internal_note"] == "问清是哪个端。\n注：不透露审核人。"
    assert [each["question"] for each in content["follow_ups"]] == ["多大合适", "要审核吗"]
    assert (content["owner"], content["category"]) == ("editor", "account")
    assert [change["field"] for change in found["changes"]] == [
        "script",
        "internal_note",
        "phrasings",
        "follow_ups",
    ]


def test_another_wording_of_the_title_becomes_a_phrasing() -> None:
    entry = document("怎样更换头像？", "您好，请在设置里换头像，每天最多 3 次。")
    found = only(propose([reading(entry)], knowledge(known(AVATAR))))
    assert (found["kind"], found["match"]["by"]) == ("changed", "likeness")
    assert found["content"]["title"] == "怎么换头像"
    assert found["content"]["phrasings"] == ["头像在哪改", "怎样更换头像？"]


def test_a_sentence_that_differs_in_the_one_word_is_another_question() -> None:
    credit = {
        **AVATAR,
        "title": "网页端买的会员在手机上能用吗",
        "phrasings": [],
        "script": "能用。",
    }
    entry = document("网页端买的积分在手机上能用吗？", "您好，两边的余额是同一份，哪边都能花。")
    assert only(propose([reading(entry)], knowledge(known(credit))))["kind"] == "new"


def test_a_table_states_its_columns_and_leaves_the_others() -> None:
    given = {"title": "怎么换头像", "phrasings": ["新的说法"]}
    entry = Entry("怎么换头像", Source("a.csv", 2), given)
    found = only(propose([Reading("a.csv", Form.CSV, (entry,))], knowledge(known(AVATAR))))
    assert found["kind"] == "changed"
    assert found["content"]["phrasings"] == ["新的说法"]
    assert found["content"]["script"] == AVATAR["script"]


def test_a_key_wins_over_wordings() -> None:
    entry = Entry("全新的标题", Source("a.yaml", 2), {"title": "全新的标题"}, key="avatar")
    found = only(propose([Reading("a.yaml", Form.YAML, (entry,))], knowledge(known(AVATAR))))
    assert (found["key"], found["match"]["by"], found["title"]) == ("avatar", "key", "全新的标题")


# --- in conflict ---------------------------------------------------------------


def test_two_sources_that_disagree() -> None:
    readings = [
        reading(document("怎么付款？", "您好，可以用支付宝付款，3 天内到账。")),
        reading(
            document("怎么付款", "您好，可以用支付宝付款，5 天内到账。", file="b.md"), file="b.md"
        ),
    ]
    found = only(propose(readings, knowledge()))
    assert (found["kind"], found["reasons"]) == ("conflicting", ["sources"])
    assert "3 天" in found["content"]["script"]
    assert "5 天" in found["alternatives"][0]["content"]["script"]
    assert found["alternatives"][0]["sources"] == [{"file": "b.md", "line": 1}]


def test_two_places_that_agree_are_joined() -> None:
    readings = [
        reading(
            document("怎么付款？", "您好，可以用支付宝付款，3 天内到账。", internal_note="甲"),
            document("怎么付款", "可以用支付宝付款，3 天内到账", phrasings=["付款方式"], line=9),
        )
    ]
    found = only(propose(readings, knowledge()))
    assert (found["kind"], len(found["sources"])) == ("new", 2)
    assert found["content"]["script"] == "您好，可以用支付宝付款，3 天内到账。"
    assert found["content"]["phrasings"] == ["付款方式"]


def test_a_denial_is_a_disagreement_however_alike_the_rest() -> None:
    long = "请在设置里的账号与安全页面打开它，再按照页面上的提示一步一步完成全部的操作"
    assert agree(f"您好，可以，{long}", f"您好，可以哦，{long}", least=0.85)
    assert not agree(f"您好，可以，{long}", f"您好，不可以，{long}", least=0.85)


def test_a_draft_that_a_person_writes_is_a_conflict_and_an_imported_one_is_none() -> None:
    entry = document("怎么换头像", "您好，改在个人页里换。")
    draft = {**AVATAR, "script": "您好，新的话术。"}
    mine = known(AVATAR, draft=draft, version=2, is_written_here=True)
    found = only(propose([reading(entry)], knowledge(mine)))
    assert (found["kind"], found["reasons"]) == ("conflicting", ["draft"])
    assert found["base"] == {"revision": 1, "version": 2}
    imported = known(AVATAR, draft=draft, version=2)
    assert only(propose([reading(entry)], knowledge(imported)))["kind"] == "changed"


def test_what_is_published_already_does_not_disturb_a_draft() -> None:
    entry = Entry("怎么换头像", Source("a.yaml", 1), {"script": AVATAR["script"]}, key="avatar")
    draft = {**AVATAR, "script": "您好，新的话术。"}
    mine = known(AVATAR, draft=draft, version=1, is_written_here=True)
    assert only(propose([reading(entry)], knowledge(mine)))["kind"] == "same"


def test_a_retired_question_does_not_come_back_unasked() -> None:
    retired = known({**AVATAR, "status": "retired"})
    found = only(propose([reading(document("怎么换头像", "您好，新话术。"))], knowledge(retired)))
    assert (found["kind"], found["reasons"]) == ("conflicting", ["retired"])


# --- parts ---------------------------------------------------------------------


def test_instants_and_newlines_are_compared_by_what_they_mean() -> None:
    old = {**AVATAR, "expires_at": "2026-12-31T18:00:00+08:00", "script": "甲\r\n乙 "}
    new = {**AVATAR, "expires_at": "2026-12-31T10:00:00+00:00", "script": "甲\n乙"}
    assert changes(old, new) == []


def test_merging_twice_changes_nothing_more() -> None:
    entry = document(
        "换头像怎么弄？",
        "您好，新的话术。",
        phrasings=["甲说法"],
        internal_note="注：乙",
        follow_ups=[{"question": "丙", "script": "丁"}],
        escalates=True,
    )
    once = merged(AVATAR, entry, hand_over_flow="hand-over")
    assert changes(once, merged(once, entry, hand_over_flow="hand-over")) == []


def test_the_product_name_tells_no_titles_apart() -> None:
    assert plain_title("可灵 AI-会员 都有哪些权益？") == plain_title("会员都有哪些权益")
    assert plain_title("可灵") == "可灵"
