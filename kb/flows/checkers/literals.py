"""A tolerant reader of object literals: JSON, and what Python and JavaScript make of it.

It reads what can be understood and notes each departure from strict JSON, so that the caller
can say "quotes are missing" instead of "broken". What the text does not hold (a variable, a
call, a template with gaps) becomes ``Unseen``. It never evaluates anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias, Union

MOST_DEPTH = 40
MOST_DIGITS = 40
"""A longer number is not one that anybody means, and slow to convert."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A value that the text only names; ``told`` when a departure already says why."""

    source: str
    told: bool = False


Value: TypeAlias = Union[  # noqa: UP007  (a recursive alias cannot be written with |)
    bool, int, float, str, Unseen, list["Value"], dict[str, "Value"], None
]


@dataclass(frozen=True, slots=True)
class Departure:
    """Something that strict JSON does not know: its code, where, and what stood there."""

    code: str
    at: int
    found: str = ""


class Broken(Exception):
    """Reading stopped at ``at``, where ``expected`` (Chinese words) should have stood."""

    def __init__(self, at: int, expected: str, code: str = "json-broken") -> None:
        super().__init__(expected)
        self.at, self.expected, self.code = at, expected, code


_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?\*/", re.S)
_SPACE = re.compile(r"[\s\ufeff]*+")
_STRINGS = {
    '"': re.compile(r'"((?:[^"\\]|\\.)*+)"', re.S),
    "'": re.compile(r"'((?:[^'\\]|\\.)*+)'", re.S),
    "`": re.compile(r"`((?:[^`\\]|\\.)*+)`", re.S),
    "“": re.compile(r"[“”]((?:[^“”\"\\\n]|\\.)*+)[“”\"]"),
}
_TRIPLE = re.compile(r"(\"\"\"|''')(.*?)\1", re.S)
_PREFIX = re.compile(r"([rRbBuUfF]{1,2})(?=[\"'])")
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F]++|(?:\d[\d_]*+(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?)"
)
_STRICT_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[^\W\d][\w$]*+|\$[\w$]*+")
_BARE = re.compile(r"[^\s\"'`“”,:：，{}\[\]()]++")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|x[0-9a-fA-F]{2}|\r\n|.)", re.S)
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_STRICT_ESCAPES = frozenset('"\\/bfnrtu')
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}
_CODE_WORDS: dict[str, Value] = {"True": True, "False": False, "None": None, "undefined": None}
_NOT_NUMBERS = frozenset({"NaN", "Infinity", "nan", "inf"})
_SERIALISERS = ("JSON.stringify", "json.dumps", "orjson.dumps")
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_EXPRESSION = re.compile(
    r"\"(?:[^\"\\]|\\.)*+\"|'(?:[^'\\]|\\.)*+'|`(?:[^`\\]|\\.)*+`|(?:[^\"'`,{}\[\]()\n\\]|\\.)++|.",
    re.S,
)


def text_of(raw: str) -> str:
    """The characters that an escaped string stands for; half a surrogate pair becomes U+FFFD."""

    def one(match: re.Match[str]) -> str:
        mark = match[1]
        if mark[0] in "ux" and len(mark) > 1:
            code = int(mark[1:].strip("{}"), 16)
            return chr(code) if code <= 0x10FFFF else "\ufffd"
        if mark in ("\n", "\r\n"):
            return ""
        return _LETTERS.get(mark, mark)

    if "\\" not in raw:
        return raw
    plain = _ESCAPE.sub(one, raw)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@dataclass(slots=True)
class Reader:
    """Reads one literal; ``departures`` holds what was not strict, ``pos`` where it stopped.

    With ``code`` the text may be Python or JavaScript, in which words are variables; without,
    a bare word is a string whose quotes got lost.
    """

    text: str
    pos: int = 0
    code: bool = False
    departures: list[Departure] = field(default_factory=list)
    _depth: int = 0
    _broken_line: int | None = None

    def read(self) -> Value:
        """The value at ``pos``; ``Broken`` says where it cannot be understood."""
        try:
            return self._value(top=True)
        except Broken as problem:
            # A string that ran over a line end most likely lacks its closing quote.
            if self._broken_line is not None and problem.code == "json-broken":
                raise Broken(self._broken_line, "成对的引号") from problem
            raise

    def arguments(self) -> dict[str, Value]:
        """``name=value`` pairs up to the closing bracket of a call."""
        return self._pairs(")", "=")

    def _note(self, code: str, at: int, found: str = "") -> None:
        self.departures.append(Departure(code, at, found))

    def _skip(self) -> None:
        while True:
            space = _SPACE.match(self.text, self.pos)
            self.pos = space.end() if space else self.pos
            if self.text[self.pos : self.pos + 1] not in ("/", "#"):
                return
            comment = _COMMENT.match(self.text, self.pos)
            if comment is None:
                if self.text.startswith("/*", self.pos):
                    raise Broken(len(self.text), "注释的结尾 */")
                return
            self._note("json-comment", self.pos, comment[0])
            self.pos = comment.end()

    def _peek(self) -> str:
        self._skip()
        return self.text[self.pos : self.pos + 1]

    def _value(self, *, top: bool = False) -> Value:
        head = self._peek()
        at = self.pos
        value: Value
        if head in ("{", "["):
            self._depth += 1
            if self._depth > MOST_DEPTH:
                raise Broken(at, f"不超过 {MOST_DEPTH} 层的嵌套", "too-deep")
            self.pos += 1
            value = self._pairs("}", ":") if head == "{" else self._items()
            self._depth -= 1
        elif self._string_ahead(head):
            value = self._strings()
        elif head == "(" and self.code:
            value = self._in_brackets()
        elif head and (head in "+-." or head.isdecimal()):
            value = self._number()
        else:
            value = self._word()
        if self.code and not top:
            return self._whole_expression(at, value)
        return value

    def _in_brackets(self) -> Value:
        """("a long text " "in pieces"): brackets around one value mean nothing."""
        at = self.pos
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise Broken(at, f"不超过 {MOST_DEPTH} 层的嵌套", "too-deep")
        self.pos += 1
        value = None if self._peek() == ")" else self._value()
        self._depth -= 1
        if self._peek() == ")":
            self.pos += 1
            return value
        self.pos = at  # a tuple, an arrow function: not for us
        return Unseen("(")

    def _items(self) -> list[Value]:
        items: list[Value] = []
        while self._peek() != "]":
            items.append(self._value())
            if not self._separator("]"):
                break
        self.pos += 1
        return items

    def _pairs(self, end: str, sign: str) -> dict[str, Value]:
        pairs: dict[str, Value] = {}
        while self._peek() != end:
            if self.text.startswith(("...", "**"), self.pos):
                self._whole_expression(self.pos, None)
                self._note("json-spread", self.pos)
            else:
                self._pair(pairs, end, sign)
            if not self._separator(end):
                break
        self.pos += 1
        return pairs

    def _pair(self, pairs: dict[str, Value], end: str, sign: str) -> None:
        at = self.pos
        key = self._key(sign)
        found = self._peek()
        if found == "：":
            self._note("json-chinese-signs", self.pos, found)
        elif found != sign:
            if self.code and found in (",", end) and sign == ":":
                pairs[key] = Unseen(key)  # {prompt, model}
                return
            raise Broken(self.pos, "等号 =" if sign == "=" else "英文冒号 :")
        self.pos += 1
        if self._peek() in (",", end):
            raise Broken(self.pos, "一个值")
        if key in pairs:
            self._note("key-repeated", at, key)
        pairs[key] = self._value()

    def _key(self, sign: str) -> str:
        at = self.pos
        head = self.text[at : at + 1]
        if self._string_ahead(head) and sign == ":":
            return self._string()
        word = (_WORD if self.code else _BARE).match(self.text, at) or _NUMBER.match(self.text, at)
        if word is None:
            raise Broken(at, "带英文双引号的字段名，或右括号")
        self.pos = word.end()
        self._note("json-bare-key", at, word[0])
        return word[0]

    def _separator(self, end: str) -> bool:
        """Step over a comma; false at the closing bracket, which stays to be read."""
        found = self._peek()
        if found == end:
            return False
        if found not in (",", "，"):
            raise Broken(self.pos, f"英文逗号 , 或右括号 {end}")
        if found == "，":
            self._note("json-chinese-signs", self.pos, found)
        at = self.pos
        self.pos += 1
        if self._peek() == end:
            self._note("json-last-comma", at, ",")
        return True

    def _string_ahead(self, head: str) -> bool:
        if head in ('"', "'", "`", "“", "”") and head:
            return True
        return bool(self.code and head and _PREFIX.match(self.text, self.pos))

    def _strings(self) -> Value:
        """A string, or in code several of them that stand side by side."""
        start = self.pos
        gaps = self._gaps()
        value = self._string()
        while self.code:
            end = self.pos
            head = self._peek()
            if head == "+":
                self.pos += 1
                head = self._peek()
            if not self._string_ahead(head):
                self.pos = end
                break
            gaps = gaps or self._gaps()
            more = self._string()
            if self._peek() == ":":
                raise Broken(end, "英文逗号 ,")
            value += more
        return Unseen(self.text[start : self.pos]) if gaps else value

    def _gaps(self) -> bool:
        """Whether the string at hand is a template with places to fill in."""
        prefix = _PREFIX.match(self.text, self.pos)
        at = prefix.end() if prefix else self.pos
        pattern = _STRINGS.get(self.text[at : at + 1])
        body = pattern.match(self.text, at) if pattern else None
        if body is None:
            return False
        if prefix and "f" in prefix[0].lower():
            return "{" in body[1]
        return body[0][0] == "`" and "${" in body[1]

    def _string(self) -> str:
        at = self.pos
        prefix = _PREFIX.match(self.text, at) if self.code else None
        start = prefix.end() if prefix else at
        head = self.text[start : start + 1]
        triple = _TRIPLE.match(self.text, start) if self.code else None
        match = triple or _STRINGS["“" if head == "”" else head].match(self.text, start)
        if match is None:
            raise Broken(at, "成对的引号")
        self.pos = match.end()
        raw = match[2] if triple else match[1]
        if head in ("'", "`"):
            self._note("json-quotes", at, match[0])
        elif head in ("“", "”"):
            self._note("json-chinese-signs", at, head)
        if "\n" in raw and not triple and head != "`":
            self._note("json-line-break", at, raw)
            if self._broken_line is None:
                self._broken_line = at
        if head == '"' and "\\" in raw:
            for escape in _ESCAPE.finditer(raw):
                if escape[1][0] not in _STRICT_ESCAPES or escape[1] == "u":
                    self._note("json-escape", at, escape[0])
                    break
        if prefix and "r" in prefix[0].lower():
            return raw
        return text_of(raw)

    def _number(self) -> Value:
        at = self.pos
        match = _NUMBER.match(self.text, at)
        if match is None:
            return self._word()
        self.pos = match.end()
        source = match[0]
        if not self.code and (more := _BARE.match(self.text, self.pos)):
            # 5s, 1280x720: a string whose quotes are missing.
            self.pos = more.end()
            self._note("json-bare-word", at, source + more[0])
            return source + more[0]
        if not _STRICT_NUMBER.fullmatch(source):
            self._note("json-number", at, source)
        if len(source) > MOST_DIGITS:
            self._note("json-number", at, source)
            return Unseen(source, told=True)
        plain = source.replace("_", "")
        if "x" in plain.lower():
            return int(plain, 16)
        if not any(c in plain for c in ".eE"):
            return int(plain)
        number = float(plain)
        if abs(number) == float("inf"):
            self._note("json-number", at, source)
            return Unseen(source, told=True)
        return number

    def _word(self) -> Value:
        at = self.pos
        word = (_WORD if self.code else _BARE).match(self.text, at)
        if word is None:
            negative = self.text[at : at + 1] in ("+", "-") and self.code
            if self.code and (negative or self._peek() in ("(", "<", "!", ".")):
                return Unseen(self.text[at : at + 1])
            raise Broken(at, "一个值")
        self.pos = word.end()
        source = word[0]
        if source in _WORDS:
            return _WORDS[source]
        if source.lstrip("+-") in _NOT_NUMBERS:
            self._note("json-number", at, source)
            return Unseen(source, told=True)
        if source in _CODE_WORDS:
            self._note("json-word", at, source)
            return _CODE_WORDS[source]
        if self.code:
            return self._name(at)
        self._note("json-bare-word", at, source)
        return Unseen(source) if source.isupper() and source.isidentifier() else source

    def _name(self, at: int) -> Value:
        """A variable, or the literal inside ``JSON.stringify(…)`` and its like."""
        for call in _SERIALISERS:
            if self.text.startswith(call + "(", at):
                self.pos = at + len(call) + 1
                value = self._value()
                self._rest_of_call()
                return value
        return Unseen(self.text[at : self.pos])

    def _rest_of_call(self) -> None:
        while self._peek() != ")":
            if self._peek() != ",":
                raise Broken(self.pos, "右括号 )")
            self.pos += 1
            self._whole_expression(self.pos, None)
        self.pos += 1

    def _whole_expression(self, at: int, value: Value) -> Value:
        """In code a value may go on: ``images[0]``, ``a or b``. Then it cannot be known."""
        self._skip()
        end = self.pos
        if self.text[end : end + 1] in (",", "}", "]", ")", "", ":") and value is not None:
            return value
        opened: list[str] = []
        last = end
        asked = False
        while token := _EXPRESSION.match(self.text, self.pos):
            sign = token[0]
            if not opened and sign in (",", "}", "]", ")"):
                break
            asked = asked or "?" in sign or "lambda" in sign
            if not opened and not asked and sign[0] not in "\"'`" and ":" in sign:
                raise Broken(end, "英文逗号 ,")  # the next field has begun
            if sign in _CLOSING:
                opened.append(_CLOSING[sign])
                if len(opened) > MOST_DEPTH:
                    raise Broken(self.pos, f"不超过 {MOST_DEPTH} 层的嵌套", "too-deep")
            elif sign in ("}", "]", ")") and sign != opened.pop():
                raise Broken(self.pos, "成对的括号")
            self.pos = token.end()
            last = self.pos if sign.strip() else last
        if last == end:
            return value
        if self.text[end : end + 1] in ('"', "'", "`"):
            raise Broken(end, "英文逗号 ,")
        return Unseen(self.text[at:last])
