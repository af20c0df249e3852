"""What only staff know stands in no field that a customer may come to see or hear."""

from __future__ import annotations

import re

import pytest

from tests.kb.starter.facts import FACTS
from tests.kb.starter.files import (
    FLOWS,
    HOUSE_WORDS,
    ROWS,
    bare,
    flow_scripts,
    public_texts,
    spoken_texts,
    staff_texts,
)

# Where the knowledge comes from is nobody's business but ours.
SOURCES = "(?i)《|人工侧|七牛|qiniu|DMXAPI|社区|测评|公告|整理稿|转载|waytoagi"
# Further things that staff know and the customer must not be told, by question.
CANARIES: dict[str, str] = {
    "multi-device-login": r"\d|[一两二三四五六七八九十]台|几台|上限|不限",
    "membership-prices": r"半价|限时|2024|(?<!\d)(33|133|333)(?!\d)|季费|年费",
    "membership-tier-details": r"\d",
    "member-feature-cost": r"\d",
    "permanent-membership": "即将|将来|敬请期待|推出",
    "corporate-purchase": "以后会支持|即将",
    "kwaicut-watermark-escalate": "假设|时限|回电",
    "subscribe-with-single": "铂金|黄金|钻石|个月|签约|举例|例如|比如",
    "single-after-subscribing": "铂金|黄金|钻石|个月|举例|例如|比如|退款",
    "second-subscription": "铂金|黄金|钻石|个月|举例|例如|比如",
    "single-with-subscription": "铂金|黄金|钻石|永远|用不上|举例|例如|比如",
    "double-charge": "退还|退回|补偿",
    "daily-free-credits": "2024|核实",
    "api-package-invoice": "月|下周|预计|即将|暂时",
    "max-resolution": r"\d|高清|超清|[一二四八]K",
    "known-limits": "非官方|网友|经验|一定|保证",
    "mini-program": "应用商店|独立|不一致",
    "api-package-refund": (
        "(可以|能够?|不能|不可|不予|无法|支持|予以|同意|保证)退|会退|退还|退回|全额|到账|审核通过"
    ),
    "feedback": "采纳|上线|排期",
    "copyright-ownership": "归您|归平台|归我们|归用户",
    "partner-no-contact": r"\d|落选|催",
    "partner-entry-offline": r"\d|恢复后|下周|月底",
}
# The same for every customer-facing field of every question: figures withheld on purpose.
NOWHERE = r"(?<!\d)(33|133|333) ?元|半价|120 ?秒"


@pytest.mark.parametrize("key", FACTS)
def test_no_word_of_the_house_and_no_source_reaches_the_customer(key: str) -> None:
    text = "\n".join(public_texts(ROWS[key]))
    assert re.findall(HOUSE_WORDS, text) == []
    assert re.findall(NOWHERE, text) == []
    spoken = "\n".join([*spoken_texts(ROWS[key]), ROWS[key]["title"]])
    assert re.findall(SOURCES, spoken) == []


@pytest.mark.parametrize("key", FLOWS)
def test_no_word_of_the_house_is_in_the_scripts_of_a_flow(key: str) -> None:
    text = "\n".join(script for _node, script in flow_scripts(key))
    assert re.findall(f"{HOUSE_WORDS}|{NOWHERE}", text) == []
    assert re.findall(SOURCES, text) == []


@pytest.mark.parametrize("key", CANARIES)
def test_canaries_are_not_spoken(key: str) -> None:
    assert re.findall(CANARIES[key], "\n".join(spoken_texts(ROWS[key]))) == []


@pytest.mark.parametrize("key", FACTS)
def test_no_clause_of_a_note_is_read_out(key: str) -> None:
    row = ROWS[key]
    texts = public_texts(row)
    if "flow" in row:
        texts += [script for _node, script in flow_scripts(row["flow"])]
    public = bare("\n".join(texts))
    notes = "\n".join(staff_texts(row))
    for other in ROWS.values():  # a note may name other questions by their titles
        notes = notes.replace(f"“{other['title']}”", "")
    clauses = re.split(r"[。；，：、\n]", notes)
    assert [c for c in clauses if len(bare(c)) >= 8 and bare(c) in public] == []


def test_a_question_that_a_note_refers_to_exists() -> None:
    titles = [f"“{row['title']}”" for row in ROWS.values()]
    for key, row in ROWS.items():
        for text in staff_texts(row):
            for rest in re.split("改用|改走", text)[1:]:
                if rest.startswith("“"):
                    assert any(rest.startswith(title) for title in titles), (key, rest)


def test_figures_told_to_developers_are_not_told_about_the_app() -> None:
    """Resolutions are public in the interface's documents and withheld from ordinary users."""
    for key, row in ROWS.items():
        if not key.startswith(("api-", "kling-models")):
            assert re.findall(r"(?i)\d{3,4} ?p\b|\d+k\b", "\n".join(spoken_texts(row))) == [], key
