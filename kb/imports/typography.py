"""One passage of a support document made fit to be read out: markup off, Chinese punctuation on.

Documents come out of editors and scanners with half-width punctuation between ideographs, blanks
where a line was wrapped, and pointers to pictures that are not there any more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HAN = "\u4e00-\u9fff"
_WIDE = HAN + "，。！？；：、～“”‘’「」『』【】《》（）…"
_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{1,1000}")
_NOT_AT_END = ",.;:!?()[]'"
_HOLE = "\ue000"
"""Stands for an address while the text around it is changed."""

_PICTURE = re.compile(r"!\[([^\]\n]{0,200})\]\(([^)\n]{0,500})\)")
_LINK = re.compile(r"\[([^\]\n]{1,300})\]\((https?://[^)\s]{1,1000})\)")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
_ESCAPED = re.compile(r"\\([-*_#\[\]().!~`>+])")
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\ue000]")
_BLANKS = re.compile(r"[ \t\u00a0\u3000]+")
_POINTERS = (
    re.compile(r"[（(]\s*附?(?:见|如|上|看)?[上下附]?图(?:所示)?\s*[)）]"),
    re.compile(r"[，,]\s*(?:见|如|参考)[上下附]?图(?:所示)?(?=[\s，,。)）～~]|$)"),
    re.compile(r"[，,；;]?[^，,。；;！!？?\n]{0,12}如[上下]?图(?:所示)?[：:]?(?=\s*$)"),
    re.compile(r"[，,]\s*如(?:视频|图)所示"),
)
"""Words that point to a picture or video beside the text."""

_FILE = re.compile(
    r"^[^。，？！：/]{0,60}\.(?:mov|mp4|avi|png|jpe?g|gif|webp|bmp|pdf|docx?|xlsx?|pptx?)$",
    re.IGNORECASE,
)
"""A line that is nothing but the name of a file that was embedded there."""

_FULL = {",": "，", ";": "；", ":": "：", "!": "！", "?": "？"}


@dataclass(frozen=True, slots=True)
class Cleaned:
    """``pictures`` are the pointers that were taken out, ``links`` the addresses in the text."""

    text: str
    pictures: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def clean(text: str) -> Cleaned:
    """One line without markup, pointers to pictures and the traces of the program it came from."""
    text = _INVISIBLE.sub("", text)
    pictures: list[str] = []

    def taken(match: re.Match[str]) -> str:
        pictures.append(match.group(0).strip("，,；; "))
        return ""

    text = _PICTURE.sub(taken, text)
    text = _FILE.sub(taken, text.strip("* "))
    text = _LINK.sub(_shown_link, text)
    text = _TAG.sub("", text).replace("**", "").replace("__", "")
    text = _ESCAPED.sub(r"\1", text)
    links: list[str] = []
    text = _URL.sub(lambda found: _kept(found, links), text)
    for pointer in _POINTERS:
        text = pointer.sub(taken, text)
    text = _chinese(_BLANKS.sub(" ", text)).strip()
    return Cleaned(_with_links(text, links), tuple(pictures), tuple(dict.fromkeys(links)))


def _shown_link(match: re.Match[str]) -> str:
    """The words of a link with its address behind them, unless they are that address."""
    words, address = match.group(1).strip(), match.group(2)
    bare = address.split("://", 1)[-1].rstrip("/")
    if words.split("://", 1)[-1].rstrip("/") == bare:
        return words
    return f"{words} {address} "


def _kept(match: re.Match[str], links: list[str]) -> str:
    address = match.group(0)
    links.append(address.rstrip(_NOT_AT_END))
    return _HOLE + address[len(links[-1]) :]


def _with_links(text: str, links: list[str]) -> str:
    """Addresses back in their places, apart from ideographs: programs find where they end by it."""
    parts = text.split(_HOLE)
    whole = parts[0]
    for address, after in zip(links, parts[1:], strict=False):
        before = " " if re.search(rf"[{HAN}A-Za-z0-9]$", whole) else ""
        behind = " " if re.match(rf"[{HAN}A-Za-z0-9，。、；：]", after) else ""
        whole += before + address + behind + after
    return whole


_GAP = re.compile(rf"(?<=[{_WIDE}]) (?=[{_WIDE}])")
_AFTER_WIDE = re.compile(rf"(?<=[{_WIDE}]) ?([,;:!?]) ?")
_BEFORE_WIDE = re.compile(rf" ?([,;:!?]) ?(?=[{_WIDE}])")
_ASKING = re.compile(r" ?\?")
_BRACKETS = re.compile(r"\(([^()\n]{0,300})\)")
_QUOTES = re.compile(r'"([^"\n]{1,80})"')
_WAVE = re.compile(rf"(?<=[{_WIDE}])~")
_DOUBLED = re.compile("[，、]([，；。！？])")
_MISREAD_AI = re.compile(r"(?<![A-Za-z])Al(?![A-Za-z])")
_HAS_HAN = re.compile(f"[{HAN}]")


def _chinese(text: str) -> str:
    """Punctuation the Chinese way in a text that has ideographs; nothing else is touched."""
    if not _HAS_HAN.search(text):
        return text
    text = _MISREAD_AI.sub("AI", text)
    text = _QUOTES.sub(r"“\1”", text)
    text = _BRACKETS.sub(_wide_brackets, text)
    text = _GAP.sub("", text)
    text = _AFTER_WIDE.sub(_full, text)
    text = _BEFORE_WIDE.sub(_full, text)
    text = _ASKING.sub("？", text)
    text = _WAVE.sub("～", text)
    text = _DOUBLED.sub(r"\1", text)
    return _GAP.sub("", text)


def _full(match: re.Match[str]) -> str:
    return _FULL[match.group(1)]


def _wide_brackets(match: re.Match[str]) -> str:
    inside = match.group(1).strip()
    return f"（{inside}）" if _HAS_HAN.search(inside) or _HOLE in inside else match.group(0)
