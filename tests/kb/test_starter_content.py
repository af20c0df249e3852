"""The starter knowledge base as files: complete, correct in its facts, silent about internals.

No database. ``FACTS`` and ``FIGURES`` are the specification of the texts; the wording is free.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from kb.flows.loader import load_flow
from kb.flows.schema import CAPTURED, EscalateNode, RedirectNode
from kb.flows.scripts import variables
from kb.search.canonical import canonicalise
from kb.search.synonyms import Synonyms
from kb.services.publishing import content_from_mapping

DATA = Path(__file__).resolve().parents[2] / "kb" / "data"
ADDRESS = "https://klingai.kuaishou.com/"

# What the reference script of a question has to state: every pattern (parted by ；) is in it.
FACTS_TEXT = """
credits-vs-vip: 可灵平台内；快影 App 里指定；不可兑换会员；不同用户之间；同一用户的不同账号；
  转移或赠送；不支持退款；不支持提现；VIP 专享服务也不能用灵感值
credits-across-platforms: 快影 App“AI 生视频”；同一个快手 ID；余额.{0,4}互通
web-credits-in-kwaicut: 可灵视频生成功能；反过来；两端都可以充值灵感值
credits-history: 顶部导航.*“灵感值详情”；“AI 创作” → “AI 生视频” → “我的灵感值”
credits-price: 1 元 = 10 灵感值；优惠.*界面.*活动规则.*公示
buy-credits: “AI 创作” → “生成视频” → 最底端“我的灵感值” → “去充值”；
  首页右上角.*灵感值
unsatisfied-refund: 消费.*不能退回；生成失败.*自动退还
double-charge: 同一个浏览器；多个可灵页面；刷新；Edge 加 Chrome；高级顾问
daily-free-credits: 每天登录.*66 灵感值；当天有效；大约.*6 个视频
membership-benefits: 黄金、铂金、钻石三档；套餐.*权益.*购买页面的公示为准
membership-tier-details: 购买时产品界面.*公示为准
membership-prices: 黄金会员 66 元；铂金会员 266 元；钻石会员 666 元；每月；购买页面的公示为准
membership-validity: Web 端；首页；“会员中心”
permanent-membership: 永久会员目前没有；意见.*记录
kwaicut-membership-excludes-kling: 快影会员不包含可灵会员；可灵会员只能在网页端购买；
  快影 App .*只能购买灵感值
web-membership-in-kwaicut: 可灵 AI 视频生成功能；通用；快影 App 里不能充可灵会员；
  只能充快影会员；快影会员不含可灵会员
annual-membership-credits: 按月发放；非自然月；不会一次性；自生效起 2 年有效；不按月清零；
  剩余的灵感值仍可使用；不再享受会员权益
member-feature-cost: 高表现；延长；大师运镜；消耗明细；以界面为准
corporate-purchase: 不支持对公购买；申请；10 个工作日内；开票二维码.*邮箱；扫码填写；
  “数电票-增值税专用发票”
remove-watermark: 鼠标停在下载按钮；“无水印下载”
kwaicut-watermark-relogin: 重新登录；再试
kwaicut-watermark-escalate: 在哪里充值；快影.*只有灵感值；快影会员不含可灵会员；
  到 Web 端.*购买；重新登录；仍不行.*高级顾问；没有其他充值渠道；谨防上当受骗
old-videos-watermark: 可以；历史视频；再次导出.*去水印
image-watermark: 可以；文生图；“无水印下载”
contest-watermark: 可以不加水印；“灵感迸发创作大赛”
mini-program: 快手或快手极速版页面；
  侧边栏“小程序” → 最近使用里的“可灵 AI” → 右上角“反馈”；小程序团队回复；
  正版.*快影 App 和网页端；谨防上当受骗
other: 记录.*问题和诉求；高级顾问
"""
FACTS = {key: re.split(r"；\s*", facts) for key, facts in yaml.safe_load(FACTS_TEXT).items()}
# Every number that the texts of a question may hold; a question not listed holds none.
FIGURES: dict[str, set[str]] = {
    "credits-price": {"1", "10", "2"},
    "buy-credits": {"1", "10"},
    "daily-free-credits": {"66", "6", "2"},
    "membership-benefits": {"66", "266", "666"},
    "membership-prices": {"66", "266", "666"},
    "annual-membership-credits": {"2", "1"},
    "corporate-purchase": {"10", "6"},
}
# Words of the house. None may reach a customer, whatever the question.
HOUSE_WORDS = "二线|工单|建单|流转|坐席|标准问|内部|备注|兜底|口径|复核|线索|承诺|外传|运营"
# Further things that staff know and the customer must not be told, by question.
CANARIES: dict[str, str] = {
    "membership-prices": r"半价|限时|2024|(?<!\d)(33|133|333)(?!\d)|季费|年费",
    "membership-tier-details": r"\d",
    "member-feature-cost": r"\d",
    "permanent-membership": "即将|将来|敬请期待|推出",
    "double-charge": "退还|退回|补偿",
    "kwaicut-watermark-escalate": "假设|时限|回电",
    "daily-free-credits": "2024|公告|核实",
    "mini-program": "应用商店|独立|不一致",
    "corporate-purchase": "以后会支持|即将",
}
FLOW_OF = {
    "double-charge": "double-charge",
    "kwaicut-watermark-escalate": "watermark",
    "mini-program": "mini-program",
}
ESCALATING = {"double-charge", "kwaicut-watermark-escalate", "other"}
REVIEWED = {"membership-prices", "daily-free-credits", "mini-program", "contest-watermark"}
GROUP_SIZES = {"credits": 9, "membership": 16, "mini-program": 1, "other": 1}
# Every way through a flow: the answers given, then the kind of node at which it ends.
WAYS = {
    "double-charge": {
        *("yes no end", "yes yes escalate", "unsure no end", "unsure yes escalate"),
        "no escalate",
    },
    "watermark": {
        *("kwaicut end", "web no end", "web yes escalate"),
        *("elsewhere finish end", "elsewhere report escalate"),
    },
    "mini-program": {"yes redirect", "no end", "unsure next yes redirect", "unsure next no end"},
}


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


GROUPS = {path.stem: read(path) for path in sorted((DATA / "questions").glob("*.yaml"))}
ROWS = {row["key"]: row for group in GROUPS.values() for row in group["questions"]}
FLOWS = {
    path.stem: load_flow(path.read_text(encoding="utf-8"))
    for path in sorted((DATA / "flows").glob("*.yaml"))
}
SYNONYMS = Synonyms.from_groups(
    (group["canonical"], group["variants"]) for group in read(DATA / "synonyms.yaml")
)


def customer_texts(row: dict[str, Any]) -> list[str]:
    return [row["script"], *(item["script"] for item in row.get("follow_ups", []))]


def flow_scripts(key: str) -> Iterator[tuple[str, str]]:
    for node_key, node in FLOWS[key].nodes.items():
        script: str | None = node.script
        if script is not None:
            yield node_key, script


def bare(text: str) -> str:
    """Letters and digits only, small: what is left when two wordings are merely styled apart."""
    return re.sub(r"[\W_]+", "", text).casefold()


def ways(key: str, node_key: str, answers: str = "") -> Iterator[str]:
    node = FLOWS[key].nodes[node_key]
    if node.is_terminal:
        yield answers + node.kind
    for way in node.exits():
        yield from ways(key, way.next, f"{answers}{way.value} ")


def test_every_row_of_the_groups_is_there_once() -> None:
    keys = [row["key"] for group in GROUPS.values() for row in group["questions"]]
    assert sorted(keys) == sorted(ROWS), "a key stands twice"
    assert len(FACTS) == 27
    assert FACTS.keys() <= ROWS.keys()
    for slug, size in GROUP_SIZES.items():
        assert GROUPS[slug]["category"]["slug"] == slug
        assert len(GROUPS[slug]["questions"]) == size
    assert len({group["category"]["order"] for group in GROUPS.values()}) == len(GROUPS)


@pytest.mark.parametrize("key", FACTS)
def test_a_row_is_complete_and_readable(key: str) -> None:
    row = ROWS[key]
    assert content_from_mapping(row, category="any").title == row["title"]
    assert row["status"] == "online"
    assert 4 <= len(row["title"]) <= 40
    assert 5 <= len(row["phrasings"]) <= 8
    assert row["escalates"] is (key in ESCALATING)
    assert row["script"].startswith("您好")
    assert row.get("internal_note") is None or row["internal_note"].strip()
    for text in customer_texts(row):
        assert re.search(r"[*#`~<>|]|\]\(|[{}]", text) is None, "plain text, no mark-up"
        assert text.strip().endswith(("。", "？"))
        assert set(re.findall(r"https?://[^\s，。；]+", text)) <= {ADDRESS}


@pytest.mark.parametrize("key", FACTS)
def test_the_script_states_every_fact(key: str) -> None:
    script = ROWS[key]["script"]
    assert [fact for fact in FACTS[key] if not re.search(fact, script)] == []


@pytest.mark.parametrize("key", FACTS)
def test_no_number_but_those_of_the_facts(key: str) -> None:
    text = "\n".join(customer_texts(ROWS[key]))
    numbers = re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?m)^\s*\d\. ", "", text))
    assert set(numbers) == FIGURES.get(key, set())


@pytest.mark.parametrize("key", FACTS)
def test_nothing_internal_reaches_the_customer(key: str) -> None:
    row = ROWS[key]
    texts = customer_texts(row)
    if key in FLOW_OF:
        texts += [script for _, script in flow_scripts(FLOW_OF[key])]
    text = "\n".join(texts)
    assert re.findall(HOUSE_WORDS, text) == []
    if key in CANARIES:
        assert re.findall(CANARIES[key], "\n".join(customer_texts(row))) == []
    clauses = re.split(r"[。；，：\n]", row.get("internal_note", ""))
    assert [c for c in clauses if len(c) >= 8 and bare(c) in bare(text)] == []


def test_no_wording_stands_under_two_questions() -> None:
    """Neither as written nor after synonyms, where two wordings may become one."""
    owners: dict[str, set[str]] = {}
    for key, row in ROWS.items():
        wordings = [row["title"], *row["phrasings"]]
        assert len({bare(text) for text in wordings}) == len(wordings), key
        for text in wordings:
            owners.setdefault(bare(canonicalise(text, SYNONYMS).text), set()).add(key)
    assert {text: keys for text, keys in owners.items() if len(keys) > 1} == {}


@pytest.mark.parametrize("key", FACTS)
def test_reviews_are_dated_and_reasoned(key: str) -> None:
    review = ROWS[key].get("review")
    assert (review is not None) is (key in REVIEWED)
    if review is not None:
        assert review.keys() == {"due", "reason"}
        assert type(review["due"]) is date
        assert review["reason"].strip()


def test_questions_and_flows_name_each_other() -> None:
    assert {key: ROWS[key].get("flow") for key in FLOW_OF} == FLOW_OF
    for name, flow in FLOWS.items():
        assert flow.key == name
        assert ROWS[flow.question].get("flow") == name
        for node in flow.nodes.values():
            if isinstance(node, RedirectNode) and node.question is not None:
                assert node.question in ROWS
    assert {row["flow"] for row in ROWS.values() if "flow" in row} <= FLOWS.keys()


@pytest.mark.parametrize("key", WAYS)
def test_a_flow_leads_where_it_should(key: str) -> None:
    flow = FLOWS[key]
    assert set(ways(key, flow.start)) == WAYS[key]
    for node in flow.nodes.values():
        labels = [way.label for way in node.exits()]
        assert len({label[:1] for label in labels}) == len(labels), "labels start alike"


@pytest.mark.parametrize("key", FLOWS)
def test_only_a_promise_names_the_date_and_keeps_its_terms(key: str) -> None:
    for node_key, script in flow_scripts(key):
        node = FLOWS[key].nodes[node_key]
        if isinstance(node, EscalateNode) and node.promise:
            assert list(variables(script)) == ["due_date"]
            assert node.requires == CAPTURED
            for term in ("高级顾问", "3 个工作日内", "回拨电话", "私信", "最晚"):
                assert term in script
        else:
            assert list(variables(script)) == []
            assert re.search("工作日|回拨|最晚", script) is None, "promises something"


def test_what_is_captured_on_top() -> None:
    asked = {
        (key, node_key): [field.key for field in node.fields]
        for key in WAYS
        for node_key, node in FLOWS[key].nodes.items()
        if isinstance(node, EscalateNode)
    }
    assert asked == {
        ("double-charge", "hand-over"): ["times_charged", "charged_at", "work"],
        ("watermark", "hand-over"): ["ordered_at", "tier"],
        ("watermark", "fraud-report"): ["bought_from", "seller"],
    }
    fraud = FLOWS["watermark"].nodes["fraud-report"]
    assert isinstance(fraud, EscalateNode)
    assert (fraud.promise, fraud.requires, fraud.tags) == (False, ("problem",), ("fraud-report",))


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("VIP点数", "会员灵感值"),
        ("会圆的灵干值", "会员的灵感值"),
        ("快应app怎么去掉水印", "快影app怎么去水印"),
        ("重复扣费了", "多扣了"),
        # what only looks like a variant
        ("一共用了几个", "一共用了几个"),
        ("网上当天到账", "网上当天到账"),
        ("今年会员涨价", "今年会员涨价"),
        ("有没有水印", "有没有水印"),
        ("apple", "apple"),
    ],
)
def test_synonyms_replace_words_and_not_their_lookalikes(typed: str, canonical: str) -> None:
    assert canonicalise(typed, SYNONYMS).text == canonical


def test_the_synonym_table_is_of_a_readable_size() -> None:
    groups = read(DATA / "synonyms.yaml")
    assert 40 <= len(groups) <= 90
    assert all(len(variant) >= 2 or variant == "咋" for g in groups for variant in g["variants"])
