"""Which lines are questions, and which wordings a title holds ("A？/ B？", "可灵 AI-A")."""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_TITLE = 120
MOST_PHRASING = 200

_ASKED = re.compile(r"^[\s/／\-—–]*(?:问题?|Q)\s{0,3}\d{0,3}\s{0,3}[：:]\s{0,3}")
_BRAND = re.compile(r"^[\s/／\-—–]*可灵\s{0,3}AI\s{0,3}[-—–]+\s{0,3}", re.IGNORECASE)
_EDGE = " /／\t"
_REPLY = re.compile(
    r"(?<=[？?])[/／\s]*(?=(?:您好|你好|抱歉|很抱歉|非常感谢|感谢您|可以的|不可以|答[：:]))"
)
_NEXT_WORDING = re.compile(r"(?<=[？?])(?![”’」』》】）)])[/／\s]*")
_INTERROGATIVE = re.compile(
    r"^(?:为什么|为何|怎么|怎样|如何(?!果)|能否|能不能|可否|可不可以|是否|有没有|有无|哪里|在哪"
    r"|什么(?:是|时候)|多久|多少|何时)"
)
_SENTENCE = re.compile(r"[。！!；;]|[，,].{40,}")
_SPOKEN = re.compile(
    r"^[（(【]?(?:您|请|麻烦|辛苦|抱歉|很抱歉|好的|为了|用户|若|如果|如您|例如|比如|答\s{0,3}[：:]|注\s{0,3}[：:]"
    r"|参考话术|感谢|非常感谢)"
)
_REST = re.compile(r"^(?:其他|其它|等|以及).{0,30}$")


@dataclass(frozen=True, slots=True)
class Title:
    """``wordings`` is never empty; ``answer`` is what follows on the same line, ``rest`` words
    that describe further wordings instead of being one."""

    wordings: tuple[str, ...]
    answer: str = ""
    rest: tuple[str, ...] = ()
    branded: bool = False
    asked: bool = False


def without_prefix(text: str) -> tuple[str, bool, bool]:
    """The title alone, and whether the product's name or the word "question" stood before it."""
    bare = _ASKED.sub("", text)
    asked = bare != text
    title = _BRAND.sub("", bare)
    return title.strip(_EDGE), title != bare, asked


def read_title(text: str) -> Title:
    """The wordings of a line that is taken for a title."""
    bare, branded, asked = without_prefix(text)
    answer = ""
    if reply := _REPLY.search(bare):
        bare, answer = bare[: reply.start()], bare[reply.end() :]
        answer = re.sub(r"^答\s*[：:]\s*", "", answer)
    parts = [part.strip(_EDGE + "-—–") for part in _NEXT_WORDING.split(bare)]
    parts = [part for part in parts if part]
    rest = tuple(part for part in parts[1:] if _REST.match(part) and not part.endswith("？"))
    wordings = tuple(part for part in parts if part not in rest) or (bare,)
    return Title(wordings, answer.strip(), rest, branded, asked)


def is_question(text: str) -> bool:
    """Whether a line is a question that a user asks (not one that an agent asks the user)."""
    bare, _branded, asked = without_prefix(text)
    if asked and bare:
        return True
    if _SPOKEN.match(bare) or "://" in bare or len(bare) > 3 * MOST_TITLE:
        return False
    if reply := _REPLY.search(bare):
        bare = bare[: reply.start()].strip(_EDGE)
    first = _NEXT_WORDING.split(bare)[0]
    if len(first) > MOST_TITLE or _SENTENCE.search(first):
        return False
    if first.endswith(("？", "?")):
        return True
    return bool(_INTERROGATIVE.match(bare)) and len(bare) <= 60 and not bare.endswith(("：", ":"))


def is_branded(text: str) -> bool:
    """Whether the product's name and a hyphen stand before it, as only before titles."""
    return bool(_BRAND.match(text)) and len(text) <= 2 * MOST_TITLE


_NAME = re.compile(r"^[^，,。；;：:！!？?（）()【】/／]{2,16}$")


def is_short_name(text: str) -> bool:
    """Whether a line could be the name of a section whose heading mark was lost."""
    return bool(_NAME.match(text)) and not _SPOKEN.match(text)


_PART = re.compile(r"^[一二三四五六七八九十]{1,3}\s{0,2}[、.．]")


def is_part(text: str) -> bool:
    """Whether a line begins a part numbered the Chinese way (一、二、三、)."""
    return bool(_PART.match(text)) and len(text) <= MOST_TITLE


_FILLER = re.compile(
    r"(?:常见)?问题(?:解答|汇总)?$|相关(?:问题|信息|说明)?$|说明$|介绍$|解答$|功能$"
)
_LIST_NAME = re.compile(r"QA|Q&A|FAQ|标[末准]问|上线", re.IGNORECASE)


def section_name(text: str) -> str:
    """What a section is about ("可灵 AI-会员" is 会员); empty when it says nothing."""
    if is_part(text) or _LIST_NAME.search(text):
        return ""
    bare, _branded, _asked = without_prefix(text)
    bare = re.sub(r"^可灵\s{0,3}(?:AI)?\s{0,3}", "", bare, flags=re.IGNORECASE)
    for _again in range(2):
        bare = _FILLER.sub("", bare).strip(_EDGE + "-—–：:")
    return bare if 2 <= len(bare) <= 12 and not is_question(bare) else ""
