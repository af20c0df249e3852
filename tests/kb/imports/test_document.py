"""Support documents: which questions come out, what is read to users and what is for staff."""

from __future__ import annotations

import pytest

from kb.imports.entries import Code, Entry, Reading
from kb.imports.support_document import read_document
from tests.kb.imports.documents import MARKDOWN_FORM, TEXT_FORM

HAND_OVER = "以上方法都试过了，还是没有解决怎么办？"


@pytest.fixture(scope="module")
def text() -> Reading:
    return read_document(TEXT_FORM, file="a.txt")


@pytest.fixture(scope="module")
def markdown() -> Reading:
    return read_document(MARKDOWN_FORM, file="b.md")


def entry(reading: Reading, words: str) -> Entry:
    (found,) = [each for each in reading.entries if words in each.title]
    return found


def codes(found: Entry) -> set[Code]:
    return {remark.code for remark in found.remarks}


def follow_ups(found: Entry) -> list[tuple[str, str]]:
    return [(each["question"], each["script"]) for each in found.given["follow_ups"]]


# --- text without heading marks ------------------------------------------------


def test_every_question_of_the_text_form(text: Reading) -> None:
    assert [each.title for each in text.entries] == [
        "可灵 AI 订单在哪里查？",
        "下单后为什么一直显示处理中？",
        "能换收货地址吗？",
        "有团购接口吗？",
        "买了月卡还能买季卡吗？",
        "退款后还是扣了钱，重新登录也没用",
        "配送小程序相关问题",
        "接口定义",
        "面向人群",
        "买了接口包想要退款",
        "接口包怎么开发票？",
    ]


def test_wordings_of_one_title(text: Reading) -> None:
    found = entry(text, "订单在哪里查")
    assert found.given["phrasings"] == ["怎么看以前的订单？"]
    assert "同样适用于：其他查订单的说法" in found.given["internal_note"]


def test_a_note_in_the_middle_of_a_line_is_for_staff(text: Reading) -> None:
    found = entry(text, "订单在哪里查")
    assert found.script == ("您好，请打开【我的】-【订单】查看，页面上会列出最近 12 个月的订单～")
    assert "注：不透露更早的数据存放在哪里" in found.given["internal_note"]


def test_a_hand_over_is_a_note_and_its_script_a_follow_up(text: Reading) -> None:
    found = entry(text, "一直显示处理中")
    assert found.script == "您好，请您先刷新页面再看一下哈。"
    assert "工单操作流转二线" in found.given["internal_note"]
    assert "账号 ID" not in found.script
    assert follow_ups(found) == [
        (HAND_OVER, "已经为您记录，之后由高级顾问通过回拨电话告知您结果。")
    ]
    assert found.given["escalates"] is True
    assert {Code.HAND_OVER, Code.PICTURE} <= codes(found)


def test_an_answer_cut_by_a_page_is_joined(text: Reading) -> None:
    found = entry(text, "能换收货地址吗")
    assert found.given["phrasings"] == ["地址写错了怎么改？"]
    assert found.script == (
        "您好，发货前可以改，详见 https://example.com/address/ ，改好后请核对一遍门牌号。"
    )
    assert "控件内演示.mov" in [each.text for each in found.remarks]


def test_follow_ups_of_the_user(text: Reading) -> None:
    found = entry(text, "有团购接口吗")
    assert found.given["phrasings"] == ["是否可以批量下单？"]
    assert found.script == "您好，请在网页申请"
    assert follow_ups(found) == [
        ("要什么材料吗？", "您填写表单即可～"),
        ("多久有回音", "三个工作日内会有人联系您"),
    ]


def test_a_worked_example_goes_to_the_note_of_the_question_below(text: Reading) -> None:
    found = entry(text, "还能买季卡吗")
    assert found.script == "您好，可以的。"
    assert "季卡先生效" in found.given["internal_note"]
    assert found.section is not None
    assert found.section.title == "配送会员"


def test_cases_stay_readable_in_the_script(text: Reading) -> None:
    found = entry(text, "退款后还是扣了钱")
    assert found.script == (
        "【App 内付款】\n您好，请在 App 的账单里申请。\n\n"
        "【网页付款】\n您好，麻烦您重新登录再看。\n\n"
        "【其他地方付款】\n您好，没有其他付款渠道，谨防受骗。"
    )
    assert found.given["internal_note"].split("\n") == [
        "先核实清楚用户在哪里付的钱",
        "网页付款：若还是不行：详细记录用户的问题，工单操作流转二线。",
    ]
    assert [question for question, _script in follow_ups(found)] == [HAND_OVER]


def test_cases_with_reference_scripts(text: Reading) -> None:
    found = entry(text, "小程序相关问题")
    assert found.script == (
        "【确认是】\n请在小程序右上角反馈。\n\n【不是】\n您好，请认准官方小程序。"
    )
    assert found.given["internal_note"] == "优先确认是不是官方小程序"


def test_a_numbered_row_of_titles_and_a_numbered_list_in_an_answer(text: Reading) -> None:
    assert entry(text, "面向人群").given["internal_note"] == "注：普通用户不需要接口。"
    refund = entry(text, "想要退款")
    assert refund.script == ""
    assert refund.given["escalates"] is True
    assert Code.NO_SCRIPT in codes(refund)
    assert entry(text, "怎么开发票").script == (
        "【国内】\n您好，请在线申请；\n\n【海外】\n您好，请发邮件申请；"
    )


def test_what_is_under_no_question_is_listed_with_its_line(text: Reading) -> None:
    assert [(each.code, each.line, each.text) for each in text.unread] == [
        (Code.OUTSIDE, 2, "星图 QA"),
        (Code.OUTSIDE, 4, "星图标准问参考下图，由订单组维护。"),
    ]


# --- Markdown ------------------------------------------------------------------


def test_every_question_of_the_markdown_form(markdown: Reading) -> None:
    assert [each.title for each in markdown.entries] == [
        "可灵AI订单在哪里查？",
        "下单后为什么一直显示处理中？",
        "退款后还是扣了钱，重新登录也没用",
        "能换收货地址吗？",
        "会员价目",
        "买了月卡还能买季卡吗？",
        "接口定义",
        "有团购接口吗？",
    ]


def test_marks_are_off_and_nested_lists_stay_lists(markdown: Reading) -> None:
    found = entry(markdown, "订单在哪里查")
    assert found.script == "请打开【我的】-【订单】查看。\n页面列出最近 12 个月的订单。"
    assert found.given["internal_note"] == "注：不透露更早的数据存放在哪里。"


def test_the_path_to_an_account_is_for_staff(markdown: Reading) -> None:
    found = entry(markdown, "一直显示处理中")
    assert found.script == "请先刷新页面。"
    assert "https://example.com/me/" in found.given["internal_note"]
    assert follow_ups(found)[0][0] == HAND_OVER


def test_a_case_that_a_page_break_cut_off_gets_its_answer(markdown: Reading) -> None:
    found = entry(markdown, "退款后还是扣了钱")
    assert found.script.endswith("【其他地方付款】\n您好，没有其他付款渠道，谨防受骗。")
    assert "付款渠道】" not in found.script


def test_a_title_that_a_page_break_cut_off_gets_its_answer(markdown: Reading) -> None:
    found = entry(markdown, "接口定义")
    assert found.script == "接口是程序之间说话的约定。"
    assert Code.PICTURE in codes(found)


def test_a_link_is_shown_once_and_noted(markdown: Reading) -> None:
    found = entry(markdown, "能换收货地址吗")
    assert found.script == "您好，发货前可以改，详见 https://example.com/address/ 。"
    assert [each.text for each in found.remarks if each.code is Code.LINK] == [
        "https://example.com/address/"
    ]


def test_a_table_is_read_row_by_row(markdown: Reading) -> None:
    found = entry(markdown, "会员价目")
    assert found.script == "价格：月卡 12元；季卡 30元"
    assert Code.TITLE_NO_QUESTION in codes(found)


def test_a_page_that_belongs_to_nothing_is_not_understood(markdown: Reading) -> None:
    (passage,) = markdown.unread
    assert passage.code is Code.NO_QUESTION
    assert passage.text == "加入\n填写注意事项\n工作地区\n选择城市"
    assert MARKDOWN_FORM.split("\n")[passage.line - 1] == "# 加入"


# --- both ----------------------------------------------------------------------


@pytest.mark.parametrize("document", [TEXT_FORM, MARKDOWN_FORM])
def test_nothing_for_staff_is_ever_in_a_script(document: str) -> None:
    forbidden = (
        "内部文档",
        "二线",
        "工单",
        "建单",
        "举个例子",
        "本框",
        "不透露",
        "核实清楚",
        "详细记录",
        "参考话术",
        "追问",
        "见下图",
        "```",
        "**",
        "](",
    )
    for found in read_document(document, file="x").entries:
        said = [found.title, found.script, *found.given["phrasings"]]
        said += [part for pair in follow_ups(found) for part in pair]
        assert not [word for word in forbidden if any(word in text for text in said)], found


@pytest.mark.parametrize(
    "noise",
    [
        "[" * 200_000,
        "# " + "#" * 200_000 + "x",
        ("a" + " " * 18_000 + "b\n") * 20,
        "https://" + "!" * 15_000,
        "（" * 100_000,
        "<" * 100_000,
        '"' * 100_000,
        "| " * 50_000 + "x",
        "？/" * 40_000,
        "- - - " * 20_000 + "x",
        "*" * 100_000 + "x",
        "注" * 100_000,
        "用户追问" + "问" * 100_000,
    ],
    ids=lambda text: repr(text[:6]),
)
def test_noise_is_read_in_linear_time(noise: str) -> None:
    """A quadratic expression would take minutes here; the test would not end."""
    read_document(noise, file="noise.txt")


@pytest.mark.parametrize("heading", ["##", "## ", "# ", "## ##"])
def test_what_stands_under_a_heading_without_a_title_is_no_answer(heading: str) -> None:
    text = "## 可以开票吗？\n可以，请在订单页申请。\n\n"
    text += f"{heading}\n没有标题的一段。\n\n## 怎么退款？\n请提交申请。\n"
    found = read_document(text, file="x.md")
    assert [each.given["script"] for each in found.entries] == [
        "可以，请在订单页申请。",
        "请提交申请。",
    ]
    assert [(each.code, each.line) for each in found.unread] == [(Code.NO_QUESTION, 5)]


def test_a_lower_heading_without_a_title_divides_the_answer() -> None:
    text = "## 可以开票吗？\n可以。\n\n###\n请在订单页申请。\n"
    found = read_document(text, file="x.md")
    assert [each.given["script"] for each in found.entries] == ["可以。\n请在订单页申请。"]
    assert found.unread == ()


def test_more_passages_than_anybody_reads_are_counted() -> None:
    lines = "\n\n".join(f"没有归属的第{number}段。" for number in range(700))
    unread = read_document(lines, file="x.txt").unread
    assert len(unread) == 501
    assert unread[-1].code is Code.MORE
    assert unread[-1].params == {"number": 200}
