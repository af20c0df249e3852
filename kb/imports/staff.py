"""Telling what is meant for staff from what may be read out to a user.

When in doubt it is for staff: a sentence missing from a script is seen by the editor who reviews
the proposal; a note in a script is heard by a user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOTE = re.compile(r"^[（(*\s]{0,3}(?:注|备注|内部备注|坐席备注|客服备注)\s{0,3}[：:]")
_NOTE_INSIDE = re.compile(r"(?<=[。！？!?～~；;）)])\s{0,3}(?=[（(]?(?:注|备注)\s{0,3}[：:])")
_HAND_OVER = re.compile(
    r"流转.{0,4}(?:二线|高级顾问|工单)|转(?:交|给|至|到)?二线|二线(?:处理|跟进)|升级.{0,3}二线"
    r"|工单操作|选择标准问|建立?一?[个张]?工?单(?!价|品|独)|提交工单"
)
_INSTRUCTION = re.compile(
    r"记录(?:好|下|清楚)?(?:用户|客户|问题[与和及]诉求)|收集(?:用户|客户)|登记(?:用户|客户)"
    r"|核实清楚|核实(?:用户|客户)|引导(?:用户|客户)|(?<!会)让(?:用户|客户)|告知(?:用户|客户)|提醒(?:用户|客户)"
    r"|安抚(?:用户|客户)|询问(?:用户|客户)|联系(?:用户|客户)|(?:发|回复|转|复制)给(?:用户|客户)"
    r"|不(?:要|可|得|能|支持|便)?(?:直接)?(?:对外)?透露|(?:请勿|切勿|勿)(?:直接)?(?:对外)?(?:透露|复制|承诺|外传)"
    r"|不要(?:直接)?(?:复制|发送|承诺|告知)|不得(?:当场)?承诺|对外口径|内部(?:口径|流程|系统|使用)"
    r"|咱们(?:人工|这边|内部|客服)|[他她](?:的?邮箱|扫码)|[BC]\s?端.{0,12}流程|客服(?:需|应|请|先)"
)
_INSTRUCTION_FIRST = re.compile(
    r"^[（(]?(?:请?(?:优先|首先|先)(?:跟|和|与)?(?:用户|客户)?(?:核实|确认)"
    r"|(?:若|如|如果|当)?(?:用户|客户)(?:表示|反馈|坚持|情绪|不认可|不接受|仍然?|还是|投诉|要求|追问|说)"
    r"|(?:话术|口径|操作)(?:说明|要点|提示)?\s?[：:])"
)
_EXAMPLE = re.compile(r"^举(?:个)?例(?:子|说明|如)?\s{0,2}[：:]?")
_BOX = re.compile(
    r"本框(?:中|内|里)?的?内容|仅(?:为|作|供)?逻辑(?:展示|参考|说明)|(?:不要|请勿|勿)直接复制"
)
_SENTENCE = re.compile(r"(?<=[。！？!?；;～~])")
_FOLLOW_UP = re.compile(
    r"^[（(]?\s?(?:若|如果?|当)?\s?(?:用户|客户)\s?(?:若|如果?|继续|再|又)?\s?追问\s?(.{1,80}?)\s?[）)]?\s?"
    r"(?:(?<=[？?）)])|[：:])\s?[）)]?\s?[：:]?\s?(.*)$"
)
_VAGUE_END = re.compile(r"(?:之类|等)(?:的|问题|情况)*[？?]?$")
_REFERENCE = re.compile(r"^[（(【]?\s?参考(?:话术|回复|答复|口径)\s?[）)】]?\s{0,2}[：:]?\s{0,2}")
_HANDED_OVER = re.compile(r"高级顾问|二线|(?:回拨|回电|私信).{0,12}(?:告知|回复|联系)")
_ACCOUNT_PATH = re.compile(r"(?:查询|查看|获取).{0,6}账号\s?ID|账号\s?ID.{0,6}(?:查询|步骤|路径)")


def is_note(text: str) -> bool:
    return bool(_NOTE.match(text))


def is_example(text: str) -> bool:
    """A worked example begins here: it lasts until the box is closed or a question follows."""
    return bool(_EXAMPLE.match(text))


def closes_box(text: str) -> bool:
    """Says that what stands before it is not for users."""
    return bool(_BOX.search(text))


def is_account_path(text: str) -> bool:
    """A heading under which staff finds where to look up an account."""
    return bool(_ACCOUNT_PATH.search(text)) and len(text) <= 30


def hands_over(text: str) -> bool:
    """Whether it tells staff to open a ticket or to hand the user over."""
    return bool(_HAND_OVER.search(text))


def is_instruction(text: str) -> bool:
    return bool(
        _NOTE.match(text)
        or _BOX.search(text)
        or _HAND_OVER.search(text)
        or _INSTRUCTION.search(text)
        or _INSTRUCTION_FIRST.match(text)
    )


@dataclass(frozen=True, slots=True)
class Parted:
    """One line in two: what may be read out, and what is for staff."""

    script: str
    notes: tuple[str, ...]


def part(text: str) -> Parted:
    """Sentence by sentence; a note in the line takes everything behind it along."""
    head, *behind = _NOTE_INSIDE.split(text, maxsplit=1)
    notes: list[str] = []
    said: list[str] = []
    for sentence in _SENTENCE.split(head):
        if sentence.strip():
            (notes if is_instruction(sentence.strip()) else said).append(sentence)
    script = "".join(said).strip()
    if script and not re.search(r"[^\W_]", script):
        script = ""
    return Parted(script, tuple(["".join(notes).strip()] if notes else []) + tuple(behind))


def follow_up(text: str) -> tuple[str, str] | None:
    """The question and the answer on the same line (may be empty) of "若用户追问…：…"."""
    found = _FOLLOW_UP.match(text) if "追问" in text[:20] else None
    if found is None:
        return None
    question = _VAGUE_END.sub("", found.group(1).strip(" ：:（）()")).strip("“”「」 ")
    return (question, found.group(2).strip()) if question else None


def reference(text: str) -> str | None:
    """What follows the words "参考话术" on the line; None when they do not begin it."""
    found = _REFERENCE.match(text)
    return None if found is None else text[found.end() :].strip()


def is_hand_over_script(text: str) -> bool:
    """Whether a script tells the user that somebody else will come back to him."""
    return bool(_HANDED_OVER.search(text))
